package eval_test

import (
	"slices"
	"strings"
	"testing"

	"frontdesk"
	"frontdesk/eval"
)

func price(source, label string, cents int64) frontdesk.Passage {
	return frontdesk.Passage{Name: source, Page: 1, Language: "en", Text: label, Facts: []frontdesk.Fact{
		{Kind: frontdesk.FactPrice, Label: label, Money: &frontdesk.Money{Amount: cents, Currency: "EUR"}},
	}}
}

func TestASuiteIsMadeOfAClinicsOwnContent(t *testing.T) {
	t.Parallel()
	s := eval.FromContent(eval.Content{
		Clinic: "C", Language: "en",
		Passages: []frontdesk.Passage{
			price("prices.pdf", "Abdominal ultrasound", 7500), price("prices.pdf", "Cardiac ultrasound", 9650),
			{Name: "faq.md", Language: "en", Question: "Do you take new patients?", Text: "Yes."},
			{Name: "leaflet.pdf", Page: 2, Language: "en", Kind: frontdesk.PassageText, Headings: []string{"Before your blood test"}, Text: "Do not eat."},
		},
		Others: []frontdesk.Passage{
			price("other.pdf", "Laser eyelid correction", 100), price("other.pdf", "Cardiac ultrasound", 1),
			{Name: "other.md", Language: "en", Question: "Is there a swimming pool?"},
		},
	})
	got := map[string]eval.Expect{}
	for _, c := range s.Cases {
		got[c.Turns[0].Say] = c.Turns[0].Expect
	}
	cardiac := got["How much is it: Cardiac ultrasound?"]
	if !slices.Equal(cardiac.Contains, []string{"96,50 €"}) || !slices.Equal(cardiac.Lacks, []string{"75 €"}) || cardiac.Cites[0].Source != "prices.pdf" {
		t.Errorf("the twin has %+v", cardiac)
	}
	if e := got["Do you take new patients?"]; len(e.Outcome) != 1 || e.Cites[0].Source != "faq.md" {
		t.Errorf("the document's question has %+v", e)
	}
	for _, stranger := range []string{"How much is it: Laser eyelid correction?", "Is there a swimming pool?"} {
		if e, there := got[stranger]; !there || !slices.Equal(e.NotOutcome, []string{"answered"}) {
			t.Errorf("%q of another clinic has %+v", stranger, e)
		}
	}
	data, err := s.YAML()
	if err != nil {
		t.Fatal(err)
	}
	back, err := eval.ReadSuite("content.yaml", data)
	if err != nil {
		t.Fatalf("what was made cannot be read: %v\n%s", err, data)
	}
	if len(back.Cases) != len(s.Cases) {
		t.Fatalf("%d cases were read of %d", len(back.Cases), len(s.Cases))
	}
	for i, c := range back.Cases {
		if c.Hash() != s.Cases[i].Hash() || c.ID != s.Cases[i].ID {
			t.Errorf("case %s came back as %s", s.Cases[i].ID, c.ID)
		}
	}
}

func TestATableIsImported(t *testing.T) {
	t.Parallel()
	s, err := eval.ImportCSV("q.csv", []byte("\xef\xbb\xbfquestion,lang,outcome,contains,lacks,source,page\n\"How much, please?\",en,answered,30 €;20 min,40 €,a.pdf,2\nSTOP,fr,opted_out,,,,\n"))
	if err != nil {
		t.Fatal(err)
	}
	e := s.Cases[0].Turns[0].Expect
	if s.Cases[0].Turns[0].Say != "How much, please?" || len(e.Contains) != 2 || e.Lacks[0] != "40 €" || e.Cites[0] != (eval.Place{Source: "a.pdf", Page: 2}) || s.Cases[1].Lang != "fr" {
		t.Errorf("got %+v", s.Cases)
	}
	_, err = eval.ImportCSV("q.csv", []byte("question,lang,outcome,colour\nA,en,spam,\nB,en,spamm,\nC,en,spam,red\n"))
	if err == nil || !strings.Contains(err.Error(), "q.csv:3: outcome is one of") || !strings.Contains(err.Error(), `q.csv:4: an expectation has no "colour"`) {
		t.Errorf("got %v", err)
	}
}

func TestPromptfooTestsAreImportedAndWhatNeedsAModelIsNamed(t *testing.T) {
	t.Parallel()
	s, skipped, err := eval.ImportPromptfoo("p.yaml", []byte(`
prompts: ["{{question}}"]
tests:
- description: price
  vars: {question: How much is it}
  assert:
  - {type: icontains, value: 30 €}
  - {type: contains-any, value: [card, cash]}
  - {type: not-contains, value: 40 €}
  - {type: llm-rubric, value: is polite}
- vars: {a: x, b: y}
- vars: {topic: only a rubric}
  assert: [{type: llm-rubric, value: is kind}]
`))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Cases) != 1 || len(skipped) != 4 {
		t.Fatalf("%d cases, left out %q", len(s.Cases), skipped)
	}
	if e := s.Cases[0].Turns[0].Expect; !slices.Equal(e.Contains, []string{"30 €", "card|cash"}) || !slices.Equal(e.Lacks, []string{"40 €"}) {
		t.Errorf("got %+v", e)
	}
}

func TestLabelledQuestionsAreImported(t *testing.T) {
	t.Parallel()
	cases, skipped, err := eval.ImportLabels("x.jsonl", []byte("{\"id\":\"1\",\"lang\":\"fr\",\"text\":\"a\",\"label\":\"emergency\"}\n{\"id\":\"2\",\"text\":\"b\",\"label\":\"fr\"}\n{\"id\":\"3\",\"text\":\"c\",\"label\":\"ham\"}\n"))
	if err != nil || len(cases) != 2 || len(skipped) != 1 {
		t.Fatalf("%v, %d cases, left out %q", err, len(cases), skipped)
	}
	if !slices.Contains(cases[0].Turns[0].Expect.Outcome, "emergency") || !slices.Contains(cases[1].Turns[0].Expect.NotOutcome, "spam") {
		t.Errorf("got %+v", cases)
	}
}
