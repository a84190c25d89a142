package whatsapp

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"frontdesk"
)

const (
	// maxBody is above Meta's bound of 3 MB, so that a body at the bound passes.
	maxBody = 3<<20 + 64<<10
	// receiveTimeout ends below Meta's own time-out of about 20 s.
	receiveTimeout = 15 * time.Second
)

// Receive stores what a webhook said about one channel account. raw is the JSON
// envelope of this account's changes and of no other's. It returns nil once all
// of it is durable; it must be idempotent, for Meta repeats webhooks. An error
// of [frontdesk.CodeNotFound] says that no clinic has this account: repeating
// would not help. Any other error makes Meta try again, for up to 7 days.
type Receive func(ctx context.Context, batch frontdesk.InboundBatch, raw []byte) error

// WebhookConfig is what a [Webhook] needs.
type WebhookConfig struct {
	VerifyToken string   // the token that the operator typed into Meta's dashboard
	Secrets     []string // the app secret, and the former one during rotation
	Receive     Receive
	Logger      *slog.Logger        // default: discards
	Observe     func(result string) // told "ok", "unsigned", "unreadable", "unknown_account" or "failed" for each POST; may be nil
}

// Webhook is the endpoint that Meta calls: GET verifies, POST delivers. POST
// answers 200 when everything is stored, 401 without a valid signature, 503 when
// something could not be stored. A valid signature never gets a 4xx.
type Webhook struct {
	verifyToken string
	secrets     []string
	receive     Receive
	logger      *slog.Logger
	observe     func(string)
}

// NewWebhook returns a webhook. It refuses a configuration without a verify
// token or secret, for that would let strangers in.
func NewWebhook(c WebhookConfig) (*Webhook, error) {
	secrets := make([]string, 0, len(c.Secrets))
	for _, s := range c.Secrets {
		if s = strings.TrimSpace(s); s != "" {
			secrets = append(secrets, s)
		}
	}
	switch {
	case c.VerifyToken == "":
		return nil, errors.New("whatsapp webhook: no verify token")
	case len(secrets) == 0:
		return nil, errors.New("whatsapp webhook: no app secret")
	case c.Receive == nil:
		return nil, errors.New("whatsapp webhook: no receiver")
	}
	w := &Webhook{verifyToken: c.VerifyToken, secrets: secrets, receive: c.Receive, logger: c.Logger, observe: c.Observe}
	if w.logger == nil {
		w.logger = slog.New(slog.DiscardHandler)
	}
	if w.observe == nil {
		w.observe = func(string) {}
	}
	return w, nil
}

// ServeHTTP serves Meta's verification and deliveries.
func (h *Webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		h.verify(w, r)
	case http.MethodPost:
		h.deliver(w, r)
	default:
		w.Header().Set("Allow", "GET, POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

func (h *Webhook) verify(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	token := []byte(q.Get("hub.verify_token"))
	if q.Get("hub.mode") != "subscribe" || subtle.ConstantTimeCompare(token, []byte(h.verifyToken)) != 1 {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = io.WriteString(w, q.Get("hub.challenge"))
}

func (h *Webhook) deliver(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			h.finish(w, http.StatusRequestEntityTooLarge, "unsigned")
			return
		}
		h.finish(w, http.StatusServiceUnavailable, "failed")
		return
	}
	if !Verify(body, r.Header.Get(SignatureHeader), h.secrets) {
		h.finish(w, http.StatusUnauthorized, "unsigned")
		return
	}
	parts, err := parse(body)
	if err != nil {
		h.logger.WarnContext(r.Context(), "webhook is signed but unreadable", "bytes", len(body))
		h.finish(w, http.StatusOK, "unreadable")
		return
	}
	status, result := h.store(r.Context(), parts)
	h.finish(w, status, result)
}

// store hands over every part even when one fails, so that one account's trouble
// holds up no other; the repeat of what was stored already changes nothing.
func (h *Webhook) store(ctx context.Context, parts []part) (status int, result string) {
	ctx, cancel := context.WithTimeoutCause(ctx, receiveTimeout,
		fmt.Errorf("whatsapp webhook: receive timed out after %s", receiveTimeout))
	defer cancel()
	status, result = http.StatusOK, "ok"
	for _, p := range parts {
		err := h.receive(ctx, p.batch, p.raw)
		switch {
		case err == nil:
		case frontdesk.CodeOf(err) == frontdesk.CodeNotFound:
			h.logger.WarnContext(ctx, "webhook for an unknown account", "phone_number_id", p.batch.Account, "waba", p.batch.Business)
			if status == http.StatusOK {
				result = "unknown_account"
			}
		default:
			h.logger.ErrorContext(ctx, "webhook not stored", "phone_number_id", p.batch.Account, "error", err)
			status, result = http.StatusServiceUnavailable, "failed"
		}
	}
	return status, result
}

func (h *Webhook) finish(w http.ResponseWriter, status int, result string) {
	h.observe(result)
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	w.WriteHeader(status)
}
