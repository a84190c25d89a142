package ingest

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// What an element is for, by its class, id and role. The words are those of the
// common frameworks and content systems.
var (
	bannerWords = regexp.MustCompile(`(?i)(^|[\s_\-])(cookies?|cookiebar|gdpr|rgpd|consent|onetrust|cc-window|cookiefirst|usercentrics|borlabs|complianz|cmplz|skip-?(link|to-content)|screen-reader-text|sr-only|visually-?hidden|breadcrumbs?|pagination|social(-(links|icons|media))?|share(-buttons)?|preloader|loader|recaptcha|adsbygoogle|back-?to-?top|scroll-?top|lang(uage)?-?(switch(er)?|select(or)?))($|[\s_\-])`)
	menuWords   = regexp.MustCompile(`(?i)(^|[\s_\-])(nav|navbar|navigation|menu|mainmenu|submenu|sub-menu|megamenu|topmenu|sidebar-?menu|offcanvas|burger|hamburger|dropdown-menu|site-?map|tagcloud)($|[\s_\-])`)
	opinions    = regexp.MustCompile(`(?i)(^|[\s_\-])(reviews?|reviews?-?(list|block|section|slider|item)s?|testimonials?|otz[iy]v\w*|recensioni|bewertungen|kundenstimmen|opinie|opiniones|depoimentos|vidhuk\w*|comments?|commentlist|comment-list)($|[\s_\-])`)
	openWords   = regexp.MustCompile(`(?i)(^|[\s_\-])(accordion|collaps\w*|tab|tabs|tab-?pane|tab-?content|tab-?panel|panel|modal|dialog|popup|spoiler|toggle|toggler|faq\w*|answer|details|drawer|expand\w*|slide|slider|carousel|swiper|more)($|[\s_\-\d])|__(answer|content|body|panel)|accordion`)
	hiddenWords = regexp.MustCompile(`(?i)(^|\s)(hidden|d-none|hide|is-hidden|u-hidden|invisible)(\s|$)`)
	shownWords  = regexp.MustCompile(`(?i)(^|\s)(sm|md|lg|xl|d-(sm|md|lg|xl|xxl)-\w+)`)
	hiddenStyle = regexp.MustCompile(`(?i)display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(px|pt|em|rem|%)?\s*(;|!|$)|text-indent\s*:\s*-\d{3,}|(left|top)\s*:\s*-\d{4,}`)
)

// marks returns what an element's class, id and role say.
func marks(n *html.Node) string {
	return attr(n, "class") + " " + attr(n, "id") + " " + attr(n, "role")
}

// dropped tells whether an element and all below it are not part of what a
// reader of the page reads.
func (w *walker) dropped(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Iframe, atom.Object, atom.Embed, atom.Svg, atom.Canvas,
		atom.Head, atom.Select, atom.Input, atom.Textarea, atom.Option, atom.Datalist, atom.Audio, atom.Video, atom.Map, atom.Math,
		atom.Noframes, atom.Frameset, atom.Progress, atom.Meter:
		return true
	case atom.Nav:
		return true
	case atom.Button:
		return !opener(n)
	case atom.Form:
		return w.filledIn(n)
	}
	said := marks(n)
	switch attr(n, "role") {
	case "navigation", "menu", "menubar", "search", "alert", "presentation-banner":
		return true
	}
	if n.DataAtom == atom.Body || n.DataAtom == atom.Html || n.DataAtom == atom.Main {
		return false
	}
	if (bannerWords.MatchString(said) || opinions.MatchString(said) && n.DataAtom != atom.A && w.measure(n).letters > 200) && !w.large(n) {
		return true
	}
	if menuWords.MatchString(said) && w.linkDense(n) {
		return true
	}
	return w.hidden(n, said)
}

// filledIn tells whether a form is to be filled in, rather than around a page.
func (w *walker) filledIn(n *html.Node) bool {
	if w.large(n) || w.measure(n).letters > 800 {
		return false
	}
	for d := range n.Descendants() {
		if d.DataAtom == atom.Textarea || d.DataAtom == atom.Input && attr(d, "type") != "hidden" {
			return true
		}
	}
	return false
}

// hidden tells whether an element is never shown. What a click opens is shown.
func (w *walker) hidden(n *html.Node, said string) bool {
	if !hasAttr(n, "hidden") && !hiddenStyle.MatchString(attr(n, "style")) &&
		!(hiddenWords.MatchString(attr(n, "class")) && !shownWords.MatchString(attr(n, "class"))) {
		return false
	}
	if attr(n, "hidden") == "until-found" {
		return false
	}
	for e := n; e != nil && e.Type == html.ElementNode; e = e.Parent {
		if openWords.MatchString(marks(e)) {
			return false
		}
	}
	return !w.opened[attr(n, "id")] || openWords.MatchString(said)
}

// opener tells whether a button is the title of what it opens: it says so, or it
// stands before a text that it can only be the title of.
func opener(n *html.Node) bool {
	text := collapse(textOf(n))
	said := marks(n)
	if attr(n, "type") == "submit" || letterCount(text) < 3 || menuWords.MatchString(said) || strings.Contains(strings.ToLower(said), "toggler") {
		return false
	}
	if hasAttr(n, "aria-expanded") || hasAttr(n, "aria-controls") || strings.Contains(attr(n, "data-toggle")+attr(n, "data-bs-toggle"), "collapse") ||
		strings.Contains(strings.ToLower(attr(n, "class")), "accordion") {
		return true
	}
	if n.Parent == nil {
		return false
	}
	if headingLevel(n.Parent) > 0 {
		return true
	}
	next := nextElement(n)
	if next == nil && collapse(textOf(n.Parent)) == text {
		next = nextElement(n.Parent)
	}
	return next != nil && isBlock(next) && next.DataAtom != atom.Button && letterCount(text) >= 8 && letterCount(textOf(next)) > 2*letterCount(text)
}

func nextElement(n *html.Node) *html.Node {
	for s := n.NextSibling; s != nil; s = s.NextSibling {
		if s.Type == html.ElementNode {
			return s
		}
	}
	return nil
}

// openedIDs collects the ids of elements that something on the page opens.
func openedIDs(root *html.Node) map[string]bool {
	out := map[string]bool{}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, a := range n.Attr {
			switch a.Key {
			case "href", "data-target", "data-bs-target", "data-tab", "data-modal", "data-popup", "data-src":
				if id, ok := strings.CutPrefix(a.Val, "#"); ok && id != "" {
					out[id] = true
				} else if a.Key != "href" && a.Key != "data-src" && a.Val != "" {
					out[a.Val] = true
				}
			case "aria-controls", "for":
				for _, id := range strings.Fields(a.Val) {
					out[id] = true
				}
			case "onclick":
				for _, m := range quotedWord.FindAllStringSubmatch(a.Val, 4) {
					out[m[1]] = true
				}
			}
		}
	}
	return out
}

var quotedWord = regexp.MustCompile(`['"]#?([\w\-]{1,60})['"]`)

// linkDense tells whether nearly all text below an element is in links.
func (w *walker) linkDense(n *html.Node) bool {
	m := w.measure(n)
	return m.letters == 0 || m.linked*10 >= m.letters*8 && m.letters-m.linked <= 200
}

// large tells whether an element holds a good part of the page, whatever its class says.
func (w *walker) large(n *html.Node) bool {
	return w.total > 0 && w.measure(n).letters*3 > w.total
}

// letterMeasure counts the letters below an element and those of them in links.
type letterMeasure struct{ letters, linked, links int }

func (w *walker) measure(n *html.Node) letterMeasure {
	if m, ok := w.measures[n]; ok {
		return m
	}
	var m letterMeasure
	switch {
	case n.Type == html.TextNode:
		m.letters = letterCount(n.Data)
	case n.DataAtom == atom.Script, n.DataAtom == atom.Style, n.DataAtom == atom.Noscript, n.DataAtom == atom.Svg:
	default:
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			part := w.measure(c)
			m.letters, m.linked, m.links = m.letters+part.letters, m.linked+part.linked, m.links+part.links
		}
		if n.DataAtom == atom.A && hasAttr(n, "href") {
			m.linked, m.links = m.letters, 1
		}
	}
	w.measures[n] = m
	return m
}
