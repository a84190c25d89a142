package whatsapp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"frontdesk"
)

// The endpoint that an [Account] without its own uses.
const (
	DefaultBaseURL = "https://graph.facebook.com"
	DefaultVersion = "v25.0"
)

const (
	sendTimeout     = 20 * time.Second
	readTimeout     = 5 * time.Second
	mediaTimeout    = 60 * time.Second
	maxAnswer       = 1 << 20
	numberPatience  = time.Second // how long a send waits for its number's rate
	serverErrorFrom = 500
)

// Account is a channel account as Meta knows it.
type Account struct {
	PhoneNumberID string
	BusinessID    string // the WABA's id; for templates only
	Token         string
	BaseURL       string             // default [DefaultBaseURL]
	Version       string             // default [DefaultVersion]
	Clinic        frontdesk.ClinicID // whose files its replies may send
	PerSecond     int                // messages a second; default 80, 20 with the phone app beside (coexistence)
}

// Files reads an approved file that a reply sends.
type Files interface {
	// File returns the bytes of a document of clinic.
	File(ctx context.Context, clinic frontdesk.ClinicID, document frontdesk.Document) ([]byte, error)
}

// ClientConfig is what a [Client] may be given. The zero value works but for
// documents.
type ClientConfig struct {
	HTTP  *http.Client     // default: a client of its own; its redirects and time-outs are ours
	Files Files            // nil: replies with documents fail as ClassBug
	Now   func() time.Time // default time.Now
	// Unpaced keeps no rates of our own. For benchmarks against a stand-in that has none.
	Unpaced bool
}

// Client calls Meta for any number of accounts. It is safe for concurrent use.
type Client struct {
	http    *http.Client
	files   Files
	now     func() time.Time
	rates   *rates // nil: unpaced
	uploads uploads
}

// NewClient returns a client.
func NewClient(c ClientConfig) *Client {
	client := &Client{files: c.Files, now: c.Now}
	if !c.Unpaced {
		client.rates = newRates(pairBurst)
	}
	if client.now == nil {
		client.now = time.Now
	}
	base := c.HTTP
	if base == nil {
		transport, ok := http.DefaultTransport.(*http.Transport)
		if !ok {
			transport = &http.Transport{}
		}
		transport = transport.Clone()
		transport.MaxIdleConnsPerHost = 64
		base = &http.Client{Transport: transport}
	}
	own := *base
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client.http = &own
	return client
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Send sends one bubble and returns Meta's id of it, which means accepted, not
// delivered. opaque (at most 512 bytes) comes back with every status. The reply
// must fit in one bubble (see [Fit]). Its error is a [*SendError].
func (c *Client) Send(ctx context.Context, account Account, to frontdesk.Identity, reply frontdesk.Reply, opaque string) (providerID string, err error) {
	return c.SendBy(ctx, account, to, reply, opaque, time.Time{})
}

// SendBy is [Client.Send] for a message whose POST must not start after startBy:
// after an upload, a wait for the number's rate or a slow connection that took
// longer, nothing is sent and the error has [ClassRetry]. Zero is no limit.
func (c *Client) SendBy(ctx context.Context, account Account, to frontdesk.Identity, reply frontdesk.Reply, opaque string, startBy time.Time) (providerID string, err error) {
	bubbles := Fit(reply)
	if len(bubbles) != 1 {
		return "", bug(fmt.Errorf("%w: %d bubbles", errShape, len(bubbles)))
	}
	mediaID := ""
	if bubbles[0].Document != nil {
		if mediaID, err = c.documentID(ctx, account, *bubbles[0].Document); err != nil {
			return "", err
		}
	}
	payload, err := outbound(to, bubbles[0], opaque, mediaID)
	if err != nil {
		return "", bug(err)
	}
	if err := c.pace(ctx, account, to); err != nil {
		return "", err
	}
	start := &deadline{by: startBy, now: c.now}
	answer, err := c.postBy(ctx, account, account.PhoneNumberID+"/messages", payload, sendTimeout, start)
	if err != nil {
		return "", err
	}
	messages := answer.list("messages")
	if len(messages) == 0 || asObject(messages[0]).text("id") == "" {
		return "", &SendError{Class: ClassUncertain, Title: "accepted without a message id"}
	}
	return asObject(messages[0]).text("id"), nil
}

// MarkRead marks a received message, and all before it, as read; typing shows the
// typing indicator until the next message or for 25 s.
func (c *Client) MarkRead(ctx context.Context, account Account, messageID string, typing bool) error {
	message := map[string]any{"messaging_product": "whatsapp", "status": "read", "message_id": messageID}
	if typing {
		message["typing_indicator"] = map[string]any{"type": "text"}
	}
	payload, err := json.Marshal(message)
	if err != nil {
		return bug(err)
	}
	_, err = c.post(ctx, account, account.PhoneNumberID+"/messages", payload, readTimeout)
	return err
}

// pace keeps the rates. It waits a moment for the number's, never for the
// pair's: other people must not wait behind a fast one.
func (c *Client) pace(ctx context.Context, account Account, to frontdesk.Identity) error {
	if c.rates == nil {
		return nil
	}
	person := to.Phone
	if person == "" {
		person = to.ExternalID
	}
	if wait := c.rates.takePair(account.PhoneNumberID, person, c.now()); wait > 0 {
		return &SendError{Class: ClassPairRate, RetryAfter: wait, Title: "held back: pair rate"}
	}
	for waited := time.Duration(0); ; {
		wait := c.rates.takeNumber(account.PhoneNumberID, account.PerSecond, c.now())
		if wait == 0 {
			return nil
		}
		if waited += wait; waited > numberPatience {
			return &SendError{Class: ClassRetry, RetryAfter: wait, Title: "held back: number rate"}
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return &SendError{Class: ClassRetry, Err: context.Cause(ctx)}
		case <-timer.C:
		}
	}
}

func (c *Client) post(ctx context.Context, account Account, path string, payload []byte, timeout time.Duration) (object, error) {
	return c.postBy(ctx, account, path, payload, timeout, nil)
}

func (c *Client) postBy(ctx context.Context, account Account, path string, payload []byte, timeout time.Duration, start *deadline) (object, error) {
	return c.call(ctx, account, request{method: http.MethodPost, path: path, contentType: "application/json", content: bytes.NewReader(payload), timeout: timeout, start: start})
}

func (c *Client) get(ctx context.Context, account Account, path string, query url.Values) (object, error) {
	return c.call(ctx, account, request{method: http.MethodGet, path: path, query: query, timeout: sendTimeout})
}

// request is one call of the endpoint.
type request struct {
	method, path string
	query        url.Values
	contentType  string
	content      io.Reader
	timeout      time.Duration
	start        *deadline // nil: it may start whenever
}

// call makes one request and classifies what goes wrong: an error before the
// request's headers were written is definite, after that it is uncertain.
func (c *Client) call(ctx context.Context, account Account, r request) (object, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, r.timeout, fmt.Errorf("whatsapp: %s timed out after %s", r.method, r.timeout))
	defer cancel()
	var written atomic.Bool
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { written.Store(true) }})
	call, err := http.NewRequestWithContext(traced, r.method, account.endpoint(r.path, r.query), r.content)
	if err != nil {
		return nil, bug(errors.New("the address of the endpoint is not valid"))
	}
	call.Header.Set("Authorization", "Bearer "+account.Token)
	if r.contentType != "" {
		call.Header.Set("Content-Type", r.contentType)
	}
	r.start.guard(call)
	response, err := c.http.Do(call)
	switch {
	case err != nil && r.start.missed():
		return nil, &SendError{Class: ClassRetry, Title: "held back: too late to start"}
	case err != nil:
		return nil, &SendError{Class: lost(r.method, written.Load()), Err: withoutURL(ctx, err)}
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, &SendError{Class: lost(r.method, true), Err: withoutURL(ctx, err)}
	}
	return readAnswer(response, raw)
}

// lost classifies a request without an answer: what only reads may be repeated.
func lost(method string, written bool) Class {
	if written && method != http.MethodGet {
		return ClassUncertain
	}
	return ClassRetry
}

// readAnswer goes by Meta's code where the answer has one; by the HTTP status
// only where something between us and Meta answered.
func readAnswer(response *http.Response, raw []byte) (object, error) {
	answer := asObject(raw)
	if e := answer.object("error"); e.has("code") {
		return nil, answerError(e, response.Header)
	}
	status := response.StatusCode
	title := "HTTP " + strconv.Itoa(status) + " without an error body"
	switch {
	case status >= 200 && status < 300 && answer != nil && !answer.has("error"):
		return answer, nil
	case status == http.StatusTooManyRequests:
		return nil, &SendError{Class: ClassRetryLater, Title: title, RetryAfter: retryAfter(response.Header)}
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return nil, &SendError{Class: ClassStopAlert, Title: title}
	case status >= 200 && status < 300, status >= serverErrorFrom:
		return nil, &SendError{Class: ClassUncertain, Title: title}
	}
	return nil, &SendError{Class: ClassBug, Title: title}
}

func answerError(e object, header http.Header) error {
	code := int(e.integer("code"))
	rule := RuleOf(code)
	after := retryAfter(header)
	if after == 0 {
		after = rule.RetryAfter
	}
	return &SendError{Code: code, Class: rule.Class, Title: shorten(e.text("message"), 200), RetryAfter: after}
}

func retryAfter(header http.Header) time.Duration {
	seconds, err := strconv.Atoi(header.Get("Retry-After"))
	if err != nil || seconds < 0 || seconds > 24*3600 {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

func (a Account) base() string {
	if a.BaseURL == "" {
		return DefaultBaseURL
	}
	return strings.TrimRight(a.BaseURL, "/")
}

func (a Account) endpoint(path string, query url.Values) string {
	version := a.Version
	if version == "" {
		version = DefaultVersion
	}
	address := a.base() + "/" + version + "/" + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return address
}

func bug(err error) *SendError { return &SendError{Class: ClassBug, Err: err} }

// withoutURL drops the address that net/http puts into its errors, for it may
// hold a media link, and names our own time-out where that was the cause.
func withoutURL(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
