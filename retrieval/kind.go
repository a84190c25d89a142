package retrieval

import (
	"regexp"
	"strings"
)

// Kind is a kind of answer: what a question wants and what a text offers.
type Kind uint16

// The kinds, as a set.
const (
	KindTime     Kind = 1 << iota // an hour, a day, a date
	KindPrice                     // an amount, or that it is free
	KindPhone                     // a telephone number
	KindEmail                     // an e-mail address
	KindPlace                     // an address or a way there
	KindBring                     // things to bring
	KindDuration                  // how long something takes or how long before
	KindYesNo                     // whether something is so
	KindPerson                    // who
)

// Has tells whether the set has every kind of k.
func (s Kind) Has(k Kind) bool { return s&k == k && k != 0 }

// Any tells whether the set has one of the kinds of k.
func (s Kind) Any(k Kind) bool { return s&k != 0 }

var (
	reTime       = regexp.MustCompile(`(?i)(?:^|[^\d.,/])(?:2[0-4]|[01]?\d)\s?(?:[:.h]\s?[0-5]\d(?:[^\d.,/%]|$)|h(?:\b|$)|uhr|час|год\b|годин|ч\.|a\.?m\b|p\.?m\b|óra|godz)|(?:^|[^\p{L}])(?:с|з|від|from|von|de|dalle|das|od)\s\d{1,2}(?:[:.h]\d\d)?\s?(?:до|to|bis|à|a|alle|às|do)\s\d{1,2}|(?:^|[^\d/.,-])(?:[6-9]|1\d|2[0-4])\s?[-–—]\s?(?:1\d|2[0-4])(?:[^\d/.,%-]|$)`)
	reDate       = regexp.MustCompile(`(?:^|\D)(?:0?[1-9]|[12]\d|3[01])[./](?:0?[1-9]|1[0-2])[./](?:20)?\d\d(?:\D|$)`)
	reMoney      = regexp.MustCompile(`(?i)(?:[€$£₡₽₴₸₹¥₺]|\b(?:eur|euro|euros|usd|gbp|chf|lkr|rub|uah|kzt|pln|aed|sar|egp|brl|inr|tnd|dzd|mad)\b|\br\$|\brs\.?)\s?\d|\d\s?(?:[€$£₡₽₴₸₹¥₺]|(?:eur|euros?|usd|gbp|chf|lkr|rub|uah|kzt|pln|zł|zl|грн|руб|тенге|тг|dollars?|pesos?|reais|dirhams?|dh|aed|جنيه|ريال|درهم|دينار)(?:[^\p{L}]|$)|р\.|т\.р)`)
	reAmountCell = regexp.MustCompile(`\|\s*(?:(?i:от|від|from|ab|dès|da|desde|od)\s)?\d{1,3}(?:[ .,\x{a0}]?\d{3})*(?:[.,]\d\d)?(?:\s?[-–]\s?\d[\d .,]*)?\s*(?:\||$)`)
	rePhone      = regexp.MustCompile(`(?:\+|\(|\b00)?\d[\d\s().\-/\x{a0}\x{2010}-\x{2013}]{5,}\d`)
	reEmail      = regexp.MustCompile(`[\p{L}\d._%+-]+@[\p{L}\d-]+(?:\.[\p{L}\d-]+)+`)
	rePlace      = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:rue|avenue|boulevard|place|chemin|allée|impasse|route de|via|viale|piazza|corso|calle|avda|avenida|carrera|plaza|rua|praça|travessa|street|road|avenue|ave|lane|drive|blvd|square|ул\.?|улица|проспект|пр-т|пр\.|переулок|шоссе|бульвар|вул\.?|вулиця|ul\.|ulica|aleja|al\.|شارع|طريق|حي)(?:[^\p{L}]|$)|\p{L}(?:straße|strasse|str\.|weg|platz|allee|gasse)(?:[^\p{L}]|$)`)
	rePostal     = regexp.MustCompile(`(?:^|\D)\d{5}(?:-\d{4})?\s+\p{Lu}\p{L}+|\b\p{Lu}{1,2}\d\d?\s\d\p{Lu}{2}\b|(?:^|\s)\d{4}\s\p{Lu}\p{Ll}{3,}`)
	reDuration   = regexp.MustCompile(`(?i)\d\s?(?:[-–]\s?\d+\s?)?(?:min\b|mins?\.?|minut\p{L}*|minuten|мин|хв|дақ|heures?\b|hours?\b|hrs?\b|std\b|stunden?\b|ore\b|ora\b|horas?\b|час|годин|godzin|ساع|دقيق|jours?\b|days?\b|tage?n?\b|giorn[oi]\b|d[ií]as?\b|dias?\b|дн|день|дня|дней|dni\b|يوم|ايام|أيام|semaines?\b|weeks?\b|wochen?\b|settiman[ae]\b|semanas?\b|недел|тиж|tygodni|months?\b|mois\b|monate?\b|mesi\b|meses\b|месяц|міся)`)
)

// kindsOf returns what kinds of answers a text offers. mentions are the concepts
// that it speaks of, row tells that it is a table row.
func (l *Lexicon) kindsOf(text string, mentions []Mention, row bool) Kind {
	var k Kind
	if reTime.MatchString(text) || reDate.MatchString(text) {
		k |= KindTime
	}
	if reMoney.MatchString(text) || row && reAmountCell.MatchString(text) {
		k |= KindPrice
	}
	if HasPhone(text) {
		k |= KindPhone
	}
	if reEmail.MatchString(text) {
		k |= KindEmail
	}
	if rePlace.MatchString(text) || rePostal.MatchString(text) {
		k |= KindPlace
	}
	if reDuration.MatchString(text) {
		k |= KindDuration
	}
	documents := 0
	for _, m := range mentions {
		switch {
		case strings.HasPrefix(m.Concept, "day."), m.Concept == "pol.closed":
			k |= KindTime
		case m.Concept == "pol.free", m.Concept == "pol.paid":
			k |= KindPrice
		case strings.HasPrefix(m.Concept, "pol."):
			k |= KindYesNo
		case m.Concept == "idcard", m.Concept == "insurance", m.Concept == "prescription", m.Concept == "form":
			documents++
		case m.Concept == "ask.bring":
			k |= KindBring
		case m.Concept == "doctor", m.Concept == "director":
			k |= KindPerson
		case m.Concept == "bus", m.Concept == "stop", m.Concept == "train":
			k |= KindPlace
		}
	}
	if documents > 1 {
		k |= KindBring
	}
	return k
}

// Kinds returns what kinds of answers a text offers; row tells that it is a table
// row, whose bare numbers may be prices.
func (l *Lexicon) Kinds(lang, text string, row bool) Kind {
	return l.kindsOf(text, l.Mentions(lang, text), row)
}

// HasPhone tells whether text has a telephone number: seven digits or more that
// are no date and no amount.
func HasPhone(text string) bool { return len(Phones(text)) > 0 }

// Phones returns the telephone numbers of a text as they are written.
func Phones(text string) []string {
	var out []string
	for _, span := range rePhone.FindAllStringIndex(text, -1) {
		number := strings.TrimRight(text[span[0]:span[1]], " .-/(\u00a0")
		digits := 0
		for _, r := range number {
			if r >= '0' && r <= '9' {
				digits++
			}
		}
		if digits < 7 || digits > 15 || reSpanOfDay.MatchString(number) || reNumbered.MatchString(text[:span[0]]) || reDate.MatchString(number) || reMoney.MatchString(around(text, span)) || groupedAmount(number) || rePostcode.MatchString(number) && reTown.MatchString(text[span[1]:]) {
			continue
		}
		out = append(out, number)
	}
	return out
}

var (
	reSpanOfDay = regexp.MustCompile(`^\(?[0-2]?\d[.:][0-5]\d\s?[-–/ ]\s?[0-2]?\d[.:][0-5]\d`)
	rePostcode  = regexp.MustCompile(`^\d{4}-\d{3}$|^\d{5}-\d{3}$`) // Portugal's and Brazil's, before the town
	reTown      = regexp.MustCompile(`^,?\s+\p{Lu}\p{Ll}`)
	reNumbered  = regexp.MustCompile(`(?i)(?:№|n[o°º]\.?|nr\.?|inn|инн|огрн|кпп|бик|р/с|к/с|iban|siret|серия \p{L}*|лицензи\p{L}*)[\s:]*$`)
)

func around(text string, span []int) string {
	end := span[1]
	for i := 0; i < 4 && end < len(text); i++ {
		end++
	}
	for end < len(text) && text[end]&0xC0 == 0x80 {
		end++
	}
	return text[span[0]:end]
}

var reGrouped = regexp.MustCompile(`^\d{1,3}(?:[ ,.\x{a0}]\d{3})+(?:[.,]\d\d)?$|^\d{4}\s?[-–]\s?\d{4}$|^\d+$`)

// groupedAmount tells whether a run of digits looks like an amount, a range of
// years or an article number rather than a telephone number.
func groupedAmount(number string) bool {
	if !reGrouped.MatchString(number) {
		return false
	}
	return len(number) < 9 || len(number) > 12 || strings.ContainsAny(number, ",") || reYears.MatchString(number)
}

var reYears = regexp.MustCompile(`^(?:19|20)\d\d\s?[-–]\s?(?:19|20)\d\d$`)
