package retrieval

import (
	"strings"
	"sync"

	"frontdesk"
	"frontdesk/language"
)

// prepared is a passage with all that ranking reads from its text. It depends on
// the passage's words alone, so it is kept by their hash.
type prepared struct {
	words     []placedWord // of the text
	context   map[string]bool
	topics    map[string]bool // concepts of headings and question
	mentions  []Mention
	sentences []preparedSentence
	identity  []string // words of the clinic's own name
	size      int      // bytes, for the cache
}

type placedWord struct {
	folded string
	start  int
}

type preparedSentence struct {
	start, end int
	kinds      Kind
	concepts   map[string]bool
	own        []string // subjects that it names itself
	words      []string // each once
	days       dayset
	question   bool // is itself a question
	opens      bool // ends with a colon: what follows belongs to it
}

func (l *Lexicon) prepare(p frontdesk.Passage, spans []Stretch) *prepared {
	words := language.Words(p.Text)
	mentions := l.mentions(p.Language, p.Text, words)
	out := &prepared{context: map[string]bool{}, topics: map[string]bool{}, mentions: mentions, size: 200 + 12*len(p.Text)}
	for _, w := range words {
		out.words = append(out.words, placedWord{lastForm(language.Fold(w.Text)), w.Start})
	}
	for _, h := range titlesOf(p) {
		for _, w := range language.Words(h) {
			out.context[lastForm(language.Fold(w.Text))] = true
		}
		for _, m := range l.Mentions(p.Language, h) {
			out.topics[m.Concept] = true
		}
	}
	out.identity = l.identity(p, words, mentions)
	for _, s := range spans {
		out.sentences = append(out.sentences, l.prepareSentence(p, out, s.Start, s.End))
	}
	for i := range out.sentences {
		if out.sentences[i].opens {
			l.extend(p, out, i)
		}
	}
	return out
}

// extendMost is how long, in bytes, a sentence may grow by what it introduces.
const extendMost = 420

// extend lets a sentence that ends with a colon take in what it introduces.
func (l *Lexicon) extend(p frontdesk.Passage, from *prepared, i int) {
	start, end := from.sentences[i].start, from.sentences[i].end
	for k := i + 1; k < len(from.sentences) && from.sentences[k].end-start <= extendMost && !from.sentences[k].opens; k++ {
		end = from.sentences[k].end
	}
	if end > from.sentences[i].end {
		from.sentences[i] = l.prepareSentence(p, from, start, end)
	}
}

func (l *Lexicon) prepareSentence(p frontdesk.Passage, from *prepared, start, end int) preparedSentence {
	s := preparedSentence{start: start, end: end, concepts: map[string]bool{}}
	var within []Mention
	for _, m := range from.mentions {
		if m.Start >= start && m.End <= end {
			within = append(within, m)
			s.concepts[m.Concept] = true
			if c := l.concepts[m.index]; !c.ask && !c.frame && !strings.Contains(c.key, ".") {
				s.own = appendOnce(s.own, m.Concept)
			}
		}
	}
	for _, w := range from.words {
		if w.start >= start && w.start < end {
			s.words = appendOnce(s.words, w.folded)
		}
	}
	if p.Kind == frontdesk.PassageRow || bare(p.Text[start:end], within) {
		from.inherit(&s, p.Text)
	}
	s.days = daysOf(p.Text[start:end], within, start)
	tail := strings.TrimRight(p.Text[start:end], " \u00a0»\"")
	s.question = strings.HasSuffix(tail, "?") || strings.HasSuffix(tail, "؟")
	s.opens = strings.HasSuffix(tail, ":")
	s.kinds = l.kindsOf(p.Text[start:end], within, p.Kind == frontdesk.PassageRow)
	return s
}

// titlesOf returns the titles above a passage but the document's own, and its question.
func titlesOf(p frontdesk.Passage) []string {
	var out []string
	if len(p.Headings) > 1 {
		out = append(out, p.Headings[1:]...)
	}
	if p.Question != "" {
		out = append(out, p.Question)
	}
	return out
}

// identityReach is how many words after "clinic" may be its name.
const identityReach = 4

// nameJoints part the words of a file's name.
var nameJoints = strings.NewReplacer("-", " ", "_", " ", ".", " ")

// identity returns the words that name the clinic: those of the document's title,
// capitalised ones beside a word for clinic, and the name of its e-mail's host.
func (l *Lexicon) identity(p frontdesk.Passage, words []language.Word, mentions []Mention) []string {
	var out []string
	if len(p.Headings) > 0 {
		for _, w := range language.Words(p.Headings[0]) {
			out = append(out, lastForm(language.Fold(w.Text)))
		}
		for _, m := range l.Mentions(p.Language, p.Headings[0]) {
			out = append(out, "§"+m.Concept)
		}
	}
	for _, w := range language.Words(nameJoints.Replace(p.Name)) {
		if f := language.Fold(w.Text); len(f) > 2 {
			out = append(out, f)
		}
	}
	if rePlace.MatchString(p.Text) || rePostal.MatchString(p.Text) {
		out = append(out, placeNames(p.Text)...)
	}
	for _, m := range mentions {
		if m.Concept != "clinic" {
			continue
		}
		for i, w := range words {
			if w.Start < m.End || w.Start > m.End+60 {
				continue
			}
			for k := i; k < len(words) && k < i+identityReach; k++ {
				if strings.ContainsAny(p.Text[words[max(k-1, 0)].End:words[k].Start], ".,;:\n|(") {
					break
				}
				if isName(words[k].Text) && !digits(words[k].Text) {
					out = append(out, lastForm(language.Fold(words[k].Text)))
				}
			}
			break
		}
	}
	for _, mail := range reEmail.FindAllString(p.Text, -1) {
		host := mail[strings.IndexByte(mail, '@')+1:]
		for _, w := range strings.FieldsFunc(language.Fold(host), func(r rune) bool { return r == '.' || r == '-' || r == '_' }) {
			if len(w) > 3 {
				out = append(out, w)
			}
		}
	}
	return out
}

// bare tells whether a sentence is a value alone ("5:00 AM – 10:00 PM", a
// telephone number): then what it belongs to stands above it.
func bare(text string, mentions []Mention) bool {
	if len(text) > 80 {
		return false
	}
	for _, w := range language.Words(text) {
		known := len([]rune(w.Text)) < 3 || digits(w.Text)
		for _, m := range mentions {
			known = known || m.Start <= w.Start && (strings.HasPrefix(m.Concept, "day.") || strings.HasPrefix(m.Concept, "pol.") || strings.HasPrefix(m.Concept, "ask."))
		}
		if !known {
			return false
		}
	}
	return true
}

// inherit gives a sentence the words of the titles above it and, where it follows
// a short line of its passage, of that line.
func (p *prepared) inherit(s *preparedSentence, text string) {
	for c := range p.topics {
		s.concepts[c] = true
	}
	for w := range p.context {
		s.words = appendOnce(s.words, w)
	}
	if n := len(p.sentences); n > 0 && p.sentences[n-1].end <= s.start && p.sentences[n-1].end-p.sentences[n-1].start < 60 {
		for c := range p.sentences[n-1].concepts {
			s.concepts[c] = true
		}
		for _, w := range p.sentences[n-1].words {
			s.words = appendOnce(s.words, w)
		}
	}
}

// placeNames returns the capitalised words of the lines of a text that give an
// address: the street and the town are where the clinic is.
func placeNames(text string) []string {
	var out []string
	for _, line := range strings.Split(text, "\n") {
		if len(line) > 200 || !rePlace.MatchString(line) && !rePostal.MatchString(line) {
			continue
		}
		for _, w := range language.Words(line) {
			if isName(w.Text) && !digits(w.Text) && len(w.Text) > 3 {
				out = append(out, lastForm(language.Fold(w.Text)))
			}
		}
	}
	return out
}

// lastForm is a folded word without the article that an apostrophe joins to it.
func lastForm(word string) string {
	if i := strings.LastIndexByte(word, '\''); i >= 0 && len(word)-i > 3 {
		return word[i+1:]
	}
	return word
}

// cache keeps prepared passages in two generations: when the young one is full
// it becomes the old one, and what is used moves back.
type cache struct {
	mu    sync.Mutex // protects all following fields
	limit int        // bytes of one generation
	used  int
	young map[string]*prepared
	old   map[string]*prepared
}

func newCache(limit int) *cache {
	return &cache{limit: limit, young: map[string]*prepared{}}
}

func (c *cache) get(key string, make_ func() *prepared) *prepared {
	c.mu.Lock()
	p := c.young[key]
	if p == nil {
		if p = c.old[key]; p != nil {
			c.put(key, p)
		}
	}
	c.mu.Unlock()
	if p != nil {
		return p
	}
	p = make_()
	c.mu.Lock()
	c.put(key, p)
	c.mu.Unlock()
	return p
}

func (c *cache) put(key string, p *prepared) {
	if c.used > c.limit {
		c.old, c.young, c.used = c.young, map[string]*prepared{}, 0
	}
	c.young[key] = p
	c.used += p.size
}
