package conversation

import (
	"context"
	"errors"
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
	// returns [ErrFenced], [ErrRepeated] or [ErrOvertaken] and has then stored nothing.
	Queue(ctx context.Context, key Key, guard Guard, messages []Posted) error
}

// Guard is what must hold when a message of staff is stored.
type Guard struct {
	Pen    frontdesk.Pen // of the conversation, else [ErrFenced]
	Holder string        // who holds the pen, else [ErrFenced]; "" for whoever
	Form   string        // id of the form that was sent; the same again is [ErrRepeated]
	Author string
	Seen   time.Time // a later message of somebody else of the staff is [ErrOvertaken]; zero: not asked
}

// Words are what a member of staff wrote.
type Words struct {
	Author string // staff's id
	Text   string
	Form   string    // see [Guard]
	Seen   time.Time // see [Guard]
}

// HandBack is how staff give a conversation back.
type HandBack struct {
	By     string // staff's id
	Note   string // for the record and whoever comes next; the bot never sends it
	Done   bool   // closes the ticket
	Reason string // why it is closed

	Farewell bool // the bot tells the patient that it is back
}

// PenChange gives the pen to somebody else.
type PenChange struct {
	Key
	Pen    frontdesk.Pen
	Ticket frontdesk.TicketID // "" for the open one
	By     string             // staff's id
	At     time.Time
	Close  bool   // the ticket is done; ends the episode
	Reason string // why it is closed
	Note   string // staff's instruction on release

	Farewell bool   // wakes the bot by a timer instead of a release
	EventID  string // of the release event, set by the engine
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

// Release gives the pen back to the bot and closes the ticket when it is done.
func (e *Engine) Release(ctx context.Context, key Key, back HandBack) error {
	now := e.c.Now()
	id, err := e.newID(now)
	if err != nil {
		return err
	}
	change := PenChange{Key: key, Pen: frontdesk.PenBot, By: back.By, At: now, Close: back.Done, Reason: back.Reason, Note: back.Note, Farewell: back.Farewell, EventID: id}
	if err := e.c.Desk.ChangePen(ctx, change); err != nil {
		return fmt.Errorf("release pen: %w", err)
	}
	e.Wake(key)
	return nil
}

// Write sends a member of staff's own words, once for each form. The refusals are
// those of [Engine.Post] and [frontdesk.CodeConflict]: somebody else holds the
// conversation by now, or a colleague has just answered.
func (e *Engine) Write(ctx context.Context, key Key, words Words) error {
	guard := Guard{Holder: words.Author, Form: words.Form, Author: words.Author, Seen: words.Seen}
	return e.push(ctx, key, frontdesk.OriginStaff, guard, frontdesk.Reply{Text: words.Text})
}

// SendTemplate sends an approved template in the name of whoever holds the
// conversation, once for each form; refusals are those of [Engine.Write]. The text
// of words is not sent.
func (e *Engine) SendTemplate(ctx context.Context, key Key, words Words, template frontdesk.Template) error {
	guard := Guard{Holder: words.Author, Form: words.Form, Author: words.Author, Seen: words.Seen}
	return e.push(ctx, key, frontdesk.OriginTemplate, guard, frontdesk.Reply{Template: &template})
}

func (e *Engine) push(ctx context.Context, key Key, origin frontdesk.Origin, guard Guard, reply frontdesk.Reply) error {
	work, err := e.c.Desk.Peek(ctx, key)
	if err != nil {
		return fmt.Errorf("write to conversation: %w", err)
	}
	posted, err := e.Post(ctx, Draft{
		Origin: origin, Clinic: work.Clinic, Account: work.Account, To: work.To, Replies: []frontdesk.Reply{reply},
		Pen: work.Pen, Window: work.Window, OptOut: work.OptOut, Author: guard.Author, At: e.c.Now(),
	})
	if err != nil {
		return err
	}
	guard.Pen = work.Pen
	switch err := e.c.Desk.Queue(ctx, key, guard, posted); {
	case errors.Is(err, ErrRepeated): // it is on its way already
		return nil
	case errors.Is(err, ErrFenced):
		return refuse(frontdesk.CodeConflict, "Somebody else has this conversation now; take it over to write.")
	case errors.Is(err, ErrOvertaken):
		return refuse(frontdesk.CodeConflict, "A colleague answered a moment ago. Read it, then send yours if it is still needed.")
	case err != nil:
		return fmt.Errorf("write to conversation: %w", err)
	}
	e.wake(key, e.flush, false)
	return nil
}
