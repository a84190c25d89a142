package llm

import (
	"sync"
	"time"
)

// breaker stops calls to a server that keeps failing: after limit failures in a
// row it is open for pause, then lets one call at a time try.
type breaker struct {
	limit int
	pause time.Duration
	now   func() time.Time

	mu       sync.Mutex // protects all following fields
	failures int
	until    time.Time // open until then
	probing  bool      // one call is trying after a pause
}

// allow tells whether a call may be made now. Each allowed call must be followed
// by done.
func (b *breaker) allow() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures < b.limit {
		return true
	}
	if b.probing || b.now().Before(b.until) {
		return false
	}
	b.probing = true
	return true
}

// done records how an allowed call ended. A failure that says nothing about the
// server (the caller gave up, a bad request) neither opens nor closes the breaker.
func (b *breaker) done(why Why) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
	switch {
	case why == "":
		b.failures = 0
	case why.trips():
		b.failures++
		b.until = b.now().Add(b.pause)
	}
}
