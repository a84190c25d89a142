package eval

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"frontdesk"
)

// Figure is one number with what it was counted on. Scope fields that are empty
// mean all.
type Figure struct {
	Name     string   `json:"figure"`
	Suite    string   `json:"suite,omitempty"`
	Lang     string   `json:"lang,omitempty"`
	Label    string   `json:"label,omitempty"`
	Mutator  string   `json:"mutator,omitempty"`
	N        int      `json:"n"`
	Hits     int      `json:"hits,omitempty"` // of a share
	Value    float64  `json:"value"`
	Interval Interval `json:"interval"`
	Unit     string   `json:"unit"` // "share" or "ms", …
}

// Key names a figure across runs.
func (f Figure) Key() string {
	return fmt.Sprintf("%s[%s,%s,%s,%s]", f.Name, f.Suite, f.Lang, f.Label, f.Mutator)
}

// Title is a figure's name for people.
func (f Figure) Title() string {
	title := f.Name
	for _, part := range []string{f.Suite, f.Label, f.Lang, f.Mutator} {
		if part != "" {
			title += " · " + part
		}
	}
	return title
}

// scope is what a figure is counted over.
type scope struct{ suite, lang, label, mutator string }

// figures works out every figure: over everything, for each language, suite and
// label, and for each suite and label in each language, so that no average hides
// a language.
func figures(cases []CaseRun, seed uint64) []Figure {
	groups := map[scope][]CaseRun{}
	for _, c := range cases {
		scopes := []scope{{}, {lang: c.Lang}, {suite: c.Suite}, {suite: c.Suite, lang: c.Lang}}
		if c.Label != c.Suite {
			scopes = append(scopes, scope{label: c.Label}, scope{label: c.Label, lang: c.Lang})
		}
		if c.Mutator != "" {
			scopes = []scope{{mutator: c.Mutator}, {mutator: c.Mutator, lang: c.Lang}, {mutator: c.Mutator, suite: c.Suite}}
		}
		slices.SortFunc(scopes, compareScopes)
		for _, s := range slices.Compact(scopes) {
			groups[s] = append(groups[s], c)
		}
	}
	var all []Figure
	for _, s := range slices.SortedFunc(maps.Keys(groups), compareScopes) {
		all = append(all, figuresOf(s, groups[s], seed)...)
	}
	return append(all, robustness(cases, seed)...)
}

func compareScopes(a, b scope) int {
	return cmp.Or(cmp.Compare(a.suite, b.suite), cmp.Compare(a.label, b.label), cmp.Compare(a.lang, b.lang), cmp.Compare(a.mutator, b.mutator))
}

func figuresOf(s scope, cases []CaseRun, seed uint64) []Figure {
	t := tally{}
	for _, c := range cases {
		t.add(c)
	}
	var out []Figure
	share := func(name string, hits, n int) {
		if n > 0 {
			out = append(out, s.figure(Figure{Name: name, N: n, Hits: hits, Value: float64(hits) / float64(n), Interval: Wilson(hits, n), Unit: "share"}))
		}
	}
	share("pass", t.passed, t.cases)
	for _, name := range slices.Sorted(maps.Keys(t.checks)) {
		share("check_"+name, t.checks[name].hits, t.checks[name].n)
	}
	for _, name := range slices.Sorted(maps.Keys(t.recall)) {
		share(name, t.recall[name].hits, t.recall[name].n)
	}
	for _, name := range slices.Sorted(maps.Keys(t.values)) {
		v := t.values[name]
		out = append(out, s.figure(Figure{Name: name, N: len(v), Value: mean(v), Interval: meanInterval(v, seed), Unit: "mean"}))
	}
	if s.lang == "" && s.mutator == "" {
		out = append(out, t.latencies(s)...)
	}
	return out
}

func (s scope) figure(f Figure) Figure {
	f.Suite, f.Lang, f.Label, f.Mutator = s.suite, s.lang, s.label, s.mutator
	return f
}

type share struct{ hits, n int }

// tally counts the cases of one scope.
type tally struct {
	cases, passed int
	checks        map[string]share
	recall        map[string]share
	values        map[string][]float64
	times         map[string][]float64
}

func (t *tally) add(c CaseRun) {
	t.cases++
	if c.Pass {
		t.passed++
	}
	for _, turn := range c.Turns {
		for _, check := range turn.Checks {
			count(&t.checks, check.Name, check.Pass)
		}
		if turn.Reply == nil {
			continue
		}
		t.decisions(turn.Expect, *turn.Reply)
		t.ranking(turn.Expect, *turn.Reply)
		t.timing(turn.Reply.MS)
		if turn.Reply.Trace != nil && turn.Reply.Trace.Tokens > 0 {
			t.value("tokens", float64(turn.Reply.Trace.Tokens))
			t.value("cost", turn.Reply.Trace.Cost)
		}
	}
}

func count(counts *map[string]share, name string, hit bool) {
	if *counts == nil {
		*counts = map[string]share{}
	}
	s := (*counts)[name]
	s.n++
	if hit {
		s.hits++
	}
	(*counts)[name] = s
}

func (t *tally) value(name string, v float64) {
	if t.values == nil {
		t.values = map[string][]float64{}
	}
	t.values[name] = append(t.values[name], v)
}

// decisions counts recall and precision of the outcomes that matter most, and
// refusals of what should be answered. A turn that expects one outcome is of that
// class; one that expects others, or forbids it, is not; what may be either counts
// in neither.
func (t *tally) decisions(e Expect, r Reply) {
	for _, class := range []frontdesk.Outcome{
		frontdesk.OutcomeEmergency, frontdesk.OutcomeCrisis, frontdesk.OutcomeClinical, frontdesk.OutcomeHandover,
		frontdesk.OutcomePersonalRecord, frontdesk.OutcomeOptedOut, frontdesk.OutcomeSpam, frontdesk.OutcomeUnanswered,
		frontdesk.OutcomeAnswered,
	} {
		name := string(class)
		is := len(e.Outcome) == 1 && e.Outcome[0] == name
		isNot := len(e.Outcome) > 0 && !slices.Contains(e.Outcome, name) || slices.Contains(e.NotOutcome, name)
		if is {
			count(&t.recall, name+"_recall", r.Outcome == name)
		}
		if r.Outcome == name && (is || isNot) {
			count(&t.recall, name+"_precision", is)
		}
	}
	clinical := string(frontdesk.OutcomeClinical)
	if len(e.Outcome) == 1 && e.Outcome[0] == string(frontdesk.OutcomeAnswered) || slices.Contains(e.NotOutcome, clinical) {
		count(&t.recall, "over_refusal", refused(r.Outcome))
	}
	if len(e.Outcome) > 0 && slices.Contains(e.Outcome, clinical) {
		count(&t.recall, "clinical_not_answered", r.Outcome != string(frontdesk.OutcomeAnswered))
	}
}

// refused tells whether an outcome declines to answer.
func refused(outcome string) bool {
	switch frontdesk.Outcome(outcome) {
	case frontdesk.OutcomeClinical, frontdesk.OutcomePersonalRecord, frontdesk.OutcomeOffTopic, frontdesk.OutcomeSpam:
		return true
	}
	return false
}

func (t *tally) timing(ms frontdesk.Timing) {
	if t.times == nil {
		t.times = map[string][]float64{}
	}
	for name, v := range map[string]float64{"total": ms.Total, "screen": ms.Screen, "embed": ms.Embed, "search": ms.Search, "model": ms.Model, "check": ms.Check} {
		t.times[name] = append(t.times[name], v)
	}
}

// latencies are the quantiles of the turns' own times, by stage.
func (t *tally) latencies(s scope) []Figure {
	var out []Figure
	for _, stage := range slices.Sorted(maps.Keys(t.times)) {
		v := t.times[stage]
		slices.Sort(v)
		if v[len(v)-1] == 0 {
			continue
		}
		for _, q := range []struct {
			name string
			at   float64
		}{{"p50", 0.50}, {"p95", 0.95}, {"p99", 0.99}} {
			if stage != "total" && s != (scope{}) {
				continue
			}
			out = append(out, s.figure(Figure{Name: "latency_" + stage + "_" + q.name, N: len(v), Value: quantile(v, q.at), Interval: quantileInterval(v, q.at), Unit: "ms"}))
		}
	}
	return out
}

// robustness is how much the share of passes drops under each mutator, paired by
// the case that it started from.
func robustness(cases []CaseRun, seed uint64) []Figure {
	origin := map[string]bool{}
	for _, c := range cases {
		if c.Mutator == "" && c.Repeat == 0 {
			origin[c.Key()] = c.Pass
		}
	}
	drops := map[scope][]float64{}
	for _, c := range cases {
		before, paired := origin[c.Suite+"/"+c.Origin]
		if c.Mutator == "" || !paired {
			continue
		}
		drop := truth(before) - truth(c.Pass)
		for _, s := range []scope{{mutator: c.Mutator}, {mutator: c.Mutator, lang: c.Lang}} {
			drops[s] = append(drops[s], drop)
		}
	}
	var out []Figure
	for _, s := range slices.SortedFunc(maps.Keys(drops), compareScopes) {
		v := drops[s]
		out = append(out, s.figure(Figure{Name: "robustness_drop", N: len(v), Value: mean(v), Interval: meanInterval(v, seed), Unit: "difference"}))
	}
	return out
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
