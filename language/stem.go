package language

import (
	"strings"
	"unicode/utf8"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/arabic"
	"github.com/blevesearch/snowballstem/danish"
	"github.com/blevesearch/snowballstem/dutch"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/hungarian"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/norwegian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/romanian"
	"github.com/blevesearch/snowballstem/russian"
	"github.com/blevesearch/snowballstem/spanish"
	"github.com/blevesearch/snowballstem/swedish"
	"github.com/blevesearch/snowballstem/turkish"
)

// maxStem is the longest word, in bytes, that is stemmed. Longer ones are no
// words of a language, and some stemmers are not linear in them.
const maxStem = 64

// Stem returns the stem of a word in a language (BCP-47; only its first part
// counts). The word is folded first, so that one typed without accents has the
// stem of the right spelling. A language without a stemmer gets the folded word.
func Stem(lang, word string) string {
	word = Fold(word)
	if len(word) > maxStem {
		return word
	}
	switch base(lang) {
	case "fr":
		return Fold(run(french.Stem, unaccentFrench(word)))
	case "it":
		return run(italian.Stem, word)
	case "ru":
		return stemRussian(word)
	case "en":
		return run(english.Stem, word)
	case "es":
		return Fold(run(spanish.Stem, restore(word, "cion", "ción", "sion", "sión")))
	case "de":
		return Fold(run(german.Stem, germanVowels(word)))
	case "pt":
		return Fold(run(portuguese.Stem, restore(word, "cao", "ção", "coes", "ções")))
	case "ar":
		// Folding wrote the feminine ending as ه, which the stemmer takes for a pronoun.
		return Fold(run(arabic.Stem, restore(word, "ه", "ة")))
	case "tr":
		return Fold(run(turkish.Stem, word))
	case "nl":
		return Fold(run(dutch.Stem, word))
	case "da":
		return Fold(run(danish.Stem, word))
	case "sv":
		return Fold(run(swedish.Stem, word))
	case "no", "nb", "nn":
		return Fold(run(norwegian.Stem, word))
	case "fi":
		return Fold(run(finnish.Stem, word))
	case "hu":
		return Fold(run(hungarian.Stem, word))
	case "ro":
		return Fold(run(romanian.Stem, word))
	case "uk":
		return lightStem(word, ukrainianEndings, 3)
	case "pl":
		return lightStem(word, polishEndings, 3)
	}
	return word
}

// base returns the language of a tag: "pt" of "pt-BR", in lower case.
func base(tag string) string {
	if i := strings.IndexAny(tag, "-_"); i >= 0 {
		tag = tag[:i]
	}
	return strings.ToLower(tag)
}

func run(stem func(*snowballstem.Env) bool, word string) string {
	env := snowballstem.NewEnv(word)
	stem(env)
	return env.Current()
}

// stemRussian mends two things: "прием" is no verb in "-ем", and the hard and
// soft signs are lost where people type in Latin letters.
func stemRussian(word string) string {
	stem := run(russian.Stem, word)
	if rest, ok := strings.CutSuffix(word, "ем"); ok && stem == rest && len([]rune(rest)) <= 3 {
		stem = word
	}
	return signs.Replace(stem)
}

// signs takes the hard and soft signs away.
var signs = strings.NewReplacer("ь", "", "ъ", "")

// unaccentFrench helps the French stemmer over lost accents: "-ée" became "-ee".
func unaccentFrench(word string) string {
	for _, end := range []string{"ees", "ee"} {
		if len(word) > len(end)+2 && strings.HasSuffix(word, end) {
			return word[:len(word)-len(end)] + "e"
		}
	}
	return word
}

// restore gives a word whose ending lost its accents the ending back that its
// stemmer knows; pairs are (without, with).
func restore(word string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		if strings.HasSuffix(word, pairs[i]) {
			return word[:len(word)-len(pairs[i])] + pairs[i+1]
		}
	}
	return word
}

// germanVowels writes ae, oe, ue as the folded umlaut, as typed on keyboards
// without umlauts; not after q or a vowel ("Quelle", "neue").
func germanVowels(word string) string {
	if !strings.ContainsRune(word, 'e') {
		return word
	}
	var b strings.Builder
	b.Grow(len(word))
	for i := 0; i < len(word); i++ {
		c := word[i]
		b.WriteByte(c)
		if (c == 'a' || c == 'o' || c == 'u') && i+1 < len(word) && word[i+1] == 'e' &&
			(i == 0 || !strings.ContainsRune("aeiouq", rune(word[i-1]))) && i+2 < len(word) {
			i++
		}
	}
	return b.String()
}

// The endings of the light stemmers, longest first where one ends another. They
// take inflection off nouns, adjectives and common verb forms, nothing more.
var (
	ukrainianEndings = foldedEndings("остями ностей остей ування ювання ення ання ються уться аються ями ами ого ому ими ого ому ій ій ої ою ею ею єю ах ях ів їв ам ям ом ем єм ий ій их іх им їм ую юю ає яє ти ть ла ло ли ла а я о е є у ю и і ї ь й")
	polishEndings    = foldedEndings("owaniami owaniem owaniu owania owanie ościami ościach iejszych iejsza iejszy aniami aniach eniami eniach ościom aniem eniem aniu eniu ania enia anie enie osci osc owej owego owemu owych owym owa owe owy iami iach iego iemu ami ach ego emu ich imi ymi ych iej iom owi ów em om ej im ym ie ia io iu a e i o u y ę ą")
)

func foldedEndings(list string) []string {
	endings := strings.Fields(list)
	for i, end := range endings {
		endings[i] = Fold(end)
	}
	return endings
}

// lightStem takes the first matching ending off a word, if at least keep runes remain.
func lightStem(word string, endings []string, keep int) string {
	n := utf8.RuneCountInString(word)
	best := ""
	for _, end := range endings {
		if len(end) > len(best) && strings.HasSuffix(word, end) && n-utf8.RuneCountInString(end) >= keep {
			best = end
		}
	}
	return word[:len(word)-len(best)]
}
