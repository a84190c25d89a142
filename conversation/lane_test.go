package conversation_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/store"
)

// laneFiles are files of a test's own, sealed with its key.
func laneFiles(t *testing.T, key []byte) conversation.LaneFiles {
	t.Helper()
	vault, err := store.NewVault([][]byte{key})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	return conversation.LaneFiles{Snapshot: filepath.Join(dir, "lane.snapshot"), Journal: filepath.Join(dir, "lane.journal"), Vault: vault}
}

func emergency(id string) frontdesk.InboundBatch {
	return frontdesk.InboundBatch{Account: "PN1", Messages: []frontdesk.Inbound{text("33600000001", id, "I have chest pain")}}
}

func TestEmergencyIsAnsweredOnceAndOpensATicket(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for range 2 {
		if err := b.engine.Receive(t.Context(), frontdesk.ChannelWhatsApp, emergency("wamid.A1")); err != nil {
			t.Fatal(err)
		}
	}
	b.eventually("a ticket", func() bool { return len(b.tickets()) == 1 })
	b.eventually("the fixed text recorded", func() bool {
		lines := b.transcript(b.key())
		return len(lines) == 2 && lines[1].Origin == frontdesk.OriginFixed && lines[1].State == conversation.SendSent
	})
	if got := b.sender.texts(); !slices.Equal(got, []string{"EMERGENCY FR fr"}) {
		t.Fatalf("sent %q", got)
	}
}

func TestEmergencyIsAnsweredWhileAPersonHoldsThePen(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.receive(b.engine, text("33600000001", "wamid.A0", "Hello."))
	b.eventually("an answer", func() bool { return len(b.sender.all()) == 1 })
	if err := b.engine.TakePen(t.Context(), b.key(), "nurse"); err != nil {
		t.Fatal(err)
	}
	b.receive(b.engine, text("33600000001", "wamid.A1", "I have chest pain"))
	b.eventually("the fixed text", func() bool { return len(b.sender.all()) == 2 })
	if got := b.sender.texts()[1]; got != "EMERGENCY FR fr" {
		t.Fatalf("sent %q", got)
	}
}

func TestEmergencyPassesTwoThousandTurnsThatWait(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("long")
	}
	b := setup(t, func(c *conversation.Config) { c.Limits.Grace = time.Millisecond; c.Limits.Respond = time.Hour })
	b.responder.set(func(ctx context.Context, _ int, _ []frontdesk.Event) error { <-ctx.Done(); return ctx.Err() })
	batch := frontdesk.InboundBatch{Account: "PN1"}
	for i := range 2000 {
		batch.Messages = append(batch.Messages, text(fmt.Sprintf("3361%07d", i), fmt.Sprintf("wamid.W%d", i), "Hello."))
	}
	if err := b.engine.Receive(t.Context(), frontdesk.ChannelWhatsApp, batch); err != nil {
		t.Fatal(err)
	}
	b.eventually("all turns wait", func() bool {
		b.responder.mu.Lock()
		defer b.responder.mu.Unlock()
		return b.responder.calls >= 2000
	})
	var slowest time.Duration
	for i := range 20 {
		began := time.Now()
		if err := b.engine.Receive(t.Context(), frontdesk.ChannelWhatsApp, emergency(fmt.Sprintf("wamid.E%d", i))); err != nil {
			t.Fatal(err)
		}
		b.eventually("the fixed text", func() bool { return len(b.sender.all()) == i+1 })
		slowest = max(slowest, time.Since(began))
	}
	if slowest > time.Second {
		t.Fatalf("the slowest emergency took %v, want at most 1 s", slowest)
	}
	t.Logf("slowest of 20: %v", slowest)
}

func TestEmergencyIsAnsweredWithoutPostgresAndNotRepeated(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	files := laneFiles(t, b.db.Key)

	// A process sees the accounts once and leaves the snapshot behind.
	first := b.start(func(c *conversation.Config) { c.Lane = files })
	b.eventually("a snapshot", func() bool { _, err := os.Stat(files.Snapshot); return err == nil })
	first.Close()
	if sealed, err := os.ReadFile(files.Snapshot); err != nil || bytes.Contains(sealed, []byte("tok")) || bytes.Contains(sealed, []byte("PN1")) {
		t.Fatalf("the snapshot holds its accounts in clear (%v)", err)
	}

	// The database is away from the start of the next one.
	away, err := store.Open(t.Context(), store.Options{DatabaseURL: b.db.URL, Keys: [][]byte{b.db.Key}, Now: time.Now, Random: b.config().Random})
	if err != nil {
		t.Fatal(err)
	}
	away.Close()
	gone := store.NewConversations(away, nil)
	second := b.start(func(c *conversation.Config) {
		c.Lane, c.Inbox, c.Turns, c.Outbox, c.Accounts, c.Desk = files, gone, gone, gone, gone, gone
	})
	for range 2 {
		began := time.Now()
		if err := second.Receive(t.Context(), frontdesk.ChannelWhatsApp, emergency("wamid.A1")); err == nil {
			t.Fatal("a message that is not stored was accepted")
		}
		b.eventually("the fixed text", func() bool { return len(b.sender.all()) == 1 })
		if took := time.Since(began); took > time.Second {
			t.Fatalf("took %v", took)
		}
	}
	second.Close()

	// The channel repeats its webhook when the database is back.
	third := b.start(func(c *conversation.Config) { c.Lane = files })
	if err := third.Receive(t.Context(), frontdesk.ChannelWhatsApp, emergency("wamid.A1")); err != nil {
		t.Fatal(err)
	}
	b.eventually("a ticket", func() bool { return len(b.tickets()) == 1 })
	if got := b.sender.texts(); !slices.Equal(got, []string{"EMERGENCY FR fr"}) {
		t.Fatalf("sent %q, want the fixed text once", got)
	}
	lines := b.transcript(b.key())
	if len(lines) != 2 || lines[1].State != conversation.SendSent {
		t.Fatalf("transcript %+v", lines)
	}
}

func TestOrdinaryMessageIsRefusedWithoutPostgres(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.eventually("accounts known", func() bool { return b.engine.Ready() })
	b.db.Close()
	err := b.engine.Receive(t.Context(), frontdesk.ChannelWhatsApp, frontdesk.InboundBatch{
		Account: "PN1", Messages: []frontdesk.Inbound{text("33600000001", "wamid.A1", "Hello.")}})
	if err == nil {
		t.Fatal("a message that is not stored was accepted")
	}
	if len(b.sender.all()) != 0 {
		t.Fatal("something was sent")
	}
}

func TestTornJournalLineIsLeftOut(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	files := laneFiles(t, b.db.Key)
	if err := os.WriteFile(files.Journal, []byte("{\"key\":\"aa\",\"message\":\"m\",\"state\":\"sent\",\"at\":\"2999-01-01T00:00:00Z\"}\n{\"key\":\"bb\",\"mes"), 0o600); err != nil {
		t.Fatal(err)
	}
	e := b.start(func(c *conversation.Config) { c.Lane = files })
	if err := e.Receive(t.Context(), frontdesk.ChannelWhatsApp, emergency("wamid.A1")); err != nil {
		t.Fatal(err)
	}
	b.eventually("the fixed text", func() bool { return len(b.sender.all()) == 1 })
	kept, err := os.ReadFile(files.Journal)
	if err != nil || bytes.Contains(kept, []byte(`"bb"`)) || bytes.Contains(kept, []byte("wamid")) || bytes.Contains(kept, []byte("33600000001")) {
		t.Fatalf("journal %q, %v", kept, err)
	}
}
