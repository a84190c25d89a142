package ingest

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Bounds of a table: what a spanning cell repeats into, and how many rows are read.
const (
	spanMost = 60
	rowsMost = 5000
	cellMost = 600 // letters of a cell; tables with longer ones lay out a page
)

// table reads a table of data as rows, one that lays out a page as its contents.
func (w *walker) table(n *html.Node) {
	if holds(n, atom.Table, atom.Form) { // before its cells are read, or nesting would double the work at each level
		w.children(n)
		w.flush()
		return
	}
	rows, heads := w.tableRows(n)
	if w.layout(n, rows) {
		w.children(n)
		w.flush()
		return
	}
	if caption := childOf(n, atom.Caption); caption != nil {
		w.title(caption, min(w.level+1, 6))
	}
	texts := dropBlankColumns(rows)
	header, body := splitHeader(texts, heads)
	if header == nil {
		header, body = guessHeader(texts, false)
	}
	if turned := byDay(header, body); turned != nil {
		header, body = nil, turned
	}
	if len(body) > 0 {
		w.blocks = append(w.blocks, Block{Kind: BlockTable, Header: header, Rows: body})
	} else if len(header) > 0 {
		w.emit(Block{Kind: BlockText, Text: strings.Join(header, " | ")})
	}
}

// layout tells whether a table only lays out a page: it holds headings or long
// texts, or has a single column.
func (w *walker) layout(n *html.Node, rows [][]string) bool {
	for d := range n.Descendants() {
		if level := headingLevel(d); level > 0 && level < 5 && len(rows) < 3 {
			return true
		}
	}
	widest, long, cells := 0, 0, 0
	for _, row := range rows {
		widest = max(widest, len(row))
		for _, cell := range row {
			cells++
			if utf8.RuneCountInString(cell) > cellMost {
				long++
			}
		}
	}
	return widest < 2 || long*4 > cells
}

// tableRows returns the text of all cells, spanning ones repeated downwards and
// put once across, and how many leading rows are headers.
func (w *walker) tableRows(n *html.Node) (rows [][]string, heads int) {
	var pending []spanned
	leading := true
	for tr := range n.Descendants() {
		if tr.DataAtom != atom.Tr || nearest(tr, atom.Table) != n || len(rows) >= rowsMost || w.dropped(tr) {
			continue
		}
		row, allHeads, rest := w.tableRow(tr, pending)
		pending = rest
		if strings.Join(row, "") == "" {
			continue
		}
		rows = append(rows, row)
		if leading = leading && (allHeads || tr.Parent.DataAtom == atom.Thead); leading {
			heads++
		}
	}
	return rows, heads
}

// spanned is a cell that goes on in the rows below.
type spanned struct {
	column, rows int
	text         string
}

func (w *walker) tableRow(tr *html.Node, pending []spanned) (row []string, allHeads bool, rest []spanned) {
	allHeads = true
	fill := func() {
		for {
			at := -1
			for i, s := range pending {
				if s.column == len(row) {
					at = i
				}
			}
			if at < 0 {
				return
			}
			row = append(row, pending[at].text)
			if pending[at].rows > 1 {
				rest = append(rest, spanned{pending[at].column, pending[at].rows - 1, pending[at].text})
			}
			pending = append(pending[:at:at], pending[at+1:]...)
		}
	}
	cells := 0
	for td := tr.FirstChild; td != nil; td = td.NextSibling {
		if td.DataAtom != atom.Td && td.DataAtom != atom.Th {
			continue
		}
		fill()
		cells++
		allHeads = allHeads && td.DataAtom == atom.Th
		text := w.cell(td)
		if n := spanOf(td, "rowspan"); n > 1 {
			rest = append(rest, spanned{len(row), n - 1, text})
		}
		row = append(row, text)
		for range spanOf(td, "colspan") - 1 {
			row = append(row, "")
		}
	}
	fill()
	return row, allHeads && cells > 1, rest
}

func spanOf(n *html.Node, name string) int {
	span, err := strconv.Atoi(strings.TrimSpace(attr(n, name)))
	if err != nil || span < 1 {
		return 1
	}
	return min(span, spanMost)
}

// cell returns a cell's text in one line.
func (w *walker) cell(n *html.Node) string {
	if w.dropped(n) {
		return ""
	}
	inner := &walker{ctx: w.ctx, root: n, base: w.base, opened: w.opened, measures: w.measures, pieces: w.pieces, total: w.total, kind: BlockText}
	inner.children(n)
	inner.flush()
	var parts []string
	for i, b := range inner.blocks {
		if i > 0 && b.Text == inner.blocks[i-1].Text { // a title that is repeated as text
			continue
		}
		text := b.Text
		if b.Kind == BlockTable {
			var lines []string
			for _, row := range b.Rows {
				lines = append(lines, strings.Join(row, " "))
			}
			text = strings.Join(lines, "; ")
		}
		if b.Kind == BlockAnswer {
			text = b.Question + " " + b.Text
		}
		parts = append(parts, strings.ReplaceAll(text, "\n", "; "))
	}
	return strings.Join(parts, "; ")
}

// holds tells whether an element of one of these kinds is below a node.
func holds(n *html.Node, atoms ...atom.Atom) bool {
	for d := range n.Descendants() {
		if slices.Contains(atoms, d.DataAtom) {
			return true
		}
	}
	return false
}

func nearest(n *html.Node, a atom.Atom) *html.Node {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.DataAtom == a {
			return p
		}
	}
	return nil
}

func childOf(n *html.Node, a atom.Atom) *html.Node {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom == a {
			return c
		}
	}
	return nil
}

// dropBlankColumns takes out columns without a word.
func dropBlankColumns(rows [][]string) [][]string {
	used := map[int]bool{}
	for _, row := range rows {
		for i, cell := range row {
			if cell != "" {
				used[i] = true
			}
		}
	}
	out := make([][]string, len(rows))
	for r, row := range rows {
		for i, cell := range row {
			if used[i] {
				out[r] = append(out[r], cell)
			}
		}
	}
	return out
}

// splitHeader takes the leading header rows off, one above the other.
func splitHeader(rows [][]string, heads int) (header []string, body [][]string) {
	if heads == 0 || heads >= len(rows) || heads > 3 {
		return nil, rows
	}
	for _, row := range rows[:heads] {
		if filled(row) < 2 && len(row) > 1 && heads > 1 { // a title above the header
			continue
		}
		for i, cell := range row {
			if i == len(header) {
				header = append(header, cell)
			} else if cell != "" && header[i] != cell {
				header[i] = strings.TrimSpace(header[i] + " " + cell)
			}
		}
	}
	return header, rows[heads:]
}

// guessHeader takes the first row for a header when its cells are all short words
// without digits and a column below it is mostly figures. sure takes it anyway.
func guessHeader(rows [][]string, sure bool) (header []string, body [][]string) {
	if len(rows) < 2 {
		return nil, rows
	}
	first := rows[0]
	for _, cell := range first {
		if cell == "" || utf8.RuneCountInString(cell) > 60 || hasDigit(cell) && !sure {
			return nil, rows
		}
	}
	if sure {
		return first, rows[1:]
	}
	for column := range first {
		figures := 0
		for _, row := range rows[1:] {
			if column < len(row) && hasDigit(row[column]) {
				figures++
			}
		}
		if figures*10 >= 6*(len(rows)-1) {
			return first, rows[1:]
		}
	}
	return nil, rows
}

// byDay turns a table whose columns are the days of the week on its side, so that
// each row says a day and its hours. nil for other tables.
func byDay(header []string, body [][]string) [][]string {
	first := -1
	days := 0
	for i, cell := range header {
		if namesDay(cell) {
			days++
			if first < 0 {
				first = i
			}
		}
	}
	if days < 4 || len(body) > 6 {
		return nil
	}
	var out [][]string
	for i := first; i < len(header); i++ {
		row := []string{header[i]}
		for _, line := range body {
			if i >= len(line) || line[i] == "" {
				continue
			}
			cell := line[i]
			if first > 0 && len(body) > 1 && line[0] != "" {
				cell = line[0] + ": " + cell
			}
			row = append(row, cell)
		}
		if len(row) > 1 {
			out = append(out, row)
		}
	}
	if first > 0 && len(body) == 1 && body[0][0] != "" {
		out = append([][]string{{body[0][0]}}, out...)
	}
	return out
}

// definitions reads a definition list: questions with answers, or names with what
// they mean as rows.
func (w *walker) definitions(n *html.Node) {
	if holds(n, atom.Dl, atom.Table) {
		w.children(n)
		w.flush()
		return
	}
	var terms []string
	var rows [][]string
	end := func() {
		if len(rows) > 0 {
			w.blocks = append(w.blocks, Block{Kind: BlockTable, Rows: rows})
		}
		rows = nil
	}
	for d := range definitionParts(n) {
		if w.dropped(d) {
			continue
		}
		text := w.cell(d)
		switch {
		case text == "":
		case d.DataAtom == atom.Dt:
			terms = append(terms, text)
		case len(terms) == 0:
			if len(rows) > 0 {
				rows[len(rows)-1] = append(rows[len(rows)-1], text)
			} else {
				w.emit(Block{Kind: BlockText, Text: text})
			}
		case endsAsking(terms[len(terms)-1]):
			end()
			w.blocks = append(w.blocks, Block{Kind: BlockAnswer, Question: strings.Join(terms, " "), Text: w.paragraphs(d)})
			terms = nil
		case utf8.RuneCountInString(text) > cellMost/2:
			end()
			w.blocks = append(w.blocks, Block{Kind: BlockHeading, Level: 6, Text: strings.Join(terms, ", ")})
			w.children(d)
			w.flush()
			terms = nil
		default:
			rows = append(rows, []string{strings.Join(terms, ", "), text})
			terms = nil
		}
	}
	end()
}

// definitionParts yields the dt and dd of a list, also where divs wrap them.
func definitionParts(n *html.Node) func(yield func(*html.Node) bool) {
	return func(yield func(*html.Node) bool) {
		for d := range n.Descendants() {
			if (d.DataAtom == atom.Dt || d.DataAtom == atom.Dd) && nearest(d, atom.Dl) == n && !yield(d) {
				return
			}
		}
	}
}

// paragraphs returns an element's text with a line for each of its paragraphs.
func (w *walker) paragraphs(n *html.Node) string {
	inner := &walker{ctx: w.ctx, root: n, base: w.base, opened: w.opened, measures: w.measures, pieces: w.pieces, total: w.total, kind: BlockText}
	inner.children(n)
	inner.flush()
	var lines []string
	for _, b := range inner.blocks {
		switch b.Kind {
		case BlockTable:
			for _, row := range b.Rows {
				lines = append(lines, strings.Join(row, " | "))
			}
		case BlockItem, blockLink:
			lines = append(lines, "• "+b.Text)
		default:
			lines = append(lines, b.Text)
		}
	}
	return strings.Join(lines, "\n")
}

// details reads what a click opens: its summary is the question of a short text,
// the heading of anything longer.
func (w *walker) details(n *html.Node) {
	summary := childOf(n, atom.Summary)
	title := ""
	if summary != nil {
		title = strings.TrimRight(w.cell(summary), " ▼▾▲▴⌄›»→+×✕")
		if rows := w.valueRows(summary); len(rows) == 1 && !isValue(rows[0][0]) {
			w.blocks = append(w.blocks, Block{Kind: BlockTable, Rows: rows})
			title = rows[0][0]
		}
	}
	inner := &walker{ctx: w.ctx, root: n, base: w.base, opened: w.opened, measures: w.measures, pieces: w.pieces, total: w.total, kind: BlockText, level: w.level + 1}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c != summary {
			inner.node(c)
		}
	}
	inner.flush()
	if title == "" {
		w.blocks = append(w.blocks, inner.blocks...)
		return
	}
	heading := Block{Kind: BlockHeading, Level: min(w.level+1, 6), Text: strings.ReplaceAll(title, "\n", " ")}
	plain := len(inner.blocks) > 0
	size := 0
	for _, b := range inner.blocks {
		plain = plain && (b.Kind == BlockText || b.Kind == BlockItem || b.Kind == BlockContact || b.Kind == blockLink)
		size += len(b.Text)
	}
	if plain && size <= answerMost {
		w.blocks = append(w.blocks, Block{Kind: BlockAnswer, Question: heading.Text, Text: joinBlocks(inner.blocks)})
		return
	}
	w.blocks = append(append(w.blocks, heading), inner.blocks...)
}

func joinBlocks(blocks []Block) string {
	var lines []string
	for _, b := range blocks {
		if b.Kind == BlockItem || b.Kind == blockLink {
			lines = append(lines, "• "+b.Text)
		} else {
			lines = append(lines, b.Text)
		}
	}
	return strings.Join(lines, "\n")
}
