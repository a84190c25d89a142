package httpd

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"frontdesk"
)

// Screened is what the screens say of a text, for the page that tries them.
type Screened struct {
	Labels   []frontdesk.Label
	Language string
	Percent  float64 // how sure of the language
	Masked   string
	Evidence []string
}

// Screener puts a text to the screens.
type Screener func(ctx context.Context, text string, clinic frontdesk.Clinic) Screened

func (s *Server) tryPage(c *gin.Context) {
	data := gin.H{"Dialogue": tryID(s.o.Now())}
	if c.Query("source") != "" {
		page, err := s.triedSource(c, c.Query("source"), c.Query("revision"))
		if err != nil {
			s.fail(c, err)
			return
		}
		data["With"] = page.Source
	}
	s.render(c, http.StatusOK, "try", data)
}

// triedSource finds the revision that is tried as if it were live.
func (s *Server) triedSource(c *gin.Context, name, revision string) (SourcePage, error) {
	number, err := strconv.Atoi(revision)
	if err != nil || number < 1 {
		return SourcePage{}, s.wrong(c, "knowledge.which", err)
	}
	return s.o.Library.Source(c.Request.Context(), who(c), name, number)
}

// tryID names a dialogue of the playground; each visit to the page begins a new one.
func tryID(at time.Time) string { return "try " + at.UTC().Format(time.RFC3339Nano) }

// tryAsk asks the assistant as a patient would. Nothing of it is real.
func (s *Server) tryAsk(c *gin.Context) {
	person := who(c)
	in := AskIn{Text: strings.TrimSpace(c.PostForm("text")), Tap: c.PostForm("tap"), First: c.PostForm("first") != ""}
	if in.Text == "" && in.Tap == "" || len([]rune(in.Text)) > maxWritten {
		s.fail(c, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: s.phrases.text(s.language(c), "thread.length")})
		return
	}
	if name := c.PostForm("source"); name != "" {
		page, err := s.triedSource(c, name, c.PostForm("revision"))
		if err != nil {
			s.fail(c, err)
			return
		}
		for _, r := range page.Revisions {
			if r.Revision == page.Live {
				in.Without = append(in.Without, r.ID)
			}
		}
		in.Drafts = []frontdesk.RevisionID{page.ID}
	}
	in.Conversation = string(person.User.ID) + " " + c.PostForm("dialogue")
	if at, err := time.ParseInLocation("2006-01-02T15:04", c.PostForm("at"), person.Clinic.Location()); err == nil {
		in.At = at
	}
	out, err := Asker(s.o.Try, person.Clinic)(c.Request.Context(), in)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.renderPart(c, http.StatusOK, "try", "answer", gin.H{"In": in, "Out": out})
}

// tryScreen shows what the screens say of a text, and why.
func (s *Server) tryScreen(c *gin.Context) {
	data := gin.H{"Dialogue": tryID(s.o.Now())}
	if text := c.PostForm("text"); text != "" && len(text) <= 4*maxWritten {
		data["ScreenText"], data["Verdict"] = text, s.o.Screen(c.Request.Context(), text, who(c).Clinic)
	}
	s.render(c, http.StatusOK, "try", data)
}
