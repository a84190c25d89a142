package store

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/staff"
)

// casesRead is how many of the clinic's own cases an erasure looks through.
const casesRead = 100_000

// Erasure is the receipt of an erasure. It holds no data of the person.
type Erasure struct {
	Contacts  []frontdesk.ContactID `json:"contacts"`
	By        string                `json:"by"`
	At        time.Time             `json:"at"`
	Deleted   map[string]int64      `json:"deleted"`        // rows by table
	Blanked   map[string]int64      `json:"blanked"`        // rows whose clear columns stay for figures
	Left      map[string]int64      `json:"left,omitempty"` // sealed values or rows that were found afterwards: none
	Signature string                `json:"signature"`      // HMAC of all above under the clinic's key, also in the audit log
}

// sign returns the receipt's signature.
func (e Erasure) sign(keys *clinicKeys) (string, error) {
	e.Signature = ""
	raw, err := json.Marshal(e)
	if err != nil {
		return "", fmt.Errorf("encode receipt: %w", err)
	}
	return hex.EncodeToString(keys.blind("erasure", string(raw))), nil
}

// ErasePerson erases all that a clinic holds about contacts, in one transaction that
// looks afterwards whether anything is left and fails if so. Clear columns that
// figures count stay, without anything that leads back to the person. The audit log
// holds the receipt's signature.
func (db *DB) ErasePerson(ctx context.Context, clinic frontdesk.ClinicID, contacts []frontdesk.ContactID, by string) (Erasure, error) {
	done := Erasure{Contacts: contacts, By: by, At: db.now().UTC().Truncate(time.Microsecond), Deleted: map[string]int64{}, Blanked: map[string]int64{}}
	if strings.TrimSpace(by) == "" || len(contacts) == 0 {
		return done, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "An erasure needs a person, and the name of whoever asks for it."}
	}
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return done, err
	}
	data, err := db.ReadPerson(ctx, clinic, contacts)
	if err != nil {
		return done, err
	}
	cases, err := db.ListCases(ctx, clinic, casesRead)
	if err != nil {
		return done, err
	}
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		if err := erase(ctx, tx, clinic, &done, ownCases(cases, data)); err != nil {
			return err
		}
		if done.Signature, err = done.sign(keys); err != nil {
			return err
		}
		return appendAudit(ctx, tx, keys, staff.Entry{At: done.At, Actor: by, Action: "contact.erase", Target: string(contacts[0]), Detail: "receipt " + done.Signature})
	})
	if err != nil {
		return done, fmt.Errorf("erase person: %w", err)
	}
	return done, nil
}

// VerifyErasure tells whether a receipt is one of this clinic, unchanged.
func (db *DB) VerifyErasure(ctx context.Context, clinic frontdesk.ClinicID, receipt Erasure) error {
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return err
	}
	signature, err := receipt.sign(keys)
	if err != nil {
		return err
	}
	if signature != receipt.Signature {
		return &frontdesk.Error{Code: frontdesk.CodeConflict, Text: "This receipt was changed, or is not one of this clinic."}
	}
	return nil
}

func erase(ctx context.Context, tx pgx.Tx, clinic frontdesk.ClinicID, done *Erasure, cases []string) error {
	// The lock keeps turns and sends away: they commit by epoch, which changes.
	if _, err := tx.Exec(ctx, `SELECT 1 FROM conversation WHERE clinic_id = $1 AND contact_id = ANY ($2) FOR UPDATE`, clinic, done.Contacts); err != nil {
		return err
	}
	k, err := findPersonKeys(ctx, tx, clinic, done.Contacts)
	if err != nil {
		return err
	}
	if err := eraseDirectory(ctx, tx, clinic, k); err != nil {
		return err
	}
	for _, table := range personTables() {
		if err := eraseTable(ctx, tx, clinic, k, table, done); err != nil {
			return fmt.Errorf("table %s: %w", table.name, err)
		}
	}
	tag, err := tx.Exec(ctx, `DELETE FROM eval_case WHERE clinic_id = $1 AND case_id = ANY ($2::uuid[])`, clinic, append([]string{}, cases...))
	if err != nil {
		return err
	}
	done.Deleted["eval_case"] = tag.RowsAffected()
	left, err := leftOf(ctx, tx, clinic, k)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return fmt.Errorf("data was left in %v", left)
	}
	return nil
}

// eraseDirectory takes back what is due for the person.
func eraseDirectory(ctx context.Context, tx pgx.Tx, clinic frontdesk.ClinicID, k personKeys) error {
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM directory_wake WHERE clinic_id = $1 AND conversation_id = ANY ($2::uuid[])`, clinic, k.conversations)
	batch.Queue(`
		DELETE FROM directory_alarm
		 WHERE clinic_id = $1 AND (ref = ANY ($2::uuid[])
		    OR ref IN (SELECT notice_id FROM staff_notice WHERE clinic_id = $1 AND subject_id = ANY ($2::uuid[])))`, clinic, k.subjects)
	batch.Queue(`
		DELETE FROM directory_delivery
		 WHERE clinic_id = $1 AND ref IN (SELECT delivery_id FROM webhook_delivery
		                                   WHERE clinic_id = $1 AND (subject_id = ANY ($2::uuid[]) OR subject_id = ANY ($3::uuid[])))`, clinic, k.subjects, k.conversations)
	return tx.SendBatch(ctx, batch).Close()
}

// erasedParameters names all parameters of a change, the last one the instant.
const erasedParameters = `WITH given AS (SELECT $2::uuid[] AS contacts, $3::uuid[] AS conversations, $4::uuid[] AS turns, $5::uuid[] AS subjects, $6::timestamptz AS at) `

func eraseTable(ctx context.Context, tx pgx.Tx, clinic frontdesk.ClinicID, k personKeys, table personTable, done *Erasure) error {
	args := append(k.arguments(clinic), done.At)
	if table.blank == "" {
		tag, err := tx.Exec(ctx, erasedParameters+`DELETE FROM `+table.name+` WHERE clinic_id = $1 AND (`+table.of+`)`, args...)
		done.Deleted[table.name] = tag.RowsAffected()
		return err
	}
	tag, err := tx.Exec(ctx, erasedParameters+`UPDATE `+table.name+` SET `+table.blank+` WHERE clinic_id = $1 AND (`+table.of+`)`, args...)
	done.Blanked[table.name] = tag.RowsAffected()
	return err
}

// leftOf counts what should not be there any more: rows of tables whose rows go, and
// sealed values in the others.
func leftOf(ctx context.Context, tx pgx.Tx, clinic frontdesk.ClinicID, k personKeys) (map[string]int64, error) {
	left := map[string]int64{}
	for _, table := range personTables() {
		condition := table.of
		if table.blank != "" {
			full := "false"
			for _, column := range table.open {
				full += " OR octet_length(" + column + ") > 0"
			}
			condition = "(" + table.of + ") AND (" + full + ")"
		}
		var n int64
		if err := tx.QueryRow(ctx, personParameters+`SELECT count(*) FROM `+table.name+`, given WHERE clinic_id = $1 AND (`+condition+`)`, k.arguments(clinic)...).Scan(&n); err != nil {
			return nil, err
		}
		if n > 0 {
			left[table.name] = n
		}
	}
	return left, nil
}
