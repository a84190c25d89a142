package frontdesk

import "time"

// Outcome is what a turn came to.
type Outcome string

// The outcomes, as `ask --json` prints them.
const (
	OutcomeAnswered       Outcome = "answered"
	OutcomeUnanswered     Outcome = "unanswered" // approved content does not say; a person is offered
	OutcomeClinical       Outcome = "clinical"
	OutcomePersonalRecord Outcome = "personal_record"
	OutcomeEmergency      Outcome = "emergency"
	OutcomeCrisis         Outcome = "crisis"
	OutcomeHandover       Outcome = "handover"
	OutcomeFlow           Outcome = "flow"
	OutcomeSmalltalk      Outcome = "smalltalk"
	OutcomeOffTopic       Outcome = "off_topic"
	OutcomeSpam           Outcome = "spam"
	OutcomeOptedOut       Outcome = "opted_out"
	OutcomeSilent         Outcome = "silent"
)

// Mode says how a reply was made.
type Mode string

// The modes.
const (
	ModeQuote   Mode = "quote"   // sentences of passages, verbatim
	ModeModel   Mode = "model"   // composed by a model, every sentence checked
	ModeProfile Mode = "profile" // typed facts rendered by code
	ModeFixed   Mode = "fixed"   // a text of the locale files
	ModeFlow    Mode = "flow"    // a step of a flow
)

// Origin says where an outbound message comes from; Post's rules depend on it.
type Origin string

// The origins.
const (
	OriginTurn     Origin = "turn"
	OriginFixed    Origin = "fixed" // the emergency text, the only one sent whoever holds the pen
	OriginStaff    Origin = "staff"
	OriginTemplate Origin = "template"
)

// Reply is one outbound bubble. At most one of List, Location, Document, Call and
// Template is set; Buttons go with text alone. Limits of the platform are kept
// by the channel's code, which splits or shortens; see package whatsapp.
type Reply struct {
	Text     string
	Buttons  []Button
	List     *List
	Location *Location
	Document *Document
	Call     *Call
	Template *Template
	Quoted   bool // a verbatim quote in the document's language, exempt from the language check
}

// Button is a tap that the patient can answer with.
type Button struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// List is a menu of rows behind one button.
type List struct {
	Button string
	Title  string
	Rows   []Row
}

// Row is one line of a [List].
type Row struct {
	ID, Title, Description string
}

// Location is a pin on the map.
type Location struct {
	Point
	Name, Address string
}

// Document is an approved file that is sent as it is.
type Document struct {
	Source   SourceID
	Revision RevisionID
	FileName string
	MIME     string
	Caption  string
}

// Call is a button under a text that starts a call within the channel.
type Call struct {
	Title   string
	Minutes int // how long it works: until nobody answers any more
}

// Template is a message approved by the platform beforehand.
type Template struct {
	Name, Language string
	Variables      map[string]string
	Text           string // as the patient reads it, for staff to see; the platform makes its own
}

// TicketRequest asks for a handover. Team, Priority and Reason are typed; the
// summary is for staff.
type TicketRequest struct {
	Team     string // "reception", "billing", "nurse", …
	Priority Priority
	Reason   string // "asked", "emergency", "clinical", "media", "booking_request", …
	Summary  string
}

// Effect is one thing beside replies that a decision causes. The set is closed:
// the types of this package that implement it.
type Effect interface{ effect() }

// RecordGap files a question that approved content does not answer.
type RecordGap struct {
	Question, Language string
}

// OptOut stops messages that the clinic starts; OptIn allows them again.
type OptOut struct{ Scope string }

// SetLanguage keeps the language that the contact chose.
type SetLanguage struct{ Language string }

// SetTimer wakes the conversation with an [EventTimer] at an instant.
type SetTimer struct {
	Name string
	At   time.Time
}

// ForwardStaff tells the clinic's staff something that a turn noticed, such as a
// profile entry and a document that disagree.
type ForwardStaff struct{ Kind, Detail string }

func (RecordGap) effect()    {}
func (OptOut) effect()       {}
func (SetLanguage) effect()  {}
func (SetTimer) effect()     {}
func (ForwardStaff) effect() {}

// Decision is what one turn decided. It is data: nothing has happened yet.
type Decision struct {
	Outcome   Outcome
	Mode      Mode
	Language  string // of the replies
	Labels    []Label
	Replies   []Reply
	Citations []Citation
	Flow      *FlowState // the flow after this turn, nil when none is in progress
	Ticket    *TicketRequest
	Emergency bool // the reply is the fixed emergency text
	Effects   []Effect
	Welcomed  bool // the replies carry the welcome
	Record    Record
}

// Record is the turn record: all that decided the turn, sealed at rest.
type Record struct {
	Question  string      `json:"question"` // the standalone question
	Intent    string      `json:"intent"`
	Evidence  []string    `json:"evidence,omitempty"`
	Passages  []Scored    `json:"passages,omitempty"`
	Cited     []PassageID `json:"cited,omitempty"`
	FactKinds []FactKind  `json:"fact_kinds,omitempty"`
	Score     float64     `json:"score"`
	Dropped   []Dropped   `json:"dropped,omitempty"` // sentences that a check stopped
	Model     string      `json:"model,omitempty"`
	Tokens    int         `json:"tokens,omitempty"`
	Cost      float64     `json:"cost,omitempty"`
	Failures  []string    `json:"failures,omitempty"` // parts that failed, by name
	Notes     []string    `json:"notes,omitempty"`    // of staff who gave the conversation back
	Timing    Timing      `json:"timing"`
}

// Scored is a passage with the score that retrieval gave it.
type Scored struct {
	Passage PassageID `json:"passage"`
	Score   float64   `json:"score"`
}

// Dropped is a sentence that an outbound check stopped.
type Dropped struct {
	Sentence string `json:"sentence"`
	Why      string `json:"why"`
}

// Timing is where a turn's time went, in milliseconds.
type Timing struct {
	Total  float64 `json:"total"`
	Screen float64 `json:"screen"`
	Embed  float64 `json:"embed"`
	Search float64 `json:"search"`
	Model  float64 `json:"model"`
	Check  float64 `json:"check"`
}
