package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// need says why a page's picture has to be read.
type need int

const (
	needNothing need = iota
	needPart         // a picture beside text that stands for itself
	needPicture      // a picture with little text around it
	needAll          // no text, or text that is worse than none
)

// Measures that tell a page that is a picture.
const (
	littleText   = 300  // letters; a page with fewer may be mostly a picture
	pictureShare = 0.18 // of the page that pictures cover, to be more than an ornament
	partShare    = 0.15 // the same, of one picture beside text
	noText       = 25   // letters; fewer are a stamp or a page number
)

// pictureNeed says what of a page only its picture tells.
func (l *pageLayout) pictureNeed() need {
	area := max(l.width*l.height, 1)
	share, blank := 0.0, false
	for _, p := range l.pictures {
		a := l.visible(p) / area
		share += a
		if a >= partShare && l.lettersIn(p) < noText {
			blank = true
		}
	}
	switch {
	case l.quality.bad():
		return needAll
	case share >= 0.05 && l.quality.letters < noText:
		return needAll
	case share >= pictureShare && l.quality.letters < littleText:
		return needPicture
	case blank:
		return needPart
	}
	return needNothing
}

// visible is the area of a picture inside the page.
func (l *pageLayout) visible(p box) float64 {
	w := min(p.x1, l.width) - max(p.x0, 0)
	h := min(p.y1, l.height) - max(p.y0, 0)
	return max(w, 0) * max(h, 0)
}

// lettersIn counts the letters of the text layer that lie on a picture.
func (l *pageLayout) lettersIn(p box) int {
	n := 0
	for _, t := range l.turns {
		for _, w := range t.words {
			if p.contains(w.box.midX(), w.box.midY()) {
				n += len(w.text)
			}
		}
	}
	return n
}

// readPictures reads the pictures of pages that need it, the neediest first, and
// returns the numbers of the pages that remain unread.
func (r *pdfReader) readPictures(ctx context.Context, layouts []*pageLayout) (unread []int, warnings []string) {
	needs := make([]need, len(layouts))
	any := false
	var near strings.Builder
	for i, l := range layouts {
		needs[i] = l.pictureNeed()
		any = any || needs[i] != needNothing
		if needs[i] != needAll {
			near.WriteString(l.sample())
		}
		if l.hidden > 0 && 2*l.hidden < l.letters {
			warnings = append(warnings, fmt.Sprintf("page %d has text that is not visible", l.number))
		}
	}
	if !any {
		return nil, warnings
	}
	r.step(true)
	o, err := r.newOCR(ctx, near.String())
	if err != nil {
		warnings = append(warnings, "pictures were not read: "+err.Error())
	}
	for level := needAll; level > needNothing; level-- {
		for i, l := range layouts {
			if needs[i] == level && !r.readPicture(ctx, o, l, level) {
				unread = append(unread, l.number)
			}
		}
	}
	slices.Sort(unread)
	return unread, warnings
}

func (r *pdfReader) newOCR(ctx context.Context, near string) (*pageOCR, error) {
	if r.opts.NoOCR {
		return nil, errors.New("reading pictures is switched off")
	}
	program, err := newTesseract(ctx, r.opts.Tesseract)
	if err != nil {
		return nil, errNoOCR
	}
	return &pageOCR{program: program, file: r.file, opts: r.opts, near: near, end: r.endOCR(), now: r.now}, nil
}

// endOCR returns when OCR has to be over so that the layout is done in time.
func (r *pdfReader) endOCR() time.Time {
	end := r.now().Add(r.opts.TotalOCR)
	if most := r.end.Add(-finishTime); end.After(most) {
		return most
	}
	return end
}

// readPicture reads one page's picture; false leaves the page unread. A picture
// beside text may well have nothing to say.
func (r *pdfReader) readPicture(ctx context.Context, o *pageOCR, l *pageLayout, level need) bool {
	var words []word
	err := errNoOCR
	if o != nil {
		words, err = o.page(ctx, l)
	}
	if err != nil {
		r.ocrErr = err
		if level == needAll && l.quality.bad() && l.quality.score < qualityNone {
			l.turns = nil // noise must not be found
		}
		return level == needPart
	}
	q := measure(words)
	if q.bad() || level == needPart && q.tokens < fewTokens {
		r.ocrErr = errors.New("what the picture gave is no text")
		return level == needPart
	}
	if level == needAll {
		l.turns = []turnLayout{{words: words, height: l.height, drawn: true}}
		return true
	}
	l.addDrawn(words)
	return true
}

// addDrawn adds words read from a picture where the text layer has none.
func (l *pageLayout) addDrawn(words []word) {
	var kept []word
	for _, w := range words {
		if !l.covered(w.box) {
			kept = append(kept, w)
		}
	}
	if len(kept) == 0 {
		return
	}
	if len(l.turns) == 0 {
		l.turns = []turnLayout{{words: kept, height: l.height, drawn: true}}
		return
	}
	l.turns[0].words = append(l.turns[0].words, kept...)
}

func (l *pageLayout) covered(b box) bool {
	for _, t := range l.turns {
		for _, w := range t.words {
			if w.box.contains(b.midX(), b.midY()) {
				return true
			}
		}
	}
	return false
}

// turned tells the layout that its picture stands upright after quarter turns.
func (l *pageLayout) turned(quarters int) {
	if quarters%2 != 0 {
		l.width, l.height = l.height, l.width
	}
	if quarters != 0 {
		l.turns = nil // what little text there was lies across
	}
}

// sample returns the beginning of a page's text.
func (l *pageLayout) sample() string {
	const enough = 600
	var b strings.Builder
	for _, w := range l.words() {
		if b.Len() > enough {
			break
		}
		b.WriteString(w.text)
		b.WriteByte(' ')
	}
	return b.String()
}
