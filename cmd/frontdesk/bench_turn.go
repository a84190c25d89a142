package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"frontdesk/internal/load"
	"frontdesk/store"
)

// turns measures whole turns, from a signed webhook to the reply that the channel
// accepted, and what each costs the database.
func (b *bench) turns(ctx context.Context) (err error) {
	cost := &store.Cost{}
	r, err := b.rig(ctx, rigOptions{model: true, cost: cost})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	sent := 0
	wave := func(messages int) (load.Rate, error) {
		rate, err := r.wave(ctx, sent, messages)
		sent += rate.Messages
		return rate, err
	}
	if _, err := wave(benchPeople); err != nil { // the people are new
		return err
	}
	yardstick, err := b.yardstick(ctx, r.parts)
	if err != nil {
		return err
	}
	var ours, theirs []float64
	turns, replies, before := 0, r.sink.accepted(), cost.Counts()
	var worked processor
	for range benchRounds {
		start, err := b.processor(ctx)
		if err != nil {
			return err
		}
		rate, err := acceptFor(b.seconds/benchRounds, func(int) (load.Rate, error) { return wave(benchPeople / 4) })
		if err != nil {
			return err
		}
		ours, turns = append(ours, rate.PerSecond()), turns+rate.Messages
		end, err := b.processor(ctx)
		if err != nil {
			return err
		}
		spent := end.minus(start)
		worked.service, worked.database = worked.service+spent.service, worked.database+spent.database
		tps, _, err := b.pgbench(ctx, yardstick(max(b.seconds/(3*benchRounds), time.Second)))
		if err != nil {
			return err
		}
		theirs = append(theirs, tps)
	}
	spent := cost.Counts().Minus(before)
	per := func(n int64) float64 { return float64(n) / float64(turns) }
	cpu := func(d time.Duration) float64 { return d.Seconds() * 1000 / float64(turns) }
	for _, f := range []figure{
		figure{What: fmt.Sprintf("whole turns, %d conversations on %d numbers", benchPeople, benchNumbers), Value: median(ours), Unit: "a second",
			Note: fmt.Sprintf("%.2f bubbles a turn", float64(r.sink.accepted()-replies)/float64(turns))}.
			want(noLess(250)).against("pgbench's inserts of one message", median(theirs)),
		figure{What: "processor time", Value: cpu(worked.service + worked.database), Unit: "ms a turn",
			Note: fmt.Sprintf("%s the service with load and stand-ins, %s PostgreSQL", short(cpu(worked.service)), short(cpu(worked.database)))}.want(atMost(turnProcessor)),
		figure{What: "commits that wrote", Value: per(spent.Commits), Unit: "a turn", Note: fmt.Sprintf("%.2f transactions that only read", per(spent.Reads))}.want(atMost(4)),
		figure{What: "statements", Value: per(spent.Statements), Unit: "a turn"}.want(atMost(16)),
	} {
		f.Bench = "turns"
		if err := b.say(f); err != nil {
			return err
		}
	}
	return nil
}

// turnProcessor is what processor time a turn may cost, in milliseconds, for two
// cores to do 250 a second.
const turnProcessor = 8

// wave sends the next messages, one for each of the next people, and waits until all
// turns are over.
func (r *rig) wave(ctx context.Context, sent, messages int) (load.Rate, error) {
	began := r.parts.now()
	run := r.run("w")
	run.First, run.Messages = sent, messages
	rate, err := load.Accept(ctx, r.parts.now, r.service.server, run)
	if err != nil {
		return rate, err
	}
	idle := make(chan struct{})
	go func() {
		defer close(idle)
		r.service.engine.Idle()
	}()
	select {
	case <-idle:
	case <-ctx.Done():
		return rate, fmt.Errorf("wait for turns: %w", context.Cause(ctx))
	}
	rate.Took = r.parts.now().Sub(began)
	return rate, nil
}

const (
	turnMost = 30 * time.Second // the wait for one reply
	turnWarm = 10               // people of each client, who are new at first
)

// turn measures the time of one turn, 8 at once, in quoting mode and with instant
// embeddings: what is left is ours.
func (b *bench) turn(ctx context.Context) (err error) {
	const atOnce = 8
	r, err := b.rig(ctx, rigOptions{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	var mu sync.Mutex
	var times []time.Duration
	lost := 0
	var wg sync.WaitGroup
	for client := range atOnce {
		wg.Go(func() {
			var until time.Time
			for n := 0; (n <= turnWarm || time.Now().Before(until)) && ctx.Err() == nil; n++ {
				if n == turnWarm { // before that the people are new
					until = time.Now().Add(b.seconds)
				}
				took, ok := r.one(ctx, person(1, client+atOnce*(n%turnWarm)), fmt.Sprintf("wamid.one.%d.%d", client, n), benchQuestion(n))
				mu.Lock()
				switch {
				case !ok:
					lost++
				case n >= turnWarm:
					times = append(times, took)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(times) == 0 || lost > 0 {
		return fmt.Errorf("%d turns measured, %d without a reply", len(times), lost)
	}
	for _, f := range []figure{
		figure{What: "one turn without model and embedding, 8 at once, p50", Value: quantile(times, 0.5), Unit: "ms", Note: fmt.Sprintf("%d turns", len(times))}.want(atMost(15)),
		figure{What: "one turn without model and embedding, 8 at once, p95", Value: quantile(times, 0.95), Unit: "ms"}.want(atMost(40)),
	} {
		f.Bench = "turn"
		if err := b.say(f); err != nil {
			return err
		}
	}
	return nil
}

// one delivers a message and waits for its reply at the channel.
func (r *rig) one(ctx context.Context, from, id, text string) (time.Duration, bool) {
	reply := r.sink.expect(from)
	began := time.Now()
	code, err := r.deliver(ctx, from, id, text)
	if err != nil || code != http.StatusOK {
		return 0, false
	}
	return await(ctx, reply, began, turnMost)
}
