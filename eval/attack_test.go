package eval_test

import (
	"strings"
	"testing"

	"frontdesk/eval"
)

func TestAnAttackFindsTheWeaknessAndTakesBackWhatItDoesNotNeed(t *testing.T) {
	t.Parallel()
	s := read(t, "suite: s\nlang: en\nexpect: {outcome: smalltalk}\ncases: [good morning to everybody at the practice, thank you for the quick reply yesterday, hello again my friends]\n")
	weak := &target{reply: func(q eval.Question) eval.Reply {
		if strings.Contains(q.Text, "GOOD") || strings.Contains(q.Text, "THANK") {
			return said("spam", "no")
		}
		return said("smalltalk", "yes")
	}}
	found, err := eval.Attack(t.Context(), weak, []eval.Suite{s}, eval.AttackOptions{Budget: 400, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	if len(weak.asked) > 400 {
		t.Errorf("%d questions were asked, the budget is 400", len(weak.asked))
	}
	if len(found) == 0 {
		t.Fatal("nothing was found")
	}
	small := false
	for _, f := range found {
		text := f.Case.Turns[0].Say
		if !strings.Contains(text, "GOOD") && !strings.Contains(text, "THANK") || f.Why == "" {
			t.Errorf("%q does not fail: %+v", text, f)
		}
		small = small || text == "GOOD morning to everybody at the practice" || text == "THANK you for the quick reply yesterday"
	}
	if !small {
		t.Errorf("no finding was made as small as it can be: %q", found[0].Case.Turns[0].Say)
	}
	data, err := eval.FindingsSuite(found).YAML()
	if err != nil {
		t.Fatal(err)
	}
	if back, err := eval.ReadSuite("attack.yaml", data); err != nil || len(back.Cases) == 0 {
		t.Errorf("the findings are no suite: %v\n%s", err, data)
	}
}

func TestAnAttackCountsNoFailureOfTheMachine(t *testing.T) {
	t.Parallel()
	s := read(t, "suite: s\nlang: en\nexpect: {outcome: smalltalk}\ncases: [good morning to everybody at the practice]\n")
	sick := &target{reply: func(q eval.Question) eval.Reply {
		r := said("unanswered", "sorry")
		r.Trace = &eval.Trace{Failures: []string{"embeddings"}}
		return r
	}}
	found, err := eval.Attack(t.Context(), sick, []eval.Suite{s}, eval.AttackOptions{Budget: 40, Seed: 3})
	if err != nil || len(found) != 0 {
		t.Errorf("%v, found %+v", err, found)
	}
}
