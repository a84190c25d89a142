package httpd

import (
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"strings"

	"github.com/gin-gonic/gin"

	"frontdesk"
)

// headers sets what every answer carries: no inline script, no third party, no
// framing, no sniffing.
func (s *Server) headers(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin") // with no-referrer a browser hides the Origin of our own forms too
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	if s.o.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
}

// recovered turns a panic into a 500 without its text.
func (s *Server) recovered(c *gin.Context) {
	defer func() {
		if v := recover(); v != nil {
			if v == http.ErrAbortHandler { //nolint:errorlint // the sentinel is compared as net/http does
				panic(v)
			}
			s.o.Log.Error("handler panicked", "route", c.FullPath(), "stack", string(debug.Stack()))
			c.AbortWithStatus(http.StatusInternalServerError)
		}
	}()
	c.Next()
}

// sameOrigin refuses a changing request that another site's page made (CSRF).
func (s *Server) sameOrigin(c *gin.Context) {
	if c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead {
		c.Next()
		return
	}
	switch c.GetHeader("Sec-Fetch-Site") {
	case "same-origin", "none": // a page cannot set this header; it is surer than Origin
		c.Next()
		return
	case "":
	default:
		s.refuse(c, http.StatusForbidden, "forbidden", "This request came from another site.")
		return
	}
	if origin := c.GetHeader("Origin"); origin != "" {
		u, err := url.Parse(origin)
		if err != nil || u.Host != c.Request.Host {
			s.refuse(c, http.StatusForbidden, "forbidden", "This request came from another site.")
			return
		}
	}
	c.Next()
}

// refuse ends a request with a coded answer.
func (s *Server) refuse(c *gin.Context, status int, code, text string) {
	c.AbortWithStatusJSON(status, gin.H{"error": gin.H{"code": code, "text": text}})
}

// fail maps an error to its status; its cause goes to the log only.
func (s *Server) fail(c *gin.Context, err error) {
	code := frontdesk.CodeOf(err)
	status := http.StatusInternalServerError
	switch code {
	case frontdesk.CodeInvalid:
		status = http.StatusBadRequest
	case frontdesk.CodeNotFound:
		status = http.StatusNotFound
	case frontdesk.CodeConflict:
		status = http.StatusConflict
	case frontdesk.CodeForbidden:
		status = http.StatusForbidden
	case frontdesk.CodeUnavailable:
		status = http.StatusServiceUnavailable
	}
	level := slog.LevelInfo
	if status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	s.o.Log.Log(c.Request.Context(), level, "request failed", "route", c.FullPath(), "code", string(code), "err", err)
	if strings.HasPrefix(c.FullPath(), "/console") {
		s.failPage(c, status, frontdesk.TextOf(err))
		return
	}
	s.refuse(c, status, string(code), frontdesk.TextOf(err))
}
