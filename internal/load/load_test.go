package load_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"testing"
	"time"

	"frontdesk/internal/load"
	"frontdesk/internal/testdb"
)

// serve starts a service with its stand-in on a fresh database.
func serve(t testing.TB, acceptOnly bool) (*load.Service, *load.Graph, []string) {
	t.Helper()
	db := testdb.New(t)
	graph := load.NewGraph(true)
	server := httptest.NewServer(graph)
	t.Cleanup(server.Close)
	s, err := load.Start(t.Context(), load.Options{
		DB: db.DB, GraphURL: server.URL, Queue: true, AcceptOnly: acceptOnly, Now: time.Now, Random: rand.Reader, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	clinic := db.Clinic(t, "Clinique du Lac")
	accounts, err := load.AddAccounts(t.Context(), s, clinic.ID, 8)
	if err != nil {
		t.Fatal(err)
	}
	return s, graph, accounts
}

func TestEachWebhookOfARunIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	s, graph, accounts := serve(t, false)
	run := load.Run{Accounts: accounts, Conversations: 100, Clients: 8, Messages: 100, Name: "a"}
	if _, err := load.Turns(t.Context(), time.Now, s.Webhook, graph, run); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, m := range graph.Sent() {
		if seen[m.Text] {
			t.Fatalf("sent twice: %q", m.Text)
		}
		seen[m.Text] = true
	}
	for n := range run.Messages {
		if want := fmt.Sprintf("re: Are you open, question %d?", n); !seen[want] {
			t.Errorf("never sent: %q", want)
		}
	}
}

func BenchmarkTurns(b *testing.B) {
	s, graph, accounts := serve(b, false)
	n := 0
	for b.Loop() {
		n++
		run := load.Run{Accounts: accounts, Conversations: 2000, Clients: 16, Messages: 2000, Name: fmt.Sprint(n)}
		rate, err := load.Turns(b.Context(), time.Now, s.Webhook, graph, run)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(rate.PerSecond(), "turns/s")
	}
}

func BenchmarkAccept(b *testing.B) {
	s, _, accounts := serve(b, true)
	n := 0
	for b.Loop() {
		n++
		run := load.Run{Accounts: accounts, Conversations: 2000, Clients: 16, Messages: 4000, Name: fmt.Sprint(n)}
		rate, err := load.Accept(b.Context(), time.Now, s.Webhook, run)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(rate.PerSecond(), "messages/s")
	}
}
