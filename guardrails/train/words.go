package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"math/rand"
	"os"
	"path/filepath"
	"slices"

	"frontdesk"
	"frontdesk/guardrails"
)

// Settings of the word weights.
const (
	width      = 1 << 17
	wordEpochs = 5
	wordRate   = 0.35
	wordDecay  = 2e-6
)

// row is an example as the word weights see it.
type row struct {
	features []uint32
	class    int
}

// softWords is a softmax over hashed features.
type softWords struct {
	classes []frontdesk.Label
	w, g    []float32
	bias    []float64
}

// learnWords trains on rows by AdaGrad.
func learnWords(rows []row, classes []frontdesk.Label, balance []float64) *softWords {
	n := len(classes)
	m := &softWords{classes, make([]float32, width*n), make([]float32, width*n), make([]float64, n)}
	gb := make([]float64, n)
	rng := rand.New(rand.NewSource(seed))
	order := rng.Perm(len(rows))
	for range wordEpochs {
		rng.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
		for _, i := range order {
			m.step(rows[i], balance, gb)
		}
	}
	return m
}

func (m *softWords) probabilities(features []uint32) []float64 {
	n := len(m.classes)
	p, sum := slices.Clone(m.bias), make([]float32, n)
	for _, f := range features {
		for c, x := range m.w[int(f)*n : int(f)*n+n] {
			sum[c] += x
		}
	}
	norm := 1 / math.Sqrt(float64(max(1, len(features))))
	for c := range p {
		p[c] += float64(sum[c]) * norm
	}
	softmax(p)
	return p
}

func (m *softWords) step(r row, balance, gb []float64) {
	n := len(m.classes)
	p := m.probabilities(r.features)
	norm := 1 / math.Sqrt(float64(max(1, len(r.features))))
	for c := range n {
		d := p[c]
		if c == r.class {
			d--
		}
		d *= balance[r.class]
		if math.Abs(d) < 2e-3 {
			continue
		}
		gb[c] += d * d
		m.bias[c] -= 0.1 * wordRate * d / (1 + math.Sqrt(gb[c]))
		for _, f := range r.features {
			k := int(f)*n + c
			grad := float32(d*norm) + wordDecay*m.w[k]
			m.g[k] += grad * grad
			m.w[k] -= wordRate * grad / (0.05 + float32(math.Sqrt(float64(m.g[k]))))
		}
	}
}

// wordViews are the probabilities by the word weights of the examples held out,
// by weights that never saw them; nil for the others.
type wordViews [][]float64

// trainWords sets thresholds with weights learned without the phrases held out,
// then learns from all and writes.
func trainWords(dir string, examples []example, sum, made string) (wordViews, error) {
	classes := classesOf(examples)
	index := indexOf(classes)
	rows, known := make([]row, len(examples)), make([]row, 0, len(examples))
	for i, e := range examples {
		rows[i] = row{guardrails.Features(e.text, width), index[e.label]}
		if !e.heldOut {
			known = append(known, rows[i])
		}
	}
	balance := weightsOf(examples, classes)
	m := learnWords(known, classes, balance)
	views := make(wordViews, len(examples))
	var held []judged
	for i, e := range examples {
		if e.heldOut {
			views[i] = m.probabilities(rows[i].features)
			held = append(held, judged{e, named(classes, views[i])})
		}
	}
	at := setThresholds("words", 1, held)
	m = learnWords(rows, classes, balance)
	slog.Info("words", "examples", len(rows), "held_out", len(held))
	return views, write(dir, "words", guardrails.Card{Made: made, From: sum, Examples: len(examples), Seed: seed, Classes: classes, Width: width, Bias: m.bias, At: at}, m.w)
}

func named(classes []frontdesk.Label, p []float64) map[frontdesk.Label]float64 {
	out := make(map[frontdesk.Label]float64, len(classes))
	for i, c := range classes {
		out[c] = p[i]
	}
	return out
}

func classesOf(examples []example) []frontdesk.Label {
	seen := map[string]bool{}
	for _, e := range examples {
		seen[e.label] = true
	}
	var out []frontdesk.Label
	for l := range seen {
		out = append(out, frontdesk.Label(l))
	}
	slices.Sort(out)
	return out
}

func indexOf(classes []frontdesk.Label) map[string]int {
	out := map[string]int{}
	for i, c := range classes {
		out[string(c)] = i
	}
	return out
}

// weightsOf gives rare classes more say: the square root of their rarity.
func weightsOf(examples []example, classes []frontdesk.Label) []float64 {
	count := map[string]int{}
	for _, e := range examples {
		count[e.label]++
	}
	out := make([]float64, len(classes))
	for i, c := range classes {
		out[i] = math.Sqrt(float64(len(examples)) / float64(len(classes)*count[string(c)]))
	}
	return out
}
func softmax(x []float64) {
	top, sum := slices.Max(x), 0.0
	for i := range x {
		x[i] = math.Exp(x[i] - top)
		sum += x[i]
	}
	for i := range x {
		x[i] /= sum
	}
}

// write stores weights in 8 bits, a scale for each class, with their card.
func write(dir, name string, card guardrails.Card, w []float32) error {
	n := len(card.Classes)
	card.Scale = make([]float64, n)
	for i, x := range w {
		card.Scale[i%n] = math.Max(card.Scale[i%n], math.Abs(float64(x))/127)
	}
	raw := make([]byte, len(w))
	for i, x := range w {
		if s := card.Scale[i%n]; s > 0 {
			raw[i] = byte(int8(math.Round(float64(x) / s)))
		}
	}
	text, err := json.MarshalIndent(card, "", " ")
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	base := filepath.Join(dir, "learned", name)
	if err := os.WriteFile(base+".json", append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if err := os.WriteFile(base+".bin", raw, 0o644); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
