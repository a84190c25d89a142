package guardrails

import (
	"slices"
	"unicode/utf8"

	"frontdesk"
	"frontdesk/language"
)

// The contexts that take the meaning out of a rule. Each rule file lists their
// phrases; which of them a label minds is in [usualContexts].
const (
	negation       = "context:negation"       // right before the match, or inside it: "no chest pain"
	negationAfter  = "context:negation_after" // right after it: "göğüs ağrım yok"
	administration = "context:administration" // a price, a place, a paper
	booking        = "context:booking"        // a visit to arrange; whoever has chest pain may still ask for an appointment, so no alarm minds it
	logistics      = "context:logistics"      // getting there, being there, what to bring or wear, a copy of papers; no alarm minds it
	namesake       = "context:namesake"       // over the match itself: the name of something else, "suicide prevention group"
	present        = "context:now"            // "right now": no past, price or lesson silences it
)

// reach is how many words a negation may stand from what it negates.
const reach = 1

// stands tells whether no context silences a hit.
func (f *finding) stands(h hit) bool {
	r := f.rules.rules[h.rule]
	if around := len(f.text.words) - (h.end - h.start); r.only && (h.start > 1 || around-h.start > 1 || around > 1 && r.label == frontdesk.LabelHumanRequest) {
		return false
	}
	if f.guessed(h) || f.named(h) || f.denied(h) || f.strayed(h) {
		return false
	}
	if len(r.with) > 0 && !slices.ContainsFunc(r.with, f.any) {
		return false
	}
	now := f.near(h, present)
	for _, name := range r.unless {
		label := frontdesk.Label("context:" + name)
		switch {
		case label == negation:
			if f.negated(h) {
				return false
			}
		case !now && f.near(h, label) && !(label == administration && f.besides(h)):
			return false
		}
	}
	return true
}

// guessed tells whether a hit rests on short words alone that no rule knows as
// they are written: such a guess is no proof.
func (f *finding) guessed(h hit) bool {
	letters, least := 0, guessedLetters
	for _, w := range f.text.words[h.start:h.end] {
		switch w.guess {
		case asWritten:
			return false
		case byCut:
			least = cutLetters
		}
		letters += utf8.RuneCountInString(w.forms[0])
	}
	return letters < least
}

// The letters that a hit of guessed words must have to count.
const (
	guessedLetters = 6
	cutLetters     = 9
)

// named tells whether a hit is part of the name of something else.
func (f *finding) named(h hit) bool {
	return slices.ContainsFunc(f.hits, func(c hit) bool {
		return f.rules.rules[c.rule].label == namesake && c.start < h.end && h.start < c.end
	})
}

// denied tells whether a loose hit of words that stand apart repeats what a closer
// hit of the same rule says and a negation denies: "no trouble breathing, only a
// sore throat" has no trouble with the throat either.
func (f *finding) denied(h hit) bool {
	return h.open && slices.ContainsFunc(f.hits, func(c hit) bool {
		return c.rule == h.rule && !c.open && c.start < h.end && h.start < c.end && f.negated(c)
	})
}

// strayed tells whether a loose hit of words that stand apart is of another
// language than its text surely is: words of two languages meet by chance.
func (f *finding) strayed(h hit) bool {
	r := f.rules.rules[h.rule]
	if f.text.arabizi && r.file == "ar" {
		return false
	}
	if !h.open || r.file == everyLanguage || r.file == f.language.Tag || f.language.Sure < almostSurely || !f.rules.files[f.language.Tag] {
		return false
	}
	own := string(f.text.runes[f.text.words[h.start].start:f.text.words[h.end-1].end])
	return language.Detect(own, f.language.Tag).Tag != r.file // whoever mixes languages means each
}

// negated tells whether a negation stands right before, in or right after a hit.
func (f *finding) negated(h hit) bool {
	for _, c := range f.hits {
		if !f.speaks(c, h) {
			continue
		}
		switch f.rules.rules[c.rule].label {
		case negation:
			before := c.start < h.start && h.start-c.end <= reach && !f.parted(c.start, h.start) || c.start <= h.start && c.end >= h.end
			inside := h.open && c.start >= h.start && c.end <= h.end && !f.inParts(h, c)
			if (before || inside) && !f.broken(c.start, h.end) {
				return true
			}
		case negationAfter:
			if c.start >= h.end && c.start-h.end <= reach && !f.broken(h.start, c.end) {
				return true
			}
		}
	}
	return false
}

// speaks tells whether a context may silence a hit: it is of the same language,
// of the text's language, or too long a phrase to be there by chance ("no" is a
// word of many languages).
func (f *finding) speaks(c, h hit) bool {
	file := f.rules.rules[c.rule].file
	if file != f.rules.rules[h.rule].file && file != f.language.Tag && file != everyLanguage && f.language.Sure >= surely && f.rules.files[f.language.Tag] {
		return false
	}
	return file == f.rules.rules[h.rule].file || file == f.language.Tag && f.language.Sure >= surely || c.end-c.start > 1 ||
		utf8.RuneCountInString(f.text.words[c.start].forms[0]) > 3
}

// parted tells whether a comma stands between two words.
func (f *finding) parted(from, to int) bool {
	for i := from + 1; i <= to && i < len(f.text.words); i++ {
		if f.text.words[i].comma {
			return true
		}
	}
	return false
}

// inParts tells whether a context overlaps the words that the hit itself names.
func (f *finding) inParts(h, c hit) bool {
	for _, part := range h.parts {
		if c.start < part[1] && part[0] < c.end {
			return true
		}
	}
	return false
}

// near tells whether a context of that name stands in the hit's sentence.
func (f *finding) near(h hit, label frontdesk.Label) bool {
	for _, c := range f.hits {
		if f.rules.rules[c.rule].label == label && f.speaks(c, h) && !f.guessed(c) && !f.broken(min(c.start, h.start), max(c.end, h.end)) {
			return true
		}
	}
	return false
}

// besides tells whether an alarm stands apart by a comma from every price, place or
// paper of its sentence: "my wife can't breathe, where is the entrance" asks for help
// and the way.
func (f *finding) besides(h hit) bool {
	if r := f.rules.rules[h.rule]; r.label != frontdesk.LabelEmergency {
		return false
	}
	return !slices.ContainsFunc(f.hits, func(c hit) bool {
		if f.rules.rules[c.rule].label != administration || !f.speaks(c, h) {
			return false
		}
		return !f.parted(min(c.start, h.start), max(c.start, h.start))
	})
}

// broken tells whether a sentence ends between two words.
func (f *finding) broken(from, to int) bool {
	for i := from + 1; i < to && i < len(f.text.words); i++ {
		if f.text.words[i].breaks {
			return true
		}
	}
	return false
}

// The words that many languages share by chance, once accents and repeated letters
// are gone, are short: "göt" and "got", "piç" and "pick". A hit of no more than
// shortHit letters counts only in its own language, unless that is undecided.
const (
	shortHit      = 6
	surelyForeign = 0.5
	surely        = 0.8
	almostSurely  = 0.95
)

// foreign tells whether a hit is too short for a text that is surely in another
// language than its rule. Alarms and the wish to be left alone are not asked.
func (f *finding) foreign(h hit) bool {
	r := f.rules.rules[h.rule]
	if r.label == frontdesk.LabelOptOut || r.file == everyLanguage || f.language.Tag == r.file || f.language.Sure < surelyForeign {
		return false
	}
	if f.language.Sure >= surely && (r.label == frontdesk.LabelOffTopic || r.label == frontdesk.LabelInsult || r.label == frontdesk.LabelComplaint) {
		return true // nothing is lost without them
	}
	letters := 0
	for _, w := range f.text.words[h.start:h.end] {
		letters += utf8.RuneCountInString(w.forms[0])
	}
	return letters <= shortHit
}

// administrative tells whether the text asks for a price, a place, a paper, a visit
// or how it goes.
func (f *finding) administrative() bool {
	return f.any(administration) || f.any(booking) || f.logistic()
}

// logistic tells whether the text asks how to get there, what it is like there, what
// to bring or wear, or for a copy of papers.
func (f *finding) logistic() bool { return f.any(logistics) }

// against is how much of the way to certainty a learned layer has to go further for
// what the text is about.
func (f *finding) against() float64 {
	switch {
	case f.logistic():
		return againstLogistics
	case f.administrative():
		return againstPaper
	}
	return 0
}

// silenced tells whether the text as a whole is a figure of speech, fiction, a
// lesson, or about the past, so that the learned layers have to be surer.
func (f *finding) silenced() bool {
	for _, l := range []frontdesk.Label{"context:figure", "context:fiction", "context:learning", "context:past", negation, negationAfter, administration} {
		if f.any(l) {
			return true
		}
	}
	return false
}

func (f *finding) any(label frontdesk.Label) bool {
	for _, c := range f.hits {
		if f.rules.rules[c.rule].label == label {
			return true
		}
	}
	return false
}

// asksWhoWrites tells whether a wish for a person lies within a question who
// writes: "are you human?" wants the truth, not a handover.
func (f *finding) asksWhoWrites(h hit) bool {
	return f.rules.rules[h.rule].label == frontdesk.LabelHumanRequest && slices.ContainsFunc(f.hits, func(c hit) bool {
		return f.rules.rules[c.rule].label == frontdesk.LabelBotQuestion && c.start <= h.start && c.end > h.start && f.stands(c)
	})
}
