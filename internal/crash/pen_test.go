package crash

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/internal/load"
	"frontdesk/store"
)

var interleavings = flag.Int("interleavings", 20, "how many random interleavings of patients, staff and kills are played")

// Sizes of an interleaving.
const (
	together = 10 // interleavings played at once
	written  = 14 // messages of a patient
	taken    = 3  // how often somebody takes the conversation
)

// Words that decide who spoke.
const (
	fixedText  = "112" // the emergency text of internal/load
	staffMark  = "staff:"
	alarmMark  = "help!"
	staffUser  = "ann"
	staffPause = 120 * time.Millisecond
)

// alarms is a screen that knows one emergency.
type alarms struct{ load.Open }

// Inbound finds an emergency by its mark.
func (a alarms) Inbound(ctx context.Context, text, language, country string) frontdesk.Verdict {
	v := a.Open.Inbound(ctx, text, language, country)
	if strings.Contains(text, alarmMark) {
		v.Labels = append(v.Labels, frontdesk.LabelEmergency)
	}
	return v
}

// dawdler is a transport that says when it starts a request, and stops for a
// moment before it does, as a busy process would.
type dawdler struct{ http.RoundTripper }

// RoundTrip dawdles below the margin that a change of pen allows for.
func (d dawdler) RoundTrip(r *http.Request) (*http.Response, error) {
	if mathrand.IntN(4) == 0 {
		<-time.After(time.Duration(mathrand.IntN(100)) * time.Millisecond)
	}
	r = r.Clone(r.Context())
	r.Header.Set(load.StartedHeader, strconv.FormatInt(time.Now().UnixNano(), 10))
	return d.RoundTripper.RoundTrip(r)
}

// handler is what a child serves: the webhook, and what staff do.
func handler(s *load.Service) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/webhook", s.Webhook)
	mux.HandleFunc("/desk/{clinic}/{conversation}/{what}", func(w http.ResponseWriter, r *http.Request) {
		key := conversation.Key{Clinic: frontdesk.ClinicID(r.PathValue("clinic")), Conversation: frontdesk.ConversationID(r.PathValue("conversation"))}
		var err error
		switch r.PathValue("what") {
		case "take":
			err = s.Engine.TakePen(r.Context(), key, staffUser)
		case "write":
			err = s.Engine.Write(r.Context(), key, conversation.Words{Author: staffUser, Text: r.FormValue("text"), Form: r.FormValue("form")})
		case "release":
			err = s.Engine.Release(r.Context(), key, conversation.HandBack{By: staffUser, Done: true})
		default:
			err = errors.New("no such action")
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
		}
	})
	return mux
}

// span is when a person held the pen for sure: from the return of what took it to
// the start of what gave it back.
type span struct{ from, to int64 }

// play is one interleaving: a patient and a member of staff in one conversation.
type play struct {
	*penTrial
	key    conversation.Key
	person string
	number string // of the channel account
	seed   uint64 // of its patient and its staff, each with a source of its own
	spans  []span
}

// penTrial is two processes of the service, killed at random.
type penTrial struct {
	*trial
	addresses [2]string
	client    *http.Client
	kills     int
}

func TestNoBotReplyStartsAfterAPersonTookThePen(t *testing.T) {
	c := newPenTrial(t)
	alive, stop := context.WithCancel(t.Context())
	var killers sync.WaitGroup
	for n := range c.addresses {
		process := c.spawnAt(c.addresses[n])
		c.awaitUpAt(c.addresses[n], process)
		killers.Go(func() { c.killAtRandom(alive, n, process) })
	}
	var plays []*play
	for first := 0; first < *interleavings; first += together {
		batch := c.begin(first, min(together, *interleavings-first))
		var wg sync.WaitGroup
		for _, p := range batch {
			wg.Go(p.patient)
			wg.Go(p.staff)
		}
		wg.Wait()
		plays = append(plays, batch...)
	}
	stop()
	killers.Wait()
	for _, p := range plays {
		p.say("the last one")
	}
	c.settle()
	c.checkPens(plays)
}

func newPenTrial(t *testing.T) *penTrial {
	t.Helper()
	c := &penTrial{trial: newTrial(t), client: &http.Client{Timeout: 8 * time.Second, Transport: &http.Transport{}}}
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.graph.ServeHTTP(w, r) // the message is out; its sender learns of it late
		<-time.After(time.Duration(mathrand.IntN(120)) * time.Millisecond)
	}))
	t.Cleanup(slow.Close)
	t.Cleanup(c.client.CloseIdleConnections)
	c.graphURL = slow.URL
	for n := range c.addresses {
		c.addresses[n] = freeAddress(t)
	}
	return c
}

// killAtRandom kills a process again and again and starts it anew. The last one
// lives on until the test ends.
func (c *penTrial) killAtRandom(ctx context.Context, n int, process *exec.Cmd) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Duration(150+mathrand.IntN(1200)) * time.Millisecond):
		}
		if err := process.Process.Kill(); err != nil {
			c.t.Error(err)
			return
		}
		_ = process.Wait() // it was killed
		process = c.spawnAt(c.addresses[n])
		c.awaitUpAt(c.addresses[n], process)
		c.mu.Lock()
		c.kills++
		c.mu.Unlock()
	}
}

// begin opens count conversations by their first message.
func (c *penTrial) begin(first, count int) []*play {
	c.t.Helper()
	plays := make([]*play, count)
	for i := range plays {
		n := first + i
		plays[i] = &play{
			penTrial: c, person: fmt.Sprintf("336%08d", n), number: c.accounts[n%len(c.accounts)],
			seed: uint64(n) ^ uint64(time.Now().UnixNano()),
		}
		plays[i].say("the first one")
	}
	rows, err := c.repo.Inbox(c.t.Context(), c.clinic.ID, store.InboxQuery{Kind: store.InboxEverything, Limit: 10_000})
	if err != nil {
		c.t.Fatal(err)
	}
	for _, p := range plays {
		at := slices.IndexFunc(rows, func(r store.InboxRow) bool { return strings.TrimPrefix(r.Phone, "+") == p.person })
		if at < 0 {
			c.t.Fatalf("no conversation of %s", p.person)
		}
		p.key = conversation.Key{Clinic: c.clinic.ID, Conversation: rows[at].Conversation}
	}
	return plays
}

// patient writes at random moments, now and then of an emergency.
func (p *play) patient() {
	random := mathrand.New(mathrand.NewPCG(p.seed, 1))
	for range written {
		<-time.After(time.Duration(random.IntN(90)) * time.Millisecond)
		text := "are you open?"
		if random.IntN(7) == 0 {
			text = alarmMark
		}
		p.say(text)
	}
}

// staff takes the conversation, answers and gives it back, again and again.
func (p *play) staff() {
	random := mathrand.New(mathrand.NewPCG(p.seed, 2))
	for n := range taken {
		<-time.After(time.Duration(random.Int64N(int64(staffPause))))
		p.do("take", nil)
		from := time.Now().UnixNano()
		<-time.After(time.Duration(random.Int64N(int64(staffPause))))
		form, err := frontdesk.NewID(time.Now(), mathrand.NewChaCha8([32]byte{byte(n), byte(random.Uint32()), byte(random.Uint32())}))
		if err != nil {
			p.t.Error(err)
			return
		}
		p.do("write", url.Values{"text": {p.words(n)}, "form": {form}})
		<-time.After(time.Duration(random.Int64N(int64(staffPause))))
		p.spans = append(p.spans, span{from: from, to: time.Now().UnixNano()})
		p.do("release", nil)
	}
}

// words are what staff answer when they took the conversation for the nth time.
func (p *play) words(n int) string { return fmt.Sprintf("%s %s, take %d", staffMark, p.person, n) }

// say delivers a patient's message to whichever process takes it.
func (p *play) say(text string) {
	n := p.next.Add(1)
	p.insist(func(address string) (*http.Request, error) {
		body := load.Body(p.number, p.person, fmt.Sprintf("wamid.pen.%d", n), fmt.Sprintf("%s <m%d>", text, n), time.Now())
		return load.Request(p.t.Context(), "http://"+address+"/webhook", body)
	})
}

// do does something in the name of staff at whichever process takes it.
func (p *play) do(what string, form url.Values) {
	p.insist(func(address string) (*http.Request, error) {
		target := fmt.Sprintf("http://%s/desk/%s/%s/%s", address, p.key.Clinic, p.key.Conversation, what)
		r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, target, bytes.NewBufferString(form.Encode()))
		if err == nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		return r, err
	})
}

// insist asks one process after the other until one says yes.
func (p *play) insist(ask func(address string) (*http.Request, error)) {
	last := ""
	for try := range 400 {
		r, err := ask(p.addresses[(mathrand.IntN(2)+try)%2])
		if err != nil {
			p.t.Error(err)
			return
		}
		response, err := p.client.Do(r)
		if err != nil { // the process is being killed
			<-time.After(10 * time.Millisecond)
			continue
		}
		said, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err == nil && response.StatusCode == http.StatusOK {
			return
		}
		last = fmt.Sprintf("%d %s", response.StatusCode, said)
		<-time.After(10 * time.Millisecond)
	}
	p.t.Errorf("nobody took a request: %s", last)
}

// checkPens looks at each message of the bot's: none may have started while a
// person held the pen for sure, but for the fixed emergency text.
func (c *penTrial) checkPens(plays []*play) {
	byPerson := map[string][]load.Sent{}
	for _, s := range c.graph.Sent() {
		byPerson[s.To] = append(byPerson[s.To], s)
	}
	queued := c.queued()
	var bot, alarmed, staff, contested int
	for _, p := range plays {
		last := false
		for n := range taken {
			sent := 0
			for _, s := range byPerson["+"+p.person] {
				if s.Text == p.words(n) {
					sent++
				}
			}
			if sent > 1 || sent == 0 && !queued[p.words(n)] {
				c.t.Errorf("interleaving %s: an answer of staff was sent %d times and is in nobody's queue", p.person, sent)
			}
		}
		for _, s := range byPerson["+"+p.person] {
			during := slices.ContainsFunc(p.spans, func(held span) bool { return s.Started >= held.from && s.Started <= held.to })
			switch {
			case s.Started == 0:
				c.t.Fatal("a message without its start")
			case strings.HasPrefix(s.Text, staffMark):
				staff++
			case s.Text == fixedText && during:
				alarmed++
			case s.Text == fixedText:
			case during:
				c.t.Errorf("interleaving %s: the bot started to send while a person held the pen", p.person)
			default:
				bot++
				last = last || strings.Contains(s.Text, "the last one")
				if slices.ContainsFunc(p.spans, func(held span) bool {
					return s.Started < held.from && held.from-s.Started < int64(500*time.Millisecond)
				}) {
					contested++
				}
			}
		}
		if !last {
			c.t.Errorf("interleaving %s: the bot does not answer after the last release", p.person)
		}
	}
	if contested == 0 || alarmed == 0 || staff == 0 || c.kills == 0 {
		c.t.Error("nothing was contested: the test shows nothing")
	}
	c.t.Logf("%d interleavings, %d takes, %d kills: %d replies of the bot, %d of them within 500 ms before a take, none after; %d of staff; %d emergency texts while a person held the pen",
		len(plays), len(plays)*taken, c.kills, bot, contested, staff, alarmed)
}
