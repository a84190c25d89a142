package ingest

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// A price list is often no table but a list of cards, each a name and a value in
// elements of their own. Their text alone would part the price from what it is
// for; valueRows finds the smallest element that holds both.

// piece is a text that stands by itself in its element.
type piece struct {
	text  string
	value bool
	title bool // in a heading
}

const (
	piecesMost   = 40  // beyond that an element is no row
	rowLabelMost = 600 // letters of what a value is for
	rowSizeMost  = 700 // letters of a whole row
)

// valueRows returns the rows that an element consists of, nil when it is no list
// of names and values.
func (w *walker) valueRows(n *html.Node) [][]string {
	if n.DataAtom == atom.P || n.DataAtom == atom.Body || n.DataAtom == atom.Html || n.DataAtom == atom.Form || isEdge(n) {
		return nil
	}
	pieces := w.piecesOf(n)
	if len(pieces) < 2 || len(pieces) >= piecesMost || !pieces[len(pieces)-1].value && !pieces[0].value {
		return nil
	}
	groups := groupPieces(pieces)
	if groups == nil {
		return nil
	}
	rows := make([][]string, 0, len(groups))
	for _, group := range groups {
		size := 0
		row := make([]string, 0, len(group))
		for _, p := range group {
			row = append(row, p.text)
			size += utf8.RuneCountInString(p.text)
		}
		if size > rowSizeMost {
			return nil
		}
		rows = append(rows, row)
	}
	return rows
}

// groupPieces cuts pieces into rows: one name (with at most two more texts, where
// it is the only row) and its values. nil when they do not alternate so.
func groupPieces(pieces []piece) [][]piece {
	if pieces[0].value { // "25 €", "Consultation": one row only
		for _, p := range pieces[1:] {
			if p.value {
				return nil
			}
		}
		if len(pieces) > 3 || pieces[1].title || len(pieces[1].text) > 120 {
			return nil
		}
		return [][]piece{pieces}
	}
	var groups [][]piece
	for i := 0; i < len(pieces); {
		start := i
		for i < len(pieces) && !pieces[i].value {
			i++
		}
		labels := i - start
		for i < len(pieces) && pieces[i].value {
			i++
		}
		if i == start+labels || labels == 0 {
			return nil
		}
		groups = append(groups, pieces[start:i])
		if labels > 1 && (len(groups) > 1 || i < len(pieces)) || labels > 3 {
			return nil
		}
	}
	for _, g := range groups {
		if len(groups) > 1 && g[0].title || utf8.RuneCountInString(g[0].text) > rowLabelMost {
			return nil
		}
	}
	return groups
}

// piecesOf returns the texts of an element in order, cut at every element that
// stands by itself; piecesMost of them at most.
func (w *walker) piecesOf(n *html.Node) []piece {
	if known, ok := w.pieces[n]; ok {
		return known
	}
	var out []piece
	var line strings.Builder
	title := headingLevel(n) > 2
	end := func() {
		if text := collapse(line.String()); text != "" && letterOrDigit(text)+currencies(text) > 0 {
			out = append(out, piece{text: text, value: isValue(text), title: title})
		}
		line.Reset()
	}
	for c := n.FirstChild; c != nil && len(out) < piecesMost; c = c.NextSibling {
		switch {
		case c.Type == html.TextNode:
			line.WriteString(strings.Map(visible, c.Data))
		case c.Type != html.ElementNode || w.dropped(c):
		case c.DataAtom == atom.Br:
			end()
		case c.DataAtom == atom.Table, c.DataAtom == atom.Details, c.DataAtom == atom.Dl, headingLevel(c) == 1, headingLevel(c) == 2:
			out = append(out, make([]piece, piecesMost)...) // has a shape of its own
		case isBlock(c) || standsAlone(c):
			end()
			out = append(out, w.piecesOf(c)...)
		default:
			inner := w.piecesOf(c)
			if len(inner) == 1 && !inner[0].value {
				line.WriteString(" " + inner[0].text + " ")
				continue
			}
			end()
			out = append(out, inner...)
		}
	}
	end()
	if title {
		for i := range out {
			out[i].title = true
		}
	}
	if len(out) > piecesMost {
		out = out[:piecesMost]
	}
	w.pieces[n] = out
	return out
}

// standsAlone tells whether an inline element is laid out by itself, as far as
// the markup shows: it has a class and no text beside it.
func standsAlone(n *html.Node) bool {
	if n.DataAtom != atom.Span && n.DataAtom != atom.A && n.DataAtom != atom.Strong && n.DataAtom != atom.B && n.DataAtom != atom.Small && n.DataAtom != atom.Time && n.DataAtom != atom.Em && n.DataAtom != atom.I {
		return false
	}
	for _, side := range []*html.Node{n.PrevSibling, n.NextSibling} {
		if side != nil && side.Type == html.TextNode && strings.TrimSpace(side.Data) != "" {
			return false
		}
	}
	return n.Parent != nil && n.Parent.DataAtom != atom.P && headingLevel(n.Parent) == 0
}

func currencies(text string) int {
	return strings.Count(text, "€") + strings.Count(text, "₽") + strings.Count(text, "$") + strings.Count(text, "£")
}

const (
	moneySign   = `(?:€|\$|£|₽|₴|₸|₺|₪|₼|₾|zł|zl|pln|kč|kc|czk|ft|huf|eur(?:os?)?|euros?|usd|gbp|chf|fr\.|руб(?:лей|ля|\.)?|р\.|р|rub|грн\.?|uah|тг\.?|тенге|тңг|kzt|сом|сум|lei|ron|mdl|лв\.?|bgn|kn|din\.?|rsd|r\$|brl|soles|s/\.?|mxn|cop|clp|ars|dh|dhs|aed|sar|qar|kwd|egp|mad|tnd|dzd|د\.إ|ر\.س|درهم|ريال|جنيه|دينار|sek|nok|dkk|kr\.?|¥|円|元|원|₩)`
	moneyAmount = `\d[\d \x{00a0}\x{202f}.,'’]*(?:,-|\.-)?`
	moneyBefore = `(?:(?:from|ab|von|bis|up to|à partir de|a partir de|dès|de|da|desde|hasta|от|до|від|до|nuo|iki|od|do|cena|preis|prix|price|precio|prezzo|preço|цена|ціна|стоимость|вартість|kaina|ca\.?|~|≈|\+|من)[ \x{00a0}:]*)?`
	clockTime   = `\d{1,2}(?:\s*[:.hч]\s*\d{0,2})?\s*(?:uhr|h|am|pm|a\.m\.|p\.m\.|ч\.?|год\.?|godz\.?|val\.?)?`
	clockUntil  = `\s*(?:-|–|—|−|bis|to|à|a|alle|al|às|hasta|до|по|do|iki|clockUntil|حتى|الى|إلى)\s*`
)

// What a value is: a price, hours, a length of time, closed, a number to call, an
// address of mail.
var (
	priceValue    = regexp.MustCompile(`(?i)^\(?` + moneyBefore + `(?:` + moneySign + `\s*` + moneyAmount + `|` + moneyAmount + `\s*` + moneySign + `)(?:\s*(?:-|–|—|до|bis|à|a|to)\s*` + moneyAmount + `\s*` + moneySign + `?|\s*(?:-|–|—)\s*` + moneySign + `\s*` + moneyAmount + `)?\s*\*?(?:\s*(?:/|per|par|pro|за|por|a)\s*[\p{L}\d. ]{1,25})?\)?[*.]?$`)
	rangePrice    = regexp.MustCompile(`(?i)^` + moneyBefore + `(?:` + moneySign + `\s*)?` + moneyAmount + `\s*(?:-|–|—)\s*` + moneyAmount + `\s*` + moneySign + `?$`)
	bareNumber    = regexp.MustCompile(`^\d{1,3}(?:[ \x{00a0}.,']?\d{3})*(?:[.,]\d{2})?$`)
	hoursValue    = regexp.MustCompile(`(?i)^(?:(?:von|from|de|da|das|dalle|с|з|od|nuo|من)\s+)?` + clockTime + clockUntil + clockTime + `(?:(?:\s*[,;/&|+]\s*|\s+(?:und|et|e|y|and|и|та|i|ir|و)\s+|\s+)(?:(?:von|from|de|da|dalle|с|з|od)\s+)?` + clockTime + clockUntil + clockTime + `)*\.?$`)
	durationValue = regexp.MustCompile(`(?i)^` + moneyBefore + `\d{1,3}(?:\s*(?:-|–|—)\s*\d{1,3})?\s*(?:min\.?|mins|minutes?|minuten|minuti|minutos|мин\.?|минут[аы]?|хв\.?|хвилин|std\.?|stunden?|heures?|ore|ora|horas?|hours?|hrs?|час(?:а|ов)?|год\.?|jours?|days?|tage?|giorni|días|dias|дн(?:я|ей|і|ів)?\.?|день|دقيقة|يوم)\.?$`)
	closedValue   = regexp.MustCompile(`(?i)^(?:geschlossen|ruhetag|fermé|fermée|fermeture|chiuso|closed|cerrado|fechado|encerrado|закрыто|выходной|выходные|вихідний|зачинено|zamknięte|nieczynne|nedirbame|nedirba|uždaryta|kapalı|مغلق|عطلة|休み|by appointment( only)?|nach vereinbarung|sur rendez-vous|su appuntamento|con cita( previa)?|по записи|за записом|24/7|24 ?h|круглосуточно|цілодобово|gratuit|gratis|kostenlos|free|бесплатно|безкоштовно|bezpłatnie|nemokamai|مجاني|مجانا|—|–|-)$`)
	phoneValue    = regexp.MustCompile(`^(?:(?i:tel|тел|т|ph|fax|факс)[.:]*\s*)?[+(]?\d[\d\s().\-–/]{5,22}\d$`)
	mailValue     = regexp.MustCompile(`^[\w.+\-]+@[\w\-]+(\.[\w\-]+)+$`)
)

// isValue tells whether a text by itself is a value that needs its name beside it.
func isValue(text string) bool {
	if len(text) > 120 {
		return false
	}
	switch {
	case priceValue.MatchString(text), bareNumber.MatchString(text) && len(onlyDigits(text)) >= 3 && !isYear(text), hoursValue.MatchString(text),
		rangePrice.MatchString(text) && len(onlyDigits(text)) >= 4,
		durationValue.MatchString(text), closedValue.MatchString(text), phoneValue.MatchString(text), mailValue.MatchString(text):
		return true
	}
	return false
}

// reaches tells whether a value says how or when to reach somebody.
func reaches(text string) bool {
	return hoursValue.MatchString(text) || phoneValue.MatchString(text) && len(onlyDigits(text)) > 6 || mailValue.MatchString(text)
}

func isYear(text string) bool {
	return len(text) == 4 && (strings.HasPrefix(text, "19") || strings.HasPrefix(text, "20"))
}

// Parts of a text that are worth keeping wherever they stand.
var (
	phoneInside = regexp.MustCompile(`(?:\+|\b00)\d[\d\s().\-–/]{6,20}\d|\(\d{2,6}\)\s*\d[\d\s.\-–/]{3,14}\d|\b0\d[\d\s.\-–/]{6,16}\d\b|\b8\s?[\-(]?\d{3}[)\-\s]*\d{3}[\s\-]?\d{2}[\s\-]?\d{2}\b`)
	mailInside  = regexp.MustCompile(`[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+`)
	timesInside = regexp.MustCompile(`(?i)\b\d{1,2}\s*[:.hч]\s*\d{0,2}\s*(?:uhr|h)?\s*(?:-|–|—|bis|to|à|alle|до|a)\s*\d{1,2}`)
	priceInside = regexp.MustCompile(`(?i)\d[\d \x{00a0}.,]*\s*(?:€|₽|₴|£|\$|руб|грн|zł|eur\b|chf\b|тг\b)|(?:€|£|\$)\s*\d`)
)

// states tells whether a text holds a number to call, hours or a price.
func states(text string) bool {
	return phoneInside.MatchString(text) || mailInside.MatchString(text) || timesInside.MatchString(text) || priceInside.MatchString(text)
}

// isContact tells whether a short text is mainly about how or when to reach somebody.
func isContact(text string) bool {
	if utf8.RuneCountInString(text) > 260 {
		return false
	}
	return phoneInside.MatchString(text) || mailInside.MatchString(text) || timesInside.MatchString(text) && !hasLongSentence(text)
}

// hasLongSentence tells whether a line runs over many words, as prose does.
func hasLongSentence(text string) bool {
	for line := range strings.SplitSeq(text, "\n") {
		if len(strings.FieldsFunc(line, func(r rune) bool { return !unicode.IsLetter(r) })) > 16 {
			return true
		}
	}
	return false
}

// dayWord is a weekday, whole or short, in the languages of pages that we read.
var dayWord = regexp.MustCompile(`(?i)^(mo|di|mi|do|fr|sa|so|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|` +
	`lun|mar|mer|jeu|ven|sam|dim|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun|` +
	`monday|tuesday|wednesday|thursday|friday|saturday|sunday|gio|sab|dom|luned[iì]|marted[iì]|mercoled[iì]|gioved[iì]|venerd[iì]|sabato|domenica|` +
	`mi[ée]|jue|vie|s[áa]b|lunes|martes|mi[ée]rcoles|jueves|viernes|s[áa]bado|domingo|seg|ter|qua|qui|sex|segunda|ter[çc]a|quarta|quinta|sexta|(segunda|ter[çc]a|quarta|quinta|sexta)-feira|` +
	`пн|вт|ср|чт|пт|сб|вс|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье|нд|понеділок|вівторок|середа|четвер|п['’ʼ]?ятниця|субота|неділя|` +
	`pon|wt|śr|czw|pt|sob|niedz|nd|poniedziałek|wtorek|środa|czwartek|piątek|sobota|niedziela|الاثنين|الإثنين|الثلاثاء|الأربعاء|الاربعاء|الخميس|الجمعة|السبت|الأحد|الاحد|` +
	`pirmadienis|antradienis|trečiadienis|ketvirtadienis|penktadienis|šeštadienis|sekmadienis)[.:]?$`)

// namesDay tells whether a text is a weekday and nothing else.
func namesDay(text string) bool { return dayWord.MatchString(strings.TrimSpace(text)) }
