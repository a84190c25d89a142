package language

import (
	"strings"
	"unicode"
)

// Native returns text in the letters of its language, where it was typed in
// Latin ones throughout: "kogda vy rabotaete" in Russian is "когда вы
// работаете". A text that has letters of its own already, or is of a language
// without such a way of typing, is returned as it is.
func Native(lang, text string) string {
	switch base(lang) {
	case "ru", "uk", "bg":
	default:
		return text
	}
	latin := false
	for _, r := range text {
		if unicode.Is(unicode.Cyrillic, r) {
			return text
		}
		latin = latin || r < 0x80 && unicode.IsLetter(r)
	}
	if !latin {
		return text
	}
	return cyrillic(base(lang)).Replace(strings.ToLower(text))
}

// cyrillic returns the replacer of a language; longer spellings come first.
func cyrillic(lang string) *strings.Replacer {
	var pairs []string
	switch lang {
	case "uk":
		pairs = append(pairs, "yi", "ї", "ji", "ї", "ye", "є", "je", "є")
	case "bg":
		pairs = append(pairs, "sht", "щ")
	}
	pairs = append(pairs,
		"shch", "щ", "sch", "щ", "zh", "ж", "kh", "х", "ts", "ц", "ch", "ч", "sh", "ш", "yu", "ю", "ju", "ю",
		"ya", "я", "ja", "я", "yo", "е", "jo", "е", "ye", "е", "iy", "ий", "yy", "ый", "yj", "ый", "ij", "ий",
		"ey", "ей", "ay", "ай", "oy", "ой", "uy", "уй",
	)
	switch lang {
	case "uk":
		pairs = append(pairs, "i", "і", "y", "и", "h", "г")
	case "bg":
		pairs = append(pairs, "y", "й")
	}
	pairs = append(pairs,
		"a", "а", "b", "б", "c", "ц", "d", "д", "e", "е", "f", "ф", "g", "г", "h", "х", "i", "и", "j", "й",
		"k", "к", "l", "л", "m", "м", "n", "н", "o", "о", "p", "п", "q", "к", "r", "р", "s", "с", "t", "т",
		"u", "у", "v", "в", "w", "в", "x", "х", "y", "ы", "z", "з", "'", "ь", "4", "ч",
	)
	return strings.NewReplacer(pairs...)
}
