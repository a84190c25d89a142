package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"frontdesk"
	"frontdesk/retrieval"
	"frontdesk/store"
)

// oneVector is an embedder that answers all texts alike.
type oneVector struct{ asked int }

func (o *oneVector) Embed(_ context.Context, _ retrieval.InputType, texts []string) ([][]float32, error) {
	o.asked++
	return make([][]float32, len(texts)), nil
}

func (o *oneVector) Space() retrieval.Space { return retrieval.Space{Model: "one"} }

func TestForeignVectorsAreNotUsed(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	server := &oneVector{}
	var verdict error
	checks := 0
	own := &ownSpace{Embedder: server, now: func() time.Time { return now }, check: func(context.Context, retrieval.Space, []float32) error {
		checks++
		return verdict
	}}
	embed := func(what string, want frontdesk.Code, wantChecks int) {
		t.Helper()
		if _, err := own.Embed(t.Context(), retrieval.InputQuery, []string{"x"}); frontdesk.CodeOf(err) != want {
			t.Errorf("%s: %v", what, err)
		}
		if checks != wantChecks {
			t.Errorf("%s: %d checks, want %d", what, checks, wantChecks)
		}
	}
	verdict = errors.New("database is away")
	embed("cannot be checked", "", 1)
	verdict = nil
	embed("checked with the next text", "", 2)
	embed("known", "", 2)
	verdict = &frontdesk.Error{Code: store.CodeForeignSpace}
	embed("swapped, not due yet", "", 2)
	again := func() { // the look that becomes due
		t.Helper()
		now = now.Add(probeEvery)
		_ = own.verify(t.Context())
		own.mu.Lock()
		look := own.look
		own.mu.Unlock()
		if look != nil {
			<-look.done
		}
	}
	again()
	embed("swapped", store.CodeForeignSpace, 3)
	embed("still", store.CodeForeignSpace, 3)
	verdict = nil
	again()
	embed("back", "", 4)
}
