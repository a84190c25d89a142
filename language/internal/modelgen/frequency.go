package main

import (
	"archive/zip"
	"fmt"
	"io"
	"path/filepath"
	"unicode/utf8"

	"github.com/pemistahl/lingua-go/serialization"
	"google.golang.org/protobuf/proto"
)

// orders are lingua-go's file names by the number of letters.
func orders() []string {
	return []string{"unigrams", "bigrams", "trigrams", "quadrigrams", "fivegrams"}
}

// edge marks the start and end of a word in an n-gram.
const edge = ' '

// frequencies returns how often each n-gram of one to five letters occurs in a
// language, as a share of its letters. lingua-go keeps the probability of an
// n-gram's last letter given the others, counted inside words.
func frequencies(folder, language string) (map[string]float64, error) {
	share := map[string]float64{}
	for _, order := range orders() {
		model, err := read(filepath.Join(folder, "language-models", language, order+".pb.bin.zip"))
		if err != nil {
			return nil, err
		}
		for _, set := range model.NgramSets {
			for _, gram := range set.Ngrams {
				p := set.Probability
				if _, size := utf8.DecodeLastRuneInString(gram); size < len(gram) {
					p *= share[gram[:len(gram)-size]]
				}
				share[gram] = p
			}
		}
	}
	return share, nil
}

func read(path string) (*serialization.SerializableLanguageModel, error) {
	archive, err := zip.OpenReader(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	defer archive.Close()
	file, err := archive.File[0].Open()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	var model serialization.SerializableLanguageModel
	if err := proto.Unmarshal(data, &model); err != nil {
		return nil, fmt.Errorf("parse %s: %w", path, err)
	}
	return &model, nil
}

// withEdges adds the n-grams that start or end a word. An n-gram starts a word
// as often as it occurs without a letter before it, and likewise at the end, so
// the longer n-grams give them away.
func withEdges(share map[string]float64) map[string]float64 {
	start, end, whole := map[string]float64{}, map[string]float64{}, map[string]float64{}
	for gram, p := range share {
		if utf8.RuneCountInString(gram) <= 4 {
			start[gram] += p
			end[gram] += p
		}
		if utf8.RuneCountInString(gram) <= 3 {
			whole[gram] += p
		}
	}
	for gram, p := range share {
		_, first := utf8.DecodeRuneInString(gram)
		_, last := utf8.DecodeLastRuneInString(gram)
		if first == len(gram) {
			continue
		}
		tail, head := gram[first:], gram[:len(gram)-last]
		subtract(start, tail, p)
		subtract(end, head, p)
		subtract(whole, tail, p)
		subtract(whole, head, p)
		if len(head) > first {
			if _, ok := whole[head[first:]]; ok {
				whole[head[first:]] += p
			}
		}
	}
	out := share
	add := func(gram string, p float64) {
		if p > 1e-7 {
			out[gram] = p
		}
	}
	words := 0.0
	for gram, p := range start {
		add(string(edge)+gram, p)
		if utf8.RuneCountInString(gram) == 1 {
			words += p
		}
	}
	for gram, p := range end {
		add(gram+string(edge), p)
	}
	for gram, p := range whole {
		add(string(edge)+gram+string(edge), p)
	}
	out[string(edge)] = words
	return out
}

func subtract(from map[string]float64, gram string, p float64) {
	if _, ok := from[gram]; ok {
		from[gram] -= p
	}
}
