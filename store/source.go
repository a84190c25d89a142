package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/ingest"
)

var _ ingest.Repository = (*DB)(nil)

const sourceColumns = `source_id, kind, name, location, url, site, version, created_at,
	checked_at, check_next, etag, last_modified, check_code`

func scanSource(clinic frontdesk.ClinicID) func(row pgx.CollectableRow) (ingest.Source, error) {
	return func(row pgx.CollectableRow) (ingest.Source, error) {
		s := ingest.Source{Clinic: clinic}
		var at, next *time.Time
		err := row.Scan(&s.ID, &s.Kind, &s.Name, &s.Location, &s.URL, &s.Site, &s.Version, &s.Created,
			&at, &next, &s.Check.ETag, &s.Check.LastModified, &s.Check.Code)
		s.Created, s.Check.At, s.Check.Next = s.Created.UTC(), fromNull(at), fromNull(next)
		return s, err
	}
}

// FindSource implements [ingest.Sources].
func (db *DB) FindSource(ctx context.Context, clinic frontdesk.ClinicID, location string) (ingest.Source, error) {
	var found []ingest.Source
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		const query = `SELECT ` + sourceColumns + ` FROM source
			WHERE clinic_id = $1 AND (location_hash = $2 OR name = $3)
			ORDER BY (location_hash = $2) DESC, source_id LIMIT 2`
		rows, err := tx.Query(ctx, query, clinic, locationHash(location), location)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, scanSource(clinic))
		return err
	})
	switch {
	case err != nil:
		return ingest.Source{}, fmt.Errorf("find source: %w", err)
	case len(found) == 0:
		return ingest.Source{}, notFound("There is no such source; see `frontdesk source list`.")
	case len(found) > 1 && found[0].Location != location:
		return ingest.Source{}, &frontdesk.Error{Code: frontdesk.CodeConflict, Text: "Several sources have this name; give the whole address."}
	}
	return found[0], nil
}

// ListSources implements [ingest.Sources].
func (db *DB) ListSources(ctx context.Context, clinic frontdesk.ClinicID) ([]ingest.Source, error) {
	var sources []ingest.Source
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+sourceColumns+` FROM source WHERE clinic_id = $1 ORDER BY name, source_id`, clinic)
		if err != nil {
			return err
		}
		sources, err = pgx.CollectRows(rows, scanSource(clinic))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list sources: %w", err)
	}
	return sources, nil
}

// SaveCheck implements [ingest.Sources].
func (db *DB) SaveCheck(ctx context.Context, clinic frontdesk.ClinicID, source frontdesk.SourceID, check ingest.Check) error {
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE source
			SET checked_at = $3, check_next = $4, etag = $5, last_modified = $6, check_code = $7
			WHERE clinic_id = $1 AND source_id = $2`,
			clinic, source, toNull(check.At), toNull(check.Next), check.ETag, check.LastModified, check.Code)
		if err == nil && tag.RowsAffected() == 0 {
			return notFound("There is no such source.")
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("save check of source: %w", err)
	}
	return nil
}

// saveSource inserts a source, or locks and refreshes the one of that location,
// and returns its id and version.
func saveSource(ctx context.Context, tx pgx.Tx, s ingest.Source) (frontdesk.SourceID, int, error) {
	const query = `INSERT INTO source (clinic_id, source_id, kind, name, location, location_hash, url, site, version, created_at,
			checked_at, check_next, etag, last_modified, check_code)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11, $12, $13, $14)
		ON CONFLICT (clinic_id, location_hash) DO UPDATE
		SET kind          = excluded.kind,
		    site          = CASE WHEN excluded.site = '' THEN source.site ELSE excluded.site END,
		    checked_at    = COALESCE(excluded.checked_at, source.checked_at),
		    check_next    = COALESCE(excluded.check_next, source.check_next),
		    etag          = excluded.etag,
		    last_modified = excluded.last_modified,
		    check_code    = excluded.check_code
		RETURNING source_id, version`
	var id frontdesk.SourceID
	var version int
	err := tx.QueryRow(ctx, query, s.Clinic, s.ID, s.Kind, s.Name, s.Location, locationHash(s.Location), s.URL, s.Site, s.Created,
		toNull(s.Check.At), toNull(s.Check.Next), s.Check.ETag, s.Check.LastModified, s.Check.Code).Scan(&id, &version)
	return id, version, err
}

func locationHash(location string) []byte {
	sum := sha256.Sum256([]byte(location))
	return sum[:]
}

// toNull stores a zero instant as NULL: "not" or "never".
func toNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func fromNull(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
