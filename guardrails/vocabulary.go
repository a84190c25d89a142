package guardrails

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// vocabulary knows every word that a rule listens for. An entry is a set of
// words; a text's word meets an entry when one of its forms is in the set, or
// begins with one of its stems.
type vocabulary struct {
	entries map[string]int32 // canonical set → id
	members [][]string
	exact   map[string][]int32
	stems   map[string][]int32
	literal map[string][]int32   // words as they are written, double letters kept
	spelled map[string][]int32   // stems likewise
	doubled map[string][]doubled // short words with a double letter, without it: for "weeeen", not for "wen"
	written map[string][]int32   // words whose accents matter
	typos   []typo               // by hash: a word short of one letter, and what it may be
	typed   []string             // the words of typos
	shapes  map[string]bool      // words long enough to be found in run-together text
	longest int                  // bytes of the longest stem
}

func newVocabulary() *vocabulary {
	return &vocabulary{entries: map[string]int32{}, exact: map[string][]int32{}, stems: map[string][]int32{},
		literal: map[string][]int32{}, spelled: map[string][]int32{}, doubled: map[string][]doubled{}, written: map[string][]int32{}, shapes: map[string]bool{}}
}

// entry returns the id of a set of words; a word that ends in * is a stem.
func (v *vocabulary) entry(words []string) int32 {
	words = slices.Clone(words)
	slices.Sort(words)
	words = slices.Compact(words)
	key := strings.Join(words, "|")
	if id, ok := v.entries[key]; ok {
		return id
	}
	id := int32(len(v.members))
	v.entries[key] = id
	v.members = append(v.members, words)
	for _, w := range words {
		if as, ok := strings.CutPrefix(w, "="); ok {
			v.written[as] = append(v.written[as], id)
			continue
		}
		if stem, ok := strings.CutSuffix(w, "*"); ok {
			if short := squeeze(stem); utf8.RuneCountInString(short) >= shortestStem || short == stem {
				v.put(v.stems, short, id)
			}
			v.spelled[stem] = append(v.spelled[stem], id)
			continue
		}
		if short := squeeze(w); len(short) < len(w) && len(short) <= shortDoubled {
			v.doubled[short] = append(v.doubled[short], doubled{w, id})
		} else {
			v.put(v.exact, short, id)
		}
		v.literal[w] = append(v.literal[w], id)
	}
	return id
}

// shortDoubled is the length in bytes up to which a word of the rules with a double
// letter is not taken for the word without it, which is often another one: "weeën"
// and "wen", "balle" and "bal".
const shortDoubled = 4

// shortestStem is how many letters a stem must keep once its double letters are
// one: "kkk*" is laughter, "k*" would be anything.
const shortestStem = 3

// doubled is a word of the rules with a double letter.
type doubled struct {
	word string
	id   int32
}

// drawn adds the ids of the short words that raw draws out: the same letters are
// double, so that "wenn" is not "weeën".
func (v *vocabulary) drawn(form, raw string, ids []int32) []int32 {
	for _, d := range v.doubled[form] {
		if asDouble(d.word, raw) {
			ids = append(ids, d.id)
		}
	}
	return ids
}

// asDouble tells whether raw doubles each letter that word doubles; the two are the
// same once double letters are one.
func asDouble(word, raw string) bool {
	w, r := runs(word), runs(raw)
	for i := range w {
		if i >= len(r) || w[i] > 1 && r[i] < 2 {
			return false
		}
	}
	return true
}

// runs returns how often each letter of a word stands in a row.
func runs(s string) []int {
	var out []int
	var last rune
	for _, r := range s {
		if r == last && len(out) > 0 {
			out[len(out)-1]++
			continue
		}
		out, last = append(out, 1), r
	}
	return out
}

// spelledOut returns the ids that a word with a double letter meets as it is
// written. Where there is one, it stands: "blood" is not "blöd" with an o too many.
func (v *vocabulary) spelledOut(raw string) []int32 {
	ids := slices.Clone(v.literal[raw])
	for k := 3; k <= len(raw) && k <= v.longest; k++ {
		if k == len(raw) || utf8.RuneStart(raw[k]) {
			ids = append(ids, v.spelled[raw[:k]]...)
		}
	}
	return ids
}

// drawnOut tells a word with a letter three times in a row, as no language writes.
func drawnOut(raw string) bool {
	last, run := rune(0), 0
	for _, r := range raw {
		if r != last {
			last, run = r, 0
		}
		if run++; run > 2 {
			return true
		}
	}
	return false
}

// put files a word, and its sound in Latin letters where its script is another.
func (v *vocabulary) put(m map[string][]int32, w string, id int32) {
	m[w] = append(m[w], id)
	if s := skeletonOfCyrillic(w); len(s) > 1 {
		m["~"+s] = append(m["~"+s], id)
	}
	if isArabic(w) {
		if s := skeletonOfArabic(w); len(s) > 1 {
			m["^"+s] = append(m["^"+s], id)
		}
	}
}

// freeze prepares the look-up of misspelt and run-together words.
func (v *vocabulary) freeze() {
	for w := range v.exact {
		v.shapes[w] = true
		if n := utf8.RuneCountInString(w); n >= 6 && w[0] != '~' && w[0] != '^' {
			for _, short := range deletions(w) {
				v.typos = append(v.typos, typo{hashOf(short), int32(len(v.typed))})
			}
			v.typed = append(v.typed, w)
		}
	}
	slices.SortFunc(v.typos, func(a, b typo) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), strings.Compare(v.typed[a.word], v.typed[b.word]))
	})
	v.typos = slices.Clip(slices.Compact(v.typos))
	for s := range v.spelled {
		v.longest = max(v.longest, len(s))
	}
	for s := range v.stems {
		v.longest = max(v.longest, len(s))
	}
}

// typo is a word of the vocabulary without one of its letters.
type typo struct {
	hash uint32 // of the word without the letter
	word int32  // in typed
}

// hashOf is FNV-1a.
func hashOf(s string) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}

// lengthened calls try for each word that becomes short by losing one letter.
func (v *vocabulary) lengthened(short string, try func(string)) {
	hash := hashOf(short)
	at, _ := slices.BinarySearchFunc(v.typos, hash, func(t typo, h uint32) int { return cmp.Compare(t.hash, h) })
	for ; at < len(v.typos) && v.typos[at].hash == hash; at++ {
		if w := v.typed[v.typos[at].word]; losesOne(w, short) {
			try(w)
		}
	}
}

// losesOne tells whether w without one of its letters is short.
func losesOne(w, short string) bool {
	for i := 0; i < len(w) && i <= len(short) && w[:i] == short[:i]; {
		_, size := utf8.DecodeRuneInString(w[i:])
		if w[i+size:] == short[i:] {
			return true
		}
		i += size
	}
	return false
}

// deletions returns the strings that a word becomes by losing one letter.
func deletions(w string) []string {
	r := []rune(w)
	out := make([]string, 0, len(r))
	for i := range r {
		out = append(out, string(r[:i])+string(r[i+1:]))
	}
	return out
}

// meets returns the ids that a form meets, exactly or by stem.
func (v *vocabulary) meets(form string, ids []int32) []int32 {
	ids = append(ids, v.exact[form]...)
	for k := 1; k <= len(form) && k <= v.longest; k++ {
		if k == len(form) || utf8.RuneStart(form[k]) {
			ids = append(ids, v.stems[form[:k]]...)
		}
	}
	return ids
}

// corrected returns the words that a misspelt one may be: one letter off, the
// same first letter.
func (v *vocabulary) corrected(form string) []string {
	if utf8.RuneCountInString(form) < 6 {
		return nil
	}
	var out []string
	try := func(w string) {
		if !slices.Contains(out, w) && firstRune(w) == firstRune(form) {
			out = append(out, w)
		}
	}
	v.lengthened(form, try)
	for _, short := range deletions(form) {
		if v.shapes[short] && utf8.RuneCountInString(short) >= 6 {
			try(short)
		}
		v.lengthened(short, func(w string) {
			if len(w) != len(form) || len(w) >= 9 || swapped(w, form) {
				try(w)
			}
		})
	}
	return out
}

// swapped tells whether two words of equal length differ by two neighbours that
// changed places.
func swapped(a, b string) bool {
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// cut parts a run-together word into words of the vocabulary, nil if it cannot
// be covered by them.
func (v *vocabulary) cut(form string) []string {
	r := []rune(form)
	n := len(r)
	if n < 9 || n > 80 {
		return nil
	}
	const longest = 14
	best := make([]int, n+1) // fewest words that cover r[:i]
	from := make([]int, n+1)
	for i := 1; i <= n; i++ {
		best[i] = n + 1
		for j := max(0, i-longest); j < i; j++ {
			if best[j] > n || best[j]+1 >= best[i] {
				continue
			}
			if i-j == 1 && !strings.ContainsRune("iaeouy", r[j]) {
				continue
			}
			if v.shapes[string(r[j:i])] {
				best[i], from[i] = best[j]+1, j
			}
		}
	}
	if best[n] > n/3+1 || best[n] < 2 {
		return nil
	}
	var out []string
	for i := n; i > 0; i = from[i] {
		out = append(out, string(r[from[i]:i]))
	}
	slices.Reverse(out)
	return out
}

// recognise sets the vocabulary ids of every word of a text. Words that no rule
// knows are tried as misspelt, run together, or as Russian or Arabic in Latin letters.
func (v *vocabulary) recognise(p *prepared) {
	v.unglue(p)
	arabizi, foreign := looksArabizi(p), v.looksForeign(p)
	p.arabizi = arabizi
	var out []word
	cuts := 0
	for i := range p.words {
		w := p.words[i]
		var ids []int32
		if w.raw != w.forms[0] && !drawnOut(w.raw) {
			ids = v.spelledOut(w.raw)
		}
		if len(ids) == 0 {
			for _, form := range w.forms {
				ids = v.meets(form, ids)
				if w.raw != w.forms[0] {
					ids = v.drawn(form, w.raw, ids)
				}
			}
		}
		if w.coded() {
			ids = append(append(ids, v.spelledOut(leet.Replace(w.raw))...), v.spelledOut(leetL.Replace(w.raw))...)
		}
		if as := w.written; as != "" {
			ids = append(ids, v.written[as]...)
		} else {
			ids = append(ids, v.written[w.raw]...)
		}
		latin, _, _ := scriptOf(w.forms[0])
		if len(ids) == 0 && !latin {
			ids = v.meets(lookalike(w.forms[0]), ids)
		}
		if len(ids) == 0 {
			if cuts < 8 && !arabizi {
				if parts := v.cut(w.forms[0]); parts != nil {
					cuts++
					for k, part := range parts {
						out = append(out, word{forms: []string{part}, start: w.start, end: w.end,
							breaks: w.breaks && k == 0, guess: byCut, ids: v.meets(part, nil)})
					}
					continue
				}
			}
			for _, form := range w.forms {
				for _, c := range v.corrected(form) {
					ids = v.meets(c, ids)
				}
			}
			if rest := v.unelided(w.forms[0]); rest != "" {
				out = append(out, word{raw: w.raw[:1], forms: []string{w.forms[0][:1]}, start: w.start, end: w.end, breaks: w.breaks, comma: w.comma, ids: v.meets(w.forms[0][:1], nil)})
				ids, w.forms, w.breaks, w.comma = v.meets(rest, ids), []string{rest}, false, false
			}
			w.guess = bySound
		}
		if latin && foreign {
			if s := skeleton(w.forms[0]); len(s) > 1 {
				ids = v.meets("~"+s, ids)
			}
		}
		if as, ok := arabiziShort[w.forms[0]]; ok && arabizi {
			ids = v.meets(as, ids)
		}
		if arabizi && len(w.forms[0]) > 1 {
			for _, form := range append(uncliticLatin(w.forms[0]), w.forms[0]) {
				for _, s := range skeletonsArabizi(form) {
					ids = v.meets("^"+s, ids)
				}
			}
		}
		slices.Sort(ids)
		w.ids = slices.Compact(ids)
		out = append(out, w)
	}
	p.words = out
}

// looksForeign tells a text of which the rules know at most half of the longer
// words as they are written, as with Russian in Latin letters.
func (v *vocabulary) looksForeign(p *prepared) bool {
	long, met := 0, 0
	for _, w := range p.words {
		if len(w.forms[0]) < 4 {
			continue
		}
		long++
		if len(v.meets(w.forms[0], nil)) > 0 {
			met++
		}
	}
	return long > 0 && met*2 <= long
}

// unelided returns what follows an elided particle that lost its apostrophe, "" if
// the rules do not know it: "jarrive", "cest", "lhopital".
func (v *vocabulary) unelided(form string) string {
	if len(form) > 4 && (strings.IndexByte("ljdmtscn", form[0]) >= 0 && strings.IndexByte("aeiouy", form[1]) >= 0 || form[0] == 'l' && form[1] == 'h') && len(v.meets(form[1:], nil)) > 0 {
		return form[1:]
	}
	return ""
}

// unglue puts a word back together that a picture or a sign parts, where the rules
// know the whole, and it is long or one of its parts is unknown.
func (v *vocabulary) unglue(p *prepared) {
	out := p.words[:0]
	for _, w := range p.words {
		if last := len(out) - 1; w.glued && last >= 0 && !w.breaks {
			joined := out[last].forms[0] + w.forms[0]
			if v.knows(joined) && (utf8.RuneCountInString(joined) >= guessedLetters || !v.knows(out[last].forms[0]) || !v.knows(w.forms[0])) {
				out[last].raw, out[last].forms, out[last].end = joined, []string{joined}, w.end
				continue
			}
		}
		out = append(out, w)
	}
	p.words = out
}

func (v *vocabulary) knows(form string) bool { return len(v.meets(form, nil)) > 0 }

// uncliticLatin returns an Arabic word in Latin letters without its particles:
// w, f, b, l, k and the article.
func uncliticLatin(s string) []string {
	var out []string
	for _, particle := range []string{"wal", "wel", "bal", "bel", "lal", "lel", "fal", "fel", "al", "el", "il", "w", "b", "l"} {
		if rest, ok := strings.CutPrefix(s, particle); ok && len(rest) > 2 {
			out = append(out, rest)
		}
	}
	return out
}

// looksArabizi tells a text that writes Arabic in Latin letters: digits that
// stand for Arabic consonants inside words, or words that are nothing else.
func looksArabizi(p *prepared) bool {
	hits, leetish := 0, 0
	for _, w := range p.words {
		f := w.forms[0]
		if w.coded() && strings.ContainsAny(f, "014") {
			leetish++
		}
		if arabiziWords[f] {
			hits++
			continue
		}
		if !w.glued && chatDigit(f) {
			hits += 2
		}
	}
	return hits >= 2 && leetish < hits
}

// chatDigit tells a word of three letters and more in which digits that stand for
// Arabic consonants are alone among letters; "99tl" and "500l" are measures.
func chatDigit(f string) bool {
	latin, digits, _ := scriptOf(f)
	if !latin || !digits || strings.ContainsAny(f, "014") || !strings.ContainsAny(f, "23579") || len(f) < 4 {
		return false
	}
	for i := 1; i < len(f); i++ {
		if isDigit(f[i-1]) && isDigit(f[i]) {
			return false
		}
	}
	return true
}

// arabiziShort are words of one consonant, which alone says too little.
var arabiziShort = map[string]string{"ma": "ما", "la": "لا", "fi": "في", "fe": "في", "fy": "في", "mu": "مو", "mo": "مو", "ana": "انا", "yom": "يوم", "ya": "يا"}

// arabiziWords are frequent words of Arabic in Latin letters.
var arabiziWords = map[string]bool{
	"ana": true, "mish": true, "mesh": true, "msh": true, "mosh": true, "wallah": true, "walahi": true, "habibi": true, "yani": true, "fein": true,
	"fen": true, "leh": true, "lesh": true, "shu": true, "kifak": true, "momken": true, "mumkin": true, "ayez": true, "ayza": true, "bidi": true,
	"badi": true, "uridu": true, "urid": true, "andi": true, "indi": true, "ndi": true, "mafi": true, "fih": true, "feeh": true, "enta": true,
	"enti": true, "inta": true, "inti": true, "howa": true, "hiya": true, "ktir": true, "awi": true, "gedan": true, "jiddan": true, "jidan": true,
	"lazem": true, "lazim": true, "doktor": true, "daktor": true, "doktora": true, "mostashfa": true, "mustashfa": true, "alam": true, "waja": true,
	"baba": true, "mama": true, "ibn": true, "ebni": true, "bnti": true, "benti": true, "zawji": true, "zawgi": true, "gozi": true, "jozi": true,
	"sadri": true, "sedri": true, "qalbi": true, "albi": true, "rasi": true, "batni": true, "nafsi": true, "amoot": true, "amout": true, "amut": true,
	"mawt": true, "moot": true, "dam": true, "shadid": true, "shadeed": true, "aqdar": true, "agdar": true, "adir": true, "ader": true, "qader": true,
	"adra": true, "kaman": true, "dilwaqti": true, "delwaty": true, "halla": true, "hala": true, "bas": true, "yalla": true, "inshallah": true,
	"insha": true, "allah": true, "ahlan": true, "marhaba": true, "sabah": true, "masa": true, "khair": true, "kheir": true, "fain": true, "wein": true,
	"wain": true, "aina": true, "kam": true, "kem": true, "bkam": true, "bikam": true, "keef": true, "kayf": true, "kaif": true, "izay": true,
	"ezay": true, "eih": true, "eeh": true, "shou": true, "sho": true, "hal": true, "hatha": true, "haza": true, "hada": true, "ma": true, "law": true,
	"samaht": true, "shukran": true, "salam": true, "alaykum": true, "aleykum": true, "ya": true, "ibni": true, "bint": true, "binti": true,
	"omi": true, "abi": true, "kteer": true,
}
