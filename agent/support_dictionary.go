package agent

import (
	"fmt"
	"strings"

	"frontdesk/language"
)

// dictionary tells which words of different languages mean the same. It is
// compared by stem, so that it holds one form of a word only.
type dictionary struct {
	byStem map[string]map[string][]entry // by language and the first word's stem
	common map[string]bool               // meanings by which any sentence may put things
}

// entry is one word, or phrase, of a language for a meaning.
type entry struct {
	stems   []string
	meaning string
}

// dictionaryLanguages are the columns of the file.
func dictionaryLanguages() []string {
	return []string{"en", "fr", "de", "it", "es", "pt", "ru", "ar", "uk"}
}

func loadDictionary() (*dictionary, error) {
	data, err := supportFiles.ReadFile("support/dictionary.txt")
	if err != nil {
		return nil, fmt.Errorf("read dictionary of the check: %w", err)
	}
	d := &dictionary{byStem: map[string]map[string][]entry{}, common: map[string]bool{}}
	for _, tag := range dictionaryLanguages() {
		d.byStem[tag] = map[string][]entry{}
	}
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		meaning := fmt.Sprintf("d:%d", number)
		line, common := strings.CutPrefix(line, "~")
		d.common[meaning] = common
		columns := strings.Split(line, "|")
		if len(columns) != len(dictionaryLanguages()) {
			return nil, fmt.Errorf("dictionary of the check, line %d: %d columns", number, len(columns))
		}
		for i, tag := range dictionaryLanguages() {
			d.add(tag, columns[i], meaning)
		}
	}
	return d, nil
}

func (d *dictionary) add(tag, words, meaning string) {
	for word := range strings.FieldsSeq(words) {
		var stems []string
		for _, w := range language.Words(strings.ReplaceAll(word, "_", " ")) {
			stems = append(stems, language.Stem(tag, w.Text))
		}
		if len(stems) > 0 {
			d.byStem[tag][stems[0]] = append(d.byStem[tag][stems[0]], entry{stems: stems, meaning: meaning})
		}
	}
}

// at returns the meanings of the longest phrase that starts at the first of the
// words, each a list of the stems that count as the word.
func (d *dictionary) at(tag string, words [][]string) (meanings []string, length int) {
	if len(words) == 0 {
		return nil, 0
	}
	for _, first := range words[0] {
		for _, e := range d.byStem[tag][first] {
			if len(e.stems) < length || len(e.stems) > len(words) || !fitsStems(e.stems, words) {
				continue
			}
			if len(e.stems) > length {
				meanings, length = nil, len(e.stems)
			}
			meanings = appendKey(meanings, e.meaning)
		}
	}
	return meanings, length
}

func fitsStems(stems []string, words [][]string) bool {
	for i, s := range stems {
		fits := false
		for _, have := range words[i] {
			fits = fits || have == s
		}
		if !fits {
			return false
		}
	}
	return true
}

// leastPart is the shortest part of a compound, in bytes.
const leastPart = 3

// compound returns the two parts of a German compound whose second, and where it
// can be told the first, the dictionary knows; none for other words.
func (d *dictionary) compound(tag, word string) (head, tail string) {
	if tag != "de" || len(word) < 2*leastPart+1 {
		return "", ""
	}
	for at := leastPart; at <= len(word)-leastPart-1; at++ {
		tail := word[at:]
		if !d.knows(tag, tail) {
			continue
		}
		for _, joint := range []string{"", "s", "n", "en", "es", "er", "e"} {
			if head, ok := strings.CutSuffix(word[:at], joint); ok && len(head) >= leastPart && d.knows(tag, head) {
				return head, tail
			}
		}
	}
	return "", ""
}

func (d *dictionary) knows(tag, word string) bool {
	for _, e := range d.byStem[tag][language.Stem(tag, word)] {
		if len(e.stems) == 1 {
			return true
		}
	}
	return false
}

// allCommon tells whether a word has only meanings by which any sentence may put
// things ("get", "following"): it adds little by itself.
func (d *dictionary) allCommon(meanings []string) bool {
	known := false
	for _, m := range meanings {
		if !strings.HasPrefix(m, "d:") {
			continue
		}
		if known = true; !d.common[m] {
			return false
		}
	}
	return known
}

// stemsOf returns the stems under which a word is looked up: its own, shorter ones
// that the dictionary knows, and in German those of the verb of a participle.
func (d *dictionary) stemsOf(tag, word string) []string {
	stem := language.Stem(tag, word)
	stems := []string{stem}
	if tag == "de" {
		for _, verb := range infinitives(word) {
			stems = append(stems, language.Stem(tag, verb))
		}
	}
	if len(d.byStem[tag][stem]) > 0 || tag == "ar" {
		return stems
	}
	runes := []rune(stem)
	for cut := 1; cut <= 3 && len(runes)-cut >= leastStem; cut++ {
		if short := string(runes[:len(runes)-cut]); len(d.byStem[tag][short]) > 0 {
			return append(stems, short)
		}
	}
	return stems
}

// leastStem is how many letters of a stem have to be left where an ending is cut
// that the stemmer does not know.
const leastStem = 5

// infinitives guesses the verb of a German participle: "abgeholt", "bearbeitet".
func infinitives(word string) []string {
	base, ok := strings.CutSuffix(word, "t")
	if !ok || len(base) < leastStem {
		return nil
	}
	verbs := []string{strings.TrimSuffix(base, "e") + "en"}
	for _, prefix := range []string{"", "ab", "an", "auf", "aus", "ein", "mit", "vor", "zu", "her", "hin", "weiter", "zuruck", "nach", "durch", "statt", "vorbei"} {
		if rest, ok := strings.CutPrefix(base, prefix+"ge"); ok && len(rest) >= 3 {
			verbs = append(verbs, prefix+strings.TrimSuffix(rest, "e")+"en")
		}
	}
	return verbs
}

// particular tells whether a word has a meaning that is not common.
func (d *dictionary) particular(meanings []string) bool {
	for _, m := range meanings {
		if strings.HasPrefix(m, "d:") && !d.common[m] {
			return true
		}
	}
	return false
}
