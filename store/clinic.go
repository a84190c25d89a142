package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5"

	"frontdesk"
)

// maxClinicName bounds a clinic's name, in bytes.
const maxClinicName = 200

// AddClinic makes a clinic with keys of its own and returns it with its id. Name
// has to be unique but for case and white space ([frontdesk.CodeConflict]). Empty
// Language, Country and TimeZone become "fr", "FR" and "Europe/Paris".
func (db *DB) AddClinic(ctx context.Context, c frontdesk.Clinic) (frontdesk.Clinic, error) {
	c.Name = strings.Join(strings.Fields(c.Name), " ")
	c = withDefaults(c)
	if err := checkClinic(c); err != nil {
		return frontdesk.Clinic{}, err
	}
	id, err := db.newID()
	if err != nil {
		return frontdesk.Clinic{}, err
	}
	c.ID = frontdesk.ClinicID(id)
	settings, err := json.Marshal(c.Settings)
	if err != nil {
		return frontdesk.Clinic{}, fmt.Errorf("encode settings: %w", err)
	}
	sealing, lookup, err := db.master.newClinicKeys(c.ID, db.random)
	if err != nil {
		return frontdesk.Clinic{}, err
	}
	at := db.now()
	err = db.InClinic(ctx, c.ID, func(tx pgx.Tx) error {
		batch := &pgx.Batch{}
		batch.Queue(`INSERT INTO directory_clinic (name_hash, clinic_id) VALUES ($1, $2)`, db.clinicNameHash(c.Name), c.ID)
		batch.Queue(`INSERT INTO clinic (clinic_id, name, language, country, time_zone, settings, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $7)`, c.ID, c.Name, c.Language, c.Country, c.TimeZone, settings, at)
		batch.Queue(`INSERT INTO clinic_key (clinic_id, sealing, lookup) VALUES ($1, $2, $3)`, c.ID, sealing, lookup)
		batch.Queue(`INSERT INTO audit_head (clinic_id, seq, hash) VALUES ($1, 0, '')`, c.ID)
		return tx.SendBatch(ctx, batch).Close()
	})
	if frontdesk.CodeOf(err) == frontdesk.CodeConflict {
		return frontdesk.Clinic{}, &frontdesk.Error{Code: frontdesk.CodeConflict, Text: "A clinic of this name exists already.", Err: err}
	}
	if err != nil {
		return frontdesk.Clinic{}, fmt.Errorf("add clinic: %w", err)
	}
	return c, nil
}

func withDefaults(c frontdesk.Clinic) frontdesk.Clinic {
	if c.Language == "" {
		c.Language = "fr"
	}
	if c.Country == "" {
		c.Country = "FR"
	}
	if c.TimeZone == "" {
		c.TimeZone = "Europe/Paris"
	}
	return c
}

func checkClinic(c frontdesk.Clinic) error {
	invalid := func(text string) error {
		return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: text}
	}
	switch {
	case c.Name == "" || len(c.Name) > maxClinicName || strings.ContainsFunc(c.Name, unicode.IsControl):
		return invalid("A clinic needs a name of at most 200 bytes on one line.")
	case len(c.Country) != 2 || strings.ToUpper(c.Country) != c.Country:
		return invalid("The country is two capital letters (ISO 3166), such as FR.")
	}
	if _, err := time.LoadLocation(c.TimeZone); err != nil {
		return invalid("The time zone is an IANA name, such as Europe/Paris.")
	}
	return nil
}

// Clinic returns a clinic by its id, or an error of [frontdesk.CodeNotFound].
func (db *DB) Clinic(ctx context.Context, id frontdesk.ClinicID) (frontdesk.Clinic, error) {
	var c frontdesk.Clinic
	var settings []byte
	batch := &pgx.Batch{}
	batch.Queue(`SELECT name, language, country, time_zone, settings FROM clinic WHERE clinic_id = $1`, id).
		QueryRow(func(row pgx.Row) error {
			return row.Scan(&c.Name, &c.Language, &c.Country, &c.TimeZone, &settings)
		})
	if err := db.InClinicBatch(ctx, id, batch); err != nil {
		return frontdesk.Clinic{}, fmt.Errorf("read clinic: %w", err)
	}
	c.ID = id
	if err := json.Unmarshal(settings, &c.Settings); err != nil {
		return frontdesk.Clinic{}, fmt.Errorf("decode settings: %w", err)
	}
	return c, nil
}

// FindClinic returns the clinic of that name, whatever its case and white space,
// or an error of [frontdesk.CodeNotFound].
func (db *DB) FindClinic(ctx context.Context, name string) (frontdesk.Clinic, error) {
	var id frontdesk.ClinicID
	err := db.inDirectory(ctx, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT clinic_id FROM directory_clinic WHERE name_hash = $1`, db.clinicNameHash(name)).Scan(&id)
	})
	if frontdesk.CodeOf(err) == frontdesk.CodeNotFound {
		return frontdesk.Clinic{}, notFound("There is no clinic of this name; see `frontdesk clinic list`.")
	}
	if err != nil {
		return frontdesk.Clinic{}, fmt.Errorf("find clinic: %w", err)
	}
	return db.Clinic(ctx, id)
}

// Clinics returns all clinics by name. It reads one after the other, each inside
// itself: it is for commands, not for a hot path.
func (db *DB) Clinics(ctx context.Context) ([]frontdesk.Clinic, error) {
	ids, err := db.ClinicIDs(ctx)
	if err != nil {
		return nil, err
	}
	clinics := make([]frontdesk.Clinic, 0, len(ids))
	for _, id := range ids {
		c, err := db.Clinic(ctx, id)
		if err != nil {
			return nil, err
		}
		clinics = append(clinics, c)
	}
	slices.SortFunc(clinics, func(a, b frontdesk.Clinic) int { return strings.Compare(a.Name, b.Name) })
	return clinics, nil
}

// ClinicIDs returns the ids of all clinics, oldest first.
func (db *DB) ClinicIDs(ctx context.Context) ([]frontdesk.ClinicID, error) {
	var ids []frontdesk.ClinicID
	err := db.inDirectory(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT clinic_id FROM directory_clinic ORDER BY clinic_id`)
		if err != nil {
			return err
		}
		ids, err = pgx.CollectRows(rows, pgx.RowTo[frontdesk.ClinicID])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list clinics: %w", err)
	}
	return ids, nil
}

// UpdateClinic replaces a clinic's language, country, time zone and settings by
// what change makes of them, in one transaction, and returns the result. The name
// and the id stay.
func (db *DB) UpdateClinic(ctx context.Context, id frontdesk.ClinicID, change func(*frontdesk.Clinic) error) (frontdesk.Clinic, error) {
	var c frontdesk.Clinic
	err := db.InClinic(ctx, id, func(tx pgx.Tx) error {
		var settings []byte
		const query = `SELECT name, language, country, time_zone, settings FROM clinic WHERE clinic_id = $1 FOR UPDATE`
		if err := tx.QueryRow(ctx, query, id).Scan(&c.Name, &c.Language, &c.Country, &c.TimeZone, &settings); err != nil {
			return err
		}
		if err := json.Unmarshal(settings, &c.Settings); err != nil {
			return fmt.Errorf("decode settings: %w", err)
		}
		c.ID = id
		name := c.Name
		if err := change(&c); err != nil {
			return err
		}
		if c.ID != id || c.Name != name {
			return errors.New("a change of settings must keep id and name")
		}
		if err := checkClinic(c); err != nil {
			return err
		}
		settings, err := json.Marshal(c.Settings)
		if err != nil {
			return fmt.Errorf("encode settings: %w", err)
		}
		_, err = tx.Exec(ctx, `UPDATE clinic SET language = $2, country = $3, time_zone = $4, settings = $5, updated_at = $6
			WHERE clinic_id = $1`, id, c.Language, c.Country, c.TimeZone, settings, db.now())
		return err
	})
	if err != nil {
		return frontdesk.Clinic{}, fmt.Errorf("update clinic: %w", err)
	}
	return c, nil
}

// clinicNameHash folds case and white space, so that a name is found as people type it.
func (db *DB) clinicNameHash(name string) []byte {
	return db.master.blind("clinic name", strings.ToLower(strings.Join(strings.Fields(name), " ")))
}
