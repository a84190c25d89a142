package httpd

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"frontdesk"
)

// Inbox reads what waits for people.
type Inbox interface {
	List(ctx context.Context, who Person, view View) (List, error)
	Thread(ctx context.Context, who Person, id frontdesk.ConversationID) (Thread, error)
	// Why tells what decided a turn.
	Why(ctx context.Context, who Person, turn frontdesk.TurnID) (Why, error)
}

// View says what of the inbox to list.
type View struct {
	Name   string // one of [viewNames]
	Tag    string
	Search string
}

// viewNames are the inbox's views, as they stand in its menu.
func viewNames() []string {
	return []string{"mine", "unassigned", "team", "waiting", "all", "closed", "everything"}
}

// List is the inbox in one view.
type List struct {
	Items  []Item
	Counts map[string]int // open tickets by view
}

// Item is a conversation in the list.
type Item struct {
	Conversation frontdesk.ConversationID
	Name         string
	Language     string
	Team         string
	Priority     frontdesk.Priority // "" without an open ticket
	Reason       string
	Quiet        bool // a delivery to look at
	Pen          frontdesk.Pen
	Opened       time.Time
	Last         time.Time
	Due          time.Time
	Overdue      bool
	By           string // who took it or whom it is assigned to
	Mine         bool
	Closed       bool
	CloseReason  string
	Preview      string
	PreviewKind  frontdesk.MessageKind
	Ours         bool // the last words are ours
	Tags         []string
}

// maxSearch bounds what is searched for.
const maxSearch = 200

// viewOf reads a view from the address; an unknown one is "all".
func viewOf(c *gin.Context) View {
	view := View{Name: c.DefaultQuery("view", "all"), Tag: c.Query("tag"), Search: strings.TrimSpace(c.Query("q"))}
	if len(view.Search) > maxSearch {
		view.Search = view.Search[:maxSearch]
	}
	for _, name := range viewNames() {
		if view.Name == name {
			return view
		}
	}
	view.Name = "all"
	return view
}

func (s *Server) inbox(c *gin.Context) {
	data, ok := s.listed(c)
	if !ok {
		return
	}
	if c.GetHeader("HX-Request") != "" {
		data["Open"] = c.Query("open")
		s.renderPart(c, http.StatusOK, "inbox", "items", data)
		return
	}
	s.render(c, http.StatusOK, "inbox", data)
}

// listed is the data of the list; it answers the request itself on failure.
func (s *Server) listed(c *gin.Context) (gin.H, bool) {
	view := viewOf(c)
	list, err := s.o.Inbox.List(c.Request.Context(), who(c), view)
	if err != nil {
		s.fail(c, err)
		return nil, false
	}
	return gin.H{"List": list, "View": view, "Views": viewNames(), "Now": s.o.Now()}, true
}
