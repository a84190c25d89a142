package conversation

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"frontdesk"
	"frontdesk/handoff"
)

// historyKept is how many exchanges a conversation remembers for follow-ups.
const historyKept = 8

// maxTakes bounds how often one drain takes the conversation again because of
// newer messages; what is left is due again at once.
const maxTakes = 12

// drain decides what waits in a conversation, commits it and sends what follows.
func (e *Engine) drain(ctx context.Context, key Key, a *actor) {
	marked, queued, err := e.turn(ctx, key, a)
	switch {
	case errors.Is(err, ErrIdle) || errors.Is(err, ErrHeld):
	case errors.Is(err, ErrFenced):
		e.c.Log.InfoContext(ctx, "turn overtaken", key.LogKey())
	case err != nil:
		e.c.Log.WarnContext(ctx, "turn failed, due again at the next sweep", key.LogKey(), "error", err)
	}
	if len(marked) > 0 || queued {
		e.deliver(ctx, key, marked, queued)
	}
}

// turn runs one turn of a conversation and returns the messages whose first
// attempt its commit marked, and whether it queued others.
func (e *Engine) turn(ctx context.Context, key Key, a *actor) (marked []Outbound, queued bool, err error) {
	id, err := e.newID(e.c.Now())
	if err != nil {
		return nil, false, err
	}
	began := time.Time{}
	for take := 0; take < maxTakes; take++ {
		work, err := e.take(ctx, key, a, id)
		if err != nil {
			return nil, false, err
		}
		now := e.c.Now()
		if began.IsZero() {
			began = now
			e.seen(work)
		}
		joinable := take < maxJoins && now.Sub(began) < maxJoinTime
		decision, joined, err := e.decide(ctx, work, a, began, joinable)
		if err != nil {
			return nil, false, err
		}
		if joined {
			continue
		}
		turn, out, err := e.compose(ctx, work, decision, id)
		if err != nil {
			return nil, false, err
		}
		turn.Force = !joinable
		switch err := e.c.Turns.Commit(ctx, turn); {
		case errors.Is(err, ErrJoined):
			continue
		case err != nil:
			return nil, false, fmt.Errorf("commit turn: %w", err)
		}
		if turn.Force {
			e.lookAgain(a)
		}
		return out, len(turn.Messages) > len(out), nil
	}
	return nil, false, nil
}

// take leases the conversation and forgets wake-ups up to now: the lease's look at
// the inbox comes after them.
func (e *Engine) take(ctx context.Context, key Key, a *actor, holder string) (Work, error) {
	e.mu.Lock()
	a.again, a.newer = false, false
	e.mu.Unlock()
	now := e.c.Now()
	work, err := e.c.Turns.Take(ctx, key, Lease{Holder: holder, Now: now, Until: now.Add(e.c.Limits.Lease)})
	if err != nil && !errors.Is(err, ErrIdle) && !errors.Is(err, ErrHeld) {
		return work, fmt.Errorf("take conversation: %w", err)
	}
	return work, err
}

func (e *Engine) lookAgain(a *actor) {
	e.mu.Lock()
	defer e.mu.Unlock()
	a.again = true
}

// decide waits for the rest of an unfinished text, then asks the responder. It
// reports joined when newer messages ended either.
func (e *Engine) decide(ctx context.Context, work Work, a *actor, began time.Time, joinable bool) (d frontdesk.Decision, joined bool, err error) {
	ctx, end := e.interruptible(ctx, a, joinable)
	ended := false
	finish := func() bool {
		if ended {
			return joined
		}
		ended = true
		return end()
	}
	defer finish()
	if joinable && unfinished(work) && e.waitForRest(ctx, work) {
		return d, finish(), nil
	}
	rctx, cancel := context.WithTimeoutCause(ctx, began.Add(e.c.Limits.Respond).Sub(e.c.Now()), errors.New("responder timed out"))
	defer cancel()
	d, err = e.respond(rctx, dialogueOf(work, e.c.Now()), eventsOf(work))
	if finish() {
		return frontdesk.Decision{}, true, nil
	}
	if err != nil {
		if cause := context.Cause(e.base); cause != nil {
			return d, false, fmt.Errorf("stopping: %w", cause)
		}
		e.c.Log.WarnContext(ctx, "responder failed, a person is asked", work.LogKey(), "error", err)
		return e.fallback(work, "responder"), false, nil
	}
	return d, false, nil
}

// waitForRest waits until the last message is Limits.Unfinished old and tells
// whether newer ones or the end of ctx cut the wait short.
func (e *Engine) waitForRest(ctx context.Context, work Work) bool {
	last := work.Events[len(work.Events)-1].Received
	wait := min(e.c.Limits.Unfinished, last.Add(e.c.Limits.Unfinished).Sub(e.c.Now()))
	if wait <= 0 {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return false
	case <-ctx.Done():
		return true
	}
}

// respond asks the responder in a way that neither a hang nor a panic of it takes
// the conversation along: it gives up when ctx ends, whatever the call does.
func (e *Engine) respond(ctx context.Context, dialogue frontdesk.Dialogue, events []frontdesk.Event) (frontdesk.Decision, error) {
	type answer struct {
		decision frontdesk.Decision
		err      error
	}
	answers := make(chan answer, 1)
	go func() {
		var a answer
		defer func() {
			if r := recover(); r != nil {
				e.c.Log.ErrorContext(ctx, "responder panicked", "type", fmt.Sprintf("%T", r), "stack", string(debug.Stack()))
				a.err = fmt.Errorf("responder panicked: %T", r)
			}
			answers <- a
		}()
		a.decision, a.err = e.c.Responder.Respond(ctx, dialogue, events)
	}()
	select {
	case a := <-answers:
		return a.decision, a.err
	case <-ctx.Done():
		return frontdesk.Decision{}, fmt.Errorf("respond: %w", context.Cause(ctx))
	}
}

// dialogueOf is what the responder may know about leased work.
func dialogueOf(work Work, at time.Time) frontdesk.Dialogue {
	return frontdesk.Dialogue{
		Clinic:       work.Clinic,
		Contact:      work.Contact,
		Conversation: work.Conversation,
		Channel:      work.Channel,
		Language:     work.State.Language,
		Pen:          work.Pen,
		Flow:         work.State.Flow,
		Ticket:       work.Ticket,
		History:      work.State.History,
		Welcome:      welcomeDue(work.Contact, at),
		At:           at,
		Outside:      outside(work),
	}
}

// outside tells whether the clinic tries the assistant with chosen numbers, and this
// contact has none of them. Who has no number is none of them either.
func outside(work Work) bool {
	pilots := work.Clinic.Settings.Pilots
	if len(pilots) == 0 || work.Channel == frontdesk.ChannelTry {
		return false
	}
	number := digits(work.To.Phone)
	return number == "" || !slices.ContainsFunc(pilots, func(pilot string) bool { return digits(pilot) == number })
}

// digits are those of a phone number, which people write in many ways.
func digits(phone string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, phone)
}

// welcomeAgain is after how long a contact is welcomed once more.
const welcomeAgain = 180 * 24 * time.Hour

func welcomeDue(contact frontdesk.Contact, at time.Time) bool {
	return at.Sub(contact.Welcomed) >= welcomeAgain
}

func eventsOf(work Work) []frontdesk.Event {
	events := make([]frontdesk.Event, len(work.Events))
	for i, p := range work.Events {
		events[i] = p.Event
	}
	return events
}

// fallback is the decision for a turn that could not be decided: a fixed line and
// a person.
func (e *Engine) fallback(work Work, why string) frontdesk.Decision {
	d := frontdesk.Decision{
		Outcome:  frontdesk.OutcomeHandover,
		Mode:     frontdesk.ModeFixed,
		Language: languageOf(work),
		Flow:     work.State.Flow,
		Ticket:   &frontdesk.TicketRequest{Team: "reception", Priority: frontdesk.PriorityUrgent, Reason: "failed", Summary: ""},
		Record:   frontdesk.Record{Failures: []string{why}},
	}
	for _, p := range work.Events {
		d.Labels = append(d.Labels, p.Labels...)
	}
	if work.Pen != frontdesk.PenPerson {
		d.Replies = []frontdesk.Reply{e.c.Texts.Fallback(work.Clinic, d.Language)}
	}
	return d
}

// languageOf returns the language to use where the decision names none.
func languageOf(work Work) string {
	switch {
	case work.Contact.Language != "":
		return work.Contact.Language
	case work.State.Language != "":
		return work.State.Language
	}
	return work.Clinic.Language
}

// compose turns a decision into what the commit writes, and into the messages
// that may be sent right after it.
func (e *Engine) compose(ctx context.Context, work Work, d frontdesk.Decision, id string) (Turn, []Outbound, error) {
	now := e.c.Now()
	d = e.neverSilent(work, d)
	posted, d, err := e.post(ctx, work, d, now)
	if err != nil {
		return Turn{}, nil, err
	}
	turn := Turn{
		Work:     work,
		ID:       frontdesk.TurnID(id),
		At:       now,
		Decision: d,
		Question: questionOf(work),
		State:    nextState(work, d, now),
		Pen:      work.Pen,
	}
	if d.Ticket != nil {
		ticket, err := e.newID(now)
		if err != nil {
			return Turn{}, nil, err
		}
		turn.Ticket = &NewTicket{ID: frontdesk.TicketID(ticket), Request: *d.Ticket, At: now}
		if turn.Pen == frontdesk.PenBot && handoff.RouteOf(handoff.Reason(d.Ticket.Reason)).Holds {
			turn.Pen = frontdesk.PenWaiting
		}
	}
	var out []Outbound
	turn.Messages, out = e.start(work, posted, now)
	return turn, out, nil
}

// start marks the first message as being sent where nothing holds it back, so
// that its attempt is part of the turn's own commit.
func (e *Engine) start(work Work, posted []Posted, now time.Time) ([]Posted, []Outbound) {
	if len(posted) == 0 || work.Sending || work.Account == "" {
		return posted, nil
	}
	if wait := e.rates.reserve(work.Account, work.To, now); wait > 0 {
		posted[0].due = now.Add(wait)
		return posted, nil
	}
	startBy := now.Add(e.c.Limits.Start)
	posted[0].state, posted[0].startBy, posted[0].due = SendSending, startBy, now.Add(e.c.Limits.Uncertain)
	posted[0].out.StartBy, posted[0].out.Attempt = startBy, 1
	return posted, []Outbound{posted[0].out}
}

// neverSilent adds what a decision must not lack: a reply to a patient's message
// while the bot holds the pen, and a ticket for each file.
func (e *Engine) neverSilent(work Work, d frontdesk.Decision) frontdesk.Decision {
	if d.Language == "" {
		d.Language = languageOf(work)
	}
	media, spoke := frontdesk.MessageKind(""), false
	for _, p := range work.Events {
		if m := p.Event.Message; m != nil {
			spoke = spoke || !p.Fixed
			if m.Kind.HasMedia() && m.Kind != frontdesk.KindSticker {
				media = m.Kind
			}
		}
	}
	if media != "" && d.Ticket == nil {
		d.Ticket = &frontdesk.TicketRequest{Team: "reception", Priority: frontdesk.PriorityNormal, Reason: "media"}
	}
	if len(d.Replies) > 0 || work.Pen != frontdesk.PenBot || !spoke || d.Outcome == frontdesk.OutcomeSilent || d.Outcome == frontdesk.OutcomeSpam {
		return d
	}
	if media != "" {
		d.Replies = []frontdesk.Reply{e.c.Texts.Media(work.Clinic, d.Language, media)}
		return d
	}
	return e.fallback(work, "no reply")
}

// post puts the decision's replies through [Engine.Post]. Replies that may not be
// sent become the fallback line and a ticket; a closed window leaves the ticket.
func (e *Engine) post(ctx context.Context, work Work, d frontdesk.Decision, now time.Time) ([]Posted, frontdesk.Decision, error) {
	if d.Emergency && anyFixed(work) {
		d.Replies = nil // the lane sent it
	}
	if len(d.Replies) == 0 {
		return nil, d, nil
	}
	draft := Draft{
		Origin: frontdesk.OriginTurn, Clinic: work.Clinic, Account: work.Account, To: work.To,
		Replies: d.Replies, Pen: work.Pen, Window: work.Window, OptOut: work.OptOut, At: now,
	}
	if d.Emergency {
		draft.Origin = frontdesk.OriginFixed
	}
	posted, err := e.Post(ctx, draft)
	switch frontdesk.CodeOf(err) {
	case "":
		return posted, d, nil
	case CodePen:
		d.Replies = nil
		return nil, d, nil
	case CodeBlocked:
		return e.postBlocked(ctx, work, d, draft)
	case CodeWindowClosed:
		d.Replies = nil
		if d.Ticket == nil {
			d.Ticket = &frontdesk.TicketRequest{Team: "reception", Priority: frontdesk.PriorityNormal, Reason: "window_closed"}
		}
		return nil, d, nil
	}
	return nil, d, fmt.Errorf("post replies: %w", err)
}

// postBlocked replaces replies that the outbound screen stopped.
func (e *Engine) postBlocked(ctx context.Context, work Work, d frontdesk.Decision, draft Draft) ([]Posted, frontdesk.Decision, error) {
	e.c.Log.WarnContext(ctx, "outbound screen stopped a reply, a person is asked", work.LogKey())
	safe := e.fallback(work, "outbound screen")
	safe.Labels, safe.Effects, safe.Record = d.Labels, d.Effects, d.Record
	safe.Record.Failures = append(safe.Record.Failures, "outbound screen")
	if d.Ticket != nil {
		safe.Ticket = d.Ticket
	}
	draft.Replies, draft.Origin = safe.Replies, frontdesk.OriginTurn
	posted, err := e.Post(ctx, draft)
	if err != nil { // the fixed line itself: the ticket alone remains
		safe.Replies = nil
		return nil, safe, nil
	}
	return posted, safe, nil
}

func anyFixed(work Work) bool {
	for _, p := range work.Events {
		if p.Fixed {
			return true
		}
	}
	return false
}

// questionOf joins the masked texts of a turn's messages.
func questionOf(work Work) string {
	var texts []string
	for _, p := range work.Events {
		if m := p.Event.Message; m != nil && m.Text != "" {
			texts = append(texts, m.Text)
		}
	}
	return strings.Join(texts, "\n")
}

// nextState is what the conversation remembers after the turn.
func nextState(work Work, d frontdesk.Decision, now time.Time) State {
	s := work.State
	s.Flow = d.Flow
	if d.Language != "" {
		s.Language = d.Language
	}
	question := questionOf(work)
	if question == "" && len(d.Replies) == 0 {
		return s
	}
	var replies []string
	for _, r := range d.Replies {
		if r.Text != "" {
			replies = append(replies, r.Text)
		}
	}
	exchange := frontdesk.Exchange{
		Patient: question, Reply: strings.Join(replies, "\n\n"), Outcome: d.Outcome, Language: d.Language,
		Question: d.Record.Question, Passages: d.Record.Cited, FactKinds: d.Record.FactKinds, At: now,
	}
	kept := s.History
	if len(kept) >= historyKept {
		kept = kept[len(kept)-historyKept+1:]
	}
	s.History = append(append([]frontdesk.Exchange(nil), kept...), exchange)
	return s
}

// seen marks the newest message read and shows that an answer is being written.
func (e *Engine) seen(work Work) {
	if work.Pen == frontdesk.PenPerson || len(work.Events) == 0 {
		return
	}
	last := work.Events[len(work.Events)-1].Event.Message
	account, ok := e.lines.byID(work.Account)
	if last == nil || last.ProviderID == "" || !ok || account.Account.Stopped {
		return
	}
	e.background(e.c.Limits.Send, func(ctx context.Context) {
		if err := e.c.Sender.Seen(ctx, account.Account, last.ProviderID); err != nil {
			e.c.Log.DebugContext(ctx, "mark read", work.LogKey(), "error", err)
		}
	})
}
