package retrieval

import (
	"context"
	"fmt"
	"math"
	"sort"
)

// Example is a question put to one document's passages, for fitting the weights.
type Example struct {
	Group      string // examples of one group (a document) are held out together
	Question   Question
	Index      Index
	Answerable bool
	Right      func(text string) bool // whether a stretch of text answers
}

// Fit fits the weights of ranking and answerability to examples. The shares in
// the provenance are measured on groups that were kept out of the fit.
func (r *Retriever) Fit(ctx context.Context, examples []Example) (ModelFile, error) {
	samples, err := r.samples(ctx, examples)
	if err != nil {
		return ModelFile{}, err
	}
	folds := groupsOf(samples)
	var held heldOut
	for _, group := range folds {
		var train []sample
		for _, s := range samples {
			if s.group != group {
				train = append(train, s)
			}
		}
		w := fitRank(train)
		a := fitAnswer(train, w)
		held.measure(samples, group, w, a)
	}
	w := fitRank(samples)
	a := fitAnswer(samples, w)
	threshold := held.threshold()
	file := ModelFile{Rank: map[string]float64{}, Answer: map[string]float64{}, Threshold: threshold, Provenance: held.provenance(threshold)}
	for i, name := range featureNames() {
		file.Rank[name] = round(w[i])
	}
	for i, name := range answerNames() {
		file.Answer[name] = round(a[i])
	}
	return file, nil
}

func round(x float64) float64 { return math.Round(x*1000) / 1000 }

// sample is an example with the features of all its spans.
type sample struct {
	group      string
	answerable bool
	ranker     *ranker
	spans      []sampleSpan
}

type sampleSpan struct {
	features features
	right    bool
	text     string
}

func (r *Retriever) samples(ctx context.Context, examples []Example) ([]sample, error) {
	var out []sample
	for _, e := range examples {
		asked := r.lexicon.Analyse(e.Question)
		query := Query{Terms: r.lexicon.searchTerms(e.Question, asked, r.options.Languages), Limit: r.options.Limit}
		vectors, err := r.embedder.Embed(ctx, InputQuery, []string{e.Question.Text})
		if err != nil {
			return nil, fmt.Errorf("embed question: %w", err)
		}
		query.Vector, query.Space = vectors[0], r.embedder.Space()
		candidates, err := e.Index.Search(ctx, Scope{}, query)
		if err != nil {
			return nil, fmt.Errorf("search: %w", err)
		}
		candidates = fuse(candidates, r.options.Rerank)
		ready := make([]*prepared, len(candidates))
		for i, c := range candidates {
			ready[i] = r.lexicon.prepare(c.Passage, c.Sentences)
		}
		s := sample{group: e.Group, answerable: e.Answerable, ranker: newRanker(asked, e.Question.Language, candidates, ready)}
		for _, p := range s.ranker.rank(features{}) {
			for _, span := range p.Spans {
				text := p.Passage.Text[span.Start:span.End]
				s.spans = append(s.spans, sampleSpan{features: span.features, text: text, right: e.Answerable && e.Right(text)})
			}
		}
		out = append(out, s)
	}
	return out, nil
}

func groupsOf(samples []sample) []string {
	seen := map[string]bool{}
	for _, s := range samples {
		seen[s.group] = true
	}
	return sortedKeys(seen)
}

// Steps and sizes of the gradient descent.
const (
	fitSteps = 400
	fitRate  = 0.05
	fitDecay = 0.004 // pull of each weight towards zero
)

// adam is the state of Adam's method over n weights.
type adam struct {
	m, v []float64
	t    int
}

func newAdam(n int) *adam { return &adam{m: make([]float64, n), v: make([]float64, n)} }

func (a *adam) step(w, gradient []float64) {
	a.t++
	for i := range w {
		g := gradient[i] - fitDecay*w[i]
		a.m[i] = 0.9*a.m[i] + 0.1*g
		a.v[i] = 0.999*a.v[i] + 0.001*g*g
		m := a.m[i] / (1 - math.Pow(0.9, float64(a.t)))
		v := a.v[i] / (1 - math.Pow(0.999, float64(a.t)))
		w[i] += fitRate * m / (math.Sqrt(v) + 1e-8)
	}
}

// featureScale brings features of small spread to the size of the others while
// fitting.
func featureScale() features {
	scale := features{}
	for i := range scale {
		scale[i] = 1
	}
	scale[fCosine], scale[fCosineGap], scale[fPassageGap] = 10, 20, 20
	return scale
}

// fitRank maximises the probability, by softmax over a question's spans, of those
// that answer.
func fitRank(samples []sample) features {
	scale := featureScale()
	w := make([]float64, featureCount)
	optimiser := newAdam(featureCount)
	for range fitSteps {
		gradient := make([]float64, featureCount)
		n := 0.0
		for _, s := range samples {
			if addRankGradient(gradient, s, w, scale) {
				n++
			}
		}
		for i := range gradient {
			gradient[i] /= max(n, 1)
		}
		optimiser.step(w, gradient)
	}
	var out features
	for i := range out {
		out[i] = w[i] * scale[i]
	}
	out[fCosine] = 0 // the same for all spans but for its gap to the best
	return out
}

func addRankGradient(gradient []float64, s sample, w []float64, scale features) bool {
	any := false
	scores := make([]float64, len(s.spans))
	top := math.Inf(-1)
	for i, span := range s.spans {
		any = any || span.right
		for f, v := range span.features {
			if f != fCosine {
				scores[i] += w[f] * scale[f] * v
			}
		}
		top = max(top, scores[i])
	}
	if !any {
		return false
	}
	all, right := 0.0, 0.0
	for i, span := range s.spans {
		scores[i] = math.Exp(scores[i] - top)
		all += scores[i]
		if span.right {
			right += scores[i]
		}
	}
	for i, span := range s.spans {
		share := -scores[i] / all
		if span.right {
			share += scores[i] / right
		}
		for f, v := range span.features {
			if f != fCosine {
				gradient[f] += share * scale[f] * v
			}
		}
	}
	return true
}

// fitAnswer fits the probability that there is an answer, given the ranking; both
// classes weigh the same.
func fitAnswer(samples []sample, rank features) answerFeatures {
	var rows []answerFeatures
	var yes []bool
	positives := 0.0
	for _, s := range samples {
		ranked := s.ranker.rank(rank)
		if len(ranked) == 0 {
			continue
		}
		rows = append(rows, s.ranker.answerFeatures(ranked))
		yes = append(yes, s.answerable)
		if s.answerable {
			positives++
		}
	}
	negatives := float64(len(rows)) - positives
	w := make([]float64, answerCount)
	optimiser := newAdam(answerCount)
	for range fitSteps {
		gradient := make([]float64, answerCount)
		for i, row := range rows {
			p := sigmoid(dotAnswer(answerFeatures(w), row))
			e := -p / max(negatives, 1)
			if yes[i] {
				e = (1 - p) / max(positives, 1)
			}
			for k, v := range row {
				gradient[k] += e * v / 2
			}
		}
		optimiser.step(w, gradient)
	}
	return answerFeatures(w)
}

// heldOut gathers what weights do on groups that they were not fitted to.
type heldOut struct {
	questions, first, three float64
	positive, negative      []float64
}

func (h *heldOut) measure(samples []sample, group string, rank features, answer answerFeatures) {
	for _, s := range samples {
		if s.group != group {
			continue
		}
		ranked := s.ranker.rank(rank)
		p := 0.0
		if len(ranked) > 0 {
			p = sigmoid(dotAnswer(answer, s.ranker.answerFeatures(ranked)))
		}
		if !s.answerable {
			h.negative = append(h.negative, p)
			continue
		}
		h.positive = append(h.positive, p)
		h.questions++
		best := bestSpans(s, rank, 3)
		if len(best) > 0 && best[0].right {
			h.first++
		}
		for _, span := range best {
			if span.right {
				h.three++
				break
			}
		}
	}
}

func bestSpans(s sample, w features, n int) []sampleSpan {
	score := func(span sampleSpan) float64 {
		sum := 0.0
		for f, v := range span.features {
			sum += w[f] * v
		}
		return sum
	}
	spans := append([]sampleSpan(nil), s.spans...)
	sort.SliceStable(spans, func(a, b int) bool { return score(spans[a]) > score(spans[b]) })
	return spans[:min(n, len(spans))]
}

// refusedWanted is the share of unanswerable questions that the threshold has to
// refuse on held-out documents.
const refusedWanted = 0.90

func (h *heldOut) threshold() float64 {
	if len(h.negative) == 0 {
		return 0.5
	}
	sort.Float64s(h.negative)
	return round(h.negative[min(len(h.negative)-1, int(refusedWanted*float64(len(h.negative))))])
}

func (h *heldOut) provenance(threshold float64) Provenance {
	above := func(list []float64) float64 {
		n := 0.0
		for _, p := range list {
			if p >= threshold {
				n++
			}
		}
		return n / max(float64(len(list)), 1)
	}
	return Provenance{
		Questions: len(h.positive), Unanswered: len(h.negative), FirstRight: round(h.first / max(h.questions, 1)),
		ThreeRight: round(h.three / max(h.questions, 1)), Kept: round(above(h.positive)), Refused: round(1 - above(h.negative)),
	}
}
