package staff

import (
	"sync"
	"time"
)

// Tries that are free, and after how long one more is given back.
const (
	accountTries = 8
	accountEvery = 2 * time.Minute
	addressTries = 30
	addressEvery = 10 * time.Second
	triesKept    = 20_000
)

// tries counts the tries to sign in within this process.
type tries struct {
	mu   sync.Mutex // protects all following fields
	left map[string]allowance
}

type allowance struct {
	left float64
	at   time.Time
}

func newTries() *tries { return &tries{left: map[string]allowance{}} }

// may takes a try of the address and of the account and tells whether both had one.
func (t *tries) may(a Attempt, at time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.left) > triesKept {
		t.drop(at)
	}
	return t.take("from "+a.From, addressTries, addressEvery, at) && t.take(accountKey(a), accountTries, accountEvery, at)
}

// accountKey counts the tries of known browsers apart from those of strangers.
func accountKey(a Attempt) string {
	if a.Known {
		return "known " + a.Email
	}
	return "account " + a.Email
}

func (t *tries) take(key string, most float64, every time.Duration, at time.Time) bool {
	has, ok := t.left[key]
	if !ok {
		has = allowance{left: most, at: at}
	}
	if passed := at.Sub(has.at); passed > 0 {
		has.left = min(most, has.left+float64(passed)/float64(every))
		has.at = at
	}
	may := has.left >= 1
	if may {
		has.left--
	}
	t.left[key] = has
	return may
}

// drop forgets who has not tried for a while.
func (t *tries) drop(at time.Time) {
	for key, has := range t.left {
		if at.Sub(has.at) > accountTries*accountEvery {
			delete(t.left, key)
		}
	}
}

// forget gives an account its tries back after a success.
func (t *tries) forget(a Attempt) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.left, accountKey(a))
}
