package eval

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Gate is one condition that a run must hold.
type Gate struct {
	Figure  string
	Suite   string // "", a name, or "each": one verdict for each that the run has
	Lang    string
	Label   string
	Mutator string

	AtLeast       *float64
	AtMost        *float64
	TimesBaseline *float64 // at most so many times the baseline's value
	Surely        bool     // the interval's bound counts, not the value
	MinN          int      // fewer cases than these are no proof: the gate fails

	NoFailure    bool // of the cases in scope, known weaknesses apart
	NoNewFailure bool // against the baseline
}

// Verdict is a gate's answer.
type Verdict struct {
	Gate  string   `json:"gate"`
	Pass  bool     `json:"pass"`
	Why   string   `json:"why"`
	Cases []string `json:"cases,omitempty"` // that made it fail
}

func (v Verdict) String() string {
	word := "pass"
	if !v.Pass {
		word = "FAIL"
	}
	return fmt.Sprintf("gate %s: %s: %s", word, v.Gate, v.Why)
}

// ReadGates reads a gate file. The error is [Problems].
func ReadGates(name string, data []byte) ([]Gate, error) {
	r := &paper{file: name}
	var gates []Gate
	if n := r.document(data); n != nil {
		r.fields(n, "a gate file", map[string]func(*yaml.Node){
			"gates": func(n *yaml.Node) {
				r.each(n, "gates", func(n *yaml.Node) { gates = append(gates, r.gate(n)) })
			},
		})
	}
	if len(gates) == 0 && len(r.problems) == 0 {
		r.wrong(nil, "the file has no gates")
	}
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	return gates, nil
}

func (r *paper) gate(n *yaml.Node) Gate {
	var g Gate
	bound := func(to **float64, what string) func(*yaml.Node) {
		return func(n *yaml.Node) {
			var v float64
			r.number(&v, what)(n)
			*to = &v
		}
	}
	r.fields(n, "a gate", map[string]func(*yaml.Node){
		"figure":                 r.text(&g.Figure, "figure"),
		"suite":                  r.text(&g.Suite, "suite"),
		"lang":                   r.text(&g.Lang, "lang"),
		"label":                  r.text(&g.Label, "label"),
		"mutator":                r.text(&g.Mutator, "mutator"),
		"at_least":               bound(&g.AtLeast, "at_least"),
		"at_most":                bound(&g.AtMost, "at_most"),
		"at_most_times_baseline": bound(&g.TimesBaseline, "at_most_times_baseline"),
		"surely":                 r.boolean(&g.Surely, "surely"),
		"min_n":                  r.count(&g.MinN, "min_n"),
		"no_failure":             r.boolean(&g.NoFailure, "no_failure"),
		"no_new_failure":         r.boolean(&g.NoNewFailure, "no_new_failure"),
	})
	conditions := 0
	for _, set := range []bool{g.AtLeast != nil, g.AtMost != nil, g.TimesBaseline != nil, g.NoFailure, g.NoNewFailure} {
		if set {
			conditions++
		}
	}
	switch {
	case conditions != 1:
		r.wrong(n, "a gate has exactly one of at_least, at_most, at_most_times_baseline, no_failure, no_new_failure")
	case g.Figure == "" && !g.NoFailure && !g.NoNewFailure:
		r.wrong(n, "a gate names its `figure`")
	}
	return g
}

// DefaultGates are those of a run without a gate file: no case of a suite that
// must pass fails, but those that are known to.
func DefaultGates(suites []Suite) []Gate {
	var gates []Gate
	for _, s := range suites {
		if s.MustPass {
			gates = append(gates, Gate{Suite: s.Name, NoFailure: true})
		}
	}
	return gates
}

// Decide returns a verdict for each gate. The baseline may be nil; a gate that
// needs one then fails and says so.
func Decide(gates []Gate, run Report, baseline *Report) []Verdict {
	verdicts := []Verdict{}
	for _, g := range gates {
		for _, one := range g.expand(run) {
			verdicts = append(verdicts, one.decide(run, baseline))
		}
	}
	return verdicts
}

// expand makes one gate for each value where a scope says "each".
func (g Gate) expand(run Report) []Gate {
	out := []Gate{g}
	for _, axis := range []struct {
		of   func(*Gate) *string
		from func(CaseRun) string
	}{
		{func(g *Gate) *string { return &g.Suite }, func(c CaseRun) string { return c.Suite }},
		{func(g *Gate) *string { return &g.Lang }, func(c CaseRun) string { return c.Lang }},
		{func(g *Gate) *string { return &g.Label }, func(c CaseRun) string { return c.Label }},
		{func(g *Gate) *string { return &g.Mutator }, func(c CaseRun) string { return c.Mutator }},
	} {
		if *axis.of(&g) != "each" {
			continue
		}
		var next []Gate
		for _, one := range out {
			for _, value := range valuesOf(one.inScope(run, axis.of), axis.from) {
				narrowed := one
				*axis.of(&narrowed) = value
				next = append(next, narrowed)
			}
		}
		out = next
	}
	return out
}

// inScope returns the cases in a gate's scope but for one axis that is open.
func (g Gate) inScope(run Report, open func(*Gate) *string) []CaseRun {
	*open(&g) = ""
	var out []CaseRun
	for _, c := range run.Cases {
		if g.covers(c) {
			out = append(out, c)
		}
	}
	return out
}

// covers tells whether a case is in a gate's scope. Cases that a mutator changed
// are only where the gate names it: their figure is the drop.
func (g Gate) covers(c CaseRun) bool {
	if c.Mutator != "" && g.Mutator == "" {
		return false
	}
	fits := func(want, got string) bool { return want == "" || want == "each" || want == got }
	return fits(g.Suite, c.Suite) && fits(g.Lang, c.Lang) && fits(g.Label, c.Label) && fits(g.Mutator, c.Mutator)
}

func valuesOf(cases []CaseRun, of func(CaseRun) string) []string {
	var values []string
	for _, c := range cases {
		if v := of(c); v != "" && !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	slices.Sort(values)
	return values
}

func (g Gate) decide(run Report, baseline *Report) Verdict {
	switch {
	case g.NoFailure:
		return g.noFailure(run)
	case g.NoNewFailure:
		return g.noNewFailure(run, baseline)
	}
	return g.figure(run, baseline)
}

func (g Gate) noFailure(run Report) Verdict {
	v := Verdict{Gate: g.name(MustGate), Pass: true}
	n, known := 0, 0
	for _, c := range run.Cases {
		if !g.covers(c) {
			continue
		}
		n++
		switch {
		case c.Pass:
		case c.Known != "":
			known++
		default:
			v.Cases = append(v.Cases, c.Key())
		}
	}
	v.Pass = len(v.Cases) == 0 && n > 0 && n >= g.MinN
	v.Why = fmt.Sprintf("%d of %d cases fail%s", len(v.Cases), n, knownText(known))
	return v
}

func knownText(known int) string {
	if known == 0 {
		return ""
	}
	return fmt.Sprintf(", beside %d known weaknesses", known)
}

func (g Gate) noNewFailure(run Report, baseline *Report) Verdict {
	v := Verdict{Gate: g.name("no new failure")}
	if baseline == nil {
		v.Why = "there is no baseline; give --baseline RUN"
		return v
	}
	passed := map[string]bool{}
	for _, c := range baseline.Cases {
		// A case that the baseline could not ask may have passed.
		passed[c.Key()] = passed[c.Key()] || c.Pass || c.Failure != ""
	}
	n := 0
	for _, c := range run.Cases {
		if !g.covers(c) {
			continue
		}
		before, there := passed[c.Key()]
		n++
		if !c.Pass && (there && before || !there && c.Known == "") {
			v.Cases = append(v.Cases, c.Key())
		}
	}
	v.Pass = len(v.Cases) == 0 && n > 0
	v.Why = fmt.Sprintf("%d of %d cases fail that passed in %s or are new", len(v.Cases), n, baseline.ID)
	return v
}

func (g Gate) figure(run Report, baseline *Report) Verdict {
	v := Verdict{Gate: g.name(g.Figure)}
	f, ok := run.find(g)
	switch {
	case !ok:
		v.Why = "the run has no such figure"
		return v
	case f.N < g.MinN:
		v.Why = fmt.Sprintf("only %d cases, %d are wanted", f.N, g.MinN)
		return v
	}
	low, high := f.Value, f.Value
	if g.Surely {
		low, high = f.Interval.Low, f.Interval.High
	}
	got := fmt.Sprintf("%s (95%%: %s to %s, n %d)", f.show(f.Value), f.show(f.Interval.Low), f.show(f.Interval.High), f.N)
	switch {
	case g.AtLeast != nil:
		v.Pass = low >= *g.AtLeast
		v.Why = got + ", at least " + f.show(*g.AtLeast) + " is wanted"
	case g.AtMost != nil:
		v.Pass = high <= *g.AtMost
		v.Why = got + ", at most " + f.show(*g.AtMost) + " is wanted"
	case baseline == nil:
		v.Why = "there is no baseline; give --baseline RUN"
	default:
		before, there := baseline.find(g)
		if !there {
			v.Why = "the baseline has no such figure"
			return v
		}
		v.Pass = f.Value <= before.Value**g.TimesBaseline
		v.Why = fmt.Sprintf("%s, at most %g × %s is wanted", got, *g.TimesBaseline, f.show(before.Value))
	}
	return v
}

// show writes a value in the figure's unit.
func (f Figure) show(v float64) string {
	switch f.Unit {
	case "share":
		return fmt.Sprintf("%.1f%%", 100*v)
	case "ms":
		return fmt.Sprintf("%.1f ms", v)
	}
	return fmt.Sprintf("%.3f", v)
}

func (r Report) find(g Gate) (Figure, bool) {
	for _, f := range r.Figures {
		if f.Name == g.Figure && f.Suite == g.Suite && f.Lang == g.Lang && f.Label == g.Label && f.Mutator == g.Mutator {
			return f, true
		}
	}
	return Figure{}, false
}

// name is a gate's name for people.
func (g Gate) name(what string) string {
	parts := []string{what}
	for _, part := range []string{g.Suite, g.Label, g.Lang, g.Mutator} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " · ")
}

// Passed tells whether every gate holds.
func (r Report) Passed() bool {
	return !slices.ContainsFunc(r.Gates, func(v Verdict) bool { return !v.Pass })
}
