package retrieval

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"frontdesk"
)

// brokenEmbedder is an embeddings service that is away.
type brokenEmbedder struct{}

func (brokenEmbedder) Embed(context.Context, InputType, []string) ([][]float32, error) {
	return nil, errors.New("connection refused")
}

func (brokenEmbedder) Space() Space { return Space{Model: "none"} }

// listIndex returns all its passages, scored by shared words.
type listIndex struct {
	candidates []Candidate
	err        error
}

func (x listIndex) Search(_ context.Context, _ Scope, q Query) ([]Candidate, error) {
	out := append([]Candidate(nil), x.candidates...)
	for i := range out {
		out[i].Cosine = -1
		for _, term := range q.Terms {
			if strings.Contains(strings.ToLower(out[i].Passage.Text), term.Text) {
				out[i].BM25 += term.Weight
			}
		}
	}
	return out, x.err
}

func passages(texts ...string) listIndex {
	var x listIndex
	for i, text := range texts {
		x.candidates = append(x.candidates, Candidate{Passage: frontdesk.Passage{
			ID: frontdesk.PassageID(rune('a' + i)), Revision: frontdesk.RevisionID(rune('a' + i)), Text: text, Hash: text, Language: "en", Kind: frontdesk.PassageText,
		}})
	}
	return x
}

func TestEmbedderThatIsAwayLeavesTheTerms(t *testing.T) {
	t.Parallel()
	index := passages("Parking is free for visitors.", "Lunch is served at 12:15.", "A dental crown costs 500 €.")
	result, err := New(brokenEmbedder{}, index, nil, Options{}).Retrieve(t.Context(), Question{Text: "how much is a crown", Language: "en"}, Scope{})
	if err != nil {
		t.Fatal(err)
	}
	if result.EmbedError == nil {
		t.Error("the failure is not reported")
	}
	if got := result.Passages[0].Passage.Text; got != "A dental crown costs 500 €." {
		t.Errorf("first is %q", got)
	}
}

func TestIndexThatFailsIsAnError(t *testing.T) {
	t.Parallel()
	index := passages("Lunch")
	index.err = errors.New("database is away")
	if _, err := New(brokenEmbedder{}, index, nil, Options{}).Retrieve(t.Context(), Question{Text: "lunch?", Language: "en"}, Scope{}); err == nil {
		t.Error("no error")
	}
}

func TestNothingFoundIsNotAnswerable(t *testing.T) {
	t.Parallel()
	result, err := New(brokenEmbedder{}, listIndex{}, nil, Options{}).Retrieve(t.Context(), Question{Text: "lunch?", Language: "en"}, Scope{})
	if err != nil || result.Answerable || result.Score != 0 {
		t.Errorf("answerable %v, score %v, err %v", result.Answerable, result.Score, err)
	}
}

func TestLaterRevisionWinsWhenBothSpeak(t *testing.T) {
	t.Parallel()
	index := passages("Copies of records cost 20 $ per patient.", "Copies of records cost 25 $ per patient.")
	index.candidates[0].Effective = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	index.candidates[1].Effective = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	result, err := New(brokenEmbedder{}, index, nil, Options{}).Retrieve(t.Context(), Question{Text: "cost of copies of records", Language: "en"}, Scope{})
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Passages) != 1 || !strings.Contains(result.Passages[0].Passage.Text, "25 $") {
		t.Errorf("got %+v", result.Passages)
	}
}

func TestContentsNeverWinOverTheSection(t *testing.T) {
	t.Parallel()
	index := passages("Visiting hours ........ 12", "Visiting hours are from 14:00 to 19:00.")
	index.candidates[0].Passage.Kind = frontdesk.PassageContents
	result, err := New(brokenEmbedder{}, index, nil, Options{}).Retrieve(t.Context(), Question{Text: "visiting hours", Language: "en"}, Scope{})
	if err != nil {
		t.Fatal(err)
	}
	if result.Passages[0].Passage.Kind == frontdesk.PassageContents {
		t.Error("the table of contents wins")
	}
}

// reverse is a re-ranking endpoint that prefers what comes last.
type reverse struct{ err error }

func (r reverse) Rerank(_ context.Context, _ string, texts []string) ([]float64, error) {
	scores := make([]float64, len(texts))
	for i := range scores {
		scores[i] = float64(i)
	}
	return scores, r.err
}

func TestRerankerOrdersUnlessItFails(t *testing.T) {
	t.Parallel()
	index := passages("Lunch is at 12:15.", "The garden has roses.", "Lunch costs 9 €, at 12:15 too.")
	ask := func(r Reranker) string {
		result, err := New(brokenEmbedder{}, index, r, Options{}).Retrieve(t.Context(), Question{Text: "when is lunch", Language: "en"}, Scope{})
		if err != nil {
			t.Fatal(err)
		}
		return result.Passages[0].Passage.Text
	}
	own := ask(nil)
	if got := ask(reverse{}); got == own {
		t.Errorf("the endpoint's order is not taken: %q", got)
	}
	if got := ask(reverse{err: errors.New("too busy")}); got != own {
		t.Errorf("failed endpoint: %q first, want %q", got, own)
	}
}
