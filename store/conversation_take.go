package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/conversation"
)

// workColumns are what a turn, or a look without one, needs of a conversation c.
const workColumns = `
	c.epoch, c.account_id, c.contact_id, c.recipient, c.pen, c.state, c.window_at, c.episode_id,
	k.sealed, k.language, k.opted_out_at, k.welcomed_at,
	l.name, l.language, l.country, l.time_zone, l.settings, l.content,
	a.channel,
	t.ticket_id, t.team, t.priority, t.reason, t.opened_at, t.notified_at,
	EXISTS (SELECT 1 FROM outbound o
	         WHERE o.clinic_id = $1 AND o.conversation_id = $2 AND o.state IN ('queued', 'sending'))`

// workJoins are the tables of workColumns beside c.
const workJoins = `
	JOIN contact k ON k.clinic_id = $1 AND k.contact_id = c.contact_id
	JOIN clinic l ON l.clinic_id = $1
	JOIN channel_account a ON a.clinic_id = $1 AND a.account_id = c.account_id
	LEFT JOIN ticket t ON t.clinic_id = $1 AND t.ticket_id = c.ticket_id AND t.closed_at IS NULL`

// takeConversation leases a conversation that is due and free, or held by the
// same holder.
const takeConversation = `
	WITH c AS (
	     UPDATE conversation
	        SET lease_holder = $3, lease_until = $4, epoch = epoch + 1
	      WHERE clinic_id = $1 AND conversation_id = $2
	        AND (lease_until IS NULL OR lease_until < $5 OR lease_holder = $3)
	        AND EXISTS (SELECT 1 FROM directory_wake w
	                     WHERE w.clinic_id = $1 AND w.conversation_id = $2 AND w.ref = $2 AND w.due <= $5)
	  RETURNING epoch, account_id, contact_id, recipient, pen, state, window_at, episode_id, ticket_id)
	SELECT ` + workColumns + ` FROM c ` + workJoins

// undecided are the events that a turn decides on, in order of arrival, and those
// that are due later.
const undecided = `
	SELECT message_id, 'message', '', kind, labels, sealed, received_at, at, fixed_id IS NOT NULL
	  FROM message
	 WHERE clinic_id = $1 AND conversation_id = $2 AND decided_at IS NULL
	 UNION ALL
	SELECT event_id, kind, name, '', '{}', sealed, due, due, false
	  FROM event
	 WHERE clinic_id = $1 AND conversation_id = $2 AND turn_id IS NULL
	 ORDER BY 7, 1
	 LIMIT 200`

// Take implements [conversation.Turns].
func (c *Conversations) Take(ctx context.Context, key conversation.Key, lease conversation.Lease) (conversation.Work, error) {
	keys, err := c.db.clinicKeys(ctx, key.Clinic)
	if err != nil {
		return conversation.Work{}, err
	}
	work := conversation.Work{Key: key, Lease: lease}
	taken := false
	batch := &pgx.Batch{}
	batch.Queue(takeConversation, key.Clinic, key.Conversation, lease.Holder, lease.Until, lease.Now).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			taken = true
			if err := scanWork(rows, keys, &work); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	batch.Queue(undecided, key.Clinic, key.Conversation).Query(func(rows pgx.Rows) error {
		return scanEvents(rows, keys, &work, lease.Now)
	})
	if err := c.db.InClinicBatch(ctx, key.Clinic, batch); err != nil {
		return conversation.Work{}, fmt.Errorf("take conversation: %w", err)
	}
	switch {
	case !taken && len(work.Events) == 0:
		return conversation.Work{}, conversation.ErrIdle
	case !taken:
		return conversation.Work{}, conversation.ErrHeld
	case len(work.Events) == 0:
		return conversation.Work{}, c.settle(ctx, work)
	}
	return work, nil
}

// settle ends a lease under which nothing was due, and makes the wake-up agree.
func (c *Conversations) settle(ctx context.Context, work conversation.Work) error {
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE conversation SET lease_holder = NULL, lease_until = NULL
		WHERE clinic_id = $1 AND conversation_id = $2 AND lease_holder = $3`, work.Key.Clinic, work.Conversation, work.Lease.Holder)
	batch.Queue(settleWake, work.Key.Clinic, work.Conversation)
	if err := c.db.InClinicBatch(ctx, work.Key.Clinic, batch); err != nil {
		return fmt.Errorf("settle conversation: %w", err)
	}
	return conversation.ErrIdle
}

// Peek implements [conversation.Desk].
func (c *Conversations) Peek(ctx context.Context, key conversation.Key) (conversation.Work, error) {
	if !isID(string(key.Conversation)) {
		return conversation.Work{}, notFound("There is no such conversation.")
	}
	keys, err := c.db.clinicKeys(ctx, key.Clinic)
	if err != nil {
		return conversation.Work{}, err
	}
	work := conversation.Work{Key: key}
	batch := &pgx.Batch{}
	batch.Queue(`SELECT `+workColumns+` FROM conversation c `+workJoins+` WHERE c.clinic_id = $1 AND c.conversation_id = $2`,
		key.Clinic, key.Conversation).QueryRow(func(row pgx.Row) error { return scanWork(row, keys, &work) })
	if err := c.db.InClinicBatch(ctx, key.Clinic, batch); err != nil {
		return conversation.Work{}, fmt.Errorf("read conversation: %w", err)
	}
	return work, nil
}

// scanWork reads a row of workColumns.
func scanWork(row pgx.Row, keys *clinicKeys, work *conversation.Work) error {
	var recipient, state, contact, settings []byte
	var optedOut, welcomed, opened, notified *time.Time
	var ticket, team, priority, reason *string
	w := work
	err := row.Scan(&w.Epoch, &w.Account, &w.Contact.ID, &recipient, &w.Pen, &state, &w.Window, &w.Episode,
		&contact, &w.Contact.Language, &optedOut, &welcomed,
		&w.Clinic.Name, &w.Clinic.Language, &w.Clinic.Country, &w.Clinic.TimeZone, &settings, &w.Clinic.Content,
		&w.Channel, &ticket, &team, &priority, &reason, &opened, &notified, &w.Sending)
	if err != nil {
		return err
	}
	w.Clinic.ID, w.OptOut, w.Contact.Welcomed = w.Key.Clinic, optedOut != nil, timeOf(welcomed)
	if err := json.Unmarshal(settings, &w.Clinic.Settings); err != nil {
		return fmt.Errorf("decode settings: %w", err)
	}
	if err := keys.openJSON(conversationPlace("recipient", w.Conversation), recipient, &w.To); err != nil {
		return err
	}
	if err := keys.openJSON(conversationPlace("state", w.Conversation), state, &w.State); err != nil {
		return err
	}
	var person sealedContact
	if err := keys.openJSON(contactPlace(w.Contact.ID), contact, &person); err != nil {
		return err
	}
	w.Contact.Name, w.Contact.Patients = person.Name, person.Patients
	if ticket != nil {
		w.Ticket = &frontdesk.Ticket{ID: frontdesk.TicketID(*ticket), Team: *team, Priority: frontdesk.Priority(*priority),
			Reason: *reason, Opened: timeOf(opened), Notified: timeOf(notified)}
	}
	return nil
}

// sealedEvent is the sealed part of a timer, job result or release.
type sealedEvent struct {
	Result string `json:"result,omitempty"`
	Note   string `json:"note,omitempty"`
}

// scanEvents reads rows of undecided.
func scanEvents(rows pgx.Rows, keys *clinicKeys, work *conversation.Work, now time.Time) error {
	for rows.Next() {
		var p conversation.Pending
		var source, name, kind string
		var labels []string
		var sealed []byte
		var at time.Time
		if err := rows.Scan(&p.ID, &source, &name, &kind, &labels, &sealed, &p.Received, &at, &p.Fixed); err != nil {
			return err
		}
		if source != "message" {
			if p.Received.After(now) {
				work.Later = true
				continue
			}
			if err := openEvent(keys, &p, frontdesk.EventKind(source), name, sealed); err != nil {
				return err
			}
			work.Events = append(work.Events, p)
			continue
		}
		var body sealedMessage
		if err := keys.openJSON(messagePlace("sealed", frontdesk.MessageID(p.ID)), sealed, &body); err != nil {
			return err
		}
		p.Labels = labelsFrom(labels)
		p.Event = frontdesk.Event{Kind: frontdesk.EventMessage, At: at, Message: &body.Message}
		if body.Message.Kind == frontdesk.KindTap {
			p.Event.Kind = frontdesk.EventTap
		}
		work.Events = append(work.Events, p)
	}
	return rows.Err()
}

// openEvent reads an event that is no message.
func openEvent(keys *clinicKeys, p *conversation.Pending, kind frontdesk.EventKind, name string, sealed []byte) error {
	var body sealedEvent
	if err := keys.openJSON(Place{Table: "event", Column: "sealed", ID: p.ID}, sealed, &body); err != nil {
		return err
	}
	p.Event = frontdesk.Event{Kind: kind, At: p.Received, Result: body.Result, Note: body.Note}
	switch kind {
	case frontdesk.EventTimer:
		p.Event.Timer = name
	case frontdesk.EventJob:
		p.Event.Job = name
	}
	return nil
}

// Due implements [conversation.Turns]. It reads the directory: ids only.
func (c *Conversations) Due(ctx context.Context, now time.Time, limit int) ([]conversation.Waking, error) {
	var due []conversation.Waking
	err := c.db.inDirectory(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT clinic_id, conversation_id, kind, due
			  FROM directory_wake
			 WHERE due <= $1
			 ORDER BY due
			 LIMIT $2`, now, limit)
		if err != nil {
			return err
		}
		var w conversation.Waking
		_, err = pgx.ForEachRow(rows, []any{&w.Clinic, &w.Conversation, &w.Kind, &w.Due}, func() error {
			due = append(due, w)
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list what is due: %w", err)
	}
	return due, nil
}
