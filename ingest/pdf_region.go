package ingest

import (
	"cmp"
	"math"
	"slices"
)

// Stage four: a page is cut into regions that are read one after the other.
// Columns of text are read each to its end; columns that belong together line by
// line are a table.

// segment is a part of a line without a wide gap, or a grid.
type segment struct {
	words []word
	box   box
	grid  *grid
}

// row is what stands side by side.
type row struct {
	segments []segment
	box      box
}

// region is a stretch of a page that is read in one go: lines of one column, rows
// of a table without ruling lines, or a grid.
type region struct {
	lines []line
	table *looseTable
	grid  *grid
}

// pageRegions cuts a page into regions in reading order.
// parts are the vertical rules and leaders that part what stands side by side.
func pageRegions(words []word, parts []rule, grids []*grid) []region {
	for _, g := range grids {
		words = g.fill(words)
	}
	var segments []segment
	for _, l := range toLines(words) {
		segments = append(segments, splitLine(l, parts)...)
	}
	for _, g := range grids {
		if g.filled() {
			segments = append(segments, segment{box: g.box, grid: g})
		}
	}
	return cutRegion(segments, 0)
}

func (g *grid) filled() bool {
	for _, r := range g.words {
		for _, c := range r {
			if len(c) > 0 {
				return true
			}
		}
	}
	return false
}

// splitLine cuts a line at wide gaps, at vertical rules and at leaders.
func splitLine(l line, rules []rule) []segment {
	words := slices.Clone(l.words)
	slices.SortStableFunc(words, func(a, b word) int { return cmp.Compare(a.box.x0, b.box.x0) })
	var out []segment
	for i, w := range words {
		if i == 0 || w.box.x0-out[len(out)-1].box.x1 > segmentGap*w.size && !out[len(out)-1].isMark() || ruled(rules, out[len(out)-1].box, w.box) {
			out = append(out, segment{box: w.box})
		}
		s := &out[len(out)-1]
		s.words = append(s.words, w)
		s.box = s.box.union(w.box)
	}
	return out
}

// isMark tells whether a segment is nothing but the bullet or number that a text
// starts with.
func (s segment) isMark() bool {
	if len(s.words) != 1 {
		return false
	}
	text := s.words[0].text
	return isBullet(text) || isOrdinal(text) || startsNumbered(text+" A")
}

// ruled tells whether a vertical rule stands between two boxes of one line.
func ruled(rules []rule, a, b box) bool {
	for _, r := range rules {
		if r.vertical && r.box.y0 <= a.y1 && r.box.y1 >= a.midY() && r.at() >= a.x1-1 && r.at() <= b.x0+1 {
			return true
		}
	}
	return false
}

// toRows gathers segments that stand side by side, from top to bottom.
func toRows(segments []segment) []row {
	sorted := slices.Clone(segments)
	slices.SortStableFunc(sorted, func(a, b segment) int { return cmp.Compare(a.box.midY(), b.box.midY()) })
	var out []row
	for _, s := range sorted {
		if s.grid == nil && len(out) > 0 {
			last := &out[len(out)-1]
			if last.beside(s) {
				last.segments = append(last.segments, s)
				last.box = last.box.union(s.box)
				continue
			}
		}
		out = append(out, row{segments: []segment{s}, box: s.box})
	}
	for i := range out {
		slices.SortStableFunc(out[i].segments, func(a, b segment) int { return cmp.Compare(a.box.x0, b.box.x0) })
	}
	return out
}

// beside tells whether a segment stands on the row's line.
func (r row) beside(s segment) bool {
	for _, o := range r.segments {
		if o.grid == nil && sameBaseline(o.box, s.box) {
			return true
		}
	}
	return false
}

func (r row) hasGrid() bool { return len(r.segments) == 1 && r.segments[0].grid != nil }

// maxCuts bounds how deep regions are cut.
const maxCuts = 12

// cutRegion cuts segments at the best gutter, and what is above, beside and below
// it in turn.
func cutRegion(segments []segment, depth int) []region {
	if len(segments) == 0 {
		return nil
	}
	rows := toRows(segments)
	if depth < maxCuts {
		if g, ok := bestGutter(rows); ok {
			out := cutRegion(flatten(rows[:g.first]), depth+1)
			out = append(out, cutGutter(rows[g.first:g.last+1], g, depth)...)
			return append(out, cutRegion(flatten(rows[g.last+1:]), depth+1)...)
		}
	}
	return plainRegions(rows)
}

// plainRegions are rows without columns, and the grids between them.
func plainRegions(rows []row) []region {
	var out []region
	var lines []line
	flush := func() {
		if len(lines) > 0 {
			out = append(out, region{lines: lines})
		}
		lines = nil
	}
	for _, r := range rows {
		if r.hasGrid() {
			flush()
			out = append(out, region{grid: r.segments[0].grid})
			continue
		}
		lines = append(lines, r.line())
	}
	flush()
	return out
}

func (r row) line() line {
	l := line{box: r.box}
	for _, s := range r.segments {
		l.words = append(l.words, s.words...)
	}
	l.order()
	return l
}

func flatten(rows []row) []segment {
	var out []segment
	for _, r := range rows {
		out = append(out, r.segments...)
	}
	return out
}

// gutter is a stretch of white from row first to row last.
type gutter struct {
	x0, x1      float64
	first, last int
	both        int // rows with something on both sides
}

const (
	gutterRows = 3 // rows with something on both sides that make a gutter
	gutterMost = 3 // leadings of white that end it

	gutterLeast = 0.35 // leadings that it is wide at its narrowest
	alignSlack  = 1.5  // points by which words that start a column may differ
)

// bestGutter returns the gutter with most rows on both sides.
func bestGutter(rows []row) (gutter, bool) {
	leading := medianLeading(rows)
	var best gutter
	for i, r := range rows {
		for k := 1; k < len(r.segments); k++ {
			a, b := r.segments[k-1].box, r.segments[k].box
			g := grow(rows, gutter{x0: a.x1, x1: b.x0, first: i, last: i}, leading)
			if g.both > best.both || g.both == best.both && g.x1-g.x0 > best.x1-best.x0 {
				best = g
			}
		}
	}
	for i := best.first; i <= best.last && best.both > 0; i++ {
		rows[i].segments = best.part(rows[i].segments)
	}
	if best.both > 0 {
		best.leaveTitle(rows)
	}
	within := rows[best.first:min(best.last+1, len(rows))]
	return best, best.both >= gutterRows || best.both == 2 && (tableRows(within, best) || aside(within, best, leading))
}

// leaveTitle ends a gutter above the first title under its right side: what that
// title opens runs on below the columns, or is read after them all the same.
func (g *gutter) leaveTitle(rows []row) {
	tail := g.last + 1
	for tail > g.first && rows[tail-1].sides(*g) == leftSide {
		tail--
	}
	var sizes []float64
	for _, r := range rows[g.first:tail] {
		sizes = append(sizes, r.line().size())
	}
	if len(sizes) == 0 {
		return
	}
	slices.Sort(sizes)
	usual := sizes[len(sizes)/2]
	for i := tail; i <= g.last; i++ {
		if l := rows[i].line(); l.size() > usual+titleLarger && !rows[i].hasGrid() {
			g.last = i - 1
			return
		}
	}
}

// titleLarger is by how many points a title's letters are larger than its text's.
const titleLarger = 0.8

// aside tells whether two rows beside a gutter are enough for columns of text: a
// note stands to the right, on lines of its own.
func aside(rows []row, g gutter, leading float64) bool {
	var note []segment
	for _, r := range rows {
		for _, s := range r.segments {
			if s.box.midX() > (g.x0+g.x1)/2 && s.grid == nil {
				note = append(note, s)
			}
		}
	}
	return g.x1-g.x0 > 2*leading && len(note) == 2 && math.Abs(note[0].box.x0-note[1].box.x0) < 2*alignSlack+leading &&
		startsLower(line{words: note[1].words}.text())
}

// tableRows tells whether two rows beside a gutter are enough for a table: each
// ends in a figure.
func tableRows(rows []row, g gutter) bool {
	n := 0
	for _, r := range rows {
		if r.sides(g) == bothSides && hasFigure(r.segments[len(r.segments)-1].words) {
			n++
		}
	}
	return n >= 2
}

// grow extends a gutter up and down while rows keep clear of it.
func grow(rows []row, g gutter, leading float64) gutter {
	g.both = 1
	for i := g.first - 1; i >= 0 && g.take(rows, i, i+1, leading); i-- {
		g.first = i
	}
	for i := g.last + 1; i < len(rows) && g.take(rows, i, i-1, leading); i++ {
		g.last = i
	}
	return g
}

// take narrows the gutter to what row i leaves free; false ends it.
func (g *gutter) take(rows []row, i, near int, leading float64) bool {
	a, b := rows[min(i, near)].box, rows[max(i, near)].box
	if b.y0-a.y1 > gutterMost*leading {
		return false
	}
	x0, x1 := g.x0, g.x1
	left, right := false, false
	for _, s := range g.part(rows[i].segments) {
		switch mid := (x0 + x1) / 2; {
		case s.box.x1 <= mid:
			x0, left = max(x0, s.box.x1), true
		case s.box.x0 >= mid:
			x1, right = min(x1, s.box.x0), true
		default:
			if s.box.midX() < mid {
				x0, left = max(x0, s.box.x1), true
			} else {
				x1, right = min(x1, s.box.x0), true
			}
		}
	}
	if x1-x0 < gutterLeast*leading {
		return false
	}
	g.x0, g.x1 = x0, x1
	switch beside := rows[near].sides(*g); {
	case left && right:
		g.both++
	case beside != bothSides && beside != onSide(left, right) && b.y0 < a.y1-0.2*leading:
		g.both++ // overlapping the line on the other side
	}
	return true
}

// part cuts segments that run across the gutter where a word starts at its right
// edge: a long name may come close to the column beside it.
func (g *gutter) part(segments []segment) []segment {
	var out []segment
	for _, s := range segments {
		k := 0
		if s.grid == nil && s.box.x0 < g.x0 && s.box.x1 > g.x1 {
			for k = len(s.words) - 1; k > 0; k-- {
				if math.Abs(s.words[k].box.x0-g.x1) < alignSlack && s.words[k].box.x0-s.words[k-1].box.x1 > gutterLeast*s.words[k].size {
					break
				}
			}
		}
		if k <= 0 {
			out = append(out, s)
			continue
		}
		out = append(out, newSegment(s.words[:k]), newSegment(s.words[k:]))
	}
	return out
}

func newSegment(words []word) segment {
	s := segment{words: words, box: words[0].box}
	for _, w := range words {
		s.box = s.box.union(w.box)
	}
	return s
}

// The sides of a gutter.
const (
	leftSide = 1 << iota
	rightSide
	bothSides = leftSide | rightSide
)

func onSide(left, right bool) int {
	side := 0
	if left {
		side |= leftSide
	}
	if right {
		side |= rightSide
	}
	return side
}

// sides returns on which sides of the gutter the row has something.
func (r row) sides(g gutter) int {
	left, right := false, false
	for _, s := range r.segments {
		if s.box.midX() < (g.x0+g.x1)/2 {
			left = true
		} else {
			right = true
		}
	}
	return onSide(left, right)
}

// medianLeading returns the usual height of a line.
func medianLeading(rows []row) float64 {
	var heights []float64
	for _, r := range rows {
		if !r.hasGrid() {
			heights = append(heights, r.box.height())
		}
	}
	if len(heights) == 0 {
		return 12
	}
	slices.Sort(heights)
	return max(heights[len(heights)/2], 1)
}

// cutGutter reads rows beside a gutter: as columns of text, or as a table.
func cutGutter(rows []row, g gutter, depth int) []region {
	if t := newLooseTable(rows, g); t != nil {
		return t.regions(rows, depth)
	}
	var left, right []segment
	for _, s := range flatten(rows) {
		if s.box.midX() < (g.x0+g.x1)/2 {
			left = append(left, s)
		} else {
			right = append(right, s)
		}
	}
	if rtlSegments(right) && rtlSegments(left) {
		left, right = right, left
	}
	return append(cutRegion(left, depth+1), cutRegion(right, depth+1)...)
}

func rtlSegments(segments []segment) bool {
	rtl, all := 0, 0
	for _, s := range segments {
		for _, w := range s.words {
			all++
			if w.rtl {
				rtl++
			}
		}
	}
	return 2*rtl > all
}
