package agent

import (
	"context"
	"strings"

	"frontdesk"
	"frontdesk/flow"
	"frontdesk/handoff"
)

// The names of the intake's steps; they stand in stored flow states. "known" is
// the booking request's, so that a typed yes or no is read alike.
const (
	flowLead    = "lead"
	stepPurpose = "purpose"
	stepReach   = "reach"
)

// newLeadFlow asks somebody whom the clinic does not know, and who wants something
// of it that approved content does not answer, at most three things: whether they
// are a patient, what it is for, how to reach them. People do the rest.
func newLeadFlow() flow.Definition {
	return flow.Definition{
		Name: flowLead, Version: 1,
		Steps: []flow.Step{
			{Name: stepKnown, Ask: askKnown, Read: readKnown},
			{Name: stepPurpose, Ask: fixedAsk("lead.ask_purpose"), Read: readText, Free: true},
			{Name: stepReach, Ask: fixedAsk("lead.ask_reach"), Read: readText, Free: true},
		},
	}
}

// definition returns the dialogue that a stored state belongs to.
func (a *Agent) definition(name string) flow.Definition {
	if name == flowLead {
		return a.lead
	}
	return a.booking.definition
}

// startLead begins the intake when a sender whom the clinic does not know asks for
// its services and nothing approved answers.
func (a *Agent) startLead(ctx context.Context, t *turn) bool {
	contact := t.dialogue.Contact
	if t.off(frontdesk.CapabilityEnquiry) || contact.Name != "" || len(contact.Patients) > 0 || t.dialogue.Flow != nil || !a.intents.has(t.words, IntentLead, t.languages()...) {
		return false
	}
	known := flow.Data{}
	if a.namesService(t, IntentLead) {
		// What they said already is not asked again.
		if err := known.Set(stepPurpose, t.text); err != nil {
			return false
		}
	}
	result, err := flow.Start(a.lead, known, t.dialogue.At)
	if err != nil {
		a.Log.ErrorContext(ctx, "intake cannot start", "conversation", t.dialogue.Conversation, "err", err)
		return false
	}
	a.showFlow(t, result)
	return true
}

// leadDone thanks and gives the answers to staff.
func (a *Agent) leadDone(t *turn, data flow.Data) {
	a.say(t, a.text(t, "lead.done", nil), a.with(t, "booking.phone", "phone", t.dialogue.Clinic.Settings.Phone))
	a.ticket(t, handoff.ReasonLead)
	t.decision.Ticket.Summary += "\n" + strings.Join(nonEmpty(data.Text(stepKnown), data.Text(stepPurpose), data.Text(stepReach)), " · ")
}
