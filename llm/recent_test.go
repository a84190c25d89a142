package llm

import (
	"context"
	"errors"
	"strconv"
	"testing"

	"frontdesk/retrieval"
)

// counted is an embedder that counts what it is asked; it refuses "broken".
type counted struct{ asked int }

func (c *counted) Space() retrieval.Space { return retrieval.Space{Model: "counted", Dimension: 1} }

func (c *counted) Embed(_ context.Context, _ retrieval.InputType, texts []string) ([][]float32, error) {
	c.asked++
	if texts[0] == "broken" {
		return nil, errors.New("broken")
	}
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		vectors[i] = []float32{float32(len(text))}
	}
	return vectors, nil
}

func TestRecentAsksOnceForAQuestionAndNeverMixesQuestions(t *testing.T) {
	t.Parallel()
	from := &counted{}
	r := NewRecent(from)
	embed := func(input retrieval.InputType, text string) []float32 {
		t.Helper()
		got, err := r.Embed(t.Context(), input, []string{text})
		if err != nil {
			t.Fatal(err)
		}
		return got[0]
	}
	first := embed(retrieval.InputQuery, "hours")
	first[0] = 99 // a caller that writes into its vector spoils nobody else's
	if again := embed(retrieval.InputQuery, "hours"); again[0] != 5 || from.asked != 1 {
		t.Errorf("the second question got %v after %d calls", again, from.asked)
	}
	if other := embed(retrieval.InputQuery, "price list"); other[0] != 10 {
		t.Errorf("another question got %v", other)
	}
	asked := from.asked
	embed(retrieval.InputPassage, "hours")
	if from.asked != asked+1 {
		t.Error("a passage was answered from the questions")
	}
	for range 2 {
		if _, err := r.Embed(t.Context(), retrieval.InputQuery, []string{"broken"}); err == nil {
			t.Error("an error was remembered as a vector")
		}
	}
}

func TestRecentForgetsTheOldest(t *testing.T) {
	t.Parallel()
	from := &counted{}
	r := NewRecent(from)
	for i := range 3 * recentQueries {
		if _, err := r.Embed(t.Context(), retrieval.InputQuery, []string{strconv.Itoa(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.vectors) != recentQueries || len(r.order) != recentQueries {
		t.Errorf("%d vectors are kept, want %d", len(r.vectors), recentQueries)
	}
	asked := from.asked
	if _, err := r.Embed(t.Context(), retrieval.InputQuery, []string{"0"}); err != nil || from.asked != asked+1 {
		t.Errorf("the oldest is still there (%v)", err)
	}
}
