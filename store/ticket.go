package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/handoff"
)

// Limits of the wait for attempts that were marked before a person took the pen.
const (
	penPoll = 5 * time.Millisecond
	penWait = 5 * time.Second // above conversation's Limits.Start
	// penMargin allows for a pause between a sender's look at its clock and its
	// POST, and for clocks of two machines that differ.
	penMargin = 250 * time.Millisecond
)

// queueTicket opens a ticket.
func queueTicket(batch *pgx.Batch, keys *clinicKeys, clinic frontdesk.ClinicID, conv frontdesk.ConversationID, episode string, t conversation.NewTicket, notified *time.Time) error {
	var summary []byte
	if t.Request.Summary != "" {
		var err error
		if summary, err = keys.seal(Place{Table: "ticket", Column: "summary", ID: string(t.ID)}, []byte(t.Request.Summary)); err != nil {
			return err
		}
	}
	batch.Queue(`
		INSERT INTO ticket (clinic_id, ticket_id, conversation_id, episode_id, team, priority, reason, summary, opened_at, updated_at, notified_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10)`,
		clinic, t.ID, conv, episode, t.Request.Team, string(t.Request.Priority), t.Request.Reason, summary, t.At, notified)
	return nil
}

// queueQuietTicket brings a message that could not be sent to people; the ticket
// has the message's id, so that there is one whoever finds it first. The pen stays.
func queueQuietTicket(batch *pgx.Batch, r conversation.Result) {
	batch.Queue(`
		INSERT INTO ticket (clinic_id, ticket_id, conversation_id, episode_id, team, priority, reason, quiet, outbound_id, opened_at, updated_at)
		SELECT $1, $3, $2, episode_id, 'reception', 'urgent', $4, true, $3, $5, $5
		  FROM conversation
		 WHERE clinic_id = $1 AND conversation_id = $2
		    ON CONFLICT DO NOTHING`, r.Clinic, r.Conversation, r.Message, r.Reason, r.At)
}

// queueStop stops a channel account and tells staff, once.
func queueStop(batch *pgx.Batch, clinic frontdesk.ClinicID, stop conversation.AccountStop, alert string, at time.Time) {
	batch.Queue(`
		WITH stopped AS (
		     UPDATE channel_account SET stopped_at = $4, stop_code = $3
		      WHERE clinic_id = $1 AND account_id = $2 AND stopped_at IS NULL
		  RETURNING 1)
		INSERT INTO account_alert (clinic_id, alert_id, account_id, field, event, name, code, at)
		SELECT $1, $5, $2, 'send', 'stopped', '', $3, $4 FROM stopped`, clinic, stop.Account, stop.Code, at, alert)
}

// ChangePen implements [conversation.Desk].
func (c *Conversations) ChangePen(ctx context.Context, change conversation.PenChange) error {
	if !isID(string(change.Conversation)) {
		return notFound("There is no such conversation.")
	}
	err := c.db.InClinic(ctx, change.Clinic, func(tx pgx.Tx) error {
		return c.changePen(ctx, tx, change)
	})
	if err != nil {
		return fmt.Errorf("change pen: %w", err)
	}
	return nil
}

// changePen locks the conversation, so that no attempt is marked and no turn
// commits meanwhile; waits until the attempts that are marked have ended or may
// not start any more; and changes pen, epoch and ticket.
func (c *Conversations) changePen(ctx context.Context, tx pgx.Tx, change conversation.PenChange) error {
	var ticket *string
	var episode string
	err := tx.QueryRow(ctx, `
		SELECT c.episode_id, t.ticket_id
		  FROM conversation c
		  LEFT JOIN ticket t ON t.clinic_id = $1 AND t.ticket_id = c.ticket_id AND t.closed_at IS NULL
		 WHERE c.clinic_id = $1 AND c.conversation_id = $2
		   FOR UPDATE OF c`, change.Clinic, change.Conversation).Scan(&episode, &ticket)
	if err != nil {
		return err
	}
	if change.Pen == frontdesk.PenPerson {
		if err := c.awaitStarts(ctx, tx, change); err != nil {
			return err
		}
		return c.givePerson(ctx, tx, change, episode, ticket)
	}
	return c.giveBot(ctx, tx, change, ticket)
}

// awaitStarts waits until no POST of the bot's can start under an earlier mark.
func (c *Conversations) awaitStarts(ctx context.Context, tx pgx.Tx, change conversation.PenChange) error {
	ctx, cancel := context.WithTimeoutCause(ctx, penWait, errors.New("attempts under way did not end"))
	defer cancel()
	tick := time.NewTicker(penPoll)
	defer tick.Stop()
	for {
		var open bool
		err := tx.QueryRow(ctx, `
			SELECT EXISTS (SELECT 1 FROM outbound
			                WHERE clinic_id = $1 AND conversation_id = $2 AND state = 'sending' AND origin = 'turn' AND start_by >= $3)`,
			change.Clinic, change.Conversation, c.db.now().Add(-penMargin)).Scan(&open)
		if err != nil || !open {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// givePerson gives the pen to a person: the bot's queued replies are cancelled,
// the open ticket is taken, and one is opened where there is none.
func (c *Conversations) givePerson(ctx context.Context, tx pgx.Tx, change conversation.PenChange, episode string, ticket *string) error {
	batch := &pgx.Batch{}
	if ticket == nil {
		id, err := c.db.newID()
		if err != nil {
			return err
		}
		ticket = &id
		batch.Queue(`
			INSERT INTO ticket (clinic_id, ticket_id, conversation_id, episode_id, team, priority, reason, opened_at, updated_at)
			VALUES ($1, $2, $3, $4, 'reception', 'normal', 'taken', $5, $5)`, change.Clinic, id, change.Conversation, episode, change.At)
	}
	batch.Queue(`
		UPDATE ticket SET taken_at = COALESCE(taken_at, $4), taken_by = $3, updated_at = $4
		 WHERE clinic_id = $1 AND ticket_id = $2`, change.Clinic, *ticket, change.By, change.At)
	batch.Queue(`
		UPDATE conversation
		   SET pen = 'person', epoch = epoch + 1, ticket_id = $3, lease_holder = NULL, lease_until = NULL
		 WHERE clinic_id = $1 AND conversation_id = $2`, change.Clinic, change.Conversation, *ticket)
	batch.Queue(`
		WITH ended AS (
		     UPDATE outbound SET state = 'cancelled', ended_at = $3
		      WHERE clinic_id = $1 AND conversation_id = $2 AND state = 'queued' AND origin = 'turn'
		  RETURNING outbound_id)
		DELETE FROM directory_wake w USING ended e
		 WHERE w.clinic_id = $1 AND w.conversation_id = $2 AND w.ref = e.outbound_id`, change.Clinic, change.Conversation, change.At)
	return tx.SendBatch(ctx, batch).Close()
}

// giveBot gives the pen back and tells the bot by an event. A ticket that stays
// open leaves the pen waiting.
func (c *Conversations) giveBot(ctx context.Context, tx pgx.Tx, change conversation.PenChange, ticket *string) error {
	pen := change.Pen
	if ticket != nil && !change.Close {
		pen = frontdesk.PenWaiting
	}
	batch := &pgx.Batch{}
	batch.Queue(`
		UPDATE conversation
		   SET pen = $3, epoch = epoch + 1, lease_holder = NULL, lease_until = NULL,
		       ticket_id = CASE WHEN $4 THEN NULL ELSE ticket_id END
		 WHERE clinic_id = $1 AND conversation_id = $2`, change.Clinic, change.Conversation, string(pen), change.Close)
	if ticket != nil && change.Close {
		batch.Queue(`UPDATE ticket SET closed_at = $3, closed_by = $4, close_reason = $5, updated_at = $3 WHERE clinic_id = $1 AND ticket_id = $2`,
			change.Clinic, *ticket, change.At, change.By, change.Reason)
	} else if ticket != nil {
		batch.Queue(`UPDATE ticket SET taken_at = NULL, taken_by = '', updated_at = $3 WHERE clinic_id = $1 AND ticket_id = $2`,
			change.Clinic, *ticket, change.At)
	}
	if change.EventID != "" {
		if err := c.queueRelease(ctx, batch, change); err != nil {
			return err
		}
	}
	if change.Note != "" {
		keys, err := c.db.clinicKeys(ctx, change.Clinic)
		if err != nil {
			return err
		}
		if err := c.queueNote(batch, keys, change.Key, "instruction", change.By, change.Note, change.At); err != nil {
			return err
		}
	}
	return tx.SendBatch(ctx, batch).Close()
}

// queueRelease adds the event that tells the bot it may speak again.
func (c *Conversations) queueRelease(ctx context.Context, batch *pgx.Batch, change conversation.PenChange) error {
	keys, err := c.db.clinicKeys(ctx, change.Clinic)
	if err != nil {
		return err
	}
	sealed, err := keys.sealJSON(Place{Table: "event", Column: "sealed", ID: change.EventID}, sealedEvent{Note: change.Note})
	if err != nil {
		return err
	}
	kind, name := "release", ""
	if change.Farewell {
		kind, name = "timer", handoff.TimerFarewell
	}
	batch.Queue(`INSERT INTO event (clinic_id, event_id, conversation_id, kind, name, sealed, due) VALUES ($1, $2, $3, $6, $7, $4, $5)`,
		change.Clinic, change.EventID, change.Conversation, sealed, change.At, kind, name)
	batch.Queue(`
		INSERT INTO directory_wake (clinic_id, conversation_id, ref, kind, due) VALUES ($1, $2, $2, 'turn', $3)
		    ON CONFLICT (clinic_id, conversation_id, ref) DO UPDATE SET due = LEAST(directory_wake.due, EXCLUDED.due)`,
		change.Clinic, change.Conversation, change.At)
	return nil
}

// queueGuarded refuses the whole transaction unless the guard holds: $3 the pen, $4
// its holder or "", $5 the author, $6 what they saw or NULL. The conversation is
// locked, so two members of staff write one after the other.
const queueGuarded = `
	WITH mine AS (
	     SELECT c.ticket_id FROM conversation c WHERE c.clinic_id = $1 AND c.conversation_id = $2 AND c.pen = $3 FOR UPDATE)
	SELECT CASE WHEN NOT EXISTS (
	                 SELECT 1 FROM mine m LEFT JOIN ticket t ON t.clinic_id = $1 AND t.ticket_id = m.ticket_id
	                  WHERE $4 = '' OR t.taken_by = $4) THEN frontdesk_refuse('` + stateFenced + `')
	            WHEN $6::timestamptz IS NOT NULL AND EXISTS (
	                 SELECT 1 FROM outbound
	                  WHERE clinic_id = $1 AND conversation_id = $2 AND origin = 'staff' AND author <> $5 AND created_at > $6)
	            THEN frontdesk_refuse('` + stateOvertaken + `') END`

// queueOnce refuses the whole transaction when the form was sent already.
const queueOnce = `
	WITH once AS (
	     INSERT INTO written_once (clinic_id, form_id, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1)
	SELECT CASE WHEN NOT EXISTS (SELECT 1 FROM once) THEN frontdesk_refuse('` + stateRepeated + `') END`

// Queue implements [conversation.Desk].
func (c *Conversations) Queue(ctx context.Context, key conversation.Key, guard conversation.Guard, messages []conversation.Posted) error {
	keys, err := c.db.clinicKeys(ctx, key.Clinic)
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	batch.Queue(queueGuarded, key.Clinic, key.Conversation, string(guard.Pen), guard.Holder, guard.Author, optionalTime(guard.Seen))
	if isID(guard.Form) {
		batch.Queue(queueOnce, key.Clinic, guard.Form, c.db.now())
	}
	for _, p := range messages {
		row, err := outboundRow(keys, key.Clinic, key.Conversation, "", c.db.now(), p)
		if err != nil {
			return err
		}
		row.queue(batch)
	}
	if err := refused(c.db.InClinicBatch(ctx, key.Clinic, batch)); err != nil {
		return fmt.Errorf("queue messages: %w", err)
	}
	return nil
}

// TicketRow is a ticket as staff see it in a list.
type TicketRow struct {
	ID           frontdesk.TicketID       `json:"id"`
	Conversation frontdesk.ConversationID `json:"conversation"`
	Team         string                   `json:"team"`
	Priority     frontdesk.Priority       `json:"priority"`
	Reason       string                   `json:"reason"`
	Summary      string                   `json:"summary,omitempty"`
	Message      string                   `json:"message,omitempty"` // ours that could not be sent, "" else
	Opened       time.Time                `json:"opened"`
	Updated      time.Time                `json:"updated"`
	Taken        time.Time                `json:"taken,omitzero"`
	By           string                   `json:"by,omitempty"`
	Closed       time.Time                `json:"closed,omitzero"`
	Due          time.Time                `json:"due,omitzero"`    // when its next notice goes out
	Quiet        bool                     `json:"quiet,omitempty"` // it leaves the pen alone
}

// Tickets lists a clinic's tickets, the most urgent and then the longest waiting
// first: the open ones, or with closed all of them.
func (c *Conversations) Tickets(ctx context.Context, clinic frontdesk.ClinicID, closed bool, limit int) ([]TicketRow, error) {
	keys, err := c.db.clinicKeys(ctx, clinic)
	if err != nil {
		return nil, err
	}
	var tickets []TicketRow
	batch := &pgx.Batch{}
	batch.Queue(`SELECT `+ticketColumns+`
		  FROM ticket
		 WHERE clinic_id = $1 AND (closed_at IS NULL OR $2)
		 ORDER BY closed_at NULLS FIRST, array_position(ARRAY['emergency', 'urgent', 'normal', 'low'], priority), opened_at
		 LIMIT $3`, clinic, closed, limit).Query(func(rows pgx.Rows) error {
		tickets, err = scanTickets(rows, keys)
		return err
	})
	if err := c.db.InClinicBatch(ctx, clinic, batch); err != nil {
		return nil, fmt.Errorf("list tickets: %w", err)
	}
	return tickets, nil
}

// TicketsOf returns a conversation's open tickets, the most urgent first.
func (c *Conversations) TicketsOf(ctx context.Context, key conversation.Key) ([]TicketRow, error) {
	keys, err := c.db.clinicKeys(ctx, key.Clinic)
	if err != nil {
		return nil, err
	}
	var tickets []TicketRow
	batch := &pgx.Batch{}
	batch.Queue(`SELECT `+ticketColumns+`
		  FROM ticket
		 WHERE clinic_id = $1 AND conversation_id = $2 AND closed_at IS NULL
		 ORDER BY array_position(ARRAY['emergency', 'urgent', 'normal', 'low'], priority), opened_at`, key.Clinic, key.Conversation).
		Query(func(rows pgx.Rows) error {
			tickets, err = scanTickets(rows, keys)
			return err
		})
	if err := c.db.InClinicBatch(ctx, key.Clinic, batch); err != nil {
		return nil, fmt.Errorf("list tickets of conversation: %w", err)
	}
	return tickets, nil
}

const ticketColumns = `ticket_id, conversation_id, team, priority, reason, summary, COALESCE(outbound_id::text, ''), opened_at, updated_at,
	taken_at, taken_by, closed_at, due_at, quiet`

func scanTickets(rows pgx.Rows, keys *clinicKeys) ([]TicketRow, error) {
	var tickets []TicketRow
	for rows.Next() {
		var t TicketRow
		var summary []byte
		var taken, closedAt, due *time.Time
		if err := rows.Scan(&t.ID, &t.Conversation, &t.Team, &t.Priority, &t.Reason, &summary, &t.Message, &t.Opened, &t.Updated,
			&taken, &t.By, &closedAt, &due, &t.Quiet); err != nil {
			return nil, err
		}
		t.Taken, t.Closed, t.Due = timeOf(taken), timeOf(closedAt), timeOf(due)
		if len(summary) > 0 {
			plain, err := keys.open(Place{Table: "ticket", Column: "summary", ID: string(t.ID)}, summary)
			if err != nil {
				return nil, err
			}
			t.Summary = string(plain)
		}
		tickets = append(tickets, t)
	}
	return tickets, rows.Err()
}

// CloseTicket closes a ticket that does not hold a pen, such as a delivery that
// somebody has looked at. One that does is closed by the engine's Release.
func (c *Conversations) CloseTicket(ctx context.Context, clinic frontdesk.ClinicID, ticket frontdesk.TicketID, by string) error {
	var id string
	batch := &pgx.Batch{}
	batch.Queue(`
		UPDATE ticket SET closed_at = $3, closed_by = $4, updated_at = $3
		 WHERE clinic_id = $1 AND ticket_id = $2 AND closed_at IS NULL AND quiet
		RETURNING ticket_id`, clinic, ticket, c.db.now(), by).QueryRow(func(row pgx.Row) error { return row.Scan(&id) })
	if err := c.db.InClinicBatch(ctx, clinic, batch); err != nil {
		return fmt.Errorf("close ticket: %w", err)
	}
	return nil
}
