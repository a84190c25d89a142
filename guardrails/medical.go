package guardrails

import (
	_ "embed"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"frontdesk/language"
)

//go:embed medical.yaml
var medicalFile []byte

// kindOfName is what a word names.
type kindOfName uint8

// The kinds of names; their strings are features of the word weights.
const (
	namesNothing kindOfName = iota
	namesMedicine
	namesIllness
)

func (k kindOfName) String() string { return [...]string{"", "<medicine>", "<illness>"}[k] }

// medicalNames tells the names of medicines and illnesses from other words, by
// lists and by how such names end.
type medicalNames struct {
	least   int // letters of a word whose ending counts
	longest int // bytes of an ending
	words   map[string]kindOfName
	ends    map[string]kindOfName
}

// knownNames is built once; like a compiled expression it never changes.
var knownNames = newMedicalNames(medicalFile)

// newMedicalNames reads the file of this package; one that cannot be read gives
// no names, which its test finds out.
func newMedicalNames(raw []byte) *medicalNames {
	type kind struct {
		Ends  [][]string `yaml:"ends"`
		Words []string   `yaml:"words"`
	}
	var file struct {
		Least    int      `yaml:"least"`
		Medicine kind     `yaml:"medicine"`
		Illness  kind     `yaml:"illness"`
		Not      []string `yaml:"not"`
	}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		return &medicalNames{}
	}
	n := &medicalNames{least: file.Least, words: map[string]kindOfName{}, ends: map[string]kindOfName{}}
	for of, k := range map[kindOfName]kind{namesMedicine: file.Medicine, namesIllness: file.Illness} {
		for _, w := range k.Words {
			n.words[folded(w)] = of
		}
		for _, ends := range k.Ends {
			for _, e := range ends {
				e = folded(e)
				n.ends[e] = of
				n.longest = max(n.longest, len(e))
			}
		}
	}
	for _, w := range file.Not {
		n.words[folded(w)] = namesNothing
	}
	return n
}

// folded is a name as the words of a prepared text are: without accents.
func folded(name string) string {
	if p := prepare(name); len(p.words) == 1 {
		return p.words[0].raw
	}
	return language.Fold(name)
}

// of tells what a folded word names.
func (n *medicalNames) of(word string) kindOfName {
	if k, ok := n.words[word]; ok {
		return k
	}
	if utf8.RuneCountInString(word) < n.least {
		return namesNothing
	}
	for at := max(0, len(word)-n.longest); at < len(word)-2; at++ {
		if k, ok := n.ends[word[at:]]; ok {
			return k
		}
	}
	return namesNothing
}
