package guardrails

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"frontdesk"
)

// signs are what a text looks like, beside its words: what junk and gibberish
// give away.
type signs struct {
	links, shorteners, money, shout, pictures, exclaims, mixed, digits bool
	phone, question, long                                              bool
	letters, vowels                                                    int
	run                                                                int // longest run of consonants
}

var (
	linkText  = regexp.MustCompile(`(?i)\b(?:https?://|www\.)\S+|\b[a-z0-9-]+\.(?:com|net|org|ru|info|biz|xyz|top|site|shop|online|click|buzz|me|ly|io|co|cc|tk|link|club|vip|app|live|win|bet|im|uk|fr|it|de|tr|vn)/\S*`)
	shortLink = regexp.MustCompile(`(?i)\b(?:bit\.ly|t\.me|tinyurl|goo\.gl|wa\.me|cutt\.ly|is\.gd|rb\.gy|t\.co|telegram\.me|ow\.ly|shorturl)\b`)
)

func signsOf(text string) signs {
	var s signs
	if mayLink(text) {
		s.links = linkText.MatchString(text)
		s.shorteners = shortLink.MatchString(text)
	}
	if strings.ContainsAny(text, "0123456789") {
		s.money, s.phone = moneyIn(text), phoneIn(text)
	}
	s.exclaims = strings.Count(text, "!") > 2
	s.question = strings.ContainsAny(text, "?？؟")
	upper, pictures, digits, n, run := 0, 0, 0, 0, 0
	latin, cyrillic := false, false
	for _, r := range text {
		n++
		switch {
		case unicode.IsLetter(r):
			s.letters++
			if unicode.IsUpper(r) {
				upper++
			}
			switch {
			case r < 0x250:
				latin = true
			case r >= 0x400 && r < 0x530:
				if !cyrillic && latin && run > 0 {
					s.mixed = true
				}
				cyrillic = true
			}
			if strings.ContainsRune("aeiouyàáâãäåèéêëìíîïòóôõöùúûüýœæəаеёиоуыэюяіїєαεηιουω", unicode.ToLower(r)) {
				s.vowels++
				run = 0
			} else if run++; run > s.run {
				s.run = run
			}
		case unicode.IsDigit(r):
			digits++
		case r >= 0x1F300 && r < 0x1FAFF || r >= 0x2600 && r < 0x27C0:
			pictures++
		default:
			run, latin, cyrillic = 0, false, false
		}
	}
	s.shout = s.letters > 12 && upper*2 > s.letters
	s.pictures = pictures > 2
	s.digits = digits > 8
	s.long = n > 180
	return s
}

// mayLink tells whether a text can hold a link: letters on both sides of a point, or "://".
func mayLink(text string) bool {
	for i := range len(text) {
		switch {
		case i == 0 || i+1 >= len(text):
		case text[i] == '.' && !blank(text[i-1]) && !blank(text[i+1]):
			return true
		case text[i] == ':' && text[i+1] == '/':
			return true
		}
	}
	return false
}

func blank(c byte) bool { return c == ' ' || c == '.' || c == '\n' }

// currencies are the words for money that follow a sum.
var currencies = []string{"usd", "eur", "btc", "руб", "tl", "vnd"}

// moneyIn tells whether a text names a sum or a percentage.
func moneyIn(text string) bool {
	for i := range len(text) {
		if !isDigit(text[i]) {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(strings.TrimSuffix(text[:i], " "))
		if currencySign(before) {
			return true
		}
		after := strings.TrimPrefix(text[i+1:], " ")
		if r, _ := utf8.DecodeRuneInString(after); currencySign(r) || r == '%' {
			return true
		}
		if slices.ContainsFunc(currencies, func(c string) bool { return len(after) >= len(c) && strings.EqualFold(after[:len(c)], c) }) {
			return true
		}
	}
	return false
}

func currencySign(r rune) bool { return strings.ContainsRune("$€£₽₺₹₫", r) }

// phoneDigits is how long a run of digits, spaces and marks has to be for a phone number.
const phoneDigits = 9

// phoneIn tells whether a text holds what looks like a phone number.
func phoneIn(text string) bool {
	first := -1
	for i := range len(text) {
		switch c := text[i]; {
		case isDigit(c):
			if first < 0 {
				first = i
			}
			if i-first+1 >= phoneDigits {
				return true
			}
		case strings.IndexByte(" ().-\t\n\r", c) < 0:
			first = -1
		}
	}
	return false
}

// names returns the signs as features for the word weights.
func (s signs) names() []string {
	var out []string
	for _, sign := range []struct {
		name string
		on   bool
	}{
		{"link", s.links}, {"short", s.shorteners}, {"money", s.money}, {"shout", s.shout}, {"pictures", s.pictures},
		{"exclaims", s.exclaims}, {"mixed", s.mixed}, {"digits", s.digits}, {"phone", s.phone}, {"question", s.question},
		{"long", s.long},
	} {
		if sign.on {
			out = append(out, sign.name)
		}
	}
	return out
}

// evidence returns the labels that the looks of a text give: nothing to read, or
// letters without words.
func (s signs) evidence(f *finding) []evidence {
	unread := 0
	for _, w := range f.text.words {
		if len(w.ids) == 0 {
			unread++
		}
	}
	if s.letters > 5 && unread == len(f.text.words) && s.letters < 80 && latinOnly(f.text) && (s.run > 6 || s.vowels*6 < s.letters) {
		return []evidence{{frontdesk.LabelGibberish, "no words"}}
	}
	return nil
}

func latinOnly(p *prepared) bool {
	for _, w := range p.words {
		if latin, _, letters := scriptOf(w.forms[0]); letters && !latin {
			return false
		}
	}
	return true
}
