package httpd

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"frontdesk"
)

// Live tells whether what staff see has changed.
type Live interface {
	// Pulse returns marks that change with the inbox and, where one is named, with
	// a conversation, and how many patients wait for somebody.
	Pulse(ctx context.Context, clinic frontdesk.ClinicID, id frontdesk.ConversationID) (Pulse, error)
}

// Pulse is a mark of each part of the page.
type Pulse struct {
	Inbox, Thread string
	Waiting       int
}

// Times of a stream of events.
const (
	pulseEvery = 500 * time.Millisecond
	beatEvery  = 15 * time.Second
	checkEvery = 30 * time.Second // that the session still holds
)

// viewed is what a stream shows: a clinic's inbox and perhaps a conversation.
type viewed struct {
	clinic       frontdesk.ClinicID
	conversation frontdesk.ConversationID
}

// pulses lets all streams of one view share one look at the database.
type pulses struct {
	mu   sync.Mutex // protects all following fields
	seen map[viewed]*pulse
}

type pulse struct {
	mu    sync.Mutex // protects the following fields; held while looking
	at    time.Time
	value Pulse
	err   error

	users int           // under pulses.mu
	rung  chan struct{} // under pulses.mu; closed when the clinic's tickets change
	stale atomic.Bool   // they changed since the last look
}

// join counts a stream in and returns its pulse; leave counts it out.
func (p *pulses) join(view viewed) (shared *pulse, leave func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seen == nil {
		p.seen = map[viewed]*pulse{}
	}
	shared = p.seen[view]
	if shared == nil {
		shared = &pulse{rung: make(chan struct{})}
		p.seen[view] = shared
	}
	shared.users++
	return shared, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if shared.users--; shared.users == 0 {
			delete(p.seen, view)
		}
	}
}

// next returns a channel that is closed when the clinic's tickets change.
func (p *pulses) next(shared *pulse) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return shared.rung
}

// ring makes all streams of a clinic look at once.
func (p *pulses) ring(clinic frontdesk.ClinicID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for view, shared := range p.seen {
		if view.clinic == clinic {
			shared.stale.Store(true)
			close(shared.rung)
			shared.rung = make(chan struct{})
		}
	}
}

// look returns the pulse, from the database when the last look is too old.
func (p *pulse) look(now time.Time, ask func() (Pulse, error)) (Pulse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stale.Swap(false) || now.Sub(p.at) >= pulseEvery*9/10 || now.Before(p.at) {
		p.value, p.err = ask()
		p.at = now
	}
	return p.value, p.err
}

// Rang tells that tickets of a clinic changed: everybody who has its inbox open
// sees it at once instead of at the next look.
func (s *Server) Rang(clinic frontdesk.ClinicID) { s.pulses.ring(clinic) }

// events streams what changed, until the browser leaves, the session ends or the
// service stops.
func (s *Server) events(c *gin.Context) {
	person, id, ctx := who(c), frontdesk.ConversationID(c.Query("conversation")), c.Request.Context()
	shared, leave := s.pulses.join(viewed{person.Clinic.ID, id})
	defer leave()
	c.Header("Content-Type", "text/event-stream")
	c.Header("X-Accel-Buffering", "no")
	c.Status(http.StatusOK)
	tick := time.NewTicker(pulseEvery)
	defer tick.Stop()
	var last Pulse
	beat, check := s.o.Now(), s.o.Now()
	for first := true; ; first = false {
		now, rung := s.o.Now(), s.pulses.next(shared)
		if now.Sub(check) >= checkEvery {
			if _, err := s.person(c); err != nil {
				return
			}
			check = now
		}
		next, err := shared.look(now, func() (Pulse, error) { return s.o.Live.Pulse(ctx, person.Clinic.ID, id) })
		if err != nil && ctx.Err() == nil {
			s.o.Log.WarnContext(ctx, "live events", "err", err)
		}
		if err == nil {
			if first || next.Inbox != last.Inbox {
				fmt.Fprintf(c.Writer, "event: inbox\ndata: %d\n\n", next.Waiting)
			}
			if !first && next.Thread != last.Thread {
				fmt.Fprint(c.Writer, "event: thread\ndata: 1\n\n")
			}
			last = next
		}
		if now.Sub(beat) >= beatEvery {
			fmt.Fprint(c.Writer, ": beat\n\n")
			beat = now
		}
		c.Writer.Flush()
		select {
		case <-ctx.Done():
			return
		case <-rung:
		case <-tick.C:
		}
	}
}
