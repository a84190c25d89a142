package agent

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"frontdesk"
	"frontdesk/language"
	"frontdesk/locale"
	"frontdesk/retrieval"
)

// Bounds of an answer made of facts.
const (
	factLines = 4   // facts shown at most
	factSlack = 3.5 // how much worse than the best a span may score for its facts to be shown
)

// factNear is how close to the best an excerpt has to score for its facts to be
// shown though it names less of the subject.
const factNear = 1.0

// factCovered is how much of the subject an excerpt that names none of its known
// concepts has to name for its prices and durations to be told without their words.
const factCovered = 0.2

// factWriter renders what spans state in the patient's language.
type factWriter struct {
	lexicon *retrieval.Lexicon
	texts   *locale.Catalogue
	lang    string
	asked   retrieval.Asked
}

// factLine is one rendered fact.
type factLine struct {
	text  string
	kind  frontdesk.FactKind
	from  excerpt
	sure  bool // names what it is about in the patient's language
	loose bool // read at large, not as a whole fact
}

// lines returns the facts that answer, best first; none when what was asked for
// cannot be said by facts alone. Where one names its subject in the patient's
// language, those that do not are left out, and so are facts of excerpts that
// say clearly less about the subject.
func (w factWriter) lines(excerpts []excerpt) []factLine {
	var found []factLine
	names := 0.0 // how much of the subject the best excerpt names
	for _, e := range excerpts {
		names = max(names, e.covered)
	}
	for _, e := range excerpts {
		if e.score < excerpts[0].score-factSlack {
			break
		}
		if w.asked.Main.Any(retrieval.KindPrice|retrieval.KindDuration) && len(w.asked.Content) > 0 && e.covered < factCovered && len(e.concepts) == 0 {
			continue // a value of something else must not be taken for the answer: it is quoted with its words
		}
		if w.asked.Main.Has(retrieval.KindYesNo) && e.covered < 0.95*names {
			continue // a no about something else must not be taken for the answer
		}
		found = append(found, w.of(e)...)
		if len(found) > 0 && w.asked.Main.Has(retrieval.KindYesNo) {
			break // one answer to yes or no
		}
	}
	sure, hours, covered := false, false, 0.0
	for _, l := range found {
		sure = sure || l.sure
		hours = hours || l.kind == frontdesk.FactHours && !l.loose
		covered = max(covered, l.from.covered)
	}
	var out []factLine
	for _, l := range found {
		worse := sure && !l.sure || hours && l.loose || l.from.covered < 0.7*covered && l.from.score < excerpts[0].score-factNear
		if worse || slices.ContainsFunc(out, func(o factLine) bool { return o.text == l.text }) || len(out) >= factLines {
			continue
		}
		out = append(out, l)
	}
	return out
}

// of renders what one excerpt says about the question. When and how long to eat,
// drink or take something is never pieced together: the leaflet is quoted.
func (w factWriter) of(e excerpt) []factLine {
	if names(w.asked, bodily()) && w.asked.Main.Any(retrieval.KindTime|retrieval.KindDuration) {
		return nil
	}
	switch main := w.asked.Main; {
	case main.Has(retrieval.KindPrice):
		return w.prices(e)
	case main.Has(retrieval.KindDuration):
		return w.durations(e)
	case main.Has(retrieval.KindTime):
		if lines := w.hours(e); len(lines) > 0 {
			return lines
		}
		return append(w.durations(e), w.clocks(e)...)
	case main.Has(retrieval.KindPhone):
		return w.values(e, frontdesk.FactPhone, "ask.phone")
	case main.Has(retrieval.KindEmail):
		return w.values(e, frontdesk.FactEmail, "ask.email")
	case main.Has(retrieval.KindPlace):
		return w.values(e, frontdesk.FactAddress, "address")
	case main.Has(retrieval.KindYesNo):
		return w.polarity(e)
	case main.Has(retrieval.KindBring) && w.asked.Kinds.Has(retrieval.KindYesNo): // "may I bring my dog?"
		return w.states(e, "pol.forbidden", "pol.notneeded")
	}
	return nil
}

// facts returns the facts of a kind that stand within the excerpt.
func (e excerpt) facts(kind frontdesk.FactKind) []frontdesk.Fact {
	var out []frontdesk.Fact
	text := e.text()
	for _, f := range e.passage.Facts {
		if f.Kind == kind && f.Quote != "" && (strings.Contains(text, f.Quote) || strings.HasPrefix(f.Quote, text)) {
			out = append(out, f)
		}
	}
	return out
}

// topic names what a label, or else the excerpt, is about in the patient's
// language: the dictionary's names where it knows all that the label says,
// otherwise the label as it is written, between quotation marks.
func (w factWriter) topic(label string, e excerpt) (string, bool) {
	if sameLanguage(e.passage.Language, w.lang) && label != "" {
		return label, true
	}
	var names []string
	add := func(concept string) {
		if name, ok := w.lexicon.Name(concept, w.lang); ok && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, c := range e.concepts {
		add(c)
	}
	if label == "" || strings.Contains(label, "\n") || utf8.RuneCountInString(label) > 60 {
		return strings.Join(names, ", "), len(names) > 0
	}
	known, all := w.lexicon.Names(e.passage.Language, w.lang, label)
	if all && len(known) > 0 {
		return strings.Join(known, ", "), true
	}
	if len(names) > 0 {
		return strings.Join(names, ", ") + " («" + label + "»)", true
	}
	return "«" + label + "»", false
}

// named puts a topic before a value.
func named(topic, value string) string {
	if topic == "" {
		return value
	}
	return topic + ": " + value
}

func (w factWriter) prices(e excerpt) []factLine {
	if w.asked.Free {
		if lines := w.states(e, "pol.free", "pol.paid"); len(lines) > 0 {
			return lines
		}
	}
	var out []factLine
	for _, f := range e.facts(frontdesk.FactPrice) {
		value := f.Value
		switch {
		case f.Money == nil:
		case f.Money.Amount == 0:
			value, _ = w.lexicon.Name("pol.free", w.lang)
		case f.Money.Currency != "":
			value = w.texts.Money(w.lang, *f.Money)
		}
		topic, sure := w.topic(f.Label, e)
		out = append(out, factLine{text: named(topic, value), kind: frontdesk.FactPrice, from: e, sure: sure})
	}
	return out
}

func (w factWriter) durations(e excerpt) []factLine {
	var out []factLine
	for _, f := range e.facts(frontdesk.FactDuration) {
		number, unit, _ := strings.Cut(f.Value, " ")
		value := w.texts.Text(w.lang, "duration."+durationKey(unit), map[string]string{"n": number})
		topic, sure := w.topic("", e)
		if when := w.when(e); when != "" {
			value += " " + when
		}
		out = append(out, factLine{text: named(topic, value), kind: frontdesk.FactDuration, from: e, sure: sure})
	}
	return out
}

func durationKey(unit string) string {
	switch unit {
	case "min":
		return "minutes"
	case "h":
		return "hours"
	case "w":
		return "weeks"
	case "mo":
		return "months"
	}
	return "days"
}

// when says "before" or "after" where the excerpt says one of them.
func (w factWriter) when(e excerpt) string {
	found := ""
	for _, m := range w.lexicon.Mentions(e.passage.Language, e.text()) {
		if m.Concept == "before" || m.Concept == "after" {
			if found != "" && found != m.Concept {
				return ""
			}
			found = m.Concept
		}
	}
	name, _ := w.lexicon.Name(found, w.lang)
	return name
}

func (w factWriter) hours(e excerpt) []factLine {
	var out []factLine
	for _, f := range e.facts(frontdesk.FactHours) {
		if f.Hours == nil {
			continue
		}
		topic, sure := w.topic(shortLabel(f, e), e)
		twelve := reHalfDay.MatchString(f.Quote)
		for _, line := range w.hoursLines(*f.Hours, twelve) {
			out = append(out, factLine{text: named(topic, line), kind: frontdesk.FactHours, from: e, sure: sure || topic == ""})
		}
	}
	return out
}

// shortLabel is a fact's label unless it is the whole sentence's beginning.
func shortLabel(f frontdesk.Fact, e excerpt) string {
	if !sameLanguage(e.passage.Language, "") && utf8.RuneCountInString(f.Label) > 40 {
		return ""
	}
	return f.Label
}

func (w factWriter) hoursLines(h frontdesk.Hours, twelve bool) []string {
	if h.Unknown == [7]bool{true, true, true, true, true, true, true} {
		if len(h.Days[time.Monday]) == 0 {
			return nil
		}
		return []string{w.spans(h.Days[time.Monday], twelve)}
	}
	if len(w.asked.Days) == 0 {
		lines := w.texts.Week(w.lang, h)
		if len(lines) > 1 {
			return []string{strings.Join(lines, "; ")}
		}
		return lines
	}
	var out []string
	for _, day := range w.asked.Days {
		if h.Unknown[day] {
			continue
		}
		out = append(out, w.texts.Text(w.lang, "hours.day", map[string]string{
			"day": w.texts.Weekday(w.lang, day), "hours": w.spans(h.Days[day], twelve),
		}))
	}
	return out
}

// reHalfDay finds times written by the half day, which are kept so.
var reHalfDay = regexp.MustCompile(`(?i)\d\s?[ap]\.?m\b`)

func (w factWriter) spans(spans []frontdesk.Span, twelve bool) string {
	if !twelve || len(spans) == 0 {
		return w.texts.Spans(w.lang, spans)
	}
	parts := make([]string, len(spans))
	for i, s := range spans {
		parts[i] = w.texts.Text(w.lang, "hours.span", map[string]string{"from": halfDay(s.Start), "to": halfDay(s.End)})
	}
	return strings.Join(parts, ", ")
}

func halfDay(minutes int) string {
	hour, half := minutes/60%24, "AM"
	if hour >= 12 {
		half = "PM"
	}
	if hour = hour % 12; hour == 0 {
		hour = 12
	}
	return fmt.Sprintf("%d:%02d %s", hour, minutes%60, half)
}

// reClock finds single times of day as they are written.
var reClock = regexp.MustCompile(`(?i)(?:^|[^\d.,:/])((?:2[0-4]|[01]?\d)\s?(?:[:h.]\s?[0-5]\d\b|h\b|uhr|час\p{L}*))(?:[^\d.]|\.?$|\.\D)`)

// clockCovered is how much of the subject an excerpt has to name for a single time
// of day in it to be told without its sentence.
const clockCovered = 0.6

// clocks renders single times of day, those after the subject's name first.
func (w factWriter) clocks(e excerpt) []factLine {
	if e.covered < clockCovered {
		return nil
	}
	text := e.text()
	at := 0
	for _, m := range w.lexicon.Mentions(e.passage.Language, text) {
		if slices.Contains(e.concepts, m.Concept) && !strings.HasPrefix(m.Concept, "time.") {
			at = m.End
			break
		}
	}
	match := reClock.FindStringSubmatch(text[at:])
	if match == nil {
		match = reClock.FindStringSubmatch(text)
	}
	if match == nil {
		return nil
	}
	var days []string
	for _, m := range w.lexicon.Mentions(e.passage.Language, text) {
		if day, ok := retrieval.Weekday(m.Concept); ok && !slices.Contains(days, w.texts.Weekday(w.lang, day)) {
			days = append(days, w.texts.Weekday(w.lang, day))
		}
	}
	topic, sure := w.topic("", e)
	value := strings.TrimSpace(strings.Join(days, ", ") + " " + digitsOf(match[1]))
	return []factLine{{text: named(topic, value), kind: frontdesk.FactHours, from: e, sure: sure, loose: true}}
}

// digitsOf writes a time of day without the document's word for hour.
func digitsOf(clock string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return r
		case r == ':' || r == '.' || r == 'h' || r == 'H':
			return ':'
		}
		return -1
	}, clock)
	clean = strings.Trim(clean, ":")
	if !strings.Contains(clean, ":") {
		clean += ":00"
	}
	return clean
}

// values renders facts that are said as they are written: numbers and addresses.
func (w factWriter) values(e excerpt, kind frontdesk.FactKind, concept string) []factLine {
	var out []factLine
	for _, f := range e.facts(kind) {
		label := f.Label
		if utf8.RuneCountInString(label) > 40 || strings.ContainsAny(label, "0123456789@") {
			label = ""
		}
		topic, sure := w.topic(label, e)
		if topic == "" || !sure && label == "" {
			topic, sure = w.lexicon.Name(concept, w.lang)
			topic = upperFirst(topic)
		}
		out = append(out, factLine{text: named(topic, f.Value), kind: kind, from: e, sure: sure})
	}
	return out
}

func upperFirst(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return strings.ToUpper(string(r)) + s[size:]
}

// polarity says whether something is so where the excerpt says it in words that
// leave no doubt: forbidden, not needed, free, closed. Nothing is ever taken for
// a plain yes: what a sentence only mentions is quoted instead.
func (w factWriter) polarity(e excerpt) []factLine {
	return w.states(e, "pol.forbidden", "pol.contraindicated", "pol.notneeded", "pol.closed", "pol.free", "pol.paid", "pol.needed")
}

// states renders the one of the concepts that a sentence of the excerpt speaks of.
// What concerns the body (food, drink, medicines) is always quoted instead: "no
// coffee, water is fine" must never become "no".
func (w factWriter) states(e excerpt, concepts ...string) []factLine {
	if names(w.asked, bodily()) {
		return nil
	}
	state := w.onlyState(e, concepts)
	name, ok := w.lexicon.Name(state, w.lang)
	topic, sure := w.topic("", e)
	if state == "" || !ok || !sure {
		return nil
	}
	if state == "pol.forbidden" || state == "pol.contraindicated" || state == "pol.notneeded" {
		no, _ := w.lexicon.Name("pol.no", w.lang)
		name = named(topic, name)
		return []factLine{{text: upperFirst(no) + ". " + name, kind: frontdesk.FactAccess, from: e, sure: true}}
	}
	return []factLine{{text: named(topic, name), kind: frontdesk.FactAccess, from: e, sure: true}}
}

// onlyState returns the state that the excerpt gives to what was asked: the only
// one in its only sentence that names the subject. Two states, or a subject that
// is spread over sentences, leave doubt, and then there is none.
func (w factWriter) onlyState(e excerpt, concepts []string) string {
	text := e.text()
	var states []string
	for _, s := range language.Sentences(e.passage.Language, text) {
		spoken := map[string]bool{}
		for _, m := range w.lexicon.Mentions(e.passage.Language, text[s.Start:s.End]) {
			spoken[m.Concept] = true
		}
		if !slices.ContainsFunc(w.asked.Concepts, func(c string) bool { return spoken[c] }) {
			continue
		}
		here := slices.DeleteFunc(slices.Clone(concepts), func(c string) bool { return !spoken[c] })
		if len(here) != 1 {
			return ""
		}
		states = append(states, here[0])
	}
	if len(states) != 1 {
		return ""
	}
	return states[0]
}

// bodily are the concepts of retrieval's dictionary that concern the body.
func bodily() []string {
	return []string{
		"eat", "drink", "coffee", "breakfast", "lunch", "dinner", "medication", "anticoagulant", "alcohol", "smoke",
		"pregnancy", "contrast", "pacemaker", "diabetes", "allergy", "drive",
	}
}

func sameLanguage(a, b string) bool { return baseTag(a) == baseTag(b) }
