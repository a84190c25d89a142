package httpd

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

//go:embed text/*.yaml
var textFiles embed.FS

// fallbackLanguage is the console's language where a person's has no file.
const fallbackLanguage = "en"

// phrases are the console's texts by language and key, one file a language.
type phrases map[string]map[string]string

// loadPhrases reads the files. A language that lacks a key, or has one that
// English lacks, is refused: half a language helps nobody.
func loadPhrases() (phrases, error) {
	names, err := fs.Glob(textFiles, "text/*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list texts: %w", err)
	}
	all := phrases{}
	for _, name := range names {
		raw, err := textFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		texts := map[string]string{}
		if err := yaml.Unmarshal(raw, &texts); err != nil {
			return nil, fmt.Errorf("parse %s: %w", name, err)
		}
		all[strings.TrimSuffix(strings.TrimPrefix(name, "text/"), ".yaml")] = texts
	}
	for language, texts := range all {
		if missing := lacks(texts, all[fallbackLanguage]); len(missing) > 0 {
			return nil, fmt.Errorf("console texts in %q lack %v", language, missing)
		}
		if extra := lacks(all[fallbackLanguage], texts); len(extra) > 0 {
			return nil, fmt.Errorf("console texts in %q have unknown %v", language, extra)
		}
	}
	return all, nil
}

// lacks returns the keys of want that texts lacks.
func lacks(texts, want map[string]string) []string {
	var missing []string
	for key := range want {
		if texts[key] == "" {
			missing = append(missing, key)
		}
	}
	slices.Sort(missing)
	return missing
}

// language returns the first of tags that has texts, by its base language.
func (p phrases) language(tags ...string) string {
	for _, tag := range tags {
		base, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if p[base] != nil {
			return base
		}
	}
	return fallbackLanguage
}

// text is a phrase with its {name}s filled in from pairs of name and value. A key
// that nobody has shows itself.
func (p phrases) text(language, key string, pairs ...any) string {
	text, ok := p[language][key]
	if !ok {
		return key
	}
	replacements := make([]string, 0, len(pairs))
	for i := 0; i+1 < len(pairs); i += 2 {
		replacements = append(replacements, "{"+fmt.Sprint(pairs[i])+"}", fmt.Sprint(pairs[i+1]))
	}
	return strings.NewReplacer(replacements...).Replace(text)
}

// name is the phrase of a typed value such as a reason, or the value itself in
// words where there is none.
func (p phrases) name(language, group string, value any) string {
	key := group + "." + fmt.Sprint(value)
	if text, ok := p[language][key]; ok {
		return text
	}
	return strings.ReplaceAll(fmt.Sprint(value), "_", " ")
}
