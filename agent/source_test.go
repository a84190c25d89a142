package agent_test

import (
	"strings"
	"testing"

	"frontdesk"
	"frontdesk/agent"
	"frontdesk/retrieval"
)

// A stretch that links away is left out; what stands beside it still answers.
func TestAStretchThatLinksAwayDoesNotHideTheAnswer(t *testing.T) {
	t.Parallel()
	embedder := realEmbedder(t)
	own := frontdesk.Passage{ID: "p", Name: "prices.pdf", Kind: frontdesk.PassageText, Language: "en", Headings: []string{"Prices"}, Text: "An MRI scan costs €250."}
	away := own
	away.ID, away.Text = "q", "Compare the price of an MRI scan, from €100, at www.elsewhere.example.com/mri today."
	d := newDesk(t, func(o *agent.Options, _ *frontdesk.Clinic) {
		o.Retriever = retrieval.New(embedder, newShelf(t, embedder, own, away), nil, retrieval.Options{})
	})
	got := d.respond(t, d.dialogue(), says("How much is an MRI scan?"))
	if text := textOf(got); got.Outcome != frontdesk.OutcomeAnswered || !strings.Contains(text, "250") || strings.Contains(text, "elsewhere") {
		t.Errorf("%s %q", got.Outcome, text)
	}
}

func TestAnAnswerFromTheProfileNamesItsSource(t *testing.T) {
	t.Parallel()
	read := testProfile()
	read.Entries[1].Citation = frontdesk.Citation{Source: "contact.pdf", Page: 2, Quote: "Phone: +44 20 7946 0000"}
	for _, tt := range []struct {
		name    string
		profile frontdesk.Profile
		want    string
	}{
		{"written by staff", testProfile(), "Source: the clinic's own details"},
		{"read from a document", read, "Source: contact.pdf, p. 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, func(o *agent.Options, _ *frontdesk.Clinic) { o.Knowledge = knowledge{profile: tt.profile} })
			got := d.respond(t, d.dialogue(), says("What is your phone number?"))
			if text := textOf(got); !strings.Contains(text, "7946 0000") || !strings.HasSuffix(text, tt.want) {
				t.Errorf("%q, want it to end in %q", text, tt.want)
			}
		})
	}
}
