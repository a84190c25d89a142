package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"frontdesk"
	"frontdesk/language"
	"frontdesk/retrieval"
)

// errSameWords says that a page's bytes changed and its words did not.
var errSameWords = errors.New("the same words as the newest revision")

// input is a source's bytes with what they are.
type input struct {
	source     Source
	data       []byte
	hash       string
	mime       string
	page       *FetchedPage // nil for a file
	unmodified bool         // the server says so; there are no bytes
}

// take gets the bytes of a request and finds out what they are.
func (s *Service) take(ctx context.Context, clinic frontdesk.Clinic, request AddRequest) (input, error) {
	in := input{data: request.Bytes, source: Source{Clinic: clinic.ID, Name: request.Name, Location: request.Name, Site: request.Site}}
	contentType := ""
	if request.URL != "" {
		page, err := s.fetch(ctx, clinic.ID, request)
		if err != nil {
			return in, err
		}
		in.page, in.data, contentType = page, page.Data, page.ContentType
		in.source.URL, in.source.Location, in.source.Name = page.URL, page.URL, pageName(page.URL)
		if page.Unmodified {
			in.unmodified = true
			return in, nil
		}
	}
	if int64(len(in.data)) > s.Limits.withDefaults().Bytes {
		return in, refuse(CodeTooLarge, fmt.Sprintf("The file is larger than %d MiB; split it or give a smaller one.", s.Limits.withDefaults().Bytes>>20), nil)
	}
	kind, mime, err := Sniff(in.data, in.source.Name, contentType)
	if err != nil {
		return in, err
	}
	in.source.Kind, in.mime, in.hash = kind, mime, hashOf(in.data)
	return in, nil
}

// pageName shows a URL as people write it.
func pageName(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	name := strings.TrimSuffix(u.Host+u.EscapedPath(), "/")
	if plain, err := url.PathUnescape(name); err == nil {
		name = plain
	}
	if u.RawQuery != "" {
		name += "?" + u.RawQuery
	}
	return name
}

// draft reads, splits and embeds a source. Nothing is stored yet.
func (s *Service) draft(ctx context.Context, clinic frontdesk.Clinic, in input, request AddRequest, newest *Revision) (Draft, error) {
	doc, err := s.read(ctx, clinic, in)
	if err != nil {
		return Draft{}, err
	}
	passages := Split(doc, clinic.Language)
	limits := s.Limits.withDefaults()
	if len(passages) == 0 {
		return Draft{}, refuse(CodeNoText, "No text was found in it.", nil)
	}
	if len(passages) > limits.Passages {
		return Draft{}, refuse(CodeTooLarge, fmt.Sprintf("It has more than %d passages; split it into several documents.", limits.Passages), nil)
	}
	if newest != nil && in.page != nil {
		if err := s.compare(ctx, clinic.ID, passages, *newest); err != nil {
			return Draft{}, err
		}
	}
	revision, err := s.newRevision(clinic, in, doc, request)
	if err != nil {
		return Draft{}, err
	}
	revision.Passages = len(passages)
	if err := s.identify(passages, in.source, revision); err != nil {
		return Draft{}, err
	}
	revision.Warnings = append(revision.Warnings, s.inspect(passages)...)
	draft := Draft{Source: in.source, Revision: revision, Space: s.Embedder.Space()}
	draft.Source.ID, draft.Source.Created = revision.Source, revision.Created
	if in.page != nil {
		draft.Source.Check = in.page.check(revision.Created, s.rereadEvery(clinic))
	}
	draft.File = File{Hash: in.hash, MIME: in.mime, Name: in.source.Name, Data: in.data}
	if draft.Passages, err = s.index(ctx, clinic.ID, passages); err != nil {
		return Draft{}, err
	}
	if draft.Entries, err = s.propose(doc, passages, in.source, revision); err != nil {
		return Draft{}, err
	}
	draft.Audit = newAudit(revision.Created, addedBy(request), "source.draft", string(revision.ID), auditDetail(in.source, revision))
	return draft, nil
}

// SystemAuthor is who added what the service read by itself.
const SystemAuthor = "system"

// author is who added a request's revision, "" when nobody said so.
func author(request AddRequest) string {
	return strings.TrimSpace(cmp.Or(request.By, request.ApproveAs))
}

func addedBy(request AddRequest) string { return cmp.Or(author(request), SystemAuthor) }

// read runs the reader of the source's kind, bounded in time.
func (s *Service) read(ctx context.Context, clinic frontdesk.Clinic, in input) (Document, error) {
	limit := s.Limits.withDefaults().Read
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("reading a %s timed out after %s", in.source.Kind, limit))
	defer cancel()
	doc, err := s.readKind(ctx, clinic, in)
	if err != nil && (errors.Is(err, context.DeadlineExceeded) || errors.Is(ctx.Err(), context.DeadlineExceeded)) {
		return Document{}, refuse(CodeTimeout, "Reading it took too long; give a simpler or smaller file.", context.Cause(ctx))
	}
	return doc, err
}

func (s *Service) readKind(ctx context.Context, clinic frontdesk.Clinic, in input) (Document, error) {
	contentType := ""
	if in.page != nil {
		contentType = in.page.ContentType
	}
	switch in.source.Kind {
	case KindPDF:
		return s.ReadPDF(ctx, in.data, clinic.Language)
	case KindHTML:
		return ReadHTML(ctx, in.data, contentType, in.source.URL)
	case KindFAQ:
		return ReadFAQ(ctx, in.data, in.source.Name, contentType)
	default:
		return ReadText(ctx, in.data, contentType)
	}
}

// compare returns errSameWords when the passages are those of the newest revision.
func (s *Service) compare(ctx context.Context, clinic frontdesk.ClinicID, passages []frontdesk.Passage, newest Revision) error {
	before, err := s.Repository.ListPassages(ctx, clinic, newest.ID)
	if err != nil {
		return fmt.Errorf("list passages: %w", err)
	}
	if sameWords(before, passages) {
		return errSameWords
	}
	return nil
}

func (s *Service) newRevision(clinic frontdesk.Clinic, in input, doc Document, request AddRequest) (Revision, error) {
	now := s.Now()
	id, err := frontdesk.NewID(now, s.Random)
	if err != nil {
		return Revision{}, err
	}
	source, err := frontdesk.NewID(now, s.Random)
	if err != nil {
		return Revision{}, err
	}
	return Revision{
		ID: frontdesk.RevisionID(id), Source: frontdesk.SourceID(source), Clinic: clinic.ID,
		Hash: in.hash, Title: doc.Title, Language: documentLanguage(doc, clinic.Language), Pages: max(1, len(doc.Pages)+unreadOnly(doc)),
		Unread: doc.Unread, Doubtful: doc.Doubtful, Warnings: slices.Clone(doc.Warnings), Created: now, AddedBy: author(request),
		Effective: toMinute(request.Effective), Expires: toMinute(request.Expires),
	}, nil
}

// unreadOnly counts the unread pages that have no page in the document.
func unreadOnly(doc Document) int {
	n := 0
	for _, number := range doc.Unread {
		if !slices.ContainsFunc(doc.Pages, func(p Page) bool { return p.Number == number }) {
			n++
		}
	}
	return n
}

// identify gives passages their ids and says whose they are.
func (s *Service) identify(passages []frontdesk.Passage, source Source, revision Revision) error {
	for i := range passages {
		id, err := frontdesk.NewID(revision.Created, s.Random)
		if err != nil {
			return err
		}
		p := &passages[i]
		p.ID, p.Clinic, p.Source, p.Revision = frontdesk.PassageID(id), source.Clinic, revision.Source, revision.ID
		p.Name, p.Ordinal = source.Name, i
		if p.Site == "" {
			p.Site = source.Site
		}
	}
	return nil
}

// inspect names the passages that give orders to a machine.
func (s *Service) inspect(passages []frontdesk.Passage) []string {
	if s.Inspector == nil {
		return nil
	}
	var out []string
	for _, p := range passages {
		if !s.Inspector.Inspect(p.Text) {
			continue
		}
		where := fmt.Sprintf("passage %d", p.Ordinal+1)
		if p.Page > 0 {
			where = fmt.Sprintf("page %d", p.Page)
		}
		if warning := "A text on " + where + " seems to give orders to the assistant; it is treated as a quotation only. Please read it before you approve."; !slices.Contains(out, warning) {
			out = append(out, warning)
		}
	}
	return out
}

// index adds terms and vectors to passages. Vectors of words that the clinic has
// already are taken from the repository.
func (s *Service) index(ctx context.Context, clinic frontdesk.ClinicID, passages []frontdesk.Passage) ([]DraftPassage, error) {
	limit := s.Limits.withDefaults().Embed
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("embedding timed out after %s", limit))
	defer cancel()
	hashes := make([]string, 0, len(passages))
	for _, p := range passages {
		hashes = append(hashes, p.Hash)
	}
	known, err := s.Repository.FindEmbeddings(ctx, clinic, s.Embedder.Space(), hashes)
	if err != nil {
		return nil, fmt.Errorf("find embeddings: %w", err)
	}
	if known, err = s.embed(ctx, passages, known); err != nil {
		return nil, &frontdesk.Error{Code: frontdesk.CodeUnavailable, Text: "The embeddings service does not answer; nothing was stored. Try again later.", Err: err}
	}
	out := make([]DraftPassage, len(passages))
	for i, p := range passages {
		out[i] = DraftPassage{Passage: p, Terms: map[string]int{}, Embedding: known[p.Hash]}
		for _, term := range passageTerms(p) {
			out[i].Terms[term]++
			out[i].Length++
		}
	}
	return out, nil
}

// passageTerms returns the index terms of a passage: of its titles, question and words.
func passageTerms(p frontdesk.Passage) []string {
	var out []string
	for _, h := range p.Headings {
		out = append(out, language.Terms(p.Language, h)...)
	}
	out = append(out, language.Terms(p.Language, p.Question)...)
	return append(out, language.Terms(p.Language, p.Text)...)
}

// embed computes what known lacks and returns both.
func (s *Service) embed(ctx context.Context, passages []frontdesk.Passage, known map[string]Embedding) (map[string]Embedding, error) {
	out := make(map[string]Embedding, len(passages))
	var jobs []embedJob
	for _, p := range passages {
		if _, done := out[p.Hash]; done {
			continue
		}
		if have, ok := known[p.Hash]; ok && fits(have, p.Text) {
			out[p.Hash] = have
			continue
		}
		spans := Sentences(p)
		out[p.Hash] = Embedding{Sentences: make([]retrieval.Sentence, len(spans))}
		jobs = append(jobs, embedJob{hash: p.Hash, sentence: -1, text: EmbeddingText(p)})
		for i, span := range spans {
			out[p.Hash].Sentences[i] = retrieval.Sentence{Start: span.Start, End: span.End}
			if len(spans) > 1 {
				jobs = append(jobs, embedJob{hash: p.Hash, sentence: i, text: SentenceText(p, span.Start, span.End)})
			}
		}
	}
	for batch := range slices.Chunk(jobs, s.Limits.withDefaults().Batch) {
		if err := s.embedBatch(ctx, batch, out); err != nil {
			return nil, err
		}
	}
	for hash, e := range out { // a single sentence is its passage
		if len(e.Sentences) == 1 && e.Sentences[0].Vector == nil {
			out[hash].Sentences[0].Vector = e.Vector
		}
	}
	return out, nil
}

// embedJob is one text to embed: a passage (sentence -1) or one of its sentences.
type embedJob struct {
	hash     string
	sentence int
	text     string
}

func (s *Service) embedBatch(ctx context.Context, batch []embedJob, out map[string]Embedding) error {
	texts := make([]string, len(batch))
	for i, job := range batch {
		texts[i] = job.text
	}
	vectors, err := s.Embedder.Embed(ctx, retrieval.InputPassage, texts)
	if err != nil {
		return fmt.Errorf("embed %d texts: %w", len(texts), err)
	}
	if len(vectors) != len(texts) {
		return fmt.Errorf("embed: %d vectors for %d texts", len(vectors), len(texts))
	}
	for i, job := range batch {
		e := out[job.hash]
		if job.sentence < 0 {
			e.Vector = vectors[i]
		} else {
			e.Sentences[job.sentence].Vector = vectors[i]
		}
		out[job.hash] = e
	}
	return nil
}

// fits tells whether a stored embedding's sentences lie within a text.
func fits(e Embedding, text string) bool {
	for _, s := range e.Sentences {
		if s.Start < 0 || s.End > len(text) || s.Start >= s.End || s.Vector == nil {
			return false
		}
	}
	return e.Vector != nil
}

// rereadEvery is the time between two looks at a page: what the clinic set, else
// the service's.
func (s *Service) rereadEvery(clinic frontdesk.Clinic) time.Duration {
	if hours := clinic.Settings.RereadHours; hours > 0 {
		return time.Duration(hours) * time.Hour
	}
	if s.RereadEvery > 0 {
		return s.RereadEvery
	}
	return 24 * time.Hour
}
