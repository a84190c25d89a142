package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"slices"
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
	phrase                int  // of which phrase this is a variant
	variant               int  // 0 is the phrase as it was written
	plain                 bool // without slips and greetings: what the vectors are learned from
	fold                  int  // of cross-validation: all phrases of one hand share it
}

// hands are the initials of the files of examples that were written in one go, in
// one style. Cross-validation leaves out one hand at a time: what is learned from
// the others then meets wording that is not its own, as it will from patients.
var hands = []string{"em", "b", "cd", "e", "f"}

// handOf returns the place in hands of a file, that of the first for one unknown.
func handOf(name string) int {
	return max(0, slices.IndexFunc(hands, func(initials string) bool {
		return strings.ContainsRune(initials, rune(name[0])) && (initials == "em") == !strings.Contains(name, "-")
	}))
}

// leastHand is the share of all phrases that a hand must have to be left out in
// cross-validation: a smaller one tells little and costs as much.
const leastHand = 0.1

// leftOut returns the hands that cross-validation leaves out, one at a time.
func leftOut(examples []example) []int {
	phrases, all := map[int]int{}, 0
	for _, e := range examples {
		if e.variant == 0 {
			phrases[e.fold]++
			all++
		}
	}
	var out []int
	for hand := range hands {
		if float64(phrases[hand]) >= leastHand*float64(all) {
			out = append(out, hand)
		}
	}
	return out
}

// How many variants a phrase gives. Those after the refills are written as people
// do: with greetings, misspelt, in capitals.
const (
	slips       = 3
	refills     = 1  // with other slots
	moreRefills = 3  // where a list is long
	longList    = 40 // values
)

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
		out = append(out, expand(file, len(out), handOf(filepath.Base(name)))...)
	}
	return out, hex.EncodeToString(hash.Sum(nil))[:16], nil
}

// expand writes each phrase in its variants. Chance depends on the phrase alone,
// so that a new phrase changes no other.
func expand(file exampleFile, first, hand int) []example {
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
			plain := 1 + refillsOf(phrase, file.Slots)
			for k := range plain + slips {
				text := fill(phrase, file.Slots, rng)
				if k >= plain {
					text = vary(text, label, file, rng)
				}
				if !seen[text] {
					seen[text] = true
					out = append(out, example{text, label, file.Language, number, k, k < plain, hand})
				}
			}
		}
	}
	return out
}

// refillsOf returns how often a phrase is written again with other slots.
func refillsOf(phrase string, slots map[string][]string) int {
	n := 0
	for name, values := range slots {
		switch {
		case !strings.Contains(phrase, "{"+name+"}"):
		case len(values) >= longList:
			return moreRefills
		default:
			n = refills
		}
	}
	return n
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
