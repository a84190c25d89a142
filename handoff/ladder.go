package handoff

import (
	"time"

	"frontdesk"
)

// Step is one rung of a ticket's ladder of notices.
type Step string

// The steps, in order, and those beside the ladder.
const (
	StepOpened     Step = "opened"      // the team is told
	StepReminder   Step = "reminder"    // nobody took it in time
	StepSecondLine Step = "second_line" // nor after the reminder: others are told
	StepPatient    Step = "patient"     // the patient is told and offered a call-back
	StepUnanswered Step = "unanswered"  // somebody took it and the patient waits again
	StepForward    Step = "forward"     // something that a turn noticed
)

// Names of the timers by which a conversation is woken.
const (
	TimerOverdue  = "handoff.overdue"  // nobody came: say so and offer a call-back
	TimerFarewell = "handoff.farewell" // staff were idle: the bot is back
)

// DefaultIdle is after how long without a word a conversation goes back to the bot.
const DefaultIdle = 12 * time.Hour

// lookAgain is how often a ticket that somebody took is looked at.
const lookAgain = 10 * time.Minute

// Watched is a ticket as its ladder needs it.
type Watched struct {
	Priority frontdesk.Priority
	Pen      frontdesk.Pen
	Began    time.Time // when the ladder began: opened, raised, or given back to all
	Stage    int       // steps that were taken
	Taken    time.Time // zero: nobody did
	Patient  time.Time // the patient's last message
	Staff    time.Time // staff's last message, zero if none
}

// Plan is what is due for a ticket now.
type Plan struct {
	Steps   []Step    // of notices to staff; of several that are late only the last
	Key     string    // makes a step beside the ladder unique
	Patient bool      // the patient is told that nobody came
	Release bool      // the pen goes back to the bot, with a farewell
	Stage   int       // after this
	Next    time.Time // when to look again; zero: never
	Due     time.Time // by when somebody should have taken it
}

// Climb says what is due for a ticket at an instant, and when to look again.
// Instants are worked out from the clinic's hours in its time zone, so that a
// change of clocks moves them with the wall clock. It is pure: a step that is in
// the stage already is never planned again.
func Climb(clinic frontdesk.Clinic, opening *frontdesk.Hours, w Watched, now time.Time) Plan {
	if !w.Taken.IsZero() {
		return attended(clinic, opening, w, now)
	}
	rungs := ladder(clinic, opening, w)
	plan := Plan{Stage: w.Stage, Due: rungs[1].at}
	for plan.Stage < len(rungs) && !rungs[plan.Stage].at.After(now) {
		if rung := rungs[plan.Stage]; rung.step == StepPatient {
			plan.Patient = w.Pen == frontdesk.PenWaiting
		} else {
			plan.Steps = []Step{rung.step}
		}
		plan.Stage++
	}
	if plan.Stage < len(rungs) {
		plan.Next = rungs[plan.Stage].at
	}
	return plan
}

type rung struct {
	step Step
	at   time.Time
}

// ladder lists the rungs of a ticket that nobody took.
func ladder(clinic frontdesk.Clinic, opening *frontdesk.Hours, w Watched) []rung {
	first, patience := w.Began, Patience(w.Priority)
	if rank(w.Priority) > rank(frontdesk.PriorityUrgent) {
		first = dueAfter(clinic, opening, w.Priority, w.Began, 0)
	}
	after := func(times time.Duration) time.Time {
		return dueAfter(clinic, opening, w.Priority, w.Began, times*patience)
	}
	return []rung{{StepOpened, first}, {StepReminder, after(1)}, {StepSecondLine, after(2)}, {StepPatient, after(3)}}
}

// attended looks after a ticket that somebody took: a patient who waits again, and
// a conversation that was left.
func attended(clinic frontdesk.Clinic, opening *frontdesk.Hours, w Watched, now time.Time) Plan {
	plan := Plan{Stage: w.Stage, Next: now.Add(lookAgain)}
	spoke := latest(w.Staff, w.Taken)
	if w.Patient.After(spoke) {
		plan.Due = dueAfter(clinic, opening, w.Priority, w.Patient, Patience(w.Priority))
		if !plan.Due.After(now) {
			plan.Steps, plan.Key = []Step{StepUnanswered}, w.Patient.UTC().Format(time.RFC3339Nano)
		}
		return plan
	}
	idle := DefaultIdle
	if hours := clinic.Settings.IdleHours; hours > 0 {
		idle = time.Duration(hours) * time.Hour
	}
	plan.Release = w.Pen == frontdesk.PenPerson && !latest(spoke, w.Patient).Add(idle).After(now)
	return plan
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
