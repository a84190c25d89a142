package llm

import (
	"errors"
	"fmt"
	"time"
)

// Why says what kind of failure an [Error] is. Reasons are stable: metrics count
// them and turn records name them.
type Why string

// The reasons.
const (
	WhyTimeout  Why = "timeout"  // a named time-out passed
	WhyAway     Why = "away"     // the connection failed or the server said 5xx
	WhyOpen     Why = "open"     // the circuit breaker is open: nothing was sent
	WhyThrottle Why = "throttle" // 429
	WhyRefused  Why = "refused"  // another 4xx: key, model name or request are wrong
	WhyAnswer   Why = "answer"   // an answer that cannot be used (count, dimension, not finite, no JSON of the schema)
	WhyCap      Why = "cap"      // the clinic's monthly cap is reached: nothing was sent
	WhyLeak     Why = "leak"     // the prompt holds an identifier: nothing was sent
	WhyCanceled Why = "canceled" // the caller gave up
)

// Error is the failure of a call to a model. It never holds the text of a prompt
// or of an answer.
type Error struct {
	Part   string // "embeddings", "rerank", "chat"
	Why    Why
	Detail string // a status, a count, the time-out's name; safe to log
	Err    error  // the cause, nil if there is none
}

// Error returns part, reason and detail.
func (e *Error) Error() string {
	s := fmt.Sprintf("llm: %s: %s", e.Part, e.Why)
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// WhyOf returns the reason of the first [Error] in err's chain, "" if there is none.
func WhyOf(err error) Why {
	var e *Error
	if errors.As(err, &e) {
		return e.Why
	}
	return ""
}

// trips tells whether a failure speaks against the server's health, rather than
// against one request or its caller.
func (w Why) trips() bool {
	return w == WhyTimeout || w == WhyAway || w == WhyThrottle
}

// timeoutDetail names a time-out for the log.
func timeoutDetail(name string, d time.Duration) string {
	return fmt.Sprintf("%s timed out after %s", name, d)
}
