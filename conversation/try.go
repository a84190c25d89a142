package conversation

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"frontdesk"
	"frontdesk/handoff"
)

// tryKept bounds the dialogues that a [Try] remembers; the oldest go first.
const tryKept = 2000

// Try runs whole turns that notify, count and book nothing: the channel of
// `frontdesk ask`, the API and the playground. Dialogues live in memory.
type Try struct {
	e *Engine

	mu        sync.Mutex // protects all following fields
	dialogues map[string]*trial
	order     []string
}

// trial is one dialogue; its lock keeps its turns in order.
type trial struct {
	mu       sync.Mutex
	work     Work
	welcomed bool
}

// Question is one message to a [Try].
type Question struct {
	Clinic       frontdesk.Clinic
	Conversation string // turns of one dialogue share it; "" is a dialogue of its own
	Text         string
	TapID        string        // of a tapped button or row; Text is its title
	First        bool          // the contact was not welcomed yet
	At           time.Time     // the clock of the turn; zero is now
	Waited       time.Duration // how long the message lay before this turn
	Name         string        // of the contact, as the clinic knows it
	Patients     []string      // whom the contact speaks for
	Pen          frontdesk.Pen // who may speak; "" is who may by what the dialogue came to
	Drafts       []frontdesk.RevisionID
	Without      []frontdesk.RevisionID
}

// Trial is what a turn would have done.
type Trial struct {
	Decision frontdesk.Decision
	Replies  []frontdesk.Reply // as they would be sent, in bubbles
	Verdict  frontdesk.Verdict
	Screened time.Duration
	Total    time.Duration
}

// NewTry returns a Try. Of c it needs Responder, Screen, Sender (for its Fit),
// Texts, Now, Random and Log.
func NewTry(c Config) (*Try, error) {
	if c.Responder == nil || c.Screen == nil || c.Sender == nil || c.Texts == nil || c.Now == nil || c.Random == nil || c.Log == nil {
		return nil, errors.New("conversation: a part of the try channel is missing")
	}
	c.Limits = c.Limits.withDefaults()
	return &Try{e: &Engine{c: c, base: context.Background()}, dialogues: map[string]*trial{}}, nil
}

// Ask runs one turn. It never fails for the responder's sake: like a patient, the
// caller then gets the fixed fallback.
func (t *Try) Ask(ctx context.Context, q Question) (Trial, error) {
	began := t.e.c.Now()
	if q.At.IsZero() {
		q.At = began
	}
	id, err := t.e.newID(q.At)
	if err != nil {
		return Trial{}, err
	}
	d := t.dialogue(q, id)
	d.mu.Lock()
	defer d.mu.Unlock()

	work := d.next(q)
	verdict := t.e.c.Screen.Inbound(ctx, q.Text, work.State.Language, q.Clinic.Country)
	screened := t.e.c.Now().Sub(began)
	kind, event := frontdesk.KindText, frontdesk.EventMessage
	if q.TapID != "" {
		kind, event = frontdesk.KindTap, frontdesk.EventTap
	}
	work.Events = []Pending{{
		ID: id, Received: q.At, Labels: verdict.Labels,
		Event: frontdesk.Event{Kind: event, At: q.At, Message: &frontdesk.Message{
			ID: frontdesk.MessageID(id), Kind: kind, Text: verdict.Masked, TapID: q.TapID, At: q.At, Tokens: verdict.Tokens,
		}},
	}}
	decision, posted, err := t.decide(ctx, work, q, d)
	if err != nil {
		return Trial{}, err
	}
	d.keep(work, decision, q.At)
	trial := Trial{Decision: decision, Verdict: verdict, Screened: screened, Total: t.e.c.Now().Sub(began)}
	for _, p := range posted {
		trial.Replies = append(trial.Replies, p.out.Reply)
	}
	return trial, nil
}

// decide runs the turn's own steps: respond, never silent, post.
func (t *Try) decide(ctx context.Context, work Work, q Question, d *trial) (frontdesk.Decision, []Posted, error) {
	dialogue := dialogueOf(work, q.At)
	dialogue.Welcome = !d.welcomed
	dialogue.Drafts, dialogue.Without = q.Drafts, q.Without
	rctx, cancel := context.WithTimeoutCause(ctx, t.e.c.Limits.Respond, errors.New("responder timed out"))
	defer cancel()
	decision, err := t.e.respond(rctx, dialogue, eventsOf(work))
	if err != nil {
		t.e.c.Log.WarnContext(ctx, "responder failed", "error", err)
		decision = t.e.fallback(work, "responder")
	}
	decision = t.e.neverSilent(work, decision)
	posted, decision, err := t.e.post(ctx, work, decision, q.At)
	return decision, posted, err
}

// dialogue returns the dialogue of a question, making room for it.
func (t *Try) dialogue(q Question, id string) *trial {
	key := string(q.Clinic.ID) + "\x00" + q.Conversation
	t.mu.Lock()
	defer t.mu.Unlock()
	if d := t.dialogues[key]; d != nil && q.Conversation != "" {
		return d
	}
	d := &trial{welcomed: !q.First, work: Work{
		Key:     Key{Clinic: q.Clinic.ID, Conversation: frontdesk.ConversationID(id)},
		Channel: frontdesk.ChannelTry, Pen: frontdesk.PenBot,
		Contact: frontdesk.Contact{ID: frontdesk.ContactID(id)},
	}}
	if q.Conversation == "" {
		return d
	}
	if len(t.order) >= tryKept {
		delete(t.dialogues, t.order[0])
		t.order = t.order[1:]
	}
	t.dialogues[key] = d
	t.order = append(t.order, key)
	return d
}

// next is the work of the dialogue's next turn.
func (d *trial) next(q Question) Work {
	work := d.work
	work.Clinic, work.Window = q.Clinic, q.At.Add(-q.Waited)
	work.Contact.Name, work.Contact.Patients = q.Name, q.Patients
	work.Pen = cmp.Or(q.Pen, work.Pen)
	if d.welcomed {
		work.Contact.Welcomed = q.At
	}
	return work
}

// keep remembers what a commit would have stored.
func (d *trial) keep(work Work, decision frontdesk.Decision, at time.Time) {
	d.work.State = nextState(work, decision, at)
	d.welcomed = d.welcomed || decision.Welcomed
	for _, effect := range decision.Effects {
		if set, ok := effect.(frontdesk.SetLanguage); ok {
			d.work.Contact.Language = set.Language
		}
	}
	if r := decision.Ticket; r != nil && d.work.Ticket == nil {
		if handoff.RouteOf(handoff.Reason(r.Reason)).Holds {
			d.work.Pen = frontdesk.PenWaiting
		}
		d.work.Ticket = &frontdesk.Ticket{
			ID: frontdesk.TicketID(d.work.Conversation), Team: r.Team, Priority: r.Priority, Reason: r.Reason, Opened: at, Notified: at,
		}
	}
}
