package language

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold returns the form of s under which spellings of the same word compare
// equal: NFKC, lower case, accents off Latin and Greek letters, Arabic vowel
// signs and letter variants unified, ё as е, typographic apostrophes as ', all
// decimal digits as ASCII, invisible characters gone. Folding twice changes
// nothing. й, ї and their like stay: they are letters, not accents.
func Fold(s string) string {
	if plainASCII(s) {
		return strings.ToLower(s)
	}
	var b strings.Builder
	b.Grow(len(s))
	base := rune(0)
	for _, r := range norm.NFKD.String(s) {
		if unicode.Is(unicode.Mn, r) {
			if keepsMark(base, r) {
				b.WriteRune(r)
			}
			continue
		}
		base = r
		foldRune(&b, r)
	}
	return norm.NFC.String(b.String())
}

func plainASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// keepsMark tells whether mark makes another letter of base rather than
// accenting it. Only Latin, Greek, Cyrillic and Arabic lose marks: elsewhere
// they are vowels.
func keepsMark(base, mark rune) bool {
	switch {
	case unicode.Is(unicode.Cyrillic, base):
		// и + breve = й, у + breve = ў, і + diaeresis = ї; ё and accents go.
		return mark == 0x0306 && (base == 'и' || base == 'у' || base == 'И' || base == 'У') ||
			mark == 0x0308 && (base == 'і' || base == 'І')
	case unicode.In(base, unicode.Latin, unicode.Greek, unicode.Arabic, unicode.Hebrew):
		return false
	}
	return unicode.Is(unicode.Lo, base)
}

func foldRune(b *strings.Builder, r rune) {
	if d, ok := digit(r); ok {
		b.WriteByte('0' + d)
		return
	}
	switch r {
	case 'ß', 'ẞ':
		b.WriteString("ss")
	case 'æ', 'Æ':
		b.WriteString("ae")
	case 'œ', 'Œ':
		b.WriteString("oe")
	case 'ø', 'Ø':
		b.WriteByte('o')
	case 'ł', 'Ł':
		b.WriteByte('l')
	case 'đ', 'Đ', 'ð', 'Ð':
		b.WriteByte('d')
	case 'þ', 'Þ':
		b.WriteString("th")
	case 'ı':
		b.WriteByte('i')
	case 'ħ', 'Ħ':
		b.WriteByte('h')
	case 'ə', 'Ə':
		b.WriteByte('e')
	case '’', '‘', 'ʼ', '´', '`', '′', 'ʹ', '＇', 'ʻ':
		b.WriteByte('\'')
	case '‐', '‑', '‒', '–', '—', '−':
		b.WriteByte('-')
	case 'ґ', 'Ґ':
		b.WriteRune('г')
	case 'ٱ', 'ٲ', 'ٳ':
		b.WriteRune('ا')
	case 'ى', 'ی', 'ې', 'ے':
		b.WriteRune('ي')
	case 'ک', 'ڪ':
		b.WriteRune('ك')
	case 'ة', 'ۀ', 'ہ', 'ە', 'ھ':
		b.WriteRune('ه')
	case 'ـ', 0x00AD: // tatweel, soft hyphen
	case 'ς':
		b.WriteRune('σ')
	default:
		if unicode.Is(unicode.Cf, r) {
			return
		}
		if unicode.IsSpace(r) {
			if r == '\n' {
				b.WriteByte('\n')
				return
			}
			b.WriteByte(' ')
			return
		}
		b.WriteRune(unicode.ToLower(r))
	}
}

// digit returns the value of a decimal digit of any script.
func digit(r rune) (byte, bool) {
	if r < 0x80 {
		return byte(r - '0'), r >= '0' && r <= '9'
	}
	if !unicode.Is(unicode.Nd, r) {
		return 0, false
	}
	if r >= 0x1D7CE && r <= 0x1D7FF { // mathematical digits: five alphabets side by side
		return byte((r - 0x1D7CE) % 10), true
	}
	// Decimal digits come in runs of ten that do not touch, each led by its zero.
	n := byte(0)
	for n < 9 && unicode.Is(unicode.Nd, r-rune(n)-1) {
		n++
	}
	return n, true
}
