package eval

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// JudgeOptions say how a candidate is judged against what is live.
type JudgeOptions struct {
	Options
	Budget time.Duration // after which no further cases are begun; 0: all are asked
	Seed   uint64
}

// Judged is what came of both, over the cases that were asked.
type Judged struct {
	Candidate Report // compared with Live, its gates decided
	Live      Report
	Cases     int // that there were
}

// judgeChunk is how many cases are put to both before the clock is looked at.
const judgeChunk = 24

// The gates of a judgement by name: of the suites that must pass (the suite follows),
// and of the time.
const (
	MustGate = "no failure"
	TimeGate = "asked in time"
)

// Judge puts suites to what is live and to a candidate, a few cases at a time, until
// all were asked or the budget is spent. Suites that must pass come first and are
// asked whole; of the others each has its turn. The candidate's gates: no case fails
// that passes now, and none fails of a suite that must pass; a suite of which nothing
// was asked in time fails them, too.
func Judge(ctx context.Context, live, candidate Target, suites []Suite, o JudgeOptions) (Judged, error) {
	began, order := o.Now(), inTurn(suites)
	before, after := map[string]Answer{}, map[string]Answer{}
	progress := o.Progress
	for at := 0; at < len(order); {
		if o.Budget > 0 && at > 0 && o.Now().Sub(began) > o.Budget && !order[at].must {
			break
		}
		chunk := order[at:min(at+judgeChunk, len(order))]
		for i, ask := range []struct {
			target Target
			to     map[string]Answer
		}{{live, before}, {candidate, after}} {
			one := o.Options
			one.Session = fmt.Sprintf("%s-%d", o.Session, i) // the dialogues of both are strangers
			one.Progress = func(done, _ int) {
				if progress != nil {
					progress(2*at+i*len(chunk)+done, 2*len(order))
				}
			}
			if err := askChunk(ctx, ask.target, chunk, one, ask.to); err != nil {
				return Judged{}, err
			}
		}
		at += len(chunk)
	}
	took := o.Now().Sub(began)
	asked := askedOf(suites, after)
	j := Judged{Cases: len(order)}
	j.Live = reportOf(asked, before, took, o.Seed)
	j.Live.ID = "live"
	j.Candidate = reportOf(asked, after, took, o.Seed)
	j.Candidate.CompareTo(j.Live)
	j.Candidate.Gates = append(Decide(judgeGates(suites), j.Candidate, &j.Live), inTime(suites, after))
	return j, nil
}

// turnCase is a case in the order in which a judgement asks.
type turnCase struct {
	Case
	must bool
}

// inTurn orders the cases of suites: all of those that must pass, then one of each
// other suite at a time.
func inTurn(suites []Suite) []turnCase {
	var order []turnCase
	most := 0
	for _, s := range suites {
		if s.MustPass {
			for _, c := range s.Cases {
				order = append(order, turnCase{c, true})
			}
			continue
		}
		most = max(most, len(s.Cases))
	}
	for i := range most {
		for _, s := range suites {
			if !s.MustPass && i < len(s.Cases) {
				order = append(order, turnCase{s.Cases[i], false})
			}
		}
	}
	return order
}

func caseKey(c Case) string { return c.Suite + "/" + c.ID }

func askChunk(ctx context.Context, target Target, chunk []turnCase, o Options, to map[string]Answer) error {
	one := Suite{}
	for _, c := range chunk {
		one.Cases = append(one.Cases, c.Case)
	}
	answers, err := Ask(ctx, target, []Suite{one}, o)
	if err != nil {
		return err
	}
	for i, a := range answers.Answers {
		to[caseKey(chunk[i].Case)] = a
	}
	return nil
}

// askedOf leaves of the suites what was asked.
func askedOf(suites []Suite, asked map[string]Answer) []Suite {
	out := make([]Suite, len(suites))
	for i, s := range suites {
		out[i] = s
		out[i].Cases = slices.DeleteFunc(slices.Clone(s.Cases), func(c Case) bool { return asked[caseKey(c)].Case == "" })
	}
	return out
}

func reportOf(suites []Suite, answers map[string]Answer, took time.Duration, seed uint64) Report {
	all := Answers{Took: took}
	for _, s := range suites {
		for _, c := range s.Cases {
			all.Answers = append(all.Answers, answers[caseKey(c)])
		}
	}
	return NewReport(suites, all, 1, seed)
}

func judgeGates(suites []Suite) []Gate {
	return append([]Gate{{NoNewFailure: true}}, DefaultGates(suites)...)
}

// inTime fails a judgement that had no time for a suite.
func inTime(suites []Suite, asked map[string]Answer) Verdict {
	v := Verdict{Gate: TimeGate, Pass: true}
	n, all := 0, 0
	for _, s := range suites {
		of := 0
		for _, c := range s.Cases {
			if asked[caseKey(c)].Case != "" {
				of++
			}
		}
		if of == 0 && len(s.Cases) > 0 {
			v.Pass = false
			v.Cases = append(v.Cases, s.Name)
		}
		n, all = n+of, all+len(s.Cases)
	}
	v.Why = fmt.Sprintf("%d of %d cases were asked", n, all)
	return v
}

// Refusals says in a line for each gate why a candidate may not; none: it may.
func (j Judged) Refusals() []string {
	var why []string
	for _, v := range j.Candidate.Gates {
		if !v.Pass {
			why = append(why, v.Gate+": "+v.Why)
		}
	}
	return why
}

// ContentFree leaves of a suite what holds at any clinic: cases that break and give
// nothing on purpose and whose outcome does not follow from the sample clinic's documents,
// without the words and places that only those have.
func ContentFree(s Suite) Suite {
	var cases []Case
	for _, c := range s.Cases {
		c.Turns = slices.Clone(c.Turns)
		bound := !c.Given.isZero()
		for i := range c.Turns {
			e := &c.Turns[i].Expect
			e.Contains, e.Cites, e.Relevant = nil, nil, nil
			bound = bound || c.Turns[i].staged() || slices.Contains(e.Outcome, "answered") || slices.Contains(e.Outcome, "unanswered") || slices.Contains(e.NotOutcome, "unanswered")
		}
		if !bound {
			cases = append(cases, c)
		}
	}
	s.Cases = cases
	return s
}
