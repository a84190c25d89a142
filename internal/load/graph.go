package load

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
)

// Sent is one message that the stand-in accepted.
type Sent struct {
	To       string
	Text     string
	Callback string // our message id
	Started  int64  // what the sender said in [StartedHeader], 0 if nothing
}

// StartedHeader is where a sender under test says when it started a request, in
// nanoseconds since 1970.
const StartedHeader = "X-Started"

// Graph is an instant stand-in of the channel's endpoint that accepts and records
// every message. It has no pair limit.
type Graph struct {
	mu      sync.Mutex // protects all following fields
	sent    []Sent
	count   int
	changed chan struct{} // closed at the next message
	forget  bool
}

// NewGraph returns a stand-in; without keep it only counts.
func NewGraph(keep bool) *Graph { return &Graph{forget: !keep, changed: make(chan struct{})} }

// graphMessage is what the stand-in reads of a request.
type graphMessage struct {
	Status    string `json:"status"`
	To        string `json:"to"`
	Recipient string `json:"recipient"`
	Callback  string `json:"biz_opaque_callback_data"`
	Text      struct {
		Body string `json:"body"`
	} `json:"text"`
}

// ServeHTTP accepts messages and read receipts.
func (g *Graph) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var m graphMessage
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil || json.Unmarshal(body, &m) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if m.Status == "read" {
		_, _ = io.WriteString(w, `{"success":true}`)
		return
	}
	to := m.To
	if to == "" {
		to = m.Recipient
	}
	started, err := strconv.ParseInt(r.Header.Get(StartedHeader), 10, 64)
	if err != nil {
		started = 0
	}
	n := g.record(Sent{To: to, Text: m.Text.Body, Callback: m.Callback, Started: started})
	_, _ = fmt.Fprintf(w, `{"messaging_product":"whatsapp","contacts":[],"messages":[{"id":"wamid.OUT%d"}]}`, n)
}

func (g *Graph) record(s Sent) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.count++
	if !g.forget {
		g.sent = append(g.sent, s)
	}
	close(g.changed)
	g.changed = make(chan struct{})
	return g.count
}

// Sent returns what was accepted, in order.
func (g *Graph) Sent() []Sent {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]Sent(nil), g.sent...)
}

// Count returns how many messages were accepted, and a channel that is closed at
// the next one.
func (g *Graph) Count() (int, <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.count, g.changed
}
