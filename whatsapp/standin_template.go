package whatsapp

import (
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// storedTemplate is a template of a business.
type storedTemplate struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Language   string            `json:"language"`
	Category   string            `json:"category"`
	Status     string            `json:"status"`
	Components []json.RawMessage `json:"components"`
}

var (
	templateName = regexp.MustCompile(`^[a-z0-9_]{1,512}$`)
	variable     = regexp.MustCompile(`\{\{\s*([A-Za-z0-9_]+)\s*\}\}`)
)

// AddTemplate adds an approved template with a body and quick replies.
func (s *StandIn) AddTemplate(business string, t TemplateInfo) {
	components := []any{map[string]any{"type": "BODY", "text": t.Body}}
	if t.Header != "" {
		components = append(components, map[string]any{"type": "HEADER", "format": "TEXT", "text": t.Header})
	}
	if t.Footer != "" {
		components = append(components, map[string]any{"type": "FOOTER", "text": t.Footer})
	}
	if len(t.Buttons) > 0 {
		var buttons []any
		for _, title := range t.Buttons {
			buttons = append(buttons, map[string]any{"type": "QUICK_REPLY", "text": title})
		}
		components = append(components, map[string]any{"type": "BUTTONS", "buttons": buttons})
	}
	stored := &storedTemplate{Name: t.Name, Language: t.Language, Category: t.Category, Status: t.Status}
	for _, c := range components {
		raw, err := json.Marshal(c)
		if err != nil {
			s.logger.Error("stand-in: template", "error", err)
			return
		}
		stored.Components = append(stored.Components, raw)
	}
	if stored.Status == "" {
		stored.Status = "APPROVED"
	}
	if stored.Category == "" {
		stored.Category = "UTILITY"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keepTemplate(business, stored)
}

// keepTemplate replaces the template of the same name and language. s.mu is held.
func (s *StandIn) keepTemplate(business string, t *storedTemplate) {
	if t.ID == "" {
		t.ID = strconv.Itoa(1_000_000 + len(s.templates[business]))
	}
	list := slices.DeleteFunc(s.templates[business], func(o *storedTemplate) bool { return o.Name == t.Name && o.Language == t.Language })
	s.templates[business] = append(list, t)
}

func (s *StandIn) listTemplates(w http.ResponseWriter, r *http.Request, a StandInAccount) *graphError {
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || limit < 1 || limit > 250 {
		limit = 25
	}
	start, _ := strconv.Atoi(r.URL.Query().Get("after")) // no cursor is the start
	s.mu.Lock()
	all := slices.Clone(s.templates[a.BusinessID])
	s.mu.Unlock()
	start = min(max(start, 0), len(all))
	end := min(start+limit, len(all))
	paging := map[string]any{"cursors": map[string]any{"before": strconv.Itoa(start), "after": strconv.Itoa(end)}}
	if end < len(all) {
		paging["next"] = "https://graph.invalid/next"
	}
	s.record(r, http.StatusOK, 0, "templates")
	answerJSON(w, http.StatusOK, map[string]any{"data": all[start:end], "paging": paging})
	return nil
}

func (s *StandIn) createTemplate(w http.ResponseWriter, r *http.Request, a StandInAccount) *graphError {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAnswer))
	if err != nil {
		return invalid("unreadable body")
	}
	o := asObject(raw)
	t := &storedTemplate{
		Name: o.text("name"), Language: o.text("language"), Category: o.text("category"), Status: "PENDING",
		Components: o.list("components"),
	}
	body := t.component("BODY").text("text")
	switch {
	case !templateName.MatchString(t.Name):
		return invalid("name must be lower case letters, digits and underscores")
	case t.Language == "" || t.Category == "":
		return invalid("language and category are required")
	case body == "" || length(body) > maxButtonBody:
		return invalid("body must have 1 to 1024 characters")
	case strings.HasPrefix(body, "{{") || strings.HasSuffix(body, "}}"):
		return invalid("Variables can't be at the start or end of the template")
	}
	s.mu.Lock()
	s.keepTemplate(a.BusinessID, t)
	s.mu.Unlock()
	s.record(r, http.StatusOK, 0, "template "+t.Name)
	answerJSON(w, http.StatusOK, map[string]any{"id": t.ID, "status": t.Status, "category": t.Category})
	return nil
}

// Decide approves or rejects a template, with Meta's webhook.
func (s *StandIn) Decide(account, name, status string) error {
	s.mu.Lock()
	a, ok := s.accounts[account]
	var decided []*storedTemplate
	for _, t := range s.templates[a.BusinessID] {
		if t.Name == name {
			t.Status = status
			decided = append(decided, t)
		}
	}
	s.mu.Unlock()
	if !ok || len(decided) == 0 {
		return errNobody
	}
	for _, t := range decided {
		id, _ := strconv.Atoi(t.ID)
		err := s.PostField(account, "message_template_status_update", map[string]any{
			"event": status, "message_template_id": id, "message_template_name": t.Name,
			"message_template_language": strings.ReplaceAll(t.Language, "_", "-"), "reason": "NONE", "message_template_category": t.Category,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *StandIn) deleteTemplate(w http.ResponseWriter, r *http.Request, a StandInAccount) *graphError {
	name := r.URL.Query().Get("name")
	s.mu.Lock()
	before := len(s.templates[a.BusinessID])
	s.templates[a.BusinessID] = slices.DeleteFunc(s.templates[a.BusinessID], func(t *storedTemplate) bool { return t.Name == name })
	gone := before - len(s.templates[a.BusinessID])
	s.mu.Unlock()
	if gone == 0 {
		return invalid("Message template not found")
	}
	answerJSON(w, http.StatusOK, map[string]any{"success": true})
	return nil
}

func (t *storedTemplate) component(kind string) object {
	for _, raw := range t.Components {
		if o := asObject(raw); strings.EqualFold(o.text("type"), kind) {
			return o
		}
	}
	return nil
}

// template returns the approved template that a send names. s.mu is not held.
func (s *StandIn) template(a StandInAccount, sent object) (*storedTemplate, *graphError) {
	name, language := sent.text("name"), sent.object("language").text("code")
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.templates[a.BusinessID] {
		if t.Name != name || t.Language != language {
			continue
		}
		switch t.Status {
		case "APPROVED":
			return t, nil
		case "PAUSED":
			return nil, &graphError{status: http.StatusBadRequest, code: 132015, message: "(#132015) Template is paused"}
		case "DISABLED":
			return nil, &graphError{status: http.StatusBadRequest, code: 132016, message: "(#132016) Template is disabled"}
		}
	}
	return nil, &graphError{
		status: http.StatusNotFound, code: 132001, message: "(#132001) Template name does not exist in the translation",
		details: "template name (" + name + ") does not exist in " + language,
	}
}

// checkTemplate compares a send's parameters with the template's variables.
func (s *StandIn) checkTemplate(a StandInAccount, sent object) *graphError {
	t, e := s.template(a, sent)
	if e != nil {
		return e
	}
	for _, place := range [...]string{"header", "body"} {
		given := parametersOf(sent, place)
		wanted := variables(t.component(place).text("text"))
		if len(given) != len(wanted) {
			return &graphError{
				status: http.StatusBadRequest, code: 132000, message: "(#132000) Number of parameters does not match the expected number of params",
				details: place + ": number of localizable_params (" + strconv.Itoa(len(given)) + ") does not match the expected number of params (" + strconv.Itoa(len(wanted)) + ")",
			}
		}
		for _, p := range given {
			if name := p.text("parameter_name"); name != "" && !slices.Contains(wanted, name) {
				return invalid("Parameter name is missing or empty: " + name)
			}
		}
	}
	if length(fill(t.component("BODY").text("text"), parametersOf(sent, "body"))) > maxButtonBody {
		return &graphError{status: http.StatusBadRequest, code: 132005, message: "(#132005) Translated text too long"}
	}
	return nil
}

func parametersOf(sent object, place string) []object {
	for _, raw := range sent.list("components") {
		if c := asObject(raw); strings.EqualFold(c.text("type"), place) {
			var list []object
			for _, p := range c.list("parameters") {
				list = append(list, asObject(p))
			}
			return list
		}
	}
	return nil
}

// variables returns the distinct variables of a text in order.
func variables(text string) []string {
	var names []string
	for _, match := range variable.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(names, match[1]) {
			names = append(names, match[1])
		}
	}
	return names
}

// fill puts parameters into a template's text, by name or else by place.
func fill(text string, given []object) string {
	names := variables(text)
	values := map[string]string{}
	for i, p := range given {
		name := p.text("parameter_name")
		if name == "" && i < len(names) {
			name = names[i]
		}
		values[name] = p.text("text")
	}
	return variable.ReplaceAllStringFunc(text, func(found string) string {
		return values[variable.FindStringSubmatch(found)[1]]
	})
}
