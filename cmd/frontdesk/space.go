package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"frontdesk"
	"frontdesk/retrieval"
	"frontdesk/store"
)

// probeText is what a space is known by. It must never change: stored probes are of it.
const probeText = "The reception is open on weekdays from 8:30 to 18:00."

// Limits of the look at a space.
const (
	probeEvery   = 10 * time.Minute
	probeTimeout = 5 * time.Second
)

// ownSpace is an embedder whose vectors are used only while they are of the model that
// the stored ones came from. Else it fails, so that documents are not read with it and
// questions are answered by words. It is safe for concurrent use.
type ownSpace struct {
	retrieval.Embedder
	check func(ctx context.Context, space retrieval.Space, probe []float32) error
	now   func() time.Time

	mu      sync.Mutex // protects all following fields
	checked time.Time  // zero: never yet
	foreign error      // what the last check said
	look    *spaceLook // under way, nil if none
}

// spaceLook is one look at a space; err is there once done is closed.
type spaceLook struct {
	done chan struct{}
	err  error
}

// Embed implements [retrieval.Embedder].
func (o *ownSpace) Embed(ctx context.Context, kind retrieval.InputType, texts []string) ([][]float32, error) {
	if err := o.verify(ctx); err != nil {
		return nil, err
	}
	vectors, err := o.Embedder.Embed(ctx, kind, texts)
	if err != nil {
		return nil, fmt.Errorf("embed: %w", err)
	}
	return vectors, nil
}

// verify waits for the first look at the space; later ones are taken beside what goes
// on, by the verdict of the one before.
func (o *ownSpace) verify(ctx context.Context) error {
	o.mu.Lock()
	known := !o.checked.IsZero()
	if known && o.now().Sub(o.checked) < probeEvery {
		defer o.mu.Unlock()
		return o.foreign
	}
	if o.look == nil {
		o.look = &spaceLook{done: make(chan struct{})}
		go o.probe(context.WithoutCancel(ctx), o.look)
	}
	look, before := o.look, o.foreign
	o.mu.Unlock()
	if known {
		return before
	}
	select {
	case <-look.done:
		return look.err
	case <-ctx.Done():
		return fmt.Errorf("check embedding space: %w", context.Cause(ctx))
	}
}

// probe looks at the space once. What cannot be checked now, because the database is
// away, is checked with the next text: what needs the database fails by itself.
func (o *ownSpace) probe(ctx context.Context, look *spaceLook) {
	ctx, cancel := context.WithTimeoutCause(ctx, probeTimeout, errors.New("look at the embedding space timed out"))
	defer cancel()
	vectors, err := o.Embedder.Embed(ctx, retrieval.InputQuery, []string{probeText})
	var verdict error
	if err == nil && len(vectors) == 1 {
		verdict = o.check(ctx, o.Space(), vectors[0])
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	defer close(look.done)
	o.look = nil
	switch {
	case err != nil:
		look.err = fmt.Errorf("embed probe: %w", err)
	case verdict == nil || frontdesk.CodeOf(verdict) == store.CodeForeignSpace:
		o.checked, o.foreign, look.err = o.now(), verdict, verdict
	}
}

// tellForeignSpace writes a line when the embedding server is another than the one that
// the stored vectors came from.
func (w *parts) tellForeignSpace(ctx context.Context) {
	if w.embedder == nil {
		return
	}
	_, err := w.embedder.Embed(ctx, retrieval.InputQuery, []string{probeText})
	if frontdesk.CodeOf(err) == store.CodeForeignSpace {
		w.log.ErrorContext(ctx, "embedding server is another one, answers are found by words alone", "model", w.embedder.Space().Model)
	}
}
