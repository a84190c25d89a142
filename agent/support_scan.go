package agent

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"frontdesk/language"
)

// mark is one word or value of a text, with all that the check knows of it.
type mark struct {
	raw, word  string // as written; folded
	stem       string
	sound      string   // the word in Latin letters, see [latin]
	bones      string   // its consonants, see [skeleton]
	keys       []string // of concepts
	value      *value
	parts      []mark // of a compound
	particular bool   // has a meaning that not any sentence is put with
	filler     bool   // states nothing by itself
	name       bool   // written like a proper name
	to         bool   // joins the ends of a range
	and        bool   // joins two parts that are alike
	start, end int
	clause, at int // index of the clause; of the mark, where it stands in a list of others
}

// content tells whether the mark states something that has to be supported.
func (m mark) content() bool { return m.value == nil && !m.filler && !m.to }

// places tells whether the mark helps to say what a value belongs to: it states
// something, or is a common word with a meaning of its own ("month").
func (m mark) places() bool { return m.content() || m.value == nil && !m.to && m.particular }

func (m mark) has(keys ...string) bool {
	for _, k := range keys {
		if slices.Contains(m.keys, k) {
			return true
		}
	}
	return false
}

// reading is a text as the check reads it: a composed sentence, or a unit (a
// sentence, row or line) of a passage.
type reading struct {
	tag, text string
	marks     []mark
	clauses   int
	groups    []group
	heading   bool
}

// read makes a reading of a text in a language.
func (c *Checker) read(tag, text string) *reading {
	tag = baseTag(tag)
	text = plainDigits(text)
	r := &reading{tag: tag, text: text}
	v := c.vocabularies[tag]
	if v == nil {
		v = c.vocabularies["en"]
	}
	r.marks = c.scan(v, tag, text)
	r.joinUnits(v)
	r.joinRanges()
	r.counts()
	r.afternoon()
	r.limits()
	r.states()
	r.split(v)
	r.groups = r.group()
	return r
}

func (c *Checker) scan(v *vocabulary, tag, text string) []mark {
	values := valuesOf(text)
	var marks []mark
	var forms [][]string
	next := 0
	for _, w := range language.Words(text) {
		for next < len(values) && values[next].start <= w.Start {
			marks, forms = append(marks, valueMark(text, values[next])), append(forms, []string{"#"})
			next++
		}
		if next > 0 && w.Start < values[next-1].end {
			continue
		}
		folded := language.Fold(w.Text)
		if v, ok := designator(text, w); ok {
			marks, forms = append(marks, valueMark(text, v)), append(forms, []string{"#"})
			continue
		}
		marks = append(marks, mark{raw: w.Text, word: folded, start: w.Start, end: w.End})
		forms = append(forms, spellings(tag, folded))
	}
	for ; next < len(values); next++ {
		marks, forms = append(marks, valueMark(text, values[next])), append(forms, []string{"#"})
	}
	c.tag(v, tag, text, marks, forms)
	return marks
}

// designator reads a single capital letter inside a sentence as the name of a
// building, ward or entrance: "Haus C".
func designator(text string, w language.Word) (value, bool) {
	letter, size := utf8.DecodeRuneInString(w.Text)
	if size != len(w.Text) || !unicode.IsUpper(letter) || w.Text == "I" {
		return value{}, false
	}
	before, rest := text[:w.Start], text[w.End:]
	last, _ := utf8.DecodeLastRuneInString(strings.TrimRight(before, " "))
	if !strings.HasSuffix(before, " ") || !unicode.IsLetter(last) || strings.HasPrefix(rest, "'") || strings.HasPrefix(rest, "-") || titled(before) {
		return value{}, false
	}
	v := exact("letter:" + latin(language.Fold(w.Text)))
	v.start, v.end = w.Start, w.End
	return v, true
}

func valueMark(text string, v value) mark {
	return mark{raw: text[v.start:v.end], value: &v, start: v.start, end: v.end}
}

// tag names what each word means.
func (c *Checker) tag(v *vocabulary, tag, text string, marks []mark, forms [][]string) {
	for i := 0; i < len(marks); {
		if marks[i].value != nil {
			i++
			continue
		}
		found, length := v.at(forms[i:])
		for _, p := range found {
			c.apply(marks[i:i+length], p, text)
		}
		i += max(length, 1)
	}
	for _, m := range c.lexicon.Mentions(tag, text) {
		if !administrative(m.Concept) {
			continue
		}
		for i := range marks {
			if marks[i].start >= m.Start && marks[i].end <= m.End && marks[i].value == nil {
				marks[i].keys = appendKey(marks[i].keys, "r:"+m.Concept)
			}
		}
	}
	c.mean(tag, marks, forms)
	for i := range marks {
		m := &marks[i]
		m.sound = latin(m.word)
		m.bones = skeleton(m.sound)
		if m.value != nil {
			continue
		}
		m.and = v.and[strings.ToLower(m.raw)] || tag == "ar" && strings.HasPrefix(m.word, "و") && len(forms[i]) > 1
		m.to = m.to || v.to[m.word] && len(m.keys) == 0
		m.stem = language.Stem(tag, lastForm(forms[i]))
		if tag == tagOfNouns && m.word == "zu" && endsPart(text[m.end:]) {
			m.keys = appendKey(nil, "closed") // "sonntags bleibt er zu"
		}
		if i+1 < len(marks) && capital(marks[i+1]) && titled(text[:m.end]) {
			m.keys, m.filler, m.particular = nil, true, false // "Frau" before a name
			continue
		}
		if titled(text[:m.start]) && capital(*m) {
			m.keys, m.parts, m.filler = nil, nil, false
		}
		m.name = len(m.keys) == 0 && len(m.parts) == 0 && !m.filler && writtenAsName(tag, text, *m)
		if len(m.keys) == 0 && (language.IsStop(tag, m.word) || language.IsStop(tag, lastForm(forms[i])) || utf8.RuneCountInString(m.word) < 2) {
			m.filler = true
		}
	}
}

// mean adds what the dictionary knows of each word, and of the parts of compounds.
func (c *Checker) mean(tag string, marks []mark, forms [][]string) {
	stems := make([][]string, len(marks))
	for i := range marks {
		for _, form := range forms[i] {
			stems[i] = append(stems[i], c.dictionary.stemsOf(tag, form)...)
		}
	}
	for i := 0; i < len(marks); {
		if marks[i].value != nil {
			i++
			continue
		}
		meanings, length := c.dictionary.at(tag, stems[i:])
		if length <= 1 && (utf8.RuneCountInString(marks[i].word) < 2 || language.IsStop(tag, marks[i].word)) {
			i++
			continue
		}
		for k := i; k < i+length; k++ {
			for _, meaning := range meanings {
				marks[k].keys = appendKey(marks[k].keys, meaning)
			}
			marks[k].particular = c.dictionary.particular(meanings)
		}
		if length == 0 {
			c.divide(tag, &marks[i])
		}
		i += max(length, 1)
	}
}

// divide gives a compound its parts.
func (c *Checker) divide(tag string, m *mark) {
	head, tail := c.dictionary.compound(tag, m.word)
	if tail == "" {
		return
	}
	for _, word := range []string{head, tail} {
		stem := language.Stem(tag, word)
		meanings, _ := c.dictionary.at(tag, [][]string{{stem}})
		sound := latin(word)
		m.parts = append(m.parts, mark{raw: word, word: word, stem: stem, sound: sound, bones: skeleton(sound), keys: meanings})
	}
}

func lastForm(forms []string) string {
	if len(forms) == 2 && !strings.HasPrefix(forms[0], "ا") {
		return forms[1]
	}
	return forms[0]
}

func (c *Checker) apply(marks []mark, p phrase, text string) {
	switch p.kind {
	case phraseFiller:
		for i := range marks {
			marks[i].filler = true
		}
	case phraseNumber:
		v := value{kind: valueNumber, n: p.n, plain: p.n, start: marks[0].start, end: marks[0].end}
		marks[0].value = &v
	case phraseConcept:
		if isDay(p.key) && len(marks) == 1 && !dayWritten(text, marks[0]) {
			return
		}
		for i := range marks {
			marks[i].keys = appendKey(marks[i].keys, p.key)
		}
	}
}

// dayWritten refuses short forms of a weekday that may be other words ("so",
// "mar"): they count with a capital, a point or a dash beside them.
func dayWritten(text string, m mark) bool {
	if utf8.RuneCountInString(m.word) > 3 {
		return true
	}
	first, _ := utf8.DecodeRuneInString(m.raw)
	rest := strings.TrimSpace(text[m.end:])
	return unicode.IsUpper(first) && m.start > 0 || strings.HasPrefix(rest, "-") || strings.HasPrefix(rest, "–") || strings.HasPrefix(rest, ".") ||
		m.start > 0 && (text[m.start-1] == '-' || strings.HasSuffix(text[:m.start], "–"))
}

// administrative leaves out the dictionary's concepts that questions use, and
// those that the check has a finer idea of.
func administrative(concept string) bool {
	if strings.Contains(concept, ".") {
		return false
	}
	switch concept {
	case "hours", "open", "before", "after", "clinic", "chat", "see", "appointment", "normal", "negation", "address", "contact":
		return false
	}
	return true
}

func appendKey(keys []string, key string) []string {
	if slices.Contains(keys, key) {
		return keys
	}
	return append(keys, key)
}

// writtenAsName tells whether a word is capital where only names are. German
// writes each noun so, and a sentence its first word.
func writtenAsName(tag, text string, m mark) bool {
	first, _ := utf8.DecodeRuneInString(m.raw)
	if !unicode.IsUpper(first) || tag == "ar" {
		return false
	}
	if titled(text[:m.start]) {
		return true
	}
	if utf8.RuneCountInString(m.word) < 2 {
		return false
	}
	before := strings.TrimRight(text[:m.start], " \t«\"“„'(")
	if before == "" || strings.ContainsAny(before[len(before)-1:], ".!?:|\n•") || strings.HasSuffix(before, "–") {
		return strings.HasSuffix(strings.ToLower(before), "dr.") || strings.HasSuffix(strings.ToLower(before), "prof.")
	}
	return true
}

// endsPart tells whether a text begins with a pause, or is at its end.
func endsPart(rest string) bool {
	return rest == "" || strings.ContainsAny(rest[:1], ".,;:!?\n")
}

// titled tells whether a text ends with what stands before a person's name.
func titled(before string) bool {
	before = strings.TrimRight(before, " .\u00a0")
	at := strings.LastIndexFunc(before, func(r rune) bool { return !unicode.IsLetter(r) })
	switch strings.ToLower(before[at+1:]) {
	case "dr", "dre", "dra", "prof", "frau", "herr", "herrn", "doktor", "schwester", "mme", "mlle", "madame", "monsieur", "docteur", "docteure", "professeur",
		"mr", "mrs", "ms", "miss", "doctor", "nurse", "sister", "reverend", "sig", "dott", "ssa", "dottor", "dottore", "dottoressa", "signora", "signor",
		"doctora", "señor", "señora", "sra", "doutor", "doutora", "senhor", "senhora", "доктор", "доктора", "доктору", "профессор", "лікар", "пан", "пані":
		return true
	}
	return false
}

// joinUnits reads "20 min" and "deux jours" as lengths of time.
func (r *reading) joinUnits(v *vocabulary) {
	for i := range r.marks {
		m := &r.marks[i]
		if m.value == nil || m.value.kind != valueNumber || i+1 >= len(r.marks) {
			continue
		}
		for k := i + 1; k < min(i+3, len(r.marks)); k++ {
			found, _ := v.at([][]string{spellings(r.tag, r.marks[k].word)})
			unit := ""
			for _, p := range found {
				if p.kind == phraseUnit {
					unit = p.unit
				}
			}
			if unit == "" && r.marks[k].has("weekdays") {
				unit = "day"
			}
			if unit == "" {
				continue
			}
			m.value.kind, m.value.n = valueDuration, m.value.plain*minutesOf(unit)
			for ; k < len(r.marks) && k < i+4 && (k == i+1 || r.marks[k].has("weekdays")); k++ {
				r.marks[k].filler, r.marks[k].keys = true, nil
			}
			break
		}
		if m.value.plain == 1 && m.value.kind == valueNumber && !unicode.IsDigit(rune(m.raw[0])) {
			m.value, m.filler = nil, true // an article
		}
	}
}

// counts tells numbers of things from those of hours and money.
func (r *reading) counts() {
	for i := range r.marks {
		m := &r.marks[i]
		if m.value == nil || m.value.kind != valueNumber || i+1 == len(r.marks) {
			continue
		}
		next := r.marks[i+1]
		m.value.counts = next.content() && !next.strict() && strings.TrimSpace(r.gap(i, i+1)) == ""
	}
}

// gap is the text between two marks.
func (r *reading) gap(from, to int) string {
	if r.marks[from].end >= r.marks[to].start {
		return ""
	}
	return r.text[r.marks[from].end:r.marks[to].start]
}

// joinRanges reads the first of "8 to 12 o'clock" and "8–12 Uhr" as a time, too.
func (r *reading) joinRanges() {
	for i := range r.marks {
		m := &r.marks[i]
		if m.value == nil || m.value.kind != valueNumber || m.value.n > 24 {
			continue
		}
		for k := i + 1; k < min(i+4, len(r.marks)); k++ {
			o := r.marks[k].value
			if o == nil {
				continue
			}
			if o.kind == valueClock && r.ranged(i, k) {
				m.value.kind, m.value.n = valueClock, m.value.plain*60
			}
			break
		}
	}
}

// afternoon lets "from 2 to 6 in the afternoon" be 14 and 18 hours.
func (r *reading) afternoon() {
	late := false
	for _, m := range r.marks {
		late = late || m.has("afternoon", "evening")
	}
	for i := range r.marks {
		m := &r.marks[i]
		switch {
		case m.has("noon") && m.value == nil:
			m.value = &value{kind: valueClock, n: 720, plain: 12, start: m.start, end: m.end}
		case m.has("midnight") && m.value == nil:
			m.value = &value{kind: valueClock, n: 1440, plain: 24, start: m.start, end: m.end}
		case late && m.value != nil && m.value.kind == valueClock && m.value.n < 480:
			*m.value = m.value.later(720)
		}
	}
}

// limits drops "under" and "over" that no number follows: prepositions of place.
func (r *reading) limits() {
	for i := range r.marks {
		m := &r.marks[i]
		if m.has("under", "over") && !slices.ContainsFunc(r.marks[i:min(i+4, len(r.marks))], func(o mark) bool { return o.value != nil }) {
			m.keys = slices.DeleteFunc(m.keys, func(k string) bool { return k == "under" || k == "over" })
			m.filler = len(m.keys) == 0
		}
	}
}

// states makes "closed" and "free" values: they have to belong to the day, or the
// thing, that they belong to in the passage.
func (r *reading) states() {
	for i := range r.marks {
		m := &r.marks[i]
		if m.has("free", "paid") { // what a price is, not that there is one
			m.keys = slices.DeleteFunc(m.keys, func(k string) bool { return k == "price" })
		}
		switch {
		case m.value != nil:
		case m.has("free") && i > 0 && r.gap(i-1, i) == "-":
			m.keys = []string{"without"} // "salt-free"
		case m.has("closed"):
			m.value = &value{kind: valueState, text: "closed", plain: -1, start: m.start, end: m.end}
		case m.has("free") && !m.has("without"):
			m.value = &value{kind: valueMoney, n: 0, plain: -1, start: m.start, end: m.end}
		}
	}
}

// clauseWords is how many words of content a part needs to be a clause of its own.
const clauseWords = 3

// split numbers the clauses. A comma divides where both sides say enough.
func (r *reading) split(v *vocabulary) {
	clause, said, verbs := 0, 0, 0
	for i := range r.marks {
		m := &r.marks[i]
		gap := ""
		if i > 0 {
			gap = r.gap(i-1, i)
		}
		hard := strings.ContainsAny(gap, ";:!?\n()") || strings.Contains(gap, "؛") || said >= clauseWords && (strings.Contains(gap, " – ") || strings.Contains(gap, " — ")) || strings.Contains(gap, ". ") || v.but[m.word]
		soft := (strings.ContainsAny(gap, ",") || strings.Contains(gap, "،")) && said >= clauseWords && r.ahead(i) >= clauseWords
		denies := strings.Contains(gap, ",") && m.has("not", "never", "without")
		joins := (m.and || strings.Contains(gap, ",")) && verbs > 0 && r.verbAhead(v, i)
		if i > 0 && said > 0 && (hard || soft || denies || joins) {
			clause++
			said, verbs = 0, 0
		}
		if v.verb[m.word] {
			verbs++
		}
		m.clause = clause
		if v.but[m.word] {
			m.filler = true
		}
		if m.content() || m.value != nil {
			said++
		}
	}
	r.clauses = clause + 1
}

// verbAhead tells whether a verb of its own comes before the next pause.
func (r *reading) verbAhead(v *vocabulary, i int) bool {
	said := r.marks[i].content()
	for k := i + 1; k < len(r.marks) && !r.pause(k); k++ {
		if v.verb[r.marks[k].word] && said {
			return true
		}
		said = said || r.marks[k].content()
	}
	return false
}

// ahead counts what is said from a mark to the next pause.
func (r *reading) ahead(i int) int {
	n := 0
	for k := i; k < len(r.marks); k++ {
		if k > i && strings.ContainsAny(r.gap(k-1, k), ",;:.!?،\n") {
			break
		}
		if r.marks[k].content() || r.marks[k].value != nil {
			n++
		}
	}
	return n
}
