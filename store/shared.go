package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
)

// SharedConversation is a conversation as other programs read it: nothing that
// anybody wrote.
type SharedConversation struct {
	ID       frontdesk.ConversationID `json:"id"`
	Contact  frontdesk.ContactID      `json:"contact"`
	Channel  frontdesk.Channel        `json:"channel"`
	Language string                   `json:"language"` // "" while it is not known
	Pen      frontdesk.Pen            `json:"pen"`
	Tags     []string                 `json:"tags"`
	Created  time.Time                `json:"created"`
	Last     time.Time                `json:"last_patient_message"`
	Ticket   *frontdesk.TicketID      `json:"open_ticket"`
}

// SharedTicket is a handover as other programs read it.
type SharedTicket struct {
	ID           frontdesk.TicketID       `json:"id"`
	Conversation frontdesk.ConversationID `json:"conversation"`
	Team         string                   `json:"team"`
	Priority     frontdesk.Priority       `json:"priority"`
	Reason       string                   `json:"reason"`
	Opened       time.Time                `json:"opened"`
	Due          *time.Time               `json:"due"`
	Taken        *time.Time               `json:"taken"`
	Closed       *time.Time               `json:"closed"`
	CloseReason  string                   `json:"close_reason"`
}

// TagCount is a tag with how many conversations have it.
type TagCount struct {
	Tag           string `json:"tag"`
	Conversations int    `json:"conversations"`
}

// Page asks for rows after an id, in the order in which they were made.
type Page struct {
	After string // "": from the first
	Limit int
}

const sharedConversations = `
	SELECT c.conversation_id, c.contact_id, a.channel, k.language, c.pen,
	       ARRAY(SELECT g.tag FROM conversation_tag g WHERE g.clinic_id = $1 AND g.conversation_id = c.conversation_id ORDER BY g.tag),
	       c.created_at, c.window_at, (SELECT t.ticket_id FROM ticket t WHERE t.clinic_id = $1 AND t.ticket_id = c.ticket_id AND t.closed_at IS NULL)
	  FROM conversation c
	  JOIN contact k ON k.clinic_id = $1 AND k.contact_id = c.contact_id
	  JOIN channel_account a ON a.clinic_id = $1 AND a.account_id = c.account_id
	 WHERE c.clinic_id = $1 `

// ShareConversations lists conversations; with a tag, those that have it.
func (c *Conversations) ShareConversations(ctx context.Context, clinic frontdesk.ClinicID, tag string, page Page) ([]SharedConversation, error) {
	list := []SharedConversation{}
	batch := &pgx.Batch{}
	batch.Queue(sharedConversations+`AND ($2::uuid IS NULL OR c.conversation_id > $2)
		   AND ($3 = '' OR EXISTS (SELECT 1 FROM conversation_tag g WHERE g.clinic_id = $1 AND g.conversation_id = c.conversation_id AND g.tag = $3))
		 ORDER BY c.conversation_id
		 LIMIT $4`, clinic, optionalID(page.After), tag, page.Limit).Query(collectInto(&list))
	if err := c.db.InClinicBatch(ctx, clinic, batch); err != nil {
		return nil, fmt.Errorf("share conversations: %w", err)
	}
	return list, nil
}

// ShareConversation returns one.
func (c *Conversations) ShareConversation(ctx context.Context, clinic frontdesk.ClinicID, id frontdesk.ConversationID) (SharedConversation, error) {
	var list []SharedConversation
	if isID(string(id)) {
		batch := &pgx.Batch{}
		batch.Queue(sharedConversations+`AND c.conversation_id = $2`, clinic, id).Query(collectInto(&list))
		if err := c.db.InClinicBatch(ctx, clinic, batch); err != nil {
			return SharedConversation{}, fmt.Errorf("share conversation: %w", err)
		}
	}
	if len(list) == 0 {
		return SharedConversation{}, notFound("There is no such conversation.")
	}
	return list[0], nil
}

const sharedTickets = `
	SELECT t.ticket_id, t.conversation_id, t.team, t.priority, t.reason, t.opened_at, t.due_at, t.taken_at, t.closed_at, t.close_reason
	  FROM ticket t
	 WHERE t.clinic_id = $1 `

// ShareTickets lists handovers; state is "open", "closed" or "all".
func (c *Conversations) ShareTickets(ctx context.Context, clinic frontdesk.ClinicID, state string, page Page) ([]SharedTicket, error) {
	list := []SharedTicket{}
	batch := &pgx.Batch{}
	batch.Queue(sharedTickets+`AND NOT t.quiet AND ($2::uuid IS NULL OR t.ticket_id > $2)
		   AND ($3 = 'all' OR (t.closed_at IS NULL) = ($3 = 'open'))
		 ORDER BY t.ticket_id
		 LIMIT $4`, clinic, optionalID(page.After), state, page.Limit).Query(collectInto(&list))
	if err := c.db.InClinicBatch(ctx, clinic, batch); err != nil {
		return nil, fmt.Errorf("share tickets: %w", err)
	}
	return list, nil
}

// ShareTicket returns one.
func (c *Conversations) ShareTicket(ctx context.Context, clinic frontdesk.ClinicID, id frontdesk.TicketID) (SharedTicket, error) {
	var list []SharedTicket
	if isID(string(id)) {
		batch := &pgx.Batch{}
		batch.Queue(sharedTickets+`AND t.ticket_id = $2`, clinic, id).Query(collectInto(&list))
		if err := c.db.InClinicBatch(ctx, clinic, batch); err != nil {
			return SharedTicket{}, fmt.Errorf("share ticket: %w", err)
		}
	}
	if len(list) == 0 {
		return SharedTicket{}, notFound("There is no such ticket.")
	}
	return list[0], nil
}

// ShareTags counts the conversations of each tag.
func (c *Conversations) ShareTags(ctx context.Context, clinic frontdesk.ClinicID) ([]TagCount, error) {
	list := []TagCount{}
	batch := &pgx.Batch{}
	batch.Queue(`SELECT tag, count(*) FROM conversation_tag WHERE clinic_id = $1 GROUP BY tag ORDER BY tag`, clinic).Query(collectInto(&list))
	if err := c.db.InClinicBatch(ctx, clinic, batch); err != nil {
		return nil, fmt.Errorf("share tags: %w", err)
	}
	return list, nil
}

// collectInto reads rows into structures, a column a field.
func collectInto[T any](list *[]T) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[T])
		if len(found) > 0 {
			*list = found
		}
		return err
	}
}
