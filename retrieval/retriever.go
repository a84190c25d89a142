package retrieval

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"time"

	"frontdesk/language"
)

// Options are a retriever's settings; the zero value is what a service wants.
type Options struct {
	Limit      int           // candidates from each side of the first stage; 0: 60
	Rerank     int           // passages that the second stage reads; 0: 80
	Keep       int           // passages returned; 0: 8
	CacheBytes int           // memory for what was read from passages; 0: 32 MiB
	Timeout    time.Duration // of the re-ranking endpoint; 0: 2 s
	Languages  []string      // languages of the passages that dictionary words are looked up in; nil: all
	Now        func() time.Time
}

// Retriever answers questions with passages. It is safe for concurrent use.
type Retriever struct {
	embedder Embedder
	index    Index
	reranker Reranker
	options  Options
	lexicon  *Lexicon
	model    model
	cache    *cache
}

// Result is what retrieval found. Passages are best first, also when the question
// is not answerable.
type Result struct {
	Answerable bool
	Score      float64 // probability that the first passages answer, calibrated
	Passages   []Ranked
	Asked      Asked
	EmbedMS    float64
	SearchMS   float64
	EmbedError error // the embedder failed, terms alone were searched
}

// New returns a retriever. The reranker may be nil: then the built-in one, which
// needs no model, orders the passages.
func New(embedder Embedder, index Index, reranker Reranker, options Options) *Retriever {
	lexicon := NewLexicon()
	fill := func(p *int, n int) {
		if *p <= 0 {
			*p = n
		}
	}
	fill(&options.Limit, 60)
	fill(&options.Rerank, 80)
	fill(&options.Keep, 8)
	fill(&options.CacheBytes, 32<<20)
	if options.Timeout <= 0 {
		options.Timeout = 2 * time.Second
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Languages == nil {
		options.Languages = sortedKeys(lexicon.languages)
	}
	return &Retriever{
		embedder: embedder, index: index, reranker: reranker, options: options,
		lexicon: lexicon, model: loadModel(), cache: newCache(options.CacheBytes / 2),
	}
}

// Lexicon returns the dictionary that the retriever reads questions with.
func (r *Retriever) Lexicon() *Lexicon { return r.lexicon }

// Retrieve returns the passages of a scope that answer a question, and whether
// they do. An embedder that fails leaves the terms to search by, and is named in
// EmbedError; an index that fails is an error.
func (r *Retriever) Retrieve(ctx context.Context, q Question, scope Scope) (Result, error) {
	asked := r.lexicon.Analyse(q)
	result := Result{Asked: asked}
	query := Query{Terms: r.lexicon.searchTerms(q, asked, r.options.Languages), Limit: r.options.Limit}

	began := r.options.Now()
	if vectors, err := r.embedder.Embed(ctx, InputQuery, []string{q.Text}); err != nil {
		result.EmbedError = fmt.Errorf("embed question: %w", err)
	} else if len(vectors) == 1 {
		query.Vector, query.Space = vectors[0], r.embedder.Space()
	}
	embedded := r.options.Now()
	result.EmbedMS = milliseconds(embedded.Sub(began))

	candidates, err := r.index.Search(ctx, scope, query)
	if err != nil {
		return result, fmt.Errorf("search index: %w", err)
	}
	candidates = fuse(candidates, r.options.Rerank)
	r.rank(ctx, q, &result, candidates)
	if err := readFacts(result.Passages, candidates); err != nil {
		return result, fmt.Errorf("read facts: %w", err)
	}
	result.SearchMS = milliseconds(r.options.Now().Sub(embedded))
	return result, nil
}

// readFacts gives the passages that are returned their facts.
func readFacts(ranked []Ranked, candidates []Candidate) error {
	for i := range ranked {
		p := &ranked[i].Passage
		for _, c := range candidates {
			if c.Facts == nil || c.Passage.ID != p.ID {
				continue
			}
			facts, err := c.Facts()
			if err != nil {
				return err
			}
			p.Facts = facts
		}
	}
	return nil
}

func (r *Retriever) rank(ctx context.Context, q Question, result *Result, candidates []Candidate) {
	ready := make([]*prepared, len(candidates))
	for i := range candidates {
		c := &candidates[i]
		if len(c.Sentences) == 0 {
			c.Sentences = stretchesOf(*c)
		}
		// A search by words alone brings other stretches than one with vectors.
		key := c.Passage.Hash + "/" + strconv.Itoa(len(c.Sentences))
		ready[i] = r.cache.get(key, func() *prepared { return r.lexicon.prepare(c.Passage, c.Sentences) })
	}
	ranker := newRanker(result.Asked, q.Language, candidates, ready)
	ranked := newest(ranker.rank(r.model.rank), candidates)
	ranked = r.rerank(ctx, q.Text, ranked)
	result.Score = r.model.answerable(ranker, ranked)
	result.Answerable = len(ranked) > 0 && result.Score >= r.model.threshold
	// A copy: a turn that waits for a model must not hold all that was found.
	result.Passages = slices.Clone(ranked[:min(len(ranked), r.options.Keep)])
}

// stretchesOf splits a passage that came without the stretches stored at ingest.
func stretchesOf(c Candidate) []Stretch {
	var out []Stretch
	for _, s := range language.Sentences(c.Passage.Language, c.Passage.Text) {
		out = append(out, Stretch{Start: s.Start, End: s.End, Cosine: c.Cosine})
	}
	if len(out) == 0 {
		out = []Stretch{{Start: 0, End: len(c.Passage.Text), Cosine: c.Cosine}}
	}
	return out
}

// rerank asks the endpoint, where one is set, to order the best passages; when it
// fails the built-in order stands.
func (r *Retriever) rerank(ctx context.Context, question string, ranked []Ranked) []Ranked {
	if r.reranker == nil || len(ranked) < 2 {
		return ranked
	}
	ctx, cancel := context.WithTimeoutCause(ctx, r.options.Timeout, fmt.Errorf("rerank timed out after %s", r.options.Timeout))
	defer cancel()
	head := ranked[:min(len(ranked), 3*r.options.Keep)]
	texts := make([]string, len(head))
	for i, p := range head {
		texts[i] = p.Passage.Text
	}
	scores, err := r.reranker.Rerank(ctx, question, texts)
	if err != nil || len(scores) != len(head) {
		return ranked
	}
	order := make([]int, len(head))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return scores[order[a]] > scores[order[b]] })
	out := make([]Ranked, 0, len(ranked))
	for _, i := range order {
		out = append(out, head[i])
	}
	return append(out, ranked[len(head):]...)
}

// fuse keeps the best candidates by reciprocal rank on both scores.
func fuse(candidates []Candidate, keep int) []Candidate {
	if len(candidates) <= keep {
		return candidates
	}
	const smoothing = 30
	points := make([]float64, len(candidates))
	order := make([]int, len(candidates))
	add := func(score func(Candidate) float64, none float64) {
		for i := range order {
			order[i] = i
		}
		sort.SliceStable(order, func(a, b int) bool { return score(candidates[order[a]]) > score(candidates[order[b]]) })
		for rank, i := range order {
			if score(candidates[i]) > none {
				points[i] += 1 / float64(smoothing+rank)
			}
		}
	}
	add(func(c Candidate) float64 { return c.Cosine }, -1)
	add(func(c Candidate) float64 { return c.BM25 }, 0)
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return points[order[a]] > points[order[b]] })
	out := make([]Candidate, keep)
	for i := range out {
		out[i] = candidates[order[i]]
	}
	return out
}

// newest drops a passage when one of a revision with a later effective date says
// nearly as much about the question: the same subject twice, the later one counts.
func newest(ranked []Ranked, candidates []Candidate) []Ranked {
	effective := map[string]time.Time{}
	for _, c := range candidates {
		effective[string(c.Passage.ID)] = c.Effective
	}
	out := ranked[:0:0]
	for _, p := range ranked {
		older := false
		for _, q := range ranked {
			older = older || q.Passage.Revision != p.Passage.Revision &&
				effective[string(q.Passage.ID)].After(effective[string(p.Passage.ID)]) && sameMatter(p, q)
		}
		if !older {
			out = append(out, p)
		}
	}
	return out
}

// sameMatter tells whether two passages say the same thing with other values:
// most words of one are words of the other.
func sameMatter(p, q Ranked) bool {
	a, b := wordSet(p.Passage.Text), wordSet(q.Passage.Text)
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	common := 0
	for w := range a {
		if b[w] {
			common++
		}
	}
	return float64(common) >= 0.7*float64(min(len(a), len(b)))
}

func sortSpans(spans []Span) {
	sort.SliceStable(spans, func(a, b int) bool { return spans[a].Score > spans[b].Score })
}

func sortRanked(ranked []Ranked) {
	sort.SliceStable(ranked, func(a, b int) bool { return ranked[a].Score > ranked[b].Score })
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
