package eval_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"frontdesk"
	"frontdesk/eval"
)

func TestIntervalsCoverTheirNominalRate(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 7))
	const rounds = 4000
	for _, p := range []float64{0.02, 0.1, 0.5, 0.9, 0.99} {
		for _, n := range []int{30, 100, 500} {
			covered := 0
			for range rounds {
				hits := 0
				for range n {
					if random.Float64() < p {
						hits++
					}
				}
				if i := eval.Wilson(hits, n); i.Low <= p && p <= i.High {
					covered++
				}
			}
			if rate := float64(covered) / rounds; rate < 0.92 {
				t.Errorf("p %g, n %d: covers %.3f", p, n, rate)
			}
		}
	}
}

func TestWilsonIsTheTextbooks(t *testing.T) {
	t.Parallel()
	// Newcombe 1998, table I: 81 of 263 and 0 of 20.
	for _, test := range []struct {
		hits, n   int
		low, high float64
	}{{81, 263, 0.2553, 0.3662}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}, {15, 148, 0.0624, 0.1605}} {
		got := eval.Wilson(test.hits, test.n)
		if math.Abs(got.Low-test.low) > 0.0001 || math.Abs(got.High-test.high) > 0.0001 {
			t.Errorf("%d/%d: %+v, want %g to %g", test.hits, test.n, got, test.low, test.high)
		}
	}
}

func TestMcNemarIsExact(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		b, c int
		p    float64
	}{{0, 0, 1}, {5, 5, 1}, {0, 5, 0.0625}, {0, 6, 0.03125}, {1, 9, 0.021484375}, {10, 2, 0.03857421875}} {
		if got := eval.McNemar(test.b, test.c); math.Abs(got-test.p) > 1e-9 {
			t.Errorf("%d, %d: %g, want %g", test.b, test.c, got, test.p)
		}
	}
}

// runs makes a report in which the cases named fail, of n.
func runs(t *testing.T, id string, n int, fails ...int) eval.Report {
	t.Helper()
	suites := many(t, n)
	suites[0].MustPass = true
	var a eval.Answers
	for i, c := range suites[0].Cases {
		r := said("smalltalk", "yes")
		for _, f := range fails {
			if f == i {
				r.Outcome = "spam"
			}
		}
		r.MS = frontdesk.Timing{Total: float64(10 + i%7)}
		a.Answers = append(a.Answers, eval.Answer{Case: c.Hash(), Replies: []eval.Reply{r}})
	}
	report := eval.NewReport(suites, a, 1, 1)
	report.ID = id
	return report
}

func TestCompareNamesWhatChangedAndSaysWhenNothingCanBeShown(t *testing.T) {
	t.Parallel()
	a := runs(t, "a", 100, 1, 2)
	same := eval.Compare(a, runs(t, "b", 100, 2, 3), 1).Figures[0]
	if same.Verdict != eval.VerdictNone || len(same.NewFailures) != 1 || len(same.NewPasses) != 1 || same.P != 1 {
		t.Errorf("got %+v", same)
	}
	worse := eval.Compare(a, runs(t, "b", 100, 1, 2, 11, 12, 13, 14, 15, 16, 17), 1).Figures[0]
	if worse.Verdict != eval.VerdictWorse || len(worse.NewFailures) != 7 || worse.P > 0.05 || worse.Interval[1] >= 0 {
		t.Errorf("got %+v", worse)
	}
	better := eval.Compare(runs(t, "a", 100, 11, 12, 13, 14, 15, 16, 17), a, 1).Figures[0]
	if better.Verdict != eval.VerdictBetter && better.Verdict != eval.VerdictNone {
		t.Errorf("got %+v", better)
	}
}

func TestGates(t *testing.T) {
	t.Parallel()
	base := runs(t, "base", 60, 1)
	for text, test := range map[string]struct {
		run  eval.Report
		base *eval.Report
		pass bool
	}{
		"{suite: many, no_failure: true}":                          {runs(t, "r", 60), nil, true},
		"{suite: many, lang: en, no_failure: true}":                {runs(t, "r", 60, 4), nil, false},
		"{suite: other, no_failure: true}":                         {runs(t, "r", 60), nil, false},
		"{no_new_failure: true}":                                   {runs(t, "r", 60, 1), &base, true},
		"{suite: many, no_new_failure: true}":                      {runs(t, "r", 60, 2), &base, false},
		"{lang: each, no_new_failure: true}":                       {runs(t, "r", 60), nil, false},
		"{figure: pass, at_least: 0.95}":                           {runs(t, "r", 60, 1, 2, 3), nil, true},
		"{figure: pass, at_least: 0.95, surely: true}":             {runs(t, "r", 60, 1, 2, 3), nil, false},
		"{figure: pass, at_least: 0.5, min_n: 61}":                 {runs(t, "r", 60), nil, false},
		"{figure: pass, lang: each, suite: each, at_least: 0.99}":  {runs(t, "r", 60, 1), nil, false},
		"{figure: no_such_figure, at_most: 1}":                     {runs(t, "r", 60), nil, false},
		"{figure: spam_precision, at_least: 0.5}":                  {runs(t, "r", 60, 5), nil, false},
		"{figure: latency_total_p95, at_most_times_baseline: 1.2}": {runs(t, "r", 60), &base, true},
		"{figure: latency_total_p95, at_most_times_baseline: 0.9}": {runs(t, "r", 60), &base, false},
		"{figure: latency_total_p95, at_most: 20}":                 {runs(t, "r", 60), &base, true},
	} {
		gates, err := eval.ReadGates("g.yaml", []byte("gates:\n- "+text+"\n"))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		verdicts := eval.Decide(gates, test.run, test.base)
		if len(verdicts) != 1 || verdicts[0].Pass != test.pass {
			t.Errorf("%s: %+v, want %v", text, verdicts, test.pass)
		}
	}
}

func TestAnAbsentBaselineVerdictIsNoExcuse(t *testing.T) {
	t.Parallel()
	base, run := runs(t, "base", 60), runs(t, "r", 60, 2)
	base.Cases[2].Pass, base.Cases[2].Failure = false, "the embedding server was away"
	verdict := eval.Decide([]eval.Gate{{NoNewFailure: true}}, run, &base)[0]
	if verdict.Pass || len(verdict.Cases) != 1 {
		t.Errorf("a failure passes because the baseline could not be asked: %+v", verdict)
	}
	if compared := eval.Compare(base, run, 1); compared.Unasked != 1 || compared.Figures[0].N != 59 {
		t.Errorf("a case without a verdict is compared: %+v", compared)
	}
	run.Cases[7].Pass, run.Cases[7].Failure = false, "away"
	if v := eval.Decide([]eval.Gate{{NoNewFailure: true}}, run, &base)[0]; len(v.Cases) != 2 {
		t.Errorf("a candidate that could not be asked passes: %+v", v)
	}
}

func TestAGateFileIsReadStrictly(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"gates:\n- {figure: pass, at_leest: 1}\n":             "did you mean \"at_least\"",
		"gates:\n- {figure: pass}\n":                          "g.yaml:2: a gate has exactly one of",
		"gates:\n- {at_least: 0.9}\n":                         "names its `figure`",
		"gates:\n- {figure: pass, at_least: 1, at_most: 1}\n": "exactly one",
		"gates: []\n": "no gates",
	} {
		if _, err := eval.ReadGates("g.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestAKnownWeaknessDoesNotFailItsGateButItsFigure(t *testing.T) {
	t.Parallel()
	s := read(t, "suite: s\nmust_pass: true\nlang: en\nexpect: {outcome: smalltalk}\ncases:\n- a\n- {ask: b, known: not yet}\n")
	var a eval.Answers
	for i, outcome := range []string{"smalltalk", "spam"} {
		a.Answers = append(a.Answers, eval.Answer{Case: s.Cases[i].Hash(), Replies: []eval.Reply{said(outcome, "yes")}})
	}
	report := eval.NewReport([]eval.Suite{s}, a, 1, 1)
	report.Gates = eval.Decide(eval.DefaultGates([]eval.Suite{s}), report, nil)
	if !report.Passed() || report.Cases[1].Pass || report.Figures[0].Value != 0.5 {
		t.Errorf("gates %+v, figures %+v", report.Gates, report.Figures[0])
	}
}

func TestFilesOfARunAreWellFormed(t *testing.T) {
	t.Parallel()
	report := runs(t, "r", 20, 3)
	report.Cases[3].Turns[0].Reply.Messages[0].Text = "bad \x00\x0b <script>alert(1)</script> ]]> </script>"
	report.Gates = eval.Decide([]eval.Gate{{NoFailure: true}}, report, nil)
	report.CompareTo(runs(t, "earlier", 20, 4))
	dir := t.TempDir()
	if err := report.WriteTo(dir); err != nil {
		t.Fatal(err)
	}
	back, err := eval.ReadReport(dir)
	if err != nil || back.ID != "r" || len(back.Cases) != 20 || back.Compared == nil {
		t.Errorf("read back: %v, %+v", err, back)
	}
	junit, err := report.JUnit()
	if err != nil {
		t.Fatal(err)
	}
	var parsed struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
	}
	if err := xml.Unmarshal(junit, &parsed); err != nil || parsed.Tests != 21 || parsed.Failures != 2 {
		t.Errorf("JUnit: %v, %+v", err, parsed)
	}
	html, err := report.HTML()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(html, []byte("<script>alert")) || bytes.Contains(html, []byte("src=\"http")) {
		t.Error("a patient's words or an address came into the page as code")
	}
	markdown, err := report.Markdown()
	if err != nil || !bytes.Contains(markdown, []byte("A gate does not hold")) || bytes.Contains(markdown, []byte("<script>")) {
		t.Errorf("Markdown: %v\n%s", err, markdown)
	}
	raw, err := report.JSON()
	if err != nil || !json.Valid(raw) {
		t.Errorf("JSON: %v", err)
	}
}

func TestRetrievalIsScoredByWhereTheAnswerStands(t *testing.T) {
	t.Parallel()
	c := one(eval.Expect{Outcome: []string{"answered"}, Relevant: []eval.Place{{Source: "a.pdf", Page: 2}, {Source: "b.html"}}})
	r := said("answered", "Yes.")
	r.Trace = &eval.Trace{Found: []eval.Found{{Source: "a.pdf", Page: 1}, {Source: "a.pdf", Page: 2}, {Source: "a.pdf", Page: 2}, {Source: "b.html"}}}
	report := eval.NewReport([]eval.Suite{{Name: "s", Cases: []eval.Case{c}}}, eval.Answers{Answers: []eval.Answer{{Case: c.Hash(), Replies: []eval.Reply{r}}}}, 1, 1)
	want := map[string]float64{
		"retrieval_recall_at_5": 1, "retrieval_mrr": 0.5, "context_precision": (1.0/2 + 2.0/4) / 2,
		"retrieval_ndcg_at_10": (1/math.Log2(3) + 1/math.Log2(5)) / (1 + 1/math.Log2(3)),
	}
	for _, f := range report.Figures {
		if v, ok := want[f.Name]; ok && f.Suite == "" && f.Lang == "" {
			delete(want, f.Name)
			if math.Abs(f.Value-v) > 1e-9 {
				t.Errorf("%s is %g, want %g", f.Name, f.Value, v)
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}
