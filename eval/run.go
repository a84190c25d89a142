package eval

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Options say how a run asks.
type Options struct {
	Parallel int             // cases at a time; default 2
	Repeat   int             // times that each case is asked; default 1
	Timeout  time.Duration   // of one turn; default 60 s
	Most     int             // failures of the target after which the run stops; default 20
	Waits    []time.Duration // before a case is asked again of which a part failed unasked; default 1 s, 5 s
	Journal  *Journal        // nil: nothing is remembered
	Now      func() time.Time
	Session  string                             // tells this run's dialogues from those of others on the same target
	Progress func(done, total int)              // after each case, one call at a time; nil: none
	Stop     func(c Case, replies []Reply) bool // ends the run early, after a case; nil: never
}

func (o Options) withDefaults() Options {
	o.Parallel = cmp.Or(o.Parallel, 2)
	o.Repeat = cmp.Or(o.Repeat, 1)
	o.Timeout = cmp.Or(o.Timeout, time.Minute)
	o.Most = cmp.Or(o.Most, 20)
	if o.Waits == nil {
		o.Waits = []time.Duration{time.Second, 5 * time.Second}
	}
	if o.Progress == nil {
		o.Progress = func(int, int) {}
	}
	if o.Stop == nil {
		o.Stop = func(Case, []Reply) bool { return false }
	}
	return o
}

// Answers are what the cases of a run got, in the order of the cases, with their
// repeats one after the other. A case that an early stop left out has an answer
// without Case.
type Answers struct {
	Answers []Answer
	Cached  int           // answers that came from the journal
	Took    time.Duration // of all, by the clock
	Busy    time.Duration // of the target, summed over what ran side by side
	Workers int
}

// Overhead is the harness's own time as a share of the target's.
func (a Answers) Overhead() float64 {
	if a.Busy == 0 || a.Cached > 0 {
		return 0 // nothing was measured, or workers idled while answers were read
	}
	return max(0, float64(a.Took)*float64(a.Workers)/float64(a.Busy)-1)
}

// Ask puts every case of the suites to the target. It ends early when ctx does, or
// when the target failed more often than Options.Most; the error says so, and the
// journal holds what was done.
func Ask(ctx context.Context, target Target, suites []Suite, o Options) (Answers, error) {
	o = o.withDefaults()
	var jobs []job
	for _, s := range suites {
		for _, c := range s.Cases {
			for repeat := range o.Repeat {
				jobs = append(jobs, job{len(jobs), c, repeat})
			}
		}
	}
	a := &asking{o: o, target: target, answers: make([]Answer, len(jobs)), same: map[string]*sync.Once{}, done: map[string]Answer{}}
	began := o.Now()
	outer := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan job)
	var workers sync.WaitGroup
	for range o.Parallel {
		workers.Go(func() {
			for j := range queue {
				if err := a.one(ctx, j, len(jobs)); err != nil {
					cancel(err)
				}
			}
		})
	}
feed:
	for _, j := range jobs {
		select {
		case queue <- j:
		case <-ctx.Done():
			break feed
		}
	}
	close(queue)
	workers.Wait()
	if err := context.Cause(ctx); err != nil && (outer.Err() != nil || !errors.Is(err, errStopped)) {
		return Answers{}, fmt.Errorf("run stopped: %w", err)
	}
	return Answers{a.answers, a.cached, o.Now().Sub(began), a.busy, o.Parallel}, nil
}

// errStopped ends a run early on Options.Stop's word.
var errStopped = errors.New("stopped early")

type job struct {
	place  int
	c      Case
	repeat int
}

// asking is one run of Ask.
type asking struct {
	o      Options
	target Target

	mu       sync.Mutex // protects all following fields
	answers  []Answer
	finished int
	failures int
	cached   int
	busy     time.Duration
	same     map[string]*sync.Once // cases that ask the same are asked once
	done     map[string]Answer
}

var errTargetFails = errors.New("the target fails again and again")

func (a *asking) one(ctx context.Context, j job, total int) error {
	hash := j.c.Hash()
	answer := Answer{Case: hash, Repeat: j.repeat}
	key := answer.key()
	a.mu.Lock()
	once := a.same[key]
	if once == nil {
		once = &sync.Once{}
		a.same[key] = once
	}
	a.mu.Unlock()
	var err error
	once.Do(func() { err = a.ask(ctx, j, answer) })
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.answers[j.place] = a.done[key]
	a.finished++
	a.o.Progress(a.finished, total)
	if a.o.Stop(j.c, a.done[key].Replies) {
		return errStopped
	}
	return nil
}

// ask gets the answer of a job, out of the journal where it is there.
func (a *asking) ask(ctx context.Context, j job, answer Answer) error {
	if a.o.Journal != nil {
		if found, ok := a.o.Journal.Find(answer.Case, answer.Repeat); ok {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.done[answer.key()] = found
			a.cached++
			return nil
		}
	}
	replies, err := a.tries(ctx, j)
	if ctx.Err() != nil {
		return context.Cause(ctx) // half a dialogue is no answer
	}
	answer.Replies = replies
	if err != nil {
		answer.Failure = err.Error()
	} else if a.o.Journal != nil {
		if err := a.o.Journal.Keep(answer); err != nil {
			return err
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.done[answer.key()] = answer
	if answer.Failure != "" {
		if a.failures++; a.failures > a.o.Most {
			return fmt.Errorf("%w, at last: %s", errTargetFails, answer.Failure)
		}
	}
	return nil
}

// tries asks a case again when a part of the product failed that nobody broke: such
// replies say something about the machine, not about the product. A case that stays
// so has no answer and is a failure of the target.
func (a *asking) tries(ctx context.Context, j job) ([]Reply, error) {
	for try := 0; ; try++ {
		replies, err := a.turns(ctx, j, try)
		var failed *partFailedError
		if !errors.As(err, &failed) || try == len(a.o.Waits) {
			return replies, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(a.o.Waits[try]):
		}
		a.mu.Lock()
		a.busy += a.o.Waits[try] // the target's fault, not the harness's
		a.mu.Unlock()
	}
}

// partFailedError means that a part of the product failed unasked.
type partFailedError struct{ parts []string }

func (e *partFailedError) Error() string {
	return "a part of the product failed that no fault was asked for: " + strings.Join(e.parts, ", ")
}

// turns asks the turns of a case one after the other.
func (a *asking) turns(ctx context.Context, j job, try int) ([]Reply, error) {
	var replies []Reply
	broken := false
	for i, t := range j.c.Turns {
		began := a.o.Now()
		tctx, cancel := context.WithTimeoutCause(ctx, a.o.Timeout, errors.New("the target took too long"))
		reply, err := a.target.Ask(tctx, Question{
			Conversation: a.conversation(j, try),
			Text:         t.Say, Tap: t.Tap, First: j.c.First && i == 0, Country: j.c.Country, At: t.At, Faults: t.Faults, Waited: t.Waited, Model: t.Model, Given: j.c.Given,
		})
		cancel()
		a.mu.Lock()
		a.busy += a.o.Now().Sub(began)
		a.mu.Unlock()
		if err != nil {
			return replies, fmt.Errorf("turn %d: %w", i+1, err)
		}
		replies = append(replies, reply)
		broken = broken || len(t.Faults) > 0 // a part may need a moment after a fault
		if !broken && reply.Trace != nil && len(reply.Trace.Failures) > 0 {
			return replies, &partFailedError{reply.Trace.Failures}
		}
	}
	return replies, nil
}

// conversation names the dialogue of a job; a single question needs none.
func (a *asking) conversation(j job, try int) string {
	if len(j.c.Turns) == 1 {
		return ""
	}
	return fmt.Sprintf("eval-%s-%s-%d-%d", a.o.Session, j.c.Hash(), j.repeat, try)
}

// Key identifies what an identity's replies depend on; "" where it cannot be told.
func (i Identity) Key() string {
	if i.Code == "" || i.Content == "" {
		return ""
	}
	raw, err := json.Marshal(i)
	if err != nil {
		return ""
	}
	return shortHash(string(raw))
}
