package conversation

import (
	"context"
	"errors"
	"time"

	"frontdesk"
)

// Errors that the storage returns for the engine to act on.
var (
	// ErrHeld: another worker holds the conversation; it drains until empty.
	ErrHeld = errors.New("conversation is leased by another worker")
	// ErrIdle: there is nothing to decide.
	ErrIdle = errors.New("conversation has nothing to decide")
	// ErrFenced: the lease, epoch or pen changed since the work was taken; nothing was written.
	ErrFenced = errors.New("conversation changed hands")
	// ErrJoined: a message arrived since the work was taken; nothing was written.
	ErrJoined = errors.New("a newer message joins the turn")
	// ErrRepeated: this form was sent already; nothing was written.
	ErrRepeated = errors.New("form was sent already")
	// ErrOvertaken: a colleague wrote since; nothing was written.
	ErrOvertaken = errors.New("a colleague wrote since")
)

// Key names a conversation across clinics.
type Key struct {
	Clinic       frontdesk.ClinicID
	Conversation frontdesk.ConversationID
}

// Account is a channel account with what is needed to send by it. Token is a
// secret: it is sealed at rest and never logged.
type Account struct {
	ID       frontdesk.AccountID
	Clinic   frontdesk.ClinicID
	Channel  frontdesk.Channel
	Provider string // the channel's id of the account: Meta's phone_number_id
	Business string // Meta's WABA id
	Phone    string // as shown, E.164
	Token    string
	Stopped  bool // token or account refused: nothing is sent until staff act
}

// Recipient is who an outbound message goes to.
type Recipient struct {
	UserID string
	Phone  string
}

// Inbox stores what webhooks deliver.
type Inbox interface {
	// Receive stores one receipt in one transaction and returns what became of
	// each arrival, in order. A message that is there already is Duplicate.
	Receive(ctx context.Context, receipt Receipt) ([]Received, error)
}

// Receipt is one batch of a channel account, screened and masked.
type Receipt struct {
	Account     Account
	At          time.Time // when we received it
	Standby     bool
	Arrivals    []Arrival
	Statuses    []frontdesk.Status
	Echoes      []frontdesk.Echo // bodies masked like arrivals
	Identities  []frontdesk.IdentityChange
	Preferences []frontdesk.Preference
	Events      []frontdesk.AccountEvent
}

// Arrival is one message, its secrets gone and its identifiers tokens.
type Arrival struct {
	ID      frontdesk.MessageID
	Inbound frontdesk.Inbound
	Labels  []frontdesk.Label
	Tokens  []frontdesk.Token
	Values  []string // of Tokens; "" for a secret
	Lang    string
	Fixed   *Fixed   // what the emergency lane sends for it, nil if none
	Words   []string // folded stems, for search
}

// Fixed is a message that the emergency lane sends past the queue.
type Fixed struct {
	Message Posted
	State   SendState
	WAMID   string
}

// Received says where an arrival went.
type Received struct {
	Key       Key
	Message   frontdesk.MessageID
	Duplicate bool
	Decided   bool // nothing to decide: a reaction, or a thread that another responder owns
}

// Turns hands conversations to workers and takes their decisions.
type Turns interface {
	// Take leases a conversation until lease.Until and returns its undecided
	// events. It returns [ErrHeld] or [ErrIdle] where there is nothing to do; a
	// worker may take again what it holds itself, which renews the lease.
	Take(ctx context.Context, key Key, lease Lease) (Work, error)
	// Commit writes a turn in one transaction. It returns [ErrFenced] or
	// [ErrJoined] and has then written nothing.
	Commit(ctx context.Context, turn Turn) error
	// Due lists conversations of all clinics with something to decide or to
	// send at now, the longest waiting first.
	Due(ctx context.Context, now time.Time, limit int) ([]Waking, error)
}

// Waking is a conversation that is due.
type Waking struct {
	Key
	Kind WakeKind
	Due  time.Time
}

// WakeKind says what is due.
type WakeKind string

// The kinds of wake-ups.
const (
	WakeTurn WakeKind = "turn"
	WakeSend WakeKind = "send"
)

// Lease names who takes a conversation, and until when.
type Lease struct {
	Holder string // unique to the worker's take
	Now    time.Time
	Until  time.Time
}

// Work is a leased conversation as a turn needs it.
type Work struct {
	Key
	Lease   Lease
	Epoch   int64
	Clinic  frontdesk.Clinic
	Contact frontdesk.Contact
	Account frontdesk.AccountID
	Channel frontdesk.Channel
	To      Recipient
	Pen     frontdesk.Pen
	Ticket  *frontdesk.Ticket
	State   State
	Window  time.Time // the patient's last message; the window is 24 h from it
	OptOut  bool
	Sending bool // earlier messages are not sent yet: new ones queue behind them
	Events  []Pending
	Episode string
	Later   bool // events that are due later remain
}

// Pending is one undecided event.
type Pending struct {
	Event    frontdesk.Event
	ID       string // of the message or event
	Received time.Time
	Labels   []frontdesk.Label
	Fixed    bool // the emergency lane answered it
}

// State is what a conversation remembers between turns, sealed at rest.
type State struct {
	Language string               `json:"language,omitempty"`
	Flow     *frontdesk.FlowState `json:"flow,omitempty"`
	History  []frontdesk.Exchange `json:"history,omitempty"`
}

// Turn is what a commit writes.
type Turn struct {
	Work     Work
	ID       frontdesk.TurnID
	At       time.Time
	Decision frontdesk.Decision
	Question string   // masked text of the patient, for the exchange
	State    State    // after the turn
	Messages []Posted // in order
	Pen      frontdesk.Pen
	Ticket   *NewTicket
	Force    bool // commit although newer messages arrived: they get a turn of their own
}

// NewTicket is a ticket to open, or to add to the open one.
type NewTicket struct {
	ID      frontdesk.TicketID
	Request frontdesk.TicketRequest
	At      time.Time
}

// Outbox follows outbound messages to their end.
type Outbox interface {
	// Attempt marks the oldest queued message of the conversation that is due as
	// sending, to be started before startBy, and returns it. Messages of a bot in
	// a conversation whose pen is a person's are cancelled instead; expired
	// attempts go to a person's queue. It returns [ErrIdle] when none is left.
	Attempt(ctx context.Context, key Key, at Attempt) (Outbound, error)
	// Result records how an attempt ended.
	// It tells whether more messages of the conversation are queued. A result for
	// a message that is not being sent any more changes nothing.
	Result(ctx context.Context, result Result) (more bool, err error)
}

// Attempt is the clock of an attempt.
type Attempt struct {
	Now      time.Time
	StartBy  time.Time
	Deadline time.Time // when this attempt becomes uncertain
}

// SendState is how far we came with an outbound message.
type SendState string

// The states of a send.
const (
	SendQueued    SendState = "queued"
	SendSending   SendState = "sending"   // attempt marked; the POST may have started
	SendSent      SendState = "sent"      // accepted by the channel
	SendFailed    SendState = "failed"    // refused for good; a person's queue knows
	SendUncertain SendState = "uncertain" // in a person's queue, never repeated
	SendCancelled SendState = "cancelled" // a person took the pen first
)

// Result is the end of one attempt.
type Result struct {
	Key
	Message   frontdesk.MessageID
	State     SendState // SendSent, SendQueued (again at Due), SendFailed; SendSending leaves it open
	WAMID     string
	Due       time.Time
	Class     Class
	Code      int
	At        time.Time
	Reason    string // of a failed one: why a person must look, as a ticket says it
	Stop      *AccountStop
	Attempt   int  // the attempt that ended
	Unstarted bool // the POST did not start: the attempt does not count
}

// AccountStop stops a channel account and alerts staff.
type AccountStop struct {
	Account frontdesk.AccountID
	Code    int
}

// Accounts knows the channel accounts.
type Accounts interface {
	// Line returns the account with the provider's id, code not_found if none.
	Line(ctx context.Context, channel frontdesk.Channel, provider string) (Line, error)
	// Snapshot returns all accounts with their clinics, for the emergency lane.
	Snapshot(ctx context.Context) ([]Line, error)
}

// Line is an account with its clinic, as the emergency lane needs it.
type Line struct {
	Account Account
	Clinic  frontdesk.Clinic
}
