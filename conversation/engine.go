package conversation

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"
)

// Limits are the engine's durations and sizes. A zero field takes its default.
type Limits struct {
	Turns       int           // turns decided at once, 2048; a turn holds no connection while it waits
	Sends       int           // read receipts and lane sends under way at once, 256
	Respond     time.Duration // for the Responder, from the first look at a message; 15 s
	Job         time.Duration // for one drain of a conversation, 45 s
	Lease       time.Duration // after which another worker may take over, 60 s
	Send        time.Duration // one POST, 10 s
	Start       time.Duration // within which a POST starts after its attempt was marked, 1 s
	Uncertain   time.Duration // an attempt without status is uncertain after 2 min
	Sweep       time.Duration // between sweeps, 10 s
	Unfinished  time.Duration // wait for the rest of a text, 1.5 s
	Grace       time.Duration // for turns under way when the engine stops, 10 s
	SendRetries int           // explicit retryable refusals before a person must look, 6
	NoPairLimit bool          // for benchmarks against a stand-in without the pair limit
}

func (l Limits) withDefaults() Limits {
	l.Turns = cmp.Or(l.Turns, 2048)
	l.Sends = cmp.Or(l.Sends, 256)
	l.Respond = cmp.Or(l.Respond, 15*time.Second)
	l.Job = cmp.Or(l.Job, 45*time.Second)
	l.Lease = cmp.Or(l.Lease, 60*time.Second)
	l.Send = cmp.Or(l.Send, 10*time.Second)
	l.Start = cmp.Or(l.Start, time.Second)
	l.Uncertain = cmp.Or(l.Uncertain, 2*time.Minute)
	l.Sweep = cmp.Or(l.Sweep, 10*time.Second)
	l.Unfinished = cmp.Or(l.Unfinished, unfinishedWait)
	l.Grace = cmp.Or(l.Grace, 10*time.Second)
	l.SendRetries = cmp.Or(l.SendRetries, 6)
	return l
}

// Config is what an engine works with. All fields but Fetcher, Media, Lane, Words
// and Limits are required.
type Config struct {
	Inbox     Inbox
	Turns     Turns
	Outbox    Outbox
	Accounts  Accounts
	Desk      Desk
	Responder Responder
	Screen    Screen
	Sender    Sender
	Texts     Texts
	Fetcher   Fetcher // nil: files are not fetched, only recorded
	Media     Media   // where fetched files go, nil with Fetcher
	Lane      LaneFiles
	Words     func(text, language string) []string // folded stems to find a message by, nil: no word search
	Now       func() time.Time
	Random    io.Reader
	Log       *slog.Logger
	Limits    Limits
}

// Engine keeps conversations: it receives, wakes, decides, commits and sends. Its
// methods are safe for concurrent use.
type Engine struct {
	c     Config
	rates *rates
	lane  *lane
	lines *lines
	slots chan struct{}
	side  chan struct{} // bounds read receipts and downloads

	base   context.Context // of everything that runs in the background
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu      sync.Mutex // protects all following fields
	active  map[Key]*actor
	stopped bool

	quiet *sync.Cond // told when active becomes empty

	stopping chan struct{} // closed by Close
}

// actor is the one worker of a conversation within this process.
type actor struct {
	again  bool                    // woken since it last looked
	newer  bool                    // a message arrived since it last looked
	cancel context.CancelCauseFunc // of the decision or wait under way, nil if none
}

// errNewer is the cause by which newer messages end a decision under way.
var errNewer = errors.New("newer messages join the turn")

// New returns an engine that decides as soon as it is woken. [Engine.Run] adds
// the sweeps; [Engine.Close] stops it.
func New(c Config) (*Engine, error) {
	switch {
	case c.Inbox == nil, c.Turns == nil, c.Outbox == nil, c.Accounts == nil, c.Desk == nil:
		return nil, errors.New("conversation: storage is missing")
	case c.Responder == nil, c.Screen == nil, c.Sender == nil, c.Texts == nil:
		return nil, errors.New("conversation: responder, screen, sender or texts are missing")
	case c.Now == nil, c.Random == nil, c.Log == nil:
		return nil, errors.New("conversation: clock, randomness or log is missing")
	}
	c.Limits = c.Limits.withDefaults()
	base, cancel := context.WithCancel(context.Background())
	e := &Engine{
		c:      c,
		rates:  newRates(c.Limits.NoPairLimit),
		lines:  newLines(c.Accounts, c.Lane.Vault, c.Lane.Snapshot),
		slots:  make(chan struct{}, c.Limits.Turns),
		side:   make(chan struct{}, c.Limits.Sends),
		base:   base,
		cancel: cancel,
		active: map[Key]*actor{},

		stopping: make(chan struct{}),
	}
	e.quiet = sync.NewCond(&e.mu)
	lane, err := openLane(e, c.Lane.Journal)
	if err != nil {
		cancel()
		return nil, err
	}
	e.lane = lane
	return e, nil
}

// Run sweeps for what is due at start and then each Limits.Sweep, until ctx ends.
// It returns when the turns under way have ended, at most Limits.Grace later.
func (e *Engine) Run(ctx context.Context) error {
	tick := time.NewTicker(e.c.Limits.Sweep)
	defer tick.Stop()
	for n := 0; ; n++ {
		if n%linesEvery == 0 {
			e.refreshLines(ctx)
		}
		e.sweep(ctx)
		select {
		case <-ctx.Done():
			e.Close()
			return nil
		case <-tick.C:
		}
	}
}

// Idle waits until no conversation is at work in this process.
func (e *Engine) Idle() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(e.active) > 0 {
		e.quiet.Wait()
	}
}

// linesEvery is how many sweeps pass between two looks at all channel accounts.
const linesEvery = 6

func (e *Engine) refreshLines(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, e.c.Limits.Sweep)
	defer cancel()
	if err := e.lines.refresh(ctx); err != nil {
		e.c.Log.WarnContext(ctx, "refresh channel accounts", "error", err)
	}
}

// Close takes no more wake-ups, gives what is under way Limits.Grace to end, and
// cancels the rest. What was not committed stays due for the next process.
func (e *Engine) Close() {
	e.mu.Lock()
	if e.stopped {
		e.mu.Unlock()
		return
	}
	e.stopped = true
	close(e.stopping)
	e.mu.Unlock()
	done := make(chan struct{})
	go func() {
		e.wg.Wait()
		close(done)
	}()
	grace := time.NewTimer(e.c.Limits.Grace)
	defer grace.Stop()
	select {
	case <-done:
	case <-grace.C:
	}
	e.cancel()
	<-done
	e.lane.close()
}

// Ready tells whether the engine knows the channel accounts.
func (e *Engine) Ready() bool { return e.lines.ready() }

// sweepLimit bounds what one sweep wakes; the next one takes the rest.
const sweepLimit = 5000

// sweep wakes what is due in the store: messages whose process died, timers,
// queued sends and attempts without a status.
func (e *Engine) sweep(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, e.c.Limits.Sweep)
	defer cancel()
	due, err := e.c.Turns.Due(ctx, e.c.Now(), sweepLimit)
	if err != nil {
		e.c.Log.WarnContext(ctx, "sweep", "error", err)
		return
	}
	for _, w := range due {
		if w.Kind == WakeSend {
			e.wake(w.Key, e.flush, false)
			continue
		}
		e.Wake(w.Key)
	}
}

// Wake makes the engine look at a conversation without disturbing a decision
// under way there. It returns immediately.
func (e *Engine) Wake(key Key) { e.wake(key, e.drain, false) }

// wake runs work for key. An actor that is at work already looks again when it is
// done; newer tells that a message arrived, which joins the decision under way.
func (e *Engine) wake(key Key, work func(context.Context, Key, *actor), newer bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.stopped {
		return
	}
	if a := e.active[key]; a != nil {
		a.again = true
		a.newer = a.newer || newer
		if newer && a.cancel != nil {
			a.cancel(errNewer)
		}
		return
	}
	a := &actor{}
	e.active[key] = a
	e.wg.Add(1)
	go e.act(key, a, work)
}

// act runs an actor until nothing has woken it any more.
func (e *Engine) act(key Key, a *actor, work func(context.Context, Key, *actor)) {
	defer e.wg.Done()
	for {
		select {
		case e.slots <- struct{}{}:
		case <-e.base.Done():
			e.leave(key)
			return
		}
		ctx, cancel := context.WithTimeoutCause(e.base, e.c.Limits.Job, errors.New("conversation job timed out"))
		work(ctx, key, a)
		cancel()
		<-e.slots
		if !e.again(key, a) {
			return
		}
		work = e.drain
	}
}

// again ends the actor, unless somebody woke it meanwhile.
func (e *Engine) again(key Key, a *actor) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if a.again && !e.stopped {
		a.again, a.newer = false, false
		return true
	}
	e.drop(key)
	return false
}

// drop forgets an actor; e.mu is held.
func (e *Engine) drop(key Key) {
	delete(e.active, key)
	if len(e.active) == 0 {
		e.quiet.Broadcast()
	}
}

func (e *Engine) leave(key Key) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.drop(key)
}

// interruptible returns a context that newer messages end with [errNewer]. The
// returned function must be called; it tells whether they did.
func (e *Engine) interruptible(ctx context.Context, a *actor, may bool) (context.Context, func() bool) {
	ctx, cancel := context.WithCancelCause(ctx)
	if !may {
		return ctx, func() bool { cancel(nil); return false }
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	a.cancel = cancel
	if a.newer { // arrived between the look at the inbox and now
		cancel(errNewer)
	}
	return ctx, func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		newer := errors.Is(context.Cause(ctx), errNewer)
		a.cancel = nil
		cancel(nil)
		return newer
	}
}

// background runs fn beside the turn, dropping it when too much runs already.
func (e *Engine) background(timeout time.Duration, fn func(context.Context)) {
	select {
	case e.side <- struct{}{}:
	default:
		return
	}
	e.wg.Add(1)
	go func() {
		defer e.wg.Done()
		defer func() { <-e.side }()
		ctx, cancel := context.WithTimeout(e.base, timeout)
		defer cancel()
		fn(ctx)
	}()
}

// LogKey returns the ids of a conversation for a log line.
func (k Key) LogKey() slog.Attr {
	return slog.Group("conversation", "clinic", string(k.Clinic), "id", string(k.Conversation))
}
