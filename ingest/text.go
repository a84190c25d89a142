package ingest

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ReadText reads plain text in any charset: paragraphs are set apart by blank
// lines, columns by tabs, titles by capitals, a rule below or blank lines around.
func ReadText(ctx context.Context, data []byte, contentType string) (Document, error) {
	if err := ctx.Err(); err != nil {
		return Document{}, err
	}
	text := decode(data, charsetParam(contentType)...)
	doc := Document{Kind: KindText, Warnings: text.warnings}
	doc.Pages = []Page{{Blocks: mergeAnswers(readPlain(normalLines(text.text)))}}
	if !hasWords(doc.Pages) {
		return Document{}, refuse(CodeNoText, "No text was found in it.", nil)
	}
	return doc, nil
}

func readPlain(text string) []Block {
	var out []Block
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		var lines []string
		for line := range strings.SplitSeq(paragraph, "\n") {
			if line = strings.TrimRight(line, " \t"); strings.TrimSpace(line) != "" {
				lines = append(lines, line)
			}
		}
		out = append(out, plainParagraph(lines)...)
	}
	return out
}

// plainParagraph reads the lines between two blank ones.
func plainParagraph(lines []string) []Block {
	if len(lines) == 0 {
		return nil
	}
	if rows := tabRows(lines); rows != nil {
		header, body := guessHeader(rows, false)
		return []Block{{Kind: BlockTable, Header: header, Rows: body}}
	}
	var out []Block
	if len(lines) > 1 && mdRule.MatchString(lines[1]) || plainTitle(lines[0]) && (len(lines) == 1 || allCapitals(lines[0])) {
		out = append(out, Block{Kind: BlockHeading, Level: 2, Text: strings.TrimSpace(lines[0])})
		lines = lines[1:]
	}
	var text []string
	flush := func() {
		if len(text) > 0 {
			out = append(out, Block{Kind: BlockText, Text: strings.Join(text, "\n")})
		}
		text = nil
	}
	for _, line := range lines {
		switch m := mdItem.FindStringSubmatch(line); {
		case mdRule.MatchString(line):
			flush()
		case m != nil:
			flush()
			out = append(out, Block{Kind: BlockItem, Text: strings.TrimSpace(m[1])})
		default:
			text = append(text, strings.TrimSpace(line))
		}
	}
	flush()
	return out
}

// tabRows returns the cells of lines that are all cut by tabs, nil otherwise.
func tabRows(lines []string) [][]string {
	if len(lines) < 2 {
		return nil
	}
	var rows [][]string
	for _, line := range lines {
		var row []string
		for cell := range strings.SplitSeq(line, "\t") {
			if cell = strings.TrimSpace(cell); cell != "" {
				row = append(row, cell)
			}
		}
		if len(row) < 2 {
			return nil
		}
		rows = append(rows, row)
	}
	return rows
}

// plainTitle tells whether a line by itself looks like a title.
func plainTitle(line string) bool {
	line = strings.TrimSpace(line)
	if utf8.RuneCountInString(line) > 70 || strings.ContainsAny(line, "@0123456789\t") {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(line)
	return unicode.IsLetter(last) || last == ')' || endsAsking(line)
}

func allCapitals(line string) bool {
	upper := 0
	for _, r := range line {
		if unicode.IsLower(r) {
			return false
		}
		if unicode.IsUpper(r) {
			upper++
		}
	}
	return upper > 2
}
