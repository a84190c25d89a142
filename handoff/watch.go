package handoff

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"frontdesk"
)

// AlarmKind says what is due.
type AlarmKind string

// The kinds of alarms.
const (
	AlarmTicket AlarmKind = "ticket"
	AlarmEffect AlarmKind = "effect"
	AlarmNotice AlarmKind = "notice"
)

// Alarm is something that is due for people. Its instant fences whoever handles it:
// an alarm that moved since is somebody else's.
type Alarm struct {
	Clinic frontdesk.ClinicID
	Ref    string // id of the ticket, effect or notice
	Kind   AlarmKind
	Due    time.Time
}

// Notice is a word to staff outside the console. It holds ids and reasons, nothing
// of what a patient wrote.
type Notice struct {
	ID           string                   `json:"id"` // the same in every attempt, so that a receiver can drop a repetition
	Clinic       frontdesk.ClinicID       `json:"clinic"`
	ClinicName   string                   `json:"clinic_name"`
	Language     string                   `json:"language"`
	Step         Step                     `json:"step"`
	Ticket       frontdesk.TicketID       `json:"ticket,omitempty"`
	Conversation frontdesk.ConversationID `json:"conversation,omitempty"`
	Team         string                   `json:"team,omitempty"`
	Priority     frontdesk.Priority       `json:"priority,omitempty"`
	Reason       string                   `json:"reason,omitempty"`
	Opened       time.Time                `json:"opened,omitzero"`
	Detail       string                   `json:"detail,omitempty"` // of StepForward
	At           time.Time                `json:"at"`

	Way      Way    `json:"-"`
	Address  string `json:"-"`
	Attempts int    `json:"-"`
}

// Way is how a notice goes out.
type Way string

// The ways.
const (
	WayEmail   Way = "email"
	WayWebhook Way = "webhook"
)

// Board keeps tickets with their alarms. Each call is one transaction: a step is
// noted and its notices are filed, or neither.
type Board interface {
	// Alarms lists what is due across clinics, the longest due first.
	Alarms(ctx context.Context, now time.Time, limit int) ([]Alarm, error)
	// Settle asks climb what is due for a ticket and does it: files the notices,
	// wakes the conversation, moves the alarm. It returns the plan and the
	// conversation; a plan that is zero when the alarm was somebody else's.
	Settle(ctx context.Context, alarm Alarm, now time.Time, climb func(frontdesk.Clinic, Watched) Plan) (Plan, frontdesk.ConversationID, error)
	// Forward files what a turn had to tell staff: as a note in its conversation,
	// and as notices.
	Forward(ctx context.Context, alarm Alarm, now time.Time) error
}

// Outgoing keeps notices until they are delivered.
type Outgoing interface {
	// Claim takes a notice until an instant, for one attempt. ok is false when it
	// is somebody else's or done.
	Claim(ctx context.Context, alarm Alarm, until time.Time) (notice Notice, ok bool, err error)
	Delivered(ctx context.Context, notice Notice, at time.Time) error
	// Retry sets when to try again; a zero instant gives the notice up.
	Retry(ctx context.Context, notice Notice, due, at time.Time) error
}

// Courier delivers a notice. It may be asked again for one that it delivered, after
// a crash at the wrong moment, and then with the same id.
type Courier interface {
	Deliver(ctx context.Context, notice Notice) error
}

// Bounds of the watch.
const (
	alarmsAtOnce   = 200
	claimFor       = 2 * time.Minute
	deliverTimeout = 30 * time.Second
	firstRetry     = time.Minute
	mostAttempts   = 9 // the last some four hours after the first
)

// Watch climbs tickets' ladders and delivers notices. All that it knows is in the
// database, so it survives restarts; any number of processes may watch at once.
type Watch struct {
	Board    Board
	Outgoing Outgoing
	Courier  Courier
	// Opening returns a clinic's opening hours, which stand in for staffed hours.
	Opening func(ctx context.Context, clinic frontdesk.ClinicID) (*frontdesk.Hours, error)
	// Release gives a conversation back to the bot, with a farewell.
	Release func(ctx context.Context, clinic frontdesk.ClinicID, conversation frontdesk.ConversationID) error
	Now     func() time.Time
	Log     *slog.Logger
	Every   time.Duration // between two looks
}

// Run watches until ctx ends.
func (w *Watch) Run(ctx context.Context) {
	tick := time.NewTicker(w.Every)
	defer tick.Stop()
	for {
		if err := w.Look(ctx); err != nil && ctx.Err() == nil {
			w.Log.WarnContext(ctx, "watching tickets", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Look handles what is due now, once. One alarm that fails does not stop the others.
func (w *Watch) Look(ctx context.Context) error {
	alarms, err := w.Board.Alarms(ctx, w.Now(), alarmsAtOnce)
	if err != nil {
		return fmt.Errorf("list alarms: %w", err)
	}
	var failures []error
	for _, alarm := range alarms {
		if err := w.handle(ctx, alarm); err != nil {
			failures = append(failures, fmt.Errorf("%s of clinic %s: %w", alarm.Kind, alarm.Clinic, err))
		}
	}
	return errors.Join(failures...)
}

func (w *Watch) handle(ctx context.Context, alarm Alarm) error {
	switch alarm.Kind {
	case AlarmTicket:
		return w.ticket(ctx, alarm)
	case AlarmEffect:
		return w.Board.Forward(ctx, alarm, w.Now())
	case AlarmNotice:
		return w.deliver(ctx, alarm)
	}
	return fmt.Errorf("unknown alarm %q", alarm.Kind)
}

func (w *Watch) ticket(ctx context.Context, alarm Alarm) error {
	opening, err := w.Opening(ctx, alarm.Clinic)
	if err != nil {
		return fmt.Errorf("opening hours: %w", err)
	}
	now := w.Now()
	plan, conversation, err := w.Board.Settle(ctx, alarm, now, func(clinic frontdesk.Clinic, watched Watched) Plan {
		return Climb(clinic, opening, watched, now)
	})
	if err != nil {
		return fmt.Errorf("settle ticket: %w", err)
	}
	if !plan.Release {
		return nil
	}
	if err := w.Release(ctx, alarm.Clinic, conversation); err != nil {
		return fmt.Errorf("release idle conversation: %w", err)
	}
	return nil
}

func (w *Watch) deliver(ctx context.Context, alarm Alarm) error {
	notice, ok, err := w.Outgoing.Claim(ctx, alarm, w.Now().Add(claimFor))
	if err != nil || !ok {
		return err
	}
	deliverCtx, cancel := context.WithTimeoutCause(ctx, deliverTimeout, errors.New("delivery of a notice timed out"))
	defer cancel()
	if err := w.Courier.Deliver(deliverCtx, notice); err != nil {
		w.Log.WarnContext(ctx, "notice not delivered", "clinic", string(notice.Clinic), "notice", notice.ID, "way", string(notice.Way), "attempt", notice.Attempts, "err", err)
		due := w.Now().Add(firstRetry << (notice.Attempts - 1))
		if notice.Attempts >= mostAttempts {
			due = time.Time{}
		}
		return w.Outgoing.Retry(ctx, notice, due, w.Now())
	}
	return w.Outgoing.Delivered(ctx, notice, w.Now())
}
