package crash

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/internal/load"
	"frontdesk/internal/testdb"
	"frontdesk/store"
)

var kills = flag.Int("kills", 50, "how often the service is killed")

// What the child process is told by its environment.
const (
	childEnv    = "FRONTDESK_CRASH_CHILD" // the address to listen on; set in the child only
	databaseEnv = "FRONTDESK_CRASH_DATABASE"
	keyEnv      = "FRONTDESK_CRASH_KEY"
	graphEnv    = "FRONTDESK_CRASH_GRAPH"
)

const (
	people      = 60
	senders     = 8
	starts      = 400 * time.Millisecond // within which a marked POST starts
	uncertain   = 1500 * time.Millisecond
	settleLimit = 90 * time.Second
)

func TestMain(m *testing.M) {
	if address := os.Getenv(childEnv); address != "" {
		if err := child(address); err != nil {
			fmt.Fprintln(os.Stderr, "child:", err)
			os.Exit(1)
		}
		return
	}
	testdb.Main(m)
}

// slowEcho answers after up to 30 ms, so that kills hit decisions too.
type slowEcho struct{}

func (slowEcho) Respond(ctx context.Context, d frontdesk.Dialogue, events []frontdesk.Event) (frontdesk.Decision, error) {
	select {
	case <-time.After(time.Duration(mathrand.IntN(30)) * time.Millisecond):
		return load.Echo{}.Respond(ctx, d, events)
	case <-ctx.Done():
		return frontdesk.Decision{}, ctx.Err()
	}
}

// child is the service that gets killed.
func child(address string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	key, err := hex.DecodeString(os.Getenv(keyEnv))
	if err != nil {
		return err
	}
	db, err := store.Open(ctx, store.Options{DatabaseURL: os.Getenv(databaseEnv), Keys: [][]byte{key}, Now: time.Now, Random: rand.Reader})
	if err != nil {
		return err
	}
	defer db.Close()
	s, err := load.Start(ctx, load.Options{
		DB: db, GraphURL: os.Getenv(graphEnv), Responder: slowEcho{}, Queue: true, Now: time.Now, Random: rand.Reader,
		Screen: alarms{}, Transport: dawdler{&http.Transport{MaxIdleConnsPerHost: 256}},
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Limits: conversation.Limits{
			Sweep: 300 * time.Millisecond, Lease: 2 * time.Second, Start: starts, Uncertain: uncertain, Grace: 5 * time.Second,
		},
	})
	if err != nil {
		return err
	}
	server := &http.Server{Addr: address, Handler: handler(s), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return s.Close(context.Background())
}

// trial is the parent's side: what it sent, and what was accepted.
type trial struct {
	t        *testing.T
	db       *testdb.Database
	repo     *store.Conversations
	clinic   frontdesk.Clinic
	accounts []string
	graph    *load.Graph
	graphURL string
	address  string

	mu       sync.Mutex // protects all following fields
	accepted map[string]bool
	next     atomic.Int64
}

func TestKilledServiceLosesNothingAndAnswersNothingTwice(t *testing.T) {
	c := newTrial(t)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() { c.send(ctx) })
	}
	for range *kills {
		process := c.spawn()
		c.awaitUp(process)
		<-time.After(time.Duration(20+mathrand.IntN(280)) * time.Millisecond)
		if err := process.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = process.Wait() // it was killed
	}
	process := c.spawn()
	c.awaitUp(process)
	stop()
	wg.Wait()
	c.settle()
	if err := process.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := process.Wait(); err != nil {
		t.Fatalf("the last process did not stop well: %v", err)
	}
	c.check()
}

func newTrial(t *testing.T) *trial {
	t.Helper()
	c := &trial{t: t, db: testdb.New(t), graph: load.NewGraph(true), accepted: map[string]bool{}}
	server := httptest.NewServer(c.graph)
	t.Cleanup(server.Close)
	c.graphURL = server.URL
	c.repo = store.NewConversations(c.db.DB, nil)
	c.clinic = c.db.Clinic(t, "Clinique du Lac")
	for i := range 4 {
		id := fmt.Sprintf("PN%d", i)
		_, err := c.repo.AddAccount(t.Context(), conversation.Account{
			Clinic: c.clinic.ID, Channel: frontdesk.ChannelWhatsApp, Provider: id, Business: "WABA1", Token: "token"})
		if err != nil {
			t.Fatal(err)
		}
		c.accounts = append(c.accounts, id)
	}
	c.address = freeAddress(t)
	return c
}

// freeAddress is an address that a child can listen on.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return listener.Addr().String()
}

// spawn starts the service as a process of its own.
func (c *trial) spawn() *exec.Cmd { return c.spawnAt(c.address) }

func (c *trial) spawnAt(address string) *exec.Cmd {
	c.t.Helper()
	self, err := os.Executable()
	if err != nil {
		c.t.Fatal(err)
	}
	process := exec.Command(self)
	process.Env = append(os.Environ(), childEnv+"="+address, databaseEnv+"="+c.db.URL,
		keyEnv+"="+hex.EncodeToString(c.db.Key), graphEnv+"="+c.graphURL)
	process.Stderr = os.Stderr
	if err := process.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = process.Process.Kill() }) // it has ended but after a failure
	return process
}

// awaitUp waits until the service listens.
func (c *trial) awaitUp(process *exec.Cmd) { c.awaitUpAt(c.address, process) }

func (c *trial) awaitUpAt(address string, process *exec.Cmd) {
	c.t.Helper()
	deadline := time.After(30 * time.Second)
	for {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-deadline:
			c.t.Fatalf("process %d does not listen: %v", process.Process.Pid, err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// send sends webhooks one after the other, each again until it is accepted, as
// the channel does, and some again after that.
func (c *trial) send(ctx context.Context) {
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for ctx.Err() == nil {
		n := int(c.next.Add(1))
		person := n % people
		mark := fmt.Sprintf("<m%d>", n)
		body := load.Body(c.accounts[person%len(c.accounts)], fmt.Sprintf("336%08d", person), fmt.Sprintf("wamid.%d", n), mark, time.Now())
		repeats := 1 + mathrand.IntN(10)/9
		for repeats > 0 {
			if c.post(client, body) {
				repeats--
				c.mu.Lock()
				c.accepted[mark] = true
				c.mu.Unlock()
				continue
			}
			if ctx.Err() != nil {
				return // never accepted: nothing was promised
			}
			<-time.After(10 * time.Millisecond)
		}
	}
}

func (c *trial) post(client *http.Client, body []byte) bool {
	r, err := load.Request(context.Background(), "http://"+c.address+"/webhook", body)
	if err != nil {
		return false
	}
	response, err := client.Do(r)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode == http.StatusOK
}

// settle waits until nothing is due any more.
func (c *trial) settle() {
	c.t.Helper()
	deadline := time.After(settleLimit)
	for {
		due, err := c.repo.Due(context.Background(), time.Now().Add(24*time.Hour), 10)
		if err == nil && len(due) == 0 {
			return
		}
		select {
		case <-deadline:
			c.t.Fatalf("still due: %+v, %v", due, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// check compares what was accepted with what was sent and with the people's queue.
func (c *trial) check() {
	sends := map[string]int{}
	for _, s := range c.graph.Sent() {
		for _, mark := range strings.Split(strings.TrimPrefix(s.Text, "re: "), " + ") {
			sends[mark]++
		}
	}
	for mark, n := range sends {
		if n > 1 {
			c.t.Errorf("%s was answered %d times", mark, n)
		}
	}
	queued := c.queued()
	var inQueue, lost int
	for mark := range c.accepted {
		switch {
		case sends[mark] == 1:
		case queued[mark]:
			inQueue++
		default:
			lost++
			c.t.Errorf("%s was accepted, but is neither answered nor in a person's queue", mark)
		}
	}
	if len(c.accepted) < *kills {
		c.t.Errorf("only %d messages were accepted", len(c.accepted))
	}
	c.t.Logf("%d kills: %d messages accepted, %d answered once, %d in a person's queue, %d lost",
		*kills, len(c.accepted), len(c.accepted)-inQueue-lost, inQueue, lost)
}

// queued returns the marks whose answers have an open ticket.
func (c *trial) queued() map[string]bool {
	c.t.Helper()
	tickets, err := c.repo.Tickets(context.Background(), c.clinic.ID, false, 1_000_000)
	if err != nil {
		c.t.Fatal(err)
	}
	marks := map[string]bool{}
	for _, ticket := range tickets {
		if ticket.Message == "" {
			continue
		}
		lines, err := c.repo.Transcript(context.Background(), conversation.Key{Clinic: c.clinic.ID, Conversation: ticket.Conversation}, 1_000_000)
		if err != nil {
			c.t.Fatal(err)
		}
		for _, line := range lines {
			if string(line.ID) == ticket.Message {
				for _, mark := range strings.Split(strings.TrimPrefix(line.Text, "re: "), " + ") {
					marks[mark] = true
				}
			}
		}
	}
	return marks
}
