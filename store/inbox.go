package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/staff"
)

// InboxKind is a view of the inbox.
type InboxKind string

// The views.
const (
	InboxMine       InboxKind = "mine"       // taken by or assigned to the person
	InboxUnassigned InboxKind = "unassigned" // nobody's yet
	InboxTeam       InboxKind = "team"       // of the person's teams
	InboxAll        InboxKind = "all"        // every open ticket
	InboxWaiting    InboxKind = "waiting"    // nobody took it, the longest waiting first
	InboxClosed     InboxKind = "closed"     // closed tickets, the latest first
	InboxEverything InboxKind = "everything" // every conversation, with or without a ticket
)

// InboxQuery asks for rows of the inbox.
type InboxQuery struct {
	Kind  InboxKind
	User  staff.UserID
	Teams []string // of the person; none: all teams are theirs
	Tag   string
	Found []frontdesk.ConversationID // only these; nil: all
	Limit int
}

// InboxRow is a conversation in the inbox, with its ticket where there is one.
type InboxRow struct {
	Conversation frontdesk.ConversationID
	Contact      frontdesk.ContactID
	Name         string // as the clinic imported it, "" if not
	Profile      string // as the channel tells it: untrusted
	Phone        string
	Language     string
	Pen          frontdesk.Pen
	Window       time.Time // the patient's last message
	Ticket       frontdesk.TicketID
	Team         string
	Priority     frontdesk.Priority
	Reason       string
	Quiet        bool
	Opened       time.Time
	Taken        time.Time
	TakenBy      string
	AssignedTo   string
	Due          time.Time
	Closed       time.Time
	CloseReason  string
	Preview      string // of the last message, masked
	PreviewOurs  bool
	PreviewKind  frontdesk.MessageKind
	Last         time.Time
	Tags         []string
}

// inboxColumns are read of a conversation c, its contact k and, where there is
// one, a ticket t; with the last messages of both sides.
const inboxColumns = `
	c.conversation_id, c.contact_id, k.sealed, k.language, c.recipient, c.pen, c.window_at,
	t.ticket_id, COALESCE(t.team, ''), COALESCE(t.priority, ''), COALESCE(t.reason, ''), COALESCE(t.quiet, false), t.opened_at, t.taken_at,
	COALESCE(t.taken_by, ''), COALESCE(t.assigned_to, ''), t.due_at, t.closed_at, COALESCE(t.close_reason, ''),
	m.message_id, m.kind, m.staff, m.sealed, m.received_at, o.outbound_id, o.sealed, o.created_at,
	ARRAY(SELECT g.tag FROM conversation_tag g WHERE g.clinic_id = $1 AND g.conversation_id = c.conversation_id ORDER BY g.tag)`

const inboxLast = `
	LEFT JOIN LATERAL (SELECT message_id, kind, staff, sealed, received_at FROM message
	                    WHERE clinic_id = $1 AND conversation_id = c.conversation_id ORDER BY message_id DESC LIMIT 1) m ON true
	LEFT JOIN LATERAL (SELECT outbound_id, sealed, created_at FROM outbound
	                    WHERE clinic_id = $1 AND conversation_id = c.conversation_id AND state <> 'cancelled' ORDER BY outbound_id DESC LIMIT 1) o ON true`

// inboxTickets lists tickets of a view: $2 its kind, $3 the person, $4 their teams,
// $5 a tag or "", $6 the conversations or NULL, $7 the limit. Those that are closed
// grow without end and have a statement of their own, by their index.
const inboxTickets = `
	WITH t AS MATERIALIZED (
	     SELECT * FROM ticket t
	      WHERE t.clinic_id = $1 AND t.closed_at IS NULL
	        AND CASE $2 WHEN 'mine' THEN t.taken_by = $3 OR t.assigned_to = $3
	                    WHEN 'unassigned' THEN t.taken_by = '' AND t.assigned_to = ''
	                    WHEN 'team' THEN cardinality($4::text[]) = 0 OR t.team = ANY ($4)
	                    WHEN 'waiting' THEN t.taken_at IS NULL
	                    ELSE true END
	        AND ($5 = '' OR EXISTS (SELECT 1 FROM conversation_tag g WHERE g.clinic_id = $1 AND g.conversation_id = t.conversation_id AND g.tag = $5))
	        AND ($6::uuid[] IS NULL OR t.conversation_id = ANY ($6))
	      ORDER BY CASE WHEN $2 = 'waiting' THEN extract(epoch FROM t.opened_at)
	                    ELSE array_position(ARRAY['emergency', 'urgent', 'normal', 'low'], t.priority) END,
	            t.opened_at
	      LIMIT $7)
	SELECT ` + inboxColumns + `
	  FROM t
	  JOIN conversation c ON c.clinic_id = $1 AND c.conversation_id = t.conversation_id
	  JOIN contact k ON k.clinic_id = $1 AND k.contact_id = c.contact_id` + inboxLast + `
	 ORDER BY CASE WHEN $2 = 'waiting' THEN extract(epoch FROM t.opened_at)
	               ELSE array_position(ARRAY['emergency', 'urgent', 'normal', 'low'], t.priority) END,
	       t.opened_at`

// inboxClosed lists closed tickets, the latest first; parameters as above.
const inboxClosed = `
	WITH t AS MATERIALIZED (
	     SELECT * FROM ticket t
	      WHERE t.clinic_id = $1 AND t.closed_at IS NOT NULL AND $2::text <> '' AND $3::text IS NOT NULL AND $4::text[] IS NOT NULL
	        AND ($5 = '' OR EXISTS (SELECT 1 FROM conversation_tag g WHERE g.clinic_id = $1 AND g.conversation_id = t.conversation_id AND g.tag = $5))
	        AND ($6::uuid[] IS NULL OR t.conversation_id = ANY ($6))
	      ORDER BY t.closed_at DESC
	      LIMIT $7)
	SELECT ` + inboxColumns + `
	  FROM t
	  JOIN conversation c ON c.clinic_id = $1 AND c.conversation_id = t.conversation_id
	  JOIN contact k ON k.clinic_id = $1 AND k.contact_id = c.contact_id` + inboxLast + `
	 ORDER BY t.closed_at DESC`

// inboxEverything lists conversations, the latest first; parameters as above.
const inboxEverything = `
	WITH c AS MATERIALIZED (
	     SELECT * FROM conversation c
	      WHERE c.clinic_id = $1 AND $2::text <> '' AND $3::text IS NOT NULL AND $4::text[] IS NOT NULL
	        AND ($5 = '' OR EXISTS (SELECT 1 FROM conversation_tag g WHERE g.clinic_id = $1 AND g.conversation_id = c.conversation_id AND g.tag = $5))
	        AND ($6::uuid[] IS NULL OR c.conversation_id = ANY ($6))
	      ORDER BY c.window_at DESC
	      LIMIT $7)
	SELECT ` + inboxColumns + `
	  FROM c
	  JOIN contact k ON k.clinic_id = $1 AND k.contact_id = c.contact_id
	  LEFT JOIN ticket t ON t.clinic_id = $1 AND t.ticket_id = c.ticket_id AND t.closed_at IS NULL` + inboxLast + `
	 ORDER BY c.window_at DESC`

// Inbox lists rows of a view.
func (c *Conversations) Inbox(ctx context.Context, clinic frontdesk.ClinicID, q InboxQuery) ([]InboxRow, error) {
	keys, err := c.db.clinicKeys(ctx, clinic)
	if err != nil {
		return nil, err
	}
	query := inboxTickets
	switch q.Kind {
	case InboxClosed:
		query = inboxClosed
	case InboxEverything:
		query = inboxEverything
	}
	teams := append([]string{}, q.Teams...)
	var rows []InboxRow
	batch := &pgx.Batch{}
	batch.Queue(query, clinic, string(q.Kind), string(q.User), teams, q.Tag, q.Found, q.Limit).Query(func(found pgx.Rows) error {
		for found.Next() {
			row, err := scanInbox(found, keys)
			if err != nil {
				return err
			}
			rows = append(rows, row)
		}
		return found.Err()
	})
	if err := c.db.InClinicBatch(ctx, clinic, batch); err != nil {
		return nil, fmt.Errorf("list inbox: %w", err)
	}
	return rows, nil
}

func scanInbox(rows pgx.Rows, keys *clinicKeys) (InboxRow, error) {
	var r InboxRow
	var contact, recipient, message, outbound []byte
	var ticket, messageID, kind, outboundID *string
	var fromStaff *bool
	var opened, taken, due, closed, received, created *time.Time
	err := rows.Scan(&r.Conversation, &r.Contact, &contact, &r.Language, &recipient, &r.Pen, &r.Window,
		&ticket, &r.Team, &r.Priority, &r.Reason, &r.Quiet, &opened, &taken, &r.TakenBy, &r.AssignedTo, &due, &closed, &r.CloseReason,
		&messageID, &kind, &fromStaff, &message, &received, &outboundID, &outbound, &created, &r.Tags)
	if err != nil {
		return r, err
	}
	r.Opened, r.Taken, r.Due, r.Closed, r.Last = timeOf(opened), timeOf(taken), timeOf(due), timeOf(closed), timeOf(received)
	if ticket != nil {
		r.Ticket = frontdesk.TicketID(*ticket)
	}
	var person sealedContact
	if err := keys.openJSON(contactPlace(r.Contact), contact, &person); err != nil {
		return r, err
	}
	var to conversation.Recipient
	if err := keys.openJSON(conversationPlace("recipient", r.Conversation), recipient, &to); err != nil {
		return r, err
	}
	r.Name, r.Phone = person.Name, to.Phone
	if messageID != nil {
		var body sealedMessage
		if err := keys.openJSON(messagePlace("sealed", frontdesk.MessageID(*messageID)), message, &body); err != nil {
			return r, err
		}
		r.Preview, r.Profile, r.PreviewKind, r.PreviewOurs = body.Message.Text, body.Profile, frontdesk.MessageKind(*kind), *fromStaff
	}
	if outboundID != nil && created.After(r.Last) {
		var body sealedOutbound
		if err := keys.openJSON(outboundPlace(frontdesk.MessageID(*outboundID)), outbound, &body); err != nil {
			return r, err
		}
		r.Preview, r.PreviewOurs, r.Last = body.Reply.Text, true, *created
	}
	return r, nil
}

// InboxCounts counts the open tickets of each view for a person.
func (c *Conversations) InboxCounts(ctx context.Context, clinic frontdesk.ClinicID, user staff.UserID, teams []string) (map[InboxKind]int, error) {
	var mine, unassigned, team, all, waiting int
	batch := &pgx.Batch{}
	batch.Queue(`
		SELECT count(*) FILTER (WHERE taken_by = $2 OR assigned_to = $2),
		       count(*) FILTER (WHERE taken_by = '' AND assigned_to = ''),
		       count(*) FILTER (WHERE cardinality($3::text[]) = 0 OR team = ANY ($3)),
		       count(*),
		       count(*) FILTER (WHERE taken_at IS NULL)
		  FROM ticket
		 WHERE clinic_id = $1 AND closed_at IS NULL`, clinic, string(user), append([]string{}, teams...)).QueryRow(func(row pgx.Row) error {
		return row.Scan(&mine, &unassigned, &team, &all, &waiting)
	})
	if err := c.db.InClinicBatch(ctx, clinic, batch); err != nil {
		return nil, fmt.Errorf("count inbox: %w", err)
	}
	return map[InboxKind]int{InboxMine: mine, InboxUnassigned: unassigned, InboxTeam: team, InboxAll: all, InboxWaiting: waiting}, nil
}

// Note is what staff wrote down beside a conversation.
type Note struct {
	ID     string
	Kind   string // "note", "instruction", "event"
	Author string
	Text   string
	At     time.Time
}

func notePlace(id string) Place { return Place{Table: "note", Column: "sealed", ID: id} }

// queueNote adds a note to a transaction.
func (c *Conversations) queueNote(batch *pgx.Batch, keys *clinicKeys, key conversation.Key, kind, author, text string, at time.Time) error {
	id, err := c.db.newID()
	if err != nil {
		return err
	}
	sealed, err := keys.seal(notePlace(id), []byte(text))
	if err != nil {
		return err
	}
	batch.Queue(`INSERT INTO note (clinic_id, note_id, conversation_id, kind, author, sealed, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		key.Clinic, id, key.Conversation, kind, author, sealed, at)
	return nil
}

// AddNote writes a note down.
func (c *Conversations) AddNote(ctx context.Context, key conversation.Key, author, text string) error {
	keys, err := c.db.clinicKeys(ctx, key.Clinic)
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	if err := c.queueNote(batch, keys, key, "note", author, text, c.db.now()); err != nil {
		return err
	}
	if err := c.db.InClinicBatch(ctx, key.Clinic, batch); err != nil {
		return fmt.Errorf("add note: %w", err)
	}
	return nil
}

// Notes returns the notes of a conversation, oldest first.
func (c *Conversations) Notes(ctx context.Context, key conversation.Key, limit int) ([]Note, error) {
	keys, err := c.db.clinicKeys(ctx, key.Clinic)
	if err != nil {
		return nil, err
	}
	var notes []Note
	batch := &pgx.Batch{}
	batch.Queue(`
		SELECT note_id, kind, author, sealed, at FROM note
		 WHERE clinic_id = $1 AND conversation_id = $2
		 ORDER BY note_id DESC
		 LIMIT $3`, key.Clinic, key.Conversation, limit).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var n Note
			var sealed []byte
			if err := rows.Scan(&n.ID, &n.Kind, &n.Author, &sealed, &n.At); err != nil {
				return err
			}
			text, err := keys.open(notePlace(n.ID), sealed)
			if err != nil {
				return err
			}
			n.Text = string(text)
			notes = append(notes, n)
		}
		return rows.Err()
	})
	if err := c.db.InClinicBatch(ctx, key.Clinic, batch); err != nil {
		return nil, fmt.Errorf("list notes: %w", err)
	}
	slices.Reverse(notes)
	return notes, nil
}
