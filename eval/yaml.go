package eval

import (
	"bytes"
	"encoding/json"
	"fmt"

	"gopkg.in/yaml.v3"
)

// YAML writes a suite as a person would, to be read, changed and run again.
func (s Suite) YAML() ([]byte, error) {
	head := mapping("suite", s.Name, "title", s.Title, "about", s.About)
	if s.MustPass {
		add(head, "must_pass", boolean(true))
	}
	cases := &yaml.Node{Kind: yaml.SequenceNode}
	for _, c := range s.Cases {
		n, err := c.node()
		if err != nil {
			return nil, fmt.Errorf("write case %s: %w", c.ID, err)
		}
		cases.Content = append(cases.Content, n)
	}
	add(head, "cases", cases)
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(head); err != nil {
		return nil, fmt.Errorf("write suite: %w", err)
	}
	return out.Bytes(), nil
}

func (c Case) node() (*yaml.Node, error) {
	n := mapping("id", c.ID, "lang", c.Lang, "label", c.Label, "country", c.Country, "known", c.Known)
	if c.First {
		add(n, "first", boolean(true))
	}
	if len(c.Turns) > 0 && !c.Turns[0].At.Equal(defaultAt) && !c.Turns[0].At.IsZero() {
		add(n, "at", scalar(c.Turns[0].At.Format("2006-01-02T15:04:05Z07:00")))
	}
	if len(c.Turns) == 1 && c.Turns[0].Tap == "" && len(c.Turns[0].Faults) == 0 {
		add(n, "ask", scalar(c.Turns[0].Say))
		return n, addExpect(n, c.Turns[0].Expect)
	}
	turns := &yaml.Node{Kind: yaml.SequenceNode}
	for _, t := range c.Turns {
		one := mapping("say", t.Say, "tap", t.Tap)
		if len(t.Faults) > 0 {
			faults := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
			for _, f := range t.Faults {
				faults.Content = append(faults.Content, scalar(string(f)))
			}
			add(one, "fault", faults)
		}
		if err := addExpect(one, t.Expect); err != nil {
			return nil, err
		}
		turns.Content = append(turns.Content, one)
	}
	add(n, "turns", turns)
	return n, nil
}

// addExpect writes an expectation by its JSON names, which are the suite's.
func addExpect(n *yaml.Node, e Expect) error {
	raw, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write expectation: %w", err)
	}
	if string(raw) == "{}" {
		return nil
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(raw, &doc); err != nil { // JSON is YAML
		return fmt.Errorf("write expectation: %w", err)
	}
	plain(doc.Content[0])
	add(n, "expect", doc.Content[0])
	return nil
}

// plain lets the encoder choose how to quote.
func plain(n *yaml.Node) {
	n.Style = 0
	for _, child := range n.Content {
		plain(child)
	}
}

func scalar(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
}

func boolean(b bool) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: fmt.Sprint(b)}
}

// mapping makes a mapping of texts, leaving out those that are empty.
func mapping(pairs ...string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			add(n, pairs[i], scalar(pairs[i+1]))
		}
	}
	return n
}

func add(n *yaml.Node, key string, value *yaml.Node) {
	n.Content = append(n.Content, scalar(key), value)
}
