package language

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Span is a stretch of a text in byte offsets, End excluded.
type Span struct{ Start, End int }

// Sentences splits text into sentences. The spans are in order, do not overlap,
// are trimmed of white space and cover every letter and digit. A line that ends
// without punctuation ends a sentence only before a blank line or a list item;
// a point after an abbreviation of lang, within a number or time, or before a
// lower-case letter does not. Punctuation of Arabic, CJK and Indic scripts counts.
func Sentences(lang, text string) []Span {
	lang = base(lang)
	var out []Span
	start := 0
	for i, r := range text {
		if i < start {
			continue
		}
		_, size := utf8.DecodeRuneInString(text[i:])
		var end int
		switch {
		case r == '\n':
			if !lineEnds(text[i+1:]) {
				continue
			}
			end = i
		case strongStop(r):
			end = closers(text, i+size)
			if r < 0x80 && !spaceFollows(text[end:]) {
				continue
			}
		case r == '.' || r == '…':
			end = closers(text, i+size)
			if !pointEnds(lang, text[start:i], text[end:]) {
				continue
			}
		default:
			continue
		}
		out = appendSpan(out, text, start, end)
		start = end
	}
	return appendSpan(out, text, start, len(text))
}

func appendSpan(out []Span, text string, start, end int) []Span {
	if start >= end {
		return out
	}
	piece := text[start:end]
	left := len(piece) - len(strings.TrimLeftFunc(piece, unicode.IsSpace))
	piece = strings.TrimSpace(piece)
	if piece == "" {
		return out
	}
	return append(out, Span{start + left, start + left + len(piece)})
}

// strongStop tells whether r ends a sentence whatever its neighbours.
func strongStop(r rune) bool {
	switch r {
	case '!', '?', '؟', '۔', '。', '！', '？', '．', '।', '॥', '‼', '⁇', '⁈', '⁉', '።', '׃':
		return true
	}
	return false
}

// closers returns the offset behind the punctuation and closing quotes at i.
func closers(text string, i int) int {
	for i < len(text) {
		for _, spaced := range []string{" »", "\u00a0»", "\u202f»"} {
			if strings.HasPrefix(text[i:], spaced) {
				i += len(spaced)
			}
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		if !strongStop(r) && r != '.' && r != '…' && !strings.ContainsRune("\"'”’»)]}」』）", r) {
			break
		}
		i += size
	}
	return i
}

func spaceFollows(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	return rest == "" || unicode.IsSpace(r) || r > 0x2E7F
}

// lineEnds tells whether a line break before rest ends a sentence: a blank line
// or a list item follows.
func lineEnds(rest string) bool {
	line, _, _ := strings.Cut(rest, "\n")
	line = strings.TrimSpace(line)
	return line == "" || listItem(line)
}

// listItem tells whether a line starts like an item: a bullet, "-", "1)", "a." and so on.
func listItem(line string) bool {
	r, size := utf8.DecodeRuneInString(line)
	if strings.ContainsRune("•◦▪●○■□–—*·►➤✓✔-", r) {
		next, _ := utf8.DecodeRuneInString(line[size:])
		return unicode.IsSpace(next)
	}
	i := 0
	for i < len(line) && i < 3 && line[i] >= '0' && line[i] <= '9' {
		i++
	}
	if i == 0 && unicode.IsLetter(r) && size < len(line) && line[size] == ')' {
		return true
	}
	return i > 0 && i < len(line) && (line[i] == ')' || line[i] == '.' && i+1 < len(line) && line[i+1] == ' ')
}

// pointEnds tells whether a point between before and after ends a sentence.
func pointEnds(lang, before, after string) bool {
	if !spaceFollows(after) {
		return false
	}
	next := strings.TrimLeftFunc(after, unicode.IsSpace)
	if next == "" {
		return true
	}
	r, _ := utf8.DecodeRuneInString(next)
	if unicode.IsLower(r) {
		return false
	}
	word := lastWord(before)
	if word == "" {
		return true
	}
	if abbreviation(lang, word) {
		return false
	}
	first, size := utf8.DecodeRuneInString(word)
	if size == len(word) && unicode.IsUpper(first) {
		return false // an initial: "J. Martin"
	}
	if allDigits(word) && len(word) <= 2 {
		// "1. Premier", "am 3. Mai": an ordinal, unless the text before shows a
		// sentence that merely ends in a number.
		return !ordinal(lang, before, word)
	}
	return true
}

// lastWord returns the run of letters, digits and inner points that ends s.
func lastWord(s string) string {
	i := len(s)
	for i > 0 {
		r, size := utf8.DecodeLastRuneInString(s[:i])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r) && r != '.' {
			break
		}
		i -= size
		if len(s)-i > maxStem {
			break
		}
	}
	return s[i:]
}

// ordinal tells whether number, at the end of before, is a list number or, in
// the languages that write ordinals with a point, an ordinal.
func ordinal(lang, before, number string) bool {
	if strings.TrimSpace(strings.TrimSuffix(before, number)) == "" {
		return true
	}
	switch lang {
	case "de", "da", "no", "nb", "fi", "cs", "sk", "hu", "pl", "hr", "sr", "sl", "tr":
		return true
	}
	return false
}
