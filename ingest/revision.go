package ingest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"frontdesk"
)

// Approval is a named person's word that a revision may feed answers.
type Approval struct {
	By        string    // a person's name, required
	Effective time.Time // zero: at once, or the date that the draft was added with
	Expires   time.Time // zero: never, or the date that the draft was added with
	Comment   string    // of the person, kept with the revision; at most [CommentMost] characters
}

// ApprovalResult is what came of an approval.
type ApprovalResult struct {
	Revision      frontdesk.RevisionID
	Status        Status // live, or approved while its date or the gate is to come
	Entries       int    // profile entries that were approved along with it
	Warnings      []string
	Disagreements []frontdesk.ForwardStaff // profile entries that say otherwise; they keep their place
}

// Approve makes a revision live from its effective instant, to the minute, until
// it expires, is withdrawn or another revision of its source takes its place.
// number 0 is the newest revision. An old, expired or withdrawn revision may be
// approved again and comes back. The profile entries that it proposes are
// approved too where no approved entry of another source disagrees.
func (s *Service) Approve(ctx context.Context, clinic frontdesk.Clinic, location string, number int, approval Approval) (ApprovalResult, error) {
	_, revision, err := s.find(ctx, clinic.ID, location, number)
	if err != nil {
		return ApprovalResult{}, err
	}
	return s.approve(ctx, clinic, revision, approval)
}

func (s *Service) approve(ctx context.Context, clinic frontdesk.Clinic, revision Revision, approval Approval) (ApprovalResult, error) {
	approval.By = strings.TrimSpace(approval.By)
	if approval.By == "" {
		return ApprovalResult{}, refuse(frontdesk.CodeInvalid, "An approval needs the name of the person who approves.", nil)
	}
	if err := fourEyes(clinic, revision.AddedBy, approval.By); err != nil {
		return ApprovalResult{}, err
	}
	if err := checkComment(approval.Comment); err != nil {
		return ApprovalResult{}, err
	}
	now := s.Now()
	if status := revision.StatusAt(now); status == StatusLive {
		return ApprovalResult{}, refuse(frontdesk.CodeConflict, fmt.Sprintf("Revision %d is live already.", revision.Number), nil)
	}
	source, revisions, err := s.history(ctx, clinic.ID, revision.Source)
	if err != nil {
		return ApprovalResult{}, err
	}
	again := !revision.Approved.IsZero() // its old dates are history
	revision.Effective = toMinute(firstTime(approval.Effective, unless(again, revision.Effective), now))
	revision.Expires = toMinute(firstTime(approval.Expires, unless(again, revision.Expires)))
	if !revision.Expires.IsZero() && (!revision.Expires.After(revision.Effective) || !revision.Expires.After(now)) {
		return ApprovalResult{}, refuse(frontdesk.CodeInvalid, "The revision would expire before it takes effect; give a later expiry date.", nil)
	}
	revision.Approved, revision.ApprovedBy, revision.Withdrawn, revision.Superseded = now, approval.By, time.Time{}, time.Time{}
	revision.Released = time.Time{}
	if !clinic.Settings.Gate {
		revision.Released = now
	}
	entries, disagreements, err := s.acceptable(ctx, clinic, revision)
	if err != nil {
		return ApprovalResult{}, err
	}
	superseded := timeline(replaced(revisions, revision), now)
	revision.Superseded = superseded[revision.ID]
	change := Change{
		Action: ActionApprove, Clinic: clinic.ID, Source: source.ID, Version: source.Version, Revision: revision.ID,
		At: now, By: approval.By, Comment: approval.Comment, Effective: revision.Effective, Expires: revision.Expires, Released: revision.Released,
		AskGate: clinic.Settings.Gate, Superseded: superseded, Entries: entries,
		Audit: newAudit(now, approval.By, "source.approve", string(revision.ID), auditDetail(source, revision)+said(approval.Comment)),
	}
	if err := s.Repository.ChangeRevision(ctx, change); err != nil {
		return ApprovalResult{}, fmt.Errorf("approve: %w", err)
	}
	result := ApprovalResult{Revision: revision.ID, Status: revision.StatusAt(now), Entries: len(entries), Disagreements: disagreements}
	for i, d := range disagreements {
		if i == warningsMost {
			result.Warnings = append(result.Warnings, fmt.Sprintf("The document and the profile disagree on %d more things.", len(disagreements)-i))
			break
		}
		result.Warnings = append(result.Warnings, d.Detail)
	}
	if !revision.Superseded.IsZero() {
		result.Warnings = append(result.Warnings, "Another approved revision of this source takes its place on "+
			revision.Superseded.In(clinic.Location()).Format("2006-01-02 15:04")+".")
	}
	return result, nil
}

// Pass is the gate's word, or that of a person who overrides it, that an approved
// revision may go live.
type Pass struct {
	Run      string    // the gate's run
	Approved time.Time // the approval that it was asked about
	By       string    // the person who overrides the gate; "": it passed
	Reason   string    // of the person
}

// releaseTries is how often a release is tried while others change the source.
const releaseTries = 5

// Release makes an approved revision live from its effective instant. It returns
// false when there is nothing to release: the revision was withdrawn, approved again
// or released since.
func (s *Service) Release(ctx context.Context, clinic frontdesk.Clinic, sourceID frontdesk.SourceID, id frontdesk.RevisionID, pass Pass) (released bool, err error) {
	for range releaseTries {
		released, err = s.release(ctx, clinic, sourceID, id, pass)
		if frontdesk.CodeOf(err) != frontdesk.CodeConflict {
			break
		}
	}
	return released, err
}

func (s *Service) release(ctx context.Context, clinic frontdesk.Clinic, sourceID frontdesk.SourceID, id frontdesk.RevisionID, pass Pass) (bool, error) {
	source, revisions, err := s.history(ctx, clinic.ID, sourceID)
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(revisions, func(r Revision) bool { return r.ID == id })
	if i < 0 || !revisions[i].Approved.Equal(pass.Approved) || !revisions[i].Withdrawn.IsZero() || !revisions[i].Released.IsZero() {
		return false, nil
	}
	revision, now := revisions[i], s.Now()
	revision.Released = now
	audit := newAudit(now, "system", "source.release", string(id), auditDetail(source, revision))
	if pass.By != "" {
		audit.Actor, audit.Action, audit.Detail = pass.By, "gate.override", audit.Detail+": "+pass.Reason
	}
	err = s.Repository.ChangeRevision(ctx, Change{
		Action: ActionRelease, Clinic: clinic.ID, Source: source.ID, Version: source.Version, Revision: id,
		At: now, By: audit.Actor, Released: now, Run: pass.Run, Override: pass.By != "",
		Superseded: timeline(replaced(revisions, revision), now), Audit: audit,
	})
	if err != nil {
		return false, fmt.Errorf("release: %w", err)
	}
	return true, nil
}

// Withdraw takes a revision out of all answers at once. number 0 is the live
// revision, else the newest. What it superseded in the past stays superseded:
// an older text comes back only when somebody approves it again. A draft that is
// withdrawn was rejected. The comment says why; "" is no word.
func (s *Service) Withdraw(ctx context.Context, clinic frontdesk.Clinic, location string, number int, by, comment string) (Revision, error) {
	by = strings.TrimSpace(by)
	if by == "" {
		return Revision{}, refuse(frontdesk.CodeInvalid, "A withdrawal needs the name of the person who withdraws.", nil)
	}
	if err := checkComment(comment); err != nil {
		return Revision{}, err
	}
	source, err := s.Repository.FindSource(ctx, clinic.ID, location)
	if err != nil {
		return Revision{}, fmt.Errorf("find source: %w", err)
	}
	revisions, err := s.Repository.ListRevisions(ctx, clinic.ID, source.ID)
	if err != nil {
		return Revision{}, fmt.Errorf("list revisions: %w", err)
	}
	now := s.Now()
	if number == 0 {
		number = liveNumber(revisions, now)
	}
	revision, err := pick(revisions, number)
	if err != nil {
		return Revision{}, err
	}
	if !revision.Withdrawn.IsZero() {
		return Revision{}, refuse(frontdesk.CodeConflict, fmt.Sprintf("Revision %d is withdrawn already.", revision.Number), nil)
	}
	action := "source.withdraw"
	if revision.Approved.IsZero() {
		action = "source.reject"
	}
	revision.Withdrawn = now
	err = s.Repository.ChangeRevision(ctx, Change{
		Action: ActionWithdraw, Clinic: clinic.ID, Source: source.ID, Version: source.Version, Revision: revision.ID,
		At: now, By: by, Comment: comment, Superseded: timeline(replaced(revisions, revision), now),
		Audit: newAudit(now, by, action, string(revision.ID), auditDetail(source, revision)+said(comment)),
	})
	if err != nil {
		return Revision{}, fmt.Errorf("withdraw: %w", err)
	}
	return revision, nil
}

// warningsMost bounds the disagreements that a report spells out.
const warningsMost = 10

// timeline works out when each revision of a source gives way to the next: at any
// instant the released one with the latest start speaks, alone. What was
// superseded before now stays so. It names every revision that is not withdrawn
// and whose instant is still open.
func timeline(revisions []Revision, now time.Time) map[frontdesk.RevisionID]time.Time {
	var open []Revision
	for _, r := range revisions {
		gone := !r.Withdrawn.IsZero() || !r.Superseded.IsZero() && !r.Superseded.After(now)
		if !r.Released.IsZero() && !gone {
			open = append(open, r)
		}
	}
	slices.SortStableFunc(open, func(a, b Revision) int {
		return cmp.Or(start(a).Compare(start(b)), a.Released.Compare(b.Released), cmp.Compare(a.Number, b.Number))
	})
	out := make(map[frontdesk.RevisionID]time.Time, len(open))
	for i, r := range open {
		out[r.ID] = time.Time{}
		if i+1 < len(open) {
			out[r.ID] = start(open[i+1])
		}
	}
	return out
}

// start is the instant from which a released revision speaks.
func start(r Revision) time.Time {
	if r.Released.After(r.Effective) {
		return r.Released
	}
	return r.Effective
}

// replaced returns revisions with one of them, by id, in its new state.
func replaced(revisions []Revision, revision Revision) []Revision {
	out := slices.Clone(revisions)
	for i := range out {
		if out[i].ID == revision.ID {
			out[i] = revision
		}
	}
	return out
}

// find returns a source and one of its revisions; number 0 is the newest.
func (s *Service) find(ctx context.Context, clinic frontdesk.ClinicID, location string, number int) (Source, Revision, error) {
	source, err := s.Repository.FindSource(ctx, clinic, location)
	if err != nil {
		return Source{}, Revision{}, fmt.Errorf("find source: %w", err)
	}
	revisions, err := s.Repository.ListRevisions(ctx, clinic, source.ID)
	if err != nil {
		return Source{}, Revision{}, fmt.Errorf("list revisions: %w", err)
	}
	revision, err := pick(revisions, number)
	return source, revision, err
}

// history returns the source with an id and its revisions.
func (s *Service) history(ctx context.Context, clinic frontdesk.ClinicID, id frontdesk.SourceID) (Source, []Revision, error) {
	sources, err := s.Repository.ListSources(ctx, clinic)
	if err != nil {
		return Source{}, nil, fmt.Errorf("list sources: %w", err)
	}
	i := slices.IndexFunc(sources, func(x Source) bool { return x.ID == id })
	if i < 0 {
		return Source{}, nil, refuse(frontdesk.CodeNotFound, "There is no such source.", nil)
	}
	revisions, err := s.Repository.ListRevisions(ctx, clinic, id)
	if err != nil {
		return Source{}, nil, fmt.Errorf("list revisions: %w", err)
	}
	return sources[i], revisions, nil
}

func pick(revisions []Revision, number int) (Revision, error) {
	for i, r := range revisions {
		if r.Number == number || number == 0 && i == 0 {
			return r, nil
		}
	}
	return Revision{}, refuse(frontdesk.CodeNotFound, "There is no revision "+strconv.Itoa(number)+" of this source.", nil)
}

// liveNumber returns the number of the live revision, 0 if none is.
func liveNumber(revisions []Revision, now time.Time) int {
	for _, r := range revisions {
		if r.StatusAt(now) == StatusLive {
			return r.Number
		}
	}
	return 0
}

// ParseInstant reads a date or a date with a time of day in a clinic's time zone:
// "2026-12-01", "2026-12-01 08:30", "2026-12-01T08:30", or RFC 3339. A bare date
// is its first minute; with end, the minute after its last, so that something
// that expires on a date holds all day.
func ParseInstant(text string, location *time.Location, end bool) (time.Time, error) {
	text = strings.TrimSpace(text)
	if t, err := time.ParseInLocation(time.DateOnly, text, location); err == nil {
		if end {
			return time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, location), nil
		}
		return t, nil
	}
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, text, location); err == nil {
			return toMinute(t), nil
		}
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, refuse(frontdesk.CodeInvalid, "Give the date as 2026-12-01 or 2026-12-01T08:30.", err)
	}
	return toMinute(t), nil
}

func toMinute(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Truncate(time.Minute)
}

func firstTime(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

func unless(condition bool, t time.Time) time.Time {
	if condition {
		return time.Time{}
	}
	return t
}

func newAudit(at time.Time, actor, action, target, detail string) Audit {
	return Audit{At: at, Actor: actor, Action: action, Target: target, Detail: detail}
}

func auditDetail(source Source, revision Revision) string {
	return fmt.Sprintf("%s, revision %d, hash %s", source.Name, revision.Number, revision.Hash)
}
