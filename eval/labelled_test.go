package eval_test

import (
	"os"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"frontdesk"
	"frontdesk/eval"
)

// judged is a reply with a person's verdict about one check.
type judged struct{ lang, check, want, text, verdict string }

func readJudged(t *testing.T) []judged {
	t.Helper()
	data, err := os.ReadFile("testdata/labelled.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var sections map[string][][4]string
	if err := yaml.Unmarshal(data, &sections); err != nil {
		t.Fatal(err)
	}
	var all []judged
	for lang, lines := range sections {
		for _, l := range lines {
			if l[3] != "right" && l[3] != "wrong" {
				t.Fatalf("%s: %q is no verdict", lang, l[3])
			}
			all = append(all, judged{lang, l[0], l[1], l[2], l[3]})
		}
	}
	return all
}

// reply is what the product would have said, and what is expected of it.
func (j judged) reply() (eval.Expect, eval.Reply) {
	r := eval.Reply{Outcome: "smalltalk", Lang: j.lang, Mode: "fixed", Messages: []eval.Message{{Text: j.text}}}
	var e eval.Expect
	switch j.check {
	case "contains":
		e.Contains = []string{j.want}
	case "lacks":
		e.Lacks = []string{j.want}
	case "lang":
		e.Lang = j.want
	case "tone":
		e.Tone = j.want
	case "outcome":
		e.Outcome = []string{j.want}
		r.Outcome, r.Messages[0].Text, _ = strings.Cut(j.text, ": ")
	case "faithful":
		r.Outcome, r.Citations = "answered", []frontdesk.Citation{{Source: "a.pdf", Page: 1, Quote: j.want}}
	case "cites":
		e.Cites = []eval.Place{{Source: "a.pdf", Quote: j.want}}
		r.Citations = []frontdesk.Citation{{Source: "a.pdf", Page: 1, Quote: j.text}}
	}
	return e, r
}

func TestScorersAgreeWithPeople(t *testing.T) {
	t.Parallel()
	const least, share = 200, 0.97
	all := readJudged(t)
	agreed, langs, checks := 0, map[string]int{}, map[string]int{}
	for _, j := range all {
		expect, reply := j.reply()
		c := one(expect)
		c.Lang = j.lang
		held := passed(eval.Score(c, []eval.Reply{reply}), j.check)
		langs[j.lang]++
		checks[j.check]++
		if held == (j.verdict == "right") {
			agreed++
			continue
		}
		t.Logf("%s: %s %q of %q is %s to a person, %v to the scorer", j.lang, j.check, j.want, j.text, j.verdict, held)
	}
	t.Logf("%d of %d agree; %v %v", agreed, len(all), langs, checks)
	if len(all) < least || len(langs) < 8 || float64(agreed) < share*float64(len(all)) {
		t.Errorf("%d of %d verdicts agree in %d languages; %.0f%% of at least %d in eight are wanted", agreed, len(all), len(langs), 100*share, least)
	}
}
