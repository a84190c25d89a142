package agent

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"frontdesk/retrieval"
)

// meaning compares what words cannot: by vectors of an embedder.
type meaning struct {
	embedder retrieval.Embedder
	timeout  time.Duration

	mu   sync.Mutex // protects all following fields
	kept map[string][]float32
}

// mostKept bounds the vectors of words that are kept: the same words of the same
// passages are compared again and again.
const mostKept = 4096

func newMeaning(embedder retrieval.Embedder) *meaning {
	return &meaning{embedder: embedder, timeout: 2 * time.Second, kept: map[string][]float32{}}
}

// alikeWord is from which cosine two words of different spelling may mean the same,
// fitted on the development half of testdata/support.
const (
	alikeWord = 0.865
	alikeName = 0.92 // for what may be a name
)

// unsupported returns those of the unknown words whose meaning the passages do not
// hold, all of them without an embedder.
//
// A word of the passages that says what another word of the sentence says is taken.
func (m *meaning) unsupported(ctx context.Context, unknown []mark, e *evidence, taken func(mark) bool) []mark {
	if m.embedder == nil {
		return unknown
	}
	var texts []string
	for _, u := range unknown {
		texts = append(texts, u.raw)
	}
	vectors, ok := m.embed(ctx, append(texts, distinctWords(e, taken)...))
	if !ok {
		return unknown
	}
	var left []mark
	for i, u := range unknown {
		best := 0.0
		for _, v := range vectors[len(unknown):] {
			best = max(best, dot(vectors[i], v))
		}
		if best < alikeWord || best < alikeName && u.proper() {
			left = append(left, u)
		}
	}
	return left
}

// mostWords bounds what one check embeds.
const mostWords = 80

func distinctWords(e *evidence, taken func(mark) bool) []string {
	seen := map[string]bool{}
	var words []string
	for _, u := range e.units {
		for _, m := range u.marks {
			if m.value == nil && !m.filler && !seen[m.word] && len(words) < mostWords && !taken(m) {
				seen[m.word] = true
				words = append(words, m.raw)
			}
		}
	}
	return words
}

// nearest scores clauses by the closeness of their meaning where words say little.
func (m *meaning) nearest(ctx context.Context, s *reading, index int, all []clause, total float64) ([]clause, float64) {
	best := 0.0
	for _, k := range all {
		best = max(best, k.score)
	}
	if m.embedder == nil || len(all) < 2 {
		return all, best
	}
	texts := []string{s.clauseText(index)}
	for _, k := range all {
		texts = append(texts, k.unit.clauseText(k.index))
	}
	vectors, ok := m.embed(ctx, texts)
	if !ok {
		return all, best
	}
	top := 0.0
	for i := range all {
		top = max(top, dot(vectors[0], vectors[i+1]))
	}
	best = 0
	for i := range all {
		all[i].score += total * max(0, 1-(top-dot(vectors[0], vectors[i+1]))*12)
		best = max(best, all[i].score)
	}
	return all, best
}

func (r *reading) clauseText(index int) string {
	var words []string
	for _, m := range r.marks {
		if m.clause == index {
			words = append(words, m.raw)
		}
	}
	return strings.Join(words, " ")
}

func (m *meaning) embed(ctx context.Context, texts []string) ([][]float32, bool) {
	out := make([][]float32, len(texts))
	var missing []string
	var places []int
	m.mu.Lock()
	for i, text := range texts {
		if out[i] = m.kept[text]; out[i] == nil {
			missing, places = append(missing, text), append(places, i)
		}
	}
	m.mu.Unlock()
	if len(missing) == 0 {
		return out, true
	}
	ctx, cancel := context.WithTimeoutCause(ctx, m.timeout, fmt.Errorf("vectors of the check timed out after %s", m.timeout))
	defer cancel()
	vectors, err := m.embedder.Embed(ctx, retrieval.InputQuery, missing)
	if err != nil || len(vectors) != len(missing) {
		return nil, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.kept)+len(missing) > mostKept {
		clear(m.kept)
	}
	for i, v := range vectors {
		out[places[i]], m.kept[missing[i]] = v, v
	}
	return out, true
}

func dot(a, b []float32) float64 {
	sum := 0.0
	for i := range min(len(a), len(b)) {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}
