package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/conversation"
)

// ContactRow is what the clinic knows about somebody who writes.
type ContactRow struct {
	ID            frontdesk.ContactID
	Name          string
	Patients      []string
	Language      string
	OptedOut      time.Time
	Created       time.Time
	Erased        time.Time
	Conversations []ContactConversation
}

// ContactConversation is one of a contact's conversations.
type ContactConversation struct {
	ID      frontdesk.ConversationID
	Channel frontdesk.Channel
	Phone   string
	Pen     frontdesk.Pen
	Last    time.Time
	Tags    []string
}

// Contact reads a contact with their conversations, the latest first.
func (c *Conversations) Contact(ctx context.Context, clinic frontdesk.ClinicID, id frontdesk.ContactID) (ContactRow, error) {
	found := ContactRow{ID: id}
	if !isID(string(id)) {
		return found, notFound("There is no such contact.")
	}
	keys, err := c.db.clinicKeys(ctx, clinic)
	if err != nil {
		return found, err
	}
	batch := &pgx.Batch{}
	batch.Queue(`SELECT sealed, language, opted_out_at, created_at, erased_at FROM contact WHERE clinic_id = $1 AND contact_id = $2`, clinic, id).
		QueryRow(func(row pgx.Row) error {
			var sealed []byte
			var optedOut, erased *time.Time
			if err := row.Scan(&sealed, &found.Language, &optedOut, &found.Created, &erased); err != nil {
				return err
			}
			found.OptedOut, found.Erased = timeOf(optedOut), timeOf(erased)
			var person sealedContact
			err := keys.openJSON(contactPlace(id), sealed, &person)
			found.Name, found.Patients = person.Name, person.Patients
			return err
		})
	batch.Queue(`
		SELECT c.conversation_id, a.channel, c.recipient, c.pen, c.window_at,
		       ARRAY(SELECT g.tag FROM conversation_tag g WHERE g.clinic_id = $1 AND g.conversation_id = c.conversation_id ORDER BY g.tag)
		  FROM conversation c
		  JOIN channel_account a ON a.clinic_id = $1 AND a.account_id = c.account_id
		 WHERE c.clinic_id = $1 AND c.contact_id = $2
		 ORDER BY c.window_at DESC`, clinic, id).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var one ContactConversation
			var recipient []byte
			if err := rows.Scan(&one.ID, &one.Channel, &recipient, &one.Pen, &one.Last, &one.Tags); err != nil {
				return err
			}
			var to conversation.Recipient
			if err := keys.openJSON(conversationPlace("recipient", one.ID), recipient, &to); err != nil {
				return err
			}
			one.Phone = to.Phone
			found.Conversations = append(found.Conversations, one)
		}
		return rows.Err()
	})
	if err := c.db.InClinicBatch(ctx, clinic, batch); err != nil {
		return found, fmt.Errorf("read contact: %w", err)
	}
	return found, nil
}

// SaveContact changes name, patients and language of a contact.
func (c *Conversations) SaveContact(ctx context.Context, clinic frontdesk.ClinicID, contact ContactRow) error {
	if !isID(string(contact.ID)) {
		return notFound("There is no such contact.")
	}
	keys, err := c.db.clinicKeys(ctx, clinic)
	if err != nil {
		return err
	}
	sealed, err := keys.sealJSON(contactPlace(contact.ID), sealedContact{Name: contact.Name, Patients: contact.Patients})
	if err != nil {
		return err
	}
	var id string
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE contact SET sealed = $3, language = $4 WHERE clinic_id = $1 AND contact_id = $2 AND erased_at IS NULL RETURNING contact_id::text`,
		clinic, contact.ID, sealed, contact.Language).QueryRow(func(row pgx.Row) error { return row.Scan(&id) })
	if err := c.db.InClinicBatch(ctx, clinic, batch); err != nil {
		return fmt.Errorf("save contact: %w", err)
	}
	return nil
}
