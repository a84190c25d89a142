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

// Reader is what the console shows of a clinic.
type Reader interface {
	Overview(ctx context.Context, clinic frontdesk.Clinic) (Overview, error)
	Conversation(ctx context.Context, clinic frontdesk.Clinic, id frontdesk.ConversationID) (Conversation, error)
}

// Pen is what staff do with a conversation. Take gives the pen to a person, Write
// sends a person's words, Release gives the pen back and closes the ticket.
type Pen interface {
	Take(ctx context.Context, clinic frontdesk.Clinic, id frontdesk.ConversationID, by string) error
	Write(ctx context.Context, clinic frontdesk.Clinic, id frontdesk.ConversationID, by, text string) error
	Release(ctx context.Context, clinic frontdesk.Clinic, id frontdesk.ConversationID, by string) error
}

// Approver is what staff do with a revision of a source.
type Approver interface {
	Approve(ctx context.Context, clinic frontdesk.Clinic, source string, revision int, by string) error
	Withdraw(ctx context.Context, clinic frontdesk.Clinic, source string, revision int, by string) error
}

// Overview is a clinic's first page.
type Overview struct {
	Tickets []Ticket
	Sources []Source
	Gaps    []Gap
}

// Ticket is a handover in a list.
type Ticket struct {
	Conversation frontdesk.ConversationID
	Team         string
	Priority     frontdesk.Priority
	Reason       string
	Summary      string
	Opened       time.Time
	By           string // who took it, "" if nobody yet
}

// Source is the newest revision of a source.
type Source struct {
	Name       string
	Revision   int
	Status     string
	ApprovedBy string
	Warnings   []string
	Unread     []int
}

// Gap is a question that approved content did not answer.
type Gap struct {
	Question string
	Language string
	At       time.Time
}

// Conversation is one conversation as staff read it.
type Conversation struct {
	Pen     frontdesk.Pen
	Tickets []Ticket
	Lines   []Line
}

// Line is one message.
type Line struct {
	Patient bool
	Text    string
	Note    string // kind of a message without text, or how far ours came
	Origin  frontdesk.Origin
	Labels  []frontdesk.Label
	At      time.Time
}

// clinicOf finds the clinic of a console route; it answers the request itself
// when there is none.
func (s *Server) clinicOf(c *gin.Context) (frontdesk.Clinic, bool) {
	clinic, err := s.o.Clinics.FindClinic(c.Request.Context(), c.Param("clinic"))
	if err != nil {
		s.fail(c, err)
		return clinic, false
	}
	return clinic, true
}

func (s *Server) clinics(c *gin.Context) {
	clinics, err := s.o.Clinics.ListClinics(c.Request.Context())
	if err != nil {
		s.fail(c, err)
		return
	}
	if len(clinics) == 1 {
		c.Redirect(http.StatusSeeOther, clinicPath(clinics[0]))
		return
	}
	s.render(c, http.StatusOK, "clinics", gin.H{"Clinics": clinics})
}

func (s *Server) overview(c *gin.Context) {
	clinic, ok := s.clinicOf(c)
	if !ok {
		return
	}
	overview, err := s.o.Reader.Overview(c.Request.Context(), clinic)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, http.StatusOK, "overview", gin.H{"Clinic": clinic, "Overview": overview})
}

func (s *Server) conversation(c *gin.Context) {
	clinic, ok := s.clinicOf(c)
	if !ok {
		return
	}
	id := frontdesk.ConversationID(c.Param("conversation"))
	conversation, err := s.o.Reader.Conversation(c.Request.Context(), clinic, id)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, http.StatusOK, "conversation", gin.H{"Clinic": clinic, "ID": id, "Conversation": conversation})
}

func (s *Server) takeConversation(c *gin.Context) {
	s.change(c, func(ctx context.Context, clinic frontdesk.Clinic, id frontdesk.ConversationID, by string) error {
		return s.o.Pen.Take(ctx, clinic, id, by)
	})
}

func (s *Server) releaseConversation(c *gin.Context) {
	s.change(c, func(ctx context.Context, clinic frontdesk.Clinic, id frontdesk.ConversationID, by string) error {
		return s.o.Pen.Release(ctx, clinic, id, by)
	})
}

func (s *Server) writeConversation(c *gin.Context) {
	text := strings.TrimSpace(c.PostForm("text"))
	s.change(c, func(ctx context.Context, clinic frontdesk.Clinic, id frontdesk.ConversationID, by string) error {
		if text == "" || len([]rune(text)) > maxWritten {
			return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "A message has 1 to 4,096 characters."}
		}
		return s.o.Pen.Write(ctx, clinic, id, by, text)
	})
}

// change does one thing with a conversation in the name of the person signed in
// and shows the conversation again.
func (s *Server) change(c *gin.Context, do func(context.Context, frontdesk.Clinic, frontdesk.ConversationID, string) error) {
	clinic, ok := s.clinicOf(c)
	if !ok {
		return
	}
	id := frontdesk.ConversationID(c.Param("conversation"))
	if err := do(c.Request.Context(), clinic, id, personOf(c)); err != nil {
		s.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, clinicPath(clinic)+"/conversations/"+string(id))
}

func (s *Server) approveSource(c *gin.Context)  { s.changeSource(c, s.o.Approver.Approve) }
func (s *Server) withdrawSource(c *gin.Context) { s.changeSource(c, s.o.Approver.Withdraw) }

func (s *Server) changeSource(c *gin.Context, do func(context.Context, frontdesk.Clinic, string, int, string) error) {
	clinic, ok := s.clinicOf(c)
	if !ok {
		return
	}
	var form struct {
		Source   string `form:"source"   binding:"required"`
		Revision int    `form:"revision" binding:"required,min=1"`
	}
	if err := c.ShouldBind(&form); err != nil {
		s.fail(c, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "Which revision of which source?", Err: err})
		return
	}
	if err := do(c.Request.Context(), clinic, form.Source, form.Revision, personOf(c)); err != nil {
		s.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, clinicPath(clinic))
}

// tryScreen shows what the screens say of a text, and why.
func (s *Server) tryScreen(c *gin.Context) {
	clinic, ok := s.clinicOf(c)
	if !ok {
		return
	}
	data := gin.H{"Clinic": clinic}
	if text := c.PostForm("text"); text != "" && len(text) <= 4*maxWritten {
		data["Text"], data["Verdict"] = text, s.o.Screen(c.Request.Context(), text, clinic)
	}
	s.render(c, http.StatusOK, "screen", data)
}
