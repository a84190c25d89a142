package ingest

import (
	"strconv"
	"strings"
)

// contents renders rows as a table of contents if they are one: titles with page
// numbers that never fall and that the document has.
func (b *blockBuilder) contents(rows []tableRow) bool {
	const (
		least = 3
		extra = 12 // pages that a cover or an annex may shift the numbers by
	)
	numbers, led, sorted, last := 0, 0, 0, 0
	for _, r := range rows {
		n, ok := pageNumber(b.join(r.cells[len(r.cells)-1]))
		if !ok || n > b.pages+extra {
			continue
		}
		if numbers++; n >= last {
			sorted++
		}
		if last = n; b.led(r) {
			led++
		}
	}
	if numbers < least || 10*numbers < 6*len(rows) || 10*sorted < 8*numbers || 2*led < numbers && 10*numbers < 9*len(rows) || b.pages < 2 {
		return false
	}
	var lines []string
	for _, r := range rows {
		lines = append(lines, strings.Join(strings.Fields(strings.Join(b.cells(r), " ")), " "))
	}
	b.add(Block{Kind: BlockContents, Text: strings.Join(lines, "\n")})
	return true
}

func pageNumber(text string) (int, bool) {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	return n, err == nil && n > 0
}

// led tells whether a leader runs through the row.
func (b *blockBuilder) led(r tableRow) bool {
	for _, p := range b.leaders {
		if p.leader && p.box.midY() >= r.box.y0 && p.box.midY() <= r.box.y1 {
			return true
		}
	}
	return false
}

// continueTables gives a table that goes on from the page before the header that
// it had there.
func continueTables(pages []Page) {
	var before *Block
	for i := range pages {
		blocks := pages[i].Blocks
		for k := range blocks {
			if blocks[k].Kind != BlockTable {
				continue
			}
			if before != nil && blocks[k].Header == nil && onlySections(blocks[:k]) {
				cutColumns(&blocks[k], len(before.Rows[0]))
			}
			if before != nil && blocks[k].Header == nil && len(blocks[k].Rows[0]) == len(before.Rows[0]) && onlySections(blocks[:k]) {
				blocks[k].Header = before.Header
			}
			if before == nil || blocks[k].Header != nil || !onlySections(blocks[:k]) {
				before = &blocks[k]
			}
		}
		if len(blocks) > 0 && (before == nil || blocks[len(blocks)-1].Kind != BlockTable) {
			before = nil
		}
	}
}

// cutColumns drops columns beyond the first n that are empty, such as the margin of
// a table whose lines are drawn further on one page than on the others.
func cutColumns(table *Block, n int) {
	for _, r := range table.Rows {
		for c := n; c < len(r); c++ {
			if r[c] != "" {
				return
			}
		}
	}
	for i, r := range table.Rows {
		table.Rows[i] = r[:min(n, len(r))]
	}
}

// continueContents takes the few lines of a table of contents that stand apart, at
// the end of one page or the beginning of the next, for part of it.
func continueContents(pages []Page) {
	var all []*Block
	for i := range pages {
		for k := range pages[i].Blocks {
			all = append(all, &pages[i].Blocks[k])
		}
	}
	for changed := true; changed; {
		changed = false
		for i, b := range all {
			beside := i > 0 && all[i-1].Kind == BlockContents || i+1 < len(all) && all[i+1].Kind == BlockContents
			if lines := contentsLines(b); beside && lines != nil {
				*b = Block{Kind: BlockContents, Text: strings.Join(lines, "\n")}
				changed = true
			}
		}
	}
}

// contentsLines returns the lines of a small table or an item that look like those
// of a table of contents, nil for what does not.
func contentsLines(b *Block) []string {
	const mostPages = 999
	switch {
	case b.Kind == BlockTable && b.Header == nil:
		var lines []string
		for _, r := range b.Rows {
			if n, ok := pageNumber(r[len(r)-1]); !ok || n > mostPages {
				return nil
			}
			lines = append(lines, strings.Join(strings.Fields(strings.Join(r, " ")), " "))
		}
		return lines
	case b.Kind == BlockItem || b.Kind == BlockText:
		cut := strings.FieldsFunc(b.Text, func(r rune) bool { return strings.ContainsRune(".… ", r) })
		dotted := strings.Contains(b.Text, " ..") || strings.Contains(b.Text, "…")
		if !dotted || len(cut) == 0 {
			return nil
		}
		if n, ok := pageNumber(cut[len(cut)-1]); ok && n <= mostPages {
			return []string{b.Text}
		}
	}
	return nil
}

// onlySections tells whether blocks are nothing but parts of one table.
func onlySections(blocks []Block) bool {
	for _, b := range blocks {
		if b.Kind != BlockTable && (b.Kind != BlockHeading || b.Level != sectionLevel) {
			return false
		}
	}
	return true
}
