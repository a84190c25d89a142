package httpd

import (
	"context"
	"encoding/base64"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"frontdesk"
	"frontdesk/staff"
)

// Staff lists and keeps a clinic's users.
type Staff interface {
	Users(ctx context.Context, clinic frontdesk.ClinicID) ([]staff.User, error)
	LoadUser(ctx context.Context, clinic frontdesk.ClinicID, id staff.UserID) (staff.User, staff.Proof, error)
	SaveUser(ctx context.Context, user staff.User, entry staff.Entry) error
}

// Auditor reads a clinic's audit log.
type Auditor interface {
	// Entries returns the newest entries, newest first.
	Entries(ctx context.Context, clinic frontdesk.ClinicID, limit int) ([]staff.Entry, error)
	// VerifyAudit returns how many entries the whole chain has, or an error of
	// [frontdesk.CodeConflict] that names the first that does not fit.
	VerifyAudit(ctx context.Context, clinic frontdesk.ClinicID) (int64, error)
	Audit(ctx context.Context, clinic frontdesk.ClinicID, entry staff.Entry) error
}

// auditShown is how many entries the page shows.
const auditShown = 200

// welcomePage shows an invitation: choose a password, scan the second factor.
func (s *Server) welcomePage(c *gin.Context) {
	user, err := s.o.Door.Invited(c.Request.Context(), c.Param("token"))
	if err != nil {
		s.failInvitation(c, err)
		return
	}
	factor, err := staff.NewFactor(user, s.o.Random)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.showWelcome(c, http.StatusOK, user, factor, "")
}

func (s *Server) showWelcome(c *gin.Context, status int, user staff.User, factor staff.Factor, problem string) {
	s.render(c, status, "welcome", gin.H{
		"User": user, "Secret": factor.Secret, "Token": c.Param("token"), "Problem": problem, "Least": staff.MinPassword,
		"Picture": template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(factor.Picture)), //nolint:gosec // our own picture
	})
}

func (s *Server) failInvitation(c *gin.Context, err error) {
	if frontdesk.CodeOf(err) == frontdesk.CodeNotFound {
		err = &frontdesk.Error{Code: frontdesk.CodeNotFound, Text: s.phrases.text(s.language(c), "welcome.gone"), Err: err}
	}
	s.fail(c, err)
}

func (s *Server) welcome(c *gin.Context) {
	ctx, invitation, secret := c.Request.Context(), c.Param("token"), c.PostForm("secret")
	user, recovery, err := s.o.Door.Accept(ctx, invitation, c.PostForm("password"), secret, c.PostForm("code"))
	switch frontdesk.CodeOf(err) {
	case "":
	case frontdesk.CodeInvalid:
		factor, factorErr := staff.FactorOf(user, secret)
		if factorErr != nil {
			s.fail(c, factorErr)
			return
		}
		s.showWelcome(c, http.StatusBadRequest, user, factor, frontdesk.TextOf(err))
		return
	default:
		s.failInvitation(c, err)
		return
	}
	token, err := s.o.Door.Open(ctx, user)
	if err != nil {
		s.fail(c, err)
		return
	}
	s.setCookie(c, knownCookie, s.known(user.Email), knownFor)
	s.enter(c, token)
	s.render(c, http.StatusOK, "recovery", gin.H{"User": user, "Codes": recovery})
}

func (s *Server) account(c *gin.Context) {
	s.render(c, http.StatusOK, "account", gin.H{"Languages": s.languages()})
}

func (s *Server) setLanguage(c *gin.Context) {
	person := who(c)
	user := person.User
	user.Language = s.phrases.language(c.PostForm("language"))
	if err := s.o.Staff.SaveUser(c.Request.Context(), user, s.entry(person, "staff.language", string(user.ID), user.Language)); err != nil {
		s.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/console/account")
}

func (s *Server) team(c *gin.Context) { s.showTeam(c, http.StatusOK, gin.H{}) }

func (s *Server) showTeam(c *gin.Context, status int, data gin.H) {
	users, err := s.o.Staff.Users(c.Request.Context(), who(c).Clinic.ID)
	if err != nil {
		s.fail(c, err)
		return
	}
	data["Users"], data["Roles"], data["Rights"] = users, staff.Roles(), staff.Rights()
	s.render(c, status, "team", data)
}

// invite adds a user, or invites one again, and shows the link to pass on.
func (s *Server) invite(c *gin.Context) {
	person, ctx := who(c), c.Request.Context()
	user := staff.User{
		Clinic: person.Clinic.ID, Email: staff.FoldEmail(c.PostForm("email")), Name: strings.TrimSpace(c.PostForm("name")),
		Role: staff.Role(c.PostForm("role")), Teams: words(c.PostForm("teams")),
	}
	if id := c.PostForm("user"); id != "" {
		again, _, err := s.o.Staff.LoadUser(ctx, person.Clinic.ID, staff.UserID(id))
		if err != nil {
			s.fail(c, err)
			return
		}
		user = again
	}
	token, err := s.o.Door.Invite(ctx, user, person.User.Name)
	if code := frontdesk.CodeOf(err); code == frontdesk.CodeInvalid || code == frontdesk.CodeConflict {
		s.showTeam(c, http.StatusBadRequest, gin.H{"Problem": frontdesk.TextOf(err), "Typed": user})
		return
	}
	if err != nil {
		s.fail(c, err)
		return
	}
	s.showTeam(c, http.StatusOK, gin.H{"Invited": user, "Link": s.address(c) + "/console/welcome/" + token.Secret})
}

func (s *Server) disable(c *gin.Context) {
	person, ctx := who(c), c.Request.Context()
	user, _, err := s.o.Staff.LoadUser(ctx, person.Clinic.ID, staff.UserID(c.PostForm("user")))
	if err != nil {
		s.fail(c, err)
		return
	}
	if user.ID == person.User.ID {
		s.showTeam(c, http.StatusBadRequest, gin.H{"Problem": s.phrases.text(s.language(c), "team.not_yourself")})
		return
	}
	if err := s.o.Door.Disable(ctx, user, person.User.Name); err != nil {
		s.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/console/team")
}

// audit shows who did what, and whether the chain is whole.
func (s *Server) audit(c *gin.Context) {
	person, ctx := who(c), c.Request.Context()
	entries, err := s.o.Auditor.Entries(ctx, person.Clinic.ID, auditShown)
	if err != nil {
		s.fail(c, err)
		return
	}
	data := gin.H{"Entries": entries}
	count, err := s.o.Auditor.VerifyAudit(ctx, person.Clinic.ID)
	switch {
	case frontdesk.CodeOf(err) == frontdesk.CodeConflict:
		data["Broken"] = frontdesk.TextOf(err)
	case err != nil:
		s.fail(c, err)
		return
	}
	data["Count"] = count
	s.render(c, http.StatusOK, "audit", data)
}

// entry is an audit entry of what a person did.
func (s *Server) entry(person Person, action, target, detail string) staff.Entry {
	return staff.Entry{At: s.o.Now(), Actor: person.User.Name, Action: action, Target: target, Detail: detail}
}

// languages are those of the console.
func (s *Server) languages() []string {
	var tags []string
	for tag := range s.phrases {
		tags = append(tags, tag)
	}
	slices.Sort(tags)
	return tags
}

// words splits a list that was typed with commas or spaces.
func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == ';' || r == '\n' })
}
