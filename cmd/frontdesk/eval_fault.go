package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"frontdesk"
	"frontdesk/agent"
	"frontdesk/eval"
	"frontdesk/guardrails"
	"frontdesk/retrieval"
)

// slowEmbedding is how long slow embeddings take: longer than any turn waits.
const slowEmbedding = 20 * time.Second

// faultsKey is the context's key of the parts that are broken for a turn, so that
// turns that run side by side break nothing for each other.
type faultsKey struct{}

// withFaults breaks parts for what runs with the context.
func withFaults(ctx context.Context, faults []eval.Fault) context.Context {
	if len(faults) == 0 {
		return ctx
	}
	return context.WithValue(ctx, faultsKey{}, faults)
}

// errBroken is what a part that is broken on purpose says.
var errBroken = errors.New("broken on purpose")

// brokenPart returns an error where a part is broken for this turn.
func brokenPart(ctx context.Context, fault eval.Fault) error {
	faults, _ := ctx.Value(faultsKey{}).([]eval.Fault)
	if slices.Contains(faults, fault) {
		return fmt.Errorf("%s: %w", fault, errBroken)
	}
	return nil
}

// breakableEmbedder is an embedder that a turn may find down or slow.
type breakableEmbedder struct{ retrieval.Embedder }

// Embed implements [retrieval.Embedder].
func (b breakableEmbedder) Embed(ctx context.Context, kind retrieval.InputType, texts []string) ([][]float32, error) {
	if err := brokenPart(ctx, eval.FaultEmbeddingsDown); err != nil {
		return nil, err
	}
	if brokenPart(ctx, eval.FaultEmbeddingsSlow) != nil {
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(slowEmbedding):
		}
	}
	return b.Embedder.Embed(ctx, kind, texts)
}

// breakableVector is the screens' vector, which a turn may not get. They do not
// wait for a slow one.
type breakableVector struct{ guardrails.Classifier }

// Vector implements [guardrails.Classifier].
func (b breakableVector) Vector(ctx context.Context, text string) ([]float32, error) {
	if err := errors.Join(brokenPart(ctx, eval.FaultEmbeddingsDown), brokenPart(ctx, eval.FaultEmbeddingsSlow)); err != nil {
		return nil, err
	}
	return b.Classifier.Vector(ctx, text)
}

// breakableIndex is an index that a turn may find away.
type breakableIndex struct{ retrieval.Index }

// Search implements [retrieval.Index].
func (b breakableIndex) Search(ctx context.Context, scope retrieval.Scope, query retrieval.Query) ([]retrieval.Candidate, error) {
	if err := brokenPart(ctx, eval.FaultDatabaseAway); err != nil {
		return nil, err
	}
	return b.Index.Search(ctx, scope, query)
}

// breakableKnowledge is a store of facts that a turn may find away.
type breakableKnowledge struct{ agent.Knowledge }

// Profile implements [agent.Knowledge].
func (b breakableKnowledge) Profile(ctx context.Context, clinic frontdesk.Clinic, at time.Time) (frontdesk.Profile, error) {
	if err := brokenPart(ctx, eval.FaultDatabaseAway); err != nil {
		return frontdesk.Profile{}, err
	}
	return b.Knowledge.Profile(ctx, clinic, at)
}

// Notices implements [agent.Knowledge].
func (b breakableKnowledge) Notices(ctx context.Context, clinic frontdesk.Clinic, at time.Time) ([]frontdesk.Notice, error) {
	if err := brokenPart(ctx, eval.FaultDatabaseAway); err != nil {
		return nil, err
	}
	notices, err := b.Knowledge.Notices(ctx, clinic, at)
	if text := givenNotice(ctx); text != "" && err == nil {
		notices = append([]frontdesk.Notice{{Text: text}}, notices...)
	}
	return notices, err
}

// Departments implements [agent.Knowledge].
func (b breakableKnowledge) Departments(ctx context.Context, clinic frontdesk.Clinic, at time.Time) (frontdesk.Departments, error) {
	if err := brokenPart(ctx, eval.FaultDatabaseAway); err != nil {
		return frontdesk.Departments{}, err
	}
	return b.Knowledge.Departments(ctx, clinic, at)
}

// breakableModel is a model that a turn may find down.
type breakableModel struct{ agent.Model }

// Generate implements [agent.Model].
func (b breakableModel) Generate(ctx context.Context, prompt agent.Prompt) (agent.Completion, error) {
	if err := brokenPart(ctx, eval.FaultModelDown); err != nil {
		return agent.Completion{}, err
	}
	return b.Model.Generate(ctx, prompt)
}
