package ingest

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// newStyle measures the type of a whole document.
func newStyle(words []word) *style {
	s := &style{body: 10, leading: 1.45, broken: make(map[string]struct{})}
	bySize := make(map[float64]int)
	all, bold := 0, 0
	for _, w := range words {
		bySize[math.Round(w.size*2)/2] += len(w.text)
		all += len(w.text)
		if w.bold {
			bold += len(w.text)
		}
		if i := strings.IndexByte(w.text, '-'); i > 0 && i < len(w.text)-1 {
			s.broken[hyphenKey(w.text)] = struct{}{}
		}
	}
	s.bold = 2*bold > all
	most := 0
	for size, n := range bySize {
		if n > most || n == most && size < s.body {
			s.body, most = size, n
		}
	}
	s.levels = headingSizes(bySize, s.body)
	return s
}

// headingSizes returns the sizes that stand out from the body, largest first,
// those close to each other once.
func headingSizes(bySize map[float64]int, body float64) []float64 {
	const most = 4
	var sizes []float64
	for size := range bySize {
		if size >= 1.14*body {
			sizes = append(sizes, size)
		}
	}
	slices.SortFunc(sizes, func(a, b float64) int { return cmp.Compare(b, a) })
	var out []float64
	start := 0.0 // the largest size of the level that is being gathered
	for _, size := range sizes {
		if len(out) > 0 && start < 1.12*size || len(out) == most {
			out[len(out)-1] = size
			continue
		}
		out, start = append(out, size), size
	}
	return out
}
