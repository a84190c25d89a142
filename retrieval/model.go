package retrieval

import (
	"encoding/json"
	"math"

	"frontdesk/language"
)

// model is the weights of the built-in ranking and of the answerability.
type model struct {
	rank      features
	answer    answerFeatures
	threshold float64
}

// ModelFile is data/model.json: weights by the names of features, and where they
// come from.
type ModelFile struct {
	Provenance Provenance         `json:"provenance"`
	Rank       map[string]float64 `json:"rank"`
	Answer     map[string]float64 `json:"answer"`
	Threshold  float64            `json:"threshold"`
}

// Provenance says how weights were made and how well they did on cases that were
// kept out of each fit.
type Provenance struct {
	Made       string  `json:"made"` // date
	Command    string  `json:"command"`
	Space      string  `json:"embedding_model"`
	Questions  int     `json:"questions"`
	Unanswered int     `json:"unanswerable"`
	FirstRight float64 `json:"first_span_right"`  // share of questions, held out by document
	ThreeRight float64 `json:"three_spans_right"` // share of questions, held out by document
	Kept       float64 `json:"answerable_kept"`   // share above the threshold
	Refused    float64 `json:"unanswerable_refused"`
}

// answerFeatures are what the probability of an answer is made of.
type answerFeatures [answerCount]float64

const (
	aBias = iota
	aCosine
	aMargin
	aCover
	aContext
	aMissingKnown
	aMissingOwn
	aMissingForeign
	aNowhere
	aKind
	aKindMissing
	aForeign
	aYesNo
	aScore
	answerCount
)

// answerNames are the features as the model file names them.
func answerNames() [answerCount]string {
	return [answerCount]string{"bias", "cosine", "margin", "cover", "context", "missing_known", "missing_own", "missing_foreign",
		"nowhere", "kind", "kind_missing", "foreign", "yes_no", "score"}
}

// loadModel reads data/model.json; features that it does not name weigh nothing.
func loadModel() model {
	var m model
	data, err := dataFiles.ReadFile("data/model.json")
	if err != nil {
		return m
	}
	var file ModelFile
	if err := json.Unmarshal(data, &file); err != nil {
		return m
	}
	for i, name := range featureNames() {
		m.rank[i] = file.Rank[name]
	}
	for i, name := range answerNames() {
		m.answer[i] = file.Answer[name]
	}
	m.threshold = file.Threshold
	return m
}

// answerable returns the probability that the first passages answer.
func (m model) answerable(r *ranker, ranked []Ranked) float64 {
	if len(ranked) == 0 || len(ranked[0].Spans) == 0 {
		return 0
	}
	return sigmoid(dotAnswer(m.answer, r.answerFeatures(ranked)))
}

func dotAnswer(a, b answerFeatures) float64 {
	sum := 0.0
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// answerFeatures measures the first span against the question and against the
// rest of what was found.
func (r *ranker) answerFeatures(ranked []Ranked) answerFeatures {
	var f answerFeatures
	top := ranked[0].Spans[0]
	f[aBias] = 1
	f[aCosine] = 10 * (top.features[fCosine] - 0.85)
	f[aMargin] = 10 * (top.features[fCosine] - r.meanCosine())
	f[aCover] = top.Covered
	f[aContext] = top.features[fContext]
	f[aKind] = top.features[fKind]
	f[aKindMissing] = top.features[fKindMissing]
	f[aScore] = ranked[0].Score
	if r.foreign {
		f[aForeign] = 1
	}
	if r.asked.Main == KindYesNo {
		f[aYesNo] = 1
	}
	r.measureMissing(&f, ranked[0])
	return f
}

// measureMissing says how much of the question's subject the first passage does
// not speak of (words that the dictionary knows, and others), and how much of it
// nothing here speaks of.
func (r *ranker) measureMissing(f *answerFeatures, top Ranked) {
	if r.total == 0 {
		return
	}
	here := -1
	for i, c := range r.candidates {
		if c.Passage.ID == top.Passage.ID && c.Passage.Ordinal == top.Passage.Ordinal {
			here = i
		}
	}
	for i, w := range r.weights {
		local, anywhere := 0.0, 0.0
		for k, h := range r.heard {
			anywhere = max(anywhere, h.whole[i])
			if k == here {
				local = h.whole[i]
			}
		}
		share := w / r.total
		f[aNowhere] += share * (1 - anywhere)
		switch lacking := share * (1 - local); {
		case len(r.asked.Content[i].Concepts) > 0:
			f[aMissingKnown] += lacking
		case r.foreign:
			f[aMissingForeign] += lacking
		default:
			f[aMissingOwn] += lacking
		}
	}
}

func (r *ranker) meanCosine() float64 {
	sum, n := 0.0, 0.0
	for _, cosines := range r.cosine {
		for _, c := range cosines {
			sum += c
			n++
		}
	}
	return sum / max(n, 1)
}

func wordSet(text string) map[string]bool {
	out := map[string]bool{}
	for _, w := range language.Words(text) {
		if f := language.Fold(w.Text); len(f) > 2 {
			out[f] = true
		}
	}
	return out
}
