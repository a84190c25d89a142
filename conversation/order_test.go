package conversation_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"frontdesk"
	"frontdesk/conversation"
)

// Each message appears in exactly one answer although webhooks come twice, out of
// order, to two engines on one database, some sends fail and some time out.
func TestEveryMessageIsAnsweredExactlyOnceAcrossTwoProcesses(t *testing.T) {
	t.Parallel()
	const people, each = 12, 8
	b := setup(t, nil)
	other := b.start(nil)
	engines := []*conversation.Engine{b.engine, other}
	tried := map[frontdesk.MessageID]int{}
	b.sender.failing(func(m conversation.Outbound) error { // called under the sender's lock
		tried[m.ID]++
		if tried[m.ID] == 1 && len(tried)%3 == 0 {
			return &conversation.SendError{Class: conversation.ClassRetry, Err: errBroken}
		}
		return nil
	})
	b.responder.set(func(ctx context.Context, _ int, _ []frontdesk.Event) error {
		select {
		case <-time.After(time.Duration(rand.IntN(20)) * time.Millisecond):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	var wg sync.WaitGroup
	for p := range people {
		wg.Go(func() {
			order := rand.Perm(each)
			for _, i := range append(order, order[:each/2]...) {
				m := text(fmt.Sprintf("3360000%04d", p), fmt.Sprintf("wamid.%d.%d", p, i), fmt.Sprintf("<q%d.%d>", p, i))
				batch := frontdesk.InboundBatch{Account: "PN1", Messages: []frontdesk.Inbound{m}}
				if err := engines[rand.IntN(2)].Receive(t.Context(), frontdesk.ChannelWhatsApp, batch); err != nil {
					t.Errorf("receive: %v", err)
				}
			}
		})
	}
	wg.Wait()
	answered := func() map[string]int {
		counts := map[string]int{}
		for _, s := range b.sender.all() {
			for _, q := range strings.Split(strings.TrimPrefix(s.Text, "re: "), " + ") {
				counts[q]++
			}
		}
		return counts
	}
	b.eventually("all answers", func() bool { return len(answered()) == people*each })
	for q, n := range answered() {
		if n != 1 {
			t.Errorf("%s was answered %d times", q, n)
		}
	}
}

// No POST of a bot's reply starts after a person took the pen, however the two race.
func TestNoBotSendStartsAfterAPersonTookThePen(t *testing.T) {
	t.Parallel()
	slow := func(c *conversation.Config) {
		c.Limits.NoPairLimit = true
		c.Now = func() time.Time { // a pause now and then between a mark and its POST
			if rand.IntN(3) == 0 {
				<-time.After(time.Duration(rand.IntN(15)) * time.Millisecond)
			}
			return time.Now()
		}
	}
	b := setup(t, slow)
	other := b.start(slow)
	b.receive(b.engine, text("33600000001", "wamid.first", "Hello."))
	b.eventually("the first answer", func() bool { return len(b.sender.all()) == 1 })
	key := b.key()
	for round := range 25 {
		n := len(b.sender.all())
		done := make(chan struct{})
		go func() {
			defer close(done)
			for i := range 3 {
				m := text("33600000001", fmt.Sprintf("wamid.%d.%d", round, i), "Question.")
				_ = []*conversation.Engine{b.engine, other}[i%2].Receive(context.Background(), frontdesk.ChannelWhatsApp,
					frontdesk.InboundBatch{Account: "PN1", Messages: []frontdesk.Inbound{m}})
			}
		}()
		<-time.After(time.Duration(rand.IntN(40)) * time.Millisecond)
		if err := other.TakePen(t.Context(), key, "nurse"); err != nil {
			t.Fatal(err)
		}
		taken := time.Now()
		<-done
		if err := b.engine.Write(t.Context(), key, conversation.Words{Author: "nurse", Text: "I am here."}); err != nil {
			t.Fatal(err)
		}
		b.eventually("the person's line", func() bool {
			all := b.sender.all()
			return slices.ContainsFunc(all[n:], func(s sent) bool { return s.Origin == frontdesk.OriginStaff })
		})
		for _, s := range b.sender.all()[n:] {
			if s.Origin == frontdesk.OriginTurn && s.Started.After(taken) {
				t.Fatalf("round %d: a bot's reply started %v after the pen was taken", round, s.Started.Sub(taken))
			}
		}
		b.eventually("messages decided", func() bool {
			work, err := b.repo.Peek(t.Context(), key)
			return err == nil && work.Pen == frontdesk.PenPerson && !work.Sending
		})
		if err := b.engine.Release(t.Context(), key, conversation.HandBack{By: "nurse", Done: true}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStatusesOnlyMoveForward(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.receive(b.engine, text("33600000001", "wamid.A1", "Hello."))
	b.eventually("sent", func() bool {
		lines := func() []string { return b.sender.texts() }
		return len(lines()) == 1 && b.transcript(b.key())[1].State == conversation.SendSent
	})
	key, id := b.key(), b.sender.all()[0].ID
	report := func(state frontdesk.DeliveryState, callback frontdesk.MessageID) {
		t.Helper()
		s := frontdesk.Status{ProviderID: "wamid.OUT1", Callback: callback, State: state, At: time.Now()}
		batch := frontdesk.InboundBatch{Account: "PN1", Statuses: []frontdesk.Status{s}}
		if err := b.engine.Receive(t.Context(), frontdesk.ChannelWhatsApp, batch); err != nil {
			t.Fatal(err)
		}
	}
	steps := []struct {
		state, want frontdesk.DeliveryState
		callback    frontdesk.MessageID
	}{
		{frontdesk.DeliveryDelivered, frontdesk.DeliveryDelivered, ""},
		{frontdesk.DeliverySent, frontdesk.DeliveryDelivered, id},
		{frontdesk.DeliveryFailed, frontdesk.DeliveryDelivered, ""},
		{frontdesk.DeliveryRead, frontdesk.DeliveryRead, "'; not an id"},
		{frontdesk.DeliveryDelivered, frontdesk.DeliveryRead, id},
		{"deleted", frontdesk.DeliveryRead, id},
	}
	steps[3].callback = ""
	for i, s := range steps {
		report(s.state, s.callback)
		if got := b.transcript(key)[1].Delivery; got != s.want {
			t.Fatalf("step %d: after %q the message is %q, want %q", i, s.state, got, s.want)
		}
	}
	report(frontdesk.DeliveryPlayed, "'; not an id")
	if got := b.transcript(key)[1].Delivery; got != frontdesk.DeliveryPlayed {
		t.Fatalf("a status with somebody else's callback was lost: %q", got)
	}
	if len(b.tickets()) != 0 {
		t.Fatal("a late failure of a delivered message opened a ticket")
	}
}

func TestFailedStatusBringsTheMessageToPeople(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.receive(b.engine, text("33600000001", "wamid.A1", "Hello."))
	b.eventually("sent", func() bool { return len(b.sender.all()) == 1 })
	s := frontdesk.Status{ProviderID: "wamid.OUT1", Callback: b.sender.all()[0].ID, State: frontdesk.DeliveryFailed, ErrorCode: 131026}
	for range 2 {
		if err := b.engine.Receive(t.Context(), frontdesk.ChannelWhatsApp, frontdesk.InboundBatch{Account: "PN1", Statuses: []frontdesk.Status{s}}); err != nil {
			t.Fatal(err)
		}
	}
	tickets := b.tickets()
	if len(tickets) != 1 || tickets[0].Reason != "undelivered" || tickets[0].Message != string(s.Callback) {
		t.Fatalf("tickets %+v", tickets)
	}
}

func TestUncertainAttemptGoesToPeopleAndIsNeverRepeated(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	tries := 0
	b.sender.failing(func(conversation.Outbound) error {
		tries++
		return &conversation.SendError{Class: conversation.ClassUncertain, Err: context.DeadlineExceeded}
	})
	b.receive(b.engine, text("33600000001", "wamid.A1", "Hello."))
	b.eventually("a ticket", func() bool { return len(b.tickets()) == 1 })
	if got := b.tickets()[0].Reason; got != "uncertain" {
		t.Fatalf("reason %q", got)
	}
	b.sender.failing(nil)
	b.receive(b.engine, text("33600000001", "wamid.A2", "Still there?"))
	b.eventually("the next answer", func() bool { return len(b.sender.all()) == 1 })
	if tries != 1 {
		t.Fatalf("%d attempts of the uncertain message, want 1", tries)
	}
	if got := b.transcript(b.key())[1].State; got != conversation.SendUncertain {
		t.Fatalf("state %q", got)
	}
}

func TestStatusResolvesAnUncertainAttempt(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *conversation.Config) { c.Limits.Uncertain = time.Hour })
	var lost frontdesk.MessageID
	b.sender.failing(func(m conversation.Outbound) error { lost = m.ID; return context.DeadlineExceeded })
	b.receive(b.engine, text("33600000001", "wamid.A1", "Hello."))
	b.eventually("the attempt", func() bool {
		b.sender.mu.Lock()
		defer b.sender.mu.Unlock()
		return lost != ""
	})
	s := frontdesk.Status{ProviderID: "wamid.X", Callback: lost, State: frontdesk.DeliverySent}
	if err := b.engine.Receive(t.Context(), frontdesk.ChannelWhatsApp, frontdesk.InboundBatch{Account: "PN1", Statuses: []frontdesk.Status{s}}); err != nil {
		t.Fatal(err)
	}
	if line := b.transcript(b.key())[1]; line.State != conversation.SendSent {
		t.Fatalf("state %q, want sent", line.State)
	}
	due, err := b.repo.Due(t.Context(), time.Now().Add(24*time.Hour), 10)
	if err != nil || len(due) != 0 {
		t.Fatalf("still due: %+v, %v", due, err)
	}
}

func TestRefusalsAreMappedToWhatHappensNext(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		class  conversation.Class
		reason string // "" means that it is sent in the end
	}{
		{"retryable", conversation.ClassRetry, ""},
		{"pair limit", conversation.ClassPair, ""},
		{"window closed", conversation.ClassWindowClosed, "window_closed"},
		{"undeliverable", conversation.ClassUndeliverable, "undeliverable"},
		{"token expired", conversation.ClassStop, "account_stopped"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			tries := 0
			b.sender.failing(func(conversation.Outbound) error {
				if tries++; tries > 1 {
					return nil
				}
				return &conversation.SendError{Class: c.class, Code: 1, Err: errBroken}
			})
			b.receive(b.engine, text("33600000001", "wamid.A1", "Hello."))
			if c.reason == "" {
				b.eventually("sent after a retry", func() bool { return len(b.sender.all()) == 1 })
				return
			}
			b.eventually("a ticket", func() bool { return len(b.tickets()) == 1 })
			if got := b.tickets()[0].Reason; got != c.reason {
				t.Fatalf("reason %q, want %q", got, c.reason)
			}
			if c.class != conversation.ClassStop {
				return
			}
			alerts, err := b.repo.Alerts(t.Context(), b.clinic.ID, 10)
			if err != nil || len(alerts) != 1 {
				t.Fatalf("alerts %+v, %v", alerts, err)
			}
		})
	}
}

func TestEchoTakesThePen(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.receive(b.engine, text("33600000001", "wamid.A1", "Hello."))
	b.eventually("an answer", func() bool { return len(b.sender.all()) == 1 })
	echo := frontdesk.Echo{ProviderID: "wamid.E1", To: frontdesk.Sender{UserID: "FR.33600000001"}, Kind: frontdesk.KindText, Text: "I take over.", At: time.Now()}
	if err := b.engine.Receive(t.Context(), frontdesk.ChannelWhatsApp, frontdesk.InboundBatch{Account: "PN1", Echoes: []frontdesk.Echo{echo}}); err != nil {
		t.Fatal(err)
	}
	b.receive(b.engine, text("33600000001", "wamid.A2", "Thank you."))
	key := b.key()
	b.eventually("decided in silence", func() bool {
		lines := b.transcript(key)
		return len(lines) == 4 && lines[3].Turn != ""
	})
	if got := len(b.sender.all()); got != 1 {
		t.Fatalf("%d sends, want 1: the bot spoke over a person", got)
	}
}

func TestIdentityChangeKeepsTheConversation(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.receive(b.engine, text("33600000001", "wamid.A1", "Hello."))
	b.eventually("an answer", func() bool { return len(b.sender.all()) == 1 })
	change := frontdesk.IdentityChange{Previous: frontdesk.Sender{UserID: "FR.33600000001"}, Current: frontdesk.Sender{UserID: "FR.new"}}
	if err := b.engine.Receive(t.Context(), frontdesk.ChannelWhatsApp, frontdesk.InboundBatch{Account: "PN1", Identities: []frontdesk.IdentityChange{change}}); err != nil {
		t.Fatal(err)
	}
	m := text("", "wamid.A2", "It is me.")
	m.From = frontdesk.Sender{UserID: "FR.new"}
	b.receive(b.engine, m)
	b.eventually("an answer to the new id", func() bool { return len(b.sender.all()) == 2 })
	if got := b.sender.all()[1].To; got.UserID != "FR.new" || got.Phone != "" {
		t.Fatalf("sent to %+v, want the new id and no old number", got)
	}
	b.key() // still one conversation
}

func TestTimersSurviveARestart(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.responder.decide = func(_ frontdesk.Dialogue, events []frontdesk.Event) *frontdesk.Decision {
		d := &frontdesk.Decision{Outcome: frontdesk.OutcomeAnswered, Replies: []frontdesk.Reply{{Text: "later"}}}
		if events[0].Kind == frontdesk.EventTimer {
			d.Replies = []frontdesk.Reply{{Text: "timer " + events[0].Timer}}
			return d
		}
		d.Effects = []frontdesk.Effect{frontdesk.SetTimer{Name: "promise", At: time.Now().Add(700 * time.Millisecond)}}
		return d
	}
	b.receive(b.engine, text("33600000001", "wamid.A1", "Call me."))
	b.eventually("the first line", func() bool { return len(b.sender.all()) == 1 })
	b.engine.Close()
	b.start(nil)
	b.eventually("the timer's line", func() bool { return slices.Equal(b.sender.texts(), []string{"later", "timer promise"}) })
}
