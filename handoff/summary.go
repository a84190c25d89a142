package handoff

import (
	"strings"
	"unicode/utf8"

	"frontdesk"
)

// Texts renders the texts of the locale files; "" for a key that nobody has.
type Texts interface {
	Text(lang, key string, args map[string]string) string
}

// Bounds of a summary: staff read it on a phone.
const (
	summaryMessages = 4
	summaryRunes    = 240
)

// Request returns the request for a ticket: routed by its reason, with a summary
// in the clinic's language. Text is the patient's present message, masked like
// all text in a dialogue. When a ticket is open already the request joins it.
func Request(reason Reason, dialogue frontdesk.Dialogue, text string, texts Texts) frontdesk.TicketRequest {
	route := RouteOf(reason)
	if team := dialogue.Clinic.Settings.Routes[string(reason)]; team != "" { // the clinic's own rule
		route.Team = team
	}
	request := frontdesk.TicketRequest{
		Team: route.Team, Priority: route.Priority, Reason: string(reason),
		Summary: Summary(reason, dialogue, text, texts),
	}
	if dialogue.Ticket != nil {
		return Join(*dialogue.Ticket, request)
	}
	return request
}

// Summary tells staff, in the clinic's language, why the ticket is there, in
// which language the patient writes, and the last messages, newest last, as they
// were masked. It quotes and never interprets.
func Summary(reason Reason, dialogue frontdesk.Dialogue, text string, texts Texts) string {
	lang := dialogue.Clinic.Language
	lines := []string{texts.Text(lang, "summary.head", map[string]string{
		"reason": reasonName(reason, lang, texts), "language": dialogue.Language,
	})}
	if messages := lastMessages(dialogue, text); len(messages) > 0 {
		lines = append(lines, texts.Text(lang, "summary.asked", nil))
		for _, m := range messages {
			lines = append(lines, "– "+m)
		}
	}
	return strings.Join(lines, "\n")
}

// reasonName names a reason in the clinic's language, by its id where there is no text.
func reasonName(reason Reason, lang string, texts Texts) string {
	if name := texts.Text(lang, "reason."+string(reason), nil); name != "" {
		return name
	}
	return strings.ReplaceAll(string(reason), "_", " ")
}

// lastMessages returns the patient's latest messages, oldest first, shortened.
func lastMessages(dialogue frontdesk.Dialogue, text string) []string {
	var out []string
	for _, e := range dialogue.History {
		out = appendMessage(out, e.Patient)
	}
	out = appendMessage(out, text)
	return out[max(0, len(out)-summaryMessages):]
}

func appendMessage(out []string, text string) []string {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return out
	}
	return append(out, shorten(text))
}

// shorten cuts text to the bound, at a space where one is near, and never
// through a masked place (⟦dob:1⟧).
func shorten(text string) string {
	if utf8.RuneCountInString(text) <= summaryRunes {
		return text
	}
	cut := string([]rune(text)[:summaryRunes])
	if open := strings.LastIndex(cut, "⟦"); open > strings.LastIndex(cut, "⟧") {
		cut = cut[:open]
	}
	if space := strings.LastIndexByte(cut, ' '); space > len(cut)*3/4 {
		cut = cut[:space]
	}
	return strings.TrimSpace(cut) + "…"
}
