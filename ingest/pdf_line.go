package ingest

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Stage two: glyphs become words, words become lines.

// word is a run of glyphs without a gap.
type word struct {
	text   string
	box    box
	size   float64
	bold   bool
	hidden bool
	rtl    bool
	broken bool // ends with a hyphen that only the line's end put there
}

// line is what stands side by side on one baseline, in reading order.
type line struct {
	words []word
	box   box
}

// The measures of stage two, in ems.
const (
	wordGap    = 0.28 // a wider gap parts words even without a space
	sameLine   = 0.45 // baselines closer than this are one line
	segmentGap = 1.1  // a wider gap may part columns
)

// upright turns the glyphs of one direction so that they read from left to right.
func upright(glyphs []glyph, turn int, width, height float64) []glyph {
	if turn == 0 {
		return glyphs
	}
	out := slices.Clone(glyphs)
	for i := range out {
		out[i].box = turnBox(out[i].box, turn, width, height)
	}
	return out
}

func turnBox(b box, turn int, width, height float64) box {
	switch turn {
	case 1:
		return box{height - b.y1, b.x0, height - b.y0, b.x1}
	case 2:
		return box{width - b.x1, height - b.y1, width - b.x0, height - b.y0}
	case 3:
		return box{b.y0, width - b.x1, b.y1, width - b.x0}
	}
	return b
}

// toWords cuts glyphs, in the order of the text layer, into words.
func toWords(glyphs []glyph) []word {
	var out []word
	var run []glyph
	flush := func() {
		if len(run) > 0 {
			if w := newWord(run); w.text != "" {
				out = append(out, w)
			}
		}
		run = run[:0]
	}
	for _, g := range glyphs {
		switch {
		case g.space:
			flush()
			continue
		case len(run) > 0 && apart(run[len(run)-1], g):
			flush()
		}
		run = append(run, g)
	}
	flush()
	return out
}

// apart tells whether two glyphs that follow each other belong to two words.
func apart(a, b glyph) bool {
	size := max(min(a.size, b.size), 1)
	if d := b.box.midY() - a.box.midY(); d > sameLine*size || d < -sameLine*size {
		return true
	}
	return max(b.box.x0-a.box.x1, a.box.x0-b.box.x1) > wordGap*size
}

func newWord(run []glyph) word {
	var b strings.Builder
	w := word{box: run[0].box, hidden: true}
	bold := 0
	for _, g := range run {
		b.WriteRune(g.r)
		w.box = w.box.union(g.box)
		w.size = max(w.size, g.size)
		w.hidden = w.hidden && g.hidden
		if g.bold {
			bold++
		}
	}
	w.broken = run[len(run)-1].joined
	w.bold = 2*bold > len(run)
	w.text = cleanText(b.String())
	w.rtl = isRightToLeft(w.text)
	return w
}

// cleanText undoes ligatures and composes accents; everything else stays as the
// document has it.
func cleanText(s string) string {
	ascii := true
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 || s[i] < 0x20 {
			ascii = false
			break
		}
	}
	if ascii {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= 0xFB00 && r <= 0xFB06, r >= 0xFB50 && r <= 0xFDFF, r >= 0xFE70 && r < 0xFEFF:
			b.WriteString(norm.NFKC.String(string(r)))
		case r == 0xAD, r < 0x20, r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r == 0xFEFF:
		default:
			b.WriteRune(r)
		}
	}
	return norm.NFC.String(b.String())
}

func isRightToLeft(s string) bool {
	rtl, ltr := 0, 0
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Arabic, unicode.Hebrew) && unicode.IsLetter(r):
			rtl++
		case unicode.IsLetter(r):
			ltr++
		}
	}
	return rtl > ltr
}

// toLines gathers words that stand on one baseline, from top to bottom.
func toLines(words []word) []line {
	sorted := slices.Clone(words)
	slices.SortStableFunc(sorted, func(a, b word) int { return cmp.Compare(a.box.midY(), b.box.midY()) })
	var lines []line
	for _, w := range sorted {
		if i := lineFor(lines, w); i >= 0 {
			lines[i].words = append(lines[i].words, w)
			lines[i].box = lines[i].box.union(w.box)
			continue
		}
		lines = append(lines, line{words: []word{w}, box: w.box})
	}
	for i := range lines {
		lines[i].order()
	}
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Compare(a.box.midY(), b.box.midY()) })
	return lines
}

// lineFor returns the index of the line that w stands on, -1 if there is none yet.
func lineFor(lines []line, w word) int {
	const back = 6
	for i := len(lines) - 1; i >= 0 && i >= len(lines)-back; i-- {
		for _, o := range lines[i].words {
			if sameBaseline(o.box, w.box) {
				return i
			}
		}
	}
	return -1
}

// sameBaseline tells whether two pieces of text stand on one line: on one baseline,
// or as a raised or lowered mark right beside the other.
func sameBaseline(a, b box) bool {
	const descent = 0.22 // of a box's height
	height := min(a.height(), b.height())
	baseline := math.Abs((a.y1 - descent*a.height()) - (b.y1 - descent*b.height()))
	if baseline < 0.3*height || math.Abs(a.midY()-b.midY()) < 0.25*height {
		return true
	}
	overlap := min(a.y1, b.y1) - max(a.y0, b.y0)
	return overlap > (1-sameLine)*height && max(b.x0-a.x1, a.x0-b.x1) < wordGap*height && max(a.height(), b.height()) < 2*height
}

// order puts the words of a line into reading order: from the right where most
// of it is written from the right, but numbers and foreign words from the left.
func (l *line) order() {
	slices.SortStableFunc(l.words, func(a, b word) int { return cmp.Compare(a.box.x0, b.box.x0) })
	rtl, ltr := 0, 0
	for _, w := range l.words {
		switch {
		case w.rtl:
			rtl++
		case strings.IndexFunc(w.text, unicode.IsLetter) >= 0:
			ltr++
		}
	}
	if rtl == 0 || rtl < ltr {
		return
	}
	slices.Reverse(l.words)
	for i := 0; i < len(l.words); {
		j := i
		for j < len(l.words) && !l.words[j].rtl {
			j++
		}
		slices.Reverse(l.words[i:j])
		i = max(j, i+1)
	}
}

func (l line) text() string {
	parts := make([]string, len(l.words))
	for i, w := range l.words {
		parts[i] = w.text
	}
	return strings.Join(parts, " ")
}

// size is the size of most of a line's letters.
func (l line) size() float64 {
	best, most := 0.0, 0
	count := make(map[float64]int, 2)
	for _, w := range l.words {
		count[w.size] += len(w.text)
		if count[w.size] > most {
			best, most = w.size, count[w.size]
		}
	}
	return best
}

func (l line) bold() bool {
	n, all := 0, 0
	for _, w := range l.words {
		all += len(w.text)
		if w.bold {
			n += len(w.text)
		}
	}
	return 10*n >= 9*all
}
