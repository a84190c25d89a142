package conversation_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/handoff"
)

// courier records what it delivers, and fails as fail says.
type courier struct {
	mu   sync.Mutex // protects all following fields
	got  []handoff.Notice
	fail func(n handoff.Notice) error
}

func (c *courier) Deliver(_ context.Context, n handoff.Notice) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fail != nil {
		if err := c.fail(n); err != nil {
			return err
		}
	}
	c.got = append(c.got, n)
	return nil
}

func (c *courier) steps() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	steps := map[string]int{}
	for _, n := range c.got {
		steps[string(n.Step)+" "+string(n.Way)]++
	}
	return steps
}

// clock is the real one, moved on by the test.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time        { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) move(by time.Duration) { c.ahead.Add(int64(by)) }

// watch is one process that watches.
func (b *bundle) watch(c *courier, now *clock) *handoff.Watch {
	return &handoff.Watch{
		Board: b.repo, Outgoing: b.repo, Courier: c, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Now:     now.now,
		Opening: func(context.Context, frontdesk.ClinicID) (*frontdesk.Hours, error) { return nil, nil },
		Release: func(ctx context.Context, clinic frontdesk.ClinicID, id frontdesk.ConversationID) error {
			return b.engine.Release(ctx, conversation.Key{Clinic: clinic, Conversation: id}, conversation.HandBack{By: "frontdesk", Done: true, Reason: "idle", Farewell: true})
		},
	}
}

// alerting is a clinic that is told by e-mail and webhook; its patient asked for a person.
func alerting(t *testing.T) (*bundle, *clock) {
	t.Helper()
	now := &clock{}
	b := setup(t, func(c *conversation.Config) { c.Now = now.now })
	_, err := b.db.UpdateClinic(t.Context(), b.clinic.ID, func(c *frontdesk.Clinic) error {
		c.Settings.AlertEmails, c.Settings.SecondLineEmails = []string{"desk@example.org"}, []string{"boss@example.org"}
		c.Settings.WebhookURL = "https://hooks.example.org/frontdesk"
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	b.responder.decide = func(d frontdesk.Dialogue, events []frontdesk.Event) *frontdesk.Decision {
		for _, e := range events {
			if e.Timer != "" {
				return &frontdesk.Decision{Outcome: frontdesk.OutcomeHandover, Language: "fr", Replies: []frontdesk.Reply{{Text: "timer " + e.Timer}}}
			}
			if e.Message != nil && strings.Contains(e.Message.Text, "person") {
				return &frontdesk.Decision{Outcome: frontdesk.OutcomeHandover, Language: "fr", Replies: []frontdesk.Reply{{Text: "A person comes."}},
					Ticket:  &frontdesk.TicketRequest{Team: "reception", Priority: frontdesk.PriorityNormal, Reason: "asked", Summary: "wants a person"},
					Effects: []frontdesk.Effect{frontdesk.ForwardStaff{Kind: "disagreement", Detail: "two prices"}}}
			}
		}
		return nil
	}
	b.receive(b.engine, text("33600000001", "wamid.1", "a person please"))
	b.eventually("the ticket", func() bool { return len(b.tickets()) == 1 })
	return b, now
}

// TestATicketIsToldOnceByManyProcesses climbs the whole ladder with three processes
// that watch at once, of which some are killed between claim and delivery.
func TestATicketIsToldOnceByManyProcesses(t *testing.T) {
	t.Parallel()
	b, now := alerting(t)
	c := &courier{}
	refused := 0
	c.fail = func(n handoff.Notice) error {
		if refused++; refused%4 == 1 {
			return errors.New("the mail server is away")
		}
		return nil
	}
	for range 300 {
		var wg sync.WaitGroup
		for range 3 {
			w := b.watch(c, now)
			wg.Go(func() {
				if err := w.Look(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		now.move(time.Minute)
	}
	want := map[string]int{
		"opened webhook": 1, "reminder webhook": 1, "reminder email": 1, "second_line webhook": 1, "second_line email": 2,
		"forward webhook": 1, "forward email": 1,
	}
	if got := c.steps(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("told %v, want %v", got, want)
	}
	b.eventually("the patient is told", func() bool { return strings.Contains(strings.Join(b.sender.texts(), "|"), handoff.TimerOverdue) })
	if n := strings.Count(strings.Join(b.sender.texts(), "|"), handoff.TimerOverdue); n != 1 {
		t.Errorf("the patient was told %d times", n)
	}
	notes, err := b.repo.Notes(t.Context(), b.key(), 10)
	if err != nil || len(notes) != 1 || notes[0].Text != "two prices" {
		t.Errorf("what the turn had to tell staff: %v, %v", notes, err)
	}
	for _, n := range c.got {
		if strings.Contains(fmt.Sprint(n), "person please") || strings.Contains(fmt.Sprint(n), "wants a person") {
			t.Errorf("a notice holds what the patient wrote: %+v", n)
		}
	}
}

func TestTakingATicketStopsItsLadderAndPuttingItBackBeginsAnew(t *testing.T) {
	t.Parallel()
	b, now := alerting(t)
	c := &courier{}
	look := func() {
		t.Helper()
		for range 2 {
			if err := b.watch(c, now).Look(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	look()
	if err := b.engine.TakePen(t.Context(), b.key(), "nurse"); err != nil {
		t.Fatal(err)
	}
	now.move(2 * time.Hour)
	look()
	if c.steps()["reminder webhook"] != 0 {
		t.Errorf("somebody had it: %v", c.steps())
	}
	if err := b.engine.Release(t.Context(), b.key(), conversation.HandBack{By: "nurse", Note: "call her mother"}); err != nil {
		t.Fatal(err)
	}
	look()
	if c.steps()["opened webhook"] != 2 {
		t.Errorf("put back: %v", c.steps())
	}
	notes, err := b.repo.Notes(t.Context(), b.key(), 10)
	if err != nil || len(notes) != 2 || notes[1].Text != "call her mother" || notes[1].Kind != "instruction" {
		t.Errorf("notes: %v, %v", notes, err)
	}
}

func TestAConversationThatStaffLeftGoesBackWithAFarewell(t *testing.T) {
	t.Parallel()
	b, now := alerting(t)
	key := b.key()
	if err := b.engine.TakePen(t.Context(), key, "nurse"); err != nil {
		t.Fatal(err)
	}
	if err := b.engine.Write(t.Context(), key, conversation.Words{Author: "nurse", Text: "Done."}); err != nil {
		t.Fatal(err)
	}
	b.eventually("the nurse's line", func() bool { return len(b.sender.all()) == 2 })
	now.move(handoff.DefaultIdle + time.Hour)
	c := &courier{}
	if err := b.watch(c, now).Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.eventually("the farewell", func() bool { return strings.Contains(strings.Join(b.sender.texts(), "|"), handoff.TimerFarewell) })
	if work, err := b.repo.Peek(t.Context(), key); err != nil || work.Pen != frontdesk.PenBot || len(b.tickets()) != 0 {
		t.Errorf("pen %s, %d tickets, %v", work.Pen, len(b.tickets()), err)
	}
}

func TestAFormSendsOnceAndColleaguesDoNotAnswerOverEachOther(t *testing.T) {
	t.Parallel()
	b, _ := alerting(t)
	key := b.key()
	if err := b.engine.TakePen(t.Context(), key, "ann"); err != nil {
		t.Fatal(err)
	}
	form := string(b.tickets()[0].ID) // any id will do
	opened := time.Now()
	for range 3 {
		if err := b.engine.Write(t.Context(), key, conversation.Words{Author: "ann", Text: "Hello.", Form: form, Seen: opened}); err != nil {
			t.Fatal(err)
		}
	}
	b.eventually("ann's line", func() bool { return strings.Count(strings.Join(b.sender.texts(), "|"), "Hello.") == 1 })
	err := b.engine.Write(t.Context(), key, conversation.Words{Author: "bob", Text: "Good day."})
	if frontdesk.CodeOf(err) != frontdesk.CodeConflict {
		t.Errorf("bob writes in ann's conversation: %v", err)
	}
	if err := b.engine.TakePen(t.Context(), key, "bob"); err != nil {
		t.Fatal(err)
	}
	err = b.engine.Write(t.Context(), key, conversation.Words{Author: "bob", Text: "Good day.", Seen: opened})
	if frontdesk.CodeOf(err) != frontdesk.CodeConflict {
		t.Errorf("bob has not seen ann's line: %v", err)
	}
	if err := b.engine.Write(t.Context(), key, conversation.Words{Author: "bob", Text: "Good day.", Seen: time.Now()}); err != nil {
		t.Errorf("bob has seen it: %v", err)
	}
}
