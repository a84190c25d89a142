package conversation_test

import (
	"strings"
	"testing"
	"time"

	"frontdesk"
	"frontdesk/conversation"
)

func TestPostHoldsWindowConsentAndPen(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	now := time.Now()
	template := frontdesk.Reply{Template: &frontdesk.Template{Name: "reminder", Language: "fr"}}
	cases := []struct {
		name  string
		draft conversation.Draft
		want  frontdesk.Code
	}{
		{"turn with the bot's pen", conversation.Draft{Origin: frontdesk.OriginTurn, Pen: frontdesk.PenBot, Window: now}, ""},
		{"turn while waiting", conversation.Draft{Origin: frontdesk.OriginTurn, Pen: frontdesk.PenWaiting, Window: now}, ""},
		{"turn with a person's pen", conversation.Draft{Origin: frontdesk.OriginTurn, Pen: frontdesk.PenPerson, Window: now}, conversation.CodePen},
		{"turn at the window's end", conversation.Draft{Origin: frontdesk.OriginTurn, Pen: frontdesk.PenBot, Window: now.Add(-conversation.Window)}, conversation.CodeWindowClosed},
		{"turn just inside the window", conversation.Draft{Origin: frontdesk.OriginTurn, Pen: frontdesk.PenBot, Window: now.Add(time.Second - conversation.Window)}, ""},
		{"fixed text whatever pen and window", conversation.Draft{Origin: frontdesk.OriginFixed, Pen: frontdesk.PenPerson}, ""},
		{"staff without the pen", conversation.Draft{Origin: frontdesk.OriginStaff, Pen: frontdesk.PenWaiting, Window: now}, conversation.CodePen},
		{"staff after the window", conversation.Draft{Origin: frontdesk.OriginStaff, Pen: frontdesk.PenPerson}, conversation.CodeWindowClosed},
		{"staff with a leak", conversation.Draft{Origin: frontdesk.OriginStaff, Pen: frontdesk.PenPerson, Window: now, Replies: []frontdesk.Reply{{Text: "take two tablets"}}}, conversation.CodeBlocked},
		{"leak in a button", conversation.Draft{Origin: frontdesk.OriginTurn, Window: now, Replies: []frontdesk.Reply{{Text: "ok", Buttons: []frontdesk.Button{{ID: "a", Title: "take two tablets"}}}}}, conversation.CodeBlocked},
		{"template after the window", conversation.Draft{Origin: frontdesk.OriginTemplate, Replies: []frontdesk.Reply{template}}, ""},
		{"template to somebody who stopped", conversation.Draft{Origin: frontdesk.OriginTemplate, OptOut: true, Replies: []frontdesk.Reply{template}}, conversation.CodeOptedOut},
		{"free text as a template", conversation.Draft{Origin: frontdesk.OriginTemplate}, frontdesk.CodeInvalid},
		{"no origin", conversation.Draft{Window: now}, frontdesk.CodeInvalid},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.draft.At, c.draft.Clinic = now, b.clinic
			if c.draft.Replies == nil {
				c.draft.Replies = []frontdesk.Reply{{Text: "Bonjour"}}
			}
			posted, err := b.engine.Post(t.Context(), c.draft)
			if got := frontdesk.CodeOf(err); got != c.want {
				t.Fatalf("code %q, want %q (%v)", got, c.want, err)
			}
			if (len(posted) == 1) != (c.want == "") {
				t.Fatalf("%d messages", len(posted))
			}
		})
	}
}

func TestRepliesAreMergedIntoFewBubbles(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	replies := []frontdesk.Reply{
		{Text: "Hello."}, {Text: "We are open."}, {Text: ""}, {Text: "More?", Buttons: []frontdesk.Button{{ID: "y", Title: "Yes"}}},
		{Location: &frontdesk.Location{Name: "Lac"}}, {Text: "Bye."},
	}
	posted, err := b.engine.Post(t.Context(), conversation.Draft{Origin: frontdesk.OriginTurn, Window: time.Now(), At: time.Now(), Replies: replies})
	if err != nil {
		t.Fatal(err)
	}
	if len(posted) != 3 {
		t.Fatalf("%d bubbles, want 3", len(posted))
	}
	if got := posted[0].Outbound().Reply; got.Text != "Hello.\n\nWe are open.\n\nMore?" || len(got.Buttons) != 1 {
		t.Fatalf("first bubble %+v", got)
	}
}

func newTry(t *testing.T, r *responder) *conversation.Try {
	t.Helper()
	b := &bundle{t: t, responder: r, sender: newSender()}
	try, err := conversation.NewTry(b.config())
	if err != nil {
		t.Fatal(err)
	}
	return try
}

func TestTryRemembersADialogueAndNothingElse(t *testing.T) {
	t.Parallel()
	r := newResponder()
	try := newTry(t, r)
	clinic := frontdesk.Clinic{ID: "c", Language: "fr", Country: "FR"}
	at := time.Date(2026, 11, 22, 21, 4, 0, 0, time.UTC)
	for i, q := range []conversation.Question{
		{Clinic: clinic, Conversation: "c1", Text: "Are you open?", First: true, At: at},
		{Clinic: clinic, Conversation: "c1", Text: "And on Sunday?", At: at.Add(time.Minute)},
		{Clinic: clinic, Conversation: "c2", Text: "Hello.", At: at},
		{Clinic: clinic, Text: "Alone."}, {Clinic: clinic, Text: "Alone again."},
	} {
		got, err := try.Ask(t.Context(), q)
		if err != nil || len(got.Replies) != 1 || got.Replies[0].Text != "re: "+q.Text {
			t.Fatalf("question %d: %+v, %v", i, got, err)
		}
	}
	wantHistory := []int{0, 1, 0, 0, 0}
	wantWelcome := []bool{true, true, false, false, false} // the responder never said that it welcomed
	for i, d := range r.turns {
		if len(d.History) != wantHistory[i] || d.Welcome != wantWelcome[i] || d.Channel != frontdesk.ChannelTry {
			t.Errorf("turn %d: history %d, welcome %v, channel %q", i, len(d.History), d.Welcome, d.Channel)
		}
	}
	if !r.turns[1].At.Equal(at.Add(time.Minute)) {
		t.Errorf("the turn's clock is %v", r.turns[1].At)
	}
}

func TestTryScreensBothWays(t *testing.T) {
	t.Parallel()
	r := newResponder()
	try := newTry(t, r)
	got, err := try.Ask(t.Context(), conversation.Question{Text: "My card is 4111111111111111"})
	if err != nil || strings.Contains(got.Replies[0].Text, "4111") || !got.Verdict.Has(frontdesk.LabelIdentifier) {
		t.Fatalf("%+v, %v", got, err)
	}
	r.decide = func(frontdesk.Dialogue, []frontdesk.Event) *frontdesk.Decision {
		return &frontdesk.Decision{Outcome: frontdesk.OutcomeAnswered, Replies: []frontdesk.Reply{{Text: "take two tablets"}}}
	}
	got, err = try.Ask(t.Context(), conversation.Question{Text: "It hurts."})
	if err != nil || got.Replies[0].Text != "A person will answer." || got.Decision.Outcome != frontdesk.OutcomeHandover {
		t.Fatalf("%+v, %v", got, err)
	}
}
