package llm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// schema is the part of JSON Schema that prompts use. Other keywords are
// ignored.
type schema struct {
	Type       string            `json:"type"`
	Properties map[string]schema `json:"properties"`
	Required   []string          `json:"required"`
	Items      *schema           `json:"items"`
	Enum       []any             `json:"enum"`
	MaxItems   *int              `json:"maxItems"`
	MaxLength  *int              `json:"maxLength"`
	// Additional is false when no other properties are allowed.
	Additional *bool `json:"additionalProperties"`
}

// check tells what is wrong with a decoded value, in words that a model can
// act on. They name places and types of the schema, never the value.
func (s schema) check(place string, value any) error {
	if len(s.Enum) > 0 && !slices.ContainsFunc(s.Enum, func(e any) bool { return e == value }) {
		return fmt.Errorf("%s is none of the allowed values", place)
	}
	switch s.Type {
	case "object":
		return s.checkObject(place, value)
	case "array":
		return s.checkArray(place, value)
	case "string":
		text, ok := value.(string)
		if !ok {
			return fmt.Errorf("%s must be a string", place)
		}
		if s.MaxLength != nil && len([]rune(text)) > *s.MaxLength {
			return fmt.Errorf("%s is longer than %d characters", place, *s.MaxLength)
		}
	case "number", "integer":
		n, ok := value.(float64)
		if !ok || s.Type == "integer" && n != float64(int64(n)) {
			return fmt.Errorf("%s must be of type %s", place, s.Type)
		}
	case "boolean":
		if _, ok := value.(bool); !ok {
			return fmt.Errorf("%s must be true or false", place)
		}
	}
	return nil
}

func (s schema) checkObject(place string, value any) error {
	object, ok := value.(map[string]any)
	if !ok {
		return fmt.Errorf("%s must be an object", place)
	}
	for _, name := range s.Required {
		if _, ok := object[name]; !ok {
			return fmt.Errorf("%s lacks %q", place, name)
		}
	}
	for name, inner := range object {
		property, known := s.Properties[name]
		if !known {
			if s.Additional != nil && !*s.Additional {
				return fmt.Errorf("%s has a property that is not allowed", place)
			}
			continue
		}
		if err := property.check(place+"."+name, inner); err != nil {
			return err
		}
	}
	return nil
}

func (s schema) checkArray(place string, value any) error {
	items, ok := value.([]any)
	if !ok {
		return fmt.Errorf("%s must be an array", place)
	}
	if s.MaxItems != nil && len(items) > *s.MaxItems {
		return fmt.Errorf("%s has more than %d items", place, *s.MaxItems)
	}
	if s.Items == nil {
		return nil
	}
	for i, item := range items {
		if err := s.Items.check(fmt.Sprintf("%s[%d]", place, i), item); err != nil {
			return err
		}
	}
	return nil
}

// object reads the JSON object of a model's answer, fenced or surrounded by
// talk as it may be, and checks it.
func object(answer string, s schema) (json.RawMessage, error) {
	start := strings.IndexByte(answer, '{')
	if start < 0 {
		return nil, fmt.Errorf("there is no JSON object")
	}
	var raw json.RawMessage
	if err := json.NewDecoder(strings.NewReader(answer[start:])).Decode(&raw); err != nil {
		return nil, fmt.Errorf("the JSON is not well formed or was cut off")
	}
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		return nil, fmt.Errorf("the JSON is not well formed")
	}
	if err := s.check("the object", value); err != nil {
		return nil, err
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, raw); err != nil {
		return nil, fmt.Errorf("the JSON is not well formed")
	}
	return compact.Bytes(), nil
}
