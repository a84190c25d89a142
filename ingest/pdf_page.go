package ingest

// pageLayout is a page between its glyphs and its blocks: its text by direction,
// the usual direction first.
type pageLayout struct {
	number  int
	width   float64
	height  float64
	turns   []turnLayout
	hidden  int // letters that are drawn invisibly
	letters int

	pictures []box
	quality  quality
}

// turnLayout is the text of one direction, turned upright.
type turnLayout struct {
	words  []word
	rules  []rule
	parts  []rule // what parts the words of a line: vertical rules, leaders
	height float64
	drawn  bool // read from a picture
}

func newPageLayout(p *rawPage) *pageLayout {
	l := &pageLayout{number: p.number, width: p.width, height: p.height, pictures: p.pictures}
	var byTurn [4][]glyph
	byTurn[0] = make([]glyph, 0, len(p.glyphs)) // mostly all of them
	turn := 0
	for _, g := range p.glyphs {
		if !g.space {
			turn = g.turn
			l.letters++
			if g.hidden {
				l.hidden++
			}
		}
		byTurn[turn] = append(byTurn[turn], g) // white space belongs to what it follows
	}
	for _, turn := range mostFirst(byTurn) {
		if len(byTurn[turn]) > 0 {
			l.turns = append(l.turns, newTurnLayout(p, byTurn[turn], turn))
		}
	}
	l.quality = measure(l.words())
	return l
}

// doubtful tells whether a person should compare the page's text with the page: it
// was read from a picture, or does not look like words throughout.
func (l *pageLayout) doubtful() bool {
	for _, t := range l.turns {
		if t.drawn {
			return true
		}
	}
	q := measure(l.words())
	return q.tokens >= fewTokens && q.score < qualityGood
}

// mostFirst orders the four directions: the one with most text first.
func mostFirst(byTurn [4][]glyph) []int {
	order := []int{0, 1, 2, 3}
	best := 0
	for i := range byTurn {
		if len(byTurn[i]) > len(byTurn[best]) {
			best = i
		}
	}
	order[0], order[best] = order[best], order[0]
	return order
}

func newTurnLayout(p *rawPage, glyphs []glyph, turn int) turnLayout {
	t := turnLayout{height: p.height}
	if turn%2 == 1 {
		t.height = p.width
	}
	for _, r := range p.rules {
		b := turnBox(r.box, turn, p.width, p.height)
		r = rule{box: b, vertical: r.vertical != (turn%2 == 1)}
		t.rules = append(t.rules, r)
		if r.vertical {
			t.parts = append(t.parts, r)
		}
	}
	glyphs, leaders := cutLeaders(upright(glyphs, turn, p.width, p.height))
	t.parts = append(t.parts, leaders...)
	t.words = toWords(glyphs)
	return t
}

func (l *pageLayout) words() []word {
	var out []word
	for _, t := range l.turns {
		out = append(out, t.words...)
	}
	return out
}

func (l *pageLayout) blocks(b *blockBuilder) {
	for _, t := range l.turns {
		b.leaders = t.parts
		b.regions(pageRegions(t.words, t.parts, findGrids(t.rules)))
	}
}

// leaderRun is how many equal marks in a row lead the eye to a figure.
const leaderRun = 4

// cutLeaders takes rows of dots out, such as those between a service and its
// price, and returns where they stood.
func cutLeaders(glyphs []glyph) ([]glyph, []rule) {
	var leaders []rule
	out := make([]glyph, 0, len(glyphs))
	for i := 0; i < len(glyphs); {
		if !isLeader(glyphs[i].r) {
			out = append(out, glyphs[i])
			i++
			continue
		}
		j, marks, last := i, 0, i
		for j < len(glyphs) && (glyphs[j].space && marks > 0 || glyphs[j].r == glyphs[i].r && isLeader(glyphs[j].r)) {
			if !glyphs[j].space {
				if marks > 0 && (apartLines(glyphs[last], glyphs[j]) || glyphs[j].box.x0 < glyphs[last].box.x0) {
					break
				}
				marks, last = marks+1, j
				if glyphs[j].r == '…' {
					marks += 2
				}
			}
			j++
		}
		if marks < leaderRun {
			out = append(out, glyphs[i])
			i++
			continue
		}
		leaders = append(leaders, rule{box: glyphs[i].box.union(glyphs[last].box), vertical: true, leader: true})
		out = append(out, glyph{r: ' ', space: true})
		i = j
	}
	return out, leaders
}

func isLeader(r rune) bool {
	return r == '.' || r == '…' || r == '_' || r == '·' || r == '․' || r == '‥'
}

func apartLines(a, b glyph) bool {
	d := a.box.midY() - b.box.midY()
	return d > sameLine*a.size || d < -sameLine*a.size
}
