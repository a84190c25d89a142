package store_test

import (
	"bytes"
	"crypto/rand"
	"testing"
	"time"

	"frontdesk"
	"frontdesk/internal/testdb"
	"frontdesk/store"
)

func TestAKeyIsChangedWithoutLosingAnything(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	first, second := db.Clinic(t, "Lac").ID, db.Clinic(t, "Mer").ID
	place := store.Place{Table: "message", Column: "sealed", ID: "1"}
	sealed, err := db.Seal(t.Context(), first, place, []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	blind, err := db.Blind(t.Context(), first, "phone", "0102")
	if err != nil {
		t.Fatal(err)
	}
	fresh := bytes.Clone(db.Key)
	fresh[0] ^= 1
	open := func(keys ...[]byte) (*store.DB, error) {
		opened, err := store.Open(t.Context(), store.Options{DatabaseURL: db.URL, Keys: keys, Now: time.Now, Random: rand.Reader})
		if err == nil {
			t.Cleanup(opened.Close)
		}
		return opened, err
	}
	reads := func(name string, opened *store.DB) {
		t.Helper()
		plain, err := opened.Unseal(t.Context(), first, place, sealed)
		if err != nil || string(plain) != "secret" {
			t.Errorf("%s: opens %q, %v", name, plain, err)
		}
		again, err := opened.Blind(t.Context(), first, "phone", "0102")
		if err != nil || !bytes.Equal(again, blind) {
			t.Errorf("%s: looks up by another value, %v", name, err)
		}
		if c, err := opened.FindClinic(t.Context(), "mer"); err != nil || c.ID != second {
			t.Errorf("%s: finds %v, %v", name, c.ID, err)
		}
		if _, err := opened.VerifyAudit(t.Context(), first); err != nil {
			t.Errorf("%s: audit log: %v", name, err)
		}
	}
	_, err = open(fresh)
	wantCode(t, err, frontdesk.CodeInvalid)
	both, err := open(fresh, db.Key)
	if err != nil {
		t.Fatal(err)
	}
	reads("before", both)
	_, err = both.Rewrap(t.Context(), "")
	wantCode(t, err, frontdesk.CodeInvalid)
	done, err := both.Rewrap(t.Context(), "Ana")
	if err != nil || done.Clinics != 2 || done.Done != 0 {
		t.Fatalf("rewrapped %+v, %v", done, err)
	}
	if again, err := both.Rewrap(t.Context(), "Ana"); err != nil || again.Clinics != 0 || again.Done != 2 {
		t.Errorf("a second call: %+v, %v", again, err)
	}
	alone, err := open(fresh)
	if err != nil {
		t.Fatal(err)
	}
	reads("after", alone)
	if entries, err := alone.VerifyAudit(t.Context(), second); err != nil || entries != 1 {
		t.Errorf("%d entries in the audit log, %v", entries, err)
	}
	_, err = open(db.Key)
	wantCode(t, err, frontdesk.CodeInvalid)
}

// What stopped in the middle leaves clinics under both keys; the next call goes on.
func TestAChangeOfKeysGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	db.Clinic(t, "Lac")
	fresh := bytes.Clone(db.Key)
	fresh[0] ^= 1
	both, err := store.Open(t.Context(), store.Options{DatabaseURL: db.URL, Keys: [][]byte{fresh, db.Key}, Now: time.Now, Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(both.Close)
	if _, err := both.AddClinic(t.Context(), frontdesk.Clinic{Name: "Mer"}); err != nil { // by the new key already
		t.Fatal(err)
	}
	if done, err := both.Rewrap(t.Context(), "Ana"); err != nil || done.Clinics != 1 || done.Done != 1 {
		t.Errorf("rewrapped %+v, %v", done, err)
	}
}
