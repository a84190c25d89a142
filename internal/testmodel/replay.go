package testmodel

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"

	"frontdesk/agent"
)

// Recorded is one answer of a cassette: what a model said to prompts of that
// name whose user part contains every string of Asked.
type Recorded struct {
	Prompt string          `json:"prompt"`
	Asked  []string        `json:"asked,omitempty"`
	Answer json.RawMessage `json:"answer"`
}

// Replay is an [agent.Model] that gives recorded answers. It is safe for
// concurrent use.
type Replay struct {
	recorded []Recorded

	mu    sync.Mutex // protects all following fields
	asked []agent.Prompt
}

var _ agent.Model = (*Replay)(nil)

// NewReplay returns a model that gives the first recorded answer that fits a prompt.
func NewReplay(recorded ...Recorded) *Replay { return &Replay{recorded: recorded} }

// LoadReplay reads a cassette: JSON lines of [Recorded].
func LoadReplay(path string) (*Replay, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read cassette: %w", err)
	}
	replay := &Replay{}
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		if strings.TrimSpace(line) == "" {
			continue
		}
		var r Recorded
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			return nil, fmt.Errorf("read cassette %s, line %d: %w", path, number, err)
		}
		replay.recorded = append(replay.recorded, r)
	}
	return replay, nil
}

// Generate returns the recorded answer to a prompt, and an error where there is
// none: a test never gets an answer that nobody recorded.
func (r *Replay) Generate(ctx context.Context, prompt agent.Prompt) (agent.Completion, error) {
	if err := ctx.Err(); err != nil {
		return agent.Completion{}, fmt.Errorf("replay: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, prompt)
	for _, recorded := range r.recorded {
		if recorded.fits(prompt) {
			return agent.Completion{
				JSON: recorded.Answer, Model: "replay", TokensIn: len(prompt.System+prompt.User) / 4, TokensOut: len(recorded.Answer) / 4,
			}, nil
		}
	}
	return agent.Completion{}, fmt.Errorf("replay: no answer recorded for this prompt %q", prompt.Name)
}

func (r Recorded) fits(prompt agent.Prompt) bool {
	if r.Prompt != prompt.Name {
		return false
	}
	for _, part := range r.Asked {
		if !strings.Contains(prompt.User, part) {
			return false
		}
	}
	return true
}

// Asked returns the prompts so far, oldest first.
func (r *Replay) Asked() []agent.Prompt {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]agent.Prompt(nil), r.asked...)
}
