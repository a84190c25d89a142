package whatsapp

import (
	"strings"

	"frontdesk"
)

// FitAll merges replies into as few bubbles as possible, since each is billed
// (service messages, from 1 October 2026), and makes each fit the platform's
// limits. Texts join when nothing but text stands in the earlier one.
func FitAll(replies []frontdesk.Reply) []frontdesk.Reply {
	var merged []frontdesk.Reply
	for _, r := range replies {
		if n := len(merged); n > 0 && isText(merged[n-1]) && joins(merged[n-1], r) {
			text := strings.TrimSpace(merged[n-1].Text) + "\n\n" + strings.TrimSpace(r.Text)
			quoted := merged[n-1].Quoted || r.Quoted
			merged[n-1] = r
			merged[n-1].Text, merged[n-1].Quoted = text, quoted
			continue
		}
		merged = append(merged, r)
	}
	var fitted []frontdesk.Reply
	for _, r := range merged {
		fitted = append(fitted, Fit(r)...)
	}
	return fitted
}

func isText(r frontdesk.Reply) bool {
	return r.Text != "" && len(r.Buttons) == 0 && r.List == nil && r.Location == nil && r.Document == nil && r.Template == nil
}

// joins tells whether the later reply can take the earlier text into its own body.
func joins(earlier, later frontdesk.Reply) bool {
	if later.Text == "" || later.Location != nil || later.Document != nil || later.Template != nil {
		return false
	}
	limit := maxText
	switch {
	case later.List != nil:
		limit = maxListBody
	case len(later.Buttons) > 0:
		limit = maxButtonBody
	}
	return length(earlier.Text)+2+length(later.Text) <= limit
}
