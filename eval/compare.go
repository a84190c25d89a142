package eval

import (
	"maps"
	"math/rand/v2"
	"slices"
)

// Comparison is two runs, case by case.
type Comparison struct {
	A       string       `json:"a"` // id of the earlier run
	B       string       `json:"b"`
	Figures []Difference `json:"figures"`
	OnlyA   int          `json:"only_a"` // cases that the other run does not have
	OnlyB   int          `json:"only_b"`
	Unasked int          `json:"unasked"` // cases in which the target failed in either run
}

// Difference is one figure in two runs, counted over the cases that both have.
type Difference struct {
	Figure      string     `json:"figure"`
	Suite       string     `json:"suite,omitempty"`
	Lang        string     `json:"lang,omitempty"`
	N           int        `json:"n"`
	A           float64    `json:"a"`
	B           float64    `json:"b"`
	Diff        float64    `json:"diff"` // b - a
	Interval    [2]float64 `json:"interval"`
	P           float64    `json:"p"`
	Verdict     string     `json:"verdict"`
	NewFailures []string   `json:"new_failures"`
	NewPasses   []string   `json:"new_passes"`
}

// The verdicts of a comparison.
const (
	VerdictBetter = "better"
	VerdictWorse  = "worse"
	VerdictNone   = "no difference can be shown"
)

// significant is the p-value below which a difference is called one.
const significant = 0.05

// Compare pairs two runs by case. Shares of passes are compared by McNemar's
// exact test, the latency's median by a paired bootstrap.
func Compare(a, b Report, seed uint64) Comparison {
	before := map[string]CaseRun{}
	for _, c := range a.Cases {
		if c.Repeat == 0 {
			before[c.Key()] = c
		}
	}
	out := Comparison{A: a.ID, B: b.ID}
	groups := map[scope][]pair{}
	paired := 0
	for _, c := range b.Cases {
		if c.Repeat != 0 {
			continue
		}
		earlier, there := before[c.Key()]
		if !there {
			out.OnlyB++
			continue
		}
		paired++
		if earlier.Failure != "" || c.Failure != "" {
			out.Unasked++
			continue
		}
		scopes := []scope{{}, {suite: c.Suite}, {lang: c.Lang}, {suite: c.Suite, lang: c.Lang}}
		slices.SortFunc(scopes, compareScopes)
		for _, s := range slices.Compact(scopes) {
			groups[s] = append(groups[s], pair{earlier, c})
		}
	}
	out.OnlyA = len(before) - paired
	for _, s := range slices.SortedFunc(maps.Keys(groups), compareScopes) {
		out.Figures = append(out.Figures, comparePasses(s, groups[s]))
	}
	if all := groups[scope{}]; len(all) > 0 {
		out.Figures = append(out.Figures, compareLatency(all, seed))
	}
	return out
}

type pair struct{ a, b CaseRun }

func comparePasses(s scope, pairs []pair) Difference {
	d := Difference{Figure: "pass", Suite: s.suite, Lang: s.lang, N: len(pairs), NewFailures: []string{}, NewPasses: []string{}}
	hitsA, hitsB := 0, 0
	for _, p := range pairs {
		if p.a.Pass {
			hitsA++
		}
		if p.b.Pass {
			hitsB++
		}
		switch {
		case p.a.Pass && !p.b.Pass:
			d.NewFailures = append(d.NewFailures, p.b.Key())
		case !p.a.Pass && p.b.Pass:
			d.NewPasses = append(d.NewPasses, p.b.Key())
		}
	}
	n := float64(len(pairs))
	d.A, d.B = float64(hitsA)/n, float64(hitsB)/n
	d.Diff = d.B - d.A
	interval := pairedDifference(len(d.NewFailures), len(d.NewPasses), len(pairs))
	d.Interval = [2]float64{interval.Low, interval.High}
	d.P = McNemar(len(d.NewFailures), len(d.NewPasses))
	d.Verdict = verdict(d.P, d.Diff)
	return d
}

func verdict(p, diff float64) string {
	switch {
	case p >= significant || diff == 0:
		return VerdictNone
	case diff > 0:
		return VerdictBetter
	}
	return VerdictWorse
}

// compareLatency resamples the pairs: turns of the same question are as fast or
// slow together.
func compareLatency(pairs []pair, seed uint64) Difference {
	var a, b []float64
	for _, p := range pairs {
		if x, y := p.a.took(), p.b.took(); x > 0 && y > 0 {
			a, b = append(a, x), append(b, y)
		}
	}
	d := Difference{Figure: "latency_total_p50", N: len(a), P: 1, Verdict: VerdictNone, NewFailures: []string{}, NewPasses: []string{}}
	if len(a) == 0 {
		return d
	}
	d.A, d.B = median(a), median(b)
	d.Diff = d.B - d.A
	against := 0
	interval := bootstrap(seed, func(random *rand.Rand) float64 {
		x, y := make([]float64, len(a)), make([]float64, len(a))
		for i := range x {
			k := random.IntN(len(a))
			x[i], y[i] = a[k], b[k]
		}
		diff := median(y) - median(x)
		if diff*d.Diff <= 0 {
			against++
		}
		return diff
	})
	d.Interval = [2]float64{interval.Low, interval.High}
	d.P = min(1, 2*float64(against+1)/float64(resamples+1))
	switch {
	case d.P >= significant || d.Diff == 0:
	case d.Diff < 0:
		d.Verdict = VerdictBetter
	default:
		d.Verdict = VerdictWorse
	}
	return d
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return quantile(sorted, 0.5)
}

// took is the time of all turns of a case.
func (c CaseRun) took() float64 {
	sum := 0.0
	for _, t := range c.Turns {
		if t.Reply != nil {
			sum += t.Reply.MS.Total
		}
	}
	return sum
}
