package agent

import (
	"context"
	"slices"

	"frontdesk"
	"frontdesk/retrieval"
)

// instruction answers a question about getting ready for an examination, or what
// may be done after it, when an approved leaflet says so: "may I drink before the
// scan" sounds clinical and is what preparation sheets are for. It only quotes.
// Anything that names no examination, or that no leaflet answers, is left to the
// clinical refusal.
func (a *Agent) instruction(t *turn, question string, found retrieval.Result) (piece, bool) {
	if !found.Answerable || t.has(frontdesk.LabelUrgent, frontdesk.LabelInjection) {
		return piece{}, false
	}
	if !asksInstruction(found.Asked) {
		return piece{}, false
	}
	return a.quote(t, question, found)
}

func names(asked retrieval.Asked, concepts []string) bool {
	return slices.ContainsFunc(asked.Concepts, func(c string) bool { return slices.Contains(concepts, c) })
}

// asksInstruction tells whether a question is about an examination and what goes
// with it. "Blood" alone is no examination ("my blood pressure pills"): there only
// food and drink count, and no question that speaks of medicines.
func asksInstruction(asked retrieval.Asked) bool {
	if names(asked, examinations()) {
		return names(asked, meals()) || names(asked, arrangements())
	}
	return names(asked, []string{"blood", "urine", "analysis"}) && names(asked, meals()) && !names(asked, []string{"medication", "anticoagulant", "pregnancy"})
}

// examinations, meals and arrangements are concepts of retrieval's dictionary.
func examinations() []string {
	return []string{"ultrasound", "mri", "ct", "xray", "mammography", "ecg", "holter", "gastroscopy", "colonoscopy", "biopsy", "surgery", "anesthesia"}
}

func meals() []string {
	return []string{"fasting", "eat", "drink", "coffee", "breakfast", "dinner", "preparation"}
}

func arrangements() []string {
	return []string{"drive", "clothes", "smoke", "alcohol", "companion", "before", "after", "pacemaker", "contrast"}
}

// generalEducation answers from passages that the clinic approved as general
// health education (C8), and from no others.
func (a *Agent) generalEducation(ctx context.Context, t *turn, found retrieval.Result) (piece, bool) {
	if !found.Answerable || !found.Passages[0].Passage.General {
		return piece{}, false
	}
	return a.compose(ctx, t, t.text, found)
}
