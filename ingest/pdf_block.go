package ingest

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Stage five: lines of one column become headings, paragraphs and list items.

// style is what the whole document tells about its type.
type style struct {
	leading float64             // between the lines of a paragraph, in ems
	body    float64             // size of most letters
	levels  []float64           // sizes above body that headings have, largest first
	bold    bool                // most letters are bold
	broken  map[string]struct{} // words with a hyphen inside, lower case, that stand within lines
}

// blockBuilder collects the blocks of one page.
type blockBuilder struct {
	style   *style
	pages   int    // of the document
	leaders []rule // of the text that is rendered
	blocks  []Block
}

func (b *blockBuilder) add(block Block) { b.blocks = append(b.blocks, block) }

// regions renders regions in order.
func (b *blockBuilder) regions(regions []region) {
	for _, r := range regions {
		switch {
		case r.grid != nil:
			b.grid(r.grid)
		case r.table != nil:
			if !b.contents(r.table.rows) {
				b.tableBlocks(r.table.rows)
			}
		default:
			b.paragraphs(r.lines)
		}
	}
}

// longCell is a cell, in bytes, that is running text.
const longCell = 700

// grid renders a grid as a table, or cell by cell where its lines only frame text.
func (b *blockBuilder) grid(g *grid) {
	var rows []tableRow
	related, long := 0, 0
	for r := range g.words {
		row := tableRow{cells: make([][]line, g.columns())}
		filled := 0
		for c, words := range g.words[r] {
			if len(words) == 0 {
				continue
			}
			filled++
			row.cells[c] = toLines(words)
			size := 0
			for _, w := range words {
				size += len(w.text) + 1
			}
			if size > longCell {
				long++
			}
		}
		if filled > 1 {
			related++
		}
		rows = append(rows, row)
	}
	if g.columns() > 1 && related > 1 && 4*long <= related {
		b.tableBlocks(rows)
		return
	}
	for r := range g.words {
		for _, words := range g.words[r] {
			if len(words) > 0 {
				b.regions(pageRegions(words, nil, nil))
			}
		}
	}
}

// paragraph is lines that belong together.
type paragraph struct {
	lines []line
	item  bool
}

// paragraphs cuts the lines of a column into paragraphs.
func (b *blockBuilder) paragraphs(lines []line) {
	var current paragraph
	right := 0.0
	for _, l := range lines {
		right = max(right, l.box.x1)
	}
	leading := leadingOf(lines, right, b.style.leading)
	flush := func() {
		if len(current.lines) > 0 {
			b.paragraph(current)
		}
		current = paragraph{}
	}
	for _, l := range lines {
		item := l.startsItem()
		if len(current.lines) > 0 && (item || b.breaks(current, l, right, leading)) {
			flush()
		}
		if len(current.lines) == 0 {
			current.item = item
		}
		current.lines = append(current.lines, l)
	}
	flush()
}

// breaks tells whether line l starts a new paragraph.
func (b *blockBuilder) breaks(p paragraph, l line, right, leading float64) bool {
	prev := p.lines[len(p.lines)-1]
	size := max(l.size(), 1)
	gap := l.box.midY() - prev.box.midY()
	usual := (leading + 0.22) * size
	if len(p.lines) > 1 {
		usual = min(usual, p.lines[1].box.midY()-p.lines[0].box.midY()+0.22*size)
	}
	switch {
	case gap > usual, gap < -2*size:
		return true
	case math.Abs(prev.size()-size) > 0.08*size+0.3:
		return true
	case prev.bold() != l.bold() && (startsUpper(l.text()) || endsSentence(prev.text())):
		return true
	case startsNumbered(l.text()):
		return true
	case len(p.lines) == 1 && sectionDepth(prev.text()) > 1 && startsUpper(l.text()):
		return true
	case !startsUpper(l.text()) && !endsSentence(prev.text()) || l.mostlyRTL():
		return false
	case size >= 1.14*b.style.body && !endsSentence(prev.text()):
		return false // a title of several lines, which nobody fills
	}
	// The next word would have fitted: somebody ended the line here.
	return l.words[0].box.width()+0.4*size < 0.9*(right-prev.box.x1) && math.Abs(prev.box.x0-l.box.x0) < 2*size
}

// leadingOf returns how far apart, in ems, lines are that surely belong to one
// paragraph: a full one and one that goes on in lower case.
func leadingOf(lines []line, right, otherwise float64) float64 {
	var seen []float64
	for i := 1; i < len(lines); i++ {
		a, b := lines[i-1], lines[i]
		if a.box.x1 < right-0.12*(right-a.box.x0) || !startsLower(b.text()) || endsSentence(a.text()) {
			continue
		}
		if d := (b.box.midY() - a.box.midY()) / max(b.size(), 1); d > 0.8 && d < 2.6 {
			seen = append(seen, d)
		}
	}
	if len(seen) == 0 {
		return otherwise
	}
	slices.Sort(seen)
	return seen[len(seen)/2]
}

func (b *blockBuilder) paragraph(p paragraph) {
	text := b.join(p.lines)
	if text == "" {
		return
	}
	switch level := b.headingLevel(p, text); {
	case level > 0:
		b.add(Block{Kind: BlockHeading, Level: level, Text: text})
	case p.item:
		b.add(Block{Kind: BlockItem, Text: text})
	default:
		b.add(Block{Kind: BlockText, Text: text})
	}
}

// Bounds of a heading.
const (
	headingLines = 3
	headingChars = 160
	maxLevel     = 6
)

// headingLevel returns 0 for what is no heading.
func (b *blockBuilder) headingLevel(p paragraph, text string) int {
	if isFigure(text) || len(p.lines) > headingLines || utf8.RuneCountInString(text) > headingChars || !hasLetters(text, 3) {
		return 0
	}
	const longColon = 60 // letters of a line that announces what follows, as a title does not
	last, _ := utf8.DecodeLastRuneInString(text)
	if last == ':' && utf8.RuneCountInString(text) > longColon {
		return 0
	}
	size, bold := p.lines[0].size(), p.lines[0].bold()
	for _, l := range p.lines {
		bold = bold && l.bold()
	}
	for i, s := range b.style.levels {
		if size >= s-0.3 {
			return min(i+1, maxLevel-1)
		}
	}
	depth := sectionDepth(text)
	if strings.ContainsRune(".;,", last) || p.item && depth == 0 {
		return 0
	}
	if bold && !b.style.bold || isUpper(text) || depth > 1 && size >= 0.88*b.style.body {
		return min(len(b.style.levels)+max(depth, 1), maxLevel)
	}
	return 0
}

// sectionDepth returns 2 for "1.3. Title", 0 where there is no section number.
func sectionDepth(text string) int {
	if !startsNumbered(text) {
		return 0
	}
	first, _, _ := strings.Cut(text, " ")
	return strings.Count(strings.Trim(first, "."), ".") + 1
}

// startsNumbered tells whether a line starts with a section number: "2.3." or
// "II." before a capital.
func startsNumbered(text string) bool {
	first, rest, ok := strings.Cut(text, " ")
	if !ok || !startsUpper(rest) {
		return false
	}
	dots, digits := 0, 0
	for _, r := range first {
		switch {
		case r == '.':
			dots++
		case unicode.IsDigit(r):
			digits++
		default:
			return false
		}
	}
	return dots > 0 && digits > 0 && digits <= 4 && len(first) <= 8
}

func startsUpper(text string) bool {
	for _, r := range text {
		if unicode.IsLetter(r) {
			return !unicode.IsLower(r)
		}
		if unicode.IsDigit(r) {
			return true
		}
	}
	return false
}

func startsLower(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return unicode.IsLower(r)
}

func (l line) mostlyRTL() bool {
	n := 0
	for _, w := range l.words {
		if w.rtl {
			n++
		}
	}
	return 2*n > len(l.words)
}

func endsSentence(text string) bool {
	r, _ := utf8.DecodeLastRuneInString(text)
	return strings.ContainsRune(".!?:;؟。", r)
}

func isUpper(text string) bool {
	upper := 0
	for _, r := range text {
		switch {
		case unicode.IsUpper(r):
			upper++
		case unicode.IsLetter(r):
			return false
		}
	}
	return upper >= 4
}

func hasLetters(text string, n int) bool {
	for _, r := range text {
		if unicode.IsLetter(r) {
			if n--; n == 0 {
				return true
			}
		}
	}
	return false
}

// join writes lines one after the other; a word that a line's end broke is joined
// again, unless the document writes it with its hyphen elsewhere.
func (b *blockBuilder) join(lines []line) string {
	var out strings.Builder
	for i, l := range lines {
		text := l.text()
		if i > 0 {
			text = strings.TrimLeft(text, " ")
		}
		if i+1 < len(lines) {
			next := lines[i+1].text()
			if stem, ok := b.hyphenated(text, next); ok {
				out.WriteString(stem)
				continue
			}
		}
		out.WriteString(text)
		if i+1 < len(lines) {
			out.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(out.String()), " ")
}

// hyphenated returns the line without the hyphen that its end put into a word.
func (b *blockBuilder) hyphenated(text, next string) (string, bool) {
	last, size := utf8.DecodeLastRuneInString(text)
	if last != '-' && last != '\u2010' || len(text) <= size {
		return text, false
	}
	stem := text[:len(text)-size]
	before, _ := utf8.DecodeLastRuneInString(stem)
	after, _ := utf8.DecodeRuneInString(next)
	if !unicode.IsLetter(before) || !unicode.IsLower(after) {
		if unicode.IsLetter(before) && unicode.IsLetter(after) || unicode.IsDigit(before) && unicode.IsDigit(after) {
			return text, true // "Saint-\nCharles", "03-\n29"
		}
		return text, false
	}
	head := stem[strings.LastIndexByte(stem, ' ')+1:]
	tail, _, _ := strings.Cut(next, " ")
	if _, ok := b.style.broken[hyphenKey(head+"-"+tail)]; ok {
		return text, true
	}
	return stem, true
}

func hyphenKey(word string) string {
	return strings.ToLower(strings.TrimFunc(word, func(r rune) bool { return !unicode.IsLetter(r) }))
}
