package main

import (
	"context"
	"encoding/json"
	"fmt"

	"frontdesk/agent"
)

// givenKey is the context's key of what a case gives the product for one turn.
type givenKey struct{}

// given is what a case brings along: a notice in force, and what a language model
// proposes.
type given struct {
	notice string
	model  []string
}

// withGiven gives parts of the product what a case brings along.
func withGiven(ctx context.Context, notice string, model []string) context.Context {
	return context.WithValue(ctx, givenKey{}, given{notice, model})
}

func givenNotice(ctx context.Context) string {
	g, _ := ctx.Value(givenKey{}).(given)
	return g.notice
}

// givenModel is a language model that proposes what the case of a turn says it
// does, resting on all passages that it was shown.
type givenModel struct{}

// Generate implements [agent.Model].
func (givenModel) Generate(ctx context.Context, prompt agent.Prompt) (agent.Completion, error) {
	g, _ := ctx.Value(givenKey{}).(given)
	type sentence struct {
		Text     string `json:"text"`
		Passages []int  `json:"passages"`
	}
	var answer any = map[string][]string{"questions": {}}
	if prompt.Name == "compose" {
		sentences := []sentence{}
		for _, text := range g.model {
			sentences = append(sentences, sentence{text, []int{1, 2, 3, 4, 5, 6, 7, 8}})
		}
		answer = map[string][]sentence{"sentences": sentences}
	}
	raw, err := json.Marshal(answer)
	if err != nil {
		return agent.Completion{}, fmt.Errorf("given model: %w", err)
	}
	return agent.Completion{JSON: raw, Model: "given"}, nil
}
