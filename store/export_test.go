package store

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"frontdesk/retrieval"
)

// ExplainSearch returns the plan of a search as the service role. With large, of
// the search by the approximate index.
func (db *DB) ExplainSearch(ctx context.Context, scope retrieval.Scope, query retrieval.Query, large bool) (string, error) {
	db.spaces.Store(spaceKey{scope.Clinic, spaceID(query.Space)}, spaceSeen{large, db.now()})
	return db.ExplainNext(ctx, scope, query)
}

// ExplainNext returns the plan of a search as it would be run now.
func (db *DB) ExplainNext(ctx context.Context, scope retrieval.Scope, query retrieval.Query) (string, error) {
	prepared := &pgx.Batch{}
	statement, _, err := db.searchStatement(prepared, scope, query)
	if err != nil {
		return "", err
	}
	var lines []string
	err = db.InClinic(ctx, scope.Clinic, func(tx pgx.Tx) error {
		if err := tx.SendBatch(ctx, prepared).Close(); err != nil {
			return err
		}
		results, err := tx.Conn().PgConn().Exec(ctx, "EXPLAIN (GENERIC_PLAN) "+statement).ReadAll()
		if err != nil {
			return err
		}
		for _, row := range results[0].Rows {
			lines = append(lines, string(row[0]))
		}
		return nil
	})
	return strings.Join(lines, "\n"), err
}

// IndexLarge moves a clinic's vectors into the approximate index, however few.
func (db *DB) IndexLarge(ctx context.Context, scope retrieval.Scope, space retrieval.Space) error {
	return db.indexLarge(ctx, scope.Clinic, space)
}

// HandInStatistics runs statements on a connection and has it hand in its counts.
func (db *DB) HandInStatistics(ctx context.Context, statements ...string) error {
	for _, statement := range append(statements, "SELECT pg_stat_force_next_flush()") {
		if _, err := db.pool.Exec(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// PersonTables names the tables that exports and erasures go by.
func PersonTables() []string {
	var names []string
	for _, table := range personTables() {
		names = append(names, table.name)
	}
	return names
}
