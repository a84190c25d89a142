package handoff

import (
	"time"

	"frontdesk"
	"frontdesk/calendar"
)

// PromiseKind says what a patient may be told about when somebody answers.
type PromiseKind string

// The kinds of promises.
const (
	PromiseNow     PromiseKind = "now"     // staff are on duty
	PromiseLater   PromiseKind = "later"   // from an instant on
	PromiseUnknown PromiseKind = "unknown" // the hours are not known: as soon as possible, no time named
)

// Promise is when somebody answers.
type Promise struct {
	Kind PromiseKind
	At   time.Time // for PromiseLater, in the clinic's time zone
}

// PromiseAt says when staff of a clinic answer somebody who writes at an
// instant: by the staffed hours of its settings, else by its opening hours (nil
// where the profile has none), else it is always staffed.
func PromiseAt(clinic frontdesk.Clinic, opening *frontdesk.Hours, at time.Time) Promise {
	hours := staffed(clinic, opening)
	if hours == nil {
		return Promise{Kind: PromiseNow}
	}
	at = at.In(clinic.Location())
	switch calendar.At(*hours, at) {
	case calendar.Open:
		return Promise{Kind: PromiseNow}
	case calendar.Unknown:
		return Promise{Kind: PromiseUnknown}
	}
	next, ok := calendar.NextOpening(*hours, at)
	if !ok {
		return Promise{Kind: PromiseUnknown}
	}
	return Promise{Kind: PromiseLater, At: next}
}

// StaffedFor tells whether staff are on duty at an instant for at least another
// minute, and for how long, at most most. Hours that are not known are no promise.
func StaffedFor(clinic frontdesk.Clinic, opening *frontdesk.Hours, at time.Time, most time.Duration) (time.Duration, bool) {
	hours := staffed(clinic, opening)
	if hours == nil {
		return most, true
	}
	at = at.In(clinic.Location())
	if calendar.At(*hours, at) != calendar.Open {
		return 0, false
	}
	left := most
	if closes, ok := calendar.NextClosing(*hours, at); ok {
		left = min(left, closes.Sub(at))
	}
	return left, left >= time.Minute
}

func staffed(clinic frontdesk.Clinic, opening *frontdesk.Hours) *frontdesk.Hours {
	if clinic.Settings.StaffHours != nil {
		return clinic.Settings.StaffHours
	}
	return opening
}

// Patience is how long a ticket may wait before its team is reminded, and again
// before the second line is told.
func Patience(priority frontdesk.Priority) time.Duration {
	switch priority {
	case frontdesk.PriorityEmergency:
		return 2 * time.Minute
	case frontdesk.PriorityUrgent:
		return 10 * time.Minute
	case frontdesk.PriorityNormal:
		return time.Hour
	}
	return 4 * time.Hour
}

// DueAt returns when a ticket opened at an instant must have been taken. An
// emergency's clock always runs; the others' runs while staff are on duty. A
// clinic whose hours are not known counts as staffed: rather a reminder too many.
func DueAt(clinic frontdesk.Clinic, opening *frontdesk.Hours, priority frontdesk.Priority, opened time.Time) time.Time {
	return dueAfter(clinic, opening, priority, opened, Patience(priority))
}

// dueAfter is an instant after so much of the clock of [DueAt].
func dueAfter(clinic frontdesk.Clinic, opening *frontdesk.Hours, priority frontdesk.Priority, opened time.Time, left time.Duration) time.Time {
	hours, whole := staffed(clinic, opening), left
	if hours == nil || priority == frontdesk.PriorityEmergency {
		return opened.Add(left)
	}
	at := opened.In(clinic.Location())
	for range 64 { // no patience spans more openings than that
		if !calendar.OpenAt(*hours, at) {
			next, ok := calendar.NextOpening(*hours, at)
			if !ok {
				return opened.Add(whole)
			}
			at = next
		}
		closes, ok := calendar.NextClosing(*hours, at)
		if !ok || closes.Sub(at) >= left {
			return at.Add(left)
		}
		left -= closes.Sub(at)
		at = closes
	}
	return at
}
