package ingest

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"

	"frontdesk"
	"frontdesk/language"
	"frontdesk/retrieval"
)

// Sizes of passages in bytes of text. A passage is what one embedding has to
// stand for, so it ends with its section even where it is short.
const (
	passageWant = 480 // a paragraph is added to the passage before it up to here
	passageMost = 800 // a longer paragraph is cut between sentences
)

// Split cuts a document into passages: paragraphs of one section together, one
// table row each (with its section's title and the table's header in Headings),
// one question and its answer each. Text is verbatim; cells of a row are joined
// by " | ". Facts, Headings, Kind, Language, Page, Ordinal and Hash are filled;
// ids, clinic, source and revision are the caller's. clinicLanguage is taken for
// passages whose own language is not certain.
func Split(doc Document, clinicLanguage string) []frontdesk.Passage {
	lexicon := retrieval.NewLexicon()
	s := splitter{lexicon: lexicon, title: strings.TrimSpace(doc.Title), language: documentLanguage(doc, clinicLanguage)}
	for _, page := range doc.Pages {
		s.page(page)
	}
	s.flush()
	facts := factReader{lexicon}
	for i := range s.passages {
		p := &s.passages[i]
		p.Ordinal = i
		p.Language = passageLanguage(p.Text, s.language)
		p.Facts = facts.read(*p)
		p.Hash = hashPassage(*p)
	}
	return s.passages
}

// EmbeddingText returns what stands for a passage in the embedding space: its
// words after the titles above it.
func EmbeddingText(p frontdesk.Passage) string {
	parts := nearHeadings(p.Headings, 2)
	if p.Question != "" {
		parts = append(parts, p.Question)
	}
	return strings.Join(append(parts, p.Text), "\n")
}

// SentenceText returns what stands for the stretch [start, end) of a passage in
// the embedding space: its words after the title right above it.
func SentenceText(p frontdesk.Passage, start, end int) string {
	parts := nearHeadings(p.Headings, 1)
	if p.Question != "" {
		parts = []string{p.Question}
	}
	return strings.Join(append(parts, p.Text[start:end]), ": ")
}

func nearHeadings(headings []string, n int) []string {
	if len(headings) > n {
		headings = headings[len(headings)-n:]
	}
	return append([]string(nil), headings...)
}

func hashPassage(p frontdesk.Passage) string {
	h := sha256.New()
	for _, part := range append(append([]string{}, p.Headings...), p.Question, p.Text) {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// splitter walks a document's blocks in order.
type splitter struct {
	lexicon  *retrieval.Lexicon
	title    string
	language string
	headings []heading
	number   int
	buffer   []string
	size     int
	kind     frontdesk.PassageKind
	passages []frontdesk.Passage
}

type heading struct {
	level int
	text  string
}

func (s *splitter) page(page Page) {
	if page.Number != s.number {
		s.flush() // a citation names one page
		s.number = page.Number
	}
	for i, block := range page.Blocks {
		s.block(block, i+1 < len(page.Blocks) && page.Blocks[i+1].Kind == BlockItem)
	}
}

func (s *splitter) block(block Block, listFollows bool) {
	text := unwrap(block.Text)
	switch block.Kind {
	case BlockHeading:
		s.flush()
		text = strings.ReplaceAll(text, "\n", " ")
		s.heading(block.Level, text)
		if speaks(text) {
			s.write(frontdesk.PassageText, text, true)
		}
	case BlockTable:
		s.flush()
		s.table(block)
	case BlockAnswer:
		s.flush()
		for _, piece := range s.cut(text) {
			s.add(frontdesk.Passage{Kind: frontdesk.PassageAnswer, Text: piece, Question: strings.TrimSpace(block.Question)})
		}
	case BlockContents:
		s.flush()
		for _, piece := range s.cut(text) {
			s.add(frontdesk.Passage{Kind: frontdesk.PassageContents, Text: piece})
		}
	case BlockContact:
		s.write(frontdesk.PassageContact, text, false)
	default:
		s.write(frontdesk.PassageText, text, block.Kind == BlockItem || listFollows)
	}
}

func (s *splitter) heading(level int, text string) {
	if text == "" {
		return
	}
	if level < 1 {
		level = 1
	}
	for len(s.headings) > 0 && s.headings[len(s.headings)-1].level >= level {
		s.headings = s.headings[:len(s.headings)-1]
	}
	s.headings = append(s.headings, heading{level, text})
}

// speaks tells whether a title answers by itself ("Check-up: 60 €", "Parking is
// free for patients and visitors") or introduces what follows, so that it has to
// be quotable.
func speaks(title string) bool {
	words := language.Words(title)
	return len(words) >= 6 || strings.HasSuffix(title, ":") || len(words) >= 2 && hasDigit(strings.TrimLeft(title, "0123456789. )"))
}

// write adds a paragraph to the passage being built. together asks for a longer
// passage: a list belongs to the sentence that introduces it.
func (s *splitter) write(kind frontdesk.PassageKind, text string, together bool) {
	if text == "" {
		return
	}
	limit := passageWant
	if together {
		limit = passageMost
	}
	if s.size > 0 && (s.kind != kind || s.size+len(text) > limit) {
		s.flush()
	}
	s.kind = kind
	for i, piece := range s.cut(text) {
		if i > 0 {
			s.flush()
		}
		s.buffer = append(s.buffer, piece)
		s.size += len(piece) + 1
	}
}

func (s *splitter) flush() {
	if len(s.buffer) > 0 {
		s.add(frontdesk.Passage{Kind: s.kind, Text: strings.Join(s.buffer, "\n")})
	}
	s.buffer, s.size = nil, 0
}

func (s *splitter) add(p frontdesk.Passage, extra ...string) {
	if p.Text == "" || len(language.Words(p.Text)) == 0 {
		return
	}
	p.Page = s.number
	p.Headings = append(s.titles(), extra...)
	s.passages = append(s.passages, p)
}

func (s *splitter) titles() []string {
	var out []string
	if s.title != "" {
		out = append(out, s.title)
	}
	for _, h := range s.headings {
		if len(out) == 0 || out[len(out)-1] != h.text {
			out = append(out, h.text)
		}
	}
	return out
}

// unwrap joins the lines of a paragraph that were broken to fit the page: a line
// goes on where it does not end like one and the next does not begin like one.
func unwrap(text string) string {
	var b strings.Builder
	before := ""
	for line := range strings.Lines(text) {
		line = strings.Join(strings.Fields(line), " ")
		if line == "" {
			continue
		}
		switch {
		case before == "":
		case goesOn(before, line):
			b.WriteByte(' ')
		default:
			b.WriteByte('\n')
		}
		b.WriteString(line)
		before = line
	}
	return b.String()
}

// goesOn tells whether line continues the one before it.
func goesOn(before, line string) bool {
	last, _ := utf8.DecodeLastRuneInString(before)
	first, _ := utf8.DecodeRuneInString(line)
	switch {
	case unicode.IsLower(first):
		return !strings.ContainsRune(".!?…:", last) || len(before) > 60
	case strings.ContainsRune("•▪●◦‣*✓➢-–—", first), strings.ContainsRune(".!?…:;", last):
		return false
	case strings.ContainsRune(",–-(«/", last):
		return true
	}
	// Long lines are those of a paragraph; short ones stand in an address or list.
	return utf8.RuneCountInString(before) >= 60
}

// cut splits text between sentences into pieces of at most size bytes; a single
// longer sentence is cut between words.
func (s *splitter) cut(text string) []string {
	const size = passageMost
	if len(text) <= size {
		return []string{text}
	}
	var out []string
	start, end := 0, 0
	for _, span := range sentenceSpans(s.language, text) {
		if span[1]-start > size && end > start {
			out = append(out, strings.TrimSpace(text[start:end]))
			start = span[0]
		}
		end = span[1]
		for end-start > size {
			at := start + lastSpace(text[start:start+size])
			out = append(out, strings.TrimSpace(text[start:at]))
			start = at
		}
	}
	if rest := strings.TrimSpace(text[start:]); rest != "" {
		out = append(out, rest)
	}
	return out
}

// lastSpace returns where to cut text so that no word and no rune is broken.
func lastSpace(text string) int {
	if i := strings.LastIndexAny(text, " \n\t\u00a0"); i > 0 {
		return i
	}
	for i := len(text) - 1; i > 0; i-- {
		if text[i]&0xC0 != 0x80 {
			return i
		}
	}
	return len(text)
}
