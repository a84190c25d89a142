package guardrails

import (
	"slices"

	"frontdesk"
)

// Flag returns what in a document, page, file name or transcript looks like an
// instruction to the assistant, as names of rules, for the person who approves
// it. Nothing is changed: the text of a document is data.
func (s *Screens) Flag(text string) []string {
	var out []string
	runes := []rune(text)
	for from := 0; from < len(runes); from += flagWindow - flagOverlap {
		part := string(runes[from:min(len(runes), from+flagWindow)])
		health := s.spotted(part)
		for _, f := range []*finding{health, s.misused(health)} {
			for _, h := range f.hits {
				r := f.rules.rules[h.rule]
				if r.label == frontdesk.LabelInjection && f.stands(h) && !slices.Contains(out, r.name) {
					out = append(out, r.name)
				}
			}
		}
		for _, e := range hidden(part) {
			if !slices.Contains(out, e.why) {
				out = append(out, e.why)
			}
		}
		if from+flagWindow >= len(runes) {
			break
		}
	}
	slices.Sort(out)
	return out
}

// flagWindow and flagOverlap cut a long document into pieces that the screens read whole.
const (
	flagWindow  = 4_000
	flagOverlap = 200
)

// NamesComplaint tells whether a text names a symptom or another matter for a
// clinician, even where it asks for a price, a doctor or a date, which silences the
// label clinical.
func (s *Screens) NamesComplaint(text string) bool {
	f := s.spotted(text)
	f.language = guessed(text, Hints{})
	return slices.ContainsFunc(f.hits, func(h hit) bool {
		switch f.rules.rules[h.rule].label {
		case frontdesk.LabelClinical, frontdesk.LabelUrgent, frontdesk.LabelEmergency, frontdesk.LabelCrisis:
			return !f.negated(h) && !f.guessed(h) && !f.named(h) && !f.strayed(h)
		}
		return false
	})
}
