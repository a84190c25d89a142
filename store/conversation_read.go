package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/conversation"
)

// Summary is a conversation in a list: ids, figures and no text.
type Summary struct {
	ID      frontdesk.ConversationID `json:"id"`
	Contact frontdesk.ContactID      `json:"contact"`
	Pen     frontdesk.Pen            `json:"pen"`
	Last    time.Time                `json:"last"` // the patient's last message
}

// Conversations lists a clinic's conversations, the latest first.
func (c *Conversations) Conversations(ctx context.Context, clinic frontdesk.ClinicID, limit int) ([]Summary, error) {
	var list []Summary
	batch := &pgx.Batch{}
	batch.Queue(`
		SELECT conversation_id, contact_id, pen, window_at
		  FROM conversation
		 WHERE clinic_id = $1
		 ORDER BY window_at DESC
		 LIMIT $2`, clinic, limit).Query(func(rows pgx.Rows) error {
		var err error
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Summary])
		return err
	})
	if err := c.db.InClinicBatch(ctx, clinic, batch); err != nil {
		return nil, fmt.Errorf("list conversations: %w", err)
	}
	return list, nil
}

// TranscriptLine is one message of a conversation, ours or theirs.
type TranscriptLine struct {
	ID       frontdesk.MessageID     `json:"id"`
	Patient  bool                    `json:"patient"`
	Kind     frontdesk.MessageKind   `json:"kind,omitempty"`
	Text     string                  `json:"text"` // masked
	Buttons  []frontdesk.Button      `json:"buttons,omitempty"`
	Origin   frontdesk.Origin        `json:"origin,omitempty"`
	Author   string                  `json:"author,omitempty"` // of the staff, "" else
	State    conversation.SendState  `json:"state,omitempty"`
	Delivery frontdesk.DeliveryState `json:"delivery,omitempty"`
	Turn     frontdesk.TurnID        `json:"turn,omitempty"`
	Labels   []frontdesk.Label       `json:"labels,omitempty"`
	At       time.Time               `json:"at"`
}

// Transcript returns the last lines of a conversation, oldest first. Identifiers
// are tokens in it.
func (c *Conversations) Transcript(ctx context.Context, key conversation.Key, limit int) ([]TranscriptLine, error) {
	keys, err := c.db.clinicKeys(ctx, key.Clinic)
	if err != nil {
		return nil, err
	}
	var lines []TranscriptLine
	batch := &pgx.Batch{}
	batch.Queue(`
		SELECT * FROM (
		       (SELECT message_id AS id, NOT staff, kind, sealed, '' AS origin, '' AS author, '' AS state, '' AS delivery,
		               COALESCE(turn_id::text, ''), labels, received_at AS at
		          FROM message
		         WHERE clinic_id = $1 AND conversation_id = $2
		         ORDER BY message_id DESC
		         LIMIT $3)
		         UNION ALL
		       (SELECT outbound_id, false, '', sealed, origin, author, state, delivery, COALESCE(turn_id::text, ''), '{}', created_at
		          FROM outbound
		         WHERE clinic_id = $1 AND conversation_id = $2
		         ORDER BY outbound_id DESC
		         LIMIT $3)) AS both_sides
		 ORDER BY at DESC, id DESC
		 LIMIT $3`, key.Clinic, key.Conversation, limit).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			line, err := scanTranscript(rows, keys)
			if err != nil {
				return err
			}
			lines = append(lines, line)
		}
		return rows.Err()
	})
	if err := c.db.InClinicBatch(ctx, key.Clinic, batch); err != nil {
		return nil, fmt.Errorf("read transcript: %w", err)
	}
	for i, j := 0, len(lines)-1; i < j; i, j = i+1, j-1 {
		lines[i], lines[j] = lines[j], lines[i]
	}
	return lines, nil
}

func scanTranscript(rows pgx.Rows, keys *clinicKeys) (TranscriptLine, error) {
	var line TranscriptLine
	var sealed []byte
	var labels []string
	if err := rows.Scan(&line.ID, &line.Patient, &line.Kind, &sealed, &line.Origin, &line.Author, &line.State, &line.Delivery, &line.Turn, &labels, &line.At); err != nil {
		return line, err
	}
	line.Labels = labelsFrom(labels)
	if line.Kind != "" {
		var body sealedMessage
		err := keys.openJSON(messagePlace("sealed", line.ID), sealed, &body)
		line.Text = body.Message.Text
		return line, err
	}
	var body sealedOutbound
	err := keys.openJSON(outboundPlace(line.ID), sealed, &body)
	line.Text, line.Buttons = body.Reply.Text, body.Reply.Buttons
	if body.Reply.Template != nil {
		line.Text = body.Reply.Template.Text
	}
	return line, err
}

// Bounds of a search: how many of the newest messages with the rarest word are
// looked at for the other words, and how many hits are read for each conversation
// that is wanted. A word that is in more messages finds its newest ones.
const (
	searchNewest = 20_000
	searchHits   = 10
)

// findMessages takes $1 the clinic, $2 the words, $3 the most messages to look at,
// $4 the hits and $5 the conversations. Ids are made by time, so the newest messages
// of a word stand at the end of its part of the key.
const findMessages = `
	WITH stem AS MATERIALIZED (
	     SELECT s.hash, (SELECT count(*) FROM (SELECT 1 FROM message_word w WHERE w.clinic_id = $1 AND w.stem_hash = s.hash LIMIT $3) seen) AS messages
	       FROM unnest($2::bytea[]) AS s (hash)),
	     rarest AS MATERIALIZED (
	     SELECT hash FROM stem ORDER BY messages LIMIT 1),
	     newest AS MATERIALIZED (
	     SELECT w.message_id
	       FROM message_word w
	      WHERE w.clinic_id = $1 AND w.stem_hash = (SELECT hash FROM rarest)
	      ORDER BY w.message_id DESC
	      LIMIT $3),
	     hit AS MATERIALIZED (
	     SELECT n.message_id
	       FROM newest n
	      WHERE NOT EXISTS (SELECT 1 FROM stem s
	                         WHERE s.hash <> (SELECT hash FROM rarest)
	                           AND NOT EXISTS (SELECT 1 FROM message_word w WHERE w.clinic_id = $1 AND w.stem_hash = s.hash AND w.message_id = n.message_id))
	      ORDER BY n.message_id DESC
	      LIMIT $4)
	SELECT m.conversation_id
	  FROM hit
	  JOIN message m ON m.clinic_id = $1 AND m.message_id = hit.message_id
	 GROUP BY m.conversation_id
	 ORDER BY max(m.received_at) DESC
	 LIMIT $5`

// FindMessages returns the conversations in which a patient used all of the stems,
// latest first. Stems come from the same function as the messages' own. Of words
// that are in very many messages the newest are searched.
func (c *Conversations) FindMessages(ctx context.Context, clinic frontdesk.ClinicID, stems []string, limit int) ([]frontdesk.ConversationID, error) {
	if len(stems) == 0 {
		return nil, nil
	}
	keys, err := c.db.clinicKeys(ctx, clinic)
	if err != nil {
		return nil, err
	}
	hashes := make([][]byte, len(stems))
	for i, s := range stems {
		hashes[i] = keys.blind(blindStem, s)
	}
	var found []frontdesk.ConversationID
	batch := &pgx.Batch{}
	batch.Queue(findMessages, clinic, hashes, searchNewest, searchHits*limit, limit).Query(func(rows pgx.Rows) error {
		var err error
		found, err = pgx.CollectRows(rows, pgx.RowTo[frontdesk.ConversationID])
		return err
	})
	if err := c.db.InClinicBatch(ctx, clinic, batch); err != nil {
		return nil, fmt.Errorf("find messages: %w", err)
	}
	return found, nil
}

// TurnRow is one decision with all that decided it.
type TurnRow struct {
	Conversation frontdesk.ConversationID
	At           time.Time
	Outcome      frontdesk.Outcome
	Mode         frontdesk.Mode
	Language     string
	Labels       []frontdesk.Label
	Record       frontdesk.Record
}

// TurnRecord returns what decided a turn.
func (c *Conversations) TurnRecord(ctx context.Context, clinic frontdesk.ClinicID, turn frontdesk.TurnID) (TurnRow, error) {
	var row TurnRow
	if !isID(string(turn)) {
		return row, notFound("There is no such turn.")
	}
	keys, err := c.db.clinicKeys(ctx, clinic)
	if err != nil {
		return row, err
	}
	var labels []string
	var record []byte
	batch := &pgx.Batch{}
	batch.Queue(`SELECT conversation_id, at, outcome, mode, language, labels, record FROM turn WHERE clinic_id = $1 AND turn_id = $2`, clinic, turn).
		QueryRow(func(r pgx.Row) error {
			return r.Scan(&row.Conversation, &row.At, &row.Outcome, &row.Mode, &row.Language, &labels, &record)
		})
	if err := c.db.InClinicBatch(ctx, clinic, batch); err != nil {
		return row, fmt.Errorf("read turn: %w", err)
	}
	row.Labels = labelsFrom(labels)
	return row, keys.openJSON(Place{Table: "turn", Column: "record", ID: string(turn)}, record, &row.Record)
}

// TurnReplies returns the texts that a turn sent, in order.
func (c *Conversations) TurnReplies(ctx context.Context, key conversation.Key, turn frontdesk.TurnID) ([]string, error) {
	keys, err := c.db.clinicKeys(ctx, key.Clinic)
	if err != nil {
		return nil, err
	}
	var texts []string
	batch := &pgx.Batch{}
	batch.Queue(`
		SELECT outbound_id, sealed FROM outbound
		 WHERE clinic_id = $1 AND conversation_id = $2 AND turn_id = $3
		 ORDER BY outbound_id`, key.Clinic, key.Conversation, turn).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var id frontdesk.MessageID
			var sealed []byte
			if err := rows.Scan(&id, &sealed); err != nil {
				return err
			}
			var body sealedOutbound
			if err := keys.openJSON(outboundPlace(id), sealed, &body); err != nil {
				return err
			}
			texts = append(texts, body.Reply.Text)
		}
		return rows.Err()
	})
	if err := c.db.InClinicBatch(ctx, key.Clinic, batch); err != nil {
		return nil, fmt.Errorf("read replies of a turn: %w", err)
	}
	return texts, nil
}
