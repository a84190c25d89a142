package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"
	"github.com/x448/float16"

	"frontdesk"
	"frontdesk/ingest"
	"frontdesk/retrieval"
)

// exactLimit is the number of passages of a clinic up to which every vector is
// compared; beyond it an approximate index answers.
const exactLimit = 20_000

// promoteBatch bounds the rows of one transaction while a clinic's vectors move
// into the approximate index.
const promoteBatch = 1000

// vectorTable returns the table of a space's vectors. Dimensions are those that
// the migrations made a table for.
func vectorTable(space retrieval.Space) (string, error) {
	switch space.Dimension {
	case 256, 384, 512, 768, 1024, 1536:
		return fmt.Sprintf("vector_%d", space.Dimension), nil
	}
	return "", &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: fmt.Sprintf("Embeddings of %d dimensions are not supported; use 256, 384, 512, 768, 1024 or 1536.", space.Dimension)}
}

// spaceID names a space in keys.
func spaceID(space retrieval.Space) int64 {
	text := fmt.Sprintf("%q %d %q %q", space.Model, space.Dimension, space.Quantisation, space.Prefix)
	sum := sha256.Sum256([]byte(text))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// countSpace adds passages to a clinic's space. large tells that its vectors are
// in the approximate index, grown that they should be and are not yet.
func countSpace(ctx context.Context, tx pgx.Tx, clinic frontdesk.ClinicID, space retrieval.Space, passages int) (large, grown bool, err error) {
	described, err := json.Marshal(space)
	if err != nil {
		return false, false, fmt.Errorf("encode space: %w", err)
	}
	var total int64
	const query = `INSERT INTO space (clinic_id, space_id, space, passages, large) VALUES ($1, $2, $3, $4, false)
		ON CONFLICT (clinic_id, space_id) DO UPDATE SET passages = space.passages + excluded.passages
		RETURNING passages, large`
	if err := tx.QueryRow(ctx, query, clinic, spaceID(space), described, passages).Scan(&total, &large); err != nil {
		return false, false, fmt.Errorf("count passages: %w", err)
	}
	return large, !large && total > exactLimit, nil
}

// indexLarge moves a clinic's vectors into the approximate index, in small
// transactions, and says so when all are there. Doing it again does no harm.
func (db *DB) indexLarge(ctx context.Context, clinic frontdesk.ClinicID, space retrieval.Space) error {
	table, err := vectorTable(space)
	if err != nil {
		return err
	}
	move := `UPDATE ` + table + ` v SET large = true
		  FROM (SELECT revision_id, ordinal FROM ` + table + `
		         WHERE clinic_id = $1 AND space_id = $2 AND NOT large LIMIT $3 FOR UPDATE) m
		 WHERE v.clinic_id = $1 AND v.space_id = $2 AND v.revision_id = m.revision_id AND v.ordinal = m.ordinal`
	for moved := int64(promoteBatch); moved == promoteBatch; {
		err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
			tag, err := tx.Exec(ctx, move, clinic, spaceID(space), promoteBatch)
			moved = tag.RowsAffected()
			return err
		})
		if err != nil {
			return fmt.Errorf("index vectors: %w", err)
		}
	}
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		// The lock on the row keeps new passages out until the flag is seen.
		if _, err := tx.Exec(ctx, `UPDATE space SET large = true WHERE clinic_id = $1 AND space_id = $2`, clinic, spaceID(space)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE `+table+` SET large = true WHERE clinic_id = $1 AND space_id = $2 AND NOT large`, clinic, spaceID(space))
		return err
	})
	if err != nil {
		return fmt.Errorf("switch to indexed vectors: %w", err)
	}
	db.spaces.Store(spaceKey{clinic, spaceID(space)}, spaceSeen{true, db.now()})
	return nil
}

func queueVectors(batch *pgx.Batch, revision ingest.Revision, table string, space int64, large bool, p ingest.DraftPassage) {
	batch.Queue(`INSERT INTO `+table+` (clinic_id, space_id, revision_id, ordinal, large, vector) VALUES ($1, $2, $3, $4, $5, $6)`,
		revision.Clinic, space, revision.ID, p.Passage.Ordinal, large, pgvector.NewVector(p.Embedding.Vector))
	if len(p.Embedding.Sentences) > 0 {
		batch.Queue(`INSERT INTO sentence (clinic_id, space_id, revision_id, ordinal, packed) VALUES ($1, $2, $3, $4, $5)`,
			revision.Clinic, space, revision.ID, p.Passage.Ordinal, packSentences(p.Embedding.Sentences))
	}
}

// packSentences writes sentences one after the other: start and end as 32 bits
// each, then the vector in half precision, which moves a cosine by less than 0.001.
func packSentences(sentences []retrieval.Sentence) []byte {
	var packed []byte
	for _, s := range sentences {
		packed = binary.LittleEndian.AppendUint32(packed, uint32(s.Start))
		packed = binary.LittleEndian.AppendUint32(packed, uint32(s.End))
		for _, x := range s.Vector {
			packed = binary.LittleEndian.AppendUint16(packed, float16.Fromfloat32(x).Bits())
		}
	}
	return packed
}

// compareSentences returns the stretches of packed sentences with their cosines to
// a question's vector.
func compareSentences(packed []byte, question []float32) ([]retrieval.Stretch, error) {
	size := 8 + 2*len(question)
	if len(packed)%size != 0 {
		return nil, errSentences
	}
	stretches := make([]retrieval.Stretch, 0, len(packed)/size)
	for ; len(packed) > 0; packed = packed[size:] {
		halves := packed[8:size]
		var sum float32
		for i, x := range question {
			sum += x * halfPrecision[uint16(halves[2*i])|uint16(halves[2*i+1])<<8]
		}
		stretches = append(stretches, retrieval.Stretch{
			Start:  int(binary.LittleEndian.Uint32(packed)),
			End:    int(binary.LittleEndian.Uint32(packed[4:])),
			Cosine: float64(sum),
		})
	}
	return stretches, nil
}

// halfPrecision is the value of each number of half precision: a search reads a
// hundred thousand of them.
var halfPrecision = halfValues()

func halfValues() *[1 << 16]float32 {
	var values [1 << 16]float32
	for bits := range values {
		values[bits] = float16.Frombits(uint16(bits)).Float32()
	}
	return &values
}

var errSentences = errors.New("stored sentences have another dimension than their space")

func unpackSentences(packed []byte, dimension int) ([]retrieval.Sentence, error) {
	size := 8 + 2*dimension
	if len(packed)%size != 0 {
		return nil, errSentences
	}
	sentences := make([]retrieval.Sentence, 0, len(packed)/size)
	vectors := make([]float32, len(packed)/size*dimension)
	for ; len(packed) > 0; packed = packed[size:] {
		vector := vectors[:dimension:dimension]
		vectors = vectors[dimension:]
		for i := range vector {
			vector[i] = float16.Frombits(binary.LittleEndian.Uint16(packed[8+2*i:])).Float32()
		}
		sentences = append(sentences, retrieval.Sentence{
			Start:  int(binary.LittleEndian.Uint32(packed)),
			End:    int(binary.LittleEndian.Uint32(packed[4:])),
			Vector: vector,
		})
	}
	return sentences, nil
}
