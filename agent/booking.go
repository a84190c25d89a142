package agent

import (
	"context"
	"slices"
	"strings"

	"frontdesk"
	"frontdesk/flow"
	"frontdesk/handoff"
	"frontdesk/retrieval"
)

// The names of the booking request's steps; they stand in stored flow states.
const (
	flowBooking  = "booking"
	stepService  = "service"
	stepDays     = "days"
	stepKnown    = "known"
	slotIntent   = "intent"
	tapKnownYes  = "booking:known"
	tapKnownNo   = "booking:new"
	wordsYes     = "yes"
	wordsNo      = "no"
	wordsCancel  = "cancel"
	maxSlotRunes = 300
)

// bookingFlow asks what a booking request needs (service, preferred days, new or
// known patient). It books nothing: people confirm. Moving and cancelling ask
// which appointment, and are requests to people as well.
type bookingFlow struct{ definition flow.Definition }

func newBookingFlow() bookingFlow {
	return bookingFlow{flow.Definition{
		Name: flowBooking, Version: 1,
		Steps: []flow.Step{
			{Name: stepService, Ask: askService, Read: readText, Next: afterService},
			{Name: stepDays, Ask: fixedAsk("booking.ask_days"), Read: readText},
			{Name: stepKnown, Ask: askKnown, Read: readKnown},
		},
	}}
}

func fixedAsk(key string) func(flow.Data) flow.Ask {
	return func(flow.Data) flow.Ask { return flow.Ask{Key: key} }
}

func askService(data flow.Data) flow.Ask {
	switch Intent(data.Text(slotIntent)) {
	case IntentMove:
		return flow.Ask{Key: "booking.which"}
	case IntentCancel:
		return flow.Ask{Key: "booking.cancel_which"}
	}
	return flow.Ask{Key: "booking.ask_service"}
}

func afterService(data flow.Data) string {
	if intent := Intent(data.Text(slotIntent)); intent == IntentMove || intent == IntentCancel {
		return flow.End
	}
	return stepDays
}

func askKnown(flow.Data) flow.Ask {
	return flow.Ask{Key: "booking.ask_known", Choices: []flow.Choice{
		{ID: tapKnownYes, Key: "booking.known"},
		{ID: tapKnownNo, Key: "booking.new"},
	}}
}

func readText(event frontdesk.Event, _ flow.Data) flow.Reading {
	if event.Message == nil || event.Message.Kind != frontdesk.KindText {
		return flow.Miss()
	}
	text := strings.TrimSpace(event.Message.Text)
	if text == "" || strings.HasSuffix(text, "?") || strings.HasSuffix(text, "؟") {
		return flow.Miss()
	}
	if runes := []rune(text); len(runes) > maxSlotRunes {
		text = string(runes[:maxSlotRunes])
	}
	return flow.Value(text)
}

// readKnown reads the tap. Typed words are read by continueFlow, which knows the
// languages, and arrive here as the tap they mean.
func readKnown(event frontdesk.Event, _ flow.Data) flow.Reading {
	if event.Message == nil {
		return flow.Miss()
	}
	switch event.Message.TapID {
	case tapKnownYes:
		return flow.Value("known")
	case tapKnownNo:
		return flow.Value("new")
	}
	return flow.Miss()
}

// startBooking begins the request when the message asks for an appointment, or to
// move or cancel one.
func (a *Agent) startBooking(ctx context.Context, t *turn) bool {
	intent := a.bookingIntent(t)
	if intent == "" || t.off(frontdesk.CapabilityBooking) {
		return false
	}
	known := flow.Data{}
	if err := known.Set(slotIntent, string(intent)); err != nil {
		return false
	}
	if intent == IntentBook && a.namesService(t, IntentBook, IntentMove, IntentCancel) {
		// What the patient said already is not asked again.
		if err := known.Set(stepService, t.text); err != nil {
			return false
		}
	}
	result, err := flow.Start(a.booking.definition, known, t.dialogue.At)
	if err != nil {
		a.Log.Error("booking request cannot start", "conversation", t.dialogue.Conversation, "err", err)
		a.say(t, a.promise(ctx, t, "human"))
		a.handover(t, handoff.ReasonBookingRequest)
		return true
	}
	a.showFlow(t, result)
	return true
}

// namesService tells whether a message that asks for an appointment, or another of
// the wishes, says what it is for: a word that neither the wish nor courtesy
// accounts for.
func (a *Agent) namesService(t *turn, wishes ...Intent) bool {
	rest := a.intents.rest(t.words, t.language, wishes...)
	asked := a.checker.lexicon.Analyse(retrieval.Question{Text: t.text, Language: t.language})
	return slices.ContainsFunc(asked.Content, func(c retrieval.Content) bool { return slices.Contains(rest, c.Text) })
}

// continueFlow hands the event to the flow in progress. It returns false when the
// event is a digression, which is answered before the flow's question is put again.
func (a *Agent) continueFlow(_ context.Context, t *turn) bool {
	state := t.dialogue.Flow
	if state == nil {
		return false
	}
	result, err := flow.Advance(a.definition(state.Name), *state, a.flowEvent(t), flow.Options{
		Cancels:   func(frontdesk.Event) bool { return len(t.words) <= 3 && a.saysOne(t, wordsCancel) },
		Digresses: func(frontdesk.Event) bool { return a.digresses(t) },
	})
	if err != nil {
		a.Log.Error("flow failed", "conversation", t.dialogue.Conversation, "flow", state.Name, "err", err)
		result.Status = flow.Stuck
	}
	if result.Status == flow.Asking && !result.Consumed && !result.Missed {
		t.digressed = true
		return false
	}
	a.showFlow(t, result)
	return true
}

// digresses tells whether the message is a question of its own.
func (a *Agent) digresses(t *turn) bool {
	return t.has(frontdesk.LabelClinical, frontdesk.LabelPersonalRecord, frontdesk.LabelBotQuestion, frontdesk.LabelInjection, frontdesk.LabelSpam) ||
		strings.ContainsAny(t.text, "?؟") || a.profileKind(t.words, t.languages()) != ""
}

// flowEvent is the last message of the turn; a typed yes or no to a question with
// buttons becomes the tap that it means.
func (a *Agent) flowEvent(t *turn) frontdesk.Event {
	var event frontdesk.Event
	for _, e := range t.events {
		if e.Message != nil {
			event = e
		}
	}
	if event.Message == nil || event.Message.TapID != "" || t.dialogue.Flow.Step != stepKnown {
		if event.Message != nil && event.Message.Kind == frontdesk.KindText {
			message := *event.Message
			message.Text = t.text // the whole burst is the answer
			event.Message = &message
		}
		return event
	}
	message := *event.Message
	switch {
	case a.saysOne(t, wordsNo): // before yes: "no, not yet been there already"
		message.TapID = tapKnownNo
	case a.saysOne(t, wordsYes):
		message.TapID = tapKnownYes
	}
	event.Message = &message
	return event
}

func (a *Agent) showFlow(t *turn, result flow.Result) {
	t.decision.Outcome, t.decision.Mode = frontdesk.OutcomeFlow, frontdesk.ModeFlow
	t.decision.Flow = result.State
	switch result.Status {
	case flow.Asking:
		if result.Missed {
			a.say(t, a.text(t, "flow.retry", nil), a.askText(t, result.Ask))
		} else {
			a.say(t, a.askText(t, result.Ask))
		}
		a.putButtons(t, result.Ask)
	case flow.Done:
		if t.dialogue.Flow != nil && t.dialogue.Flow.Name == flowLead {
			a.leadDone(t, result.Data)
			return
		}
		a.bookingDone(t, result.Data)
	case flow.Canceled:
		a.say(t, a.text(t, "flow.stopped", nil))
	case flow.Stuck, flow.Outdated:
		a.say(t, a.text(t, "flow.stuck", nil))
		a.handover(t, handoff.ReasonFlowStuck)
	}
}

// bookingDone says plainly that nothing is booked yet and opens the ticket.
func (a *Agent) bookingDone(t *turn, data flow.Data) {
	settings := t.dialogue.Clinic.Settings
	key := "booking.done"
	if Intent(data.Text(slotIntent)) != IntentBook {
		key = "booking.change"
	}
	a.say(t,
		a.text(t, key, nil),
		a.with(t, "booking.link", "url", settings.BookingURL),
		a.with(t, "booking.phone", "phone", settings.Phone))
	a.ticket(t, handoff.ReasonBookingRequest)
	t.decision.Ticket.Summary += "\n" + strings.Join(nonEmpty(data.Text(slotIntent), data.Text(stepService), data.Text(stepDays), data.Text(stepKnown)), " · ")
}

func nonEmpty(values ...string) []string {
	var kept []string
	for _, v := range values {
		if v != "" {
			kept = append(kept, v)
		}
	}
	return kept
}

func (a *Agent) askText(t *turn, ask flow.Ask) string {
	args := map[string]string{"clinic": t.dialogue.Clinic.Name}
	for name, value := range ask.Args {
		args[name] = value
	}
	return a.text(t, ask.Key, args)
}

func (a *Agent) putButtons(t *turn, ask flow.Ask) {
	last := &t.decision.Replies[len(t.decision.Replies)-1]
	for _, c := range ask.Choices {
		title := c.Literal
		if title == "" {
			title = a.text(t, c.Key, c.Args)
		}
		last.Buttons = append(last.Buttons, frontdesk.Button{ID: c.ID, Title: title})
	}
}

// resumeFlow puts the flow's last question again after a digression was answered.
func (a *Agent) resumeFlow(t *turn) {
	if !t.digressed || t.decision.Flow == nil || t.decision.Ticket != nil && t.decision.Outcome == frontdesk.OutcomeHandover {
		return
	}
	result := flow.Again(a.definition(t.decision.Flow.Name), *t.decision.Flow)
	if result.Status != flow.Asking {
		return
	}
	a.say(t, a.text(t, "flow.back", nil), a.askText(t, result.Ask))
	a.putButtons(t, result.Ask)
}
