package main

import (
	"context"
	"errors"
	"strings"

	"frontdesk"
	"frontdesk/agent"
	"frontdesk/conversation"
	"frontdesk/guardrails"
	"frontdesk/locale"
	"frontdesk/whatsapp"
)

// screen gives the conversation what it asks of the guardrails.
type screen struct{ screens *guardrails.Screens }

// Inbound implements [conversation.Screen]. It runs the rules alone: nothing may
// wait for a network before a message is stored.
func (s screen) Inbound(_ context.Context, text, language, country string) frontdesk.Verdict {
	hints := guardrails.Hints{Country: country}
	if language != "" {
		hints.ConversationLanguages = []string{language}
	}
	return s.screens.Rules(text, hints)
}

// Outbound implements [conversation.Screen]. A turn's replies were screened by the
// agent with their language and sources; this last look at everything that goes
// out stops leaks, whoever wrote them, and warns staff of the rest.
func (s screen) Outbound(_ context.Context, origin frontdesk.Origin, clinic frontdesk.Clinic, text string) conversation.Finding {
	verdict := s.screens.Outbound(text, guardrails.OutboundOptions{
		Quoted: true, AllowedHosts: agent.Hosts(clinic.Settings), Clinic: clinic,
		Numbers: origin == frontdesk.OriginTurn, // approved passages name the clinic's own
	})
	var leaks, others []string
	for _, why := range verdict.Why {
		switch why {
		case "token", "asks_secret", "prompt", "identifier":
			leaks = append(leaks, why)
		default:
			others = append(others, why)
		}
	}
	switch {
	case len(leaks) > 0:
		return conversation.Finding{Block: true, Why: strings.Join(leaks, ", ")}
	case len(others) > 0 && origin == frontdesk.OriginStaff:
		return conversation.Finding{Warn: true, Why: strings.Join(others, ", ")}
	case len(others) > 0 && origin == frontdesk.OriginTemplate:
		return conversation.Finding{Block: true, Why: strings.Join(others, ", ")}
	}
	return conversation.Finding{}
}

// fixedTexts gives the conversation the texts that it sends by itself.
type fixedTexts struct{ texts *locale.Catalogue }

// Emergency implements [conversation.Texts].
func (f fixedTexts) Emergency(clinic frontdesk.Clinic, language string, crisis bool) frontdesk.Reply {
	return agent.EmergencyReply(f.texts, clinic, language, crisis)
}

// Fallback implements [conversation.Texts].
func (f fixedTexts) Fallback(_ frontdesk.Clinic, language string) frontdesk.Reply {
	return frontdesk.Reply{Text: f.texts.Text(language, "trouble.reply", nil)}
}

// Media implements [conversation.Texts].
func (f fixedTexts) Media(clinic frontdesk.Clinic, language string, _ frontdesk.MessageKind) frontdesk.Reply {
	args := map[string]string{"number": guardrails.Number(clinic.Country).Emergency}
	return frontdesk.Reply{Text: f.texts.Text(language, "media.reply", args)}
}

// fitter keeps WhatsApp's limits and sends nothing: the sender of the try channel.
type fitter struct{}

// Fit implements [conversation.Sender].
func (fitter) Fit(replies []frontdesk.Reply) []frontdesk.Reply { return whatsapp.FitAll(replies) }

// Send implements [conversation.Sender].
func (fitter) Send(context.Context, conversation.Account, conversation.Outbound) (string, error) {
	return "", errors.New("the try channel sends nothing")
}

// Seen implements [conversation.Sender].
func (fitter) Seen(context.Context, conversation.Account, string) error { return nil }
