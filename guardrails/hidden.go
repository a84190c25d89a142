package guardrails

import (
	"encoding/base64"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"frontdesk"
)

var (
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
	for _, m := range base64Text.FindAllString(text, 4) {
		if plain := decoded(m); plain != "" {
			out = append(out, evidence{frontdesk.LabelInjection, "encoded text"})
			break
		}
	}
	return out
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
