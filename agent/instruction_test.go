package agent

import (
	"testing"

	"frontdesk"
	"frontdesk/retrieval"
)

// foundFor is a passage that names the whole subject of a question in one stretch.
func foundFor(lang, question string, answerable bool) retrieval.Result {
	asked := retrieval.NewLexicon().Analyse(retrieval.Question{Text: question, Language: lang})
	span := retrieval.Span{Score: 5, Covered: 0.8, Concepts: asked.Concepts}
	return retrieval.Result{Answerable: answerable, Asked: asked, Passages: []retrieval.Ranked{{Spans: []retrieval.Span{span}}}}
}

func TestOnlyWhatAReceptionTellsEverybodyIsAnsweredInSpiteOfAClinicalLabel(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, lang, question, evidence string
		answerable, want               bool
	}{
		{"nothing is approved on it", "en", "how long does a bone density scan take", "words", false, false},
		{"a rule names the matter", "en", "how long does a bone density scan take", "en/clinical-drug", true, false},
		{"about a medicine", "en", "how long should I take the tablets", "words", true, false},
		{"about how somebody feels", "en", "how long does the pain last after an x-ray", "words", true, false},
		{"about food", "de", "wie lange vorher darf ich nichts essen", "words", true, false},
		{"about one's own appointment", "fr", "c'est quand mon rdv", "words", true, false},
		{"asks no value", "en", "is a bone density scan dangerous", "words", true, false},
		{"a duration", "en", "how long does a bone density scan take", "words", true, true},
		{"a price", "it", "quanto costa l'agopuntura", "words and meaning", true, true},
		{"what to bring", "es", "qué documentos llevo para la ecografía", "words", true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			asked := &turn{verdict: frontdesk.Verdict{Labels: []frontdesk.Label{frontdesk.LabelClinical}, Evidence: []string{tt.evidence}}}
			if got := reception(asked, "clinical", foundFor(tt.lang, tt.question, tt.answerable)); got != tt.want {
				t.Errorf("%q: %v", tt.question, got)
			}
		})
	}
}

func TestALeafletsWordOnAnExaminationIsNoAnswerAboutMedicinesOrComplaints(t *testing.T) {
	t.Parallel()
	for question, want := range map[string]bool{
		"can I take my tablets before the mammography": false,
		"it hurts, is a mammography dangerous":         false,
		"may I use deodorant":                          false,
		"may I use deodorant before the mammography":   true,
	} {
		asked := &turn{verdict: frontdesk.Verdict{Labels: []frontdesk.Label{frontdesk.LabelClinical}, Evidence: []string{"en/clinical"}}}
		if got := asksAboutExamination(asked, foundFor("en", question, true)); got != want {
			t.Errorf("%q: %v, want %v", question, got, want)
		}
	}
}

func TestOnlyAPolicyIsAnsweredInSpiteOfALabelOfOnesOwnFile(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, lang, question, evidence string
		want                           bool
	}{
		{"a rule names the matter", "en", "how long until reports are ready", "en/record", false},
		{"no paper of the clinic", "en", "how much do I still owe", "words", false},
		{"asks no value", "de", "sind die befunde da", "words", false},
		{"what holds for everybody", "en", "how long until reports are ready", "words", true},
		{"what a copy costs", "fr", "une copie du dossier, c'est payant ?", "words", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			asked := &turn{verdict: frontdesk.Verdict{Labels: []frontdesk.Label{frontdesk.LabelPersonalRecord}, Evidence: []string{tt.evidence}}}
			if got := policy(asked, foundFor(tt.lang, tt.question, true)); got != tt.want {
				t.Errorf("%q: %v", tt.question, got)
			}
		})
	}
}
