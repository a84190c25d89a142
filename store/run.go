package store

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/eval"
	"frontdesk/ingest"
	"frontdesk/staff"
)

// RunKind says what a run is for.
type RunKind string

// The kinds of runs. At most one of each kind is at work in a clinic at a time, the
// oldest first, so that two approvals are judged one after the other.
const (
	RunSuite RunKind = "suite" // somebody wants to know
	RunGate  RunKind = "gate"  // an approved revision waits for it
)

// RunVerdict is what came of a run.
type RunVerdict string

// The verdicts. A run has one, which is written once; only a person turns fail into
// overridden.
const (
	VerdictNone       RunVerdict = ""
	VerdictPass       RunVerdict = "pass"
	VerdictFail       RunVerdict = "fail"
	VerdictVoid       RunVerdict = "void" // the revision was withdrawn or approved again meanwhile
	VerdictOverridden RunVerdict = "overridden"
)

// Run is a run of suites at a clinic.
type Run struct {
	ID       string
	Clinic   frontdesk.ClinicID
	Kind     RunKind
	Suites   []string
	Source   frontdesk.SourceID   // of a gate's run
	Revision frontdesk.RevisionID // that waits
	Approved time.Time            // the approval that the gate is asked about
	AskedBy  string
	Created  time.Time
	Started  time.Time // zero: it waits
	Ended    time.Time // zero: it has no verdict yet
	Done     int
	Total    int
	Verdict  RunVerdict
	Figures  []RunFigure

	epoch int
}

// RunFigure counts a suite's cases in one language.
type RunFigure struct {
	Suite, Language      string
	Cases, Passed, Known int
}

// RunResult is what a run ends with. Its texts are sealed.
type RunResult struct {
	Report eval.Report  `json:"report"`
	Before *eval.Report `json:"before,omitempty"` // of the clinic as it is, for a gate's run
	Why    string       `json:"why,omitempty"`    // the gate's reason, for staff
}

func runPlace(id string) Place { return Place{Table: "eval_run", Column: "sealed", ID: id} }

const runColumns = `run_id, kind, suites, source_id, revision_id, approved, asked_by, created_at, started_at, ended_at, epoch, done, total, verdict`

func scanRun(clinic frontdesk.ClinicID) pgx.RowToFunc[Run] {
	return func(row pgx.CollectableRow) (Run, error) {
		r := Run{Clinic: clinic}
		var source, revision *string
		var approved, started, ended *time.Time
		err := row.Scan(&r.ID, &r.Kind, &r.Suites, &source, &revision, &approved, &r.AskedBy, &r.Created, &started, &ended, &r.epoch, &r.Done, &r.Total, &r.Verdict)
		if source != nil && revision != nil {
			r.Source, r.Revision = frontdesk.SourceID(*source), frontdesk.RevisionID(*revision)
		}
		r.Created, r.Approved, r.Started, r.Ended = r.Created.UTC(), fromNull(approved), fromNull(started), fromNull(ended)
		return r, err
	}
}

// AddRun files a run of suites, by name, and returns its id; by is who asks.
func (db *DB) AddRun(ctx context.Context, clinic frontdesk.ClinicID, suites []string, by string) (string, error) {
	if len(suites) == 0 || strings.TrimSpace(by) == "" {
		return "", &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "A run needs a suite and the name of the person who asks for it."}
	}
	var id string
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) (err error) {
		id, err = db.fileRun(ctx, tx, Run{Clinic: clinic, Kind: RunSuite, Suites: suites, AskedBy: by})
		return err
	})
	if err != nil {
		return "", fmt.Errorf("add run: %w", err)
	}
	return id, nil
}

// enqueueGate files the gate's run about an approval, in the approval's transaction.
func (db *DB) enqueueGate(ctx context.Context, tx pgx.Tx, c ingest.Change) error {
	_, err := db.fileRun(ctx, tx, Run{Clinic: c.Clinic, Kind: RunGate, Source: c.Source, Revision: c.Revision, Approved: c.At, AskedBy: c.By})
	return err
}

// fileRun stores a run that waits, what a sweep finds it by, and the job that wakes
// a process for it.
func (db *DB) fileRun(ctx context.Context, tx pgx.Tx, r Run) (string, error) {
	id, err := db.newID()
	if err != nil {
		return "", err
	}
	var source, revision *string
	if r.Kind == RunGate {
		s, v := string(r.Source), string(r.Revision)
		source, revision = &s, &v
	}
	now := db.now()
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO eval_run (clinic_id, run_id, kind, suites, source_id, revision_id, approved, asked_by, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, r.Clinic, id, r.Kind, notNil(r.Suites), source, revision, toNull(r.Approved), r.AskedBy, now)
	batch.Queue(`INSERT INTO directory_run (clinic_id, run_id, due) VALUES ($1, $2, $3)`, r.Clinic, id, now)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return "", fmt.Errorf("file run: %w", err)
	}
	return id, wakeForRun(ctx, db, tx, r.Clinic)
}

// voidGate ends the runs that still wait about a revision: its approval is gone.
func voidGate(ctx context.Context, tx pgx.Tx, c ingest.Change) error {
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM directory_run WHERE clinic_id = $1 AND run_id IN
		(SELECT run_id FROM eval_run WHERE clinic_id = $1 AND kind = 'gate' AND revision_id = $2 AND ended_at IS NULL)`, c.Clinic, c.Revision)
	batch.Queue(`UPDATE eval_run SET verdict = 'void', ended_at = $3, lease_until = NULL
		WHERE clinic_id = $1 AND kind = 'gate' AND revision_id = $2 AND ended_at IS NULL`, c.Clinic, c.Revision, c.At)
	return tx.SendBatch(ctx, batch).Close()
}

// passGate ends a run with the release that follows from it. A run that has a
// verdict already is [frontdesk.CodeConflict] for all but a person who overrides it.
func passGate(ctx context.Context, tx pgx.Tx, c ingest.Change) error {
	if c.Override {
		tag, err := tx.Exec(ctx, `UPDATE eval_run SET verdict = 'overridden' WHERE clinic_id = $1 AND run_id = $2 AND verdict = 'fail'`, c.Clinic, c.Run)
		if err == nil && tag.RowsAffected() == 0 {
			return notFound("The gate holds nothing back here.")
		}
		return err
	}
	return endRun(ctx, tx, c.Clinic, c.Run, VerdictPass, c.At)
}

func endRun(ctx context.Context, tx pgx.Tx, clinic frontdesk.ClinicID, id string, verdict RunVerdict, at time.Time) error {
	tag, err := tx.Exec(ctx, `UPDATE eval_run SET verdict = $3, ended_at = $4, lease_until = NULL WHERE clinic_id = $1 AND run_id = $2 AND ended_at IS NULL`,
		clinic, id, verdict, at)
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		return runIsOver()
	}
	_, err = tx.Exec(ctx, `DELETE FROM directory_run WHERE clinic_id = $1 AND run_id = $2`, clinic, id)
	return err
}

func runIsOver() error {
	return &frontdesk.Error{Code: frontdesk.CodeConflict, Text: "This run is another process's, or over."}
}

// TakeRun takes a clinic's oldest run of a kind that has no verdict, for a while.
// There is none to take while another process has one of that kind. A run whose
// process is gone is taken again after its while.
func (db *DB) TakeRun(ctx context.Context, clinic frontdesk.ClinicID, kind RunKind, lease time.Duration) (run Run, ok bool, err error) {
	now := db.now()
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		const waiting = `SELECT ` + runColumns + `, coalesce(lease_until > $3, false) FROM eval_run
			WHERE clinic_id = $1 AND kind = $2 AND ended_at IS NULL ORDER BY run_id FOR UPDATE`
		rows, err := tx.Query(ctx, waiting, clinic, kind, now)
		if err != nil {
			return err
		}
		busy := false
		runs, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Run, error) {
			var leased bool
			r, err := scanRun(clinic)(withoutLast{row, &leased})
			busy = busy || leased
			return r, err
		})
		if err != nil || busy || len(runs) == 0 {
			return err
		}
		run, ok = runs[0], true
		run.epoch, run.Started = run.epoch+1, now
		batch := &pgx.Batch{}
		batch.Queue(`UPDATE eval_run SET epoch = $3, started_at = $4, lease_until = $5, done = 0, total = 0 WHERE clinic_id = $1 AND run_id = $2`,
			clinic, run.ID, run.epoch, now, now.Add(lease))
		batch.Queue(`UPDATE directory_run SET due = $3 WHERE clinic_id = $1 AND run_id = $2`, clinic, run.ID, now.Add(lease))
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return Run{}, false, fmt.Errorf("take run: %w", err)
	}
	return run, ok, nil
}

// withoutLast scans the last column apart.
type withoutLast struct {
	pgx.CollectableRow
	last any
}

// Scan implements [pgx.CollectableRow].
func (w withoutLast) Scan(dest ...any) error { return w.CollectableRow.Scan(append(dest, w.last)...) }

// Epoch says how often the run was taken: once, unless a process was lost over it.
func (r Run) Epoch() int { return r.epoch }

// KeepRun notes how far a run is and holds it for another while. A run that another
// process took, or that is over, is [frontdesk.CodeConflict].
func (db *DB) KeepRun(ctx context.Context, r Run, done, total int, lease time.Duration) error {
	until := db.now().Add(lease)
	err := db.InClinic(ctx, r.Clinic, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE eval_run SET done = $4, total = $5, lease_until = $6
			WHERE clinic_id = $1 AND run_id = $2 AND epoch = $3 AND ended_at IS NULL`, r.Clinic, r.ID, r.epoch, done, total, until)
		if err == nil && tag.RowsAffected() == 0 {
			return runIsOver()
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE directory_run SET due = $3 WHERE clinic_id = $1 AND run_id = $2`, r.Clinic, r.ID, until)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep run: %w", err)
	}
	return nil
}

// LeaveRun gives a run back that could not be done: it is due again at an instant.
func (db *DB) LeaveRun(ctx context.Context, r Run, due time.Time) error {
	err := db.InClinic(ctx, r.Clinic, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(`UPDATE eval_run SET lease_until = $4 WHERE clinic_id = $1 AND run_id = $2 AND epoch = $3 AND ended_at IS NULL`, r.Clinic, r.ID, r.epoch, due)
		batch.Queue(`UPDATE directory_run SET due = $3 WHERE clinic_id = $1 AND run_id = $2`, r.Clinic, r.ID, due)
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return fmt.Errorf("leave run: %w", err)
	}
	return nil
}

// SaveResult seals what a run came to and stores its figures; the run goes on until
// it has a verdict. See [DB.KeepRun] for its conflict.
func (db *DB) SaveResult(ctx context.Context, r Run, result RunResult) error {
	keys, err := db.clinicKeys(ctx, r.Clinic)
	if err != nil {
		return err
	}
	raw, err := pack(result)
	if err != nil {
		return err
	}
	sealed, err := keys.seal(runPlace(r.ID), raw)
	if err != nil {
		return err
	}
	err = db.InClinic(ctx, r.Clinic, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE eval_run SET sealed = $4 WHERE clinic_id = $1 AND run_id = $2 AND epoch = $3 AND ended_at IS NULL`, r.Clinic, r.ID, r.epoch, sealed)
		if err == nil && tag.RowsAffected() == 0 {
			return runIsOver()
		}
		if err != nil {
			return err
		}
		batch := &pgx.Batch{}
		batch.Queue(`DELETE FROM eval_figure WHERE clinic_id = $1 AND run_id = $2`, r.Clinic, r.ID)
		for _, f := range figuresOf(result.Report) {
			batch.Queue(`INSERT INTO eval_figure (clinic_id, run_id, suite, language, cases, passed, known) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
				r.Clinic, r.ID, f.Suite, f.Language, f.Cases, f.Passed, f.Known)
		}
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return fmt.Errorf("save result of run: %w", err)
	}
	return nil
}

func figuresOf(report eval.Report) []RunFigure {
	var figures []RunFigure
	at := map[[2]string]int{}
	for _, c := range report.Cases {
		key := [2]string{c.Suite, c.Lang}
		i, ok := at[key]
		if !ok {
			i = len(figures)
			at[key] = i
			figures = append(figures, RunFigure{Suite: c.Suite, Language: c.Lang})
		}
		figures[i].Cases++
		switch {
		case c.Pass:
			figures[i].Passed++
		case c.Known != "":
			figures[i].Known++
		}
	}
	return figures
}

// resultMost bounds a stored result when it is opened.
const resultMost = 256 << 20

func pack(result RunResult) ([]byte, error) {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if err := json.NewEncoder(z).Encode(result); err != nil {
		return nil, fmt.Errorf("encode result of run: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("compress result of run: %w", err)
	}
	return out.Bytes(), nil
}

func unpack(raw []byte) (result RunResult, err error) {
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return result, fmt.Errorf("open result of run: %w", err)
	}
	if err := json.NewDecoder(io.LimitReader(z, resultMost)).Decode(&result); err != nil {
		return result, fmt.Errorf("decode result of run: %w", err)
	}
	return result, nil
}

// EndRun gives a run its one verdict. For a gate's pass see [ingest.Service.Release].
// The results of old runs are forgotten, their figures stay.
func (db *DB) EndRun(ctx context.Context, r Run, verdict RunVerdict) error {
	keys, err := db.clinicKeys(ctx, r.Clinic)
	if err != nil {
		return err
	}
	at := db.now()
	err = db.InClinic(ctx, r.Clinic, func(tx pgx.Tx) error {
		if err := endRun(ctx, tx, r.Clinic, r.ID, verdict, at); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE eval_run SET sealed = NULL WHERE clinic_id = $1 AND sealed IS NOT NULL AND ended_at IS NOT NULL AND verdict <> 'fail'
			AND run_id NOT IN (SELECT run_id FROM eval_run WHERE clinic_id = $1 ORDER BY run_id DESC LIMIT $2)`, r.Clinic, resultsKept); err != nil {
			return err
		}
		if r.Kind != RunGate {
			return nil
		}
		return appendAudit(ctx, tx, keys, staff.Entry{At: at, Actor: "system", Action: "gate." + string(verdict), Target: string(r.Revision), Detail: "run " + r.ID})
	})
	if err != nil {
		return fmt.Errorf("end run: %w", err)
	}
	return nil
}

// resultsKept is of how many runs a clinic keeps the replies; the gate's refusals
// are kept until somebody settles them.
const resultsKept = 30

// ListRuns returns a clinic's runs with their figures, newest first, at most limit.
func (db *DB) ListRuns(ctx context.Context, clinic frontdesk.ClinicID, limit int) ([]Run, error) {
	var runs []Run
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+runColumns+` FROM eval_run WHERE clinic_id = $1 ORDER BY run_id DESC LIMIT $2`, clinic, limit)
		if err != nil {
			return err
		}
		if runs, err = pgx.CollectRows(rows, scanRun(clinic)); err != nil {
			return err
		}
		return readFigures(ctx, tx, clinic, runs)
	})
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	return runs, nil
}

func readFigures(ctx context.Context, tx pgx.Tx, clinic frontdesk.ClinicID, runs []Run) error {
	at := map[string]int{}
	ids := make([]string, len(runs))
	for i, r := range runs {
		ids[i], at[r.ID] = r.ID, i
	}
	rows, err := tx.Query(ctx, `SELECT run_id, suite, language, cases, passed, known FROM eval_figure
		WHERE clinic_id = $1 AND run_id = ANY($2) ORDER BY suite, language`, clinic, ids)
	if err != nil {
		return err
	}
	var id string
	var f RunFigure
	_, err = pgx.ForEachRow(rows, []any{&id, &f.Suite, &f.Language, &f.Cases, &f.Passed, &f.Known}, func() error {
		runs[at[id]].Figures = append(runs[at[id]].Figures, f)
		return nil
	})
	return err
}

// LoadRun returns a run with what it came to; the result is nil before it has one,
// and where it is forgotten.
func (db *DB) LoadRun(ctx context.Context, clinic frontdesk.ClinicID, id string) (Run, *RunResult, error) {
	return db.readRun(ctx, clinic, `run_id = $2`, id)
}

// GateRun returns the newest run of the gate about a revision, or
// [frontdesk.CodeNotFound].
func (db *DB) GateRun(ctx context.Context, clinic frontdesk.ClinicID, revision frontdesk.RevisionID) (Run, *RunResult, error) {
	return db.readRun(ctx, clinic, `kind = 'gate' AND revision_id = $2`, string(revision))
}

func (db *DB) readRun(ctx context.Context, clinic frontdesk.ClinicID, condition, arg string) (Run, *RunResult, error) {
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return Run{}, nil, err
	}
	var sealed []byte
	var runs []Run
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+runColumns+`, sealed FROM eval_run WHERE clinic_id = $1 AND `+condition+` ORDER BY run_id DESC LIMIT 1`, clinic, arg)
		if err != nil {
			return err
		}
		if runs, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (Run, error) { return scanRun(clinic)(withoutLast{row, &sealed}) }); err != nil {
			return err
		}
		if len(runs) == 0 {
			return notFound("There is no such run.")
		}
		return readFigures(ctx, tx, clinic, runs)
	})
	if err != nil {
		return Run{}, nil, fmt.Errorf("read run: %w", err)
	}
	if sealed == nil {
		return runs[0], nil, nil
	}
	raw, err := keys.open(runPlace(runs[0].ID), sealed)
	if err != nil {
		return Run{}, nil, err
	}
	result, err := unpack(raw)
	return runs[0], &result, err
}

// DueRuns returns the clinics that have a run which waits or whose process is gone.
func (db *DB) DueRuns(ctx context.Context, limit int) ([]frontdesk.ClinicID, error) {
	var clinics []frontdesk.ClinicID
	err := db.inDirectory(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT DISTINCT clinic_id FROM directory_run WHERE due <= $1 LIMIT $2`, db.now(), limit)
		if err != nil {
			return err
		}
		clinics, err = pgx.CollectRows(rows, pgx.RowTo[frontdesk.ClinicID])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("due runs: %w", err)
	}
	return clinics, nil
}
