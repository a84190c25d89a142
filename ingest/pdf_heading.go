package ingest

import (
	"strings"
	"unicode/utf8"
)

// settleHeadings looks at headings again with what follows them, also on the next
// page: one that nothing stands under is text, and a short line above a list is
// the list's title.
func settleHeadings(pages []Page) {
	var all []*Block
	for i := range pages {
		for k := range pages[i].Blocks {
			all = append(all, &pages[i].Blocks[k])
		}
	}
	for i, b := range all {
		var next *Block
		if i+1 < len(all) {
			next = all[i+1]
		}
		switch {
		case b.Kind == BlockHeading && (next == nil || next.Kind == BlockHeading && next.Level <= b.Level):
			b.Kind, b.Level = BlockText, 0
		case b.Kind == BlockText && next != nil && next.Kind == BlockItem && isListTitle(b.Text):
			b.Kind, b.Level = BlockHeading, maxLevel
		}
	}
}

// isListTitle tells whether a line above a list reads like a title, not like the
// beginning of a sentence that the list ends.
func isListTitle(text string) bool {
	const longest = 60
	last, _ := utf8.DecodeLastRuneInString(text)
	return utf8.RuneCountInString(text) <= longest && startsUpper(text) && hasLetters(text, 3) &&
		!isFigure(text) && !strings.ContainsRune(".:,;!?…", last)
}
