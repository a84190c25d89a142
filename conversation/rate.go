package conversation

import (
	"sync"
	"time"

	"frontdesk"
)

// The platform's rates: 80 messages a second for a number, one message in six
// seconds for a pair, with bursts that borrow from later (to 45 in six seconds;
// we keep below it).
const (
	numberRate   = 80.0
	numberBurst  = 80.0
	pairInterval = 6 * time.Second
	pairBurst    = 20.0
	pairsKept    = 20_000 // pairs remembered; a full bucket is forgotten first
)

// rates keeps the platform's rates within this process. The platform's own
// answer (131056, 130429) is what counts across processes.
type rates struct {
	mu      sync.Mutex // protects all following fields
	numbers map[frontdesk.AccountID]*bucket
	pairs   map[pair]*bucket
	held    map[frontdesk.AccountID]time.Time // numbers that the channel told to wait
	noPair  bool
}

type pair struct {
	account frontdesk.AccountID
	to      Recipient
}

func newRates(noPair bool) *rates {
	return &rates{
		numbers: map[frontdesk.AccountID]*bucket{},
		pairs:   map[pair]*bucket{},
		held:    map[frontdesk.AccountID]time.Time{},
		noPair:  noPair,
	}
}

// reserve takes one message of both rates and returns zero, or takes nothing and
// returns how long to wait.
func (r *rates) reserve(account frontdesk.AccountID, to Recipient, now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if until, ok := r.held[account]; ok {
		if now.Before(until) {
			return until.Sub(now)
		}
		delete(r.held, account)
	}
	number := r.numbers[account]
	if number == nil {
		number = &bucket{level: numberBurst, at: now}
		r.numbers[account] = number
	}
	if wait := number.wait(now, numberRate, numberBurst); wait > 0 {
		return wait
	}
	if !r.noPair {
		p := r.pair(pair{account, to}, now)
		if wait := p.wait(now, 1/pairInterval.Seconds(), pairBurst); wait > 0 {
			return wait
		}
		p.level--
	}
	number.level--
	return 0
}

func (r *rates) pair(key pair, now time.Time) *bucket {
	p := r.pairs[key]
	if p != nil {
		return p
	}
	if len(r.pairs) >= pairsKept {
		r.forget(now)
	}
	p = &bucket{level: pairBurst, at: now}
	r.pairs[key] = p
	return p
}

// forget drops the pairs whose bucket has filled up again.
func (r *rates) forget(now time.Time) {
	for key, b := range r.pairs {
		b.wait(now, 1/pairInterval.Seconds(), pairBurst)
		if b.level >= pairBurst-1 {
			delete(r.pairs, key)
		}
	}
}

// hold stops a number until an instant.
func (r *rates) hold(account frontdesk.AccountID, until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if until.After(r.held[account]) {
		r.held[account] = until
	}
}

// bucket is a token bucket.
type bucket struct {
	level float64
	at    time.Time
}

// wait refills the bucket and returns how long until it holds one token.
func (b *bucket) wait(now time.Time, perSecond, burst float64) time.Duration {
	if passed := now.Sub(b.at).Seconds(); passed > 0 {
		b.level = min(burst, b.level+passed*perSecond)
		b.at = now
	}
	if b.level >= 1 {
		return 0
	}
	return time.Duration((1 - b.level) / perSecond * float64(time.Second))
}
