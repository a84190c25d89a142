package whatsapp

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"frontdesk"
)

// errShape is the cause of requests that are refused before they are sent.
var errShape = errors.New("reply does not fit the platform")

// addressee sets the recipient: the number where it is known, for every kind may
// go to it, else the user id. Numbers always carry "+", for Meta puts our own
// country's code before one without.
func addressee(message map[string]any, to frontdesk.Identity) error {
	if to.Phone == "" && userID.MatchString(to.ExternalID) {
		message["recipient"] = to.ExternalID
		return nil
	}
	number := to.Phone
	if number == "" {
		number = to.ExternalID
	}
	number = "+" + strings.TrimPrefix(number, "+")
	if !isNumber(number) {
		return errors.New("recipient is neither a number nor a user id")
	}
	message["to"] = number
	return nil
}

func isNumber(s string) bool {
	if len(s) < 6 || len(s) > 17 || s[0] != '+' {
		return false
	}
	for _, r := range s[1:] {
		if r < '0' || r > '9' {
			return false
		}
	}
	return true
}

// body fills in what one bubble says. mediaID is the uploaded file of a document.
func body(message map[string]any, reply frontdesk.Reply, mediaID string) error {
	switch {
	case reply.Template != nil:
		message["type"] = "template"
		message["template"] = templateBody(*reply.Template)
	case reply.Document != nil:
		document := map[string]any{"id": mediaID, "filename": reply.Document.FileName}
		if reply.Document.Caption != "" {
			document["caption"] = reply.Document.Caption
		}
		message["type"], message["document"] = "document", document
	case reply.Location != nil:
		message["type"], message["location"] = "location", locationBody(*reply.Location)
	case reply.List != nil:
		return interactive(message, reply.Text, "list", listAction(*reply.List), rowIDs(reply.List.Rows), maxRowID)
	case reply.Call != nil:
		return interactive(message, reply.Text, "voice_call", callAction(*reply.Call), nil, 0)
	case len(reply.Buttons) > 0:
		return interactive(message, reply.Text, "button", buttonAction(reply.Buttons), buttonIDs(reply.Buttons), maxButtonID)
	case reply.Text != "":
		message["type"] = "text"
		message["text"] = map[string]any{"preview_url": false, "body": reply.Text}
	default:
		return fmt.Errorf("%w: empty", errShape)
	}
	return nil
}

func interactive(message map[string]any, text, kind string, action map[string]any, ids []string, limit int) error {
	for _, id := range ids {
		if id == "" || length(id) > limit {
			return fmt.Errorf("%w: id of %d characters", errShape, length(id))
		}
	}
	message["type"] = "interactive"
	message["interactive"] = map[string]any{"type": kind, "body": map[string]any{"text": text}, "action": action}
	return nil
}

func buttonAction(buttons []frontdesk.Button) map[string]any {
	items := make([]any, len(buttons))
	for i, b := range buttons {
		items[i] = map[string]any{"type": "reply", "reply": map[string]any{"id": b.ID, "title": b.Title}}
	}
	return map[string]any{"buttons": items}
}

func callAction(call frontdesk.Call) map[string]any {
	minutes := min(max(call.Minutes, 1), maxCallMinutes)
	return map[string]any{"name": "voice_call", "parameters": map[string]any{"display_text": call.Title, "ttl_minutes": minutes}}
}

func listAction(list frontdesk.List) map[string]any {
	rows := make([]any, len(list.Rows))
	for i, r := range list.Rows {
		row := map[string]any{"id": r.ID, "title": r.Title}
		if r.Description != "" {
			row["description"] = r.Description
		}
		rows[i] = row
	}
	section := map[string]any{"rows": rows}
	if list.Title != "" {
		section["title"] = list.Title
	}
	return map[string]any{"button": list.Button, "sections": []any{section}}
}

func buttonIDs(buttons []frontdesk.Button) []string {
	ids := make([]string, len(buttons))
	for i, b := range buttons {
		ids[i] = b.ID
	}
	return ids
}

func rowIDs(rows []frontdesk.Row) []string {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	return ids
}

func locationBody(l frontdesk.Location) map[string]any {
	pin := map[string]any{
		"latitude":  strconv.FormatFloat(l.Latitude, 'f', -1, 64),
		"longitude": strconv.FormatFloat(l.Longitude, 'f', -1, 64),
	}
	if l.Name != "" {
		pin["name"] = l.Name
	}
	if l.Address != "" {
		pin["address"] = l.Address
	}
	return pin
}

// templateBody renders a template. Variables named 1, 2, 3 … are positional, any
// other name is a named parameter. A name after "header:" belongs to the header;
// "button:0" is the payload of the quick reply at that place and "url:1" the
// suffix of the link at that place.
func templateBody(t frontdesk.Template) map[string]any {
	var header, text []string
	var buttons []any
	for _, name := range sortedNames(t.Variables) {
		switch place, rest, _ := strings.Cut(name, ":"); {
		case place == "header" && rest != "":
			header = append(header, name)
		case place == "button" && rest != "":
			buttons = append(buttons, buttonParameter("quick_reply", rest, map[string]any{"type": "payload", "payload": t.Variables[name]}))
		case place == "url" && rest != "":
			buttons = append(buttons, buttonParameter("url", rest, map[string]any{"type": "text", "text": t.Variables[name]}))
		default:
			text = append(text, name)
		}
	}
	var components []any
	if len(header) > 0 {
		components = append(components, map[string]any{"type": "header", "parameters": parameters(header, t.Variables)})
	}
	if len(text) > 0 {
		components = append(components, map[string]any{"type": "body", "parameters": parameters(text, t.Variables)})
	}
	out := map[string]any{"name": t.Name, "language": map[string]any{"code": t.Language}}
	if components = append(components, buttons...); len(components) > 0 {
		out["components"] = components
	}
	return out
}

func buttonParameter(kind, index string, parameter map[string]any) map[string]any {
	return map[string]any{"type": "button", "sub_type": kind, "index": index, "parameters": []any{parameter}}
}

func parameters(names []string, values map[string]string) []any {
	list := make([]any, len(names))
	for i, name := range names {
		parameter := map[string]any{"type": "text", "text": values[name]}
		bare := strings.TrimPrefix(name, "header:")
		if _, err := strconv.Atoi(bare); err != nil {
			parameter["parameter_name"] = bare
		}
		list[i] = parameter
	}
	return list
}

// sortedNames orders positional names by number and the others by name.
func sortedNames(variables map[string]string) []string {
	names := make([]string, 0, len(variables))
	for name := range variables {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		na, errA := strconv.Atoi(strings.TrimPrefix(a, "header:"))
		nb, errB := strconv.Atoi(strings.TrimPrefix(b, "header:"))
		if errA == nil && errB == nil && na != nb {
			return na - nb
		}
		return strings.Compare(a, b)
	})
	return names
}

// outbound renders one bubble as the JSON of a send.
func outbound(to frontdesk.Identity, reply frontdesk.Reply, opaque, mediaID string) ([]byte, error) {
	if len(opaque) > maxCallback {
		return nil, fmt.Errorf("%w: callback data of %d bytes", errShape, len(opaque))
	}
	message := map[string]any{"messaging_product": "whatsapp", "recipient_type": "individual"}
	if opaque != "" {
		message["biz_opaque_callback_data"] = opaque
	}
	if err := addressee(message, to); err != nil {
		return nil, err
	}
	if err := body(message, reply, mediaID); err != nil {
		return nil, err
	}
	return json.Marshal(message)
}
