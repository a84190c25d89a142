package httpd

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"frontdesk"
	"frontdesk/ingest"
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
	Comment            string // of the person, may be empty
}

// Library reads the clinic's content.
type Library interface {
	Sources(ctx context.Context, who Person) ([]Source, error)
	// Source returns one with its words; revision 0 is the newest.
	Source(ctx context.Context, who Person, name string, revision int) (SourcePage, error)
	Gaps(ctx context.Context, who Person) ([]GapGroup, error)
}

// Editor adds to the clinic's content.
type Editor interface {
	Add(ctx context.Context, who Person, addition Addition) (Added, error)
	// Answer makes an approved FAQ of a question and takes the gaps off the list.
	Answer(ctx context.Context, who Person, answer Answer) error
	// Dismiss takes gaps off the list.
	Dismiss(ctx context.Context, who Person, gaps []string) error
}

// Addition is a file or an address to read.
type Addition struct {
	Name    string
	Bytes   []byte
	URL     string
	Approve bool // at once, by whoever may
	Again   bool // a page that is there already; nobody is its author
}

// Added is what became of an addition.
type Added struct {
	Source   string
	Revision int
	Status   string // draft, live, unchanged or rejected
	Code     string // why it was refused, "" if it was not
	Reason   string
	Passages int
}

// Answer is a question with the clinic's answer.
type Answer struct {
	Question, Text, Language string
	Gaps                     []string
}

// Source is the newest revision of a source.
type Source struct {
	ID         frontdesk.RevisionID
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
	Doubtful   []int  // pages to compare with the document
	AddedBy    string // "system": the service read it by itself
	DecidedBy  string
	Comment    string
	Checked    time.Time // the page was looked at
	Next       time.Time // and is again
	CheckCode  string    // why the last look failed
}

// SourcePage is a source with one revision's words.
type SourcePage struct {
	Source
	Revisions []Source
	Texts     []SourceText
	Editable  bool // its questions and answers may be changed here
	Diff      []DiffLine
	Facts     []string
	Answers   []SourceAnswer
}

// SourceText is a passage.
type SourceText struct {
	Page     int
	Headings string
	Question string
	Text     string
}

// DiffLine is a passage that came ("+") or went ("-").
type DiffLine struct{ Sign, Text string }

// SourceAnswer is an answer that rested on a source.
type SourceAnswer struct {
	Conversation frontdesk.ConversationID
	At           time.Time
	Revision     int
	Page         int
}

// GapGroup is a question that approved content did not answer, with those of the
// same meaning.
type GapGroup struct {
	Question string
	Language string
	Count    int
	Last     time.Time
	IDs      []string
	Examples []string
}

// Holds tells whether a question is in the group.
func (g GapGroup) Holds(id string) bool { return id != "" && slices.Contains(g.IDs, id) }

// maxUpload bounds an uploaded file.
const maxUpload = 64 << 20

func (s *Server) knowledge(c *gin.Context) { s.showKnowledge(c, http.StatusOK, gin.H{}) }

func (s *Server) showKnowledge(c *gin.Context, status int, data gin.H) {
	sources, err := s.o.Library.Sources(c.Request.Context(), who(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	data["Sources"] = sources
	s.render(c, status, "knowledge", data)
}

// upload reads files and one address; what became of each is shown.
func (s *Server) upload(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxUpload+1<<20)
	var additions []Addition
	if form, err := c.MultipartForm(); err == nil {
		for _, header := range form.File["files"] {
			file, err := header.Open()
			if err != nil {
				s.fail(c, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: s.phrases.text(s.language(c), "knowledge.upload_failed"), Err: err})
				return
			}
			raw, err := io.ReadAll(io.LimitReader(file, maxUpload+1))
			if closeErr := file.Close(); err != nil || closeErr != nil {
				s.fail(c, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: s.phrases.text(s.language(c), "knowledge.upload_failed"), Err: err})
				return
			}
			additions = append(additions, Addition{Name: header.Filename, Bytes: raw})
		}
	}
	if address := strings.TrimSpace(c.PostForm("url")); address != "" {
		additions = append(additions, Addition{URL: address})
	}
	if len(additions) == 0 {
		s.fail(c, s.wrong(c, "knowledge.nothing", nil))
		return
	}
	var results []Added
	for _, addition := range additions {
		added, err := s.o.Editor.Add(c.Request.Context(), who(c), addition)
		if err != nil {
			s.fail(c, err)
			return
		}
		results = append(results, added)
	}
	s.showAdded(c, results)
}

// source shows one source: its words, what changed, who was told.
func (s *Server) source(c *gin.Context) {
	var query struct {
		Name     string `form:"name"     binding:"required"`
		Revision int    `form:"revision" binding:"min=0"`
	}
	if err := c.ShouldBindQuery(&query); err != nil {
		s.fail(c, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: s.phrases.text(s.language(c), "knowledge.which"), Err: err})
		return
	}
	page, err := s.o.Library.Source(c.Request.Context(), who(c), query.Name, query.Revision)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, http.StatusOK, "source", gin.H{"Source": page, "Sheets": page.sheets()})
}

func (s *Server) approve(c *gin.Context)  { s.changeSource(c, s.o.Approver.Approve) }
func (s *Server) withdraw(c *gin.Context) { s.changeSource(c, s.o.Approver.Withdraw) }

func (s *Server) changeSource(c *gin.Context, do func(context.Context, Person, SourceChange) error) {
	var form struct {
		Source    string `form:"source"    binding:"required"`
		Revision  int    `form:"revision"  binding:"required,min=1"`
		Effective string `form:"effective"`
		Expires   string `form:"expires"`
		Comment   string `form:"comment"`
	}
	if err := c.ShouldBind(&form); err != nil {
		s.fail(c, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: s.phrases.text(s.language(c), "knowledge.which"), Err: err})
		return
	}
	person := who(c)
	change := SourceChange{Source: form.Source, Revision: form.Revision, Comment: strings.TrimSpace(form.Comment)}
	var err error
	if form.Effective != "" {
		change.Effective, err = ingest.ParseInstant(form.Effective, person.Clinic.Location(), false)
	}
	if form.Expires != "" && err == nil {
		change.Expires, err = ingest.ParseInstant(form.Expires, person.Clinic.Location(), true)
	}
	if err != nil {
		s.fail(c, s.wrong(c, "knowledge.date", err))
		return
	}
	if err := do(c.Request.Context(), person, change); err != nil {
		s.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/console/knowledge/source?name="+url.QueryEscape(form.Source))
}

func (s *Server) gaps(c *gin.Context) {
	gaps, err := s.o.Library.Gaps(c.Request.Context(), who(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, http.StatusOK, "gaps", gin.H{"Gaps": gaps, "Corrected": ""})
}

func (s *Server) answerGap(c *gin.Context) {
	answer := Answer{
		Question: strings.TrimSpace(c.PostForm("question")), Text: strings.TrimSpace(c.PostForm("answer")),
		Language: c.PostForm("language"), Gaps: words(c.PostForm("gaps")),
	}
	if answer.Question == "" || answer.Text == "" || len([]rune(answer.Question)) > maxNote || len([]rune(answer.Text)) > maxWritten {
		s.fail(c, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: s.phrases.text(s.language(c), "gaps.both")})
		return
	}
	if err := s.o.Editor.Answer(c.Request.Context(), who(c), answer); err != nil {
		s.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/console/gaps")
}

func (s *Server) dismissGap(c *gin.Context) {
	if err := s.o.Editor.Dismiss(c.Request.Context(), who(c), words(c.PostForm("gaps"))); err != nil {
		s.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/console/gaps")
}
