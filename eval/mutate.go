package eval

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Mutator changes the words of a patient as people and channels change them. The
// same seed and case give the same words.
type Mutator struct {
	Name   string
	Title  string
	change func(*rand.Rand, Case, string) []string // the bubbles; the text itself where nothing can be changed
}

// Mutators returns every mutator, by name.
func Mutators() []Mutator {
	single := func(f func(*rand.Rand, string) string) func(*rand.Rand, Case, string) []string {
		return func(r *rand.Rand, _ Case, text string) []string { return []string{f(r, text)} }
	}
	return []Mutator{
		{"typos", "slips on a phone's keyboard", single(typos)},
		{"no-accents", "no accents and vowel signs", single(func(_ *rand.Rand, s string) string { return noAccents(s) })},
		{"upper", "capital letters", single(func(_ *rand.Rand, s string) string { return strings.ToUpper(s) })},
		{"emoji", "emoji between the words", single(emoji)},
		{"confusables", "letters that look alike", single(confusables)},
		{"spacing", "no punctuation, stray spaces", single(spacing)},
		{"sms", "SMS spelling", func(r *rand.Rand, c Case, s string) []string { return []string{sms(c.Lang, s)} }},
		{"transliteration", "typed in Latin letters", single(func(_ *rand.Rand, s string) string { return transliterate(s) })},
		{"voice", "as a voice note is written down", func(r *rand.Rand, c Case, s string) []string { return []string{voice(c.Lang, s)} }},
		{"code-switching", "words of another language around it", func(r *rand.Rand, c Case, s string) []string { return []string{codeSwitch(r, c.Lang, s)} }},
		{"burst", "in several bubbles", func(r *rand.Rand, _ Case, s string) []string { return burst(r, s) }},
		{"polite", "politely wrapped", func(r *rand.Rand, c Case, s string) []string { return []string{wrapped(c.Lang, s, polite())} }},
		{"angry", "angrily wrapped", func(r *rand.Rand, c Case, s string) []string { return []string{wrapped(c.Lang, s, angry())} }},
		{"injection", "after an attempt to steer", func(r *rand.Rand, c Case, s string) []string { return []string{wrapped(c.Lang, s, steering())} }},
	}
}

// Mutate returns a suite's cases under a mutator. A case that the mutator leaves as
// it is has no copy: it would count twice.
func Mutate(s Suite, m Mutator, seed uint64) []Case {
	var out []Case
	for _, c := range s.Cases {
		changed := c
		changed.ID, changed.Origin, changed.Mutator = c.ID+"~"+m.Name, c.ID, m.Name
		changed.Known = "" // a robustness figure is a difference, known weaknesses are in both
		changed.Turns = nil
		random := rand.New(rand.NewPCG(seed, number(c.Suite+"/"+c.ID+m.Name)))
		for i, t := range c.Turns {
			changed.Turns = append(changed.Turns, mutateTurn(random, c, m, t, i == len(c.Turns)-1)...)
		}
		if changed.asked() != c.asked() {
			out = append(out, changed)
		}
	}
	return out
}

// mutateTurn changes the words of one turn. Of several bubbles the last carries the
// expectation.
func mutateTurn(random *rand.Rand, c Case, m Mutator, t Turn, last bool) []Turn {
	if t.Say == "" || m.Name == "burst" && !last {
		return []Turn{t}
	}
	bubbles := m.change(random, c, t.Say)
	var out []Turn
	for i, text := range bubbles {
		bubble := t
		bubble.Say = text
		if i < len(bubbles)-1 {
			bubble.Expect = Expect{}
		}
		out = append(out, bubble)
	}
	return out
}

func number(text string) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, text)
	return h.Sum64()
}

// keyboards are rows of keys; a slip hits a neighbour.
func keyboards() []string {
	return []string{"qwertyuiop", "asdfghjkl", "zxcvbnm", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю", "ضصثقفغعهخحجد", "شسيبلاتنمكط", "ئءؤرلاىةوزظ"}
}

// typos makes one slip in about nine letters, never in a number and never at the
// start of a word.
func typos(random *rand.Rand, text string) string {
	runes := []rune(text)
	var out []rune
	for i, r := range runes {
		inside := i > 0 && unicode.IsLetter(runes[i-1]) && unicode.IsLetter(r)
		if !inside || random.IntN(9) != 0 {
			out = append(out, r)
			continue
		}
		switch random.IntN(4) {
		case 0: // left out
		case 1:
			out = append(out, r, r)
		case 2:
			out[len(out)-1], r = r, out[len(out)-1]
			out = append(out, r)
		default:
			out = append(out, neighbour(random, r))
		}
	}
	return string(out)
}

func neighbour(random *rand.Rand, r rune) rune {
	for _, row := range keyboards() {
		keys := []rune(row)
		if i := slices.Index(keys, unicode.ToLower(r)); i >= 0 {
			return keys[min(max(i+1-2*random.IntN(2), 0), len(keys)-1)]
		}
	}
	return r
}

// noAccents removes accents; й is a letter of its own and stays.
func noAccents(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r == 'й' || r == 'Й' {
			b.WriteRune(r)
			continue
		}
		for _, part := range norm.NFD.String(string(r)) {
			if !unicode.Is(unicode.Mn, part) {
				b.WriteRune(part)
			}
		}
	}
	return b.String()
}

func emoji(random *rand.Rand, text string) string {
	all := []string{"🙏", "😊", "❤️", "🤔", "😅", "👍🏽", "🏥", "📅"}
	words := strings.Fields(text)
	var out []string
	for i, w := range words {
		out = append(out, w)
		if i%4 == 3 || i == len(words)-1 {
			out = append(out, all[random.IntN(len(all))])
		}
	}
	return strings.Join(out, " ")
}

func confusables(random *rand.Rand, text string) string {
	like := map[rune]rune{'a': 'а', 'e': 'е', 'o': 'о', 'c': 'с', 'p': 'р', 'x': 'х', 'i': 'і', 'а': 'a', 'е': 'e', 'о': 'o', 'с': 'c', 'р': 'p', 'ه': 'ھ', 'ي': 'ی', 'ك': 'ک'}
	return strings.Map(func(r rune) rune {
		if other, ok := like[r]; ok && random.IntN(4) == 0 {
			return other
		}
		return r
	}, text)
}

func spacing(random *rand.Rand, text string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(text) {
		switch {
		case strings.ContainsRune("?!.,;:¿¡؟،؛«»\"", r) && !unicode.IsDigit(r):
			continue
		case r == ' ' && random.IntN(3) == 0:
			b.WriteString("  ")
		default:
			b.WriteRune(r)
		}
	}
	return strings.TrimSpace(b.String())
}

// transliterate writes Cyrillic and Arabic in Latin letters, as people do on a
// foreign phone.
func transliterate(text string) string {
	letters := map[rune]string{
		'а': "a", 'б': "b", 'в': "v", 'г': "g", 'д': "d", 'е': "e", 'ё': "yo", 'ж': "zh", 'з': "z", 'и': "i", 'й': "y", 'к': "k", 'л': "l", 'м': "m", 'н': "n", 'о': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t", 'у': "u", 'ф': "f", 'х': "h", 'ц': "ts", 'ч': "ch", 'ш': "sh", 'щ': "sch", 'ъ': "", 'ы': "y", 'ь': "", 'э': "e", 'ю': "yu", 'я': "ya",
		'ا': "a", 'أ': "a", 'إ': "e", 'آ': "a", 'ب': "b", 'ت': "t", 'ث': "th", 'ج': "j", 'ح': "7", 'خ': "5", 'د': "d", 'ذ': "th", 'ر': "r", 'ز': "z", 'س': "s", 'ش': "sh", 'ص': "s", 'ض': "d", 'ط': "t", 'ظ': "z", 'ع': "3", 'غ': "gh", 'ف': "f", 'ق': "9", 'ك': "k", 'ل': "l", 'م': "m", 'ن': "n", 'ه': "h", 'و': "w", 'ي': "y", 'ى': "a", 'ة': "a", 'ء': "2", 'ئ': "2", 'ؤ': "2", '؟': "?", '،': ",",
	}
	var b strings.Builder
	for _, r := range text {
		if latin, ok := letters[unicode.ToLower(r)]; ok {
			b.WriteString(latin)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// burst parts a text into two or three bubbles at its spaces.
func burst(random *rand.Rand, text string) []string {
	words := strings.Fields(text)
	if len(words) < 4 {
		return []string{text}
	}
	cut := 1 + random.IntN(len(words)-2)
	return []string{strings.Join(words[:cut], " "), strings.Join(words[cut:], " ")}
}

// Sample keeps at most so many cases of each language, chosen by the seed and in
// their order. Dialogues, labels and known weaknesses have the same chance.
func Sample(s Suite, most int, seed uint64) Suite {
	ranks := map[string][]uint64{}
	rank := func(c Case) uint64 {
		return rand.New(rand.NewPCG(seed, number(c.Suite+"/"+c.ID))).Uint64()
	}
	for _, c := range s.Cases {
		ranks[c.Lang] = append(ranks[c.Lang], rank(c))
	}
	for _, r := range ranks {
		slices.Sort(r)
	}
	kept := s
	kept.Cases = nil
	for _, c := range s.Cases {
		if r := ranks[c.Lang]; len(r) <= most || rank(c) < r[most] {
			kept.Cases = append(kept.Cases, c)
		}
	}
	return kept
}
