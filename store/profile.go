package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/ingest"
)

const entryColumns = `e.entry_id, e.fact, e.citation, e.source_id, e.revision_id, e.passage_id, e.approved_at, e.approved_by,
	COALESCE(r.number, 0), e.added_by, e.replaces`

// entryInForce is the condition that an entry speaks for the clinic at $2: it is
// approved, not retired, and its revision, where it has one, is live.
const entryInForce = `(e.approved_at <= $2 AND (e.retired_at IS NULL OR e.retired_at > $2)
		AND (e.revision_id IS NULL OR ` + visibleRevision + `))`

// storedCitation is a citation as it is kept: without the passage, a column of its own.
type storedCitation struct {
	Source   string `json:"source"`
	Revision int    `json:"revision,omitempty"`
	Page     int    `json:"page,omitempty"`
	Quote    string `json:"quote"`
}

func scanEntry(clinic frontdesk.ClinicID) func(row pgx.CollectableRow) (ingest.Entry, error) {
	return func(row pgx.CollectableRow) (ingest.Entry, error) {
		e := ingest.Entry{Clinic: clinic}
		var fact, citation []byte
		var source, revision, passage, replaces *string
		var approved *time.Time
		var number int // of the revision, which is numbered when it is stored
		if err := row.Scan(&e.ID, &fact, &citation, &source, &revision, &passage, &approved, &e.ApprovedBy, &number, &e.AddedBy, &replaces); err != nil {
			return e, err
		}
		if err := json.Unmarshal(fact, &e.Fact); err != nil {
			return e, fmt.Errorf("decode fact: %w", err)
		}
		var cited storedCitation
		if err := json.Unmarshal(citation, &cited); err != nil {
			return e, fmt.Errorf("decode citation: %w", err)
		}
		e.Source, e.Revision, e.Passage = frontdesk.SourceID(orEmpty(source)), frontdesk.RevisionID(orEmpty(revision)), frontdesk.PassageID(orEmpty(passage))
		e.Citation = frontdesk.Citation{Source: cited.Source, Revision: max(cited.Revision, number), Page: cited.Page, Quote: cited.Quote, Passage: e.Passage}
		e.ApprovedAt, e.Approved, e.Replaces = fromNull(approved), approved != nil, frontdesk.EntryID(orEmpty(replaces))
		return e, nil
	}
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func orNull[T ~string](s T) *string {
	if s == "" {
		return nil
	}
	text := string(s)
	return &text
}

// ListEntries implements [ingest.Profiles].
func (db *DB) ListEntries(ctx context.Context, clinic frontdesk.ClinicID, at time.Time, revisions ...frontdesk.RevisionID) ([]ingest.Entry, error) {
	const query = `SELECT ` + entryColumns + `
		  FROM entry e
		  LEFT JOIN revision r ON r.clinic_id = e.clinic_id AND r.revision_id = e.revision_id
		 WHERE e.clinic_id = $1 AND (` + entryInForce + ` OR e.revision_id = ANY($5))
		 ORDER BY e.entry_id`
	return db.readEntries(ctx, clinic, query, at, notNil(revisions))
}

// readEntries runs a query over entries whose parameters begin with those of visibleRevision.
func (db *DB) readEntries(ctx context.Context, clinic frontdesk.ClinicID, query string, at time.Time, more ...any) ([]ingest.Entry, error) {
	none := []frontdesk.RevisionID{}
	args := append([]any{clinic, at, none, none}, more...)
	var entries []ingest.Entry
	batch := &pgx.Batch{}
	batch.Queue(query, args...).Query(func(rows pgx.Rows) (err error) {
		entries, err = pgx.CollectRows(rows, scanEntry(clinic))
		return err
	})
	if err := db.InClinicBatch(ctx, clinic, batch); err != nil {
		return nil, fmt.Errorf("read profile entries: %w", err)
	}
	return entries, nil
}

// Profile returns a clinic's entries in force at an instant, in the order in which
// they were made, with the sites that they or staff name.
func (db *DB) Profile(ctx context.Context, clinic frontdesk.ClinicID, at time.Time) (frontdesk.Profile, error) {
	batch := &pgx.Batch{}
	profile := queueProfile(batch, clinic, at)
	if err := db.InClinicBatch(ctx, clinic, batch); err != nil {
		return frontdesk.Profile{}, fmt.Errorf("read profile: %w", err)
	}
	return profile(), nil
}

// queueProfile queues the reading of a profile, which is there once the batch has
// succeeded.
func queueProfile(batch *pgx.Batch, clinic frontdesk.ClinicID, at time.Time) func() frontdesk.Profile {
	const entriesQuery = `SELECT ` + entryColumns + `
		  FROM entry e
		  LEFT JOIN revision r ON r.clinic_id = e.clinic_id AND r.revision_id = e.revision_id
		 WHERE e.clinic_id = $1 AND ` + entryInForce + `
		 ORDER BY e.entry_id`
	var entries []ingest.Entry
	type namedSite struct {
		frontdesk.Site
		addedBy string
	}
	var sites []namedSite
	none := []frontdesk.RevisionID{}
	batch.Queue(entriesQuery, clinic, at, none, none).Query(func(rows pgx.Rows) (err error) {
		entries, err = pgx.CollectRows(rows, scanEntry(clinic))
		return err
	})
	batch.Queue(`SELECT site_id, name, added_by FROM site WHERE clinic_id = $1 ORDER BY name`, clinic).Query(func(rows pgx.Rows) (err error) {
		sites, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (s namedSite, err error) {
			return s, row.Scan(&s.ID, &s.Name, &s.addedBy)
		})
		return err
	})
	return func() frontdesk.Profile {
		profile := frontdesk.Profile{Entries: make([]frontdesk.ProfileEntry, 0, len(entries))}
		for _, e := range entries {
			profile.Entries = append(profile.Entries, e.ProfileEntry)
		}
		for _, s := range sites {
			speaks := func(e ingest.Entry) bool { return e.Fact.Site == s.Name }
			if s.addedBy != "" || slices.ContainsFunc(entries, speaks) {
				profile.Sites = append(profile.Sites, s.Site)
			}
		}
		return profile
	}
}

// SaveEntries implements [ingest.Profiles].
func (db *DB) SaveEntries(ctx context.Context, clinic frontdesk.ClinicID, entries []ingest.Entry, audit ingest.Audit) error {
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return err
	}
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		if err := db.saveEntries(ctx, tx, clinic, entries); err != nil {
			return err
		}
		return appendAudit(ctx, tx, keys, audit)
	})
	if err != nil {
		return fmt.Errorf("save profile entries: %w", err)
	}
	return nil
}

func (db *DB) saveEntries(ctx context.Context, tx pgx.Tx, clinic frontdesk.ClinicID, entries []ingest.Entry) error {
	batch := &pgx.Batch{}
	sites := map[string]bool{}
	for _, e := range entries {
		fact, err := json.Marshal(e.Fact)
		if err != nil {
			return fmt.Errorf("encode fact: %w", err)
		}
		citation, err := json.Marshal(storedCitation{Source: e.Citation.Source, Revision: e.Citation.Revision, Page: e.Citation.Page, Quote: e.Citation.Quote})
		if err != nil {
			return fmt.Errorf("encode citation: %w", err)
		}
		var approved *time.Time
		if e.Approved {
			approved = toNull(e.ApprovedAt)
		}
		batch.Queue(`INSERT INTO entry (clinic_id, entry_id, fact, citation, source_id, revision_id, passage_id, approved_at, approved_by, added_by, replaces, retired_by)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '')
			ON CONFLICT (clinic_id, entry_id) DO UPDATE
			SET fact = excluded.fact, citation = excluded.citation, source_id = excluded.source_id, revision_id = excluded.revision_id,
			    passage_id = excluded.passage_id, approved_at = excluded.approved_at, approved_by = excluded.approved_by,
			    added_by = excluded.added_by, replaces = excluded.replaces, retired_at = NULL, retired_by = ''`,
			clinic, e.ID, fact, citation, orNull(e.Source), orNull(e.Revision), orNull(e.Passage), approved, e.ApprovedBy, e.AddedBy, orNull(e.Replaces))
		if e.Approved && e.Replaces != "" {
			batch.Queue(`UPDATE entry SET retired_at = $3, retired_by = $4 WHERE clinic_id = $1 AND entry_id = $2 AND retired_at IS NULL`,
				clinic, e.Replaces, e.ApprovedAt, e.ApprovedBy)
		}
		if e.Fact.Site != "" {
			sites[e.Fact.Site] = true
		}
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("save entries: %w", err)
	}
	for name := range sites {
		if err := db.saveSite(ctx, tx, clinic, name, ""); err != nil {
			return err
		}
	}
	return nil
}

// ListProposals implements [ingest.Proposals].
func (db *DB) ListProposals(ctx context.Context, clinic frontdesk.ClinicID, at time.Time) ([]ingest.Entry, error) {
	const query = `SELECT ` + entryColumns + `
		  FROM entry e
		  LEFT JOIN revision r ON r.clinic_id = e.clinic_id AND r.revision_id = e.revision_id
		 WHERE e.clinic_id = $1 AND e.approved_at IS NULL AND e.retired_at IS NULL
		   AND (e.revision_id IS NULL OR ` + visibleRevision + `)
		 ORDER BY e.entry_id`
	return db.readEntries(ctx, clinic, query, at)
}

// ApproveEntry implements [ingest.Proposals].
func (db *DB) ApproveEntry(ctx context.Context, clinic frontdesk.ClinicID, entry frontdesk.EntryID, retire []frontdesk.EntryID, audit ingest.Audit) error {
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return err
	}
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		var own bool // whether the approver proposed it, where that matters
		err := tx.QueryRow(ctx, `SELECT lower(e.added_by) = lower($3) AND COALESCE((c.settings->>'four_eyes')::boolean, false)
			  FROM entry e JOIN clinic c USING (clinic_id)
			 WHERE e.clinic_id = $1 AND e.entry_id = $2 AND e.approved_at IS NULL AND e.retired_at IS NULL
			   FOR UPDATE OF e`, clinic, entry, audit.Actor).Scan(&own)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return notFound("There is no such proposal.")
		case err != nil:
			return err
		case own:
			return &frontdesk.Error{Code: frontdesk.CodeForbidden, Text: "You proposed this: somebody else approves it."}
		}
		batch := &pgx.Batch{}
		batch.Queue(`UPDATE entry SET approved_at = $3, approved_by = $4 WHERE clinic_id = $1 AND entry_id = $2`, clinic, entry, audit.At, audit.Actor)
		batch.Queue(`UPDATE entry SET retired_at = $3, retired_by = $4 WHERE clinic_id = $1 AND entry_id = ANY($2) AND retired_at IS NULL`,
			clinic, notNil(retire), audit.At, audit.Actor)
		if err := tx.SendBatch(ctx, batch).Close(); err != nil {
			return err
		}
		return appendAudit(ctx, tx, keys, audit)
	})
	if err != nil {
		return fmt.Errorf("approve profile entry: %w", err)
	}
	return nil
}

// RetireEntry implements [ingest.Profiles].
func (db *DB) RetireEntry(ctx context.Context, clinic frontdesk.ClinicID, entry frontdesk.EntryID, audit ingest.Audit) error {
	if !isID(string(entry)) {
		return notFound("There is no such entry in the profile.")
	}
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return err
	}
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE entry SET retired_at = $3, retired_by = $4
			WHERE clinic_id = $1 AND entry_id = $2 AND retired_at IS NULL`, clinic, entry, audit.At, audit.Actor)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return notFound("There is no such entry in the profile.")
		}
		return appendAudit(ctx, tx, keys, audit)
	})
	if err != nil {
		return fmt.Errorf("retire profile entry: %w", err)
	}
	return nil
}

// AddSite names a place of the clinic; by is the person who does so. A site that a
// source named already is kept, and listed from now on.
func (db *DB) AddSite(ctx context.Context, clinic frontdesk.ClinicID, name, by string) error {
	name = strings.Join(strings.Fields(name), " ")
	if name == "" || by == "" {
		return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "A site needs a name and the name of who adds it."}
	}
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error { return db.saveSite(ctx, tx, clinic, name, by) })
	if err != nil {
		return fmt.Errorf("add site: %w", err)
	}
	return nil
}

func (db *DB) saveSite(ctx context.Context, tx pgx.Tx, clinic frontdesk.ClinicID, name, by string) error {
	id, err := db.newID()
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO site (clinic_id, site_id, name, added_by) VALUES ($1, $2, $3, $4)
		ON CONFLICT (clinic_id, name) DO UPDATE SET added_by = excluded.added_by WHERE site.added_by = '' AND excluded.added_by <> ''`,
		clinic, id, name, by)
	return err
}
