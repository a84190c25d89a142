package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"frontdesk"
	"frontdesk/ingest"
)

// extractTimeout bounds one file.
const extractTimeout = 2 * time.Minute

// extract reads a folder of PDFs as ingest does, in a child of its own for each
// file but without the recognition of pictures, which pdftotext does not do either.
func (b *bench) extract(ctx context.Context) error {
	files, err := b.benchPDFs()
	if err != nil {
		return err
	}
	pdftotext, err := exec.LookPath("pdftotext")
	if err != nil {
		return &frontdesk.Error{Code: frontdesk.CodeUnavailable, Text: "pdftotext is not installed; `apt-get install poppler-utils` brings it."}
	}
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("own program: %w", err)
	}
	cache := filepath.Join(b.dir, "cache")
	options := ingest.PDFOptions{CacheDir: cache, NoOCR: true}
	reader := ingest.NewReader(exe)
	defer reader.Close()
	if err := warm(ctx, reader, files[0], options); err != nil {
		return err
	}
	var ours, theirs time.Duration
	pages, refused := 0, 0
	deadline := time.Now().Add(10 * b.seconds)
	read := 0
	for _, file := range files {
		if time.Now().After(deadline) {
			break
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("read %s: %w", filepath.Base(file), err)
		}
		began := time.Now()
		document, err := extractOne(ctx, reader, data, options)
		took := time.Since(began)
		var coded *frontdesk.Error
		if errors.As(err, &coded) {
			refused++
			continue // a file that is refused has no text to compare
		}
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(file), err)
		}
		began = time.Now()
		if err := exec.CommandContext(ctx, pdftotext, "-layout", file, os.DevNull).Run(); err != nil {
			continue // it cannot read this one
		}
		theirs += time.Since(began)
		ours += took
		read++
		pages += len(document.Pages)
	}
	if read == 0 {
		return errors.New("no file could be read by both")
	}
	return b.say(figure{Bench: "extract", What: fmt.Sprintf("text of %d PDFs, %d pages", read, pages), Value: ours.Seconds() * 1000 / float64(max(pages, 1)), Unit: "ms a page",
		Note: fmt.Sprintf("%d files refused", refused)}.
		against("pdftotext -layout", theirs.Seconds()*1000/float64(max(pages, 1))).want(atMost(5)))
}

func extractOne(ctx context.Context, reader *ingest.Reader, data []byte, options ingest.PDFOptions) (ingest.Document, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, extractTimeout, errors.New("reading a PDF timed out"))
	defer cancel()
	return reader.Read(ctx, data, options)
}

// warm compiles the second reader, which is kept on disk for every later file.
func warm(ctx context.Context, reader *ingest.Reader, file string, options ingest.PDFOptions) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read %s: %w", filepath.Base(file), err)
	}
	_, err = extractOne(ctx, reader, data, options)
	var coded *frontdesk.Error
	if err != nil && !errors.As(err, &coded) {
		return fmt.Errorf("%s: %w", filepath.Base(file), err)
	}
	return nil
}

// benchPDFs are the PDFs of --docs, else the sample clinic's.
func (b *bench) benchPDFs() ([]string, error) {
	dir := b.docs
	if dir == "" {
		dir = filepath.Join(b.dir, "documents")
		files, err := fs.Sub(sampleFiles, "sample/documents")
		if err != nil {
			return nil, fmt.Errorf("sample documents: %w", err)
		}
		if err := os.CopyFS(dir, files); err != nil {
			return nil, fmt.Errorf("sample documents: %w", err)
		}
	}
	var found []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && strings.EqualFold(filepath.Ext(path), ".pdf") {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list PDFs: %w", err)
	}
	if len(found) == 0 {
		return nil, &frontdesk.Error{Code: frontdesk.CodeNotFound, Text: "There is no PDF in " + dir + "."}
	}
	return found, nil
}
