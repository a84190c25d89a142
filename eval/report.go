package eval

import (
	"slices"
	"strings"
	"time"
)

// FormatVersion is that of run.json; docs/eval-run.schema.json describes it.
const FormatVersion = 1

// Report is a run with everything that was asked, got and judged: run.json.
type Report struct {
	Version  int         `json:"version"`
	ID       string      `json:"id"`
	Made     time.Time   `json:"made"`
	Took     float64     `json:"took_s"`
	Seed     uint64      `json:"seed"`
	Repeat   int         `json:"repeat"`
	Cached   int         `json:"cached"` // cases whose replies were there already
	Target   Identity    `json:"target"`
	Baseline string      `json:"baseline,omitempty"` // id of the run that it was gated against
	Suites   []SuiteRun  `json:"suites"`
	Figures  []Figure    `json:"figures"`
	Gates    []Verdict   `json:"gates"`
	Overhead float64     `json:"overhead,omitempty"` // of the harness, as a share of the turns' own time
	Cases    []CaseRun   `json:"cases"`
	Flaky    []string    `json:"flaky,omitempty"` // cases whose repeats disagree
	Sign     *Signature  `json:"signature,omitempty"`
	Compared *Comparison `json:"compared,omitempty"`

	was map[string]CaseRun // the baseline's cases whose verdict changed
}

// SuiteRun is a suite as it was run.
type SuiteRun struct {
	Name     string `json:"suite"`
	Title    string `json:"title,omitempty"`
	MustPass bool   `json:"must_pass"`
	Hash     string `json:"hash"`
	Cases    int    `json:"cases"`
}

// CaseRun is a case with its replies and checks.
type CaseRun struct {
	ID      string    `json:"id"`
	Suite   string    `json:"suite"`
	Lang    string    `json:"lang,omitempty"`
	Label   string    `json:"label"`
	Hash    string    `json:"hash"`
	Repeat  int       `json:"repeat,omitempty"`
	Known   string    `json:"known,omitempty"`
	Mutator string    `json:"mutator,omitempty"`
	Origin  string    `json:"origin,omitempty"`
	Pass    bool      `json:"pass"`
	Failure string    `json:"failure,omitempty"` // of the target
	Turns   []TurnRun `json:"turns"`
}

// TurnRun is one turn of a case.
type TurnRun struct {
	Turn
	Reply  *Reply  `json:"reply,omitempty"`
	Checks []Check `json:"checks"`
}

// Signature is who answers for a report.
type Signature struct {
	By string    `json:"by"`
	At time.Time `json:"at"`
}

// Key names a case across runs.
func (c CaseRun) Key() string { return c.Suite + "/" + c.ID }

// Failed returns the checks that did not hold.
func (c CaseRun) Failed() []Check {
	var failed []Check
	for _, t := range c.Turns {
		for _, check := range t.Checks {
			if !check.Pass {
				failed = append(failed, check)
			}
		}
	}
	return failed
}

// Why says in one line why a case failed.
func (c CaseRun) Why() string {
	if c.Failure != "" {
		return c.Failure
	}
	var why []string
	for _, f := range c.Failed() {
		why = append(why, f.Name+": "+f.Want+"; got "+f.Got)
	}
	return strings.Join(why, " | ")
}

// NewReport scores answers and works out the figures. It is pure: the same
// answers give the same report.
func NewReport(suites []Suite, answers Answers, repeat int, seed uint64) Report {
	r := Report{Version: FormatVersion, Seed: seed, Repeat: max(repeat, 1), Cached: answers.Cached, Took: answers.Took.Seconds(), Overhead: answers.Overhead()}
	i := 0
	for _, s := range suites {
		r.Suites = append(r.Suites, SuiteRun{s.Name, s.Title, s.MustPass, s.hash(), len(s.Cases)})
		for _, c := range s.Cases {
			for range r.Repeat {
				if a := answers.Answers[i]; a.Case != "" {
					r.Cases = append(r.Cases, scored(c, a))
				}
				i++
			}
		}
	}
	r.Figures = figures(r.Cases, seed)
	r.Flaky = flaky(r.Cases)
	return r
}

func scored(c Case, a Answer) CaseRun {
	run := CaseRun{
		ID: c.ID, Suite: c.Suite, Lang: c.Lang, Label: c.Label, Hash: c.Hash(), Repeat: a.Repeat,
		Known: c.Known, Mutator: c.Mutator, Origin: c.Origin, Failure: a.Failure, Pass: a.Failure == "",
	}
	checks := Score(c, a.Replies)
	for i, t := range c.Turns {
		turn := TurnRun{Turn: t, Checks: []Check{}}
		if i < len(a.Replies) {
			turn.Reply = &a.Replies[i]
		}
		for _, check := range checks {
			if check.Turn == i+1 {
				turn.Checks = append(turn.Checks, check)
				run.Pass = run.Pass && check.Pass
			}
		}
		run.Turns = append(run.Turns, turn)
	}
	return run
}

// flaky returns the cases whose repeats do not agree.
func flaky(cases []CaseRun) []string {
	verdicts := map[string][2]bool{}
	var out []string
	for _, c := range cases {
		v := verdicts[c.Key()]
		if c.Pass {
			v[1] = true
		} else {
			v[0] = true
		}
		verdicts[c.Key()] = v
		if v == [2]bool{true, true} && !slices.Contains(out, c.Key()) {
			out = append(out, c.Key())
		}
	}
	return out
}

// CompareTo puts the comparison with an earlier run into the report, with both
// replies of the cases whose verdict changed.
func (r *Report) CompareTo(baseline Report) {
	compared := Compare(baseline, *r, r.Seed)
	r.Compared, r.Baseline, r.was = &compared, baseline.ID, map[string]CaseRun{}
	changed := map[string]bool{}
	for _, d := range compared.Figures {
		for _, key := range append(slices.Clone(d.NewFailures), d.NewPasses...) {
			changed[key] = true
		}
	}
	for _, c := range baseline.Cases {
		if changed[c.Key()] && c.Repeat == 0 {
			r.was[c.Key()] = c
		}
	}
}
