package frontdesk

import (
	"encoding/json"
	"time"
)

// Dialogue is all that a turn may know about its conversation.
type Dialogue struct {
	Clinic       Clinic
	Contact      Contact
	Conversation ConversationID
	Channel      Channel
	Language     string // of the conversation so far, "" at its start
	Pen          Pen
	Flow         *FlowState // a flow in progress, nil if none
	Ticket       *Ticket    // the open ticket, nil if none
	History      []Exchange // earlier turns of the episode, oldest first, bounded
	Welcome      bool       // the welcome is due with this reply
	At           time.Time  // the clock of this turn
	Drafts       []RevisionID
	Without      []RevisionID
	Outside      bool // the clinic answers chosen numbers only, and this is none of them
}

// Exchange is an earlier turn as the next one needs it.
type Exchange struct {
	Patient   string // masked text
	Reply     string
	Outcome   Outcome
	Language  string
	Question  string      // the standalone question that was answered
	Passages  []PassageID // that the answer cited
	FactKinds []FactKind  // of the profile entries that were rendered
	At        time.Time
}

// FlowState is where a deterministic dialogue stands.
type FlowState struct {
	Name    string          `json:"name"`
	Version int             `json:"version"`
	Step    string          `json:"step"`
	Data    json.RawMessage `json:"data,omitempty"`
	Misses  int             `json:"misses"` // answers in a row that the step could not read
	Started time.Time       `json:"started"`
}

// Priority orders tickets.
type Priority string

// The priorities, highest first.
const (
	PriorityEmergency Priority = "emergency"
	PriorityUrgent    Priority = "urgent"
	PriorityNormal    Priority = "normal"
	PriorityLow       Priority = "low"
)

// Ticket is an open handover as the turn sees it.
type Ticket struct {
	ID       TicketID
	Team     string
	Priority Priority
	Reason   string
	Opened   time.Time
	Notified time.Time // when the patient was last told who answers when
}
