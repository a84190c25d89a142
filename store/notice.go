package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/ingest"
)

// PublishedNotice is a notice with who published it.
type PublishedNotice struct {
	ID string
	frontdesk.Notice
	PublishedBy string
}

// PublishNotice makes a notice speak for the clinic from notice.From until
// notice.To, and returns its id. By is the person who publishes it.
func (db *DB) PublishNotice(ctx context.Context, clinic frontdesk.ClinicID, notice frontdesk.Notice, by string) (string, error) {
	by, notice.Text = strings.TrimSpace(by), strings.TrimSpace(notice.Text)
	if by == "" || notice.Text == "" || !notice.To.After(notice.From) {
		return "", &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "A notice needs a text, an end after its beginning, and the name of the person who publishes it."}
	}
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return "", err
	}
	id, err := db.newID()
	if err != nil {
		return "", err
	}
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO notice (clinic_id, notice_id, text, language, starts_at, ends_at, published_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7)`, clinic, id, notice.Text, notice.Language, notice.From, notice.To, by); err != nil {
			return err
		}
		return appendAudit(ctx, tx, keys, ingest.Audit{At: db.now(), Actor: by, Action: "notice.publish", Target: id, Detail: notice.Text})
	})
	if err != nil {
		return "", fmt.Errorf("publish notice: %w", err)
	}
	return id, nil
}

// EndNotice ends a notice now, if it has not ended yet.
func (db *DB) EndNotice(ctx context.Context, clinic frontdesk.ClinicID, id, by string) error {
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return err
	}
	at := db.now()
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE notice SET ends_at = $3, starts_at = LEAST(starts_at, $3)
			WHERE clinic_id = $1 AND notice_id = $2 AND ends_at > $3`, clinic, id, at)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return notFound("There is no such notice, or it has ended.")
		}
		return appendAudit(ctx, tx, keys, ingest.Audit{At: at, Actor: by, Action: "notice.end", Target: id})
	})
	if err != nil {
		return fmt.Errorf("end notice: %w", err)
	}
	return nil
}

// Notices returns the notices in force at an instant, the newest first.
func (db *DB) Notices(ctx context.Context, clinic frontdesk.ClinicID, at time.Time) ([]frontdesk.Notice, error) {
	published, err := db.readNotices(ctx, clinic, noticesInForce, at)
	if err != nil {
		return nil, err
	}
	return noticesOf(published), nil
}

// noticesInForce is the condition that a notice speaks at $2.
const noticesInForce = `AND starts_at <= $2 AND ends_at > $2`

func noticesOf(published []PublishedNotice) []frontdesk.Notice {
	notices := make([]frontdesk.Notice, len(published))
	for i, p := range published {
		notices[i] = p.Notice
	}
	return notices
}

// ListNotices returns the notices that have not ended at an instant, also those
// yet to begin, the newest first.
func (db *DB) ListNotices(ctx context.Context, clinic frontdesk.ClinicID, at time.Time) ([]PublishedNotice, error) {
	return db.readNotices(ctx, clinic, `AND ends_at > $2`, at)
}

func (db *DB) readNotices(ctx context.Context, clinic frontdesk.ClinicID, when string, at time.Time) ([]PublishedNotice, error) {
	batch := &pgx.Batch{}
	notices := queueNotices(batch, clinic, when, at)
	if err := db.InClinicBatch(ctx, clinic, batch); err != nil {
		return nil, fmt.Errorf("read notices: %w", err)
	}
	return *notices, nil
}

// queueNotices queues the reading of notices, which are there once the batch has
// succeeded.
func queueNotices(batch *pgx.Batch, clinic frontdesk.ClinicID, when string, at time.Time) *[]PublishedNotice {
	notices := &[]PublishedNotice{}
	batch.Queue(`SELECT notice_id, text, language, starts_at, ends_at, published_by FROM notice
		WHERE clinic_id = $1 `+when+` ORDER BY notice_id DESC`, clinic, at).Query(func(rows pgx.Rows) (err error) {
		*notices, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (n PublishedNotice, err error) {
			err = row.Scan(&n.ID, &n.Text, &n.Language, &n.From, &n.To, &n.PublishedBy)
			n.From, n.To = n.From.UTC(), n.To.UTC()
			return n, err
		})
		return err
	})
	return notices
}
