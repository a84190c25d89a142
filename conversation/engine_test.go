package conversation_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"frontdesk"
	"frontdesk/conversation"
)

func TestMessageIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	m := text("33600000001", "wamid.A1", "Are you open?")
	b.receive(b.engine, m)
	b.eventually("an answer", func() bool { return len(b.sender.all()) == 1 })
	b.receive(b.engine, m) // the channel repeats its webhook
	b.receive(b.engine, text("33600000001", "wamid.A2", "And on Sunday?"))
	b.eventually("the second answer", func() bool { return len(b.sender.all()) == 2 })
	if got, want := b.sender.texts(), []string{"re: Are you open?", "re: And on Sunday?"}; !slices.Equal(got, want) {
		t.Fatalf("sent %q, want %q", got, want)
	}
	lines := b.transcript(b.key())
	if len(lines) != 4 {
		t.Fatalf("%d lines in the transcript, want 4: %+v", len(lines), lines)
	}
	b.eventually("results recorded", func() bool {
		lines := b.transcript(b.key())
		return lines[1].State == conversation.SendSent && lines[3].State == conversation.SendSent
	})
}

func TestNewerMessageJoinsTheTurnUnderWay(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	began := make(chan struct{}, 10)
	b.responder.set(func(ctx context.Context, call int, _ []frontdesk.Event) error {
		if call > 1 {
			return nil
		}
		began <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	})
	b.receive(b.engine, text("33600000001", "wamid.A1", "Hello."))
	<-began
	b.receive(b.engine, text("33600000001", "wamid.A2", "Are you open?"))
	b.eventually("one answer", func() bool { return len(b.sender.all()) == 1 })
	if got := b.sender.texts(); !slices.Equal(got, []string{"re: Hello. + Are you open?"}) {
		t.Fatalf("sent %q", got)
	}
}

func TestUnfinishedTextWaitsForItsRest(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.receive(b.engine, text("33600000001", "wamid.A1", "Hello, I wanted to ask if"))
	b.receive(b.engine, text("33600000001", "wamid.A2", "you are open."))
	b.eventually("an answer", func() bool { return len(b.sender.all()) >= 1 })
	if got := b.sender.texts(); !slices.Equal(got, []string{"re: Hello, I wanted to ask if + you are open."}) {
		t.Fatalf("sent %q", got)
	}
}

func TestFailedResponderBecomesFallbackAndTicket(t *testing.T) {
	t.Parallel()
	cases := map[string]func(context.Context, int, []frontdesk.Event) error{
		"error": func(context.Context, int, []frontdesk.Event) error { return errBroken },
		"hang":  func(ctx context.Context, _ int, _ []frontdesk.Event) error { <-ctx.Done(); return ctx.Err() },
		"deaf": func(ctx context.Context, _ int, _ []frontdesk.Event) error {
			<-ctx.Done()
			<-time.After(300 * time.Millisecond)
			return nil
		},
		"panic": func(context.Context, int, []frontdesk.Event) error { panic("bug") },
	}
	for name, before := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(c *conversation.Config) { c.Limits.Respond = 300 * time.Millisecond })
			b.responder.set(before)
			b.receive(b.engine, text("33600000001", "wamid.A1", "Hello?"))
			b.eventually("the fallback", func() bool { return len(b.sender.all()) == 1 })
			if got := b.sender.texts()[0]; got != "A person will answer." {
				t.Fatalf("sent %q", got)
			}
			if tickets := b.tickets(); len(tickets) != 1 || tickets[0].Reason != "failed" {
				t.Fatalf("tickets %+v", tickets)
			}
		})
	}
}

func TestBlockedReplyNeverLeaves(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.responder.decide = func(frontdesk.Dialogue, []frontdesk.Event) *frontdesk.Decision {
		return &frontdesk.Decision{Outcome: frontdesk.OutcomeAnswered, Replies: []frontdesk.Reply{{Text: "Just take two tablets."}}}
	}
	b.receive(b.engine, text("33600000001", "wamid.A1", "It hurts."))
	b.eventually("the fallback", func() bool { return len(b.sender.all()) == 1 })
	if got := b.sender.texts()[0]; got != "A person will answer." {
		t.Fatalf("sent %q", got)
	}
	if len(b.tickets()) != 1 {
		t.Fatal("no ticket")
	}
}

func TestMediaGetsALineAndATicket(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.responder.decide = func(frontdesk.Dialogue, []frontdesk.Event) *frontdesk.Decision { return &frontdesk.Decision{} }
	m := text("33600000001", "wamid.A1", "")
	m.Kind, m.Media = frontdesk.KindVoice, &frontdesk.Media{ProviderID: "M1", MIME: "audio/ogg"}
	b.receive(b.engine, m)
	b.eventually("a line", func() bool { return len(b.sender.all()) == 1 })
	if got := b.sender.texts()[0]; got != "Please write instead of voice" {
		t.Fatalf("sent %q", got)
	}
	if tickets := b.tickets(); len(tickets) != 1 || tickets[0].Reason != "media" {
		t.Fatalf("tickets %+v", tickets)
	}
}

func TestStandbyIsKeptAndNeverAnswered(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	batch := frontdesk.InboundBatch{Account: "PN1", Standby: true, Messages: []frontdesk.Inbound{text("33600000001", "wamid.A1", "chest pain")}}
	if err := b.engine.Receive(t.Context(), frontdesk.ChannelWhatsApp, batch); err != nil {
		t.Fatal(err)
	}
	b.receive(b.engine, text("33600000002", "wamid.B1", "Hello."))
	b.eventually("the other's answer", func() bool { return len(b.sender.all()) > 0 })
	for _, s := range b.sender.all() {
		if s.To.Phone != "33600000002" {
			t.Fatalf("answered a thread that another responder owns: %+v", s)
		}
	}
	list, err := b.repo.Conversations(t.Context(), b.clinic.ID, 10)
	if err != nil || len(list) != 2 {
		t.Fatalf("conversations %v, %v", list, err)
	}
}
