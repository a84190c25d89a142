package agent

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"frontdesk"
	"frontdesk/flow"
	"frontdesk/guardrails"
	"frontdesk/locale"
	"frontdesk/retrieval"
)

// Knowledge is what the agent reads of a clinic beside its passages. The agent changes
// nothing of what it gets.
type Knowledge interface {
	// Profile returns the clinic's approved entries at an instant.
	Profile(ctx context.Context, clinic frontdesk.Clinic, at time.Time) (frontdesk.Profile, error)
	// Notices returns the notices in force at an instant.
	Notices(ctx context.Context, clinic frontdesk.Clinic, at time.Time) ([]frontdesk.Notice, error)
	// Departments returns the table of departments in force.
	Departments(ctx context.Context, clinic frontdesk.Clinic, at time.Time) (frontdesk.Departments, error)
}

// Options are the parts that an [Agent] is made of.
type Options struct {
	Screens   *guardrails.Screens
	Retriever *retrieval.Retriever
	Knowledge Knowledge
	Texts     *locale.Catalogue
	Embedder  retrieval.Embedder // for the check of composed sentences; nil: words alone
	Model     Model              // nil: quoting mode
	Log       *slog.Logger
	// ModelTimeout bounds each call of the model. Default 8 s: understanding and
	// composing together leave the first bubble within the 15 s of design.md.
	ModelTimeout time.Duration
	// KnowledgeTimeout bounds each look into the store. Default 3 s.
	KnowledgeTimeout time.Duration
	Now              func() time.Time // a turn's own clock is its Dialogue's; see contentAt
}

// Agent decides turns. It is safe for concurrent use and keeps nothing between turns.
type Agent struct {
	Options
	intents *intents
	quoter  *Quoter
	checker *Checker
	booking bookingFlow
	lead    flow.Definition
}

// New returns an agent. It fails when its data files cannot be read.
func New(options Options) (*Agent, error) {
	in, err := loadIntents()
	if err != nil {
		return nil, fmt.Errorf("new agent: %w", err)
	}
	lexicon := options.Retriever.Lexicon()
	checker, err := NewChecker(options.Embedder, lexicon)
	if err != nil {
		return nil, fmt.Errorf("new agent: %w", err)
	}
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	if options.ModelTimeout == 0 {
		options.ModelTimeout = 8 * time.Second
	}
	if options.KnowledgeTimeout == 0 {
		options.KnowledgeTimeout = 3 * time.Second
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	return &Agent{Options: options, intents: in, quoter: NewQuoter(lexicon), checker: checker, booking: newBookingFlow(), lead: newLeadFlow()}, nil
}
