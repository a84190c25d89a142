package llm

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/http"
	"time"

	"frontdesk"
	"frontdesk/retrieval"
)

// RerankerConfig says where passages are re-ranked. Only URL is needed.
type RerankerConfig struct {
	URL     string // of a server with POST /rerank as Cohere, Jina, TEI's and llama.cpp's have it
	Key     string
	Model   string
	Timeout time.Duration // default 3 s
	Client  *http.Client  // default: a client of its own
	Now     func() time.Time
}

// Reranker is a client of a re-ranking server. It implements
// [retrieval.Reranker] and is safe for concurrent use.
type Reranker struct {
	model string
	post  *poster
}

var _ retrieval.Reranker = (*Reranker)(nil)

// NewReranker returns a client. It fails, with [frontdesk.CodeInvalid], on a
// missing address; it sends nothing yet.
func NewReranker(config RerankerConfig) (*Reranker, error) {
	if config.URL == "" {
		return nil, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "The address of the re-ranking server is missing."}
	}
	if config.Client == nil {
		config.Client = &http.Client{}
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	return &Reranker{model: config.Model, post: &poster{
		part: "rerank", url: endpoint(config.URL, "", "/rerank"), key: config.Key, client: config.Client,
		timeout: cmp.Or(config.Timeout, 3*time.Second),
		breaker: &breaker{limit: 3, pause: 15 * time.Second, now: config.Now},
	}}, nil
}

// rerankRequest is the body that Cohere and Jina take.
type rerankRequest struct {
	Model     string   `json:"model,omitempty"`
	Query     string   `json:"query"`
	Documents []string `json:"documents"`
	TopN      int      `json:"top_n"`
	Return    bool     `json:"return_documents"`
}

type rerankAnswer struct {
	Results []struct {
		Index int      `json:"index"`
		Score *float64 `json:"relevance_score"`
	} `json:"results"`
}

// Rerank returns a score for each passage, in order, higher is better; an
// [*Error] when a score is missing, doubled or not finite. No passages cost nothing.
func (r *Reranker) Rerank(ctx context.Context, question string, passages []string) ([]float64, error) {
	if len(passages) == 0 {
		return nil, nil
	}
	var answer rerankAnswer
	req := rerankRequest{Model: r.model, Query: question, Documents: passages, TopN: len(passages)}
	if err := r.post.post(ctx, req, &answer); err != nil {
		return nil, fmt.Errorf("rerank %d passages: %w", len(passages), err)
	}
	bad := func(format string, args ...any) error {
		return fmt.Errorf("rerank %d passages: %w", len(passages), &Error{Part: "rerank", Why: WhyAnswer, Detail: fmt.Sprintf(format, args...)})
	}
	if len(answer.Results) != len(passages) {
		return nil, bad("%d scores", len(answer.Results))
	}
	scores := make([]float64, len(passages))
	seen := make([]bool, len(passages))
	for _, result := range answer.Results {
		switch {
		case result.Index < 0 || result.Index >= len(passages) || seen[result.Index]:
			return nil, bad("index %d out of place", result.Index)
		case result.Score == nil || math.IsNaN(*result.Score) || math.IsInf(*result.Score, 0):
			return nil, bad("a score is missing or not finite")
		}
		scores[result.Index], seen[result.Index] = *result.Score, true
	}
	return scores, nil
}
