package eval

import (
	"context"
	"time"

	"frontdesk"
)

// Target is what a run asks: the product in this process, or a deployed one.
type Target interface {
	// Ask puts one message to the product. Questions of one conversation come in
	// order, those of different conversations at the same time. An error is a
	// failure of the target, not a bad reply.
	Ask(ctx context.Context, q Question) (Reply, error)
	// Identity names what answers: replies of equal identities are interchangeable.
	// An empty Code or Content means that it cannot be told, and nothing is cached.
	Identity(ctx context.Context) (Identity, error)
}

// Identity is what decides replies beside the question.
type Identity struct {
	Kind     string            `json:"kind"`     // "process" or "http"
	Code     string            `json:"code"`     // a hash of the program
	Version  string            `json:"version"`  // for people
	Content  string            `json:"content"`  // a hash of the live content
	Clinic   string            `json:"clinic"`   // its name
	Settings map[string]string `json:"settings"` // models, thresholds; never a secret
}

// Question is one message of a patient.
type Question struct {
	Conversation string
	Text         string
	Tap          string
	First        bool
	Country      string
	At           time.Time
	Faults       []Fault
	Waited       time.Duration // how long the message lay before it is decided
	Model        []string      // what a model proposes, see [Turn]
	Given        Given
}

// Reply is what came of a turn, as `ask --json` prints it, with the trace where
// the target gives one.
type Reply struct {
	Outcome   string               `json:"outcome"`
	Lang      string               `json:"lang,omitempty"`
	Messages  []Message            `json:"messages,omitempty"`
	Citations []frontdesk.Citation `json:"citations,omitempty"`
	Ticket    *Ticket              `json:"ticket,omitempty"`
	Flow      string               `json:"flow,omitempty"`
	Labels    []string             `json:"labels,omitempty"`
	Mode      string               `json:"mode,omitempty"`
	MS        frontdesk.Timing     `json:"ms"`
	Trace     *Trace               `json:"trace,omitempty"`
}

// Message is one bubble.
type Message struct {
	Text     string             `json:"text,omitempty"`
	Buttons  []frontdesk.Button `json:"buttons,omitempty"`
	Document string             `json:"document,omitempty"`
}

// Ticket is a handover that a turn asked for.
type Ticket struct {
	Team     string `json:"team"`
	Priority string `json:"priority"`
	Reason   string `json:"reason"`
}

// Trace is what decided a turn.
type Trace struct {
	Question string      `json:"question,omitempty"` // the standalone question
	Intent   string      `json:"intent,omitempty"`
	Evidence []string    `json:"evidence,omitempty"`
	Found    []Found     `json:"found,omitempty"` // passages, best first
	Score    float64     `json:"score,omitempty"` // of answerability
	Dropped  []DroppedAs `json:"dropped,omitempty"`
	Failures []string    `json:"failures,omitempty"`
	Model    string      `json:"model,omitempty"`
	Tokens   int         `json:"tokens,omitempty"`
	Cost     float64     `json:"cost,omitempty"`
}

// Found is a passage that retrieval ranked.
type Found struct {
	Source string  `json:"source,omitempty"`
	Page   int     `json:"page,omitempty"`
	Text   string  `json:"text,omitempty"`
	Score  float64 `json:"score"`
}

// DroppedAs is a sentence that a check of the product stopped.
type DroppedAs struct {
	Sentence string `json:"sentence"`
	Why      string `json:"why"`
}

// Text returns all bubbles of a reply as one text.
func (r Reply) Text() string {
	text := ""
	for i, m := range r.Messages {
		if i > 0 && m.Text != "" && text != "" {
			text += "\n"
		}
		text += m.Text
	}
	return text
}
