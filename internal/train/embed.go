package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"time"

	"frontdesk/retrieval"
)

// embedTimeout bounds one call of the embeddings service.
const embedTimeout = 2 * time.Minute

// embedder asks an OpenAI-compatible service and remembers what it said.
type embedder struct {
	url, file string
	client    *http.Client
	known     map[string][]float32
}

func newEmbedder(url, file string) (*embedder, error) {
	e := &embedder{url: url, file: file, client: &http.Client{Timeout: embedTimeout}, known: map[string][]float32{}}
	if file == "" {
		return e, nil
	}
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return e, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read vectors: %w", err)
	}
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&e.known); err != nil {
		return nil, fmt.Errorf("read vectors: %w", err)
	}
	return e, nil
}

func (e *embedder) save() error {
	if e.file == "" {
		return nil
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(e.known); err != nil {
		return fmt.Errorf("keep vectors: %w", err)
	}
	if err := os.WriteFile(e.file, b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("keep vectors: %w", err)
	}
	return nil
}

// Space names the service's space; one run uses one service.
func (e *embedder) Space() retrieval.Space { return retrieval.Space{Model: e.url} }

// Embed implements retrieval.Embedder.
func (e *embedder) Embed(ctx context.Context, kind retrieval.InputType, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, text := range texts {
		sum := sha256.Sum256([]byte(string(kind) + "\n" + text))
		key := string(sum[:])
		if e.known[key] == nil {
			v, err := e.ask(ctx, kind, text)
			if err != nil {
				return nil, err
			}
			e.known[key] = v
		}
		out[i] = e.known[key]
	}
	return out, nil
}

func (e *embedder) ask(ctx context.Context, kind retrieval.InputType, text string) ([]float32, error) {
	body, err := json.Marshal(map[string]any{"input": []string{text}, "input_type": kind, "model": "default"})
	if err != nil {
		return nil, fmt.Errorf("embed: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("embed: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := e.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("embed: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		Data []struct{ Embedding []float32 }
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return nil, fmt.Errorf("embed: status %d: %w", response.StatusCode, err)
	}
	if len(answer.Data) != 1 {
		return nil, fmt.Errorf("embed: status %d, %d vectors for one text", response.StatusCode, len(answer.Data))
	}
	return answer.Data[0].Embedding, nil
}
