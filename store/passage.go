package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"frontdesk"
	"frontdesk/ingest"
	"frontdesk/retrieval"
)

// passageColumns are read from passage p, revision r and source s.
const passageColumns = `p.passage_id, p.ordinal, p.page, p.kind, p.headings, p.text, p.question, p.language, p.site, p.general,
	p.hash, p.facts, r.revision_id, r.number, s.source_id, s.name`

// passageTargets returns where passageColumns go; call facts after the scan.
func passageTargets(p *frontdesk.Passage) (targets []any, facts func() ([]frontdesk.Fact, error)) {
	raw := new([]byte)
	targets = []any{&p.ID, &p.Ordinal, &p.Page, &p.Kind, &p.Headings, &p.Text, &p.Question, &p.Language, &p.Site, &p.General,
		&p.Hash, raw, &p.Revision, &p.Number, &p.Source, &p.Name}
	return targets, func() ([]frontdesk.Fact, error) {
		if string(*raw) == "[]" {
			return nil, nil
		}
		var facts []frontdesk.Fact
		if err := json.Unmarshal(*raw, &facts); err != nil {
			return nil, fmt.Errorf("decode facts: %w", err)
		}
		return facts, nil
	}
}

// ListPassages implements [ingest.Passages].
func (db *DB) ListPassages(ctx context.Context, clinic frontdesk.ClinicID, revision frontdesk.RevisionID) ([]frontdesk.Passage, error) {
	const query = `SELECT ` + passageColumns + `
		  FROM passage p
		  JOIN revision r ON r.clinic_id = p.clinic_id AND r.revision_id = p.revision_id
		  JOIN source s ON s.clinic_id = r.clinic_id AND s.source_id = r.source_id
		 WHERE p.clinic_id = $1 AND p.revision_id = $2
		 ORDER BY p.ordinal`
	return db.readPassages(ctx, clinic, query, clinic, revision)
}

// Passages returns passages by id, whatever their revision's status, in no
// particular order; ids of no passage are left out.
func (db *DB) Passages(ctx context.Context, clinic frontdesk.ClinicID, ids []frontdesk.PassageID) ([]frontdesk.Passage, error) {
	const query = `SELECT ` + passageColumns + `
		  FROM passage p
		  JOIN revision r ON r.clinic_id = p.clinic_id AND r.revision_id = p.revision_id
		  JOIN source s ON s.clinic_id = r.clinic_id AND s.source_id = r.source_id
		 WHERE p.clinic_id = $1 AND p.passage_id = ANY($2)`
	return db.readPassages(ctx, clinic, query, clinic, ids)
}

func (db *DB) readPassages(ctx context.Context, clinic frontdesk.ClinicID, query string, args ...any) ([]frontdesk.Passage, error) {
	var passages []frontdesk.Passage
	batch := &pgx.Batch{}
	batch.Queue(query, args...).Query(func(rows pgx.Rows) (err error) {
		passages, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (frontdesk.Passage, error) {
			p := frontdesk.Passage{Clinic: clinic}
			targets, facts := passageTargets(&p)
			if err := row.Scan(targets...); err != nil {
				return p, err
			}
			var err error
			p.Facts, err = facts()
			return p, err
		})
		return err
	})
	if err := db.InClinicBatch(ctx, clinic, batch); err != nil {
		return nil, fmt.Errorf("read passages: %w", err)
	}
	return passages, nil
}

// FindEmbeddings implements [ingest.Passages].
func (db *DB) FindEmbeddings(ctx context.Context, clinic frontdesk.ClinicID, space retrieval.Space, hashes []string) (map[string]ingest.Embedding, error) {
	table, err := vectorTable(space)
	if err != nil {
		return nil, err
	}
	query := `SELECT DISTINCT ON (p.hash) p.hash, v.vector, t.packed
		  FROM passage p
		  JOIN ` + table + ` v ON v.clinic_id = p.clinic_id AND v.space_id = $3 AND v.revision_id = p.revision_id AND v.ordinal = p.ordinal
		  LEFT JOIN sentence t ON t.clinic_id = v.clinic_id AND t.space_id = v.space_id AND t.revision_id = v.revision_id AND t.ordinal = v.ordinal
		 WHERE p.clinic_id = $1 AND p.hash = ANY($2)
		 ORDER BY p.hash, p.revision_id DESC, p.ordinal`
	found := make(map[string]ingest.Embedding, len(hashes))
	batch := &pgx.Batch{}
	batch.Queue(query, clinic, hashes, spaceID(space)).Query(func(rows pgx.Rows) error {
		var hash string
		var vector pgvector.Vector
		var packed []byte
		_, err := pgx.ForEachRow(rows, []any{&hash, &vector, &packed}, func() error {
			sentences, err := unpackSentences(packed, space.Dimension)
			if err != nil {
				return err
			}
			found[hash] = ingest.Embedding{Vector: vector.Slice(), Sentences: sentences}
			return nil
		})
		return err
	})
	if err := db.InClinicBatch(ctx, clinic, batch); err != nil {
		return nil, fmt.Errorf("find embeddings: %w", err)
	}
	return found, nil
}

// ListAnswers implements [ingest.Passages].
func (db *DB) ListAnswers(ctx context.Context, clinic frontdesk.ClinicID, source frontdesk.SourceID, limit int) ([]ingest.Answer, error) {
	const query = `SELECT c.turn_id, c.conversation_id, c.at, r.number, p.page, c.passage_id
		  FROM revision r
		  JOIN passage p ON p.clinic_id = r.clinic_id AND p.revision_id = r.revision_id
		  JOIN citation c ON c.clinic_id = p.clinic_id AND c.passage_id = p.passage_id
		 WHERE r.clinic_id = $1 AND r.source_id = $2
		 ORDER BY c.at DESC, c.turn_id DESC, p.ordinal
		 LIMIT $3`
	var answers []ingest.Answer
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, query, clinic, source, limit)
		if err != nil {
			return err
		}
		answers, err = pgx.CollectRows(rows, pgx.RowToStructByPos[ingest.Answer])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list answers of source: %w", err)
	}
	for i := range answers {
		answers[i].At = answers[i].At.UTC()
	}
	return answers, nil
}

// queueCitations adds to a turn's transaction which passages its replies cited, so
// that a withdrawn passage leads to every answer that used it.
func queueCitations(batch *pgx.Batch, clinic frontdesk.ClinicID, turn frontdesk.TurnID, conversation frontdesk.ConversationID, at time.Time, passages []frontdesk.PassageID) {
	if len(passages) == 0 {
		return
	}
	batch.Queue(`INSERT INTO citation (clinic_id, passage_id, turn_id, conversation_id, at)
		SELECT $1, cited, $3, $4, $5 FROM unnest($2::uuid[]) AS cited
		ON CONFLICT DO NOTHING`, clinic, passages, turn, conversation, at)
}
