package httpd

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/gin-gonic/gin"

	"frontdesk"
	"frontdesk/staff"
)

// Cookies: the session's secret, and one by which a browser is known that signed
// in before. Both are out of reach of scripts and of other sites' requests.
const (
	sessionCookie = "frontdesk_session"
	knownCookie   = "frontdesk_known"
	knownFor      = 365 * 24 * time.Hour
	cookiePath    = "/console"
	personKey     = "person"
	maxNext       = 200
)

// Person is who is signed in, at which clinic.
type Person struct {
	User   staff.User
	Clinic frontdesk.Clinic
	secret string // of the session
}

// who is the person of a request that [Server.allow] let pass.
func who(c *gin.Context) Person {
	p, _ := c.Get(personKey)
	person, _ := p.(Person)
	return person
}

// allow lets a request pass whose person has a right. Who is not signed in is led
// to the sign-in page and back.
func (s *Server) allow(right staff.Right) gin.HandlerFunc {
	return func(c *gin.Context) {
		c.Header("Cache-Control", "no-store")
		if right == open {
			c.Next()
			return
		}
		person, err := s.person(c)
		switch {
		case frontdesk.CodeOf(err) == frontdesk.CodeNotFound:
			s.leadToSignIn(c)
			return
		case err != nil:
			s.fail(c, err)
			return
		}
		c.Set(personKey, person)
		if !person.User.Role.May(right) {
			s.fail(c, &frontdesk.Error{Code: frontdesk.CodeForbidden, Text: s.phrases.text(s.language(c), "error.forbidden")})
			return
		}
		c.Next()
	}
}

// person finds who has the request's session: [frontdesk.CodeNotFound] for nobody.
func (s *Server) person(c *gin.Context) (Person, error) {
	secret, err := c.Cookie(sessionCookie)
	if err != nil || secret == "" {
		return Person{}, &frontdesk.Error{Code: frontdesk.CodeNotFound, Text: "Nobody is signed in.", Err: err}
	}
	ctx := c.Request.Context()
	user, err := s.o.Door.Who(ctx, secret)
	if err != nil {
		return Person{}, err
	}
	clinic, err := s.o.Clinics.Clinic(ctx, user.Clinic)
	if err != nil {
		return Person{}, errors.Join(err) // a clinic that is gone is a fault, not "nobody"
	}
	return Person{User: user, Clinic: clinic, secret: secret}, nil
}

func (s *Server) leadToSignIn(c *gin.Context) {
	target := "/console/sign-in"
	if c.Request.Method == http.MethodGet && c.FullPath() != "/console" && c.GetHeader("HX-Request") == "" {
		target += "?next=" + base64.RawURLEncoding.EncodeToString([]byte(c.Request.URL.Path))
	}
	if c.GetHeader("HX-Request") != "" { // a fragment cannot hold the sign-in page
		c.Header("HX-Redirect", target)
		c.AbortWithStatus(http.StatusUnauthorized)
		return
	}
	c.Redirect(http.StatusSeeOther, target)
	c.Abort()
}

// nextPage is where to go after the sign-in: a page of the console, nothing else.
func nextPage(encoded string) string {
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	next := string(raw)
	if err != nil || len(next) > maxNext || !strings.HasPrefix(next, "/console/") || strings.Contains(next, "//") || strings.Contains(next, "..") || strings.ContainsFunc(next, unicode.IsControl) || strings.Contains(next, "\\") {
		return "/console"
	}
	return next
}

func (s *Server) signInPage(c *gin.Context) {
	s.render(c, http.StatusOK, "sign-in", gin.H{"Next": c.Query("next")})
}

func (s *Server) signIn(c *gin.Context) {
	email := c.PostForm("email")
	user, token, err := s.o.Door.SignIn(c.Request.Context(), staff.Attempt{
		Email: email, Password: c.PostForm("password"), Code: c.PostForm("code"), From: c.ClientIP(), Known: s.isKnown(c, email),
	})
	data := gin.H{"Next": c.PostForm("next"), "Email": email}
	switch frontdesk.CodeOf(err) {
	case "":
	case frontdesk.CodeForbidden, frontdesk.CodeConflict:
		data["Error"] = "sign_in.wrong"
		s.render(c, http.StatusForbidden, "sign-in", data)
		return
	case frontdesk.CodeUnavailable:
		data["Error"] = "sign_in.too_many"
		s.render(c, http.StatusTooManyRequests, "sign-in", data)
		return
	default:
		s.fail(c, err)
		return
	}
	s.setCookie(c, knownCookie, s.known(user.Email), knownFor)
	s.enter(c, token)
	c.Redirect(http.StatusSeeOther, nextPage(c.PostForm("next")))
}

// enter gives the browser a session. A session that it had before is ended: a
// secret from before a sign-in is never one after it.
func (s *Server) enter(c *gin.Context, token staff.Token) {
	if old, err := s.person(c); err == nil {
		if err := s.o.Door.SignOut(c.Request.Context(), old.User, old.secret, false); err != nil {
			s.o.Log.Warn("earlier session not ended", "err", err)
		}
	}
	s.setCookie(c, sessionCookie, token.Secret, token.Until.Sub(s.o.Now()))
}

func (s *Server) setCookie(c *gin.Context, name, value string, lasts time.Duration) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: name, Value: value, Path: cookiePath, MaxAge: int(lasts.Seconds()),
		HttpOnly: true, Secure: s.o.Secure, SameSite: http.SameSiteLaxMode,
	})
}

// known is the value by which a browser is known as one that signed in.
func (s *Server) known(email string) string {
	mac := hmac.New(sha256.New, s.o.Key)
	mac.Write([]byte("known browser\x00" + staff.FoldEmail(email)))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func (s *Server) isKnown(c *gin.Context, email string) bool {
	value, err := c.Cookie(knownCookie)
	return err == nil && hmac.Equal([]byte(value), []byte(s.known(email)))
}

func (s *Server) signOut(c *gin.Context) {
	person := who(c)
	if err := s.o.Door.SignOut(c.Request.Context(), person.User, person.secret, false); err != nil {
		s.fail(c, err)
		return
	}
	s.setCookie(c, sessionCookie, "", -time.Second)
	c.Redirect(http.StatusSeeOther, "/console/sign-in")
}

func (s *Server) signOutEverywhere(c *gin.Context) {
	person := who(c)
	if err := s.o.Door.SignOut(c.Request.Context(), person.User, "", true); err != nil {
		s.fail(c, err)
		return
	}
	s.setCookie(c, sessionCookie, "", -time.Second)
	c.Redirect(http.StatusSeeOther, "/console/sign-in")
}

// Demo lets whoever has the address in as somebody, without a password. It exists
// in `frontdesk demo` only.
type Demo struct {
	Token string
	Enter func(ctx context.Context) (staff.Token, error)
}

func (s *Server) enterDemo(c *gin.Context) {
	if subtle.ConstantTimeCompare([]byte(c.Param("token")), []byte(s.o.Demo.Token)) != 1 {
		s.fail(c, &frontdesk.Error{Code: frontdesk.CodeNotFound, Text: "This address is of another demo; use the one that it printed last."})
		return
	}
	token, err := s.o.Demo.Enter(c.Request.Context())
	if err != nil {
		s.fail(c, err)
		return
	}
	s.enter(c, token)
	c.Redirect(http.StatusSeeOther, "/console")
}
