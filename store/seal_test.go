package store_test

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"frontdesk"
	"frontdesk/internal/testdb"
	"frontdesk/store"
)

func TestASealedValueOpensInItsPlaceOnly(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	own, other := db.Clinic(t, "Lac").ID, db.Clinic(t, "Mer").ID
	place := store.Place{Table: "message", Column: "body", ID: "1"}
	sealed, err := db.Seal(t.Context(), own, place, []byte("patient's words"))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte("patient")) {
		t.Error("the sealed value holds the plain one")
	}
	if plain, err := db.Unseal(t.Context(), own, place, sealed); err != nil || string(plain) != "patient's words" {
		t.Errorf("opened %q, %v", plain, err)
	}
	again, err := db.Seal(t.Context(), own, place, []byte("patient's words"))
	if err != nil || bytes.Equal(again, sealed) {
		t.Errorf("sealing twice gives the same bytes (%v)", err)
	}
	changed := bytes.Clone(sealed)
	changed[len(changed)-1] ^= 1
	for name, try := range map[string]func() ([]byte, error){
		"another row": func() ([]byte, error) {
			return db.Unseal(t.Context(), own, store.Place{Table: "message", Column: "body", ID: "2"}, sealed)
		},
		"another column": func() ([]byte, error) {
			return db.Unseal(t.Context(), own, store.Place{Table: "message", Column: "note", ID: "1"}, sealed)
		},
		"another table": func() ([]byte, error) {
			return db.Unseal(t.Context(), own, store.Place{Table: "note", Column: "body", ID: "1"}, sealed)
		},
		"another clinic": func() ([]byte, error) { return db.Unseal(t.Context(), other, place, sealed) },
		"changed bytes":  func() ([]byte, error) { return db.Unseal(t.Context(), own, place, changed) },
		"a part of it":   func() ([]byte, error) { return db.Unseal(t.Context(), own, place, sealed[:8]) },
		"nothing at all": func() ([]byte, error) { return db.Unseal(t.Context(), own, place, nil) },
		"a joined border": func() ([]byte, error) {
			return db.Unseal(t.Context(), own, store.Place{Table: "messageb", Column: "ody", ID: "1"}, sealed)
		},
	} {
		if plain, err := try(); err == nil {
			t.Errorf("%s: opened %q", name, plain)
		} else if strings.Contains(err.Error(), "words") {
			t.Errorf("%s: the error tells the plain text: %v", name, err)
		}
	}
}

func TestBlindValuesMeetWithinAKindOfAClinicOnly(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	own, other := db.Clinic(t, "Lac").ID, db.Clinic(t, "Mer").ID
	blind := func(clinic frontdesk.ClinicID, kind, value string) string {
		b, err := db.Blind(t.Context(), clinic, kind, value)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	base := blind(own, "phone", "+33600000000")
	if base != blind(own, "phone", "+33600000000") {
		t.Error("the same value is not found again")
	}
	for name, value := range map[string]string{
		"another value":  blind(own, "phone", "+33600000001"),
		"another kind":   blind(own, "user", "+33600000000"),
		"another clinic": blind(other, "phone", "+33600000000"),
		"a moved border": blind(own, "phone+", "33600000000"),
	} {
		if value == base {
			t.Errorf("%s meets the first", name)
		}
	}
}

func TestAnotherKeyOpensNothing(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	wrong := bytes.Clone(db.Key)
	wrong[0] ^= 1
	for _, key := range [][]byte{wrong, nil, make([]byte, 16), make([]byte, 33)} {
		_, err := store.Open(t.Context(), store.Options{DatabaseURL: db.URL, Keys: [][]byte{key}, Now: time.Now, Random: rand.Reader})
		wantCode(t, err, frontdesk.CodeInvalid)
	}
}

func BenchmarkSeal(b *testing.B) {
	db := testdb.New(b)
	clinic := db.Clinic(b, "Lac").ID
	plain := bytes.Repeat([]byte("x"), 300)
	for b.Loop() {
		if _, err := db.Seal(b.Context(), clinic, store.Place{Table: "message", Column: "body", ID: "1"}, plain); err != nil {
			b.Fatal(err)
		}
	}
}
