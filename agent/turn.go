package agent

import (
	"context"
	"strings"
	"time"

	"frontdesk"
	"frontdesk/guardrails"
	"frontdesk/language"
)

// sureLanguage is from where a message's own language beats the conversation's.
const sureLanguage = 0.6

// turn is the state of one decision on its way through Respond.
type turn struct {
	dialogue frontdesk.Dialogue
	events   []frontdesk.Event
	started  time.Time
	text     string // the patient's words of all events, masked
	words    []string
	tap      string // id of the last tap, "" if none
	verdict  frontdesk.Verdict
	language string
	profile  *frontdesk.Profile // loaded once, on demand
	question string             // the standalone question
	decision frontdesk.Decision
	// digressed tells that a flow is in progress and did not consume the event.
	digressed bool
}

func (a *Agent) open(dialogue frontdesk.Dialogue, events []frontdesk.Event) *turn {
	t := &turn{dialogue: dialogue, events: events, started: a.Now()}
	var parts []string
	for _, e := range events {
		if e.Note != "" {
			t.decision.Record.Notes = append(t.decision.Record.Notes, e.Note)
		}
		if e.Message == nil {
			continue
		}
		if e.Message.TapID != "" {
			t.tap = e.Message.TapID
		}
		if text := strings.TrimSpace(e.Message.Text); text != "" {
			parts = append(parts, text)
		}
	}
	t.text = strings.Join(parts, "\n")
	t.words = foldedWords(t.text)
	t.question = t.text
	t.decision.Flow = dialogue.Flow
	return t
}

// screen runs the inbound screens over each event and over the burst as a whole:
// a message split into bubbles must not slip through.
func (a *Agent) screen(ctx context.Context, t *turn) {
	start := a.Now()
	hints := guardrails.Hints{
		Language: t.dialogue.Contact.Language,
		Country:  t.dialogue.Clinic.Country,
	}
	for _, tag := range []string{t.dialogue.Language, t.dialogue.Clinic.Language} {
		if tag != "" {
			hints.ConversationLanguages = append(hints.ConversationLanguages, tag)
		}
	}
	t.verdict = a.Screens.Inbound(ctx, t.text, hints)
	if bubbles := countTexts(t.events); bubbles > 1 {
		for _, e := range t.events {
			if e.Message != nil && e.Message.Text != "" {
				t.verdict.Labels = mostUrgentFirst(append(t.verdict.Labels, stopping(a.Screens.Rules(e.Message.Text, hints).Labels)...))
			}
		}
	}
	t.language = a.replyLanguage(t)
	t.decision.Language = t.language
	t.decision.Labels = t.verdict.Labels
	t.decision.Record.Evidence = t.verdict.Evidence
	t.decision.Record.Timing.Screen = a.since(start)
}

func countTexts(events []frontdesk.Event) int {
	n := 0
	for _, e := range events {
		if e.Message != nil && e.Message.Text != "" {
			n++
		}
	}
	return n
}

// stopping keeps the labels that must not be lost in a burst; "hello" as a bubble
// of its own does not make the whole burst smalltalk.
func stopping(labels []frontdesk.Label) []frontdesk.Label {
	var kept []frontdesk.Label
	for _, l := range labels {
		switch l {
		case frontdesk.LabelSmalltalk, frontdesk.LabelGibberish, frontdesk.LabelOffTopic:
		default:
			kept = append(kept, l)
		}
	}
	return kept
}

func mostUrgentFirst(labels []frontdesk.Label) []frontdesk.Label {
	var sorted []frontdesk.Label
	for _, l := range frontdesk.Labels() {
		for _, have := range labels {
			if have == l {
				sorted = append(sorted, l)
				break
			}
		}
	}
	return sorted
}

// replyLanguage is the message's own language where it is sure, else what the
// contact chose, the conversation's, the clinic's.
func (a *Agent) replyLanguage(t *turn) string {
	own := t.verdict.Language
	if own != "" && own != "und" && t.verdict.LanguageSure >= sureLanguage {
		if chosen := t.dialogue.Contact.Language; chosen == "" || t.verdict.LanguageSure >= 0.9 && len(t.words) > 3 {
			return own
		}
	}
	for _, tag := range []string{t.dialogue.Contact.Language, t.dialogue.Language} {
		if tag != "" {
			return tag
		}
	}
	if own != "" && own != "und" && len(t.words) > 2 {
		return own
	}
	return t.dialogue.Clinic.Language
}

func (a *Agent) since(start time.Time) float64 {
	return float64(a.Now().Sub(start).Microseconds()) / 1000
}

// say appends a bubble with one or more texts of the locale files, joined by a space.
func (a *Agent) say(t *turn, texts ...string) {
	var kept []string
	for _, text := range texts {
		if text != "" {
			kept = append(kept, text)
		}
	}
	if len(kept) > 0 {
		t.decision.Replies = append(t.decision.Replies, frontdesk.Reply{Text: strings.Join(kept, " ")})
	}
}

func (a *Agent) text(t *turn, key string, args map[string]string) string {
	return a.Texts.Text(t.language, key, args)
}

// with returns the text for key when value is set, else "": lines such as "You
// can also call {phone}" are left out where the clinic gave no phone.
func (a *Agent) with(t *turn, key, name, value string) string {
	if value == "" {
		return ""
	}
	return a.text(t, key, map[string]string{name: value})
}

func (t *turn) has(labels ...frontdesk.Label) bool {
	for _, l := range labels {
		if t.verdict.Has(l) {
			return true
		}
	}
	return false
}

// languages are those whose phrases may fit the message.
func (t *turn) languages() []string {
	seen := map[string]bool{}
	var tags []string
	for _, tag := range []string{t.verdict.Language, t.language, t.dialogue.Language, t.dialogue.Clinic.Language} {
		if tag != "" && !seen[tag] {
			seen[tag] = true
			tags = append(tags, tag)
		}
	}
	return tags
}

// sentences splits the patient's words into questions.
func (t *turn) sentences() []string {
	var parts []string
	for _, line := range strings.Split(t.text, "\n") {
		for _, s := range language.Sentences(t.language, line) {
			if part := strings.TrimSpace(line[s.Start:s.End]); part != "" {
				parts = append(parts, part)
			}
		}
	}
	return parts
}
