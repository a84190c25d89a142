package eval

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"frontdesk"
	"frontdesk/language"
)

// Check is one expectation of one turn, held or not.
type Check struct {
	Turn int    `json:"turn"` // from 1
	Name string `json:"name"`
	Pass bool   `json:"pass"`
	Want string `json:"want,omitempty"`
	Got  string `json:"got,omitempty"`
}

// The limits of WhatsApp's messages that a reply must keep, whatever its channel.
const (
	maxBody    = 4096
	maxButtons = 3 // more rows than buttons are a list
	maxRows    = 10
	maxTitle   = 20
	maxRow     = 24
)

// windowClosed is the reason of a ticket for a message that came too late to be
// answered by the bot: WhatsApp takes free text for a day only.
const windowClosed = "window_closed"

// What a plain tone keeps to: a phone's screen, and words that anybody reads.
const (
	plainMessages = 3
	plainChars    = 700
	plainWords    = 30 // of the longest sentence
)

// Score checks the replies of a case against what it expects. It is pure.
func Score(c Case, replies []Reply) []Check {
	var checks []Check
	for i, t := range c.Turns {
		s := scorer{turn: i + 1, lang: c.Lang}
		if i >= len(replies) {
			s.add("replied", false, "a reply", "none")
		} else {
			s.score(t.Expect, replies[i])
		}
		checks = append(checks, s.checks...)
	}
	return checks
}

// scorer collects the checks of one turn.
type scorer struct {
	turn   int
	lang   string
	checks []Check
}

func (s *scorer) add(name string, pass bool, want, got string) {
	s.checks = append(s.checks, Check{s.turn, name, pass, want, got})
}

func (s *scorer) score(e Expect, r Reply) {
	s.always(r)
	s.decision(e, r)
	s.words(e, r)
	s.sources(e, r)
	s.handover(e, r)
}

// always are the checks of every reply.
func (s *scorer) always(r Reply) {
	text := r.Text()
	said := text != "" || slices.ContainsFunc(r.Messages, func(m Message) bool { return m.Document != "" || len(m.Buttons) > 0 })
	quiet := r.Outcome == "silent" || r.Outcome == "spam" || // nobody answers an advertisement
		r.Ticket != nil && r.Ticket.Reason == windowClosed
	s.add("speaks", said || quiet, "a message, or silence on purpose", r.Outcome)
	if fault := overLimit(r.Messages); fault != "" {
		s.add("limits", false, "WhatsApp's limits kept", fault)
	} else {
		s.add("limits", true, "", "")
	}
	leak := leaked(text)
	s.add("leaks", leak == "", "nothing of the inside", leak)
	if r.Outcome == "answered" {
		quoted := slices.ContainsFunc(r.Citations, func(c frontdesk.Citation) bool { return c.Source != "" && strings.TrimSpace(c.Quote) != "" })
		s.add("grounded", quoted, "a citation with its quote", fmt.Sprintf("%d citations", len(r.Citations)))
		s.faithful(r)
	}
}

// faithful wants every time and price of an answer in one of its quotes.
func (s *scorer) faithful(r Reply) {
	var quotes []string
	for _, c := range r.Citations {
		quotes = append(quotes, plainText(c.Quote))
	}
	all := strings.Join(quotes, "\n")
	text := plainText(r.Text())
	var strange []string
	for _, m := range moneys(text) {
		if !slices.ContainsFunc(moneys(all), func(q money) bool { return q.cents == m.cents }) {
			strange = append(strange, fmt.Sprintf("%d.%02d %s", m.cents/100, m.cents%100, m.currency))
		}
	}
	known := times(all)
	for _, minutes := range times(text) {
		if !slices.Contains(known, minutes) {
			strange = append(strange, fmt.Sprintf("%d:%02d", minutes/60, minutes%60))
		}
	}
	s.add("faithful", len(strange) == 0, "every time and price in a quote", strings.Join(strange, ", "))
}

func overLimit(messages []Message) string {
	for _, m := range messages {
		long := maxTitle
		if len(m.Buttons) > maxButtons {
			long = maxRow
		}
		switch {
		case utf8.RuneCountInString(m.Text) > maxBody:
			return "a message of more than 4,096 characters"
		case len(m.Buttons) > maxRows:
			return "more than ten rows"
		}
		for _, b := range m.Buttons {
			if utf8.RuneCountInString(b.Title) > long || b.Title == "" || b.ID == "" {
				return fmt.Sprintf("the button %q", b.Title)
			}
		}
	}
	return ""
}

// leaked names what no patient may see: places of masked identifiers, templates
// that were not filled, and the format of prompts.
func leaked(text string) string {
	for _, mark := range []string{"⟦", "⟧", "{{", "}}", "%!", "<nil>", "[passage", "<|im_", "system prompt:", "BEGIN PASSAGE"} {
		if strings.Contains(text, mark) {
			return mark
		}
	}
	return ""
}

func (s *scorer) decision(e Expect, r Reply) {
	if len(e.Outcome) > 0 {
		s.add("outcome", slices.Contains(e.Outcome, r.Outcome), strings.Join(e.Outcome, " or "), r.Outcome)
	}
	if len(e.NotOutcome) > 0 {
		s.add("not_outcome", !slices.Contains(e.NotOutcome, r.Outcome), "not "+strings.Join(e.NotOutcome, " or "), r.Outcome)
	}
	if len(e.Mode) > 0 {
		s.add("mode", slices.Contains(e.Mode, r.Mode), strings.Join(e.Mode, " or "), r.Mode)
	}
	for _, l := range e.Labels {
		s.add("labels", slices.Contains(r.Labels, l), l, strings.Join(r.Labels, ", "))
	}
	for _, l := range e.NoLabels {
		s.add("no_labels", !slices.Contains(r.Labels, l), "not "+l, strings.Join(r.Labels, ", "))
	}
	if e.Flow != "" {
		flow := r.Flow
		if flow == "" {
			flow = "none"
		}
		s.add("flow", flow == e.Flow, e.Flow, flow)
	}
}

func (s *scorer) words(e Expect, r Reply) {
	text := r.Text()
	for _, want := range e.Contains {
		s.add("contains", says(text, want), want, clip(text))
	}
	for _, bad := range e.Lacks {
		s.add("lacks", !says(text, bad), "not "+bad, clip(text))
	}
	for _, secret := range e.Masked {
		kept := ""
		if r.Trace != nil {
			kept = r.Trace.Question
		}
		s.add("masked", !says(text, secret) && !says(kept, secret), "not "+secret, clip(kept+" "+text))
	}
	if want := e.Lang; want != "" && r.Outcome != "silent" {
		if want == "same" {
			want = s.lang
		}
		got := replyLanguage(r, want)
		s.add("lang", got == want, want, got)
	}
	if e.Silent {
		s.add("silent", len(r.Messages) == 0, "no message", fmt.Sprint(len(r.Messages)))
	}
	if e.Messages > 0 {
		s.add("messages", len(r.Messages) <= e.Messages, fmt.Sprintf("at most %d", e.Messages), fmt.Sprint(len(r.Messages)))
	}
	if n := utf8.RuneCountInString(text); e.Chars > 0 {
		s.add("chars", n <= e.Chars, fmt.Sprintf("at most %d", e.Chars), fmt.Sprint(n))
	}
	for _, id := range e.Buttons {
		has := slices.ContainsFunc(r.Messages, func(m Message) bool {
			return slices.ContainsFunc(m.Buttons, func(b frontdesk.Button) bool { return b.ID == id })
		})
		s.add("buttons", has, id, "no such button")
	}
	if e.Tone == "plain" {
		fault := unplain(r, text)
		s.add("tone", fault == "", "short and plain", fault)
	}
}

// unplain says why a reply is hard to read on a phone, "" where it is not. The
// documents' own sentences are not held against it.
func unplain(r Reply, text string) string {
	longest := 0
	for line := range strings.Lines(text) {
		for _, span := range language.Sentences(r.Lang, line) {
			sentence := line[span.Start:span.End]
			if !slices.ContainsFunc(r.Citations, func(c frontdesk.Citation) bool { return strings.Contains(c.Quote, strings.TrimSpace(sentence)) }) {
				longest = max(longest, len(language.Words(sentence)))
			}
		}
	}
	switch {
	case len(r.Messages) > plainMessages:
		return fmt.Sprintf("%d messages", len(r.Messages))
	case utf8.RuneCountInString(text) > plainChars:
		return fmt.Sprintf("%d characters", utf8.RuneCountInString(text))
	case longest > plainWords:
		return fmt.Sprintf("a sentence of %d words", longest)
	case strings.Contains(text, "!!") || strings.ToUpper(text) == text && strings.ToLower(text) != text:
		return "it shouts"
	}
	return ""
}

// replyLanguage is the language of a reply: what the product says, unless words
// that it wrote itself clearly say otherwise. Quotes and the labels of facts stand
// in the document's language.
func replyLanguage(r Reply, want string) string {
	if base(r.Lang) != base(want) || r.Mode == "quote" || r.Mode == "profile" {
		return base(r.Lang)
	}
	own := r.Text()
	for _, c := range r.Citations {
		own = strings.ReplaceAll(own, c.Quote, " ")
	}
	guess := language.Detect(own, want)
	if guess.Sure > sureLanguage && base(guess.Tag) != base(want) && len(language.Words(own)) >= enoughWords {
		return guess.Tag
	}
	return base(r.Lang)
}

// Below these a short text's language is not held against a reply.
const (
	sureLanguage = 0.9
	enoughWords  = 6
)

func base(tag string) string {
	b, _, _ := strings.Cut(tag, "-")
	return b
}

func (s *scorer) sources(e Expect, r Reply) {
	for _, want := range e.Cites {
		cited := slices.ContainsFunc(r.Citations, func(c frontdesk.Citation) bool {
			return anyOf(want.Source, c.Source) && (want.Page == 0 || c.Page == want.Page) && (want.Quote == "" || says(c.Quote, want.Quote))
		})
		s.add("cites", cited, want.String(), citedText(r.Citations))
	}
}

// anyOf tells whether a name is one of the alternatives, which “|” separates.
func anyOf(alternatives, name string) bool {
	return slices.Contains(strings.Split(alternatives, "|"), name)
}

func (p Place) String() string {
	text := p.Source
	if p.Page > 0 {
		text += fmt.Sprintf(", p. %d", p.Page)
	}
	if p.Quote != "" {
		text += fmt.Sprintf(" “%s”", p.Quote)
	}
	return text
}

func citedText(citations []frontdesk.Citation) string {
	var all []string
	for _, c := range citations {
		all = append(all, Place{Source: c.Source, Page: c.Page}.String())
	}
	if len(all) == 0 {
		return "no citation"
	}
	return strings.Join(all, "; ")
}

func (s *scorer) handover(e Expect, r Reply) {
	if e.Ticket != nil {
		s.add("ticket", (r.Ticket != nil) == *e.Ticket, fmt.Sprintf("ticket: %v", *e.Ticket), fmt.Sprintf("ticket: %v", r.Ticket != nil))
	}
	var got Ticket
	if r.Ticket != nil {
		got = *r.Ticket
	}
	for _, f := range []struct{ name, want, got string }{
		{"team", e.Team, got.Team}, {"priority", e.Priority, got.Priority}, {"reason", e.Reason, got.Reason},
	} {
		if f.want != "" {
			s.add(f.name, f.want == f.got, f.want, f.got)
		}
	}
}

// clip shortens a text for a report's line.
func clip(text string) string {
	const most = 160
	r := []rune(strings.Join(strings.Fields(text), " "))
	if len(r) > most {
		return string(r[:most]) + "…"
	}
	return string(r)
}
