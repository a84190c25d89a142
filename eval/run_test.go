package eval_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"frontdesk/eval"
)

// target answers every question by its words and counts them.
type target struct {
	mu    sync.Mutex // protects all following fields
	asked []eval.Question
	fail  func(eval.Question) error
	reply func(eval.Question) eval.Reply
}

func (t *target) Ask(_ context.Context, q eval.Question) (eval.Reply, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asked = append(t.asked, q)
	if t.fail != nil {
		if err := t.fail(q); err != nil {
			return eval.Reply{}, err
		}
	}
	if t.reply != nil {
		return t.reply(q), nil
	}
	return said("smalltalk", "You said: "+q.Text), nil
}

func (t *target) Identity(context.Context) (eval.Identity, error) {
	return eval.Identity{Kind: "process", Code: "a", Content: "b"}, nil
}

func many(t *testing.T, n int) []eval.Suite {
	t.Helper()
	var b strings.Builder
	b.WriteString("suite: many\nlang: en\nexpect: {outcome: smalltalk}\ncases:\n")
	for i := range n {
		fmt.Fprintf(&b, "- question %d\n", i)
	}
	return []eval.Suite{read(t, b.String())}
}

func options(t *testing.T) eval.Options {
	t.Helper()
	return eval.Options{Parallel: 4, Now: time.Now, Session: t.Name()}
}

func TestARunAsksEachCaseOnceAndKeepsTheOrder(t *testing.T) {
	t.Parallel()
	suites, asked := many(t, 50), &target{}
	answers, err := eval.Ask(t.Context(), asked, suites, options(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(asked.asked) != 50 {
		t.Errorf("asked %d times", len(asked.asked))
	}
	for i, a := range answers.Answers {
		if want := fmt.Sprintf("You said: question %d", i); a.Replies[0].Text() != want {
			t.Errorf("answer %d is %q", i, a.Replies[0].Text())
		}
	}
}

func TestAStoppedRunGoesOnWithoutAskingAgain(t *testing.T) {
	t.Parallel()
	suites, path := many(t, 40), filepath.Join(t.TempDir(), "journal.jsonl")
	ctx, cancel := context.WithCancel(t.Context())
	first := &target{}
	first.fail = func(eval.Question) error {
		if len(first.asked) == 20 {
			cancel()
		}
		return nil
	}
	runWith(t, ctx, first, suites, path, func(_ eval.Answers, err error) {
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
	})
	// A kill may leave half a line behind.
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(f, `{"case":"half`)
	f.Close()
	second := &target{}
	runWith(t, t.Context(), second, suites, path, func(answers eval.Answers, err error) {
		if err != nil {
			t.Fatal(err)
		}
		if answers.Cached == 0 || answers.Cached+len(second.asked) != 40 {
			t.Errorf("%d were there, %d were asked", answers.Cached, len(second.asked))
		}
		if report := eval.NewReport(suites, answers, 1, 1); !report.Cases[39].Pass || len(report.Cases) != 40 {
			t.Errorf("the report is not whole: %d cases", len(report.Cases))
		}
	})
	third := &target{}
	runWith(t, t.Context(), third, suites, path, func(answers eval.Answers, err error) {
		if err != nil || len(third.asked) != 0 || answers.Cached != 40 {
			t.Errorf("%v, asked %d, %d were there", err, len(third.asked), answers.Cached)
		}
	})
}

func runWith(t *testing.T, ctx context.Context, target eval.Target, suites []eval.Suite, path string, check func(eval.Answers, error)) {
	t.Helper()
	journal, err := eval.OpenJournal(path, "identity")
	if err != nil {
		t.Fatal(err)
	}
	defer journal.Close()
	o := options(t)
	o.Journal = journal
	answers, err := eval.Ask(ctx, target, suites, o)
	check(answers, err)
}

func TestAnotherIdentityBeginsTheJournalAnew(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	for _, step := range []struct {
		identity string
		there    bool
	}{{"one", false}, {"one", true}, {"two", false}, {"one", false}} {
		j, err := eval.OpenJournal(path, step.identity)
		if err != nil {
			t.Fatal(err)
		}
		if _, there := j.Find("case", 0); there != step.there {
			t.Errorf("identity %s: there %v, want %v", step.identity, there, step.there)
		}
		if err := j.Keep(eval.Answer{Case: "case"}); err != nil {
			t.Fatal(err)
		}
		j.Close()
	}
}

func TestTwoRunsDoNotShareAJournal(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	j, err := eval.OpenJournal(path, "one")
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if _, err := eval.OpenJournal(path, "one"); !errors.Is(err, eval.ErrJournalBusy) {
		t.Errorf("got %v", err)
	}
}

func TestAFailureOfTheTargetIsNoReplyAndNotRemembered(t *testing.T) {
	t.Parallel()
	suites, path := many(t, 10), filepath.Join(t.TempDir(), "journal.jsonl")
	down := &target{fail: func(q eval.Question) error {
		if q.Text == "question 3" {
			return errors.New("down")
		}
		return nil
	}}
	runWith(t, t.Context(), down, suites, path, func(answers eval.Answers, err error) {
		if err != nil {
			t.Fatal(err)
		}
		report := eval.NewReport(suites, answers, 1, 1)
		if c := report.Cases[3]; c.Pass || !strings.Contains(c.Failure, "down") {
			t.Errorf("got %+v", c)
		}
	})
	up := &target{}
	runWith(t, t.Context(), up, suites, path, func(_ eval.Answers, err error) {
		if err != nil || len(up.asked) != 1 || up.asked[0].Text != "question 3" {
			t.Errorf("%v, asked %+v", err, up.asked)
		}
	})
}

func TestATargetThatKeepsFailingEndsTheRun(t *testing.T) {
	t.Parallel()
	down := &target{fail: func(eval.Question) error { return errors.New("down") }}
	_, err := eval.Ask(t.Context(), down, many(t, 500), options(t))
	if err == nil || len(down.asked) > 100 {
		t.Errorf("%v after %d questions", err, len(down.asked))
	}
}

func TestTurnsOfADialogueShareAConversationOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := read(t, "suite: s\ncases:\n- {id: a, turns: [x, y], expect: {outcome: smalltalk}}\n- {id: b, turns: [x, z], expect: {outcome: smalltalk}}\n")
	asked := &target{}
	o := options(t)
	o.Repeat = 2
	if _, err := eval.Ask(t.Context(), asked, []eval.Suite{s}, o); err != nil {
		t.Fatal(err)
	}
	said := map[string][]string{}
	for _, q := range asked.asked {
		said[q.Conversation] = append(said[q.Conversation], q.Text)
	}
	if len(said) != 4 {
		t.Fatalf("got %v, want four conversations", said)
	}
	for id, texts := range said {
		if len(texts) != 2 || texts[0] != "x" || id == "" {
			t.Errorf("%q: %v", id, texts)
		}
	}
}

func TestRepeatsThatDisagreeAreFlaky(t *testing.T) {
	t.Parallel()
	suites := many(t, 3)
	n := 0
	wavering := &target{reply: func(q eval.Question) eval.Reply {
		if q.Text == "question 1" {
			if n++; n%2 == 0 {
				return said("spam", "no")
			}
		}
		return said("smalltalk", "yes")
	}}
	o := options(t)
	o.Repeat = 4
	answers, err := eval.Ask(t.Context(), wavering, suites, o)
	if err != nil {
		t.Fatal(err)
	}
	report := eval.NewReport(suites, answers, 4, 1)
	if len(report.Flaky) != 1 || report.Flaky[0] != "many/"+suites[0].Cases[1].ID {
		t.Errorf("flaky: %v", report.Flaky)
	}
}

func TestARunStopsEarlyOnWish(t *testing.T) {
	t.Parallel()
	suites, asked := many(t, 200), &target{}
	o := options(t)
	o.Parallel = 1 // with more, an instant target may outrun the case that stops
	o.Stop = func(c eval.Case, _ []eval.Reply) bool { return c.Turns[0].Say == "question 5" }
	answers, err := eval.Ask(t.Context(), asked, suites, o)
	if err != nil {
		t.Fatal(err)
	}
	if report := eval.NewReport(suites, answers, 1, 1); len(report.Cases) < 1 || len(report.Cases) > 30 {
		t.Errorf("%d cases after an early stop", len(report.Cases))
	}
}

func TestAPartThatFailsUnaskedIsNotTakenForTheProductsAnswer(t *testing.T) {
	t.Parallel()
	s := read(t, "suite: s\nexpect: {outcome: smalltalk}\ncases:\n- once\n- always\n- {ask: asked, fault: embeddings_down}\n")
	path := filepath.Join(t.TempDir(), "journal.jsonl")
	asked := map[string]int{}
	weak := &target{reply: func(q eval.Question) eval.Reply {
		r := said("smalltalk", "yes")
		asked[q.Text]++
		if q.Text == "always" || asked[q.Text] == 1 {
			r.Trace = &eval.Trace{Failures: []string{"embeddings"}}
		}
		return r
	}}
	journal, err := eval.OpenJournal(path, "one")
	if err != nil {
		t.Fatal(err)
	}
	defer journal.Close()
	o := options(t)
	o.Journal, o.Waits = journal, []time.Duration{time.Millisecond, time.Millisecond}
	answers, err := eval.Ask(t.Context(), weak, []eval.Suite{s}, o)
	if err != nil {
		t.Fatal(err)
	}
	report := eval.NewReport([]eval.Suite{s}, answers, 1, 1)
	for i, want := range []struct {
		pass  bool
		times int
	}{{true, 2}, {false, 3}, {true, 1}} {
		c := report.Cases[i]
		if c.Pass != want.pass || asked[c.Turns[0].Say] != want.times {
			t.Errorf("%s: pass %v, asked %d times, want %+v (%s)", c.Turns[0].Say, c.Pass, asked[c.Turns[0].Say], want, c.Failure)
		}
	}
	if _, kept := journal.Find(report.Cases[1].Hash, 0); kept {
		t.Error("an answer of a broken product is remembered")
	}
}
