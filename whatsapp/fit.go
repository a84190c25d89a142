package whatsapp

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"frontdesk"
)

const (
	ellipsis = "…"
	// menuLabel is the label of a list whose reply names none. It is a sign and
	// no word, for texts belong to the locale files.
	menuLabel = "☰"
)

// Fit returns reply as bubbles that Meta takes: long texts are split at the ends
// of sentences, titles shortened between graphemes, more than three buttons (or
// buttons whose shortened titles would be equal) become a list, more than ten
// rows several lists. Identifiers are never changed. A reply that fits already
// comes back as it is; one without any content gives none.
func Fit(reply frontdesk.Reply) []frontdesk.Reply {
	reply.Text = strings.TrimSpace(reply.Text)
	switch {
	case reply.Template != nil:
		return []frontdesk.Reply{{Template: reply.Template}}
	case reply.Document != nil:
		return fitDocument(reply)
	case reply.Location != nil:
		return append(fitText(reply), frontdesk.Reply{Location: reply.Location})
	case reply.List != nil && len(reply.List.Rows) > 0:
		return fitList(reply)
	case reply.Call != nil:
		call := *reply.Call
		call.Title = shorten(call.Title, maxCallTitle)
		return withLast(reply, maxButtonBody, func(last *frontdesk.Reply) { last.Call = &call })
	case len(reply.Buttons) > 0:
		return fitButtons(reply)
	}
	return fitText(reply)
}

func fitText(reply frontdesk.Reply) []frontdesk.Reply {
	var replies []frontdesk.Reply
	for _, piece := range Split(reply.Text, maxText) {
		replies = append(replies, frontdesk.Reply{Text: piece, Quoted: reply.Quoted})
	}
	return replies
}

func fitDocument(reply frontdesk.Reply) []frontdesk.Reply {
	document := *reply.Document
	if document.Caption == "" && length(reply.Text) <= maxCaption {
		document.Caption, reply.Text = reply.Text, ""
	}
	before := joinText("\n\n", reply.Text)
	if length(document.Caption) > maxCaption {
		before, document.Caption = joinText("\n\n", before, document.Caption), ""
	}
	document.FileName = shorten(document.FileName, maxFileName)
	replies := fitText(frontdesk.Reply{Text: before, Quoted: reply.Quoted})
	return append(replies, frontdesk.Reply{Document: &document, Quoted: reply.Quoted})
}

func fitButtons(reply frontdesk.Reply) []frontdesk.Reply {
	buttons := uniqueButtons(reply.Buttons)
	short := make([]frontdesk.Button, len(buttons))
	titles := map[string]bool{}
	for i, b := range buttons {
		short[i] = frontdesk.Button{ID: b.ID, Title: shorten(b.Title, maxButtonTitle)}
		titles[short[i].Title] = true
	}
	if len(short) > maxButtons || len(titles) < len(short) {
		return fitList(frontdesk.Reply{Text: reply.Text, Quoted: reply.Quoted, List: &frontdesk.List{Rows: rowsOf(buttons)}})
	}
	return withLast(reply, maxButtonBody, func(last *frontdesk.Reply) { last.Buttons = short })
}

func uniqueButtons(buttons []frontdesk.Button) []frontdesk.Button {
	seen := map[string]bool{}
	var unique []frontdesk.Button
	for _, b := range buttons {
		if !seen[b.ID] {
			seen[b.ID] = true
			unique = append(unique, b)
		}
	}
	return unique
}

func rowsOf(buttons []frontdesk.Button) []frontdesk.Row {
	rows := make([]frontdesk.Row, len(buttons))
	for i, b := range buttons {
		rows[i] = frontdesk.Row{ID: b.ID, Title: b.Title}
	}
	return rows
}

func fitList(reply frontdesk.Reply) []frontdesk.Reply {
	rows := fitRows(reply.List.Rows)
	if reply.Text == "" {
		reply.Text = reply.List.Title
	}
	list := frontdesk.List{
		Button: shorten(reply.List.Button, maxListButton),
		Title:  shorten(reply.List.Title, maxSectionTitle),
	}
	if list.Button == "" {
		list.Button = menuLabel
	}
	first := list
	first.Rows = rows[:min(maxRows, len(rows))]
	replies := withLast(reply, maxListBody, func(last *frontdesk.Reply) { last.List = &first })
	for rest := rows[len(first.Rows):]; len(rest) > 0; {
		n := min(maxRows, len(rest))
		next := list
		next.Rows = rest[:n]
		replies = append(replies, frontdesk.Reply{Text: ellipsis, List: &next})
		rest = rest[n:]
	}
	return replies
}

// fitRows shortens rows; a title that had to be cut is whole in the description
// where that is free.
func fitRows(rows []frontdesk.Row) []frontdesk.Row {
	seen := map[string]bool{}
	var fitted []frontdesk.Row
	for _, r := range rows {
		if seen[r.ID] {
			continue
		}
		seen[r.ID] = true
		title := shorten(r.Title, maxRowTitle)
		if r.Description == "" && title != strings.TrimSpace(r.Title) {
			r.Description = r.Title
		}
		fitted = append(fitted, frontdesk.Row{ID: r.ID, Title: title, Description: shorten(r.Description, maxRowDescription)})
	}
	return fitted
}

// withLast splits the text and hangs what decorate adds on its last bubble,
// whose text keeps within limit.
func withLast(reply frontdesk.Reply, limit int, decorate func(*frontdesk.Reply)) []frontdesk.Reply {
	var replies []frontdesk.Reply
	for _, piece := range Split(reply.Text, limit) {
		replies = append(replies, frontdesk.Reply{Text: piece, Quoted: reply.Quoted})
	}
	if len(replies) > 1 {
		last := replies[len(replies)-1]
		whole := strings.TrimSpace(strings.TrimSuffix(reply.Text, last.Text))
		replies = append(fitText(frontdesk.Reply{Text: whole, Quoted: reply.Quoted}), last)
	}
	if len(replies) == 0 {
		replies = []frontdesk.Reply{{Text: ellipsis}}
	}
	decorate(&replies[len(replies)-1])
	return replies
}

// Split cuts text into pieces of at most limit UTF-16 code units: at the end of a
// paragraph, else of a line, a sentence, a word, and only in the middle of a word
// that is longer than limit. No grapheme is cut and no word is lost; white space
// around a cut is.
func Split(text string, limit int) []string {
	var pieces []string
	text = strings.TrimSpace(text)
	for length(text) > limit {
		cut := cutPoint(text, limit)
		if piece := strings.TrimSpace(text[:cut]); piece != "" {
			pieces = append(pieces, piece)
		}
		text = strings.TrimSpace(text[cut:])
	}
	if text != "" {
		pieces = append(pieces, text)
	}
	return pieces
}

// cutPoint returns where to cut text, whose length is above limit.
func cutPoint(text string, limit int) int {
	end := prefix(text, limit)
	head := text[:end]
	least := len(head) / 3 // a cut before would leave a stub
	for _, find := range []func(string) int{lastParagraph, lastLine, lastSentence, lastWord} {
		if cut := find(head); cut > least {
			return cut
		}
	}
	if cut := lastWord(head); cut > 0 {
		return cut
	}
	return end
}

func lastParagraph(s string) int { return strings.LastIndex(s, "\n\n") }

func lastLine(s string) int { return strings.LastIndexByte(s, '\n') }

func lastWord(s string) int { return strings.LastIndexFunc(s, unicode.IsSpace) }

// lastSentence returns the end of the last sentence that ends within s.
func lastSentence(s string) int {
	last := -1
	after := false
	for i, r := range s {
		switch {
		case strings.ContainsRune("。!?", r):
			last, after = i+utf8.RuneLen(r), false
		case strings.ContainsRune(".!?…؟۔", r):
			after = true
		case after && unicode.IsSpace(r):
			last, after = i, false
		case after && strings.ContainsRune("\"'»”’)]", r):
		default:
			after = false
		}
	}
	return last
}

// shorten cuts s to at most limit UTF-16 code units between graphemes and marks
// the cut with an ellipsis. Line breaks become spaces, for titles have one line.
func shorten(s string, limit int) string {
	s = strings.Join(strings.Fields(s), " ")
	if length(s) <= limit {
		return s
	}
	head := s[:prefix(s, limit-length(ellipsis))]
	if space := lastWord(head); space > len(head)*2/3 && s[len(head)] != ' ' {
		head = head[:space]
	}
	return strings.TrimRightFunc(head, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) }) + ellipsis
}

// prefix returns the length in bytes of the longest run of whole graphemes at the
// start of s that keeps within limit; at least one rune, so that cutting ends.
func prefix(s string, limit int) int {
	s = window(s, limit)
	end, units := 0, 0
	graphemes := uniseg.NewGraphemes(s)
	for graphemes.Next() {
		n := length(graphemes.Str())
		if units+n > limit {
			break
		}
		units += n
		_, end = graphemes.Positions()
	}
	if end > 0 {
		return end
	}
	for i, r := range s {
		units += units16(r)
		if units > limit && i > 0 {
			return i
		}
	}
	return len(s)
}

// window returns the start of s that limit code units cannot exceed, with some
// bytes to spare, so that time does not grow with a text far beyond the limit.
func window(s string, limit int) string {
	end := 3*limit + 128 // a code unit takes at most three bytes
	if len(s) <= end {
		return s
	}
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

// length counts UTF-16 code units.
func length(s string) int {
	n := 0
	for _, r := range s {
		n += units16(r)
	}
	return n
}

func units16(r rune) int {
	if r >= 0x10000 {
		return 2
	}
	return 1
}
