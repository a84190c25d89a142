package load

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/whatsapp"
)

// turnsTimeout bounds the wait for the last answers of a run.
const turnsTimeout = 2 * time.Minute

// retryPause is the wait before a webhook that got 503 is delivered again.
const retryPause = 50 * time.Millisecond

// Body is a webhook with one text message, as the channel writes it.
func Body(account, from, id, text string, at time.Time) []byte {
	return fmt.Appendf(nil, `{"object":"whatsapp_business_account","entry":[{"id":"WABA1","time":%d,"changes":[{"field":"messages","value":{`+
		`"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550001111","phone_number_id":%q},`+
		`"contacts":[{"profile":{"name":"Load"},"wa_id":%q,"user_id":"FR.%s"}],`+
		`"messages":[{"from":%q,"from_user_id":"FR.%s","id":%q,"timestamp":"%d","type":"text","text":{"body":%q}}]}}]}]}`,
		at.Unix(), account, from, from, from, from, id, at.Unix(), text)
}

// Request is a signed webhook request.
func Request(ctx context.Context, url string, body []byte) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make webhook: %w", err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(whatsapp.SignatureHeader, whatsapp.Sign(body, Secret))
	return r, nil
}

// Run says what to send to a service.
type Run struct {
	Accounts      []string // provider ids of the channel accounts
	Conversations int
	Clients       int                // webhooks under way at once
	Messages      int                // in all, spread over the conversations
	First         int                // number of the first message
	Name          string             // part of each message id, so that runs differ
	Path          string             // of the webhook; "" is /webhook
	Text          func(n int) string // of message n; nil: a question with its number
}

// Rate is what a run came to.
type Rate struct {
	Messages int
	First    int // number of the first message
	Took     time.Duration
}

// PerSecond is the rate.
func (r Rate) PerSecond() float64 { return float64(r.Messages) / r.Took.Seconds() }

// AddAccounts gives a clinic n channel accounts and returns their provider ids.
func AddAccounts(ctx context.Context, s *Service, clinic frontdesk.ClinicID, n int) ([]string, error) {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("PN-%s-%d", clinic, i)
		_, err := s.Conversations.AddAccount(ctx, conversation.Account{
			Clinic: clinic, Channel: frontdesk.ChannelWhatsApp, Provider: ids[i], Business: "WABA1", Token: "token",
		})
		if err != nil {
			return nil, fmt.Errorf("add accounts: %w", err)
		}
	}
	return ids, nil
}

// Accept sends a run's webhooks to the handler and measures until the last one
// was accepted. A webhook that gets 503 is delivered again, as the channel does;
// any other refusal is an error.
func Accept(ctx context.Context, now func() time.Time, webhook http.Handler, run Run) (Rate, error) {
	began := now()
	var next atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	for range run.Clients {
		wg.Go(func() {
			for failed.Load() == nil {
				n := run.First + int(next.Add(1)) - 1
				if n >= run.First+run.Messages {
					return
				}
				if err := post(ctx, now, webhook, run, n); err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return Rate{}, *err
	}
	return Rate{Messages: run.Messages, Took: now().Sub(began)}, nil
}

func post(ctx context.Context, now func() time.Time, webhook http.Handler, run Run, n int) error {
	person := n % run.Conversations
	account := run.Accounts[person%len(run.Accounts)]
	for {
		code, err := deliver(ctx, now, webhook, run, n, person, account)
		if err != nil || code == http.StatusOK {
			return err
		}
		if code != http.StatusServiceUnavailable {
			return fmt.Errorf("webhook got %d", code)
		}
		select { // the channel tries again
		case <-time.After(retryPause):
		case <-ctx.Done():
			return fmt.Errorf("webhook got %d: %w", code, context.Cause(ctx))
		}
	}
}

// deliver hands over one webhook and returns the status that it got.
func deliver(ctx context.Context, now func() time.Time, webhook http.Handler, run Run, n, person int, account string) (int, error) {
	text := fmt.Sprintf("Are you open, question %d?", n)
	if run.Text != nil {
		text = run.Text(n)
	}
	body := Body(account, fmt.Sprintf("336%08d", person), fmt.Sprintf("wamid.%s.%d", run.Name, n), text, now())
	r, err := Request(ctx, cmp.Or(run.Path, "/webhook"), body)
	if err != nil {
		return 0, err
	}
	w := httptest.NewRecorder()
	webhook.ServeHTTP(w, r)
	return w.Code, nil
}

// Turns sends a run's webhooks and measures until graph has accepted a reply for
// the last one. With at most one message a conversation, each is a turn.
func Turns(ctx context.Context, now func() time.Time, webhook http.Handler, graph *Graph, run Run) (Rate, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, turnsTimeout, errors.New("the last answers did not come"))
	defer cancel()
	before, _ := graph.Count()
	began := now()
	if _, err := Accept(ctx, now, webhook, run); err != nil {
		return Rate{}, err
	}
	for {
		count, changed := graph.Count()
		if count-before >= run.Messages {
			return Rate{Messages: run.Messages, Took: now().Sub(began)}, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Rate{}, fmt.Errorf("%d of %d answered: %w", count-before, run.Messages, context.Cause(ctx))
		}
	}
}
