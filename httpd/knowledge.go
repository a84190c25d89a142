package httpd

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"frontdesk"
)

// Approver is what staff do with a revision of a source.
type Approver interface {
	Approve(ctx context.Context, who Person, change SourceChange) error
	Withdraw(ctx context.Context, who Person, change SourceChange) error
}

// SourceChange names a revision and when it holds.
type SourceChange struct {
	Source             string
	Revision           int
	Effective, Expires time.Time
	Comment            string
}

// Library reads the clinic's content.
type Library interface {
	Sources(ctx context.Context, who Person) ([]Source, error)
	Gaps(ctx context.Context, who Person) ([]Gap, error)
}

// Source is the newest revision of a source.
type Source struct {
	Name       string
	Kind       string
	URL        string
	Revision   int
	Live       int // the revision that answers now, 0 if none
	Status     string
	Language   string
	Pages      int
	Passages   int
	ApprovedBy string
	Created    time.Time
	Effective  time.Time
	Expires    time.Time
	Warnings   []string
	Unread     []int
}

// Gap is a question that approved content did not answer.
type Gap struct {
	ID       string
	Question string
	Language string
	At       time.Time
}

func (s *Server) knowledge(c *gin.Context) {
	sources, err := s.o.Library.Sources(c.Request.Context(), who(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, http.StatusOK, "knowledge", gin.H{"Sources": sources})
}

func (s *Server) approve(c *gin.Context)  { s.changeSource(c, s.o.Approver.Approve) }
func (s *Server) withdraw(c *gin.Context) { s.changeSource(c, s.o.Approver.Withdraw) }

func (s *Server) changeSource(c *gin.Context, do func(context.Context, Person, SourceChange) error) {
	var form struct {
		Source   string `form:"source"   binding:"required"`
		Revision int    `form:"revision" binding:"required,min=1"`
	}
	if err := c.ShouldBind(&form); err != nil {
		s.fail(c, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: s.phrases.text(s.language(c), "knowledge.which"), Err: err})
		return
	}
	if err := do(c.Request.Context(), who(c), SourceChange{Source: form.Source, Revision: form.Revision}); err != nil {
		s.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/console/knowledge")
}

func (s *Server) gaps(c *gin.Context) {
	gaps, err := s.o.Library.Gaps(c.Request.Context(), who(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, http.StatusOK, "gaps", gin.H{"Gaps": gaps})
}
