package main

import (
	"context"
	"fmt"
	"slices"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/handoff"
	"frontdesk/httpd"
	"frontdesk/staff"
	"frontdesk/store"
)

// Note implements [httpd.Sorter].
func (d desk) Note(ctx context.Context, who httpd.Person, id frontdesk.ConversationID, text string) error {
	return d.conversations.AddNote(ctx, conversation.Key{Clinic: who.Clinic.ID, Conversation: id}, string(who.User.ID), text)
}

// Sort implements [httpd.Sorter].
func (d desk) Sort(ctx context.Context, who httpd.Person, id frontdesk.ConversationID, s httpd.Sorting) error {
	if s.Assignee != "" {
		if _, _, err := d.db.LoadUser(ctx, who.Clinic.ID, staff.UserID(s.Assignee)); err != nil {
			return err
		}
	}
	if s.Team != "" && !slices.Contains(httpd.TeamsOf(who.Clinic), s.Team) {
		return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "There is no such team."}
	}
	return d.conversations.Sort(ctx, conversation.Key{Clinic: who.Clinic.ID, Conversation: id},
		store.Sorting{Assigned: s.Assignee, Team: s.Team, Tags: s.Tags, By: string(who.User.ID)})
}

// CloseTicket implements [httpd.Sorter].
func (d desk) CloseTicket(ctx context.Context, who httpd.Person, id frontdesk.TicketID) error {
	return d.conversations.CloseTicket(ctx, who.Clinic.ID, id, string(who.User.ID))
}

// SavedReplies implements [httpd.Replies].
func (d desk) SavedReplies(ctx context.Context, who httpd.Person) ([]httpd.SavedReply, error) {
	rows, err := d.db.SavedReplies(ctx, who.Clinic.ID)
	if err != nil {
		return nil, err
	}
	var replies []httpd.SavedReply
	for _, r := range rows {
		replies = append(replies, httpd.SavedReply{ID: r.ID, Name: r.Name, Language: r.Language, Text: r.Text, Author: r.Author})
	}
	return replies, nil
}

// SaveReply implements [httpd.Replies].
func (d desk) SaveReply(ctx context.Context, who httpd.Person, r httpd.SavedReply) error {
	return d.db.SaveReply(ctx, who.Clinic.ID, store.SavedReply{Name: r.Name, Language: r.Language, Text: r.Text, Author: who.User.Name})
}

// DeleteReply implements [httpd.Replies].
func (d desk) DeleteReply(ctx context.Context, who httpd.Person, id string) error {
	return d.db.DeleteReply(ctx, who.Clinic.ID, id)
}

// File implements [httpd.Files].
func (d desk) File(ctx context.Context, who httpd.Person, message frontdesk.MessageID) (content []byte, mime string, err error) {
	file, err := d.conversations.LoadMedia(ctx, who.Clinic.ID, message)
	if err != nil {
		return nil, "", err
	}
	err = d.db.Audit(ctx, who.Clinic.ID, staff.Entry{At: d.now(), Actor: who.User.Name, Action: "file.view", Target: string(message)})
	return file.Bytes, file.MIME, err
}

// Pulse implements [httpd.Live].
func (d desk) Pulse(ctx context.Context, clinic frontdesk.ClinicID, id frontdesk.ConversationID) (httpd.Pulse, error) {
	p, err := d.conversations.Pulse(ctx, clinic, id)
	return httpd.Pulse{Inbox: p.Inbox, Thread: p.Thread, Waiting: p.Waiting}, err
}

// Notices implements [httpd.Notices].
func (d desk) Notices(ctx context.Context, who httpd.Person) ([]httpd.Notice, error) {
	rows, err := d.db.ListNotices(ctx, who.Clinic.ID, d.now())
	if err != nil {
		return nil, err
	}
	var notices []httpd.Notice
	for _, n := range rows {
		notices = append(notices, httpd.Notice{ID: n.ID, Text: n.Text, By: n.PublishedBy, From: n.From, To: n.To})
	}
	return notices, nil
}

// Publish implements [httpd.Notices].
func (d desk) Publish(ctx context.Context, who httpd.Person, notice frontdesk.Notice) error {
	_, err := d.db.PublishNotice(ctx, who.Clinic.ID, notice, who.User.Name)
	return err
}

// EndNotice implements [httpd.Notices].
func (d desk) EndNotice(ctx context.Context, who httpd.Person, id string) error {
	return d.db.EndNotice(ctx, who.Clinic.ID, id, who.User.Name)
}

// Configure changes a clinic's settings.
func (d desk) Configure(ctx context.Context, who httpd.Person, what string, change func(*frontdesk.Settings) error) error {
	_, err := d.db.UpdateClinic(ctx, who.Clinic.ID, func(c *frontdesk.Clinic) error { return change(&c.Settings) })
	if err != nil {
		return fmt.Errorf("change settings: %w", err)
	}
	return d.db.Audit(ctx, who.Clinic.ID, staff.Entry{At: d.now(), Actor: who.User.Name, Action: "settings.change", Target: string(who.Clinic.ID), Detail: what})
}

// routedReasons are those for which a clinic may choose the team.
func routedReasons() []string {
	var names []string
	for _, r := range []handoff.Reason{
		handoff.ReasonAsked, handoff.ReasonUrgent, handoff.ReasonClinical, handoff.ReasonDistress, handoff.ReasonComplaint,
		handoff.ReasonPersonalRecord, handoff.ReasonBookingRequest, handoff.ReasonMedia, handoff.ReasonRepeatedFailure, handoff.ReasonLead, handoff.ReasonCallBack,
	} {
		names = append(names, string(r))
	}
	return names
}
