package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/handoff"
)

var (
	_ handoff.Board    = (*Conversations)(nil)
	_ handoff.Outgoing = (*Conversations)(nil)
)

// Alarms implements [handoff.Board]. It reads the directory: ids only.
func (c *Conversations) Alarms(ctx context.Context, now time.Time, limit int) ([]handoff.Alarm, error) {
	var alarms []handoff.Alarm
	err := c.db.inDirectory(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT clinic_id, ref, kind, due FROM directory_alarm WHERE due <= $1 ORDER BY due LIMIT $2`, now, limit)
		if err != nil {
			return err
		}
		alarms, err = pgx.CollectRows(rows, pgx.RowToStructByPos[handoff.Alarm])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list alarms: %w", err)
	}
	return alarms, nil
}

// watchedTicket locks a ticket and reads what its ladder needs. The ticket is
// locked before its alarm, in the order in which a turn's commit takes them.
const watchedTicket = `
	SELECT t.conversation_id, t.team, t.priority, t.reason, t.opened_at, t.ladder, COALESCE(t.ladder_at, t.opened_at), t.stage, t.taken_at, t.quiet,
	       c.pen, c.window_at,
	       GREATEST((SELECT max(created_at) FROM outbound o WHERE o.clinic_id = $1 AND o.conversation_id = t.conversation_id AND o.origin = 'staff'),
	                (SELECT max(received_at) FROM message m WHERE m.clinic_id = $1 AND m.conversation_id = t.conversation_id AND m.staff))
	  FROM ticket t
	  JOIN conversation c ON c.clinic_id = $1 AND c.conversation_id = t.conversation_id
	 WHERE t.clinic_id = $1 AND t.ticket_id = $2 AND t.closed_at IS NULL
	   FOR UPDATE OF t`

// errMoved ends a transaction whose alarm somebody else moved.
var errMoved = errors.New("alarm was moved")

// Settle implements [handoff.Board].
func (c *Conversations) Settle(ctx context.Context, alarm handoff.Alarm, now time.Time, climb func(frontdesk.Clinic, handoff.Watched) handoff.Plan) (handoff.Plan, frontdesk.ConversationID, error) {
	keys, err := c.db.clinicKeys(ctx, alarm.Clinic)
	if err != nil {
		return handoff.Plan{}, "", err
	}
	clinic, err := c.db.Clinic(ctx, alarm.Clinic)
	if err != nil {
		return handoff.Plan{}, "", err
	}
	var plan handoff.Plan
	var notice handoff.Notice
	err = c.db.InClinic(ctx, alarm.Clinic, func(tx pgx.Tx) error {
		var w handoff.Watched
		var taken, staffed *time.Time
		var ladder int
		var quiet bool
		err := tx.QueryRow(ctx, watchedTicket, alarm.Clinic, alarm.Ref).Scan(&notice.Conversation, &notice.Team, &notice.Priority, &notice.Reason,
			&notice.Opened, &ladder, &w.Began, &w.Stage, &taken, &quiet, &w.Pen, &w.Patient, &staffed)
		if errors.Is(err, pgx.ErrNoRows) {
			return moveAlarm(ctx, tx, alarm, time.Time{})
		}
		if err != nil {
			return err
		}
		w.Priority, w.Taken, w.Staff = notice.Priority, timeOf(taken), timeOf(staffed)
		if quiet { // it has no patient who waits
			w.Patient, w.Pen = time.Time{}, frontdesk.PenBot
		}
		plan = climb(clinic, w)
		if err := moveAlarm(ctx, tx, alarm, plan.Next); err != nil {
			return err
		}
		notice.Ticket = frontdesk.TicketID(alarm.Ref)
		return c.takeSteps(ctx, tx, keys, clinic, notice, plan, ladder, now)
	})
	if errors.Is(err, errMoved) {
		return handoff.Plan{}, "", nil
	}
	if err != nil {
		return handoff.Plan{}, "", fmt.Errorf("settle ticket: %w", err)
	}
	return plan, notice.Conversation, nil
}

// moveAlarm sets when an alarm is due next; a zero instant ends it. It fails with
// errMoved when the alarm is not where it was.
func moveAlarm(ctx context.Context, tx pgx.Tx, alarm handoff.Alarm, next time.Time) error {
	tag, err := tx.Exec(ctx, `UPDATE directory_alarm SET due = COALESCE($4, due) WHERE clinic_id = $1 AND ref = $2 AND due = $3`,
		alarm.Clinic, alarm.Ref, alarm.Due, optionalTime(next))
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		return errMoved
	}
	if next.IsZero() {
		_, err = tx.Exec(ctx, `DELETE FROM directory_alarm WHERE clinic_id = $1 AND ref = $2`, alarm.Clinic, alarm.Ref)
	}
	return err
}

// takeSteps notes the stage, files notices and wakes the conversation.
func (c *Conversations) takeSteps(ctx context.Context, tx pgx.Tx, keys *clinicKeys, clinic frontdesk.Clinic, notice handoff.Notice, plan handoff.Plan, ladder int, now time.Time) error {
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE ticket SET stage = $3, due_at = $4 WHERE clinic_id = $1 AND ticket_id = $2`,
		clinic.ID, notice.Ticket, plan.Stage, optionalTime(plan.Due))
	for _, step := range plan.Steps {
		notice.Step = step
		if err := c.queueNotices(batch, keys, clinic, notice, string(notice.Ticket), ladder, string(step)+plan.Key, now); err != nil {
			return err
		}
	}
	if plan.Patient {
		id, err := c.db.newID()
		if err != nil {
			return err
		}
		batch.Queue(`INSERT INTO event (clinic_id, event_id, conversation_id, kind, name, due) VALUES ($1, $2, $3, 'timer', $4, $5)`,
			clinic.ID, id, notice.Conversation, handoff.TimerOverdue, now)
		batch.Queue(`
			INSERT INTO directory_wake (clinic_id, conversation_id, ref, kind, due) VALUES ($1, $2, $2, 'turn', $3)
			    ON CONFLICT (clinic_id, conversation_id, ref) DO UPDATE SET due = LEAST(directory_wake.due, EXCLUDED.due)`,
			clinic.ID, notice.Conversation, now)
	}
	return tx.SendBatch(ctx, batch).Close()
}

// target is one way and address of a notice.
type target struct {
	way     handoff.Way
	address string
}

// targets are where a step goes. The team's e-mail is spared the opening of what
// is not urgent: the console rings for it, and the reminder follows.
func targets(s frontdesk.Settings, step handoff.Step, priority frontdesk.Priority) []target {
	var to []target
	if s.WebhookURL != "" {
		to = append(to, target{handoff.WayWebhook, s.WebhookURL})
	}
	emails := s.AlertEmails
	switch {
	case step == handoff.StepSecondLine:
		emails = append(append([]string{}, s.SecondLineEmails...), s.AlertEmails...)
	case step == handoff.StepOpened && priority != frontdesk.PriorityEmergency && priority != frontdesk.PriorityUrgent:
		emails = nil
	}
	for _, email := range emails {
		to = append(to, target{handoff.WayEmail, email})
	}
	return to
}

// queueNotices files a notice for each way and address, once for each step of a
// subject's ladder.
func (c *Conversations) queueNotices(batch *pgx.Batch, keys *clinicKeys, clinic frontdesk.Clinic, n handoff.Notice, subject string, ladder int, once string, now time.Time) error {
	n.Clinic, n.ClinicName, n.Language, n.At = clinic.ID, clinic.Name, clinic.Language, now
	for _, to := range targets(clinic.Settings, n.Step, n.Priority) {
		id, err := c.db.newID()
		if err != nil {
			return err
		}
		n.ID = id
		sealed, err := keys.sealJSON(noticePlace(id), sealedNotice{Notice: n, Address: to.address})
		if err != nil {
			return err
		}
		batch.Queue(`
			INSERT INTO staff_notice (clinic_id, notice_id, subject_id, ladder, step, way, address, sealed, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			    ON CONFLICT DO NOTHING`,
			clinic.ID, id, subject, ladder, once, string(to.way), keys.blind("notice address", to.address), sealed, now)
	}
	return nil
}

type sealedNotice struct {
	Notice  handoff.Notice `json:"notice"`
	Address string         `json:"address"`
}

func noticePlace(id string) Place { return Place{Table: "staff_notice", Column: "sealed", ID: id} }

// Forward implements [handoff.Board].
func (c *Conversations) Forward(ctx context.Context, alarm handoff.Alarm, now time.Time) error {
	keys, err := c.db.clinicKeys(ctx, alarm.Clinic)
	if err != nil {
		return err
	}
	clinic, err := c.db.Clinic(ctx, alarm.Clinic)
	if err != nil {
		return err
	}
	err = c.db.InClinic(ctx, alarm.Clinic, func(tx pgx.Tx) error {
		var conv frontdesk.ConversationID
		var sealed []byte
		err := tx.QueryRow(ctx, `
			UPDATE effect SET done_at = $3 WHERE clinic_id = $1 AND effect_id = $2 AND done_at IS NULL
			RETURNING conversation_id, sealed`, alarm.Clinic, alarm.Ref, now).Scan(&conv, &sealed)
		if errors.Is(err, pgx.ErrNoRows) {
			return moveAlarm(ctx, tx, alarm, time.Time{})
		}
		if err != nil {
			return err
		}
		var told frontdesk.ForwardStaff
		if err := keys.openJSON(Place{Table: "effect", Column: "sealed", ID: alarm.Ref}, sealed, &told); err != nil {
			return err
		}
		if err := moveAlarm(ctx, tx, alarm, time.Time{}); err != nil {
			return err
		}
		batch := &pgx.Batch{}
		key := conversation.Key{Clinic: alarm.Clinic, Conversation: conv}
		if err := c.queueNote(batch, keys, key, "note", "Frontdesk", told.Detail, now); err != nil {
			return err
		}
		notice := handoff.Notice{Step: handoff.StepForward, Conversation: conv, Reason: told.Kind, Opened: now}
		if err := c.queueNotices(batch, keys, clinic, notice, alarm.Ref, 0, string(handoff.StepForward), now); err != nil {
			return err
		}
		return tx.SendBatch(ctx, batch).Close()
	})
	if errors.Is(err, errMoved) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("forward to staff: %w", err)
	}
	return nil
}

// Claim implements [handoff.Outgoing].
func (c *Conversations) Claim(ctx context.Context, alarm handoff.Alarm, until time.Time) (handoff.Notice, bool, error) {
	keys, err := c.db.clinicKeys(ctx, alarm.Clinic)
	if err != nil {
		return handoff.Notice{}, false, err
	}
	var notice handoff.Notice
	err = c.db.InClinic(ctx, alarm.Clinic, func(tx pgx.Tx) error {
		if err := moveAlarm(ctx, tx, alarm, until); err != nil {
			return err
		}
		var way string
		var sealed []byte
		var attempts int
		err := tx.QueryRow(ctx, `
			UPDATE staff_notice SET attempts = attempts + 1
			 WHERE clinic_id = $1 AND notice_id = $2 AND sent_at IS NULL AND failed_at IS NULL
			RETURNING way, sealed, attempts`, alarm.Clinic, alarm.Ref).Scan(&way, &sealed, &attempts)
		if err != nil {
			return err
		}
		var body sealedNotice
		if err := keys.openJSON(noticePlace(alarm.Ref), sealed, &body); err != nil {
			return err
		}
		notice = body.Notice
		notice.Way, notice.Address, notice.Attempts = handoff.Way(way), body.Address, attempts
		return nil
	})
	if errors.Is(err, errMoved) {
		return handoff.Notice{}, false, nil
	}
	if err != nil {
		return handoff.Notice{}, false, fmt.Errorf("claim notice: %w", err)
	}
	return notice, true, nil
}

// Delivered implements [handoff.Outgoing].
func (c *Conversations) Delivered(ctx context.Context, notice handoff.Notice, at time.Time) error {
	return c.endNotice(ctx, notice, `UPDATE staff_notice SET sent_at = $3 WHERE clinic_id = $1 AND notice_id = $2`, at)
}

// Retry implements [handoff.Outgoing].
func (c *Conversations) Retry(ctx context.Context, notice handoff.Notice, due, at time.Time) error {
	if due.IsZero() {
		return c.endNotice(ctx, notice, `UPDATE staff_notice SET failed_at = $3 WHERE clinic_id = $1 AND notice_id = $2`, at)
	}
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE directory_alarm SET due = $3 WHERE clinic_id = $1 AND ref = $2`, notice.Clinic, notice.ID, due)
	if err := c.db.InClinicBatch(ctx, notice.Clinic, batch); err != nil {
		return fmt.Errorf("retry notice: %w", err)
	}
	return nil
}

func (c *Conversations) endNotice(ctx context.Context, notice handoff.Notice, statement string, at time.Time) error {
	batch := &pgx.Batch{}
	batch.Queue(statement, notice.Clinic, notice.ID, at)
	batch.Queue(`DELETE FROM directory_alarm WHERE clinic_id = $1 AND ref = $2`, notice.Clinic, notice.ID)
	if err := c.db.InClinicBatch(ctx, notice.Clinic, batch); err != nil {
		return fmt.Errorf("end notice: %w", err)
	}
	return nil
}

// WebhookSecret signs what a clinic's webhook is told. It follows from the clinic's
// key and is stored nowhere.
func (db *DB) WebhookSecret(ctx context.Context, clinic frontdesk.ClinicID) (string, error) {
	value, err := db.Blind(ctx, clinic, "webhook secret", "1")
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(value), nil
}
