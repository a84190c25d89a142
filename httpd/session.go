package httpd

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// A session is a cookie that the server signs with the console's token: who, and
// until when. Changing the token ends all of them.
const (
	sessionCookie = "frontdesk_session"
	sessionFor    = 12 * time.Hour
	personKey     = "person"
	maxPerson     = 80
)

func (s *Server) signInPage(c *gin.Context) {
	s.render(c, http.StatusOK, "sign-in", gin.H{"Token": c.Query("token")})
}

// signIn opens the console for whoever has its token. The name is kept with what
// the person does.
func (s *Server) signIn(c *gin.Context) {
	person := strings.TrimSpace(c.PostForm("name"))
	token := strings.TrimSpace(c.PostForm("token"))
	if person == "" || len(person) > maxPerson {
		s.render(c, http.StatusBadRequest, "sign-in", gin.H{"Token": token, "Error": "Please give your name: it is kept with what you approve and write."})
		return
	}
	if subtle.ConstantTimeCompare([]byte(token), []byte(s.o.ConsoleToken)) != 1 {
		s.render(c, http.StatusForbidden, "sign-in", gin.H{"Name": person, "Error": "This token is not right. It is the setting FRONTDESK_CONSOLE_TOKEN; the demo prints it."})
		return
	}
	s.setSession(c, s.seal(person, s.o.Now().Add(sessionFor)), int(sessionFor.Seconds()))
	c.Redirect(http.StatusSeeOther, "/console")
}

func (s *Server) signOut(c *gin.Context) {
	s.setSession(c, "", -1)
	c.Redirect(http.StatusSeeOther, "/console/sign-in")
}

func (s *Server) setSession(c *gin.Context, value string, maxAge int) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: sessionCookie, Value: value, Path: "/console", MaxAge: maxAge,
		HttpOnly: true, Secure: s.o.Secure, SameSite: http.SameSiteLaxMode,
	})
}

// signedIn lets a request pass that carries a session that holds.
func (s *Server) signedIn(c *gin.Context) {
	value, err := c.Cookie(sessionCookie)
	person, ok := s.open(value)
	if err != nil || !ok {
		target := "/console/sign-in"
		if token := c.Query("token"); token != "" {
			target += "?token=" + url.QueryEscape(token)
		}
		c.Redirect(http.StatusSeeOther, target)
		c.Abort()
		return
	}
	c.Header("Cache-Control", "no-store")
	c.Set(personKey, person)
	c.Next()
}

func personOf(c *gin.Context) string { return c.GetString(personKey) }

func (s *Server) seal(person string, until time.Time) string {
	body := base64.RawURLEncoding.EncodeToString([]byte(person)) + "." + strconv.FormatInt(until.Unix(), 10)
	return body + "." + base64.RawURLEncoding.EncodeToString(s.sign(body))
}

func (s *Server) open(value string) (person string, ok bool) {
	parts := strings.Split(value, ".")
	if len(parts) != 3 {
		return "", false
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !hmac.Equal(signature, s.sign(parts[0]+"."+parts[1])) {
		return "", false
	}
	name, err := base64.RawURLEncoding.DecodeString(parts[0])
	until, numberErr := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || numberErr != nil || !s.o.Now().Before(time.Unix(until, 0)) {
		return "", false
	}
	return string(name), true
}

func (s *Server) sign(body string) []byte {
	mac := hmac.New(sha256.New, []byte(s.o.ConsoleToken))
	mac.Write([]byte("console session\x00" + body))
	return mac.Sum(nil)
}
