package agent

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"frontdesk"
	"frontdesk/language"
)

// department answers "which doctor is for this?" from the table that the clinic's
// medical lead approved, and from nothing else: a complaint outside it goes to the
// nurse line, whatever documents say. The emergency and urgent screens came before.
func (a *Agent) department(ctx context.Context, t *turn) bool {
	if t.off(frontdesk.CapabilityDepartments) || !a.intents.has(t.words, IntentWho, t.languages()...) {
		return false
	}
	found := leadsTo(a.departments(ctx, t), t.language, t.text)
	if len(found) == 0 {
		if !t.has(frontdesk.LabelClinical) && !a.Screens.NamesComplaint(t.text) {
			return false
		}
		a.nurseLine(t)
		return true
	}
	var lines []string
	var citations []frontdesk.Citation
	for _, d := range found {
		line := d.Name
		if d.Note != "" {
			line += ", " + d.Note
		}
		lines = append(lines, line)
		citations = append(citations, frontdesk.Citation{Source: "profile", Quote: line})
	}
	a.reply(t, []piece{{
		text:      a.text(t, "department.reply", map[string]string{"departments": strings.Join(lines, "\n")}),
		citations: citations, mode: frontdesk.ModeProfile, quoted: true,
	}})
	return true
}

func (a *Agent) departments(ctx context.Context, t *turn) []frontdesk.Department {
	callCtx, cancel := context.WithTimeoutCause(ctx, a.KnowledgeTimeout, fmt.Errorf("departments timed out after %s", a.KnowledgeTimeout))
	defer cancel()
	table, err := a.Knowledge.Departments(callCtx, t.dialogue.Clinic, t.dialogue.At)
	if err != nil {
		t.decision.Record.Failures = append(t.decision.Record.Failures, "departments")
		a.Log.ErrorContext(ctx, "departments failed", "clinic", t.dialogue.Clinic.ID, "err", err)
	}
	return table.List
}

// mostDepartments is how many departments one answer names.
const mostDepartments = 3

// leadsTo returns the departments that the complaints of a text lead to: those of
// the phrase with the most words. The text's language is tried first, then the
// others, since patients borrow words.
func leadsTo(table []frontdesk.Department, lang, text string) []frontdesk.Department {
	var found []frontdesk.Department
	best := 0
	for _, own := range []bool{true, false} {
		for _, d := range table {
			longest := 0
			for tag, phrases := range d.Complaints {
				if (tag == lang) != own {
					continue
				}
				said := language.Terms(tag, text)
				for _, phrase := range phrases {
					if want := language.Terms(tag, phrase); told(said, want) {
						longest = max(longest, len(want))
					}
				}
			}
			switch {
			case longest == 0 || longest < best:
			case longest > best:
				found, best = []frontdesk.Department{d}, longest
			default:
				found = append(found, d)
			}
		}
		if len(found) > 0 {
			break
		}
	}
	return found[:min(len(found), mostDepartments)]
}

// near is how many other terms may stand among those of a complaint.
const near = 3

// told tells whether all terms of a complaint stand close together in a text, in
// any order: "my back hurts" and "hurts in my back" are one complaint.
func told(said, want []string) bool {
	if len(want) == 0 {
		return false
	}
	for from := range said {
		window := said[from:min(len(said), from+len(want)+near)]
		if !slices.ContainsFunc(want, func(term string) bool { return !slices.Contains(window, term) }) {
			return true
		}
	}
	return false
}
