package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/conversation"
)

// sealedOutbound is the sealed part of an outbound message.
type sealedOutbound struct {
	Reply   frontdesk.Reply        `json:"reply"`
	To      conversation.Recipient `json:"to"`
	ReplyTo string                 `json:"reply_to,omitempty"`
}

// outbound is a row to insert.
type outbound struct {
	clinic       frontdesk.ClinicID
	id           frontdesk.MessageID
	conversation frontdesk.ConversationID
	turn         *string
	origin       string
	author       string
	sealed       []byte
	state        string
	due          time.Time
	startBy      *time.Time
	attempts     int
	created      time.Time
}

// insertOutbound stores a message that passed Post, with its wake-up while it is
// on its way. It is the only insert into outbound.
const insertOutbound = `
	WITH added AS (
	     INSERT INTO outbound (clinic_id, outbound_id, conversation_id, turn_id, origin, author, sealed, state, due, start_by, attempts, created_at)
	     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
	  RETURNING 1)
	INSERT INTO directory_wake (clinic_id, conversation_id, ref, kind, due)
	SELECT $1, $3, $2, 'send', $9 FROM added WHERE $8 IN ('queued', 'sending')`

// outboundRow seals what Post made.
func outboundRow(keys *clinicKeys, clinic frontdesk.ClinicID, conv frontdesk.ConversationID, turn frontdesk.TurnID, at time.Time, p conversation.Posted) (outbound, error) {
	out := p.Outbound()
	sealed, err := keys.sealJSON(outboundPlace(out.ID), sealedOutbound{Reply: out.Reply, To: out.To, ReplyTo: out.ReplyTo})
	if err != nil {
		return outbound{}, err
	}
	state, due, startBy := p.State()
	return outbound{
		clinic: clinic, id: out.ID, conversation: conv, turn: optionalID(turn), origin: string(out.Origin), author: p.Author(),
		sealed: sealed, state: string(state), due: due, startBy: optionalTime(startBy), attempts: out.Attempt, created: at,
	}, nil
}

func (o outbound) queue(batch *pgx.Batch) {
	batch.Queue(insertOutbound, o.clinic, o.id, o.conversation, o.turn, o.origin, o.author, o.sealed, o.state, o.due, o.startBy, o.attempts, o.created)
}

// Attempt implements [conversation.Outbox].
func (c *Conversations) Attempt(ctx context.Context, key conversation.Key, at conversation.Attempt) (conversation.Outbound, error) {
	keys, err := c.db.clinicKeys(ctx, key.Clinic)
	if err != nil {
		return conversation.Outbound{}, err
	}
	var out conversation.Outbound
	found := false
	err = c.db.InClinic(ctx, key.Clinic, func(tx pgx.Tx) error {
		if err := c.sweepSends(ctx, tx, key, at); err != nil {
			return err
		}
		out, found, err = markAttempt(ctx, tx, keys, key, at)
		return err
	})
	if err != nil {
		return conversation.Outbound{}, fmt.Errorf("mark attempt: %w", err)
	}
	if !found {
		return conversation.Outbound{}, conversation.ErrIdle
	}
	return out, nil
}

// sweepSends locks the conversation against a change of pen and settles what must
// not be sent: attempts without a status are uncertain, queued replies of the bot
// are cancelled once a person holds the pen, free text waits for no closed window.
func (c *Conversations) sweepSends(ctx context.Context, tx pgx.Tx, key conversation.Key, at conversation.Attempt) error {
	const query = `
		WITH c AS (
		     SELECT pen, window_at, episode_id FROM conversation
		      WHERE clinic_id = $1 AND conversation_id = $2
		        FOR SHARE),
		     verdict AS (
		     SELECT o.outbound_id,
		            CASE WHEN o.state = 'sending' AND o.due <= $3 THEN 'uncertain'
		                 WHEN o.state = 'queued' AND o.origin = 'turn' AND c.pen = 'person' THEN 'cancelled'
		                 WHEN o.state = 'queued' AND o.origin IN ('turn', 'staff') AND c.window_at <= $4 THEN 'failed'
		            END AS state
		       FROM outbound o CROSS JOIN c
		      WHERE o.clinic_id = $1 AND o.conversation_id = $2 AND o.state IN ('queued', 'sending')),
		     ended AS (
		     UPDATE outbound o
		        SET state = v.state, ended_at = $3
		       FROM verdict v
		      WHERE o.clinic_id = $1 AND o.outbound_id = v.outbound_id AND v.state IS NOT NULL
		        AND o.state IN ('queued', 'sending')
		  RETURNING o.outbound_id, o.state),
		     gone AS (
		     DELETE FROM directory_wake w USING ended e
		      WHERE w.clinic_id = $1 AND w.conversation_id = $2 AND w.ref = e.outbound_id)
		INSERT INTO ticket (clinic_id, ticket_id, conversation_id, episode_id, team, priority, reason, quiet, outbound_id, opened_at, updated_at)
		SELECT $1, e.outbound_id, $2, c.episode_id, 'reception', 'urgent',
		       CASE WHEN e.state = 'uncertain' THEN 'uncertain' ELSE 'window_closed' END, true, e.outbound_id, $3, $3
		  FROM ended e CROSS JOIN c
		 WHERE e.state <> 'cancelled'
		    ON CONFLICT DO NOTHING`
	_, err := tx.Exec(ctx, query, key.Clinic, key.Conversation, at.Now, at.Now.Add(-conversation.Window))
	return err
}

// markAttempt marks the oldest queued message that is due as being sent.
func markAttempt(ctx context.Context, tx pgx.Tx, keys *clinicKeys, key conversation.Key, at conversation.Attempt) (conversation.Outbound, bool, error) {
	const query = `
		WITH next AS (
		     SELECT outbound_id FROM outbound
		      WHERE clinic_id = $1 AND conversation_id = $2 AND state = 'queued' AND due <= $3
		      ORDER BY created_at, outbound_id
		      LIMIT 1
		        FOR UPDATE SKIP LOCKED),
		     marked AS (
		     UPDATE outbound o
		        SET state = 'sending', start_by = $4, due = $5, attempts = attempts + 1
		       FROM next
		      WHERE o.clinic_id = $1 AND o.outbound_id = next.outbound_id
		  RETURNING o.outbound_id, o.origin, o.sealed, o.attempts),
		     woken AS (
		     UPDATE directory_wake w SET due = $5 FROM marked m
		      WHERE w.clinic_id = $1 AND w.conversation_id = $2 AND w.ref = m.outbound_id)
		SELECT m.outbound_id, m.origin, m.sealed, m.attempts, c.account_id
		  FROM marked m
		  JOIN conversation c ON c.clinic_id = $1 AND c.conversation_id = $2`
	var out conversation.Outbound
	var sealed []byte
	err := tx.QueryRow(ctx, query, key.Clinic, key.Conversation, at.Now, at.StartBy, at.Deadline).
		Scan(&out.ID, &out.Origin, &sealed, &out.Attempt, &out.Account)
	if errors.Is(err, pgx.ErrNoRows) {
		return out, false, nil
	}
	if err != nil {
		return out, false, err
	}
	var body sealedOutbound
	if err := keys.openJSON(outboundPlace(out.ID), sealed, &body); err != nil {
		return out, false, err
	}
	out.Reply, out.To, out.ReplyTo, out.StartBy = body.Reply, body.To, body.ReplyTo, at.StartBy
	return out, true, nil
}

// endAttempt records a result for a message that is still being sent: a status may
// have been faster. It tells whether more is queued and due.
const endAttempt = `
	WITH ended AS (
	     UPDATE outbound
	        SET state = $4, due = COALESCE($5, due), provider_hash = COALESCE(provider_hash, $6),
	            error_class = $7, error_code = $8,
	            attempts = attempts - CASE WHEN $9 THEN 1 ELSE 0 END,
	            ended_at = CASE WHEN $4 = 'queued' THEN NULL ELSE $10::timestamptz END
	      WHERE clinic_id = $1 AND outbound_id = $3 AND state = 'sending'
	  RETURNING outbound_id, state),
	     gone AS (
	     DELETE FROM directory_wake w USING ended e
	      WHERE w.clinic_id = $1 AND w.conversation_id = $2 AND w.ref = e.outbound_id AND e.state <> 'queued'),
	     later AS (
	     UPDATE directory_wake w SET due = $5 FROM ended e
	      WHERE w.clinic_id = $1 AND w.conversation_id = $2 AND w.ref = e.outbound_id AND e.state = 'queued')
	SELECT EXISTS (SELECT 1 FROM outbound
	                WHERE clinic_id = $1 AND conversation_id = $2 AND state = 'queued' AND due <= $10 AND outbound_id <> $3)`

// Result implements [conversation.Outbox].
func (c *Conversations) Result(ctx context.Context, r conversation.Result) (bool, error) {
	keys, err := c.db.clinicKeys(ctx, r.Clinic)
	if err != nil {
		return false, err
	}
	var provider []byte
	if r.WAMID != "" {
		provider = keys.blind(blindProvider, r.WAMID)
	}
	more := false
	batch := &pgx.Batch{}
	batch.Queue(endAttempt, r.Clinic, r.Conversation, r.Message, string(r.State), optionalTime(r.Due), provider,
		string(r.Class), r.Code, r.Unstarted, r.At).QueryRow(func(row pgx.Row) error { return row.Scan(&more) })
	if r.Reason != "" {
		queueQuietTicket(batch, r)
	}
	if r.Stop != nil {
		queueStop(batch, r.Clinic, *r.Stop, string(r.Message), r.At)
	}
	if err := c.db.InClinicBatch(ctx, r.Clinic, batch); err != nil {
		return false, fmt.Errorf("record send: %w", err)
	}
	return more, nil
}

// isID tells whether a text from outside is an id of ours.
func isID(text string) bool {
	_, err := uuid.Parse(text)
	return err == nil && len(text) == 36
}
