package agent_test

import (
	"strings"
	"testing"

	"frontdesk"
	"frontdesk/agent"
	"frontdesk/handoff"
)

func TestUnknownSenderIsAskedAtMostThreeThings(t *testing.T) {
	t.Parallel()
	d := newDesk(t, wordsOnly)
	for _, c := range []struct {
		name    string
		says    []string
		summary []string
	}{
		{"says nothing yet", []string{"Hello, I would like to become a patient", "no", "A knee check-up", "by phone please"}, []string{"new", "knee check-up", "by phone"}},
		{"says what for", []string{"I'd like a quote for dental implants", "no", "here is fine"}, []string{"new", "dental implants", "here is fine"}},
	} {
		dialogue := d.dialogue()
		var got frontdesk.Decision
		for i, text := range c.says {
			got = d.respond(t, dialogue, says(text))
			if got.Outcome != frontdesk.OutcomeFlow {
				t.Fatalf("%s: %q got %s: %q", c.name, text, got.Outcome, textOf(got))
			}
			if last := i == len(c.says)-1; last != (got.Flow == nil) {
				t.Fatalf("%s: after %q the dialogue goes on: %v", c.name, text, got.Flow != nil)
			}
			dialogue.Flow = got.Flow
		}
		if got.Ticket == nil || got.Ticket.Reason != string(handoff.ReasonLead) {
			t.Fatalf("%s: ticket %+v", c.name, got.Ticket)
		}
		for _, want := range c.summary {
			if !strings.Contains(got.Ticket.Summary, want) {
				t.Errorf("%s: the summary lacks %q: %q", c.name, want, got.Ticket.Summary)
			}
		}
	}
}

func TestKnownPatientAndAnsweredQuestionGetNoIntake(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *agent.Options, c *frontdesk.Clinic) { wordsOnly(o, c) })
	known := d.dialogue()
	known.Contact.Name = "Mrs Hart"
	if got := d.respond(t, known, says("I'd like a quote for dental implants")); got.Outcome != frontdesk.OutcomeUnanswered {
		t.Errorf("a known patient: %s %q", got.Outcome, textOf(got))
	}
	if got := d.respond(t, d.dialogue(), says("I am a new patient. What are your opening hours?")); got.Outcome != frontdesk.OutcomeAnswered {
		t.Errorf("a question that the profile answers: %s %q", got.Outcome, textOf(got))
	}
}
