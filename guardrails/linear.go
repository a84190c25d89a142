package guardrails

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"unicode/utf8"

	"frontdesk"
)

//go:embed learned
var learnedFiles embed.FS

// learnedWords are the weights of words where the program holds them, not a copy.
//
//go:embed learned/words.bin
var learnedWords string

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
	Width    int               `json:"width"`           // features or dimensions
	Scale    []float64         `json:"scale,omitempty"` // of each class's 8-bit weights
	Bias     []float64         `json:"bias,omitempty"`
	At       Thresholds        `json:"at"` // set on the phrases held out
	AgreedAt Thresholds        `json:"agreed_at,omitempty"`
	Mean     []float64         `json:"mean,omitempty"` // of the embeddings
}

// linear is a softmax over hashed word and letter n-grams, weighed by how rare
// they are. A row of the table is claimed by one n-gram, known by its check, so
// that an n-gram never seen counts for nothing.
type linear struct {
	card    Card
	checks  string // one byte a row
	rarity  string // likewise
	weights string // feature-major: Width rows of one signed weight a class
}

func loadLinear() (*linear, error) {
	card, err := loadCard("words")
	if err != nil || card == nil {
		return nil, err
	}
	raw := learnedWords
	n, w := len(card.Classes), card.Width
	if n == 0 || w <= 0 || len(raw) != (n+2)*w || len(card.Scale) != n || len(card.Bias) != n {
		return nil, errors.New("weights: words: sizes disagree")
	}
	return &linear{*card, raw[:w], raw[w : 2*w], raw[2*w:]}, nil
}

// loadCard reads the card of weights, nil when there is none yet.
func loadCard(name string) (*Card, error) {
	raw, err := learnedFiles.ReadFile("learned/" + name + ".json")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	var card Card
	if err := json.Unmarshal(raw, &card); err != nil {
		return nil, fmt.Errorf("weights: %s: %w", name, err)
	}
	return &card, nil
}

func (l *linear) probabilities(p *prepared, s signs) probabilities {
	n := len(l.card.Classes)
	var sums [Families][]int32
	var lengths [Families]float64
	for k := range sums {
		sums[k] = make([]int32, n)
	}
	eachFeature(p, s, func(k Family, h uint32) {
		row := int(h) % l.card.Width
		rarity := int32(l.rarity[row])
		if rarity == 0 || l.checks[row] != Check(h) {
			return
		}
		lengths[k] += float64(rarity * rarity)
		sum := sums[k]
		weights := l.weights[row*n : row*n+n]
		for c := range sum {
			sum[c] += rarity * int32(int8(weights[c]))
		}
	})
	logits := slices.Clone(l.card.Bias)
	any := false
	for k, sum := range sums {
		if lengths[k] == 0 {
			continue
		}
		any = true
		norm := 1 / math.Sqrt(lengths[k])
		for c, x := range sum {
			logits[c] += float64(x) * l.card.Scale[c] * norm
		}
	}
	if !any {
		return nil
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

// Family is a kind of feature. Each is brought to length one by itself, so that
// the many n-grams of letters do not drown the words.
type Family uint8

// The families of features.
const (
	FamilyWords Family = iota
	FamilyLetters
	Families // how many there are
)

// Feature is one n-gram of a text, hashed.
type Feature struct {
	Family Family
	Hash   uint32
}

// Features returns the features of a text, as often as they occur; it is what
// the trainer learns on.
func Features(text string) []Feature {
	var out []Feature
	eachFeature(prepare(text), signsOf(text), func(k Family, h uint32) { out = append(out, Feature{k, h}) })
	return out
}

// Check returns what tells two features of one row apart.
func Check(hash uint32) uint8 { return uint8(hash >> 24) }

// maxFeatureWords bounds the words that the word weights read, shortest and
// longest the n-grams of letters.
const (
	maxFeatureWords = 400
	shortest        = 2
	longest         = 5
)

// eachFeature calls put for words, pairs of words, threes of single letters (for
// scripts without spaces), n-grams of the letters of each word, and signs. Names of
// medicines and illnesses also count as any name of their kind, in pairs too.
func eachFeature(p *prepared, s signs, put func(Family, uint32)) {
	words := p.words[:min(len(p.words), maxFeatureWords)]
	var starts []int
	before, named := "", false
	for i, w := range words {
		f, any := w.forms[0], w.forms[0]
		put(FamilyWords, seed('w').add(f).mixed())
		if k := knownNames.of(w.raw); k != namesNothing {
			any = k.String()
			put(FamilyWords, seed('n').add(any).mixed())
		}
		if i > 0 {
			put(FamilyWords, seed('b').add(words[i-1].forms[0]).add(" ").add(f).mixed())
			if named || any != f {
				put(FamilyWords, seed('m').add(before).add(" ").add(any).mixed())
			}
		}
		before, named = any, any != f
		if i > 1 && len(f) > 1 && utf8.RuneCountInString(f) == 1 {
			put(FamilyWords, seed('t').add(words[i-2].forms[0]).add(words[i-1].forms[0]).add(f).mixed())
		}
		f = "^" + f + "$"
		starts = starts[:0]
		for at := range f {
			starts = append(starts, at)
		}
		starts = append(starts, len(f))
		for n := shortest; n <= longest; n++ {
			for k := 0; k+n < len(starts); k++ {
				put(FamilyLetters, seed(byte('0'+n)).add(f[starts[k]:starts[k+n]]).mixed())
			}
		}
	}
	for _, sign := range s.names() {
		put(FamilyWords, seed('s').add(sign).mixed())
	}
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

// mixed spreads what FNV leaves uneven over all bits: the low ones choose a row,
// the high ones are its check.
func (h hasher) mixed() uint32 {
	x := uint32(h)
	x ^= x >> 16
	x *= 0x85ebca6b
	x ^= x >> 13
	x *= 0xc2b2ae35
	return x ^ x>>16
}
