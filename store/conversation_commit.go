package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/conversation"
)

// fenceConversation writes the conversation's part of a turn and ends its lease.
// Another epoch or holder refuses the whole transaction.
const fenceConversation = `
	WITH mine AS (
	     UPDATE conversation
	        SET state = $5, pen = $6, ticket_id = COALESCE($7, ticket_id), lease_holder = NULL, lease_until = NULL
	      WHERE clinic_id = $1 AND conversation_id = $2 AND epoch = $3 AND lease_holder = $4
	  RETURNING 1)
	SELECT CASE WHEN NOT EXISTS (SELECT 1 FROM mine) THEN frontdesk_refuse('` + stateFenced + `') END`

// decideMessages marks the turn's messages as decided and drops their payloads. It
// runs after the conversation is locked, so its snapshot holds every message that
// arrived before; one that the turn does not know refuses the transaction.
const decideMessages = `
	WITH mine AS (
	     UPDATE message
	        SET decided_at = $4, turn_id = $5, raw = NULL
	      WHERE clinic_id = $1 AND message_id = ANY ($3::uuid[])
	  RETURNING 1)
	SELECT CASE WHEN NOT $6 AND EXISTS (
	       SELECT 1 FROM message
	        WHERE clinic_id = $1 AND conversation_id = $2 AND decided_at IS NULL AND message_id <> ALL ($3::uuid[]))
	       THEN frontdesk_refuse('` + stateJoined + `') END`

// settleWake makes a conversation's wake-up agree with what is left to decide.
const settleWake = `
	WITH rest AS (
	     SELECT min(d) AS due
	       FROM (SELECT min(received_at) AS d FROM message
	              WHERE clinic_id = $1 AND conversation_id = $2 AND decided_at IS NULL
	              UNION ALL
	             SELECT min(due) FROM event
	              WHERE clinic_id = $1 AND conversation_id = $2 AND turn_id IS NULL) AS left_over),
	     gone AS (
	     DELETE FROM directory_wake
	      WHERE clinic_id = $1 AND conversation_id = $2 AND ref = $2 AND (SELECT due FROM rest) IS NULL)
	UPDATE directory_wake
	   SET due = (SELECT due FROM rest)
	 WHERE clinic_id = $1 AND conversation_id = $2 AND ref = $2 AND (SELECT due FROM rest) IS NOT NULL`

// Commit implements [conversation.Turns]: one round trip.
func (c *Conversations) Commit(ctx context.Context, turn conversation.Turn) error {
	work := turn.Work
	keys, err := c.db.clinicKeys(ctx, work.Key.Clinic)
	if err != nil {
		return err
	}
	w := &turnWriter{c: c, keys: keys, turn: turn, clinic: work.Key.Clinic, batch: &pgx.Batch{}}
	if err := w.write(); err != nil {
		return fmt.Errorf("write turn: %w", err)
	}
	if err := refused(c.db.InClinicBatch(ctx, work.Key.Clinic, w.batch)); err != nil {
		return fmt.Errorf("commit turn: %w", err)
	}
	return nil
}

// turnWriter queues the statements of a turn.
type turnWriter struct {
	c      *Conversations
	keys   *clinicKeys
	turn   conversation.Turn
	clinic frontdesk.ClinicID
	batch  *pgx.Batch
}

func (w *turnWriter) write() error {
	work := w.turn.Work
	state, err := w.keys.sealJSON(conversationPlace("state", work.Conversation), w.turn.State)
	if err != nil {
		return err
	}
	var opens *frontdesk.TicketID
	if t := w.turn.Ticket; t != nil && work.Ticket == nil {
		opens = &t.ID
	}
	w.batch.Queue(fenceConversation, w.clinic, work.Conversation, work.Epoch, work.Lease.Holder, state, string(w.turn.Pen), opens)
	messages, events := pendingIDs(work.Events)
	w.batch.Queue(decideMessages, w.clinic, work.Conversation, messages, w.turn.At, w.turn.ID, w.turn.Force)
	if len(events) > 0 {
		w.batch.Queue(`UPDATE event SET turn_id = $3 WHERE clinic_id = $1 AND event_id = ANY ($2::uuid[])`, w.clinic, events, w.turn.ID)
	}
	if err := w.record(); err != nil {
		return err
	}
	if err := w.messages(); err != nil {
		return err
	}
	if err := w.ticket(); err != nil {
		return err
	}
	if err := w.effects(); err != nil {
		return err
	}
	w.batch.Queue(settleWake, w.clinic, work.Conversation)
	return nil
}

// pendingIDs returns the ids of messages and of other events.
func pendingIDs(pending []conversation.Pending) (messages, events []string) {
	messages = []string{}
	for _, p := range pending {
		if p.Event.Message != nil {
			messages = append(messages, p.ID)
			continue
		}
		events = append(events, p.ID)
	}
	return messages, events
}

// record writes the turn with its sealed record and the passages it rests on.
func (w *turnWriter) record() error {
	d, work := w.turn.Decision, w.turn.Work
	record, err := w.keys.sealJSON(Place{Table: "turn", Column: "record", ID: string(w.turn.ID)}, d.Record)
	if err != nil {
		return err
	}
	received := w.turn.At
	if len(work.Events) > 0 {
		received = work.Events[0].Received
	}
	w.batch.Queue(`
		INSERT INTO turn (clinic_id, turn_id, conversation_id, episode_id, at, received_at, outcome, mode, language, labels, record)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		w.clinic, w.turn.ID, work.Conversation, work.Episode, w.turn.At, received, string(d.Outcome), string(d.Mode), d.Language,
		labelsOf(d.Labels), record)
	queueCitations(w.batch, w.clinic, w.turn.ID, work.Conversation, w.turn.At, citedPassages(d))
	return nil
}

// citedPassages returns the ids of the passages that a decision cites.
func citedPassages(d frontdesk.Decision) []frontdesk.PassageID {
	var ids []frontdesk.PassageID
	add := func(id frontdesk.PassageID) {
		if isID(string(id)) && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for _, c := range d.Citations {
		add(c.Passage)
	}
	for _, id := range d.Record.Cited {
		add(id)
	}
	return ids
}

// messages queues the turn's outbound messages.
func (w *turnWriter) messages() error {
	for _, p := range w.turn.Messages {
		row, err := outboundRow(w.keys, w.clinic, w.turn.Work.Conversation, w.turn.ID, w.turn.At, p)
		if err != nil {
			return err
		}
		row.queue(w.batch)
	}
	return nil
}

// ticket opens the turn's ticket, or adds to the open one.
func (w *turnWriter) ticket() error {
	t := w.turn.Ticket
	if t == nil {
		return nil
	}
	work := w.turn.Work
	if open := work.Ticket; open != nil {
		return w.addToTicket(open.ID, *t)
	}
	return queueTicket(w.batch, w.keys, w.clinic, work.Conversation, work.Episode, *t, w.notified())
}

// raiseTicket adds to an open ticket: what was said last, and where the request is
// more urgent its priority, team and reason.
const raiseTicket = `
	WITH now_is AS (
	     SELECT $6 < array_position(ARRAY['emergency', 'urgent', 'normal', 'low'], priority) AS higher
	       FROM ticket WHERE clinic_id = $1 AND ticket_id = $2)
	UPDATE ticket t
	   SET updated_at = $3, notified_at = COALESCE($5, t.notified_at), summary = COALESCE($7, t.summary),
	       priority = CASE WHEN n.higher THEN $4 ELSE t.priority END,
	       team = CASE WHEN n.higher THEN $8 ELSE t.team END,
	       reason = CASE WHEN n.higher THEN $9 ELSE t.reason END
	  FROM now_is n
	 WHERE t.clinic_id = $1 AND t.ticket_id = $2`

func (w *turnWriter) addToTicket(open frontdesk.TicketID, t conversation.NewTicket) error {
	var summary []byte
	if t.Request.Summary != "" {
		var err error
		if summary, err = w.keys.seal(Place{Table: "ticket", Column: "summary", ID: string(open)}, []byte(t.Request.Summary)); err != nil {
			return err
		}
	}
	w.batch.Queue(raiseTicket, w.clinic, open, t.At, string(t.Request.Priority), w.notified(), priorityRank(t.Request.Priority), summary,
		t.Request.Team, t.Request.Reason)
	return nil
}

// notified is when this turn told the patient who answers when.
func (w *turnWriter) notified() *time.Time {
	if len(w.turn.Messages) == 0 {
		return nil
	}
	return &w.turn.At
}

// priorityRank orders priorities, 1 the highest.
func priorityRank(p frontdesk.Priority) int {
	switch p {
	case frontdesk.PriorityEmergency:
		return 1
	case frontdesk.PriorityUrgent:
		return 2
	case frontdesk.PriorityLow:
		return 4
	}
	return 3
}

// effects queues what the decision causes beside replies.
func (w *turnWriter) effects() error {
	contact := w.turn.Work.Contact.ID
	if w.turn.Decision.Welcomed {
		w.batch.Queue(`UPDATE contact SET welcomed_at = $3 WHERE clinic_id = $1 AND contact_id = $2`, w.clinic, contact, w.turn.At)
	}
	for _, effect := range w.turn.Decision.Effects {
		if err := w.effect(contact, effect); err != nil {
			return err
		}
	}
	return nil
}

func (w *turnWriter) effect(contact frontdesk.ContactID, effect frontdesk.Effect) error {
	id, err := w.c.db.newID()
	if err != nil {
		return err
	}
	work := w.turn.Work
	switch e := effect.(type) {
	case frontdesk.RecordGap:
		return w.c.db.queueGap(w.batch, w.keys, w.turn.ID, e, w.turn.At)
	case frontdesk.OptOut:
		w.batch.Queue(`UPDATE contact SET opted_out_at = $3 WHERE clinic_id = $1 AND contact_id = $2`, w.clinic, contact, w.turn.At)
		w.batch.Queue(`INSERT INTO consent (clinic_id, consent_id, contact_id, scope, stop, source, at) VALUES ($1, $2, $3, $4, true, 'chat', $5)`,
			w.clinic, id, contact, e.Scope, w.turn.At)
	case frontdesk.SetLanguage:
		w.batch.Queue(`UPDATE contact SET language = $3 WHERE clinic_id = $1 AND contact_id = $2`, w.clinic, contact, e.Language)
	case frontdesk.SetTimer:
		w.batch.Queue(`INSERT INTO event (clinic_id, event_id, conversation_id, kind, name, due) VALUES ($1, $2, $3, 'timer', $4, $5)`,
			w.clinic, id, work.Conversation, e.Name, e.At)
	case frontdesk.ForwardStaff:
		sealed, err := w.keys.sealJSON(Place{Table: "effect", Column: "sealed", ID: id}, e)
		if err != nil {
			return err
		}
		w.batch.Queue(`INSERT INTO effect (clinic_id, effect_id, conversation_id, turn_id, kind, sealed, created_at)
			VALUES ($1, $2, $3, $4, 'forward_staff', $5, $6)`, w.clinic, id, work.Conversation, w.turn.ID, sealed, w.turn.At)
	default:
		return fmt.Errorf("unknown effect %T", effect)
	}
	return nil
}
