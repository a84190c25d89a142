// Command train fits the weights of retrieval's ranking and answerability to the
// cases in data/, which were written for it, and writes them to a file with where
// they come from. It needs an embeddings service:
//
//	go run ./internal/train -embeddings http://127.0.0.1:8080/v1/embeddings -out retrieval/data/model.json
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"frontdesk/retrieval"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("train", flag.ContinueOnError)
	data := flags.String("data", "internal/train/data", "folder of case files")
	out := flags.String("out", "retrieval/data/model.json", "file to write")
	url := flags.String("embeddings", "http://127.0.0.1:8080/v1/embeddings", "embeddings service")
	model := flags.String("model", "multilingual-e5-small", "name of the embedding model, for the provenance")
	cacheFile := flags.String("cache", "", "file that keeps vectors between runs")
	if err := flags.Parse(args); err != nil {
		return err
	}
	documents, err := readCases(*data)
	if err != nil {
		return err
	}
	embedder, err := newEmbedder(*url, *cacheFile)
	if err != nil {
		return err
	}
	examples, err := collect(ctx, documents, embedder)
	if err := errors.Join(err, embedder.save()); err != nil {
		return err
	}
	file, err := retrieval.New(embedder, nil, nil, retrieval.Options{}).Fit(ctx, examples)
	if err != nil {
		return err
	}
	file.Provenance.Made = time.Now().Format(time.DateOnly)
	file.Provenance.Command = "go run ./internal/train"
	file.Provenance.Space = *model
	encoded, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return fmt.Errorf("encode weights: %w", err)
	}
	return os.WriteFile(*out, append(encoded, '\n'), 0o644)
}
