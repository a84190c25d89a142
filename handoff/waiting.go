package handoff

import (
	"time"

	"frontdesk"
)

// NoticeEvery is how often at most a waiting patient is told who answers when.
const NoticeEvery = 15 * time.Minute

// Speech is what the bot may say while a ticket is open and nobody took it.
type Speech struct {
	Answers bool   // it goes on answering administrative questions
	Notice  string // key of the notice that is due ("waiting.now", "waiting.later"), "" if none
}

// Waiting says what the bot may say when a patient writes while the pen is
// waiting: with staff on duty the fixed notice alone, now and then; outside
// their hours when somebody answers, then answers. Each further message is added
// to the ticket either way.
func Waiting(ticket frontdesk.Ticket, promise Promise, now time.Time) Speech {
	due := ticket.Notified.IsZero() || now.Sub(ticket.Notified) >= NoticeEvery
	speech := Speech{Answers: promise.Kind != PromiseNow}
	switch {
	case !due:
	case promise.Kind == PromiseLater:
		speech.Notice = "waiting.later"
	default:
		speech.Notice = "waiting.now"
	}
	return speech
}
