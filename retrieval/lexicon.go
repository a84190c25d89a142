package retrieval

import (
	"embed"
	"fmt"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"frontdesk/language"
)

//go:embed data/*.txt data/model.json
var dataFiles embed.FS

// Lexicon is the dictionary of a clinic's administration: concepts ("visit",
// "day.mon", "ask.price") with the words for them in each language. It crosses
// languages, names things in the patient's language and says what kind of
// answer a question wants. A Lexicon is safe for concurrent use.
type Lexicon struct {
	patterns  map[string][]pattern // by the first word, or the stem before *
	concepts  []concept
	byKey     map[string]int
	languages map[string]bool
	faults    []string // malformed lines, for the test
	terms     sync.Map // termsKey → search terms, of the concepts that were asked for
}

type concept struct {
	key   string
	ask   bool
	frame bool
	names map[string]string
	words map[string][]string // whole words by language
}

// termsKey names a concept's words of a language.
type termsKey struct {
	concept int
	lang    string
}

// pattern is one way to write a concept; its first word is the map's key.
type pattern struct {
	concept  int
	language string // "*" for all
	prefix   bool   // the first word may go on
	rest     []part
	letters  int
}

type part struct {
	text   string
	prefix bool
}

// Mention is a place where a text speaks of a concept, in byte offsets.
type Mention struct {
	Concept    string
	Start, End int
	index      int
	words      int
}

// NewLexicon reads the dictionary that the package carries. A malformed line is
// left out; the package's test shows that there is none.
func NewLexicon() *Lexicon {
	lex := &Lexicon{patterns: map[string][]pattern{}, byKey: map[string]int{}, languages: map[string]bool{}}
	for _, name := range []string{"data/lexicon.txt", "data/subjects.txt"} {
		data, err := dataFiles.ReadFile(name)
		if err != nil {
			lex.faults = append(lex.faults, err.Error())
			continue
		}
		lex.parse(name, string(data))
	}
	return lex
}

func (l *Lexicon) parse(name, text string) {
	current := -1
	fault := func(line int, what string) {
		l.faults = append(l.faults, fmt.Sprintf("%s:%d: %s", name, line+1, what))
	}
	for number, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "["):
			end := strings.IndexByte(line, ']')
			if end < 2 || l.byKey[line[1:end]] != 0 {
				fault(number, "no concept, or one that stands twice")
				continue
			}
			key, flags := line[1:end], line[end+1:]
			current = len(l.concepts)
			l.byKey[key] = current
			l.concepts = append(l.concepts, concept{
				key: key, ask: strings.Contains(flags, "ask"), frame: strings.Contains(flags, "frame"),
				names: map[string]string{}, words: map[string][]string{},
			})
		default:
			head, words, found := strings.Cut(line, ":")
			lang, shown, _ := strings.Cut(head, " ")
			if !found || current < 0 {
				fault(number, `want "lang name: patterns"`)
				continue
			}
			l.add(current, lang, strings.TrimSpace(shown), strings.Fields(words))
		}
	}
}

func (l *Lexicon) add(index int, lang, name string, words []string) {
	c := &l.concepts[index]
	if lang != "*" {
		l.languages[lang] = true
	}
	if name != "" {
		c.names[lang] = name
		c.words[lang] = append(c.words[lang], name)
	}
	for _, word := range words {
		var parts []part
		letters := 0
		for _, p := range strings.Split(word, "_") {
			bare := strings.TrimSuffix(p, "*")
			text := language.Fold(bare)
			letters += utf8.RuneCountInString(text)
			parts = append(parts, part{text, bare != p})
		}
		if !strings.Contains(word, "*") {
			c.words[lang] = append(c.words[lang], strings.ReplaceAll(word, "_", " "))
		}
		l.patterns[parts[0].text] = append(l.patterns[parts[0].text], pattern{
			concept: index, language: lang, prefix: parts[0].prefix, rest: parts[1:], letters: letters,
		})
	}
}

// Name returns what a concept is called in a language, and whether the
// dictionary has a name for it there.
func (l *Lexicon) Name(concept, lang string) (string, bool) {
	i, ok := l.byKey[concept]
	if !ok {
		return "", false
	}
	name, ok := l.concepts[i].names[baseTag(lang)]
	return name, ok
}

// conceptTerms returns the search terms of a concept's words in a language.
func (l *Lexicon) conceptTerms(index int, lang string) []string {
	key := termsKey{index, lang}
	if known, ok := l.terms.Load(key); ok {
		terms, _ := known.([]string)
		return terms
	}
	terms := []string{}
	for _, w := range l.concepts[index].words[lang] {
		terms = append(terms, language.Terms(lang, w)...)
	}
	l.terms.Store(key, terms)
	return terms
}

// Names translates a label: the names in language to of the concepts that its
// words stand for, and whether they account for all of its words but numbers and
// words without meaning of their own.
func (l *Lexicon) Names(from, to, label string) (names []string, all bool) {
	words := language.Words(label)
	mentions := l.mentions(from, label, words)
	all = true
	for _, w := range words {
		known := false
		for _, m := range mentions {
			if m.Start > w.Start || m.End < w.End {
				continue
			}
			known = true
			if name, ok := l.Name(m.Concept, to); ok && m.Start == w.Start {
				names = appendOnce(names, name)
			}
		}
		all = all && (known || digits(w.Text) || len(language.Terms(from, w.Text)) == 0)
	}
	return names, all
}

// NamesSubject tells whether a text names a subject that the dictionary knows.
func (l *Lexicon) NamesSubject(lang, text string) bool {
	for _, m := range l.Mentions(lang, text) {
		if c := l.concepts[m.index]; !c.ask && !c.frame && !strings.Contains(c.key, ".") {
			return true
		}
	}
	return false
}

// Negated tells whether a text says no to something, by the words for it in its
// language.
func (l *Lexicon) Negated(lang, text string) bool {
	for _, m := range l.Mentions(lang, text) {
		if m.Concept == "negation" {
			return true
		}
	}
	return false
}

// Mentions returns the concepts that a text speaks of, in order. At one place the
// longest phrase wins; a place may speak of several concepts. Words of other
// languages than the text's count when they are long enough not to be another
// word by chance.
func (l *Lexicon) Mentions(lang, text string) []Mention {
	return l.mentions(lang, text, language.Words(text))
}

func (l *Lexicon) mentions(lang, text string, words []language.Word) []Mention {
	lang = baseTag(lang)
	folded := foldWords(words)
	var out []Mention
	covered := 0 // words before this one belong to a longer phrase
	for i := range words {
		found := l.at(lang, folded, i)
		longest := 0
		for _, m := range found {
			longest = max(longest, m.words)
		}
		if longest == 0 || i < covered && i+longest <= covered {
			continue
		}
		for _, m := range found {
			if m.words == longest {
				m.Concept = l.concepts[m.index].key
				m.Start, m.End = words[i].Start, words[i+longest-1].End
				out = append(out, m)
			}
		}
		if longest > 1 {
			covered = i + longest
		}
	}
	return out
}

// looseLetters is how long a word of another language has to be to count.
const looseLetters = 5

func (l *Lexicon) at(lang string, folded []string, i int) []Mention {
	var out []Mention
	try := func(key string, whole bool) {
		for _, p := range l.patterns[key] {
			if !whole && !p.prefix {
				continue
			}
			if p.language != lang && p.language != "*" && p.letters < looseLetters {
				continue
			}
			if n := follows(p.rest, folded, i+1); n >= 0 && !mentioned(out, p.concept, n+1) {
				out = append(out, Mention{index: p.concept, words: n + 1})
			}
		}
	}
	for _, word := range forms(folded[i]) {
		try(word, true)
		for at := range word {
			if at >= 2 {
				try(word[:at], false)
			}
		}
	}
	return out
}

// forms returns a folded word and, where an apostrophe joins an article to it or
// Arabic writes an article, a preposition or "and" together with it, the word alone.
func forms(word string) []string {
	if r, _ := utf8.DecodeRuneInString(word); unicode.Is(unicode.Arabic, r) {
		return arabicForms(word)
	}
	if i := strings.LastIndexByte(word, '\''); i >= 0 && i+1 < len(word) {
		return []string{word, word[i+1:]}
	}
	return []string{word}
}

// arabicLeast is how many bytes of an Arabic word have to be left of it: three letters.
const arabicLeast = 6

func arabicForms(word string) []string {
	out := []string{word}
	for _, prefix := range [...]string{"وال", "بال", "فال", "كال", "لل", "ال", "و", "ب", "ل"} {
		if rest, ok := strings.CutPrefix(word, prefix); ok && len(rest) >= arabicLeast {
			return append(out, rest, "ال"+rest)
		}
	}
	return out
}

func mentioned(list []Mention, index, words int) bool {
	for _, m := range list {
		if m.index == index && m.words == words {
			return true
		}
	}
	return false
}

// follows returns how many words after i-1 the parts take, -1 when they do not
// follow there.
func follows(parts []part, folded []string, i int) int {
	for k, p := range parts {
		if i+k >= len(folded) {
			return -1
		}
		ok := false
		for _, w := range forms(folded[i+k]) {
			ok = ok || w == p.text || p.prefix && strings.HasPrefix(w, p.text)
		}
		if !ok {
			return -1
		}
	}
	return len(parts)
}

func foldWords(words []language.Word) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = language.Fold(w.Text)
	}
	return out
}

// baseTag returns the language of a BCP-47 tag: "pt" of "pt-BR".
func baseTag(tag string) string {
	if i := strings.IndexAny(tag, "-_"); i >= 0 {
		tag = tag[:i]
	}
	return strings.ToLower(tag)
}
