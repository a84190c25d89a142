package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/ingest"
)

// AuditEntry is one link of a clinic's audit chain.
type AuditEntry struct {
	Seq    int64
	At     time.Time
	Actor  string
	Action string
	Target string
	Detail string
}

// Audit appends an entry to a clinic's chain.
func (db *DB) Audit(ctx context.Context, clinic frontdesk.ClinicID, entry ingest.Audit) error {
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return err
	}
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error { return appendAudit(ctx, tx, keys, entry) })
	if err != nil {
		return fmt.Errorf("append to audit log: %w", err)
	}
	return nil
}

// appendAudit adds an entry inside the transaction that did what it says.
func appendAudit(ctx context.Context, tx pgx.Tx, keys *clinicKeys, entry ingest.Audit) error {
	var seq int64
	var previous []byte
	const head = `SELECT seq, hash FROM audit_head WHERE clinic_id = $1 FOR UPDATE`
	if err := tx.QueryRow(ctx, head, keys.clinic).Scan(&seq, &previous); err != nil {
		return fmt.Errorf("lock audit log: %w", err)
	}
	link := AuditEntry{Seq: seq + 1, At: entry.At.UTC().Truncate(time.Microsecond), Actor: entry.Actor, Action: entry.Action, Target: entry.Target, Detail: entry.Detail}
	hash := link.hash(keys, previous)
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO audit (clinic_id, seq, at, actor, action, target, detail, hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, keys.clinic, link.Seq, link.At, link.Actor, link.Action, link.Target, link.Detail, hash)
	batch.Queue(`UPDATE audit_head SET seq = $2, hash = $3 WHERE clinic_id = $1`, keys.clinic, link.Seq, hash)
	return tx.SendBatch(ctx, batch).Close()
}

// hash chains the entry to the one before it, under a key that the database does
// not have in clear: who can only write to the database cannot forge a chain.
func (e AuditEntry) hash(keys *clinicKeys, previous []byte) []byte {
	mac := hmac.New(sha256.New, keys.lookup)
	put := func(part []byte) { // lengths keep neighbouring parts apart; a hash never fails to write
		_, _ = mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		_, _ = mac.Write(part)
	}
	put([]byte("audit"))
	put(previous)
	put(binary.BigEndian.AppendUint64(nil, uint64(e.Seq)))
	put([]byte(e.At.UTC().Format(time.RFC3339Nano)))
	for _, text := range []string{e.Actor, e.Action, e.Target, e.Detail} {
		put([]byte(text))
	}
	return mac.Sum(nil)
}

// ListAudit returns a clinic's newest entries, newest first, at most limit.
func (db *DB) ListAudit(ctx context.Context, clinic frontdesk.ClinicID, limit int) ([]AuditEntry, error) {
	var entries []AuditEntry
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT seq, at, actor, action, target, detail
			FROM audit WHERE clinic_id = $1 ORDER BY seq DESC LIMIT $2`, clinic, limit)
		if err != nil {
			return err
		}
		entries, err = pgx.CollectRows(rows, pgx.RowToStructByPos[AuditEntry])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list audit log: %w", err)
	}
	return entries, nil
}

// VerifyAudit checks a clinic's whole chain and returns its length. A changed,
// removed or inserted entry is an error of [frontdesk.CodeConflict] that names the
// first place that does not fit.
func (db *DB) VerifyAudit(ctx context.Context, clinic frontdesk.ClinicID) (int64, error) {
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return 0, err
	}
	var last AuditEntry
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		var seq int64
		var end []byte
		// The lock keeps the chain still while it is read.
		if err := tx.QueryRow(ctx, `SELECT seq, hash FROM audit_head WHERE clinic_id = $1 FOR UPDATE`, clinic).Scan(&seq, &end); err != nil {
			return err
		}
		var hash []byte
		if last, hash, err = verifyChain(ctx, tx, keys); err != nil {
			return err
		}
		if last.Seq != seq || !hmac.Equal(hash, end) {
			return brokenAudit(last.Seq + 1)
		}
		return nil
	})
	if err != nil {
		return last.Seq, fmt.Errorf("verify audit log: %w", err)
	}
	return last.Seq, nil
}

func verifyChain(ctx context.Context, tx pgx.Tx, keys *clinicKeys) (last AuditEntry, previous []byte, err error) {
	rows, err := tx.Query(ctx, `SELECT seq, at, actor, action, target, detail, hash
		FROM audit WHERE clinic_id = $1 ORDER BY seq`, keys.clinic)
	if err != nil {
		return last, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var e AuditEntry
		var hash []byte
		if err := rows.Scan(&e.Seq, &e.At, &e.Actor, &e.Action, &e.Target, &e.Detail, &hash); err != nil {
			return last, nil, err
		}
		if e.Seq != last.Seq+1 || !hmac.Equal(hash, e.hash(keys, previous)) {
			return last, nil, brokenAudit(last.Seq + 1)
		}
		last, previous = e, hash
	}
	return last, previous, rows.Err()
}

func brokenAudit(seq int64) error {
	return &frontdesk.Error{Code: frontdesk.CodeConflict, Text: fmt.Sprintf("The audit log was changed: entry %d does not fit the chain.", seq)}
}
