package language

import (
	"unicode"
	"unicode/utf8"
)

// Word is a run of letters or digits of a text. Start and End are byte offsets
// into it, End excluded; Text is exactly that stretch.
type Word struct {
	Text       string
	Start, End int
}

// Words returns the words of text in order. An apostrophe between letters, and a
// point, comma or colon between digits, belong to the word ("l'heure", "8.30",
// "1,200"). A character of a script written without spaces (Han, kana) is a word
// by itself.
func Words(text string) []Word {
	var out []Word
	start := -1
	flush := func(end int) {
		if start >= 0 {
			out = append(out, Word{text[start:end], start, end})
			start = -1
		}
	}
	prev := rune(0)
	for i, r := range text {
		_, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case spaceless(r):
			flush(i)
			out = append(out, Word{text[i : i+size], i, i + size})
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.Is(unicode.M, r) && start >= 0:
			if start < 0 {
				start = i
			}
		case r == 0x200C || r == 0x200D || r == 0x00AD: // joiners and the soft hyphen stand inside words
		case start >= 0 && joins(prev, r, text[i+size:]):
		default:
			flush(i)
		}
		prev = r
	}
	flush(len(text))
	return out
}

// joins tells whether r, between prev and the rest, holds a word together.
func joins(prev, r rune, rest string) bool {
	next, _ := utf8.DecodeRuneInString(rest)
	switch r {
	case '\'', '’', 'ʼ', '‘', '`', '´':
		return unicode.IsLetter(prev) && unicode.IsLetter(next)
	case '.', ',', ':':
		return unicode.IsDigit(prev) && unicode.IsDigit(next)
	}
	return false
}

// spaceless tells whether r is of a script that writes no spaces between words.
// Thai, Lao, Khmer and Burmese words are longer than a character and stay runs.
func spaceless(r rune) bool {
	return r > 0x2E7F && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}
