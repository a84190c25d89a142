package guardrails

import (
	"bytes"
	"embed"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"

	"frontdesk"
)

//go:embed learned
var learnedFiles embed.FS

// probabilities holds one value a class, summing to one.
type probabilities map[frontdesk.Label]float64

// Card says what a file of weights was learned from, and when.
type Card struct {
	Made     string            `json:"made"`     // date
	From     string            `json:"from"`     // hash of the examples
	Examples int               `json:"examples"` // how many, after expansion
	Seed     int64             `json:"seed"`
	Space    string            `json:"space,omitempty"` // of the embeddings
	Classes  []frontdesk.Label `json:"classes"`
	Width    int               `json:"width"` // features or dimensions
	Scale    []float64         `json:"scale"` // of each class's 8-bit weights
	Bias     []float64         `json:"bias"`
	At       Thresholds        `json:"at"`             // set on the phrases held out
	Mean     []float64         `json:"mean,omitempty"` // of the embeddings
}

// linear is a softmax over hashed word and letter n-grams.
type linear struct {
	card    Card
	weights []int8 // feature-major: Width rows of one weight a class
}

func loadLinear() (*linear, error) {
	card, weights, err := loadWeights("words")
	if err != nil || card == nil {
		return nil, err
	}
	return &linear{*card, weights}, nil
}

// loadWeights reads a card and its weights; both nil when there is none yet.
func loadWeights(name string) (*Card, []int8, error) {
	raw, err := learnedFiles.ReadFile("learned/" + name + ".json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("weights: %w", err)
	}
	var card Card
	if err := json.Unmarshal(raw, &card); err != nil {
		return nil, nil, fmt.Errorf("weights: %s: %w", name, err)
	}
	raw, err = learnedFiles.ReadFile("learned/" + name + ".bin")
	if err != nil {
		return nil, nil, fmt.Errorf("weights: %w", err)
	}
	n := len(card.Classes)
	if n == 0 || len(raw) != n*card.Width || len(card.Scale) != n || len(card.Bias) != n {
		return nil, nil, fmt.Errorf("weights: %s: sizes disagree", name)
	}
	weights := make([]int8, len(raw))
	if err := binary.Read(bytes.NewReader(raw), binary.LittleEndian, weights); err != nil {
		return nil, nil, fmt.Errorf("weights: %s: %w", name, err)
	}
	return &card, weights, nil
}

func (l *linear) probabilities(p *prepared, s signs) probabilities {
	features := features(p, s, l.card.Width)
	if len(features) == 0 {
		return nil
	}
	n := len(l.card.Classes)
	sums := make([]int32, n)
	for _, f := range features {
		row := l.weights[int(f)*n : int(f)*n+n]
		for c, w := range row {
			sums[c] += int32(w)
		}
	}
	norm := 1 / math.Sqrt(float64(len(features)))
	logits := make([]float64, n)
	for c := range logits {
		logits[c] = l.card.Bias[c] + float64(sums[c])*l.card.Scale[c]*norm
	}
	return softmax(l.card.Classes, logits)
}

func softmax(classes []frontdesk.Label, logits []float64) probabilities {
	top, sum := slices.Max(logits), 0.0
	for i, x := range logits {
		logits[i] = math.Exp(x - top)
		sum += logits[i]
	}
	out := make(probabilities, len(classes))
	for i, c := range classes {
		out[c] = logits[i] / sum
	}
	return out
}

// Features returns the hashed features of a text, sorted, each once; it is what
// the trainer learns on.
func Features(text string, width int) []uint32 {
	return features(prepare(text), signsOf(text), width)
}

// maxFeatureWords bounds the words that the word weights read.
const maxFeatureWords = 400

func features(p *prepared, s signs, width int) []uint32 {
	words := p.words[:min(len(p.words), maxFeatureWords)]
	out := make([]uint32, 0, 16*len(words)+8)
	var h hasher
	put := func() { out = append(out, uint32(h)%uint32(width)) }
	for i, w := range words {
		f := w.forms[0]
		h = seed('w').add(f)
		put()
		if i > 0 {
			h = seed('b').add(words[i-1].forms[0]).add(" ").add(f)
			put()
		}
		r := []rune("^" + f + "$")
		for n := 3; n <= 5; n++ {
			for k := 0; k+n <= len(r); k++ {
				h = seed(byte('0' + n)).add(string(r[k : k+n]))
				put()
			}
		}
	}
	for _, sign := range s.names() {
		h = seed('s').add(sign)
		put()
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// hasher is FNV-1a.
type hasher uint32

func seed(kind byte) hasher { return (hasher(2166136261) ^ hasher(kind)) * 16777619 }

func (h hasher) add(s string) hasher {
	for i := 0; i < len(s); i++ {
		h = (h ^ hasher(s[i])) * 16777619
	}
	return h
}
