package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"strconv"
	"strings"
	"time"
)

// What the ring is measured with.
const (
	ringConsoles = 2
	ringEach     = 40 // patients who ask for a person
	ringMost     = 15 * time.Second
	ringPause    = 1100 * time.Millisecond // at most, between two: no look of a console is in step
	ringEntry    = "ring"
	ringQuestion = "Bonjour, je voudrais parler à une personne"
)

// stream is an open console's stream of events: how many patients wait, and since when.
type stream struct {
	body   io.Closer
	counts chan ringing
}

// ringing is one event of a stream.
type ringing struct {
	waiting int
	at      time.Time
}

// ring measures the time from the webhook of a request for a person to the event in
// the consoles that are open; the yardstick is the patient's own reply.
func (b *bench) ring(ctx context.Context) (err error) {
	r, err := b.rig(ctx, rigOptions{console: ringEntry})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	served, err := serveLoopback(r.service.server)
	if err != nil {
		return err
	}
	defer served.close()
	var consoles []*stream
	defer func() {
		for _, c := range consoles {
			_ = c.body.Close()
		}
	}()
	for range ringConsoles {
		c, err := openStream(ctx, served.url)
		if err != nil {
			return err
		}
		consoles = append(consoles, c)
	}
	var rings, replies []time.Duration
	for n := range ringEach {
		reply, rang, err := r.askForAPerson(ctx, n, consoles)
		if err != nil {
			return err
		}
		if n > 0 { // the first finds nothing warm
			rings, replies = append(rings, rang...), append(replies, reply)
		}
		select {
		case <-time.After(time.Duration(rand.Int64N(int64(ringPause)))):
		case <-ctx.Done():
			return fmt.Errorf("ring: %w", context.Cause(ctx))
		}
	}
	note := fmt.Sprintf("%d requests, %d consoles", len(replies), ringConsoles)
	for _, f := range []figure{
		figure{What: "asked for a person to event in the consoles, p50", Value: quantile(rings, 0.5), Unit: "ms", Note: note}.
			against("the reply to the patient, p50", quantile(replies, 0.5)),
		figure{What: "asked for a person to event in the consoles, p95", Value: quantile(rings, 0.95), Unit: "ms", Note: note}.want(atMost(1000)),
	} {
		f.Bench = "ring"
		if err := b.say(f); err != nil {
			return err
		}
	}
	return nil
}

// askForAPerson lets a new patient ask, and returns when the reply was sent and when
// each console was told.
func (r *rig) askForAPerson(ctx context.Context, n int, consoles []*stream) (time.Duration, []time.Duration, error) {
	from := person(9, n)
	sent := r.sink.expect(from)
	began := time.Now()
	code, err := r.deliver(ctx, from, fmt.Sprintf("wamid.ring.%d", n), ringQuestion)
	if err != nil || code != http.StatusOK {
		return 0, nil, fmt.Errorf("ring: the webhook got %d: %w", code, err)
	}
	reply, ok := await(ctx, sent, began, ringMost)
	if !ok {
		return 0, nil, errors.New("ring: no reply to the patient")
	}
	var rang []time.Duration
	for _, c := range consoles {
		at, err := c.await(ctx, n+1)
		if err != nil {
			return 0, nil, err
		}
		rang = append(rang, at.Sub(began))
	}
	return reply, rang, nil
}

// openStream signs in and opens a console's stream of events.
func openStream(ctx context.Context, url string) (*stream, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	client := &http.Client{Jar: jar}
	for _, path := range []string{"/console/demo/" + ringEntry, "/console/events"} {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+path, nil)
		if err != nil {
			return nil, fmt.Errorf("console: %w", err)
		}
		answer, err := client.Do(request)
		if err != nil {
			return nil, fmt.Errorf("console: %w", err)
		}
		if answer.Header.Get("Content-Type") == "text/event-stream" {
			s := &stream{body: answer.Body, counts: make(chan ringing, 4*ringEach)}
			go s.read(answer.Body)
			return s, nil
		}
		_ = answer.Body.Close()
	}
	return nil, errors.New("console: no stream of events")
}

// read passes on how many patients wait, until the stream ends.
func (s *stream) read(body io.Reader) {
	defer close(s.counts)
	inbox := false
	for lines := bufio.NewScanner(body); lines.Scan(); {
		if event, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			inbox = event == "inbox"
		}
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && inbox {
			if n, err := strconv.Atoi(data); err == nil {
				s.counts <- ringing{waiting: n, at: time.Now()}
			}
		}
	}
}

// await returns when the console was told that so many wait.
func (s *stream) await(ctx context.Context, waiting int) (time.Time, error) {
	timer := time.NewTimer(ringMost)
	defer timer.Stop()
	for {
		select {
		case got, ok := <-s.counts:
			switch {
			case !ok:
				return time.Time{}, errors.New("ring: the stream ended")
			case got.waiting >= waiting:
				return got.at, nil
			}
		case <-timer.C:
			return time.Time{}, fmt.Errorf("ring: no event that %d wait", waiting)
		case <-ctx.Done():
			return time.Time{}, fmt.Errorf("ring: %w", context.Cause(ctx))
		}
	}
}
