package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"frontdesk/guardrails"
)

func softmax(x []float64) {
	top, sum := x[0], 0.0
	for _, v := range x {
		top = max(top, v)
	}
	for i := range x {
		x[i] = math.Exp(x[i] - top)
		sum += x[i]
	}
	for i := range x {
		x[i] /= sum
	}
}

// inBytes returns weights in 8 bits, with the scale of each class.
func inBytes(w []float32, n int) (raw []byte, scale []float64) {
	scale = make([]float64, n)
	for i, x := range w {
		scale[i%n] = math.Max(scale[i%n], math.Abs(float64(x))/127)
	}
	raw = make([]byte, len(w))
	for i, x := range w {
		if s := scale[i%n]; s > 0 {
			raw[i] = byte(int8(math.Round(float64(x) / s)))
		}
	}
	return raw, scale
}

// write stores a card and the bytes that belong to it.
func write(dir, name string, card guardrails.Card, raw []byte) error {
	text, err := json.MarshalIndent(card, "", " ")
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	base := filepath.Join(dir, "learned", name)
	if err := os.WriteFile(base+".json", append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if err := os.WriteFile(base+".bin", raw, 0o644); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}
