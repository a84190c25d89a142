package agent

import (
	"context"
	"slices"
	"strings"

	"frontdesk"
	"frontdesk/retrieval"
)

// instruction answers a question about getting ready for an examination, or what
// may be done after it, when an approved leaflet says so: "may I drink before the
// scan" sounds clinical and is what preparation sheets are for. It only quotes.
// Anything that names no examination, or that no leaflet answers, is left to the
// clinical refusal.
func (a *Agent) instruction(ctx context.Context, t *turn, question string, found retrieval.Result) (piece, bool) {
	if !found.Answerable || t.has(frontdesk.LabelUrgent, frontdesk.LabelInjection) {
		return piece{}, false
	}
	if !asksInstruction(found.Asked) && !asksAboutExamination(t, found) {
		return piece{}, false
	}
	return a.quote(ctx, t, question, found)
}

// aboutSubject is the share of a question's subject that a stretch of approved
// content has to name to be the answer to a question that a screen stopped.
const aboutSubject = 0.5

// asksAboutExamination tells whether a question names an examination, speaks
// neither of medicines nor of how somebody feels, and the leaflet has a word on
// just that, in what it says of this examination: "deodorant and mammography".
func asksAboutExamination(t *turn, found retrieval.Result) bool {
	if !names(found.Asked, examinations()) || names(found.Asked, personal()) || byRule(t.verdict, "clinical-") {
		return false
	}
	best := found.Passages[0].Spans[0]
	named := slices.ContainsFunc(examinations(), func(c string) bool { return slices.Contains(best.Concepts, c) })
	return named && onSubject(found)
}

// reception tells whether a question that the screens took for clinical, or for
// one about somebody's own file, by its wording alone asks what a reception tells
// everybody: what something costs, how long it takes, where it is, what to bring, when
// it is open or a report is ready.
// A rule that names the matter is never overruled.
func reception(t *turn, rule string, found retrieval.Result) bool {
	asked := found.Asked
	const everybody = retrieval.KindPrice | retrieval.KindDuration | retrieval.KindPlace | retrieval.KindPhone | retrieval.KindEmail | retrieval.KindBring
	plain := asked.Main != 0 && (asked.Main.Any(everybody) || asked.Main.Has(retrieval.KindTime) && (asked.Open || names(asked, papers())))
	return found.Answerable && plain && !t.has(frontdesk.LabelUrgent, frontdesk.LabelInjection) &&
		!names(asked, personal()) && !names(asked, bodily()) && !byRule(t.verdict, rule)
}

// byRule tells whether a rule whose name holds part led to the labels, not
// the wording at large.
func byRule(v frontdesk.Verdict, part string) bool {
	return slices.ContainsFunc(v.Evidence, func(e string) bool {
		_, rule, ok := strings.Cut(e, "/")
		return ok && strings.Contains(rule, part)
	})
}

// policy tells whether a question that the screens took for one about somebody's
// own file asks what holds for everybody's, and approved content has a word on it:
// when reports are ready, what a copy of the file costs.
func policy(t *turn, found retrieval.Result) bool {
	return reception(t, "record", found) && names(found.Asked, papers()) && onSubject(found)
}

// onSubject tells whether the best passage has a word on just what was asked: a
// stretch near its best one names most of the subject, or every one of several
// subjects.
func onSubject(found retrieval.Result) bool {
	spans := found.Passages[0].Spans
	return slices.ContainsFunc(spans, func(s retrieval.Span) bool {
		if s.Score < spans[0].Score-sureSlack {
			return false
		}
		return s.Covered >= aboutSubject || len(found.Asked.Concepts) > 1 && len(s.Concepts) == len(found.Asked.Concepts)
	})
}

// papers are concepts of what a clinic hands out.
func papers() []string {
	return []string{"result", "records", "copy", "certificate", "prescription", "form"}
}

// personal are concepts of retrieval's dictionary that make a question one for a
// clinician, whatever else it asks.
func personal() []string {
	return []string{"symptom", "medication", "anticoagulant", "pregnancy", "diabetes", "allergy"}
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
	return []string{"ultrasound", "mri", "ct", "xray", "mammography", "ecg", "holter", "gastroscopy", "colonoscopy", "biopsy", "surgery", "anesthesia", "densitometry", "injection"}
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
	if t.off(frontdesk.CapabilityEducation) || !found.Answerable || !found.Passages[0].Passage.General {
		return piece{}, false
	}
	return a.compose(ctx, t, t.text, found)
}
