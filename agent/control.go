package agent

import (
	"context"
	"slices"

	"frontdesk"
	"frontdesk/language"
	"frontdesk/retrieval"
)

// pinnedLikeness is from which likeness a message asks what an answer is pinned to,
// in other words or another language. A wrong one would win over documents, so the
// bar is high.
const pinnedLikeness = 0.93

// pinnedWords is how many terms a message may have beside those of a pinned
// question: longer ones ask for more than it answers.
const pinnedWords = 3

// forbidden keeps the assistant out of a topic that the clinic closed to it: a
// person is offered, whatever documents say.
func (a *Agent) forbidden(t *turn) bool {
	for _, topic := range t.dialogue.Clinic.Settings.Forbidden {
		if !t.tells(topic) {
			continue
		}
		t.decision.Outcome, t.decision.Mode = frontdesk.OutcomeUnanswered, frontdesk.ModeFixed
		a.say(t, a.text(t, "topic.closed", nil), a.with(t, "unanswered.phone", "phone", t.dialogue.Clinic.Settings.Phone))
		last := &t.decision.Replies[len(t.decision.Replies)-1]
		last.Buttons = []frontdesk.Button{{ID: TapPerson, Title: a.text(t, "button.person", nil)}}
		return true
	}
	return false
}

// tells tells whether a phrase's words stand close together in the message, in any
// language that it may be in.
func (t *turn) tells(phrase string) bool {
	return slices.ContainsFunc(t.languages(), func(tag string) bool {
		return told(language.Terms(tag, t.text), language.Terms(tag, phrase))
	})
}

// pinned gives the answer that the clinic pinned to a question, in its words.
func (a *Agent) pinned(ctx context.Context, t *turn) bool {
	pins := t.dialogue.Clinic.Settings.Pinned
	at := slices.IndexFunc(pins, func(p frontdesk.Pinned) bool { return slices.ContainsFunc(p.Questions, t.asks) })
	if at < 0 {
		at = a.meansPinned(ctx, t, pins)
	}
	if at < 0 {
		return false
	}
	t.question = t.text
	text, own := pins[at].Answer, t.dialogue.Clinic.Language
	if baseTag(own) != baseTag(t.language) {
		text = a.text(t, "answer.lead_in", map[string]string{"language": a.Texts.LanguageName(t.language, own)}) + "\n" + text
	}
	a.reply(t, []piece{{text: text, citations: []frontdesk.Citation{{Source: profileSource, Quote: pins[at].Answer}}, mode: frontdesk.ModeQuote, quoted: true}})
	return true
}

// asks tells whether the message is a question in the words of another, in any
// order, and hardly more.
func (t *turn) asks(question string) bool {
	return slices.ContainsFunc(t.languages(), func(tag string) bool {
		said, want := language.Terms(tag, t.text), language.Terms(tag, question)
		return len(want) > 0 && len(said) <= len(want)+pinnedWords && told(said, want)
	})
}

// meansPinned returns the pinned answer whose question means the same as the
// message, -1 where none does or meanings cannot be compared now.
func (a *Agent) meansPinned(ctx context.Context, t *turn, pins []frontdesk.Pinned) int {
	var questions []string
	var of []int
	for i, p := range pins {
		for _, q := range p.Questions {
			questions, of = append(questions, q), append(of, i)
		}
	}
	if len(questions) == 0 || a.Embedder == nil || t.text == "" {
		return -1
	}
	vectors, err := a.Embedder.Embed(ctx, retrieval.InputQuery, append([]string{t.text}, questions...))
	if err != nil || len(vectors) != len(questions)+1 {
		t.decision.Record.Failures = append(t.decision.Record.Failures, "embeddings")
		return -1
	}
	best, likeness := -1, pinnedLikeness
	for i, v := range vectors[1:] {
		if same := dot(vectors[0], v); same >= likeness {
			best, likeness = of[i], same
		}
	}
	return best
}

// off tells whether the clinic switched a capability off.
func (t *turn) off(c frontdesk.Capability) bool {
	return slices.Contains(t.dialogue.Clinic.Settings.Off, c)
}
