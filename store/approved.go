package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
)

// approvedClinics bounds how many clinics' content a process remembers.
const approvedClinics = 128

// Approved answers what a turn asks of a clinic beside its passages. It remembers a
// clinic's content while the stamp that came with the turn's conversation stays the
// same, so that most turns read nothing more, and a change acts on the next message
// in every process. It is safe for concurrent use; what it returns is not to be
// changed.
type Approved struct {
	db *DB

	mu      sync.Mutex // protects all following fields
	clinics map[frontdesk.ClinicID]approvedContent
}

// approvedContent is what a clinic approved, as it is between two instants.
type approvedContent struct {
	stamp       int64
	from, until time.Time // nothing begins or ends between them; zero: no bound
	profile     frontdesk.Profile
	notices     []frontdesk.Notice
	departments frontdesk.Departments
}

// NewApproved returns one that remembers nothing yet.
func NewApproved(db *DB) *Approved {
	return &Approved{db: db, clinics: map[frontdesk.ClinicID]approvedContent{}}
}

// Profile implements agent.Knowledge.
func (a *Approved) Profile(ctx context.Context, clinic frontdesk.Clinic, at time.Time) (frontdesk.Profile, error) {
	if clinic.Content == 0 {
		return a.db.Profile(ctx, clinic.ID, at)
	}
	content, err := a.content(ctx, clinic, at)
	return content.profile, err
}

// Notices implements agent.Knowledge.
func (a *Approved) Notices(ctx context.Context, clinic frontdesk.Clinic, at time.Time) ([]frontdesk.Notice, error) {
	if clinic.Content == 0 {
		return a.db.Notices(ctx, clinic.ID, at)
	}
	content, err := a.content(ctx, clinic, at)
	return content.notices, err
}

// Departments implements agent.Knowledge.
func (a *Approved) Departments(ctx context.Context, clinic frontdesk.Clinic, at time.Time) (frontdesk.Departments, error) {
	if clinic.Content == 0 {
		return a.db.Departments(ctx, clinic.ID)
	}
	content, err := a.content(ctx, clinic, at)
	return content.departments, err
}

// content returns what is remembered of a clinic where it holds at an instant, or
// reads all of it.
func (a *Approved) content(ctx context.Context, clinic frontdesk.Clinic, at time.Time) (approvedContent, error) {
	a.mu.Lock()
	known, ok := a.clinics[clinic.ID]
	a.mu.Unlock()
	if ok && known.holds(clinic.Content, at) {
		return known, nil
	}
	read, err := a.db.readApproved(ctx, clinic.ID, at)
	if err != nil {
		return approvedContent{}, err
	}
	// What was read is as new as the stamp or newer, never older.
	read.stamp = clinic.Content
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.clinics[clinic.ID]; !ok && len(a.clinics) >= approvedClinics {
		for other := range a.clinics {
			delete(a.clinics, other)
			break
		}
	}
	a.clinics[clinic.ID] = read
	return read, nil
}

func (c approvedContent) holds(stamp int64, at time.Time) bool {
	return c.stamp == stamp && !at.Before(c.from) && (c.until.IsZero() || at.Before(c.until))
}

// contentChanges are the instants at which something that was approved begins or
// ends to speak: the last one up to $2, and the next one.
const contentChanges = `
	SELECT max(t) FILTER (WHERE t <= $2), min(t) FILTER (WHERE t > $2)
	  FROM (SELECT unnest(ARRAY[approved, released, effective, expires, superseded, withdrawn]) AS t
	          FROM revision WHERE clinic_id = $1
	         UNION ALL
	        SELECT unnest(ARRAY[approved_at, retired_at]) FROM entry WHERE clinic_id = $1
	         UNION ALL
	        SELECT unnest(ARRAY[starts_at, ends_at]) FROM notice WHERE clinic_id = $1) AS changes`

// readApproved reads all of a clinic's content beside its passages in one
// transaction.
func (db *DB) readApproved(ctx context.Context, clinic frontdesk.ClinicID, at time.Time) (approvedContent, error) {
	var c approvedContent
	var from, until *time.Time
	batch := &pgx.Batch{}
	profile := queueProfile(batch, clinic, at)
	published := queueNotices(batch, clinic, noticesInForce, at)
	departments := queueDepartments(batch, clinic)
	batch.Queue(contentChanges, clinic, at).QueryRow(func(row pgx.Row) error { return row.Scan(&from, &until) })
	if err := db.InClinicBatch(ctx, clinic, batch); err != nil {
		return c, fmt.Errorf("read approved content: %w", err)
	}
	c.profile, c.notices, c.departments = profile(), noticesOf(*published), *departments
	c.from, c.until = timeOf(from), timeOf(until)
	return c, nil
}
