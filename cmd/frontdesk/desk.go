package main

import (
	"context"
	"fmt"
	"time"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/guardrails"
	"frontdesk/httpd"
	"frontdesk/ingest"
	"frontdesk/locale"
	"frontdesk/staff"
	"frontdesk/store"
)

// Lists on a page are this long at most.
const (
	deskListed = 100
	deskLines  = 200
)

// desk gives the console what it shows and does.
type desk struct {
	db            *store.DB
	conversations *store.Conversations
	engine        *conversation.Engine
	sender        sender
	ingest        *ingest.Service
	meanings      *meanings
	screens       *guardrails.Screens
	pictures      *pictures
	texts         *locale.Catalogue
	now           func() time.Time
}

// FindClinic implements [httpd.Clinics].
func (d desk) FindClinic(ctx context.Context, name string) (frontdesk.Clinic, error) {
	return d.db.FindClinic(ctx, name)
}

// Clinic implements [httpd.Clinics].
func (d desk) Clinic(ctx context.Context, id frontdesk.ClinicID) (frontdesk.Clinic, error) {
	return d.db.Clinic(ctx, id)
}

// Entries implements [httpd.Auditor].
func (d desk) Entries(ctx context.Context, clinic frontdesk.ClinicID, limit int) ([]staff.Entry, error) {
	links, err := d.db.ListAudit(ctx, clinic, limit)
	if err != nil {
		return nil, err
	}
	entries := make([]staff.Entry, 0, len(links))
	for _, l := range links {
		entries = append(entries, staff.Entry{At: l.At, Actor: l.Actor, Action: l.Action, Target: l.Target, Detail: l.Detail})
	}
	return entries, nil
}

// VerifyAudit implements [httpd.Auditor].
func (d desk) VerifyAudit(ctx context.Context, clinic frontdesk.ClinicID) (int64, error) {
	return d.db.VerifyAudit(ctx, clinic)
}

// Audit implements [httpd.Auditor].
func (d desk) Audit(ctx context.Context, clinic frontdesk.ClinicID, entry staff.Entry) error {
	return d.db.Audit(ctx, clinic, entry)
}

// Sources implements [httpd.Library].
func (d desk) Sources(ctx context.Context, who httpd.Person) ([]httpd.Source, error) {
	listed, err := d.ingest.List(ctx, who.Clinic.ID)
	if err != nil {
		return nil, fmt.Errorf("sources: %w", err)
	}
	var sources []httpd.Source
	for _, l := range listed {
		if len(l.Revisions) > 0 {
			sources = append(sources, d.source(l))
		}
	}
	return sources, nil
}

func (d desk) source(l ingest.Listed) httpd.Source {
	r := l.Revisions[0]
	return httpd.Source{
		ID: r.ID, Name: l.Source.Location, Kind: string(l.Source.Kind), URL: l.Source.URL, Revision: r.Number, Live: l.Live,
		Status: statusOf(r, d.now()), Language: r.Language, Pages: r.Pages, Passages: r.Passages,
		ApprovedBy: r.ApprovedBy, Created: r.Created, Effective: r.Effective, Expires: r.Expires, Warnings: r.Warnings, Unread: r.Unread,
		Doubtful: r.Doubtful, AddedBy: r.AddedBy, DecidedBy: r.DecidedBy, Comment: r.Comment,
		Checked: l.Source.Check.At, Next: l.Source.Check.Next, CheckCode: string(l.Source.Check.Code),
	}
}

// statusOf is a revision's status as staff see it: a draft that was withdrawn was
// rejected.
func statusOf(r ingest.Revision, at time.Time) string {
	if r.Approved.IsZero() && !r.Withdrawn.IsZero() {
		return "rejected"
	}
	return string(r.StatusAt(at))
}

// Approve implements [httpd.Approver].
func (d desk) Approve(ctx context.Context, who httpd.Person, change httpd.SourceChange) error {
	_, err := d.ingest.Approve(ctx, who.Clinic, change.Source, change.Revision,
		ingest.Approval{By: who.User.Name, Effective: change.Effective, Expires: change.Expires, Comment: change.Comment})
	return err
}

// Withdraw implements [httpd.Approver].
func (d desk) Withdraw(ctx context.Context, who httpd.Person, change httpd.SourceChange) error {
	_, err := d.ingest.Withdraw(ctx, who.Clinic, change.Source, change.Revision, who.User.Name, change.Comment)
	return err
}

// Figures implements [httpd.Figures].
func (d desk) Figures(ctx context.Context, clinic frontdesk.Clinic, from, to time.Time, channel frontdesk.Channel) (frontdesk.Figures, error) {
	return d.db.Figures(ctx, clinic, store.Period{From: from, To: to, Channel: channel})
}

// Channels implements [httpd.Figures].
func (d desk) Channels(ctx context.Context, clinic frontdesk.ClinicID) ([]frontdesk.Channel, error) {
	return d.db.Channels(ctx, clinic)
}

// screened is what the page that tries the screens shows.
func screened(screens *guardrails.Screens) httpd.Screener {
	return func(ctx context.Context, text string, clinic frontdesk.Clinic) httpd.Screened {
		v := screens.Inbound(ctx, text, guardrails.Hints{Country: clinic.Country, ConversationLanguages: []string{clinic.Language}})
		return httpd.Screened{Labels: v.Labels, Language: v.Language, Percent: 100 * v.LanguageSure, Masked: v.Masked, Evidence: v.Evidence}
	}
}
