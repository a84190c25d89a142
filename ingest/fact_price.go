package ingest

import (
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"frontdesk"
)

// amount is the digits of a sum: groups of three, an optional fraction.
const amount = `\d{1,3}(?:[ .,'\x{a0}\x{202f}]\d{3})+(?:[.,]\d{2})?|\d+(?:[.,]\d{2})?`

var (
	reSum  = regexp.MustCompile(`(?i)(?:(?P<before>[€$£₡₽₴₸₹¥₺]|\b(?:eur|euros?|usd|gbp|chf|lkr|rs\.?|r\$))\s?)?(?P<a>` + amount + `)(?:\s?[-–—]\s?(?P<b>` + amount + `))?\s?(?P<after>[€$£₡₽₴₸₹¥₺]|eur\b|euros?\b|usd\b|gbp\b|chf\b|lkr\b|pln\b|zł|zl\b|dh\b|aed\b|руб\p{L}*|грн\p{L}*|тенге|тг\b|р\.|dollars?\b|pesos?\b|reais\b|₽|جنيه|ريال|درهم|دينار)?`)
	reFrom = regexp.MustCompile(`(?i)(?:от|від|from|ab|dès|à partir de|da|desde|a partir de|od)\s*$`)
	reBare = regexp.MustCompile(`^\s*(?:(?i:от|від|from|ab|dès|da|desde|od)\s)?(` + amount + `)(?:\s?[-–—]\s?(` + amount + `))?\s*$`)
)

// prices reads amounts of money: those with a currency anywhere, and bare ones in
// the last cell of a row of a price table.
func (r factReader) prices(u unit) []frontdesk.Fact {
	if u.passage.Kind == frontdesk.PassageRow {
		return r.rowPrices(u)
	}
	var out []frontdesk.Fact
	at := 0
	for _, m := range sums(u.text) {
		money, ok := moneyAt(u.text, m)
		if !ok {
			continue
		}
		before := u.text[at:m[0]]
		if money.From = reFrom.MatchString(before); money.From {
			before = reFrom.ReplaceAllString(before, "")
		}
		out = append(out, frontdesk.Fact{Kind: frontdesk.FactPrice, Money: &money, Value: strings.TrimSpace(u.text[m[0]:m[1]]), Label: u.label(before)})
		at = m[1]
	}
	return out
}

// sums finds amounts. A sign between two numbers belongs to the second one, as
// in "code 1020 ₡ 9,500".
func sums(text string) [][]int {
	var out [][]int
	for at := 0; at < len(text); {
		m := reSum.FindStringSubmatchIndex(text[at:])
		if m == nil {
			break
		}
		for i := range m {
			if m[i] >= 0 {
				m[i] += at
			}
		}
		if m[8] >= 0 && reDigitNext.MatchString(text[m[9]:]) && utf8.RuneCountInString(text[m[8]:m[9]]) == 1 {
			at = m[8]
			continue
		}
		out = append(out, m)
		at = m[1]
	}
	return out
}

var reDigitNext = regexp.MustCompile(`^\s?\d`)

// moneyAt returns the sum that reSum found, which needs a currency to be one.
func moneyAt(text string, m []int) (frontdesk.Money, bool) {
	group := func(i int) string {
		if m[2*i] < 0 {
			return ""
		}
		return text[m[2*i]:m[2*i+1]]
	}
	sign := group(4)
	if sign == "" {
		sign = group(1)
	}
	code := currency(sign)
	sum, ok := cents(group(2))
	if code == "" || !ok {
		return frontdesk.Money{}, false
	}
	to, _ := cents(group(3))
	return frontdesk.Money{Amount: sum, To: to, Currency: code}, true
}

func (r factReader) rowPrices(u unit) []frontdesk.Fact {
	cells := strings.Split(u.text, " | ")
	if len(cells) < 2 || r.lexicon.StartsWithDay(u.passage.Language, cells[0]) {
		return nil
	}
	headers := columnNames(u.passage, len(cells))
	label := rowLabel(cells)
	var out []frontdesk.Fact
	for i, cell := range cells {
		money, ok := cellMoney(cell)
		if !ok || i == 0 || money.Currency == "" && i != len(cells)-1 {
			continue
		}
		fact := frontdesk.Fact{Kind: frontdesk.FactPrice, Money: &money, Value: strings.TrimSpace(cell), Label: label}
		if headers != nil && i < len(cells)-1 {
			fact.Label = strings.TrimSpace(label + " " + headers[i])
		}
		out = append(out, fact)
	}
	if len(out) == 0 && u.has("pol.free") && label != "" {
		out = append(out, frontdesk.Fact{Kind: frontdesk.FactPrice, Money: &frontdesk.Money{}, Value: cells[len(cells)-1], Label: label})
	}
	return out
}

// columnNames returns the table's header, which Split puts last of the headings,
// when it fits the row.
func columnNames(p frontdesk.Passage, cells int) []string {
	if len(p.Headings) == 0 {
		return nil
	}
	names := strings.Split(p.Headings[len(p.Headings)-1], " | ")
	if len(names) != cells || cells < 3 {
		return nil
	}
	return names
}

// rowLabel is the longest cell that is no number: what the row is about.
func rowLabel(cells []string) string {
	best := ""
	for _, c := range cells {
		if _, sum := cellMoney(c); !sum && len(c) > len(best) {
			best = c
		}
	}
	if len([]rune(best)) > labelMost {
		return string([]rune(best)[:labelMost])
	}
	return strings.TrimSpace(best)
}

func cellMoney(cell string) (frontdesk.Money, bool) {
	if m := reBare.FindStringSubmatch(cell); m != nil {
		sum, ok := cents(m[1])
		to, _ := cents(m[2])
		return frontdesk.Money{Amount: sum, To: to, From: reFrom.MatchString(strings.TrimSpace(strings.TrimRight(cell, "0123456789., "))) && !strings.ContainsAny(strings.TrimSpace(cell)[:1], "0123456789")}, ok && sum > 0
	}
	for _, m := range sums(cell) {
		if money, ok := moneyAt(cell, m); ok {
			money.From = reFrom.MatchString(cell[:m[0]])
			return money, true
		}
	}
	return frontdesk.Money{}, false
}

// cents reads a sum in hundredths; the last separator before two digits is the
// decimal one, any other groups thousands.
func cents(text string) (int64, bool) {
	if text == "" {
		return 0, false
	}
	whole, fraction := text, ""
	if i := strings.LastIndexAny(text, ".,"); i >= 0 && len(text)-i == 3 {
		whole, fraction = text[:i], text[i+1:]
	}
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, whole)
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > 1e12 {
		return 0, false
	}
	f, _ := strconv.ParseInt("0"+fraction, 10, 64)
	return n*100 + f, true
}

// currency returns the ISO 4217 code of a sign or word, "" for none.
func currency(sign string) string {
	sign = strings.ToLower(strings.TrimSpace(sign))
	switch {
	case sign == "":
		return ""
	case sign == "€", strings.HasPrefix(sign, "eur"):
		return "EUR"
	case sign == "$", sign == "usd", strings.HasPrefix(sign, "dollar"):
		return "USD"
	case sign == "£", sign == "gbp":
		return "GBP"
	case sign == "₡":
		return "CRC"
	case sign == "₽", sign == "р.", strings.HasPrefix(sign, "руб"):
		return "RUB"
	case sign == "₴", strings.HasPrefix(sign, "грн"):
		return "UAH"
	case sign == "₸", sign == "тенге", sign == "тг":
		return "KZT"
	case sign == "zł", sign == "zl", sign == "pln":
		return "PLN"
	case sign == "r$", sign == "reais":
		return "BRL"
	case sign == "₹":
		return "INR"
	case sign == "₺":
		return "TRY"
	case sign == "lkr", sign == "chf", sign == "aed":
		return strings.ToUpper(sign)
	case sign == "rs", sign == "rs.":
		return "LKR"
	case strings.HasPrefix(sign, "peso"):
		return "MXN"
	case sign == "جنيه":
		return "EGP"
	case sign == "ريال":
		return "SAR"
	case sign == "درهم", sign == "dh":
		return "AED"
	}
	return ""
}
