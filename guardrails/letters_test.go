package guardrails

import (
	"slices"
	"testing"

	"frontdesk"
)

// Words of two languages must not be taken for each other once accents and
// repeated letters are gone.
func TestWordsOfOtherLanguagesInsultNobody(t *testing.T) {
	t.Parallel()
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"can I drink water before the blood test?",
		"where do I pick up the results of the blood test",
		"I got a text from you with a link, is it really yours",
	} {
		if v := s.Rules(text, Hints{}); slices.Contains(v.Labels, frontdesk.LabelInsult) {
			t.Errorf("%q is no insult: %v %v", text, v.Labels, v.Evidence)
		}
	}
	for _, text := range []string{"du bist so blöd", "du bist wirklich zu bloed", "du bist blööööd"} {
		if v := s.Rules(text, Hints{}); !slices.Contains(v.Labels, frontdesk.LabelInsult) {
			t.Errorf("%q is an insult: %v", text, v.Labels)
		}
	}
}

func TestNegationOfTheTextsLanguageSilencesRulesOfOthers(t *testing.T) {
	t.Parallel()
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		"mio figlio non fatica a respirare, vorrei spostare la visita": false,
		"mio figlio fatica a respirare":                                true,
		"non riesco a respirare":                                       true,
		"no puedo respirar":                                            true,
	} {
		if got := slices.Contains(s.Rules(text, Hints{}).Labels, frontdesk.LabelEmergency); got != want {
			t.Errorf("%q: emergency %v", text, got)
		}
	}
}
