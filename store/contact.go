package store

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"frontdesk"
)

// sealedContact is the sealed part of a contact.
type sealedContact struct {
	Name     string   `json:"name,omitempty"`
	Patients []string `json:"patients,omitempty"`
}

// ImportedContact is one row of a clinic's import.
type ImportedContact struct {
	Phone    string // with its country code
	Name     string
	Language string // BCP-47, "" leaves it
	Patients []string
}

// ImportContacts stores names, languages and patients by number, in one
// transaction: a number that wrote already is known from its next turn on, one
// that has not yet written when it does. The newest import of a number counts.
func (c *Conversations) ImportContacts(ctx context.Context, clinic frontdesk.ClinicID, contacts []ImportedContact) error {
	keys, err := c.db.clinicKeys(ctx, clinic)
	if err != nil {
		return err
	}
	err = c.db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		for i, contact := range contacts {
			if phoneDigits(contact.Phone) == "" {
				return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: fmt.Sprintf("Contact %d has no phone number.", i+1)}
			}
			if err := c.importContact(ctx, tx, keys, clinic, contact); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("import contacts: %w", err)
	}
	return nil
}

func (c *Conversations) importContact(ctx context.Context, tx pgx.Tx, keys *clinicKeys, clinic frontdesk.ClinicID, in ImportedContact) error {
	fresh, err := c.db.newID()
	if err != nil {
		return err
	}
	hash := phoneHash(keys, in.Phone)
	var id frontdesk.ContactID
	err = tx.QueryRow(ctx, `
		SELECT COALESCE((SELECT contact_id FROM contact_phone WHERE clinic_id = $1 AND phone_hash = $2),
		                (SELECT contact_id FROM identity WHERE clinic_id = $1 AND phone_hash = $2 LIMIT 1), $3)`,
		clinic, hash, fresh).Scan(&id)
	if err != nil {
		return err
	}
	sealed, err := keys.sealJSON(contactPlace(id), sealedContact{Name: in.Name, Patients: in.Patients})
	if err != nil {
		return err
	}
	batch := &pgx.Batch{}
	batch.Queue(`
		INSERT INTO contact (clinic_id, contact_id, sealed, language, created_at) VALUES ($1, $2, $3, $4, $5)
		    ON CONFLICT (clinic_id, contact_id) DO UPDATE
		   SET sealed = EXCLUDED.sealed, language = CASE WHEN EXCLUDED.language = '' THEN contact.language ELSE EXCLUDED.language END`,
		clinic, id, sealed, in.Language, c.db.now())
	batch.Queue(`INSERT INTO contact_phone (clinic_id, phone_hash, contact_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, clinic, hash, id)
	return tx.SendBatch(ctx, batch).Close()
}

// contactsMost bounds one import.
const contactsMost = 200_000

// ReadContacts reads an import: CSV (RFC 4180) in UTF-8 with a header naming the
// columns phone, name, language and patients in any order; patients are separated
// by semicolons, only phone is required. It returns an error of
// [frontdesk.CodeInvalid] that names the record, never its content.
func ReadContacts(r io.Reader) ([]ImportedContact, error) {
	lines := csv.NewReader(r)
	lines.FieldsPerRecord = -1
	header, err := lines.Read()
	if err != nil {
		return nil, invalidImport("The file has no header line.")
	}
	columns := map[string]int{}
	for i, name := range header {
		columns[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))] = i
	}
	if _, ok := columns["phone"]; !ok {
		return nil, invalidImport("The header names no column \"phone\".")
	}
	var contacts []ImportedContact
	for line := 2; ; line++ {
		fields, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return contacts, nil
		}
		if err != nil || len(contacts) >= contactsMost {
			return nil, invalidImport(fmt.Sprintf("The file cannot be read near record %d, or is too long.", line))
		}
		field := func(name string) string {
			i, ok := columns[name]
			if !ok || i >= len(fields) {
				return ""
			}
			return strings.TrimSpace(fields[i])
		}
		contact := ImportedContact{Phone: field("phone"), Name: field("name"), Language: field("language")}
		if len(phoneDigits(contact.Phone)) < 6 {
			return nil, invalidImport(fmt.Sprintf("Record %d has no phone number with its country code.", line))
		}
		for _, patient := range strings.Split(field("patients"), ";") {
			if patient = strings.TrimSpace(patient); patient != "" {
				contact.Patients = append(contact.Patients, patient)
			}
		}
		contacts = append(contacts, contact)
	}
}

func invalidImport(text string) error {
	return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: text}
}
