package ingest

import (
	"cmp"
	"math"
	"slices"
)

// Stage three: ruling lines that cross become grids, and grids become tables or,
// where they only frame text, regions.

// grid is a set of ruling lines that hang together.
type grid struct {
	box    box
	xs, ys []float64 // positions of its vertical and horizontal lines
	rules  []rule
	words  [][][]word // by row and column; of a merged cell, in its first
}

// How far apart, in points, lines that meet may be drawn.
const ruleSlack = 3.0

// findGrids returns the grids of a page, from top to bottom.
func findGrids(rules []rule) []*grid {
	const most = 3000 // beyond that it is a drawing
	if len(rules) > most {
		return nil
	}
	var out []*grid
	for _, group := range connected(joinRules(rules)) {
		if g := newGrid(group); g != nil {
			out = append(out, g)
		}
	}
	slices.SortStableFunc(out, func(a, b *grid) int { return cmp.Compare(a.box.y0, b.box.y0) })
	return outermost(out)
}

// joinRules joins pieces of one line that touch or overlap.
func joinRules(rules []rule) []rule {
	sorted := slices.Clone(rules)
	slices.SortStableFunc(sorted, func(a, b rule) int {
		if a.vertical != b.vertical {
			if a.vertical {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(math.Round(a.at()), math.Round(b.at())), cmp.Compare(a.from(), b.from()))
	})
	var out []rule
	for _, r := range sorted {
		joined := false
		for i := len(out) - 1; i >= 0 && out[i].vertical == r.vertical && r.at()-out[i].at() < 2*ruleSlack; i-- {
			if math.Abs(out[i].at()-r.at()) < ruleSlack/2 && r.from() <= out[i].to()+ruleSlack && out[i].from() <= r.to()+ruleSlack {
				out[i].box = out[i].box.union(r.box)
				joined = true
				break
			}
		}
		if !joined {
			out = append(out, r)
		}
	}
	return out
}

func (r rule) at() float64 {
	if r.vertical {
		return r.box.midX()
	}
	return r.box.midY()
}

func (r rule) from() float64 {
	if r.vertical {
		return r.box.y0
	}
	return r.box.x0
}

func (r rule) to() float64 {
	if r.vertical {
		return r.box.y1
	}
	return r.box.x1
}

// meets tells whether two lines cross or touch.
func (r rule) meets(o rule) bool {
	return r.box.x0 <= o.box.x1+ruleSlack && o.box.x0 <= r.box.x1+ruleSlack &&
		r.box.y0 <= o.box.y1+ruleSlack && o.box.y0 <= r.box.y1+ruleSlack
}

// connected groups rules that meet.
func connected(rules []rule) [][]rule {
	group := make([]int, len(rules))
	for i := range group {
		group[i] = i
	}
	root := func(i int) int {
		for group[i] != i {
			group[i] = group[group[i]]
			i = group[i]
		}
		return i
	}
	for i := range rules {
		for j := range i {
			if rules[i].vertical != rules[j].vertical && rules[i].meets(rules[j]) {
				group[root(i)] = root(j)
			}
		}
	}
	byRoot := make(map[int][]rule)
	var order []int
	for i, r := range rules {
		k := root(i)
		if byRoot[k] == nil {
			order = append(order, k)
		}
		byRoot[k] = append(byRoot[k], r)
	}
	out := make([][]rule, 0, len(order))
	for _, k := range order {
		out = append(out, byRoot[k])
	}
	return out
}

// newGrid returns nil for lines that enclose nothing.
func newGrid(rules []rule) *grid {
	g := &grid{rules: rules, box: rules[0].box}
	for _, r := range rules {
		g.box = g.box.union(r.box)
		if r.vertical {
			g.xs = append(g.xs, r.at())
		} else {
			g.ys = append(g.ys, r.at())
		}
	}
	g.xs, g.ys = distinct(g.xs), distinct(g.ys)
	const mostLines = 400
	if len(g.ys) < 2 || len(g.xs) < 1 || len(g.xs)+len(g.ys) > mostLines {
		return nil
	}
	g.openSides()
	if len(g.xs) < 2 {
		return nil
	}
	return g
}

// openSides adds the left and right edges of a table that is drawn without them.
func (g *grid) openSides() {
	const open = 12.0 // points that lines reach beyond the last vertical one
	left, right := math.Inf(1), math.Inf(-1)
	for _, r := range g.rules {
		if !r.vertical {
			left, right = min(left, r.box.x0), max(right, r.box.x1)
		}
	}
	if left < g.xs[0]-open {
		g.xs = append([]float64{left}, g.xs...)
	}
	if right > g.xs[len(g.xs)-1]+open {
		g.xs = append(g.xs, right)
	}
}

func distinct(values []float64) []float64 {
	slices.Sort(values)
	var out []float64
	for _, v := range values {
		if len(out) == 0 || v-out[len(out)-1] > ruleSlack {
			out = append(out, v)
		}
	}
	return out
}

// outermost drops grids inside others: a table in a cell belongs to the cell.
func outermost(grids []*grid) []*grid {
	var out []*grid
	for i, g := range grids {
		inside := false
		for j, o := range grids {
			if i != j && o.cells() > 1 && o.box.contains(g.box.midX(), g.box.midY()) && o.box.width()*o.box.height() > g.box.width()*g.box.height() {
				inside = true
			}
		}
		if !inside {
			out = append(out, g)
		}
	}
	return out
}

func (g *grid) cells() int   { return g.columns() * g.rows() }
func (g *grid) columns() int { return len(g.xs) - 1 }
func (g *grid) rows() int    { return len(g.ys) - 1 }

// parted tells whether a line parts two neighbouring cells: the line at position
// at, over the stretch around mid.
func (g *grid) parted(vertical bool, at, mid float64) bool {
	for _, r := range g.rules {
		if r.vertical == vertical && math.Abs(r.at()-at) <= ruleSlack && r.from() <= mid && r.to() >= mid {
			return true
		}
	}
	return false
}

// fill takes the words that lie in the grid and returns the others.
func (g *grid) fill(words []word) []word {
	rows, columns := g.rows(), g.columns()
	owner := g.merge()
	g.words = make([][][]word, rows)
	for i := range g.words {
		g.words[i] = make([][]word, columns)
	}
	var rest []word
	for _, w := range words {
		x, y := w.box.midX(), w.box.midY()
		if !g.box.contains(x, y) {
			rest = append(rest, w)
			continue
		}
		at := owner[min(search(g.ys, y), rows-1)*columns+min(search(g.xs, x), columns-1)]
		g.words[at/columns][at%columns] = append(g.words[at/columns][at%columns], w)
	}
	return rest
}

// search returns the index of the interval that v lies in.
func search(edges []float64, v float64) int {
	i, _ := slices.BinarySearch(edges, v)
	return max(i-1, 0)
}

// merge returns, for each cell, the first cell of those that no line parts.
func (g *grid) merge() []int {
	rows, columns := g.rows(), g.columns()
	owner := make([]int, rows*columns)
	for r := range rows {
		midY := (g.ys[r] + g.ys[r+1]) / 2
		for c := range columns {
			i := r*columns + c
			owner[i] = i
			midX := (g.xs[c] + g.xs[c+1]) / 2
			if c > 0 && !g.parted(true, g.xs[c], midY) {
				owner[i] = owner[i-1]
			} else if r > 0 && !g.parted(false, g.ys[r], midX) {
				owner[i] = owner[i-columns]
			}
		}
	}
	return owner
}
