package guardrails

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"frontdesk"
	"frontdesk/language"
)

// OutboundOptions say what a text that goes out may contain.
type OutboundOptions struct {
	Language     string           // the patient's; "" skips the language check
	Quoted       bool             // a verbatim quote of an approved passage: any language, and what the clinic itself wrote
	AllowedHosts []string         // that links may lead to, beside those of the clinic's settings
	Clinic       frontdesk.Clinic // whose own phones, links and country are known
	Secrets      []string         // texts that must never go out, such as parts of a prompt
	Numbers      bool             // numbers that look like identifiers may stand: approved passages name the clinic's own
}

// OutboundVerdict says whether a text may go out, and why not.
type OutboundVerdict struct {
	OK  bool
	Why []string // stable words: "identifier", "asks_secret", "advice", "promise", "promotion", "prompt", "link", "language", "token"
}

// Outbound screens a text that is about to be sent: a reply, a template or
// staff's words. It is pure and allows only what nothing speaks against.
func (s *Screens) Outbound(text string, o OutboundOptions) OutboundVerdict {
	var why []string
	say := func(reason string) {
		if !slices.Contains(why, reason) {
			why = append(why, reason)
		}
	}
	if strings.Contains(text, "⟦") {
		say("token")
	}
	if !o.Numbers && leaksIdentifier(text, o, s.now()) {
		say("identifier")
	}
	for _, secret := range o.Secrets {
		if len(secret) > 3 && strings.Contains(strings.ToLower(text), strings.ToLower(secret)) {
			say("prompt")
		}
	}
	if foreignLink(text, o) {
		say("link")
	}
	f := s.spotted(text)
	for _, h := range f.hits {
		name := string(f.rules.rules[h.rule].label)
		reason, ok := strings.CutPrefix(name, "context:out_")
		if !ok || o.Quoted && (reason == "advice" || reason == "promotion") || f.negated(h) {
			continue
		}
		say(reason)
	}
	if !o.Quoted && o.Language != "" && len(f.text.words) >= 5 {
		g := language.Detect(text, o.Language)
		if g.Tag != o.Language && g.Tag != language.Unknown && g.Sure > 0.8 {
			say("language")
		}
	}
	return OutboundVerdict{OK: len(why) == 0, Why: why}
}

var anyLink = regexp.MustCompile(`(?i)\b(?:https?://|www\.)[^\s<>"]+|\b(?:[a-z0-9-]+\.)+(?:com|net|org|info|io|fr|it|de|es|pt|ru|uk|eu|me|ly|app|health|clinic|co|biz|xyz|top|site|online)(?:/[^\s<>"]*)?\b`)

// foreignLink tells whether a text leads to a host that the clinic does not allow.
func foreignLink(text string, o OutboundOptions) bool {
	allowed := slices.Concat(o.AllowedHosts, o.Clinic.Settings.AllowedHosts)
	for _, own := range []string{o.Clinic.Settings.BookingURL, o.Clinic.Settings.PortalURL, o.Clinic.Settings.PrivacyURL} {
		if h := hostOf(own); h != "" {
			allowed = append(allowed, h)
		}
	}
	for _, at := range anyLink.FindAllStringIndex(text, -1) {
		if at[0] > 0 && text[at[0]-1] == '@' {
			continue // the domain of an e-mail address
		}
		link := text[at[0]:at[1]]
		host := hostOf(link)
		if host == "" {
			continue
		}
		if !slices.ContainsFunc(allowed, func(a string) bool {
			a = strings.TrimPrefix(strings.ToLower(a), "www.")
			return host == a || strings.HasSuffix(host, "."+a)
		}) {
			return true
		}
	}
	return false
}

// hostOf returns the host of a link in lower case without www.
func hostOf(link string) string {
	if link == "" {
		return ""
	}
	if !strings.Contains(link, "://") {
		link = "https://" + link
	}
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
}
