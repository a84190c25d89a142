package store_test

import (
	"testing"

	"frontdesk"
	"frontdesk/internal/testdb"
	"frontdesk/retrieval"
	"frontdesk/store"
)

func TestAnotherServerOfTheSameNameIsFoundOut(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	ours := vectorOf("probe")
	nearly := append([]float32{}, ours...)
	nearly[0] += 0.01
	other := testSpace
	other.Model = "another"
	for _, tt := range []struct {
		name  string
		space retrieval.Space
		probe []float32
		want  frontdesk.Code
	}{
		{"met first", testSpace, ours, ""},
		{"met again", testSpace, ours, ""},
		{"rounded otherwise", testSpace, nearly, ""},
		{"another model", testSpace, vectorOf("another"), store.CodeForeignSpace},
		{"another dimension", testSpace, ours[:200], store.CodeForeignSpace},
		{"nothing", testSpace, make([]float32, testSpace.Dimension), store.CodeForeignSpace},
		{"another name", other, vectorOf("another"), ""},
		{"still the first", testSpace, ours, ""},
	} {
		if err := db.CheckSpace(t.Context(), tt.space, tt.probe); frontdesk.CodeOf(err) != tt.want {
			t.Errorf("%s: %v, want code %q", tt.name, err, tt.want)
		}
	}
}
