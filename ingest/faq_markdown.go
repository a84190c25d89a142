package ingest

import (
	"regexp"
	"strings"
)

// Shapes of Markdown lines.
var (
	mdHeading = regexp.MustCompile(`^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$`)
	mdItem    = regexp.MustCompile(`^\s*(?:[-*+•–]|\d{1,2}[.)])\s+(.*)$`)
	mdRule    = regexp.MustCompile(`^\s*(?:[-*_=]\s*){3,}$`)
	mdBold    = regexp.MustCompile(`^\s*(?:\*\*|__)(.+?)(?:\*\*|__)\s*:?\s*$`)
	mdLink    = regexp.MustCompile(`!?\[([^\]]*)\]\(([^()\s]+)[^()]*\)`)
	mdMark    = regexp.MustCompile("(\\*\\*|__|`)(\\S(?:.*?\\S)?)(\\*\\*|__|`)")
	mdCells   = regexp.MustCompile(`^\s*\|.*\|\s*$`)
	mdAlign   = regexp.MustCompile(`^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$`)
	asks      = regexp.MustCompile(`(?i)^\s*(?:\*\*|__)?(?:q|question|frage|f|domanda|d|pregunta|p|pergunta|вопрос|в|питання|pytanie|السؤال|سؤال|س)(?:\s*\d+)?\s*(?:\*\*|__)?\s*[:.)]\s*(?:\*\*|__)?\s*(.+?)(?:\*\*|__)?$`)
	answers   = regexp.MustCompile(`(?i)^\s*(?:\*\*|__)?(?:a|answer|r|r[ée]ponse|antwort|risposta|respuesta|resposta|ответ|о|відповідь|odpowied[zź]|الجواب|جواب|ج)(?:\s*\d+)?\s*(?:\*\*|__)?\s*[:.)]\s*(?:\*\*|__)?\s*(.*)$`)
)

// looksFAQ tells whether a text is Markdown or a list of questions and answers.
func looksFAQ(text string) bool {
	questions, pairs, headings := 0, 0, 0
	asked := false
	for line := range strings.Lines(normalLines(text)) {
		line = strings.TrimRight(line, "\n")
		switch {
		case mdHeading.MatchString(line):
			headings++
			if endsAsking(mdHeading.FindStringSubmatch(line)[2]) {
				questions++
			}
		case mdBold.MatchString(line) && endsAsking(mdBold.FindStringSubmatch(line)[1]):
			questions++
		case asks.MatchString(line):
			asked = true
		case answers.MatchString(line) && asked:
			pairs++
			asked = false
		}
	}
	return questions >= 1 || pairs >= 1 || headings >= 2
}

// readMarkdown reads headings, questions with their answers, lists, tables and
// paragraphs.
func readMarkdown(text string) []Block {
	r := &markdownReader{}
	for line := range strings.Lines(text) {
		r.line(strings.TrimRight(line, " \t\n"))
	}
	r.flush()
	return mergeAnswers(r.blocks)
}

type markdownReader struct {
	blocks    []Block
	paragraph []string
	rows      [][]string
	header    bool   // the first row was followed by a rule
	question  string // of the "Q: … A: …" shape
	answering bool
}

func (r *markdownReader) line(line string) {
	if mdCells.MatchString(line) || mdAlign.MatchString(line) && len(r.rows) > 0 && strings.Contains(line, "|") {
		r.tableLine(line)
		return
	}
	if len(r.rows) > 0 {
		r.flush()
	}
	if m := asks.FindStringSubmatch(line); m != nil && (endsAsking(m[1]) || r.question != "" || !r.answering && strings.Contains(line, ":")) && len(m[1]) > 3 {
		r.flush()
		r.question = plainMarkdown(m[1])
		return
	}
	if m := answers.FindStringSubmatch(line); m != nil && r.question != "" && !r.answering {
		r.answering = true
		r.paragraph = append(r.paragraph, plainMarkdown(m[1]))
		return
	}
	switch {
	case mdHeading.MatchString(line):
		m := mdHeading.FindStringSubmatch(line)
		r.flush()
		r.blocks = append(r.blocks, Block{Kind: BlockHeading, Level: len(m[1]), Text: plainMarkdown(m[2])})
	case mdBold.MatchString(line) && endsAsking(mdBold.FindStringSubmatch(line)[1]):
		r.flush()
		r.blocks = append(r.blocks, Block{Kind: BlockHeading, Level: 6, Text: plainMarkdown(mdBold.FindStringSubmatch(line)[1])})
	case strings.TrimSpace(line) == "":
		if !r.answering {
			r.flush()
		}
	case mdRule.MatchString(line):
		r.flush()
	case mdItem.MatchString(line) && !r.answering:
		r.flush()
		r.blocks = append(r.blocks, Block{Kind: BlockItem, Text: plainMarkdown(mdItem.FindStringSubmatch(line)[1])})
	default:
		r.paragraph = append(r.paragraph, plainMarkdown(strings.TrimPrefix(strings.TrimSpace(line), "> ")))
	}
}

func (r *markdownReader) tableLine(line string) {
	if mdAlign.MatchString(line) {
		r.header = r.header || len(r.rows) == 1
		return
	}
	if len(r.rows) == 0 {
		r.flush()
	}
	var cells []string
	for _, cell := range strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|") {
		cells = append(cells, plainMarkdown(strings.TrimSpace(cell)))
	}
	r.rows = append(r.rows, cells)
}

func (r *markdownReader) flush() {
	text := strings.TrimSpace(strings.Join(r.paragraph, "\n"))
	switch {
	case r.question != "" && text != "":
		r.blocks = append(r.blocks, Block{Kind: BlockAnswer, Question: r.question, Text: text})
	case r.question != "":
		r.blocks = append(r.blocks, Block{Kind: BlockHeading, Level: 6, Text: r.question})
	case text != "":
		r.blocks = append(r.blocks, Block{Kind: BlockText, Text: text})
	}
	if len(r.rows) > 0 {
		block := Block{Kind: BlockTable, Rows: r.rows}
		if r.header {
			block.Header, block.Rows = r.rows[0], r.rows[1:]
		}
		r.blocks = append(r.blocks, block)
	}
	r.paragraph, r.rows, r.header, r.question, r.answering = nil, nil, false, "", false
}

// plainMarkdown takes the signs of emphasis out and writes links as their text
// with the address behind it.
func plainMarkdown(text string) string {
	text = mdLink.ReplaceAllStringFunc(text, func(link string) string {
		m := mdLink.FindStringSubmatch(link)
		switch {
		case strings.HasPrefix(link, "!"):
			return m[1]
		case m[1] == "" || m[1] == m[2]:
			return m[2]
		}
		return m[1] + " (" + strings.TrimPrefix(m[2], "mailto:") + ")"
	})
	text = mdMark.ReplaceAllString(text, "$2")
	return strings.TrimSpace(strings.TrimSuffix(text, "\\"))
}

// answerMost is how much text below a heading that asks is still its answer, in bytes.
const answerMost = 1500

// mergeAnswers turns a heading that asks and the paragraphs and list items below
// it into one answer. Tables and longer texts stay what they are.
func mergeAnswers(blocks []Block) []Block {
	var out []Block
	for i := 0; i < len(blocks); i++ {
		b := blocks[i]
		if b.Kind != BlockHeading || !endsAsking(b.Text) {
			out = append(out, b)
			continue
		}
		var parts []string
		size, end := 0, i+1
		for end < len(blocks) && (blocks[end].Kind == BlockText || blocks[end].Kind == BlockItem) {
			part := blocks[end].Text
			if blocks[end].Kind == BlockItem {
				part = "• " + part
			}
			parts = append(parts, part)
			size += len(part)
			end++
		}
		whole := end == len(blocks) || blocks[end].Kind == BlockHeading || blocks[end].Kind == BlockAnswer
		if len(parts) == 0 || size > answerMost || !whole {
			out = append(out, b)
			continue
		}
		out = append(out, Block{Kind: BlockAnswer, Question: b.Text, Text: strings.Join(parts, "\n")})
		i = end - 1
	}
	return out
}
