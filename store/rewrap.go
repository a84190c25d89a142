package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/ingest"
)

// directoryContext keeps the directory's key apart from the others that are wrapped.
const directoryContext = "directory"

// directoryKeyID is the id of the one row that holds it.
const directoryKeyID = "00000000-0000-0000-0000-000000000000"

// openDirectory reads the key of the directory's look-up values. A database that has
// none yet gets the one that its look-up values were made with so far: derived from
// the version of FRONTDESK_KEY that opens the keys of its clinics.
func (db *DB) openDirectory(ctx context.Context) error {
	wrapped, err := db.directoryKey(ctx)
	if frontdesk.CodeOf(err) == frontdesk.CodeNotFound {
		if err := db.makeDirectoryKey(ctx); err != nil {
			return err
		}
		wrapped, err = db.directoryKey(ctx)
	}
	if err != nil {
		return fmt.Errorf("read directory key: %w", err)
	}
	db.master.directory, _, err = db.master.open(wrapped, []byte(directoryContext))
	return err
}

func (db *DB) directoryKey(ctx context.Context) (wrapped []byte, err error) {
	err = db.inDirectory(ctx, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT wrapped FROM directory_key WHERE key_id = $1`, directoryKeyID).Scan(&wrapped)
	})
	return wrapped, err
}

func (db *DB) makeDirectoryKey(ctx context.Context) error {
	by := db.master.newest()
	clinics, err := db.ClinicIDs(ctx)
	if err != nil {
		return err
	}
	if len(clinics) > 0 { // a wrong key must not become the directory's
		err := db.InClinic(ctx, clinics[0], func(tx pgx.Tx) error {
			var lookup []byte
			if err := tx.QueryRow(ctx, `SELECT lookup FROM clinic_key WHERE clinic_id = $1`, clinics[0]).Scan(&lookup); err != nil {
				return err
			}
			_, by, err = db.master.open(lookup, lookupContext(clinics[0]))
			return err
		})
		if err != nil {
			return fmt.Errorf("try key: %w", err)
		}
	}
	wrapped, err := db.master.newest().wrap.Encrypt(by.directory, []byte(directoryContext))
	if err != nil {
		return fmt.Errorf("wrap directory key: %w", err)
	}
	err = db.inDirectory(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO directory_key (key_id, wrapped) VALUES ($1, $2) ON CONFLICT DO NOTHING`, directoryKeyID, wrapped)
		return err
	})
	if err != nil {
		return fmt.Errorf("store directory key: %w", err)
	}
	return nil
}

// Rewrapped says what [DB.Rewrap] did.
type Rewrapped struct {
	Key     string `json:"key"`     // id of the version that wraps now
	Clinics int    `json:"clinics"` // whose keys were wrapped anew
	Done    int    `json:"done"`    // that had been before
}

// Rewrap wraps the keys of all clinics, and the directory's, by the newest version of
// FRONTDESK_KEY, a transaction a clinic with an entry in its audit log: what stopped in
// the middle is done by the next call. Older versions may be dropped once it has
// succeeded. What is sealed under the clinics' keys stays as it is.
func (db *DB) Rewrap(ctx context.Context, by string) (Rewrapped, error) {
	r := Rewrapped{Key: db.master.newest().id}
	if by == "" {
		return r, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "Say who wraps the keys anew."}
	}
	clinics, err := db.Clinics(ctx)
	if err != nil {
		return r, err
	}
	for _, clinic := range clinics {
		changed, err := db.rewrapClinic(ctx, clinic.ID, by)
		switch {
		case err != nil:
			return r, fmt.Errorf("rewrap keys of clinic %s: %w", clinic.ID, err)
		case changed:
			r.Clinics++
		default:
			r.Done++
		}
	}
	return r, db.rewrapDirectory(ctx)
}

func (db *DB) rewrapClinic(ctx context.Context, clinic frontdesk.ClinicID, by string) (changed bool, err error) {
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return false, err
	}
	newest := db.master.newest()
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		var sealing, lookup []byte
		if err := tx.QueryRow(ctx, `SELECT sealing, lookup FROM clinic_key WHERE clinic_id = $1 FOR UPDATE`, clinic).Scan(&sealing, &lookup); err != nil {
			return err
		}
		opened, err := db.master.unwrapClinic(clinic, sealing, lookup)
		if err != nil || opened.by.id == newest.id {
			return err
		}
		if sealing, lookup, err = db.master.wrapClinic(clinic, opened.handle, opened.lookup); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE clinic_key SET sealing = $2, lookup = $3 WHERE clinic_id = $1`, clinic, sealing, lookup); err != nil {
			return err
		}
		changed = true
		return appendAudit(ctx, tx, keys, ingest.Audit{At: db.now(), Actor: by, Action: "key.rewrap", Target: newest.id, Detail: opened.by.id})
	})
	return changed && err == nil, err
}

func (db *DB) rewrapDirectory(ctx context.Context) error {
	err := db.inDirectory(ctx, func(tx pgx.Tx) error {
		var wrapped []byte
		if err := tx.QueryRow(ctx, `SELECT wrapped FROM directory_key WHERE key_id = $1 FOR UPDATE`, directoryKeyID).Scan(&wrapped); err != nil {
			return err
		}
		key, by, err := db.master.open(wrapped, []byte(directoryContext))
		if err != nil || by.id == db.master.newest().id {
			return err
		}
		if wrapped, err = db.master.newest().wrap.Encrypt(key, []byte(directoryContext)); err != nil {
			return fmt.Errorf("wrap directory key: %w", err)
		}
		tag, err := tx.Exec(ctx, `UPDATE directory_key SET wrapped = $2 WHERE key_id = $1`, directoryKeyID, wrapped)
		if err == nil && tag.RowsAffected() != 1 {
			err = errors.New("directory has no key")
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("rewrap directory key: %w", err)
	}
	return nil
}
