// Package calendar answers questions about a clinic's opening hours: open now,
// open that day, when next. It is pure: the instant is a parameter, its location
// is the clinic's. Hours are wall-clock times, so a day of 23 or 25 hours opens
// and closes at the same local times as any other.
package calendar
