// Package testdb gives each test a real PostgreSQL database of its own: a clone
// of a template that is migrated once for each state of the migrations. All test
// packages of a run share one private server through package home; nothing has to
// be running or set.
//
// A package that uses it wants
//
//	func TestMain(m *testing.M) { testdb.Main(m) }
//
// so that the server runs from its first test to its last, and goroutines that
// outlive the tests are found.
package testdb

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"frontdesk"
	"frontdesk/internal/home"
	"frontdesk/store"
)

const (
	setUpTimeout   = 4 * time.Minute
	cleanUpTimeout = 30 * time.Second
	staleAfter     = 2 * time.Hour // a database of a test that was killed
)

// Database is a test's own database.
type Database struct {
	*store.DB        // as the service role
	URL       string // as the service role
	OwnerURL  string
	Key       []byte
}

// Main runs a package's tests with the server held up, and looks for leaked
// goroutines. It does not return.
func Main(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	ctx, cancel := context.WithTimeout(context.Background(), setUpTimeout)
	defer cancel()
	h, err := open(ctx)
	if err == nil {
		defer h.Close()
		// Without a runtime the tests themselves say so, by failing or skipping.
		_, _ = h.Postgres(ctx)
	}
	before := goleak.IgnoreCurrent()
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(before); err != nil {
			fmt.Fprintln(os.Stderr, "goroutines outlive the tests:", err)
			return 1
		}
	}
	return code
}

// New returns a fresh, migrated database that is dropped when the test ends, at
// the real clock. Without a runtime it skips the test, and fails it where CI is set.
func New(t testing.TB) *Database {
	t.Helper()
	return NewAt(t, time.Now)
}

// NewAt is [New] with a clock.
func NewAt(t testing.TB, now func() time.Time) *Database {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), setUpTimeout)
	defer cancel()
	server := Postgres(t)
	name, err := clone(ctx, server)
	if err != nil {
		t.Fatalf("make test database: %v", err)
	}
	t.Cleanup(func() { drop(t, server, name) })
	d := &Database{URL: inDatabase(server.URL, name), OwnerURL: inDatabase(server.MigrateURL, name), Key: make([]byte, store.KeySize)}
	if _, err := io.ReadFull(rand.Reader, d.Key); err != nil {
		t.Fatalf("make key: %v", err)
	}
	d.DB, err = store.Open(ctx, store.Options{DatabaseURL: d.URL, Keys: [][]byte{d.Key}, Now: now, Random: rand.Reader})
	if err != nil {
		t.Fatalf("open test database: %v", err)
	}
	t.Cleanup(d.Close)
	return d
}

// Clinic adds a clinic with the given name to the test's database.
func (d *Database) Clinic(t testing.TB, name string) frontdesk.Clinic {
	t.Helper()
	c, err := d.AddClinic(t.Context(), frontdesk.Clinic{Name: name})
	if err != nil {
		t.Fatalf("add clinic: %v", err)
	}
	return c
}

// Postgres returns the shared server, held up until the test ends.
func Postgres(t testing.TB) home.Database {
	t.Helper()
	h := hold(t)
	ctx, cancel := context.WithTimeout(context.Background(), setUpTimeout)
	defer cancel()
	server, err := h.Postgres(ctx)
	if err != nil {
		without(t, err)
	}
	return server
}

// Embeddings returns the address of the shared embedding server, held up until
// the test ends. Without a runtime it skips or fails as [New] does.
func Embeddings(t testing.TB) string {
	t.Helper()
	h := hold(t)
	ctx, cancel := context.WithTimeout(context.Background(), setUpTimeout)
	defer cancel()
	address, err := h.Embeddings(ctx)
	if err != nil {
		without(t, err)
	}
	return address
}

func hold(t testing.TB) *home.Home {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), setUpTimeout)
	defer cancel()
	h, err := open(ctx)
	if err != nil {
		t.Fatalf("open home of tests: %v", err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Errorf("close home of tests: %v", err)
		}
	})
	return h
}

// without ends a test that lacks its part.
func without(t testing.TB, err error) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("a part that this test needs is missing: %v", err)
	}
	t.Skipf("SKIPPED, a part that this test needs is missing: %v", err)
}

// open opens the home that all tests of this machine's user share.
func open(ctx context.Context) (*home.Home, error) {
	runtime, err := home.DefaultRuntime(os.Getenv)
	if err != nil {
		return nil, err
	}
	cache := "/var/cache" // root's own is closed to PostgreSQL's user
	if os.Geteuid() != 0 {
		if cache, err = os.UserCacheDir(); err != nil {
			return nil, fmt.Errorf("find cache folder: %w", err)
		}
	}
	return home.Open(ctx, home.Options{
		Dir:     filepath.Join(cache, "frontdesk-test"),
		Runtime: runtime,
		// Test databases are made anew after a crash of the machine.
		Settings: map[string]string{"fsync": "off", "full_page_writes": "off", "max_connections": "300"},
	})
}

// clone makes a database for one test out of the template, which it makes first
// where this state of the migrations has none.
func clone(ctx context.Context, server home.Database) (string, error) {
	admin, err := pgx.Connect(ctx, inDatabase(server.MigrateURL, "postgres"))
	if err != nil {
		return "", fmt.Errorf("connect: %w", err)
	}
	defer admin.Close(ctx)
	fingerprint, err := store.SchemaFingerprint()
	if err != nil {
		return "", err
	}
	template := "template_" + hex.EncodeToString(fingerprint[:8])
	if err := ensureTemplate(ctx, admin, server, template); err != nil {
		return "", err
	}
	var random [6]byte
	if _, err := io.ReadFull(rand.Reader, random[:]); err != nil {
		return "", err
	}
	name := fmt.Sprintf("test_%010d_%x", time.Now().Unix(), random)
	_, err = admin.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE "+template)
	return name, err
}

// ensureTemplate migrates aside and renames, under a lock that all test processes
// take, so that a template of that name is complete.
func ensureTemplate(ctx context.Context, admin *pgx.Conn, server home.Database, template string) error {
	const exists = `SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)`
	var found bool
	if err := admin.QueryRow(ctx, exists, template).Scan(&found); err != nil || found {
		return err
	}
	if _, err := admin.Exec(ctx, `SELECT pg_advisory_lock(hashtextextended('frontdesk test template', 0))`); err != nil {
		return err
	}
	// The lock ends with the connection.
	if err := admin.QueryRow(ctx, exists, template).Scan(&found); err != nil || found {
		return err
	}
	if err := sweep(ctx, admin); err != nil {
		return err
	}
	fresh := template + "_new"
	for _, statement := range []string{"DROP DATABASE IF EXISTS " + fresh + " WITH (FORCE)", "CREATE DATABASE " + fresh} {
		if _, err := admin.Exec(ctx, statement); err != nil {
			return err
		}
	}
	if err := store.Migrate(ctx, inDatabase(server.MigrateURL, fresh), inDatabase(server.URL, fresh)); err != nil {
		return err
	}
	_, err := admin.Exec(ctx, "ALTER DATABASE "+fresh+" RENAME TO "+template)
	return err
}

// sweep drops what killed tests left, and the templates of schemas long gone.
func sweep(ctx context.Context, admin *pgx.Conn) error {
	oldest := fmt.Sprintf("test_%010d", time.Now().Add(-staleAfter).Unix())
	const stale = `SELECT datname FROM pg_database WHERE datname LIKE 'test\_%' AND datname < $1
		UNION ALL (SELECT datname FROM pg_database WHERE datname LIKE 'template\_%' ORDER BY oid DESC OFFSET 8)`
	rows, err := admin.Query(ctx, stale, oldest)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := admin.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"); err != nil {
			return err
		}
	}
	return nil
}

func drop(t testing.TB, server home.Database, name string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), cleanUpTimeout)
	defer cancel()
	admin, err := pgx.Connect(ctx, inDatabase(server.MigrateURL, "postgres"))
	if err != nil {
		t.Errorf("drop test database: %v", err)
		return
	}
	defer admin.Close(ctx)
	if _, err := admin.Exec(ctx, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
		t.Errorf("drop test database: %v", err)
	}
}

func inDatabase(address, name string) string {
	u, err := url.Parse(address)
	if err != nil { // home builds it
		return address
	}
	u.Path = "/" + name
	return u.String()
}
