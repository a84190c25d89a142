package ingest

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"frontdesk/language"
)

// faqMost bounds the rows of a table file.
const faqMost = 20_000

// ReadFAQ reads a CSV or Markdown file; name and contentType say which where the
// text does not. One question and its answer become one block. A table that is no
// FAQ (a price list) becomes a table, a Markdown text without questions its
// headings and paragraphs.
func ReadFAQ(ctx context.Context, data []byte, name, contentType string) (Document, error) {
	if err := ctx.Err(); err != nil {
		return Document{}, err
	}
	text := decode(data, charsetParam(contentType)...)
	body := normalLines(text.text)
	doc := Document{Kind: KindFAQ, Warnings: text.warnings}
	ext := strings.ToLower(path.Ext(name))
	if ext == ".csv" || ext == ".tsv" || strings.Contains(contentType, "csv") || strings.Contains(contentType, "tab-separated") {
		blocks, err := readTableFile(ctx, body)
		if err != nil {
			return Document{}, err
		}
		doc.Pages = []Page{{Blocks: blocks}}
	} else {
		doc.Title, doc.Pages = "", []Page{{Blocks: readMarkdown(body)}}
	}
	if !hasWords(doc.Pages) {
		return Document{}, refuse(CodeNoText, "No questions and answers were found in it.", nil)
	}
	return doc, nil
}

// hasWords tells whether any block says something.
func hasWords(pages []Page) bool {
	for _, p := range pages {
		for _, b := range p.Blocks {
			if len(language.Words(b.Text)) > 0 || b.Kind == BlockTable && len(b.Rows) > 0 {
				return true
			}
		}
	}
	return false
}

func normalLines(text string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n\n", "\f", "\n\n").Replace(text)
}

func readTableFile(ctx context.Context, text string) ([]Block, error) {
	comma := rune(0)
	if rest, ok := strings.CutPrefix(text, "sep="); ok && len(rest) > 1 && rest[1] == '\n' { // Excel's own hint
		comma, text = rune(rest[0]), rest[2:]
	}
	if comma == 0 {
		comma = delimiter(text)
	}
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comma, reader.LazyQuotes, reader.FieldsPerRecord, reader.TrimLeadingSpace = comma, true, -1, true
	var rows [][]string
	for len(rows) < faqMost {
		row, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, refuse(CodeNotADocument, "The table cannot be read; save it as CSV with quoted fields.", err)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
		if slices.ContainsFunc(row, func(c string) bool { return c != "" }) {
			rows = append(rows, row)
		}
	}
	return tableFileBlocks(rows), nil
}

// delimiter is the sign that cuts the first lines into the most even columns.
func delimiter(text string) rune {
	best, bestScore := ',', 0
	lines := strings.SplitN(text, "\n", 12)
	if len(lines) == 12 {
		lines = lines[:11]
	}
	for _, comma := range []rune{',', ';', '\t', '|'} {
		reader := csv.NewReader(strings.NewReader(strings.Join(lines, "\n")))
		reader.Comma, reader.LazyQuotes, reader.FieldsPerRecord = comma, true, -1
		rows, err := reader.ReadAll()
		if err != nil && len(rows) == 0 {
			continue
		}
		counts := map[int]int{}
		for _, row := range rows {
			counts[len(row)]++
		}
		score := 0
		for width, n := range counts {
			if width > 1 {
				score = max(score, 4*n-len(rows)+min(width, 3))
			}
		}
		if score > bestScore {
			best, bestScore = comma, score
		}
	}
	return best
}

// columns are the places of what a FAQ table holds, -1 where it does not.
type columns struct{ question, answer, category int }

// Words that head the columns of a FAQ table, folded.
var (
	questionWord = regexp.MustCompile(`^(questions?|q|faq|frage|fragen|domanda|domande|pregunta|preguntas|pergunta|perguntas|вопрос|вопросы|питання|запитання|pytanie|السؤال|سؤال|klausimas|vraag)$`)
	answerWord   = regexp.MustCompile(`^(answers?|a|reponses?|antwort|antworten|risposta|risposte|respuesta|respuestas|resposta|respostas|ответ|ответы|відповідь|odpowiedz|الجواب|جواب|الاجابه|اجابه|atsakymas|antwoord)$`)
	categoryWord = regexp.MustCompile(`^(category|topic|section|theme|categorie|rubrique|thema|kategorie|categoria|tema|категория|раздел|тема|категорія|kategoria|rubrik|الفئه)$`)
)

func headerColumns(row []string) columns {
	c := columns{-1, -1, -1}
	for i, cell := range row {
		word := strings.Trim(language.Fold(cell), " :*#")
		switch {
		case c.question < 0 && questionWord.MatchString(word):
			c.question = i
		case c.answer < 0 && answerWord.MatchString(word):
			c.answer = i
		case c.category < 0 && categoryWord.MatchString(word):
			c.category = i
		}
	}
	return c
}

func tableFileBlocks(rows [][]string) []Block {
	if len(rows) == 0 {
		return nil
	}
	c := headerColumns(rows[0])
	switch {
	case c.question >= 0 && c.answer >= 0:
		return answerBlocks(rows[1:], c)
	case asksAtLeast(rows, 0, 0.5):
		if c.question >= 0 {
			rows = rows[1:]
		}
		return answerBlocks(rows, columns{0, 1, -1})
	}
	header, body := guessHeader(rows, false)
	return []Block{{Kind: BlockTable, Header: header, Rows: body}}
}

// asksAtLeast tells whether a share of the rows with an answer ask a question in
// a column.
func asksAtLeast(rows [][]string, column int, share float64) bool {
	asked, all := 0, 0
	for _, row := range rows {
		if len(row) < column+2 {
			continue
		}
		all++
		if endsAsking(row[column]) {
			asked++
		}
	}
	return all > 0 && float64(asked) >= share*float64(all)
}

func answerBlocks(rows [][]string, c columns) []Block {
	var out []Block
	category := ""
	for _, row := range rows {
		cell := func(i int) string {
			if i < 0 || i >= len(row) {
				return ""
			}
			return row[i]
		}
		if name := cell(c.category); name != "" && name != category {
			category = name
			out = append(out, Block{Kind: BlockHeading, Level: 1, Text: name})
		}
		question, answer := cell(c.question), cell(c.answer)
		switch {
		case question != "" && answer != "":
			out = append(out, Block{Kind: BlockAnswer, Question: question, Text: answer})
		case answer != "":
			out = append(out, Block{Kind: BlockText, Text: answer})
		}
	}
	return out
}

// endsAsking tells whether a text is a question by its last sign.
func endsAsking(text string) bool {
	text = strings.TrimRight(text, " \u00a0*_»\"”)")
	return strings.HasSuffix(text, "?") || strings.HasSuffix(text, "？") || strings.HasSuffix(text, "؟") || strings.HasSuffix(text, "\u037e")
}

// charsetParam returns the charset that a content type names, if any.
func charsetParam(contentType string) []string {
	if m := charsetWord.FindStringSubmatch(contentType); m != nil {
		return []string{m[1]}
	}
	return nil
}

var charsetWord = regexp.MustCompile(`(?i)charset\s*=\s*["']?\s*([a-z0-9_:.\-]+)`)
