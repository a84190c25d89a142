package whatsapp

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// object is a JSON object that is read field by field, so that one field of an
// unexpected shape never costs the rest: Meta sends numbers as strings and
// strings as numbers, omits what it documents and adds what it does not.
type object map[string]json.RawMessage

// asObject returns raw as an object, nil when it is anything else.
func asObject(raw json.RawMessage) object {
	var o object
	if len(raw) == 0 || json.Unmarshal(raw, &o) != nil {
		return nil
	}
	return o
}

// object returns the object at key, nil when there is none.
func (o object) object(key string) object { return asObject(o[key]) }

// list returns the elements of the array at key; a lone value counts as one element.
func (o object) list(key string) []json.RawMessage {
	raw := bytes.TrimSpace(o[key])
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil
	}
	if raw[0] != '[' {
		return []json.RawMessage{raw}
	}
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		return nil
	}
	return items
}

// firstObject returns the first of the list as an object, nil when there is none.
func firstObject(list []json.RawMessage) object {
	if len(list) == 0 {
		return nil
	}
	return asObject(list[0])
}

// text returns the string or number at key as text without NUL, which databases
// refuse; "" when there is neither.
func (o object) text(key string) string {
	raw := bytes.TrimSpace(o[key])
	if len(raw) == 0 {
		return ""
	}
	if raw[0] == '"' {
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return ""
		}
		return strings.ReplaceAll(s, "\x00", "")
	}
	if raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9' {
		return string(raw)
	}
	return ""
}

// number returns the number, or the string that spells one, at key.
func (o object) number(key string) (float64, bool) {
	n, err := strconv.ParseFloat(strings.TrimSpace(o.text(key)), 64)
	return n, err == nil && n-n == 0 // neither infinite nor NaN
}

// integer is number for counts and codes, 0 when there is none.
func (o object) integer(key string) int64 {
	n, ok := o.number(key)
	if !ok || n > 1<<53 || n < -(1<<53) {
		return 0
	}
	return int64(n)
}

func (o object) flag(key string) bool {
	return string(bytes.TrimSpace(o[key])) == "true" || o.text(key) == "true"
}

// time returns the Unix seconds at key as an instant, zero when there are none
// or when they lie outside the years 2000 to 2200.
func (o object) time(key string) time.Time {
	seconds := o.integer(key)
	if seconds < 946684800 || seconds > 7258118400 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

func (o object) has(key string) bool {
	raw := bytes.TrimSpace(o[key])
	return len(raw) > 0 && !bytes.Equal(raw, []byte("null"))
}
