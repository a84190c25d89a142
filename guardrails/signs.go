package guardrails

import (
	"regexp"
	"strings"
	"unicode"

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
	moneyText = regexp.MustCompile(`(?i)[$€£₽₺₹₫]\s?\d|\d\s?(?:[$€£₽₺₹₫%]|usd|eur|usdt|btc|руб|tl\b|vnd)`)
	phoneText = regexp.MustCompile(`\+?\d[\d\s().-]{7,}\d`)
)

func signsOf(text string) signs {
	var s signs
	if strings.Contains(text, ".") || strings.Contains(text, "://") {
		s.links = linkText.MatchString(text)
		s.shorteners = shortLink.MatchString(text)
	}
	if strings.ContainsAny(text, "0123456789") {
		s.money = moneyText.MatchString(text)
		s.phone = phoneText.MatchString(text)
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

// names returns the signs as features for the word weights.
func (s signs) names() []string {
	var out []string
	for name, on := range map[string]bool{"link": s.links, "short": s.shorteners, "money": s.money, "shout": s.shout,
		"pictures": s.pictures, "exclaims": s.exclaims, "mixed": s.mixed, "digits": s.digits, "phone": s.phone,
		"question": s.question, "long": s.long} {
		if on {
			out = append(out, name)
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
