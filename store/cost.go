package store

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
)

// Cost counts what the database is asked for: see [Options].Cost. River's own
// house-keeping is left out. It is safe for concurrent use.
type Cost struct {
	statements atomic.Int64
	commits    atomic.Int64
	reads      atomic.Int64
	wrote      sync.Map // *pgx.Conn → true, while its transaction has written
}

// Counts are sums since the start. A batch is one transaction, unless it is part of
// one; Commits are transactions that wrote, Reads those that did not.
type Counts struct{ Statements, Commits, Reads int64 }

// Counts returns the sums up to now.
func (c *Cost) Counts() Counts {
	return Counts{Statements: c.statements.Load(), Commits: c.commits.Load(), Reads: c.reads.Load()}
}

// Minus returns what was added since earlier.
func (c Counts) Minus(earlier Counts) Counts {
	return Counts{Statements: c.Statements - earlier.Statements, Commits: c.Commits - earlier.Commits, Reads: c.Reads - earlier.Reads}
}

var (
	_ pgx.QueryTracer    = (*Cost)(nil)
	_ pgx.BatchTracer    = (*Cost)(nil)
	_ pgx.CopyFromTracer = (*Cost)(nil)
)

// TraceQueryStart implements [pgx.QueryTracer].
func (c *Cost) TraceQueryStart(ctx context.Context, conn *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	c.statement(conn, d.SQL)
	return ctx
}

// TraceQueryEnd implements [pgx.QueryTracer].
func (*Cost) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart implements [pgx.BatchTracer].
func (c *Cost) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

// TraceBatchQuery implements [pgx.BatchTracer].
func (c *Cost) TraceBatchQuery(_ context.Context, conn *pgx.Conn, d pgx.TraceBatchQueryData) {
	c.statement(conn, d.SQL)
}

// TraceBatchEnd implements [pgx.BatchTracer].
func (c *Cost) TraceBatchEnd(_ context.Context, conn *pgx.Conn, _ pgx.TraceBatchEndData) {
	if conn.PgConn().TxStatus() == 'I' {
		c.end(conn)
	}
}

// TraceCopyFromStart implements [pgx.CopyFromTracer].
func (c *Cost) TraceCopyFromStart(ctx context.Context, conn *pgx.Conn, d pgx.TraceCopyFromStartData) context.Context {
	c.statement(conn, "COPY "+d.TableName.Sanitize())
	return ctx
}

// TraceCopyFromEnd implements [pgx.CopyFromTracer].
func (*Cost) TraceCopyFromEnd(context.Context, *pgx.Conn, pgx.TraceCopyFromEndData) {}

func (c *Cost) statement(conn *pgx.Conn, sql string) {
	switch {
	case strings.EqualFold(sql, "commit"):
		c.end(conn)
		return
	case strings.EqualFold(sql, "rollback"):
		c.wrote.Delete(conn)
		return
	}
	copied := strings.HasPrefix(sql, "COPY")
	if copied || writes(sql) {
		c.wrote.Store(conn, true)
	}
	if copied || !strings.Contains(sql, "river_") || strings.Contains(sql, "pg_notify") {
		c.statements.Add(1)
	}
}

func (c *Cost) end(conn *pgx.Conn) {
	if _, wrote := c.wrote.LoadAndDelete(conn); wrote {
		c.commits.Add(1)
		return
	}
	c.reads.Add(1)
}

// writes tells whether one of our statements changes or locks a row.
func writes(sql string) bool {
	for _, word := range [...]string{"INSERT INTO", "UPDATE ", "DELETE FROM", "FOR UPDATE", "FOR SHARE"} {
		if strings.Contains(sql, word) {
			return true
		}
	}
	return false
}
