package httpd

import (
	"context"
	"net/http"

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

func (s *Server) tryPage(c *gin.Context) { s.render(c, http.StatusOK, "try", gin.H{}) }

// tryScreen shows what the screens say of a text, and why.
func (s *Server) tryScreen(c *gin.Context) {
	data := gin.H{}
	if text := c.PostForm("text"); text != "" && len(text) <= 4*maxWritten {
		data["ScreenText"], data["Verdict"] = text, s.o.Screen(c.Request.Context(), text, who(c).Clinic)
	}
	s.render(c, http.StatusOK, "try", data)
}
