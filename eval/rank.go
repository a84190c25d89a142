package eval

import "math"

// depth is how many passages the ranking figures look at.
const depth = 10

// ranking scores what retrieval found against the places that answer: recall@5,
// MRR, nDCG@10 and context precision (the mean precision at each relevant place).
// A target without a trace, and a case that names no relevant place, count in
// none of them.
func (t *tally) ranking(e Expect, r Reply) {
	places := e.Relevant
	if len(places) == 0 {
		places = e.Cites
	}
	if len(places) == 0 || r.Trace == nil || len(r.Trace.Found) == 0 {
		return
	}
	found := r.Trace.Found[:min(depth, len(r.Trace.Found))]
	var hit, first, gain, precision float64
	ideal := 0.0
	seen := map[Place]bool{}
	for i, f := range found {
		place, ok := relevant(places, f)
		if !ok || seen[place] {
			continue
		}
		seen[place] = true
		hit++
		if first == 0 {
			first = 1 / float64(i+1)
		}
		gain += 1 / math.Log2(float64(i)+2)
		precision += hit / float64(i+1)
	}
	early := 0.0
	for place := range seen {
		for i, f := range found[:min(5, len(found))] {
			if p, ok := relevant(places, f); ok && p == place && i < 5 {
				early++
				break
			}
		}
	}
	for i := range min(len(places), depth) {
		ideal += 1 / math.Log2(float64(i)+2)
	}
	t.value("retrieval_recall_at_5", early/float64(len(places)))
	t.value("retrieval_mrr", first)
	t.value("retrieval_ndcg_at_10", gain/ideal)
	if hit > 0 {
		precision /= hit
	}
	t.value("context_precision", precision)
}

// relevant returns the place that a found passage is at.
func relevant(places []Place, f Found) (Place, bool) {
	for _, p := range places {
		if anyOf(p.Source, f.Source) && (p.Page == 0 || p.Page == f.Page) && (p.Quote == "" || says(f.Text, p.Quote)) {
			return p, true
		}
	}
	return Place{}, false
}
