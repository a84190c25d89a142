package guardrails

import "math"

// embedding is a softmax over the vectors of one embedding space.
type embedding struct {
	card    Card
	weights []int8 // dimension-major
}

// nearMean is the least cosine between a vector and the mean of those learned
// from. E5-like spaces lie within a narrow cone; a vector far outside comes from
// another model or a broken server and is ignored.
const nearMean = 0.6

func loadEmbedding() (*embedding, error) {
	card, weights, err := loadWeights("meaning")
	if err != nil || card == nil {
		return nil, err
	}
	return &embedding{*card, weights}, nil
}

// probabilities returns the classes of a vector, nil when it is not one of this space.
func (e *embedding) probabilities(vector []float32) probabilities {
	if len(vector) != e.card.Width || len(e.card.Mean) != e.card.Width {
		return nil
	}
	var dot, length, mean float64
	for i, x := range vector {
		dot += float64(x) * e.card.Mean[i]
		length += float64(x) * float64(x)
		mean += e.card.Mean[i] * e.card.Mean[i]
	}
	cos := dot / math.Sqrt(length*mean)
	if !(cos >= nearMean) {
		return nil
	}
	length = math.Sqrt(length)
	n := len(e.card.Classes)
	logits := make([]float64, n)
	copy(logits, e.card.Bias)
	for i, x := range vector {
		v := float64(x)/length - e.card.Mean[i]
		row := e.weights[i*n : i*n+n]
		for c, w := range row {
			logits[c] += v * float64(w) * e.card.Scale[c]
		}
	}
	return softmax(e.card.Classes, logits)
}
