package whatsapp

import (
	"encoding/json"
	"errors"

	"frontdesk"
)

// part is one account's share of a webhook.
type part struct {
	batch frontdesk.InboundBatch
	raw   []byte
}

// errNotAWebhook is returned for bytes that hold no webhook envelope.
var errNotAWebhook = errors.New("whatsapp: not a webhook")

// ParseWebhook reads a webhook body into one batch for each channel account (and
// standby state), in the order of their first change. It fails only when body is
// no JSON object; whatever it does not know inside is kept or left out, never an
// error. A message without an id is left out, for it could not be told from its
// own repetition.
func ParseWebhook(body []byte) ([]frontdesk.InboundBatch, error) {
	parts, err := parse(body)
	if err != nil {
		return nil, err
	}
	batches := make([]frontdesk.InboundBatch, len(parts))
	for i, p := range parts {
		batches[i] = p.batch
	}
	return batches, nil
}

type partKey struct {
	business, account string
	standby           bool
}

// change is one change of an entry with the entry's head.
type change struct {
	key   partKey
	entry object
	field string
	value object
	raw   json.RawMessage
}

func parse(body []byte) ([]part, error) {
	envelope := asObject(body)
	if envelope == nil {
		return nil, errNotAWebhook
	}
	changes := changesOf(envelope)
	var order []partKey
	grouped := map[partKey][]change{}
	for _, c := range changes {
		if _, known := grouped[c.key]; !known {
			order = append(order, c.key)
		}
		grouped[c.key] = append(grouped[c.key], c)
	}
	parts := make([]part, len(order))
	for i, key := range order {
		parts[i] = newPart(key, grouped[key])
		if parts[i].raw = body; len(order) > 1 {
			parts[i].raw = repack(key.business, grouped[key])
		}
	}
	return parts, nil
}

func changesOf(envelope object) []change {
	var changes []change
	for _, rawEntry := range envelope.list("entry") {
		entry := asObject(rawEntry)
		for _, rawChange := range entry.list("changes") {
			c := asObject(rawChange)
			if c == nil {
				continue
			}
			value := c.object("value")
			field := c.text("field")
			changes = append(changes, change{
				key: partKey{
					business: entry.text("id"),
					account:  value.object("metadata").text("phone_number_id"),
					standby:  field == "standby",
				},
				entry: entry, field: field, value: value, raw: rawChange,
			})
		}
	}
	return changes
}

func newPart(key partKey, changes []change) part {
	p := part{batch: frontdesk.InboundBatch{Account: key.account, Business: key.business, Standby: key.standby}}
	for _, c := range changes {
		c.fill(&p.batch)
	}
	return p
}

// repack wraps changes, which are valid JSON already, into an envelope of their own.
func repack(business string, changes []change) []byte {
	id, err := json.Marshal(business)
	if err != nil {
		id = []byte(`""`)
	}
	raw := append([]byte(`{"object":"whatsapp_business_account","entry":[{"id":`), id...)
	raw = append(raw, `,"changes":[`...)
	for i, c := range changes {
		if i > 0 {
			raw = append(raw, ',')
		}
		raw = append(raw, c.raw...)
	}
	return append(raw, `]}]}`...)
}

// fill adds what the change says to batch.
func (c change) fill(batch *frontdesk.InboundBatch) {
	switch c.field {
	case "messages", "standby":
		c.fillMessages(batch)
	case "smb_message_echoes":
		for _, raw := range c.value.list("message_echoes") {
			if echo, ok := newEcho(raw); ok {
				batch.Echoes = append(batch.Echoes, echo)
			}
		}
	case "user_preferences":
		for _, raw := range c.value.list("user_preferences") {
			if p, ok := newPreference(asObject(raw)); ok {
				batch.Preferences = append(batch.Preferences, p)
			}
		}
	case "user_id_update":
		for _, raw := range c.value.list("user_id_update") {
			if change, ok := newUserIDUpdate(asObject(raw)); ok {
				batch.Identities = append(batch.Identities, change)
			}
		}
	case "calls":
		for _, raw := range c.value.list("calls") {
			call := asObject(raw)
			batch.Events = append(batch.Events, frontdesk.AccountEvent{
				Field: c.field, Event: call.text("event"), At: call.time("timestamp"),
			})
		}
	default:
		batch.Events = append(batch.Events, c.accountEvent())
	}
}

func (c change) fillMessages(batch *frontdesk.InboundBatch) {
	people := newPeople(c.value.list("contacts"))
	for _, raw := range c.value.list("messages") {
		m, ok := newInbound(raw, people)
		if !ok {
			continue
		}
		if m.group {
			batch.Events = append(batch.Events, frontdesk.AccountEvent{Field: c.field, Event: "group_message_ignored", At: m.At})
			continue
		}
		batch.Messages = append(batch.Messages, m.Inbound)
		if m.identity != nil {
			batch.Identities = append(batch.Identities, *m.identity)
		}
	}
	for _, raw := range c.value.list("statuses") {
		if s, ok := newStatus(asObject(raw)); ok {
			batch.Statuses = append(batch.Statuses, s)
		}
	}
	for _, raw := range c.value.list("errors") {
		e := asObject(raw)
		batch.Events = append(batch.Events, frontdesk.AccountEvent{
			Field: c.field, Event: "error", Name: e.text("title"), Code: int(e.integer("code")), At: c.entry.time("time"),
		})
	}
}

// accountEvent reads a management field. Its value is kept only where Meta's
// documentation shows that it names no patient.
func (c change) accountEvent() frontdesk.AccountEvent {
	e := frontdesk.AccountEvent{
		Field: c.field,
		Event: c.value.text("event"),
		Name:  c.value.text("message_template_name"),
		Lang:  c.value.text("message_template_language"),
		At:    c.entry.time("time"),
	}
	switch {
	case e.Event != "":
	case c.value.has("new_quality_score"):
		e.Event = c.value.text("new_quality_score")
	case c.value.has("new_category"):
		e.Event = c.value.text("new_category")
	}
	if namesNoPatient(c.field) {
		if value := asObject(c.raw)["value"]; len(value) > 0 {
			e.Raw = append([]byte(nil), value...)
		}
	}
	return e
}

func namesNoPatient(field string) bool {
	switch field {
	case "message_template_status_update", "message_template_quality_update", "message_template_components_update",
		"template_category_update", "account_update", "account_alerts", "account_review_update",
		"account_settings_update", "business_capability_update", "phone_number_quality_update",
		"phone_number_name_update", "security":
		return true
	}
	return false
}
