package store

import (
	"bytes"
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
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
// directory. While FRONTDESK_KEY changes there are several versions of it: the first
// one wraps, each opens.
type masterKey struct {
	versions  []keyVersion
	directory []byte // of the look-up values; see DB.openDirectory
}

// keyVersion is one version of FRONTDESK_KEY.
type keyVersion struct {
	id        string // tells versions apart in the audit log and gives nothing away
	wrap      tink.AEAD
	directory []byte // what a database made with it uses for its look-up values
}

func newMasterKey(keys [][]byte) (*masterKey, error) {
	m := &masterKey{}
	for _, key := range keys {
		version, err := newKeyVersion(key)
		if err != nil {
			return nil, err
		}
		m.versions = append(m.versions, version)
	}
	if len(m.versions) == 0 {
		return nil, wrongKey()
	}
	return m, nil
}

func wrongKey() error {
	return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "FRONTDESK_KEY is missing or not 32 bytes long."}
}

func newKeyVersion(key []byte) (keyVersion, error) {
	if len(key) != KeySize {
		return keyVersion{}, wrongKey()
	}
	wrap, err := hkdf.Key(sha256.New, key, nil, "frontdesk wrap", KeySize)
	if err != nil {
		return keyVersion{}, fmt.Errorf("derive wrapping key: %w", err)
	}
	directory, err := hkdf.Key(sha256.New, key, nil, "frontdesk directory", KeySize)
	if err != nil {
		return keyVersion{}, fmt.Errorf("derive directory key: %w", err)
	}
	id, err := hkdf.Key(sha256.New, key, nil, "frontdesk key id", keyIDSize)
	if err != nil {
		return keyVersion{}, fmt.Errorf("derive key id: %w", err)
	}
	primitive, err := subtle.NewAESGCM(wrap)
	if err != nil {
		return keyVersion{}, fmt.Errorf("make wrapping cipher: %w", err)
	}
	return keyVersion{id: hex.EncodeToString(id), wrap: primitive, directory: directory}, nil
}

// keyIDSize is the length of a key version's id in bytes.
const keyIDSize = 4

// newest is the version that wraps.
func (m *masterKey) newest() keyVersion { return m.versions[0] }

// open opens what one of the versions wrapped, and returns which.
func (m *masterKey) open(wrapped, context []byte) (plain []byte, by keyVersion, err error) {
	for _, version := range m.versions {
		if plain, err = version.wrap.Decrypt(wrapped, context); err == nil {
			return plain, version, nil
		}
	}
	return nil, keyVersion{}, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "FRONTDESK_KEY is not the key that this database was made with.", Err: err}
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
	opened, err := db.master.unwrapClinic(clinic, wrappedAEAD, wrappedLookup)
	if err != nil {
		return nil, err
	}
	keys, err := opened.keys(clinic)
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
	raw := make([]byte, KeySize)
	if _, err := io.ReadFull(random, raw); err != nil {
		return nil, nil, fmt.Errorf("make look-up key: %w", err)
	}
	return m.wrapClinic(clinic, handle, raw)
}

// wrapClinic wraps a clinic's keys by the newest version.
func (m *masterKey) wrapClinic(clinic frontdesk.ClinicID, handle *keyset.Handle, raw []byte) (sealing, lookup []byte, err error) {
	wrap := m.newest().wrap
	var buf bytes.Buffer
	if err := handle.WriteWithAssociatedData(keyset.NewBinaryWriter(&buf), wrap, sealingContext(clinic)); err != nil {
		return nil, nil, fmt.Errorf("wrap clinic key: %w", err)
	}
	lookup, err = wrap.Encrypt(raw, lookupContext(clinic))
	if err != nil {
		return nil, nil, fmt.Errorf("wrap look-up key: %w", err)
	}
	return buf.Bytes(), lookup, nil
}

func sealingContext(clinic frontdesk.ClinicID) []byte { return []byte("sealing\x00" + clinic) }
func lookupContext(clinic frontdesk.ClinicID) []byte  { return []byte("lookup\x00" + clinic) }

// unwrapped are a clinic's keys and the version of FRONTDESK_KEY that wrapped them.
type unwrapped struct {
	handle *keyset.Handle
	lookup []byte
	by     keyVersion
}

func (m *masterKey) unwrapClinic(clinic frontdesk.ClinicID, sealing, lookup []byte) (u unwrapped, err error) {
	if u.lookup, u.by, err = m.open(lookup, lookupContext(clinic)); err != nil {
		return u, err
	}
	if len(u.lookup) != KeySize {
		return u, wrongKey()
	}
	u.handle, err = keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(sealing)), u.by.wrap, sealingContext(clinic))
	if err != nil {
		return u, fmt.Errorf("unwrap clinic key: %w", err)
	}
	return u, nil
}

func (u unwrapped) keys(clinic frontdesk.ClinicID) (*clinicKeys, error) {
	primitive, err := aead.New(u.handle)
	if err != nil {
		return nil, fmt.Errorf("use clinic key: %w", err)
	}
	return &clinicKeys{clinic: clinic, aead: primitive, lookup: u.lookup}, nil
}
