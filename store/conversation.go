package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"frontdesk"
	"frontdesk/conversation"
)

// States by which frontdesk_refuse ends a commit.
const (
	stateFenced    = "FD001"
	stateJoined    = "FD002"
	stateRepeated  = "FD003"
	stateOvertaken = "FD004"
)

// Conversations is what package conversation keeps in the database.
type Conversations struct {
	db    *DB
	queue *Queue
	group receiptGroup
}

var (
	_ conversation.Inbox    = (*Conversations)(nil)
	_ conversation.Turns    = (*Conversations)(nil)
	_ conversation.Outbox   = (*Conversations)(nil)
	_ conversation.Accounts = (*Conversations)(nil)
	_ conversation.Desk     = (*Conversations)(nil)
	_ conversation.Media    = (*Conversations)(nil)
)

// NewConversations returns the repository. queue carries wake-ups to other
// processes; nil leaves them to the sweeps.
func NewConversations(db *DB, queue *Queue) *Conversations {
	return &Conversations{db: db, queue: queue, group: receiptGroup{clinics: map[frontdesk.ClinicID]*clinicReceipts{}}}
}

// refused maps the errors of a pipelined commit to the conversation's own.
func refused(err error) error {
	var pg *pgCause
	if !errors.As(err, &pg) {
		return err
	}
	switch pg.code {
	case stateFenced:
		return conversation.ErrFenced
	case stateJoined:
		return conversation.ErrJoined
	case stateRepeated:
		return conversation.ErrRepeated
	case stateOvertaken:
		return conversation.ErrOvertaken
	}
	return err
}

// sealedMessage is a message's sealed body.
type sealedMessage struct {
	Message  frontdesk.Message   `json:"message"`
	About    string              `json:"about,omitempty"`
	Profile  string              `json:"profile,omitempty"`
	Location *frontdesk.Location `json:"location,omitempty"`
}

// sealJSON seals a value for one place.
func (k *clinicKeys) sealJSON(at Place, value any) ([]byte, error) {
	plain, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode %s.%s: %w", at.Table, at.Column, err)
	}
	return k.seal(at, plain)
}

// openJSON opens what sealJSON made; an empty value leaves to as it is.
func (k *clinicKeys) openJSON(at Place, sealed []byte, to any) error {
	if len(sealed) == 0 {
		return nil
	}
	plain, err := k.open(at, sealed)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(plain, to); err != nil {
		return fmt.Errorf("decode %s.%s: %w", at.Table, at.Column, err)
	}
	return nil
}

// The places of sealed values.
func messagePlace(column string, id frontdesk.MessageID) Place {
	return Place{Table: "message", Column: column, ID: string(id)}
}

func outboundPlace(id frontdesk.MessageID) Place {
	return Place{Table: "outbound", Column: "sealed", ID: string(id)}
}

func conversationPlace(column string, id frontdesk.ConversationID) Place {
	return Place{Table: "conversation", Column: column, ID: string(id)}
}

func contactPlace(id frontdesk.ContactID) Place {
	return Place{Table: "contact", Column: "sealed", ID: string(id)}
}

// Kinds of look-up values.
const (
	blindIdentity = "identity"
	blindPhone    = "phone"
	blindProvider = "provider message"
	blindStem     = "stem"
)

// optionalTime returns nil for the zero time.
func optionalTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// timeOf returns the zero time for nil.
func timeOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// optionalID returns nil for an empty id.
func optionalID[T ~string](id T) *string {
	if id == "" {
		return nil
	}
	s := string(id)
	return &s
}

// labelsOf returns labels as the database takes them, never nil.
func labelsOf(labels []frontdesk.Label) []string {
	texts := make([]string, len(labels))
	for i, l := range labels {
		texts[i] = string(l)
	}
	return texts
}

func labelsFrom(texts []string) []frontdesk.Label {
	labels := make([]frontdesk.Label, len(texts))
	for i, t := range texts {
		labels[i] = frontdesk.Label(t)
	}
	return labels
}

// joinLabels returns labels as one text, as statements over arrays take them.
func joinLabels(labels []frontdesk.Label) string { return strings.Join(labelsOf(labels), ",") }

// compareText orders ids.
func compareText[T ~string](a, b T) int { return strings.Compare(string(a), string(b)) }
