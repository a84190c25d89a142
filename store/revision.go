package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/ingest"
)

const revisionColumns = `revision_id, source_id, number, hash, title, language, pages, passages, unread, warnings,
	created_at, effective, expires, approved, approved_by, released, superseded, withdrawn, added_by, decided_by, comment, doubtful`

// visibleRevision is the condition that a revision answers in a scope: it is live
// at $2 and not among $4, or it is among the drafts $3. See [ingest.Revision.StatusAt].
const visibleRevision = `(
		(r.approved <= $2 AND r.released <= $2 AND (r.effective IS NULL OR r.effective <= $2)
		AND (r.expires IS NULL OR r.expires > $2)
		AND (r.superseded IS NULL OR r.superseded > $2)
		AND (r.withdrawn IS NULL OR r.withdrawn > $2)
		AND NOT r.revision_id = ANY($4))
		OR r.revision_id = ANY($3))`

func scanRevision(clinic frontdesk.ClinicID) func(row pgx.CollectableRow) (ingest.Revision, error) {
	return func(row pgx.CollectableRow) (ingest.Revision, error) {
		r := ingest.Revision{Clinic: clinic}
		var effective, expires, approved, released, superseded, withdrawn *time.Time
		err := row.Scan(&r.ID, &r.Source, &r.Number, &r.Hash, &r.Title, &r.Language, &r.Pages, &r.Passages, &r.Unread, &r.Warnings,
			&r.Created, &effective, &expires, &approved, &r.ApprovedBy, &released, &superseded, &withdrawn, &r.AddedBy, &r.DecidedBy, &r.Comment, &r.Doubtful)
		r.Created, r.Effective, r.Expires = r.Created.UTC(), fromNull(effective), fromNull(expires)
		r.Approved, r.Released = fromNull(approved), fromNull(released)
		r.Superseded, r.Withdrawn = fromNull(superseded), fromNull(withdrawn)
		return r, err
	}
}

// ListRevisions implements [ingest.Revisions].
func (db *DB) ListRevisions(ctx context.Context, clinic frontdesk.ClinicID, source frontdesk.SourceID) ([]ingest.Revision, error) {
	var revisions []ingest.Revision
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+revisionColumns+` FROM revision
			WHERE clinic_id = $1 AND source_id = $2 ORDER BY number DESC`, clinic, source)
		if err != nil {
			return err
		}
		revisions, err = pgx.CollectRows(rows, scanRevision(clinic))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list revisions: %w", err)
	}
	return revisions, nil
}

// SaveDraft implements [ingest.Revisions].
func (db *DB) SaveDraft(ctx context.Context, draft ingest.Draft) (ingest.Revision, error) {
	clinic := draft.Source.Clinic
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return ingest.Revision{}, err
	}
	revision := draft.Revision
	grown := false
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		source, _, err := saveSource(ctx, tx, draft.Source)
		if err != nil {
			return fmt.Errorf("save source: %w", err)
		}
		revision.Source = source
		if revision.Number, err = nextRevision(ctx, tx, revision); err != nil {
			return err
		}
		if err := saveFile(ctx, tx, keys, draft.File, revision.Created); err != nil {
			return err
		}
		if err := insertRevision(ctx, tx, revision, draft.Passages); err != nil {
			return fmt.Errorf("save revision: %w", err)
		}
		if grown, err = savePassages(ctx, tx, revision, draft); err != nil {
			return err
		}
		for i := range draft.Entries {
			draft.Entries[i].Source = source
		}
		if err := db.saveEntries(ctx, tx, clinic, draft.Entries); err != nil {
			return err
		}
		return appendAudit(ctx, tx, keys, draft.Audit)
	})
	if err != nil {
		return ingest.Revision{}, fmt.Errorf("save draft: %w", err)
	}
	if grown {
		if err := db.indexLarge(ctx, clinic, draft.Space); err != nil {
			return revision, err
		}
	}
	return revision, nil
}

// nextRevision returns the number of the source's next revision. The source's row
// is locked, so nobody else takes the same.
func nextRevision(ctx context.Context, tx pgx.Tx, revision ingest.Revision) (int, error) {
	var number int
	var hash string
	const query = `SELECT number, hash FROM revision WHERE clinic_id = $1 AND source_id = $2 ORDER BY number DESC LIMIT 1`
	rows, err := tx.Query(ctx, query, revision.Clinic, revision.Source)
	if err != nil {
		return 0, err
	}
	if _, err := pgx.ForEachRow(rows, []any{&number, &hash}, func() error { return nil }); err != nil {
		return 0, fmt.Errorf("read newest revision: %w", err)
	}
	if number > 0 && hash == revision.Hash {
		return 0, &frontdesk.Error{Code: frontdesk.CodeConflict, Text: "The newest revision has the same bytes already."}
	}
	return number + 1, nil
}

func insertRevision(ctx context.Context, tx pgx.Tx, r ingest.Revision, passages []ingest.DraftPassage) error {
	terms := 0
	for _, p := range passages {
		terms += p.Length
	}
	const query = `INSERT INTO revision (clinic_id, revision_id, source_id, number, hash, title, language, pages, passages, terms,
			unread, warnings, created_at, effective, expires, approved, approved_by, released, superseded, withdrawn, added_by, doubtful)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)`
	_, err := tx.Exec(ctx, query, r.Clinic, r.ID, r.Source, r.Number, r.Hash, r.Title, r.Language, r.Pages, len(passages), terms,
		notNil(r.Unread), notNil(r.Warnings), r.Created, toNull(r.Effective), toNull(r.Expires), toNull(r.Approved), r.ApprovedBy,
		toNull(r.Released), toNull(r.Superseded), toNull(r.Withdrawn), r.AddedBy, notNil(r.Doubtful))
	return err
}

// notNil stores an absent list as an empty one.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// savePassages stores a revision's passages with what finding them needs, and
// tells whether the clinic has grown out of the exact scan.
func savePassages(ctx context.Context, tx pgx.Tx, revision ingest.Revision, draft ingest.Draft) (grown bool, err error) {
	large, grown, err := countSpace(ctx, tx, revision.Clinic, draft.Space, len(draft.Passages))
	if err != nil {
		return false, err
	}
	table, err := vectorTable(draft.Space)
	if err != nil {
		return false, err
	}
	batch := &pgx.Batch{}
	for _, p := range draft.Passages {
		if err := queuePassage(batch, revision, p.Passage); err != nil {
			return false, err
		}
		if p.Embedding.Vector != nil {
			queueVectors(batch, revision, table, spaceID(draft.Space), large, p)
		}
	}
	queuePostings(batch, revision, draft.Passages)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return false, fmt.Errorf("save passages: %w", err)
	}
	return grown, nil
}

func queuePassage(batch *pgx.Batch, revision ingest.Revision, p frontdesk.Passage) error {
	facts, err := json.Marshal(notNil(p.Facts))
	if err != nil {
		return fmt.Errorf("encode facts: %w", err)
	}
	batch.Queue(`INSERT INTO passage (clinic_id, revision_id, ordinal, passage_id, page, kind, headings, text, question,
			language, site, general, hash, facts)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		revision.Clinic, revision.ID, p.Ordinal, p.ID, p.Page, p.Kind, notNil(p.Headings), p.Text, p.Question,
		p.Language, p.Site, p.General, p.Hash, facts)
	return nil
}

// queuePostings turns the passages' terms into one list a term.
func queuePostings(batch *pgx.Batch, revision ingest.Revision, passages []ingest.DraftPassage) {
	type list struct{ ordinals, times, lengths []int32 }
	lists := map[string]*list{}
	for _, p := range passages {
		for term, times := range p.Terms {
			l := lists[term]
			if l == nil {
				l = &list{}
				lists[term] = l
			}
			l.ordinals = append(l.ordinals, int32(p.Passage.Ordinal))
			l.times = append(l.times, int32(times))
			l.lengths = append(l.lengths, int32(p.Length))
		}
	}
	for term, l := range lists {
		batch.Queue(`INSERT INTO posting (clinic_id, term, revision_id, ordinals, times, lengths) VALUES ($1, $2, $3, $4, $5, $6)`,
			revision.Clinic, term, revision.ID, l.ordinals, l.times, l.lengths)
	}
}

// ChangeRevision implements [ingest.Revisions].
func (db *DB) ChangeRevision(ctx context.Context, c ingest.Change) error {
	keys, err := db.clinicKeys(ctx, c.Clinic)
	if err != nil {
		return err
	}
	err = db.InClinic(ctx, c.Clinic, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `UPDATE source SET version = version + 1 WHERE clinic_id = $1 AND source_id = $2 AND version = $3`,
			c.Clinic, c.Source, c.Version)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return &frontdesk.Error{Code: frontdesk.CodeConflict, Text: "Somebody else changed this source in the meantime; look at it again."}
		}
		if err := applyChange(ctx, tx, c); err != nil {
			return err
		}
		if err := db.tellGate(ctx, tx, c); err != nil {
			return err
		}
		return appendAudit(ctx, tx, keys, c.Audit)
	})
	if err != nil {
		return fmt.Errorf("change revision: %w", err)
	}
	return nil
}

// tellGate settles what a change means for the gate, in the change's transaction.
func (db *DB) tellGate(ctx context.Context, tx pgx.Tx, c ingest.Change) error {
	switch {
	case c.Action == ingest.ActionRelease && c.Run != "":
		return passGate(ctx, tx, c)
	case c.Action == ingest.ActionRelease:
		return nil
	}
	if err := voidGate(ctx, tx, c); err != nil {
		return fmt.Errorf("void gate: %w", err)
	}
	if c.AskGate {
		return db.enqueueGate(ctx, tx, c)
	}
	return nil
}

func applyChange(ctx context.Context, tx pgx.Tx, c ingest.Change) error {
	query, args := changeStatement(c)
	tag, err := tx.Exec(ctx, query, args...)
	if err != nil {
		return err
	}
	switch {
	case tag.RowsAffected() == 0 && c.Action == ingest.ActionApprove:
		return &frontdesk.Error{Code: frontdesk.CodeForbidden, Text: "There is no such revision, or the clinic wants four eyes: who added it may not approve it."}
	case tag.RowsAffected() == 0:
		return notFound("There is no such revision.")
	}
	batch := &pgx.Batch{}
	for revision, at := range c.Superseded {
		batch.Queue(`UPDATE revision SET superseded = $4 WHERE clinic_id = $1 AND source_id = $2 AND revision_id = $3`,
			c.Clinic, c.Source, revision, toNull(at))
	}
	if len(c.Entries) > 0 {
		batch.Queue(`UPDATE entry SET approved_at = $3, approved_by = $4, retired_at = NULL, retired_by = ''
			WHERE clinic_id = $1 AND entry_id = ANY($2)`, c.Clinic, c.Entries, c.At, c.By)
	}
	return tx.SendBatch(ctx, batch).Close()
}

func changeStatement(c ingest.Change) (string, []any) {
	switch c.Action {
	case ingest.ActionApprove:
		return `UPDATE revision
			SET approved = $4, approved_by = $5, effective = $6, expires = $7, released = $8, withdrawn = NULL, decided_by = $5, comment = $9
			WHERE clinic_id = $1 AND source_id = $2 AND revision_id = $3 AND (` + fourEyesKept + `)`,
			[]any{c.Clinic, c.Source, c.Revision, c.At, c.By, toNull(c.Effective), toNull(c.Expires), toNull(c.Released), c.Comment, ingest.SystemAuthor}
	case ingest.ActionRelease:
		return `UPDATE revision SET released = $4 WHERE clinic_id = $1 AND source_id = $2 AND revision_id = $3`,
			[]any{c.Clinic, c.Source, c.Revision, toNull(c.Released)}
	default:
		return `UPDATE revision SET withdrawn = $4, decided_by = $5, comment = $6 WHERE clinic_id = $1 AND source_id = $2 AND revision_id = $3`,
			[]any{c.Clinic, c.Source, c.Revision, c.At, c.By, c.Comment}
	}
}

// fourEyesKept is the condition that $5 may approve: whoever added the revision may
// not where the clinic wants four eyes. $10 is the service itself.
const fourEyesKept = `added_by = $10 OR (added_by <> '' AND lower(added_by) <> lower($5))
	OR NOT EXISTS (SELECT FROM clinic c WHERE c.clinic_id = $1 AND (c.settings->>'four_eyes')::boolean)`
