package conversation

import (
	"context"
	"errors"
	"time"
)

// Backoff of explicit refusals. A number that the channel throttles waits as a whole.
const (
	retryFirst  = time.Second
	retryMost   = 2 * time.Minute
	numberPause = 30 * time.Second
	pairMost    = 256 * time.Second // 4^4 s
	soon        = 20 * time.Second  // waits up to this are timed here, longer ones by the sweep
)

// flush sends what is due in a conversation and was not marked by a turn's commit.
func (e *Engine) flush(ctx context.Context, key Key, _ *actor) { e.deliver(ctx, key, nil, true) }

// deliver sends messages whose attempt is marked, then whatever else is due there.
func (e *Engine) deliver(ctx context.Context, key Key, marked []Outbound, more bool) {
	for _, out := range marked {
		more = e.send(ctx, key, out) || more
	}
	for more {
		now := e.c.Now()
		out, err := e.c.Outbox.Attempt(ctx, key, Attempt{
			Now: now, StartBy: now.Add(e.c.Limits.Start), Deadline: now.Add(e.c.Limits.Uncertain),
		})
		if err != nil {
			if !errors.Is(err, ErrIdle) {
				e.c.Log.WarnContext(ctx, "mark attempt", key.LogKey(), "error", err)
			}
			return
		}
		if wait := e.rates.reserve(out.Account, out.To, now); wait > 0 {
			e.result(ctx, Result{Key: key, Message: out.ID, State: SendQueued, Due: now.Add(wait), At: now, Unstarted: true})
			return
		}
		more = e.send(ctx, key, out)
	}
}

// send posts one message whose attempt is marked and records the result. It
// tells whether more is queued in the conversation.
func (e *Engine) send(ctx context.Context, key Key, out Outbound) (more bool) {
	r := Result{Key: key, Message: out.ID, Attempt: out.Attempt, At: e.c.Now()}
	line, known := e.lines.get(ctx, out.Account)
	switch {
	case !known:
		r.State, r.Due, r.Unstarted = SendQueued, r.At.Add(retryFirst), true
		return e.result(ctx, r)
	case line.Account.Stopped:
		giveUp(&r, ClassStop, "account_stopped")
		return e.result(ctx, r)
	case r.At.After(out.StartBy): // too late to start under the mark: nothing was sent
		r.State, r.Due, r.Unstarted = SendQueued, r.At, true
		return e.result(ctx, r)
	}
	sctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), e.c.Limits.Send, errors.New("send timed out"))
	wamid, err := e.c.Sender.Send(sctx, line.Account, out)
	cancel()
	r.At = e.c.Now()
	if err == nil {
		r.State, r.WAMID = SendSent, wamid
		return e.result(ctx, r)
	}
	failure := classOf(err)
	e.c.Log.WarnContext(ctx, "send", key.LogKey(), "message", string(out.ID), "class", string(failure.Class), "code", failure.Code)
	if failure.Class == ClassUncertain {
		return false // the attempt stays marked; a status or its deadline ends it
	}
	e.afterRefusal(&r, out, failure)
	return e.result(ctx, r)
}

// afterRefusal maps an explicit refusal to what happens to the message: nothing
// of it reached the patient.
func (e *Engine) afterRefusal(r *Result, out Outbound, failure *SendError) {
	r.Class, r.Code = failure.Class, failure.Code
	wait := backoff(retryFirst, 2, out.Attempt, retryMost)
	switch failure.Class {
	case ClassRetry:
	case ClassPair:
		wait = backoff(time.Second, 4, out.Attempt, pairMost)
	case ClassRetryLater:
		wait = max(wait, failure.After, numberPause)
		e.rates.hold(out.Account, r.At.Add(wait))
	case ClassStop:
		r.Stop = &AccountStop{Account: out.Account, Code: failure.Code}
		e.lines.stop(out.Account)
		giveUp(r, ClassStop, "account_stopped")
		return
	case ClassWindowClosed:
		giveUp(r, failure.Class, "window_closed")
		return
	default:
		giveUp(r, failure.Class, "undeliverable")
		return
	}
	if out.Attempt > e.c.Limits.SendRetries {
		giveUp(r, failure.Class, "undeliverable")
		return
	}
	r.State, r.Due = SendQueued, r.At.Add(max(wait, failure.After))
}

// giveUp puts a message that cannot be sent into a person's queue.
func giveUp(r *Result, class Class, reason string) {
	r.State, r.Class, r.Reason = SendFailed, class, reason
}

// result records a result even when the turn's own time is over, and times the
// next attempt where it is near.
func (e *Engine) result(ctx context.Context, r Result) (more bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.c.Limits.Send)
	defer cancel()
	more, err := e.c.Outbox.Result(ctx, r)
	if err != nil { // the mark stands: a status or the deadline ends the attempt
		e.c.Log.WarnContext(ctx, "record send result", r.LogKey(), "message", string(r.Message), "error", err)
		return false
	}
	if r.State != SendQueued {
		return more
	}
	if wait := r.Due.Sub(e.c.Now()); wait <= soon {
		e.later(wait, r.Key)
	}
	return false
}

// later flushes a conversation after wait, unless the engine stops before.
func (e *Engine) later(wait time.Duration, key Key) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopped {
		return
	}
	e.wg.Add(1)
	go func() {
		defer e.wg.Done()
		timer := time.NewTimer(max(wait, 0))
		defer timer.Stop()
		select {
		case <-timer.C:
			e.wake(key, e.flush, false)
		case <-e.stopping:
		}
	}()
}

// backoff returns first·factor^(attempt-1), at most most.
func backoff(first time.Duration, factor, attempt int, most time.Duration) time.Duration {
	wait := first
	for i := 1; i < attempt && wait < most; i++ {
		wait *= time.Duration(factor)
	}
	return min(wait, most)
}
