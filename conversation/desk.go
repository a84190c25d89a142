package conversation

import (
	"context"
	"fmt"
	"time"

	"frontdesk"
)

// Desk is what staff do with a conversation.
type Desk interface {
	// Peek returns a conversation without taking it, for Post's checks.
	Peek(ctx context.Context, key Key) (Work, error)
	// ChangePen changes pen, epoch and ticket in one transaction. When it returns,
	// no POST of a bot's reply starts any more if the pen is a person's.
	ChangePen(ctx context.Context, change PenChange) error
	// Queue stores messages of staff or templates and a wake-up to send them. It
	// returns [ErrFenced] when the pen is not the expected one any more.
	Queue(ctx context.Context, key Key, pen frontdesk.Pen, messages []Posted) error
}

// PenChange gives the pen to somebody else.
type PenChange struct {
	Key
	Pen     frontdesk.Pen
	Ticket  frontdesk.TicketID // "" for the open one
	By      string             // staff's id
	At      time.Time
	Close   bool   // the ticket is done; ends the episode
	Note    string // staff's instruction to the bot on release
	EventID string // of the release event, set by the engine
}

// TakePen gives the pen to a person: the bot's queued replies are cancelled and
// none starts to be sent once TakePen has returned.
func (e *Engine) TakePen(ctx context.Context, key Key, by string) error {
	err := e.c.Desk.ChangePen(ctx, PenChange{Key: key, Pen: frontdesk.PenPerson, By: by, At: e.c.Now()})
	if err != nil {
		return fmt.Errorf("take pen: %w", err)
	}
	return nil
}

// Release gives the pen back to the bot, with an instruction where staff have
// one, and closes the ticket when done is true.
func (e *Engine) Release(ctx context.Context, key Key, by, note string, done bool) error {
	now := e.c.Now()
	id, err := e.newID(now)
	if err != nil {
		return err
	}
	change := PenChange{Key: key, Pen: frontdesk.PenBot, By: by, At: now, Close: done, Note: note, EventID: id}
	if err := e.c.Desk.ChangePen(ctx, change); err != nil {
		return fmt.Errorf("release pen: %w", err)
	}
	e.Wake(key)
	return nil
}

// Write sends a member of staff's own words. The refusals are those of
// [Engine.Post].
func (e *Engine) Write(ctx context.Context, key Key, author, text string) error {
	return e.push(ctx, key, frontdesk.OriginStaff, author, frontdesk.Reply{Text: text})
}

// SendTemplate sends an approved template.
func (e *Engine) SendTemplate(ctx context.Context, key Key, author string, template frontdesk.Template) error {
	return e.push(ctx, key, frontdesk.OriginTemplate, author, frontdesk.Reply{Template: &template})
}

func (e *Engine) push(ctx context.Context, key Key, origin frontdesk.Origin, author string, reply frontdesk.Reply) error {
	work, err := e.c.Desk.Peek(ctx, key)
	if err != nil {
		return fmt.Errorf("write to conversation: %w", err)
	}
	posted, err := e.Post(ctx, Draft{
		Origin: origin, Clinic: work.Clinic, Account: work.Account, To: work.To, Replies: []frontdesk.Reply{reply},
		Pen: work.Pen, Window: work.Window, OptOut: work.OptOut, Author: author, At: e.c.Now(),
	})
	if err != nil {
		return err
	}
	if err := e.c.Desk.Queue(ctx, key, work.Pen, posted); err != nil {
		return fmt.Errorf("write to conversation: %w", err)
	}
	e.wake(key, e.flush, false)
	return nil
}
