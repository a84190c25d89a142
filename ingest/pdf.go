package ingest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"frontdesk"
)

// PDFOptions says how a PDF is read and what that may cost. The zero value is
// usable; a zero bound takes its default.
type PDFOptions struct {
	// Language is the BCP-47 tag of the clinic's language, a hint for pages that
	// are pictures.
	Language string `json:"language,omitempty"`
	// CacheDir keeps the compiled pdfium between processes; without it each process
	// compiles it anew, which takes seconds.
	CacheDir string `json:"cache_dir,omitempty"`
	// Tesseract is the path of the tesseract program, "" to look for it in PATH.
	Tesseract string `json:"tesseract,omitempty"`
	// NoOCR leaves pages that are pictures unread.
	NoOCR bool `json:"no_ocr,omitempty"`

	// Draw is the number of a page to draw instead of reading the file, 0 to read it.
	Draw int `json:"draw,omitempty"`

	MaxBytes  int64         `json:"max_bytes,omitempty"`  // of the file; default 64 MiB
	MaxPages  int           `json:"max_pages,omitempty"`  // default 500
	MaxMemory int64         `json:"max_memory,omitempty"` // bytes that the reader's sandbox may hold; default 256 MiB
	MaxText   int           `json:"max_text,omitempty"`   // characters in all; default 4 million
	Timeout   time.Duration `json:"timeout,omitempty"`    // for the whole file without OCR; default 30 s
	PageOCR   time.Duration `json:"page_ocr,omitempty"`   // for the OCR of one page; default 30 s
	TotalOCR  time.Duration `json:"total_ocr,omitempty"`  // for the OCR of all pages; default 80 s
}

func (o PDFOptions) withDefaults() PDFOptions {
	o.MaxBytes = cmp.Or(o.MaxBytes, 64<<20)
	o.MaxPages = cmp.Or(o.MaxPages, 500)
	o.MaxMemory = cmp.Or(o.MaxMemory, 256<<20)
	o.MaxText = cmp.Or(o.MaxText, 4_000_000)
	o.Timeout = cmp.Or(o.Timeout, 30*time.Second)
	o.PageOCR = cmp.Or(o.PageOCR, 30*time.Second)
	o.TotalOCR = cmp.Or(o.TotalOCR, 80*time.Second)
	return o
}

// within shortens the times so that the whole takes no longer than most: OCR gives
// way first.
func (o PDFOptions) within(most time.Duration) PDFOptions {
	const least = time.Millisecond // zero would be the default
	o.Timeout = max(min(o.Timeout, most), least)
	o.TotalOCR = max(min(o.TotalOCR, most-o.Timeout), least)
	return o
}

// finishTime is what remains, of the whole time, for the layout after the last page.
const finishTime = 3 * time.Second

// pdfHeaderWithin is how far into a file its "%PDF-" may stand.
const pdfHeaderWithin = 1024

// ReadPDF reads a PDF into ordered blocks by page. A page that could not be read
// is named in Unread, also one that there was no time for: the time fails a file
// only where no text could be read within it. Time and cancellation are looked at
// between pages, so bytes of strangers belong to [ReadPDFIsolated], which can be
// stopped at any moment.
// It refuses with [CodeNotADocument], [CodeEncrypted], [CodeTooLarge],
// [CodeTooManyPages], [CodeNoText] or [CodeTimeout].
func ReadPDF(ctx context.Context, data []byte, opts PDFOptions) (Document, error) {
	opts = opts.withDefaults()
	start := func() (*engine, error) { return newEngine(ctx, opts.CacheDir, opts.MaxMemory) }
	return readStepwise(ctx, data, opts, start, func(bool) {})
}

// readStepwise reads by the engine that start gives it. It calls step before each piece of work that pdfium cannot be stopped in, and
// after the last one; pictures tells that OCR, which has bounds of its own, begins.
func readStepwise(ctx context.Context, data []byte, opts PDFOptions, start func() (*engine, error), step func(pictures bool)) (Document, error) {
	if int64(len(data)) > opts.MaxBytes {
		return Document{}, tooManyBytes(opts)
	}
	if !bytes.Contains(data[:min(len(data), pdfHeaderWithin)], []byte("%PDF-")) {
		return Document{}, refuse(CodeNotADocument, "The file is not a PDF.", nil)
	}
	if unfolds(data) {
		return Document{}, refuse(CodeTooLarge, "The PDF has a picture that unfolds to more than can be read.", nil)
	}
	e, err := start()
	if err != nil {
		return Document{}, err
	}
	r := &pdfReader{opts: opts, engine: e, data: data, now: time.Now, step: step}
	doc, err := r.readAll(ctx)
	if closeErr := r.engine.close(); err == nil && closeErr != nil {
		return doc, fmt.Errorf("stopping pdfium: %w", closeErr)
	}
	return doc, err
}

func tooManyBytes(opts PDFOptions) error {
	return refuse(CodeTooLarge, fmt.Sprintf("The PDF is larger than %d MB.", opts.MaxBytes>>20), nil)
}

// pdfReader reads one file.
type pdfReader struct {
	opts   PDFOptions
	engine *engine
	data   []byte
	file   *pdfiumFile
	now    func() time.Time
	step   func(pictures bool)
	end    time.Time // of the whole reading
	text   int       // glyphs so far
	traps  int
	trap   error // the last of them
	late   int   // the first page that came too late, 0 if none did
	broken []int // pages that broke the sandbox or came too late
	ocrErr error // why the last picture was not read
}

func (r *pdfReader) readAll(ctx context.Context) (Document, error) {
	r.end = r.now().Add(r.opts.Timeout + r.opts.TotalOCR)
	if end, ok := ctx.Deadline(); ok && end.Before(r.end) {
		r.end = end
	}
	doc, err := r.read(ctx)
	var refusal *frontdesk.Error
	switch {
	case err == nil:
		return doc, nil
	case errors.As(err, &refusal):
		return Document{}, err
	case errors.Is(err, context.DeadlineExceeded):
		return Document{}, refuse(CodeTimeout, "Reading the PDF took too long.", err)
	case errors.Is(err, errNoMemory), r.engine.memory() > r.opts.MaxMemory*3/4:
		return Document{}, refuse(CodeTooLarge, "The PDF unfolds to more than can be read.", err)
	}
	return Document{}, err
}

var errReadTimeout = errors.New("reading a PDF timed out")

func (r *pdfReader) read(ctx context.Context) (Document, error) {
	r.step(false)
	file, err := r.engine.open(r.data)
	if err != nil {
		return Document{}, err
	}
	r.file = file
	switch {
	case file.pages == 0:
		return Document{}, refuse(CodeNotADocument, "The PDF has no pages.", nil)
	case file.pages > r.opts.MaxPages:
		return Document{}, refuse(CodeTooManyPages, fmt.Sprintf("The PDF has %d pages, more than %d.", file.pages, r.opts.MaxPages), nil)
	}
	declared, err := file.language()
	if err != nil {
		return Document{}, err
	}
	layouts, err := r.load(ctx)
	if err != nil {
		return Document{}, err
	}
	unread, warnings := r.readPictures(ctx, layouts)
	if err := ctx.Err(); errors.Is(err, context.Canceled) {
		return Document{}, err
	}
	doc := assemble(layouts)
	doc.Language = declared
	if r.late > 0 {
		warnings = append(warnings, fmt.Sprintf("there was no time for pages from %d on", r.late))
	}
	unread = append(unread, r.broken...)
	slices.Sort(unread)
	doc.Unread, doc.Warnings = slices.Compact(unread), warnings
	if !hasBlocks(doc) {
		return Document{}, r.noText(unread)
	}
	return doc, r.file.close()
}

// load reads the text of all pages within the time for text. Pages that come too
// late are unread, unless there is nothing before them.
func (r *pdfReader) load(ctx context.Context) ([]*pageLayout, error) {
	end := r.now().Add(r.opts.Timeout)
	if most := r.end.Add(-finishTime); end.After(most) {
		end = most
	}
	var pages []*pageLayout
	for n := 1; n <= r.file.pages; n++ {
		if err := ctx.Err(); err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return nil, err
		}
		r.step(false)
		var page *rawPage
		switch late := r.now().After(end); {
		case late && r.text == 0:
			return nil, context.DeadlineExceeded
		case late:
			r.late = cmp.Or(r.late, n)
			r.broken = append(r.broken, n)
			page = &rawPage{number: n}
		default:
			var err error
			if page, err = r.loadOne(n); err != nil {
				return nil, err
			}
		}
		if r.text += len(page.glyphs); r.text > r.opts.MaxText {
			return nil, errNoMemory
		}
		pages = append(pages, r.choose(ctx, page))
	}
	return pages, nil
}

func (r *pdfReader) loadOne(n int) (*rawPage, error) {
	page, err := r.file.load(n)
	if err != nil {
		return r.afterTrap(n, err)
	}
	return page, nil
}

// mostTraps is how many pages may break the sandbox before the file is given up.
const mostTraps = 3

// afterTrap starts over in a new sandbox without the page that broke the old one.
func (r *pdfReader) afterTrap(n int, cause error) (*rawPage, error) {
	r.trap = cause
	if r.traps++; r.traps > mostTraps {
		return nil, cause
	}
	_ = r.engine.close() // it is broken: how it ends does not matter
	r.engine.release()
	debug.FreeOSMemory() // two sandboxes at once would be too much
	e, err := newEngine(context.Background(), r.opts.CacheDir, r.opts.MaxMemory)
	if err != nil {
		return nil, errors.Join(cause, err)
	}
	r.engine = e
	file, err := e.open(r.data)
	if err != nil {
		return nil, err
	}
	r.file = file
	r.broken = append(r.broken, n)
	return &rawPage{number: n}, nil
}

// choose reads a page's text with the reader whose text is better, measured.
func (r *pdfReader) choose(ctx context.Context, p *rawPage) *pageLayout {
	first := newPageLayout(p)
	if q := first.quality; q.score >= qualityGood || q.tokens < fewTokens {
		return first
	}
	glyphs, err := secondGlyphs(ctx, r.data, p.number, p.height)
	if err != nil {
		return first
	}
	other := *p
	other.glyphs = glyphs
	second := newPageLayout(&other)
	const clearly = 0.1
	if second.quality.score > first.quality.score+clearly && 2*second.quality.letters > first.quality.letters {
		return second
	}
	return first
}

// assemble lays the pages out: what all pages have in common (type, headers and
// footers) is measured first.
func assemble(layouts []*pageLayout) Document {
	dropFurniture(layouts)
	var words []word
	for _, l := range layouts {
		words = append(words, l.words()...)
	}
	s := newStyle(words)
	doc := Document{Kind: KindPDF}
	for _, l := range layouts {
		b := &blockBuilder{style: s, pages: len(layouts)}
		l.blocks(b)
		doc.Pages = append(doc.Pages, Page{Number: l.number, Blocks: b.blocks})
		if len(b.blocks) > 0 && l.doubtful() {
			doc.Doubtful = append(doc.Doubtful, l.number)
		}
	}
	continueTables(doc.Pages)
	continueContents(doc.Pages)
	doc.Title = titleOf(doc.Pages)
	settleHeadings(doc.Pages)
	return doc
}

func hasBlocks(doc Document) bool {
	for _, p := range doc.Pages {
		if len(p.Blocks) > 0 {
			return true
		}
	}
	return false
}

func (r *pdfReader) noText(unread []int) error {
	if len(r.broken) == r.file.pages {
		return refuse(CodeTooLarge, "The PDF unfolds to more than can be read.", r.trap)
	}
	if len(unread) > 0 {
		return refuse(CodeNoText, "The PDF is a picture whose text could not be read.", r.ocrErr)
	}
	return refuse(CodeNoText, "The PDF has no text.", nil)
}

// titleOf returns the outermost heading of the first pages; a single word is a
// logo.
func titleOf(pages []Page) string {
	const within = 2
	best := Block{Level: maxLevel}
	for _, p := range pages[:min(len(pages), within)] {
		for _, b := range p.Blocks {
			if b.Kind == BlockHeading && b.Level < best.Level && strings.Contains(b.Text, " ") {
				best = b
			}
		}
	}
	if best.Text == "" && len(pages) > 0 && len(pages[0].Blocks) > 0 {
		first := pages[0].Blocks[0]
		if first.Kind == BlockText && len(first.Text) <= headingChars && hasLetters(first.Text, 3) {
			return first.Text
		}
	}
	return best.Text
}
