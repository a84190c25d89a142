package agent

import (
	"context"
	"time"

	"frontdesk"
	"frontdesk/guardrails"
	"frontdesk/handoff"
	"frontdesk/locale"
)

func (a *Agent) emergency(t *turn) bool {
	crisis := t.has(frontdesk.LabelCrisis) && !t.has(frontdesk.LabelEmergency)
	if !crisis && !t.has(frontdesk.LabelEmergency) {
		return false
	}
	reply := EmergencyReply(a.Texts, t.dialogue.Clinic, t.language, crisis)
	t.decision.Replies = append(t.decision.Replies, reply)
	t.decision.Mode, t.decision.Emergency = frontdesk.ModeFixed, true
	t.decision.Outcome = frontdesk.OutcomeEmergency
	reason := handoff.ReasonEmergency
	if crisis {
		t.decision.Outcome, reason = frontdesk.OutcomeCrisis, handoff.ReasonCrisis
	}
	t.decision.Flow = nil
	a.ticket(t, reason)
	return true
}

// EmergencyReply is the fixed text for an emergency or crisis: the country's
// number first, the clinic's own line after it. It needs no store, model or network.
func EmergencyReply(texts *locale.Catalogue, clinic frontdesk.Clinic, tag string, crisis bool) frontdesk.Reply {
	help := guardrails.Number(clinic.Country)
	args := map[string]string{"number": help.Emergency}
	key := "emergency.reply"
	if crisis {
		key = "crisis.reply_no_line"
		if len(help.Crisis) > 0 {
			key, args["line"] = "crisis.reply", help.Crisis[0].Number+" ("+help.Crisis[0].Name+")"
		}
	}
	text := texts.Text(tag, key, args)
	if add := clinic.Settings.EmergencyAdd; add != "" {
		text += "\n" + add
	}
	return frontdesk.Reply{Text: text}
}

func (a *Agent) personHoldsPen(t *turn) bool {
	if t.dialogue.Pen != frontdesk.PenPerson {
		return false
	}
	t.decision.Outcome = frontdesk.OutcomeSilent
	return true
}

// TapCallBack is the id of the button that asks to be called back.
const TapCallBack = "call_back"

// nobodyCame speaks when the time for people to come is over: to a patient who
// waits, and when staff left a conversation without a word.
func (a *Agent) nobodyCame(t *turn) bool {
	if t.spoken() { // that is answered instead
		return false
	}
	for _, e := range t.events {
		switch {
		case e.Timer == handoff.TimerOverdue && t.dialogue.Pen == frontdesk.PenWaiting && t.dialogue.Ticket != nil:
			a.say(t, a.text(t, "callback.offer", nil))
			last := &t.decision.Replies[len(t.decision.Replies)-1]
			last.Buttons = []frontdesk.Button{{ID: TapCallBack, Title: a.text(t, "button.call_back", nil)}}
		case e.Timer == handoff.TimerFarewell && t.dialogue.Pen == frontdesk.PenBot:
			a.say(t, a.text(t, "farewell.idle", nil))
		default:
			continue
		}
		t.decision.Outcome, t.decision.Mode = frontdesk.OutcomeHandover, frontdesk.ModeFixed
		return true
	}
	return false
}

// spoken tells whether the turn holds a message of the patient's.
func (t *turn) spoken() bool {
	for _, e := range t.events {
		if e.Message != nil {
			return true
		}
	}
	return false
}

// callBack adds the wish to be called to the ticket.
func (a *Agent) callBack(t *turn) bool {
	if t.tap != TapCallBack {
		return false
	}
	a.say(t, a.text(t, "callback.noted", nil))
	a.handover(t, handoff.ReasonCallBack)
	return true
}

// nobodySpoke keeps silent when the turn holds no message of the patient's: a
// release alone is no reason to write to them. A flow may still want its timer.
func (a *Agent) nobodySpoke(t *turn) bool {
	if t.spoken() || t.dialogue.Flow != nil {
		return false
	}
	t.decision.Outcome = frontdesk.OutcomeSilent
	return true
}

func (a *Agent) urgent(t *turn) bool {
	if !t.has(frontdesk.LabelUrgent) {
		return false
	}
	clinic := t.dialogue.Clinic
	a.say(t,
		a.text(t, "urgent.reply", nil),
		a.with(t, "urgent.phone", "phone", firstOf(clinic.Settings.NurseLine, clinic.Settings.Phone)),
		a.text(t, "urgent.worse", map[string]string{"number": guardrails.Number(clinic.Country).Emergency}))
	a.handover(t, handoff.ReasonUrgent)
	return true
}

func (a *Agent) askedForPerson(ctx context.Context, t *turn) bool {
	if !t.has(frontdesk.LabelHumanRequest) && t.tap != TapPerson {
		return false
	}
	a.say(t, a.promise(ctx, t, "human"), a.byPhone(ctx, t))
	a.callButton(ctx, t)
	a.handover(t, handoff.ReasonAsked)
	return true
}

// byPhone offers the clinic's number, unless nobody answers it now.
func (a *Agent) byPhone(ctx context.Context, t *turn) string {
	if a.promised(ctx, t).Kind == handoff.PromiseLater {
		return ""
	}
	return a.with(t, "human.phone", "phone", t.dialogue.Clinic.Settings.Phone)
}

// callDay bounds a call button where the hours do not: by then somebody looks again.
const callDay = 24 * time.Hour

// callButton adds a button that calls the clinic on WhatsApp, where somebody answers
// such calls, and as long as they do.
func (a *Agent) callButton(ctx context.Context, t *turn) {
	if !t.dialogue.Clinic.Settings.Calls || t.dialogue.Channel != frontdesk.ChannelWhatsApp || len(t.decision.Replies) == 0 {
		return
	}
	left, ok := handoff.StaffedFor(t.dialogue.Clinic, a.openingHours(ctx, t), t.dialogue.At, callDay)
	if !ok {
		return
	}
	last := &t.decision.Replies[len(t.decision.Replies)-1]
	last.Call = &frontdesk.Call{Title: a.text(t, "button.call", nil), Minutes: int(left.Minutes())}
}

func (a *Agent) distress(ctx context.Context, t *turn) bool {
	if !t.has(frontdesk.LabelDistress) {
		return false
	}
	a.say(t, a.text(t, "distress.lead", nil), a.promise(ctx, t, "human"))
	a.handover(t, handoff.ReasonDistress)
	return true
}

func (a *Agent) complaint(t *turn) bool {
	switch {
	case t.has(frontdesk.LabelComplaint):
		a.say(t, a.text(t, "complaint.reply", nil))
		a.handover(t, handoff.ReasonComplaint)
	case t.has(frontdesk.LabelInsult):
		a.say(t, a.text(t, "insult.reply", nil))
		a.handover(t, handoff.ReasonRepeatedFailure)
	default:
		return false
	}
	return true
}

func (a *Agent) optOut(t *turn) bool {
	if t.has(frontdesk.LabelOptOut) && t.dialogue.Flow == nil {
		a.say(t, a.text(t, "opt_out.reply", nil))
		t.decision.Outcome, t.decision.Mode = frontdesk.OutcomeOptedOut, frontdesk.ModeFixed
		t.decision.Effects = append(t.decision.Effects, frontdesk.OptOut{Scope: "all"})
		return true
	}
	return false
}

// waiting speaks for a conversation whose ticket nobody took yet. While staff
// are on duty the patient gets the fixed notice, not too often; outside their
// hours the bot goes on with administration, see finish.
func (a *Agent) waiting(ctx context.Context, t *turn) bool {
	if t.dialogue.Pen != frontdesk.PenWaiting || t.dialogue.Ticket == nil || t.dialogue.Flow != nil {
		return false
	}
	speech := handoff.Waiting(*t.dialogue.Ticket, a.promised(ctx, t), t.dialogue.At)
	if speech.Answers {
		return false
	}
	t.decision.Outcome, t.decision.Mode = frontdesk.OutcomeSilent, frontdesk.ModeFixed
	a.ticket(t, handoff.Reason(t.dialogue.Ticket.Reason)) // what they wrote is added to it
	if speech.Notice != "" {
		a.say(t, a.text(t, speech.Notice, nil))
		t.decision.Outcome = frontdesk.OutcomeHandover
	}
	return true
}

func (a *Agent) paused(t *turn) bool {
	if !t.dialogue.Clinic.Settings.Paused && !t.dialogue.Outside {
		return false
	}
	a.say(t, a.text(t, "paused.reply", nil))
	a.handover(t, handoff.ReasonAsked)
	return true
}

func (a *Agent) media(t *turn) bool {
	found := false
	for _, e := range t.events {
		found = found || e.Message != nil && e.Message.Kind.HasMedia() && e.Message.Kind != frontdesk.KindSticker
	}
	if !found {
		return false
	}
	a.say(t, a.text(t, "media.reply", map[string]string{"number": guardrails.Number(t.dialogue.Clinic.Country).Emergency}))
	a.handover(t, handoff.ReasonMedia)
	return true
}

// personalRecord sends questions about somebody's own file to the portal and the
// right team (C10), unless a policy that holds for everybody is all they ask for.
func (a *Agent) personalRecord(ctx context.Context, t *turn) bool {
	if !t.has(frontdesk.LabelPersonalRecord) || a.bookingIntent(t) != "" {
		return false
	}
	if found, ok := a.retrieve(ctx, t, t.text); ok && policy(t, found) {
		if p, ok := a.compose(ctx, t, t.text, found); ok {
			a.reply(t, []piece{p})
			return true
		}
	}
	a.say(t,
		a.text(t, "personal_record.reply", nil),
		a.with(t, "personal_record.portal", "url", t.dialogue.Clinic.Settings.PortalURL))
	t.decision.Outcome, t.decision.Mode = frontdesk.OutcomePersonalRecord, frontdesk.ModeFixed
	a.ticket(t, handoff.ReasonPersonalRecord)
	return true
}

func (a *Agent) spam(t *turn) bool {
	if !t.has(frontdesk.LabelSpam) {
		return false
	}
	t.decision.Outcome = frontdesk.OutcomeSpam
	a.ticket(t, handoff.ReasonLead)
	t.decision.Ticket.Priority = frontdesk.PriorityLow
	return true
}

func (a *Agent) outOfScope(t *turn) bool {
	clinic := map[string]string{"clinic": t.dialogue.Clinic.Name}
	switch {
	case t.has(frontdesk.LabelInjection), t.has(frontdesk.LabelOffTopic):
		a.say(t, a.text(t, "off_topic.reply", clinic))
	case t.has(frontdesk.LabelGibberish):
		a.say(t, a.text(t, "gibberish.reply", nil))
	default:
		return false
	}
	t.decision.Outcome, t.decision.Mode = frontdesk.OutcomeOffTopic, frontdesk.ModeFixed
	return true
}

func (a *Agent) smalltalk(t *turn) bool {
	switch {
	case t.has(frontdesk.LabelBotQuestion):
		a.say(t, a.text(t, "bot.reply", map[string]string{"clinic": t.dialogue.Clinic.Name}))
	case t.has(frontdesk.LabelSmalltalk), t.text == "":
		a.say(t, a.text(t, a.smalltalkKey(t), nil))
	default:
		return false
	}
	t.decision.Outcome, t.decision.Mode = frontdesk.OutcomeSmalltalk, frontdesk.ModeFixed
	return true
}

func (a *Agent) smalltalkKey(t *turn) string {
	for _, group := range []string{"thanks", "bye", "hello"} {
		if a.saysOne(t, group) {
			return "smalltalk." + group
		}
	}
	if t.text == "" {
		return "smalltalk.hello"
	}
	return "smalltalk.other"
}

// saysOne tells whether the message holds a word of a locale group.
func (a *Agent) saysOne(t *turn, group string) bool {
	for _, tag := range append(t.languages(), "en") {
		for _, phrase := range a.Texts.Words(tag, group) {
			want := foldedWords(phrase)
			for i := range t.words {
				if len(want) > 0 && matchAt(t.words[i:], want) > 0 {
					return true
				}
			}
		}
	}
	return false
}

// handover sets the outcome and the ticket of a turn that ends with people.
func (a *Agent) handover(t *turn, reason handoff.Reason) {
	t.decision.Outcome, t.decision.Mode = frontdesk.OutcomeHandover, frontdesk.ModeFixed
	t.decision.Flow = nil
	a.ticket(t, reason)
}

func (a *Agent) ticket(t *turn, reason handoff.Reason) {
	request := handoff.Request(reason, t.dialogue, t.text, a.Texts)
	t.decision.Ticket = &request
}

// promised is when somebody of the clinic answers: by its staff hours, else by
// the opening hours of its profile.
func (a *Agent) promised(ctx context.Context, t *turn) handoff.Promise {
	return handoff.PromiseAt(t.dialogue.Clinic, a.openingHours(ctx, t), t.dialogue.At)
}

func (a *Agent) openingHours(ctx context.Context, t *turn) *frontdesk.Hours {
	if t.dialogue.Clinic.Settings.StaffHours != nil || !a.loadProfile(ctx, t) {
		return nil
	}
	for _, e := range t.profile.Entries {
		if e.Approved && e.Fact.Kind == frontdesk.FactHours && e.Fact.Label == "" && e.Fact.Hours != nil {
			return e.Fact.Hours
		}
	}
	return nil
}

// promise says when somebody answers: prefix.now, prefix.later or prefix.unknown.
func (a *Agent) promise(ctx context.Context, t *turn, prefix string) string {
	p := a.promised(ctx, t)
	switch p.Kind {
	case handoff.PromiseNow:
		return a.text(t, prefix+".now", nil)
	case handoff.PromiseLater:
		return a.text(t, prefix+".later", map[string]string{"when": a.when(t, p)})
	}
	return a.text(t, prefix+".unknown", nil)
}

func (a *Agent) when(t *turn, p handoff.Promise) string {
	loc := t.dialogue.Clinic.Location()
	return a.Texts.Instant(t.language, p.At.In(loc), t.dialogue.At.In(loc))
}

// addToTicket adds what a patient writes while waiting outside staffed hours to
// the ticket, and says so now and then.
func (a *Agent) addToTicket(ctx context.Context, t *turn) {
	if t.dialogue.Pen != frontdesk.PenWaiting || t.dialogue.Ticket == nil || t.decision.Ticket != nil {
		return
	}
	p := a.promised(ctx, t)
	speech := handoff.Waiting(*t.dialogue.Ticket, p, t.dialogue.At)
	if !speech.Answers {
		return
	}
	a.ticket(t, handoff.Reason(t.dialogue.Ticket.Reason))
	if speech.Notice == "" {
		return
	}
	args := map[string]string{}
	if p.Kind == handoff.PromiseLater {
		args["when"] = a.when(t, p)
	}
	a.say(t, a.text(t, speech.Notice, args), a.text(t, "waiting.added", nil))
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
