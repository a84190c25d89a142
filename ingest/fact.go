package ingest

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"frontdesk"
	"frontdesk/language"
	"frontdesk/retrieval"
)

// factReader reads typed facts from passages.
type factReader struct {
	lexicon *retrieval.Lexicon
}

// unit is a stretch of a passage that states something by itself.
type unit struct {
	passage  frontdesk.Passage
	text     string
	mentions []retrieval.Mention
}

// read returns the facts that a passage states, each with the verbatim span that
// states it.
func (r factReader) read(p frontdesk.Passage) []frontdesk.Fact {
	if p.Kind == frontdesk.PassageContents {
		return nil
	}
	var out []frontdesk.Fact
	for _, s := range Sentences(p) {
		u := unit{passage: p, text: p.Text[s.Start:s.End]}
		u.mentions = r.lexicon.Mentions(p.Language, u.text)
		for _, read := range []func(unit) []frontdesk.Fact{r.prices, r.hours, r.phones, r.emails, r.durations, r.addresses} {
			for _, f := range read(u) {
				f.Quote, f.Language, f.Site = u.text, p.Language, p.Site
				out = append(out, f)
			}
		}
	}
	if bring, ok := r.bring(p); ok {
		out = append(out, bring)
	}
	return out
}

func (u unit) has(concepts ...string) bool {
	for _, m := range u.mentions {
		for _, c := range concepts {
			if m.Concept == c {
				return true
			}
		}
	}
	return false
}

// labelMost is how long a label may be, in characters.
const labelMost = 90

// label returns the words of before that name what follows: its last clause, or
// the title above when it has none.
func (u unit) label(before string) string {
	before = strings.Trim(before, " \t\n:–—-|•▪●·,;(.\u00a0")
	for _, sep := range []string{"\n", ". ", "; ", " | "} {
		if i := strings.LastIndex(before, sep); i >= 0 && sep != " | " {
			before = before[i+len(sep):]
		}
	}
	before = strings.Trim(strings.ReplaceAll(before, "|", " "), " :–—-•▪●·,;")
	before = strings.TrimSpace(reListNumber.ReplaceAllString(strings.Join(strings.Fields(before), " "), ""))
	if strings.Contains(before, "@") || reManyDigits.MatchString(before) {
		return ""
	}
	if utf8.RuneCountInString(before) > labelMost {
		return ""
	}
	if len(language.Terms(u.passage.Language, before)) == 0 {
		return ""
	}
	return before
}

// reListNumber is the number of a list's entry or table's row.
var reListNumber = regexp.MustCompile(`^\d{1,3}[.)]?\s+`)

var reManyDigits = regexp.MustCompile(`\d{2,}\D\d{2,}`)

// phones reads telephone numbers; fax numbers are left out.
func (r factReader) phones(u unit) []frontdesk.Fact {
	var out []frontdesk.Fact
	at := 0
	for _, number := range retrieval.Phones(u.text) {
		i := strings.Index(u.text[at:], number)
		if i < 0 {
			continue
		}
		before := u.text[at : at+i]
		at += i + len(number)
		if reFax.MatchString(before) {
			continue
		}
		out = append(out, frontdesk.Fact{Kind: frontdesk.FactPhone, Value: number, Label: u.phoneLabel(before)})
	}
	return out
}

var (
	reFax   = regexp.MustCompile(`(?i)(?:fax|факс|فاكس)[^\d]*$`)
	reTel   = regexp.MustCompile(`(?i)(?:t[ée]l[ée]?(?:phone|fono|fon)?|phone|call|num[ée]ro|hotline|whatsapp|viber|тел(?:ефон\p{L}*)?|номер\p{L}*)[\s.:°]*$`)
	reEmail = regexp.MustCompile(`[\p{L}\d._%+-]+@[\p{L}\d-]+(?:\.[\p{L}\d-]+)+`)
)

func (u unit) phoneLabel(before string) string {
	return u.label(reTel.ReplaceAllString(strings.TrimRight(before, " :.+("), ""))
}

func (r factReader) emails(u unit) []frontdesk.Fact {
	var out []frontdesk.Fact
	for _, span := range reEmail.FindAllStringIndex(u.text, -1) {
		out = append(out, frontdesk.Fact{Kind: frontdesk.FactEmail, Value: u.text[span[0]:span[1]]})
	}
	return out
}

// addresses reads street addresses: a street with a number, or a postal code with
// its town, up to the end of the clause.
func (r factReader) addresses(u unit) []frontdesk.Fact {
	if utf8.RuneCountInString(u.text) > 220 {
		return nil
	}
	span := reAddress.FindStringIndex(u.text)
	if span == nil {
		return nil
	}
	value := u.text[span[0]:span[1]]
	if mail := reAfterAddress.FindStringIndex(value); mail != nil {
		value = value[:mail[0]]
	}
	value = strings.Trim(value, " ,;.|:–—-(")
	if !hasDigit(value) || len(value) < 8 {
		return nil
	}
	return []frontdesk.Fact{{Kind: frontdesk.FactAddress, Value: value, Label: u.label(u.text[:span[0]])}}
}

// reAddress finds a street: a word for street before or after its name, with a
// number near it, and what follows in the same clause (floor, postal code, town).
var reAddress = regexp.MustCompile(`(?i)(?:(?:г\.|город|м\.)\s?\p{Lu}[\p{L}-]+,?\s*)?(?:\d{1,4}[\s,]+(?:bis\s)?)?(?:\b(?:rue|avenue|av\.|boulevard|bd|place|chemin|allée|impasse|via|viale|piazza|corso|calle|avenida|avda\.?|carrera|plaza|rua|praça|travessa)\s[^\n|;]{3,90}|(?:ул\.|улица|проспект|пр-т|пр\.|переулок|шоссе|бульвар|вул\.|вулиця|ulica|ul\.|al\.)\s?[^\n|;]{3,90}|[\p{L}.-]*\p{L}(?:straße|strasse|str\.|weg|platz|allee|gasse)\s\d[^\n|;]{0,60}|\d{1,5}\s(?:[\p{L}.]+\s){1,4}(?:street|st|road|rd|avenue|ave|lane|drive|blvd|square)\b[^\n|;]{0,60})`)

// reAfterAddress finds what may follow an address on its line: contacts, hours.
var reAfterAddress = regexp.MustCompile(`(?i)[\p{L}\d._%+-]+@|\s(?:t[ée]l|phone|тел|fax|e-?mail|mail|lun|lundi|mo|mon|пн|whatsapp|orari|horaires)[\s.:/]|\.\s+\p{Lu}|\+\d{2}`)

// bring reads the list of things to bring from a passage that introduces one.
func (r factReader) bring(p frontdesk.Passage) (frontdesk.Fact, bool) {
	spans := Sentences(p)
	for i, s := range spans {
		text := p.Text[s.Start:s.End]
		if !strings.HasSuffix(text, ":") || !mentions(r.lexicon.Mentions(p.Language, text), "ask.bring") {
			continue
		}
		fact := frontdesk.Fact{Kind: frontdesk.FactBring, Language: p.Language, Site: p.Site}
		for _, item := range spans[i+1:] {
			line := strings.Trim(p.Text[item.Start:item.End], " •▪●◦‣*✓➢-–—;")
			if utf8.RuneCountInString(line) > 160 {
				break
			}
			fact.Items = append(fact.Items, line)
			fact.Quote = p.Text[s.Start:item.End]
		}
		return fact, len(fact.Items) > 0
	}
	return frontdesk.Fact{}, false
}

func mentions(list []retrieval.Mention, concept string) bool {
	for _, m := range list {
		if m.Concept == concept {
			return true
		}
	}
	return false
}
