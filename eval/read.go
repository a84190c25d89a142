package eval

import (
	"bufio"
	"bytes"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"frontdesk"
)

// maxLine bounds one line of a JSONL suite.
const maxLine = 1 << 20

// ReadSuite reads a suite: YAML, or JSONL where the name says so (a line that has
// "suite" names it, every other line is a case). The error is [Problems], with
// every mistake and its line.
func ReadSuite(name string, data []byte) (Suite, error) {
	r := &reader{paper: paper{file: name}}
	r.suite.File = name
	if strings.HasSuffix(name, ".jsonl") {
		r.lines(data)
	} else if n := r.document(data); n != nil {
		r.head(n)
	}
	return r.result()
}

// result is the suite, or everything that is wrong with it.
func (r *reader) result() (Suite, error) {
	r.finish()
	if len(r.problems) > 0 {
		slices.SortStableFunc(r.problems, func(a, b Problem) int { return a.Line - b.Line })
		return Suite{}, slices.Compact(r.problems) // a default is read for each case
	}
	return r.suite, nil
}

// reader reads one suite.
type reader struct {
	paper
	suite Suite
	base  defaults
	ids   map[string]int
	later []func() // cases are read when the defaults above them are known
}

// defaults are what cases inherit: from the suite, and from their group.
type defaults struct {
	lang, label, country string
	at                   time.Time
	first                bool
	known                string
	given                Given
	expect               *yaml.Node
	outer                *yaml.Node // the suite's expectation, under the group's
}

func (r *reader) lines(data []byte) {
	scanner := bufio.NewScanner(bytes.NewReader(data))
	scanner.Buffer(make([]byte, 64<<10), maxLine)
	for n := 1; scanner.Scan(); n++ {
		if len(bytes.TrimSpace(scanner.Bytes())) == 0 {
			continue
		}
		node := r.jsonLine(n, bytes.Clone(scanner.Bytes()))
		if node == nil {
			continue
		}
		if hasKey(node, "suite") {
			r.head(node)
			continue
		}
		r.later = append(r.later, func() { r.oneCase(node, r.base) })
	}
	if err := scanner.Err(); err != nil {
		r.wrong(nil, "a line is longer than a megabyte")
	}
}

func hasKey(n *yaml.Node, key string) bool {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return true
		}
	}
	return false
}

func (r *reader) head(n *yaml.Node) {
	fields := map[string]func(*yaml.Node){
		"suite":     r.text(&r.suite.Name, "suite"),
		"title":     r.text(&r.suite.Title, "title"),
		"about":     r.text(&r.suite.About, "about"),
		"must_pass": r.boolean(&r.suite.MustPass, "must_pass"),
		"cases":     func(n *yaml.Node) { r.later = append(r.later, func() { r.cases(n, r.base) }) },
		"groups":    func(n *yaml.Node) { r.later = append(r.later, func() { r.groups(n) }) },
	}
	r.inherited(fields, &r.base)
	r.fields(n, "a suite", fields)
}

// inherited adds the keys that a suite, a group and a case have in common.
func (r *reader) inherited(fields map[string]func(*yaml.Node), d *defaults) {
	fields["lang"] = r.text(&d.lang, "lang")
	fields["label"] = r.text(&d.label, "label")
	fields["country"] = r.text(&d.country, "country")
	fields["at"] = r.instant(&d.at, "at")
	fields["first"] = r.boolean(&d.first, "first")
	fields["known"] = r.text(&d.known, "known")
	fields["given"] = r.given(&d.given)
	fields["expect"] = func(n *yaml.Node) { d.expect = n }
}

// given reads what holds in the clinic.
func (r *reader) given(to *Given) func(*yaml.Node) {
	return func(n *yaml.Node) {
		var g Given
		r.fields(n, "given", map[string]func(*yaml.Node){
			"notice":   r.text(&g.Notice, "notice"),
			"name":     r.text(&g.Name, "name"),
			"patients": r.texts(&g.Patients, "patients"),
			"pen":      r.oneOf(&g.Pen, "pen", "bot", "person"),
		})
		*to = g
	}
}

func (r *reader) groups(n *yaml.Node) {
	r.each(n, "groups", func(group *yaml.Node) {
		own := r.base
		own.outer, own.expect = r.base.expect, nil
		var cases *yaml.Node
		fields := map[string]func(*yaml.Node){"cases": func(n *yaml.Node) { cases = n }}
		r.inherited(fields, &own)
		r.fields(group, "a group", fields)
		if cases == nil {
			r.wrong(group, "a group has no cases")
			return
		}
		r.cases(cases, own)
	})
}

// cases reads a list, or a list for each language: one fact is asked in many.
func (r *reader) cases(n *yaml.Node, d defaults) {
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			own := d
			own.lang = n.Content[i].Value
			r.cases(n.Content[i+1], own)
		}
		return
	}
	r.each(n, "cases", func(n *yaml.Node) { r.oneCase(n, d) })
}

// oneCase reads a case. A text alone is its question, a list of texts its
// dialogue, with the defaults.
func (r *reader) oneCase(n *yaml.Node, d defaults) {
	c := Case{Line: n.Line}
	var single Turn
	var wants []*yaml.Node // of each turn
	var turns *yaml.Node
	var expect *yaml.Node
	own := d
	switch n.Kind {
	case yaml.ScalarNode:
		r.text(&single.Say, "a case")(n)
	case yaml.SequenceNode:
		turns = n
	default:
		fields := map[string]func(*yaml.Node){
			"id":     r.text(&c.ID, "id"),
			"turns":  func(n *yaml.Node) { turns = n },
			"ask":    r.text(&single.Say, "ask"),
			"tap":    r.text(&single.Tap, "tap"),
			"fault":  r.faults(&single.Faults),
			"waited": r.duration(&single.Waited, "waited"),
			"model":  r.texts(&single.Model, "model"),
		}
		r.inherited(fields, &own)
		fields["expect"] = func(n *yaml.Node) { expect = n }
		r.fields(n, "a case", fields)
	}
	switch {
	case turns != nil && (single.Say != "" || single.Tap != ""):
		r.wrong(n, "a case has either `ask` or `turns`")
	case turns != nil:
		r.each(turns, "turns", func(n *yaml.Node) {
			turn, want := r.turn(n)
			c.Turns, wants = append(c.Turns, turn), append(wants, want)
		})
	case strings.TrimSpace(single.Say) == "" && single.Tap == "":
		r.wrong(n, "a case asks nothing; write `ask: …` or `turns:`")
	default:
		c.Turns, wants = []Turn{single}, []*yaml.Node{nil}
	}
	if len(c.Turns) == 0 {
		return
	}
	last := len(c.Turns) - 1 // what is expected of a case is expected of its last turn
	for i, want := range wants[:last] {
		r.expect(&c.Turns[i].Expect, want)
	}
	r.expect(&c.Turns[last].Expect, d.outer, d.expect, expect, wants[last])
	c.Lang, c.Label, c.Country, c.First, c.Known, c.Given = own.lang, own.label, own.country, own.first, own.known, own.given
	if nothing(c) {
		r.wrong(n, "the case expects nothing, so it cannot fail; write `expect:`")
	}
	start := own.at
	if start.IsZero() {
		start = defaultAt
	}
	c.setClock(start)
	r.add(c)
}

// nothing tells whether no turn of a case expects anything.
func nothing(c Case) bool {
	for _, t := range c.Turns {
		if !reflect.ValueOf(t.Expect).IsZero() {
			return false
		}
	}
	return true
}

// add takes a case in under an id of its own.
func (r *reader) add(c Case) {
	if r.ids == nil {
		r.ids = map[string]int{}
	}
	if c.ID == "" {
		c.ID = shortHash(c.asked())[:10]
	}
	if c.Lang != "" && !strings.HasPrefix(c.ID, c.Lang+"-") {
		c.ID = c.Lang + "-" + c.ID
	}
	if line, twice := r.ids[c.ID]; twice {
		r.problems = append(r.problems, Problem{r.file, c.Line, "this case is the one of line " + strconv.Itoa(line) + " again; change it, or give it an `id` of its own"})
		return
	}
	r.ids[c.ID] = c.Line
	r.suite.Cases = append(r.suite.Cases, c)
}

func (r *reader) turn(n *yaml.Node) (t Turn, want *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		r.text(&t.Say, "a turn")(n)
		return t, nil
	}
	r.fields(n, "a turn", map[string]func(*yaml.Node){
		"say":    r.text(&t.Say, "say"),
		"tap":    r.text(&t.Tap, "tap"),
		"at":     r.instant(&t.At, "at"),
		"after":  r.duration(&t.after, "after"),
		"fault":  r.faults(&t.Faults),
		"waited": r.duration(&t.Waited, "waited"),
		"model":  r.texts(&t.Model, "model"),
		"expect": func(n *yaml.Node) { want = n },
	})
	if strings.TrimSpace(t.Say) == "" && t.Tap == "" {
		r.wrong(n, "a turn says nothing; write `say: …`")
	}
	return t, want
}

func (r *reader) faults(to *[]Fault) func(*yaml.Node) {
	var allowed []string
	for _, f := range Faults() {
		allowed = append(allowed, string(f))
	}
	return func(n *yaml.Node) {
		var names []string
		r.texts(&names, "fault", allowed...)(n)
		for _, name := range names {
			*to = append(*to, Fault(name))
		}
	}
}

// expect reads expectations, a later one over an earlier one.
func (r *reader) expect(e *Expect, nodes ...*yaml.Node) {
	for _, n := range nodes {
		if n == nil {
			continue
		}
		var ticket bool
		r.fields(n, "an expectation", map[string]func(*yaml.Node){
			"outcome":     r.texts(&e.Outcome, "outcome", Outcomes()...),
			"not_outcome": r.texts(&e.NotOutcome, "not_outcome", Outcomes()...),
			"lang":        r.text(&e.Lang, "lang"),
			"contains":    r.texts(&e.Contains, "contains"),
			"lacks":       r.texts(&e.Lacks, "lacks"),
			"masked":      r.texts(&e.Masked, "masked"),
			"cites":       r.places(&e.Cites, "cites"),
			"relevant":    r.places(&e.Relevant, "relevant"),
			"labels":      r.texts(&e.Labels, "labels", labelNames()...),
			"no_labels":   r.texts(&e.NoLabels, "no_labels", labelNames()...),
			"ticket":      func(n *yaml.Node) { r.boolean(&ticket, "ticket")(n); e.Ticket = &ticket },
			"team":        r.text(&e.Team, "team"),
			"priority":    r.oneOf(&e.Priority, "priority", "emergency", "urgent", "normal", "low"),
			"reason":      r.text(&e.Reason, "reason"),
			"flow":        r.text(&e.Flow, "flow"),
			"mode":        r.texts(&e.Mode, "mode", "quote", "model", "profile", "fixed", "flow"),
			"buttons":     r.texts(&e.Buttons, "buttons"),
			"messages":    r.count(&e.Messages, "messages"),
			"chars":       r.count(&e.Chars, "chars"),
			"tone":        r.oneOf(&e.Tone, "tone", "plain"),
			"silent":      r.boolean(&e.Silent, "silent"),
		})
	}
}

func labelNames() []string {
	var names []string
	for _, l := range frontdesk.Labels() {
		names = append(names, string(l))
	}
	return names
}

// places reads sources: a name, or a mapping with page and quote.
func (r *reader) places(to *[]Place, what string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		list := []*yaml.Node{n}
		if n.Kind == yaml.SequenceNode {
			list = n.Content
		}
		out := []Place{}
		for _, one := range list {
			var place Place
			if one.Kind == yaml.ScalarNode {
				r.text(&place.Source, what)(one)
			} else {
				r.fields(one, what, map[string]func(*yaml.Node){
					"source": r.text(&place.Source, "source"),
					"page":   r.count(&place.Page, "page"),
					"quote":  r.text(&place.Quote, "quote"),
				})
			}
			if place.Source == "" {
				r.wrong(one, "%s names no source", what)
			}
			out = append(out, place)
		}
		*to = out
	}
}

func (r *reader) finish() {
	for _, read := range r.later {
		read()
	}
	if r.suite.Name == "" {
		r.suite.Name = strings.TrimSuffix(path.Base(r.file), path.Ext(r.file))
	}
	if len(r.suite.Cases) == 0 && len(r.problems) == 0 {
		r.wrong(nil, "the suite has no cases")
	}
	for i := range r.suite.Cases {
		c := &r.suite.Cases[i]
		c.Suite = r.suite.Name
		if c.Label == "" {
			c.Label = r.suite.Name
		}
	}
}
