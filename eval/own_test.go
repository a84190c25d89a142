package eval

import (
	"slices"
	"testing"
)

func TestAnOwnCaseWantsTheFactsOfTheCorrection(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		correction      Correction
		right, wrong    string // replies that must pass and fail
		contains, lacks []string
	}{
		"a price": {
			Correction{Question: "Combien coûte la consultation ?", Lang: "fr", Was: "La consultation coûte 25 €.", Should: "La consultation coûte 30 € depuis mars."},
			"Comptez 30,00 EUR pour la consultation.", "La consultation coûte 25 €.", []string{"30 €"}, []string{"25 €"},
		},
		"a time in another writing": {
			Correction{Question: "When do you open?", Lang: "en-GB", Was: "We open at 8:30.", Should: "We open at 9:15 am."},
			"Doors open 9.15 each day.", "We open at 8:30.", []string{"9:15 am"}, []string{"8:30"},
		},
		"a phone number": {
			Correction{Question: "Numéro ?", Lang: "fr", Should: "Appelez le 01 23 45 67 89."},
			"Le numéro est +33 1 23 45 67 89.", "Appelez-nous.", []string{"01 23 45 67 89"}, nil,
		},
		"words alone": {
			Correction{Question: "Where do I park?", Lang: "en", Was: "In the street.", Should: "Use the underground garage."},
			"There is an underground garage.", "In the street.", []string{"underground", "garage"}, nil,
		},
		"nobody says what is right": {
			Correction{Question: "Where do I park?", Lang: "en", Was: "In the street."},
			"There is a garage.", "In the street.", nil, []string{"In the street."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made := OwnCase("correction", c.correction)
			e := made.Turns[0].Expect
			if !slices.Equal(e.Contains, c.contains) || !slices.Equal(e.Lacks, c.lacks) {
				t.Errorf("contains %q, lacks %q", e.Contains, e.Lacks)
			}
			for reply, want := range map[string]bool{c.right: true, c.wrong: false} {
				got := true
				for _, check := range Score(made, []Reply{{Outcome: "answered", Messages: []Message{{Text: reply}}}}) {
					if check.Name == "contains" || check.Name == "lacks" {
						got = got && check.Pass
					}
				}
				if got != want {
					t.Errorf("%q passes: %t", reply, got)
				}
			}
		})
	}
}
