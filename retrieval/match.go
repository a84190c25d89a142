package retrieval

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// likeness tells how surely two folded words are the same word, 0 to 1: equal,
// a typing error apart, sharing a long stem, one within the other (compounds), or
// the same name in two scripts.
func likeness(a, b wordForm) float64 {
	if a.text == b.text {
		return 1
	}
	la, lb := len(a.runes), len(b.runes)
	short := min(la, lb)
	if short < 4 {
		return 0
	}
	if digits(a.text) || digits(b.text) {
		return 0
	}
	if a.script == b.script {
		p := commonPrefix(a.runes, b.runes)
		switch {
		case p >= 5 && p*10 >= max(la, lb)*7, p >= 4 && p >= short-1 && max(la, lb)-p <= 3:
			return 0.85
		case short >= 5 && (la >= lb+3 && strings.Contains(a.text, b.text) || lb >= la+3 && strings.Contains(b.text, a.text)):
			return 0.7
		}
		if limit := allowedEdits(short); limit > 0 && (a.runes[0] == b.runes[0] || short >= 8) && abs(la-lb) <= limit && editDistance(a.runes, b.runes, limit) <= limit {
			return 0.75
		}
	}
	if a.script != b.script && short >= 4 && nearSkeleton(skeleton(a.text), skeleton(b.text)) {
		return 0.75
	}
	return 0
}

func allowedEdits(letters int) int {
	switch {
	case letters >= 8:
		return 2
	case letters >= 5:
		return 1
	}
	return 0
}

func nearSkeleton(a, b string) bool {
	if a == b && len(a) >= 3 {
		return true
	}
	if len(a) < 5 || len(b) < 5 || abs(len(a)-len(b)) > 2 {
		return false
	}
	limit := 1
	if min(len(a), len(b)) >= 8 {
		limit = 2
	}
	return editDistance([]rune(a), []rune(b), limit) <= limit
}

// wordForm is a folded word with what comparing needs.
type wordForm struct {
	text   string
	runes  []rune
	script byte // 'l' Latin, 'c' Cyrillic, 'a' Arabic, 'o' other
}

func formOf(folded string) wordForm {
	return wordForm{text: folded, runes: []rune(folded), script: scriptOf(folded)}
}

func scriptOf(word string) byte {
	r, _ := utf8.DecodeRuneInString(word)
	switch {
	case unicode.Is(unicode.Latin, r):
		return 'l'
	case unicode.Is(unicode.Cyrillic, r):
		return 'c'
	case unicode.Is(unicode.Arabic, r):
		return 'a'
	}
	return 'o'
}

// skeleton writes a word as it sounds in rough Latin letters, so that a name in
// another script or spelling compares equal.
func skeleton(word string) string {
	var b strings.Builder
	for _, r := range word {
		b.WriteString(latin(r))
	}
	s := sounds.Replace(b.String())
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if len(out) > 0 && out[len(out)-1] == s[i] {
			continue
		}
		out = append(out, s[i])
	}
	return string(out)
}

// sounds folds the spellings of one sound.
var sounds = strings.NewReplacer("tch", "c", "tsch", "c", "sch", "s", "sh", "s", "ch", "c", "kh", "k", "ph", "f", "th", "t", "ce", "se", "ci", "si", "cy", "si",
	"c", "k", "q", "k", "y", "i", "w", "v", "j", "i", "x", "ks", "h", "", "ou", "u", "oo", "u", "z", "s")

func latin(r rune) string {
	const from = "абвгдезийклмнопрстуфхцыэіїєґ"
	const to = "abvgdeziiklmnoprstufhcieiieg"
	if r < 0x80 {
		return string(r)
	}
	if i := strings.IndexRune(from, r); i >= 0 {
		return to[i/2 : i/2+1]
	}
	switch r {
	case 'ж':
		return "j"
	case 'ч':
		return "ch"
	case 'ш', 'щ':
		return "sh"
	case 'ю':
		return "iu"
	case 'я':
		return "ia"
	case 'ь', 'ъ':
		return ""
	}
	return string(r)
}

func digits(word string) bool { return strings.ContainsAny(word, "0123456789") }

func commonPrefix(a, b []rune) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// editDistance counts insertions, deletions, replacements and swaps of
// neighbours between a and b; above limit it returns limit+1.
func editDistance(a, b []rune, limit int) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		best := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			best = min(best, row[j])
		}
		if best > limit {
			return limit + 1
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
