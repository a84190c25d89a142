package whatsapp

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Meta's rates as of November 2026.
const (
	numberRate   = 80              // messages a second and number
	pairInterval = 6 * time.Second // one message a person, in the long run
	metaBurst    = 45              // messages at once to one person, borrowed from the future
	pairBurst    = 40              // what we allow ourselves of it
	maxPairs     = 20_000          // pairs remembered before full ones are dropped
)

// rates holds the limiters of one process. A pair's limiter that is full again
// carries no memory and may be dropped.
type rates struct {
	burst int // messages at once to one person

	mu      sync.Mutex // protects all following fields
	numbers map[string]*rate.Limiter
	pairs   map[pair]*rate.Limiter
}

type pair struct{ number, person string }

func newRates(burst int) *rates {
	return &rates{burst: burst, numbers: map[string]*rate.Limiter{}, pairs: map[pair]*rate.Limiter{}}
}

// takePair takes one message to a person, or says how long to wait for it.
func (r *rates) takePair(number, person string, now time.Time) (wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := pair{number, person}
	l, ok := r.pairs[key]
	if !ok {
		if len(r.pairs) >= maxPairs {
			r.sweep(now)
		}
		l = rate.NewLimiter(rate.Every(pairInterval), r.burst)
		r.pairs[key] = l
	}
	return take(l, now)
}

// takeNumber takes one message of a number, or says how long to wait for it.
// perSecond is the number's rate, [numberRate] when 0.
func (r *rates) takeNumber(number string, perSecond int, now time.Time) (wait time.Duration) {
	if perSecond <= 0 {
		perSecond = numberRate
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	l, ok := r.numbers[number]
	if !ok {
		l = rate.NewLimiter(rate.Limit(perSecond), perSecond)
		r.numbers[number] = l
	}
	if l.Burst() != perSecond {
		l.SetBurstAt(now, perSecond)
		l.SetLimitAt(now, rate.Limit(perSecond))
	}
	return take(l, now)
}

func (r *rates) sweep(now time.Time) {
	for key, l := range r.pairs {
		if l.TokensAt(now) >= float64(r.burst) {
			delete(r.pairs, key)
		}
	}
}

// take takes a token, or none and says when there will be one.
func take(l *rate.Limiter, now time.Time) time.Duration {
	reservation := l.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait > 0 {
		reservation.CancelAt(now)
	}
	return wait
}
