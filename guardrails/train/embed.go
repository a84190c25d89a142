package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

const (
	batch        = 32 // texts of one call
	embedTimeout = 60 * time.Second
)

// embedder asks an embedding server and keeps what it said in the folder cache,
// where that is not "".
type embedder struct {
	url, space, cache string
}

// all returns a unit vector for each example.
func (e *embedder) all(ctx context.Context, examples []example) ([][]float32, error) {
	client := &http.Client{Timeout: embedTimeout}
	out := make([][]float32, len(examples))
	var missing []int
	for i, ex := range examples {
		if out[i] = e.read(ex.text); out[i] == nil {
			missing = append(missing, i)
		}
	}
	slog.Info("embed", "cached", len(examples)-len(missing), "missing", len(missing))
	for at := 0; at < len(missing); at += batch {
		part := missing[at:min(len(missing), at+batch)]
		texts := make([]string, len(part))
		for k, i := range part {
			texts[k] = examples[i].text
		}
		vectors, err := ask(ctx, client, e.url, texts)
		if err != nil {
			return nil, fmt.Errorf("embed: %w", err)
		}
		for k, i := range part {
			out[i] = vectors[k]
			if err := e.keep(examples[i].text, vectors[k]); err != nil {
				return nil, fmt.Errorf("embed: %w", err)
			}
		}
	}
	return out, nil
}

func (e *embedder) path(text string) string {
	sum := sha256.Sum256([]byte(e.space + "\x00" + text))
	return filepath.Join(e.cache, hex.EncodeToString(sum[:12]))
}

// read returns a vector from the cache, nil when it is not there.
func (e *embedder) read(text string) []float32 {
	if e.cache == "" {
		return nil
	}
	raw, err := os.ReadFile(e.path(text))
	if err != nil || len(raw) == 0 || len(raw)%4 != 0 {
		return nil
	}
	out := make([]float32, len(raw)/4)
	if _, err := binary.Decode(raw, binary.LittleEndian, out); err != nil {
		return nil
	}
	return out
}

func (e *embedder) keep(text string, v []float32) error {
	if e.cache == "" {
		return nil
	}
	raw, err := binary.Append(nil, binary.LittleEndian, v)
	if err != nil {
		return err
	}
	return os.WriteFile(e.path(text), raw, 0o600)
}

// ask returns the unit vectors of some texts.
func ask(ctx context.Context, client *http.Client, url string, texts []string) ([][]float32, error) {
	body, err := json.Marshal(map[string]any{"input": texts, "input_type": "query", "model": "default"})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var answer struct {
		Data []struct {
			Embedding []float32 `json:"embedding"`
		} `json:"data"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return nil, err
	}
	if len(answer.Data) != len(texts) {
		return nil, errors.New("not one vector a text")
	}
	out := make([][]float32, len(texts))
	for i, d := range answer.Data {
		var sum float64
		for _, x := range d.Embedding {
			sum += float64(x) * float64(x)
		}
		for k := range d.Embedding {
			d.Embedding[k] /= float32(math.Sqrt(sum))
		}
		out[i] = d.Embedding
	}
	return out, nil
}
