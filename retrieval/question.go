package retrieval

import (
	"strings"
	"time"

	"frontdesk/language"
)

// Question is what a patient wants to know, by itself: follow-ups are already
// resolved.
type Question struct {
	Text     string
	Language string   // BCP-47, as the screens guessed it
	Hints    []string // texts of the dialogue that may help, such as the earlier question; they weigh less
}

// Asked is a question as retrieval understands it.
type Asked struct {
	Kinds    Kind           // what kinds of answer it wants
	Main     Kind           // the one that it wants most, 0 when it does not tell
	Days     []time.Weekday // the days that it names
	Free     bool           // asks whether something is free of charge
	Open     bool           // asks whether or when something is open
	Concepts []string       // subjects that it names, in order, each once
	Content  []Content      // its words that carry the subject
	words    int
}

// Content is a word of a question that carries its subject.
type Content struct {
	Text     string   // folded
	Concepts []string // what the dictionary knows it as
	Hint     bool     // from the dialogue, not from the question itself
	Name     bool     // starts with a capital, or has a digit
}

var weekdays = map[string]time.Weekday{
	"day.sun": time.Sunday, "day.mon": time.Monday, "day.tue": time.Tuesday, "day.wed": time.Wednesday,
	"day.thu": time.Thursday, "day.fri": time.Friday, "day.sat": time.Saturday,
}

// Weekday returns the day that a concept of the dictionary stands for.
func Weekday(concept string) (time.Weekday, bool) {
	day, ok := weekdays[concept]
	return day, ok
}

func dayConcept(day time.Weekday) string {
	return [7]string{"day.sun", "day.mon", "day.tue", "day.wed", "day.thu", "day.fri", "day.sat"}[day]
}

// Analyse reads a question: what kind of answer it wants, the days it names and
// the words that carry its subject.
func (l *Lexicon) Analyse(q Question) Asked {
	var a Asked
	words := language.Words(q.Text)
	mentions := l.mentions(q.Language, q.Text, words)
	l.readKinds(&a, mentions)
	l.readContent(&a, q.Language, words, mentions, false)
	a.words = len(words)
	for _, hint := range q.Hints {
		words := language.Words(hint)
		l.readContent(&a, q.Language, words, l.mentions(q.Language, hint, words), true)
	}
	return a
}

func (l *Lexicon) readKinds(a *Asked, mentions []Mention) {
	var seen Kind
	quantity := false
	for _, m := range mentions {
		if day, ok := weekdays[m.Concept]; ok {
			a.Days = append(a.Days, day)
			seen |= KindTime
			continue
		}
		switch m.Concept {
		case "ask.when", "hours", "day.weekend", "day.week", "day.holiday":
			seen |= KindTime
		case "open", "pol.closed":
			seen |= KindTime
			a.Open = true
		case "ask.price":
			seen |= KindPrice
		case "pol.free", "pol.paid":
			seen |= KindPrice
			a.Free = true
		case "ask.where", "address":
			seen |= KindPlace
		case "ask.phone":
			seen |= KindPhone
		case "ask.email":
			seen |= KindEmail
		case "ask.bring":
			seen |= KindBring
		case "ask.howlong":
			seen |= KindDuration
		case "ask.who":
			seen |= KindPerson
		case "ask.yesno":
			seen |= KindYesNo
		case "ask.quantity":
			quantity = true
		}
	}
	if seen == 0 && quantity { // "how much" of something that is sold
		seen = KindPrice
	}
	a.Kinds = seen
	for _, k := range []Kind{KindPrice, KindDuration, KindTime, KindEmail, KindPhone, KindPlace, KindBring, KindPerson, KindYesNo} {
		if seen.Has(k) {
			a.Main = k
			return
		}
	}
}

func (l *Lexicon) readContent(a *Asked, lang string, words []language.Word, mentions []Mention, hint bool) {
	for _, w := range words {
		folded := language.Fold(w.Text)
		if i := strings.LastIndexByte(folded, '\''); i >= 0 && len(folded)-i > 3 {
			folded = folded[i+1:]
		}
		var subjects []string
		frame := false
		for _, m := range mentions {
			if m.Start > w.Start || m.End < w.End {
				continue
			}
			if c := l.concepts[m.index]; c.ask || c.frame || strings.HasPrefix(c.key, "day.") {
				frame = true
			} else {
				subjects = append(subjects, m.Concept)
			}
		}
		for _, s := range subjects {
			a.Concepts = appendOnce(a.Concepts, s)
		}
		if len(subjects) == 0 && (frame || len([]rune(folded)) < 2 || len(language.Terms(lang, w.Text)) == 0) {
			continue
		}
		a.Content = append(a.Content, Content{Text: folded, Concepts: subjects, Hint: hint, Name: isName(w.Text)})
	}
}

func appendOnce(list []string, s string) []string {
	for _, x := range list {
		if x == s {
			return list
		}
	}
	return append(list, s)
}

func isName(word string) bool {
	for _, r := range word {
		if r >= '0' && r <= '9' {
			return true
		}
	}
	return word != strings.ToLower(word)
}

// searchTerms returns the search terms of a question for passages of the languages
// given: its own words, and the dictionary's words for its subjects.
func (l *Lexicon) searchTerms(q Question, a Asked, languages []string) []Term {
	weights := map[string]float64{}
	add := func(weight float64, terms []string) {
		for _, t := range terms {
			if weights[t] < weight {
				weights[t] = weight
			}
		}
	}
	add(1, language.Terms(q.Language, q.Text))
	for _, lang := range languages {
		add(1, language.Terms(lang, q.Text))
		for _, key := range a.Concepts {
			add(0.6, l.conceptTerms(l.byKey[key], lang))
		}
	}
	for _, h := range q.Hints {
		add(0.4, language.Terms(q.Language, h))
	}
	out := make([]Term, 0, len(weights))
	for _, t := range sortedKeys(weights) {
		out = append(out, Term{Text: t, Weight: weights[t]})
	}
	return out
}
