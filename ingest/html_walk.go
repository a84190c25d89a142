package ingest

import (
	"context"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// walker turns a page's elements into blocks, in reading order.
type walker struct {
	ctx      context.Context
	root     *html.Node
	base     *url.URL
	opened   map[string]bool
	measures map[*html.Node]letterMeasure
	pieces   map[*html.Node][]piece
	total    int // letters of the body

	blocks []Block
	text   strings.Builder // of the paragraph being read
	rows   [][]string      // of the price list being read
	kind   BlockKind       // of the paragraph being read
	level  int             // of the last heading
	edge   int             // how many headers, footers and addresses we are in
	begun  bool            // a paragraph of the content was read
	joint  bool            // an element begins or ends where we are
}

func newWalker(ctx context.Context, root *html.Node, base *url.URL) *walker {
	w := &walker{
		ctx: ctx, root: root, base: base, kind: BlockText, opened: openedIDs(root),
		measures: map[*html.Node]letterMeasure{}, pieces: map[*html.Node][]piece{},
	}
	w.total = w.measure(root).letters
	return w
}

func letterCount(text string) int {
	n := 0
	for _, r := range text {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}

func (w *walker) children(n *html.Node) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.node(c)
	}
}

func (w *walker) node(n *html.Node) {
	switch n.Type {
	case html.TextNode:
		w.write(n.Data)
		return
	case html.ElementNode:
	case html.DocumentNode:
		w.children(n)
		return
	default:
		return
	}
	if w.ctx.Err() != nil {
		return
	}
	if w.dropped(n) {
		return
	}
	if headingLevel(n) > 0 {
		w.heading(n)
		return
	}
	switch n.DataAtom {
	case atom.Br:
		w.text.WriteByte('\n')
	case atom.Hr:
		w.flush()
	case atom.Img:
		w.image(n)
	case atom.A:
		w.link(n)
	case atom.Table:
		w.flush()
		w.table(n)
	case atom.Dl:
		w.flush()
		w.definitions(n)
	case atom.Details:
		w.flush()
		w.details(n)
	case atom.Li, atom.Dd, atom.Dt:
		w.item(n)
	case atom.Button, atom.Summary:
		w.flush()
		w.opener(n, w.level+1)
	default:
		if isBlock(n) {
			w.container(n)
			return
		}
		w.inline(n)
	}
}

// inline walks an element within a line. Two elements side by side are set apart,
// as style sheets do ("Name" "25 €"); an element within a word is not, unless a
// capital follows a small letter.
func (w *walker) inline(n *html.Node) {
	if prev := n.PrevSibling; prev != nil && prev.Type == html.ElementNode && !isBlock(prev) && !w.endsOpen() && longerThanASign(prev) {
		w.text.WriteByte(' ')
	}
	w.joint = true
	w.children(n)
	w.joint = true
}

// longerThanASign tells whether an element shows more than one character.
func longerThanASign(n *html.Node) bool {
	signs := 0
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			signs += utf8.RuneCountInString(strings.TrimSpace(d.Data))
		}
		if signs > 1 {
			return true
		}
	}
	return false
}

// apart tells whether a text is a new word although no space comes before it.
func (w *walker) apart(first rune) bool {
	last, _ := utf8.DecodeLastRuneInString(w.text.String())
	return w.joint && unicode.IsUpper(first) && (unicode.IsLower(last) || unicode.IsDigit(last) || last == ')' || last == '.')
}

// endsOpen tells whether the paragraph being read is empty or ends with a space.
func (w *walker) endsOpen() bool {
	text := w.text.String()
	return text == "" || strings.HasSuffix(text, " ") || strings.HasSuffix(text, "\n")
}

func (w *walker) write(text string) {
	text = strings.Map(visible, text)
	if text == "" {
		return
	}
	if strings.TrimSpace(text) == "" {
		if !w.endsOpen() {
			w.text.WriteByte(' ')
		}
		return
	}
	first, _ := utf8.DecodeRuneInString(text)
	last, _ := utf8.DecodeLastRuneInString(text)
	if (unicode.IsSpace(first) || w.apart(first)) && !w.endsOpen() {
		w.text.WriteByte(' ')
	}
	w.joint = false
	w.text.WriteString(strings.Join(strings.Fields(text), " "))
	if unicode.IsSpace(last) {
		w.text.WriteByte(' ')
	}
}

// container walks a block: a list of names and values becomes rows, a list of
// links beside the content goes, anything else is its paragraphs.
func (w *walker) container(n *html.Node) {
	w.flushText()
	if w.menuLike(n) {
		return
	}
	if rows := w.valueRows(n); rows != nil {
		w.rows = append(w.rows, rows...)
		return
	}
	if w.card(n) {
		return
	}
	edge := isEdge(n)
	if edge {
		w.flush()
		w.edge++
	}
	outer := w.kind
	if m := w.measure(n); m.links == 1 && m.linked == m.letters && m.letters <= 60 && w.kind == BlockText {
		w.kind = blockLink
	}
	if n.DataAtom == atom.P && w.boldTitle(n) {
		w.title(n, 6)
	} else {
		w.children(n)
	}
	w.flushText()
	w.kind = outer
	if edge {
		w.flush()
		w.edge--
	}
}

// isEdge tells whether an element holds what a page repeats about its owner.
func isEdge(n *html.Node) bool {
	return n.DataAtom == atom.Footer || n.DataAtom == atom.Header && !hasAncestor(n, atom.Main, atom.Article) || n.DataAtom == atom.Address ||
		attr(n, "role") == "contentinfo" || attr(n, "role") == "banner"
}

func hasAncestor(n *html.Node, atoms ...atom.Atom) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		for _, a := range atoms {
			if p.DataAtom == a {
				return true
			}
		}
	}
	return false
}

// menuLike tells whether a container is a list of links to elsewhere: in a header,
// footer or beside the content, or before anything of the content was read.
func (w *walker) menuLike(n *html.Node) bool {
	m := w.measure(n)
	if m.links < 3 || !w.linkDense(n) || m.letters > 60*m.links || m.letters-m.linked > 60 || n.DataAtom == atom.Body || n.DataAtom == atom.Html {
		return false
	}
	if m.letters < 2000 && states(collapse(textOf(n))) {
		return false
	}
	return w.edge > 0 || hasAncestor(n, atom.Aside, atom.Footer, atom.Header) || !w.begun || menuWords.MatchString(marks(n))
}

// cardMost bounds the letters of a card, and half of its bytes.
const cardMost = 350

// card reads a small container that says how or when to reach somebody (a name,
// a number, hours) as one block, so that the hours stay with whose they are.
func (w *walker) card(n *html.Node) bool {
	switch n.DataAtom {
	case atom.P, atom.Html, atom.Body, atom.Main, atom.Ul, atom.Ol:
		return false
	}
	if isEdge(n) || w.measure(n).letters > cardMost {
		return false
	}
	pieces := w.piecesOf(n)
	if len(pieces) < 2 || len(pieces) > 12 {
		return false
	}
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && (isEdge(d) || isBlock(d) && w.menuLike(d)) {
			return false
		}
	}
	size, told := 0, false
	for i, p := range pieces {
		size += len(p.text) + 1
		told = told || !p.title && (isContact(p.text) || p.value && reaches(p.text))
		if p.title && i > 0 || p.text == "" /* has a shape of its own */ {
			return false
		}
	}
	if !told || size > 2*cardMost {
		return false
	}
	w.flush()
	first := 0
	if pieces[0].title {
		first = 1
	}
	outer := w.kind
	for c := range n.Descendants() {
		if headingLevel(c) > 0 {
			w.heading(c)
			break
		}
	}
	w.kind = outer
	lines := make([]string, 0, len(pieces))
	for _, p := range pieces[first:] {
		lines = append(lines, p.text)
	}
	w.emit(Block{Kind: BlockContact, Text: strings.Join(lines, "\n")})
	return true
}

// item reads a list item, or one name and value of a price list.
func (w *walker) item(n *html.Node) {
	w.flushText()
	if rows := w.valueRows(n); rows != nil {
		w.rows = append(w.rows, rows...)
		return
	}
	outer := w.kind
	if n.DataAtom == atom.Li {
		w.kind = BlockItem
		if m := w.measure(n); m.links > 0 && m.linked == m.letters {
			w.kind = blockLink
		}
	}
	w.children(n)
	w.flushText()
	w.kind = outer
}

func (w *walker) heading(n *html.Node) {
	w.flush()
	level := headingLevel(n)
	if collapse(textOf(n)) == "" {
		w.children(n) // a picture with its text
		w.flush()
		return
	}
	w.title(n, level)
}

// title emits an element's text as a heading. What a heading itself states (a
// number to call, a price) is also text, because a heading is no passage.
func (w *walker) title(n *html.Node, level int) {
	w.children(n)
	text := strings.TrimRight(w.take(), " \n▼▾▲▴⌄›»→+×✕")
	if text == "" {
		return
	}
	if level > 6 {
		level = 6
	}
	if utf8.RuneCountInString(text) > 200 { // a paragraph in a heading's clothes
		w.emit(Block{Kind: BlockText, Text: text})
		return
	}
	w.level = level
	w.blocks = append(w.blocks, Block{Kind: BlockHeading, Level: level, Text: strings.ReplaceAll(text, "\n", " ")})
	if states(text) {
		w.emit(Block{Kind: BlockText, Text: text})
	}
}

// opener reads the title of what a click opens. Where it is a name with its price,
// that is a row of its own, above what it opens.
func (w *walker) opener(n *html.Node, level int) {
	if rows := w.valueRows(n); len(rows) == 1 && !isValue(rows[0][0]) {
		w.blocks = append(w.blocks, Block{Kind: BlockTable, Rows: rows}, Block{Kind: BlockHeading, Level: min(level, 6), Text: rows[0][0]})
		return
	}
	w.title(n, level)
}

// boldTitle tells whether a paragraph is wholly bold, short and no sentence.
func (w *walker) boldTitle(n *html.Node) bool {
	text := collapse(textOf(n))
	if text == "" || utf8.RuneCountInString(text) > 90 || strings.ContainsAny(text, "0123456789") || strings.HasSuffix(text, ".") || strings.HasSuffix(text, "!") {
		return false
	}
	bold := 0
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch {
		case c.Type == html.TextNode && strings.TrimSpace(c.Data) == "", c.DataAtom == atom.Br:
		case c.DataAtom == atom.B || c.DataAtom == atom.Strong:
			bold++
		default:
			return false
		}
	}
	return bold > 0
}

// take ends the paragraph being read and returns its text, lines trimmed.
func (w *walker) take() string {
	raw := w.text.String()
	w.text.Reset()
	var lines []string
	for line := range strings.SplitSeq(raw, "\n") {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// flushText ends the paragraph being read; rows may go on.
func (w *walker) flushText() {
	if text := w.take(); text != "" {
		w.emit(Block{Kind: w.kind, Text: text})
	}
}

// flush ends the paragraph and the price list being read.
func (w *walker) flush() {
	w.flushText()
	w.flushRows()
}

func (w *walker) flushRows() {
	if len(w.rows) > 0 {
		w.blocks = append(w.blocks, Block{Kind: BlockTable, Rows: w.rows})
		w.rows = nil
	}
}

func (w *walker) emit(b Block) {
	if len(b.Text) == 0 || letterOrDigit(b.Text) == 0 {
		return
	}
	w.flushRows()
	w.begun = w.begun || w.edge == 0 && b.Kind != blockLink && letterCount(b.Text) >= 60
	if b.Kind != BlockHeading && (w.edge > 0 || isContact(b.Text)) {
		b.Kind = BlockContact
	}
	w.blocks = append(w.blocks, b)
}

func letterOrDigit(text string) int {
	n := 0
	for _, r := range text {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

// image reads a picture's text where it stands for words: a link's or a heading's
// only content.
func (w *walker) image(n *html.Node) {
	alt := collapse(attr(n, "alt"))
	if alt == "" || n.Parent == nil || collapse(textOf(n.Parent)) != "" || headingLevel(n.Parent) == 0 {
		return
	}
	w.write(alt)
}

// link reads a link; a number to dial or an address of mail that only the link
// names is written behind its words.
func (w *walker) link(n *html.Node) {
	w.inline(n)
	target := dialled(attr(n, "href"))
	if target == "" || strings.TrimSpace(textOf(n)) == "" || pageMentions(textOf(n), target) {
		return
	}
	if near := n.Parent; near != nil && w.measure(near).letters < 400 && pageMentions(textOf(near), target) {
		return
	}
	w.write(": " + target + " ")
}

// dialled returns the number or address of a tel: or mailto: link, "" for others.
func dialled(href string) string {
	scheme, rest, ok := strings.Cut(strings.TrimSpace(href), ":")
	if !ok {
		return ""
	}
	rest, _, _ = strings.Cut(rest, "?")
	if plain, err := url.PathUnescape(rest); err == nil {
		rest = plain
	}
	rest = strings.TrimSpace(strings.TrimPrefix(rest, "//"))
	switch strings.ToLower(scheme) {
	case "tel":
		if digits := onlyDigits(rest); len(digits) >= 3 && len(digits) <= 15 {
			return rest
		}
	case "mailto":
		if strings.Contains(rest, "@") && len(rest) < 100 {
			return rest
		}
	}
	return ""
}

// rescuedMost bounds the numbers that are looked for in a page's text.
const rescuedMost = 50

// rescued returns the numbers and addresses that stand on the page only in places
// that were dropped, such as a menu.
func (w *walker) rescued() []Block {
	var seen strings.Builder
	for _, b := range w.blocks {
		seen.WriteString(b.Text + " " + strings.Join(flat(b.Rows), " ") + "\n")
	}
	var out []Block
	asked := map[string]bool{}
	for n := range w.root.Descendants() {
		target := ""
		if n.DataAtom == atom.A {
			target = dialled(attr(n, "href"))
		}
		if target == "" || asked[target] || len(asked) > rescuedMost {
			continue
		}
		asked[target] = true
		if !pageMentions(seen.String(), target) {
			out = append(out, Block{Kind: BlockContact, Text: target})
			seen.WriteString(" " + target + "\n")
		}
	}
	return out
}

// pageMentions tells whether a text names a number (by its last digits, however it is
// grouped) or an address of mail.
func pageMentions(text, target string) bool {
	if strings.Contains(target, "@") {
		return strings.Contains(strings.ToLower(text), strings.ToLower(target))
	}
	digits := onlyDigits(target)
	if len(digits) > 7 {
		digits = digits[len(digits)-7:]
	}
	return strings.Contains(onlyDigits(text), digits)
}

func onlyDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
}

// headingLevel returns 1 to 6 for a heading, 0 for anything else.
func headingLevel(n *html.Node) int {
	switch n.DataAtom {
	case atom.H1:
		return 1
	case atom.H2:
		return 2
	case atom.H3:
		return 3
	case atom.H4:
		return 4
	case atom.H5:
		return 5
	case atom.H6:
		return 6
	case atom.Legend, atom.Caption:
		return 5
	}
	if attr(n, "role") == "heading" {
		if level := attr(n, "aria-level"); len(level) == 1 && level[0] >= '1' && level[0] <= '6' {
			return int(level[0] - '0')
		}
		return 3
	}
	return 0
}

func isBlock(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Address, atom.Article, atom.Aside, atom.Blockquote, atom.Body, atom.Center, atom.Details, atom.Dialog, atom.Dd, atom.Div,
		atom.Dl, atom.Dt, atom.Fieldset, atom.Figcaption, atom.Figure, atom.Footer, atom.Form, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5,
		atom.H6, atom.Header, atom.Hgroup, atom.Hr, atom.Html, atom.Li, atom.Main, atom.Menu, atom.Ol, atom.P, atom.Pre, atom.Section,
		atom.Table, atom.Tbody, atom.Td, atom.Tfoot, atom.Th, atom.Thead, atom.Tr, atom.Ul, atom.Caption, atom.Legend, atom.Summary, atom.Button:
		return true
	case 0: // a custom element: what it holds decides
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if c.Type == html.ElementNode && isBlock(c) {
				return true
			}
		}
	}
	return false
}
