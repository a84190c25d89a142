package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"gopkg.in/yaml.v3"
)

// exampleFile is one file of examples/: phrases of one language, by label.
// "{name}" in a phrase is filled from the list of that name.
type exampleFile struct {
	Language string              `yaml:"language"`
	Slots    map[string][]string `yaml:"slots"`
	Before   []string            `yaml:"before"` // what people write before the point: greetings, calls for help
	After    []string            `yaml:"after"`
	Labels   map[string][]string `yaml:"labels"`
}

// example is one text with its label.
type example struct {
	text, label, language string
	phrase                int // of which phrase this is a variant
	variant               int // 0 is the phrase as it was written
	fold                  int // of cross-validation: all variants of a phrase share it
}

// folds is in how many parts the phrases are cut for cross-validation.
const folds = 5

// perPhrase is how many variants a phrase gives: with other slots, before and
// after, misspelt, without accents, in capitals.
const perPhrase = 4

// readExamples expands all files, in a fixed order, and returns the hash of what was read.
func readExamples(dir string) ([]example, string, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return nil, "", fmt.Errorf("examples: %w", err)
	}
	sort.Strings(names)
	hash := sha256.New()
	var out []example
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			return nil, "", fmt.Errorf("examples: %w", err)
		}
		hash.Write(raw)
		var file exampleFile
		if err := yaml.Unmarshal(raw, &file); err != nil {
			return nil, "", fmt.Errorf("examples: %s: %w", filepath.Base(name), err)
		}
		out = append(out, expand(file, len(out))...)
	}
	return out, hex.EncodeToString(hash.Sum(nil))[:16], nil
}

// expand writes each phrase in its variants. Chance depends on the phrase alone,
// so that a new phrase changes no other.
func expand(file exampleFile, first int) []example {
	labels := make([]string, 0, len(file.Labels))
	for l := range file.Labels {
		labels = append(labels, l)
	}
	sort.Strings(labels)
	var out []example
	for _, label := range labels {
		for _, phrase := range file.Labels[label] {
			seen, number := map[string]bool{}, first+len(out)
			sum := sha256.Sum256([]byte(label + phrase))
			rng := rand.New(rand.NewSource(seed + int64(binary.LittleEndian.Uint32(sum[:]))))
			fold := int(sum[8]) % folds
			for k := range perPhrase {
				text := fill(phrase, file.Slots, rng)
				if k > 0 {
					text = vary(text, label, file, rng)
				}
				if !seen[text] {
					seen[text] = true
					out = append(out, example{text, label, file.Language, number, k, fold})
				}
			}
		}
	}
	return out
}

// fill puts a random value into each slot of a phrase.
func fill(phrase string, slots map[string][]string, rng *rand.Rand) string {
	for {
		a := strings.IndexByte(phrase, '{')
		if a < 0 {
			return phrase
		}
		b := strings.IndexByte(phrase[a:], '}')
		if b < 0 {
			return phrase
		}
		values := slots[phrase[a+1:a+b]]
		value := ""
		if len(values) > 0 {
			value = values[rng.Intn(len(values))]
		}
		phrase = phrase[:a] + value + phrase[a+b+1:]
	}
}

// short labels stand alone: a greeting before a greeting is no longer one.
var alone = map[string]bool{"smalltalk": true, "gibberish": true, "spam": true, "opt_out": true}

// vary writes a phrase as people do.
func vary(text, label string, file exampleFile, rng *rand.Rand) string {
	if !alone[label] {
		if len(file.Before) > 0 && rng.Intn(3) == 0 {
			text = file.Before[rng.Intn(len(file.Before))] + " " + text
		}
		if len(file.After) > 0 && rng.Intn(4) == 0 {
			text += " " + file.After[rng.Intn(len(file.After))]
		}
	}
	switch rng.Intn(6) {
	case 0:
		text = typo(text, rng)
	case 1:
		text = strings.ToUpper(text)
	case 2:
		text = strings.Map(func(r rune) rune {
			if strings.ContainsRune(".,!?;:¿¡'’", r) {
				return -1
			}
			return r
		}, strings.ToLower(text))
	case 3:
		text = strings.TrimRight(text, ".!?") + "..."
	}
	return text
}

// typo swaps, drops or doubles one letter of a longer word.
func typo(text string, rng *rand.Rand) string {
	r := []rune(text)
	if len(r) < 8 {
		return text
	}
	i := 1 + rng.Intn(len(r)-3)
	switch rng.Intn(3) {
	case 0:
		r[i], r[i+1] = r[i+1], r[i]
	case 1:
		r = append(r[:i], r[i+1:]...)
	default:
		r = append(r[:i+1], r[i:]...)
	}
	return string(r)
}

func byLanguage(examples []example) map[string]int {
	out := map[string]int{}
	for _, e := range examples {
		out[e.language]++
	}
	return out
}
