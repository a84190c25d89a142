package agent

import (
	"context"
	"encoding/json"

	"frontdesk"
)

// Model writes JSON to a prompt. It is the only way by which a language model
// takes part in a turn, and what it returns is a proposal: code decides. Generate
// returns an error when the model is away, too slow, over its clinic's cap, or
// when its output is no JSON of the schema after one repair.
type Model interface {
	Generate(ctx context.Context, prompt Prompt) (Completion, error)
}

// Prompt is what a model is asked. Identifiers are already tokens in it.
type Prompt struct {
	Clinic    frontdesk.ClinicID // whose account pays
	Name      string             // of the prompt, for traces and metrics: "understand", "compose"
	System    string
	User      string
	Schema    json.RawMessage // JSON Schema of the wanted object
	MaxTokens int
}

// Completion is what a model returned: an object that fits the prompt's schema.
type Completion struct {
	JSON      json.RawMessage
	Model     string
	TokensIn  int
	TokensOut int
	Cost      float64
}
