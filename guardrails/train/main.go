// Command train rebuilds the learned weights of package guardrails from the
// examples that were written for it. The same examples and seed give the same
// weights.
//
//	go run ./guardrails/train                          word weights alone
//	go run ./guardrails/train -embeddings URL          and the embedding layer
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"time"
)

func main() {
	dir := flag.String("dir", "guardrails", "folder of package guardrails")
	url := flag.String("embeddings", "", "OpenAI-compatible /v1/embeddings address that takes input_type; empty: word weights alone")
	space := flag.String("space", "multilingual-e5-small", "name of the embedding space")
	cache := flag.String("cache", "", "folder that keeps vectors by the hash of their text; empty: none")
	made := flag.String("made", time.Now().UTC().Format(time.DateOnly), "date to write into the files")
	flag.Parse()
	if err := run(context.Background(), *dir, *url, *space, *cache, *made); err != nil {
		slog.Error("train", "err", err)
		os.Exit(1)
	}
}

// seed fixes expansion, order and split.
const seed = 20261122

func run(ctx context.Context, dir, url, space, cache, made string) error {
	examples, sum, err := readExamples(dir + "/examples")
	if err != nil {
		return err
	}
	slog.Info("examples", "count", len(examples), "languages", len(byLanguage(examples)))
	views, err := trainWords(dir, examples, sum, made)
	if err != nil {
		return fmt.Errorf("words: %w", err)
	}
	if url == "" {
		return nil
	}
	if err := trainMeaning(ctx, dir, url, space, cache, examples, views, sum, made); err != nil {
		return fmt.Errorf("meaning: %w", err)
	}
	return nil
}
