package agent

import (
	"slices"
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
	weightNext = 0.3
	weightFar  = 0.1
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

// group finds the groups of a reading and what each belongs to. A pause between
// two values ("10 € a trip, at most 40 € a month") divides what stands there;
// without one, it belongs to what follows, or to what stands before it where the
// text begins with a value.
func (r *reading) group() []group {
	groups, before := r.valueRuns()
	if len(groups) == 0 {
		return nil
	}
	owners := r.owners(groups, before)
	for g := range groups {
		for i, m := range r.marks {
			if !m.places() {
				continue
			}
			weight := weightFar
			switch owners[i] - g {
			case 0:
				weight = weightOwn
			case -1, 1:
				weight = weightNext
			}
			groups[g].context[i] = weight
		}
		r.bindDays(groups, g, owners)
	}
	return groups
}

// valueRuns returns the runs of values, and for each mark how many of them began
// at or before it.
func (r *reading) valueRuns() (groups []group, before []int) {
	before = make([]int, len(r.marks))
	open := false
	for i, m := range r.marks {
		switch {
		case m.value != nil:
			if !open {
				groups = append(groups, group{context: map[int]float64{}, days: map[string]bool{}})
				open = true
			}
			g := &groups[len(groups)-1]
			g.values = append(g.values, i)
		case m.content():
			open = false
		}
		before[i] = len(groups)
	}
	return groups, before
}

// owners returns the group that each mark belongs to.
func (r *reading) owners(groups []group, before []int) []int {
	behind := true // a value stands before what it belongs to
	for i := range r.marks {
		if r.marks[i].content() || r.marks[i].value != nil {
			behind = r.marks[i].value != nil
			break
		}
	}
	owners := make([]int, len(r.marks))
	for i := range r.marks {
		g := before[i] - 1 // the run before, or around, the mark
		switch {
		case r.marks[i].value != nil:
			owners[i] = g
		case g < 0:
			owners[i] = 0
		default:
			last := groups[g].values[len(groups[g].values)-1]
			next := len(r.marks)
			if g+1 < len(groups) {
				next = groups[g+1].values[0]
			}
			owners[i] = r.side(i, last, next, g, behind)
		}
	}
	return owners
}

// side tells whether a mark between the end of group g and the next value belongs
// to g or to what follows.
func (r *reading) side(i, last, next, g int, behind bool) int {
	paused := false
	for k := last + 1; k < next; k++ {
		if !r.pause(k) {
			continue
		}
		paused = true
		if k <= i && next < len(r.marks) {
			return g + 1
		}
	}
	if paused || behind || next == len(r.marks) && !r.pause(last+1) {
		return g
	}
	return g + 1
}

// pause tells whether a mark begins a new part: after a comma or an "and", but for
// those of a list of days.
func (r *reading) pause(i int) bool {
	if i >= len(r.marks) || !r.marks[i].and && !strings.ContainsAny(r.gap(i-1, i), ",;،؛\n|.") {
		return false
	}
	next := i
	for next+1 < len(r.marks) && (r.marks[next].and || r.marks[next].filler) {
		next++
	}
	return !r.marks[i-1].day() || !r.marks[next].day()
}

// day tells whether the mark names a weekday.
func (m mark) day() bool { return slices.ContainsFunc(m.keys, isDay) }

// bindDays gives a group the days beside it; without any, those behind it where
// no other group follows, else those of the group before.
func (r *reading) bindDays(groups []group, g int, owners []int) {
	groups[g].days = r.days(func(i int) bool { return owners[i] == g })
	if len(groups[g].days) > 0 {
		return
	}
	if g == len(groups)-1 {
		groups[g].days = r.days(func(i int) bool { return owners[i] == g+1 })
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

// rangeEnds returns the days that begin or end a range.
func (r *reading) rangeEnds() []string {
	var ends []string
	last, lastAt := "", -1
	for i, m := range r.marks {
		for _, name := range weekDays() {
			if !m.has(name) {
				continue
			}
			if lastAt >= 0 && r.ranged(lastAt, i) {
				ends = append(ends, last, name)
			}
			last, lastAt = name, i
			break
		}
	}
	return ends
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
