package ingest

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tableRow is a row of a table while it is put together.
type tableRow struct {
	cells [][]line // the lines of each column
	box   box
}

// looseTable is a table without ruling lines.
type looseTable struct {
	columns     []box // x0 and x1 of each
	rows        []tableRow
	first, last int // the rows of the region that it covers
}

// Measures that tell a table from columns of text.
const (
	proseEms  = 9    // that the usual line of a column of text is long
	proseLong = 14   // the same, where letters have no case to tell lines that go on
	proseFill = 0.62 // of the column's width that the usual line of text fills
)

// newLooseTable returns nil where rows beside a gutter are columns of text.
func newLooseTable(rows []row, g gutter) *looseTable {
	t := &looseTable{first: len(rows)}
	level := 0
	for i, r := range rows {
		if r.hasGrid() {
			return nil
		}
		if r.sides(g) == bothSides {
			t.first, t.last = min(t.first, i), i
			level++
		}
	}
	if t.first > t.last || 2*level < g.both {
		return nil // most lines stand between those of the other side
	}
	t.columns = findColumns(rows[t.first : t.last+1])
	if len(t.columns) < 2 {
		return nil
	}
	for _, r := range rows[t.first : t.last+1] {
		t.rows = append(t.rows, t.split(r))
	}
	if t.isProse(rows[t.first:t.last+1], g) {
		return nil
	}
	t.takeTail(rows, g)
	return t
}

// takeTail adds the lines below the last row that go on with its text.
func (t *looseTable) takeTail(rows []row, g gutter) {
	if !t.stats(len(t.columns) - 1).isProse() {
		return
	}
	for t.last+1 < len(rows) {
		a, b := rows[t.last], rows[t.last+1]
		if b.hasGrid() || b.sides(g) != rightSide || b.box.y0-a.box.y1 > 0.6*b.box.height() {
			return
		}
		t.last++
		t.rows = append(t.rows, t.split(b))
	}
}

// findColumns returns the stretches that the rows' segments cover.
func findColumns(rows []row) []box {
	var all box
	n := 0
	for _, r := range rows {
		if n++; n == 1 {
			all = r.box
		}
		all = all.union(r.box)
	}
	width := int(all.width()) + 2
	const widest = 20_000
	if width > widest {
		return nil
	}
	cover := make([]int, width)
	several := 0
	for _, r := range rows {
		if len(r.segments) < 2 {
			continue
		}
		several++
		for _, s := range r.segments {
			for x := int(s.box.x0 - all.x0); x <= int(s.box.x1-all.x0) && x < width; x++ {
				cover[max(x, 0)]++
			}
		}
	}
	stray := several / 12 // rows that may run across a gutter
	narrow := 0.4 * medianLeading(rows)
	var out []box
	for x := 0; x < width; x++ {
		if cover[x] <= stray {
			continue
		}
		x0 := x
		for x < width && cover[x] > stray {
			x++
		}
		b := box{x0: all.x0 + float64(x0), x1: all.x0 + float64(x)}
		if len(out) > 0 && b.x0-out[len(out)-1].x1 < narrow {
			out[len(out)-1].x1 = b.x1
			continue
		}
		out = append(out, b)
	}
	return out
}

// split puts a row's segments into columns.
func (t *looseTable) split(r row) tableRow {
	out := tableRow{cells: make([][]line, len(t.columns)), box: r.box}
	byColumn := make([][]word, len(t.columns))
	for _, s := range r.segments {
		c := t.columnOf(s.box)
		byColumn[c] = append(byColumn[c], s.words...)
	}
	for c, words := range byColumn {
		if len(words) > 0 {
			out.cells[c] = toLines(words)
		}
	}
	return out
}

func (t *looseTable) columnOf(b box) int {
	best, most := 0, math.Inf(-1)
	for i, c := range t.columns {
		if overlap := min(c.x1, b.x1) - max(c.x0, b.x0); overlap > most {
			best, most = i, overlap
		}
	}
	return best
}

// isProse tells whether the columns are text to be read one after the other.
func (t *looseTable) isProse(rows []row, g gutter) bool {
	bullets, prose, figures := 0, 0, 0
	for c := range t.columns {
		s := t.stats(c)
		if s.bullets >= 2 {
			bullets++
		}
		if s.isProse() {
			prose++
		}
		if c > 0 && s.figures*2 > s.lines {
			figures++
		}
	}
	switch {
	case g.both == 2 && !tableRows(rows, g), t.isTitled():
		return true
	case prose == len(t.columns), bullets == len(t.columns):
		return true
	case prose >= 2 && figures == 0 && len(t.columns) > 2:
		return true
	case figures > 0 || prose > 0:
		return false
	}
	return 5*misaligned(rows, g) > 2*len(rows)
}

// misaligned counts rows whose sides do not share a baseline.
func misaligned(rows []row, g gutter) int {
	n := 0
	for i, r := range rows {
		if r.sides(g) != bothSides {
			if i > 0 && r.box.y0 < rows[i-1].box.y1-0.2*r.box.height() {
				n++
			}
			continue
		}
		a, b := r.segments[0].box, r.segments[len(r.segments)-1].box
		if math.Abs(a.midY()-b.midY()) > 0.15*max(a.height(), 1) {
			n++
		}
	}
	return n
}

// isFigure tells whether a cell is a price, a time, a number or a like mark.
func isFigure(text string) bool {
	digits, letters := 0, 0
	for _, r := range text {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			letters++
		}
	}
	return digits > 0 && letters <= 4+digits && utf8.RuneCountInString(text) <= 40
}

func hasFigure(words []word) bool {
	return isFigure(line{words: words}.text())
}

// regions returns the table with what stands above and below it in the region.
func (t *looseTable) regions(rows []row, depth int) []region {
	t.group()
	out := cutRegion(flatten(rows[:t.first]), depth+1)
	out = append(out, region{table: t})
	return append(out, cutRegion(flatten(rows[t.last+1:]), depth+1)...)
}

// group joins the lines of the table into rows.
func (t *looseTable) group() {
	long := false
	for c := range t.columns {
		s := t.stats(c)
		long = long || c > 0 && s.isProse()
	}
	figures := t.stats(len(t.columns) - 1)
	if long && figures.figures*2 < figures.lines {
		t.groupByGap()
		return
	}
	t.groupByLine()
}

// groupByGap starts a row where the white above a line is wider than usual, or
// where the first column begins again.
func (t *looseTable) groupByGap() {
	var gaps []float64
	for i := 1; i < len(t.rows); i++ {
		gaps = append(gaps, t.rows[i].box.y0-t.rows[i-1].box.y0)
	}
	slices.Sort(gaps)
	usual := gaps[len(gaps)/4]
	wide := 0
	for _, g := range gaps {
		if g > 1.25*usual {
			wide++
		}
	}
	var out []tableRow
	for i, r := range t.rows {
		begins := i == 0
		if i > 0 {
			gap := r.box.y0 - t.rows[i-1].box.y0
			begins = gap > 1.25*usual && len(r.cells[0]) > 0 ||
				wide == 0 && len(r.cells[0]) > 0 && (len(t.rows[i-1].cells[0]) == 0 || startsUpper(r.cells[0][0].text()))
		}
		out = appendRow(out, r, !begins)
	}
	t.rows = out
}

// groupByLine takes each line for a row, but for the rest of a name that was too
// long for its column.
func (t *looseTable) groupByLine() {
	var out []tableRow
	pending := false // the row before is a name whose figure is yet to come
	for i, r := range t.rows {
		alone := r.only(0)
		switch {
		case i == 0:
			out = append(out, r)
		case pending && !alone:
			out = appendRow(out, r, true)
		case alone && continues(t.rows[i-1], r):
			out = appendRow(out, r, true)
		case !alone && len(r.cells[0]) == 0 && t.rows[i-1].only(0) && near(t.rows[i-1], r):
			out = appendRow(out, r, true)
		default:
			out = append(out, r)
		}
		pending = alone && i+1 < len(t.rows) && !t.rows[i+1].only(0) && continues(r, t.rows[i+1])
	}
	t.rows = out
}

// only tells whether nothing but column c is filled.
func (r tableRow) only(c int) bool {
	for i, cell := range r.cells {
		if (len(cell) > 0) != (i == c) {
			return false
		}
	}
	return true
}

func near(a, b tableRow) bool { return b.box.y0-a.box.y1 < 0.6*b.box.height() }

// continues tells whether row b goes on with the name in row a.
func continues(a, b tableRow) bool {
	if len(a.cells[0]) == 0 || len(b.cells[0]) == 0 || !near(a, b) {
		return false
	}
	la, lb := a.cells[0][len(a.cells[0])-1], b.cells[0][0]
	if la.bold() != lb.bold() || math.Abs(la.size()-lb.size()) > 0.6 {
		return false
	}
	r, _ := utf8.DecodeRuneInString(lb.text())
	return unicode.IsLower(r) || r == '('
}

func appendRow(rows []tableRow, r tableRow, join bool) []tableRow {
	if !join || len(rows) == 0 {
		return append(rows, r)
	}
	last := &rows[len(rows)-1]
	last.box = last.box.union(r.box)
	for c := range last.cells {
		last.cells[c] = append(slices.Clip(last.cells[c]), r.cells[c]...)
	}
	return rows
}

// tableBlocks renders rows: a row with a single title is a heading for those that
// follow.
func (b *blockBuilder) tableBlocks(rows []tableRow) {
	rows = dropEmptyColumns(rows)
	if len(rows) == 0 {
		return
	}
	if mostlyRTL(rows) {
		for _, r := range rows {
			slices.Reverse(r.cells) // the first column is the one on the right
		}
	}
	var header []string
	table := Block{Kind: BlockTable}
	flush := func() {
		if len(table.Rows) > 0 {
			table.Header = header
			b.add(table)
		}
		table = Block{Kind: BlockTable}
	}
	bold := mostlyBold(rows)
	headerAt := -1 // the last row of the header
	for i, r := range rows {
		cells := b.cells(r)
		switch title, ok := sectionTitle(r, cells, bold); {
		case ok:
			flush()
			b.add(Block{Kind: BlockHeading, Level: sectionLevel, Text: title})
		case header == nil && len(table.Rows) == 0 && isHeader(r, cells, rows[i+1:]):
			header, headerAt = cells, i
		case headerAt >= 0 && i == headerAt+1 && completes(header, cells) && isHeader(r, cells, rows[i+1:]):
			header, headerAt = joinHeaders(header, cells), i
		default:
			table.Rows = append(table.Rows, cells)
		}
	}
	flush()
}

// sectionLevel is the level of headings inside tables, below all others.
const sectionLevel = 7

func (b *blockBuilder) cells(r tableRow) []string {
	out := make([]string, len(r.cells))
	for i, c := range r.cells {
		out[i] = b.join(c)
	}
	return out
}

// sectionTitle returns the text of a row that is nothing but a short title.
// A bold row without its last cell, in a table that is not bold, is one too: a
// title with its code.
func sectionTitle(r tableRow, cells []string, bold bool) (string, bool) {
	const longest = 140
	text, parts := "", 0
	for _, c := range cells {
		if c == "" {
			continue
		}
		parts++
		if text != "" && (parts > 2 || bold || !r.bold() || cells[len(cells)-1] != "" || !isFigure(c) && !isFigure(text)) {
			return "", false
		}
		text = strings.TrimSpace(text + " " + c)
	}
	letters := 0
	for _, c := range text {
		if unicode.IsLetter(c) {
			letters++
		}
	}
	if first, _ := utf8.DecodeRuneInString(text); unicode.IsLower(first) {
		return "", false // the end of a cell that a page's end cut
	}
	if letters < 3 || isFigure(text) || utf8.RuneCountInString(text) > longest || isBullet(text) {
		return "", false
	}
	return text, len(r.cells) > 1
}

func (r tableRow) hasFigure() bool {
	for _, c := range r.cells {
		for _, l := range c {
			if isFigure(l.text()) {
				return true
			}
		}
	}
	return false
}

func (r tableRow) bold() bool {
	n := 0
	for _, c := range r.cells {
		for _, l := range c {
			n++
			if !l.bold() {
				return false
			}
		}
	}
	return n > 0
}

// mostlyRTL tells whether most of a table's words with letters are written from the
// right.
func mostlyRTL(rows []tableRow) bool {
	rtl, all := 0, 0
	for _, r := range rows {
		for _, c := range r.cells {
			for _, l := range c {
				for _, w := range l.words {
					if w.rtl {
						rtl++
					}
					if w.rtl || hasLetters(w.text, 1) {
						all++
					}
				}
			}
		}
	}
	return 2*rtl > all
}

func mostlyBold(rows []tableRow) bool {
	n := 0
	for _, r := range rows {
		if r.bold() {
			n++
		}
	}
	return 2*n > len(rows)
}

func dropEmptyColumns(rows []tableRow) []tableRow {
	if len(rows) == 0 {
		return nil
	}
	used := make([]bool, len(rows[0].cells))
	for _, r := range rows {
		for c := range r.cells {
			used[c] = used[c] || len(r.cells[c]) > 0
		}
	}
	var out []tableRow
	for _, r := range rows {
		kept := tableRow{box: r.box}
		any := false
		for c, cell := range r.cells {
			if used[c] {
				kept.cells = append(kept.cells, cell)
				any = any || len(cell) > 0
			}
		}
		if any {
			out = append(out, kept)
		}
	}
	return out
}

// startsItem tells whether a line starts a list item: with a bullet, with a number,
// or with a single letter set apart, which is how bullets of symbol fonts come out.
func (l line) startsItem() bool {
	if len(l.words) < 2 {
		return false
	}
	first, second := l.words[0], l.words[1]
	if isBullet(first.text) || isOrdinal(first.text) {
		return true
	}
	apart := max(second.box.x0-first.box.x1, first.box.x0-second.box.x1)
	return utf8.RuneCountInString(first.text) == 1 && hasLetters(first.text, 1) && !isUpper(first.text) && apart > 0.6*second.size
}

// isBullet tells whether a text starts with a bullet.
func isBullet(text string) bool {
	r, size := utf8.DecodeRuneInString(text)
	if len(text) > size && text[size] != ' ' {
		return false
	}
	return strings.ContainsRune("•·●○◦▪▫■□►▶➢➤➔→✓✔‣⁃–—-*➜❖♦", r) || unicode.In(r, unicode.Co)
}

// isOrdinal tells whether a word is the mark of a numbered item: "1.", "2)", "a)".
func isOrdinal(word string) bool {
	body := strings.TrimRight(word, ".)")
	if body == word || utf8.RuneCountInString(body) > 2 {
		return false
	}
	for _, r := range body {
		if !unicode.IsDigit(r) && (!unicode.IsLetter(r) || len(body) > 2 || word[len(word)-1] != ')') {
			return false
		}
	}
	return body != ""
}
