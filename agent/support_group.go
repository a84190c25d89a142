package agent

import (
	"strings"
)

// group is a run of values with nothing but filler between them ("8 to 12 and 2
// to 6", "30 min | 60 €"), and what of the text it belongs to: the nearer, the more.
type group struct {
	values  []int // indexes of marks
	context map[int]float64
	days    map[string]bool
}

// The weights of context: beside the values, one group further, the rest.
const (
	weightOwn  = 1.0
	weightNext = 0.4
	weightFar  = 0.15
)

func weekDays() []string { return []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} }

func isDay(key string) bool {
	for _, d := range weekDays() {
		if d == key {
			return true
		}
	}
	return false
}

// group finds the groups of a reading. Where the text begins with a value, what
// values belong to stands behind them, else before.
func (r *reading) group() []group {
	var groups []group
	segment := make([]int, len(r.marks)) // number of groups begun at each mark
	open, first := false, 0              // first: 1 context first, 2 values first
	for i, m := range r.marks {
		switch {
		case m.value != nil:
			if !open {
				groups = append(groups, group{context: map[int]float64{}, days: map[string]bool{}})
				open = true
			}
			g := &groups[len(groups)-1]
			g.values = append(g.values, i)
			if first == 0 {
				first = 2
			}
		case m.content():
			open = false
			if first == 0 {
				first = 1
			}
		}
		segment[i] = len(groups)
	}
	for g := range groups {
		own := g
		if first == 2 {
			own = g + 1
		}
		for i, m := range r.marks {
			if !m.content() {
				continue
			}
			weight := weightFar
			switch segment[i] - own {
			case 0:
				weight = weightOwn
			case -1, 1:
				weight = weightNext
			}
			groups[g].context[i] = weight
		}
		r.bindDays(groups, g, segment, own)
	}
	return groups
}

// bindDays gives a group the days beside it; without any, those behind it where
// no other group follows, else those of the group before.
func (r *reading) bindDays(groups []group, g int, segment []int, own int) {
	groups[g].days = r.days(func(i int) bool { return segment[i] == own })
	if len(groups[g].days) > 0 {
		return
	}
	if g == len(groups)-1 || g == 0 && own == 0 && len(r.days(func(i int) bool { return segment[i] == 1 })) > 0 && len(groups) == 1 {
		groups[g].days = r.days(func(i int) bool { return segment[i] == own+1 })
	}
	for back := g - 1; back >= 0 && len(groups[g].days) == 0; back-- {
		groups[g].days = groups[back].days
	}
}

// days returns the weekdays named at the marks that in holds for, ranges filled.
func (r *reading) days(in func(int) bool) map[string]bool {
	found := map[string]bool{}
	last, lastAt := -1, -1
	for i, m := range r.marks {
		if !in(i) {
			continue
		}
		after := i > 0 && r.marks[i-1].value != nil && r.marks[i-1].value.kind == valueDuration
		switch {
		case m.has("daily"):
			addDays(found, 0, 6)
		case m.has("weekdays") && !after:
			addDays(found, 0, 4)
		case m.has("weekend"):
			addDays(found, 5, 6)
		}
		for d, name := range weekDays() {
			if !m.has(name) {
				continue
			}
			if last >= 0 && r.ranged(lastAt, i) {
				addDays(found, last, d)
			}
			found[name] = true
			last, lastAt = d, i
			break
		}
	}
	return found
}

// ranged tells whether two marks are the ends of a range.
func (r *reading) ranged(from, to int) bool {
	gap := strings.TrimSpace(r.gap(from, to))
	if to == from+1 {
		return gap == "-" || gap == "–" || gap == "—" || gap == ".-" || gap == ".–"
	}
	return to == from+2 && r.marks[from+1].to || to == from+3 && r.marks[from+2].to && r.marks[from+1].filler
}

func addDays(set map[string]bool, from, to int) {
	names := weekDays()
	for i := from; ; i = (i + 1) % 7 {
		set[names[i]] = true
		if i == to {
			return
		}
	}
}

// within tells whether a holds no day beside those of b.
func within(a, b map[string]bool) bool {
	for d := range a {
		if !b[d] {
			return false
		}
	}
	return true
}
