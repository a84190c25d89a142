package ingest

import (
	"frontdesk"
)

// ReportStatus is what came of reading one source.
type ReportStatus string

// The statuses of a [Report].
const (
	ReportDraft     ReportStatus = "draft"
	ReportLive      ReportStatus = "live"
	ReportUnchanged ReportStatus = "unchanged" // the newest revision says the same
	ReportRejected  ReportStatus = "rejected"  // Code and Reason say why; nothing was stored
)

// Report is what came of one path or URL, as `source add --json` prints it.
type Report struct {
	Source   string         `json:"source"`
	Kind     Kind           `json:"kind,omitempty"`
	Revision int            `json:"revision,omitempty"`
	Pages    int            `json:"pages"`
	Passages int            `json:"passages"`
	Lang     string         `json:"lang,omitempty"`
	Status   ReportStatus   `json:"status"`
	Code     frontdesk.Code `json:"code,omitempty"`
	Reason   string         `json:"reason,omitempty"`
	Unread   []int          `json:"unread_pages"`
	Warnings []string       `json:"warnings"`
	MS       int64          `json:"ms"`

	// Internal tells that the source was rejected for a reason of ours, not of the
	// document.
	Internal bool `json:"-"`
	// RevisionID is the revision that now holds the content, "" when rejected.
	RevisionID frontdesk.RevisionID `json:"-"`
	// Held tells that the revision was approved and waits for its date or the gate.
	Held bool `json:"-"`
	// Disagreements are what the profile says otherwise, for staff.
	Disagreements []frontdesk.ForwardStaff `json:"-"`
}
