package agent

import (
	"context"
	"strings"
	"unicode/utf8"

	"frontdesk"
	"frontdesk/language"
	"frontdesk/retrieval"
)

// Checker decides whether a composed sentence says no more than the passages
// that it cites. Words alone refuse what they can prove wrong (a number, a day, a
// name, a negation, an opposite, a value that belongs to something else); what
// words cannot cross, sentence vectors decide. It is safe for concurrent use.
type Checker struct {
	vocabularies map[string]*vocabulary
	dictionary   *dictionary
	lexicon      *retrieval.Lexicon
	meaning      *meaning
	memory       *passageMemory
}

// Finding is what a check came to.
type Finding struct {
	OK  bool
	Why string // names the rule, never the patient's text
}

// The rules of the check, as findings and turn records name them.
const (
	whyNothing  = "cites nothing"
	whyValue    = "value"    // a number, time, price, phone or link that does not stand there
	whyName     = "name"     // a proper name that does not stand there
	whyAdded    = "added"    // something that the passages do not speak of
	whyPolarity = "polarity" // says no where the passage says yes, or the other way round
	whyOpposite = "opposite" // an opposite or a limit: only, always, before, at least, free
	whyDay      = "day"      // a day or month that does not stand there
	whyBinding  = "binding"  // a value that belongs to another thing or day
)

// NewChecker returns a checker that reads by a dictionary. Without an embedder, what
// words cannot cross is refused. The error is for data files that cannot be read.
func NewChecker(embedder retrieval.Embedder, lexicon *retrieval.Lexicon) (*Checker, error) {
	vocabularies, err := loadVocabularies()
	if err != nil {
		return nil, err
	}
	words, err := loadDictionary()
	if err != nil {
		return nil, err
	}
	return &Checker{vocabularies: vocabularies, dictionary: words, lexicon: lexicon, meaning: newMeaning(embedder), memory: newPassageMemory()}, nil
}

// Check decides about one sentence in language tag and the passages that it cites.
func (c *Checker) Check(ctx context.Context, sentence, tag string, passages []frontdesk.Passage) Finding {
	why, _ := c.check(ctx, sentence, tag, passages)
	return Finding{OK: why == "", Why: why}
}

// check also returns what was refused, for tests.
func (c *Checker) check(ctx context.Context, sentence, tag string, passages []frontdesk.Passage) (why, what string) {
	if strings.TrimSpace(sentence) == "" || len(passages) == 0 {
		return whyNothing, ""
	}
	s := c.read(tag, sentence)
	if len(s.marks) == 0 {
		return whyNothing, ""
	}
	e := c.evidence(passages)
	for _, rule := range []func(context.Context, *reading, *evidence) (string, string){
		c.checkValues, c.checkDays, c.checkWords, c.checkClauses, c.checkBinding,
	} {
		if why, what := rule(ctx, s, e); why != "" {
			return why, what
		}
	}
	return "", ""
}

// evidence is what the cited passages say.
type evidence struct {
	units      []*reading
	currencies map[string]bool
	stems      map[string]bool // of the words, with their language before them
}

func (c *Checker) evidence(passages []frontdesk.Passage) *evidence {
	e := &evidence{currencies: map[string]bool{}, stems: map[string]bool{}}
	for _, p := range passages {
		known := c.readPassage(p)
		if known.title != nil {
			e.units = append(e.units, known.title)
		}
		e.units = append(e.units, known.units...)
		for _, currency := range known.currencies {
			e.currencies[currency] = true
		}
	}
	for _, u := range e.units {
		for _, m := range u.marks {
			e.stems[u.tag+m.stem] = e.stems[u.tag+m.stem] || m.stem != "" && !u.heading
		}
	}
	return e
}

// unitsOf cuts a passage into its sentences, rows and list items.
func unitsOf(tag, text string) []language.Span {
	var spans []language.Span
	start := 0
	flush := func(end int) {
		for _, s := range language.Sentences(tag, text[start:end]) {
			spans = append(spans, language.Span{Start: start + s.Start, End: start + s.End})
		}
		start = end
	}
	for i, r := range text {
		if r == '\n' && ownLine(text[start:i], text[i+1:]) {
			flush(i)
		}
	}
	flush(len(text))
	return spans
}

// ownLine tells whether a line is a row or an item rather than a piece of running text.
func ownLine(line, rest string) bool {
	next, _, _ := strings.Cut(rest, "\n")
	return strings.Contains(line, " | ") || strings.Contains(next, " | ") || strings.HasPrefix(strings.TrimSpace(next), "•") ||
		utf8.RuneCountInString(line) < 60 && !strings.HasSuffix(strings.TrimSpace(line), ",")
}

// checkValues wants each value of the sentence in the passages.
func (c *Checker) checkValues(_ context.Context, s *reading, e *evidence) (string, string) {
	for _, m := range s.marks {
		if m.value == nil || e.holds(*m.value) {
			continue
		}
		if m.value.kind == valueState || m.value.kind == valueMoney && m.value.plain < 0 {
			return whyOpposite, m.raw
		}
		return whyValue, m.raw
	}
	return "", ""
}

func (e *evidence) holds(v value) bool {
	for _, u := range e.units {
		for _, m := range u.marks {
			if m.value == nil || !v.equal(*m.value) {
				continue
			}
			if v.kind != valueMoney || v.currency == "" || m.value.currency != "" || e.currencies[v.currency] {
				return true
			}
		}
	}
	return false
}

// checkDays wants each day and month of the sentence in the passages.
func (c *Checker) checkDays(_ context.Context, s *reading, e *evidence) (string, string) {
	have := map[string]bool{}
	for _, u := range e.units {
		for d := range u.days(func(int) bool { return true }) {
			have[d] = true
		}
		for _, m := range u.marks {
			for _, k := range m.keys {
				if isMonth(k) {
					have[k] = true
				}
			}
		}
	}
	if !e.namesEnds(s) {
		return whyDay, ""
	}
	want := s.days(func(int) bool { return true })
	for _, m := range s.marks {
		for _, k := range m.keys {
			if isMonth(k) {
				want[k] = true
			}
		}
	}
	if !within(want, have) {
		return whyDay, ""
	}
	for index := range s.clauses {
		if !e.agreesOnDays(s, index) {
			return whyDay, ""
		}
	}
	return "", ""
}

// agreesOnDays tells whether the days of a clause without times are as open, or as
// closed, as the passages say.
func (e *evidence) agreesOnDays(s *reading, index int) bool {
	said := clause{unit: s, index: index}
	days := s.days(func(i int) bool { return s.marks[i].clause == index })
	if len(days) == 0 || said.has("only", "except") {
		return true
	}
	no := said.negative() || said.has("closed")
	opposed, agreed := false, false
	for _, u := range e.units {
		for i := range u.clauses {
			k := clause{unit: u, index: i}
			d := u.days(func(m int) bool { return u.marks[m].clause == i })
			if len(d) == 0 || !within(days, d) {
				continue
			}
			if out := u.excepted(i); len(out) > 0 {
				agreed = agreed || within(days, out) == no
				opposed = true
				continue
			}
			if (k.negative() || k.has("closed")) == no || k.has("only", "except", "walkin", "without") {
				agreed = true
			} else {
				opposed = true
			}
		}
	}
	return agreed || !opposed
}

// namesEnds tells whether the ends of each range of days are named in the
// passages: "Monday to Friday" is not "Monday to Saturday".
func (e *evidence) namesEnds(s *reading) bool {
	for _, end := range s.rangeEnds() {
		named := false
		for _, u := range e.units {
			for _, m := range u.marks {
				named = named || m.has(end, "daily") || m.has("weekdays") && (end == "mon" || end == "fri") || m.has("weekend") && (end == "sat" || end == "sun")
			}
		}
		if !named {
			return false
		}
	}
	return true
}

// excepted returns the days that stand behind an "except" in a clause.
func (r *reading) excepted(index int) map[string]bool {
	from := -1
	for i, m := range r.marks {
		if m.clause == index && m.has("except") {
			from = i
		}
	}
	if from < 0 {
		return nil
	}
	return r.days(func(i int) bool { return i >= from && r.marks[i].clause == index })
}

func isMonth(key string) bool {
	switch key {
	case "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec":
		return true
	}
	return false
}

// Cite returns the sentence or row of the passage that supports a composed
// sentence in language tag best, verbatim.
func (c *Checker) Cite(sentence, tag string, passage frontdesk.Passage) frontdesk.Citation {
	s := c.read(tag, sentence)
	quote, best := strings.TrimSpace(passage.Text), -1.0
	known := c.readPassage(passage)
	for i, u := range known.units {
		score := 0.0
		for _, m := range s.marks {
			score += c.supports(u, m)
		}
		if score > best {
			quote, best = passage.Text[known.spans[i].Start:known.spans[i].End], score
		}
	}
	return frontdesk.Citation{Source: passage.Name, Revision: passage.Number, Page: passage.Page, Quote: quote, Passage: passage.ID}
}

// supports tells how much a unit supports one mark of a sentence, 0 to 2: values
// count twice.
func (c *Checker) supports(u *reading, m mark) float64 {
	for _, o := range u.marks {
		switch {
		case m.value != nil && o.value != nil && m.value.equal(*o.value):
			return 2
		case m.value == nil && m.content() && c.same(m, o):
			return 1
		}
	}
	return 0
}
