package main

import (
	"context"
	"log/slog"
	"math"
	"math/rand"
	"sync"

	"frontdesk"
	"frontdesk/guardrails"
)

// Settings of the embedding layer, chosen by cross-validation, and with an eye on the totals in docs/safety.md.
const (
	units         = 96
	meaningEpochs = 8
	meaningRate   = 2e-3
	meaningDecay  = 2e-4 // of the weights, each step
	unitsDropped  = 0.3  // at random, each time an example is seen
	noise         = 0.15 // added to each input
	minibatch     = 32
	smoothing     = 0.1 // of the certainty asked for, spread over all labels: they overlap
)

// meaning is a network with the mean of the vectors that it learned from.
type meaning struct {
	guardrails.Network
	mean []float64
}

// trainMeaning sets thresholds with weights learned without the phrases held out,
// then learns from all and writes. It learns from phrases without slips: those
// with slips lie close to them. views are what the word weights
// think of those held out.
func trainMeaning(ctx context.Context, dir string, embed *embedder, examples []example, views wordViews, sum, made string) error {
	var plain []example
	var seen wordViews
	for i, e := range examples {
		if e.plain {
			plain, seen = append(plain, e), append(seen, views[i])
		}
	}
	vectors, err := embed.all(ctx, plain)
	if err != nil {
		return err
	}
	classes := classesOf(examples)
	left := make([][]float64, len(plain)) // by weights that never saw the hand of the phrase
	var m *meaning
	var all sync.WaitGroup
	all.Go(func() { m = learnMeaning(plain, vectors, classes, func(example) bool { return true }) })
	for _, fold := range leftOut(plain) {
		all.Go(func() {
			m := learnMeaning(plain, vectors, classes, func(e example) bool { return e.fold != fold })
			for i, e := range plain {
				if e.fold == fold {
					left[i] = m.probabilities(vectors[i])
				}
			}
		})
	}
	all.Wait()
	var held, alone, agreed []judged
	for i, e := range plain {
		if e.variant == 0 && left[i] != nil {
			alone = append(alone, judged{e, named(classes, left[i])})
			held = append(held, judged{e, guardrails.Together(named(classes, seen[i]), named(classes, left[i]))})
			agreed = append(agreed, judged{e, guardrails.Agreed(named(classes, seen[i]), named(classes, left[i]))})
		}
	}
	slog.Info("meaning", "alone", accuracy(alone), "with words", accuracy(held))
	at := setThresholds("words and meaning", lowestTogether, held)
	agreedAt := setThresholds("agreed", lowestAgreed, agreed)
	raw, err := m.MarshalBinary()
	if err != nil {
		return err
	}
	return write(dir, "meaning", guardrails.Card{Made: made, From: sum, Examples: len(plain), Seed: seed, Space: embed.space,
		Classes: classes, Width: m.Inputs, Mean: m.mean, At: at, AgreedAt: agreedAt}, raw)
}

// learnMeaning trains a network on the examples to keep by Adam.
func learnMeaning(examples []example, vectors [][]float32, classes []frontdesk.Label, keep func(example) bool) *meaning {
	var order []int
	for i, e := range examples {
		if keep(e) {
			order = append(order, i)
		}
	}
	m := &meaning{guardrails.NewNetwork(len(vectors[0]), units, len(classes)), make([]float64, len(vectors[0]))}
	for _, k := range order {
		for i, x := range vectors[k] {
			m.mean[i] += float64(x) / float64(len(order))
		}
	}
	rng := rand.New(rand.NewSource(seed))
	for _, part := range [][]float32{m.In, m.Out} {
		for i := range part {
			part[i] = float32(rng.NormFloat64() / math.Sqrt(float64(m.Inputs)))
		}
	}
	index, weights := indexOf(classes), weightsOf(examples)
	gradient := guardrails.NewNetwork(m.Inputs, m.Units, m.Outputs)
	adam := newAdam(m.Parts())
	steps := meaningEpochs * (len(order)/minibatch + 1)
	for range meaningEpochs {
		rng.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
		for at := 0; at < len(order); at += minibatch {
			part := order[at:min(len(order), at+minibatch)]
			for _, k := range part {
				m.addGradient(&gradient, vectors[k], index[examples[k].label], float32(weights[k])/float32(len(part)), rng)
			}
			adam.step(m.Parts(), gradient.Parts(), meaningRate*(1-float64(adam.steps)/float64(steps+1)))
		}
	}
	return m
}

func (m *meaning) probabilities(v []float32) []float64 {
	p := m.Logits(guardrails.Centred(v, m.mean, 1), nil)
	softmax(p)
	return p
}

// addGradient adds what one example says of the weights.
func (m *meaning) addGradient(g *guardrails.Network, v []float32, class int, weight float32, rng *rand.Rand) {
	x := guardrails.Centred(v, m.mean, 1)
	for i := range x {
		x[i] += noise * float32(rng.NormFloat64())
	}
	hidden := make([]float32, m.Units)
	p := m.Logits(x, func(u []float32) {
		for k := range u {
			if rng.Float32() < unitsDropped {
				u[k] = 0
			}
			u[k] /= 1 - unitsDropped
		}
		copy(hidden, u)
	})
	softmax(p)
	for c := range p {
		p[c] -= smoothing / float64(len(p))
	}
	p[class] -= 1 - smoothing
	d := make([]float32, m.Outputs)
	for c := range d {
		d[c] = float32(p[c]) * weight
		g.Bias[c] += d[c]
	}
	back := make([]float32, m.Units)
	for u, h := range hidden {
		if h == 0 {
			continue
		}
		var sum float32
		for c, w := range m.Out[u*m.Outputs : (u+1)*m.Outputs] {
			sum += w * d[c]
			g.Out[u*m.Outputs+c] += d[c] * h
		}
		back[u] = sum / (1 - unitsDropped)
		g.InBias[u] += back[u]
	}
	for i, xi := range x {
		row, straight := g.In[i*m.Units:(i+1)*m.Units], g.Straight[i*m.Outputs:(i+1)*m.Outputs]
		for u, b := range back {
			row[u] += b * xi
		}
		for c, b := range d {
			straight[c] += b * xi
		}
	}
}

// adam keeps what the optimiser of that name knows of each weight.
type adam struct {
	mean, square [][]float32
	steps        int
}

func newAdam(parts [][]float32) *adam {
	a := &adam{}
	for _, p := range parts {
		a.mean, a.square = append(a.mean, make([]float32, len(p))), append(a.square, make([]float32, len(p)))
	}
	return a
}

// step moves the weights against their gradients, which it sets to zero.
func (a *adam) step(weights, gradients [][]float32, rate float64) {
	const beta1, beta2, least = 0.9, 0.99, 1e-6
	a.steps++
	by := float32(rate * math.Sqrt(1-math.Pow(beta2, float64(a.steps))) / (1 - math.Pow(beta1, float64(a.steps))))
	for k, w := range weights {
		mean, square, g := a.mean[k], a.square[k], gradients[k]
		for i, x := range g {
			mean[i] = beta1*mean[i] + (1-beta1)*x
			square[i] = beta2*square[i] + (1-beta2)*x*x
			w[i] -= by*mean[i]/(float32(math.Sqrt(float64(square[i])))+least) + float32(rate)*meaningDecay*100*w[i]
			g[i] = 0
		}
	}
}
