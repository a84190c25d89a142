package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"frontdesk"
	"frontdesk/ingest"
	"frontdesk/language"
	"frontdesk/retrieval"
)

// document is a written document with the questions put to it.
type document struct {
	name, language string
	document       ingest.Document
	cases          []question
}

type question struct {
	text, language string
	want           []string // all of them have to be in an answer, a|b is either; nil: not answerable
}

// readCases reads the case files of a folder. A line is
//
//	= fr Title         a document in a language begins
//	# Title            a heading; ## below it
//	@ Line             an entry of the table of contents
//	| a | b |          a table row
//	- Item             a list item
//	? en Text => a + b a question, and what an answer has to contain
//	! en Text          a question that the document does not answer
//	~ fr Text          one that no document of that language answers
//
// and anything else a paragraph.
func readCases(folder string) ([]document, error) {
	names, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil {
		return nil, fmt.Errorf("list cases: %w", err)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no case files in %s", folder)
	}
	sort.Strings(names)
	var docs []document
	var everywhere []question
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read cases: %w", err)
		}
		for number, line := range strings.Split(string(data), "\n") {
			q, err := readLine(&docs, strings.TrimSpace(line))
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", name, number+1, err)
			}
			everywhere = append(everywhere, q...)
		}
	}
	for i := range docs {
		for _, q := range everywhere {
			if q.language == docs[i].language {
				docs[i].cases = append(docs[i].cases, q)
			}
		}
	}
	return docs, nil
}

// readLine adds a line to the last document and returns the question that is put
// to all documents of its language, if it is one.
func readLine(docs *[]document, line string) ([]question, error) {
	if line == "" {
		return nil, nil
	}
	mark, rest, _ := strings.Cut(line, " ")
	if mark == "=" {
		lang, title, _ := strings.Cut(rest, " ")
		*docs = append(*docs, document{name: title, language: lang, document: ingest.Document{
			Title: title, Language: lang, Pages: []ingest.Page{{}},
		}})
		return nil, nil
	}
	if len(*docs) == 0 {
		return nil, errors.New("no document yet")
	}
	doc := &(*docs)[len(*docs)-1]
	switch mark {
	case "?", "!", "~":
		lang, text, _ := strings.Cut(rest, " ")
		text, want, answered := strings.Cut(text, " => ")
		if answered != (mark == "?") {
			return nil, fmt.Errorf("a line of %s", mark)
		}
		q := question{text: text, language: lang}
		if answered {
			q.want = strings.Split(want, " + ")
		}
		if mark == "~" {
			return []question{q}, nil
		}
		doc.cases = append(doc.cases, q)
	default:
		doc.add(mark, rest, line)
	}
	return nil, nil
}

func (d *document) add(mark, rest, line string) {
	page := &d.document.Pages[0]
	last := len(page.Blocks) - 1
	block := ingest.Block{Kind: ingest.BlockText, Text: line}
	switch {
	case mark == "#" || mark == "##":
		block = ingest.Block{Kind: ingest.BlockHeading, Level: len(mark), Text: rest}
	case mark == "@":
		block = ingest.Block{Kind: ingest.BlockContents, Text: rest}
	case mark == "-":
		block = ingest.Block{Kind: ingest.BlockItem, Text: line}
	case mark == "Q:":
		block = ingest.Block{Kind: ingest.BlockAnswer, Question: rest}
	case mark == "A:" && last >= 0:
		page.Blocks[last].Text = rest
		return
	case mark == "|":
		row := strings.Split(strings.Trim(line, "| "), " | ")
		if last >= 0 && page.Blocks[last].Kind == ingest.BlockTable {
			page.Blocks[last].Rows = append(page.Blocks[last].Rows, row)
			return
		}
		block = ingest.Block{Kind: ingest.BlockTable, Rows: [][]string{row}}
	}
	page.Blocks = append(page.Blocks, block)
}

// right tells whether a text has all that an answer needs.
func (q question) right(text string) bool {
	text = language.Fold(strings.Join(strings.Fields(text), " "))
	for _, want := range q.want {
		found := false
		for _, w := range strings.Split(want, "|") {
			found = found || strings.Contains(text, language.Fold(w))
		}
		if !found {
			return false
		}
	}
	return len(q.want) > 0
}

// collect makes examples of all cases. A question whose wanted words no passage
// has is an error in the cases.
func collect(ctx context.Context, docs []document, embedder *embedder) ([]retrieval.Example, error) {
	var out []retrieval.Example
	for _, d := range docs {
		passages := ingest.Split(d.document, d.language)
		for _, q := range d.cases {
			if q.want != nil && !q.answeredBy(passages) {
				return nil, fmt.Errorf("%s: nothing answers %q", d.name, q.text)
			}
		}
		index, err := newIndex(ctx, passages, embedder)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.name, err)
		}
		for _, q := range d.cases {
			out = append(out, retrieval.Example{
				Group: d.name, Question: retrieval.Question{Text: q.text, Language: q.language},
				Index: index, Answerable: q.want != nil, Right: q.right,
			})
		}
	}
	return out, nil
}

// memoryIndex is an index over one document.
type memoryIndex struct {
	candidates []retrieval.Candidate
	vectors    [][]float32
	sentences  [][][]float32
	terms      []map[string]int
	lengths    []int
}

func newIndex(ctx context.Context, passages []frontdesk.Passage, embedder *embedder) (*memoryIndex, error) {
	x := &memoryIndex{}
	for i := range passages {
		p := passages[i]
		p.ID = frontdesk.PassageID(fmt.Sprint(i))
		c := retrieval.Candidate{Passage: p}
		texts := []string{ingest.EmbeddingText(p)}
		for _, s := range ingest.Sentences(p) {
			c.Sentences = append(c.Sentences, retrieval.Stretch{Start: s.Start, End: s.End})
			texts = append(texts, ingest.SentenceText(p, s.Start, s.End))
		}
		vectors, err := embedder.Embed(ctx, retrieval.InputPassage, texts)
		if err != nil {
			return nil, err
		}
		sentences := vectors[1:]
		if len(sentences) == 1 {
			sentences = vectors[:1]
		}
		x.candidates, x.vectors, x.sentences = append(x.candidates, c), append(x.vectors, vectors[0]), append(x.sentences, sentences)
		counts := map[string]int{}
		words := strings.Join(append(append([]string{}, p.Headings...), p.Question, p.Text), "\n")
		terms := language.Terms(p.Language, words)
		for _, t := range terms {
			counts[t]++
		}
		x.terms, x.lengths = append(x.terms, counts), append(x.lengths, len(terms))
	}
	return x, nil
}

func (q question) answeredBy(passages []frontdesk.Passage) bool {
	for _, p := range passages {
		if q.right(p.Text) {
			return true
		}
	}
	return false
}

// Search scores every passage: the document is small.
func (x *memoryIndex) Search(_ context.Context, _ retrieval.Scope, query retrieval.Query) ([]retrieval.Candidate, error) {
	out := append([]retrieval.Candidate(nil), x.candidates...)
	mean := 0.0
	for _, n := range x.lengths {
		mean += float64(n) / float64(len(x.lengths))
	}
	for i := range out {
		out[i].Cosine = cosine(x.vectors[i], query.Vector)
		out[i].Sentences = slices.Clone(out[i].Sentences)
		for k, v := range x.sentences[i] {
			out[i].Sentences[k].Cosine = cosine(v, query.Vector)
		}
	}
	for _, term := range query.Terms {
		df := 0.0
		for _, t := range x.terms {
			if t[term.Text] > 0 {
				df++
			}
		}
		idf := math.Log(1 + (float64(len(out))-df+0.5)/(df+0.5))
		for i, t := range x.terms {
			if tf := float64(t[term.Text]); tf > 0 {
				out[i].BM25 += term.Weight * idf * tf * 2.2 / (tf + 1.2*(0.25+0.75*float64(x.lengths[i])/mean))
			}
		}
	}
	return out, nil
}

func cosine(a, b []float32) float64 {
	sum := 0.0
	for i, v := range a {
		sum += float64(v * b[i])
	}
	return sum
}
