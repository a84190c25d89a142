package ingest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"frontdesk"
	"frontdesk/retrieval"
)

// Inspector tells whether a text tries to give orders to a machine that reads
// it. Flagged passages are kept (they may be innocent) and named in warnings.
type Inspector interface {
	Inspect(text string) (flagged bool)
}

// PDFReader reads a PDF; language is a hint for pages that are pictures.
type PDFReader func(ctx context.Context, data []byte, language string) (Document, error)

// Limits bound what one source may cost. A zero field takes its default.
type Limits struct {
	Bytes    int64         // of a file or page; default 64 MiB
	Passages int           // of a revision; default 5,000
	Read     time.Duration // for reading one source, without embedding; default 2 minutes
	Embed    time.Duration // for embedding one revision; default 20 minutes
	Batch    int           // texts in one call of the embedder; default 16
}

func (l Limits) withDefaults() Limits {
	l.Bytes = cmp.Or(l.Bytes, 64<<20)
	l.Passages = cmp.Or(l.Passages, 5000)
	l.Read = cmp.Or(l.Read, 2*time.Minute)
	l.Embed = cmp.Or(l.Embed, 20*time.Minute)
	l.Batch = cmp.Or(l.Batch, 16)
	return l
}

// Service takes sources in and moves their revisions. Its fields are set once,
// before use; it is then safe for concurrent use.
type Service struct {
	Repository  Repository         // required
	Embedder    retrieval.Embedder // required
	ReadPDF     PDFReader          // required
	Fetcher     *Fetcher           // nil: URLs are refused
	Inspector   Inspector          // nil: nothing is flagged
	Now         func() time.Time   // required
	Random      io.Reader          // required; crypto/rand.Reader in the product
	Limits      Limits
	RereadEvery time.Duration // between two looks at a page; default 24 hours
}

// AddRequest asks for one source. Either URL is set, or Name with Bytes.
type AddRequest struct {
	URL       string
	Name      string // of the file; also its identity: the same name again is a new revision
	Bytes     []byte
	Site      string // the site that it speaks for, "" for the whole clinic
	By        string // who adds it; "": whoever approves it
	ApproveAs string // a person's name: the revision goes live; "": it stays a draft
	Effective time.Time
	Expires   time.Time

	page *FetchedPage // fetched already
}

// Add reads one source into a draft revision and, with ApproveAs, makes it live
// together with the profile entries that it proposes where no approved entry
// disagrees; where the clinic wants four eyes it waits for somebody else. A source that cannot be used is a report with status rejected, not
// an error; an error is ours, and its report has Internal set. In every case
// either a whole revision was stored or nothing.
func (s *Service) Add(ctx context.Context, clinic frontdesk.Clinic, request AddRequest) (Report, error) {
	start := s.Now()
	report, err := s.add(ctx, clinic, request)
	if report.Source == "" {
		report.Source = cmp.Or(request.Name, request.URL)
	}
	report.Unread = append([]int{}, report.Unread...)
	report.Warnings = append([]string{}, report.Warnings...)
	report.MS = s.Now().Sub(start).Milliseconds()
	if err == nil {
		return report, nil
	}
	report.Status, report.Reason, report.Code = ReportRejected, frontdesk.TextOf(err), frontdesk.CodeOf(err)
	report.Revision, report.Passages, report.Pages = 0, 0, 0
	if internal(report.Code) {
		report.Internal = true
		return report, fmt.Errorf("add %s: %w", report.Source, err)
	}
	return report, nil
}

// internal tells whether a code means a fault of ours rather than of a document.
func internal(code frontdesk.Code) bool {
	switch code {
	case frontdesk.CodeInternal, frontdesk.CodeUnavailable, frontdesk.CodeConflict:
		return true
	}
	return false
}

func (s *Service) add(ctx context.Context, clinic frontdesk.Clinic, request AddRequest) (Report, error) {
	if !request.Expires.IsZero() && !request.Expires.After(cmp.Or(request.Effective, s.Now())) {
		return Report{}, refuse(frontdesk.CodeInvalid, "The expiry date is not after the effective date; give a later one.", nil)
	}
	in, err := s.take(ctx, clinic, request)
	if err != nil {
		return Report{}, err
	}
	report := Report{Source: in.source.Name, Kind: in.source.Kind}
	newest, err := s.newest(ctx, clinic.ID, in.source.Location)
	if err != nil {
		return report, err
	}
	if in.unmodified || newest != nil && newest.Hash == in.hash {
		return s.unchanged(ctx, clinic, request, in, newest, report)
	}
	draft, err := s.draft(ctx, clinic, in, request, newest)
	if errors.Is(err, errSameWords) {
		return s.unchanged(ctx, clinic, request, in, newest, report)
	}
	if err != nil {
		return report, err
	}
	stored, err := s.Repository.SaveDraft(ctx, draft)
	if err != nil {
		if again, findErr := s.newest(ctx, clinic.ID, in.source.Location); findErr == nil && again != nil && again.Hash == in.hash {
			return s.unchanged(ctx, clinic, request, in, again, report) // somebody added the same at the same time
		}
		return report, fmt.Errorf("save draft: %w", err)
	}
	report.fill(stored, ReportDraft)
	return report, s.approveAdded(ctx, clinic, stored, request, &report)
}

// fill copies what a revision says about itself into the report.
func (r *Report) fill(revision Revision, status ReportStatus) {
	r.Status, r.RevisionID, r.Revision = status, revision.ID, revision.Number
	r.Pages, r.Passages, r.Lang = revision.Pages, revision.Passages, revision.Language
	r.Unread = revision.Unread
	r.Warnings = append(r.Warnings, revision.Warnings...)
}

// approveAdded makes a revision live where the request says who approves it.
func (s *Service) approveAdded(ctx context.Context, clinic frontdesk.Clinic, revision Revision, request AddRequest, report *Report) error {
	if request.ApproveAs == "" {
		return nil
	}
	if err := fourEyes(clinic, revision.AddedBy, request.ApproveAs); err != nil {
		report.Warnings = append(report.Warnings, frontdesk.TextOf(err))
		return nil
	}
	approval := Approval{By: request.ApproveAs, Effective: request.Effective, Expires: request.Expires}
	result, err := s.approve(ctx, clinic, revision, approval)
	if err != nil {
		return fmt.Errorf("approve revision %d: %w", revision.Number, err)
	}
	report.Warnings = append(report.Warnings, result.Warnings...)
	report.Disagreements = result.Disagreements
	report.Held = result.Status == StatusApproved
	if result.Status == StatusLive {
		report.Status = ReportLive
	}
	return nil
}

// unchanged reports that the newest revision says the same already. A draft or a
// revision that is no longer live is approved where the request asks for it.
func (s *Service) unchanged(ctx context.Context, clinic frontdesk.Clinic, request AddRequest, in input, newest *Revision, report Report) (Report, error) {
	if newest == nil {
		return report, refuse(frontdesk.CodeInternal, "The server says that the page has not changed, but it was never read.", nil)
	}
	if in.page != nil {
		if err := s.saveCheck(ctx, clinic, newest.Source, in.page); err != nil {
			return report, err
		}
	}
	report.fill(*newest, ReportUnchanged)
	if status := newest.StatusAt(s.Now()); status == StatusLive || status == StatusApproved {
		return report, nil
	}
	return report, s.approveAdded(ctx, clinic, *newest, request, &report)
}

// newest returns the last revision of the source at a location, nil if there is none.
func (s *Service) newest(ctx context.Context, clinic frontdesk.ClinicID, location string) (*Revision, error) {
	source, err := s.Repository.FindSource(ctx, clinic, location)
	if frontdesk.CodeOf(err) == frontdesk.CodeNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find source: %w", err)
	}
	revisions, err := s.Repository.ListRevisions(ctx, clinic, source.ID)
	if err != nil {
		return nil, fmt.Errorf("list revisions: %w", err)
	}
	if len(revisions) == 0 {
		return nil, nil
	}
	return &revisions[0], nil
}

// hashOf returns the SHA-256 of data in hex.
func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// sameWords tells whether two revisions consist of the same passages in the same
// order, whatever else their bytes hold (a token, a date in a script).
func sameWords(a, b []frontdesk.Passage) bool {
	return slices.EqualFunc(a, b, func(x, y frontdesk.Passage) bool { return x.Hash == y.Hash && x.Page == y.Page })
}
