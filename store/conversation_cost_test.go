package store_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk/internal/load"
	"frontdesk/internal/testdb"
)

// The most that one message may cost the database, from its webhook to the
// recorded result of its reply.
const (
	mostCommits    = 4
	mostStatements = 16
)

// counter counts statements and commits, without River's own house-keeping.
type counter struct {
	mu         sync.Mutex // protects all following fields
	commits    int
	statements []string
}

func (c *counter) add(sql string) {
	sql = strings.Join(strings.Fields(sql), " ")
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case strings.HasPrefix(strings.ToUpper(sql), "COMMIT"):
		c.commits++
	case strings.HasPrefix(sql, "COPY"), strings.Contains(sql, "pg_notify"):
		c.statements = append(c.statements, sql)
	case strings.Contains(sql, "river_"):
	default:
		c.statements = append(c.statements, sql)
	}
}

func (c *counter) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.commits, c.statements = 0, nil
}

func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	c.add(d.SQL)
	return ctx
}

func (c *counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// A batch of InClinicBatch is a transaction of its own; one that runs inside a
// transaction has no set_config of its own.
func (c *counter) TraceBatchStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceBatchStartData) context.Context {
	if strings.Contains(d.Batch.QueuedQueries[0].SQL, "set_config") {
		c.add("COMMIT")
	}
	return ctx
}

func (c *counter) TraceBatchQuery(_ context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	c.add(d.SQL)
}

func (c *counter) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

func (c *counter) TraceCopyFromStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceCopyFromStartData) context.Context {
	c.add("COPY " + d.TableName.Sanitize())
	return ctx
}

func (c *counter) TraceCopyFromEnd(context.Context, *pgx.Conn, pgx.TraceCopyFromEndData) {}

func TestATurnStaysWithinItsCommitsAndStatements(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	count := &counter{}
	if err := db.Trace(t.Context(), count); err != nil {
		t.Fatal(err)
	}
	graph := load.NewGraph(true)
	server := httptest.NewServer(graph)
	t.Cleanup(server.Close)
	s, err := load.Start(t.Context(), load.Options{
		DB: db.DB, GraphURL: server.URL, Queue: true, Now: time.Now, Random: rand.Reader, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	accounts, err := load.AddAccounts(t.Context(), s, db.Clinic(t, "Clinique du Lac").ID, 1)
	if err != nil {
		t.Fatal(err)
	}
	turn := func(name string) {
		t.Helper()
		run := load.Run{Accounts: accounts, Conversations: 1, Clients: 1, Messages: 1, Name: name}
		if _, err := load.Turns(t.Context(), time.Now, s.Webhook, graph, run); err != nil {
			t.Fatal(err)
		}
		s.Wait()
	}
	turn("first") // the person is new, and statements are prepared
	count.reset()
	turn("second")
	count.mu.Lock()
	defer count.mu.Unlock()
	if count.commits > mostCommits || len(count.statements) > mostStatements {
		t.Errorf("a turn takes %d commits and %d statements, want at most %d and %d:\n%s",
			count.commits, len(count.statements), mostCommits, mostStatements, numbered(count.statements))
	}
	if count.commits < 3 || len(count.statements) < 8 {
		t.Errorf("only %d commits and %d statements were seen: the test looks at nothing", count.commits, len(count.statements))
	}
	t.Logf("%d commits, %d statements", count.commits, len(count.statements))
}

func numbered(lines []string) string {
	var b strings.Builder
	for i, l := range lines {
		fmt.Fprintf(&b, "%2d %.100s\n", i+1, l)
	}
	return b.String()
}

func TestNoStatementOfATurnScansAWholeTable(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	plans, err := db.ExplainHot(t.Context(), db.Clinic(t, "Clinique du Lac").ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(plans) != 9 {
		t.Fatalf("%d plans", len(plans))
	}
	for name, plan := range plans {
		if strings.Contains(plan, "Seq Scan on") {
			t.Errorf("%s scans a whole table:\n%s", name, plan)
		}
		if !strings.Contains(plan, "Index") && name != "outbound" {
			t.Errorf("%s uses no index:\n%s", name, plan)
		}
	}
}
