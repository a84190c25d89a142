package httpd

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"frontdesk"
)

// Sorter keeps what staff know beside a conversation.
type Sorter interface {
	Note(ctx context.Context, who Person, id frontdesk.ConversationID, text string) error
	Sort(ctx context.Context, who Person, id frontdesk.ConversationID, sorting Sorting) error
	// CloseTicket closes one that leaves the pen alone, such as a delivery to look at.
	CloseTicket(ctx context.Context, who Person, id frontdesk.TicketID) error
}

// Sorting is where a conversation belongs.
type Sorting struct {
	Assignee string // user id, "" for nobody
	Team     string
	Tags     []string
}

// Replies keeps texts that staff often write.
type Replies interface {
	SavedReplies(ctx context.Context, who Person) ([]SavedReply, error)
	SaveReply(ctx context.Context, who Person, reply SavedReply) error
	DeleteReply(ctx context.Context, who Person, id string) error
}

// Files reads what patients sent. The name and type are the sender's word only.
type Files interface {
	File(ctx context.Context, who Person, message frontdesk.MessageID) (bytes []byte, mime string, err error)
}

// Bounds of what staff write beside a conversation.
const (
	maxNote = 2000
	maxTag  = 30
	maxTags = 12
)

func (s *Server) note(c *gin.Context) {
	text := strings.TrimSpace(c.PostForm("text"))
	s.change(c, func(ctx context.Context, person Person, id frontdesk.ConversationID) error {
		if text == "" || len([]rune(text)) > maxNote {
			return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: s.phrases.text(s.language(c), "thread.note_length")}
		}
		return s.o.Sorter.Note(ctx, person, id, text)
	})
}

func (s *Server) sort(c *gin.Context) {
	sorting := Sorting{Assignee: c.PostForm("assignee"), Team: c.PostForm("team"), Tags: tags(c.PostForm("tags"))}
	s.change(c, func(ctx context.Context, person Person, id frontdesk.ConversationID) error {
		return s.o.Sorter.Sort(ctx, person, id, sorting)
	})
}

// tags reads a list of tags: small letters, without "#", each once.
func tags(text string) []string {
	var list []string
	for _, tag := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r == ',' || r == '#' || r == '\n' }) {
		if tag = strings.TrimSpace(tag); tag != "" && len([]rune(tag)) <= maxTag && !slices.Contains(list, tag) && len(list) < maxTags {
			list = append(list, tag)
		}
	}
	return list
}

func (s *Server) closeTicket(c *gin.Context) {
	s.change(c, func(ctx context.Context, person Person, _ frontdesk.ConversationID) error {
		return s.o.Sorter.CloseTicket(ctx, person, frontdesk.TicketID(c.PostForm("ticket")))
	})
}

// why shows what decided a turn.
func (s *Server) why(c *gin.Context) {
	why, err := s.o.Inbox.Why(c.Request.Context(), who(c), frontdesk.TurnID(c.Param("turn")))
	if err != nil {
		s.fail(c, err)
		return
	}
	data := gin.H{"Why": why}
	if c.GetHeader("HX-Request") != "" {
		s.renderPart(c, http.StatusOK, "why", "why", data)
		return
	}
	s.render(c, http.StatusOK, "why", data)
}

// file gives out what a patient sent, in a sandbox of its own: whatever it is, it
// runs nothing and reaches nothing here. Only pictures are shown, the rest is saved.
func (s *Server) file(c *gin.Context) {
	bytes, kind, err := s.o.Files.File(c.Request.Context(), who(c), frontdesk.MessageID(c.Param("message")))
	if err != nil {
		s.fail(c, err)
		return
	}
	sniffed := http.DetectContentType(bytes)
	disposition := "attachment"
	switch sniffed {
	case "image/jpeg", "image/png", "image/webp", "image/gif":
		kind, disposition = sniffed, "inline"
	default:
		if strings.HasPrefix(kind, "audio/") && !strings.Contains(sniffed, "text") {
			disposition = "inline"
		} else {
			kind = "application/octet-stream"
		}
	}
	c.Header("Content-Security-Policy", "default-src 'none'; sandbox")
	c.Header("Content-Disposition", disposition)
	c.Data(http.StatusOK, kind, bytes)
}

func (s *Server) replies(c *gin.Context) {
	saved, err := s.o.Replies.SavedReplies(c.Request.Context(), who(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, http.StatusOK, "replies", gin.H{"Saved": saved})
}

func (s *Server) saveReply(c *gin.Context) {
	reply := SavedReply{Name: strings.TrimSpace(c.PostForm("name")), Language: strings.ToLower(strings.TrimSpace(c.PostForm("language"))), Text: strings.TrimSpace(c.PostForm("text"))}
	if reply.Name == "" || len(reply.Name) > maxTag*4 || reply.Language == "" || len(reply.Language) > 12 || reply.Text == "" || len([]rune(reply.Text)) > maxWritten {
		s.fail(c, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: s.phrases.text(s.language(c), "replies.invalid")})
		return
	}
	if err := s.o.Replies.SaveReply(c.Request.Context(), who(c), reply); err != nil {
		s.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/console/replies")
}

func (s *Server) deleteReply(c *gin.Context) {
	if err := s.o.Replies.DeleteReply(c.Request.Context(), who(c), c.PostForm("reply")); err != nil {
		s.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/console/replies")
}
