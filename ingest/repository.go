package ingest

import (
	"context"
	"time"

	"frontdesk"
	"frontdesk/retrieval"
	"frontdesk/staff"
)

// Repository is what a [Service] keeps things in. Every method is scoped to one
// clinic, and every method that writes is one transaction: it happens whole,
// with its audit entry, or not at all. "No such thing" is a [frontdesk.Error]
// with frontdesk.CodeNotFound.
type Repository interface {
	Sources
	Revisions
	Passages
	Profiles
	Proposals
	Files
}

// Sources keeps what a clinic reads from.
type Sources interface {
	// FindSource returns the source with a location, or with a name where no
	// location fits. With several sources of that name: frontdesk.CodeConflict.
	FindSource(ctx context.Context, clinic frontdesk.ClinicID, location string) (Source, error)
	// ListSources returns all sources of a clinic by name, then id.
	ListSources(ctx context.Context, clinic frontdesk.ClinicID) ([]Source, error)
	// SaveCheck notes when a page was looked at and what the server said about it.
	SaveCheck(ctx context.Context, clinic frontdesk.ClinicID, source frontdesk.SourceID, check Check) error
}

// Revisions keeps the versions of sources.
type Revisions interface {
	// SaveDraft stores a draft with everything that belongs to it: the source where
	// it is new (by location, in the same transaction, so that two callers make
	// one), the next revision number, file, passages with postings and vectors,
	// proposed entries and the audit entry. It returns the revision as stored.
	// When the source's newest revision has the same hash already, nothing is
	// written and the error is frontdesk.CodeConflict.
	SaveDraft(ctx context.Context, draft Draft) (Revision, error)
	// ListRevisions returns a source's revisions, newest first.
	ListRevisions(ctx context.Context, clinic frontdesk.ClinicID, source frontdesk.SourceID) ([]Revision, error)
	// ChangeRevision applies a change and its audit entry. It returns
	// frontdesk.CodeConflict when the source is no longer at Change.Version.
	ChangeRevision(ctx context.Context, change Change) error
}

// Passages reads what revisions are made of.
type Passages interface {
	// ListPassages returns a revision's passages by ordinal.
	ListPassages(ctx context.Context, clinic frontdesk.ClinicID, revision frontdesk.RevisionID) ([]frontdesk.Passage, error)
	// FindEmbeddings returns what is stored for passage hashes in a space. A hash
	// without an embedding is absent from the map.
	FindEmbeddings(ctx context.Context, clinic frontdesk.ClinicID, space retrieval.Space, hashes []string) (map[string]Embedding, error)
	// ListAnswers returns the turns whose replies cited a passage of any revision
	// of a source, newest first.
	ListAnswers(ctx context.Context, clinic frontdesk.ClinicID, source frontdesk.SourceID, limit int) ([]Answer, error)
}

// Profiles keeps the profile's entries, proposed and approved, and its sites.
type Profiles interface {
	// ListEntries returns every entry of a clinic in force at an instant (see
	// [Entry]) and every entry of the revisions named, whatever its state; in a
	// stable order, each once.
	ListEntries(ctx context.Context, clinic frontdesk.ClinicID, at time.Time, revisions ...frontdesk.RevisionID) ([]Entry, error)
	// SaveEntries inserts or replaces entries by id, with an audit entry.
	SaveEntries(ctx context.Context, clinic frontdesk.ClinicID, entries []Entry, audit Audit) error
	// RetireEntry takes an entry out of the profile.
	RetireEntry(ctx context.Context, clinic frontdesk.ClinicID, entry frontdesk.EntryID, audit Audit) error
}

// Proposals keeps the profile's entries that wait for approval.
type Proposals interface {
	// ListProposals returns the entries that wait for somebody's approval: those that
	// staff proposed, and those of revisions that are live at an instant; in a stable
	// order.
	ListProposals(ctx context.Context, clinic frontdesk.ClinicID, at time.Time) ([]Entry, error)
	// ApproveEntry puts an entry in force and retires others, by Audit.Actor at
	// Audit.At. An entry that is not there, is in force or was retired is
	// frontdesk.CodeNotFound; who proposed it may not approve it where the clinic
	// wants four eyes: frontdesk.CodeForbidden.
	ApproveEntry(ctx context.Context, clinic frontdesk.ClinicID, entry frontdesk.EntryID, retire []frontdesk.EntryID, audit Audit) error
}

// Files reads the stored bytes of sources.
type Files interface {
	LoadFile(ctx context.Context, clinic frontdesk.ClinicID, hash string) (File, error)
}

// Source is a PDF, page or FAQ that a clinic uses.
type Source struct {
	ID       frontdesk.SourceID
	Clinic   frontdesk.ClinicID
	Kind     Kind
	Name     string // as shown in citations: a file's name, a page's URL without scheme
	Location string // unique within the clinic: the URL, or the file's name for an upload
	URL      string // "" for an upload
	Site     string // name of the site that it speaks for, "" for the whole clinic
	Version  int    // counts the changes of its revisions
	Created  time.Time
	Check    Check // of a page
}

// Check is the last look at a page.
type Check struct {
	At           time.Time // when it was looked at; zero: never
	Next         time.Time // when to look again; zero: never
	ETag         string
	LastModified string
	Code         frontdesk.Code // why the last look failed, "" if it did not
}

// Status is where a revision stands.
type Status string

// The statuses. A revision is stored with its instants only; its status at an
// instant follows from them, see [Revision.StatusAt].
const (
	StatusDraft      Status = "draft"
	StatusApproved   Status = "approved" // by a person; its effective date or the gate is still to come
	StatusLive       Status = "live"
	StatusSuperseded Status = "superseded"
	StatusWithdrawn  Status = "withdrawn"
	StatusExpired    Status = "expired"
)

// Revision is one version of a source. All instants are UTC; a zero instant
// means "not" or "never".
type Revision struct {
	ID       frontdesk.RevisionID
	Source   frontdesk.SourceID
	Clinic   frontdesk.ClinicID
	Number   int    // within the source, from 1
	Hash     string // SHA-256 of the bytes, hex
	Title    string
	Language string // BCP-47, detected
	Pages    int    // 1 for a document without pages
	Passages int
	Unread   []int
	Warnings []string
	Created  time.Time
	AddedBy  string // who added it: a person, [SystemAuthor], "" when nobody said so
	Doubtful []int  // pages to compare with the document, see [Document]

	Effective  time.Time // answers from it at the earliest
	Expires    time.Time // answers from it before this instant only
	Approved   time.Time
	ApprovedBy string
	Released   time.Time // passed the gate; equals Approved where there is none
	Superseded time.Time // the instant at which another revision of the source took its place
	Withdrawn  time.Time
	DecidedBy  string // who last approved, rejected or withdrew it
	Comment    string // what they wrote about it
}

// StatusAt returns the status at an instant. A passage feeds patients exactly
// while its revision's status is [StatusLive]; in SQL that is: released,
// effective ≤ at, and none of expires, superseded and withdrawn ≤ at.
func (r Revision) StatusAt(at time.Time) Status {
	past := func(t time.Time) bool { return !t.IsZero() && !t.After(at) }
	switch {
	case past(r.Withdrawn):
		return StatusWithdrawn
	case !past(r.Approved):
		return StatusDraft
	case past(r.Superseded):
		return StatusSuperseded
	case past(r.Expires):
		return StatusExpired
	case !past(r.Released) || r.Effective.After(at):
		return StatusApproved
	}
	return StatusLive
}

// Draft is a revision to be stored. The repository assigns Revision.Number and,
// where the source's location is known already, Revision.Source.
type Draft struct {
	Source   Source
	Revision Revision
	File     File
	Passages []DraftPassage
	Space    retrieval.Space // of all vectors
	Entries  []Entry         // proposals, their Revision is this one
	Audit    Audit
}

// DraftPassage is a passage with what finding it needs. Passage.Number is left
// to the repository.
type DraftPassage struct {
	Passage   frontdesk.Passage
	Terms     map[string]int // stemmed term → times, of text, question and headings
	Length    int            // sum of Terms
	Embedding Embedding
}

// Embedding is a passage's vector and those of its sentences.
type Embedding struct {
	Vector    []float32
	Sentences []retrieval.Sentence
}

// File is the stored bytes of a revision.
type File struct {
	Hash string // SHA-256, hex
	MIME string
	Name string
	Data []byte
}

// Action is what a [Change] does.
type Action string

// The actions.
const (
	ActionApprove  Action = "approve"
	ActionRelease  Action = "release" // the gate has passed it, or a person overrides the gate
	ActionWithdraw Action = "withdraw"
)

// Change moves one revision. All instants that follow from it are worked out
// already (see Superseded); the repository only writes them. Approve writes
// Approved := At, ApprovedBy := By, Effective, Expires, Released and clears
// Withdrawn; release writes Released; withdraw writes Withdrawn := At. Each
// increments Source.Version. Where the clinic wants four eyes and By added the
// revision, or nobody knows who did, approve is refused: frontdesk.CodeForbidden.
type Change struct {
	Action    Action
	Clinic    frontdesk.ClinicID
	Source    frontdesk.SourceID
	Version   int // Source.Version that the caller saw
	Revision  frontdesk.RevisionID
	At        time.Time
	By        string    // a person's name
	Comment   string    // of that person
	Effective time.Time // with ActionApprove
	Expires   time.Time // with ActionApprove
	Released  time.Time // with ActionApprove (zero when a gate is asked) and ActionRelease
	AskGate   bool      // with ActionApprove: files the gate's run, whose pass calls [Service.Release]
	Run       string    // with ActionRelease: the gate's run, which ends with it
	Override  bool      // with ActionRelease: a person overrides the run's verdict
	// Superseded is what Revision.Superseded becomes for each revision of the source
	// that is named; a zero instant clears it.
	Superseded map[frontdesk.RevisionID]time.Time
	Entries    []frontdesk.EntryID // proposals approved along with it, by By at At
	Audit      Audit
}

// Entry is one fact of the profile with where it comes from. An entry with a
// Revision is in force exactly while it is approved and that revision is live;
// one that staff typed is in force from Approved until it is retired.
type Entry struct {
	frontdesk.ProfileEntry
	Clinic     frontdesk.ClinicID
	Source     frontdesk.SourceID   // "" when staff typed it
	Revision   frontdesk.RevisionID // "" when staff typed it
	Passage    frontdesk.PassageID  // the passage that it was read from, "" for structured data
	ApprovedAt time.Time
	AddedBy    string            // who typed it, "" when a document states it
	Replaces   frontdesk.EntryID // the entry whose place it takes, "" if none
}

// Answer is a turn that rested on a source.
type Answer struct {
	Turn         frontdesk.TurnID         `json:"turn"`
	Conversation frontdesk.ConversationID `json:"conversation"`
	At           time.Time                `json:"at"`
	Revision     int                      `json:"revision"`
	Page         int                      `json:"page,omitempty"`
	Passage      frontdesk.PassageID      `json:"passage"`
}

// Audit is an entry of the audit log.
type Audit = staff.Entry
