package conversation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"frontdesk"
)

// Responder decides one turn. It has no side effect: a call may be cancelled and
// repeated with more events. An error or a time-out becomes the fixed fallback
// reply and a ticket, never silence.
type Responder interface {
	Respond(ctx context.Context, dialogue frontdesk.Dialogue, events []frontdesk.Event) (frontdesk.Decision, error)
}

// Screen is what the conversation asks of the guardrails. Both calls are fast
// and use no network.
type Screen interface {
	// Inbound screens a patient's text before anything of it is stored.
	// language and country are hints, "" when unknown.
	Inbound(ctx context.Context, text, language, country string) frontdesk.Verdict
	// Outbound checks a text that is about to be sent. Blocked tells that it must
	// not leave; Why names the rule, never the text.
	Outbound(ctx context.Context, origin frontdesk.Origin, clinic frontdesk.Clinic, text string) Finding
}

// Finding is what the outbound screen says. Warn is for staff to see before they
// send; only Block stops a message.
type Finding struct {
	Block bool
	Warn  bool
	Why   string
}

// Sender hands messages to a channel. Errors of Send are [*SendError]; any other
// error counts as uncertain, because the channel may have accepted the message.
type Sender interface {
	// Fit makes replies fit the channel: merged into as few bubbles as possible,
	// texts, buttons and lists within its limits. It returns one reply a bubble.
	Fit(replies []frontdesk.Reply) []frontdesk.Reply
	// Send posts one bubble with message.ID as the channel's callback data and
	// returns the provider's id.
	Send(ctx context.Context, account Account, message Outbound) (providerID string, err error)
	// Seen marks a message read and shows the typing indicator.
	Seen(ctx context.Context, account Account, providerID string) error
}

// Texts are the fixed texts of the locale files that the conversation itself
// sends, in the language given or the nearest that exists.
type Texts interface {
	// Emergency is the fixed emergency text with the number of the clinic's
	// country; crisis asks for the crisis line's.
	Emergency(clinic frontdesk.Clinic, language string, crisis bool) frontdesk.Reply
	// Fallback says that a person will answer, for a turn that could not be decided.
	Fallback(clinic frontdesk.Clinic, language string) frontdesk.Reply
	// Media says that a file cannot be opened here and asks to write instead.
	Media(clinic frontdesk.Clinic, language string, kind frontdesk.MessageKind) frontdesk.Reply
}

// Fetcher downloads a file that a patient sent. It returns at most limit bytes'
// worth of file or an error.
type Fetcher interface {
	Fetch(ctx context.Context, account Account, media frontdesk.Media, limit int64) (File, error)
}

// File is a downloaded file with the type that its bytes say.
type File struct {
	Bytes []byte
	MIME  string
}

// Class says what a failed send means for the message.
type Class string

// The classes of send errors.
const (
	ClassRetry         Class = "retry"         // not accepted; again after a short backoff
	ClassRetryLater    Class = "retry_later"   // the number or application is throttled; its sends wait
	ClassPair          Class = "pair"          // the pair limit of this user (131056): 4^n seconds, this user only
	ClassStop          Class = "stop"          // token, permission, account: nothing leaves until staff act
	ClassWindowClosed  Class = "window_closed" // the 24 h window is over: a template is needed
	ClassUndeliverable Class = "undeliverable" // this message cannot reach this person
	ClassUncertain     Class = "uncertain"     // it may have been accepted: never repeated
)

// SendError is a typed failure of [Sender.Send].
type SendError struct {
	Class Class
	Code  int           // the channel's error code, 0 if none
	After time.Duration // the wait that the channel asked for, 0 if none
	Err   error
}

// Error names class and code; the cause holds no patient text.
func (e *SendError) Error() string {
	return fmt.Sprintf("send: %s (code %d): %v", e.Class, e.Code, e.Err)
}

// Unwrap returns the cause.
func (e *SendError) Unwrap() error { return e.Err }

// classOf returns the class of a send error, [ClassUncertain] for one that is not typed.
func classOf(err error) *SendError {
	var s *SendError
	if errors.As(err, &s) {
		return s
	}
	return &SendError{Class: ClassUncertain, Err: err}
}
