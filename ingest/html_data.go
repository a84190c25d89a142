package ingest

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"frontdesk"
)

// structured is what a page says in JSON-LD or microdata (schema.org).
type structured struct {
	facts   []frontdesk.Fact
	answers []Block
}

// Bounds of structured data: values strangers wrote.
const (
	structuredDepth = 12
	structuredItems = 2000
	structuredBytes = 1 << 20

	structuredAnswers = 300
	structuredFacts   = 500
)

// readStructured reads the schema.org items of a page.
func readStructured(root *html.Node) structured {
	r := &structuredReader{}
	for n := range root.Descendants() {
		if n.DataAtom == atom.Script && strings.EqualFold(strings.TrimSpace(attr(n, "type")), "application/ld+json") {
			r.script(textOf(n))
		}
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && hasAttr(n, "itemscope") && nearestScope(n) == nil && r.items < structuredItems {
			r.value(microdata(n, 0), 0)
		}
	}
	return structured{facts: r.facts, answers: r.answers}
}

// answersBeyond returns the questions with answers that the visible text lacks.
func (s structured) answersBeyond(blocks []Block) []Block {
	if len(s.answers) == 0 {
		return nil
	}
	var said strings.Builder
	for _, b := range blocks {
		said.WriteString(strings.ToLower(collapse(b.Text)) + "\n")
	}
	var out []Block
	for _, a := range s.answers {
		if !strings.Contains(said.String(), shorten(strings.ToLower(collapse(a.Text)), 60)) {
			out = append(out, a)
		}
	}
	return out
}

type structuredReader struct {
	items   int
	facts   []frontdesk.Fact
	answers []Block
}

func (r *structuredReader) script(text string) {
	text = strings.TrimSpace(text)
	text = strings.TrimSuffix(strings.TrimPrefix(text, "<!--"), "-->")
	text = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(text), "//<![CDATA["), "//]]>")
	if len(text) > structuredBytes {
		return
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		// line breaks within strings are the commonest fault
		if json.Unmarshal([]byte(strings.Join(strings.Fields(text), " ")), &value) != nil {
			return
		}
	}
	r.value(value, 0)
}

// value walks JSON-LD: lists, graphs, and items within items.
func (r *structuredReader) value(value any, depth int) {
	if r.items++; depth > structuredDepth || r.items > structuredItems {
		return
	}
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			r.value(item, depth+1)
		}
	case map[string]any:
		r.item(v, depth)
	}
}

// isPlace tells whether a type is of a place that patients come to or call.
var isPlace = regexp.MustCompile(`(?i)(Clinic|Hospital|Physician|Dentist|MedicalBusiness|MedicalOrganization|LocalBusiness|HealthAndBeauty|Pharmacy|Optician|DiagnosticLab|Organization|Place|VeterinaryCare|Physiotherapy|MedicalSpecialty|Store|EmergencyService|Corporation)$`)

func (r *structuredReader) item(item map[string]any, depth int) {
	kinds := strings.Join(stringsOf(item["@type"]), " ")
	switch {
	case strings.Contains(kinds, "Question"):
		r.question(item)
		return
	case isPlaceAny(kinds):
		r.place(item)
	case strings.Contains(kinds, "Offer") && !strings.Contains(kinds, "Catalog"):
		r.offer(item, "")
	}
	for key, value := range item {
		switch key {
		case "@graph", "mainEntity", "mainEntityOfPage", "hasPart", "department", "subOrganization", "location", "hasOfferCatalog", "itemListElement",
			"makesOffer", "offers", "about", "provider", "publisher", "availableService", "itemOffered", "isPartOf", "parentOrganization", "branchOf":
			if key == "offers" {
				r.offers(value, first(item, "name"))
				continue
			}
			if key == "about" || key == "isPartOf" || key == "publisher" || key == "parentOrganization" {
				continue // somebody else's address is not the clinic's
			}
			r.value(value, depth+1)
		}
	}
}

func isPlaceAny(kinds string) bool {
	for kind := range strings.FieldsSeq(kinds) {
		if isPlace.MatchString(kind) {
			return true
		}
	}
	return false
}

func (r *structuredReader) question(item map[string]any) {
	question := plainText(first(item, "name", "text"))
	answer, _ := item["acceptedAnswer"].(map[string]any)
	if list, ok := item["acceptedAnswer"].([]any); ok && len(list) > 0 {
		answer, _ = list[0].(map[string]any)
	}
	if text := plainText(first(answer, "text", "name")); question != "" && text != "" && len(r.answers) < structuredAnswers {
		r.answers = append(r.answers, Block{Kind: BlockAnswer, Question: question, Text: text})
	}
}

// plainText reads a value that may hold markup.
func plainText(text string) string {
	if !strings.Contains(text, "<") && !strings.Contains(text, "&") {
		return collapse(text)
	}
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		return collapse(text)
	}
	return collapse(textOf(root))
}

func (r *structuredReader) add(f frontdesk.Fact) {
	if len(r.facts) < structuredFacts {
		r.facts = append(r.facts, f)
	}
}

// place reads what an item says about reaching a place.
func (r *structuredReader) place(item map[string]any) {
	site := ""
	if len(stringsOf(item["telephone"]))+len(stringsOf(item["address"])) > 0 || item["address"] != nil {
		site = plainText(first(item, "name"))
	}
	fact := func(kind frontdesk.FactKind, value, label string) {
		if value = plainText(value); value != "" && len(value) < 400 {
			r.add(frontdesk.Fact{Kind: kind, Value: value, Label: label, Quote: value})
		}
	}
	for _, phone := range stringsOf(item["telephone"]) {
		fact(frontdesk.FactPhone, phone, "")
	}
	for _, mail := range stringsOf(item["email"]) {
		fact(frontdesk.FactEmail, strings.TrimPrefix(mail, "mailto:"), "")
	}
	for _, contact := range itemsOf(item["contactPoint"]) {
		for _, phone := range stringsOf(contact["telephone"]) {
			fact(frontdesk.FactPhone, phone, plainText(first(contact, "contactType", "name")))
		}
	}
	r.address(item, site)
	r.hours(item)
	for _, name := range append(stringsOf(item["availableLanguage"]), stringsOf(item["knowsLanguage"])...) {
		fact(frontdesk.FactLanguage, name, "")
	}
	if link := first(item, "hasMap"); strings.HasPrefix(link, "http") {
		r.add(frontdesk.Fact{Kind: frontdesk.FactLink, Value: link, Label: "map", Quote: link})
	}
}

func (r *structuredReader) address(item map[string]any, site string) {
	for _, text := range stringsOf(item["address"]) {
		r.add(frontdesk.Fact{Kind: frontdesk.FactAddress, Value: plainText(text), Quote: plainText(text), Point: pointOf(item["geo"])})
	}
	for _, address := range itemsOf(item["address"]) {
		var parts []string
		if street := plainText(first(address, "streetAddress")); street != "" {
			parts = append(parts, street)
		}
		city := strings.TrimSpace(plainText(first(address, "postalCode")) + " " + plainText(first(address, "addressLocality")))
		if city != "" {
			parts = append(parts, city)
		}
		if len(parts) > 0 {
			text := strings.Join(parts, ", ")
			r.add(frontdesk.Fact{Kind: frontdesk.FactAddress, Value: text, Quote: text, Point: pointOf(item["geo"])})
		}
	}
}

func pointOf(value any) *frontdesk.Point {
	for _, geo := range itemsOf(value) {
		lat, err1 := strconv.ParseFloat(first(geo, "latitude"), 64)
		lon, err2 := strconv.ParseFloat(first(geo, "longitude"), 64)
		if err1 == nil && err2 == nil && lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180 && (lat != 0 || lon != 0) {
			return &frontdesk.Point{Latitude: lat, Longitude: lon}
		}
	}
	return nil
}

// hours reads openingHours ("Mo-Fr 09:00-18:00") and openingHoursSpecification.
func (r *structuredReader) hours(item map[string]any) {
	hours := frontdesk.Hours{}
	for i := range hours.Unknown {
		hours.Unknown[i] = true
	}
	var quotes []string
	for _, line := range stringsOf(item["openingHours"]) {
		for part := range strings.SplitSeq(line, ";") {
			if addOpening(&hours, part) {
				quotes = append(quotes, strings.TrimSpace(part))
			}
		}
	}
	for _, spec := range append(itemsOf(item["openingHoursSpecification"]), itemsOf(item["specialOpeningHoursSpecification"])...) {
		if quote := addSpecification(&hours, spec); quote != "" {
			quotes = append(quotes, quote)
		}
	}
	if len(quotes) == 0 {
		return
	}
	for i := range hours.Days { // structured hours are whole weeks: a day not named is closed
		if hours.Unknown[i] {
			hours.Unknown[i] = false
		}
	}
	r.add(frontdesk.Fact{Kind: frontdesk.FactHours, Hours: &hours, Quote: strings.Join(quotes, "; ")})
}

var (
	openingLine = regexp.MustCompile(`(?i)^\s*((?:mo|tu|we|th|fr|sa|su)[a-z]*(?:\s*[-,]\s*(?:mo|tu|we|th|fr|sa|su)[a-z]*)*)\s+(\d{1,2}:\d{2})\s*[-–]\s*(\d{1,2}:\d{2})\s*$`)
	dayName     = regexp.MustCompile(`(?i)(mo|tu|we|th|fr|sa|su)[a-z]*\s*(-?)`)
)

// weekdayOf reads an English day by its first two letters, as schema.org writes it.
func weekdayOf(name string) (time.Weekday, bool) {
	if i := strings.LastIndexByte(name, '/'); i >= 0 { // https://schema.org/Monday
		name = name[i+1:]
	}
	if len(name) < 2 {
		return 0, false
	}
	switch strings.ToLower(name[:2]) {
	case "su":
		return time.Sunday, true
	case "mo":
		return time.Monday, true
	case "tu":
		return time.Tuesday, true
	case "we":
		return time.Wednesday, true
	case "th":
		return time.Thursday, true
	case "fr":
		return time.Friday, true
	case "sa":
		return time.Saturday, true
	}
	return 0, false
}

func addOpening(hours *frontdesk.Hours, line string) bool {
	m := openingLine.FindStringSubmatch(line)
	if m == nil {
		return false
	}
	span, ok := spanOfClock(m[2], m[3])
	if !ok {
		return false
	}
	ranged := false
	var last time.Weekday
	for _, d := range dayName.FindAllStringSubmatch(m[1], -1) {
		day, _ := weekdayOf(d[1])
		if ranged {
			for x := (last + 1) % 7; x != day; x = (x + 1) % 7 {
				open(hours, x, span)
			}
		}
		open(hours, day, span)
		last, ranged = day, d[2] == "-"
	}
	return true
}

func open(hours *frontdesk.Hours, day time.Weekday, span frontdesk.Span) {
	hours.Days[day] = append(hours.Days[day], span)
	hours.Unknown[day] = false
}

// addSpecification reads one OpeningHoursSpecification and returns its words.
func addSpecification(hours *frontdesk.Hours, spec map[string]any) string {
	opens, closes := first(spec, "opens"), first(spec, "closes")
	span, ok := spanOfClock(opens, closes)
	closed := opens == closes || opens == "" && closes == ""
	from, to := first(spec, "validFrom"), first(spec, "validThrough")
	days := stringsOf(spec["dayOfWeek"])
	for _, d := range itemsOf(spec["dayOfWeek"]) {
		days = append(days, first(d, "@id", "name", "url"))
	}
	if len(days) == 0 && len(from) >= 10 {
		exception := frontdesk.Exception{From: from[:10]}
		if len(to) >= 10 && to[:10] != from[:10] {
			exception.To = to[:10]
		}
		if ok && !closed {
			exception.Spans = []frontdesk.Span{span}
		} else if !closed {
			return ""
		}
		hours.Exceptions = append(hours.Exceptions, exception)
		return strings.TrimSpace(from[:10] + " " + opens + "-" + closes)
	}
	var names []string
	for _, name := range days {
		day, known := weekdayOf(name)
		if !known || !ok && !closed {
			continue
		}
		if closed {
			hours.Unknown[day] = false
		} else {
			open(hours, day, span)
		}
		names = append(names, name[strings.LastIndexByte(name, '/')+1:])
	}
	if len(names) == 0 {
		return ""
	}
	return strings.Join(names, ", ") + " " + opens + "-" + closes
}

func spanOfClock(from, to string) (frontdesk.Span, bool) {
	start, ok1 := minutes(from)
	end, ok2 := minutes(to)
	if !ok1 || !ok2 || start == end {
		return frontdesk.Span{}, false
	}
	if end < start {
		end += 24 * 60
	}
	return frontdesk.Span{Start: start, End: end}, true
}

func minutes(clock string) (int, bool) {
	clock = strings.TrimPrefix(strings.TrimSpace(clock), "T")
	parts := strings.SplitN(clock, ":", 3)
	if len(parts) < 2 || len(parts[1]) < 2 {
		return 0, false
	}
	h, err1 := strconv.Atoi(parts[0])
	m, err2 := strconv.Atoi(parts[1][:2])
	if err1 != nil || err2 != nil || h < 0 || h > 24 || m < 0 || m > 59 {
		return 0, false
	}
	return h*60 + m, true
}

// offers reads the prices of an item.
func (r *structuredReader) offers(value any, name string) {
	for _, offer := range itemsOf(value) {
		r.offer(offer, name)
	}
}

func (r *structuredReader) offer(offer map[string]any, name string) {
	for _, item := range itemsOf(offer["itemOffered"]) {
		if name == "" {
			name = first(item, "name")
		}
	}
	if name == "" {
		name = first(offer, "name")
	}
	price, currency := first(offer, "price", "lowPrice"), strings.ToUpper(first(offer, "priceCurrency"))
	for _, spec := range itemsOf(offer["priceSpecification"]) {
		if price == "" {
			price, currency = first(spec, "price", "minPrice"), strings.ToUpper(first(spec, "priceCurrency"))
		}
	}
	value, err := strconv.ParseFloat(strings.ReplaceAll(strings.ReplaceAll(price, " ", ""), ",", "."), 64)
	if err != nil || value <= 0 || value > 1e9 || len(currency) != 3 || name == "" {
		return
	}
	name = plainText(name)
	r.add(frontdesk.Fact{
		Kind: frontdesk.FactPrice, Label: name, Quote: name + " " + price + " " + currency,
		Money: &frontdesk.Money{Amount: int64(value*100 + 0.5), Currency: currency},
	})
}

// stringsOf returns the texts of a value: itself or its elements.
func stringsOf(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case json.Number:
		return []string{v.String()}
	case []any:
		var out []string
		for _, e := range v {
			if s, ok := e.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// itemsOf returns the items of a value: itself or its elements.
func itemsOf(value any) []map[string]any {
	switch v := value.(type) {
	case map[string]any:
		return []map[string]any{v}
	case []any:
		var out []map[string]any
		for _, e := range v {
			if m, ok := e.(map[string]any); ok {
				out = append(out, m)
			}
		}
		return out
	}
	return nil
}

// first returns the first text among an item's properties.
func first(item map[string]any, names ...string) string {
	for _, name := range names {
		if texts := stringsOf(item[name]); len(texts) > 0 && strings.TrimSpace(texts[0]) != "" {
			return strings.TrimSpace(texts[0])
		}
	}
	return ""
}

// microdata reads an element with itemscope into the shape of JSON-LD.
func microdata(n *html.Node, depth int) map[string]any {
	item := map[string]any{}
	if kind := attr(n, "itemtype"); kind != "" {
		item["@type"] = kind[strings.LastIndexByte(kind, '/')+1:]
	}
	if depth > structuredDepth {
		return item
	}
	put := func(name string, value any) {
		switch old := item[name].(type) {
		case nil:
			item[name] = value
		case []any:
			item[name] = append(old, value)
		default:
			item[name] = []any{old, value}
		}
	}
	for d := range n.Descendants() {
		if d.Type != html.ElementNode || !hasAttr(d, "itemprop") || nearestScope(d) != n {
			continue
		}
		for name := range strings.FieldsSeq(attr(d, "itemprop")) {
			if hasAttr(d, "itemscope") {
				put(name, microdata(d, depth+1))
			} else {
				put(name, propertyText(d))
			}
		}
	}
	return item
}

func nearestScope(n *html.Node) *html.Node {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Type == html.ElementNode && hasAttr(p, "itemscope") {
			return p
		}
	}
	return nil
}

func propertyText(n *html.Node) string {
	for _, name := range []string{"content", "datetime"} {
		if hasAttr(n, name) {
			return attr(n, name)
		}
	}
	switch n.DataAtom {
	case atom.Link, atom.A:
		if href := attr(n, "href"); href != "" && collapse(textOf(n)) == "" {
			return href
		}
	}
	return collapse(textOf(n))
}
