package language

import (
	"strings"
	"unicode/utf8"
)

// Terms returns the index terms of text, in order, repeats kept: words folded,
// elisions and stop words dropped, chat spellings written out, the rest stemmed
// by the rules of lang; numbers, times of day and telephone numbers in one
// normal form each ("8h30", "8.30" beside a clock word and "08:30" are "8:30",
// "1.200,50" is "1200.5"). Han and kana become pairs of characters; a German or
// Dutch compound is followed by its parts. It is the one function for ingest and query: a question in another language than the
// passages takes Terms of its own language and of theirs.
func Terms(lang, text string) []string {
	lang = base(lang)
	text = Native(lang, text)
	words := Words(text)
	out := make([]string, 0, len(words))
	for i := 0; i < len(words); i++ {
		w := words[i]
		if isDigit(w.Text) {
			term, used := numberTerm(text, words[i:])
			out = appendTerm(out, term)
			i += used - 1
			continue
		}
		if r, _ := utf8.DecodeRuneInString(w.Text); spaceless(r) {
			used := hanRun(text, words[i:])
			out = append(out, pairs(words[i:i+used])...)
			i += used - 1
			continue
		}
		if term := wordTerm(lang, w.Text); term != "" {
			out = appendTerm(out, term)
			out = appendParts(out, lang, w.Text, term)
		}
	}
	return out
}

// maxTerm bounds a term, in bytes: terms are keys of an index.
const maxTerm = 64

// appendTerm appends a term in one piece: a few signs fold to a space and a mark.
func appendTerm(out []string, term string) []string {
	term = strings.ReplaceAll(term, " ", "")
	if len(term) > maxTerm {
		term = strings.ToValidUTF8(term[:maxTerm], "")
	}
	if term == "" {
		return out
	}
	return append(out, term)
}

// wordTerm returns the term of one word, "" for a stop word.
func wordTerm(lang, word string) string {
	folded := elide(lang, Fold(word))
	if folded == "" || IsStop(lang, folded) {
		return ""
	}
	if long := spelled(lang, folded); long != "" {
		folded = long
	}
	if utf8.RuneCountInString(folded) < 2 {
		return ""
	}
	stem := Stem(lang, folded)
	if stem == "" {
		return folded
	}
	return stem
}

// elide takes the article or pronoun off a word that was joined by an
// apostrophe ("l'heure", "dell'ospedale"), and 's off English ones. Apostrophes
// that stand for missing accents or letters elsewhere are dropped.
func elide(lang, folded string) string {
	i := strings.IndexByte(folded, '\'')
	if i < 0 {
		return folded
	}
	switch lang {
	case "fr", "it", "ca":
		if folded == "aujourd'hui" {
			return "aujourdhui"
		}
		return folded[strings.LastIndexByte(folded, '\'')+1:]
	case "en":
		if !strings.HasSuffix(folded, "n't") {
			return folded[:i]
		}
	}
	return strings.ReplaceAll(folded, "'", "")
}

// hanRun counts the words at the front that are single characters side by side.
func hanRun(text string, words []Word) int {
	n := 1
	for n < len(words) && words[n].Start == words[n-1].End {
		if r, _ := utf8.DecodeRuneInString(words[n].Text); !spaceless(r) {
			break
		}
		n++
	}
	return n
}

// pairs returns the overlapping pairs of a run of characters, or the only one.
func pairs(run []Word) []string {
	if len(run) == 1 {
		return []string{Fold(run[0].Text)}
	}
	out := make([]string, 0, len(run)-1)
	for i := 1; i < len(run); i++ {
		out = append(out, Fold(run[i-1].Text+run[i].Text))
	}
	return out
}
