package language

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"frontdesk/language/internal/ngram"
)

// Unknown is the tag of a text whose language cannot be told.
const Unknown = "und"

// Bounds and weights of the detection, in nats where they are weights.
const (
	maxDetectBytes = 4096 // of a text; more says nothing new
	maxDetectWords = 250
	enoughWords    = 30 // after which a clear lead ends the reading
	clearLead      = 40
	longestGram    = 5    // letters and word edges of the longest n-gram
	backoff        = 0.9  // for each letter that the context had to be shortened by
	unseen         = 11   // for a letter that a language does not use
	wordSpread     = 9    // how much one word may speak against a language: names are no proof
	nameWeight     = 0.35 // of a capitalised word within a sentence
	listedOnly     = 3.2  // for a letter of an unlisted word, in languages known by a word list alone
	foreignLetter  = 4.6  // a letter's mean cost in the best language above which a text is in none
	strangeLetter  = 3.9  // and one above which it may well be
	minForeign     = 12   // letters that this takes
	leastSure      = 0.08
	chatDigit      = 3   // what "wa9tach" says for Arabic in Latin letters
	callerPrior    = 1.6 // for the first of the caller's priors, less for the next
)

// Guess is the language that a text is most likely in.
type Guess struct {
	Tag  string  // BCP-47, [Unknown] when the text does not tell
	Sure float64 // 0 to 1
}

// Detect guesses the language of text. Priors are tags that are likely before
// the text is read, most likely first (the conversation's language, the
// contact's, the clinic's); they decide between close guesses, and alone, with a
// Sure below 0.5, for texts that say nothing ("ok", "👍", a number). Russian,
// Ukrainian, Arabic and others typed in Latin letters are recognised as what
// they are. A text in no language that is known is [Unknown].
func Detect(text string, priors ...string) Guess {
	words, letters := readable(text)
	if letters.total == 0 {
		return byPrior(priors)
	}
	switch tag := letters.language(); tag {
	case "":
	case "zh", "ja":
		if len(priors) > 0 && letters.kana == 0 && base(priors[0]) == "ja" {
			return Guess{"ja", 0.7}
		}
		return Guess{tag, letters.share()}
	default:
		return Guess{tag, letters.share()}
	}
	return byModel(words, letters.main(), priors)
}

// byPrior is the guess for a text without words.
func byPrior(priors []string) Guess {
	for _, p := range priors {
		if tag := base(p); tag != "" && tag != Unknown {
			return Guess{tag, 0.3}
		}
	}
	return Guess{Unknown, 0}
}

// letterCount is how many letters of each script a text has.
type letterCount struct {
	total  int
	kana   int
	counts [scriptSingle + 1]int
	single map[string]int // of scripts with one language
}

func (c *letterCount) add(r rune) {
	s, tag := scriptOf(r)
	if s == scriptNone {
		return
	}
	// A character of these scripts says what takes others two or three letters.
	weight := 1
	switch s {
	case scriptHan, scriptKana:
		weight = 3
	case scriptSingle:
		weight = 2
		if c.single == nil {
			c.single = map[string]int{}
		}
		c.single[tag] += weight
	}
	if s == scriptKana {
		c.kana++
	}
	c.total += weight
	c.counts[s] += weight
}

// main returns the script of most letters.
func (c *letterCount) main() script {
	best := scriptLatin
	for s := range c.counts {
		if c.counts[s] > c.counts[best] {
			best = script(s)
		}
	}
	return best
}

// language returns the language that the script alone decides, "" if it does not.
func (c *letterCount) language() string {
	eastAsian := c.counts[scriptHan] + c.counts[scriptKana]
	if eastAsian > c.total/2 {
		if c.counts[scriptKana]*8 >= eastAsian {
			return "ja"
		}
		return "zh"
	}
	for tag, n := range c.single {
		if n > c.total/2 {
			return tag
		}
	}
	return ""
}

// share is how sure a script is: the part of the text that is written in it.
func (c *letterCount) share() float64 {
	most := c.counts[scriptHan] + c.counts[scriptKana]
	for _, n := range c.single {
		most = max(most, n)
	}
	return 0.5 + 0.5*float64(most)/float64(c.total)
}

// token is a word in lower case with how much it counts.
type token struct {
	text   string
	weight float64
}

// titled tells whether a word starts with a capital and goes on in small letters.
func titled(word string) bool {
	r, size := utf8.DecodeRuneInString(word)
	next, _ := utf8.DecodeRuneInString(word[size:])
	return unicode.IsUpper(r) && unicode.IsLower(next)
}

// readable returns the words of text that tell something about its language, in
// lower case: no links, mail addresses, numbers or masked places.
func readable(text string) ([]token, letterCount) {
	if len(text) > maxDetectBytes {
		text = text[:maxDetectBytes]
	}
	var words []token
	var letters letterCount
	first := true // of a sentence
	for field := range strings.FieldsSeq(dropMasked(text)) {
		if strings.Contains(field, "://") || strings.Contains(field, "@") || strings.HasPrefix(field, "www.") {
			continue
		}
		for _, word := range strings.FieldsFunc(norm.NFC.String(field), notInWord) {
			if !hasLetter(word) {
				continue
			}
			weight := 1.0
			if !first && titled(word) {
				weight = nameWeight
			}
			first = false
			word = squeeze(word)
			for _, r := range word {
				letters.add(r)
			}
			if len(words) < maxDetectWords {
				words = append(words, token{word, weight})
			}
		}
		first = first || strings.ContainsAny(field[len(field)-1:], ".!?:")
	}
	return words, letters
}

func notInWord(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r)
}

func hasLetter(word string) bool { return strings.IndexFunc(word, unicode.IsLetter) >= 0 }

// squeeze lower-cases a word and writes letters that are drawn out once ("ciaooo").
func squeeze(word string) string {
	out := make([]rune, 0, len(word))
	last, run := rune(0), 0
	for _, r := range word {
		r = unicode.ToLower(r)
		if r == 'İ' {
			r = 'i'
		}
		if r == last {
			run++
		} else {
			last, run = r, 1
		}
		switch run {
		case 1, 2:
			out = append(out, r)
		case 3:
			out = out[:len(out)-1]
		}
	}
	return string(out)
}

// dropMasked takes masked places (⟦dob:1⟧) out of a text.
func dropMasked(text string) string {
	if !strings.Contains(text, "⟦") {
		return text
	}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "⟦")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		if _, after, ok := strings.Cut(rest, "⟧"); ok {
			rest = after
		}
		b.WriteByte(' ')
		text = rest
	}
}

// byModel weighs the words in the languages of a script.
func byModel(words []token, s script, priors []string) Guess {
	scorer := newScorer(model(), s, priors)
	if len(scorer.languages) == 0 {
		return byPrior(priors)
	}
	for i, word := range words {
		scorer.word(word)
		if i >= enoughWords && scorer.clear() {
			break
		}
	}
	return scorer.guess()
}

// scorer adds up how unlikely a text is in each language.
type scorer struct {
	table     ngram.Table
	script    script
	names     []string
	inScript  []bool    // by index: written in the script and known by n-grams
	spelled   int       // how many are
	listed    []bool    // by index: known by a word list alone
	languages []int     // indices of names that are written in the script
	cost      []float64 // by index, in nats
	word1     []float64 // of the word at hand
	letter    []float64 // of the letter at hand, negative while not found
	buffer    []byte
	starts    []int
	letters   int
	words     int
	known     []int // by index: words on its list
}

func newScorer(table ngram.Table, s script, priors []string) *scorer {
	names := table.Names()
	c := &scorer{table: table, script: s, names: names, listed: make([]bool, len(names)), inScript: make([]bool, len(names)),
		cost: make([]float64, len(names)), word1: make([]float64, len(names)), letter: make([]float64, len(names)), known: make([]int, len(names))}
	for i, name := range names {
		if !writtenIn(name, s) {
			continue
		}
		c.languages = append(c.languages, i)
		c.listed[i] = onlyListed(name)
		if !c.listed[i] {
			c.inScript[i] = true
			c.spelled++
		}
		c.cost[i] = rarity(name)
		weight := callerPrior
		for _, p := range priors {
			if base(p) == base(name) {
				c.cost[i] -= weight
				break
			}
			weight *= 0.7
		}
	}
	return c
}

// onlyListed tells whether the model knows a language by a list of words alone.
func onlyListed(name string) bool {
	switch name {
	case "ar-Latn", "hi-Latn", "fa-Latn", "el-Latn", "sr-Latn", "ht", "ha":
		return true
	}
	return false
}

// rarity is what a language costs before a text is read: patients of the clinics
// that we serve write some far more often than others.
func rarity(name string) float64 {
	switch name {
	case "fr", "it", "ru", "en", "es", "de", "pt", "ar":
		return 0
	case "pl", "tr", "uk", "nl", "ro":
		return 0.7
	case "cs", "sk", "hr", "hu", "sv", "da", "fi", "sq", "bg", "sl", "fa", "vi", "hi", "id":
		return 2
	case "ru-Latn", "ar-Latn":
		return 2.5
	case "lt", "lv", "et", "no", "sr", "sw":
		return 3
	}
	return 4 // of a Catalan or Bosnian clinic, the priors tell
}

// word adds one word.
func (c *scorer) word(t token) {
	word := t.text
	for _, l := range c.languages {
		c.word1[l] = 0
	}
	digits := strings.IndexFunc(word, unicode.IsDigit) >= 0
	switch {
	case !digits:
		c.spell(word)
	case chatDigits(word):
		for _, l := range c.languages {
			c.word1[l] = unseen
			if c.names[l] == "ar-Latn" {
				c.word1[l] -= chatDigit
				c.known[l]++
			}
		}
	default:
		for _, l := range c.languages {
			c.word1[l] = unseen
		}
	}
	known := c.table.Look(append(append(c.buffer[:0], ngram.WordPrefix...), word...), func(l, weight byte) {
		c.word1[l] = math.Min(c.word1[l], float64(weight)/ngram.Scale)
		c.known[l]++
	})
	if digits && !known && !chatDigits(word) {
		return // "25eur" tells nothing
	}
	best := math.Inf(1)
	for _, l := range c.languages {
		best = math.Min(best, c.word1[l])
	}
	for _, l := range c.languages {
		c.cost[l] += t.weight * math.Min(c.word1[l], best+wordSpread)
	}
	c.letters += utf8.RuneCountInString(word)
	c.words++
}

// spell adds up how unlikely each letter of a word, and its end, is after those
// before it. A language that does not know an n-gram is asked for a shorter one.
func (c *scorer) spell(word string) {
	c.buffer = append(append(append(c.buffer[:0], ' '), word...), ' ')
	c.starts = c.starts[:0]
	for i := range string(c.buffer) {
		c.starts = append(c.starts, i)
	}
	c.starts = append(c.starts, len(c.buffer))
	for end := 2; end < len(c.starts); end++ {
		c.oneLetter(end)
	}
}

// oneLetter adds the letter that ends at starts[end].
func (c *scorer) oneLetter(end int) {
	for _, l := range c.languages {
		c.letter[l] = -1
	}
	longest := min(longestGram, end)
	missing := c.spelled
	for n := longest; n >= 1 && missing > 0; n-- {
		penalty := float64(longest-n) * backoff
		gram := c.buffer[c.starts[end-n]:c.starts[end]]
		c.table.Look(gram, func(l, weight byte) {
			if c.letter[l] < 0 {
				c.letter[l] = float64(weight)/ngram.Scale + penalty
				if c.inScript[l] {
					missing--
				}
			}
		})
	}
	for _, l := range c.languages {
		switch {
		case c.listed[l]:
			c.letter[l] = listedOnly
		case c.letter[l] < 0:
			c.letter[l] = unseen
		}
		c.word1[l] += math.Min(c.letter[l], unseen)
	}
}

// chatDigits tells whether a word has the digits that stand for Arabic letters
// (3 ع, 7 ح, 9 ق) beside letters, and is no ordinal or hour.
func chatDigits(word string) bool {
	if len(word) < 4 || word[0] >= '0' && word[0] <= '9' && word[1] >= '0' && word[1] <= '9' {
		return false
	}
	i := strings.IndexAny(word, "379")
	return i >= 0 && i+1 < len(word) && word[i+1] >= 'a' && word[i+1] <= 'z'
}

// clear tells whether one language leads so far that further words change nothing.
func (c *scorer) clear() bool {
	best, second := math.Inf(1), math.Inf(1)
	for _, l := range c.languages {
		switch {
		case c.cost[l] < best:
			best, second = c.cost[l], best
		case c.cost[l] < second:
			second = c.cost[l]
		}
	}
	return second-best > clearLead
}

// guess returns the least costly language. Variants of a language ("ru-Latn")
// count as it.
func (c *scorer) guess() Guess {
	best := c.languages[0]
	for _, l := range c.languages {
		if c.listed[l] && 3*c.known[l] < c.words {
			c.cost[l] = math.Inf(1) // a list alone proves nothing by the words that it lacks
		}
		if c.cost[l] < c.cost[best] {
			best = l
		}
	}
	// Letters are not independent, so the sum of their costs overstates the
	// difference; half of it is near the truth on short texts.
	sum := 0.0
	own := 0.0
	for _, l := range c.languages {
		p := math.Exp((c.cost[best] - c.cost[l]) / 2)
		sum += p
		if base(c.names[l]) == base(c.names[best]) {
			own += p
		}
	}
	sure := own / sum
	mean := c.cost[best] / float64(max(c.letters, 1))
	if c.script == scriptLatin && c.letters >= minForeign {
		if mean > foreignLetter {
			return Guess{Unknown, 0}
		}
		if mean > strangeLetter {
			sure /= 2
		}
	}
	if sure < leastSure {
		return Guess{Unknown, 0}
	}
	return Guess{base(c.names[best]), sure}
}
