package testmodel

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"frontdesk/agent"
)

func TestReplayGivesTheFirstRecordedAnswerThatFits(t *testing.T) {
	t.Parallel()
	r := NewReplay(
		Recorded{Prompt: "compose", Asked: []string{"price", "radio"}, Answer: json.RawMessage(`{"n":1}`)},
		Recorded{Prompt: "compose", Answer: json.RawMessage(`{"n":2}`)},
	)
	for user, want := range map[string]string{"the price of a radio": `{"n":1}`, "the price": `{"n":2}`} {
		got, err := r.Generate(context.Background(), agent.Prompt{Name: "compose", User: user})
		if err != nil || string(got.JSON) != want {
			t.Errorf("%q: %s %v", user, got.JSON, err)
		}
	}
	if _, err := r.Generate(context.Background(), agent.Prompt{Name: "understand"}); err == nil {
		t.Error("an answer that nobody recorded")
	}
	if len(r.Asked()) != 3 {
		t.Errorf("%d prompts kept", len(r.Asked()))
	}
}

func TestCassettes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "c.jsonl")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("{\"prompt\":\"compose\",\"answer\":{\"a\":1}}\n\n")
	r, err := LoadReplay(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.Generate(context.Background(), agent.Prompt{Name: "compose"}); err != nil || string(got.JSON) != `{"a":1}` {
		t.Errorf("%s %v", got.JSON, err)
	}
	write("{\"prompt\":")
	if _, err := LoadReplay(path); err == nil {
		t.Error("a broken cassette was read")
	}
	if _, err := LoadReplay(path + ".none"); err == nil {
		t.Error("a missing cassette was read")
	}
}
