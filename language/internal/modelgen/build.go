package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"frontdesk/language/internal/ngram"
)

// latinised is the suffix of a language that is written in Latin letters by
// people without its keyboard.
const latinised = "-Latn"

// unaccented is the share of texts that are typed without accents.
const unaccented = 0.2

// languages returns the tags of the model and, for each, lingua-go's name of its
// data. Latin, Esperanto and languages of few speakers whose words are
// those of a neighbour are left out: they would only cost the neighbour.
func languages() [][2]string {
	var out [][2]string
	for tag := range strings.FieldsSeq("fr it en es de pt pl tr nl ro cs sk sl hr bs sq hu fi sv da et lv lt " +
		"vi id ms tl ca eu ga cy is af sw so zu xh yo az " +
		"ru uk be bg mk sr kk mn ar fa ur hi mr") {
		out = append(out, [2]string{tag, tag})
	}
	out = append(out, [2]string{"no", "nb"})
	for tag := range strings.FieldsSeq("ru uk bg") {
		out = append(out, [2]string{tag + latinised, tag})
	}
	return out
}

// build returns the encoded model.
func build(lingua, words string, size int) ([]byte, error) {
	var names []string
	grams := map[string][]ngram.Pair{}
	index := map[string]byte{}
	for i, l := range languages() {
		share, err := frequencies(lingua, l[1])
		if err != nil {
			return nil, err
		}
		share = withEdges(share)
		if strings.HasSuffix(l[0], latinised) {
			share = transliterated(share, l[1])
		} else {
			share = alsoUnaccented(share)
		}
		for gram, weight := range conditional(share, size) {
			grams[gram] = append(grams[gram], ngram.Pair{Language: byte(i), Weight: weight})
		}
		names = append(names, l[0])
		index[l[0]] = byte(i)
	}
	files, err := filepath.Glob(filepath.Join(words, "*.txt"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no word lists in %q: %w", words, err)
	}
	for _, file := range files {
		tag := strings.TrimSuffix(filepath.Base(file), ".txt")
		if _, ok := index[tag]; !ok {
			index[tag] = byte(len(names))
			names = append(names, tag)
		}
		if err := addWords(grams, file, index[tag]); err != nil {
			return nil, err
		}
	}
	return ngram.Encode(names, grams)
}

// addWords adds the whole words of a file: one or more a line, # starts a
// comment. Each is about as common as any other in a message to a clinic.
func addWords(grams map[string][]ngram.Pair, file string, language byte) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read words: %w", err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		line, _, _ = strings.Cut(line, "#")
		for word := range strings.FieldsSeq(line) {
			word = norm.NFC.String(strings.ToLower(word))
			for _, form := range []string{word, strip(word)} {
				if seen[form] {
					continue
				}
				seen[form] = true
				key := ngram.WordPrefix + form
				grams[key] = append(grams[key], ngram.Pair{Language: language, Weight: weigh(1.0 / 1500)})
			}
		}
	}
	return nil
}

// alsoUnaccented mixes in the spelling without accents.
func alsoUnaccented(share map[string]float64) map[string]float64 {
	out := make(map[string]float64, len(share))
	for gram, p := range share {
		plain := strip(gram)
		if plain == gram {
			out[gram] += p
			continue
		}
		out[gram] += p * (1 - unaccented)
		out[plain] += p * unaccented
	}
	return out
}

// strip takes accents off Latin letters.
func strip(s string) string {
	var b strings.Builder
	last := rune(0)
	for _, r := range norm.NFD.String(s) {
		if unicode.Is(unicode.Mn, r) && unicode.Is(unicode.Latin, last) {
			continue
		}
		last = r
		switch r {
		case 'ı':
			r = 'i'
		case 'ł':
			r = 'l'
		case 'ø':
			r = 'o'
		case 'đ':
			r = 'd'
		}
		b.WriteRune(r)
	}
	return norm.NFC.String(b.String())
}

// conditional returns the weight of each kept n-gram: how likely its last letter
// is after the others. All of one and two letters are kept, and of the longer
// ones those whose loss would change the likelihood of texts most.
func conditional(share map[string]float64, size int) map[string]byte {
	type candidate struct {
		gram  string
		p     float64
		worth float64
	}
	out := map[string]byte{}
	var longer []candidate
	for gram, p := range share {
		_, last := utf8.DecodeLastRuneInString(gram)
		head := gram[:len(gram)-last]
		if head == "" {
			if p > 1e-6 && gram != string(edge) {
				out[gram] = weigh(p)
			}
			continue
		}
		if share[head] <= 0 || p < 3e-7 {
			continue
		}
		q := math.Min(p/share[head], 1)
		if utf8.RuneCountInString(gram) == 2 {
			out[gram] = weigh(q)
			continue
		}
		_, first := utf8.DecodeRuneInString(gram)
		shorter := 1e-4
		if share[head[first:]] > 0 {
			shorter = math.Max(share[gram[first:]]/share[head[first:]], 1e-6)
		}
		gain := math.Abs(math.Log(q)-math.Log(shorter)) + 0.5
		longer = append(longer, candidate{gram, q, p * gain})
	}
	sort.Slice(longer, func(i, j int) bool {
		if longer[i].worth != longer[j].worth {
			return longer[i].worth > longer[j].worth
		}
		return longer[i].gram < longer[j].gram
	})
	for _, c := range longer[:min(size, len(longer))] {
		out[c.gram] = weigh(c.p)
	}
	return out
}

func weigh(p float64) byte {
	return byte(math.Round(math.Min(-math.Log(p)*ngram.Scale, 255)))
}
