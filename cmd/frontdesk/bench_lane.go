package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"frontdesk"
	"frontdesk/conversation"
)

// What the emergency lane must pass.
const (
	laneWaiting = 2000
	laneModel   = 30 * time.Second
	laneMost    = 15 * time.Second
	laneEach    = 200
)

// slowModel answers after [laneModel], whatever it is asked.
type slowModel struct{ waiting atomic.Int64 }

// Respond implements [conversation.Responder].
func (m *slowModel) Respond(ctx context.Context, _ frontdesk.Dialogue, _ []frontdesk.Event) (frontdesk.Decision, error) {
	m.waiting.Add(1)
	defer m.waiting.Add(-1)
	timer := time.NewTimer(laneModel)
	defer timer.Stop()
	select {
	case <-timer.C:
		return frontdesk.Decision{Outcome: frontdesk.OutcomeUnanswered, Replies: []frontdesk.Reply{{Text: "late"}}}, nil
	case <-ctx.Done():
		return frontdesk.Decision{}, ctx.Err()
	}
}

// lane measures the fixed reply to an emergency: while 2,000 turns wait for a slow
// model, and then with the database away.
func (b *bench) lane(ctx context.Context) (err error) {
	if err := b.open(ctx); err != nil {
		return err
	}
	line, err := newDatabaseLine(b.base.URL)
	if err != nil {
		return err
	}
	defer line.cut()
	slow := &slowModel{}
	r, err := b.rig(ctx, rigOptions{database: line.url, responder: func(conversation.Responder) conversation.Responder { return slow }})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	busy, err := r.laneBusy(ctx, slow)
	if err != nil {
		return err
	}
	line.cut()
	away, err := r.emergencies(ctx, 3)
	if err != nil {
		return err
	}
	for _, f := range []figure{
		figure{What: "fixed reply, 2,000 turns waiting on a slow model, p99", Value: quantile(busy, 0.99), Unit: "ms", Note: fmt.Sprintf("p50 %s ms, %d emergencies", short(quantile(busy, 0.5)), len(busy))}.want(atMost(1000)),
		figure{What: "fixed reply, database away as well, p99", Value: quantile(away, 0.99), Unit: "ms", Note: fmt.Sprintf("p50 %s ms, %d emergencies", short(quantile(away, 0.5)), len(away))}.want(atMost(1000)),
	} {
		f.Bench = "lane"
		if err := b.say(f); err != nil {
			return err
		}
	}
	return nil
}

// laneBusy times emergencies while that many turns wait.
func (r *rig) laneBusy(ctx context.Context, slow *slowModel) ([]time.Duration, error) {
	if _, err := r.emergencies(ctx, 1); err != nil { // connections are open, statements prepared
		return nil, err
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range benchClients {
		wg.Go(func() {
			for n := next.Add(1); n <= laneWaiting && ctx.Err() == nil; n = next.Add(1) {
				_, _ = r.deliver(ctx, person(4, int(n)), fmt.Sprintf("wamid.wait.%d", n), benchQuestion(int(n))) // counted below
			}
		})
	}
	wg.Wait()
	times, err := r.emergencies(ctx, 2)
	if waiting := slow.waiting.Load(); err == nil && waiting < laneWaiting*9/10 {
		return nil, fmt.Errorf("only %d turns still waited", waiting)
	}
	return times, err
}

// emergencies delivers them, 4 at once, and times their fixed replies. The answer
// to the webhook itself does not count: without a database it is 503.
func (r *rig) emergencies(ctx context.Context, kind int) ([]time.Duration, error) {
	var mu sync.Mutex
	var times []time.Duration
	lost := 0
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for n := int(next.Add(1)); n <= laneEach && ctx.Err() == nil; n = int(next.Add(1)) {
				from := person(4+kind, n)
				reply := r.sink.expect(from)
				began := time.Now()
				delivered := make(chan struct{})
				go func() {
					defer close(delivered)
					_, _ = r.deliver(ctx, from, fmt.Sprintf("wamid.sos.%d.%d", kind, n), "J'ai très mal dans la poitrine et je ne peux plus respirer")
				}()
				took, ok := await(ctx, reply, began, laneMost)
				<-delivered
				mu.Lock()
				if times = append(times, took); !ok {
					lost++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if lost > 0 {
		return nil, fmt.Errorf("%d of %d emergencies got no fixed reply within %s", lost, len(times), laneMost)
	}
	return times, nil
}

// databaseLine is a way to the database through this process, which can be cut as a
// stopped server cuts it: connections end, and new ones are refused.
type databaseLine struct {
	url      string
	listener net.Listener
	socket   string
	wg       sync.WaitGroup

	mu    sync.Mutex // protects all following fields
	conns []net.Conn
	ended bool
}

func newDatabaseLine(direct string) (*databaseLine, error) {
	u, err := url.Parse(direct)
	if err != nil {
		return nil, fmt.Errorf("read database address: %w", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open way to the database: %w", err)
	}
	l := &databaseLine{listener: listener, socket: filepath.Join(u.Query().Get("host"), ".s.PGSQL.5432")}
	u.Host, u.RawQuery = listener.Addr().String(), "sslmode=disable"
	l.url = u.String()
	l.wg.Go(l.accept)
	return l, nil
}

func (l *databaseLine) accept() {
	for {
		client, err := l.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("unix", l.socket)
		if err != nil || !l.keep(client, server) {
			_ = client.Close()
			continue
		}
		for _, pair := range [][2]net.Conn{{client, server}, {server, client}} {
			l.wg.Go(func() {
				_, _ = io.Copy(pair[0], pair[1]) // either end may close at any time
				_ = pair[0].Close()
				_ = pair[1].Close()
			})
		}
	}
}

func (l *databaseLine) keep(conns ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return false
	}
	l.conns = append(l.conns, conns...)
	return true
}

func (l *databaseLine) cut() {
	l.mu.Lock()
	l.ended = true
	conns := l.conns
	l.conns = nil
	l.mu.Unlock()
	_ = l.listener.Close()
	for _, c := range conns {
		_ = c.Close()
	}
	l.wg.Wait()
}
