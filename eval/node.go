package eval

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Problem is one mistake in a file that a person wrote.
type Problem struct {
	File string
	Line int
	Text string
}

func (p Problem) String() string {
	if p.Line == 0 {
		return p.File + ": " + p.Text
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
}

// Problems are the mistakes of a file, in the order of its lines.
type Problems []Problem

func (p Problems) Error() string {
	var lines []string
	for _, one := range p {
		lines = append(lines, one.String())
	}
	return strings.Join(lines, "\n")
}

// paper reads what a person wrote and collects every mistake with its line, so
// that one look is enough to put all of them right.
type paper struct {
	file     string
	problems Problems
}

func (p *paper) wrong(n *yaml.Node, format string, args ...any) {
	line := 0
	if n != nil {
		line = n.Line
	}
	p.problems = append(p.problems, Problem{p.file, line, fmt.Sprintf(format, args...)})
}

// fields calls the reader of each key of a mapping. A key without a reader is a
// mistake, most often of spelling.
func (p *paper) fields(n *yaml.Node, what string, readers map[string]func(*yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		p.wrong(n, "%s is a list of `key: value`, not %s", what, kindName(n))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		read, ok := readers[key.Value]
		switch {
		case !ok:
			p.wrong(key, "%s has no %q%s", what, key.Value, suggestion(key.Value, readers))
		case seen[key.Value]:
			p.wrong(key, "%q stands twice in this %s", key.Value, what)
		default:
			read(n.Content[i+1])
		}
		seen[key.Value] = true
	}
}

func suggestion(key string, readers map[string]func(*yaml.Node)) string {
	var names []string
	best, distance := "", 3
	for name := range readers {
		names = append(names, name)
		if d := edits(key, name); d < distance || d == distance && name < best {
			best, distance = name, d
		}
	}
	if best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	slices.Sort(names)
	return "; it may have " + strings.Join(names, ", ")
}

// edits is the Levenshtein distance of two short words.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			before, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, before+cost)
		}
	}
	return row[len(b)]
}

func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Tag == "!!null" {
			return "nothing"
		}
		return fmt.Sprintf("%q", n.Value)
	case yaml.SequenceNode:
		return "a list"
	case yaml.MappingNode:
		return "a list of `key: value`"
	}
	return "that"
}

func (p *paper) text(to *string, what string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
			p.wrong(n, "%s is a text, not %s", what, kindName(n))
			return
		}
		*to = n.Value
	}
}

// oneOf reads a text out of a closed set.
func (p *paper) oneOf(to *string, what string, allowed ...string) func(*yaml.Node) {
	read := p.text(to, what)
	return func(n *yaml.Node) {
		read(n)
		p.among(n, what, allowed)
	}
}

func (p *paper) among(n *yaml.Node, what string, allowed []string) {
	if n.Kind == yaml.ScalarNode && n.Tag != "!!null" && !slices.Contains(allowed, n.Value) {
		p.wrong(n, "%s is one of %s, not %q", what, strings.Join(allowed, ", "), n.Value)
	}
}

// texts reads a text or a list of texts.
func (p *paper) texts(to *[]string, what string, allowed ...string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		list := []*yaml.Node{n}
		if n.Kind == yaml.SequenceNode {
			list = n.Content
		}
		out := []string{}
		for _, one := range list {
			var s string
			p.text(&s, what)(one)
			if len(allowed) > 0 {
				p.among(one, what, allowed)
			}
			if strings.TrimSpace(s) == "" && one.Kind == yaml.ScalarNode && one.Tag != "!!null" {
				p.wrong(one, "%s is empty", what)
			}
			out = append(out, s)
		}
		*to = out
	}
}

func (p *paper) boolean(to *bool, what string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind != yaml.ScalarNode || n.Value != "true" && n.Value != "false" {
			p.wrong(n, "%s is true or false, not %s", what, kindName(n))
			return
		}
		*to = n.Value == "true"
	}
}

func (p *paper) number(to *float64, what string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		v, err := strconv.ParseFloat(n.Value, 64)
		if n.Kind != yaml.ScalarNode || err != nil {
			p.wrong(n, "%s is a number, not %s", what, kindName(n))
			return
		}
		*to = v
	}
}

func (p *paper) count(to *int, what string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		v, err := strconv.Atoi(n.Value)
		if n.Kind != yaml.ScalarNode || err != nil || v < 0 {
			p.wrong(n, "%s is a whole number, not %s", what, kindName(n))
			return
		}
		*to = v
	}
}

func (p *paper) duration(to *time.Duration, what string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		d, err := time.ParseDuration(n.Value)
		if n.Kind != yaml.ScalarNode || err != nil || d <= 0 {
			p.wrong(n, "%s is a time such as 30s, 10m or 26h, not %s", what, kindName(n))
			return
		}
		*to = d
	}
}

// instant reads a moment: with an offset as it is written, without one in UTC.
func (p *paper) instant(to *time.Time, what string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02 15:04"} {
			if at, err := time.Parse(layout, n.Value); n.Kind == yaml.ScalarNode && err == nil {
				*to = at
				return
			}
		}
		p.wrong(n, "%s is a moment such as 2026-11-24T10:15:00+01:00, not %s", what, kindName(n))
	}
}

// each calls read for each item of a list.
func (p *paper) each(n *yaml.Node, what string, read func(*yaml.Node)) {
	if n.Kind != yaml.SequenceNode {
		p.wrong(n, "%s are a list (each line begins with “- ”), not %s", what, kindName(n))
		return
	}
	for _, one := range n.Content {
		read(one)
	}
}

// document parses YAML into the node of its one value.
func (p *paper) document(data []byte) *yaml.Node {
	var doc yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&doc); err != nil {
		p.problems = append(p.problems, p.syntax(err))
		return nil
	}
	if len(doc.Content) != 1 {
		p.wrong(nil, "the file is empty")
		return nil
	}
	return doc.Content[0]
}

// syntax reads the line out of the YAML library's message.
func (p *paper) syntax(err error) Problem {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		number, message, _ := strings.Cut(rest, ": ")
		if line, convErr := strconv.Atoi(number); convErr == nil {
			return Problem{p.file, line, "this is no YAML: " + message}
		}
	}
	return Problem{p.file, 0, "this is no YAML: " + text}
}

// jsonLine parses one line of JSONL into a node that carries the line's number.
func (p *paper) jsonLine(line int, data []byte) *yaml.Node {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	n, err := jsonNode(dec, line)
	if err == nil && dec.More() {
		err = errors.New("something follows the object")
	}
	if err != nil {
		p.problems = append(p.problems, Problem{p.file, line, "this is no JSON object: " + err.Error()})
		return nil
	}
	return n
}

func jsonNode(dec *json.Decoder, line int) (*yaml.Node, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, fmt.Errorf("read JSON: %w", err)
	}
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Line: line}
	switch v := token.(type) {
	case json.Delim:
		n.Kind, n.Tag = yaml.SequenceNode, ""
		if v == '{' {
			n.Kind = yaml.MappingNode
		}
		for dec.More() {
			child, err := jsonNode(dec, line)
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, child)
		}
		_, err = dec.Token() // the closing bracket
		if err != nil {
			return nil, fmt.Errorf("read JSON: %w", err)
		}
	case nil:
		n.Tag = "!!null"
	case string:
		n.Value = v
	case json.Number:
		n.Value = v.String()
	case bool:
		n.Value = strconv.FormatBool(v)
	}
	return n, nil
}
