package httpd

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"frontdesk"
)

// Reviewer is what somebody needs who decides about content.
type Reviewer interface {
	// PagePicture draws a page of a revision's PDF as PNG.
	PagePicture(ctx context.Context, who Person, source string, revision, page int) ([]byte, error)
	// Conflicts are what live sources, and the profile, state twice or differently.
	Conflicts(ctx context.Context, who Person) ([]Conflict, error)
}

// Writer is what staff write of their own, and pages read by themselves.
type Writer interface {
	// FAQ returns the questions and answers of a FAQ's newest revision.
	FAQ(ctx context.Context, who Person, name string) ([]Pair, error)
	// SaveFAQ makes them the FAQ's next revision, a draft.
	SaveFAQ(ctx context.Context, who Person, name string, pairs []Pair) (Added, error)
	// AddSection reads an address and the pages below it, each a source of its own.
	AddSection(ctx context.Context, who Person, section Section) ([]Added, error)
}

// Pair is a question with its answer.
type Pair struct{ Question, Answer string }

// Section is a part of a site: pages so many clicks away, so many at most.
type Section struct {
	URL          string
	Depth, Pages int
}

// Conflict is a contradiction or a duplicate, with both sides' words.
type Conflict struct {
	Kind       string // question, fact, profile or duplicate
	About      string
	Fact       string // kind of the fact
	One, Other Statement
	More       int
}

// Statement is one side of a conflict; Source "" is the profile.
type Statement struct {
	Source string
	Page   int
	Quote  string
}

// SourceSheet is a page with what was read from it.
type SourceSheet struct {
	Number   int // 0: the document has no pages
	Unread   bool
	Doubtful bool
	Texts    []SourceText
}

// Bounds of a site's section, and of what one form of a FAQ holds.
const (
	sectionDepth = 5
	sectionPages = 100
	faqRows      = 300
	faqBlank     = 3
	pictureFor   = "private, max-age=3600"
	faqName      = 80 // letters
)

// sheets puts passages and the pages without any side by side, in order.
func (p SourcePage) sheets() []SourceSheet {
	var sheets []SourceSheet
	at := func(page int) *SourceSheet {
		i, found := slices.BinarySearchFunc(sheets, page, func(s SourceSheet, n int) int { return s.Number - n })
		if !found {
			sheets = slices.Insert(sheets, i, SourceSheet{Number: page, Unread: slices.Contains(p.Unread, page), Doubtful: slices.Contains(p.Doubtful, page)})
		}
		return &sheets[i]
	}
	for _, text := range p.Texts {
		sheet := at(text.Page)
		sheet.Texts = append(sheet.Texts, text)
	}
	for _, page := range p.Unread {
		at(page)
	}
	return sheets
}

// pagePicture serves a page's picture: a picture, whatever its document holds.
func (s *Server) pagePicture(c *gin.Context) {
	var query struct {
		Name     string `form:"name"     binding:"required"`
		Revision int    `form:"revision" binding:"required,min=1"`
		Page     int    `form:"page"     binding:"required,min=1"`
	}
	if err := c.ShouldBindQuery(&query); err != nil {
		s.fail(c, s.wrong(c, "knowledge.which", err))
		return
	}
	picture, err := s.o.Manager.PagePicture(c.Request.Context(), who(c), query.Name, query.Revision, query.Page)
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Content-Security-Policy", "default-src 'none'; sandbox")
	c.Header("Cache-Control", pictureFor) // a revision never changes
	c.Data(http.StatusOK, "image/png", picture)
}

// wrong is a refusal of what was typed, in the person's language.
func (s *Server) wrong(c *gin.Context, key string, cause error, pairs ...any) error {
	return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: s.phrases.text(s.language(c), key, pairs...), Err: cause}
}

func (s *Server) conflicts(c *gin.Context) {
	found, err := s.o.Manager.Conflicts(c.Request.Context(), who(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, http.StatusOK, "conflicts", gin.H{"Conflicts": found})
}

// addSection reads a part of a site.
func (s *Server) addSection(c *gin.Context) {
	section := Section{URL: strings.TrimSpace(c.PostForm("url"))}
	var depthErr, pagesErr error
	section.Depth, depthErr = strconv.Atoi(c.DefaultPostForm("depth", "0"))
	section.Pages, pagesErr = strconv.Atoi(c.DefaultPostForm("pages", "1"))
	if section.URL == "" || depthErr != nil || pagesErr != nil || section.Depth < 0 || section.Depth > sectionDepth || section.Pages < 1 || section.Pages > sectionPages {
		s.fail(c, s.wrong(c, "knowledge.section_bounds", nil))
		return
	}
	added, err := s.o.Manager.AddSection(c.Request.Context(), who(c), section)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.showAdded(c, added)
}

// showAdded tells what became of what was added: alone for a script that asked,
// else on the page.
func (s *Server) showAdded(c *gin.Context, added []Added) {
	if c.GetHeader("HX-Request") != "" {
		s.renderPart(c, http.StatusOK, "knowledge", "added", gin.H{"Added": added})
		return
	}
	s.showKnowledge(c, http.StatusOK, gin.H{"Added": added})
}

// faqPage shows the questions and answers of a FAQ to change, or an empty one.
func (s *Server) faqPage(c *gin.Context) {
	name := c.Query("name")
	var pairs []Pair
	if c.Query("about") == "clinic" { // what a profile says in words
		for _, question := range []string{"reach", "park", "insurers", "languages", "lift"} {
			pairs = append(pairs, Pair{Question: s.phrases.text(s.phrases.language(who(c).Clinic.Language), "faq.ask_"+question)})
		}
	}
	if name != "" {
		var err error
		if pairs, err = s.o.Manager.FAQ(c.Request.Context(), who(c), name); err != nil {
			s.fail(c, err)
			return
		}
	}
	s.render(c, http.StatusOK, "faq", gin.H{"Name": name, "Suggested": c.Query("about"), "Pairs": append(pairs, make([]Pair, faqBlank)...)})
}

// saveFAQ makes a draft of what was typed; a row without both is left out.
func (s *Server) saveFAQ(c *gin.Context) {
	name := strings.TrimSpace(c.PostForm("name"))
	questions, answers := c.PostFormArray("question"), c.PostFormArray("answer")
	if name == "" || len([]rune(name)) > faqName || strings.ContainsAny(name, "/\\\x00") || len(questions) != len(answers) || len(questions) > faqRows+faqBlank {
		s.fail(c, s.wrong(c, "faq.name_needed", nil))
		return
	}
	if !strings.HasSuffix(name, ".csv") {
		name += ".csv"
	}
	var pairs []Pair
	for i, question := range questions {
		pair := Pair{Question: strings.TrimSpace(question), Answer: strings.TrimSpace(answers[i])}
		switch {
		case pair.Answer == "" && (pair.Question == "" || c.PostForm("suggested") != ""): // left out
		case pair.Question == "" || pair.Answer == "":
			s.fail(c, s.wrong(c, "gaps.both", nil))
			return
		default:
			pairs = append(pairs, pair)
		}
	}
	if len(pairs) == 0 {
		s.fail(c, s.wrong(c, "gaps.both", nil))
		return
	}
	added, err := s.o.Manager.SaveFAQ(c.Request.Context(), who(c), name, pairs)
	if err != nil {
		s.fail(c, err)
		return
	}
	if added.Status == "rejected" {
		s.fail(c, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: added.Reason})
		return
	}
	c.Redirect(http.StatusSeeOther, "/console/knowledge/source?name="+url.QueryEscape(added.Source))
}

// readAgain looks at a page now instead of at its time.
func (s *Server) readAgain(c *gin.Context) {
	address := strings.TrimSpace(c.PostForm("url"))
	if address == "" {
		s.fail(c, s.wrong(c, "knowledge.which", nil))
		return
	}
	added, err := s.o.Editor.Add(c.Request.Context(), who(c), Addition{URL: address, Again: true})
	if err != nil {
		s.fail(c, err)
		return
	}
	s.showKnowledge(c, http.StatusOK, gin.H{"Added": []Added{added}})
}

// setContent sets how content becomes live: by one person or two, and how often
// pages are read again.
func (s *Server) setContent(c *gin.Context) {
	hours, err := strconv.Atoi(c.DefaultPostForm("reread_hours", "0"))
	if err != nil || hours < 0 || hours > maxReread {
		s.fail(c, s.wrong(c, "settings.bad_reread", err))
		return
	}
	four := c.PostForm("four_eyes") != ""
	s.configure(c, "four_eyes="+strconv.FormatBool(four)+" reread_hours="+strconv.Itoa(hours), func(settings *frontdesk.Settings) error {
		settings.FourEyes, settings.RereadHours = four, hours
		return nil
	})
}

// maxReread is the longest time between two looks at a page: 30 days, in hours.
const maxReread = 30 * 24
