package httpd

import (
	"bytes"
	"context"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"frontdesk"
)

// People are those who write to a clinic.
type People interface {
	Contact(ctx context.Context, who Person, id frontdesk.ContactID) (Contact, error)
	SaveContact(ctx context.Context, who Person, contact Contact) error
}

// Personal hands out and erases all data of one person.
type Personal interface {
	// Copy returns all data of a contact as an archive: JSON, a readable page, files.
	Copy(ctx context.Context, who Person, id frontdesk.ContactID) ([]byte, error)
	// Erase erases it and returns the receipt as JSON.
	Erase(ctx context.Context, who Person, id frontdesk.ContactID) ([]byte, error)
}

// Contact is somebody who writes, for themselves or for others.
type Contact struct {
	ID            frontdesk.ContactID
	Name          string
	Patients      []string
	Language      string
	OptedOut      time.Time
	Created       time.Time
	Erased        time.Time
	Conversations []ContactConversation
}

// ContactConversation is one of a contact's conversations.
type ContactConversation struct {
	ID      frontdesk.ConversationID
	Channel frontdesk.Channel
	Phone   string // its last digits
	Pen     frontdesk.Pen
	Last    time.Time
	Tags    []string
}

// Bounds of a contact.
const (
	maxName     = 120
	maxPatients = 20
)

func contactOf(c *gin.Context) frontdesk.ContactID { return frontdesk.ContactID(c.Param("contact")) }

// contact shows a contact; looking is written down like opening a conversation.
func (s *Server) contact(c *gin.Context) {
	person := who(c)
	contact, err := s.o.People.Contact(c.Request.Context(), person, contactOf(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	if err := s.o.Auditor.Audit(c.Request.Context(), person.Clinic.ID, s.entry(person, "contact.view", string(contact.ID), "")); err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, http.StatusOK, "contact", gin.H{"Contact": contact})
}

func (s *Server) saveContact(c *gin.Context) {
	person := who(c)
	contact := Contact{ID: contactOf(c), Name: strings.TrimSpace(c.PostForm("name")), Language: c.PostForm("language")}
	for _, line := range strings.Split(c.PostForm("patients"), "\n") {
		if line = strings.TrimSpace(line); line != "" && len([]rune(line)) <= maxName && len(contact.Patients) < maxPatients {
			contact.Patients = append(contact.Patients, line)
		}
	}
	if len([]rune(contact.Name)) > maxName {
		s.fail(c, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: s.phrases.text(s.language(c), "contact.long")})
		return
	}
	if err := s.o.People.SaveContact(c.Request.Context(), person, contact); err != nil {
		s.fail(c, err)
		return
	}
	c.Redirect(http.StatusSeeOther, "/console/contacts/"+string(contact.ID))
}

// copyContact hands out all data of a person.
func (s *Server) copyContact(c *gin.Context) {
	archive, err := s.o.Personal.Copy(c.Request.Context(), who(c), contactOf(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Header("Content-Disposition", `attachment; filename="person.zip"`)
	c.Data(http.StatusOK, "application/zip", archive)
}

// eraseContact erases a person who was confirmed by the word that the page asks for,
// and hands out the receipt.
func (s *Server) eraseContact(c *gin.Context) {
	if !strings.EqualFold(strings.TrimSpace(c.PostForm("sure")), s.phrases.text(s.language(c), "contact.sure_word")) {
		s.fail(c, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: s.phrases.text(s.language(c), "contact.sure_needed")})
		return
	}
	receipt, err := s.o.Personal.Erase(c.Request.Context(), who(c), contactOf(c))
	if err != nil {
		s.fail(c, err)
		return
	}
	s.render(c, http.StatusOK, "erased", gin.H{"Receipt": string(receipt)})
}

// PersonCopy is all that a clinic holds about somebody, for them to read.
type PersonCopy struct {
	Clinic     string
	At         time.Time
	Names      []string
	Phones     []string
	Languages  []string
	Tags       []string
	Lines      []CopyLine
	Notes      []CopyLine
	Handovers  []CopyLine
	Permission []CopyLine // what they allowed and stopped
}

// CopyLine is one entry of a [PersonCopy].
type CopyLine struct {
	At   time.Time
	Who  string // "patient", "assistant", "staff", "app"; "" where it does not matter
	Text string
	File string // in the archive, "" for none
}

// PersonPage renders a copy as a page of its own, without scripts or other files, in
// the console's language that is nearest to tag.
func PersonPage(tag string, p PersonCopy) ([]byte, error) {
	texts, err := loadPhrases()
	if err != nil {
		return nil, err
	}
	language := texts.language(tag)
	page, err := template.New("person.html").Funcs(template.FuncMap{
		"t":    func(key string, pairs ...any) string { return texts.text(language, key, pairs...) },
		"name": func(group string, value any) string { return texts.name(language, group, value) },
		"at":   func(at time.Time) string { return at.Format("2006-01-02 15:04") },
		"join": func(list []string) string { return strings.Join(list, ", ") },
	}).ParseFS(pageFiles, "page/own/person.html")
	if err != nil {
		return nil, fmt.Errorf("page of a person: %w", err)
	}
	var out bytes.Buffer
	if err := page.Execute(&out, map[string]any{"Lang": language, "Copy": p}); err != nil {
		return nil, fmt.Errorf("page of a person: %w", err)
	}
	return out.Bytes(), nil
}
