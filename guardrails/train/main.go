// Command train rebuilds the learned weights of package guardrails from the
// examples that were written for it. The same examples, seed and vectors give the
// same weights.
//
//	go run ./guardrails/train                    all, with the embeddings that `make setup` fetched
//	go run ./guardrails/train -embeddings URL    all, with a server of one's own
//	go run ./guardrails/train -words             the word weights alone
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"frontdesk/internal/home"
)

func main() {
	dir := flag.String("dir", "guardrails", "folder of package guardrails")
	url := flag.String("embeddings", os.Getenv("EMBEDDINGS_URL"), "OpenAI-compatible /v1/embeddings address that takes input_type; empty: start the local one")
	words := flag.Bool("words", false, "learn the word weights alone; what is learned from vectors is then of older examples")
	space := flag.String("space", "multilingual-e5-small", "name of the embedding space")
	cache := flag.String("cache", ".cache/vectors", "folder that keeps vectors by the hash of their text; empty: none")
	made := flag.String("made", time.Now().UTC().Format(time.DateOnly), "date to write into the files")
	flag.Parse()
	ctx := context.Background()
	err := run(ctx, *dir, *made, *words, func() (*embedder, func() error, error) {
		return newEmbedder(ctx, *url, *space, *cache)
	})
	if err != nil {
		slog.Error("train", "err", err)
		os.Exit(1)
	}
}

// seed fixes expansion, order and folds.
const seed = 20261122

func run(ctx context.Context, dir, made string, wordsAlone bool, open func() (*embedder, func() error, error)) error {
	examples, sum, err := readExamples(dir + "/examples")
	if err != nil {
		return err
	}
	slog.Info("examples", "count", len(examples), "languages", len(byLanguage(examples)))
	views, err := trainWords(dir, examples, sum, made)
	if err != nil {
		return fmt.Errorf("words: %w", err)
	}
	if wordsAlone {
		return nil
	}
	embed, stop, err := open()
	if err != nil {
		return err
	}
	if err := trainMeaning(ctx, dir, embed, examples, views, sum, made); err != nil {
		return fmt.Errorf("meaning: %w", err)
	}
	return stop()
}

// newEmbedder returns what asks the server at url or, where that is "", a local
// one that it starts and stop ends.
func newEmbedder(ctx context.Context, url, space, cache string) (e *embedder, stop func() error, err error) {
	if cache != "" {
		if err := os.MkdirAll(cache, 0o700); err != nil {
			return nil, nil, fmt.Errorf("cache: %w", err)
		}
	}
	if url != "" {
		return &embedder{url: url, space: space, cache: cache}, func() error { return nil }, nil
	}
	runtime, err := home.DefaultRuntime(os.Getenv)
	if err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp("", "frontdesk-train")
	if err != nil {
		return nil, nil, fmt.Errorf("train: %w", err)
	}
	opened, err := home.Open(ctx, home.Options{Dir: filepath.Join(dir, "home"), Runtime: runtime})
	if err != nil {
		return nil, nil, err
	}
	stop = func() error {
		if err := opened.Close(); err != nil {
			return err
		}
		return os.RemoveAll(dir)
	}
	if url, err = opened.Embeddings(ctx); err != nil {
		return nil, nil, fmt.Errorf("start embeddings: %w", err)
	}
	return &embedder{url: url, space: space, cache: cache}, stop, nil
}
