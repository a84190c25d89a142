package language

import "unicode"

// script is a group of languages that are told apart by words rather than letters.
type script int

const (
	scriptNone script = iota
	scriptLatin
	scriptCyrillic
	scriptArabic
	scriptDevanagari
	scriptHan
	scriptKana
	scriptSingle // one language is written in it; see singleScript
)

// scriptOf returns the script of a letter and, for [scriptSingle], its language.
func scriptOf(r rune) (script, string) {
	switch {
	case r < 0x80:
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return scriptLatin, ""
		}
		return scriptNone, ""
	case !unicode.IsLetter(r):
		return scriptNone, ""
	case unicode.Is(unicode.Latin, r):
		return scriptLatin, ""
	case unicode.Is(unicode.Cyrillic, r):
		return scriptCyrillic, ""
	case unicode.Is(unicode.Arabic, r):
		return scriptArabic, ""
	case unicode.Is(unicode.Devanagari, r):
		return scriptDevanagari, ""
	case unicode.Is(unicode.Han, r):
		return scriptHan, ""
	case unicode.In(r, unicode.Hiragana, unicode.Katakana):
		return scriptKana, ""
	}
	if tag := singleScript(r); tag != "" {
		return scriptSingle, tag
	}
	return scriptNone, ""
}

// singleScript returns the language of a script that has one of weight.
func singleScript(r rune) string {
	switch {
	case unicode.Is(unicode.Hangul, r):
		return "ko"
	case unicode.Is(unicode.Greek, r):
		return "el"
	case unicode.Is(unicode.Hebrew, r):
		return "he"
	case unicode.Is(unicode.Thai, r):
		return "th"
	case unicode.Is(unicode.Armenian, r):
		return "hy"
	case unicode.Is(unicode.Georgian, r):
		return "ka"
	case unicode.Is(unicode.Bengali, r):
		return "bn"
	case unicode.Is(unicode.Gurmukhi, r):
		return "pa"
	case unicode.Is(unicode.Gujarati, r):
		return "gu"
	case unicode.Is(unicode.Tamil, r):
		return "ta"
	case unicode.Is(unicode.Telugu, r):
		return "te"
	case unicode.Is(unicode.Kannada, r):
		return "kn"
	case unicode.Is(unicode.Malayalam, r):
		return "ml"
	case unicode.Is(unicode.Sinhala, r):
		return "si"
	case unicode.Is(unicode.Ethiopic, r):
		return "am"
	case unicode.Is(unicode.Khmer, r):
		return "km"
	case unicode.Is(unicode.Lao, r):
		return "lo"
	case unicode.Is(unicode.Myanmar, r):
		return "my"
	}
	return ""
}

// writtenIn tells whether the model's language name is written in s.
func writtenIn(name string, s script) bool {
	if len(name) > 3 { // "ru-Latn"
		return s == scriptLatin
	}
	switch name {
	case "ru", "uk", "be", "bg", "mk", "sr", "kk", "mn":
		return s == scriptCyrillic
	case "ar", "fa", "ur":
		return s == scriptArabic
	case "hi", "mr":
		return s == scriptDevanagari
	}
	return s == scriptLatin
}
