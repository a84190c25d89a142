package eval

import (
	"slices"
	"strings"
)

// The names of the suites that a clinic's staff collect themselves: cases that should
// pass, and those without which nothing goes live.
const (
	OwnSuite  = "own"
	MustSuite = "must-pass"
)

// Correction is what staff say of a reply that went wrong.
type Correction struct {
	Question string // of the patient, identifiers masked
	Lang     string // of the patient
	Was      string // the reply that was wrong; "" where there was none
	Should   string // what it should have said; "" where nobody says
}

// OwnCase makes a case of the clinic's own suite out of a correction, a thumbs-down
// or a question that was asked in vain. The reply must come out answered and in the
// patient's language, give every time, price and number of what it should have said,
// and none that only the wrong reply gave. Where what it should have said holds no
// such fact, its longest words stand for it; where nobody says, the wrong reply must
// not come again.
func OwnCase(label string, c Correction) Case {
	e := Expect{Outcome: []string{"answered"}, Lang: "same"}
	should, was := factsOf(c.Should), factsOf(c.Was)
	e.Contains = should
	for _, f := range was {
		if c.Should != "" && !says(c.Should, f) {
			e.Lacks = append(e.Lacks, f)
		}
	}
	switch {
	case c.Should != "" && len(should) == 0:
		e.Contains = longest(c.Should)
	case c.Should == "" && strings.TrimSpace(c.Was) != "":
		e.Lacks = []string{firstLine(c.Was)}
	}
	one := Case{Suite: OwnSuite, Lang: base(c.Lang), Label: label, Turns: []Turn{{Say: strings.Join(strings.Fields(c.Question), " "), Expect: e}}}
	one.setClock(defaultAt)
	one.ID = shortHash(one.asked())[:10]
	return one
}

// wordsMost bounds the words that stand for a text without facts.
const wordsMost = 2

// longest returns the longest words of a text, which say the most about it.
func longest(text string) []string {
	words := strings.FieldsFunc(plainText(text), func(r rune) bool { return !isWord(r) })
	slices.SortStableFunc(words, func(a, b string) int { return len([]rune(b)) - len([]rune(a)) })
	words = slices.DeleteFunc(slices.Compact(words), func(w string) bool { return len([]rune(w)) < 4 })
	return words[:min(len(words), wordsMost)]
}

// lineMost bounds what of a wrong reply must not come again.
const lineMost = 160

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if r := []rune(line); len(r) > lineMost {
		return strings.TrimSpace(string(r[:lineMost]))
	}
	return line
}

// factsOf returns the prices, times, phone numbers and numbers of a text, as
// [Expect.Contains] takes them.
func factsOf(text string) []string {
	rest := plainText(text)
	var facts []string
	take := func(found []string, holds func(string) bool) {
		for _, f := range found {
			f = strings.TrimRight(strings.TrimSpace(f), ".")
			if holds(f) {
				rest = strings.Replace(rest, f, "\n", 1)
				if !slices.Contains(facts, f) {
					facts = append(facts, f)
				}
			}
		}
	}
	take(phonePattern.FindAllString(rest, -1), func(f string) bool { _, ok := onePhone(f); return ok && len(digitsOnly.ReplaceAllString(f, "")) >= 8 })
	take(moneyPattern.FindAllString(rest, -1), func(f string) bool { _, ok := oneMoney(f); return ok })
	take(timePattern.FindAllString(rest, -1), func(f string) bool { _, ok := oneTime(f); return ok })
	take(numberPattern.FindAllString(rest, -1), func(string) bool { return true })
	return facts
}
