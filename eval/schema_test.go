package eval_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"gopkg.in/yaml.v3"

	"frontdesk/eval"
)

// schema is a JSON Schema of the docs, with the keywords that ours use.
type schema struct {
	root map[string]any
}

func readSchema(t *testing.T, path string) schema {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	return schema{root}
}

// fits tells whether a value is of a schema; where says which part is not.
func (s schema) fits(rule map[string]any, value any, at string) (where string, ok bool) {
	if name, is := rule["$ref"].(string); is {
		return s.fits(s.root["$defs"].(map[string]any)[name[len("#/$defs/"):]].(map[string]any), value, at)
	}
	if any, is := rule["anyOf"].([]any); is {
		for _, one := range any {
			if where, ok = s.fits(one.(map[string]interface{}), value, at); ok {
				return "", true
			}
		}
		return where, false
	}
	if enum, is := rule["enum"].([]any); is {
		return at, slices.Contains(enum, value)
	}
	if c, is := rule["const"]; is {
		return at, c == value
	}
	switch rule["type"] {
	case "string":
		text, is := value.(string)
		return at, is && (rule["minLength"] == nil || text != "")
	case "boolean":
		_, is := value.(bool)
		return at, is
	case "integer", "number":
		_, is := value.(float64)
		return at, is
	case "array":
		list, is := value.([]any)
		for _, one := range list {
			if where, ok := s.fits(rule["items"].(map[string]any), one, at+"[]"); !ok {
				return where, false
			}
		}
		return at, is
	case "object":
		return s.object(rule, value, at)
	}
	return at, true
}

func (s schema) object(rule map[string]any, value any, at string) (string, bool) {
	fields, is := value.(map[string]any)
	if !is {
		return at, false
	}
	required, _ := rule["required"].([]any)
	for _, name := range required {
		if _, there := fields[name.(string)]; !there {
			return at + "." + name.(string) + " is missing", false
		}
	}
	known, _ := rule["properties"].(map[string]any)
	for name, field := range fields {
		next, there := known[name].(map[string]any)
		if !there {
			next, there = rule["additionalProperties"].(map[string]any)
		}
		if !there {
			return at + "." + name + " is not in the schema", false
		}
		if where, ok := s.fits(next, field, at+"."+name); !ok {
			return where, false
		}
	}
	return "", true
}

func TestBuiltInSuitesKeepTheSchemaOfSuites(t *testing.T) {
	t.Parallel()
	s := readSchema(t, "../docs/eval-suite.schema.json")
	files, err := os.ReadDir("suite")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		data, err := os.ReadFile("suite/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		var doc map[string]any
		if err := yaml.Unmarshal(data, &doc); err != nil {
			t.Fatal(err)
		}
		delete(doc, "at") // YAML reads a moment as such, JSON has none
		raw, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		var value any
		if err := json.Unmarshal(raw, &value); err != nil {
			t.Fatal(err)
		}
		if where, ok := s.fits(s.root, value, f.Name()); !ok {
			t.Error(where)
		}
	}
}

func TestTheSchemaOfSuitesRefusesWhatTheReaderRefuses(t *testing.T) {
	t.Parallel()
	s := readSchema(t, "../docs/eval-suite.schema.json")
	for text, right := range map[string]bool{
		`{"suite":"s","expect":{"outcome":"spam"},"cases":["a"]}`:                                                   true,
		`{"suite":"s","cases":{"fr":[["a",{"say":"b","after":"1h","expect":{"lang":"same"}}]]}}`:                    true,
		`{"suite":"s","cases":[{"ask":"a","expect":{"cites":{"source":"x","page":2},"ticket":true,"messages":2}}]}`: true,
		`{"suite":"s","expect":{"outcome":"spamm"},"cases":["a"]}`:                                                  false,
		`{"suite":"s","expect":{"outcomes":"spam"},"cases":["a"]}`:                                                  false,
		`{"suite":"s","expect":{"ticket":"yes","outcome":"spam"},"cases":["a"]}`:                                    false,
		`{"suite":"s","expect":{"outcome":"spam"},"cases":[{"ask":"a","fault":"flood"}]}`:                           false,
		`{"suite":"s","expect":{"outcome":"spam"},"cases":[{"ask":"a","expect":{"cites":{"page":2}}}]}`:             false,
		`{"suite":"s","expect":{"outcome":"spam"},"groups":[{"label":"x"}]}`:                                        false,
	} {
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			t.Fatal(err)
		}
		if where, ok := s.fits(s.root, value, "suite"); ok != right {
			t.Errorf("schema: %s is %v (%s), want %v", text, ok, where, right)
		}
		if _, err := eval.ReadSuite("s.yaml", []byte(text)); (err == nil) != right {
			t.Errorf("reader: %s: %v, want right %v", text, err, right)
		}
	}
}

func TestARunKeepsTheSchemaOfRuns(t *testing.T) {
	t.Parallel()
	s := readSchema(t, "../docs/eval-run.schema.json")
	run := runs(t, "r", 12, 3)
	reply := run.Cases[1].Turns[0].Reply
	reply.Trace = &eval.Trace{Question: "q", Found: []eval.Found{{Source: "a", Page: 1, Score: 2}}, Dropped: []eval.DroppedAs{{Sentence: "s", Why: "w"}}, Failures: []string{"model"}}
	reply.Ticket = &eval.Ticket{Team: "nurse"}
	run.Cases[1].Known, run.Cases[1].Failure, run.Cases[1].Mutator, run.Cases[1].Origin = "k", "f", "m", "o"
	run.Cases[1].Turns[0].Expect = eval.Expect{Outcome: []string{"spam"}, Cites: []eval.Place{{Source: "a"}}, Tone: "plain"}
	run.Target = eval.Identity{Kind: "process", Settings: map[string]string{"model": "none"}}
	run.Sign = &eval.Signature{By: "x"}
	run.Gates = eval.Decide([]eval.Gate{{NoFailure: true}}, run, nil)
	run.CompareTo(runs(t, "before", 12, 4))
	raw, err := run.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		t.Fatal(err)
	}
	if where, ok := s.fits(s.root, value, "run"); !ok {
		t.Error(where)
	}
}
