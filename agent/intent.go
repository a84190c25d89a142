package agent

import (
	"embed"
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"frontdesk/language"
)

//go:embed intent/*.yaml
var intentFiles embed.FS

// Intent is what a message wants, as far as words alone tell.
type Intent string

// The intents of the phrase files, see intent/README.md.
const (
	IntentBook   Intent = "book"
	IntentMove   Intent = "move"
	IntentCancel Intent = "cancel"
	IntentHours  Intent = "hours"
	IntentOpen   Intent = "open"
	IntentNow    Intent = "now"
	IntentWhere  Intent = "where"
	IntentPhone  Intent = "phone"
	IntentEmail  Intent = "email"
	IntentPrice  Intent = "price"
	IntentFollow Intent = "follow"
	IntentSpeak  Intent = "speak"
	IntentWho    Intent = "who"
	IntentLead   Intent = "lead"
	ordinary     Intent = "ordinary"
	namesSite    Intent = "site"
	trailing     Intent = "trailing"
)

// maxGap is how many words "~" may stand for: enough for "annuler mon prochain
// rendez-vous", too few to join two sentences.
const maxGap = 4

// intents is the deterministic classifier. It works alone when no model is set.
type intents struct {
	phrases map[string]map[Intent][][]string // language → intent → phrase → words
}

func loadIntents() (*intents, error) {
	entries, err := intentFiles.ReadDir("intent")
	if err != nil {
		return nil, fmt.Errorf("list intents: %w", err)
	}
	in := &intents{phrases: map[string]map[Intent][][]string{}}
	for _, entry := range entries {
		data, err := intentFiles.ReadFile("intent/" + entry.Name())
		if err != nil {
			return nil, fmt.Errorf("read intents: %w", err)
		}
		var groups map[Intent][]string
		if err := yaml.Unmarshal(data, &groups); err != nil {
			return nil, fmt.Errorf("parse %s: %w", entry.Name(), err)
		}
		parsed := map[Intent][][]string{}
		for intent, phrases := range groups {
			for _, phrase := range phrases {
				parsed[intent] = append(parsed[intent], phraseWords(phrase))
			}
		}
		in.phrases[strings.TrimSuffix(entry.Name(), ".yaml")] = parsed
	}
	return in, nil
}

func phraseWords(phrase string) []string {
	var words []string
	for _, part := range strings.Fields(phrase) {
		switch {
		case part == "~":
			words = append(words, part)
		case strings.HasSuffix(part, "*"):
			words = append(words, foldedWords(strings.TrimSuffix(part, "*"))...)
			words[len(words)-1] += "*"
		default:
			words = append(words, foldedWords(part)...)
		}
	}
	return words
}

// foldedWords splits at apostrophes too, so that "l'adresse" holds "adresse".
func foldedWords(text string) []string {
	var words []string
	text = apostrophes.Replace(text)
	for _, w := range language.Words(language.Fold(text)) {
		words = append(words, w.Text)
	}
	return words
}

// apostrophes parts what an apostrophe joins.
var apostrophes = strings.NewReplacer("'", " ", "’", " ")

// has tells whether the folded words hold a phrase of the intent in one of the languages.
func (in *intents) has(words []string, intent Intent, languages ...string) bool {
	for _, tag := range languages {
		for _, phrase := range in.phrases[tag][intent] {
			for start := range words {
				if matchAt(words[start:], phrase) > 0 {
					return true
				}
			}
		}
	}
	return false
}

// starts tells whether the words begin with a phrase of the intent.
func (in *intents) starts(words []string, intent Intent, languages ...string) bool {
	for _, tag := range languages {
		for _, phrase := range in.phrases[tag][intent] {
			if matchAt(words, phrase) > 0 {
				return true
			}
		}
	}
	return false
}

// all returns the tags of every language with phrases; a three-word message is
// often taken for its neighbour's language.
func (in *intents) all() []string {
	tags := make([]string, 0, len(in.phrases))
	for tag := range in.phrases {
		tags = append(tags, tag)
	}
	return tags
}

// rest returns the words that no phrase of the given intents, no ordinary word
// and no stop word accounts for: what a question is about in particular.
func (in *intents) rest(words []string, tag string, wanted ...Intent) []string {
	taken := make([]bool, len(words))
	for _, intent := range append(wanted, ordinary) {
		for _, phrase := range in.phrases[tag][intent] {
			for start := range words {
				n := matchAt(words[start:], phrase)
				for i := start; i < start+n; i++ {
					taken[i] = true
				}
			}
		}
	}
	var left []string
	for i, w := range words {
		if !taken[i] && !language.IsStop(tag, w) {
			left = append(left, w)
		}
	}
	return left
}

// matchAt returns how many words the phrase takes from the start of words, 0 for no match.
func matchAt(words, phrase []string) int {
	i := 0
	for p := 0; p < len(phrase); p++ {
		if phrase[p] == "~" {
			rest := phrase[p+1:]
			for gap := 0; gap <= maxGap && i+gap < len(words); gap++ {
				if n := matchAt(words[i+gap:], rest); n > 0 {
					return i + gap + n
				}
			}
			return 0
		}
		if i >= len(words) || !wordFits(words[i], phrase[p]) {
			return 0
		}
		i++
	}
	return i
}

func wordFits(word, pattern string) bool {
	if stem, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(word, stem)
	}
	return word == pattern
}
