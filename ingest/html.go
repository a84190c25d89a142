package ingest

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"frontdesk/language"
)

// htmlMost bounds a page's markup, in bytes of text; longer pages are refused.
const htmlMost = 24 << 20

// ReadHTML reads a page: the body in reading order without menus, cookie banners,
// scripts and what is hidden, with tables, price lists and definition lists as
// tables, questions with their answers as answers, and what headers and footers
// say about contacts and hours. contentType is what the server declared, address
// the page's URL (for relative links), both "" for a file. A page whose text only
// a browser would make is refused with empty_shell, one without words with no_text.
func ReadHTML(ctx context.Context, data []byte, contentType, address string) (Document, error) {
	if err := ctx.Err(); err != nil {
		return Document{}, err
	}
	if len(data) > htmlMost {
		return Document{}, refuse(CodeTooLarge, fmt.Sprintf("The page is larger than %d MiB.", htmlMost>>20), nil)
	}
	text := decode(data, declaredCharsets(data, contentType)...)
	root, err := parseHTML(text.text)
	if err != nil {
		return Document{}, refuse(CodeNotADocument, "The page's markup cannot be read.", err)
	}
	base, _ := url.Parse(address)
	page := readMetadata(root)
	w := newWalker(ctx, root, base)
	w.children(root)
	w.flush()
	if err := ctx.Err(); err != nil {
		return Document{}, err
	}
	blocks := tidy(append(w.rescued(), w.blocks...))
	structured := readStructured(root)
	blocks = append(blocks, structured.answersBeyond(blocks)...)
	if err := w.refusal(root, blocks); err != nil {
		return Document{}, err
	}
	return Document{
		Kind: KindHTML, Title: page.title, Language: page.language, Warnings: text.warnings,
		Pages: []Page{{Blocks: blocks}}, Facts: structured.facts,
	}, nil
}

// refusal tells why a page without text of its own is refused, nil if it has text.
func (w *walker) refusal(root *html.Node, blocks []Block) error {
	letters := 0
	for _, b := range blocks {
		for _, r := range b.Text + b.Question + strings.Join(flat(b.Rows), "") {
			if unicode.IsLetter(r) {
				letters++
			}
		}
	}
	// A shell may say "Loading…" or its own name.
	if letters < 60 && scripted(root, letters) {
		return refuse(CodeEmptyShell, "The page is empty until a browser runs its scripts; give a page with text, or the document as a file.", nil)
	}
	if letters == 0 && !hasWords([]Page{{Blocks: blocks}}) {
		return refuse(CodeNoText, "No text was found on the page.", nil)
	}
	return nil
}

func flat(rows [][]string) []string {
	var out []string
	for _, row := range rows {
		out = append(out, row...)
	}
	return out
}

// scripted tells whether a page of hardly any letters waits for its scripts: they
// are there, and an element waits to be filled, or the page asks for JavaScript,
// or there is nothing else on it.
func scripted(root *html.Node, letters int) bool {
	scripts, waits := 0, false
	for n := range root.Descendants() {
		switch {
		case n.Type != html.ElementNode:
		case n.DataAtom == atom.Script:
			if !strings.Contains(attr(n, "type"), "json") && (attr(n, "src") != "" || n.FirstChild != nil) {
				scripts++
			}
		case n.DataAtom == atom.Noscript:
			waits = waits || strings.Contains(strings.ToLower(textOf(n)), "javascript")
		case mountPoint.MatchString(attr(n, "id")), strings.Contains(n.Data, "-") && n.DataAtom == 0:
			waits = waits || letterCount(textOf(n)) < 20
		}
	}
	return scripts > 0 && (waits || letters < 12)
}

// mountPoint is the id of an element that the common frameworks fill.
var mountPoint = regexp.MustCompile(`(?i)^(root|app|main-app|my-app|react-root|app-root|__next|__nuxt|___gatsby|q-app|svelte|ember-app|application)$`)

// parseHTML parses what strangers wrote. Markup nested deeper than the parser
// takes is flattened: unclosed inline tags first, then every container.
func parseHTML(text string) (*html.Node, error) {
	root, err := html.Parse(strings.NewReader(text))
	if err == nil {
		return root, nil
	}
	for _, drop := range []*regexp.Regexp{inlineTags, containerTags} {
		text = drop.ReplaceAllString(text, " ")
		if root, err = html.Parse(strings.NewReader(text)); err == nil {
			return root, nil
		}
	}
	return nil, fmt.Errorf("parse: %w", err)
}

var (
	inlineTags    = regexp.MustCompile(`(?i)</?(?:b|i|u|em|strong|font|span|small|big|center|a|nobr|tt|s|sub|sup)\b[^<>]*>`)
	containerTags = regexp.MustCompile(`(?i)</?(?:div|section|article|main|blockquote|ul|ol|dl|table|tbody|tr|td|form|fieldset|details)\b[^<>]*>`)
)

// Where pages declare their charset.
var (
	metaCharset = regexp.MustCompile(`(?i)<meta\b[^>]*?charset\s*=\s*["']?\s*([a-z0-9_:.\-]+)`)
	xmlCharset  = regexp.MustCompile(`(?i)<\?xml\b[^>]*?encoding\s*=\s*["']([a-z0-9_:.\-]+)`)
)

// declaredCharsets returns what the server, the XML declaration and the meta tags
// say, in that order.
func declaredCharsets(data []byte, contentType string) []string {
	out := charsetParam(contentType)
	head := data[:min(len(data), 8192)]
	for _, pattern := range []*regexp.Regexp{xmlCharset, metaCharset} {
		if m := pattern.FindSubmatch(head); m != nil {
			out = append(out, string(bytes.ToLower(m[1])))
		}
	}
	return out
}

// metadata is what a page says about itself in its head.
type metadata struct{ title, language string }

func readMetadata(root *html.Node) metadata {
	var m metadata
	var h1, og string
	for n := range root.Descendants() {
		switch n.DataAtom {
		case atom.Html:
			m.language = validTag(attr(n, "lang"), attr(n, "xml:lang"))
		case atom.Title:
			if m.title == "" && (n.Parent == nil || n.Parent.DataAtom != atom.Svg) {
				m.title = collapse(textOf(n))
			}
		case atom.H1:
			if h1 == "" {
				h1 = collapse(textOf(n))
			}
		case atom.Meta:
			if attr(n, "property") == "og:title" {
				og = collapse(attr(n, "content"))
			}
		}
	}
	for _, title := range []string{m.title, og, h1} {
		if len(language.Words(title)) > 0 {
			m.title = shorten(title, 160)
			return m
		}
	}
	m.title = ""
	return m
}

// validTag returns the first attribute that looks like a BCP-47 tag.
func validTag(tags ...string) string {
	for _, tag := range tags {
		if tag = strings.ReplaceAll(strings.TrimSpace(tag), "_", "-"); languageTag.MatchString(tag) {
			return tag
		}
	}
	return ""
}

var languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

// shorten cuts a text at a word's end.
func shorten(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.TrimSpace(text[:lastSpace(text[:most])])
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func hasAttr(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// textOf returns all text below a node, as it stands in the source.
func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// collapse makes white space single and drops characters that show nothing.
func collapse(text string) string {
	return strings.Join(strings.Fields(strings.Map(visible, text)), " ")
}

// visible maps soft hyphens, zero-width characters and icon-font glyphs to nothing.
func visible(r rune) rune {
	switch {
	case r == 0x00AD, r == 0x200B, r == 0xFEFF, r == 0x2060, r == 0xFFFD, r >= 0xE000 && r <= 0xF8FF:
		return -1
	case r < 0x20 && r != '\n' && r != '\t' && r != '\r', r >= 0x7F && r < 0x85, r > 0x85 && r < 0xA0:
		return ' '
	}
	return r
}
