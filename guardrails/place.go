package guardrails

import (
	"regexp"
	"unicode/utf8"

	"frontdesk"
)

// masked finds the places of identifiers that were masked before: a text is
// screened when it comes in, and once more, masked, when it is decided on. A place
// with a number has a sealed value; one without was a secret, which is gone.
var masked = regexp.MustCompile(`⟦([^⟦⟧:]{1,24})(:\d+)?⟧`)

// places returns the marks of identifiers that were masked before.
func places(text string) []frontdesk.Mark {
	var marks []frontdesk.Mark
	for _, at := range masked.FindAllStringSubmatchIndex(text, -1) {
		marks = append(marks, frontdesk.Mark{
			Type:   text[at[2]:at[3]],
			Start:  utf8.RuneCountInString(text[:at[0]]),
			End:    utf8.RuneCountInString(text[:at[1]]),
			Secret: at[4] < 0,
		})
	}
	return marks
}
