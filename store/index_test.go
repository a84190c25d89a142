package store_test

import (
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"frontdesk"
	"frontdesk/ingest"
	"frontdesk/internal/testdb"
	"frontdesk/retrieval"
)

func TestSearchUnitesVectorsAndTermsWithBothScores(t *testing.T) {
	t.Parallel()
	db := testdb.NewAt(t, func() time.Time { return noon })
	clinic := db.Clinic(t, "Lac").ID
	publish(t, db, draftOf(t, clinic, "guide.txt", noon, "parking is behind the building", "visits are open every day", "bring your card and your letter"), noon)
	scope := retrieval.Scope{Clinic: clinic, At: noon}

	found := search(t, db, scope, retrieval.Query{Vector: vectorOf("visits are open every day"), Terms: terms("parking", "unknown"), Limit: 1})
	if got, want := texts(found), "visits are open every day|parking is behind the building"; got != want {
		t.Fatalf("found %q, want %q", got, want)
	}
	near, lexical := found[0], found[1]
	if near.Cosine < 0.999 || near.BM25 != 0 {
		t.Errorf("nearest has cosine %v and BM25 %v", near.Cosine, near.BM25)
	}
	if lexical.BM25 <= 0 || lexical.Cosine < -0.3 || lexical.Cosine > 0.3 {
		t.Errorf("match has BM25 %v and cosine %v", lexical.BM25, lexical.Cosine)
	}
	if len(near.Sentences) != 1 || near.Sentences[0].End != len(near.Passage.Text) || math.Abs(near.Sentences[0].Cosine-1) > 0.001 {
		t.Errorf("sentences %+v", near.Sentences)
	}
	if near.Passage.Page != 2 || near.Passage.Number != 1 || near.Passage.Name != "guide.txt" || !near.Effective.Equal(noon) {
		t.Errorf("passage %+v, effective %v", near.Passage, near.Effective)
	}
}

func TestSearchByTermsAloneNeedsNoVector(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic := db.Clinic(t, "Lac").ID
	publish(t, db, draftOf(t, clinic, "a.txt", noon, "parking parking place", "parking of many other words that make this passage long", "nothing"), noon)
	found := search(t, db, retrieval.Scope{Clinic: clinic, At: noon}, retrieval.Query{Terms: terms("parking")})
	if len(found) != 2 || found[0].Passage.Text != "parking parking place" || found[0].Cosine != -1 {
		t.Errorf("found %+v", found)
	}
}

func TestRareTermsWeighMoreThanCommonOnes(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic := db.Clinic(t, "Lac").ID
	words := append(many(50, "clinic number %d"), "scanner room")
	publish(t, db, draftOf(t, clinic, "a.txt", noon, words...), noon)
	found := search(t, db, retrieval.Scope{Clinic: clinic, At: noon}, retrieval.Query{Terms: terms("clinic", "scanner"), Limit: 3})
	if len(found) != 3 || found[0].Passage.Text != "scanner room" {
		t.Errorf("found %q", texts(found))
	}
}

func TestScopeChoosesRevisions(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic := db.Clinic(t, "Lac").ID
	live := publish(t, db, draftOf(t, clinic, "live.txt", noon, "parking live"), noon)
	draft, err := db.SaveDraft(t.Context(), draftOf(t, clinic, "draft.txt", noon, "parking draft"))
	if err != nil {
		t.Fatal(err)
	}
	future := publish(t, db, draftOf(t, clinic, "future.txt", noon, "parking future"), noon.Add(48*time.Hour))
	withdrawn := publish(t, db, draftOf(t, clinic, "withdrawn.txt", noon, "parking withdrawn"), noon)
	err = db.ChangeRevision(t.Context(), ingest.Change{Action: ingest.ActionWithdraw, Clinic: clinic, Source: withdrawn.Source,
		Version: versionOf(t, db, withdrawn), Revision: withdrawn.ID, At: noon.Add(time.Hour), By: "Dr Roux"})
	if err != nil {
		t.Fatal(err)
	}
	type ids = []frontdesk.RevisionID
	for _, test := range []struct {
		name            string
		at              time.Time
		drafts, without ids
		want            string
	}{
		{"before anything was approved", noon.Add(-time.Second), nil, nil, ""},
		{"live at the instant", noon.Add(2 * time.Hour), nil, nil, "live"},
		{"before the withdrawal", noon.Add(time.Minute), nil, nil, "live withdrawn"},
		{"a named draft", noon.Add(2 * time.Hour), ids{draft.ID}, nil, "draft live"},
		{"without a live one", noon.Add(2 * time.Hour), ids{draft.ID}, ids{live.ID}, "draft"},
		{"after the effective date", noon.Add(48 * time.Hour), nil, ids{future.ID}, "live"},
		{"both after the effective date", noon.Add(48 * time.Hour), nil, nil, "future live"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			scope := retrieval.Scope{Clinic: clinic, At: test.at, Drafts: test.drafts, Without: test.without}
			for _, query := range []retrieval.Query{{Terms: terms("parking")}, {Vector: vectorOf("x")}} {
				var got []string
				for _, word := range []string{"draft", "future", "live", "withdrawn"} {
					if strings.Contains(texts(search(t, db, scope, query)), word) {
						got = append(got, word)
					}
				}
				if strings.Join(got, " ") != test.want {
					t.Errorf("vector %t: found %v, want %q", query.Vector != nil, got, test.want)
				}
			}
		})
	}
}

func TestSearchNeverCrossesClinics(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	own, other := db.Clinic(t, "Lac").ID, db.Clinic(t, "Mer").ID
	secret := publish(t, db, draftOf(t, other, "other.txt", noon, "parking of the other clinic"), noon)
	scope := retrieval.Scope{Clinic: own, At: noon, Drafts: []frontdesk.RevisionID{secret.ID}}
	if found := search(t, db, scope, retrieval.Query{Vector: vectorOf("parking of the other clinic"), Terms: terms("parking")}); len(found) != 0 {
		t.Errorf("found %q of another clinic", texts(found))
	}
}

func TestSearchRefusesVectorsOfAnotherSpace(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic := db.Clinic(t, "Lac").ID
	publish(t, db, draftOf(t, clinic, "a.txt", noon, "parking"), noon)
	scope := retrieval.Scope{Clinic: clinic, At: noon}
	if _, err := db.Search(t.Context(), scope, retrieval.Query{Vector: make([]float32, 3), Space: testSpace, Limit: 1}); err == nil {
		t.Error("a vector of a wrong length was searched")
	}
	if _, err := db.Search(t.Context(), scope, retrieval.Query{Vector: make([]float32, 3), Space: retrieval.Space{Dimension: 3}, Limit: 1}); frontdesk.CodeOf(err) != frontdesk.CodeInvalid {
		t.Errorf("a dimension without a table: %v", err)
	}
	elsewhere := retrieval.Space{Model: "other", Dimension: testSpace.Dimension}
	found, err := db.Search(t.Context(), scope, retrieval.Query{Vector: vectorOf("parking"), Space: elsewhere, Terms: terms("parking"), Limit: 1})
	if err != nil || len(found) != 1 || found[0].Cosine != -1 {
		t.Errorf("another space: %+v, %v; want the match by terms without a cosine", found, err)
	}
}

func TestSearchesAndPublicationsRunAtOnce(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic := db.Clinic(t, "Lac").ID
	var group sync.WaitGroup
	for i := range 4 {
		draft := draftOf(t, clinic, many(4, "source %d")[i], noon, many(20, "parking place %d")...)
		group.Go(func() {
			if _, err := db.SaveDraft(t.Context(), draft); err != nil {
				t.Errorf("save draft: %v", err)
			}
		})
		group.Go(func() {
			for range 20 {
				scope := retrieval.Scope{Clinic: clinic, At: noon}
				if _, err := db.Search(t.Context(), scope, retrieval.Query{Vector: vectorOf("x"), Space: testSpace, Terms: terms("parking"), Limit: 5}); err != nil {
					t.Errorf("search: %v", err)
				}
			}
		})
	}
	group.Wait()
}

func dot(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

func TestTheApproximateIndexFindsWhatTheExactScanFinds(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	own, other := db.Clinic(t, "Lac").ID, db.Clinic(t, "Mer").ID
	for _, clinic := range []frontdesk.ClinicID{own, other} {
		publish(t, db, draftOf(t, clinic, "a.txt", noon, many(250, "passage %d")...), noon)
	}
	scope := retrieval.Scope{Clinic: own, At: noon}
	query := retrieval.Query{Vector: vectorOf("a question"), Limit: 10}
	exact := search(t, db, scope, query)
	for _, clinic := range []frontdesk.ClinicID{own, other} {
		if err := db.IndexLarge(t.Context(), retrieval.Scope{Clinic: clinic}, testSpace); err != nil {
			t.Fatal(err)
		}
	}
	search(t, db, scope, query) // learns that the index is there
	if plan, err := db.ExplainNext(t.Context(), scope, retrieval.Query{Vector: query.Vector, Space: testSpace, Limit: 10}); err != nil || !strings.Contains(plan, "vector_384_large") {
		t.Fatalf("the approximate index is not used: %v\n%s", err, plan)
	}
	approximate := search(t, db, scope, query)
	same := 0
	for _, a := range approximate {
		if a.Passage.Clinic != own {
			t.Error("a passage of another clinic was found")
		}
		for _, e := range exact {
			if a.Passage.ID == e.Passage.ID {
				same++
			}
		}
	}
	if len(approximate) != 10 || same < 9 {
		t.Errorf("%d found, %d of them the exact ones", len(approximate), same)
	}
	// New passages of a large clinic go straight into the index.
	publish(t, db, draftOf(t, own, "b.txt", noon, "a question"), noon)
	if found := search(t, db, scope, query); found[0].Passage.Text != "a question" {
		t.Errorf("the newest passage is not found: %q", texts(found))
	}
}
