package whatsapp

import (
	"errors"
	"fmt"
	"time"
)

// Class says what a failed call asks for.
type Class string

// The classes.
const (
	ClassRetry         Class = "retry"         // temporary: again with backoff, capped
	ClassRetryLater    Class = "retry_later"   // a quota or maintenance: again after minutes
	ClassPairRate      Class = "pair_rate"     // too fast for this person: again after 4^n s, others go on
	ClassStopAlert     Class = "stop_alert"    // the account cannot send: stop and tell the operator
	ClassWindowClosed  Class = "window_closed" // more than 24 h since the person wrote: a template only
	ClassUndeliverable Class = "undeliverable" // this message will never reach this person
	ClassBug           Class = "bug"           // the request is wrong: ours to fix, never repeated
	ClassUncertain     Class = "uncertain"     // it may have been sent: wait for a status, never repeat
)

// SendError is why a call to Meta failed. Only ClassUncertain leaves open
// whether the message was taken; with every other class it was not.
type SendError struct {
	Code       int // Meta's code, 0 when none came
	Class      Class
	Title      string        // Meta's message; for the log and the operator
	RetryAfter time.Duration // at least this long before the next attempt, 0 when unknown
	Err        error         // the cause on our side, nil when Meta answered
}

// Error names the class and the code, never a recipient or a text.
func (e *SendError) Error() string {
	s := "whatsapp: " + string(e.Class)
	if e.Code != 0 {
		s += fmt.Sprintf(" (code %d)", e.Code)
	}
	if e.Title != "" {
		s += ": " + e.Title
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause on our side.
func (e *SendError) Unwrap() error { return e.Err }

// ClassOf returns the class of the first [SendError] in err's chain, "" for nil
// and ClassUncertain for any other error: what is not known to have failed may
// have been sent.
func ClassOf(err error) Class {
	if err == nil {
		return ""
	}
	var e *SendError
	if errors.As(err, &e) {
		return e.Class
	}
	return ClassUncertain
}

// Rule is what one of Meta's error codes asks for.
type Rule struct {
	Class      Class
	RetryAfter time.Duration // 0 leaves it to the caller's backoff
	Staff      bool          // somebody at the clinic or the operator must act
}

// RuleOf returns the rule of a code, for answers and failed statuses alike. A
// code that Meta's documentation does not list is ClassUndeliverable and for
// staff to see: never repeated blindly, never lost silently.
func RuleOf(code int) Rule {
	switch code {
	case 0, 190, // token invalid or expired
		3, 10, 131005, // permission missing
		131031, 368, // account locked, policy block
		131042,         // payment
		131045, 133010, // number not registered
		131037,                         // display name not approved
		131064,                         // limited for misclassified templates
		131048,                         // spam limit: the number pauses
		133005, 133006, 133008, 133009: // two-step PIN
		return Rule{Class: ClassStopAlert, Staff: true}
	case 1, 2, 131000, 131016, 133004:
		return Rule{Class: ClassRetry}
	case 130429:
		return Rule{Class: ClassRetry, RetryAfter: 2 * time.Second}
	case 131053:
		return Rule{Class: ClassRetry, RetryAfter: 5 * time.Second}
	case 4, 80007:
		return Rule{Class: ClassRetryLater, RetryAfter: 10 * time.Minute}
	case 131057, 2494100:
		return Rule{Class: ClassRetryLater, RetryAfter: 2 * time.Minute}
	case 133016:
		return Rule{Class: ClassStopAlert, RetryAfter: 72 * time.Hour, Staff: true}
	case 131056:
		return Rule{Class: ClassPairRate, RetryAfter: 6 * time.Second}
	case 131047:
		return Rule{Class: ClassWindowClosed}
	case 131026, // not on WhatsApp, old app, terms not accepted
		131049, // marketing cap for this person
		131050, // person stopped marketing
		130472, // person in an experiment
		130497, // country restricted
		131062, // this kind cannot go to a user id
		131063, // marketing disabled on Cloud API
		131030, // test number: recipient not in its list
		131044, // payment of calls
		137000: // identity changed
		return Rule{Class: ClassUndeliverable, Staff: true}
	case 132015, 132016, 132068, 132069: // template paused or disabled, flow blocked or throttled
		return Rule{Class: ClassUndeliverable, Staff: true}
	case 131008, 131009, 100, 33, 135000, 131021, 131051, 131052,
		132000, 132001, 132005, 132007, 132008, 132012:
		return Rule{Class: ClassBug, Staff: true}
	}
	switch {
	case code >= 200 && code <= 299:
		return Rule{Class: ClassStopAlert, Staff: true}
	case code >= 138000 && code <= 138999: // calling
		return Rule{Class: ClassUndeliverable, Staff: true}
	}
	return Rule{Class: ClassUndeliverable, Staff: true}
}
