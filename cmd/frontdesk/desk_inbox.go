package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/httpd"
	"frontdesk/language"
	"frontdesk/staff"
	"frontdesk/store"
)

// appHolder holds the pen of a conversation that staff answered in the channel's
// own app.
const appHolder = "app"

// idleHolder is who gives conversations back that staff left.
const idleHolder = "frontdesk"

// names are a clinic's users by id.
type names map[string]string

func (d desk) names(ctx context.Context, clinic frontdesk.ClinicID) (names, []staff.User, error) {
	users, err := d.db.Users(ctx, clinic)
	if err != nil {
		return nil, nil, err
	}
	byID := names{appHolder: "WhatsApp", idleHolder: "Frontdesk"}
	for _, u := range users {
		byID[string(u.ID)] = u.Name
	}
	return byID, users, nil
}

// of is the name of whoever has an id; what is no id stands for itself.
func (n names) of(id string) string { return cmp.Or(n[id], id) }

// List implements [httpd.Inbox].
func (d desk) List(ctx context.Context, who httpd.Person, view httpd.View) (httpd.List, error) {
	var list httpd.List
	query := store.InboxQuery{Kind: store.InboxKind(view.Name), User: who.User.ID, Teams: who.User.Teams, Tag: view.Tag, Limit: deskListed}
	if view.Search != "" {
		found, err := d.find(ctx, who.Clinic, view.Search)
		if err != nil {
			return list, err
		}
		query.Found = found
	}
	rows, err := d.conversations.Inbox(ctx, who.Clinic.ID, query)
	if err != nil {
		return list, err
	}
	counts, err := d.conversations.InboxCounts(ctx, who.Clinic.ID, who.User.ID, who.User.Teams)
	if err != nil {
		return list, err
	}
	byID, _, err := d.names(ctx, who.Clinic.ID)
	if err != nil {
		return list, err
	}
	list.Counts = map[string]int{}
	for kind, count := range counts {
		list.Counts[string(kind)] = count
	}
	for _, row := range rows {
		list.Items = append(list.Items, d.item(row, who, byID))
	}
	return list, nil
}

// find returns the conversations that hold all words of a search, in the clinic's
// language or as they stand.
func (d desk) find(ctx context.Context, clinic frontdesk.Clinic, words string) ([]frontdesk.ConversationID, error) {
	found := []frontdesk.ConversationID{}
	tried := map[string]bool{}
	detected := language.Detect(words)
	for _, tag := range []string{clinic.Language, detected.Tag, "en", "fr"} {
		stems := language.Terms(tag, words)
		key := strings.Join(stems, " ")
		if key == "" || tried[key] {
			continue
		}
		tried[key] = true
		hits, err := d.conversations.FindMessages(ctx, clinic.ID, stems, deskListed)
		if err != nil {
			return nil, err
		}
		for _, hit := range hits {
			if !slices.Contains(found, hit) {
				found = append(found, hit)
			}
		}
	}
	return found, nil
}

func (d desk) item(row store.InboxRow, who httpd.Person, byID names) httpd.Item {
	holder := cmp.Or(row.TakenBy, row.AssignedTo)
	return httpd.Item{
		Conversation: row.Conversation, Name: contactName(row), Language: row.Language, Team: row.Team, Priority: row.Priority, Reason: row.Reason,
		Quiet: row.Quiet, Pen: row.Pen, Opened: row.Opened, Last: row.Last, Due: row.Due,
		Overdue: row.Ticket != "" && row.Taken.IsZero() && row.Closed.IsZero() && !row.Due.IsZero() && row.Due.Before(d.now()),
		By:      byID.of(holder), Mine: holder == string(who.User.ID), Closed: !row.Closed.IsZero(), CloseReason: row.CloseReason,
		Preview: row.Preview, PreviewKind: row.PreviewKind, Ours: row.PreviewOurs, Tags: row.Tags,
	}
}

// contactName is how staff know a contact: the clinic's own name for them, else
// the one that they gave themselves, else the end of their number.
func contactName(row store.InboxRow) string {
	return cmp.Or(row.Name, row.Profile, shortPhone(row.Phone), "…"+string(row.Contact)[max(0, len(row.Contact)-4):])
}

// shortPhone is the end of a number: enough to recognise somebody, not to call them.
func shortPhone(phone string) string {
	if len(phone) < 6 {
		return ""
	}
	return "+… " + phone[len(phone)-4:len(phone)-2] + " " + phone[len(phone)-2:]
}

// Thread implements [httpd.Inbox].
func (d desk) Thread(ctx context.Context, who httpd.Person, id frontdesk.ConversationID) (httpd.Thread, error) {
	key := conversation.Key{Clinic: who.Clinic.ID, Conversation: id}
	shown := httpd.Thread{ID: id}
	work, err := d.conversations.Peek(ctx, key)
	if err != nil {
		return shown, fmt.Errorf("conversation: %w", err)
	}
	byID, users, err := d.names(ctx, who.Clinic.ID)
	if err != nil {
		return shown, err
	}
	rows, err := d.conversations.Inbox(ctx, who.Clinic.ID, store.InboxQuery{Kind: store.InboxEverything, Found: []frontdesk.ConversationID{id}, Limit: 1})
	if err != nil {
		return shown, err
	}
	if len(rows) == 1 {
		shown.Contact = rows[0].Contact
		shown.Name, shown.Phone, shown.Tags = contactName(rows[0]), shortPhone(rows[0].Phone), rows[0].Tags
		shown.Assignee, shown.Team = rows[0].AssignedTo, rows[0].Team
		shown.Holder, shown.Mine = byID.of(rows[0].TakenBy), work.Pen == frontdesk.PenPerson && rows[0].TakenBy == string(who.User.ID)
	}
	shown.Pen, shown.Language = work.Pen, cmp.Or(work.Contact.Language, work.State.Language, who.Clinic.Language)
	shown.WindowEnds = work.Window.Add(conversation.Window)
	shown.WindowOpen = shown.WindowEnds.After(d.now())
	for _, u := range users {
		if u.Disabled.IsZero() && u.Role.May(staff.RightReply) {
			shown.Colleagues = append(shown.Colleagues, httpd.Colleague{ID: string(u.ID), Name: u.Name})
		}
	}
	shown.Teams = httpd.TeamsOf(who.Clinic)
	if shown.Saved, err = d.SavedReplies(ctx, who); err != nil {
		return shown, err
	}
	if shown.Form, err = frontdesk.NewID(d.now(), rand.Reader); err != nil {
		return shown, err
	}
	if err := d.threadTickets(ctx, &shown, who, byID); err != nil {
		return shown, err
	}
	return shown, d.threadLines(ctx, &shown, key, byID)
}

func (d desk) threadTickets(ctx context.Context, shown *httpd.Thread, who httpd.Person, byID names) error {
	tickets, err := d.conversations.TicketsOf(ctx, conversation.Key{Clinic: who.Clinic.ID, Conversation: shown.ID})
	if err != nil {
		return fmt.Errorf("tickets of conversation: %w", err)
	}
	for _, t := range tickets {
		shown.Tickets = append(shown.Tickets, httpd.Ticket{
			ID: t.ID, Team: t.Team, Priority: t.Priority, Reason: t.Reason, Summary: t.Summary, Opened: t.Opened, By: byID.of(t.By), Quiet: t.Quiet,
			Due: t.Due, Overdue: t.Taken.IsZero() && !t.Due.IsZero() && t.Due.Before(d.now()),
		})
	}
	return nil
}

// threadLines merges messages and notes by time.
func (d desk) threadLines(ctx context.Context, shown *httpd.Thread, key conversation.Key, byID names) error {
	lines, err := d.conversations.Transcript(ctx, key, deskLines)
	if err != nil {
		return fmt.Errorf("transcript: %w", err)
	}
	for _, l := range lines {
		line := threadLine(l, byID)
		shown.Lines = append(shown.Lines, line)
		if line.Side == "staff" && line.At.After(shown.Seen) {
			shown.Seen = line.At
		}
	}
	notes, err := d.conversations.Notes(ctx, key, deskLines)
	if err != nil {
		return fmt.Errorf("notes: %w", err)
	}
	for _, n := range notes {
		shown.Lines = append(shown.Lines, httpd.Line{ID: n.ID, Side: n.Kind, Author: byID.of(n.Author), Text: n.Text, At: n.At})
	}
	slices.SortStableFunc(shown.Lines, func(a, b httpd.Line) int { return a.At.Compare(b.At) })
	return nil
}

func threadLine(l store.TranscriptLine, byID names) httpd.Line {
	line := httpd.Line{
		ID: string(l.ID), Text: l.Text, Kind: l.Kind, Buttons: l.Buttons, Labels: l.Labels, Turn: l.Turn, At: l.At,
		File: l.Patient && l.Kind.HasMedia(), Picture: l.Kind == frontdesk.KindImage, Author: byID.of(l.Author),
	}
	switch {
	case l.Patient:
		line.Side = "patient"
	case l.Kind != "":
		line.Side = "app"
	case l.Origin == frontdesk.OriginStaff || l.Origin == frontdesk.OriginTemplate && l.Author != "":
		line.Side = "staff"
	default:
		line.Side = "assistant"
	}
	if !l.Patient && l.Kind == "" {
		line.State = cmp.Or(string(l.Delivery), string(l.State))
	}
	return line
}

// Why implements [httpd.Inbox].
func (d desk) Why(ctx context.Context, who httpd.Person, turn frontdesk.TurnID) (httpd.Why, error) {
	row, err := d.conversations.TurnRecord(ctx, who.Clinic.ID, turn)
	if err != nil {
		return httpd.Why{}, err
	}
	why := httpd.Why{
		Turn: turn, At: row.At, Outcome: string(row.Outcome), Mode: string(row.Mode), Language: row.Language, Labels: row.Labels, Record: row.Record,
	}
	var ids []frontdesk.PassageID
	score, used := map[frontdesk.PassageID]float64{}, map[frontdesk.PassageID]bool{}
	for _, p := range row.Record.Passages {
		ids, score[p.Passage] = append(ids, p.Passage), p.Score
	}
	for _, id := range row.Record.Cited {
		if used[id] = true; !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	ids = slices.DeleteFunc(ids, func(id frontdesk.PassageID) bool { return len(id) != 36 }) // facts that staff typed have no passage
	passages, err := d.db.Passages(ctx, who.Clinic.ID, ids)
	if err != nil {
		return why, err
	}
	for _, p := range passages {
		why.Citations = append(why.Citations, httpd.Cited{Source: p.Name, Revision: p.Number, Page: p.Page, Text: p.Text, Score: score[p.ID], Used: used[p.ID]})
	}
	slices.SortFunc(why.Citations, func(a, b httpd.Cited) int { return cmp.Compare(b.Score, a.Score) })
	return why, nil
}

// Take implements [httpd.Pen].
func (d desk) Take(ctx context.Context, who httpd.Person, id frontdesk.ConversationID) error {
	return d.engine.TakePen(ctx, conversation.Key{Clinic: who.Clinic.ID, Conversation: id}, string(who.User.ID))
}

// Write implements [httpd.Pen].
func (d desk) Write(ctx context.Context, who httpd.Person, id frontdesk.ConversationID, written httpd.Written) error {
	key := conversation.Key{Clinic: who.Clinic.ID, Conversation: id}
	words := conversation.Words{Author: string(who.User.ID), Text: written.Text, Form: written.Form, Seen: written.Seen}
	if written.Template != nil {
		return d.writeTemplate(ctx, key, words, *written.Template)
	}
	return d.engine.Write(ctx, key, words)
}

// Release implements [httpd.Pen].
func (d desk) Release(ctx context.Context, who httpd.Person, id frontdesk.ConversationID, release httpd.Release) error {
	return d.engine.Release(ctx, conversation.Key{Clinic: who.Clinic.ID, Conversation: id}, conversation.HandBack{
		By: string(who.User.ID), Note: release.Note, Done: release.Done, Reason: release.Reason,
	})
}
