package frontdesk

import "errors"

// Code says what kind of failure an [Error] is. Codes are stable: commands print
// them, the edge maps them to HTTP statuses, tests compare them.
type Code string

// The codes that more than one package returns. A package with codes of its own
// (ingest's refusals, WhatsApp's errors) declares them beside their use.
const (
	CodeInvalid     Code = "invalid"     // the caller's input is wrong; the user text says what to do
	CodeNotFound    Code = "not_found"   // no such thing in this clinic
	CodeConflict    Code = "conflict"    // the thing changed or exists already
	CodeForbidden   Code = "forbidden"   // the caller may not do this
	CodeUnavailable Code = "unavailable" // a part that is needed is down; trying again later may help
	CodeInternal    Code = "internal"    // our fault
)

// Error is the domain error. Text is written for the person in front of the
// screen (staff or operator, never a patient) and is the only part that leaves
// the process; Err is the cause, for the log.
type Error struct {
	Code Code
	Text string
	Err  error
}

// Error returns the text and, where there is one, the cause.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Text
	}
	return e.Text + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the code of the first [Error] in err's chain, "" for nil and
// [CodeInternal] for any other error.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}

// TextOf returns the user text of the first [Error] in err's chain, and a text
// without any detail for any other error.
func TextOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Text
	}
	return "Something went wrong on our side."
}
