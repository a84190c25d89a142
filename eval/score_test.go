package eval_test

import (
	"strings"
	"testing"

	"frontdesk"
	"frontdesk/eval"
)

func TestFactsAreComparedByWhatTheySay(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		reply, want string
		held        bool
	}{
		{"Nous ouvrons à 8h30.", "08:30", true},
		{"We open at 8:30 am.", "8h30", true},
		{"We close at 6:30 p.m.", "18h30", true},
		{"نفتح الساعة ٨:٣٠", "8:30", true},
		{"Ouvert à 18h30", "8h30", false},
		{"Wir öffnen um 9 Uhr.", "9:00", true},
		{"Открыто с 9:00 до 17:00", "9h", true},
		{"Le tarif est de 29,50 €.", "29.50 €", true},
		{"It costs €30.", "30 €", true},
		{"It costs €30.00", "30 €", true},
		{"Das kostet 1.250,00 €", "1250 €", true},
		{"It costs €130.", "30 €", false},
		{"It takes 30 minutes.", "30 €", false},
		{"Tel. +33 5 55 01 02 03", "05 55 01 02 03", true},
		{"Tel. 05.55.01.02.04", "05 55 01 02 03", false},
		{"au moins 24 heures à l'avance", "24", true},
		{"au moins 124 heures", "24", false},
		{"Apportez une pièce d’identité", "piece d'identite", true},
		{"Bring your ID card", "identity|ID card", true},
		{"Parking gratuit", "payant", false},
		{"Les tilleuls", "tilleul", true},
		{"deux places", "laces", false},
		{"في الموقف مواقف مجانية", "موقف", true},
	} {
		for name, e := range map[string]eval.Expect{"contains": {Contains: []string{test.want}}, "lacks": {Lacks: []string{test.want}}} {
			c := one(e)
			held := passed(eval.Score(c, []eval.Reply{said("smalltalk", test.reply)}), name)
			if want := test.held == (name == "contains"); held != want {
				t.Errorf("%s %q in %q: %v, want %v", name, test.want, test.reply, held, want)
			}
		}
	}
}

func TestEachExpectationCanFail(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	reply := said("answered", "Le site est ouvert de 9h à 17h.")
	reply.Lang, reply.Mode, reply.Labels = "fr", "quote", []string{"insult"}
	reply.Citations = []frontdesk.Citation{{Source: "a.pdf", Page: 2, Quote: "ouvert de 9h à 17h"}}
	reply.Ticket = &eval.Ticket{Team: "nurse", Priority: "normal", Reason: "clinical"}
	for name, test := range map[string]struct{ good, bad eval.Expect }{
		"outcome":     {eval.Expect{Outcome: []string{"unanswered", "answered"}}, eval.Expect{Outcome: []string{"clinical"}}},
		"not_outcome": {eval.Expect{NotOutcome: []string{"clinical"}}, eval.Expect{NotOutcome: []string{"answered"}}},
		"mode":        {eval.Expect{Mode: []string{"quote"}}, eval.Expect{Mode: []string{"model"}}},
		"lang":        {eval.Expect{Lang: "fr"}, eval.Expect{Lang: "same"}},
		"cites":       {eval.Expect{Cites: []eval.Place{{Source: "a.pdf", Page: 2, Quote: "9h"}}}, eval.Expect{Cites: []eval.Place{{Source: "a.pdf", Page: 3}}}},
		"labels":      {eval.Expect{Labels: []string{"insult"}}, eval.Expect{Labels: []string{"spam"}}},
		"no_labels":   {eval.Expect{NoLabels: []string{"spam"}}, eval.Expect{NoLabels: []string{"insult"}}},
		"ticket":      {eval.Expect{Ticket: &yes}, eval.Expect{Ticket: &no}},
		"team":        {eval.Expect{Team: "nurse"}, eval.Expect{Team: "reception"}},
		"priority":    {eval.Expect{Priority: "normal"}, eval.Expect{Priority: "urgent"}},
		"reason":      {eval.Expect{Reason: "clinical"}, eval.Expect{Reason: "asked"}},
		"flow":        {eval.Expect{Flow: "none"}, eval.Expect{Flow: "booking"}},
		"messages":    {eval.Expect{Messages: 1}, eval.Expect{}},
		"chars":       {eval.Expect{Chars: 100}, eval.Expect{Chars: 10}},
		"tone":        {eval.Expect{Tone: "plain"}, eval.Expect{}},
		"buttons":     {eval.Expect{}, eval.Expect{Buttons: []string{"person"}}},
	} {
		if !all(eval.Score(one(test.good), []eval.Reply{reply})) {
			t.Errorf("%s: a good reply fails: %+v", name, eval.Score(one(test.good), []eval.Reply{reply}))
		}
		if name != "messages" && name != "tone" && passed(eval.Score(one(test.bad), []eval.Reply{reply}), name) {
			t.Errorf("%s: a bad reply passes", name)
		}
	}
}

func TestEveryReplyIsCheckedForWhatNoReplyMayHave(t *testing.T) {
	t.Parallel()
	long := said("smalltalk", strings.Repeat("a", 4097))
	buttons := said("smalltalk", "Which?")
	buttons.Messages[0].Buttons = []frontdesk.Button{{ID: "a", Title: "a title of more than twenty"}}
	priced := said("answered", "It costs 31 €.")
	priced.Citations = []frontdesk.Citation{{Source: "a.pdf", Quote: "30 €"}}
	for name, r := range map[string]eval.Reply{
		"speaks": {Outcome: "answered"}, "limits": long, "leaks": said("smalltalk", "Your number is ⟦phone:1⟧."),
		"grounded": said("answered", "Yes."), "faithful": priced,
	} {
		if passed(eval.Score(one(eval.Expect{}), []eval.Reply{r}), name) {
			t.Errorf("%s holds for %+v", name, r)
		}
	}
	if passed(eval.Score(one(eval.Expect{}), []eval.Reply{buttons}), "limits") {
		t.Error("a button's title of more than 20 characters keeps the limits")
	}
	if !all(eval.Score(one(eval.Expect{Outcome: []string{"silent"}}), []eval.Reply{{Outcome: "silent"}})) {
		t.Error("silence on purpose fails")
	}
}

func TestATurnWithoutReplyFails(t *testing.T) {
	t.Parallel()
	c := one(eval.Expect{})
	c.Turns = append(c.Turns, eval.Turn{Say: "and?"})
	if all(eval.Score(c, []eval.Reply{said("smalltalk", "Hello")})) {
		t.Error("the second turn has no reply, yet the case passes")
	}
}

func one(e eval.Expect) eval.Case {
	return eval.Case{ID: "c", Suite: "s", Lang: "en", Label: "s", Turns: []eval.Turn{{Say: "?", Expect: e}}}
}

func said(outcome, text string) eval.Reply {
	return eval.Reply{Outcome: outcome, Lang: "en", Messages: []eval.Message{{Text: text}}}
}

// passed tells whether every check of a name held, and there was one.
func passed(checks []eval.Check, name string) bool {
	found := false
	for _, c := range checks {
		if c.Name == name {
			found = true
			if !c.Pass {
				return false
			}
		}
	}
	return found
}

func all(checks []eval.Check) bool {
	for _, c := range checks {
		if !c.Pass {
			return false
		}
	}
	return true
}
