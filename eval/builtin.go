package eval

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

//go:embed suite known.yaml
var builtin embed.FS

// knownFile names the built-in cases that the product is known to fail, and why.
const knownFile = "known.yaml"

// Builtin returns the suites that come with the program, by name. Their cases are
// written for this project, over the sample clinic's documents.
func Builtin() ([]Suite, error) {
	names, err := fs.Glob(builtin, "suite/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("built-in suites: %w", err)
	}
	known, err := builtinKnown()
	if err != nil {
		return nil, err
	}
	var suites []Suite
	for _, name := range names {
		data, err := builtin.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("built-in suite %s: %w", name, err)
		}
		s, err := ReadSuite(path.Base(name), data)
		if err != nil {
			return nil, fmt.Errorf("built-in suite: %w", err)
		}
		for i := range s.Cases {
			c := &s.Cases[i]
			c.Known = cmp.Or(c.Known, known[s.Name+"/"+c.ID])
		}
		s.File = "built-in " + strings.TrimPrefix(name, "suite/")
		suites = append(suites, s)
	}
	return suites, nil
}

func builtinKnown() (map[string]string, error) {
	data, err := builtin.ReadFile(knownFile)
	if err != nil {
		return nil, fmt.Errorf("known weaknesses: %w", err)
	}
	known := map[string]string{}
	if err := yaml.Unmarshal(data, &known); err != nil {
		return nil, fmt.Errorf("known weaknesses: %w", err)
	}
	return known, nil
}

// Known lists the failed cases of a run as known.yaml has them: by key, with what
// went wrong. A case that was known keeps its reason.
func (r Report) Known() ([]byte, error) {
	known := map[string]string{}
	for _, c := range r.Cases {
		if !c.Pass {
			known[c.Key()] = cmp.Or(c.Known, c.weakness())
		}
	}
	data, err := yaml.Marshal(known)
	if err != nil {
		return nil, fmt.Errorf("known weaknesses: %w", err)
	}
	return data, nil
}

// weakness names what went wrong without the words of the reply, which change.
func (c CaseRun) weakness() string {
	if c.Failure != "" {
		return c.Failure
	}
	var names []string
	for _, f := range c.Failed() {
		name := f.Name
		if name == "outcome" || name == "not_outcome" {
			name = "comes out " + f.Got
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}
