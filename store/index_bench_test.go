package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"frontdesk"
	"frontdesk/internal/testdb"
	"frontdesk/retrieval"
)

// benchWords makes passages of words whose frequencies fall off as in real text.
func benchWords(random *rand.Rand, zipf *rand.Zipf, n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = fmt.Sprintf("w%d", zipf.Uint64())
	}
	return strings.Join(words, " ")
}

func loadPassages(t testing.TB, db *testdb.Database, clinic frontdesk.ClinicID, sources, passages int) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(random, 1.1, 4, 20000)
	for s := range sources {
		words := make([]string, passages)
		for i := range words {
			words[i] = benchWords(random, zipf, 60)
		}
		publish(t, db, draftOf(t, clinic, fmt.Sprintf("source %d", s), noon, words...), noon)
	}
}

// benchSize is the number of passages of the clinic that BenchmarkSearch searches:
// FRONTDESK_BENCH_PASSAGES, 10,000 by default.
func benchSize(b *testing.B) int {
	b.Helper()
	text := os.Getenv("FRONTDESK_BENCH_PASSAGES")
	if text == "" {
		return 10_000
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// BenchmarkSearch compares a search with the bare pgvector query at equal limit on
// the same table: `go test -bench Search ./store`.
func BenchmarkSearch(b *testing.B) {
	const perSource = 500
	db := testdb.New(b)
	clinic := db.Clinic(b, "Lac").ID
	size := benchSize(b)
	loadPassages(b, db, clinic, size/perSource, perSource)
	conn, err := pgx.Connect(b.Context(), db.OwnerURL)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(b.Context(), "ANALYZE"); err != nil {
		b.Fatal(err)
	}
	bare := `SELECT revision_id, ordinal FROM vector_384 ORDER BY vector <#> $1 LIMIT 20`
	if size > 20_000 {
		bare = `SELECT revision_id, ordinal FROM vector_384 WHERE large ORDER BY vector <#> $1 LIMIT 20`
	}
	questions := make([][]float32, 64)
	for i := range questions {
		questions[i] = vectorOf(fmt.Sprint("question ", i))
	}
	b.Run("bare", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			rows, err := conn.Query(b.Context(), bare, pgvector.NewVector(questions[i%len(questions)]))
			if err != nil {
				b.Fatal(err)
			}
			rows.Close()
		}
	})
	b.Run("frontdesk", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			query := retrieval.Query{Vector: questions[i%len(questions)], Space: testSpace, Limit: 20, Terms: terms("w1", "w50", "w400", "w3000", "w15000")}
			if _, err := db.Search(b.Context(), retrieval.Scope{Clinic: clinic, At: noon}, query); err != nil {
				b.Fatal(err)
			}
		}
	})
}
