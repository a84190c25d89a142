package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/conversation"
)

// mediaChunk is the size of a sealed piece of a file.
const mediaChunk = 256 << 10

func mediaPlace(message frontdesk.MessageID, number int) Place {
	return Place{Table: "media_chunk", Column: "sealed", ID: fmt.Sprintf("%s/%d", message, number)}
}

// SaveMedia implements [conversation.Media].
func (c *Conversations) SaveMedia(ctx context.Context, key conversation.Key, message frontdesk.MessageID, file conversation.File, failed bool) error {
	keys, err := c.db.clinicKeys(ctx, key.Clinic)
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO media (clinic_id, message_id, mime, bytes, failed, fetched_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (clinic_id, message_id) DO NOTHING`,
		key.Clinic, message, file.MIME, len(file.Bytes), failed, c.db.now())
	for number := 0; number*mediaChunk < len(file.Bytes); number++ {
		piece := file.Bytes[number*mediaChunk : min((number+1)*mediaChunk, len(file.Bytes))]
		sealed, err := keys.seal(mediaPlace(message, number), piece)
		if err != nil {
			return err
		}
		batch.Queue(`INSERT INTO media_chunk (clinic_id, message_id, number, sealed) VALUES ($1, $2, $3, $4)
			ON CONFLICT (clinic_id, message_id, number) DO NOTHING`, key.Clinic, message, number, sealed)
	}
	if err := c.db.InClinicBatch(ctx, key.Clinic, batch); err != nil {
		return fmt.Errorf("save media: %w", err)
	}
	return nil
}

// LoadMedia returns a file that a patient sent, or an error of
// [frontdesk.CodeNotFound] when it was not fetched.
func (c *Conversations) LoadMedia(ctx context.Context, clinic frontdesk.ClinicID, message frontdesk.MessageID) (conversation.File, error) {
	keys, err := c.db.clinicKeys(ctx, clinic)
	if err != nil {
		return conversation.File{}, err
	}
	var file conversation.File
	batch := &pgx.Batch{}
	batch.Queue(`SELECT mime FROM media WHERE clinic_id = $1 AND message_id = $2 AND NOT failed`, clinic, message).
		QueryRow(func(row pgx.Row) error { return row.Scan(&file.MIME) })
	batch.Queue(`SELECT number, sealed FROM media_chunk WHERE clinic_id = $1 AND message_id = $2 ORDER BY number`, clinic, message).
		Query(func(rows pgx.Rows) error {
			var number int
			var sealed []byte
			_, err := pgx.ForEachRow(rows, []any{&number, &sealed}, func() error {
				piece, err := keys.open(mediaPlace(message, number), sealed)
				file.Bytes = append(file.Bytes, piece...)
				return err
			})
			return err
		})
	if err := c.db.InClinicBatch(ctx, clinic, batch); err != nil {
		return conversation.File{}, fmt.Errorf("load media: %w", err)
	}
	return file, nil
}
