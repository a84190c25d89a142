package agent

import (
	"context"
	"regexp"
	"strings"

	"frontdesk"
	"frontdesk/guardrails"
)

// finish gives the reply what surrounds an answer (welcome, a warm first
// sentence, the note about identifiers), runs the outbound screens over each
// bubble and fills in the record.
func (a *Agent) finish(ctx context.Context, t *turn) {
	d := &t.decision
	if !d.Emergency && len(d.Replies) > 0 {
		a.noteIdentifiers(t)
		a.addToTicket(ctx, t)
		a.screenOut(ctx, t)
		a.welcome(t)
	}
	d.Record.Question = t.question
	d.Record.Timing.Total = a.since(t.started)
	if d.Mode == "" && len(d.Replies) > 0 {
		d.Mode = frontdesk.ModeFixed
	}
}

// noteIdentifiers asks kindly not to send identifiers that must stay secret.
func (a *Agent) noteIdentifiers(t *turn) {
	if !t.has(frontdesk.LabelIdentifier) || !holdsSecret(t.verdict) {
		return
	}
	a.say(t,
		a.text(t, "identifier.note", nil),
		a.with(t, "identifier.portal", "url", t.dialogue.Clinic.Settings.PortalURL))
}

func holdsSecret(v frontdesk.Verdict) bool {
	for _, m := range v.Marks {
		if m.Secret {
			return true
		}
	}
	return false
}

// screenOut drops a bubble that the outbound screens refuse; when nothing is left
// the patient is told that a person will answer. Nothing goes out "anyway".
func (a *Agent) screenOut(ctx context.Context, t *turn) {
	d := &t.decision
	start := a.Now()
	kept := d.Replies[:0]
	for _, r := range d.Replies {
		finding := a.Screens.Outbound(r.Text, guardrails.OutboundOptions{Language: t.language, Quoted: r.Quoted, AllowedHosts: a.hosts(ctx, t, r.Text)})
		if finding.OK || r.Text == "" {
			kept = append(kept, r)
			continue
		}
		d.Record.Dropped = append(d.Record.Dropped, frontdesk.Dropped{Sentence: r.Text, Why: strings.Join(finding.Why, ", ")})
		a.Log.WarnContext(ctx, "reply stopped by the outbound screens", "clinic", t.dialogue.Clinic.ID, "conversation", t.dialogue.Conversation, "why", finding.Why)
	}
	d.Replies = kept
	d.Record.Timing.Check += a.since(start)
	if len(kept) == 0 {
		d.Citations, d.Record.Cited = nil, nil
		a.unanswered(t)
	}
}

// Hosts are those that replies of a clinic may link to.
func Hosts(s frontdesk.Settings) []string {
	list := append([]string(nil), s.AllowedHosts...)
	for _, link := range []string{s.BookingURL, s.PortalURL, s.PrivacyURL} {
		if host := hostOf(link); host != "" {
			list = append(list, host)
		}
	}
	return list
}

// hosts are those that a reply may link to: those of the settings and, where it
// has a link at all, those of the clinic's approved e-mail addresses.
func (a *Agent) hosts(ctx context.Context, t *turn, text string) []string {
	list := Hosts(t.dialogue.Clinic.Settings)
	if !reHost.MatchString(text) || !a.loadProfile(ctx, t) {
		return list
	}
	for _, e := range t.profile.Entries {
		if _, host, ok := strings.Cut(e.Fact.Value, "@"); ok && e.Approved && e.Fact.Kind == frontdesk.FactEmail {
			list = append(list, strings.ToLower(host))
		}
	}
	return list
}

// reHost finds what may be the host of a link: words joined by points.
var reHost = regexp.MustCompile(`\p{L}[\p{L}\d-]*(?:\.[\p{L}\d-]+)*\.\p{L}{2,}`)

// welcome stands before the first reply of a contact, in the same bubble.
func (a *Agent) welcome(t *turn) {
	d := &t.decision
	if !t.dialogue.Welcome || len(d.Replies) == 0 {
		return
	}
	args := map[string]string{
		"clinic": t.dialogue.Clinic.Name,
		"number": guardrails.Number(t.dialogue.Clinic.Country).Emergency,
		"name":   t.dialogue.Contact.GreetingName(),
	}
	hello := "welcome.hello"
	if args["name"] != "" {
		hello = "welcome.hello_name"
	}
	text := a.text(t, hello, args) + " " + a.text(t, "welcome.scope", args)
	if privacy := a.with(t, "welcome.privacy", "url", t.dialogue.Clinic.Settings.PrivacyURL); privacy != "" {
		text += "\n" + privacy
	}
	first := &d.Replies[0]
	if isGreetingOnly(t, d) {
		first.Text = text
	} else {
		first.Text = strings.TrimSpace(text + "\n\n" + first.Text)
	}
	d.Welcomed = true
}

// isGreetingOnly tells whether the reply would only greet back after the welcome.
func isGreetingOnly(t *turn, d *frontdesk.Decision) bool {
	return d.Outcome == frontdesk.OutcomeSmalltalk && len(d.Replies) == 1 && len(t.words) <= 3 && !t.has(frontdesk.LabelBotQuestion)
}
