package guardrails

import (
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"frontdesk"
	"frontdesk/language"
)

var (
	hexText    = regexp.MustCompile(`(?i)(?:\b(?:0x|\\x)?[0-9a-f]{2}[ ,:]?){16,}`)
	binaryText = regexp.MustCompile(`(?:\b[01]{8}\b[ ,]*){5,}`)
	urlText    = regexp.MustCompile(`(?:[\w.+-]*%[0-9A-Fa-f]{2}){4,}[\w.+-]*`)
	morseText  = regexp.MustCompile(`(?:(?:[.·-]{1,5}|/)\s+){12,}`)
	pieces     = regexp.MustCompile(`(?i)\b[a-z]\w{0,2}\s*=\s*["'“‘«][^"'”’»]+["'”’»][^=]{0,80}\b[a-z]\w{0,2}\s*=\s*["'“‘«]`)
	joined     = regexp.MustCompile(`(?i)\b[a-z]\w{0,2}\s*\+\s*[a-z]\w{0,2}\b`)
	commands   = regexp.MustCompile(`(?i)\bdrop\s+table\b|\bselect\s+\*\s+from\b|\bunion\s+select\b|\bdelete\s+from\s+\w+|'\s*or\s*'?1'?\s*=\s*'?1|<script\b|\brm\s+-rf?\b|\bsudo\s+(?:rm|su|apt|cat|bash|sh|chmod|mode)\b|\b(?:os\.system|subprocess|eval)\s*\(|\bcurl\s+https?:|\{\s*"(?:tool|function|function_call|name|action)"\s*:`)
	base64Text = regexp.MustCompile(`[A-Za-z0-9+/]{24,}={0,2}`)
	delimiters = regexp.MustCompile(`(?i)<\|?/?(?:im_start|im_end|system|assistant|endoftext|inst|sys)\|?>|\[/?(?:INST|SYS)\]|<<SYS>>|^\s*(?:#+\s*)?(?:system|assistant|developer)\s*(?:prompt|message)?\s*[:>]|"role"\s*:\s*"(?:system|assistant)"|\{\{.*\}\}|%%%|={4,}\s*END|-{3,}\s*(?:end|begin)\b|</?(?:prompt|instructions|context|document)>`)
)

// hidden finds instructions by their shape: chat delimiters, role markers, tag
// characters, encoded text that reads as text.
func hidden(text string) []evidence {
	var out []evidence
	if delimiters.MatchString(text) {
		out = append(out, evidence{frontdesk.LabelInjection, "chat delimiters"})
	}
	for _, r := range text {
		if r >= 0xE0020 && r <= 0xE007F {
			out = append(out, evidence{frontdesk.LabelInjection, "invisible tag characters"})
			break
		}
	}
	if encoded(text) || ciphered(text) {
		out = append(out, evidence{frontdesk.LabelInjection, "encoded text"})
	}
	if commands.MatchString(text) {
		out = append(out, evidence{frontdesk.LabelInjection, "commands"})
	}
	if strings.ContainsRune(text, '=') && strings.ContainsRune(text, '+') && pieces.MatchString(text) && joined.MatchString(text) {
		out = append(out, evidence{frontdesk.LabelInjection, "text in pieces"})
	}
	return out
}

// encoded tells whether a text holds other text in base64, hexadecimal or binary
// digits, percent signs or Morse code.
func encoded(text string) bool {
	for _, m := range base64Text.FindAllString(text, 4) {
		if decoded(m) != "" {
			return true
		}
	}
	for _, m := range hexText.FindAllString(text, 4) {
		digits := strings.Map(func(r rune) rune {
			if unicode.Is(unicode.ASCII_Hex_Digit, r) {
				return r
			}
			return -1
		}, strings.NewReplacer("0x", "", `\x`, "").Replace(m))
		if raw, err := hex.DecodeString(digits[:len(digits)&^1]); err == nil && readable(string(raw)) {
			return true
		}
	}
	for _, m := range binaryText.FindAllString(text, 4) {
		var raw []byte
		for _, eight := range strings.FieldsFunc(m, func(r rune) bool { return r == ' ' || r == ',' }) {
			n, _ := strconv.ParseUint(eight, 2, 8)
			raw = append(raw, byte(n))
		}
		if readable(string(raw)) {
			return true
		}
	}
	for _, m := range urlText.FindAllString(text, 4) {
		if plain, err := url.QueryUnescape(m); err == nil && strings.Count(plain, " ") > 1 && !strings.Contains(text, "://") {
			return true
		}
	}
	return morseText.MatchString(text)
}

// readable tells text from other bytes: letters, and nothing that cannot be printed.
func readable(s string) bool {
	letters := 0
	for _, r := range s {
		if !unicode.IsPrint(r) && r != '\n' {
			return false
		}
		if unicode.IsLetter(r) {
			letters++
		}
	}
	return utf8.ValidString(s) && letters*2 > len(s)
}

// A text is ciphered when its words are none, but a quarter of them become frequent
// English words once their letters are turned round, moved along the alphabet, or
// brought back from pig Latin. So many words of it are tried.
const (
	cipherWords = 24
	leastWords  = 5
	leastCommon = 3
)

func ciphered(text string) bool {
	var words []string
	for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r < 0x80 && (r < 'a' || r > 'z') }) {
		if strings.IndexFunc(w, func(r rune) bool { return r >= 0x80 }) >= 0 {
			return false // accents: some language, no cipher
		}
		if words = append(words, w); len(words) == cipherWords {
			break
		}
	}
	if len(words) < leastWords || common(words, asTyped) > 1 {
		return false
	}
	if pigs(words)*3 >= len(words)*2 && common(words, unpig) > 1 {
		return true
	}
	enough := func(n int) bool { return n >= leastCommon && n*4 >= len(words) }
	if enough(common(words, turned)) {
		return true
	}
	for by := byte(1); by < 26; by++ {
		if enough(common(words, func(w string) string { return moved(w, by) })) {
			return true
		}
	}
	return false
}

// common counts the different frequent English words of three letters and more that words become.
func common(words []string, by func(string) string) int {
	var seen []string
	for _, w := range words {
		if w = by(w); len(w) > 2 && language.IsStop("en", w) && !slices.Contains(seen, w) {
			seen = append(seen, w)
		}
	}
	return len(seen)
}

func asTyped(w string) string { return w }

func turned(w string) string {
	b := []byte(w)
	slices.Reverse(b)
	return string(b)
}

func moved(w string, by byte) string {
	b := []byte(w)
	for i := range b {
		b[i] = 'a' + (b[i]-'a'+by)%26
	}
	return string(b)
}

// unpig undoes pig Latin: "isthay" is "this", "isway" is "is".
func unpig(w string) string {
	w, ok := strings.CutSuffix(w, "ay")
	if !ok || len(w) < 2 {
		return ""
	}
	for k := 1; k <= 3 && k < len(w); k++ {
		head := w[len(w)-k:]
		if strings.ContainsAny(head, "aeiou") {
			break
		}
		if plain := head + w[:len(w)-k]; language.IsStop("en", plain) {
			return plain
		}
	}
	return strings.TrimRight(w, "wyh")
}

// pigs counts the words that end as pig Latin does.
func pigs(words []string) int {
	n := 0
	for _, w := range words {
		if len(w) > 3 && strings.HasSuffix(w, "ay") {
			n++
		}
	}
	return n
}

// decoded returns the text that a base64 string hides, "" when it is not text
// of several words.
func decoded(s string) string {
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "="))
	if err != nil || !utf8.Valid(raw) {
		return ""
	}
	plain := string(raw)
	for _, r := range plain {
		if !unicode.IsPrint(r) && r != '\n' {
			return ""
		}
	}
	if strings.Count(plain, " ") < 2 {
		return ""
	}
	return plain
}
