package agent

import (
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode"
)

// valueKind says what a value measures.
type valueKind string

const (
	valueNumber   valueKind = "number"
	valueClock    valueKind = "clock"
	valueMoney    valueKind = "money"
	valueDuration valueKind = "duration"
	valuePercent  valueKind = "percent"
	valueExact    valueKind = "exact" // phones, addresses, links, dates: equal or not
	valueState    valueKind = "state" // closed
)

// value is a number, time, price, phone, link or date of a text in a form that no
// language or spelling changes.
type value struct {
	kind       valueKind
	n          float64 // amount; minutes of a clock or duration
	plain      float64 // the number as written, -1 for none
	currency   string
	text       string // of an exact value
	loose      bool   // "12 heures" is a time of day or a length of time
	counts     bool   // a bare number of things ("12 sessions"), not of hours or money
	start, end int
}

// equal tells whether v, of a sentence, says the same as o of a passage.
func (v value) equal(o value) bool {
	switch {
	case v.kind == valueExact || o.kind == valueExact || v.kind == valueState || o.kind == valueState:
		return v.kind == o.kind && v.text == o.text
	case v.kind == o.kind:
		return v.n == o.n && (v.currency == o.currency || v.currency == "" || o.currency == "")
	case v.loose && o.kind == valueDuration || o.loose && v.kind == valueDuration:
		return v.loose && v.plain*60 == o.n || o.loose && o.plain*60 == v.n
	case v.counts || o.counts:
		return false
	case v.kind == valueNumber:
		return v.n == o.plain || o.kind == valueMoney && v.n == o.n
	case o.kind == valueNumber:
		return v.plain == o.n || v.kind == valueMoney && v.n == o.n
	}
	return false
}

// rival tells whether two values measure the same thing, so that one could stand
// where the other stands.
func (v value) rival(o value) bool {
	return v.kind == o.kind && v.kind != valueNumber && (v.kind != valueExact || strings.HasPrefix(v.text, "tel:") == strings.HasPrefix(o.text, "tel:"))
}

var (
	reMail     = regexp.MustCompile(`[\w.+-]+@[\w-]+(?:\.[\w-]+)+`)
	reLink     = regexp.MustCompile(`(?:https?://|www\.)[^\s<>"),]+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|info|fr|it|de|es|pt|ru|uk|eu|ch|be|example|health|clinic)\b(?:/[^\s<>"),]*)?`)
	reRoom     = regexp.MustCompile(`\b\d{1,4}[abcd]\b`) // "4B": a room, ward or house number
	reDate     = regexp.MustCompile(`\b(?:(\d{4})-(\d\d)-(\d\d)|(\d{1,2})[./](\d{1,2})[./](\d{4}))\b`)
	rePhone    = regexp.MustCompile(`(?:\+\s?|\b)\d[\d .()/–-]{5,}\d\b`)
	amount     = `(\d{1,3}(?:[ .,']\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?)`
	coin       = `(€|\$|£|₽|eur(?:os?|o)?\b|euros?\b|евро|يورو|usd\b|us\$|dollars?\b|d[oó]lares\b|dollari\b|dólares|доллар\p{L}*|دولار|gbp\b|pounds?\b|sterline?\b|libras?\b|pfund\b|livres? sterling|фунт\p{L}*|جنيه\p{L}*(?:\s?[إا]سترليني\p{L}*)?|chf\b|francs?\b|franchi\b|franken\b|francos?\b|франк\p{L}*|rub\b|руб\p{L}*\.?|roubles?\b|rubles?\b|rubel\b|rubli\b|rublos\b|zł|zlotys?\b|zloty\p{L}*|злот\p{L}*|dirhams?\b|dirham\p{L}*|дирхам\p{L}*|درهم\p{L}*|دراهم|dinars?\b|dinar\p{L}*|динар\p{L}*|دينار\p{L}*|دنانير|riyals?\b|rials?\b|riyal\p{L}*|ريال\p{L}*|риял\p{L}*|риал\p{L}*|грн|uah\b|гривн\p{L}*|hryvni?\p{L}*|hrywnj?a\b|griwna\b|yen\b|kronor?\b|kronen\b|лир\p{L}*|liras?\b)`
	reCoin     = regexp.MustCompile(coin)
	reMoney    = regexp.MustCompile(amount + `\s?` + coin + `(?:\s?(\d\d)\b)?`)
	reCoinLead = regexp.MustCompile(coin + `\s?` + amount)
	rePercent  = regexp.MustCompile(`(\d+(?:[.,]\d+)?)\s?(?:%|٪|percent\b|pour cent\b|per cento\b|por ciento\b|por cento\b|prozent\b|процент\p{L}*|بالمئة|بالمائة)`)
	reHalfTime = regexp.MustCompile(`\b(\d{1,2})(?:[:.](\d\d))?\s?(a|p)\.?\s?m\b\.?`)
	reTime     = regexp.MustCompile(`\b(\d{1,2})\s?[h:]\s?(\d\d)\b|\b(\d{1,2})\.(\d\d)(?:\s?(?:uhr|ч)|\b)|\b(\d{1,2})\s?(?:h\b|uhr\b)(?:\s(\d\d)\b)?`)
	reHourWord = regexp.MustCompile(`\b(\d{1,2})\s?(?:heures?|ore|horas|часов|часа|час|ч\.?|ساعات|ساعة)(?:\s(\d\d)\b)?(?:[^\p{L}\d]|$)`)
	reNumber   = regexp.MustCompile(`\d{1,3}(?:[ '.,]\d{3})+\b|\d+(?:[.,]\d+)?`)
	reClockOn  = regexp.MustCompile(`(?:الساعة|الساعه)\s?(\d{1,2})(?::(\d\d))?`)
)

// plainDigits writes each decimal digit as ASCII, and special spaces as spaces,
// in a text of lower case.
func plainDigits(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '٠' && r <= '٩':
			return '0' + r - '٠'
		case r >= '۰' && r <= '۹':
			return '0' + r - '۰'
		case r == '\u00a0' || r == '\u202f' || r == '\u2009':
			return ' '
		case r == '’' || r == 'ʼ' || r == '‘':
			return '\''
		}
		return r
	}, text)
}

// valuesOf reads the values of a text, in order; each stretch is read once, by
// the most particular form.
func valuesOf(text string) []value {
	r := valueReader{text: strings.ToLower(text)}
	if len(r.text) != len(text) { // offsets must hold
		r.text = text
	}
	r.each(reMail, func(m []string) (value, bool) { return exact("mail:" + m[0]), true })
	r.each(reLink, func(m []string) (value, bool) { return exact("link:" + bareLink(m[0])), true })
	r.each(reRoom, func(m []string) (value, bool) { return exact("room:" + m[0]), true })
	r.each(reDate, func(m []string) (value, bool) {
		if m[1] != "" {
			return exact(fmt.Sprintf("date:%s-%s-%s", m[1], m[2], m[3])), true
		}
		return exact(fmt.Sprintf("date:%s-%02s-%02s", m[6], m[5], m[4])), true
	})
	r.each(rePhone, readPhone)
	r.each(reMoney, func(m []string) (value, bool) { return money(m[1], m[3], m[2]), true })
	r.each(reCoinLead, func(m []string) (value, bool) { return money(m[2], "", m[1]), true })
	r.each(rePercent, func(m []string) (value, bool) {
		n := decimal(m[1])
		return value{kind: valuePercent, n: n, plain: n}, true
	})
	r.each(reHalfTime, func(m []string) (value, bool) {
		v, ok := clockValue(m[1], m[2])
		switch {
		case m[3] == "p" && v.n < 720:
			v = v.later(720)
		case m[3] == "a" && v.n >= 720:
			v = v.later(-720)
		}
		return v, ok
	})
	r.each(reClockOn, func(m []string) (value, bool) { return clockValue(m[1], m[2]) })
	r.each(reTime, func(m []string) (value, bool) { return clockValue(m[1]+m[3]+m[5], m[2]+m[4]+m[6]) })
	r.each(reHourWord, func(m []string) (value, bool) {
		v, ok := clockValue(m[1], m[2])
		if !ok {
			n := decimal(m[1])
			return value{kind: valueDuration, n: n * 60, plain: n}, true
		}
		v.loose = m[2] == ""
		return v, ok
	})
	r.each(reNumber, func(m []string) (value, bool) {
		n := decimal(m[0])
		return value{kind: valueNumber, n: n, plain: n}, true
	})
	sort.Slice(r.found, func(a, b int) bool { return r.found[a].start < r.found[b].start })
	return r.found
}

type valueReader struct {
	text  string
	found []value
}

func (r *valueReader) each(re *regexp.Regexp, read func([]string) (value, bool)) {
	for _, at := range re.FindAllStringSubmatchIndex(r.text, -1) {
		if r.taken(at[0], at[1]) {
			continue
		}
		groups := make([]string, len(at)/2)
		for i := range groups {
			if at[2*i] >= 0 {
				groups[i] = r.text[at[2*i]:at[2*i+1]]
			}
		}
		if v, ok := read(groups); ok {
			v.start, v.end = at[0], at[0]+len(strings.TrimRightFunc(groups[0], func(r rune) bool { return unicode.IsSpace(r) || unicode.IsPunct(r) && r != '%' && r != '٪' }))
			r.found = append(r.found, v)
		}
	}
}

func (r *valueReader) taken(start, end int) bool {
	for _, v := range r.found {
		if start < v.end && v.start < end {
			return true
		}
	}
	return false
}

func exact(text string) value { return value{kind: valueExact, text: text, plain: -1} }

func bareLink(link string) string {
	for _, prefix := range []string{"https://", "http://", "www."} {
		link = strings.TrimPrefix(link, prefix)
	}
	return strings.TrimRight(link, "/.;:!?")
}

// readPhone takes numbers of at least eight digits that start as phones do; the
// last nine digits tell them apart, so that +33 5… is 05….
func readPhone(m []string) (value, bool) {
	digits := strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, m[0])
	groups := strings.FieldsFunc(m[0], func(r rune) bool { return !unicode.IsDigit(r) })
	if len(digits) < 8 || len(digits) > 15 || digits[0] != '0' && m[0][0] != '+' && len(groups) < 3 {
		return value{}, false
	}
	if len(digits) > 9 {
		digits = digits[len(digits)-9:]
	}
	return exact("tel:" + strings.TrimLeft(digits, "0")), true
}

func clockValue(hour, minute string) (value, bool) {
	h, err := strconv.Atoi(hour)
	if err != nil || h > 24 {
		return value{}, false
	}
	m := 0
	if minute != "" {
		if m, err = strconv.Atoi(minute); err != nil || m > 59 {
			return value{}, false
		}
	}
	v := value{kind: valueClock, n: float64(h*60 + m), plain: -1}
	if m == 0 {
		v.plain = float64(h)
	}
	return v, true
}

// later returns a time of day by so many minutes later.
func (v value) later(minutes float64) value {
	v.n += minutes
	if v.plain >= 0 {
		v.plain += minutes / 60
	}
	return v
}

func money(number, cents, coin string) value {
	n := decimal(number)
	if cents != "" {
		n += decimal(cents) / 100
	}
	return value{kind: valueMoney, n: n, plain: n, currency: currencyOf(coin)}
}

func currencyOf(coin string) string {
	for code, starts := range map[string][]string{
		"EUR": {"€", "eur", "евро", "يورو"},
		"USD": {"$", "us", "dol", "dól", "dóл", "долл", "دولار"},
		"GBP": {"£", "gbp", "pound", "sterl", "libra", "pfund", "livre", "фунт", "جنيه"},
		"CHF": {"chf", "fran", "франк"},
		"RUB": {"₽", "rub", "руб", "roub"},
		"PLN": {"zł", "zlot", "злот"},
		"AED": {"dirham", "дирхам", "درهم", "دراهم"},
		"DIN": {"dinar", "динар", "دينار", "دنانير"},
		"SAR": {"riyal", "rial", "риял", "риал", "ريال"},
		"UAH": {"грн", "uah", "гривн", "hryv", "hryw", "griw"},
		"TRY": {"лир", "lira"},
	} {
		for _, s := range starts {
			if strings.HasPrefix(coin, s) {
				return code
			}
		}
	}
	return coin
}

// What parts the digits of a number.
var (
	parting = strings.NewReplacer(" ", "", "'", "")
	points  = strings.NewReplacer(".", "", ",", "")
)

// decimal reads a number in any of the usual spellings: "1 200,50", "1.200", "7.60".
func decimal(s string) float64 {
	s = parting.Replace(s)
	if i := strings.LastIndexAny(s, ".,"); i >= 0 {
		whole, tail := points.Replace(s[:i]), s[i+1:]
		if len(tail) == 3 && whole != "0" {
			s = whole + tail
		} else {
			s = whole + "." + tail
		}
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return -1
	}
	return n
}

// minutesOf returns the minutes of a unit of time.
func minutesOf(unit string) float64 {
	switch unit {
	case "minute":
		return 1
	case "hour":
		return 60
	case "day":
		return 24 * 60
	case "week":
		return 7 * 24 * 60
	case "month":
		return 30 * 24 * 60
	}
	return 365 * 24 * 60
}
