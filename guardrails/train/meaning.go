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
	"math/rand"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"frontdesk"
	"frontdesk/guardrails"
)

// Settings of the embedding layer.
const (
	meaningEpochs = 25
	meaningRate   = 0.5
	meaningDecay  = 1e-5
	batch         = 32
	meaningFloor  = 0.87 // what two layers agree on needs less
	embedTimeout  = 60 * time.Second
)

// softMeaning is a softmax over centred vectors.
type softMeaning struct {
	classes []frontdesk.Label
	mean    []float64
	w, g    []float32 // dimension-major
	bias    []float64
}

// trainMeaning sets thresholds with weights learned without the phrases held out,
// then learns from all and writes. It learns from phrases as they were written:
// the variants of a phrase lie close to it. views are what the word weights
// think of those held out.
func trainMeaning(ctx context.Context, dir, url, space, cache string, examples []example, views wordViews, sum, made string) error {
	var plain []example
	var seen wordViews
	for i, e := range examples {
		if e.variant == 0 {
			plain, seen = append(plain, e), append(seen, views[i])
		}
	}
	vectors, err := embedAll(ctx, url, space, cache, plain)
	if err != nil {
		return err
	}
	classes := classesOf(examples)
	keep := func(e example) bool { return !e.heldOut }
	m := learnMeaning(plain, vectors, classes, keep)
	var held, alone []judged
	for i, e := range plain {
		if !e.heldOut {
			continue
		}
		p := m.probabilities(vectors[i])
		alone = append(alone, judged{e, named(classes, p)})
		both := make([]float64, len(p))
		for c := range p {
			both[c] = guardrails.Both(seen[i][c], p[c])
		}
		held = append(held, judged{e, named(classes, both)})
	}
	setThresholds("meaning alone", meaningFloor, alone)
	at := setThresholds("words and meaning", meaningFloor, held)
	m = learnMeaning(plain, vectors, classes, func(example) bool { return true })
	return write(dir, "meaning", guardrails.Card{Made: made, From: sum, Examples: len(plain), Seed: seed, Space: space,
		Classes: classes, Width: len(m.mean), Bias: m.bias, Mean: m.mean, At: at}, m.w)
}

// learnMeaning trains on the examples to keep by AdaGrad.
func learnMeaning(examples []example, vectors [][]float32, classes []frontdesk.Label, keep func(example) bool) *softMeaning {
	d, n := len(vectors[0]), len(classes)
	m := &softMeaning{classes, make([]float64, d), make([]float32, d*n), make([]float32, d*n), make([]float64, n)}
	var order []int
	for i, e := range examples {
		if keep(e) {
			order = append(order, i)
		}
	}
	for _, k := range order {
		for i, x := range vectors[k] {
			m.mean[i] += float64(x) / float64(len(order))
		}
	}
	index, balance := indexOf(classes), weightsOf(examples, classes)
	rng := rand.New(rand.NewSource(seed))
	for range meaningEpochs {
		rng.Shuffle(len(order), func(a, b int) { order[a], order[b] = order[b], order[a] })
		for _, k := range order {
			class := index[examples[k].label]
			m.step(vectors[k], class, balance[class])
		}
	}
	return m
}

func (m *softMeaning) probabilities(v []float32) []float64 {
	n := len(m.classes)
	p := slices.Clone(m.bias)
	for i, x := range v {
		x -= float32(m.mean[i])
		for c, w := range m.w[i*n : i*n+n] {
			p[c] += float64(x * w)
		}
	}
	softmax(p)
	return p
}

func (m *softMeaning) step(v []float32, class int, weight float64) {
	n := len(m.classes)
	for c, diff := range m.probabilities(v) {
		if c == class {
			diff--
		}
		if diff *= weight; math.Abs(diff) < 1e-3 {
			continue
		}
		m.bias[c] -= 0.01 * diff
		for i, x := range v {
			j := i*n + c
			grad := float32(diff)*(x-float32(m.mean[i])) + meaningDecay*m.w[j]
			m.g[j] += grad * grad
			m.w[j] -= meaningRate * grad / (0.05 + float32(math.Sqrt(float64(m.g[j]))))
		}
	}
}

// embedAll returns a unit vector for each example. What was embedded before is
// read from the folder cache, where that is not "".
func embedAll(ctx context.Context, url, space, cache string, examples []example) ([][]float32, error) {
	client := &http.Client{Timeout: embedTimeout}
	out := make([][]float32, len(examples))
	var missing []int
	for i, e := range examples {
		if out[i] = readVector(cache, space, e.text); out[i] == nil {
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
		vectors, err := embed(ctx, client, url, texts)
		if err != nil {
			return nil, fmt.Errorf("embed: %w", err)
		}
		for k, i := range part {
			out[i] = vectors[k]
			if err := keepVector(cache, space, examples[i].text, vectors[k]); err != nil {
				return nil, fmt.Errorf("embed: %w", err)
			}
		}
	}
	return out, nil
}

func cachePath(cache, space, text string) string {
	sum := sha256.Sum256([]byte(space + "\x00" + text))
	return filepath.Join(cache, hex.EncodeToString(sum[:12]))
}

// readVector returns a vector from the cache, nil when it is not there.
func readVector(cache, space, text string) []float32 {
	if cache == "" {
		return nil
	}
	raw, err := os.ReadFile(cachePath(cache, space, text))
	if err != nil || len(raw) == 0 || len(raw)%4 != 0 {
		return nil
	}
	out := make([]float32, len(raw)/4)
	if _, err := binary.Decode(raw, binary.LittleEndian, out); err != nil {
		return nil
	}
	return out
}

func keepVector(cache, space, text string, v []float32) error {
	if cache == "" {
		return nil
	}
	raw, err := binary.Append(nil, binary.LittleEndian, v)
	if err != nil {
		return err
	}
	return os.WriteFile(cachePath(cache, space, text), raw, 0o600)
}

func embed(ctx context.Context, client *http.Client, url string, texts []string) ([][]float32, error) {
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
