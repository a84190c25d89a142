package guardrails

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxRunes is how much of a text the screens read, in code points. WhatsApp
// sends at most 4,096 in one message; a burst may hold several.
const maxRunes = 12_000

// word is one token of a text after normalisation.
type word struct {
	raw        string   // folded, with its double letters
	written    string   // in lower case with its accents, "" where it has none
	guess      guess    // how its ids were found, where not as it is written
	forms      []string // what the token may stand for, the plain folded form first
	start, end int      // code points of the original, end excluded
	breaks     bool     // a sentence or line ends right before it
	comma      bool     // a comma stands right before it
	glued      bool     // only a sign parts it from the word before, no space
	ids        []int32  // of the vocabulary entries that one of the forms meets
}

// guess is how a word was recognised that no rule knows as it is written.
type guess int8

const (
	asWritten guess = iota
	bySound         // as misspelt, or by its sound in Latin letters
	byCut           // as a part of words that run together
)

// prepared is a text made ready for the rules and the classifiers.
type prepared struct {
	runes   []rune
	words   []word
	arabizi bool // Arabic in Latin letters
}

// prepare splits a text into folded words whose offsets map back to the original.
func prepare(text string) *prepared {
	runes := []rune(text)
	if len(runes) > maxRunes {
		runes = runes[:maxRunes]
	}
	p := &prepared{runes: runes}
	p.split()
	p.joinSpaced()
	p.dropFillers()
	main := p.mainScript()
	for i := range p.words {
		p.words[i].addForms(main)
	}
	p.undoLeet()
	return p
}

// dropFillers takes out the sounds that people make while they think, which
// speech recognisers write down.
func (p *prepared) dropFillers() {
	kept := p.words[:0]
	breaks := false
	for _, w := range p.words {
		if fillers[w.forms[0]] {
			breaks = breaks || w.breaks
			continue
		}
		w.breaks = w.breaks || breaks
		breaks = false
		kept = append(kept, w)
	}
	if len(kept) > 0 {
		p.words = kept
	}
}

// undoLeet reads the words of a text that is full of digits for letters as the
// words they stand for, for whoever looks at the first form of a word alone.
func (p *prepared) undoLeet() {
	coded := 0
	for _, w := range p.words {
		if w.coded() {
			coded++
		}
	}
	if coded < 2 || coded*3 < len(p.words) || looksArabizi(p) {
		return
	}
	for i := range p.words {
		w := &p.words[i]
		if f := w.forms[0]; len(f) == 1 && strings.Contains("0134", f) {
			w.forms = append(w.forms, leet.Replace(f))
		}
		if w.coded() && len(w.forms) > 1 {
			w.forms[0], w.forms[1] = w.forms[1], w.forms[0]
		}
	}
}

// coded tells a word that has digits for letters.
func (w word) coded() bool {
	_, digits, letters := scriptOf(w.forms[0])
	return digits && letters
}

// split cuts the runes into words. Marks and invisible characters vanish inside
// a word; letters of scripts without spaces are words of their own.
func (p *prepared) split() {
	var cur []rune
	start, end, breaks, comma, accents, spaced := 0, 0, false, false, false, true
	flush := func() {
		if len(cur) > 0 {
			w := word{forms: []string{string(cur)}, start: start, end: end, breaks: breaks, comma: comma, glued: !spaced}
			if accents {
				w.written = written(p.runes[start:end])
			}
			p.words = append(p.words, w)
			cur, breaks, comma, accents, spaced = cur[:0], false, false, false, false
		}
	}
	for i, r := range p.runes {
		if invisible(r) {
			continue
		}
		if name, ok := emoji[r]; ok {
			flush()
			p.words = append(p.words, word{forms: []string{name}, start: i, end: i + 1, breaks: breaks})
			breaks = false
			continue
		}
		folded, kind := foldRune(r)
		accents = accents || accented(r)
		switch kind {
		case kindMark:
			continue
		case kindSingle:
			flush()
			p.words = append(p.words, word{forms: []string{string(folded)}, start: i, end: i + 1, breaks: breaks})
			breaks = false
			continue
		case kindJoiner: // ' inside a word
			if len(cur) > 0 && elisions[string(cur)] {
				flush()
			}
			if len(cur) > 0 && unicode.IsLetter(p.visible(i+1)) {
				continue
			}
			flush()
			continue
		case kindInner: // @ $ ! | stand for letters only between letters
			if !between(p.runes, i) {
				flush()
				breaks = breaks || r == '!'
				continue
			}
		case kindBreak:
			flush()
			spaced, breaks = true, true
			continue
		case kindSpace:
			flush()
			spaced = spaced || unicode.IsSpace(r)
			comma = comma || r == ',' || r == '،' || r == '，' || r == '、'
			continue
		}
		if len(cur) == 0 {
			start = i
		}
		cur = append(cur, folded...)
		end = i + 1
	}
	flush()
}

// visible returns the first rune from i on that is seen, 0 at the end.
func (p *prepared) visible(i int) rune {
	for ; i < len(p.runes); i++ {
		if !invisible(p.runes[i]) {
			return p.runes[i]
		}
	}
	return 0
}

// accented tells the Latin letters with accents, and the accents that follow one.
func accented(r rune) bool {
	return r >= 0xC0 && r <= 0x24F || r >= 0x300 && r <= 0x36F || r >= 0x1E00 && r <= 0x1EFF
}

// written returns a word in lower case with its accents composed.
func written(runes []rune) string {
	var b strings.Builder
	for _, r := range runes {
		switch {
		case r == 'İ':
			b.WriteByte('i')
		case !invisible(r):
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return norm.NFKC.String(b.String())
}

type runeKind int

const (
	kindLetter runeKind = iota
	kindMark
	kindSingle
	kindJoiner
	kindInner
	kindBreak
	kindSpace
)

// foldRune lower-cases a rune, drops its accents and says how it splits words.
func foldRune(r rune) ([]rune, runeKind) {
	if r < unicode.MaxASCII {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return []rune{r}, kindLetter
		case r >= 'A' && r <= 'Z':
			return []rune{r + 32}, kindLetter
		case r == '\'', r == '`':
			return nil, kindJoiner
		case r == '@', r == '$', r == '!', r == '|':
			return []rune{r}, kindInner
		case r == '.', r == '?', r == '\n', r == ';', r == ':':
			return nil, kindBreak
		}
		return nil, kindSpace
	}
	if to, ok := special[r]; ok {
		return []rune(to), kindLetter
	}
	switch r {
	case '’', '‘', 'ʼ', '´', 'ʻ', '＇':
		return nil, kindJoiner
	case '。', '！', '？', '…', '؟', '।', '؛', '\u2028', '\u2029':
		return nil, kindBreak
	}
	if stripped(r) {
		return nil, kindMark
	}
	if r >= 0xAC00 && r <= 0xD7A3 { // Hangul syllables stay whole
		return []rune{r}, kindLetter
	}
	if unspaced(r) {
		return []rune{r}, kindSingle
	}
	var out []rune
	for _, d := range norm.NFKD.String(string(r)) {
		if stripped(d) {
			continue
		}
		if to, ok := special[d]; ok {
			out = append(out, []rune(to)...)
			continue
		}
		if unicode.IsLetter(d) || unicode.IsDigit(d) || unicode.IsMark(d) {
			out = append(out, digit(unicode.ToLower(d)))
		}
	}
	if len(out) == 0 {
		return nil, kindSpace
	}
	return out, kindLetter
}

// digit maps any decimal digit to ASCII and leaves other runes alone.
func digit(r rune) rune {
	if r < 0x80 || !unicode.IsDigit(r) {
		return r
	}
	for _, rg := range unicode.Nd.R16 {
		if uint16(r) >= rg.Lo && r <= rune(rg.Hi) {
			return '0' + (r-rune(rg.Lo))%10
		}
	}
	return r
}

// invisible tells the characters that hide inside words: zero-width, bidi
// controls, variation selectors, soft hyphen, tags.
func invisible(r rune) bool {
	switch {
	case r < 0x80:
		return r < 0x20 && r != '\n' && r != '\t' && r != '\r'
	case r == 0xAD, r == 0x61C, r == 0x180E, r == 0xFEFF, r == 0x640, r == 0x34F,
		r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x206F,
		r >= 0xFE00 && r <= 0xFE0F, r >= 0x1F3FB && r <= 0x1F3FF, r >= 0xE0000 && r <= 0xE01EF,
		r == 0x3164, r == 0x115F, r == 0x1160:
		return true
	}
	return false
}

// stripped tells the accents that people leave out: Latin, Greek and Cyrillic
// combining marks, Arabic and Hebrew points. Vowel signs of Indic scripts stay.
func stripped(r rune) bool {
	return r >= 0x300 && r <= 0x36F || r >= 0x64B && r <= 0x65F || r == 0x670 ||
		r >= 0x591 && r <= 0x5C7 || r >= 0x610 && r <= 0x61A || r >= 0x6D6 && r <= 0x6ED || r >= 0x20D0 && r <= 0x20FF
}

// unspaced tells the letters of scripts written without spaces.
func unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// between tells whether rune i stands between letters or digits.
func between(runes []rune, i int) bool {
	return i > 0 && i+1 < len(runes) && letter(runes[i-1]) && letter(runes[i+1])
}

func letter(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// joinSpaced puts words back together that were spelled out: "s u i c i d e",
// "h.e.l.p". Where the gaps differ in width, the wider ones part words.
func (p *prepared) joinSpaced() {
	out := p.words[:0:0]
	for i := 0; i < len(p.words); {
		j := i
		for j < len(p.words) && single(p.words[j]) {
			j++
		}
		if j-i < 4 {
			if j == i {
				j++
			}
			out = append(out, p.words[i:j]...)
			i = j
			continue
		}
		out = append(out, joinRun(p.words[i:j])...)
		i = j
	}
	p.words = out
}

// single tells a word of one letter in a script that has spaces.
func single(w word) bool {
	r := []rune(w.forms[0])
	return len(r) == 1 && !unspaced(r[0]) && letter(r[0])
}

func joinRun(run []word) []word {
	narrow := run[1].start - run[0].end
	for k := 2; k < len(run); k++ {
		narrow = min(narrow, run[k].start-run[k-1].end)
	}
	var out []word
	cur := run[0]
	for k := 1; k < len(run); k++ {
		if run[k].start-run[k-1].end > narrow {
			out = append(out, cur)
			cur = run[k]
			continue
		}
		cur.forms = []string{cur.forms[0] + run[k].forms[0]}
		cur.end = run[k].end
	}
	return append(out, cur)
}

// addForms sets what else a word may stand for: look-alike letters of another
// script, digits for letters, spelled umlauts, repeated letters, Arabic clitics,
// and the sounds of Russian or Arabic in Latin letters.
func (w *word) addForms(main script) {
	raw := w.forms[0]
	w.raw = sameScript(raw, main)
	plain := squeeze(w.raw)
	w.forms = []string{plain}
	add := func(s string) {
		if s == "" {
			return
		}
		for _, f := range w.forms {
			if f == s {
				return
			}
		}
		w.forms = append(w.forms, s)
	}
	for _, s := range shorthand[plain] {
		add(s)
	}
	latin, digits, letters := scriptOf(plain)
	if digits && letters || strings.ContainsAny(plain, "@$!|") {
		add(squeeze(leet.Replace(raw)))
		if strings.ContainsAny(raw, "1!|") {
			add(squeeze(leetL.Replace(raw)))
		}
	}
	for _, form := range slices.Clone(w.forms) {
		if (latin || form != plain) && strings.Contains(form, "e") {
			add(umlauts.Replace(form))
		}
	}
	if isArabic(plain) {
		for _, s := range unclitic(plain) {
			add(s)
		}
	}
}

// squeeze collapses runs of one letter; numbers stay as they are.
func squeeze(s string) string {
	var b strings.Builder
	var last rune
	changed := false
	for _, r := range s {
		if r == last && !unicode.IsDigit(r) {
			changed = true
			continue
		}
		b.WriteRune(r)
		last = r
	}
	if !changed {
		return s
	}
	return b.String()
}

// scriptOf tells whether all letters are ASCII, and whether there are digits and letters.
func scriptOf(s string) (latin, digits, letters bool) {
	latin = true
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits = true
		case r >= 'a' && r <= 'z':
			letters = true
		case r < 0x80:
		default:
			latin, letters = false, true
		}
	}
	return latin && letters, digits, letters
}

func isArabic(s string) bool {
	for _, r := range s {
		return r >= 0x620 && r <= 0x6FF
	}
	return false
}

// script is what the letters of a text are mostly in, as far as it matters for look-alikes.
type script int8

const (
	scriptOther script = iota
	scriptLatin
	scriptCyrillic
)

// mainScript returns the script of the letters that look like none of the other.
func (p *prepared) mainScript() script {
	lat, cyr := 0, 0
	for _, w := range p.words {
		l, c := telling(w.forms[0])
		lat, cyr = lat+l, cyr+c
	}
	switch {
	case lat > cyr:
		return scriptLatin
	case cyr > lat:
		return scriptCyrillic
	}
	return scriptOther
}

// telling counts the letters of a word that have no twin in the other script.
func telling(s string) (lat, cyr int) {
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z':
			if !strings.ContainsRune("aceopxyhkmtb", r) {
				lat++
			}
		case r >= 0x400 && r <= 0x52F:
			if !strings.ContainsRune("асеорхуһкмтвіјѕ", r) {
				cyr++
			}
		}
	}
	return lat, cyr
}

// sameScript maps look-alikes of a word that mixes scripts to the one that its
// other letters are in, else to that of the text.
func sameScript(s string, main script) string {
	lat, cyr, gre := 0, 0, 0
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z':
			lat++
		case r >= 0x400 && r <= 0x52F:
			cyr++
		case r >= 0x370 && r <= 0x3FF:
			gre++
		}
	}
	onlyLatin, onlyCyrillic := telling(s)
	switch {
	case cyr+gre == 0 && (lat == 0 || main != scriptCyrillic || onlyLatin > 0 || len(s) < 2), lat == 0 && cyr*gre == 0:
		return s
	case cyr > 0 && onlyLatin == 0 && (onlyCyrillic > 0 || main == scriptCyrillic), cyr == 0 && gre == 0:
		return mapRunes(s, toCyrillic)
	case onlyLatin > 0 && onlyCyrillic == 0:
		return mapRunes(s, toLatin)
	case cyr > lat && cyr > gre:
		return mapRunes(s, toCyrillic)
	case gre > lat:
		return s
	}
	return mapRunes(s, toLatin)
}

// lookalike returns a word of Cyrillic or Greek letters as the Latin word that
// it looks like, "" when one of its letters has no Latin twin.
func lookalike(s string) string {
	for _, r := range s {
		if _, ok := toLatin[r]; !ok && (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			return ""
		}
	}
	return squeeze(mapRunes(s, toLatin))
}

func mapRunes(s string, m map[rune]rune) string {
	return strings.Map(func(r rune) rune {
		if to, ok := m[r]; ok {
			return to
		}
		return r
	}, s)
}

// unclitic returns an Arabic word without its particles: و ف ب ل ك and ال.
func unclitic(s string) []string {
	var out []string
	r := []rune(s)
	i := 0
	if len(r) > 3 && (r[0] == 'و' || r[0] == 'ف') {
		out, i = append(out, string(r[1:])), 1
	}
	if len(r) > i+3 && (r[i] == 'ب' || r[i] == 'ل' || r[i] == 'ك') {
		out = append(out, string(r[i+1:]))
		if r[i+1] == 'ا' && r[i+2] == 'ل' && len(r) > i+5 || r[i] == 'ل' && r[i+1] == 'ل' && len(r) > i+4 {
			i++
		}
	}
	if len(r) > i+4 && r[i] == 'ا' && r[i+1] == 'ل' {
		out = append(out, string(r[i+2:]))
	}
	return out
}
