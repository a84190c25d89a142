package httpd

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"frontdesk"
)

// Previewer shows what patients see.
type Previewer interface {
	// Preview returns the fixed texts in a language: the welcome, what is said out of
	// hours, an emergency.
	Preview(ctx context.Context, who Person, language string) ([]PreviewText, error)
}

// PreviewText is one fixed text as a patient gets it.
type PreviewText struct {
	Name string // welcome, later or emergency
	Text string
}

// Bounds of the control settings.
const (
	maxPinned    = 50
	maxForbidden = 100
	maxPilots    = 200
	maxLine      = 200 // letters of a question or topic
	maxAddition  = 300 // letters of the clinic's line in an emergency
	maxCap       = 1_000_000
	pinnedBlank  = 2
)

// controlPage shows what the assistant may say and do, and what patients see.
func (s *Server) controlPage(c *gin.Context) {
	person := who(c)
	language := c.DefaultQuery("language", s.phrases.language(person.Clinic.Language))
	preview, err := s.o.Manager.Preview(c.Request.Context(), person, language)
	if err != nil {
		s.fail(c, err)
		return
	}
	settings := person.Clinic.Settings
	s.render(c, http.StatusOK, "control", gin.H{
		"Settings": settings, "Pinned": append(slices.Clone(settings.Pinned), make([]frontdesk.Pinned, pinnedBlank)...),
		"Capabilities": frontdesk.Capabilities(), "Preview": preview, "Language": language,
		"Languages": []string{"fr", "en", "it", "de", "es", "pt", "ru", "ar"},
	})
}

// textLines are the lines of a field that hold something, each once.
func textLines(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.Join(strings.Fields(line), " "); line != "" && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}

func tooLong(lines []string, most int) bool {
	return slices.ContainsFunc(lines, func(line string) bool { return len([]rune(line)) > most })
}

// setControl sets what the assistant may not do.
func (s *Server) setControl(c *gin.Context) {
	forbidden, pilots := textLines(c.PostForm("forbidden")), textLines(c.PostForm("pilots"))
	if len(forbidden) > maxForbidden || tooLong(forbidden, maxLine) {
		s.fail(c, s.wrong(c, "control.bad_topics", nil))
		return
	}
	if len(pilots) > maxPilots || slices.ContainsFunc(pilots, notAPhone) {
		s.fail(c, s.wrong(c, "control.bad_pilots", nil))
		return
	}
	var off []frontdesk.Capability
	for _, capability := range frontdesk.Capabilities() {
		if c.PostForm("on_"+string(capability)) == "" {
			off = append(off, capability)
		}
	}
	verbatim := c.PostForm("verbatim_only") != ""
	what := "forbidden=" + strings.Join(forbidden, "; ") + " off=" + joined(off) + " verbatim_only=" + strconv.FormatBool(verbatim) + " pilots=" + strconv.Itoa(len(pilots))
	s.control(c, what, func(settings *frontdesk.Settings) {
		settings.Forbidden, settings.Pilots, settings.Off, settings.VerbatimOnly = forbidden, pilots, off, verbatim
	})
}

func joined(list []frontdesk.Capability) string {
	names := make([]string, len(list))
	for i, c := range list {
		names[i] = string(c)
	}
	return strings.Join(names, ",")
}

// notAPhone tells whether a text is no telephone number with its country.
func notAPhone(text string) bool {
	return !strings.HasPrefix(text, "+") || len(text) < 8 || len(text) > 25 || strings.Trim(text, "+0123456789 ().-") != ""
}

// setPinned sets the pinned answers; a row without both is left out.
func (s *Server) setPinned(c *gin.Context) {
	questions, answers := c.PostFormArray("questions"), c.PostFormArray("answer")
	var pins []frontdesk.Pinned
	bad := len(questions) != len(answers) || len(questions) > maxPinned+pinnedBlank
	for i := 0; !bad && i < len(questions); i++ {
		pin := frontdesk.Pinned{Questions: textLines(questions[i]), Answer: strings.TrimSpace(strings.ReplaceAll(answers[i], "\r", ""))}
		switch {
		case len(pin.Questions) == 0 && pin.Answer == "":
		case len(pin.Questions) == 0 || pin.Answer == "" || tooLong(pin.Questions, maxLine) || len([]rune(pin.Answer)) > maxNote:
			bad = true
		default:
			pins = append(pins, pin)
		}
	}
	if bad {
		s.fail(c, s.wrong(c, "control.bad_pinned", nil))
		return
	}
	var what []string
	for _, pin := range pins {
		what = append(what, strings.Join(pin.Questions, " / ")+": "+pin.Answer)
	}
	s.control(c, "pinned="+strings.Join(what, "; "), func(settings *frontdesk.Settings) { settings.Pinned = pins })
}

// setTexts sets the clinic's own line of the emergency text, and what a language
// model may cost.
func (s *Server) setTexts(c *gin.Context) {
	addition := strings.TrimSpace(strings.ReplaceAll(c.PostForm("emergency_add"), "\r", ""))
	limit, err := strconv.ParseFloat(strings.ReplaceAll(c.DefaultPostForm("monthly_cap", "0"), ",", "."), 64)
	if err != nil || !(limit >= 0 && limit <= maxCap) || len([]rune(addition)) > maxAddition {
		s.fail(c, s.wrong(c, "control.bad_texts", err))
		return
	}
	s.control(c, "emergency_add="+addition+" monthly_cap="+strconv.FormatFloat(limit, 'f', -1, 64), func(settings *frontdesk.Settings) {
		settings.EmergencyAdd, settings.MonthlyCap = addition, limit
	})
}

func (s *Server) control(c *gin.Context, what string, change func(*frontdesk.Settings)) {
	err := s.o.Configure(c.Request.Context(), who(c), what, func(settings *frontdesk.Settings) error {
		change(settings)
		return nil
	})
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/console/settings/assistant")
}
