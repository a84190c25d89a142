package agent

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// same tells whether a word of a sentence and one of a passage mean the same, as
// far as words tell: a concept, a stem, or a spelling that crossed languages.
func (c *Checker) same(a, b mark) bool {
	if alike(a, b) {
		return true
	}
	for _, p := range a.parts {
		if alike(p, b) {
			return true
		}
	}
	for _, p := range b.parts {
		if alike(a, p) {
			return true
		}
	}
	return false
}

func alike(a, b mark) bool {
	mine, theirs := a.owns(), b.owns()
	for _, k := range a.keys {
		// The dictionary's concepts are wider than the check's own: they count where
		// the check knows one of the words only.
		if b.has(k) && (!strings.HasPrefix(k, "r:") || !mine || !theirs) {
			return true
		}
	}
	if a.stem != "" && a.stem == b.stem || a.word == b.word {
		return true
	}
	if b.value != nil && len(b.keys) == 0 {
		return false
	}
	return cognate(a, b)
}

// owns tells whether the check's own files know the word.
func (m mark) owns() bool {
	for _, k := range m.keys {
		if !strings.HasPrefix(k, "r:") && !strings.HasPrefix(k, "d:") {
			return true
		}
	}
	return false
}

// cognate compares words across languages and scripts: "Tilleuls" and "Тийёль",
// "cardiologia" and "Kardiologie".
func cognate(a, b mark) bool {
	x, y := a.sound, b.sound
	n, m := utf8.RuneCountInString(x), utf8.RuneCountInString(y)
	if n < 4 || m < 4 {
		return false
	}
	if a.name || b.name && capital(a) {
		p, q := a.bones, b.bones
		if crosses(a.word, b.word) && (p == q && (len(p) >= 4 || len(p) >= 3 && caseless(b)) || capital(a) && capital(b) && min(len(p), len(q)) >= 3 && distance(p, q) <= 1 && p[0] == q[0]) {
			return true
		}
		return (capital(b) || caseless(b)) && (p == q && len(p) >= 2 || min(len(p), len(q)) >= 4 && distance(p, q)*4 <= max(len(p), len(q)) && p[0] == q[0])
	}
	if n < 5 || m < 5 {
		return false
	}
	common := 0
	for common < len(x) && common < len(y) && x[common] == y[common] {
		common++
	}
	return common >= 5 && common*3 >= 2*max(n, m) || distance(x, y)*4 <= max(n, m) && x[0] == y[0]
}

// crosses tells whether two words are written in different scripts.
func crosses(a, b string) bool {
	x, _ := utf8.DecodeRuneInString(a)
	y, _ := utf8.DecodeRuneInString(b)
	return unicode.Is(unicode.Latin, x) != unicode.Is(unicode.Latin, y)
}

func capital(m mark) bool {
	first, _ := utf8.DecodeRuneInString(m.raw)
	return unicode.IsUpper(first)
}

func caseless(m mark) bool {
	first, _ := utf8.DecodeRuneInString(m.raw)
	return !unicode.IsUpper(first) && !unicode.IsLower(first)
}

// latin writes a folded word in Latin letters, roughly as it sounds.
func latin(word string) string {
	var b strings.Builder
	for _, r := range word {
		if r < 0x80 {
			b.WriteRune(r)
			continue
		}
		b.WriteString(letterOf(r))
	}
	return b.String()
}

func letterOf(r rune) string {
	const from = "абвгдезийклмнопрстуфыэіїєґابتثدذرزسشصضطظفقكلمنهوي"
	const to = "abvgdezijklmnoprstufyeiieg" + "abttddrzsssdtzfqklmnhwy"
	i := 0
	for _, f := range from {
		if f == r {
			return to[i : i+1]
		}
		i++
	}
	switch r {
	case 'ж', 'ج':
		return "j"
	case 'х', 'ح', 'خ':
		return "h"
	case 'ц':
		return "ts"
	case 'ч':
		return "ch"
	case 'ш', 'щ':
		return "sh"
	case 'ю':
		return "yu"
	case 'я':
		return "ya"
	case 'غ':
		return "g"
	case 'ة', 'ى', 'أ', 'إ', 'آ':
		return "a"
	case 'ß':
		return "ss"
	}
	return ""
}

// oneSound writes the letters of one sound as one.
var oneSound = strings.NewReplacer("dz", "z", "ck", "k", "shch", "s", "sch", "s", "ch", "s", "sh", "s", "ph", "f", "qu", "k", "th", "t", "x", "ks", "gn", "n", "ll", "l", "eau", "o")

// skeleton keeps the consonants of a name, those that sound alike as one.
func skeleton(word string) string {
	word = oneSound.Replace(word)
	var b strings.Builder
	last := rune(0)
	for _, r := range word {
		switch r {
		case 'a', 'e', 'i', 'o', 'u', 'y', 'h', '\'', 'w', 'j':
			continue
		case 'c', 'q':
			r = 'k'
		case 'z':
			r = 's'
		case 'v', 'b':
			r = 'b'
		case 'p':
			r = 'b'
		case 'd':
			r = 't'
		}
		if r != last {
			b.WriteRune(r)
		}
		last = r
	}
	return strings.TrimSuffix(b.String(), "s")
}

func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal, row[j] = row[j], min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}

// wordsForOne is how many words and values of a sentence have to stand in the
// passages for one of unknown meaning beside them: the next best synonym of a
// good paraphrase. An added claim brings more than one, or one that is known.
const wordsForOne = 4.0

// commonDoubt is how much a word counts that any sentence may be put with.
const commonDoubt = 0.25

// partDoubt is how much a compound counts of which the passages hold the noun.
const partDoubt = 0.25

// tagOfNouns is the language that writes each noun like a name.
const tagOfNouns = "de"

// checkWords wants each name and word of content in the passages. Words that no
// rule knows are left to their meaning.
func (c *Checker) checkWords(ctx context.Context, s *reading, e *evidence) (string, string) {
	var unknown []mark
	supported := 0
	for i, m := range s.marks {
		found := m.value == nil && m.content() && c.found(m, e)
		if m.value != nil || found && !m.soft() {
			supported++
		}
		if !m.content() || m.strict() || m.soft() && !m.particular || found || s.calls(i) || m.has("phone") && s.dials() {
			continue
		}
		switch {
		case m.name && (s.tag != tagOfNouns || titled(s.text[:m.start])):
			return whyName, m.raw
		case len(m.keys) > 0 && len(m.parts) == 0 && !m.soft() && !c.dictionary.allCommon(m.keys):
			return whyAdded, m.raw
		}
		if c.doubt(m, e) == partDoubt && len(m.parts) > 0 {
			supported++
		}
		m.at = i
		unknown = append(unknown, m)
	}
	if len(unknown) == 0 {
		return "", ""
	}
	if c.added(s, unknown, supported, e) == "" {
		return "", "" // no vectors are needed to tell
	}
	left := c.meaning.unsupported(ctx, unknown, e, func(o mark) bool {
		return slices.ContainsFunc(s.marks, func(m mark) bool { return m.value == nil && m.content() && c.same(m, o) })
	})
	if word := c.added(s, left, supported, e); word != "" {
		return whyAdded, word
	}
	return "", ""
}

// added returns an unsupported word that is too much beside what is supported.
func (c *Checker) added(s *reading, left []mark, supported int, e *evidence) string {
	doubt := 0.0
	for _, m := range left {
		doubt += c.doubt(m, e)
	}
	for _, m := range left {
		if m.proper() && tagOfNouns != s.tag || doubt > float64(supported)/wordsForOne || c.adrift(s, m, e) {
			return m.raw
		}
	}
	return ""
}

// doubt is how much an unsupported word counts.
func (c *Checker) doubt(m mark, e *evidence) float64 {
	switch {
	case c.dictionary.allCommon(m.keys):
		return commonDoubt
	case len(m.parts) > 0 && c.holds(m.parts[1], e):
		return partDoubt
	}
	return 1
}

// adrift tells whether an unsupported word stands in a part of its own ("and a
// towel") in which nothing else is supported: that is a claim, no synonym.
func (c *Checker) adrift(s *reading, m mark, e *evidence) bool {
	if c.doubt(m, e) < 1 {
		return false
	}
	from, to := m.at, m.at+1
	for from > 0 && !s.pause(from) {
		from--
	}
	for to < len(s.marks) && !s.pause(to) {
		to++
	}
	if from == 0 {
		return false
	}
	for _, o := range s.marks[from:to] {
		if o.value != nil && o.value.kind != valueState && o.value.plain >= 0 || o.content() && !o.strict() && c.found(o, e) {
			return false
		}
	}
	return true
}

// calls tells whether a mark is a short word that the number before it explains
// ("1er"), or only punctuation.
func (r *reading) calls(i int) bool {
	return utf8.RuneCountInString(r.marks[i].word) <= 2 && i > 0 && r.marks[i-1].value != nil || strings.IndexFunc(r.marks[i].word, unicode.IsLetter) < 0
}

// dials tells whether a sentence gives a phone number: that one calls it adds nothing.
func (r *reading) dials() bool {
	for _, m := range r.marks {
		if m.value != nil && strings.HasPrefix(m.value.text, "tel:") {
			return true
		}
	}
	return false
}

// found tells whether the passages hold a word, or each part of a compound.
func (c *Checker) found(m mark, e *evidence) bool {
	if len(m.parts) > 0 {
		whole := m
		whole.parts = nil
		if c.holds(whole, e) {
			return true
		}
		for _, p := range m.parts {
			if !c.holds(p, e) && !c.dictionary.allCommon(p.keys) {
				return false
			}
		}
		return true
	}
	return c.holds(m, e)
}

func (c *Checker) holds(m mark, e *evidence) bool {
	for _, u := range e.units {
		for _, o := range u.marks {
			if (o.value == nil || len(o.keys) > 0) && c.same(m, o) {
				return true
			}
		}
	}
	return false
}

// soft tells whether the word is one by which any sentence of a receptionist may
// put things ("you can come", "please bring"): it adds nothing by itself.
func (m mark) soft() bool {
	return m.has("arrive", "take", "bring", "notify", "count", "ask", "share", "site", "wait", "deliver", "pay", "person", "service", "patient", "near", "ready", "relative", "home", "grounds")
}

// strict tells whether other rules decide about the word.
func (m mark) strict() bool {
	for _, k := range m.keys {
		if isDay(k) || isMonth(k) {
			return true
		}
		switch k {
		case "exist", "weekdays", "weekend", "daily", "not", "never", "without", "only", "except", "always", "before", "after", "until", "free", "paid",
			"open", "closed", "allowed", "forbidden", "must", "neednot", "atleast", "atmost", "under", "over",
			"walkin", "morning", "afternoon", "evening", "accessible", "age", "duration", "price", "available", "welcome":
			return true
		}
	}
	return false
}
