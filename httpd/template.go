package httpd

import (
	"context"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"frontdesk"
)

// Templates are the messages that the platform approved for a conversation's
// channel account.
type Templates interface {
	// Templates lists those that a form can fill in, the patient's language first.
	Templates(ctx context.Context, who Person, id frontdesk.ConversationID) (Choice, error)
}

// Choice is what a member of staff may choose from.
type Choice struct {
	Conversation frontdesk.ConversationID
	Form         string // one for all: only one is sent
	Seen         string // see [Written.Seen], as the form carries it
	OptedOut     bool   // the contact stopped messages that the clinic starts: nothing may be sent
	Templates    []Template
}

// Template is one of them.
type Template struct {
	Name, Language string
	Category       string   // "utility", "marketing"
	Text           string   // with its variables, for whoever reads it before it is filled in
	Parts          []Part   // the same, in pieces
	Variables      []string // in order
	Footer         string
	Buttons        []string
}

// Part is a piece of a template's text: words, or the place of a variable.
type Part struct{ Text, Variable string }

// maxValue is how many characters a variable may have; the platform bounds the
// whole text, which it refuses by itself.
const maxValue = 300

// templates shows what can be sent once free text cannot.
func (s *Server) templates(c *gin.Context) {
	choice, err := s.o.Templates.Templates(c.Request.Context(), who(c), conversationOf(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.renderPart(c, http.StatusOK, "inbox", "templates", gin.H{"Choice": choice, "View": viewOf(c)})
}

// fillingOf reads a template that somebody filled in, nil where the form has none.
// Line breaks and runs of spaces, which the platform refuses, become one space.
func fillingOf(c *gin.Context) *Filling {
	name := c.PostForm("template")
	if name == "" {
		return nil
	}
	filling := &Filling{Name: name, Language: c.PostForm("language"), Values: map[string]string{}}
	for key, value := range c.PostFormMap("value") {
		value = strings.Join(strings.Fields(value), " ")
		if letters := []rune(value); len(letters) > maxValue {
			value = string(letters[:maxValue])
		}
		filling.Values[key] = value
	}
	return filling
}
