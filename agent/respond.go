package agent

import (
	"context"

	"frontdesk"
)

// Respond decides one turn: what the patient gets, and what follows from it. It
// changes nothing by itself, so a turn may be cancelled and decided again with
// more events. An error means that no decision could be made; the caller tells
// the patient and a person.
//
// The order is fixed. Whatever decides first, decides.
func (a *Agent) Respond(ctx context.Context, dialogue frontdesk.Dialogue, events []frontdesk.Event) (frontdesk.Decision, error) {
	t := a.open(dialogue, events)
	a.screen(ctx, t)

	switch {
	case a.emergency(t): // C2, whoever holds the pen
	case a.personHoldsPen(t): // silence
	case a.nobodyCame(t): // a ticket that nobody took: say so, offer a call-back
	case a.nobodySpoke(t): // silence: staff gave the pen back
	case a.callBack(t):
	case a.urgent(t):
	case a.askedForPerson(ctx, t):
	case a.distress(ctx, t):
	case a.complaint(t):
	case a.optOut(t):
	case a.waiting(ctx, t): // a ticket is open while staff are on duty
	case a.paused(t):
	case a.forbidden(t): // a topic that the clinic closed
	case a.media(t):
	case a.continueFlow(ctx, t): // consumes the event, or lets a digression pass
	case a.chooseLanguage(t):
	case a.department(ctx, t): // "which doctor is for this?", from the approved table alone
	case a.clinical(ctx, t):
	case a.personalRecord(ctx, t):
	case a.pinned(ctx, t): // an answer that the clinic pinned wins over what follows
	case a.startBooking(ctx, t): // booking words never reach retrieval
	case a.answerAllTheSame(ctx, t): // a label of manners does not hide a question that content answers
	case a.spam(t):
	case a.outOfScope(t): // injection, gibberish, off topic
	case a.smalltalk(t): // and "are you a robot?"
	default:
		a.answer(ctx, t) // notice, profile, retrieval, composition; or "I don't know"
	}

	a.resumeFlow(t) // after a digression the flow's last question is put again
	a.finish(ctx, t)
	return t.decision, ctx.Err()
}
