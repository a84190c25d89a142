package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
)

// Spend is what one call of a language model cost.
type Spend struct {
	Model     string
	TokensIn  int
	TokensOut int
	Cost      float64 // in the price table's currency
}

// AddSpend adds a call to the clinic's calendar month, in its time zone.
func (db *DB) AddSpend(ctx context.Context, clinic frontdesk.Clinic, at time.Time, spend Spend) error {
	err := db.InClinic(ctx, clinic.ID, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO model_spend AS m (clinic_id, month, model, tokens_in, tokens_out, cost)
			VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (clinic_id, month, model) DO UPDATE
			SET tokens_in  = m.tokens_in  + EXCLUDED.tokens_in,
			    tokens_out = m.tokens_out + EXCLUDED.tokens_out,
			    cost       = m.cost       + EXCLUDED.cost`,
			clinic.ID, monthOf(clinic, at), spend.Model, spend.TokensIn, spend.TokensOut, spend.Cost)
		return err
	})
	if err != nil {
		return fmt.Errorf("add model spend: %w", err)
	}
	return nil
}

// Spent returns what a clinic spent in the calendar month of an instant.
func (db *DB) Spent(ctx context.Context, clinic frontdesk.Clinic, at time.Time) (float64, error) {
	var spent float64
	err := db.InClinic(ctx, clinic.ID, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT COALESCE(SUM(cost), 0) FROM model_spend WHERE clinic_id = $1 AND month = $2`,
			clinic.ID, monthOf(clinic, at)).Scan(&spent)
	})
	if err != nil {
		return 0, fmt.Errorf("model spend: %w", err)
	}
	return spent, nil
}

func monthOf(clinic frontdesk.Clinic, at time.Time) time.Time {
	local := at.In(clinic.Location())
	return time.Date(local.Year(), local.Month(), 1, 0, 0, 0, 0, time.UTC)
}
