// Package locale holds the texts that patients see, one file a language, and
// renders dates, times, money and opening hours in the patient's language. Load
// reads the files once; a [Catalogue] is safe for concurrent use.
package locale

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

//go:embed text/*.yaml
var files embed.FS

// Fallback is the language whose texts stand in for those that another lacks.
const Fallback = "en"

// Catalogue is the texts of all languages.
type Catalogue struct {
	languages map[string]*language
}

type language struct {
	Name      string              `yaml:"name"`
	Direction string              `yaml:"direction"`
	Weekdays  []string            `yaml:"weekdays"`
	Months    []string            `yaml:"months"`
	Date      string              `yaml:"date"`
	Clock     string              `yaml:"clock"`
	Range     string              `yaml:"range"`
	Money     string              `yaml:"money"`
	Decimal   string              `yaml:"decimal"`
	And       string              `yaml:"list_and"`
	Text      map[string]string   `yaml:"text"`
	Words     map[string][]string `yaml:"words"`
}

// Load reads the embedded files. It fails when a file is malformed or incomplete,
// which the package's test shows not to be so.
func Load() (*Catalogue, error) {
	names, err := fs.Glob(files, "text/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list texts: %w", err)
	}
	c := &Catalogue{languages: make(map[string]*language, len(names))}
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		var l language
		if err := yaml.Unmarshal(data, &l); err != nil {
			return nil, fmt.Errorf("parse %s: %w", name, err)
		}
		if len(l.Weekdays) != 7 || len(l.Months) != 12 || l.Clock == "" {
			return nil, fmt.Errorf("parse %s: seven weekdays, twelve months and a clock are needed", name)
		}
		c.languages[strings.TrimSuffix(strings.TrimPrefix(name, "text/"), ".yaml")] = &l
	}
	if c.languages[Fallback] == nil {
		return nil, fmt.Errorf("no texts in the fallback language %q", Fallback)
	}
	return c, nil
}

// Languages returns the tags that have texts of their own, sorted.
func (c *Catalogue) Languages() []string {
	var tags []string
	for tag := range c.languages {
		tags = append(tags, tag)
	}
	slices.Sort(tags)
	return tags
}

// Has tells whether tag, or its base language, has texts of its own.
func (c *Catalogue) Has(tag string) bool { return c.languages[base(tag)] != nil }

func base(tag string) string {
	tag = strings.ToLower(tag)
	if i := strings.IndexAny(tag, "-_"); i > 0 {
		return tag[:i]
	}
	return tag
}

func (c *Catalogue) language(tag string) *language {
	if l := c.languages[base(tag)]; l != nil {
		return l
	}
	return c.languages[Fallback]
}

// Text returns the text for key in the language, each {name} replaced by its
// value in args. A language that lacks the key gives the English text; a key that
// nobody has gives "".
func (c *Catalogue) Text(tag, key string, args map[string]string) string {
	text, ok := c.language(tag).Text[key]
	if !ok {
		text = c.languages[Fallback].Text[key]
	}
	return fill(text, args)
}

func fill(text string, args map[string]string) string {
	if len(args) == 0 || !strings.Contains(text, "{") {
		return text
	}
	pairs := make([]string, 0, 2*len(args))
	for name, value := range args {
		pairs = append(pairs, "{"+name+"}", value)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Words returns the words of a group ("hello", "yes", "cancel") in the language.
func (c *Catalogue) Words(tag, group string) []string { return c.language(tag).Words[group] }

// RightToLeft tells whether the language is written from right to left.
func (c *Catalogue) RightToLeft(tag string) bool { return c.language(tag).Direction == "rtl" }
