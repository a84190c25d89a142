package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"frontdesk"
)

// Of the lock that lets one process at a time change the schema.
const (
	lockEvery     = 50 * time.Millisecond
	unlockTimeout = 5 * time.Second
)

//go:embed migration/*.sql
var migrations embed.FS

// Migrate brings the schema up to date as its owner, and makes sure that the
// service role of serviceURL exists and may use it without owning anything. It is
// safe to run from several processes at once, and does nothing on a current schema.
func Migrate(ctx context.Context, ownerURL, serviceURL string) error {
	service, err := pgx.ParseConfig(serviceURL)
	if err != nil {
		return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "DATABASE_URL is not a PostgreSQL address.", Err: errors.New("parse database url")}
	}
	pool, err := pgxpool.New(ctx, ownerURL)
	if err != nil {
		return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "MIGRATE_DATABASE_URL is not a PostgreSQL address.", Err: errors.New("parse migrate url")}
	}
	defer pool.Close()
	if err := pool.Ping(ctx); err != nil {
		return &frontdesk.Error{Code: frontdesk.CodeUnavailable, Text: "The database of MIGRATE_DATABASE_URL cannot be reached.", Err: err}
	}
	role := sha256.Sum256([]byte(service.User))
	fingerprint, err := SchemaFingerprint()
	if err != nil {
		return err
	}
	if schemaSeen(ctx, pool, role[:], fingerprint) {
		return nil
	}
	unlock, err := lockMigration(ctx, pool)
	if err != nil {
		return err
	}
	defer unlock()
	if schemaSeen(ctx, pool, role[:], fingerprint) { // by whoever had the lock before us
		return nil
	}
	if err := migrateSchema(ctx, pool); err != nil {
		return err
	}
	if err := grantService(ctx, pool, service); err != nil {
		return err
	}
	_, err = pool.Exec(ctx, `INSERT INTO directory_schema (role_hash, fingerprint) VALUES ($1, $2)
		ON CONFLICT (role_hash) DO UPDATE SET fingerprint = excluded.fingerprint`, role[:], fingerprint)
	if err != nil {
		return fmt.Errorf("note schema: %w", err)
	}
	return nil
}

// schemaSeen tells whether this schema was brought up to date for this role. One
// from before the first migration has no such table: whatever fails here is found
// again by the migration.
func schemaSeen(ctx context.Context, pool *pgxpool.Pool, role, fingerprint []byte) bool {
	var seen []byte
	err := pool.QueryRow(ctx, `SELECT fingerprint FROM directory_schema WHERE role_hash = $1`, role).Scan(&seen)
	return err == nil && bytes.Equal(seen, fingerprint)
}

// lockMigration lets one process at a time change the schema: several start at
// once in a new home, and after an update. The lock ends with its connection.
func lockMigration(ctx context.Context, pool *pgxpool.Pool) (unlock func(), err error) {
	pooled, err := pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect to migrate: %w", err)
	}
	conn := pooled.Hijack()
	unlock = func() {
		ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), unlockTimeout, errors.New("migration's lock was not given back in time"))
		defer cancel()
		_ = conn.Close(ctx) // a connection that fails to close has ended
	}
	// Tried again and again, not waited for: a statement that waits holds a snapshot,
	// which an index that is built concurrently would wait for in turn.
	tick := time.NewTicker(lockEvery)
	defer tick.Stop()
	for {
		var locked bool
		err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock(hashtextextended('frontdesk migration', 0))`).Scan(&locked)
		if err == nil && locked {
			return unlock, nil
		}
		if err == nil {
			select {
			case <-tick.C:
				continue
			case <-ctx.Done():
				err = context.Cause(ctx)
			}
		}
		unlock()
		return nil, fmt.Errorf("lock migration: %w", err)
	}
}

// SchemaFingerprint returns a hash that changes with every change of what
// [Migrate] does.
func SchemaFingerprint() ([]byte, error) {
	sum := sha256.New()
	err := fs.WalkDir(migrations, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		raw, err := fs.ReadFile(migrations, name)
		fmt.Fprintf(sum, "%s %d\n%s", name, len(raw), raw)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	river, err := rivermigrate.New(riverpgxv5.New(nil), nil)
	if err != nil {
		return nil, fmt.Errorf("read queue migrations: %w", err)
	}
	for _, version := range river.AllVersions() {
		fmt.Fprintf(sum, "river %d\n", version.Version)
	}
	for _, statement := range serviceGrants("role") {
		fmt.Fprintln(sum, statement)
	}
	return sum.Sum(nil), nil
}

func migrateSchema(ctx context.Context, pool *pgxpool.Pool) error {
	files, err := fs.Sub(migrations, "migration")
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return fmt.Errorf("make migration lock: %w", err)
	}
	conn := stdlib.OpenDBFromPool(pool)
	defer conn.Close()
	provider, err := goose.NewProvider(goose.DialectPostgres, conn, files,
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true), goose.WithAllowOutofOrder(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate schema: %w", err)
	}
	river, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return fmt.Errorf("read queue migrations: %w", err)
	}
	if _, err := river.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate queue: %w", err)
	}
	return nil
}

// grantService creates the service role where it is missing and grants it the use
// of the tables. The audit chain is append-only for it.
func grantService(ctx context.Context, pool *pgxpool.Pool, service *pgx.ConnConfig) error {
	role := pgx.Identifier{service.User}.Sanitize()
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('frontdesk grant', 0))`); err != nil {
			return err
		}
		if err := createRole(ctx, tx, service); err != nil {
			return err
		}
		for _, statement := range serviceGrants(role) {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42501" { // insufficient_privilege
		return &frontdesk.Error{Code: frontdesk.CodeForbidden, Text: "The owner of MIGRATE_DATABASE_URL may not make or grant the role " + role + "; as an administrator run: CREATE ROLE " + role + " LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '…'", Err: err}
	}
	if err != nil {
		return fmt.Errorf("grant service role: %w", err)
	}
	return nil
}

// serviceGrants are all that the service role may do.
func serviceGrants(role string) []string {
	return []string{
		"GRANT USAGE ON SCHEMA public TO " + role,
		"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO " + role,
		"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO " + role,
		"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO " + role,
		"REVOKE INSERT, UPDATE, DELETE ON goose_db_version, directory_schema FROM " + role,
		"REVOKE UPDATE, DELETE ON audit FROM " + role,
	}
}

func createRole(ctx context.Context, tx pgx.Tx, service *pgx.ConnConfig) error {
	var exists bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $1)`, service.User).Scan(&exists); err != nil {
		return err
	}
	if exists {
		return nil
	}
	// CREATE ROLE takes no parameters; format() quotes the name and the password.
	var statement string
	const quote = `SELECT format('CREATE ROLE %I LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD %L', $1::text, NULLIF($2::text, ''))`
	if err := tx.QueryRow(ctx, quote, service.User, service.Password).Scan(&statement); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, statement)
	return err
}
