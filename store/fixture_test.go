package store_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	mathrand "math/rand/v2"
	"strings"
	"testing"
	"time"

	"frontdesk"
	"frontdesk/ingest"
	"frontdesk/internal/testdb"
	"frontdesk/retrieval"
)

// testSpace is the embedding space of the tests; its vectors are made, not learned.
var testSpace = retrieval.Space{Model: "test", Dimension: 384, Prefix: "e5"}

// noon is the clock of tests that need one.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func newID(t testing.TB) string {
	t.Helper()
	id, err := frontdesk.NewID(time.Now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// vectorOf returns a unit vector that depends on the text only.
func vectorOf(text string) []float32 {
	sum := sha256.Sum256([]byte(text))
	random := mathrand.New(mathrand.NewChaCha8(sum))
	v, norm := make([]float32, testSpace.Dimension), 0.0
	for i := range v {
		v[i] = float32(random.NormFloat64())
		norm += float64(v[i]) * float64(v[i])
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(norm))
	}
	return v
}

// draftOf makes a draft with one passage a text; its terms are its words.
func draftOf(t testing.TB, clinic frontdesk.ClinicID, location string, at time.Time, texts ...string) ingest.Draft {
	t.Helper()
	source := ingest.Source{ID: frontdesk.SourceID(newID(t)), Clinic: clinic, Kind: ingest.KindText, Name: location, Location: location, Created: at}
	bytes := []byte(strings.Join(texts, "\n"))
	revision := ingest.Revision{ID: frontdesk.RevisionID(newID(t)), Source: source.ID, Clinic: clinic, Hash: hashOf(string(bytes)), Language: "en", Pages: 1, Created: at}
	draft := ingest.Draft{
		Source: source, Revision: revision, Space: testSpace,
		File:  ingest.File{Hash: revision.Hash, MIME: "text/plain", Name: location, Data: bytes},
		Audit: ingest.Audit{At: at, Actor: "system", Action: "source.draft", Target: string(revision.ID), Detail: location},
	}
	for i, text := range texts {
		p := ingest.DraftPassage{Terms: map[string]int{}, Passage: frontdesk.Passage{
			ID: frontdesk.PassageID(newID(t)), Clinic: clinic, Revision: revision.ID, Ordinal: i, Page: i + 1,
			Kind: frontdesk.PassageText, Text: text, Language: "en", Hash: hashOf(text)}}
		for _, word := range strings.Fields(strings.ToLower(text)) {
			p.Terms[word]++
			p.Length++
		}
		p.Embedding = ingest.Embedding{Vector: vectorOf(text), Sentences: []retrieval.Sentence{{Start: 0, End: len(text), Vector: vectorOf(text)}}}
		draft.Passages = append(draft.Passages, p)
	}
	return draft
}

// publish stores a draft and makes it live at an instant.
func publish(t testing.TB, db *testdb.Database, draft ingest.Draft, at time.Time) ingest.Revision {
	t.Helper()
	revision, err := db.SaveDraft(t.Context(), draft)
	if err != nil {
		t.Fatalf("save draft: %v", err)
	}
	approve(t, db, revision, at)
	return revision
}

func approve(t testing.TB, db *testdb.Database, revision ingest.Revision, at time.Time) {
	t.Helper()
	err := db.ChangeRevision(t.Context(), ingest.Change{
		Action: ingest.ActionApprove, Clinic: revision.Clinic, Source: revision.Source, Version: versionOf(t, db, revision),
		Revision: revision.ID, At: at, By: "Dr Roux", Effective: at, Released: at,
		Audit: ingest.Audit{At: at, Actor: "Dr Roux", Action: "source.approve", Target: string(revision.ID)},
	})
	if err != nil {
		t.Fatalf("approve: %v", err)
	}
}

func versionOf(t testing.TB, db *testdb.Database, revision ingest.Revision) int {
	t.Helper()
	sources, err := db.ListSources(t.Context(), revision.Clinic)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sources {
		if s.ID == revision.Source {
			return s.Version
		}
	}
	t.Fatal("the source is not listed")
	return 0
}

// terms makes query terms of equal weight.
func terms(words ...string) []retrieval.Term {
	out := make([]retrieval.Term, len(words))
	for i, w := range words {
		out[i] = retrieval.Term{Text: w, Weight: 1}
	}
	return out
}

func search(t testing.TB, db *testdb.Database, scope retrieval.Scope, query retrieval.Query) []retrieval.Candidate {
	t.Helper()
	if query.Limit == 0 {
		query.Limit = 10
	}
	query.Space = testSpace
	found, err := db.Search(t.Context(), scope, query)
	if err != nil {
		t.Fatalf("search: %v", err)
	}
	return found
}

func texts(found []retrieval.Candidate) string {
	out := make([]string, len(found))
	for i, c := range found {
		out[i] = c.Passage.Text
	}
	return strings.Join(out, "|")
}

func wantCode(t testing.TB, err error, code frontdesk.Code) {
	t.Helper()
	if frontdesk.CodeOf(err) != code {
		t.Errorf("error %v has code %q, want %q", err, frontdesk.CodeOf(err), code)
	}
}

func many(n int, format string) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf(format, i)
	}
	return out
}
