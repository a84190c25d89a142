package store_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/internal/testdb"
	"frontdesk/retrieval"
	"frontdesk/store"
)

// ours is the condition that a table is one of a clinic: neither the directory,
// nor River's, nor goose's.
const ours = `c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
	AND c.relname NOT LIKE 'directory\_%' AND c.relname NOT LIKE 'river\_%' AND c.relname NOT LIKE 'goose\_%'`

func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func column(t testing.TB, conn *pgx.Conn, query string, args ...any) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	values, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func TestEveryTableOfAClinicIsProtected(t *testing.T) {
	t.Parallel()
	owner := connect(t, testdb.New(t).OwnerURL)
	if tables := column(t, owner, `SELECT c.relname::text FROM pg_class c WHERE `+ours); len(tables) < 20 {
		t.Fatalf("only %d tables are looked at: %v", len(tables), tables)
	}
	open := column(t, owner, `SELECT c.relname::text FROM pg_class c WHERE `+ours+`
		AND NOT (c.relrowsecurity AND c.relforcerowsecurity
		         AND EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polcmd = '*'
		                        AND pg_get_expr(p.polqual, p.polrelid) LIKE '%clinic_id%frontdesk.clinic%'))`)
	if len(open) > 0 {
		t.Errorf("tables without enforced row-level security: %v", open)
	}
	also := column(t, owner, `SELECT p.polrelid::regclass::text FROM pg_policy p GROUP BY 1 HAVING count(*) > 1`)
	if len(also) > 0 {
		t.Errorf("tables with a second policy, which would widen the first: %v", also)
	}
}

func TestEveryKeyStartsWithTheClinic(t *testing.T) {
	t.Parallel()
	owner := connect(t, testdb.New(t).OwnerURL)
	others := column(t, owner, `SELECT i.indexrelid::regclass::text
		  FROM pg_index i
		  JOIN pg_class c ON c.oid = i.indrelid
		  JOIN pg_class x ON x.oid = i.indexrelid
		  JOIN pg_am m ON m.oid = x.relam
		  LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
		 WHERE m.amname = 'btree' AND a.attname IS DISTINCT FROM 'clinic_id' AND `+ours)
	if len(others) > 0 {
		t.Errorf("keys that do not start with clinic_id: %v", others)
	}
}

func TestTheDirectoryHoldsIdsAndHashesOnly(t *testing.T) {
	t.Parallel()
	owner := connect(t, testdb.New(t).OwnerURL)
	texts := column(t, owner, `SELECT c.relname || '.' || a.attname
		  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
		 WHERE c.relname LIKE 'directory\_%' AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
		   AND a.atttypid NOT IN ('uuid'::regtype, 'bytea'::regtype, 'timestamptz'::regtype, 'bigint'::regtype)`)
	for _, name := range texts {
		if !strings.HasSuffix(name, ".kind") && !strings.HasSuffix(name, ".channel") {
			t.Errorf("column %s of the directory could hold more than an id or a hash", name)
		}
	}
}

func TestAForgottenFilterReturnsNothing(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	own, other := db.Clinic(t, "Lac").ID, db.Clinic(t, "Mer").ID
	publish(t, db, draftOf(t, other, "a.txt", noon, "parking"), noon)
	service := connect(t, db.URL)
	for _, table := range column(t, connect(t, db.OwnerURL), `SELECT c.relname::text FROM pg_class c WHERE `+ours) {
		var n int
		if err := service.QueryRow(t.Context(), "SELECT count(*) FROM "+pgx.Identifier{table}.Sanitize()).Scan(&n); err != nil || n != 0 {
			t.Errorf("outside a clinic, table %s shows %d rows (%v)", table, n, err)
		}
	}
	err := db.InClinic(t.Context(), own, func(tx pgx.Tx) error {
		for _, table := range []string{"passage", "posting", "vector_384", "revision", "source", "audit", "clinic_key"} {
			var n int
			if err := tx.QueryRow(t.Context(), "SELECT count(*) FROM "+table+" WHERE clinic_id <> $1", own).Scan(&n); err != nil || n != 0 {
				t.Errorf("inside another clinic, table %s shows %d rows (%v)", table, n, err)
			}
		}
		_, err := tx.Exec(t.Context(), `INSERT INTO notice (clinic_id, notice_id, text, language, starts_at, ends_at, published_by)
			VALUES ($1, $1, '', '', $2, $2, '')`, other, noon)
		if err == nil {
			t.Error("a row of another clinic was written")
		}
		return nil
	})
	if err == nil {
		t.Error("the transaction of a refused insert was committed")
	}
}

func TestTheClinicOfATransactionEndsWithIt(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic := db.Clinic(t, "Lac").ID
	pool, err := store.Open(t.Context(), store.Options{DatabaseURL: db.URL, Keys: [][]byte{db.Key}, Now: time.Now, Random: rand.Reader, MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	ids, err := pool.ClinicIDs(t.Context()) // the one connection, outside any clinic
	if err != nil || len(ids) != 1 {
		t.Fatalf("clinics %v, %v", ids, err)
	}
	if _, err := pool.Clinic(t.Context(), clinic); err != nil {
		t.Fatal(err)
	}
	if found, err := pool.Search(t.Context(), retrieval.Scope{Clinic: frontdesk.ClinicID(newID(t)), At: noon}, retrieval.Query{Terms: terms("a"), Limit: 1}); err != nil || len(found) > 0 {
		t.Errorf("found %v, %v", found, err)
	}
}

func TestOpenRefusesARoleThatCouldBypass(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	_, err := store.Open(t.Context(), store.Options{DatabaseURL: db.OwnerURL, Keys: [][]byte{db.Key}, Now: time.Now, Random: rand.Reader})
	wantCode(t, err, frontdesk.CodeInvalid)
}

func TestTheServiceRoleCannotChangeTheAuditLog(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic := db.Clinic(t, "Lac").ID
	for _, statement := range []string{"UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit", "DROP TABLE audit", "ALTER TABLE audit DISABLE ROW LEVEL SECURITY"} {
		err := db.InClinic(t.Context(), clinic, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), statement)
			return err
		})
		if err == nil {
			t.Errorf("the service role may run %q", statement)
		}
	}
}

func TestMigratingTwiceDoesNothing(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	if err := store.Migrate(t.Context(), db.OwnerURL, db.URL); err != nil {
		t.Errorf("migrate again: %v", err)
	}
}

func TestNoHotQueryScansAWholeTable(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic := db.Clinic(t, "Lac").ID
	loadPassages(t, db, clinic, 4, 200)
	for _, name := range many(60, "clinic %d") { // so that one clinic's rows are a small part of each table
		publish(t, db, draftOf(t, db.Clinic(t, name).ID, "a.txt", noon, many(12, name+" passage %d")...), noon)
	}
	owner := connect(t, db.OwnerURL)
	scope := retrieval.Scope{Clinic: clinic, At: noon}
	query := retrieval.Query{Vector: vectorOf("x"), Space: testSpace, Limit: 10, Terms: terms("w1", "w50", "w400")}
	if err := db.IndexLarge(t.Context(), scope, testSpace); err != nil {
		t.Fatal(err)
	}
	for _, analyzed := range []bool{false, true} {
		if analyzed {
			if _, err := owner.Exec(t.Context(), "ANALYZE"); err != nil {
				t.Fatal(err)
			}
		}
		for _, large := range []bool{false, true} {
			plan, err := db.ExplainSearch(t.Context(), scope, query, large)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(plan, "Seq Scan") {
				t.Errorf("analyzed %t, large %t: the search scans a whole table:\n%s", analyzed, large, plan)
			}
			if uses := strings.Contains(plan, "vector_384_large"); uses != large {
				t.Errorf("analyzed %t, large %t: the approximate index is used: %t\n%s", analyzed, large, uses, plan)
			}
		}
	}
}

// scans counts the sequential scans of each table so far.
func scans(t testing.TB, owner *pgx.Conn) map[string]int64 {
	t.Helper()
	rows, err := owner.Query(t.Context(), `SELECT relname::text, seq_scan FROM pg_stat_user_tables WHERE relname NOT LIKE 'river\_%' AND relname NOT LIKE 'goose\_%'`)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int64{}
	var name string
	var count int64
	if _, err := pgx.ForEachRow(rows, []any{&name, &count}, func() error { counts[name] = count; return nil }); err != nil {
		t.Fatal(err)
	}
	return counts
}

// TestEveryQueryOfATurnHasItsIndex forbids sequential scans as far as the planner
// can: one that is left has no index that it could use under row-level security.
func TestEveryQueryOfATurnHasItsIndex(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic := db.Clinic(t, "Lac")
	revision := publish(t, db, draftOf(t, clinic.ID, "a.txt", noon, "parking", "visits"), noon)
	owner := connect(t, db.OwnerURL)
	before := scans(t, owner)
	strict, err := store.Open(t.Context(), store.Options{DatabaseURL: db.URL + "&options=-c%20enable_seqscan%3Doff", Keys: [][]byte{db.Key}, Now: time.Now, Random: rand.Reader, MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer strict.Close()
	ctx := t.Context()
	for name, run := range map[string]func() error{
		"clinic":      func() error { _, err := strict.Clinic(ctx, clinic.ID); return err },
		"find clinic": func() error { _, err := strict.FindClinic(ctx, "Lac"); return err },
		"profile":     func() error { _, err := strict.Profile(ctx, clinic.ID, noon); return err },
		"notices":     func() error { _, err := strict.Notices(ctx, clinic.ID, noon); return err },
		"departments": func() error { _, err := strict.Departments(ctx, clinic.ID); return err },
		"sources":     func() error { _, err := strict.ListSources(ctx, clinic.ID); return err },
		"find source": func() error { _, err := strict.FindSource(ctx, clinic.ID, "a.txt"); return err },
		"revisions":   func() error { _, err := strict.ListRevisions(ctx, clinic.ID, revision.Source); return err },
		"passages":    func() error { _, err := strict.ListPassages(ctx, clinic.ID, revision.ID); return err },
		"answers":     func() error { _, err := strict.ListAnswers(ctx, clinic.ID, revision.Source, 10); return err },
		"embeddings": func() error {
			_, err := strict.FindEmbeddings(ctx, clinic.ID, testSpace, []string{hashOf("parking")})
			return err
		},
		"file":  func() error { _, err := strict.LoadFile(ctx, clinic.ID, revision.Hash); return err },
		"gaps":  func() error { _, err := strict.ListGaps(ctx, clinic.ID, 10); return err },
		"audit": func() error { _, err := strict.VerifyAudit(ctx, clinic.ID); return err },
		"search": func() error {
			_, err := strict.Search(ctx, retrieval.Scope{Clinic: clinic.ID, At: noon}, retrieval.Query{Vector: vectorOf("x"), Space: testSpace, Terms: terms("parking"), Limit: 5})
			return err
		},
	} {
		if err := run(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := strict.HandInStatistics(ctx); err != nil {
		t.Fatal(err)
	}
	for table, count := range scans(t, owner) {
		if count > before[table] {
			t.Errorf("table %s was scanned from end to end %d times", table, count-before[table])
		}
	}
	// The counts do tell: a scan that nothing can help shows.
	if err := strict.HandInStatistics(ctx, "SET enable_seqscan = on", "SELECT count(*) FROM directory_clinic WHERE name_hash IS NOT NULL"); err != nil {
		t.Fatal(err)
	}
	if scans(t, owner)["directory_clinic"] == before["directory_clinic"] {
		t.Error("a sequential scan was not counted")
	}
}
