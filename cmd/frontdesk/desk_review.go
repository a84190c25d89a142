package main

import (
	"context"
	"fmt"

	"frontdesk"
	"frontdesk/httpd"
	"frontdesk/ingest"
)

// picturesAtOnce bounds the processes that draw pages for the console.
const picturesAtOnce = 2

// pictures draws pages of PDFs, a few at a time.
type pictures struct {
	reader *ingest.Reader
	cache  string
	turns  chan struct{}
}

func (w *parts) pictures() *pictures {
	return &pictures{reader: w.reader, cache: w.readerCache(), turns: make(chan struct{}, picturesAtOnce)}
}

func (p *pictures) draw(ctx context.Context, data []byte, page int) ([]byte, error) {
	select {
	case p.turns <- struct{}{}:
		defer func() { <-p.turns }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return p.reader.Draw(ctx, data, page, ingest.PDFOptions{CacheDir: p.cache})
}

// PagePicture implements [httpd.Reviewer].
func (d desk) PagePicture(ctx context.Context, who httpd.Person, source string, revision, page int) ([]byte, error) {
	file, err := d.ingest.File(ctx, who.Clinic.ID, source, revision)
	if err != nil {
		return nil, err
	}
	if file.MIME != "application/pdf" {
		return nil, &frontdesk.Error{Code: frontdesk.CodeNotFound, Text: "This source has no pages that could be shown."}
	}
	picture, err := d.pictures.draw(ctx, file.Data, page)
	if err != nil {
		return nil, fmt.Errorf("draw page %d: %w", page, err)
	}
	return picture, nil
}

// Conflicts implements [httpd.Reviewer].
func (d desk) Conflicts(ctx context.Context, who httpd.Person) ([]httpd.Conflict, error) {
	found, err := d.ingest.Conflicts(ctx, who.Clinic.ID)
	if err != nil {
		return nil, err
	}
	side := func(s ingest.Statement) httpd.Statement {
		return httpd.Statement{Source: s.Source, Page: s.Page, Quote: s.Quote}
	}
	var conflicts []httpd.Conflict
	for _, c := range found {
		conflicts = append(conflicts, httpd.Conflict{Kind: string(c.Kind), About: c.About, Fact: string(c.Fact), One: side(c.One), Other: side(c.Other), More: c.More})
	}
	return conflicts, nil
}

// FAQ implements [httpd.Writer].
func (d desk) FAQ(ctx context.Context, who httpd.Person, name string) ([]httpd.Pair, error) {
	pairs, err := d.ingest.FAQ(ctx, who.Clinic.ID, name)
	if err != nil {
		return nil, err
	}
	var out []httpd.Pair
	for _, p := range pairs {
		out = append(out, httpd.Pair(p))
	}
	return out, nil
}

// SaveFAQ implements [httpd.Writer].
func (d desk) SaveFAQ(ctx context.Context, who httpd.Person, name string, pairs []httpd.Pair) (httpd.Added, error) {
	var typed []ingest.Pair
	for _, p := range pairs {
		typed = append(typed, ingest.Pair(p))
	}
	data, err := ingest.WriteFAQ(typed)
	if err != nil {
		return httpd.Added{}, err
	}
	return d.Add(ctx, who, httpd.Addition{Name: name, Bytes: data})
}

// AddSection implements [httpd.Writer].
func (d desk) AddSection(ctx context.Context, who httpd.Person, section httpd.Section) ([]httpd.Added, error) {
	depth := section.Depth
	if depth == 0 {
		depth = -1 // the first page alone
	}
	var all []httpd.Added
	err := d.ingest.AddSection(ctx, who.Clinic, ingest.AddRequest{URL: section.URL, By: who.User.Name},
		ingest.SectionLimits{Depth: depth, Pages: section.Pages}, func(r ingest.Report) { all = append(all, addedOf(r)) })
	if err != nil {
		return all, fmt.Errorf("add section: %w", err)
	}
	return all, nil
}
