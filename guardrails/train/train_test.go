package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"frontdesk/guardrails"
)

// Weights of other examples than those beside them would be found out by nobody.
func TestWeightsAreOfTheExamplesBesideThem(t *testing.T) {
	t.Parallel()
	examples, sum, err := readExamples("../examples")
	if err != nil {
		t.Fatal(err)
	}
	if len(examples) < 10_000 {
		t.Errorf("%d examples, far fewer than there were", len(examples))
	}
	for _, name := range []string{"words.json", "meaning.json"} {
		raw, err := os.ReadFile(filepath.Join("..", "learned", name))
		if err != nil {
			t.Fatal(err)
		}
		var card guardrails.Card
		if err := json.Unmarshal(raw, &card); err != nil {
			t.Fatal(err)
		}
		if card.From != sum {
			t.Errorf("learned/%s is from examples %s, those here are %s: run make train", name, card.From, sum)
		}
		if card.Seed != seed {
			t.Errorf("learned/%s was made with seed %d, want %d", name, card.Seed, seed)
		}
	}
}

// A hand that is left out must be big enough to tell something, and be left out whole.
func TestEachHandIsLeftOutWhole(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"en.yaml": "em", "more.yaml": "em", "b-fr.yaml": "b", "d-en.yaml": "cd", "c-en.yaml": "cd", "e-more.yaml": "e", "e-en.yaml": "e", "f-es.yaml": "f", "zz.yaml": "em"} {
		if got := hands[handOf(name)]; got != want {
			t.Errorf("%s is of hand %q, want %q", name, got, want)
		}
	}
	examples, _, err := readExamples("../examples")
	if err != nil {
		t.Fatal(err)
	}
	fold := map[int]int{}
	for _, e := range examples {
		known, seen := fold[e.phrase]
		if seen && known != e.fold {
			t.Fatalf("a phrase is of hands %d and %d: %q", known, e.fold, e.text)
		}
		fold[e.phrase] = e.fold
	}
}

// The same rows and seed give the same weights, to the last bit.
func TestLearningIsRepeatable(t *testing.T) {
	t.Parallel()
	var examples []example
	var features [][]guardrails.Feature
	for i, text := range []string{"what are your hours", "where can I park", "it hurts when I swallow", "how many tablets may I take"} {
		label := "admin"
		if i > 1 {
			label = "clinical"
		}
		examples = append(examples, example{text: text, label: label, phrase: i})
		features = append(features, guardrails.Features(text))
	}
	classes := classesOf(examples)
	table := newTable(examples, features)
	var rows []row
	for i, e := range examples {
		rows = append(rows, row{table.entries(features[i]), indexOf(classes)[e.label], 1})
	}
	a, b := learnWords(rows, classes), learnWords(rows, classes)
	for i := range a.w {
		if a.w[i] != b.w[i] {
			t.Fatalf("weight %d is %v, then %v", i, a.w[i], b.w[i])
		}
	}
	for i, r := range rows {
		if p := a.probabilities(r.entries); p[r.class] < 0.7 {
			t.Errorf("%q: its own label has %.2f after learning", examples[i].text, p[r.class])
		}
	}
}
