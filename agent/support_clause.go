package agent

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// clause is one clause of a unit.
type clause struct {
	unit  *reading
	index int
	score float64
}

func (k clause) has(keys ...string) bool { return k.unit.clauseHas(k.index, keys...) }

func (r *reading) clauseHas(index int, keys ...string) bool {
	for _, m := range r.marks {
		if m.clause == index && m.has(keys...) {
			return true
		}
	}
	return false
}

// negative tells whether a clause says no to something.
func (k clause) negative() bool { return k.has("not", "never", "without", "forbidden", "neednot") }

// closeEnough is from which share of the best clause's score another counts as
// what a clause of the sentence may rest on.
const closeEnough = 0.8

// checkClauses compares each clause of the sentence with the clauses of the
// passages that say most of it: they agree in negation, in opposites and in limits.
func (c *Checker) checkClauses(ctx context.Context, s *reading, e *evidence) (string, string) {
	for index := range s.clauses {
		rests := c.supporting(ctx, s, index, e)
		if len(rests) == 0 {
			continue
		}
		said := clause{unit: s, index: index}
		if !c.agree(said, rests) || s.notOnly() && !e.notOnly() {
			return whyPolarity, ""
		}
		if key := disagrees(said, rests); key != "" {
			return whyOpposite, key
		}
		if m := c.denied(s, index, e); m != "" {
			return whyPolarity, m
		}
		if m := c.misplaced(s, index, e); m != "" {
			return whyBinding, m
		}
	}
	return "", ""
}

// denied returns a word that the sentence affirms and the passages only name to
// say no to it.
func (c *Checker) denied(s *reading, index int, e *evidence) string {
	said := clause{unit: s, index: index}
	if said.negative() || said.has("only", "except", "closed", "free", "fasting", "missed") {
		return ""
	}
	for _, m := range s.marks {
		if m.clause == index && m.value != nil {
			return "" // what has a value of its own is not denied
		}
	}
	for _, m := range s.marks {
		if m.clause != index || !m.content() || m.strict() || m.soft() {
			continue
		}
		affirmed, named := false, false
		for _, u := range e.units {
			for _, o := range u.marks {
				if o.content() && c.same(m, o) {
					k := clause{unit: u, index: o.clause}
					named = true
					affirmed = affirmed || u.heading || !k.negative() || k.has("only", "except", "atleast", "atmost", "missed", "without", "neednot")
				}
			}
		}
		if named && !affirmed {
			return m.raw
		}
	}
	return ""
}

// misplaced returns a name of the clause that stands elsewhere in the passages than
// all the rest of it, where another name stands.
func (c *Checker) misplaced(s *reading, index int, e *evidence) string {
	var best *reading
	top := 0.0
	named, most := best, 0.0 // with the names, too
	for _, u := range e.units {
		score, names := 0.0, 0.0
		for _, m := range s.marks {
			switch {
			case m.clause != index:
			case m.name:
				names += c.supports(u, m)
			default:
				score += c.supports(u, m)
			}
		}
		if score > top {
			best, top = u, score
		}
		if score+names > most {
			named, most = u, score+names
		}
	}
	if best == nil || best.heading {
		return ""
	}
	inClause := func(i int) bool { return s.marks[i].clause == index }
	days, there := s.days(inClause), named.days(func(int) bool { return true })
	if len(there) > 0 && most >= 2 && !within(days, there) && !s.timed(index) {
		return "day"
	}
	for _, m := range s.marks {
		if m.clause != index || !m.name || c.supports(best, m) > 0 {
			continue
		}
		for _, o := range best.marks {
			if o.proper() && c.supports(s, o) == 0 {
				return m.raw
			}
		}
	}
	return ""
}

// timed tells whether a clause has a time of day, which has days of its own.
func (r *reading) timed(index int) bool {
	for _, m := range r.marks {
		if m.clause == index && m.value != nil && m.value.kind == valueClock {
			return true
		}
	}
	return false
}

// proper tells whether the word is written like a name, also where one begins a
// sentence and nothing is known of it.
func (m mark) proper() bool {
	first, _ := utf8.DecodeRuneInString(m.raw)
	return m.name || m.value == nil && !m.filler && len(m.keys) == 0 && unicode.IsUpper(first)
}

// notOnly tells whether a text says "not only".
func (r *reading) notOnly() bool {
	for i := 1; i < len(r.marks); i++ {
		if r.marks[i].has("only") && r.marks[i-1].has("not") {
			return true
		}
	}
	return false
}

func (e *evidence) notOnly() bool {
	for _, u := range e.units {
		if u.notOnly() {
			return true
		}
	}
	return false
}

func (c *Checker) agree(said clause, rests []clause) bool {
	for _, k := range rests {
		if k.negative() == said.negative() {
			return true
		}
		// "Only guide dogs" is "no animals except guide dogs"; "closed" is "not open".
		if (said.has("only", "except") || k.has("only", "except")) && said.has("only", "except") == k.has("only", "except") {
			return true
		}
		if said.has("only") && k.has("except") || said.has("except") && k.has("only") {
			return true
		}
		if said.negative() && says(k, said) || k.negative() && says(said, k) || k.has("missed") || said.has("missed") {
			return true
		}
	}
	return false
}

// says tells whether a clause without a negation says by other words what the
// negative one does: "closed" for "not open", "free" for "no charge".
func says(k, negative clause) bool {
	for _, key := range []string{"closed", "free", "atmost", "walkin", "fasting"} {
		if k.has(key) && !negative.has(key) {
			return true
		}
	}
	return false
}

// disagrees returns an opposite or limit of the clause that none of those it
// rests on has, or of which the best of them says the contrary.
func disagrees(said clause, rests []clause) string {
	for _, rule := range []struct {
		key     string
		by      []string // one of which a passage has to say
		against []string // which a passage must not say instead
	}{
		{key: "only", by: []string{"only", "except", "atmost"}},
		{key: "except", by: []string{"except", "only"}},
		{key: "always", by: []string{"always", "daily", "night", "weekend"}},
		{key: "never", by: []string{"never", "not", "forbidden", "without"}},
		{key: "without", by: []string{"without", "not", "neednot", "walkin", "free", "forbidden", "never", "missed"}},
		{key: "neednot", by: []string{"neednot", "without", "not", "walkin", "free"}},
		{key: "forbidden", by: []string{"forbidden", "not", "never", "without"}},
		{key: "paid", by: []string{"paid", "price", "pay"}, against: []string{"free"}},
		{key: "walkin", by: []string{"walkin", "without", "not", "neednot"}},
		{key: "appointment", against: []string{"walkin"}},
		{key: "before", against: []string{"after"}},
		{key: "after", by: []string{"after", "over"}},
		{key: "behind", by: []string{"behind"}},
		{key: "infront", by: []string{"infront", "entrance"}},
		{key: "left", by: []string{"left"}},
		{key: "right", by: []string{"right"}},
		{key: "atleast", by: []string{"atleast", "before", "over"}, against: []string{"atmost", "under"}},
		{key: "atmost", by: []string{"atmost", "under"}, against: []string{"atleast", "over"}},
		{key: "under", against: []string{"over"}},
		{key: "over", against: []string{"under"}},
		{key: "must", against: []string{"neednot", "without", "walkin"}},
		{key: "allowed", against: []string{"forbidden"}},
		{key: "open", against: []string{"closed"}},
	} {
		if !said.has(rule.key) {
			continue
		}
		found := len(rule.by) == 0 || anyHas(rests, rule.by...) || rule.key == "walkin" && unitsHave(rests, rule.key)
		against := rests[0].has(rule.against...) && !rests[0].has(append(rule.by, rule.key)...)
		affirms := !said.negative() && !said.has("walkin") || rule.key == "before"
		if !found || against && affirms {
			return rule.key
		}
	}
	return ""
}

// unitsHave looks beyond the clauses: "the laboratory receives from 7 to 10,
// without appointment" has it behind a comma.
func unitsHave(list []clause, key string) bool {
	for _, k := range list {
		for _, m := range k.unit.marks {
			if m.has(key) {
				return true
			}
		}
	}
	return false
}

func anyHas(list []clause, keys ...string) bool {
	for _, k := range list {
		if k.has(keys...) {
			return true
		}
	}
	return false
}

// supporting returns the clauses of the passages that say most of a clause of the
// sentence.
func (c *Checker) supporting(ctx context.Context, s *reading, index int, e *evidence) []clause {
	var all []clause
	best, total := 0.0, 0.0
	weights := c.weights(s, index)
	for _, w := range weights {
		total += w
	}
	if total == 0 {
		return nil
	}
	for _, u := range e.units {
		for i := range u.clauses {
			k := clause{unit: u, index: i}
			for at, w := range weights {
				k.score += w * c.inClause(u, i, s.marks[at], e.stems[s.tag+s.marks[at].stem])
			}
			if u.heading {
				k.score *= 0.8
			}
			best = max(best, k.score)
			all = append(all, k)
		}
	}
	if best < total/2 {
		all, best = c.meaning.nearest(ctx, s, index, all, total)
	}
	var kept, headings []clause
	for _, k := range all {
		switch {
		case k.score <= 0 || k.score < closeEnough*best:
		case k.unit.heading:
			headings = append(headings, k)
		default:
			kept = append(kept, k)
		}
	}
	slices.SortStableFunc(kept, func(a, b clause) int { return cmp.Compare(b.score, a.score) })
	if len(kept) == 0 { // a heading says what the text is about, not whether it is so
		return headings
	}
	return kept
}

// weights says how much each mark of a clause tells where in the passages it
// comes from. What stands beside a word of polarity is what that word is about.
func (c *Checker) weights(s *reading, index int) map[int]float64 {
	weights := map[int]float64{}
	var order []int // of the marks that count, with those of polarity
	for i, m := range s.marks {
		if m.clause != index {
			continue
		}
		if w := c.weight(m); w > 0 {
			weights[i] = w
			order = append(order, i)
		} else if m.polar() {
			order = append(order, i)
		}
	}
	for at, i := range order {
		beside := at > 0 && s.marks[order[at-1]].polar() || at+1 < len(order) && s.marks[order[at+1]].polar()
		if beside && weights[i] >= weightWord {
			weights[i] += weightBeside
		}
	}
	return weights
}

const (
	weightValue  = 1.5
	weightWord   = 1.0
	weightCommon = 0.4 // of a word by which any sentence may put things
	weightBeside = 0.6 // more, for what stands beside a word of polarity
)

func (c *Checker) weight(m mark) float64 {
	switch {
	case m.value != nil:
		return weightValue
	case m.has("exist"):
		return weightCommon
	case !m.content() || m.polar():
		return 0
	case c.dictionary.allCommon(m.keys) || m.soft() && !m.particular:
		return weightCommon
	}
	return weightWord
}

// polar tells whether a word says whether something is so, may or must be.
func (m mark) polar() bool {
	return m.has("not", "never", "without", "forbidden", "neednot", "must", "allowed")
}

// inClause tells how well a clause supports a mark; the rest of its unit counts half.
//
// Where the word itself stands in the passages, one that means the same counts less.
func (c *Checker) inClause(u *reading, index int, m mark, itself bool) float64 {
	best := 0.0
	for _, o := range u.marks {
		fits := m.value != nil && o.value != nil && m.value.equal(*o.value) || m.value == nil && c.same(m, o)
		if !fits {
			continue
		}
		near := 1.0
		if m.value == nil && m.stem != o.stem {
			near = 0.9 * c.nearness(m, o)
		}
		if itself && m.value == nil && m.stem != o.stem {
			near *= 0.5
		}
		if o.clause != index {
			near *= 0.4
		}
		best = max(best, near)
	}
	return best
}

// checkBinding wants each value where it stands in the passages: beside the same
// days, and beside the same thing rather than beside another that has a value of
// its own.
func (c *Checker) checkBinding(_ context.Context, s *reading, e *evidence) (string, string) {
	for _, g := range s.groups {
		for _, i := range g.values {
			v := *s.marks[i].value
			if v.kind == valueNumber && v.plain <= 3 {
				continue
			}
			if why := c.bound(s, g, v, e); why != "" {
				return why, s.marks[i].raw
			}
		}
	}
	return "", ""
}

// margin is how much better another group has to fit to be the one that was meant.
const margin = 0.4

func (c *Checker) bound(s *reading, g group, v value, e *evidence) string {
	best, rival, daysFit, daysKnown := -1.0, -1.0, false, false
	for _, u := range e.units {
		for k := range u.groups {
			o := &u.groups[k]
			fit := c.fit(s, g, v, u, *o)
			switch holds, competes := u.compare(*o, v); {
			case holds:
				best = max(best, fit)
				daysKnown = daysKnown || len(o.days) > 0
				daysFit = daysFit || len(o.days) > 0 && within(g.days, o.days)
			case competes:
				rival = max(rival, fit)
			}
		}
	}
	if (v.kind == valueClock || v.kind == valueState) && len(g.days) > 0 && daysKnown && !daysFit {
		return whyDay
	}
	if rival > best+margin {
		return whyBinding
	}
	return ""
}

// nearness tells words of one wide concept with meanings of their own (lunch and
// dinner are meals) from words that mean the same.
func (c *Checker) nearness(a, b mark) float64 {
	if !a.particular || !b.particular || a.stem == b.stem {
		return 1
	}
	for _, k := range a.keys {
		if strings.HasPrefix(k, "d:") && b.has(k) {
			return 1
		}
	}
	return 0.3
}

// compare tells whether a group of the unit has the value, and whether it has
// another of its kind.
func (r *reading) compare(g group, v value) (holds, competes bool) {
	for _, i := range g.values {
		o := *r.marks[i].value
		holds = holds || v.equal(o)
		competes = competes || v.rival(o)
	}
	return holds, competes
}

// fit tells how well what a group of the sentence belongs to agrees with what one
// of a passage belongs to.
func (c *Checker) fit(s *reading, g group, v value, u *reading, o group) float64 {
	total := 0.0
	for i, w := range g.context {
		m := s.marks[i]
		if m.strict() && len(g.days) == 0 {
			continue
		}
		best := 0.0
		for k, x := range o.context {
			if c.same(m, u.marks[k]) {
				best = max(best, min(w, x)/max(w, x)*c.nearness(m, u.marks[k]))
			}
		}
		total += w * best
	}
	for _, i := range g.values { // the other values of the group came from the same place
		if holds, _ := u.compare(o, *s.marks[i].value); holds && !v.equal(*s.marks[i].value) {
			total += 0.3
		}
	}
	if len(g.days) > 0 && len(o.days) > 0 && within(g.days, o.days) {
		total += 0.5
	}
	return total
}
