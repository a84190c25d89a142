package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/conversation"
)

// moveStatus moves one of our messages forward, never back, by the channel's id
// or by our own that it echoed. A status also ends an attempt that we lost sight
// of. A failure opens a ticket, for the patient did not get the message.
const moveStatus = `
	WITH moved AS (
	     UPDATE outbound
	        SET delivery = $4, delivery_rank = $5, delivery_at = $6,
	            category = CASE WHEN $7 = '' THEN category ELSE $7 END,
	            error_code = CASE WHEN $8 = 0 THEN error_code ELSE $8 END,
	            provider_hash = COALESCE(provider_hash, $3),
	            state = CASE WHEN $4 = 'failed' THEN 'failed'
	                         WHEN state IN ('sending', 'uncertain') THEN 'sent'
	                         ELSE state END,
	            ended_at = COALESCE(ended_at, $9)
	      WHERE clinic_id = $1 AND delivery_rank < $5
	        AND (outbound_id = $2 OR ($2::uuid IS NULL AND provider_hash = $3))
	  RETURNING outbound_id, conversation_id),
	     ended AS (
	     DELETE FROM directory_wake w USING moved m
	      WHERE w.clinic_id = $1 AND w.conversation_id = m.conversation_id AND w.ref = m.outbound_id)
	INSERT INTO ticket (clinic_id, ticket_id, conversation_id, episode_id, team, priority, reason, quiet, outbound_id, opened_at, updated_at)
	SELECT $1, m.outbound_id, c.conversation_id, c.episode_id, 'reception', 'urgent', 'undelivered', true, m.outbound_id, $9, $9
	  FROM moved m
	  JOIN conversation c ON c.clinic_id = $1 AND c.conversation_id = m.conversation_id
	 WHERE $4 = 'failed'
	    ON CONFLICT DO NOTHING`

// statuses moves our messages on.
func (r *reception) statuses(ctx context.Context, receipt conversation.Receipt) error {
	batch := &pgx.Batch{}
	for _, s := range receipt.Statuses {
		rank := s.State.Rank()
		if rank == 0 {
			continue
		}
		at := s.At
		if at.IsZero() {
			at = receipt.At
		}
		batch.Queue(moveStatus, r.clinic, callbackID(s.Callback), r.keys.blind(blindProvider, s.ProviderID), string(s.State), rank, at,
			s.Category, s.ErrorCode, receipt.At)
	}
	if batch.Len() == 0 {
		return nil
	}
	return r.tx.SendBatch(ctx, batch).Close()
}

// callbackID returns our message's id, nil when the channel's text is none: it
// comes from outside.
func callbackID(id frontdesk.MessageID) *string {
	if !isID(string(id)) {
		return nil
	}
	return optionalID(id)
}

// identities renames senders. The new id may have written already: then the old
// one is left alone, for people are never merged by themselves.
func (r *reception) identities(ctx context.Context, receipt conversation.Receipt) error {
	for _, change := range receipt.Identities {
		if change.Previous.Key() == "" || change.Current.Key() == "" {
			continue
		}
		var conv frontdesk.ConversationID
		err := r.tx.QueryRow(ctx, `
			UPDATE identity i
			   SET external_hash = $4, phone_hash = $5
			 WHERE i.clinic_id = $1 AND i.account_id = $2 AND i.external_hash = $3
			   AND NOT EXISTS (SELECT 1 FROM identity o WHERE o.clinic_id = $1 AND o.account_id = $2 AND o.external_hash = $4)
			RETURNING conversation_id`,
			r.clinic, receipt.Account.ID, r.senderHash(change.Previous), r.senderHash(change.Current),
			phoneHash(r.keys, change.Current.Phone)).Scan(&conv)
		if errors.Is(err, pgx.ErrNoRows) {
			continue
		}
		if err != nil {
			return err
		}
		to := conversation.Recipient{UserID: change.Current.UserID, Phone: change.Current.Phone}
		recipient, err := r.keys.sealJSON(conversationPlace("recipient", conv), to)
		if err != nil {
			return err
		}
		if _, err := r.tx.Exec(ctx, `UPDATE conversation SET recipient = $3 WHERE clinic_id = $1 AND conversation_id = $2`,
			r.clinic, conv, recipient); err != nil {
			return err
		}
	}
	return nil
}

// echoes stores what staff wrote in the channel's own app: a person took the pen.
func (r *reception) echoes(ctx context.Context, receipt conversation.Receipt) error {
	for i, echo := range receipt.Echoes {
		who := r.senderOf(receipt.Account.ID, echo.To)
		places, err := r.lock(ctx, map[sender]arrived{who: {}})
		if err != nil {
			return err
		}
		p, ok := places[who]
		if !ok {
			continue // a person who never wrote to us
		}
		id, err := r.c.db.newID()
		if err != nil {
			return err
		}
		sealed, err := r.keys.sealJSON(messagePlace("sealed", frontdesk.MessageID(id)), sealedMessage{Message: frontdesk.Message{
			ID: frontdesk.MessageID(id), ProviderID: echo.ProviderID, Kind: echo.Kind, Text: echo.Text, At: echo.At}})
		if err != nil {
			return err
		}
		at := receipt.At.Add(time.Duration(i) * time.Microsecond)
		tag, err := r.tx.Exec(ctx, `
			INSERT INTO message (clinic_id, account_id, message_id, provider_hash, conversation_id, kind, staff, language, labels,
			                     sealed, at, received_at, decided_at)
			VALUES ($1, $2, $3, $4, $5, $6, true, '', '{}', $7, $8, $9, $9)
			    ON CONFLICT (clinic_id, account_id, provider_hash) DO NOTHING`,
			r.clinic, receipt.Account.ID, id, r.keys.blind(blindProvider, echo.ProviderID), p.conversation, string(echo.Kind),
			sealed, echo.At, at)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			continue
		}
		change := conversation.PenChange{
			Key: conversation.Key{Clinic: r.clinic, Conversation: p.conversation}, Pen: frontdesk.PenPerson, By: "app", At: receipt.At,
		}
		if err := r.c.changePen(ctx, r.tx, change); err != nil {
			return err
		}
	}
	return nil
}
