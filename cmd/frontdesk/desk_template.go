package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/httpd"
	"frontdesk/whatsapp"
)

// authenticationCategory is that of one-time codes, which no person sends.
const authenticationCategory = "AUTHENTICATION"

// Templates implements [httpd.Templates].
func (d desk) Templates(ctx context.Context, who httpd.Person, id frontdesk.ConversationID) (httpd.Choice, error) {
	key := conversation.Key{Clinic: who.Clinic.ID, Conversation: id}
	choice := httpd.Choice{Conversation: id}
	work, err := d.conversations.Peek(ctx, key)
	if err != nil {
		return choice, fmt.Errorf("conversation: %w", err)
	}
	approved, err := d.approved(ctx, work)
	if err != nil {
		return choice, err
	}
	spoken := cmp.Or(work.Contact.Language, work.State.Language, who.Clinic.Language)
	slices.SortStableFunc(approved, func(a, b whatsapp.TemplateInfo) int {
		return cmp.Or(-compareBool(speaks(a.Language, spoken), speaks(b.Language, spoken)), cmp.Compare(a.Name, b.Name))
	})
	for _, t := range approved {
		choice.Templates = append(choice.Templates, shownTemplate(t))
	}
	choice.OptedOut = work.OptOut
	if choice.Form, err = frontdesk.NewID(d.now(), rand.Reader); err != nil {
		return choice, err
	}
	choice.Seen = d.now().Format(time.RFC3339Nano)
	return choice, nil
}

// approved lists the templates of a conversation's channel account that may be sent
// and that words can fill in.
func (d desk) approved(ctx context.Context, work conversation.Work) ([]whatsapp.TemplateInfo, error) {
	lines, err := d.conversations.Accounts(ctx, work.Key.Clinic)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(lines, func(l conversation.Line) bool { return l.Account.ID == work.Account })
	if at < 0 || work.Channel != frontdesk.ChannelWhatsApp {
		return nil, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "Templates exist on WhatsApp only."}
	}
	listed, err := d.sender.client.Templates(ctx, d.sender.account(lines[at].Account))
	if err != nil {
		return nil, &frontdesk.Error{Code: frontdesk.CodeUnavailable, Text: "WhatsApp did not tell which templates are approved. Try again in a minute; if it goes on, check the connection.", Err: err}
	}
	return slices.DeleteFunc(listed, func(t whatsapp.TemplateInfo) bool {
		return !t.Approved() || t.Special || strings.EqualFold(t.Category, authenticationCategory)
	}), nil
}

func shownTemplate(t whatsapp.TemplateInfo) httpd.Template {
	shown := httpd.Template{Name: t.Name, Language: t.Language, Category: strings.ToLower(t.Category), Footer: t.Footer, Buttons: t.Buttons}
	for _, piece := range t.Pieces() {
		shown.Parts = append(shown.Parts, httpd.Part(piece))
		if piece.Variable != "" && !slices.Contains(shown.Variables, piece.Variable) {
			shown.Variables = append(shown.Variables, piece.Variable)
		}
	}
	return shown
}

// writeTemplate sends a template that is approved at this moment, with exactly the
// variables that it has.
func (d desk) writeTemplate(ctx context.Context, key conversation.Key, words conversation.Words, filling httpd.Filling) error {
	work, err := d.conversations.Peek(ctx, key)
	if err != nil {
		return fmt.Errorf("conversation: %w", err)
	}
	approved, err := d.approved(ctx, work)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(approved, func(t whatsapp.TemplateInfo) bool { return t.Name == filling.Name && t.Language == filling.Language })
	if at < 0 {
		return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "This template is not approved any more. Choose another one."}
	}
	template := frontdesk.Template{Name: filling.Name, Language: filling.Language, Variables: map[string]string{}}
	var text strings.Builder
	for _, piece := range approved[at].Pieces() {
		text.WriteString(piece.Text)
		if piece.Variable == "" {
			continue
		}
		value := filling.Values[piece.Variable]
		if value == "" {
			return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "Fill in every field of the template; WhatsApp refuses it otherwise."}
		}
		template.Variables[piece.Variable] = value
		text.WriteString(value)
	}
	template.Text = text.String()
	return d.engine.SendTemplate(ctx, key, words, template)
}

// speaks tells whether a template's language, such as pt_BR, is the one of a tag.
func speaks(template, tag string) bool {
	base := func(s string) string {
		return strings.ToLower(strings.FieldsFunc(s+"-", func(r rune) bool { return r == '_' || r == '-' })[0])
	}
	return template != "" && tag != "" && base(template) == base(tag)
}

// compareBool orders false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
