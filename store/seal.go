package store

import (
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/subtle"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"frontdesk"
)

// KeySize is the length of FRONTDESK_KEY in bytes.
const KeySize = 32

// blindSize is the length of a look-up value: 128 bits of HMAC-SHA-256, so that
// two values of one clinic never meet by chance.
const blindSize = 16

// Place says where a sealed value stands. It is authenticated with the value, so
// a value that was copied to another row, column, table or clinic does not open.
type Place struct {
	Table, Column string
	ID            string // the row's id
}

// masterKey wraps the keys of the clinics and makes the look-up values of the
// directory.
type masterKey struct {
	wrap      tink.AEAD
	directory []byte
}

func newMasterKey(key []byte) (*masterKey, error) {
	if len(key) != KeySize {
		return nil, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "FRONTDESK_KEY is missing or not 32 bytes long."}
	}
	wrap, err := hkdf.Key(sha256.New, key, nil, "frontdesk wrap", KeySize)
	if err != nil {
		return nil, fmt.Errorf("derive wrapping key: %w", err)
	}
	directory, err := hkdf.Key(sha256.New, key, nil, "frontdesk directory", KeySize)
	if err != nil {
		return nil, fmt.Errorf("derive directory key: %w", err)
	}
	primitive, err := subtle.NewAESGCM(wrap)
	if err != nil {
		return nil, fmt.Errorf("make wrapping cipher: %w", err)
	}
	return &masterKey{wrap: primitive, directory: directory}, nil
}

// blind returns the look-up value of a directory table.
func (m *masterKey) blind(kind, value string) []byte {
	return blindValue(m.directory, kind, value)
}

// clinicKeys are the unwrapped keys of one clinic. Methods are safe for concurrent use.
type clinicKeys struct {
	clinic frontdesk.ClinicID
	aead   tink.AEAD // its output begins with the id of the key version
	lookup []byte
}

func (k *clinicKeys) seal(at Place, plain []byte) ([]byte, error) {
	sealed, err := k.aead.Encrypt(plain, k.associated(at))
	if err != nil {
		return nil, fmt.Errorf("seal %s.%s: %w", at.Table, at.Column, err)
	}
	return sealed, nil
}

func (k *clinicKeys) open(at Place, sealed []byte) ([]byte, error) {
	plain, err := k.aead.Decrypt(sealed, k.associated(at))
	if err != nil {
		return nil, fmt.Errorf("open %s.%s: %w", at.Table, at.Column, err)
	}
	return plain, nil
}

// blind returns the look-up value of value: equal for equal (kind, value) of the
// clinic, unlinkable otherwise.
func (k *clinicKeys) blind(kind, value string) []byte {
	return blindValue(k.lookup, kind, value)
}

// associated joins the parts of a place with a byte that none of them holds.
func (k *clinicKeys) associated(at Place) []byte {
	size := len(at.Table) + len(at.Column) + len(k.clinic) + len(at.ID) + 3
	ad := make([]byte, 0, size)
	ad = append(append(ad, at.Table...), 0)
	ad = append(append(ad, at.Column...), 0)
	ad = append(append(ad, k.clinic...), 0)
	return append(ad, at.ID...)
}

func blindValue(key []byte, kind, value string) []byte {
	mac := hmac.New(sha256.New, key)
	_, _ = io.WriteString(mac, kind) // a hash never fails to write
	_, _ = mac.Write([]byte{0})
	_, _ = io.WriteString(mac, value)
	return mac.Sum(nil)[:blindSize]
}

// Seal encrypts plain for one place of a clinic. The value carries the version of
// the clinic's key.
func (db *DB) Seal(ctx context.Context, clinic frontdesk.ClinicID, at Place, plain []byte) ([]byte, error) {
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return nil, err
	}
	return keys.seal(at, plain)
}

// Unseal decrypts what [DB.Seal] made for the same clinic and place, and fails for
// any other.
func (db *DB) Unseal(ctx context.Context, clinic frontdesk.ClinicID, at Place, sealed []byte) ([]byte, error) {
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return nil, err
	}
	return keys.open(at, sealed)
}

// Blind returns the value by which a sealed identifier is looked up: equal for
// equal (clinic, kind, value), 16 bytes.
func (db *DB) Blind(ctx context.Context, clinic frontdesk.ClinicID, kind, value string) ([]byte, error) {
	keys, err := db.clinicKeys(ctx, clinic)
	if err != nil {
		return nil, err
	}
	return keys.blind(kind, value), nil
}

// clinicKeys returns the clinic's unwrapped keys, from memory after the first
// time. Call it before InClinic where one connection has to do.
func (db *DB) clinicKeys(ctx context.Context, clinic frontdesk.ClinicID) (*clinicKeys, error) {
	if keys, ok := db.keys.Load(clinic); ok {
		return keys.(*clinicKeys), nil
	}
	var wrappedAEAD, wrappedLookup []byte
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		const query = `SELECT sealing, lookup FROM clinic_key WHERE clinic_id = $1`
		return tx.QueryRow(ctx, query, clinic).Scan(&wrappedAEAD, &wrappedLookup)
	})
	if err != nil {
		return nil, fmt.Errorf("read keys of clinic: %w", err)
	}
	keys, err := db.master.unwrap(clinic, wrappedAEAD, wrappedLookup)
	if err != nil {
		return nil, err
	}
	db.keys.Store(clinic, keys)
	return keys, nil
}

// newClinicKeys makes the keys of a new clinic and returns them wrapped.
func (m *masterKey) newClinicKeys(clinic frontdesk.ClinicID, random io.Reader) (sealing, lookup []byte, err error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, nil, fmt.Errorf("make clinic key: %w", err)
	}
	var buf bytes.Buffer
	if err := handle.WriteWithAssociatedData(keyset.NewBinaryWriter(&buf), m.wrap, []byte("sealing\x00"+clinic)); err != nil {
		return nil, nil, fmt.Errorf("wrap clinic key: %w", err)
	}
	raw := make([]byte, KeySize)
	if _, err := io.ReadFull(random, raw); err != nil {
		return nil, nil, fmt.Errorf("make look-up key: %w", err)
	}
	lookup, err = m.wrap.Encrypt(raw, []byte("lookup\x00"+clinic))
	if err != nil {
		return nil, nil, fmt.Errorf("wrap look-up key: %w", err)
	}
	return buf.Bytes(), lookup, nil
}

func (m *masterKey) unwrap(clinic frontdesk.ClinicID, sealing, lookup []byte) (*clinicKeys, error) {
	wrong := func(err error) error {
		return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "FRONTDESK_KEY is not the key that this database was made with.", Err: err}
	}
	handle, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(sealing)), m.wrap, []byte("sealing\x00"+clinic))
	if err != nil {
		return nil, wrong(err)
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("use clinic key: %w", err)
	}
	raw, err := m.wrap.Decrypt(lookup, []byte("lookup\x00"+clinic))
	if err != nil {
		return nil, wrong(err)
	}
	if len(raw) != KeySize {
		return nil, wrong(errors.New("look-up key has a wrong length"))
	}
	return &clinicKeys{clinic: clinic, aead: primitive, lookup: raw}, nil
}
