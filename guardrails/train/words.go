package main

import (
	"fmt"
	"log/slog"
	"math"
	"math/rand"
	"slices"
	"sort"
	"sync"

	"frontdesk"
	"frontdesk/guardrails"
)

// Settings of the word weights, chosen by cross-validation, and with an eye on the totals in docs/safety.md.
const (
	width       = 1 << 19
	fewest      = 1  // phrases that a feature must occur in
	rarityStep  = 20 // of a rarity in 8 bits
	wordEpochs  = 12
	wordRate    = 2.0
	wordDecay   = 0.03 // of the penalty; more is simpler weights
	wordCooling = 20   // how fast steps grow smaller
	dropped     = 0.0  // of the features, at random, each time an example is seen
)

// table is which feature owns which row, and how rare it is.
type table struct {
	check, rarity []uint8
}

// entry is one feature of an example: its row, its weight after normalisation.
type entry struct {
	row    uint32
	weight float32
}

// row is an example as the word weights see it.
type row struct {
	entries []entry
	class   int
	weight  float64 // in the loss
}

// newTable gives each row to the most frequent feature that falls on it.
func newTable(examples []example, features [][]guardrails.Feature) *table {
	type count struct {
		hash   uint32
		n      int
		phrase int
	}
	counts, phrases := map[uint32]*count{}, 0
	for i, e := range examples {
		phrases = max(phrases, e.phrase+1)
		for _, f := range features[i] {
			c := counts[f.Hash]
			if c == nil {
				c = &count{hash: f.Hash, phrase: -1}
				counts[f.Hash] = c
			}
			if c.phrase != e.phrase {
				c.phrase = e.phrase
				c.n++
			}
		}
	}
	var all []count
	for _, c := range counts {
		if c.n >= fewest {
			all = append(all, *c)
		}
	}
	sort.Slice(all, func(a, b int) bool {
		return all[a].n > all[b].n || all[a].n == all[b].n && all[a].hash < all[b].hash
	})
	t := &table{make([]uint8, width), make([]uint8, width)}
	kept := 0
	for _, c := range all {
		at := c.hash % width
		if t.rarity[at] != 0 {
			continue
		}
		rare := 1 + math.Log(float64(1+phrases)/float64(1+c.n))
		t.check[at], t.rarity[at] = guardrails.Check(c.hash), uint8(min(255, math.Round(rare*rarityStep)))
		kept++
	}
	slog.Info("features", "seen", len(counts), "frequent", len(all), "kept", kept)
	return t
}

// entries returns an example's features with their weights.
func (t *table) entries(features []guardrails.Feature) []entry {
	var lengths [guardrails.Families]float64
	out, family := make([]entry, 0, len(features)), make([]guardrails.Family, 0, len(features))
	for _, f := range features {
		at := f.Hash % width
		if r := t.rarity[at]; r != 0 && t.check[at] == guardrails.Check(f.Hash) {
			lengths[f.Family] += float64(r) * float64(r)
			out, family = append(out, entry{at, float32(r)}), append(family, f.Family)
		}
	}
	for i := range out {
		out[i].weight /= float32(math.Sqrt(lengths[family[i]]))
	}
	return out
}

// softWords is a softmax over hashed features. Its weights are w times scale, so
// that shrinking all of them costs one multiplication.
type softWords struct {
	classes []frontdesk.Label
	w       []float32
	scale   float64
	bias    []float64
}

// learnWords minimises the logarithmic loss with a penalty on the squares of the
// weights by stochastic gradients whose steps grow smaller.
func learnWords(rows []row, classes []frontdesk.Label) *softWords {
	n := len(classes)
	m := &softWords{classes, make([]float32, width*n), 1, make([]float64, n)}
	rng := rand.New(rand.NewSource(seed))
	order := rng.Perm(len(rows))
	decay, t := wordDecay/float64(len(rows)), 0.0
	for range wordEpochs {
		rng.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
		for _, i := range order {
			m.step(rows[i], wordRate/(1+wordRate*decay*t*wordCooling), decay, rng)
			t++
		}
	}
	for i := range m.w {
		m.w[i] *= float32(m.scale)
	}
	m.scale = 1
	return m
}

func (m *softWords) probabilities(entries []entry) []float64 {
	n := len(m.classes)
	p, sum := slices.Clone(m.bias), make([]float32, n)
	for _, e := range entries {
		for c, x := range m.w[int(e.row)*n : int(e.row)*n+n] {
			sum[c] += x * e.weight
		}
	}
	for c := range p {
		p[c] += float64(sum[c]) * m.scale
	}
	softmax(p)
	return p
}

func (m *softWords) step(r row, rate, decay float64, rng *rand.Rand) {
	n := len(m.classes)
	entries := thinned(r.entries, rng)
	move := m.probabilities(entries)
	move[r.class]--
	m.scale *= 1 - rate*decay
	by := make([]float32, n)
	for c, d := range move {
		m.bias[c] -= 0.05 * rate * d * r.weight
		by[c] = float32(rate * d * r.weight / m.scale)
	}
	for _, e := range entries {
		w := m.w[int(e.row)*n : int(e.row)*n+n]
		for c := range w {
			w[c] -= by[c] * e.weight
		}
	}
}

// thinned leaves some features out, so that no single one is relied on.
func thinned(entries []entry, rng *rand.Rand) []entry {
	out := make([]entry, 0, len(entries))
	for _, e := range entries {
		if rng.Float32() >= dropped {
			out = append(out, e)
		}
	}
	return out
}

// wordViews are the probabilities by the word weights of each example, by weights
// that never saw its hand; nil where that hand is never left out.
type wordViews [][]float64

// trainWords sets thresholds by cross-validation over hands, then learns from all and writes.
func trainWords(dir string, examples []example, sum, made string) (wordViews, error) {
	classes := classesOf(examples)
	index, weights := indexOf(classes), weightsOf(examples)
	features := make([][]guardrails.Feature, len(examples))
	for i, e := range examples {
		features[i] = guardrails.Features(e.text)
	}
	t := newTable(examples, features)
	rows := make([]row, len(examples))
	for i, e := range examples {
		rows[i] = row{t.entries(features[i]), index[e.label], weights[i]}
	}
	views := make(wordViews, len(examples))
	var all sync.WaitGroup
	for _, fold := range leftOut(examples) {
		all.Go(func() {
			var known []row
			for i, e := range examples {
				if e.fold != fold {
					known = append(known, rows[i])
				}
			}
			m := learnWords(known, classes)
			for i, e := range examples {
				if e.fold == fold {
					views[i] = m.probabilities(rows[i].entries)
				}
			}
		})
	}
	all.Wait()
	var held []judged
	for i, e := range examples {
		if e.variant == 0 && views[i] != nil {
			held = append(held, judged{e, named(classes, views[i])})
		}
	}
	at := setThresholds("words", lowest, held)
	m := learnWords(rows, classes)
	slog.Info("words", "examples", len(rows), "held_out", len(held), "right", accuracy(held))
	raw, scale := inBytes(m.w, len(classes))
	card := guardrails.Card{Made: made, From: sum, Examples: len(examples), Seed: seed, Classes: classes, Width: width, Scale: scale, Bias: m.bias, At: at}
	return views, write(dir, "words", card, slices.Concat(t.check, t.rarity, raw))
}

// accuracy is the share of examples whose label is the likeliest, in per cent.
func accuracy(held []judged) string {
	right := 0
	for _, e := range held {
		best := frontdesk.Label("")
		for l, p := range e.p {
			if best == "" || p > e.p[best] {
				best = l
			}
		}
		if string(best) == e.label {
			right++
		}
	}
	return fmt.Sprintf("%.1f%%", 100*float64(right)/float64(len(held)))
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

// weightsOf returns what each example counts: rare classes more (the square root
// of their rarity), all variants of a phrase together as one and a half.
func weightsOf(examples []example) []float64 {
	count, variants := map[string]int{}, map[int]int{}
	phrases := 0
	for _, e := range examples {
		variants[e.phrase]++
		if e.variant == 0 {
			count[e.label]++
			phrases++
		}
	}
	out := make([]float64, len(examples))
	for i, e := range examples {
		out[i] = math.Pow(float64(phrases)/float64(len(count)*count[e.label]), 0.8) * 1.5 / float64(variants[e.phrase])
	}
	return out
}
