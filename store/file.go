package store

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/ingest"
)

// fileChunk is the size of a sealed chunk before sealing, in bytes.
const fileChunk = 256 << 10

// fileMeta is what is known of a file beside its bytes.
type fileMeta struct {
	MIME string `json:"mime"`
	Name string `json:"name"`
}

// SaveFile stores bytes by their hash, sealed. The same bytes are kept once, under
// the first name.
func (db *DB) SaveFile(ctx context.Context, clinic frontdesk.ClinicID, file ingest.File) error {
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return err
	}
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error { return saveFile(ctx, tx, keys, file, db.now()) })
	if err != nil {
		return fmt.Errorf("save file: %w", err)
	}
	return nil
}

func saveFile(ctx context.Context, tx pgx.Tx, keys *clinicKeys, file ingest.File, at time.Time) error {
	hash, err := hex.DecodeString(file.Hash)
	if err != nil || len(hash) == 0 {
		return fmt.Errorf("save file: its hash is not hexadecimal")
	}
	plain, err := json.Marshal(fileMeta{MIME: file.MIME, Name: file.Name})
	if err != nil {
		return fmt.Errorf("encode file: %w", err)
	}
	meta, err := keys.seal(Place{Table: "file", Column: "meta", ID: file.Hash}, plain)
	if err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, `INSERT INTO file (clinic_id, hash, size, meta, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT DO NOTHING`, keys.clinic, hash, len(file.Data), meta, at)
	if err != nil || tag.RowsAffected() == 0 {
		return err // kept already
	}
	ordinal := 0
	for chunk := range slices.Chunk(file.Data, fileChunk) {
		sealed, err := keys.seal(chunkPlace(file.Hash, ordinal), chunk)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO file_chunk (clinic_id, hash, ordinal, data) VALUES ($1, $2, $3, $4)`,
			keys.clinic, hash, ordinal, sealed); err != nil {
			return err
		}
		ordinal++
	}
	return nil
}

// chunkPlace binds a chunk to its file and its place there.
func chunkPlace(hash string, ordinal int) Place {
	return Place{Table: "file_chunk", Column: "data", ID: hash + "/" + strconv.Itoa(ordinal)}
}

// LoadFile implements [ingest.Files].
func (db *DB) LoadFile(ctx context.Context, clinic frontdesk.ClinicID, hash string) (ingest.File, error) {
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return ingest.File{}, err
	}
	raw, err := hex.DecodeString(hash)
	if err != nil {
		return ingest.File{}, notFound("There is no such file.")
	}
	file := ingest.File{Hash: hash}
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error { return loadFile(ctx, tx, keys, raw, &file) })
	if err != nil {
		return ingest.File{}, fmt.Errorf("load file: %w", err)
	}
	return file, nil
}

func loadFile(ctx context.Context, tx pgx.Tx, keys *clinicKeys, hash []byte, file *ingest.File) error {
	var size int
	var sealed []byte
	if err := tx.QueryRow(ctx, `SELECT size, meta FROM file WHERE clinic_id = $1 AND hash = $2`, keys.clinic, hash).Scan(&size, &sealed); err != nil {
		return err
	}
	plain, err := keys.open(Place{Table: "file", Column: "meta", ID: file.Hash}, sealed)
	if err != nil {
		return err
	}
	var meta fileMeta
	if err := json.Unmarshal(plain, &meta); err != nil {
		return fmt.Errorf("decode file: %w", err)
	}
	file.MIME, file.Name = meta.MIME, meta.Name
	rows, err := tx.Query(ctx, `SELECT ordinal, data FROM file_chunk WHERE clinic_id = $1 AND hash = $2 ORDER BY ordinal`, keys.clinic, hash)
	if err != nil {
		return err
	}
	var data bytes.Buffer
	data.Grow(size)
	var ordinal int
	_, err = pgx.ForEachRow(rows, []any{&ordinal, &sealed}, func() error {
		chunk, err := keys.open(chunkPlace(file.Hash, ordinal), sealed)
		data.Write(chunk)
		return err
	})
	if err == nil && data.Len() != size {
		err = fmt.Errorf("stored file has %d of its %d bytes", data.Len(), size)
	}
	file.Data = data.Bytes()
	return err
}
