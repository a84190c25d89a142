package ingest

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// quality says how far a page's text is what a person wrote.
type quality struct {
	tokens  int     // words of at least three marks with a letter among them
	letters int     // letters and figures in all
	score   float64 // 0 to 1: the share of tokens that look like words
}

// Scores between which a text is looked at again. They stand on the layers of
// TestQualityTellsGoodLayersFromSpoiltOnes, in eleven languages: good ones score
// 0.90 and more, spoilt ones (codes shifted, a wrong charset, Cyrillic recognised as
// Latin, codes of the font's own, letters at random) less than 0.60, but for
// Russian in KOI8 read as Windows-1251: 0.79, doubtful and no more.
const (
	qualityGood = 0.85 // beyond doubt
	qualityBad  = 0.70 // worse than what OCR makes of the page's picture
	qualityNone = 0.50 // worse than no text
	fewTokens   = 12   // fewer say nothing
)

// measure measures words of one page.
func measure(words []word) quality {
	var q quality
	good, broken := 0, 0
	var sound vowelShare
	for _, w := range words {
		sound.add(w.text)
		meaningless, marks := 0, 0
		for _, r := range w.text {
			marks++
			switch {
			case unicode.IsLetter(r), unicode.IsDigit(r):
				q.letters++
			case r == unicode.ReplacementChar, unicode.In(r, unicode.Cc, unicode.Co):
				meaningless++
			}
		}
		if marks > 1 { // a single one is a bullet
			broken += meaningless
		}
		if marks > 2 && 2*meaningless > marks {
			q.tokens++
			continue
		}
		token := strings.TrimFunc(w.text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if utf8.RuneCountInString(token) < 3 || !hasLetters(token, 2) {
			continue
		}
		q.tokens++
		if looksLikeWord(token) {
			good++
		}
	}
	if q.tokens == 0 {
		q.score = 1
		return q
	}
	q.score = float64(good) / float64(q.tokens) * sound.factor()
	if all := q.letters + broken; all > 0 {
		q.score *= 1 - float64(broken)/float64(all)
	}
	return q
}

// vowelShare counts vowels among letters of the alphabets that write them: a layer
// whose codes are shifted may look like words in capitals, but has few.
type vowelShare struct{ vowels, letters int }

func (v *vowelShare) add(text string) {
	for _, r := range text {
		if unicode.In(r, unicode.Latin, unicode.Cyrillic) {
			v.letters++
			if isVowel(r) {
				v.vowels++
			}
		}
	}
}

// factor is 1 for the share that languages have (0.35 to 0.50), less below.
func (v *vowelShare) factor() float64 {
	const (
		enough = 60 // letters
		least  = 0.25
		usual  = 0.35
	)
	if share := float64(v.vowels) / float64(max(v.letters, 1)); v.letters >= enough && share < least {
		return share / usual
	}
	return 1
}

// bad tells whether a text is worse than OCR.
func (q quality) bad() bool { return q.tokens >= fewTokens && q.score < qualityBad }

// looksLikeWord tells whether a token could be a word of some language: letters of
// one alphabet, upper case only at its start or throughout, with a vowel.
func looksLikeWord(token string) bool {
	if strings.ContainsAny(token, "@/") || strings.Contains(token, "www.") {
		return true // an address
	}
	for _, part := range strings.FieldsFunc(token, func(r rune) bool { return strings.ContainsRune("-–'’.:", r) }) {
		if !looksLikePart(part) {
			return false
		}
	}
	return true
}

func looksLikePart(part string) bool {
	var letters, upper, vowels, accented, digits, others, run, longest int
	latin, cyrillic := 0, 0
	lowerBeforeUpper := false
	previousLower := false
	for _, r := range part {
		switch {
		case unicode.IsDigit(r):
			digits++
		case !unicode.IsLetter(r) && !unicode.IsMark(r):
			others++
		}
		if !unicode.IsLetter(r) {
			previousLower = false
			continue
		}
		letters++
		if unicode.IsUpper(r) {
			upper++
			lowerBeforeUpper = lowerBeforeUpper || previousLower
		}
		previousLower = unicode.IsLower(r)
		if unicode.Is(unicode.Latin, r) {
			latin++
		}
		if unicode.Is(unicode.Cyrillic, r) {
			cyrillic++
		}
		if r >= 0xC0 && r <= 0xFF {
			accented++
		}
		if isVowel(r) {
			vowels, run = vowels+1, 0
		} else {
			run++
			longest = max(longest, run)
		}
	}
	switch {
	case latin > 0 && cyrillic > 0, others > 0, digits > 0 && letters > 2:
		return false
	case latin+cyrillic == 0 || letters < 3:
		return true
	case upper == letters:
		return true
	case lowerBeforeUpper, upper > 1 && upper < letters, 2*accented > letters:
		return false
	}
	const mostConsonants = 6
	return vowels > 0 && longest < mostConsonants
}

func isVowel(r rune) bool {
	r = unicode.ToLower(r)
	return strings.ContainsRune("aeiouyаеёиоуыэюяіїєў", r) || r >= 0xE0 && r <= 0xFF && r != 'ç' && r != 'ñ' && r != 'ß' || r >= 0x100 && r < 0x180
}
