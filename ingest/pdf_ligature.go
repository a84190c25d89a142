package ingest

import "slices"

// orderLigatures puts the letters of right-to-left ligatures into logical order. A
// ligature is one glyph with several letters, which readers of a line from right to
// left turn around with the line. Lam with alef is the ligature that no Arabic text
// does without, and alef, which joins nothing after it, never comes first in one: so
// where alef comes first, all ligatures of the page are turned around.
func orderLigatures(glyphs []glyph) {
	turned, straight := 0, 0
	eachLigature(glyphs, func(letters []glyph) {
		switch first, last := letters[0].r, letters[len(letters)-1].r; {
		case isAlef(first) && last == lam:
			turned++
		case first == lam && isAlef(last):
			straight++
		}
	})
	if turned <= straight {
		return
	}
	eachLigature(glyphs, func(letters []glyph) { slices.Reverse(letters) })
}

const lam = '\u0644'

func isAlef(r rune) bool { return r == 'ا' || r == 'أ' || r == 'إ' || r == 'آ' || r == 'ٱ' }

// eachLigature calls f with the letters of each ligature of Arabic letters: those in
// one and the same place.
func eachLigature(glyphs []glyph, f func([]glyph)) {
	for i := 0; i < len(glyphs); {
		j := i + 1
		for j < len(glyphs) && isArabicLetter(glyphs[i]) && isArabicLetter(glyphs[j]) && glyphs[j].box == glyphs[i].box {
			j++
		}
		if j > i+1 {
			f(glyphs[i:j])
		}
		i = j
	}
}

func isArabicLetter(g glyph) bool { return !g.space && g.r >= 0x0620 && g.r <= 0x06FF }
