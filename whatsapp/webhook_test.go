package whatsapp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"frontdesk"
	"frontdesk/whatsapp"
)

type hookBundle struct {
	hook    *whatsapp.Webhook
	batches []frontdesk.InboundBatch
	raws    []string
	fail    map[string]error // by account
	log     bytes.Buffer
	results []string
}

func newHook(t *testing.T, secrets ...string) *hookBundle {
	t.Helper()
	b := &hookBundle{fail: map[string]error{}}
	hook, err := whatsapp.NewWebhook(whatsapp.WebhookConfig{
		VerifyToken: "verify me", Secrets: secrets,
		Logger:  slog.New(slog.NewTextHandler(&b.log, nil)),
		Observe: func(result string) { b.results = append(b.results, result) },
		Receive: func(_ context.Context, batch frontdesk.InboundBatch, raw []byte) error {
			if err := b.fail[batch.Account]; err != nil {
				return err
			}
			b.batches, b.raws = append(b.batches, batch), append(b.raws, string(raw))
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	b.hook = hook
	return b
}

func (b *hookBundle) post(body []byte, signature string) int {
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	if signature != "" {
		r.Header.Set(whatsapp.SignatureHeader, signature)
	}
	w := httptest.NewRecorder()
	b.hook.ServeHTTP(w, r)
	return w.Code
}

func TestWebhookVerifies(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, query string
		status      int
		body        string
	}{
		{"right token", "hub.mode=subscribe&hub.challenge=123&hub.verify_token=verify+me", 200, "123"},
		{"wrong token", "hub.mode=subscribe&hub.challenge=123&hub.verify_token=guess", 403, ""},
		{"no token", "hub.mode=subscribe&hub.challenge=123", 403, ""},
		{"wrong mode", "hub.mode=unsubscribe&hub.challenge=123&hub.verify_token=verify+me", 403, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			newHook(t, "s").hook.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/?"+tt.query, nil))
			if w.Code != tt.status || w.Body.String() != tt.body {
				t.Errorf("%d %q, want %d %q", w.Code, w.Body, tt.status, tt.body)
			}
		})
	}
}

func TestWebhookRefusesForgeriesBeforeParsing(t *testing.T) {
	t.Parallel()
	body := messageHook(`"type":"text","text":{"body":"secret words"}`)
	good := whatsapp.Sign(body, "s")
	forged := map[string]string{
		"none": "", "other secret": whatsapp.Sign(body, "t"), "other body": whatsapp.Sign([]byte("{}"), "s"),
		"no prefix": strings.TrimPrefix(good, "sha256="), "sha1": "sha1=" + good[7:47], "short": good[:60], "long": good + "00",
		"no hex": "sha256=" + strings.Repeat("zz", 32), "empty secret": whatsapp.Sign(body, ""), "prefix only": "sha256=",
	}
	for name, signature := range forged {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newHook(t, "s")
			if status := b.post(body, signature); status != http.StatusUnauthorized || len(b.batches) != 0 {
				t.Errorf("status %d with %d batches, want 401 and none", status, len(b.batches))
			}
		})
	}
}

func TestWebhookTakesBothSecretsDuringRotation(t *testing.T) {
	t.Parallel()
	b := newHook(t, "new", "", "old")
	body := messageHook(`"type":"text","text":{"body":"x"}`)
	for _, secret := range []string{"new", "old"} {
		if status := b.post(body, whatsapp.Sign(body, secret)); status != http.StatusOK {
			t.Errorf("secret %s: %d", secret, status)
		}
	}
	if status := b.post(body, whatsapp.Sign(body, "retired")); status != http.StatusUnauthorized {
		t.Errorf("retired secret: %d", status)
	}
}

func TestWebhookNeedsItsSecrets(t *testing.T) {
	t.Parallel()
	receive := func(context.Context, frontdesk.InboundBatch, []byte) error { return nil }
	for name, c := range map[string]whatsapp.WebhookConfig{
		"no secret":    {VerifyToken: "v", Receive: receive},
		"blank secret": {VerifyToken: "v", Secrets: []string{"", " "}, Receive: receive},
		"no token":     {Secrets: []string{"s"}, Receive: receive},
		"no receiver":  {VerifyToken: "v", Secrets: []string{"s"}},
	} {
		if _, err := whatsapp.NewWebhook(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestWebhookStatusFollowsTheStore(t *testing.T) {
	t.Parallel()
	body := messageHook(`"type":"text","text":{"body":"my chest hurts"}`)
	tests := []struct {
		name   string
		err    error
		status int
		result string
	}{
		{"stored", nil, 200, "ok"},
		{"database down", errors.New("no connection"), 503, "failed"},
		{"unavailable", &frontdesk.Error{Code: frontdesk.CodeUnavailable}, 503, "failed"},
		{"nobody's number", fmt.Errorf("find: %w", &frontdesk.Error{Code: frontdesk.CodeNotFound}), 200, "unknown_account"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newHook(t, "s")
			b.fail["PN1"] = tt.err
			if status := b.post(body, whatsapp.Sign(body, "s")); status != tt.status || b.results[0] != tt.result {
				t.Errorf("%d %v, want %d %s", status, b.results, tt.status, tt.result)
			}
			if strings.Contains(b.log.String(), "chest") || strings.Contains(b.log.String(), "15557770001") {
				t.Errorf("the log tells of the patient: %s", b.log.String())
			}
		})
	}
}

func TestWebhookAnswers200ToSignedNonsense(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "[]", "not json", `{"entry":null}`, `{"object":"page"}`} {
		b := newHook(t, "s")
		if status := b.post([]byte(body), whatsapp.Sign([]byte(body), "s")); status != http.StatusOK {
			t.Errorf("%q: %d", body, status)
		}
	}
}

func TestWebhookGivesEachAccountItsOwnShare(t *testing.T) {
	t.Parallel()
	entry := func(waba, account, text string) string {
		return `{"id":"` + waba + `","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"` + account + `"},"messages":[{"from":"1","id":"` + text + `","type":"text","text":{"body":"` + text + `"}}]}}]}`
	}
	body := []byte(`{"object":"whatsapp_business_account","entry":[` + entry("W1", "PN1", "first") + `,` + entry("W2", "PN2", "second") + `,` + entry("W1", "PN1", "third") + `]}`)
	b := newHook(t, "s")
	b.fail["PN1"] = errors.New("down")
	if status := b.post(body, whatsapp.Sign(body, "s")); status != http.StatusServiceUnavailable {
		t.Errorf("one account down: %d", status)
	}
	if len(b.batches) != 1 || b.batches[0].Account != "PN2" {
		t.Fatalf("the healthy account got %+v", b.batches)
	}
	delete(b.fail, "PN1")
	if status := b.post(body, whatsapp.Sign(body, "s")); status != http.StatusOK {
		t.Errorf("after recovery: %d", status)
	}
	if n := len(b.batches[1].Messages); n != 2 {
		t.Errorf("PN1 got %d messages, want 2", n)
	}
	for i, raw := range b.raws {
		if !json.Valid([]byte(raw)) || strings.Contains(raw, "PN1") && strings.Contains(raw, "PN2") {
			t.Errorf("raw %d mixes accounts: %s", i, raw)
		}
		again, err := whatsapp.ParseWebhook([]byte(raw))
		if err != nil || len(again) != 1 || len(again[0].Messages) != len(b.batches[i].Messages) {
			t.Errorf("raw %d does not read like its batch", i)
		}
	}
}

func TestWebhookTakesBatchesOfThreeMegabytes(t *testing.T) {
	t.Parallel()
	var messages []string
	for i := range 1000 {
		messages = append(messages, fmt.Sprintf(`{"from":"%d","id":"wamid.%d","timestamp":"1790000001","type":"text","text":{"body":"%s"}}`, 15550000000+i, i, strings.Repeat("x", 2950)))
	}
	body := valueHook("messages", `"messages":[`+strings.Join(messages, ",")+`]`)
	if len(body) < 3_000_000 || len(body) > 3<<20 {
		t.Fatalf("the body has %d bytes, not about 3 MB", len(body))
	}
	b := newHook(t, "s")
	if status := b.post(body, whatsapp.Sign(body, "s")); status != http.StatusOK || len(b.batches[0].Messages) != 1000 {
		t.Errorf("status %d", status)
	}
	huge := bytes.Repeat([]byte("x"), 4<<20)
	if status := b.post(huge, whatsapp.Sign(huge, "s")); status != http.StatusRequestEntityTooLarge {
		t.Errorf("4 MB: %d, want 413", status)
	}
}

func BenchmarkParse(b *testing.B) {
	body := messageHook(`"type":"text","text":{"body":"Are you open on Saturday?"}`)
	signature := whatsapp.Sign(body, "s")
	for b.Loop() {
		if !whatsapp.Verify(body, signature, []string{"s"}) {
			b.Fatal("not verified")
		}
		if _, err := whatsapp.ParseWebhook(body); err != nil {
			b.Fatal(err)
		}
	}
}
