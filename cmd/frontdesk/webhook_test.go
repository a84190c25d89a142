package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"frontdesk"
	"frontdesk/internal/testdb"
	"frontdesk/store"
)

// told is what another program got.
type told struct {
	header http.Header
	body   []byte
}

// TestAWebhookIsToldSignedAgainAndGivenUp runs the postman against a program that
// fails first, then one that is down for good.
func TestAWebhookIsToldSignedAgainAndGivenUp(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	now, status := time.Date(2026, 11, 22, 21, 4, 0, 0, time.UTC), http.StatusBadGateway
	var got []told
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	program := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		got = append(got, told{r.Header, body})
		w.WriteHeader(status)
	}))
	defer program.Close()
	db := testdb.NewAt(t, clock)
	clinic := db.Clinic(t, "Lac")
	hook, err := addWebhook(t.Context(), db.DB, clinic.ID, "Ann", program.URL, []string{"ticket.opened"})
	if err != nil {
		t.Fatal(err)
	}
	b := &building{service: &service{conversations: store.NewConversations(db.DB, nil)}, db: db}
	ticket := b.openTicket(t, clinic.ID, clock())
	p := postman{db: db.DB, conversations: b.conversations, client: program.Client(), now: clock, log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	round := func(later time.Duration, answers int) {
		t.Helper()
		mu.Lock()
		now, status = now.Add(later), answers
		mu.Unlock()
		if err := p.round(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	round(0, http.StatusBadGateway)
	round(30*time.Second, http.StatusOK) // before its time
	if len(got) != 1 {
		t.Fatalf("%d calls", len(got))
	}
	round(time.Minute, http.StatusNoContent)
	round(time.Hour, http.StatusOK) // it was told
	if len(got) != 2 || string(got[0].body) != string(got[1].body) {
		t.Fatalf("%d calls", len(got))
	}
	var l struct {
		ID, Event string
		Data      struct{ ID, Reason string }
	}
	if err := json.Unmarshal(got[1].body, &l); err != nil || l.Event != "ticket.opened" || l.Data.ID != ticket || l.Data.Reason != "asked" || got[1].header.Get("Frontdesk-Event") != l.ID {
		t.Errorf("%s, %v", got[1].body, err)
	}
	at, mac, _ := strings.Cut(strings.TrimPrefix(got[1].header.Get("Frontdesk-Signature"), "t="), ",v1=")
	if mac != signature(hook.Secret, at, got[1].body) || got[0].header.Get("Frontdesk-Signature") == got[1].header.Get("Frontdesk-Signature") {
		t.Errorf("signature %q", got[1].header.Get("Frontdesk-Signature"))
	}

	got = nil
	b.openTicket(t, clinic.ID, clock())
	for range 2 * deliveryAttempts {
		round(5*time.Hour, http.StatusGone)
	}
	failed, err := db.FailedDeliveries(t.Context(), clinic.ID, 10)
	if err != nil || len(got) != deliveryAttempts || len(failed) != 1 || failed[0].Status != http.StatusGone {
		t.Errorf("%d calls, %+v, %v", len(got), failed, err)
	}
}

func TestAWebhooksAddressIsChecked(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic := db.Clinic(t, "Lac")
	for what, w := range map[string]struct {
		address string
		events  []string
	}{
		"http":      {"http://example.org", store.WebhookEvents()},
		"no host":   {"https://", store.WebhookEvents()},
		"file":      {"file:///etc/passwd", store.WebhookEvents()},
		"password":  {"https://a:b@example.org", store.WebhookEvents()},
		"long":      {"https://example.org/" + strings.Repeat("a", maxWebhookURL), store.WebhookEvents()},
		"no event":  {"https://example.org", nil},
		"bad event": {"https://example.org", []string{"everything"}},
	} {
		if _, err := addWebhook(t.Context(), db.DB, clinic.ID, "Ann", w.address, w.events); frontdesk.CodeOf(err) != frontdesk.CodeInvalid {
			t.Errorf("%s: %v", what, err)
		}
	}
}
