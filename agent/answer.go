package agent

import (
	"context"
	"strings"
	"time"

	"frontdesk"
	"frontdesk/guardrails"
	"frontdesk/handoff"
	"frontdesk/retrieval"
)

// TapPerson is the id of the button that asks for a person.
const TapPerson = "person"

// piece is the answer to one question of a message.
type piece struct {
	text      string
	citations []frontdesk.Citation
	mode      frontdesk.Mode
	quoted    bool // holds a verbatim quote in the document's language
	location  *frontdesk.Location
	kinds     []frontdesk.FactKind
}

// answer tries notice, profile and passages for each question of the message, and
// says so when approved content does not tell.
func (a *Agent) answer(ctx context.Context, t *turn) {
	questions := a.questions(ctx, t)
	t.question = strings.Join(questions, " ")
	var pieces []piece
	for _, q := range questions {
		p, ok := a.answerOne(ctx, t, q)
		if bare := a.bareQuestion(t, q); !ok && bare != q {
			p, ok = a.answerOne(ctx, t, bare)
		}
		if ok {
			pieces = append(pieces, p)
		}
	}
	if len(pieces) == 0 && len(questions) > 1 {
		if p, ok := a.answerOne(ctx, t, t.text); ok {
			pieces = append(pieces, p)
		}
	}
	switch {
	case len(pieces) > 0:
		a.reply(t, pieces)
	case a.startLead(ctx, t):
	default:
		a.unanswered(t)
	}
}

// answerAllTheSame answers a message that a screen took for smalltalk, off topic or
// gibberish when the profile, or approved passages, answer it, and one that was
// taken for spam when it asks for nothing but the profile, or shortly and plainly
// for what a clinic tells anybody: those labels are guesses from wording, and "and
// on Sunday?" looks like none of our business.
func (a *Agent) answerAllTheSame(ctx context.Context, t *turn) bool {
	if t.has(frontdesk.LabelInjection, frontdesk.LabelBotQuestion) || !t.has(frontdesk.LabelOffTopic, frontdesk.LabelGibberish, frontdesk.LabelSmalltalk, frontdesk.LabelSpam) {
		return false
	}
	var pieces []piece
	for _, q := range a.questions(ctx, t) {
		p, ok := a.fromProfile(ctx, t, q)
		if !ok && !t.has(frontdesk.LabelSmalltalk) && (!t.has(frontdesk.LabelSpam) || a.plainQuestion(t, q)) {
			p, ok = a.fromPassages(ctx, t, q)
		}
		if ok {
			t.question = q
			pieces = append(pieces, p)
		}
	}
	if len(pieces) == 0 {
		return false
	}
	a.reply(t, pieces)
	return true
}

// plainQuestion tells whether a message is one short question for a price, a time,
// a place or a number, and nothing else: who sells something says so.
func (a *Agent) plainQuestion(t *turn, question string) bool {
	const plain = retrieval.KindPrice | retrieval.KindTime | retrieval.KindDuration | retrieval.KindPlace | retrieval.KindPhone | retrieval.KindBring
	asked := a.checker.lexicon.Analyse(retrieval.Question{Text: question, Language: t.language})
	return len(t.words) <= followUpWords && asked.Main.Any(plain) && !byRule(t.verdict, "spam") && !strings.Contains(t.text, "://")
}

// answerOne answers one question: notice, profile, then passages.
func (a *Agent) answerOne(ctx context.Context, t *turn, question string) (piece, bool) {
	p, ok := a.fromProfile(ctx, t, question)
	if !ok {
		p, ok = a.fromPassages(ctx, t, question)
	}
	if a.profileKind(foldedWords(question), t.languages()) == frontdesk.FactHours {
		p = a.withNotices(ctx, t, p)
		ok = ok || p.text != ""
	}
	return p, ok
}

func (a *Agent) fromPassages(ctx context.Context, t *turn, question string) (piece, bool) {
	found, ok := a.retrieve(ctx, t, question)
	if !ok || !found.Answerable {
		return piece{}, false
	}
	return a.compose(ctx, t, question, found)
}

func (a *Agent) retrieve(ctx context.Context, t *turn, question string) (retrieval.Result, bool) {
	d := t.dialogue
	scope := retrieval.Scope{Clinic: d.Clinic.ID, At: a.contentAt(t)}
	if d.Channel == frontdesk.ChannelTry { // only scope live feeds a patient
		scope.Drafts, scope.Without = d.Drafts, d.Without
	}
	found, err := a.Retriever.Retrieve(ctx, retrieval.Question{Text: question, Language: t.language}, scope)
	record := &t.decision.Record
	record.Timing.Embed += found.EmbedMS
	record.Timing.Search += found.SearchMS
	if err != nil {
		record.Failures = append(record.Failures, "search")
		a.Log.ErrorContext(ctx, "search failed", "clinic", d.Clinic.ID, "conversation", d.Conversation, "err", err)
		return found, false
	}
	for _, p := range found.Passages {
		record.Passages = append(record.Passages, frontdesk.Scored{Passage: p.Passage.ID, Score: p.Score})
	}
	record.Score = found.Score
	found.Answerable = found.Answerable && len(found.Passages) > 0
	if found.EmbedError != nil {
		record.Failures = append(record.Failures, "embeddings")
		a.Log.WarnContext(ctx, "embeddings failed, searching by words", "clinic", d.Clinic.ID, "err", found.EmbedError)
	}
	return found, true
}

// contentAt is the instant whose approved content answers. On the channel try a
// question may be asked in the past; what was approved since answers it all the
// same, else no suite with a fixed clock could run on a new clinic.
func (a *Agent) contentAt(t *turn) time.Time {
	if now := a.Now(); t.dialogue.Channel == frontdesk.ChannelTry && now.After(t.dialogue.At) {
		return now
	}
	return t.dialogue.At
}

// reply puts the pieces into one bubble, each citation after what rests on it.
func (a *Agent) reply(t *turn, pieces []piece) {
	d := &t.decision
	d.Outcome, d.Mode = frontdesk.OutcomeAnswered, pieces[0].mode
	var texts []string
	var quoted bool
	for _, p := range pieces {
		texts = append(texts, p.text)
		d.Citations = append(d.Citations, p.citations...)
		d.Record.FactKinds = append(d.Record.FactKinds, p.kinds...)
		quoted = quoted || p.quoted
	}
	for _, c := range d.Citations {
		if c.Passage != "" {
			d.Record.Cited = append(d.Record.Cited, c.Passage)
		}
	}
	d.Replies = append(d.Replies, frontdesk.Reply{Text: strings.Join(texts, "\n\n"), Quoted: quoted})
	for _, p := range pieces {
		if p.location != nil {
			d.Replies = append(d.Replies, frontdesk.Reply{Location: p.location})
		}
	}
}

// unanswered says that approved content does not tell, files a knowledge gap and
// offers a person. Nothing else is said: no guess, no half-fitting passage.
func (a *Agent) unanswered(t *turn) {
	t.decision.Outcome, t.decision.Mode = frontdesk.OutcomeUnanswered, frontdesk.ModeFixed
	a.say(t,
		a.text(t, "unanswered.reply", nil),
		a.text(t, "unanswered.person", nil),
		a.with(t, "unanswered.phone", "phone", t.dialogue.Clinic.Settings.Phone))
	last := &t.decision.Replies[len(t.decision.Replies)-1]
	last.Buttons = []frontdesk.Button{{ID: TapPerson, Title: a.text(t, "button.person", nil)}}
	t.decision.Effects = append(t.decision.Effects, frontdesk.RecordGap{Question: t.question, Language: t.language})
}

// clinical declines a clinical question warmly and routes it to a clinician,
// unless approved content is there for it: a leaflet's instructions for an
// examination, or general education.
func (a *Agent) clinical(ctx context.Context, t *turn) bool {
	if !t.has(frontdesk.LabelClinical) {
		return false
	}
	if found, ok := a.retrieve(ctx, t, t.text); ok {
		p, ok := a.instruction(ctx, t, t.text, found)
		if !ok {
			p, ok = a.generalEducation(ctx, t, found)
		}
		if !ok && reception(t, "clinical", found) {
			p, ok = a.compose(ctx, t, t.text, found)
		}
		if ok {
			a.reply(t, []piece{p})
			return true
		}
	}
	a.nurseLine(t)
	return true
}

// nurseLine declines a clinical question warmly and gives it to a clinician.
func (a *Agent) nurseLine(t *turn) {
	settings := t.dialogue.Clinic.Settings
	a.say(t,
		a.text(t, "clinical.reply", nil),
		a.with(t, "clinical.phone", "phone", firstOf(settings.NurseLine, settings.Phone)),
		a.text(t, "urgent.worse", map[string]string{"number": guardrails.Number(t.dialogue.Clinic.Country).Emergency}))
	t.decision.Outcome, t.decision.Mode = frontdesk.OutcomeClinical, frontdesk.ModeFixed
	a.ticket(t, handoff.ReasonClinical)
}
