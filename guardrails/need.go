package guardrails

import (
	"regexp"
	"slices"
	"strings"

	"frontdesk"
)

// HoldsSecret tells whether a text holds what must never be kept or passed on, such
// as a card number or a password. It costs a fraction of [Screens.Rules].
func (s *Screens) HoldsSecret(text string) bool {
	return slices.ContainsFunc(identifiers([]rune(text), Hints{}, s.now()), func(m frontdesk.Mark) bool { return m.Secret })
}

// needing is an expression that costs much and finds rarely, with words of which it
// needs one: a text without any is not searched. Most texts have none.
type needing struct {
	form  *regexp.Regexp
	needs []string
}

func need(form string, needs ...string) needing {
	return needing{form: regexp.MustCompile(form), needs: needs}
}

// in tells whether a text (in upper case) has what the expression needs.
func (n needing) in(text string) bool {
	for _, word := range n.needs {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// needingMost is how many places one expression marks in a text.
const needingMost = 5

// all returns the places in what is left of a scan, with their groups.
func (n needing) all(s *scan) [][]int {
	if !n.in(s.whole) {
		return nil
	}
	return n.form.FindAllSubmatchIndex(s.text, needingMost)
}

// mayDate tells whether a text can hold a date: every form of one has either four
// digits in a row, or digits on both sides of a point, dash or slash.
func mayDate(text []byte) bool {
	run, beforeMark := 0, false // digits in a row; a digit, then perhaps a space, then a mark
	for i, c := range text {
		switch {
		case isDigit(c):
			if run++; run == 4 || beforeMark {
				return true
			}
			continue
		case c == '.' || c == '-' || c == '/':
			beforeMark = i > 0 && (isDigit(text[i-1]) || i > 1 && text[i-1] == ' ' && isDigit(text[i-2]))
		case c == ' ' && beforeMark && text[i-1] != ' ':
		default:
			beforeMark = false
		}
		run = 0
	}
	return false
}
