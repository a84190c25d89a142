package store

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/staff"
)

// blindAccess is the kind of look-up value of a token.
const blindAccess = "access token"

// accessBytes is the length of a token's random part.
const accessBytes = 32

// usedEvery is how exact the time of a token's last use is.
const usedEvery = time.Hour

const accessColumns = `access_id::text, name, scopes, made_by, created_at, until, used_at, ended_at`

// AddAccess makes a token and returns its secret, which is nowhere kept.
func (db *DB) AddAccess(ctx context.Context, a staff.Access) (staff.Access, string, error) {
	a.Created = db.now()
	if err := a.Check(); err != nil {
		return a, "", err
	}
	keys, err := db.clinicKeys(ctx, a.Clinic)
	if err != nil {
		return a, "", err
	}
	if a.ID, err = db.newID(); err != nil {
		return a, "", err
	}
	raw := make([]byte, accessBytes)
	if _, err := io.ReadFull(db.random, raw); err != nil {
		return a, "", fmt.Errorf("make token: %w", err)
	}
	secret := staff.AccessPrefix + base64.RawURLEncoding.EncodeToString(raw)
	scopes := make([]string, len(a.Scopes))
	for i, scope := range a.Scopes {
		scopes[i] = string(scope)
	}
	err = db.InClinic(ctx, a.Clinic, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(`INSERT INTO access_token (clinic_id, access_id, name, scopes, made_by, created_at, until) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			a.Clinic, a.ID, a.Name, scopes, a.By, a.Created, optionalTime(a.Until))
		batch.Queue(`INSERT INTO directory_access (token_hash, clinic_id, access_id) VALUES ($1, $2, $3)`, db.master.blind(blindAccess, secret), a.Clinic, a.ID)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		return appendAudit(ctx, tx, keys, staff.Entry{At: a.Created, Actor: a.By, Action: "token.add", Target: a.ID, Detail: a.Name})
	})
	if err != nil {
		return a, "", fmt.Errorf("add token: %w", err)
	}
	return a, secret, nil
}

// FindAccess returns the token of a secret: [frontdesk.CodeNotFound] for one that
// does not exist or has ended.
func (db *DB) FindAccess(ctx context.Context, secret string) (staff.Access, error) {
	var clinic frontdesk.ClinicID
	var id string
	err := db.inDirectory(ctx, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT clinic_id, access_id FROM directory_access WHERE token_hash = $1`, db.master.blind(blindAccess, secret)).Scan(&clinic, &id)
	})
	if err != nil {
		return staff.Access{}, fmt.Errorf("find token: %w", err)
	}
	var found []staff.Access
	now := db.now()
	batch := &pgx.Batch{}
	batch.Queue(`SELECT `+accessColumns+` FROM access_token WHERE clinic_id = $1 AND access_id = $2`, clinic, id).Query(scanAccess(clinic, &found))
	batch.Queue(`UPDATE access_token SET used_at = $3 WHERE clinic_id = $1 AND access_id = $2 AND ended_at IS NULL AND (used_at IS NULL OR used_at < $4)`, clinic, id, now, now.Add(-usedEvery))
	if err := db.InClinicBatch(ctx, clinic, batch); err != nil {
		return staff.Access{}, fmt.Errorf("find token: %w", err)
	}
	if len(found) == 0 || !found[0].Ended.IsZero() || !found[0].Until.IsZero() && !found[0].Until.After(now) {
		return staff.Access{}, notFound("There is no such token.")
	}
	return found[0], nil
}

// ListAccess returns a clinic's tokens, the newest first, those that ended too.
func (db *DB) ListAccess(ctx context.Context, clinic frontdesk.ClinicID) ([]staff.Access, error) {
	var list []staff.Access
	batch := &pgx.Batch{}
	batch.Queue(`SELECT `+accessColumns+` FROM access_token WHERE clinic_id = $1 ORDER BY access_id DESC`, clinic).Query(scanAccess(clinic, &list))
	if err := db.InClinicBatch(ctx, clinic, batch); err != nil {
		return nil, fmt.Errorf("list tokens: %w", err)
	}
	return list, nil
}

func scanAccess(clinic frontdesk.ClinicID, list *[]staff.Access) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		for rows.Next() {
			a := staff.Access{Clinic: clinic}
			var scopes []string
			var until, used, ended *time.Time
			if err := rows.Scan(&a.ID, &a.Name, &scopes, &a.By, &a.Created, &until, &used, &ended); err != nil {
				return err
			}
			for _, scope := range scopes {
				a.Scopes = append(a.Scopes, staff.Scope(scope))
			}
			a.Until, a.Used, a.Ended = timeOf(until), timeOf(used), timeOf(ended)
			*list = append(*list, a)
		}
		return rows.Err()
	}
}

// EndAccess ends a token.
func (db *DB) EndAccess(ctx context.Context, clinic frontdesk.ClinicID, id, by string) error {
	if !isID(id) {
		return notFound("There is no such token.")
	}
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return err
	}
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE access_token SET ended_at = $3 WHERE clinic_id = $1 AND access_id = $2 AND ended_at IS NULL`, clinic, id, db.now())
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return notFound("There is no such token.")
		}
		if _, err := tx.Exec(ctx, `DELETE FROM directory_access WHERE clinic_id = $1 AND access_id = $2`, clinic, id); err != nil {
			return err
		}
		return appendAudit(ctx, tx, keys, staff.Entry{At: db.now(), Actor: by, Action: "token.end", Target: id})
	})
	if err != nil {
		return fmt.Errorf("end token: %w", err)
	}
	return nil
}
