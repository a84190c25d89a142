package agent_test

import (
	"strings"
	"testing"
	"time"

	"frontdesk"
	"frontdesk/agent"
)

// A number, or a button that calls, is offered only while somebody answers.
func TestACallIsOfferedWhileSomebodyAnswersIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(o *agent.Options, clinic *frontdesk.Clinic) {
		wordsOnly(o, clinic)
		clinic.Settings.Calls = true
	})
	for _, c := range []struct {
		name    string
		at      time.Time
		channel frontdesk.Channel
		phone   bool
		button  bool
	}{
		{"on duty", monday(), frontdesk.ChannelWhatsApp, true, true},
		{"on duty, another channel", monday(), frontdesk.ChannelTry, true, false},
		{"at night", monday().Add(13 * time.Hour), frontdesk.ChannelWhatsApp, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dialogue := d.dialogue()
			dialogue.At, dialogue.Channel = c.at, c.channel
			got := d.respond(t, dialogue, says("I want to speak to a human please"))
			if strings.Contains(textOf(got), "+44 20 7946 0000") != c.phone {
				t.Errorf("the number: %q", textOf(got))
			}
			call := got.Replies[len(got.Replies)-1].Call
			if (call != nil) != c.button {
				t.Fatalf("the button: %+v", call)
			}
			if call != nil && (call.Title != "Call the clinic" || call.Minutes < 1 || call.Minutes > 12*60) {
				t.Errorf("%+v", call)
			}
		})
	}
}
