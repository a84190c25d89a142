package httpd

import "context"

// Cases keeps the clinic's own cases: what went wrong once must not again.
type Cases interface {
	// AddCase makes a case of the clinic's own suite. Identifiers of patients in its
	// words are masked; a case that asks the same takes its place.
	AddCase(ctx context.Context, who Person, c NewCase) error
}

// NewCase is what a case is made of.
type NewCase struct {
	Origin   string // "gap", "correction", "thumbs_down" or "hand"
	Question string // of the patient
	Language string // of the patient, "" for the clinic's
	Was      string // the reply that was wrong; "" where there was none
	Should   string // what it should have said; "" where nobody says
	MustPass bool   // nothing goes live while it fails
}
