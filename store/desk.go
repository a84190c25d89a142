package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/conversation"
)

// Sorting is where a conversation's open tickets belong.
type Sorting struct {
	Assigned string // user id, "" for nobody
	Team     string // "" leaves it
	Tags     []string
	By       string
	Note     string // written down with it, "" for none
}

// Sort assigns and transfers a conversation's open tickets and replaces its tags.
func (c *Conversations) Sort(ctx context.Context, key conversation.Key, s Sorting) error {
	keys, err := c.db.clinicKeys(ctx, key.Clinic)
	if err != nil {
		return err
	}
	if !isID(string(key.Conversation)) {
		return notFound("There is no such conversation.")
	}
	batch := &pgx.Batch{}
	batch.Queue(`
		UPDATE ticket SET assigned_to = $3, team = COALESCE(NULLIF($4, ''), team), updated_at = $5
		 WHERE clinic_id = $1 AND conversation_id = $2 AND closed_at IS NULL`, key.Clinic, key.Conversation, s.Assigned, s.Team, c.db.now())
	batch.Queue(`
		WITH gone AS (
		     DELETE FROM conversation_tag WHERE clinic_id = $1 AND conversation_id = $2 AND tag <> ALL ($3) RETURNING tag),
		     came AS (
		     INSERT INTO conversation_tag (clinic_id, conversation_id, tag)
		     SELECT $1, $2, tag FROM unnest($3::text[]) AS tag
		         ON CONFLICT DO NOTHING
		  RETURNING tag)
		SELECT frontdesk_tell_webhooks($1, $4, $2, $5) WHERE EXISTS (SELECT 1 FROM gone) OR EXISTS (SELECT 1 FROM came)`,
		key.Clinic, key.Conversation, append([]string{}, s.Tags...), eventTagged, c.db.now())
	if s.Note != "" {
		if err := c.queueNote(batch, keys, key, "note", s.By, s.Note, c.db.now()); err != nil {
			return err
		}
	}
	if err := c.db.InClinicBatch(ctx, key.Clinic, batch); err != nil {
		return fmt.Errorf("sort conversation: %w", err)
	}
	return nil
}

// SavedReply is a text that staff often write.
type SavedReply struct {
	ID, Name, Language, Text, Author string
}

// SavedReplies lists a clinic's by name.
func (db *DB) SavedReplies(ctx context.Context, clinic frontdesk.ClinicID) ([]SavedReply, error) {
	var replies []SavedReply
	batch := &pgx.Batch{}
	batch.Queue(`SELECT reply_id::text, name, language, text, author FROM saved_reply WHERE clinic_id = $1 ORDER BY name, language`, clinic).
		Query(func(rows pgx.Rows) (err error) {
			replies, err = pgx.CollectRows(rows, pgx.RowToStructByPos[SavedReply])
			return err
		})
	if err := db.InClinicBatch(ctx, clinic, batch); err != nil {
		return nil, fmt.Errorf("list saved replies: %w", err)
	}
	return replies, nil
}

// SaveReply adds a text, or replaces the one of the same name and language.
func (db *DB) SaveReply(ctx context.Context, clinic frontdesk.ClinicID, r SavedReply) error {
	id, err := db.newID()
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	batch.Queue(`
		INSERT INTO saved_reply (clinic_id, reply_id, name, language, text, author, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		    ON CONFLICT (clinic_id, name, language) DO UPDATE SET text = $5, author = $6, at = $7`,
		clinic, id, r.Name, r.Language, r.Text, r.Author, db.now())
	if err := db.InClinicBatch(ctx, clinic, batch); err != nil {
		return fmt.Errorf("save reply: %w", err)
	}
	return nil
}

// DeleteReply removes a saved text.
func (db *DB) DeleteReply(ctx context.Context, clinic frontdesk.ClinicID, id string) error {
	if !isID(id) {
		return notFound("There is no such saved reply.")
	}
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM saved_reply WHERE clinic_id = $1 AND reply_id = $2`, clinic, id)
	if err := db.InClinicBatch(ctx, clinic, batch); err != nil {
		return fmt.Errorf("delete reply: %w", err)
	}
	return nil
}

// Pulse is a cheap mark that changes whenever what staff see does.
type Pulse struct {
	Inbox   string
	Thread  string // of one conversation, "" without one
	Waiting int    // tickets that nobody took
}

// Pulse reads the marks of a clinic's inbox and of one conversation.
func (c *Conversations) Pulse(ctx context.Context, clinic frontdesk.ClinicID, id frontdesk.ConversationID) (Pulse, error) {
	var p Pulse
	batch := &pgx.Batch{}
	batch.Queue(`
		SELECT concat_ws(' ', count(*), max(updated_at), count(*) FILTER (WHERE due_at <= $2),
		                 (SELECT max(window_at) FROM conversation WHERE clinic_id = $1)),
		       count(*) FILTER (WHERE taken_at IS NULL AND NOT quiet)
		  FROM ticket WHERE clinic_id = $1 AND closed_at IS NULL`, clinic, c.db.now()).QueryRow(func(row pgx.Row) error { return row.Scan(&p.Inbox, &p.Waiting) })
	if isID(string(id)) {
		batch.Queue(`
			SELECT concat_ws(' ', c.pen, c.ticket_id,
			       (SELECT message_id FROM message WHERE clinic_id = $1 AND conversation_id = $2 ORDER BY message_id DESC LIMIT 1),
			       (SELECT string_agg(outbound_id || state || delivery, ',') FROM (
			               SELECT outbound_id, state, delivery FROM outbound WHERE clinic_id = $1 AND conversation_id = $2 ORDER BY outbound_id DESC LIMIT 5) o),
			       (SELECT note_id FROM note WHERE clinic_id = $1 AND conversation_id = $2 ORDER BY note_id DESC LIMIT 1))
			  FROM conversation c WHERE c.clinic_id = $1 AND c.conversation_id = $2`, clinic, id).QueryRow(func(row pgx.Row) error { return row.Scan(&p.Thread) })
	}
	if err := c.db.InClinicBatch(ctx, clinic, batch); err != nil {
		return p, fmt.Errorf("read pulse: %w", err)
	}
	return p, nil
}
