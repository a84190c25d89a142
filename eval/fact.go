package eval

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"frontdesk/language"
)

// Facts in a reply are compared by what they say, not by how they are written:
// 8h30, 08:30 and 8:30 am are one time, 30 € and EUR 30,00 one price, digits of
// any script the same digits. Whatever is no fact is compared as folded words.
var (
	timePattern  = regexp.MustCompile(`(?:(ore|الساعة)\s)?(\d{1,2})(?:\s?[:.h٫]\s?(\d{2})\b|\s?(?:h|hours?|uhr|stunden?|ч|час[а-я]*|heures?|ore|horas?|o'clock)(?:\P{L}|$)|)\s?(a\.\s?m\b\.?|am\b|p\.\s?m\b\.?|pm\b|[صم](?:\P{L}|$))?`)
	moneyPattern = regexp.MustCompile(`(?:(€|\$|£|eur|euros?|chf|usd|gbp)\s?)?(\d{1,3}(?:[ .,']\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?)\s?(€|\$|£|eur[a-zо]*|euros?|евро|يورو|chf|usd|gbp)?`)
	phonePattern = regexp.MustCompile(`\+?\d[\d\s.\-()/]{5,}\d`)
	digitsOnly   = regexp.MustCompile(`\D`)

	numberPattern = regexp.MustCompile(`\d+`)
)

// says tells whether a text says what is wanted: any of its alternatives, which
// are separated by “|”.
func says(text, wanted string) bool {
	plain := plainText(text)
	for alternative := range strings.SplitSeq(wanted, "|") {
		if a := plainText(alternative); a != "" && saysOne(plain, a) {
			return true
		}
	}
	return false
}

func saysOne(text, wanted string) bool {
	if m, ok := oneMoney(wanted); ok {
		return slices.Contains(moneys(text), m)
	}
	if minutes, ok := oneTime(wanted); ok {
		return slices.Contains(times(text), minutes)
	}
	if phone, ok := onePhone(wanted); ok {
		return slices.ContainsFunc(phones(text), func(p string) bool { return strings.HasSuffix(p, phone) || strings.HasSuffix(phone, p) })
	}
	return containsWords(text, wanted)
}

// containsWords finds words that begin where a word begins; a number must stand
// alone.
func containsWords(text, wanted string) bool {
	from := 0
	for {
		i := strings.Index(text[from:], wanted)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(wanted)
		if edge(text[:start], wanted, false) && edge(text[end:], wanted, true) {
			return true
		}
		from = start + 1
	}
}

// edge tells whether a match may end at this edge of the rest of the text.
func edge(rest, wanted string, after bool) bool {
	r := []rune(rest)
	w := []rune(wanted)
	if len(r) == 0 {
		return true
	}
	next, own := r[len(r)-1], w[0]
	if after {
		next, own = r[0], w[len(w)-1]
	}
	if unicode.IsDigit(own) {
		return !unicode.IsDigit(next)
	}
	if after || !spaced(own) {
		return true // a stem may go on: “tilleul” is in “tilleuls”
	}
	return !unicode.IsLetter(next)
}

// spaced tells whether a letter's script puts spaces between words and nothing in
// front of them; Arabic joins its article and prepositions to the word.
func spaced(r rune) bool { return !unicode.Is(unicode.Arabic, r) }

// plainText folds a text for comparison: case, accents, digits of any script,
// quotes, dashes and runs of spaces.
func plainText(text string) string {
	text = strings.Map(func(r rune) rune {
		if strings.ContainsRune("‐‑‒–—−", r) {
			return '-'
		}
		return r
	}, language.Fold(text))
	return strings.Join(strings.Fields(text), " ")
}

// oneTime reads a text that is a time and nothing else, in minutes after midnight.
func oneTime(text string) (int, bool) {
	m := timePattern.FindStringSubmatchIndex(text)
	if m == nil || m[0] != 0 || m[1] != len(text) {
		return 0, false
	}
	found := times(text)
	return append(found, 0)[0], len(found) == 1 && !allDigits(text)
}

func allDigits(text string) bool { return digitsOnly.FindString(text) == "" }

// times returns the times of day in a plain text, in minutes after midnight.
func times(text string) []int {
	var out []int
	for _, m := range timePattern.FindAllStringSubmatch(text, -1) {
		if allDigits(strings.TrimSpace(m[0])) {
			continue // a bare number is no time
		}
		hour, err := strconv.Atoi(m[2])
		minute := 0
		if err == nil && m[3] != "" {
			minute, err = strconv.Atoi(m[3])
		}
		half, _ := utf8.DecodeRuneInString(m[4])
		switch {
		case err != nil || hour > 24 || minute > 59:
			continue
		case (half == 'p' || half == 'م') && hour < 12:
			hour += 12
		case (half == 'a' || half == 'ص') && hour == 12:
			hour = 0
		}
		out = append(out, hour*60+minute)
	}
	return out
}

// money is an amount in hundredths.
type money struct {
	cents    int64
	currency string
}

func oneMoney(text string) (money, bool) {
	m := moneyPattern.FindStringIndex(text)
	if m == nil || m[0] != 0 || m[1] != len(text) {
		return money{}, false
	}
	found := moneys(text)
	if len(found) != 1 {
		return money{}, false
	}
	return found[0], true
}

// moneys returns the amounts with a currency in a plain text.
func moneys(text string) []money {
	var out []money
	for _, m := range moneyPattern.FindAllStringSubmatch(text, -1) {
		sign := m[1]
		if sign == "" {
			sign = m[3]
		}
		if sign == "" {
			continue
		}
		if cents, ok := hundredths(m[2]); ok {
			out = append(out, money{cents, currency(sign)})
		}
	}
	return out
}

// hundredths reads 1 234,50 and 1,234.50 alike: a last group of one or two digits
// after a point or comma is the fraction.
func hundredths(text string) (int64, bool) {
	fraction := ""
	if i := strings.LastIndexAny(text, ".,"); i >= 0 && len(text)-i-1 <= 2 {
		text, fraction = text[:i], text[i+1:]
	}
	whole, err := strconv.ParseInt(digitsOnly.ReplaceAllString(text, ""), 10, 64)
	if err != nil || whole > 1<<50 {
		return 0, false
	}
	cents, err := strconv.ParseInt((fraction + "00")[:2], 10, 64)
	return whole*100 + cents, err == nil
}

func currency(sign string) string {
	switch sign {
	case "$", "usd":
		return "USD"
	case "£", "gbp":
		return "GBP"
	case "chf":
		return "CHF"
	}
	return "EUR"
}

// onePhone reads a text that is a phone number and nothing else. The digits after
// the country or trunk prefix are compared.
func onePhone(text string) (string, bool) {
	if m := phonePattern.FindStringIndex(text); m == nil || m[0] != 0 || m[1] != len(text) {
		return "", false
	}
	digits := subscriber(text)
	return digits, len(digits) >= 6
}

func phones(text string) []string {
	var out []string
	for _, m := range phonePattern.FindAllString(text, -1) {
		out = append(out, subscriber(m))
	}
	return out
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// subscriber is a phone number without its trunk zero: "+33 5 55…" ends in the
// same digits as "05 55…".
func subscriber(text string) string {
	return strings.TrimLeft(digitsOnly.ReplaceAllString(text, ""), "0")
}
