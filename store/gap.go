package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
)

// Gap is a question that approved content did not answer.
type Gap struct {
	ID       string
	Turn     frontdesk.TurnID
	Question string // masked
	Language string
	At       time.Time
}

// queueGap adds to a turn's transaction a question that was not answered.
func (db *DB) queueGap(batch *pgx.Batch, keys *clinicKeys, turn frontdesk.TurnID, gap frontdesk.RecordGap, at time.Time) error {
	id, err := frontdesk.NewID(at, db.random)
	if err != nil {
		return err
	}
	question, err := keys.seal(gapPlace(id), []byte(gap.Question))
	if err != nil {
		return err
	}
	batch.Queue(`INSERT INTO gap (clinic_id, gap_id, turn_id, question, language, at, closed_by) VALUES ($1, $2, $3, $4, $5, $6, '')`,
		keys.clinic, id, turn, question, gap.Language, at)
	return nil
}

// AddGap files a question that staff say was answered wrongly, once for each turn,
// and returns its id.
func (db *DB) AddGap(ctx context.Context, clinic frontdesk.ClinicID, turn frontdesk.TurnID, gap frontdesk.RecordGap) (string, error) {
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return "", err
	}
	var id string
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		const open = `SELECT gap_id FROM gap WHERE clinic_id = $1 AND turn_id = $2 AND closed_at IS NULL LIMIT 1`
		if err := tx.QueryRow(ctx, open, clinic, turn).Scan(&id); err == nil || !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		batch := &pgx.Batch{}
		if err := db.queueGap(batch, keys, turn, gap, db.now()); err != nil {
			return err
		}
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		return tx.QueryRow(ctx, open, clinic, turn).Scan(&id)
	})
	if err != nil {
		return "", fmt.Errorf("add knowledge gap: %w", err)
	}
	return id, nil
}

func gapPlace(id string) Place { return Place{Table: "gap", Column: "question", ID: id} }

// ListGaps returns a clinic's open gaps, newest first, at most limit.
func (db *DB) ListGaps(ctx context.Context, clinic frontdesk.ClinicID, limit int) ([]Gap, error) {
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return nil, err
	}
	var gaps []Gap
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT gap_id, turn_id, question, language, at FROM gap
			WHERE clinic_id = $1 AND closed_at IS NULL ORDER BY at DESC LIMIT $2`, clinic, limit)
		if err != nil {
			return err
		}
		gaps, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (g Gap, err error) {
			var sealed []byte
			if err := row.Scan(&g.ID, &g.Turn, &sealed, &g.Language, &g.At); err != nil {
				return g, err
			}
			question, err := keys.open(gapPlace(g.ID), sealed)
			g.Question, g.At = string(question), g.At.UTC()
			return g, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list knowledge gaps: %w", err)
	}
	return gaps, nil
}

// CloseGap takes a gap off the list; by is the person who does so.
func (db *DB) CloseGap(ctx context.Context, clinic frontdesk.ClinicID, id, by string) error {
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE gap SET closed_at = $3, closed_by = $4 WHERE clinic_id = $1 AND gap_id = $2 AND closed_at IS NULL`,
			clinic, id, db.now(), by)
		if err == nil && tag.RowsAffected() == 0 {
			return notFound("There is no such open question.")
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("close knowledge gap: %w", err)
	}
	return nil
}
