package whatsapp

import (
	"encoding/json"
	"regexp"
	"strings"

	"frontdesk"
)

// userID matches Meta's business-scoped user ids: a country, a dot, "ENT." for a
// parent id, up to 128 letters and digits.
var userID = regexp.MustCompile(`^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$`)

// inbound is a message with what it says beside itself.
type inbound struct {
	frontdesk.Inbound
	identity *frontdesk.IdentityChange
	group    bool
}

// people are the senders that a value's contacts describe.
type people []person

type person struct {
	sender frontdesk.Sender
	name   string
	raw    json.RawMessage
}

func newPeople(raws []json.RawMessage) people {
	list := make(people, 0, len(raws))
	for _, raw := range raws {
		o := asObject(raw)
		profile := o.object("profile")
		name := profile.text("name")
		if name == "" {
			name = profile.text("username")
		}
		list = append(list, person{sender: newSender(o.text("user_id"), o.text("wa_id")), name: name, raw: raw})
	}
	return list
}

// find returns who sent a message: the contact of the same user id or number, or
// the only contact where the message itself names nobody.
func (p people) find(s frontdesk.Sender) person {
	for _, c := range p {
		if s.UserID != "" && c.sender.UserID == s.UserID || s.Phone != "" && c.sender.Phone == s.Phone {
			return c
		}
	}
	if len(p) == 1 && s.Key() == "" {
		return p[0]
	}
	return person{}
}

// newSender builds a sender from Meta's two fields, also when a user id stands
// where a number should.
func newSender(user, phone string) frontdesk.Sender {
	s := frontdesk.Sender{UserID: strings.TrimSpace(user), Phone: strings.TrimSpace(phone)}
	if userID.MatchString(s.Phone) {
		if s.UserID == "" {
			s.UserID = s.Phone
		}
		s.Phone = ""
	}
	return s
}

func newInbound(raw json.RawMessage, people people) (inbound, bool) {
	o := asObject(raw)
	id := o.text("id")
	if id == "" {
		return inbound{}, false
	}
	sender := newSender(o.text("from_user_id"), o.text("from"))
	who := people.find(sender)
	if sender.UserID == "" {
		sender.UserID = who.sender.UserID
	}
	if sender.Phone == "" {
		sender.Phone = who.sender.Phone
	}
	context := o.object("context")
	m := inbound{
		Inbound: frontdesk.Inbound{
			ProviderID:  id,
			From:        sender,
			ReplyTo:     context.text("id"),
			ProfileName: who.name,
			Forwarded:   context.flag("forwarded") || context.flag("frequently_forwarded"),
			Referral:    o.object("referral").text("source_id"),
			ErrorCode:   int(firstObject(o.list("errors")).integer("code")),
			At:          o.time("timestamp"),
			Raw:         rawMessage(raw, who.raw),
		},
		group: o.has("group_id"),
	}
	m.read(o.text("type"), o)
	if m.Kind == frontdesk.KindSystem {
		m.identity = systemChange(o, sender)
	}
	return m, true
}

// rawMessage joins a message with the contact that sent it; both are valid JSON.
func rawMessage(message, contact json.RawMessage) []byte {
	raw := make([]byte, 0, len(message)+len(contact)+32)
	raw = append(append(raw, `{"message":`...), message...)
	if len(contact) > 0 {
		raw = append(append(raw, `,"contact":`...), contact...)
	}
	return append(raw, '}')
}

// read fills what the message's type says. An unknown type is unsupported and
// stays whole in Raw.
func (m *inbound) read(kind string, o object) {
	body := o.object(kind)
	m.Kind = frontdesk.KindUnsupported
	switch kind {
	case "text":
		m.Kind, m.Text = frontdesk.KindText, body.text("body")
	case "button":
		m.Kind, m.Text, m.TapID = frontdesk.KindTap, body.text("text"), body.text("payload")
	case "interactive":
		m.readInteractive(body)
	case "image", "video", "document", "sticker", "audio":
		m.readMedia(kind, body)
	case "location":
		m.readLocation(body)
	case "contacts":
		m.Kind, m.Text = frontdesk.KindContacts, cards(o.list("contacts"))
	case "reaction":
		m.Kind, m.Text, m.About = frontdesk.KindReaction, body.text("emoji"), body.text("message_id")
	case "edit":
		m.readEdit(body)
	case "revoke":
		m.Kind, m.About = frontdesk.KindRevoke, body.text("original_message_id")
	case "system":
		m.Kind = frontdesk.KindSystem
	case "order":
		m.Text = body.text("text")
	}
}

func (m *inbound) readInteractive(body object) {
	switch reply := body.text("type"); reply {
	case "button_reply", "list_reply":
		tap := body.object(reply)
		m.Kind, m.Text, m.TapID = frontdesk.KindTap, tap.text("title"), tap.text("id")
	case "nfm_reply":
		m.Text = body.object(reply).text("body")
	}
}

func (m *inbound) readMedia(kind string, body object) {
	switch {
	case kind == "audio" && body.flag("voice"):
		m.Kind = frontdesk.KindVoice
	default:
		m.Kind = frontdesk.MessageKind(kind)
	}
	m.Text = body.text("caption")
	m.Media = &frontdesk.Media{
		ProviderID: body.text("id"),
		MIME:       body.text("mime_type"),
		FileName:   body.text("filename"),
		Bytes:      body.integer("file_size"),
	}
}

func (m *inbound) readLocation(body object) {
	latitude, okLatitude := body.number("latitude")
	longitude, okLongitude := body.number("longitude")
	m.Kind = frontdesk.KindLocation
	m.Text = joinText(", ", body.text("name"), body.text("address"))
	if okLatitude && okLongitude {
		m.Location = &frontdesk.Location{
			Point: frontdesk.Point{Latitude: latitude, Longitude: longitude},
			Name:  body.text("name"), Address: body.text("address"),
		}
	}
}

func (m *inbound) readEdit(body object) {
	changed := body.object("message")
	kind := changed.text("type")
	m.Kind, m.About = frontdesk.KindEdit, body.text("original_message_id")
	content := changed.object(kind)
	m.Text = content.text("body")
	if m.Text == "" {
		m.Text = content.text("caption")
	}
}

// cards returns the names and numbers of shared contact cards, one a line.
func cards(raws []json.RawMessage) string {
	lines := make([]string, 0, len(raws))
	for _, raw := range raws {
		o := asObject(raw)
		fields := []string{o.object("name").text("formatted_name")}
		for _, phone := range o.list("phones") {
			fields = append(fields, asObject(phone).text("phone"))
		}
		if line := joinText(" ", fields...); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

func joinText(separator string, fields ...string) string {
	kept := fields[:0:0]
	for _, f := range fields {
		if f != "" {
			kept = append(kept, f)
		}
	}
	return strings.Join(kept, separator)
}

// systemChange reads a change of number or user id; nil for other system notes.
func systemChange(o object, sender frontdesk.Sender) *frontdesk.IdentityChange {
	body := o.object("system")
	current := newSender(body.text("user_id"), body.text("wa_id"))
	if current.Phone == "" {
		current.Phone = body.text("new_wa_id")
	}
	switch body.text("type") {
	case "user_changed_number", "user_changed_user_id", "customer_changed_number":
	default:
		return nil
	}
	if current.Key() == "" || sender.Key() == "" || current == sender {
		return nil
	}
	return &frontdesk.IdentityChange{Previous: sender, Current: current, At: o.time("timestamp")}
}

func newUserIDUpdate(o object) (frontdesk.IdentityChange, bool) {
	ids := o.object("user_id")
	c := frontdesk.IdentityChange{
		Previous: newSender(ids.text("previous"), ""),
		Current:  newSender(ids.text("current"), o.text("wa_id")),
		At:       o.time("timestamp"),
	}
	return c, c.Previous.UserID != "" && c.Current.UserID != ""
}

func newStatus(o object) (frontdesk.Status, bool) {
	s := frontdesk.Status{
		ProviderID: o.text("id"),
		Callback:   frontdesk.MessageID(o.text("biz_opaque_callback_data")),
		State:      frontdesk.DeliveryState(o.text("status")),
		Recipient:  newSender(o.text("recipient_user_id"), o.text("recipient_id")),
		Category:   o.object("pricing").text("category"),
		At:         o.time("timestamp"),
	}
	e := firstObject(o.list("errors"))
	s.ErrorCode, s.ErrorText = int(e.integer("code")), e.text("title")
	if s.ErrorText == "" {
		s.ErrorText = e.text("message")
	}
	return s, s.ProviderID != "" && s.State != ""
}

func newEcho(raw json.RawMessage) (frontdesk.Echo, bool) {
	o := asObject(raw)
	var m inbound
	m.read(o.text("type"), o)
	e := frontdesk.Echo{
		ProviderID: o.text("id"),
		To:         newSender(o.text("to_user_id"), o.text("to")),
		Kind:       m.Kind,
		Text:       m.Text,
		At:         o.time("timestamp"),
		Raw:        append([]byte(nil), raw...),
	}
	return e, e.ProviderID != ""
}

func newPreference(o object) (frontdesk.Preference, bool) {
	p := frontdesk.Preference{
		From:     newSender(o.text("user_id"), o.text("wa_id")),
		Category: o.text("category"),
		Stop:     o.text("value") == "stop",
		At:       o.time("timestamp"),
	}
	known := p.Stop || o.text("value") == "resume"
	return p, known && p.From.Key() != ""
}
