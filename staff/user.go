package staff

import (
	"context"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"frontdesk"
)

// UserID names a member of staff.
type UserID string

// User is a member of a clinic's staff.
type User struct {
	ID       UserID
	Clinic   frontdesk.ClinicID
	Email    string // folded, see [FoldEmail]; what they sign in with
	Name     string // kept with what they approve and write
	Role     Role
	Language string   // of the console, "" for the clinic's
	Teams    []string // whose tickets are theirs
	Created  time.Time
	Ready    bool      // has a password and a second factor
	Disabled time.Time // zero: may sign in
}

// Entry says who did what, for the audit log; the store chains it. Detail carries
// ids, names of sources and dates, never a patient's text.
type Entry struct {
	At     time.Time
	Actor  string // a person's name, or "system"
	Action string // "staff.sign_in", "source.approve", …
	Target string // an id
	Detail string
}

// Proof is what shows that somebody is a user, sealed at rest.
type Proof struct {
	Password string   `json:"password"` // argon2id, in PHC form
	Secret   string   `json:"secret"`   // of the one-time codes, base32
	Step     int64    `json:"step"`     // of the last code that was used: none works twice
	Recovery []string `json:"recovery"` // hashes of the recovery codes that are left
	Version  int      `json:"-"`        // counts its changes
}

// TokenKind says what a token opens.
type TokenKind string

// The kinds of tokens.
const (
	TokenSession TokenKind = "session"
	TokenInvite  TokenKind = "invite"
)

// Token is a secret that stands for a user for a while. The store keeps its hash.
type Token struct {
	Secret string
	Kind   TokenKind
	Clinic frontdesk.ClinicID
	User   UserID
	Until  time.Time
}

// Register keeps users. "No such user" is [frontdesk.CodeNotFound].
type Register interface {
	// FindUser returns the user of an e-mail address, whatever the clinic.
	FindUser(ctx context.Context, email string) (User, Proof, error)
	// LoadUser returns a user of a clinic.
	LoadUser(ctx context.Context, clinic frontdesk.ClinicID, id UserID) (User, Proof, error)
	// SaveUser adds or replaces a user but for their proof, with its audit entry.
	// An address that somebody else has is [frontdesk.CodeConflict]. A user who is
	// disabled loses all tokens.
	SaveUser(ctx context.Context, user User, entry Entry) error
}

// Proofs keeps what shows who somebody is.
type Proofs interface {
	// SaveProof replaces a user's proof, with its audit entry. When the proof is no
	// longer at proof.Version, nothing is written: [frontdesk.CodeConflict].
	SaveProof(ctx context.Context, user User, proof Proof, entry Entry) error
	// Audit appends an entry alone.
	Audit(ctx context.Context, clinic frontdesk.ClinicID, entry Entry) error
}

// Tokens keeps sessions and invitations.
type Tokens interface {
	AddToken(ctx context.Context, token Token) error
	// FindToken returns a token that has not ended, [frontdesk.CodeNotFound] otherwise.
	FindToken(ctx context.Context, kind TokenKind, secret string) (Token, error)
	// EndTokens ends one token, or with an empty secret all of a kind that the user has.
	EndTokens(ctx context.Context, token Token) error
}

// Bounds of what a user types.
const (
	maxName     = 80
	maxEmail    = 254
	MinPassword = 12
	maxPassword = 256
)

// FoldEmail returns an address as it is compared: trimmed and in small letters.
func FoldEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// Check refuses a user that could not work: [frontdesk.CodeInvalid] with what to do.
func (u User) Check() error {
	address, err := mail.ParseAddress(u.Email)
	switch {
	case err != nil || address.Address != u.Email || u.Email != FoldEmail(u.Email) || len(u.Email) > maxEmail:
		return invalid("This is no e-mail address such as ann@example.org.")
	case strings.TrimSpace(u.Name) == "" || utf8.RuneCountInString(u.Name) > maxName || strings.ContainsFunc(u.Name, unicode.IsControl):
		return invalid("A user needs a name of at most 80 characters: it is kept with what they write and approve.")
	case table()[u.Role] == nil:
		return invalid("The role is one of owner, manager, agent, clinician, qa and auditor.")
	}
	return nil
}

func invalid(text string) error {
	return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: text}
}
