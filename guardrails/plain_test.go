package guardrails

import (
	"os"
	"testing"

	"gopkg.in/yaml.v3"

	"frontdesk"
)

// A question of the desk, in however few words, is no clinical question, no matter
// of one's own file, no small talk and no alarm: rules and word weights stop at most
// one in a hundred.
func TestPlainQuestionsOfAReceptionGetNoLabel(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/plain.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var questions map[string][]string
	if err := yaml.Unmarshal(raw, &questions); err != nil {
		t.Fatal(err)
	}
	s := newScreens(t, Options{})
	asked, stopped := 0, 0
	for language, texts := range questions {
		for _, text := range texts {
			asked++
			if v := s.Inbound(t.Context(), text, Hints{}); len(v.Labels) > 0 {
				stopped++
				t.Logf("%s: %q: %v by %v", language, text, v.Labels, v.Evidence)
			}
		}
	}
	if asked < 200 || stopped*100 > asked {
		t.Errorf("%d of %d stopped, at most one in a hundred may be", stopped, asked)
	}
}

// How to get there and what it is like silences no alarm.
func TestLogisticsSilenceNoAlarm(t *testing.T) {
	t.Parallel()
	s := newScreens(t, Options{})
	for _, text := range []string{
		"my husband can stay overnight? he has chest pain right now",
		"where do I park, my son is not breathing",
		"quel bus, mon père a une douleur dans la poitrine",
		"dove parcheggio, mia moglie non respira",
		"где припарковаться, мама без сознания",
		"¿qué autobús? mi padre se ha desmayado y no responde",
		"wo parken, meine Frau bekommt keine Luft",
	} {
		if v := s.Inbound(t.Context(), text, Hints{}); !v.Has(frontdesk.LabelEmergency) {
			t.Errorf("%q: %v", text, v.Labels)
		}
	}
}
