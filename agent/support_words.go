package agent

import (
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"frontdesk/language"
)

//go:embed support/*.yaml support/dictionary.txt
var supportFiles embed.FS

// vocabulary is what the check knows of one language.
type vocabulary struct {
	phrases map[string][]phrase // by the first word
	open    []phrase            // whose first word has a *
	but, to map[string]bool
	and     map[string]bool
	verb    map[string]bool
}

// phrase is one way to write something.
type phrase struct {
	words []string
	key   string  // of the concept, "" for none
	unit  string  // of time
	n     float64 // of a number written out
	kind  phraseKind
}

type phraseKind int

const (
	phraseConcept phraseKind = iota
	phraseFiller
	phraseNumber
	phraseUnit
)

type vocabularyFile struct {
	Number  map[string]string `yaml:"number"`
	Filler  string            `yaml:"filler"`
	Concept map[string]string `yaml:"concept"`
	Unit    map[string]string `yaml:"unit"`
	But     string            `yaml:"but"`
	To      string            `yaml:"to"`
	And     string            `yaml:"and"`
	Verb    string            `yaml:"verb"`
}

func loadVocabularies() (map[string]*vocabulary, error) {
	entries, err := supportFiles.ReadDir("support")
	if err != nil {
		return nil, fmt.Errorf("list words of the check: %w", err)
	}
	all := map[string]*vocabulary{}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".yaml") {
			continue
		}
		data, err := supportFiles.ReadFile("support/" + entry.Name())
		if err != nil {
			return nil, fmt.Errorf("read words of the check: %w", err)
		}
		var file vocabularyFile
		if err := yaml.Unmarshal(data, &file); err != nil {
			return nil, fmt.Errorf("parse %s: %w", entry.Name(), err)
		}
		v, err := newVocabulary(file)
		if err != nil {
			return nil, fmt.Errorf("parse %s: %w", entry.Name(), err)
		}
		all[strings.TrimSuffix(entry.Name(), ".yaml")] = v
	}
	return all, nil
}

func newVocabulary(file vocabularyFile) (*vocabulary, error) {
	v := &vocabulary{phrases: map[string][]phrase{}, but: wordSetOf(file.But), to: wordSetOf(file.To), and: wordSetOf(file.And), verb: wordSetOf(file.Verb)}
	for key, patterns := range file.Concept {
		v.add(patterns, phrase{key: key, kind: phraseConcept})
	}
	for unit, patterns := range file.Unit {
		v.add(patterns, phrase{unit: unit, kind: phraseUnit})
	}
	for n, patterns := range file.Number {
		value, err := strconv.ParseFloat(n, 64)
		if err != nil {
			return nil, fmt.Errorf("number %q: %w", n, err)
		}
		v.add(patterns, phrase{n: value, kind: phraseNumber})
	}
	v.add(file.Filler, phrase{kind: phraseFiller})
	return v, nil
}

func wordSetOf(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[language.Fold(strings.ReplaceAll(w, "_", " "))] = true
	}
	return set
}

func (v *vocabulary) add(patterns string, p phrase) {
	for _, pattern := range strings.Fields(patterns) {
		p.words = nil
		for _, w := range strings.Split(pattern, "_") {
			p.words = append(p.words, strings.Split(language.Fold(strings.ReplaceAll(w, "-", "\x00")), "\x00")...)
		}
		p.words = slices.DeleteFunc(p.words, func(w string) bool { return w == "" })
		if len(p.words) == 0 {
			continue
		}
		if strings.Contains(p.words[0], "*") {
			v.open = append(v.open, p)
		} else {
			v.phrases[p.words[0]] = append(v.phrases[p.words[0]], p)
		}
	}
}

// at returns the longest phrases that start with the first of the words, each a
// list of the spellings that count as the word.
//
// What a word is as written wins over what is left of it without joined particles.
func (v *vocabulary) at(words [][]string) (found []phrase, length int) {
	if len(words[0]) > 1 {
		if found, length = v.longest(append([][]string{words[0][:1]}, words[1:]...)); length > 0 {
			return found, length
		}
	}
	return v.longest(words)
}

func (v *vocabulary) longest(words [][]string) (found []phrase, length int) {
	try := func(p phrase) {
		if len(p.words) < length || len(p.words) > len(words) {
			return
		}
		for i, w := range p.words {
			if !slices.ContainsFunc(words[i], func(have string) bool { return patternFits(have, w) }) {
				return
			}
		}
		if len(p.words) > length {
			found, length = nil, len(p.words)
		}
		found = append(found, p)
	}
	for _, form := range words[0] {
		for _, p := range v.phrases[form] {
			try(p)
		}
	}
	for _, p := range v.open {
		try(p)
	}
	return found, length
}

func patternFits(word, pattern string) bool {
	head, open := strings.CutSuffix(pattern, "*")
	tail, ends := strings.CutPrefix(head, "*")
	switch {
	case open && ends:
		return strings.Contains(word, tail)
	case open:
		return strings.HasPrefix(word, head)
	case ends:
		return strings.HasSuffix(word, tail)
	}
	return word == pattern
}

// spellings are the forms under which a folded word is looked up: itself, without
// what an apostrophe joins to it, and in Arabic without joined particles.
func spellings(tag, word string) []string {
	forms := []string{word}
	if i := strings.LastIndexByte(word, '\''); i >= 0 && i+1 < len(word) {
		if strings.HasSuffix(word, "n't") {
			return append(forms, "not")
		}
		if tag == "en" {
			return append(forms, word[:i])
		}
		forms = append(forms, word[i+1:])
	}
	if tag == "ar" {
		forms = append(forms, arabicForms(word)...)
	}
	return forms
}

func arabicForms(word string) []string {
	var forms []string
	add := func(w string) {
		if len(w) >= 4 && !slices.Contains(forms, w) {
			forms = append(forms, w)
		}
	}
	for _, particle := range []string{"و", "ف", "ب", "ل", "ك", "لل", "ال", "وال", "بال", "فال", "ول", "وب", "كال"} {
		if rest, ok := strings.CutPrefix(word, particle); ok {
			add(rest)
			add("ال" + rest)
		}
	}
	for _, suffix := range []string{"كم", "ك", "نا", "ها", "ه", "هم"} {
		if rest, ok := strings.CutSuffix(word, suffix); ok && len(rest) >= 6 {
			add(rest)
			add(rest + "ه")
		}
	}
	return forms
}
