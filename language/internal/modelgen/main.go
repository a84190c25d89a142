// Command modelgen writes the language model of package language. It reads the
// n-gram frequencies that come with the Go module lingua-go (Apache-2.0) and the
// word lists beside it, which are ours:
//
//	go run ./language/internal/modelgen \
//	    -lingua "$(go list -m -f '{{.Dir}}' github.com/pemistahl/lingua-go)" \
//	    -words language/internal/modelgen/words -out language/model.bin
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	lingua := flag.String("lingua", "", "folder of the module lingua-go")
	words := flag.String("words", "", "folder of the word lists, one file a language")
	out := flag.String("out", "", "file to write")
	size := flag.Int("size", 14000, "n-grams of three and more letters kept for each language")
	flag.Parse()
	if err := run(*lingua, *words, *out, *size); err != nil {
		fmt.Fprintln(os.Stderr, "modelgen:", err)
		os.Exit(1)
	}
}

func run(lingua, words, out string, size int) error {
	model, err := build(lingua, words, size)
	if err != nil {
		return err
	}
	if err := os.WriteFile(out, model, 0o644); err != nil {
		return fmt.Errorf("write model: %w", err)
	}
	fmt.Fprintf(os.Stderr, "%s: %d bytes\n", out, len(model))
	return nil
}
