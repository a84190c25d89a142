package ingest

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// isTitled tells whether each column has titles of its own, set off from its other
// lines where the column beside it goes on: text in columns. A table sets off its
// header, its first column and its section titles, not cells here and there.
func (t *looseTable) isTitled() bool {
	own := 0
	for c := range t.columns {
		usual := t.usualSize(c)
		titles := 0
		for i, r := range t.rows {
			if i > 0 && t.setOff(r, c, usual) && !t.othersSetOff(r, c) {
				titles++
			}
		}
		if titles == 0 || 3*titles > t.stats(c).lines {
			return false
		}
		own += titles
	}
	return own > len(t.columns)
}

// usualSize is the size of most lines of a column that are not bold.
func (t *looseTable) usualSize(c int) float64 {
	var sizes []float64
	for _, r := range t.rows {
		for _, l := range r.cells[c] {
			if !l.bold() {
				sizes = append(sizes, l.size())
			}
		}
	}
	if len(sizes) == 0 {
		return 0
	}
	slices.Sort(sizes)
	return sizes[len(sizes)/2]
}

// setOff tells whether a row's cell is bold or larger beside a column's usual line.
func (t *looseTable) setOff(r tableRow, c int, usual float64) bool {
	if usual == 0 || len(r.cells[c]) == 0 {
		return false
	}
	for _, l := range r.cells[c] {
		if !l.bold() && l.size() < usual+titleLarger || isFigure(l.text()) {
			return false
		}
	}
	return true
}

func (t *looseTable) othersSetOff(r tableRow, c int) bool {
	for o := range t.columns {
		if o != c && t.setOff(r, o, t.usualSize(o)) {
			return true
		}
	}
	return false
}

// columnStats describes the usual cell of a column.
type columnStats struct {
	lines, bullets, figures int
	lower, upper            int     // lines that start in lower and upper case
	ems, fill               float64 // medians: length, share of the column's width
}

func (t *looseTable) stats(c int) columnStats {
	var s columnStats
	var ems, fill []float64
	for _, r := range t.rows {
		for _, l := range r.cells[c] {
			s.lines++
			text := l.text()
			ems = append(ems, l.box.width()/max(l.size(), 1))
			fill = append(fill, l.box.width()/max(t.columns[c].width(), 1))
			if l.startsItem() {
				s.bullets++
			}
			if isFigure(text) {
				s.figures++
			}
			switch first, _ := utf8.DecodeRuneInString(text); {
			case unicode.IsLower(first):
				s.lower++
			case unicode.IsUpper(first):
				s.upper++
			}
		}
	}
	if s.lines > 0 {
		slices.Sort(ems)
		slices.Sort(fill)
		s.ems, s.fill = ems[s.lines/2], fill[s.lines/2]
	}
	return s
}

// isProse tells whether the column holds text that runs from line to line.
func (s columnStats) isProse() bool {
	if s.lines < gutterRows || s.fill < proseFill {
		return false
	}
	if s.lower+s.upper == 0 {
		return s.ems >= proseLong
	}
	return s.ems >= proseEms && 4*s.lower >= s.lower+s.upper
}
