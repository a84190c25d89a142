package agent

import (
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"frontdesk"
	"frontdesk/locale"
	"frontdesk/retrieval"
)

// Limits of a quoted answer, in characters: the whole fits a phone's screen.
const (
	quoteWant = 560 // of quoted text, all spans together
	quoteMost = 690 // of the reply with lead-in and sources
)

// How much worse than the best a further span may score and still be shown: when
// several fit about as well, the patient sees them all. On the cases that the
// weights were fitted to, the first span answers 89% and one of the first three
// 97%, so these are shown more readily.
const (
	quoteSure  = 3
	sureSlack  = 4.5
	quoteSlack = 2.0
)

// Quoter answers from passages without a language model: by facts that were read
// at ingest, rendered in the patient's language, else by the verbatim stretches
// that answer. It is safe for concurrent use.
type Quoter struct {
	lexicon *retrieval.Lexicon
}

// NewQuoter returns a quoter that reads by a dictionary.
func NewQuoter(lexicon *retrieval.Lexicon) *Quoter { return &Quoter{lexicon: lexicon} }

// Quotation is an answer made of passages. Text is ready to be sent, with its
// lead-in and the line that names its sources, at most 690 characters.
type Quotation struct {
	Text      string
	Citations []frontdesk.Citation
	Mode      frontdesk.Mode // ModeQuote, or ModeProfile when it consists of rendered facts
	Language  string         // of the lead-in and the facts
	Quoted    bool           // has verbatim text in the document's language
	Kinds     []frontdesk.FactKind
}

// excerpt is a stretch of a passage that is shown.
type excerpt struct {
	passage    frontdesk.Passage
	start, end int
	score      float64
	covered    float64  // share of the question's subject that it names
	concepts   []string // subjects of the question that it speaks of
}

func (e excerpt) text() string { return e.passage.Text[e.start:e.end] }

// Quote answers a question from what retrieval found, in language lang. It
// returns false when there is nothing to quote.
func (q *Quoter) Quote(question retrieval.Question, found retrieval.Result, lang string, texts *locale.Catalogue) (Quotation, bool) {
	excerpts := q.choose(found)
	if len(excerpts) == 0 {
		return Quotation{}, false
	}
	if !sameLanguage(excerpts[0].passage.Language, lang) {
		writer := factWriter{lexicon: q.lexicon, texts: texts, lang: lang, asked: found.Asked}
		if lines := writer.lines(excerpts); len(lines) > 0 {
			return renderFacts(lines, lang, texts), true
		}
	}
	return q.render(excerpts, lang, texts), true
}

// renderFacts writes facts a line each above their sources.
func renderFacts(lines []factLine, lang string, texts *locale.Catalogue) Quotation {
	out := Quotation{Mode: frontdesk.ModeProfile, Language: lang}
	shown := make([]string, 0, len(lines))
	for _, l := range lines {
		shown = append(shown, l.text)
		out.Citations = appendCitation(out.Citations, cite(l.from.passage, cutText(l.from.text(), quoteWant)))
		if !slices.Contains(out.Kinds, l.kind) {
			out.Kinds = append(out.Kinds, l.kind)
		}
	}
	out.Text = cutText(strings.Join(shown, "\n"), quoteWant) + sourceLine(out.Citations, lang, texts)
	return out
}

func appendCitation(list []frontdesk.Citation, c frontdesk.Citation) []frontdesk.Citation {
	if slices.Contains(list, c) {
		return list
	}
	return append(list, c)
}

// choose takes the best stretches of all passages, as many as fit.
func (q *Quoter) choose(found retrieval.Result) []excerpt {
	var all []excerpt
	for _, p := range found.Passages {
		for _, s := range p.Spans {
			e := excerpt{passage: p.Passage, start: s.Start, end: s.End, score: s.Score, covered: s.Covered, concepts: s.Concepts}
			all = append(all, q.shorten(e, found.Asked.Main))
		}
	}
	sort.SliceStable(all, func(a, b int) bool { return all[a].score > all[b].score })
	var out []excerpt
	size := 0
	for _, e := range all {
		n := utf8.RuneCountInString(e.text())
		slack := quoteSlack
		if len(out) < quoteSure {
			slack = sureSlack
		}
		if len(out) > 0 && (e.score < all[0].score-slack || size+n > quoteWant) || said(out, e.text()) {
			continue
		}
		out = append(out, e)
		size += n + 1
	}
	return out
}

// rowMost is the length in bytes above which a table's row is cut after the cell
// that answers.
const rowMost = 180

// shorten cuts a long row after the first cell that has what is asked for.
func (q *Quoter) shorten(e excerpt, wanted retrieval.Kind) excerpt {
	if e.passage.Kind != frontdesk.PassageRow || wanted == 0 || e.end-e.start <= rowMost {
		return e
	}
	for at := e.start; at < e.end; {
		next := strings.Index(e.passage.Text[at:e.end], " | ")
		if next < 0 {
			break
		}
		at += next
		if at > e.start+10 && q.lexicon.Kinds(e.passage.Language, e.passage.Text[e.start:at], true).Has(wanted) {
			e.end = at
			break
		}
		at += len(" | ")
	}
	return e
}

// title is what has to stand before an excerpt so that it can be understood: the
// nearest title that names the subject or says what the list below it is, when
// the excerpt does not.
func (q *Quoter) title(e excerpt) string {
	own := map[string]bool{}
	for _, m := range q.lexicon.Mentions(e.passage.Language, e.text()) {
		own[m.Concept] = true
	}
	for i := len(e.passage.Headings) - 1; i > 0; i-- {
		title := e.passage.Headings[i]
		if strings.Contains(e.text(), title) || utf8.RuneCountInString(title) > 90 {
			continue
		}
		for _, m := range q.lexicon.Mentions(e.passage.Language, title) {
			if !own[m.Concept] && (slices.Contains(e.concepts, m.Concept) || strings.HasPrefix(m.Concept, "pol.")) {
				return strings.TrimRight(title, " :") + ": "
			}
		}
	}
	return ""
}

// said tells whether an excerpt, or a title that may stand before it, holds the
// text already.
func said(list []excerpt, text string) bool {
	for _, e := range list {
		if strings.Contains(e.text(), text) || slices.Contains(e.passage.Headings, text) {
			return true
		}
	}
	return false
}

// render writes the excerpts under a lead-in and above their sources. A lead-in
// says in which language the document is when it is not the patient's.
func (q *Quoter) render(excerpts []excerpt, lang string, texts *locale.Catalogue) Quotation {
	out := Quotation{Mode: frontdesk.ModeQuote, Language: lang, Quoted: true}
	lead := ""
	if foreign := excerpts[0].passage.Language; foreign != "" && baseTag(foreign) != baseTag(lang) {
		lead = texts.Text(lang, "answer.lead_in", map[string]string{"language": texts.LanguageName(lang, foreign)}) + "\n"
	}
	for n := len(excerpts); n > 0; n-- {
		out.Citations = out.Citations[:0]
		lines := make([]string, 0, n)
		for _, e := range excerpts[:n] {
			text := cutText(e.text(), quoteWant)
			lines = append(lines, q.title(e)+text)
			out.Citations = append(out.Citations, cite(e.passage, text))
		}
		out.Text = lead + strings.Join(lines, "\n") + sourceLine(out.Citations, lang, texts)
		if utf8.RuneCountInString(out.Text) <= quoteMost {
			break
		}
	}
	return out
}

func cite(p frontdesk.Passage, quote string) frontdesk.Citation {
	return frontdesk.Citation{Source: p.Name, Revision: p.Number, Page: p.Page, Quote: quote, Passage: p.ID}
}

// profileSource is what a citation names when staff wrote the fact themselves.
const profileSource = "profile"

// sourceLine names each cited page once, on a line of its own, two at most.
func sourceLine(citations []frontdesk.Citation, lang string, texts *locale.Catalogue) string {
	var names []string
	seen := map[string]bool{}
	for _, c := range citations {
		key, args := "answer.source_no_page", map[string]string{"source": c.Source}
		switch {
		case c.Source == profileSource:
			key = "answer.source_profile"
		case c.Page > 0:
			key, args["page"] = "answer.source", strconv.Itoa(c.Page)
		}
		if line := texts.Text(lang, key, args); !seen[line] && len(names) < 2 {
			seen[line] = true
			names = append(names, line)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "\n" + strings.Join(names, "\n")
}

// cutText shortens text to at most size characters, between words.
func cutText(text string, size int) string {
	if utf8.RuneCountInString(text) <= size {
		return text
	}
	runes := []rune(text)[:size]
	if i := strings.LastIndexByte(string(runes), ' '); i > 0 {
		return string(runes)[:i]
	}
	return string(runes)
}

func baseTag(tag string) string {
	if i := strings.IndexAny(tag, "-_"); i > 0 {
		tag = tag[:i]
	}
	return strings.ToLower(tag)
}
