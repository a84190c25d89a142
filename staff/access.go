package staff

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"frontdesk"
)

// Scope is one thing that another program's token may do.
type Scope string

// The scopes.
const (
	ScopeConversations Scope = "conversations" // list conversations and tags, without what anybody wrote
	ScopeTickets       Scope = "tickets"       // list handovers
	ScopeFigures       Scope = "figures"       // read the figures
	ScopeEval          Scope = "eval"          // ask as a patient would, on the channel that is not real
)

// Scopes returns all scopes.
func Scopes() []Scope { return []Scope{ScopeConversations, ScopeTickets, ScopeFigures, ScopeEval} }

// Access is a token by which another program reads a clinic's data. The store keeps
// the hash of its secret, which is shown once.
type Access struct {
	ID      string
	Clinic  frontdesk.ClinicID
	Name    string // what it is for
	Scopes  []Scope
	By      string // who made it
	Created time.Time
	Until   time.Time // zero: no end
	Used    time.Time // about when it was last used
	Ended   time.Time // zero: it works
}

// AccessPrefix begins the secret of each [Access], so that scanners for leaked
// secrets know one.
const AccessPrefix = "frontdesk_"

// Check refuses an access that could not work: [frontdesk.CodeInvalid].
func (a Access) Check() error {
	switch {
	case strings.TrimSpace(a.Name) == "" || utf8.RuneCountInString(a.Name) > maxName || strings.ContainsFunc(a.Name, unicode.IsControl):
		return invalid("A token needs a name of at most 80 characters that says what it is for.")
	case len(a.Scopes) == 0:
		return invalid("A token needs a scope: conversations, tickets, figures or eval.")
	case !a.Until.IsZero() && !a.Until.After(a.Created):
		return invalid("The token's last day is over already.")
	}
	for _, scope := range a.Scopes {
		if !slices.Contains(Scopes(), scope) {
			return invalid("The scopes are conversations, tickets, figures and eval.")
		}
	}
	return nil
}

// May tells whether the token reaches what a scope names.
func (a Access) May(scope Scope) bool { return slices.Contains(a.Scopes, scope) }
