package httpd

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"frontdesk"
)

// Cases keeps the clinic's own cases: what went wrong once must not again.
type Cases interface {
	// AddCase makes a case of the clinic's own suite. Identifiers of patients in its
	// words are masked; a case that asks the same takes its place.
	AddCase(ctx context.Context, who Person, c NewCase) error
	// RequireCase says whether nothing goes live while a case fails.
	RequireCase(ctx context.Context, who Person, id string, must bool) error
	RemoveCase(ctx context.Context, who Person, id string) error
}

// Corrector takes note of wrong answers.
type Corrector interface {
	// Correct makes a case and an open question of a turn whose answer was wrong, and
	// returns the question's id.
	Correct(ctx context.Context, who Person, turn frontdesk.TurnID, c Correction) (gap string, err error)
}

// Correction is what staff say about a wrong answer.
type Correction struct {
	Question string // as it should have been understood
	Should   string // what the answer should have said, "" where nobody says
}

// correct takes note of a wrong answer and leads to where the right one is approved.
func (s *Server) correct(c *gin.Context) {
	correction := Correction{Question: strings.TrimSpace(c.PostForm("question")), Should: strings.TrimSpace(c.PostForm("should"))}
	if correction.Question == "" || len([]rune(correction.Question)) > maxNote || len([]rune(correction.Should)) > maxWritten {
		s.fail(c, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: s.phrases.text(s.language(c), "correct.question_needed")})
		return
	}
	gap, err := s.o.Corrector.Correct(c.Request.Context(), who(c), frontdesk.TurnID(c.Param("turn")), correction)
	if err != nil {
		s.fail(c, err)
		return
	}
	gaps, err := s.o.Library.Gaps(c.Request.Context(), who(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, http.StatusOK, "gaps", gin.H{"Gaps": gaps, "Corrected": gap, "Should": correction.Should})
}

// NewCase is what a case is made of.
type NewCase struct {
	Origin   string // "gap", "correction", "thumbs_down" or "hand"
	Question string // of the patient
	Language string // of the patient, "" for the clinic's
	Was      string // the reply that was wrong; "" where there was none
	Should   string // what it should have said; "" where nobody says
	MustPass bool   // nothing goes live while it fails
}

// Evaluation shows what the clinic's suites say.
type Evaluation interface {
	Evaluation(ctx context.Context, who Person) (EvaluationPage, error)
	EvaluationRun(ctx context.Context, who Person, id string) (EvaluationRun, error)
}

// Evaluator asks the clinic's suites, and lets a person overrule them.
type Evaluator interface {
	// StartRun files a run of a suite that the page lists; it is done in the background.
	StartRun(ctx context.Context, who Person, suite string) error
	// Override lets the revision of a run go live that the gate holds back.
	Override(ctx context.Context, who Person, run, reason string) error
}

// EvaluationPage is what the page shows.
type EvaluationPage struct {
	Held   []EvaluationRun // approved revisions that the gate holds back
	Suites []EvaluationSuite
	Runs   []EvaluationRun
	Cases  []EvaluationCase
	Busy   bool // a run waits or is at work
}

// EvaluationSuite is a suite that may be run, with how it did.
type EvaluationSuite struct {
	Name  string
	Last  EvaluationScore // of its newest run; no cases: it was never run
	Trend Trend
}

// EvaluationScore counts cases.
type EvaluationScore struct {
	Suite, Language      string
	Cases, Passed, Known int
}

// Percent is the share that passed.
func (s EvaluationScore) Percent() int {
	if s.Cases == 0 {
		return 0
	}
	return 100 * s.Passed / s.Cases
}

// EvaluationRun is a run with what came of it.
type EvaluationRun struct {
	ID       string
	Gate     bool
	Suites   []string
	Source   string // that waits for the gate
	Revision int
	By       string
	At       time.Time
	Ended    time.Time
	Done     int
	Total    int
	Verdict  string // "" while it runs
	Score    EvaluationScore
	Scores   []EvaluationScore
	Why      []EvaluationReason
	Failures []EvaluationFailure
	Kept     bool // its replies are still there
	Content  string
	Version  string
}

// EvaluationReason is why the gate holds something back: so many cases got "worse",
// "must" pass and fail, had no "time"; or the questions could not be put at all ("asked").
type EvaluationReason struct {
	Kind  string
	Count int
}

// Percent is how far a run is.
func (r EvaluationRun) Percent() int {
	if r.Total == 0 {
		return 0
	}
	return 100 * r.Done / r.Total
}

// EvaluationFailure is a case that failed, with the reply before and the one now.
type EvaluationFailure struct {
	Suite, Language string
	Question        string
	Wanted          []EvaluationWant // that the reply does not hold
	Before, Now     string
	Outcome, Was    string // outcomes now and before
	New, Known      bool
}

// EvaluationWant is an expectation: its kind ("contains", "outcome", …) and words.
type EvaluationWant struct{ Kind, Words string }

// EvaluationCase is a case of the clinic's own suite.
type EvaluationCase struct {
	ID, Question, Language, Origin, Author string
	Wanted                                 []string
	At                                     time.Time
	MustPass                               bool
}

// Trend is a line of shares, the oldest first.
type Trend []int

// Size of a trend's drawing.
const (
	trendWidth  = 120
	trendHeight = 28
	trendMargin = 3
)

// Points is the line in a drawing of 120 by 28: above is better.
func (t Trend) Points() string {
	var points []string
	for i, percent := range t {
		points = append(points, strconv.Itoa(t.x(i))+","+strconv.Itoa(trendY(percent)))
	}
	return strings.Join(points, " ")
}

// X and Y are where the newest point stands.
func (t Trend) X() int { return t.x(len(t) - 1) }

// Y is the height of the newest point.
func (t Trend) Y() int { return trendY(t[len(t)-1]) }

func (t Trend) x(i int) int {
	if len(t) < 2 {
		return trendWidth / 2
	}
	return trendMargin + i*(trendWidth-2*trendMargin)/(len(t)-1)
}

func trendY(percent int) int {
	return trendHeight - trendMargin - percent*(trendHeight-2*trendMargin)/100
}

func (s *Server) evaluation(c *gin.Context) {
	page, err := s.o.Evaluation.Evaluation(c.Request.Context(), who(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	data := gin.H{"Evaluation": page}
	if c.GetHeader("HX-Request") != "" {
		s.renderPart(c, http.StatusOK, "evaluation", "runs", data)
		return
	}
	s.render(c, http.StatusOK, "evaluation", data)
}

func (s *Server) evaluationRun(c *gin.Context) {
	run, err := s.o.Evaluation.EvaluationRun(c.Request.Context(), who(c), c.Query("id"))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, http.StatusOK, "evaluation-run", gin.H{"Run": run})
}

func (s *Server) startRun(c *gin.Context) {
	s.evaluate(c, s.o.Evaluator.StartRun(c.Request.Context(), who(c), c.PostForm("suite")), "#runs")
}

func (s *Server) override(c *gin.Context) {
	s.evaluate(c, s.o.Evaluator.Override(c.Request.Context(), who(c), c.PostForm("run"), c.PostForm("reason")), "")
}

func (s *Server) addCase(c *gin.Context) {
	made := NewCase{
		Origin: "hand", Question: strings.TrimSpace(c.PostForm("question")), Language: c.PostForm("language"),
		Should: strings.TrimSpace(c.PostForm("should")), MustPass: c.PostForm("must") == "true",
	}
	if c.PostForm("gap") != "" {
		made.Origin = "gap"
	}
	if made.Question == "" || len([]rune(made.Question)) > maxNote || len([]rune(made.Should)) > maxWritten {
		s.fail(c, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: s.phrases.text(s.language(c), "evaluation.needs_question")})
		return
	}
	s.evaluate(c, s.o.Cases.AddCase(c.Request.Context(), who(c), made), "#cases")
}

func (s *Server) requireCase(c *gin.Context) {
	s.evaluate(c, s.o.Cases.RequireCase(c.Request.Context(), who(c), c.PostForm("case"), c.PostForm("must") == "true"), "#cases")
}

func (s *Server) removeCase(c *gin.Context) {
	s.evaluate(c, s.o.Cases.RemoveCase(c.Request.Context(), who(c), c.PostForm("case")), "#cases")
}

// setGate turns the clinic's gate on and off.
func (s *Server) setGate(c *gin.Context) {
	on := c.PostForm("gate") == "true"
	s.evaluate(c, s.o.Configure(c.Request.Context(), who(c), "gate="+strconv.FormatBool(on), func(settings *frontdesk.Settings) error {
		settings.Gate = on
		return nil
	}), "")
}

// evaluate leads back to the page, or says what did not work.
func (s *Server) evaluate(c *gin.Context, err error, to string) {
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, (&url.URL{Path: "/console/evaluation", Fragment: strings.TrimPrefix(to, "#")}).String())
}
