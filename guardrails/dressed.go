package guardrails

import (
	"strings"
	"unicode"

	"frontdesk"
)

// dressed finds adverts by how they hide from filters: words that mix Latin and
// Cyrillic letters, letters borrowed from phonetics or Cherokee, tiles with letters,
// Latin letters with accents that no one language has together, and the letter O
// in place of zeros. Nobody writes to a clinic so.
func dressed(p *prepared) []evidence {
	mixed, borrowed := 0, 0
	marks := map[rune]bool{}
	for _, w := range p.words {
		latin, cyrillic := 0, 0
		for _, r := range p.runes[w.start:w.end] {
			switch {
			case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z':
				latin++
			case r >= 0x400 && r <= 0x52F:
				cyrillic++
			case costume(r):
				borrowed++
			case r >= 0x100 && r <= 0x24F:
				marks[unicode.ToLower(r)] = true
			}
		}
		if latin > 0 && cyrillic > 0 && latin+cyrillic > 2 {
			mixed++
		}
	}
	for _, r := range p.runes {
		if r == '🔤' || r >= 0x1F130 && r <= 0x1F189 {
			borrowed++
		}
	}
	switch {
	case mixed >= mostMixed && mixed*4 >= len(p.words):
		return []evidence{{frontdesk.LabelSpam, "words of two alphabets"}}
	case borrowed >= mostBorrowed:
		return []evidence{{frontdesk.LabelSpam, "borrowed letters"}}
	case strayMarks(marks) >= mostStray:
		return []evidence{{frontdesk.LabelSpam, "accents of no language"}}
	case zeros(p.runes):
		return []evidence{{frontdesk.LabelSpam, "letters for zeros"}}
	}
	return nil
}

// What is still taken for chance.
const (
	mostMixed    = 4 // words
	mostBorrowed = 4 // letters
	mostStray    = 4 // letters beyond those of the language that has most of them
)

// costume tells the letters of phonetics, Cherokee and enclosed alphabets that stand
// for others. ə and the like are letters of Azerbaijani and African languages.
func costume(r rune) bool {
	switch r {
	case 'ə', 'ɛ', 'ɔ', 'ɓ', 'ɗ', 'ɖ', 'ɣ', 'ɩ', 'ʋ', 'ŋ':
		return false
	}
	return r >= 0x250 && r <= 0x2AF || r >= 0x1D00 && r <= 0x1D7F || r >= 0x13A0 && r <= 0x13FD || r >= 0xA728 && r <= 0xA7B7
}

// alphabets are the letters beyond Latin-1 of the languages that have several.
var alphabets = []string{
	"ąćęłńśźż", "čďěňřšťůž", "ășțşţ", "ğışi̇", "őű", "āčēģīķļņŗšūžō", "ąčęėįšųūž", "ĉĝĥĵŝŭ", "ćčđšž", "ľĺŕčďňšťž", "ăđĩũơư", "əğışç",
	"ŵŷ", "ċġħż", "āēīōū", "čđŋšŧž",
}

// strayMarks counts the letters that the language with most of them lacks.
func strayMarks(marks map[rune]bool) int {
	best := 0
	for _, a := range alphabets {
		n := 0
		for r := range marks {
			if strings.ContainsRune(a, r) {
				n++
			}
		}
		best = max(best, n)
	}
	return len(marks) - best
}

// zeros tells a sum whose zeros are letters: "1OOtr", "97.ooo".
func zeros(runes []rune) bool {
	for i := 1; i+1 < len(runes); i++ {
		if at := runes[i-1]; at >= '0' && at <= '9' || at == '.' && i > 1 && runes[i-2] >= '0' && runes[i-2] <= '9' {
			if (runes[i] == 'O' || runes[i] == 'o') && (runes[i+1] == 'O' || runes[i+1] == 'o') {
				return true
			}
		}
	}
	return false
}
