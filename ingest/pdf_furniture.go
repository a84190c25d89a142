package ingest

import (
	"math"
	"strconv"
	"strings"
	"unicode"
)

// furniture is what a page repeats from others: running headers and footers, page
// numbers.
const (
	marginShare = 0.17 // of the page's height, above and below, where furniture stands
	samePlace   = 6.0  // points that repeated lines may lie apart
)

// marginLine is a line in a page's margin.
type marginLine struct {
	page  int // index
	line  line
	key   string // its words, with figures masked
	place float64
}

// dropFurniture takes repeated lines out of the margins of all pages but the first
// that has them, and page numbers out of all.
func dropFurniture(layouts []*pageLayout) {
	var all []marginLine
	for i, l := range layouts {
		all = append(all, l.marginLines(i)...)
	}
	same := make(map[string][]int, len(all))
	for i, m := range all {
		same[m.key] = append(same[m.key], i)
	}
	for i, m := range all {
		first, pages := true, map[int]struct{}{m.page: {}}
		for _, k := range same[m.key] {
			if o := all[k]; math.Abs(o.place-m.place) <= samePlace && o.page != m.page {
				pages[o.page] = struct{}{}
				first = first && i < k
			}
		}
		switch {
		case isPageNumber(m.line.text(), m.page+1, len(layouts), len(pages) > 1):
			layouts[m.page].drop(m.line)
		case len(pages) > 1 && !first && repeats(m, len(pages), len(layouts)):
			layouts[m.page].drop(m.line)
		}
	}
}

// repeats tells whether a line stands on enough pages: on most of a short
// document's, on some of a long one's (chapters have headers of their own).
func repeats(m marginLine, pages, of int) bool {
	if !hasLetters(m.key, 2) {
		return 2*pages > of
	}
	return pages >= 3 || 2*pages >= of
}

// marginLines returns the lines of the page's margins: at most a few at each end,
// from the edge inwards.
func (l *pageLayout) marginLines(index int) []marginLine {
	const most = 6
	if len(l.turns) == 0 {
		return nil
	}
	t := l.turns[0]
	lines := toLines(t.words)
	var out []marginLine
	for i, one := range lines {
		y := one.box.midY()
		if i >= most && i < len(lines)-most || y > marginShare*t.height && y < (1-marginShare)*t.height {
			continue
		}
		out = append(out, marginLine{page: index, line: one, key: maskFigures(one.text()), place: y})
	}
	return out
}

func maskFigures(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return '#'
		}
		return unicode.ToLower(r)
	}, text)
}

// drop takes a line's words out of the page.
func (l *pageLayout) drop(gone line) {
	t := &l.turns[0]
	kept := make([]word, 0, len(t.words))
	for _, w := range t.words {
		if w.box.y1 < gone.box.y0 || w.box.y0 > gone.box.y1 || !gone.has(w) {
			kept = append(kept, w)
		}
	}
	t.words = kept
}

func (l line) has(w word) bool {
	for _, o := range l.words {
		if o.box == w.box && o.text == w.text {
			return true
		}
	}
	return false
}

// isPageNumber tells whether a line is nothing but the number of its page, perhaps
// with the number of all pages and a word for "page".
func isPageNumber(text string, number, pages int, repeated bool) bool {
	var figures []int
	letters := 0
	for _, f := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsDigit(r) && !unicode.IsLetter(r) }) {
		if n, err := strconv.Atoi(f); err == nil {
			figures = append(figures, n)
			continue
		}
		letters += len([]rune(f))
	}
	const mostLetters = 12
	switch len(figures) {
	case 1:
		shift := figures[0] - number
		if letters == 0 {
			return shift == 0 || repeated && shift >= -20 && shift <= 20
		}
		return shift == 0 && letters <= mostLetters && repeated
	case 2:
		return figures[1] == pages && figures[0] <= pages && letters <= mostLetters
	}
	return false
}
