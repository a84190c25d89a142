package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/ingest"
)

// ApproveDepartments puts a table in force at once, in the place of the one before,
// and writes who approved it into the audit log. The table is checked first.
func (db *DB) ApproveDepartments(ctx context.Context, clinic frontdesk.ClinicID, list []frontdesk.Department, by string) error {
	by = strings.TrimSpace(by)
	if by == "" {
		return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "A table of departments needs the name of the person who approves it."}
	}
	if err := (frontdesk.Departments{List: list}).Check(); err != nil {
		return err
	}
	content, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("approve departments: %w", err)
	}
	err = db.changeDepartments(ctx, clinic, ingest.Audit{Actor: by, Action: "departments.approve", Detail: string(content)}, func(tx pgx.Tx, id string, at time.Time) error {
		_, err := tx.Exec(ctx, `INSERT INTO departments (clinic_id, version_id, content, approved_by, approved_at)
			VALUES ($1, $2, $3, $4, $5)`, clinic, id, content, by, at)
		return err
	})
	if err != nil {
		return fmt.Errorf("approve departments: %w", err)
	}
	return nil
}

// WithdrawDepartments takes the table out of force: from now on such questions go
// to the nurse line. By is the person who does so.
func (db *DB) WithdrawDepartments(ctx context.Context, clinic frontdesk.ClinicID, by string) error {
	if strings.TrimSpace(by) == "" {
		return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "Say who withdraws the table."}
	}
	if err := db.changeDepartments(ctx, clinic, ingest.Audit{Actor: by, Action: "departments.withdraw"}, nil); err != nil {
		return fmt.Errorf("withdraw departments: %w", err)
	}
	return nil
}

// changeDepartments retires the table in force, lets add put another in its place
// where there is one, and writes the audit entry, in one transaction.
func (db *DB) changeDepartments(ctx context.Context, clinic frontdesk.ClinicID, audit ingest.Audit, add func(tx pgx.Tx, id string, at time.Time) error) error {
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return err
	}
	id, err := db.newID()
	if err != nil {
		return err
	}
	audit.At, audit.Target = db.now(), id
	return db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE departments SET retired_at = $2 WHERE clinic_id = $1 AND retired_at IS NULL`, clinic, audit.At); err != nil {
			return err
		}
		if add != nil {
			if err := add(tx, id, audit.At); err != nil {
				return err
			}
		}
		return appendAudit(ctx, tx, keys, audit)
	})
}

// Departments returns the table in force; one without rows when nobody approved any.
func (db *DB) Departments(ctx context.Context, clinic frontdesk.ClinicID) (frontdesk.Departments, error) {
	batch := &pgx.Batch{}
	departments := queueDepartments(batch, clinic)
	if err := db.InClinicBatch(ctx, clinic, batch); err != nil {
		return frontdesk.Departments{}, fmt.Errorf("departments: %w", err)
	}
	return *departments, nil
}

// queueDepartments queues the reading of the table in force, which is there once the
// batch has succeeded.
func queueDepartments(batch *pgx.Batch, clinic frontdesk.ClinicID) *frontdesk.Departments {
	departments := &frontdesk.Departments{}
	batch.Queue(`SELECT content, approved_by, approved_at FROM departments
		WHERE clinic_id = $1 AND retired_at IS NULL`, clinic).Query(func(rows pgx.Rows) error {
		d := departments
		var content []byte
		_, err := pgx.ForEachRow(rows, []any{&content, &d.ApprovedBy, &d.ApprovedAt}, func() error {
			d.ApprovedAt = d.ApprovedAt.UTC()
			return json.Unmarshal(content, &d.List)
		})
		return err
	})
	return departments
}
