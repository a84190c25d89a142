package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	pgxvector "github.com/pgvector/pgvector-go/pgx"

	"frontdesk"
)

// Limits of a connection. They bound a runaway statement; no query of the product
// comes near them.
const (
	connectTimeout   = 10 * time.Second
	statementTimeout = "60s"
	idleInTxTimeout  = "60s"
	defaultMaxConns  = 16
)

// Options say how to reach and open the database.
type Options struct {
	DatabaseURL string           // as the service role, which owns nothing and cannot bypass row-level security
	MigrateURL  string           // as the owner; when set, Open migrates first
	Keys        [][]byte         // versions of FRONTDESK_KEY, 32 bytes each: the first wraps the key of each clinic, all unwrap
	Now         func() time.Time // the clock; required
	Random      io.Reader        // crypto/rand.Reader in the product; required
	MaxConns    int32            // connections of the pool, 0 is 16
	Cost        *Cost            // counts statements and commits; nil: nobody does
}

// DB is the database. It is safe for concurrent use.
type DB struct {
	pool   *pgxpool.Pool
	now    func() time.Time
	random io.Reader
	master *masterKey
	spaces sync.Map // spaceKey → spaceSeen, whether the approximate index holds the clinic's vectors
	keys   sync.Map // frontdesk.ClinicID → *clinicKeys, unwrapped
}

// Open connects as the service role, migrating first where Options.MigrateURL is
// set. It fails with [frontdesk.CodeInvalid] when the role could bypass row-level
// security or a setting is missing, and with [frontdesk.CodeUnavailable] when the
// database cannot be reached.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.Now == nil || o.Random == nil {
		return nil, errors.New("store: Options.Now and Options.Random are required")
	}
	master, err := newMasterKey(o.Keys)
	if err != nil {
		return nil, err
	}
	if o.MigrateURL != "" {
		if err := Migrate(ctx, o.MigrateURL, o.DatabaseURL); err != nil {
			return nil, err
		}
	}
	pool, err := openPool(ctx, o)
	if err != nil {
		return nil, err
	}
	db := &DB{pool: pool, now: o.Now, random: o.Random, master: master}
	if err := db.checkRole(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	if err := db.openDirectory(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return db, nil
}

func openPool(ctx context.Context, o Options) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(o.DatabaseURL)
	if err != nil {
		return nil, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "DATABASE_URL is not a PostgreSQL address.", Err: errors.New("parse database url")}
	}
	cfg.MaxConns = cmp.Or(o.MaxConns, defaultMaxConns)
	cfg.ConnConfig.ConnectTimeout = connectTimeout
	if o.Cost != nil {
		cfg.ConnConfig.Tracer = o.Cost
	}
	params := cfg.ConnConfig.RuntimeParams
	params["application_name"] = "frontdesk"
	params["search_path"] = "public"
	params["statement_timeout"] = statementTimeout
	params["idle_in_transaction_session_timeout"] = idleInTxTimeout
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		return pgxvector.RegisterTypes(ctx, conn)
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open database pool: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, &frontdesk.Error{Code: frontdesk.CodeUnavailable, Text: "The database cannot be reached, or its schema is missing; see `frontdesk doctor` and `frontdesk migrate`.", Err: err}
	}
	return pool, nil
}

// Close waits for the connections in use and closes all of them.
func (db *DB) Close() { db.pool.Close() }

// Ping tells whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.pool.Ping(ctx); err != nil {
		return fmt.Errorf("ping database: %w", err)
	}
	return nil
}

// checkRole refuses a role for which row-level security is no barrier.
func (db *DB) checkRole(ctx context.Context) error {
	const query = `
		SELECT r.rolsuper OR r.rolbypassrls
		       OR EXISTS (SELECT 1
		                    FROM pg_class c
		                   WHERE c.relnamespace = 'public'::regnamespace
		                     AND c.relkind IN ('r', 'p')
		                     AND pg_has_role(r.oid, c.relowner, 'MEMBER'))
		  FROM pg_roles r
		 WHERE r.rolname = current_user`
	var bypasses bool
	if err := db.pool.QueryRow(ctx, query).Scan(&bypasses); err != nil {
		return fmt.Errorf("check database role: %w", err)
	}
	if bypasses {
		return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "The role of DATABASE_URL owns tables or may bypass row-level security; use a service role that owns nothing, and MIGRATE_DATABASE_URL for the owner."}
	}
	return nil
}

// InClinic runs fn in one transaction that sees and writes the rows of one clinic
// only, and commits it when fn returns nil. Sealing inside fn needs no further
// connection. It is the only way to a connection but for [DB.InClinicBatch].
func (db *DB) InClinic(ctx context.Context, clinic frontdesk.ClinicID, fn func(tx pgx.Tx) error) error {
	id, err := uuid.Parse(string(clinic))
	if err != nil {
		return notFound("No such clinic.")
	}
	// The id is parsed and printed again, so the statement holds nothing but a UUID;
	// without parameters both statements travel in one round trip.
	begin := pgx.TxOptions{BeginQuery: "BEGIN; SELECT set_config('frontdesk.clinic', '" + id.String() + "', true)"}
	return interpret(pgx.BeginTxFunc(ctx, db.pool, begin, fn))
}

// InClinicBatch sends the statements of batch as one transaction in one round
// trip, inside clinic. Results go to the callbacks of the queued statements.
func (db *DB) InClinicBatch(ctx context.Context, clinic frontdesk.ClinicID, batch *pgx.Batch) error {
	if _, err := uuid.Parse(string(clinic)); err != nil {
		return notFound("No such clinic.")
	}
	scoped := &pgx.Batch{QueuedQueries: make([]*pgx.QueuedQuery, 0, len(batch.QueuedQueries)+1)}
	set, rest := "SELECT set_config('frontdesk.clinic', $1, true)", batch.QueuedQueries
	if len(rest) > 0 && len(rest[0].Arguments) == 0 {
		if more, ok := strings.CutPrefix(rest[0].SQL, "SELECT set_config("); ok { // settings travel together
			set, rest = set+", set_config("+more, rest[1:]
		}
	}
	scoped.Queue(set, string(clinic))
	scoped.QueuedQueries = append(scoped.QueuedQueries, rest...)
	return interpret(db.pool.SendBatch(ctx, scoped).Close())
}

// inDirectory runs fn in a transaction outside every clinic: it sees the
// directory_… tables and River's, and no row of any clinic.
func (db *DB) inDirectory(ctx context.Context, fn func(tx pgx.Tx) error) error {
	return interpret(pgx.BeginFunc(ctx, db.pool, fn))
}

// newID returns a fresh id for the current instant.
func (db *DB) newID() (string, error) {
	return frontdesk.NewID(db.now(), db.random)
}

// interpret turns the driver's errors into the domain's: nothing above this
// package imports pgx. The driver's text may quote values, so it is cut to the
// error's class and the name of the constraint.
func interpret(err error) error {
	var known *frontdesk.Error
	var pg *pgconn.PgError
	var connect *pgconn.ConnectError
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case errors.Is(err, pgx.ErrNoRows):
		return &frontdesk.Error{Code: frontdesk.CodeNotFound, Text: "No such thing in this clinic.", Err: err}
	case errors.As(err, &pg):
		return interpretPg(pg)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case pgconn.SafeToRetry(err), errors.As(err, &connect), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return &frontdesk.Error{Code: frontdesk.CodeUnavailable, Text: "The database cannot be reached.", Err: err}
	}
	return err
}

func interpretPg(pg *pgconn.PgError) error {
	cause := &pgCause{code: pg.Code, table: pg.TableName, constraint: pg.ConstraintName, message: pg.Message}
	switch pg.Code {
	case "22P02": // a text that is no id names nothing
		cause.message = "data exception"
		return &frontdesk.Error{Code: frontdesk.CodeNotFound, Text: "No such thing in this clinic.", Err: cause}
	case "22021": // a zero byte, or bytes that are no UTF-8
		cause.message = "data exception"
		return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "The text holds a character that cannot be kept.", Err: cause}
	}
	switch pg.Code[:2] {
	case "23": // integrity constraint violation
		return &frontdesk.Error{Code: frontdesk.CodeConflict, Text: "This exists already, or refers to something that is gone.", Err: cause}
	case "08", "53", "57": // connection, resources, operator intervention
		return &frontdesk.Error{Code: frontdesk.CodeUnavailable, Text: "The database is busy or stopping; try again.", Err: cause}
	case "22": // data exception: its message may quote a value
		cause.message = "data exception"
	}
	return cause
}

// pgCause is a server error without its detail, which quotes values of rows.
type pgCause struct{ code, table, constraint, message string }

func (e *pgCause) Error() string {
	return fmt.Sprintf("postgres %s: %s (table %q, constraint %q)", e.code, e.message, e.table, e.constraint)
}

func notFound(text string) error {
	return &frontdesk.Error{Code: frontdesk.CodeNotFound, Text: text}
}
