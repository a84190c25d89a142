package whatsapp

import (
	"context"
	"net/url"
	"strings"
)

const (
	templatePage  = "100"
	maxTemplates  = 6000 // Meta's bound for a verified business
	templateField = "name,language,category,status,components"
)

// TemplateInfo is a template as Meta lists it.
type TemplateInfo struct {
	Name, Language   string
	Category, Status string // "UTILITY", "APPROVED"
	Body             string // with its variables as {{1}} or {{name}}
	Header, Footer   string
	Buttons          []string // their titles
	Special          bool     // its header or a link needs more than words: code sends it, no form does
}

// TemplatePiece is a piece of a template's text: words, or the place of a variable.
type TemplatePiece struct{ Text, Variable string }

// Pieces returns header and body in pieces. A variable of the body has its name as
// it stands there, one of the header "header:NAME".
func (t TemplateInfo) Pieces() []TemplatePiece {
	var pieces []TemplatePiece
	cut := func(text, place string) {
		end := 0
		for _, at := range variable.FindAllStringSubmatchIndex(text, -1) {
			pieces = append(pieces, TemplatePiece{Text: text[end:at[0]]}, TemplatePiece{Variable: place + text[at[2]:at[3]]})
			end = at[1]
		}
		pieces = append(pieces, TemplatePiece{Text: text[end:]})
	}
	if t.Header != "" {
		cut(t.Header, headerPlace)
		pieces = append(pieces, TemplatePiece{Text: "\n\n"})
	}
	cut(t.Body, "")
	return pieces
}

// headerPlace is what the names of a header's variables begin with.
const headerPlace = "header:"

// Approved tells whether the template may be sent.
func (t TemplateInfo) Approved() bool { return t.Status == "APPROVED" }

// Templates lists all templates of the account's business.
func (c *Client) Templates(ctx context.Context, account Account) ([]TemplateInfo, error) {
	var templates []TemplateInfo
	query := url.Values{"fields": {templateField}, "limit": {templatePage}}
	for len(templates) < maxTemplates {
		answer, err := c.get(ctx, account, url.PathEscape(account.BusinessID)+"/message_templates", query)
		if err != nil {
			return nil, err
		}
		for _, raw := range answer.list("data") {
			templates = append(templates, newTemplateInfo(asObject(raw)))
		}
		paging := answer.object("paging")
		after := paging.object("cursors").text("after")
		if paging.text("next") == "" || after == "" || after == query.Get("after") {
			return templates, nil
		}
		query.Set("after", after)
	}
	return templates, nil
}

func newTemplateInfo(o object) TemplateInfo {
	t := TemplateInfo{
		Name: o.text("name"), Language: o.text("language"),
		Category: o.text("category"), Status: o.text("status"),
	}
	for _, raw := range o.list("components") {
		component := asObject(raw)
		switch strings.ToUpper(component.text("type")) {
		case "BODY":
			t.Body = component.text("text")
		case "HEADER":
			t.Header = component.text("text")
			t.Special = t.Special || !strings.EqualFold(component.text("format"), "TEXT")
		case "FOOTER":
			t.Footer = component.text("text")
		case "BUTTONS":
			for _, button := range component.list("buttons") {
				t.Buttons = append(t.Buttons, asObject(button).text("text"))
				kind := strings.ToUpper(asObject(button).text("type"))
				t.Special = t.Special || len(variables(asObject(button).text("url"))) > 0 || kind != "QUICK_REPLY" && kind != "URL" && kind != "PHONE_NUMBER"
			}
		}
	}
	return t
}

// Health is whether a number may send, as Meta says.
type Health struct {
	CanSend string // "AVAILABLE", "LIMITED" or "BLOCKED"
	Quality string // "GREEN", "YELLOW", "RED" or "UNKNOWN"
	Number  string // as shown to patients
	Name    string // the verified name
}

// Health asks Meta for the number's state; its error is a [*SendError].
func (c *Client) Health(ctx context.Context, account Account) (Health, error) {
	query := url.Values{"fields": {"health_status,quality_rating,display_phone_number,verified_name"}}
	answer, err := c.get(ctx, account, url.PathEscape(account.PhoneNumberID), query)
	if err != nil {
		return Health{}, err
	}
	return Health{
		CanSend: answer.object("health_status").text("can_send_message"),
		Quality: answer.text("quality_rating"),
		Number:  answer.text("display_phone_number"),
		Name:    answer.text("verified_name"),
	}, nil
}
