package ingest

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gogs/chardet"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode/utf32"
)

// warnGarbled says that a text had been through a wrong charset before it came.
const warnGarbled = "The document's letters had been garbled by a wrong charset and were repaired; please check names and accents."

// decoded is a text with the charset that it was in.
type decoded struct {
	text     string
	charset  string
	warnings []string
}

// decode turns a file's bytes into text. What the bytes themselves show (a byte
// order mark, valid UTF-8, zero bytes) wins over what is declared, because
// declarations are often wrong; between legacy charsets the declared one is taken
// unless its text is implausible and another's is not. declared are charset
// names, most trusted first.
func decode(data []byte, declared ...string) decoded {
	text, name := decodeBytes(data, declared)
	text = strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\x00", "")
	out := decoded{text: text, charset: name}
	if repaired, ok := repairMojibake(text); ok {
		out.text = repaired
		out.warnings = []string{warnGarbled}
	}
	return out
}

func decodeBytes(data []byte, declared []string) (text, name string) {
	if enc, name := byMark(data); enc != nil {
		return decodeWith(enc, data), name
	}
	if name := wideWithoutMark(data); name != "" {
		enc, _ := charset.Lookup(name)
		return decodeWith(enc, data), name
	}
	switch high, bad := utf8Damage(data); {
	case high == 0 && !bytes.Contains(data, []byte("\x1b$")): // ASCII, but ISO-2022-JP looks so too
		return string(data), "utf-8"
	case bad == 0 && high > 0, high > 0 && bad*20 <= high:
		return strings.ToValidUTF8(string(data), ""), "utf-8"
	}
	return bestLegacy(data, declared)
}

// byMark returns the encoding of a byte order mark.
func byMark(data []byte) (encoding.Encoding, string) {
	switch {
	case bytes.HasPrefix(data, []byte{0xEF, 0xBB, 0xBF}):
		enc, _ := charset.Lookup("utf-8")
		return enc, "utf-8"
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE, 0, 0}):
		return utf32.UTF32(utf32.LittleEndian, utf32.UseBOM), "utf-32"
	case bytes.HasPrefix(data, []byte{0, 0, 0xFE, 0xFF}):
		return utf32.UTF32(utf32.BigEndian, utf32.UseBOM), "utf-32"
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}):
		enc, _ := charset.Lookup("utf-16le")
		return enc, "utf-16le"
	case bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		enc, _ := charset.Lookup("utf-16be")
		return enc, "utf-16be"
	}
	return nil, ""
}

// wideWithoutMark recognises UTF-16 by its zero bytes: markup, digits and spaces
// have one in each pair, always on the same side.
func wideWithoutMark(data []byte) string {
	sample := data[:min(len(data), 4096)&^1]
	if len(sample) < 24 {
		return ""
	}
	even, odd := 0, 0
	for i := 0; i < len(sample); i += 2 {
		if sample[i] == 0 && sample[i+1] != 0 {
			even++
		}
		if sample[i+1] == 0 && sample[i] != 0 {
			odd++
		}
	}
	pairs := len(sample) / 2
	switch {
	case odd*5 > pairs && even*50 < pairs:
		return "utf-16le"
	case even*5 > pairs && odd*50 < pairs:
		return "utf-16be"
	}
	return ""
}

// utf8Damage counts the bytes beyond ASCII and those that are not valid UTF-8.
func utf8Damage(data []byte) (high, bad int) {
	for len(data) > 0 {
		if data[0] < utf8.RuneSelf {
			data = data[1:]
			continue
		}
		r, size := utf8.DecodeRune(data)
		high += size
		if r == utf8.RuneError && size == 1 {
			bad++
			if !utf8.FullRune(data) { // cut at the end of the file
				bad--
			}
		}
		data = data[size:]
	}
	return high, bad
}

// legacy returns the charsets that are tried where none is declared rightly, by
// how common they are on clinics' pages.
func legacy() []string {
	return []string{
		"windows-1252", "windows-1251", "koi8-r", "windows-1250", "iso-8859-2", "windows-1254", "windows-1253",
		"windows-1256", "windows-1255", "windows-1257", "koi8-u", "ibm866", "macintosh", "x-mac-cyrillic", "iso-8859-5",
		"iso-8859-15", "iso-8859-7", "iso-8859-6", "shift_jis", "euc-jp", "iso-2022-jp", "gb18030", "big5", "euc-kr", "windows-874", "windows-1258",
	}
}

// bestLegacy decodes with the charset whose text is most plausible.
func bestLegacy(data []byte, declared []string) (text, name string) {
	sample := data[:min(len(data), 64<<10)]
	guess, confidence := guessed(sample)
	names := append(slices.Clone(declared), guess)
	best, bestScore := "windows-1252", -1e9
	for i, candidate := range append(names, legacy()...) {
		enc, canonical := charset.Lookup(candidate)
		if enc == nil || canonical == "utf-8" || canonical == "replacement" {
			continue
		}
		score := plausibility(decodeWith(enc, sample))
		switch {
		case i < len(declared):
			score += 0.15
		case candidate == guess:
			score += 0.10 * confidence
		}
		if score > bestScore+1e-9 {
			best, bestScore = canonical, score
		}
	}
	enc, _ := charset.Lookup(best)
	return decodeWith(enc, data), best
}

// guessed asks the statistical detector; its answer is one vote.
func guessed(sample []byte) (name string, confidence float64) {
	result, err := chardet.NewHtmlDetector().DetectBest(sample)
	if err != nil || result == nil {
		return "", 0
	}
	return result.Charset, float64(result.Confidence) / 100
}

func decodeWith(enc encoding.Encoding, data []byte) string {
	out, err := enc.NewDecoder().Bytes(data)
	if err != nil {
		return strings.ToValidUTF8(string(data), "")
	}
	return string(out)
}

// plausibility is how much text beyond ASCII looks as if people had written it: 1
// for common letters in words of one script and regular case, below 0 for signs
// within words, control characters and capitals after small letters.
func plausibility(text string) float64 {
	var prev rune
	total, count := 0.0, 0
	for _, r := range text {
		if r >= utf8.RuneSelf {
			count++
			total += runeScore(prev, r)
		} else if unicode.IsLetter(r) && prev >= utf8.RuneSelf && (strange(prev) || foreignTo(prev, r)) {
			total -= 0.7
		}
		prev = r
	}
	if count == 0 {
		return 0
	}
	return total / float64(count)
}

func runeScore(prev, r rune) float64 {
	switch {
	case r == utf8.RuneError, r >= 0x80 && r <= 0x9F, unicode.Is(unicode.Co, r):
		return -4
	case unicode.IsLetter(r):
		score := letterScore(r)
		if unicode.IsUpper(r) && unicode.IsLower(prev) {
			score -= 1.5
		}
		if unicode.IsLetter(prev) && foreignTo(r, prev) || strange(prev) {
			score -= 1
		}
		return score
	case strange(r) && unicode.IsLetter(prev):
		return -1
	case strange(r):
		return -0.2
	}
	return 0.5 // punctuation, spaces, currency
}

// frequent are letters beyond ASCII that make up most of the text of their
// languages. Letters that only some legacy charset's wrong reading brings up are
// not among them.
const frequent = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфіїєґў" +
	"éèàùâêîôûëïüçœöäßáíóúñãõìòąćęłńśźżčďěňřšťůýžőűăâîșțşţğıåæø" +
	"αειονστρηπκλμυςάέίόύήώ" + "אבגדהוזחטיכלמנסעפצקרשתםןףץך" + "ابتثجحخدذرزسشصضطظعغفقكلمنهويةىأإءؤئآ" + "ėįšųūāēīķļņģ"

// commonest are the letters that make up half of a text of their script.
const commonest = "оеаинтсрвл" + "ατοιενσρκπ" + "اليمنوتر" + "יוהלאתרש"

func letterScore(r rune) float64 {
	lower := unicode.ToLower(r)
	switch {
	case strings.ContainsRune(commonest, lower):
		return 1.2
	case strings.ContainsRune(frequent, lower):
		if unicode.IsUpper(r) {
			return 0.7
		}
		return 1
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai):
		if r >= 0xFF61 && r <= 0xFF9F { // half-width katakana: what single bytes become in Shift_JIS
			return -1
		}
		if unicode.In(r, unicode.Hiragana, unicode.Katakana) {
			return 1
		}
		return 0.55
	case unicode.Is(unicode.Cyrillic, r):
		return -0.5 // of other alphabets than those above
	}
	return 0.1
}

// strange tells whether a sign has no place next to a letter.
func strange(r rune) bool {
	switch r {
	case '«', '»', '°', '№', '€', '£', '§', '®', '©', '™', '·', '•', '–', '—', '…', '’', '‘', '“', '”', '„', '\u00a0', '²', '³', 'º', 'ª', '¿', '¡', '´', '‚':
		return r == '³' || r == '²' || r == '¿' || r == '¡'
	}
	return r >= 0x80 && !unicode.IsLetter(r) && !unicode.IsSpace(r) && !unicode.Is(unicode.M, r) && !unicode.IsDigit(r) && r < 0x3000
}

// foreignTo tells whether two neighbouring letters are of scripts that no word mixes.
func foreignTo(a, b rune) bool { return scriptOf(a) != scriptOf(b) }

func scriptOf(r rune) int {
	switch {
	case unicode.Is(unicode.Latin, r):
		return 1
	case unicode.Is(unicode.Cyrillic, r):
		return 2
	case unicode.Is(unicode.Greek, r):
		return 3
	case unicode.Is(unicode.Hebrew, r):
		return 4
	case unicode.Is(unicode.Arabic, r):
		return 5
	}
	return 6
}

// repairMojibake undoes UTF-8 that was read as a single-byte charset and written
// again ("Ã©", "√©", "РџСЂ"), line by line: a line is repaired when all of it
// turns back into valid UTF-8, which text of people practically never does.
func repairMojibake(text string) (string, bool) {
	if !garbled.MatchString(text) {
		return text, false
	}
	lines := strings.SplitAfter(text, "\n")
	changed := false
	for _, name := range []string{"windows-1252", "windows-1251", "macintosh", "iso-8859-1", "windows-1250"} {
		enc := garbler(name)
		for i, line := range lines {
			if fixed, ok := unread(enc, line); ok {
				lines[i], changed = fixed, true
			}
		}
	}
	return strings.Join(lines, ""), changed
}

// garbled finds what the lead bytes of UTF-8 look like in single-byte charsets.
var garbled = regexp.MustCompile(`[ÃÂÐÑÅÄØÙ√ƒ][\x{80}-\x{2FFF}]|[РС][\x{80}-\x{BF}\x{400}-\x{40F}\x{450}-\x{45F}\x{490}-\x{491}\x{2010}-\x{2122}]|в‚|â€|вЂ|‚Ä`)

func garbler(name string) encoding.Encoding {
	if name == "iso-8859-1" { // the web's registry reads it as windows-1252
		enc, err := ianaindex.IANA.Encoding("ISO-8859-1")
		if err != nil {
			return nil
		}
		return enc
	}
	enc, _ := charset.Lookup(name)
	return enc
}

// unread turns a line back into the bytes that were misread, if they are UTF-8.
func unread(enc encoding.Encoding, line string) (string, bool) {
	if enc == nil || !garbled.MatchString(line) {
		return "", false
	}
	raw, err := enc.NewEncoder().String(line)
	if err != nil || !utf8.ValidString(raw) || raw == line {
		return "", false
	}
	high, _ := utf8Damage([]byte(raw))
	if high == 0 || plausibility(raw) <= plausibility(line) {
		return "", false
	}
	return raw, true
}
