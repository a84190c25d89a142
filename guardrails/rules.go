package guardrails

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sort"

	"gopkg.in/yaml.v3"

	"frontdesk"
)

//go:embed rules/*.yaml rules/misuse/*.yaml
var ruleFiles embed.FS

// ruleFile is one file of rules/ or rules/misuse/: the rules of one language.
type ruleFile struct {
	Language string              `yaml:"language"`
	Signed   signature           `yaml:"signed"`
	Sets     map[string][]string `yaml:"sets"`
	Contexts map[string]meaning  `yaml:"contexts"`
	Rules    []ruleText          `yaml:"rules"`
}

// everyLanguage is the language of the file that holds the plainest phrases of many.
const everyLanguage = "more"

// signature is who reviewed a file and when; docs/safety.md says how.
type signature struct {
	By string `yaml:"by"`
	On string `yaml:"on"`
}

// meaning is a list of phrases that take the meaning out of a rule: a
// negation, the past, a figure of speech.
type meaning struct {
	Reason string   `yaml:"reason"`
	Say    []string `yaml:"say"`
}

// ruleText is a rule as it is written.
type ruleText struct {
	Name   string    `yaml:"name"`
	Label  string    `yaml:"label"`
	Reason string    `yaml:"reason"`
	Unless *[]string `yaml:"unless"` // contexts; absent: those usual for the label
	With   []string  `yaml:"with"`   // contexts of which the text must hold one
	Only   bool      `yaml:"only"`   // counts only when it is the whole text
	Say    []string  `yaml:"say"`
}

// rule is a rule ready to be matched.
type rule struct {
	name   string // language/name
	file   string // language; a context silences rules of its own file only
	label  frontdesk.Label
	unless []string
	with   []frontdesk.Label
	only   bool
}

// usualContexts are the contexts that silence a rule of a label unless the rule
// names its own.
var usualContexts = map[frontdesk.Label][]string{
	frontdesk.LabelEmergency: {"negation", "past", "administration", "learning", "figure", "fiction"},
	frontdesk.LabelCrisis:    {"negation", "figure", "fiction"},
	frontdesk.LabelUrgent:    {"negation", "past", "administration", "learning", "figure", "fiction"},
	frontdesk.LabelClinical:  {"administration", "booking"},
	frontdesk.LabelDistress:  {"negation", "figure"},
	frontdesk.LabelComplaint: {"negation"},
}

// aboutSubject tells whether a label says what a text is about: how to get to the
// clinic, and what it is like there, is none of these, however medical its words.
func aboutSubject(l frontdesk.Label) bool {
	switch l {
	case frontdesk.LabelClinical, frontdesk.LabelPersonalRecord, frontdesk.LabelOffTopic, frontdesk.LabelSmalltalk:
		return true
	}
	return false
}

// ruleSet is all rules of all languages, compiled over one vocabulary.
type ruleSet struct {
	vocabulary *vocabulary
	rules      []rule
	patterns   []pattern
	files      map[string]bool   // languages with a file of their own
	byAnchor   map[int32][]int32 // vocabulary id → patterns that need it
}

// loadRules reads and compiles all rule files: those of health and people, and those
// of misuse. The two know no word of each other, so that a word that only misuse
// listens for never changes how a misspelt cry for help is heard.
func loadRules() (health, misuse *ruleSet, err error) {
	healthFiles, err := readRules("rules/*.yaml")
	if err != nil {
		return nil, nil, fmt.Errorf("rules: %w", err)
	}
	misuseFiles, err := readRules("rules/misuse/*.yaml")
	if err != nil {
		return nil, nil, fmt.Errorf("rules: misuse: %w", err)
	}
	health, misuse = newRuleSet(), newRuleSet()
	for _, file := range healthFiles {
		if err := health.add(file); err != nil {
			return nil, nil, fmt.Errorf("rules: %s: %w", file.Language, err)
		}
		file.Rules = nil // a price or a visit excuses misuse too
		if err := misuse.add(file); err != nil {
			return nil, nil, fmt.Errorf("rules: %s: %w", file.Language, err)
		}
	}
	for _, file := range misuseFiles {
		if err := misuse.add(file); err != nil {
			return nil, nil, fmt.Errorf("rules: misuse: %s: %w", file.Language, err)
		}
	}
	health.index()
	misuse.index()
	return health, misuse, nil
}

func newRuleSet() *ruleSet { return &ruleSet{vocabulary: newVocabulary(), files: map[string]bool{}} }

// readRules reads the files that a pattern names, in the order of their names.
func readRules(pattern string) ([]ruleFile, error) {
	names, err := fs.Glob(ruleFiles, pattern)
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	out := make([]ruleFile, len(names))
	for i, name := range names {
		raw, err := ruleFiles.ReadFile(name)
		if err != nil {
			return nil, err
		}
		dec := yaml.NewDecoder(bytes.NewReader(raw))
		dec.KnownFields(true)
		if err := dec.Decode(&out[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", path.Base(name), err)
		}
	}
	return out, nil
}

// add compiles the rules and contexts of one file.
func (s *ruleSet) add(file ruleFile) error {
	c := &compiler{vocabulary: s.vocabulary, sets: file.Sets}
	s.files[file.Language] = true
	for _, name := range sortedKeys(file.Contexts) {
		r := rule{name: file.Language + "/" + name, file: file.Language, label: frontdesk.Label("context:" + name)}
		if err := s.addRule(c, r, file.Contexts[name].Say); err != nil {
			return err
		}
	}
	for _, text := range file.Rules {
		if text.Reason == "" {
			return fmt.Errorf("rule %q has no reason", text.Name)
		}
		label := frontdesk.Label(text.Label)
		if !known(label) {
			return fmt.Errorf("rule %q: unknown label %q", text.Name, text.Label)
		}
		r := rule{name: file.Language + "/" + text.Name, file: file.Language, label: label, unless: usualContexts[label], only: text.Only}
		if text.Unless != nil {
			r.unless = *text.Unless
		}
		if aboutSubject(label) {
			r.unless = append(slices.Clone(r.unless), "logistics")
		}
		for _, name := range text.With {
			r.with = append(r.with, frontdesk.Label("context:"+name))
		}
		if err := s.addRule(c, r, text.Say); err != nil {
			return err
		}
	}
	return nil
}

func (s *ruleSet) addRule(c *compiler, r rule, say []string) error {
	if len(say) == 0 {
		return fmt.Errorf("rule %q says nothing", r.name)
	}
	id := int32(len(s.rules))
	s.rules = append(s.rules, r)
	for _, text := range say {
		p, err := c.pattern(text)
		if err != nil {
			return fmt.Errorf("rule %q: %q: %w", r.name, text, err)
		}
		p.rule = id
		s.patterns = append(s.patterns, p)
	}
	return nil
}

// index files each pattern under the rarest word that it cannot do without.
func (s *ruleSet) index() {
	uses := map[int32]int{}
	for _, p := range s.patterns {
		for _, need := range p.needs {
			for _, id := range need {
				uses[id]++
			}
		}
	}
	s.byAnchor = map[int32][]int32{}
	for i := range s.patterns {
		p := &s.patterns[i]
		best, cost := -1, 0
		for k, need := range p.needs {
			sum := 0
			for _, id := range need {
				sum += uses[id] + len(s.vocabulary.members[id])
			}
			if best < 0 || sum < cost {
				best, cost = k, sum
			}
		}
		for _, id := range p.needs[best] {
			s.byAnchor[id] = append(s.byAnchor[id], int32(i))
		}
	}
	s.vocabulary.freeze()
}

func known(label frontdesk.Label) bool {
	for _, l := range frontdesk.Labels() {
		if l == label {
			return true
		}
	}
	return false
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
