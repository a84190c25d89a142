package conversation_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/internal/testdb"
	"frontdesk/store"
)

// waitFor bounds every wait of these tests.
const waitFor = 20 * time.Second

// bundle is an engine on a real database with recording parts around it.
type bundle struct {
	t         *testing.T
	db        *testdb.Database
	repo      *store.Conversations
	clinic    frontdesk.Clinic
	account   conversation.Account
	engine    *conversation.Engine
	responder *responder
	sender    *sender
}

// setup returns a running engine of its own database; change adjusts its configuration.
func setup(t *testing.T, change func(*conversation.Config)) *bundle {
	t.Helper()
	db := testdb.New(t)
	b := &bundle{t: t, db: db, clinic: db.Clinic(t, "Clinique du Lac"), repo: store.NewConversations(db.DB, nil)}
	account, err := b.repo.AddAccount(t.Context(), conversation.Account{
		Clinic: b.clinic.ID, Channel: frontdesk.ChannelWhatsApp, Provider: "PN1", Business: "WABA1", Phone: "+33100000000", Token: "tok",
	})
	if err != nil {
		t.Fatal(err)
	}
	b.account = account
	b.responder, b.sender = newResponder(), newSender()
	b.engine = b.start(change)
	return b
}

// config is the bundle's configuration of an engine.
func (b *bundle) config() conversation.Config {
	return conversation.Config{
		Inbox: b.repo, Turns: b.repo, Outbox: b.repo, Accounts: b.repo, Desk: b.repo, Media: b.repo,
		Responder: b.responder, Screen: screen{}, Sender: b.sender, Texts: texts{},
		Words: func(text, _ string) []string { return strings.Fields(strings.ToLower(text)) },
		Now:   time.Now, Random: rand.Reader, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Limits: conversation.Limits{Sweep: 200 * time.Millisecond, Uncertain: time.Second, Grace: 5 * time.Second},
	}
}

// start runs one more engine, as another process would.
func (b *bundle) start(change func(*conversation.Config)) *conversation.Engine {
	b.t.Helper()
	c := b.config()
	if change != nil {
		change(&c)
	}
	e, err := conversation.New(c)
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = e.Run(ctx)
	}()
	b.t.Cleanup(func() {
		cancel()
		<-done
	})
	return e
}

// text is a patient's text message.
func text(from, id, body string) frontdesk.Inbound {
	return frontdesk.Inbound{
		ProviderID: id, From: frontdesk.Sender{UserID: "FR." + from, Phone: from}, Kind: frontdesk.KindText, Text: body,
		At: time.Now(), Raw: []byte(fmt.Sprintf(`{"id":%q,"text":{"body":%q}}`, id, body)),
	}
}

// receive hands messages to an engine as one webhook.
func (b *bundle) receive(e *conversation.Engine, messages ...frontdesk.Inbound) {
	b.t.Helper()
	batch := frontdesk.InboundBatch{Account: "PN1", Business: "WABA1", Messages: messages}
	if err := e.Receive(b.t.Context(), frontdesk.ChannelWhatsApp, batch); err != nil {
		b.t.Fatal(err)
	}
}

// key returns the only conversation there is.
func (b *bundle) key() conversation.Key {
	b.t.Helper()
	list, err := b.repo.Conversations(b.t.Context(), b.clinic.ID, 10)
	if err != nil {
		b.t.Fatal(err)
	}
	if len(list) != 1 {
		b.t.Fatalf("%d conversations, want 1", len(list))
	}
	return conversation.Key{Clinic: b.clinic.ID, Conversation: list[0].ID}
}

// transcript returns a conversation's lines.
func (b *bundle) transcript(key conversation.Key) []store.TranscriptLine {
	b.t.Helper()
	lines, err := b.repo.Transcript(b.t.Context(), key, 1000)
	if err != nil {
		b.t.Fatal(err)
	}
	return lines
}

func (b *bundle) tickets() []store.TicketRow {
	b.t.Helper()
	tickets, err := b.repo.Tickets(b.t.Context(), b.clinic.ID, false, 1000)
	if err != nil {
		b.t.Fatal(err)
	}
	return tickets
}

// eventually waits until ok holds.
func (b *bundle) eventually(what string, ok func() bool) {
	b.t.Helper()
	deadline := time.After(waitFor)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			b.t.Fatalf("not within %v: %s", waitFor, what)
		case <-tick.C:
		}
	}
}

// responder answers each message by "re: <text>", after what before says.
type responder struct {
	mu     sync.Mutex
	before func(ctx context.Context, call int, events []frontdesk.Event) error
	decide func(frontdesk.Dialogue, []frontdesk.Event) *frontdesk.Decision
	calls  int
	turns  []frontdesk.Dialogue
}

func newResponder() *responder { return &responder{} }

func (r *responder) Respond(ctx context.Context, d frontdesk.Dialogue, events []frontdesk.Event) (frontdesk.Decision, error) {
	r.mu.Lock()
	r.calls++
	call, before, decide := r.calls, r.before, r.decide
	r.turns = append(r.turns, d)
	r.mu.Unlock()
	if before != nil {
		if err := before(ctx, call, events); err != nil {
			return frontdesk.Decision{}, err
		}
	}
	if decide != nil {
		if decision := decide(d, events); decision != nil {
			return *decision, nil
		}
	}
	decision := frontdesk.Decision{Outcome: frontdesk.OutcomeAnswered, Mode: frontdesk.ModeQuote, Language: "fr"}
	var asked []string
	for _, e := range events {
		if e.Message == nil {
			continue
		}
		asked = append(asked, e.Message.Text)
		if strings.Contains(e.Message.Text, "chest pain") {
			decision.Outcome, decision.Emergency = frontdesk.OutcomeEmergency, true
			decision.Ticket = &frontdesk.TicketRequest{Team: "nurse", Priority: frontdesk.PriorityEmergency, Reason: "emergency"}
		}
	}
	if d.Pen == frontdesk.PenPerson && !decision.Emergency {
		decision.Outcome = frontdesk.OutcomeSilent
		return decision, nil
	}
	decision.Replies = []frontdesk.Reply{{Text: "re: " + strings.Join(asked, " + ")}}
	return decision, nil
}

func (r *responder) set(before func(ctx context.Context, call int, events []frontdesk.Event) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.before = before
}

// sent is one message that the stand-in of the channel accepted.
type sent struct {
	ID      frontdesk.MessageID
	To      conversation.Recipient
	Text    string
	Origin  frontdesk.Origin
	Started time.Time
}

// sender is the channel's stand-in: it records, and fails as fail says.
type sender struct {
	mu       sync.Mutex
	accepted []sent
	seen     []string
	fail     func(message conversation.Outbound) error
	n        int
}

func newSender() *sender { return &sender{} }

func (s *sender) Fit(replies []frontdesk.Reply) []frontdesk.Reply { return replies }

func (s *sender) Send(_ context.Context, _ conversation.Account, m conversation.Outbound) (string, error) {
	started := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		if err := s.fail(m); err != nil {
			return "", err
		}
	}
	s.n++
	s.accepted = append(s.accepted, sent{ID: m.ID, To: m.To, Text: m.Reply.Text, Origin: m.Origin, Started: started})
	return fmt.Sprintf("wamid.OUT%d", s.n), nil
}

func (s *sender) Seen(_ context.Context, _ conversation.Account, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, id)
	return nil
}

func (s *sender) all() []sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.accepted)
}

func (s *sender) texts() []string {
	var out []string
	for _, m := range s.all() {
		out = append(out, m.Text)
	}
	return out
}

func (s *sender) failing(fail func(conversation.Outbound) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = fail
}

// screen is a small set of rules: enough labels, one secret, one identifier.
type screen struct{}

func (screen) Inbound(_ context.Context, body, _, _ string) frontdesk.Verdict {
	v := frontdesk.Verdict{Language: "fr", LanguageSure: 1, Masked: body}
	if strings.Contains(body, "chest pain") {
		v.Labels = append(v.Labels, frontdesk.LabelEmergency)
	}
	for _, mask := range []struct{ value, place, kind string }{
		{"4111111111111111", "⟦card:1⟧", "card"},
		{"marker.secret@example.org", "⟦email:1⟧", "email"},
	} {
		at := strings.Index(v.Masked, mask.value)
		if at < 0 {
			continue
		}
		start := len([]rune(body[:strings.Index(body, mask.value)]))
		v.Masked = strings.Replace(v.Masked, mask.value, mask.place, 1)
		v.Labels = append(v.Labels, frontdesk.LabelIdentifier)
		v.Marks = append(v.Marks, frontdesk.Mark{Type: mask.kind, Start: start, End: start + len(mask.value), Secret: mask.kind == "card"})
		v.Tokens = append(v.Tokens, frontdesk.Token{Place: mask.place, Type: mask.kind})
		v.Values = append(v.Values, mask.value)
	}
	return v
}

func (screen) Outbound(_ context.Context, _ frontdesk.Origin, _ frontdesk.Clinic, body string) conversation.Finding {
	return conversation.Finding{Block: strings.Contains(body, "take two tablets"), Why: "advice"}
}

// texts are the fixed texts.
type texts struct{}

func (texts) Emergency(c frontdesk.Clinic, language string, _ bool) frontdesk.Reply {
	return frontdesk.Reply{Text: "EMERGENCY " + c.Country + " " + language}
}

func (texts) Fallback(frontdesk.Clinic, string) frontdesk.Reply {
	return frontdesk.Reply{Text: "A person will answer."}
}

func (texts) Media(_ frontdesk.Clinic, _ string, kind frontdesk.MessageKind) frontdesk.Reply {
	return frontdesk.Reply{Text: "Please write instead of " + string(kind)}
}

var errBroken = errors.New("broken")
