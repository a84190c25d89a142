package eval_test

import (
	"strings"
	"testing"

	"frontdesk/eval"
)

func TestMutatorsAreRepeatableByTheirSeed(t *testing.T) {
	t.Parallel()
	s := read(t, "suite: s\nexpect: {outcome: answered}\ncases:\n  fr: [\"Bonjour, à quelle heure ouvrez-vous le samedi 28 novembre ?\"]\n  ru: [\"Здравствуйте, сколько стоит приём кардиолога?\"]\n  ar: [\"من فضلكم كم سعر استشارة القلب عندكم؟\"]\n")
	for _, m := range eval.Mutators() {
		one, two := eval.Mutate(s, m, 7), eval.Mutate(s, m, 7)
		if len(one) == 0 {
			t.Errorf("%s changes nothing", m.Name)
		}
		for i := range one {
			if one[i].Hash() != two[i].Hash() {
				t.Errorf("%s: the same seed gives other words", m.Name)
			}
			if one[i].Origin == "" || one[i].Mutator != m.Name || one[i].ID == one[i].Origin {
				t.Errorf("%s: %+v does not say where it is from", m.Name, one[i])
			}
			if last := one[i].Turns[len(one[i].Turns)-1]; len(last.Expect.Outcome) != 1 || strings.TrimSpace(last.Say) == "" {
				t.Errorf("%s: the last turn is %+v", m.Name, last)
			}
		}
	}
}

func TestAMutatorKeepsNumbers(t *testing.T) {
	t.Parallel()
	s := read(t, "suite: s\nlang: en\nexpect: {outcome: answered}\ncases: [\"is 28 November at 14:30 possible for 2 people\"]\n")
	for _, m := range eval.Mutators() {
		for seed := range uint64(20) {
			for _, c := range eval.Mutate(s, m, seed) {
				all := ""
				for _, turn := range c.Turns {
					all += turn.Say + " "
				}
				for _, number := range []string{"28", "14:30"} {
					if !strings.Contains(strings.ReplaceAll(all, "1430", "14:30"), number) {
						t.Errorf("%s, seed %d: %q lost %s", m.Name, seed, all, number)
					}
				}
			}
		}
	}
}

func TestRobustnessIsTheDropAgainstTheCaseAsItWas(t *testing.T) {
	t.Parallel()
	s := read(t, "suite: s\nlang: en\nexpect: {outcome: smalltalk}\ncases: [good morning to you, thanks so much for that]\n")
	for _, m := range eval.Mutators() {
		if m.Name == "upper" {
			s.Cases = append(s.Cases, eval.Mutate(s, m, 1)...)
		}
	}
	var a eval.Answers
	for _, c := range s.Cases {
		r := said("smalltalk", "hello")
		if c.Mutator != "" && strings.HasPrefix(c.Turns[0].Say, "GOOD") {
			r.Outcome = "spam"
		}
		a.Answers = append(a.Answers, eval.Answer{Case: c.Hash(), Replies: []eval.Reply{r}})
	}
	report := eval.NewReport([]eval.Suite{s}, a, 1, 1)
	found := false
	for _, f := range report.Figures {
		if f.Name == "pass" && f.Suite == "" && f.Mutator == "" && f.N != 2 {
			t.Errorf("mutated cases count among the others: %+v", f)
		}
		if f.Name == "robustness_drop" && f.Lang == "" {
			found = true
			if f.Value != 0.5 || f.N != 2 || f.Mutator != "upper" {
				t.Errorf("got %+v", f)
			}
		}
	}
	if !found {
		t.Error("there is no figure of robustness")
	}
}

func TestASampleIsOfEachLanguage(t *testing.T) {
	t.Parallel()
	suites, err := eval.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range suites {
		one, two := eval.Sample(s, 3, 5), eval.Sample(s, 3, 5)
		count := map[string]int{}
		for i, c := range one.Cases {
			count[c.Lang]++
			if c.ID != two.Cases[i].ID {
				t.Fatalf("%s: the same seed gives other cases", s.Name)
			}
		}
		for lang, n := range count {
			if n > 3 {
				t.Errorf("%s: %d cases in %s", s.Name, n, lang)
			}
		}
		if len(one.Cases) == 0 {
			t.Errorf("%s: nothing is left", s.Name)
		}
	}
}
