package agent_test

import (
	"strings"
	"testing"

	"frontdesk"
	"frontdesk/agent"
)

func controlled(t *testing.T, settings func(*frontdesk.Settings)) desk {
	t.Helper()
	return newDesk(t, func(o *agent.Options, c *frontdesk.Clinic) {
		wordsOnly(o, c)
		settings(&c.Settings)
	})
}

func TestAPinnedAnswerWinsOverDocumentsButNotOverSafety(t *testing.T) {
	t.Parallel()
	d := controlled(t, func(s *frontdesk.Settings) {
		s.Pinned = []frontdesk.Pinned{{Questions: []string{"parking", "Where can I park?"}, Answer: "Please use the car park of the town hall."}}
	})
	for message, want := range map[string]bool{
		"where can I park?":     true,
		"Is there parking?":     true,
		"parking please, today": true,
		"I was parking my car when my mother fell, and now I would like to know what your opening hours on Saturday are": false,
		"What are your opening hours?": false,
	} {
		got := d.respond(t, d.dialogue(), says(message))
		if strings.Contains(textOf(got), "town hall") != want {
			t.Errorf("%q: %q", message, textOf(got))
		}
		if want && (got.Outcome != frontdesk.OutcomeAnswered || len(got.Citations) != 1) {
			t.Errorf("%q: %s, %+v", message, got.Outcome, got.Citations)
		}
	}
	if got := d.respond(t, d.dialogue(), says("where can I park? I have crushing chest pain right now")); got.Outcome != frontdesk.OutcomeEmergency || strings.Contains(textOf(got), "town hall") {
		t.Errorf("an emergency got %s %q", got.Outcome, textOf(got))
	}
}

func TestAClosedTopicIsForPeople(t *testing.T) {
	t.Parallel()
	d := controlled(t, func(s *frontdesk.Settings) { s.Forbidden = []string{"parking", "abortion costs"} })
	got := d.respond(t, d.dialogue(), says("where is the parking?"))
	if got.Outcome != frontdesk.OutcomeUnanswered || len(got.Replies) != 1 || len(got.Replies[0].Buttons) != 1 || len(got.Citations) > 0 {
		t.Errorf("%s %q %+v", got.Outcome, textOf(got), got.Citations)
	}
	for _, effect := range got.Effects {
		if _, ok := effect.(frontdesk.RecordGap); ok {
			t.Error("a closed topic was put on the list of open questions")
		}
	}
	if got := d.respond(t, d.dialogue(), says("what are your opening hours?")); got.Outcome != frontdesk.OutcomeAnswered {
		t.Errorf("another topic: %s %q", got.Outcome, textOf(got))
	}
	if got := d.respond(t, d.dialogue(), says("I want to talk to a person about parking")); got.Ticket == nil {
		t.Errorf("who asks for a person: %s %q", got.Outcome, textOf(got))
	}
}

func TestWhatIsSwitchedOffIsNotDone(t *testing.T) {
	t.Parallel()
	const booking = "I would like to make an appointment"
	on := controlled(t, func(*frontdesk.Settings) {})
	if got := on.respond(t, on.dialogue(), says(booking)); got.Flow == nil {
		t.Fatalf("switched on: %s %q", got.Outcome, textOf(got))
	}
	off := controlled(t, func(s *frontdesk.Settings) { s.Off = frontdesk.Capabilities() })
	if got := off.respond(t, off.dialogue(), says(booking)); got.Flow != nil {
		t.Errorf("switched off: %s %q", got.Outcome, textOf(got))
	}
}

func TestWhoIsNoPilotGetsPeople(t *testing.T) {
	t.Parallel()
	d := controlled(t, func(*frontdesk.Settings) {})
	dialogue := d.dialogue()
	dialogue.Outside = true
	if got := d.respond(t, dialogue, says("What are your opening hours?")); got.Ticket == nil || len(got.Citations) > 0 {
		t.Errorf("%s %q", got.Outcome, textOf(got))
	}
	if got := d.respond(t, dialogue, says("I have crushing chest pain right now")); got.Outcome != frontdesk.OutcomeEmergency {
		t.Errorf("an emergency of somebody outside: %s", got.Outcome)
	}
}
