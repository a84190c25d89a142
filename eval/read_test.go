package eval_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"frontdesk/eval"
)

func TestAMistakeIsNamedWithItsLine(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file string
		text string
		want []string
	}{
		"unknown key": {"s.yaml", "suite: s\ncasess:\n- a\n", []string{`s.yaml:2: a suite has no "casess"; did you mean "cases"?`}},
		"unknown outcome": {"s.yaml", "expect:\n  outcome: answerd\ncases:\n- a\n- b\n", []string{
			"s.yaml:2: outcome is one of"}},
		"nothing asked":    {"s.yaml", "expect: {outcome: spam}\ncases:\n- ask: hello\n- id: x\n", []string{"s.yaml:4: a case asks nothing"}},
		"nothing expected": {"s.yaml", "cases:\n- ask: hello\n", []string{"s.yaml:2: the case expects nothing"}},
		"the same twice":   {"s.yaml", "expect: {outcome: spam}\ncases:\n- a\n- b\n- a\n", []string{"s.yaml:5: this case is the one of line 3 again"}},
		"broken YAML":      {"s.yaml", "suite: s\ncases:\n- \"a\n", []string{"s.yaml:", "this is no YAML"}},
		"empty":            {"s.yaml", "", []string{"s.yaml"}},
		"wrong moment":     {"s.yaml", "at: yesterday\nexpect: {outcome: spam}\ncases: [a]\n", []string{"s.yaml:1: at is a moment such as"}},
		"unknown fault":    {"s.yaml", "expect: {outcome: spam}\ncases:\n- {ask: a, fault: flood}\n", []string{"s.yaml:3: fault is one of model_down"}},
		"ask and turns":    {"s.yaml", "expect: {outcome: spam}\ncases:\n- {ask: a, turns: [b]}\n", []string{"s.yaml:3: a case has either"}},
		"broken JSON line": {"s.jsonl", "{\"suite\":\"s\",\"expect\":{\"outcome\":\"spam\"}}\n{\"ask\":\n", []string{"s.jsonl:2: this is no JSON object"}},
		"JSON key":         {"s.jsonl", "{\"aks\":\"a\"}\n", []string{`s.jsonl:1: a case has no "aks"; did you mean "ask"?`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := eval.ReadSuite(test.file, []byte(test.text))
			var problems eval.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("got %v, want problems", err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got\n%v\nwant %q in it", err, want)
				}
			}
		})
	}
}

func TestAllMistakesAreNamedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := eval.ReadSuite("s.yaml", []byte("suite: s\nmust_pas: true\ncases:\n- {ask: a, expect: {outcome: x}}\n- {ask: b, expect: {team: [1]}}\n"))
	var problems eval.Problems
	if !errors.As(err, &problems) || len(problems) < 3 {
		t.Fatalf("got %v, want three problems", err)
	}
}

func TestExpectationsComeFromTheSuiteTheGroupAndTheCase(t *testing.T) {
	t.Parallel()
	s := read(t, `
suite: s
lang: fr
expect: {outcome: answered, lang: same}
groups:
- label: prices
  expect: {contains: 30 €}
  cases:
    en: ["How much?"]
    de:
    - {ask: "Was kostet es?", expect: {outcome: unanswered}}
- cases: ["Combien ?"]
`)
	if len(s.Cases) != 3 {
		t.Fatalf("got %d cases", len(s.Cases))
	}
	en, de, fr := s.Cases[0], s.Cases[1], s.Cases[2]
	if e := en.Turns[0].Expect; en.Lang != "en" || en.Label != "prices" || e.Outcome[0] != "answered" || e.Contains[0] != "30 €" || e.Lang != "same" {
		t.Errorf("en: %+v", en)
	}
	if e := de.Turns[0].Expect; de.Lang != "de" || e.Outcome[0] != "unanswered" || e.Contains[0] != "30 €" {
		t.Errorf("de: %+v", de)
	}
	if e := fr.Turns[0].Expect; fr.Lang != "fr" || fr.Label != "s" || len(e.Contains) != 0 {
		t.Errorf("fr: %+v", fr)
	}
}

func TestADialogueHasItsOwnClock(t *testing.T) {
	t.Parallel()
	s := read(t, `
suite: s
cases:
- at: 2026-11-28T23:30:00+01:00
  turns:
  - Bonsoir
  - {say: "Vous êtes ouverts ?", after: 26h}
  - {say: "Et là ?", at: "2026-12-01T08:00:00Z", fault: embeddings_down, expect: {outcome: answered}}
  expect: {lang: fr}
`)
	c := s.Cases[0]
	start := time.Date(2026, time.November, 28, 22, 30, 0, 0, time.UTC)
	for i, want := range []time.Time{start, start.Add(26 * time.Hour), time.Date(2026, time.December, 1, 8, 0, 0, 0, time.UTC)} {
		if !c.Turns[i].At.Equal(want) {
			t.Errorf("turn %d is at %s, want %s", i+1, c.Turns[i].At, want)
		}
	}
	if last := c.Turns[2]; last.Faults[0] != eval.FaultEmbeddingsDown || last.Expect.Lang != "fr" || last.Expect.Outcome[0] != "answered" {
		t.Errorf("the last turn: %+v", last)
	}
	if got := c.Turns[0].Expect; got.Lang != "" {
		t.Errorf("what a case expects is of its last turn, but the first expects %+v", got)
	}
}

func TestJSONLSaysTheSameAsYAML(t *testing.T) {
	t.Parallel()
	yaml := read(t, "suite: s\nmust_pass: true\nlang: en\nexpect: {outcome: clinical}\ncases:\n- Is my rash measles? 😀\n- {ask: b, id: two, expect: {ticket: true}}\n")
	lines, err := eval.ReadSuite("x.jsonl", []byte("{\"suite\":\"s\",\"must_pass\":true,\"lang\":\"en\",\"expect\":{\"outcome\":\"clinical\"}}\n\n\"Is my rash measles? \\ud83d\\ude00\"\n{\"ask\":\"b\",\"id\":\"two\",\"expect\":{\"ticket\":true}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if !lines.MustPass || len(lines.Cases) != 2 {
		t.Fatalf("got %+v", lines)
	}
	for i, c := range lines.Cases {
		if c.ID != yaml.Cases[i].ID || c.Hash() != yaml.Cases[i].Hash() || c.Turns[0].Expect.Outcome[0] != "clinical" {
			t.Errorf("case %d: %+v, want %+v", i, c, yaml.Cases[i])
		}
	}
}

func TestTheHashOfACaseIsOfWhatIsAsked(t *testing.T) {
	t.Parallel()
	a := read(t, "expect: {outcome: spam}\ncases: [a]\n").Cases[0]
	for text, same := range map[string]bool{
		"expect: {outcome: clinical}\ncases: [a]\n":                                 true,
		"expect: {outcome: spam}\ncases: [b]\n":                                     false,
		"expect: {outcome: spam}\ncountry: DE\ncases: [a]\n":                        false,
		"expect: {outcome: spam}\nat: 2026-11-24T10:00:00Z\ncases: [a]\n":           false,
		"expect: {outcome: spam}\ncases: [{ask: a, fault: model_down}]\n":           false,
		"expect: {outcome: spam}\ncases: [{ask: a, first: true}]\n":                 false,
		"expect: {outcome: spam}\nknown: why\nlabel: other\nlang: fr\ncases: [a]\n": true,
	} {
		if got := read(t, text).Cases[0].Hash() == a.Hash(); got != same {
			t.Errorf("%q: the same is %v, want %v", text, got, same)
		}
	}
}

func TestBuiltInSuitesAreRight(t *testing.T) {
	t.Parallel()
	suites, err := eval.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	cases, langs := 0, map[string]int{}
	asked := map[string]string{}
	for _, s := range suites {
		cases += len(s.Cases)
		if s.Title == "" {
			t.Errorf("%s has no title", s.Name)
		}
		for _, c := range s.Cases {
			langs[c.Lang]++
			if other, twice := asked[c.Hash()]; twice {
				t.Errorf("%s/%s asks what %s asks", s.Name, c.ID, other)
			}
			asked[c.Hash()] = s.Name + "/" + c.ID
		}
	}
	if cases < 2000 {
		t.Errorf("%d cases, want 2,000", cases)
	}
	for _, lang := range []string{"ar", "de", "en", "es", "fr", "it", "pt", "ru"} {
		if langs[lang] < 200 {
			t.Errorf("%s has %d cases, want 200", lang, langs[lang])
		}
	}
}

func read(t *testing.T, text string) eval.Suite {
	t.Helper()
	s, err := eval.ReadSuite("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}
