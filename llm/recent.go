package llm

import (
	"context"
	"crypto/sha256"
	"slices"
	"sync"

	"frontdesk/retrieval"
)

// recentQueries is how many vectors [Recent] keeps: 256 of 384 dimensions are 0.4 MB.
const recentQueries = 256

// Recent is an embedder that remembers the vectors of the last questions, so that
// the screens and the search of one turn pay for one. It keeps hashes of texts,
// never the texts. It is safe for concurrent use.
type Recent struct {
	from retrieval.Embedder

	mu      sync.Mutex
	vectors map[[sha256.Size]byte][]float32
	order   [][sha256.Size]byte // a ring, the oldest at next
	next    int
}

// NewRecent returns an embedder in front of another.
func NewRecent(from retrieval.Embedder) *Recent {
	return &Recent{from: from, vectors: make(map[[sha256.Size]byte][]float32, recentQueries)}
}

// Space implements [retrieval.Embedder].
func (r *Recent) Space() retrieval.Space { return r.from.Space() }

// Embed implements [retrieval.Embedder]. Only single questions are remembered;
// errors are those of the embedder behind, and never remembered.
func (r *Recent) Embed(ctx context.Context, input retrieval.InputType, texts []string) ([][]float32, error) {
	if input != retrieval.InputQuery || len(texts) != 1 {
		return r.from.Embed(ctx, input, texts)
	}
	key := sha256.Sum256([]byte(texts[0]))
	if vector, ok := r.find(key); ok {
		return [][]float32{vector}, nil
	}
	vectors, err := r.from.Embed(ctx, input, texts)
	if err != nil {
		return nil, err
	}
	if len(vectors) == 1 {
		r.keep(key, vectors[0])
	}
	return vectors, nil
}

func (r *Recent) find(key [sha256.Size]byte) ([]float32, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	vector, ok := r.vectors[key]
	return slices.Clone(vector), ok
}

func (r *Recent) keep(key [sha256.Size]byte, vector []float32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.vectors[key]; ok {
		return
	}
	if len(r.order) < recentQueries {
		r.order = append(r.order, key)
	} else {
		delete(r.vectors, r.order[r.next])
		r.order[r.next] = key
		r.next = (r.next + 1) % recentQueries
	}
	r.vectors[key] = slices.Clone(vector)
}
