package retrieval

import (
	"context"
	"errors"
	"testing"

	"frontdesk"
)

// failing is an embedder that is away every second time.
type failing struct{ calls int }

func (f *failing) Space() Space { return Space{Model: "m", Dimension: 2} }

func (f *failing) Embed(_ context.Context, _ InputType, texts []string) ([][]float32, error) {
	f.calls++
	if f.calls%2 == 1 {
		return nil, errors.New("away")
	}
	vectors := make([][]float32, len(texts))
	for i := range vectors {
		vectors[i] = []float32{1, 0}
	}
	return vectors, nil
}

// onePassage gives sentences only to a search with a vector, as the store does.
type onePassage struct{}

func (onePassage) Search(_ context.Context, _ Scope, query Query) ([]Candidate, error) {
	const text = "The laboratory opens at 7:30. Parking is free. Dogs are not admitted."
	c := Candidate{Passage: frontdesk.Passage{ID: "p", Text: text, Language: "en", Hash: "h"}, Cosine: -1, BM25: 2}
	if query.Vector != nil {
		c.Cosine = 0.9
		for _, s := range [][2]int{{0, 29}, {30, 46}} {
			c.Sentences = append(c.Sentences, Stretch{Start: s[0], End: s[1], Cosine: 0.9})
		}
	}
	return []Candidate{c}, nil
}

func TestAPassageFoundByWordsAloneAndThenByVectorIsRankedBothTimes(t *testing.T) {
	t.Parallel()
	r := New(&failing{}, onePassage{}, nil, Options{})
	for i := range 4 {
		result, err := r.Retrieve(context.Background(), Question{Text: "when does the laboratory open", Language: "en"}, Scope{})
		if err != nil {
			t.Fatal(err)
		}
		if len(result.Passages) != 1 || len(result.Passages[0].Spans) == 0 {
			t.Fatalf("search %d: got %+v", i+1, result.Passages)
		}
		if failed := result.EmbedError != nil; failed != (i%2 == 0) {
			t.Errorf("search %d: embedding error %v", i+1, result.EmbedError)
		}
	}
}
