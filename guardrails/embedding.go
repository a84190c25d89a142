package guardrails

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// embedding is a small network over the vectors of one embedding space.
type embedding struct {
	card    Card
	network Network
}

// nearMean is the least cosine between a vector and the mean of those learned
// from. E5-like spaces lie within a narrow cone; a vector far outside comes from
// another model or a broken server and is ignored.
const nearMean = 0.6

func loadEmbedding() (*embedding, error) {
	card, err := loadCard("meaning")
	if err != nil || card == nil {
		return nil, err
	}
	raw, err := learnedFiles.ReadFile("learned/meaning.bin")
	if err != nil {
		return nil, fmt.Errorf("weights: %w", err)
	}
	e := &embedding{card: *card}
	if err := e.network.UnmarshalBinary(raw); err != nil {
		return nil, fmt.Errorf("weights: meaning: %w", err)
	}
	if e.network.Inputs != card.Width || e.network.Outputs != len(card.Classes) || len(card.Mean) != card.Width {
		return nil, errors.New("weights: meaning: sizes disagree")
	}
	return e, nil
}

// probabilities returns the classes of a vector, nil when it is not one of this space.
func (e *embedding) probabilities(vector []float32) probabilities {
	if len(vector) != e.card.Width {
		return nil
	}
	var dot, length, mean float64
	for i, x := range vector {
		dot += float64(x) * e.card.Mean[i]
		length += float64(x) * float64(x)
		mean += e.card.Mean[i] * e.card.Mean[i]
	}
	if cos := dot / math.Sqrt(length*mean); !(cos >= nearMean) {
		return nil
	}
	return softmax(e.card.Classes, e.network.Logits(Centred(vector, e.card.Mean, math.Sqrt(length)), nil))
}

// Centred returns what a [Network] reads: the vector at length one, less the mean
// of those learned from, at a spread of about one.
func Centred(vector []float32, mean []float64, length float64) []float32 {
	spread := math.Sqrt(float64(len(vector)))
	out := make([]float32, len(vector))
	for i, x := range vector {
		out[i] = float32((float64(x)/length - mean[i]) * spread)
	}
	return out
}

// Network is one layer of rectified units beside a straight way from inputs to
// outputs. The trainer changes its weights in place.
type Network struct {
	Inputs, Units, Outputs int
	In                     []float32 // Inputs rows of one weight a unit
	InBias                 []float32
	Out                    []float32 // Units rows of one weight an output
	Straight               []float32 // Inputs rows of one weight an output
	Bias                   []float32
}

// NewNetwork returns a network whose weights are all zero.
func NewNetwork(inputs, units, outputs int) Network {
	return Network{inputs, units, outputs, make([]float32, inputs*units), make([]float32, units),
		make([]float32, units*outputs), make([]float32, inputs*outputs), make([]float32, outputs)}
}

// Parts returns all weights, in the order in which they are stored.
func (n *Network) Parts() [][]float32 {
	return [][]float32{n.In, n.InBias, n.Out, n.Straight, n.Bias}
}

// Logits returns the outputs for centred inputs. Where units is not nil, it
// receives what the hidden layer gave; keep, where set, may change it on the way.
func (n *Network) Logits(inputs []float32, keep func(units []float32)) []float64 {
	units := make([]float32, n.Units)
	copy(units, n.InBias)
	sums := make([]float32, n.Outputs)
	copy(sums, n.Bias)
	for i, x := range inputs {
		accumulate(units, n.In[i*n.Units:(i+1)*n.Units], x)
		accumulate(sums, n.Straight[i*n.Outputs:(i+1)*n.Outputs], x)
	}
	for u := range units {
		units[u] = max(0, units[u])
	}
	if keep != nil {
		keep(units)
	}
	for u, x := range units {
		if x != 0 {
			accumulate(sums, n.Out[u*n.Outputs:(u+1)*n.Outputs], x)
		}
	}
	logits := make([]float64, n.Outputs)
	for c, x := range sums {
		logits[c] = float64(x)
	}
	return logits
}

// accumulate adds row times by to sum.
func accumulate(sum, row []float32, by float32) {
	for k, w := range row {
		sum[k] += w * by
	}
}

// MarshalBinary writes the sizes and then all weights.
func (n *Network) MarshalBinary() ([]byte, error) {
	raw, err := binary.Append(nil, binary.LittleEndian, []uint32{uint32(n.Inputs), uint32(n.Units), uint32(n.Outputs)})
	if err != nil {
		return nil, err
	}
	for _, part := range n.Parts() {
		if raw, err = binary.Append(raw, binary.LittleEndian, part); err != nil {
			return nil, err
		}
	}
	return raw, nil
}

// largestSide bounds the sizes that a file may claim.
const largestSide = 1 << 14

// UnmarshalBinary reads what [Network.MarshalBinary] wrote.
func (n *Network) UnmarshalBinary(raw []byte) error {
	var sizes [3]uint32
	at, err := binary.Decode(raw, binary.LittleEndian, &sizes)
	if err != nil {
		return fmt.Errorf("network: %w", err)
	}
	for _, s := range sizes {
		if s == 0 || s > largestSide {
			return errors.New("network: sizes out of range")
		}
	}
	*n = NewNetwork(int(sizes[0]), int(sizes[1]), int(sizes[2]))
	for _, part := range n.Parts() {
		k, err := binary.Decode(raw[at:], binary.LittleEndian, part)
		if err != nil {
			return fmt.Errorf("network: %w", err)
		}
		at += k
	}
	if at != len(raw) {
		return errors.New("network: sizes disagree")
	}
	return nil
}
