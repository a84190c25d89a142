package httpd

import (
	"context"
	"net/http"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"frontdesk"
)

// Notices are dated messages that win over documents.
type Notices interface {
	Notices(ctx context.Context, who Person) ([]Notice, error)
	Publish(ctx context.Context, who Person, notice frontdesk.Notice) error
	EndNotice(ctx context.Context, who Person, id string) error
}

// Configure changes a clinic's settings, with an audit entry that says what.
type Configure func(ctx context.Context, who Person, what string, change func(*frontdesk.Settings) error) error

// Notice is one in a list.
type Notice struct {
	ID   string
	Text string
	By   string
	From time.Time
	To   time.Time
}

// Bounds of settings.
const (
	maxEmails    = 20
	maxIdleHours = 24 * 14
	maxNotice    = 500
)

// settingsPage shows notices, the pause switch, alerts and routing.
func (s *Server) settingsPage(c *gin.Context) {
	person := who(c)
	notices, err := s.o.Notices.Notices(c.Request.Context(), person)
	if err != nil {
		s.fail(c, err)
		return
	}
	secret, err := s.o.WebhookSecret(c.Request.Context(), person.Clinic.ID)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, http.StatusOK, "settings", gin.H{
		"Notices": notices, "Settings": person.Clinic.Settings, "Secret": secret, "Reasons": s.o.Reasons, "Teams": TeamsOf(person.Clinic),
		"Today": s.o.Now().In(person.Clinic.Location()).Format(time.DateOnly),
	})
}

// TeamsOf returns the teams of a clinic.
func TeamsOf(clinic frontdesk.Clinic) []string {
	return append([]string{"reception", "billing", "nurse"}, clinic.Settings.Teams...)
}

func (s *Server) publishNotice(c *gin.Context) {
	person, language := who(c), s.language(c)
	text := strings.TrimSpace(c.PostForm("text"))
	to, err := time.ParseInLocation(time.DateOnly, c.PostForm("to"), person.Clinic.Location())
	if err != nil || text == "" || len([]rune(text)) > maxNotice {
		s.fail(c, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: s.phrases.text(language, "notice.invalid"), Err: err})
		return
	}
	from := s.o.Now()
	if day, err := time.ParseInLocation(time.DateOnly, c.PostForm("from"), person.Clinic.Location()); err == nil && day.After(from) {
		from = day
	}
	notice := frontdesk.Notice{Text: text, Language: person.Clinic.Language, From: from, To: to.AddDate(0, 0, 1)}
	if err := s.o.Notices.Publish(c.Request.Context(), person, notice); err != nil {
		s.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/console/settings")
}

func (s *Server) endNotice(c *gin.Context) {
	if err := s.o.Notices.EndNotice(c.Request.Context(), who(c), c.PostForm("notice")); err != nil {
		s.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/console/settings")
}

// pause stops and starts the assistant: while it is paused it only takes messages.
func (s *Server) pause(c *gin.Context) {
	paused := c.PostForm("paused") == "true"
	s.configure(c, "paused="+strconv.FormatBool(paused), func(settings *frontdesk.Settings) error {
		settings.Paused = paused
		return nil
	})
}

// setAlerts sets who is told outside the console, and when a conversation that was
// left goes back.
func (s *Server) setAlerts(c *gin.Context) {
	language := s.language(c)
	s.configure(c, "alerts", func(settings *frontdesk.Settings) error {
		first, second := words(c.PostForm("alert_emails")), words(c.PostForm("second_line_emails"))
		for _, email := range append(append([]string{}, first...), second...) {
			if address, err := mail.ParseAddress(email); err != nil || address.Address != email || len(first) > maxEmails || len(second) > maxEmails {
				return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: s.phrases.text(language, "settings.bad_email", "email", email), Err: err}
			}
		}
		webhook := strings.TrimSpace(c.PostForm("webhook_url"))
		if u, err := url.Parse(webhook); webhook != "" && (err != nil || u.Scheme != "https" || u.Host == "") {
			return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: s.phrases.text(language, "settings.bad_webhook"), Err: err}
		}
		hours, err := strconv.Atoi(c.DefaultPostForm("idle_hours", "0"))
		if err != nil || hours < 0 || hours > maxIdleHours {
			return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: s.phrases.text(language, "settings.bad_hours"), Err: err}
		}
		settings.AlertEmails, settings.SecondLineEmails, settings.WebhookURL, settings.IdleHours = first, second, webhook, hours
		return nil
	})
}

// setRoutes sets the clinic's teams and which one gets what.
func (s *Server) setRoutes(c *gin.Context) {
	s.configure(c, "routes", func(settings *frontdesk.Settings) error {
		settings.Teams = tags(c.PostForm("teams"))
		clinic := frontdesk.Clinic{Settings: *settings}
		settings.Routes = map[string]string{}
		for _, reason := range s.o.Reasons {
			for _, team := range TeamsOf(clinic) {
				if c.PostForm("route_"+reason) == team {
					settings.Routes[reason] = team
				}
			}
		}
		return nil
	})
}

func (s *Server) configure(c *gin.Context, what string, change func(*frontdesk.Settings) error) {
	if err := s.o.Configure(c.Request.Context(), who(c), what, change); err != nil {
		s.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/console/settings")
}
