package ingest

import (
	"strings"

	"frontdesk"
	"frontdesk/language"
	"frontdesk/retrieval"
)

// sentenceMost is the length in bytes above which a sentence is cut at
// semicolons, so that a quote of it fits beside another.
const sentenceMost = 320

// Sentences returns the stretches of a passage that can be quoted by themselves,
// in order and without overlap: the sentences of running text, the lines of a
// list or week, a whole table row. Vectors are left empty; [SentenceText] is what
// the caller embeds for each.
func Sentences(p frontdesk.Passage) []retrieval.Sentence {
	if p.Kind == frontdesk.PassageRow {
		return []retrieval.Sentence{{Start: 0, End: len(p.Text)}}
	}
	var out []retrieval.Sentence
	for _, span := range sentenceSpans(p.Language, p.Text) {
		out = append(out, retrieval.Sentence{Start: span[0], End: span[1]})
	}
	return out
}

// sentenceSpans returns byte offsets of the sentences of every line of text,
// without the white space around them.
func sentenceSpans(lang, text string) [][2]int {
	var out [][2]int
	at := 0
	for _, line := range strings.SplitAfter(text, "\n") {
		for _, s := range language.Sentences(lang, line) {
			out = append(out, pieces(text, at+s.Start, at+s.End)...)
		}
		at += len(line)
	}
	return out
}

// pieces trims [start, end) and cuts it at semicolons when it is long.
func pieces(text string, start, end int) [][2]int {
	start, end = trimSpan(text, start, end)
	if start >= end {
		return nil
	}
	if end-start <= sentenceMost {
		return [][2]int{{start, end}}
	}
	var out [][2]int
	from := start
	for i := start; i < end; i++ {
		if (text[i] == ';') && i-from > 60 {
			a, b := trimSpan(text, from, i+1)
			out = append(out, [2]int{a, b})
			from = i + 1
		}
	}
	if a, b := trimSpan(text, from, end); a < b {
		out = append(out, [2]int{a, b})
	}
	return out
}

func trimSpan(text string, start, end int) (int, int) {
	s := text[start:end]
	start += len(s) - len(strings.TrimLeft(s, " \t\r\n\u00a0"))
	s = strings.TrimRight(text[start:end], " \t\r\n\u00a0")
	return start, start + len(s)
}

// documentLanguage is the language of most of a document's words.
func documentLanguage(doc Document, clinic string) string {
	var b strings.Builder
	for _, page := range doc.Pages {
		for _, block := range page.Blocks {
			b.WriteString(block.Text)
			b.WriteByte('\n')
			for _, row := range block.Rows {
				b.WriteString(strings.Join(row, " "))
				b.WriteByte('\n')
			}
			if b.Len() > 8000 {
				break
			}
		}
	}
	if guess := language.Detect(b.String(), doc.Language, clinic); guess.Sure >= 0.5 && guess.Tag != language.Unknown {
		return guess.Tag
	}
	if doc.Language != "" {
		return doc.Language
	}
	return clinic
}

// passageLanguage is the passage's own language where it is long enough to tell,
// else the document's.
func passageLanguage(text, document string) string {
	if len(text) < 120 {
		return document
	}
	if guess := language.Detect(text, document); guess.Sure >= 0.9 && guess.Tag != language.Unknown {
		return guess.Tag
	}
	return document
}
