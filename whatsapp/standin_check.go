package whatsapp

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const (
	maxHeader   = 60
	maxFooter   = 60
	maxSections = 10
)

func invalid(details string) *graphError {
	return &graphError{status: http.StatusBadRequest, code: 100, message: "(#100) Invalid parameter", details: details}
}

func badValue(details string) *graphError {
	return &graphError{status: http.StatusBadRequest, code: 131009, message: "(#131009) Parameter value is not valid", details: details}
}

func missing(name string) *graphError {
	return &graphError{status: http.StatusBadRequest, code: 131008, message: "(#131008) Required parameter is missing", details: name + " is required"}
}

// limited checks a text's length; least is 0 for optional ones.
func limited(name, text string, least, most int) *graphError {
	switch n := length(text); {
	case n == 0 && least > 0:
		return missing(name)
	case n > most:
		return badValue(fmt.Sprintf("%s must be at most %d characters long", name, most))
	}
	return nil
}

func firstError(errs ...*graphError) *graphError {
	for _, e := range errs {
		if e != nil {
			return e
		}
	}
	return nil
}

// checkMessage refuses what Meta refuses of a send.
func (s *StandIn) checkMessage(a StandInAccount, o object) *graphError {
	if length(o.text("biz_opaque_callback_data")) > maxCallback {
		return badValue("biz_opaque_callback_data must be at most 512 characters long")
	}
	kind := o.text("type")
	content := o.object(kind)
	if content == nil && kind != "contacts" {
		return missing(kind)
	}
	switch kind {
	case "text":
		return limited("text.body", content.text("body"), 1, maxText)
	case "interactive":
		return checkInteractive(content)
	case "location":
		return checkLocation(content)
	case "image", "audio", "video", "document", "sticker":
		return s.checkMedia(kind, content)
	case "reaction":
		return limited("reaction.message_id", content.text("message_id"), 1, maxCallback)
	case "contacts":
		if len(o.list("contacts")) == 0 {
			return missing("contacts")
		}
		return nil
	case "template":
		return s.checkTemplate(a, content)
	}
	return invalid("Param type must be one of {AUDIO, CONTACTS, DOCUMENT, IMAGE, INTERACTIVE, LOCATION, REACTION, STICKER, TEMPLATE, TEXT, VIDEO} - got \"" + kind + "\".")
}

func checkInteractive(o object) *graphError {
	kind := o.text("type")
	most := maxButtonBody
	if kind == "list" {
		most = maxListBody
	}
	e := firstError(
		limited("interactive.body.text", o.object("body").text("text"), 1, most),
		limited("interactive.header.text", o.object("header").text("text"), 0, maxHeader),
		limited("interactive.footer.text", o.object("footer").text("text"), 0, maxFooter),
	)
	if e != nil {
		return e
	}
	action := o.object("action")
	switch kind {
	case "button":
		return checkButtons(action)
	case "list":
		return checkList(action)
	case "cta_url":
		p := action.object("parameters")
		if u, err := url.Parse(p.text("url")); err != nil || u.Host == "" {
			return badValue("url is not valid")
		}
		return limited("display_text", p.text("display_text"), 1, maxButtonTitle)
	case "voice_call":
		p := action.object("parameters")
		if minutes := p.integer("ttl_minutes"); p.has("ttl_minutes") && (minutes < 1 || minutes > maxCallMinutes) {
			return badValue("ttl_minutes must be from 1 to 43200")
		}
		return limited("display_text", p.text("display_text"), 1, maxCallTitle)
	case "location_request_message":
		return nil
	}
	return badValue("interactive.type is not supported: " + kind)
}

func checkButtons(action object) *graphError {
	buttons := action.list("buttons")
	if len(buttons) < 1 || len(buttons) > maxButtons {
		return badValue("Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3")
	}
	ids, titles := map[string]bool{}, map[string]bool{}
	for _, raw := range buttons {
		reply := asObject(raw).object("reply")
		e := firstError(
			limited("button id", reply.text("id"), 1, maxButtonID),
			limited("button title", reply.text("title"), 1, maxButtonTitle),
		)
		if e != nil {
			return e
		}
		if ids[reply.text("id")] || titles[reply.text("title")] {
			return badValue("Duplicated button id or title")
		}
		ids[reply.text("id")], titles[reply.text("title")] = true, true
	}
	return nil
}

func checkList(action object) *graphError {
	sections := action.list("sections")
	if len(sections) < 1 || len(sections) > maxSections {
		return badValue("Invalid sections count")
	}
	ids := map[string]bool{}
	for _, raw := range sections {
		section := asObject(raw)
		least := 0
		if len(sections) > 1 {
			least = 1
		}
		if e := limited("section title", section.text("title"), least, maxSectionTitle); e != nil {
			return e
		}
		for _, rawRow := range section.list("rows") {
			if e := checkRow(asObject(rawRow), ids); e != nil {
				return e
			}
		}
	}
	if len(ids) < 1 || len(ids) > maxRows {
		return badValue("Total row count exceed max allowed count: 10")
	}
	return limited("list button", action.text("button"), 1, maxListButton)
}

func checkRow(row object, ids map[string]bool) *graphError {
	if ids[row.text("id")] {
		return badValue("Duplicated row id")
	}
	ids[row.text("id")] = true
	return firstError(
		limited("row id", row.text("id"), 1, maxRowID),
		limited("row title", row.text("title"), 1, maxRowTitle),
		limited("row description", row.text("description"), 0, maxRowDescription),
	)
}

func checkLocation(o object) *graphError {
	latitude, ok := o.number("latitude")
	if !ok || latitude < -90 || latitude > 90 {
		return badValue("latitude is not valid")
	}
	longitude, ok := o.number("longitude")
	if !ok || longitude < -180 || longitude > 180 {
		return badValue("longitude is not valid")
	}
	return nil
}

func (s *StandIn) checkMedia(kind string, o object) *graphError {
	if e := limited(kind+".caption", o.text("caption"), 0, maxCaption); e != nil {
		return e
	}
	if o.text("link") != "" {
		return nil
	}
	id := o.text("id")
	if id == "" {
		return missing(kind + ".id")
	}
	if _, _, _, ok := s.Media(id); !ok {
		return &graphError{status: http.StatusBadRequest, code: 131053, message: "(#131053) Media upload error", details: "media id " + id + " does not exist"}
	}
	return nil
}

// render makes the bubble of a checked message. s.mu is held.
func (s *StandIn) render(a StandInAccount, o object, id string, at time.Time) *Bubble {
	kind := o.text("type")
	content := o.object(kind)
	b := &Bubble{
		ID: id, Clinic: true, Kind: kind, State: "pending", At: at,
		ReplyTo: o.object("context").text("message_id"), Callback: o.text("biz_opaque_callback_data"),
	}
	switch kind {
	case "text":
		b.Text = content.text("body")
	case "interactive":
		renderInteractive(b, content)
	case "location":
		latitude, _ := content.number("latitude")
		longitude, _ := content.number("longitude")
		b.Pin = &BubblePin{Latitude: latitude, Longitude: longitude, Name: content.text("name"), Address: content.text("address")}
	case "template":
		s.renderTemplate(b, a, content)
	case "contacts":
		b.Text = cards(o.list("contacts"))
	default:
		s.renderMedia(b, content)
	}
	return b
}

func renderInteractive(b *Bubble, o object) {
	b.Text, b.Header, b.Footer = o.object("body").text("text"), o.object("header").text("text"), o.object("footer").text("text")
	action := o.object("action")
	for _, raw := range action.list("buttons") {
		reply := asObject(raw).object("reply")
		b.Buttons = append(b.Buttons, BubbleTap{ID: reply.text("id"), Title: reply.text("title")})
	}
	b.Menu = action.text("button")
	for _, raw := range action.list("sections") {
		section := asObject(raw)
		group := BubbleGroup{Title: section.text("title")}
		for _, rawRow := range section.list("rows") {
			row := asObject(rawRow)
			group.Rows = append(group.Rows, BubbleTap{ID: row.text("id"), Title: row.text("title"), Description: row.text("description")})
		}
		b.Sections = append(b.Sections, group)
	}
	if p := action.object("parameters"); p.text("url") != "" {
		b.Link = &BubbleLink{Title: p.text("display_text"), URL: p.text("url")}
	}
}

func (s *StandIn) renderTemplate(b *Bubble, a StandInAccount, sent object) {
	b.Template = sent.text("name")
	for _, t := range s.templates[a.BusinessID] {
		if t.Name != b.Template || t.Language != sent.object("language").text("code") {
			continue
		}
		b.Text = fill(t.component("BODY").text("text"), parametersOf(sent, "body"))
		b.Header = fill(t.component("HEADER").text("text"), parametersOf(sent, "header"))
		b.Footer = t.component("FOOTER").text("text")
		for i, raw := range t.component("BUTTONS").list("buttons") {
			title := asObject(raw).text("text")
			b.Buttons = append(b.Buttons, BubbleTap{ID: buttonPayload(sent, i, title), Title: title})
		}
	}
}

// buttonPayload returns the payload of a template's quick reply, its title when
// the send gave none.
func buttonPayload(sent object, index int, title string) string {
	for _, raw := range sent.list("components") {
		c := asObject(raw)
		if c.text("type") == "button" && c.text("index") == strconv.Itoa(index) {
			for _, p := range c.list("parameters") {
				if payload := asObject(p).text("payload"); payload != "" {
					return payload
				}
			}
		}
	}
	return title
}

func (s *StandIn) renderMedia(b *Bubble, o object) {
	b.Text = o.text("caption")
	b.Media = &BubbleMedia{ID: o.text("id"), FileName: o.text("filename"), Voice: o.flag("voice")}
	if m := s.media[o.text("id")]; m != nil {
		b.Media.MIME, b.Media.Bytes = m.MIME, len(m.Content)
		if b.Media.FileName == "" {
			b.Media.FileName = m.FileName
		}
	}
	if link := o.text("link"); link != "" {
		b.Link = &BubbleLink{Title: link, URL: link}
	}
}

// titleOf returns Meta's title of the codes that the stand-in gives by itself.
func titleOf(code int) string {
	switch code {
	case 131026:
		return "Message undeliverable"
	case 131047:
		return "Re-engagement message"
	case 131049:
		return "This message was not delivered to maintain healthy ecosystem engagement."
	case 131050:
		return "User has stopped receiving marketing messages"
	case 131056:
		return "(Business Account, Consumer Account) pair rate limit hit"
	case 130472:
		return "User's number is part of an experiment"
	}
	return "Error " + strconv.Itoa(code)
}
