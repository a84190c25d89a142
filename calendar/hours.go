package calendar

import (
	"sort"
	"time"

	"frontdesk"
)

// horizon is how many days ahead a change of hours is searched: a year and a
// day covers every yearly exception.
const horizon = 367

// State is what hours say about an instant.
type State string

// The states.
const (
	Open    State = "open"
	Closed  State = "closed"
	Unknown State = "unknown" // the approved content does not say
)

// DayHours is what hours say about one date.
type DayHours struct {
	Date    time.Time        // local midnight
	Known   bool             // false: the content does not say
	Spans   []frontdesk.Span // in order, merged; empty and Known: closed
	Holiday string           // name of the public holiday that closes it, in the country's language
	Note    string           // of the exception that replaces the usual hours
	Special bool             // an exception or holiday decided, not the weekday
}

// Day returns the hours of the date that t falls on, in t's location. An
// exception wins over a public holiday, which wins over the weekday; a dated
// exception wins over a yearly one, a later entry over an earlier one.
func Day(hours frontdesk.Hours, t time.Time) DayHours {
	year, month, date := t.Date()
	day := DayHours{Date: time.Date(year, month, date, 0, 0, 0, 0, t.Location()), Known: true}
	if exception, ok := exceptionOn(hours.Exceptions, t); ok {
		day.Spans, day.Note, day.Special = merge(exception.Spans), exception.Note, true
		return day
	}
	if hours.Holidays != "" {
		if name, ok := Holiday(hours.Holidays, t); ok {
			day.Holiday, day.Special = name, true
			return day
		}
	}
	weekday := t.Weekday()
	if hours.Unknown[weekday] {
		day.Known = false
		return day
	}
	day.Spans = merge(hours.Days[weekday])
	return day
}

// exceptionOn returns the exception that covers t's date.
func exceptionOn(exceptions []frontdesk.Exception, t time.Time) (frontdesk.Exception, bool) {
	dated, yearly := t.Format("2006-01-02"), t.Format("01-02")
	var found frontdesk.Exception
	ok, foundDated := false, false
	for _, e := range exceptions {
		isDated := len(e.From) == len("2006-01-02")
		if !covers(e, dated, yearly) || foundDated && !isDated {
			continue
		}
		found, ok, foundDated = e, true, isDated
	}
	return found, ok
}

// covers tells whether an exception holds on a date, given in both notations.
// A yearly range may pass the new year ("12-24" to "01-02").
func covers(e frontdesk.Exception, dated, yearly string) bool {
	from, to := e.From, e.To
	if to == "" {
		to = from
	}
	day := yearly
	if len(from) == len(dated) {
		day = dated
	}
	if len(from) != len(to) {
		return false
	}
	if from <= to {
		return from <= day && day <= to
	}
	return len(from) == len(yearly) && (day >= from || day <= to)
}

// merge returns spans in order, empty ones dropped, touching and overlapping
// ones joined.
func merge(spans []frontdesk.Span) []frontdesk.Span {
	var out []frontdesk.Span
	sorted := append([]frontdesk.Span(nil), spans...)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].Start < sorted[j].Start })
	for _, s := range sorted {
		if s.End <= s.Start {
			continue
		}
		if n := len(out); n > 0 && s.Start <= out[n-1].End {
			out[n-1].End = max(out[n-1].End, s.End)
			continue
		}
		out = append(out, s)
	}
	return out
}

// At returns what hours say about the instant t: open, closed, or unknown where
// the day's hours are not known. Hours that reach past midnight count for the
// next day.
func At(hours frontdesk.Hours, t time.Time) State {
	if _, ok := spanAt(hours, t); ok {
		return Open
	}
	if !Day(hours, t).Known {
		return Unknown
	}
	return Closed
}

// OpenAt tells whether hours say open at t; unknown counts as not open.
func OpenAt(hours frontdesk.Hours, t time.Time) bool { return At(hours, t) == Open }

// spanAt returns the end of the opening that t falls into.
func spanAt(hours frontdesk.Hours, t time.Time) (end time.Time, ok bool) {
	for _, back := range []int{0, -1} {
		day := Day(hours, noon(t).AddDate(0, 0, back))
		for _, s := range day.Spans {
			from, to := instant(day.Date, s.Start), instant(day.Date, s.End)
			if !t.Before(from) && t.Before(to) && to.After(end) {
				end, ok = to, true
			}
		}
	}
	return end, ok
}

// noon returns midday of t's date: adding days to it never lands on another
// date, whatever clocks do at night.
func noon(t time.Time) time.Time {
	year, month, date := t.Date()
	return time.Date(year, month, date, 12, 0, 0, 0, t.Location())
}

// instant returns the instant at which the wall clock of a date shows minute
// after midnight; past 1440 it is on the next date.
func instant(date time.Time, minute int) time.Time {
	year, month, day := date.Date()
	return time.Date(year, month, day, 0, minute, 0, 0, date.Location())
}

// NextOpening returns the first instant at or after t at which hours open. When
// they are open at t it is the opening after the present one closes. False: none
// within a year.
func NextOpening(hours frontdesk.Hours, t time.Time) (time.Time, bool) {
	if at, ok := NextClosing(hours, t); ok {
		t = at
	} else if OpenAt(hours, t) {
		return time.Time{}, false
	}
	for i := 0; i <= horizon; i++ {
		day := Day(hours, noon(t).AddDate(0, 0, i))
		for _, s := range day.Spans {
			if from := instant(day.Date, s.Start); !from.Before(t) {
				return from, true
			}
		}
	}
	return time.Time{}, false
}

// NextClosing returns the instant at which the opening that t falls into ends,
// openings that follow without a gap included. False: closed at t, or never
// closing within a year.
func NextClosing(hours frontdesk.Hours, t time.Time) (time.Time, bool) {
	end, ok := spanAt(hours, t)
	if !ok {
		return time.Time{}, false
	}
	for i := 0; i <= horizon; i++ {
		further, ok := spanAt(hours, end)
		if !ok {
			return end, true
		}
		end = further
	}
	return time.Time{}, false
}

// Status is what to tell somebody who asks whether it is open.
type Status struct {
	State  State
	Closes time.Time // when open: the end of this opening; zero if it never closes
	Opens  time.Time // when not open: the next opening; zero if none is known
	Today  DayHours
}

// Now returns the status at t.
func Now(hours frontdesk.Hours, t time.Time) Status {
	status := Status{State: At(hours, t), Today: Day(hours, t)}
	if status.State == Open {
		status.Closes, _ = NextClosing(hours, t)
		return status
	}
	status.Opens, _ = NextOpening(hours, t)
	return status
}
