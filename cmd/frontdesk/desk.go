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
	ingest        *ingest.Service
	now           func() time.Time
}

// FindClinic implements [httpd.Clinics].
func (d desk) FindClinic(ctx context.Context, name string) (frontdesk.Clinic, error) {
	return d.db.FindClinic(ctx, name)
}

// ListClinics implements [httpd.Clinics].
func (d desk) ListClinics(ctx context.Context) ([]frontdesk.Clinic, error) { return d.db.Clinics(ctx) }

// Overview implements [httpd.Reader].
func (d desk) Overview(ctx context.Context, clinic frontdesk.Clinic) (httpd.Overview, error) {
	var o httpd.Overview
	tickets, err := d.conversations.Tickets(ctx, clinic.ID, false, deskListed)
	if err != nil {
		return o, fmt.Errorf("overview: %w", err)
	}
	for _, t := range tickets {
		o.Tickets = append(o.Tickets, deskTicket(t))
	}
	listed, err := d.ingest.List(ctx, clinic.ID)
	if err != nil {
		return o, fmt.Errorf("overview: %w", err)
	}
	for _, l := range listed {
		if len(l.Revisions) > 0 {
			o.Sources = append(o.Sources, d.source(l))
		}
	}
	gaps, err := d.db.ListGaps(ctx, clinic.ID, deskListed)
	if err != nil {
		return o, fmt.Errorf("overview: %w", err)
	}
	for _, g := range gaps {
		o.Gaps = append(o.Gaps, httpd.Gap{Question: g.Question, Language: g.Language, At: g.At})
	}
	return o, nil
}

func (d desk) source(l ingest.Listed) httpd.Source {
	r := l.Revisions[0]
	return httpd.Source{
		Name: l.Source.Location, Revision: r.Number, Status: string(r.StatusAt(d.now())),
		ApprovedBy: r.ApprovedBy, Warnings: r.Warnings, Unread: r.Unread,
	}
}

func deskTicket(t store.TicketRow) httpd.Ticket {
	return httpd.Ticket{
		Conversation: t.Conversation, Team: t.Team, Priority: t.Priority, Reason: t.Reason,
		Summary: t.Summary, Opened: t.Opened, By: t.By,
	}
}

// Conversation implements [httpd.Reader].
func (d desk) Conversation(ctx context.Context, clinic frontdesk.Clinic, id frontdesk.ConversationID) (httpd.Conversation, error) {
	var shown httpd.Conversation
	key := conversation.Key{Clinic: clinic.ID, Conversation: id}
	work, err := d.conversations.Peek(ctx, key)
	if err != nil {
		return shown, fmt.Errorf("conversation: %w", err)
	}
	shown.Pen = work.Pen
	lines, err := d.conversations.Transcript(ctx, key, deskLines)
	if err != nil {
		return shown, fmt.Errorf("conversation: %w", err)
	}
	for _, l := range lines {
		shown.Lines = append(shown.Lines, deskLine(l))
	}
	tickets, err := d.conversations.Tickets(ctx, clinic.ID, false, deskListed)
	if err != nil {
		return shown, fmt.Errorf("conversation: %w", err)
	}
	for _, t := range tickets {
		if t.Conversation == id {
			shown.Tickets = append(shown.Tickets, deskTicket(t))
		}
	}
	return shown, nil
}

func deskLine(l store.TranscriptLine) httpd.Line {
	line := httpd.Line{Patient: l.Patient, Text: l.Text, Origin: l.Origin, Labels: l.Labels, At: l.At}
	line.Note = string(l.Kind)
	if !l.Patient {
		line.Note = string(l.State)
		if l.Delivery != "" {
			line.Note = string(l.Delivery)
		}
	}
	return line
}

// Take implements [httpd.Pen].
func (d desk) Take(ctx context.Context, clinic frontdesk.Clinic, id frontdesk.ConversationID, by string) error {
	return d.engine.TakePen(ctx, conversation.Key{Clinic: clinic.ID, Conversation: id}, by)
}

// Write implements [httpd.Pen].
func (d desk) Write(ctx context.Context, clinic frontdesk.Clinic, id frontdesk.ConversationID, by, text string) error {
	return d.engine.Write(ctx, conversation.Key{Clinic: clinic.ID, Conversation: id}, by, text)
}

// Release implements [httpd.Pen].
func (d desk) Release(ctx context.Context, clinic frontdesk.Clinic, id frontdesk.ConversationID, by string) error {
	return d.engine.Release(ctx, conversation.Key{Clinic: clinic.ID, Conversation: id}, by, "", true)
}

// Approve implements [httpd.Approver].
func (d desk) Approve(ctx context.Context, clinic frontdesk.Clinic, source string, revision int, by string) error {
	_, err := d.ingest.Approve(ctx, clinic, source, revision, ingest.Approval{By: by})
	return err
}

// Withdraw implements [httpd.Approver].
func (d desk) Withdraw(ctx context.Context, clinic frontdesk.Clinic, source string, revision int, by string) error {
	_, err := d.ingest.Withdraw(ctx, clinic, source, revision, by)
	return err
}

// screened is what the page that tries the screens shows.
func screened(screens *guardrails.Screens) func(context.Context, string, frontdesk.Clinic) httpd.Screened {
	return func(ctx context.Context, text string, clinic frontdesk.Clinic) httpd.Screened {
		v := screens.Inbound(ctx, text, guardrails.Hints{Country: clinic.Country, ConversationLanguages: []string{clinic.Language}})
		return httpd.Screened{Labels: v.Labels, Language: v.Language, Percent: 100 * v.LanguageSure, Masked: v.Masked, Evidence: v.Evidence}
	}
}
