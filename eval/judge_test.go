package eval

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// says is a target that answers questions from a table; each answer takes a second
// of its clock.
type tableTarget struct {
	answers map[string]string
	mu      *sync.Mutex
	clock   *time.Time
}

func (t tableTarget) Ask(_ context.Context, q Question) (Reply, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	*t.clock = t.clock.Add(time.Second)
	return Reply{Outcome: "smalltalk", Lang: "en", Messages: []Message{{Text: t.answers[q.Text]}}}, nil
}

func (tableTarget) Identity(context.Context) (Identity, error) { return Identity{}, nil }

func judgedSuite(name string, must bool, questions ...string) Suite {
	s := Suite{Name: name, MustPass: must}
	for _, q := range questions {
		c := Case{Suite: name, ID: strings.ReplaceAll(q, " ", "-"), Lang: "en", Turns: []Turn{{Say: q, Expect: Expect{Contains: []string{"yes"}}}}}
		s.Cases = append(s.Cases, c)
	}
	return s
}

func TestACandidateIsHeldByWhatGotWorseAndByWhatMustPass(t *testing.T) {
	t.Parallel()
	live := map[string]string{"a": "yes", "b": "no", "c": "yes"}
	for name, test := range map[string]struct {
		suites    []Suite
		candidate map[string]string
		want      string // in the refusals; "": it passes
	}{
		"nothing changed":              {[]Suite{judgedSuite("s", false, "a", "b")}, live, ""},
		"one got better":               {[]Suite{judgedSuite("s", false, "a", "b")}, map[string]string{"a": "yes", "b": "yes"}, ""},
		"one got worse":                {[]Suite{judgedSuite("s", false, "a", "b")}, map[string]string{"a": "no", "b": "yes"}, "no new failure"},
		"one that must pass fails yet": {[]Suite{judgedSuite("s", false, "a"), judgedSuite("m", true, "b")}, live, "no failure · m"},
		"one that must pass passes":    {[]Suite{judgedSuite("m", true, "b")}, map[string]string{"b": "yes"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			clock := time.Unix(0, 0)
			o := JudgeOptions{Options: Options{Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return clock }}}
			j, err := Judge(t.Context(), tableTarget{live, &mu, &clock}, tableTarget{test.candidate, &mu, &clock}, test.suites, o)
			if err != nil {
				t.Fatal(err)
			}
			refusals := strings.Join(j.Refusals(), "\n")
			if (refusals == "") != (test.want == "") || !strings.Contains(refusals, test.want) {
				t.Errorf("refusals %q, want %q", refusals, test.want)
			}
		})
	}
}

func TestAJudgementEndsInTime(t *testing.T) {
	t.Parallel()
	var long []string
	answers := map[string]string{}
	for i := range 400 {
		long = append(long, "question "+string(rune('a'+i%26))+strings.Repeat("x", i/26))
		answers[long[i]] = "yes"
	}
	must, other := judgedSuite("m", true, long[:60]...), judgedSuite("other", false, "z")
	answers["z"] = "yes"
	var mu sync.Mutex
	clock := time.Unix(0, 0)
	var shown []int
	o := JudgeOptions{Budget: time.Minute, Options: Options{
		Now:      func() time.Time { mu.Lock(); defer mu.Unlock(); return clock },
		Progress: func(done, total int) { shown = append(shown, done) },
	}}
	target := tableTarget{answers, &mu, &clock}
	j, err := Judge(t.Context(), target, target, []Suite{judgedSuite("long", false, long...), other, must}, o)
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]int{}
	for _, c := range j.Candidate.Cases {
		asked[c.Suite]++
	}
	if asked["m"] != 60 || asked["long"] == 0 || asked["long"] > 100 || asked["other"] != 1 || j.Cases != 461 {
		t.Errorf("asked %v of %d", asked, j.Cases)
	}
	if len(j.Refusals()) > 0 {
		t.Errorf("refused: %v", j.Refusals())
	}
	if len(shown) == 0 || !slices.IsSorted(shown) {
		t.Errorf("progress %v", shown)
	}
	o.Budget = time.Nanosecond
	j, err = Judge(t.Context(), target, target, []Suite{judgedSuite("m", true, long[:2*judgeChunk]...), judgedSuite("long", false, long...)}, o)
	if err != nil || !strings.Contains(strings.Join(j.Refusals(), "\n"), "asked in time") {
		t.Errorf("without time for a suite: %v, %v", j.Refusals(), err)
	}
}

func TestOnlyWhatHoldsAtAnyClinicIsAskedOfAClinic(t *testing.T) {
	t.Parallel()
	all, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]int{}
	for _, s := range all {
		for _, c := range ContentFree(s).Cases {
			kept[s.Name]++
			for _, turn := range c.Turns {
				if len(turn.Faults) > 0 || slices.Contains(turn.Expect.Outcome, "unanswered") || len(turn.Expect.Cites) > 0 {
					t.Errorf("%s asks the sample clinic's documents", caseKey(c))
				}
			}
		}
	}
	if kept["abstention"] > 0 || kept["emergencies"] < 100 || kept["clinical"] < 100 {
		t.Errorf("kept %v", kept)
	}
}
