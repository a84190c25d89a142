package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"frontdesk"
)

// Trace makes every later statement of db known to tracer.
func (db *DB) Trace(ctx context.Context, tracer pgx.QueryTracer) error {
	cfg := db.pool.Config()
	cfg.ConnConfig.Tracer = tracer
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return err
	}
	db.pool.Close()
	db.pool = pool
	return nil
}

// ExplainHot returns the generic plans, without sequential scans where an index
// serves, of the statements that every message costs, as the service role.
func (db *DB) ExplainHot(ctx context.Context, clinic frontdesk.ClinicID) (map[string]string, error) {
	plans := map[string]string{}
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL enable_seqscan = off`); err != nil {
			return err
		}
		for name, statement := range map[string]string{
			"take": takeConversation, "undecided": undecided, "fence": fenceConversation, "decide": decideMessages,
			"settle": settleWake, "outbound": insertOutbound, "end": endAttempt, "status": moveStatus, "messages": insertMessages,
		} {
			// Past pgx, which would want values for the parameters.
			results, err := tx.Conn().PgConn().Exec(ctx, "EXPLAIN (GENERIC_PLAN) "+statement).ReadAll()
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			var plan strings.Builder
			for _, row := range results[0].Rows {
				plan.Write(append(row[0], '\n'))
			}
			plans[name] = plan.String()
		}
		return nil
	})
	return plans, err
}
