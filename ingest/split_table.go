package ingest

import (
	"strings"

	"frontdesk"
)

// table makes a passage of each row. A row with a single filled cell is the title
// of those that follow; a row without a first cell continues the one before; a
// week of opening hours stays together.
func (s *splitter) table(block Block) {
	header := joinCells(block.Header)
	section := ""
	var group []string
	week := false
	flush := func() {
		if len(group) > 0 {
			s.row(strings.Join(group, "\n"), section, header, week)
		}
		group, week = nil, false
	}
	columns := widest(block)
	for _, row := range block.Rows {
		text := joinCells(row)
		if text == "" {
			continue
		}
		day := s.startsWithDay(row)
		switch {
		case columns > 1 && filled(row) == 1 && row[0] != "" && !day && !hasDigit(text):
			flush()
			section = text
			continue
		case len(group) > 0 && (strings.TrimSpace(row[0]) == "" || week && day) && sizeOf(group)+len(text) < passageMost:
		default:
			flush()
			week = day
		}
		group = append(group, text)
	}
	flush()
}

func (s *splitter) row(text, section, header string, week bool) {
	var extra []string
	if section != "" {
		extra = append(extra, section)
	}
	if header != "" {
		extra = append(extra, header)
	}
	kind := frontdesk.PassageRow
	if week {
		kind = frontdesk.PassageContact
	}
	for _, piece := range s.cut(text) {
		s.add(frontdesk.Passage{Kind: kind, Text: piece}, extra...)
	}
}

// joinCells joins the cells that say something, each once where the reader
// repeats a spanning cell.
func joinCells(cells []string) string {
	var out []string
	for _, c := range cells {
		c = strings.Join(strings.Fields(c), " ")
		if c == "" || len(out) > 0 && out[len(out)-1] == c {
			continue
		}
		out = append(out, c)
	}
	return strings.Join(out, " | ")
}

func filled(row []string) int {
	n := 0
	for _, c := range row {
		if strings.TrimSpace(c) != "" {
			n++
		}
	}
	return n
}

func widest(block Block) int {
	n := len(block.Header)
	for _, row := range block.Rows {
		n = max(n, len(row))
	}
	return n
}

func sizeOf(lines []string) int {
	n := 0
	for _, l := range lines {
		n += len(l) + 1
	}
	return n
}

func hasDigit(text string) bool { return strings.ContainsAny(text, "0123456789٠١٢٣٤٥٦٧٨٩") }

func (s *splitter) startsWithDay(row []string) bool {
	if len(row) == 0 {
		return false
	}
	first := strings.TrimSpace(row[0])
	return len(first) <= 60 && s.lexicon.StartsWithDay(s.language, first)
}
