package main

import (
	"context"

	"frontdesk/agent"
	"frontdesk/guardrails"
	"frontdesk/httpd"
)

// Preview implements [httpd.Previewer].
func (d desk) Preview(_ context.Context, who httpd.Person, language string) ([]httpd.PreviewText, error) {
	clinic := who.Clinic
	args := map[string]string{"clinic": clinic.Name, "number": guardrails.Number(clinic.Country).Emergency, "url": clinic.Settings.PrivacyURL}
	welcome := d.texts.Text(language, "welcome.hello", args) + " " + d.texts.Text(language, "welcome.scope", args)
	if clinic.Settings.PrivacyURL != "" {
		welcome += "\n" + d.texts.Text(language, "welcome.privacy", args)
	}
	now := d.now().In(clinic.Location())
	args["when"] = d.texts.Instant(language, now.AddDate(0, 0, 1).Truncate(1), now)
	return []httpd.PreviewText{
		{Name: "welcome", Text: welcome},
		{Name: "later", Text: d.texts.Text(language, "human.later", args)},
		{Name: "emergency", Text: agent.EmergencyReply(d.texts, clinic, language, false).Text},
	}, nil
}
