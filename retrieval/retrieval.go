// Package retrieval finds the approved passages that answer a question, ranks
// them, and says when none does. It declares what it needs from outside: an
// [Embedder], an [Index] and, where a clinic sets one, a [Reranker].
package retrieval

import (
	"context"
	"time"

	"frontdesk"
)

// InputType tells an embedder which side of a search a text is on. The embedder
// owns the prefix or input_type that its model wants.
type InputType string

// The input types.
const (
	InputQuery   InputType = "query"
	InputPassage InputType = "passage"
)

// Space names an embedding space. Vectors of different spaces are never compared.
type Space struct {
	Model        string `json:"model"`
	Dimension    int    `json:"dimension"`
	Quantisation string `json:"quantisation,omitempty"`
	Prefix       string `json:"prefix,omitempty"`
}

// Embedder turns texts into unit vectors of its space. It returns one vector a
// text, in order, or an error; never fewer.
type Embedder interface {
	Embed(ctx context.Context, kind InputType, texts []string) ([][]float32, error)
	Space() Space
}

// Scope says which revisions a search sees: those live at an instant, plus named
// drafts, minus named live ones. Only a scope without Drafts and Without may
// feed a patient.
type Scope struct {
	Clinic  frontdesk.ClinicID
	At      time.Time
	Drafts  []frontdesk.RevisionID
	Without []frontdesk.RevisionID
}

// Term is one stemmed word of a question, as package language makes it.
type Term struct {
	Text   string
	Weight float64 // 1 for the patient's own word, less for a translation or synonym
}

// Query is what an index searches for. A nil Vector searches by terms alone.
type Query struct {
	Vector []float32
	Space  Space
	Terms  []Term
	Limit  int // candidates wanted from each side (vectors, terms)
}

// Candidate is a passage with the two scores of the first stage and what the
// second needs.
type Candidate struct {
	Passage   frontdesk.Passage
	Cosine    float64 // -1 when the passage came by terms alone and has no vector
	BM25      float64 // 0 when none of its terms matched
	Effective time.Time
	Sentences []Stretch // nil where none were stored: the passage's text is split anew
	// Facts reads the passage's facts, nil where Passage has them: few candidates
	// come to be returned.
	Facts func() ([]frontdesk.Fact, error)
}

// Stretch is a stretch of Passage.Text (byte offsets) with the cosine of its own
// vector and the question's; where either has none, with the passage's.
type Stretch struct {
	Start, End int
	Cosine     float64
}

// Sentence is a stretch of Passage.Text (byte offsets) with its vector.
type Sentence struct {
	Start, End int
	Vector     []float32
}

// Index holds passages, their postings and vectors. Search takes one round trip.
// It returns the union of the best by vector and the best by terms, unfused,
// each candidate with both scores.
type Index interface {
	Search(ctx context.Context, scope Scope, query Query) ([]Candidate, error)
}

// Reranker scores passages against a question, higher is better, one score a
// passage, in order.
type Reranker interface {
	Rerank(ctx context.Context, question string, passages []string) ([]float64, error)
}
