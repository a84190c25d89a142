package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/eval"
	"frontdesk/staff"
)

// CaseOrigin says where a case of a clinic's own suite came from.
type CaseOrigin string

// The origins.
const (
	CaseFromGap        CaseOrigin = "gap"         // a question that was asked in vain
	CaseFromCorrection CaseOrigin = "correction"  // staff say what the answer should have been
	CaseFromThumbsDown CaseOrigin = "thumbs_down" // a patient was not helped
	CaseByHand         CaseOrigin = "hand"        // somebody wrote it
)

// Case is a case of a clinic's own suite.
type Case struct {
	ID       string
	Origin   CaseOrigin
	MustPass bool // nothing may go live while it fails
	Author   string
	Created  time.Time
	Case     eval.Case // its words masked: no identifier of a patient
}

func casePlace(id string) Place { return Place{Table: "eval_case", Column: "sealed", ID: id} }

// AddCase adds a case to a clinic's own suite and returns its id. A case that asks
// the same takes its place: what was expected before is forgotten, its id stays.
func (db *DB) AddCase(ctx context.Context, clinic frontdesk.ClinicID, c Case) (string, error) {
	if strings.TrimSpace(c.Author) == "" || len(c.Case.Turns) == 0 || strings.TrimSpace(c.Case.Turns[0].Say) == "" {
		return "", &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "A case needs a question and the name of the person who adds it."}
	}
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return "", err
	}
	id, err := db.newID()
	if err != nil {
		return "", err
	}
	raw, err := json.Marshal(c.Case)
	if err != nil {
		return "", fmt.Errorf("encode case: %w", err)
	}
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		const reserve = `INSERT INTO eval_case (clinic_id, case_id, asked, origin, language, must_pass, sealed, author, created_at)
			VALUES ($1, $2, $3, $4, $5, $6, '', $7, $8)
			ON CONFLICT (clinic_id, asked) DO UPDATE
			SET origin = excluded.origin, must_pass = excluded.must_pass, author = excluded.author, created_at = excluded.created_at
			RETURNING case_id`
		if err := tx.QueryRow(ctx, reserve, clinic, id, keys.blind("eval_case", c.Case.Hash()), c.Origin, c.Case.Lang, c.MustPass, c.Author, db.now()).Scan(&id); err != nil {
			return err
		}
		sealed, err := keys.seal(casePlace(id), raw)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE eval_case SET sealed = $3 WHERE clinic_id = $1 AND case_id = $2`, clinic, id, sealed); err != nil {
			return err
		}
		return appendAudit(ctx, tx, keys, staff.Entry{At: db.now(), Actor: c.Author, Action: "case.add", Target: id, Detail: string(c.Origin)})
	})
	if err != nil {
		return "", fmt.Errorf("add case: %w", err)
	}
	return id, nil
}

// ListCases returns a clinic's own cases, newest first, at most limit.
func (db *DB) ListCases(ctx context.Context, clinic frontdesk.ClinicID, limit int) ([]Case, error) {
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return nil, err
	}
	var cases []Case
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT case_id, origin, must_pass, sealed, author, created_at FROM eval_case
			WHERE clinic_id = $1 ORDER BY created_at DESC, case_id LIMIT $2`, clinic, limit)
		if err != nil {
			return err
		}
		cases, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (c Case, err error) {
			var sealed []byte
			if err := row.Scan(&c.ID, &c.Origin, &c.MustPass, &sealed, &c.Author, &c.Created); err != nil {
				return c, err
			}
			raw, err := keys.open(casePlace(c.ID), sealed)
			if err != nil {
				return c, err
			}
			c.Created = c.Created.UTC()
			return c, json.Unmarshal(raw, &c.Case)
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	return cases, nil
}

// RequireCase says whether nothing may go live while a case fails; by is who says so.
func (db *DB) RequireCase(ctx context.Context, clinic frontdesk.ClinicID, id string, must bool, by string) error {
	return db.changeCase(ctx, clinic, id, fmt.Sprintf("must pass: %t", must), "case.require", by,
		`UPDATE eval_case SET must_pass = $3 WHERE clinic_id = $1 AND case_id = $2`, must)
}

// RemoveCase takes a case out of the clinic's own suite.
func (db *DB) RemoveCase(ctx context.Context, clinic frontdesk.ClinicID, id, by string) error {
	return db.changeCase(ctx, clinic, id, "", "case.remove", by, `DELETE FROM eval_case WHERE clinic_id = $1 AND case_id = $2`)
}

func (db *DB) changeCase(ctx context.Context, clinic frontdesk.ClinicID, id, detail, action, by, statement string, args ...any) error {
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return err
	}
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, statement, append([]any{clinic, id}, args...)...)
		if err == nil && tag.RowsAffected() == 0 {
			return notFound("There is no such case.")
		}
		if err != nil {
			return err
		}
		return appendAudit(ctx, tx, keys, staff.Entry{At: db.now(), Actor: by, Action: action, Target: id, Detail: detail})
	})
	if err != nil {
		return fmt.Errorf("change case: %w", err)
	}
	return nil
}
