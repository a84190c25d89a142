package guardrails

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A rule's phrase is written in a small language that a clinician can read:
//
//	chest pain       these words, one after the other
//	bleed*           a word that begins so
//	(chest|breast)   one of these; each may be several words
//	[my]             may be left out
//	..               up to three words in between; ... up to seven
//	<pain>           one of the set "pain" of the file
//	a & b            both, in any order, at most six words apart
//	=ölüyor          a word whose accents matter: not "oluyor"
//
// Case, accents, repeated letters and spelling tricks do not matter.

// spread is how far apart, in words, the two sides of & may be.
const spread = 6

// node is a step of a pattern.
type node struct {
	id   int32    // a vocabulary entry, -1 for the other kinds
	gap  int      // at most so many words of any kind
	alts [][]node // one of these
	opt  bool     // may be left out
}

// pattern is a compiled phrase.
type pattern struct {
	rule  int32
	parts [][]node  // joined by &
	needs [][]int32 // each: one of these ids must be in the text
}

// compiler turns phrases into patterns over a vocabulary.
type compiler struct {
	vocabulary *vocabulary
	sets       map[string][]string
	depth      int
}

func (c *compiler) pattern(text string) (pattern, error) {
	var p pattern
	for _, part := range strings.Split(text, "&") {
		nodes, err := c.sequence(strings.TrimSpace(part))
		if err != nil {
			return p, err
		}
		p.parts = append(p.parts, nodes)
		for _, n := range nodes {
			if need := n.need(); need != nil {
				p.needs = append(p.needs, need)
			}
		}
	}
	if len(p.needs) == 0 {
		return p, errors.New("needs no word at all")
	}
	return p, nil
}

// need returns the ids of which one must be there for the node to match, nil if none must.
func (n node) need() []int32 {
	switch {
	case n.opt || n.gap > 0:
		return nil
	case n.id >= 0:
		return []int32{n.id}
	}
	var all []int32
	for _, alt := range n.alts {
		var best []int32
		for _, k := range alt {
			if need := k.need(); need != nil && (best == nil || len(need) < len(best)) {
				best = need
			}
		}
		if best == nil {
			return nil
		}
		all = append(all, best...)
	}
	return all
}

// sequence compiles words that follow one another.
func (c *compiler) sequence(text string) ([]node, error) {
	var out []node
	for text != "" {
		var n node
		var err error
		switch text[0] {
		case ' ':
			text = text[1:]
			continue
		case '(', '[':
			shut := map[byte]byte{'(': ')', '[': ']'}[text[0]]
			inside, rest, ok := balanced(text, text[0], shut)
			if !ok {
				return nil, fmt.Errorf("%q is not closed", text)
			}
			if n, err = c.alternatives(splitTop(inside)); err != nil {
				return nil, err
			}
			n.opt, text = n.opt || text[0] == '[', rest
			out = append(out, n)
			continue
		case '<':
			name, rest, ok := strings.Cut(text[1:], ">")
			items, known := c.sets[name]
			if !ok || !known {
				return nil, fmt.Errorf("no set %q", name)
			}
			if n, err = c.alternatives(items); err != nil {
				return nil, err
			}
			text = rest
			out = append(out, n)
			continue
		}
		token := text
		if i := strings.IndexAny(text, " ([<"); i >= 0 {
			token = text[:i]
		}
		text = text[len(token):]
		switch token {
		case "..":
			out = append(out, node{id: -1, gap: 3})
		case "...":
			out = append(out, node{id: -1, gap: 7})
		default:
			for _, w := range patternWords(token) {
				if len(w) < 3 && strings.HasSuffix(w, "*") {
					return nil, fmt.Errorf("%q is too short a stem", w)
				}
				out = append(out, node{id: c.vocabulary.entry([]string{w})})
			}
		}
	}
	if len(out) == 0 {
		return nil, errors.New("empty phrase")
	}
	return out, nil
}

// alternatives compiles a choice; single words share one vocabulary entry.
func (c *compiler) alternatives(items []string) (node, error) {
	if c.depth++; c.depth > 6 {
		return node{}, errors.New("sets refer to each other too deeply")
	}
	defer func() { c.depth-- }()
	var words []string
	n := node{id: -1}
	for _, item := range items {
		item = strings.TrimSpace(item)
		if item == "" { // (a|) is [a]
			n.opt = true
			continue
		}
		if !strings.ContainsAny(item, " ([<") {
			if w := patternWords(item); len(w) == 1 {
				if len(w[0]) < 3 && strings.HasSuffix(w[0], "*") {
					return n, fmt.Errorf("%q is too short a stem", w[0])
				}
				words = append(words, w[0])
				continue
			}
		}
		alt, err := c.sequence(item)
		if err != nil {
			return n, err
		}
		n.alts = append(n.alts, alt)
	}
	if len(words) == 0 {
		return n, nil
	}
	single := node{id: c.vocabulary.entry(words), opt: n.opt && len(n.alts) == 0}
	if len(n.alts) == 0 {
		return single, nil
	}
	n.alts = append(n.alts, []node{single})
	return n, nil
}

// patternWords folds a word of a phrase like the words of a text.
func patternWords(token string) []string {
	if as, ok := strings.CutPrefix(token, "="); ok {
		return []string{"=" + written([]rune(as))}
	}
	stem := strings.HasSuffix(token, "*")
	p := &prepared{runes: []rune(strings.TrimSuffix(token, "*"))}
	p.split()
	var out []string
	for _, w := range p.words {
		out = append(out, w.forms[0])
	}
	if stem && len(out) > 0 {
		out[len(out)-1] += "*"
	}
	return out
}

func balanced(text string, open, shut byte) (inside, rest string, ok bool) {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case open:
			depth++
		case shut:
			if depth--; depth == 0 {
				return text[1:i], text[i+1:], true
			}
		}
	}
	return "", "", false
}

// splitTop splits at | outside brackets.
func splitTop(s string) []string {
	var out []string
	depth, from := 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case '|':
			if depth == 0 {
				out = append(out, s[from:i])
				from = i + 1
			}
		}
	}
	return append(out, s[from:])
}

// hit is a rule that a text met.
type hit struct {
	rule       int32
	start, end int      // words, end excluded
	open       bool     // parts joined by &, with other words between them
	parts      [][2]int // where the parts of an open hit stand
}

// matcher walks one text.
type matcher struct {
	words []word
	at    map[int32][]int32 // id → positions
	steps int               // what is left of the budget
}

// maxSteps bounds the work for one text, so that no text can hold a turn up.
const maxSteps = 400_000

// match returns the rules that a text meets, in the order of the rule files.
func (s *ruleSet) match(p *prepared) []hit {
	m := &matcher{words: p.words, at: map[int32][]int32{}, steps: maxSteps}
	for i, w := range p.words {
		for _, id := range w.ids {
			m.at[id] = append(m.at[id], int32(i))
		}
	}
	seen := map[int32]bool{}
	var candidates []int32
	for id := range m.at {
		for _, i := range s.byAnchor[id] {
			if !seen[i] && m.has(s.patterns[i].needs) {
				seen[i] = true
				candidates = append(candidates, i)
			}
		}
	}
	slices.Sort(candidates)
	var hits []hit
	for _, i := range candidates {
		hits = m.find(&s.patterns[i], hits)
	}
	return hits
}

func (m *matcher) has(needs [][]int32) bool {
	for _, need := range needs {
		if !slices.ContainsFunc(need, func(id int32) bool { return len(m.at[id]) > 0 }) {
			return false
		}
	}
	return true
}

// maxHits bounds how often one pattern counts in one text.
const maxHits = 8

func (m *matcher) find(p *pattern, hits []hit) []hit {
	first := m.spans(p.parts[0])
	if len(p.parts) == 1 {
		for _, s := range first {
			hits = append(hits, hit{rule: p.rule, start: s[0], end: s[1]})
		}
		return hits
	}
	rest := make([][][2]int, len(p.parts)-1)
	for k := range rest {
		if rest[k] = m.spans(p.parts[k+1]); len(rest[k]) == 0 {
			return hits
		}
	}
	for _, s := range first {
		lo, hi, ok := s[0], s[1], true
		parts := [][2]int{s}
		for _, spans := range rest {
			near := -1
			for k, o := range spans {
				if o[0]-s[1] <= spread && s[0]-o[1] <= spread && (o[0] >= s[1] || o[1] <= s[0]) {
					near = k
					break
				}
			}
			if near < 0 {
				ok = false
				break
			}
			lo, hi = min(lo, spans[near][0]), max(hi, spans[near][1])
			parts = append(parts, spans[near])
		}
		if ok {
			hits = append(hits, hit{rule: p.rule, start: lo, end: hi, open: true, parts: parts})
		}
	}
	return hits
}

// spans returns where a sequence matches.
func (m *matcher) spans(nodes []node) [][2]int {
	var out [][2]int
	try := func(i int) {
		if end, ok := m.walk(nodes, i, nil); ok && end > i {
			out = append(out, [2]int{i, end})
		}
	}
	if n := nodes[0]; n.id >= 0 && !n.opt {
		for _, i := range m.at[n.id] {
			if try(int(i)); len(out) >= maxHits {
				break
			}
		}
		return out
	}
	for i := range m.words {
		if try(i); len(out) >= maxHits || m.steps <= 0 {
			break
		}
	}
	return out
}

// after is what has to match once an alternative has.
type after struct {
	nodes []node
	next  *after
}

// walk matches nodes from word i on, then what comes after, and returns where
// the match ends.
func (m *matcher) walk(nodes []node, i int, then *after) (int, bool) {
	if m.steps--; m.steps <= 0 {
		return 0, false
	}
	if len(nodes) == 0 {
		if then == nil {
			return i, true
		}
		return m.walk(then.nodes, i, then.next)
	}
	n, rest := &nodes[0], nodes[1:]
	switch {
	case n.gap > 0:
		for k := 0; k <= n.gap && i+k <= len(m.words); k++ {
			if end, ok := m.walk(rest, i+k, then); ok {
				return end, true
			}
		}
		return 0, false
	case n.id >= 0:
		if i < len(m.words) && slices.Contains(m.words[i].ids, n.id) {
			if end, ok := m.walk(rest, i+1, then); ok {
				return end, true
			}
		}
	default:
		next := &after{rest, then}
		for _, alt := range n.alts {
			if end, ok := m.walk(alt, i, next); ok {
				return end, true
			}
		}
	}
	if n.opt {
		return m.walk(rest, i, then)
	}
	return 0, false
}
