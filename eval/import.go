package eval

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// ImportCSV reads a table with a heading line. Columns are named as a case's keys
// are (ask or question, id, lang, label, country, known) and an expectation's
// (outcome, contains, lacks, source, page, team, …); several values of a cell are
// separated by ";". The error is [Problems].
func ImportCSV(name string, data []byte) (Suite, error) {
	p := &paper{file: name}
	rows := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	rows.FieldsPerRecord = -1
	if first, _, _ := bytes.Cut(data, []byte("\n")); bytes.Count(first, []byte(";")) > bytes.Count(first, []byte(",")) {
		rows.Comma = ';'
	}
	heading, err := rows.Read()
	if err != nil {
		return Suite{}, Problems{{name, 1, "the table has no heading line"}}
	}
	doc := mapping("suite", strings.TrimSuffix(path.Base(name), path.Ext(name)))
	cases := &yaml.Node{Kind: yaml.SequenceNode}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Suite{}, Problems{{name, 0, "this is no table: " + err.Error()}}
		}
		line, _ := rows.FieldPos(0)
		cases.Content = append(cases.Content, p.row(heading, row, line))
	}
	add(doc, "cases", cases)
	return p.suiteOf(doc)
}

// row makes a case's node of one line.
func (p *paper) row(heading, row []string, line int) *yaml.Node {
	c, expect, place := mapping(), mapping(), mapping()
	for i, cell := range row {
		cell = strings.TrimSpace(cell)
		if i >= len(heading) || cell == "" {
			continue
		}
		switch key := strings.ToLower(strings.TrimSpace(heading[i])); key {
		case "question", "text", "prompt":
			add(c, "ask", scalar(cell))
		case "ask", "id", "lang", "label", "country", "known", "at", "fault":
			add(c, key, scalar(cell))
		case "source", "page":
			add(place, key, scalar(cell))
		default:
			add(expect, key, listOf(cell))
		}
	}
	if len(place.Content) > 0 {
		add(expect, "cites", place)
	}
	if len(expect.Content) > 0 {
		add(c, "expect", expect)
	}
	setLine(c, line)
	return c
}

// listOf is a cell as a text, or as a list where it has several.
func listOf(cell string) *yaml.Node {
	if !strings.Contains(cell, ";") {
		return scalar(cell)
	}
	n := &yaml.Node{Kind: yaml.SequenceNode}
	for part := range strings.SplitSeq(cell, ";") {
		n.Content = append(n.Content, scalar(strings.TrimSpace(part)))
	}
	return n
}

func setLine(n *yaml.Node, line int) {
	n.Line = line
	for _, child := range n.Content {
		setLine(child, line)
	}
}

// suiteOf reads a node that was put together as a suite's document.
func (p *paper) suiteOf(doc *yaml.Node) (Suite, error) {
	r := &reader{paper: *p}
	r.head(doc)
	return r.result()
}

// ImportPromptfoo reads the tests of a promptfoo file: the variable that holds the
// question (question, query, message, input, prompt or the only one) and the
// assertions contains, icontains, contains-any, contains-all and their negations.
// Assertions of other kinds are named in skipped: they need a model or code.
func ImportPromptfoo(name string, data []byte) (s Suite, skipped []string, err error) {
	p := &paper{file: name}
	root := p.document(data)
	if root == nil {
		return Suite{}, nil, p.problems
	}
	tests := root
	if root.Kind == yaml.MappingNode {
		tests = value(root, "tests")
	}
	if tests == nil || tests.Kind != yaml.SequenceNode {
		return Suite{}, nil, Problems{{name, root.Line, "the file has no list of tests"}}
	}
	doc, cases := mapping("suite", strings.TrimSuffix(path.Base(name), path.Ext(name))), &yaml.Node{Kind: yaml.SequenceNode}
	for _, test := range tests.Content {
		c, left := promptfooCase(test)
		if c == nil {
			skipped = append(skipped, fmt.Sprintf("%s:%d: no variable holds the question", name, test.Line))
			continue
		}
		for _, kind := range left {
			skipped = append(skipped, fmt.Sprintf("%s:%d: assertion %q", name, test.Line, kind))
		}
		if value(c, "expect") == nil {
			skipped = append(skipped, fmt.Sprintf("%s:%d: nothing is left that could fail", name, test.Line))
			continue
		}
		cases.Content = append(cases.Content, c)
	}
	add(doc, "cases", cases)
	s, err = p.suiteOf(doc)
	return s, skipped, err
}

func promptfooCase(test *yaml.Node) (c *yaml.Node, skipped []string) {
	vars := value(test, "vars")
	if vars == nil || vars.Kind != yaml.MappingNode {
		return nil, nil
	}
	question := ""
	for _, key := range []string{"question", "query", "message", "input", "prompt", "text"} {
		if v := value(vars, key); v != nil && question == "" {
			question = v.Value
		}
	}
	if question == "" && len(vars.Content) == 2 {
		question = vars.Content[1].Value
	}
	if question == "" {
		return nil, nil
	}
	c = mapping("ask", question, "lang", text(value(vars, "lang")), "label", text(value(test, "description")))
	contains, lacks := &yaml.Node{Kind: yaml.SequenceNode}, &yaml.Node{Kind: yaml.SequenceNode}
	if asserts := value(test, "assert"); asserts != nil {
		for _, a := range asserts.Content {
			kind := text(value(a, "type"))
			to := contains
			plainKind, negated := strings.CutPrefix(kind, "not-")
			if negated {
				to = lacks
			}
			values := textsOf(value(a, "value"))
			switch {
			case slices.Contains([]string{"contains", "icontains", "equals"}, plainKind) && len(values) == 1,
				slices.Contains([]string{"contains-all", "icontains-all"}, plainKind) && !negated:
				for _, v := range values {
					to.Content = append(to.Content, scalar(v))
				}
			case slices.Contains([]string{"contains-any", "icontains-any"}, plainKind):
				to.Content = append(to.Content, scalar(strings.Join(values, "|")))
			default:
				skipped = append(skipped, kind)
			}
		}
	}
	expect := mapping()
	if len(contains.Content) > 0 {
		add(expect, "contains", contains)
	}
	if len(lacks.Content) > 0 {
		add(expect, "lacks", lacks)
	}
	if len(expect.Content) > 0 {
		add(c, "expect", expect)
	}
	setLine(c, test.Line)
	return c, skipped
}

// value returns what stands under a key of a mapping, nil where it has none.
func value(n *yaml.Node, key string) *yaml.Node {
	for i := 0; n != nil && n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

func text(n *yaml.Node) string {
	if n == nil {
		return ""
	}
	return n.Value
}

func textsOf(n *yaml.Node) []string {
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		return []string{n.Value}
	}
	var out []string
	for _, one := range n.Content {
		out = append(out, one.Value)
	}
	return out
}
