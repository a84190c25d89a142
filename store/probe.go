package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/retrieval"
)

// CodeForeignSpace marks vectors of another embedding server than those stored.
const CodeForeignSpace frontdesk.Code = "foreign_vectors"

// sameProbe is the least cosine between a space's stored probe and its probe of
// today. One model differs from itself by less than a hundredth, whatever batches and
// processors; another one, even of the same family, by more.
const sameProbe = 0.98

// CheckSpace compares what a space makes of a fixed text with what it made of it when
// the database met the space first, and remembers it then. It fails with
// [CodeForeignSpace] when they are not from the same model: vectors of two must not be
// compared.
func (db *DB) CheckSpace(ctx context.Context, space retrieval.Space, probe []float32) error {
	var stored []byte
	err := db.inDirectory(ctx, func(tx pgx.Tx) error {
		const add = `INSERT INTO directory_space (space_id, probe, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`
		if _, err := tx.Exec(ctx, add, spaceID(space), packProbe(probe), db.now()); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT probe FROM directory_space WHERE space_id = $1`, spaceID(space)).Scan(&stored)
	})
	if err != nil {
		return fmt.Errorf("check embedding space: %w", err)
	}
	if likeness(unpackProbe(stored), probe) < sameProbe {
		return &frontdesk.Error{Code: CodeForeignSpace, Text: fmt.Sprintf("The embedding server calls itself %q, but its vectors are not those that the documents were read with. Go back to the server before, or give this one a name of its own in EMBEDDINGS_MODEL and add the documents again. Until then answers are found by words alone.", space.Model)}
	}
	return nil
}

func packProbe(v []float32) []byte {
	packed := make([]byte, 0, 4*len(v))
	for _, x := range v {
		packed = binary.LittleEndian.AppendUint32(packed, math.Float32bits(x))
	}
	return packed
}

func unpackProbe(packed []byte) []float32 {
	v := make([]float32, len(packed)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(packed[4*i:]))
	}
	return v
}

// likeness is the cosine of two vectors, 0 where their lengths differ.
func likeness(a, b []float32) float64 {
	if len(a) != len(b) {
		return 0
	}
	var dot, aa, bb float64
	for i := range a {
		dot, aa, bb = dot+float64(a[i])*float64(b[i]), aa+float64(a[i])*float64(a[i]), bb+float64(b[i])*float64(b[i])
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return dot / math.Sqrt(aa*bb)
}
