package guardrails

import (
	"iter"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"frontdesk"
)

// scan is a text under search: upper case, invisible signs gone, digits and
// full-width letters folded. What is found is blanked, so that it counts once.
type scan struct {
	original []rune
	text     []byte // what is left to search
	whole    string // the same before anything was blanked
	origin   []int  // byte → code point of the original
	marks    []frontdesk.Mark
	cues     []cueAt // of whole, in order of their ends
	read     bool    // cues are there
}

func newScan(runes []rune) *scan {
	s := &scan{original: runes}
	pictured := false
	_, cyrillic := telling(strings.ToLower(string(runes)))
	for i, r := range runes {
		if invisible(r) {
			continue
		}
		if picture(r) {
			pictured = true
			continue
		}
		if pictured && r == ' ' && len(s.text) > 0 && s.text[len(s.text)-1] == ' ' {
			continue // one space is enough where a picture was
		}
		pictured = false
		switch {
		case r >= 0xFF01 && r <= 0xFF5E:
			r = unicode.ToUpper(r - 0xFEE0)
		case cyrillic == 0 && r >= 0x400 && r <= 0x52F: // planted: a text of look-alikes alone is no Russian
			if to, ok := toLatin[unicode.ToLower(r)]; ok {
				r = unicode.ToUpper(to)
			}
		case r == 0xA0 || r == 0x202F || r == 0x2009 || r == 0x3000 || r == '\t' || r == '\n' || r == '\r':
			r = ' '
		case r >= 0x2010 && r <= 0x2015 || r == 0x2212:
			r = '-'
		default:
			r = digit(unicode.ToUpper(r))
		}
		n := len(s.text)
		s.text = utf8.AppendRune(s.text, r)
		for range len(s.text) - n {
			s.origin = append(s.origin, i)
		}
	}
	s.whole = string(s.text)
	return s
}

// picture tells the emoji that people put between the parts of a number.
func picture(r rune) bool {
	return r >= 0x1F000 && r <= 0x1FAFF || r >= 0x2600 && r <= 0x27BF || r >= 0x2B00 && r <= 0x2BFF
}

// take marks bytes [a,b) as found and blanks them.
func (s *scan) take(kind string, a, b int, secret bool) {
	for b > a && s.text[b-1] == ' ' {
		b--
	}
	s.marks = append(s.marks, frontdesk.Mark{Type: kind, Start: s.origin[a], End: s.origin[b-1] + 1, Secret: secret})
	s.blank(a, b)
}

func (s *scan) blank(a, b int) {
	for i := a; i < b; i++ {
		s.text[i] = 0
	}
}

// How far before a number, in bytes, its word may stand; nearer for words that
// are frequent beside other things.
const (
	nearBytes   = 48
	phoneBytes  = 30
	closeBytes  = 24
	closerBytes = 20
)

// How far around a digit, in bytes, is looked for what needs digits.
const (
	window      = 48 // an identifier
	windowWords = 90 // an address, a code with the words before it
	windowDate  = 28 // a date, a time, a price
)

// search finds a form; one that needs digits is looked for only around so many of
// them, which keeps long texts cheap.
func (s *scan) search(form *regexp.Regexp, digits, width int) [][]int {
	if digits == 0 {
		return form.FindAllIndex(s.text, 20)
	}
	var out [][]int
	for a, b := range s.around(width) {
		if countDigits(s.text[a:b]) < digits {
			continue
		}
		for _, m := range form.FindAllSubmatchIndex(s.text[a:b], 20) {
			for i := range m {
				if m[i] >= 0 {
					m[i] += a
				}
			}
			if out = append(out, m); len(out) >= mostFound {
				return out
			}
		}
	}
	return out
}

// mostFound is how many places one form marks in a text.
const mostFound = 50

// around yields the stretches of what is left of a text that lie within width
// bytes of a digit, cut at spaces.
func (s *scan) around(width int) iter.Seq2[int, int] {
	return func(yield func(a, b int) bool) {
		done := 0
		for at := 0; at < len(s.text); {
			if !isDigit(s.text[at]) {
				at++
				continue
			}
			a, b, last := max(done, at-width), at, at
			for b < len(s.text) && b-last < width {
				if isDigit(s.text[b]) {
					last = b
				}
				b++
			}
			for a > done && s.text[a-1] != ' ' {
				a--
			}
			for b < len(s.text) && s.text[b] != ' ' {
				b++
			}
			if !yield(a, b) {
				return
			}
			at, done = b, b
		}
	}
}
