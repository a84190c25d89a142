package httpd

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"frontdesk"
)

// maxWritten is how many characters one message may have: WhatsApp's limit.
const maxWritten = 4096

// Pen is what staff do with a conversation. Take gives the pen to a person, Write
// sends a person's words, Release gives the pen back.
type Pen interface {
	Take(ctx context.Context, who Person, id frontdesk.ConversationID) error
	Write(ctx context.Context, who Person, id frontdesk.ConversationID, written Written) error
	Release(ctx context.Context, who Person, id frontdesk.ConversationID, release Release) error
}

// Written is what somebody typed.
type Written struct {
	Text     string
	Template *Filling  // a template instead of a text
	Form     string    // of the form, so that it sends once
	Seen     time.Time // the newest message of a colleague that they saw
}

// Filling is a template with what somebody filled in.
type Filling struct {
	Name, Language string
	Values         map[string]string // by variable
}

// Release says how a conversation is given back.
type Release struct {
	Done   bool   // closes the ticket
	Reason string // why it is closed
	Note   string // for the assistant's record and the next colleague
}

// Thread is one conversation as staff read it.
type Thread struct {
	ID         frontdesk.ConversationID
	Contact    frontdesk.ContactID
	Name       string
	Phone      string // its last digits
	Language   string
	RTL        bool
	Pen        frontdesk.Pen
	Holder     string // who has the pen or the ticket
	Mine       bool   // the person holds the pen
	Tickets    []Ticket
	Lines      []Line
	Tags       []string
	WindowEnds time.Time // free text may be sent until then
	WindowOpen bool
	Seen       time.Time // newest message of a member of staff
	Assignee   string    // user id
	Team       string
	Colleagues []Colleague
	Teams      []string
	Saved      []SavedReply
	Form       string
}

// Ticket is a handover.
type Ticket struct {
	ID       frontdesk.TicketID
	Team     string
	Priority frontdesk.Priority
	Reason   string
	Summary  string
	Opened   time.Time
	Due      time.Time
	Overdue  bool
	By       string
	Quiet    bool
}

// Line is one message, or a note that the patient does not see.
type Line struct {
	ID      string
	Side    string // patient, assistant, staff, app, note, instruction
	Author  string
	Text    string
	Kind    frontdesk.MessageKind
	File    bool   // there is a file to open
	Picture bool   // that a browser shows
	State   string // how far ours came
	Buttons []frontdesk.Button
	Labels  []frontdesk.Label
	Turn    frontdesk.TurnID
	Day     string // set on the first line of a day
	At      time.Time
}

// Colleague is somebody to whom a conversation can be assigned.
type Colleague struct{ ID, Name string }

// SavedReply is a text that staff often write.
type SavedReply struct {
	ID, Name, Language, Text string
	Author                   string
}

// Why is what decided a turn.
type Why struct {
	Turn      frontdesk.TurnID
	At        time.Time
	Outcome   string
	Mode      string
	Language  string
	Labels    []frontdesk.Label
	Record    frontdesk.Record
	Citations []Cited
}

// Cited is a passage that an answer rests on, or that was looked at.
type Cited struct {
	Source   string
	Revision int
	Page     int
	Text     string
	Score    float64
	Used     bool
}

func conversationOf(c *gin.Context) frontdesk.ConversationID {
	return frontdesk.ConversationID(c.Param("conversation"))
}

// thread shows a conversation beside the inbox; htmx asks for its lines alone.
func (s *Server) thread(c *gin.Context) {
	thread, err := s.o.Inbox.Thread(c.Request.Context(), who(c), conversationOf(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.days(c, &thread)
	data := gin.H{"Thread": thread, "Now": s.o.Now(), "Open": string(thread.ID), "View": viewOf(c)}
	if part := c.GetHeader("HX-Target"); part != "" && c.GetHeader("HX-Boosted") == "" {
		s.renderPart(c, http.StatusOK, "inbox", "live", data)
		return
	}
	person := who(c)
	if err := s.o.Auditor.Audit(c.Request.Context(), person.Clinic.ID, s.entry(person, "conversation.view", string(thread.ID), "")); err != nil {
		s.fail(c, err)
		return
	}
	listed, ok := s.listed(c)
	if !ok {
		return
	}
	for key, value := range listed {
		data[key] = value
	}
	s.render(c, http.StatusOK, "inbox", data)
}

// days marks the first line of each day.
func (s *Server) days(c *gin.Context, thread *Thread) {
	person, language, last := who(c), s.language(c), ""
	now := s.o.Now().In(person.Clinic.Location())
	for i := range thread.Lines {
		at := thread.Lines[i].At.In(person.Clinic.Location())
		day := at.Format(time.DateOnly)
		if day == last {
			continue
		}
		last = day
		switch day {
		case now.Format(time.DateOnly):
			thread.Lines[i].Day = s.phrases.text(language, "time.today")
		case now.AddDate(0, 0, -1).Format(time.DateOnly):
			thread.Lines[i].Day = s.phrases.text(language, "time.yesterday")
		default:
			thread.Lines[i].Day = at.Format("02/01/2006")
		}
	}
}

func (s *Server) take(c *gin.Context) {
	s.change(c, func(ctx context.Context, person Person, id frontdesk.ConversationID) error {
		return s.o.Pen.Take(ctx, person, id)
	})
}

func (s *Server) write(c *gin.Context) {
	written := Written{Text: strings.TrimSpace(c.PostForm("text")), Template: fillingOf(c), Form: c.PostForm("form")}
	if seen, err := time.Parse(time.RFC3339Nano, c.PostForm("seen")); err == nil {
		written.Seen = seen
	}
	s.change(c, func(ctx context.Context, person Person, id frontdesk.ConversationID) error {
		if written.Template == nil && (written.Text == "" || len([]rune(written.Text)) > maxWritten) {
			return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: s.phrases.text(s.language(c), "thread.length")}
		}
		return s.o.Pen.Write(ctx, person, id, written)
	})
}

func (s *Server) release(c *gin.Context) {
	release := Release{Done: c.PostForm("keep") == "", Reason: c.PostForm("reason"), Note: strings.TrimSpace(c.PostForm("note"))}
	s.change(c, func(ctx context.Context, person Person, id frontdesk.ConversationID) error {
		return s.o.Pen.Release(ctx, person, id, release)
	})
}

// change does one thing with a conversation in the name of the person signed in
// and shows the conversation again.
func (s *Server) change(c *gin.Context, do func(context.Context, Person, frontdesk.ConversationID) error) {
	id := conversationOf(c)
	if err := do(c.Request.Context(), who(c), id); err != nil {
		s.fail(c, err)
		return
	}
	target := "/console/conversations/" + string(id)
	if view := c.Query("view"); view != "" {
		target += "?view=" + viewOf(c).Name
	}
	c.Redirect(http.StatusSeeOther, target)
}
