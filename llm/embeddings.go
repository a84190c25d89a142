package llm

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/http"
	"sync"
	"time"

	"frontdesk"
	"frontdesk/retrieval"
)

// InputStyle is how an embedding server is told which side of a search a text is
// on. Exactly one style is used, never two at once.
type InputStyle string

// The styles.
const (
	StylePrefix    InputStyle = "prefix"     // the client writes "query: " or "passage: " before each text
	StyleInputType InputStyle = "input_type" // the server is told by a field and writes the prefix itself
	StyleNone      InputStyle = "none"       // the model makes no difference between the sides
)

// EmbeddingsConfig says where embeddings come from. Only URL is needed.
type EmbeddingsConfig struct {
	URL           string        // of an OpenAI-compatible server, with or without /v1 and /embeddings
	Key           string        // bearer token, "" for none
	Model         string        // as the server names it; default "multilingual-e5-small"
	Dimension     int           // of the vectors; default 384
	Quantisation  string        // part of the space's name, "" for none
	Style         InputStyle    // default StylePrefix
	QueryPrefix   string        // for StylePrefix; default "query: "
	PassagePrefix string        // for StylePrefix; default "passage: "
	Batch         int           // texts in one request; default 16
	Concurrency   int           // requests at once, of all callers; default 2
	QueryTimeout  time.Duration // for queries, a whole call; default 5 s
	BatchTimeout  time.Duration // for passages, one request; default 60 s
	Client        *http.Client  // default: a client of its own
	Now           func() time.Time
}

// Embeddings is a client of an embedding server. It implements
// [retrieval.Embedder] and is safe for concurrent use.
type Embeddings struct {
	config   EmbeddingsConfig
	queries  *poster
	passages *poster
	slots    chan struct{} // a request under way holds one
}

var _ retrieval.Embedder = (*Embeddings)(nil)

// NewEmbeddings returns a client. It fails, with [frontdesk.CodeInvalid], on a
// missing address or an unknown style; it sends nothing yet.
func NewEmbeddings(config EmbeddingsConfig) (*Embeddings, error) {
	if config.URL == "" {
		return nil, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "The address of the embedding server is missing."}
	}
	config.Style = cmp.Or(config.Style, StylePrefix)
	switch config.Style {
	case StylePrefix, StyleInputType, StyleNone:
	default:
		return nil, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: fmt.Sprintf("Unknown input style %q of the embedding server; known are prefix, input_type, none.", config.Style)}
	}
	config.Model = cmp.Or(config.Model, "multilingual-e5-small")
	config.Dimension = cmp.Or(config.Dimension, 384)
	config.QueryPrefix = cmp.Or(config.QueryPrefix, "query: ")
	config.PassagePrefix = cmp.Or(config.PassagePrefix, "passage: ")
	config.Batch = cmp.Or(config.Batch, 16)
	config.Concurrency = cmp.Or(config.Concurrency, 2)
	config.QueryTimeout = cmp.Or(config.QueryTimeout, 5*time.Second)
	config.BatchTimeout = cmp.Or(config.BatchTimeout, 60*time.Second)
	if config.Client == nil {
		config.Client = &http.Client{}
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	shared := &breaker{limit: 5, pause: 5 * time.Second, now: config.Now}
	post := func(timeout time.Duration) *poster {
		return &poster{
			part: "embeddings", url: endpoint(config.URL, "/v1", "/embeddings"), key: config.Key,
			client: config.Client, timeout: timeout, breaker: shared,
		}
	}
	return &Embeddings{
		config:   config,
		queries:  post(config.QueryTimeout),
		passages: post(config.BatchTimeout),
		slots:    make(chan struct{}, config.Concurrency),
	}, nil
}

// Space names the space of the vectors. A change of model, dimension,
// quantisation or of the way sides are told apart is another space.
func (e *Embeddings) Space() retrieval.Space {
	space := retrieval.Space{Model: e.config.Model, Dimension: e.config.Dimension, Quantisation: e.config.Quantisation}
	switch e.config.Style {
	case StylePrefix:
		space.Prefix = e.config.QueryPrefix + "|" + e.config.PassagePrefix
	default:
		space.Prefix = string(e.config.Style)
	}
	return space
}

// Embed returns the unit vector of each text, in order. Long lists go in
// batches, a few at once. It fails as a whole, with an [*Error], when one batch
// does. An empty list costs nothing.
func (e *Embeddings) Embed(ctx context.Context, kind retrieval.InputType, texts []string) ([][]float32, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	vectors := make([][]float32, len(texts))
	var wg sync.WaitGroup
	var once sync.Once
	var first error
	for start := 0; start < len(texts); start += e.config.Batch {
		end := min(start+e.config.Batch, len(texts))
		wg.Go(func() {
			if err := e.inSlot(ctx, kind, texts[start:end], vectors[start:end]); err != nil {
				once.Do(func() { first = err; cancel() })
			}
		})
	}
	wg.Wait()
	if first != nil {
		return nil, fmt.Errorf("embed %d texts: %w", len(texts), first)
	}
	return vectors, nil
}

// embedRequest is the body of OpenAI's POST /v1/embeddings, with the input_type
// that servers of asymmetric models add to it.
type embedRequest struct {
	Model     string   `json:"model"`
	Input     []string `json:"input"`
	InputType string   `json:"input_type,omitempty"`
	Encoding  string   `json:"encoding_format"`
}

type embedAnswer struct {
	Data []struct {
		Index     *int      `json:"index"`
		Embedding []float64 `json:"embedding"`
	} `json:"data"`
}

// inSlot runs a batch once fewer than Concurrency requests are under way.
func (e *Embeddings) inSlot(ctx context.Context, kind retrieval.InputType, texts []string, vectors [][]float32) error {
	select {
	case e.slots <- struct{}{}:
		defer func() { <-e.slots }()
		return e.batch(ctx, kind, texts, vectors)
	case <-ctx.Done():
		return &Error{Part: "embeddings", Why: WhyCanceled, Err: ctx.Err()}
	}
}

// batch fills vectors with the embeddings of texts.
func (e *Embeddings) batch(ctx context.Context, kind retrieval.InputType, texts []string, vectors [][]float32) error {
	req := embedRequest{Model: e.config.Model, Input: texts, Encoding: "float"}
	switch e.config.Style {
	case StyleInputType:
		req.InputType = string(kind)
	case StylePrefix:
		prefix := e.config.PassagePrefix
		if kind == retrieval.InputQuery {
			prefix = e.config.QueryPrefix
		}
		req.Input = make([]string, len(texts))
		for i, text := range texts {
			req.Input[i] = prefix + text
		}
	}
	post := e.passages
	if kind == retrieval.InputQuery {
		post = e.queries
	}
	var answer embedAnswer
	if err := post.post(ctx, req, &answer); err != nil {
		return err
	}
	return e.read(answer, vectors)
}

// read checks an answer and places its vectors.
func (e *Embeddings) read(answer embedAnswer, vectors [][]float32) error {
	bad := func(format string, args ...any) error {
		return &Error{Part: "embeddings", Why: WhyAnswer, Detail: fmt.Sprintf(format, args...)}
	}
	if len(answer.Data) != len(vectors) {
		return bad("%d vectors for %d texts", len(answer.Data), len(vectors))
	}
	for i, item := range answer.Data {
		place := i
		if item.Index != nil {
			place = *item.Index
		}
		if place < 0 || place >= len(vectors) || vectors[place] != nil {
			return bad("index %d out of place", place)
		}
		if len(item.Embedding) != e.config.Dimension {
			return bad("dimension %d, want %d", len(item.Embedding), e.config.Dimension)
		}
		vector, ok := unit(item.Embedding)
		if !ok {
			return bad("a vector is zero or not finite")
		}
		vectors[place] = vector
	}
	return nil
}

// unit returns v at length 1, false when it has none.
func unit(v []float64) ([]float32, bool) {
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	if sum == 0 || math.IsNaN(sum) || math.IsInf(sum, 0) {
		return nil, false
	}
	length := math.Sqrt(sum)
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(x / length)
	}
	return out, true
}
