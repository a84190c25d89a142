package httpd

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"frontdesk"
	"frontdesk/staff"
)

const someID = "01a222be-b2b4-728e-95c3-d1bc787ae5b7"

func bearing(token string) http.Header {
	return http.Header{"Authorization": {"Bearer " + token}}
}

// target fills in the parameters of a route of the API.
func (e endpoint) target() string { return strings.ReplaceAll(e.path, ":id", someID) }

func TestEachRouteOfTheAPIOpensToItsScopeOnly(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	served := map[string]bool{}
	for _, r := range e.engine.Routes() {
		if strings.HasPrefix(r.Path, "/api/") {
			served[r.Method+" "+r.Path] = true
		}
	}
	if len(served) != len(e.endpoints()) || len(served) < 8 {
		t.Fatalf("%d routes are served, %d are in the table", len(served), len(e.endpoints()))
	}
	for _, r := range e.endpoints() {
		if !served[r.method+" "+r.path] || r.scope == "" {
			t.Errorf("%s %s is not served with a scope", r.method, r.path)
		}
		if r.scope == public || r.scope == staff.ScopeEval { // asking needs more than this edge has; see the token's test
			continue
		}
		for _, token := range []string{"", "frontdesk_wrong", apiToken, "frontdesk_conversations", "frontdesk_tickets", "frontdesk_figures", "frontdesk_eval"} {
			want := http.StatusForbidden
			switch {
			case token == staff.AccessPrefix+string(r.scope):
				want = http.StatusOK
			case !slices.Contains(staff.Scopes(), staff.Scope(strings.TrimPrefix(token, staff.AccessPrefix))):
				want = http.StatusUnauthorized
			}
			if w := e.request(r.method, r.target(), "", bearing(token)); w.Code != want {
				t.Errorf("%s %s with %q: %d, want %d: %s", r.method, r.path, token, w.Code, want, w.Body)
			}
		}
		for _, session := range []http.Header{e.session(t, staff.RoleOwner), nil} {
			if w := e.request(r.method, r.target(), "", session); w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") == "" {
				t.Errorf("%s %s with a session: %d", r.method, r.path, w.Code)
			}
		}
	}
}

func TestTheAPIRefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	for target, want := range map[string]int{
		"/api/v1/tickets?state=open&limit=200":              200,
		"/api/v1/tickets?state=lost":                        400,
		"/api/v1/tickets?limit=0":                           400,
		"/api/v1/tickets?limit=201":                         400,
		"/api/v1/tickets?limit=ten":                         400,
		"/api/v1/tickets?after=" + someID:                   200,
		"/api/v1/tickets?after=":                            400,
		"/api/v1/tickets?after=x":                           400,
		"/api/v1/tickets?clinic=" + url.QueryEscape(attack): 200, // the clinic's own name
		"/api/v1/tickets?clinic=other":                      403,
		"/api/v1/tickets/nothing":                           404,
		"/api/v1/tickets/" + someID:                         200,
		"/api/v1/conversations?tag=%00":                     401, // another scope's
		"/api/v1/nothing":                                   404,
	} {
		w := e.request(http.MethodGet, target, "", bearing("frontdesk_tickets"))
		if want == 401 {
			want = 403
		}
		if w.Code != want || strings.Contains(w.Body.String(), "internals") {
			t.Errorf("%s: %d, want %d: %s", target, w.Code, want, w.Body)
		}
	}
	for _, tag := range []string{"%00", "%ff", strings.Repeat("a", maxQuery+1)} {
		if w := e.request(http.MethodGet, "/api/v1/conversations?tag="+tag, "", bearing("frontdesk_conversations")); w.Code != 400 {
			t.Errorf("tag %s: %d", tag, w.Code)
		}
	}
	e.desk.broken = errors.New(internal)
	for _, r := range e.endpoints() {
		if r.scope == public || r.scope == staff.ScopeEval {
			continue
		}
		w := e.request(r.method, r.target(), "", bearing(staff.AccessPrefix+string(r.scope)))
		if w.Code != 500 || strings.Contains(w.Body.String(), "internals") {
			t.Errorf("%s: %d %s", r.path, w.Code, w.Body)
		}
	}
}

// TestTheDescriptionNamesEachRouteWithItsScope holds openapi.json against the table.
func TestTheDescriptionNamesEachRouteWithItsScope(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	w := e.request(http.MethodGet, "/api/v1/openapi.json", "", nil)
	var doc struct {
		OpenAPI string `json:"openapi"`
		Paths   map[string]map[string]struct {
			Security  *[]map[string][]string `json:"security"`
			Responses map[string]any         `json:"responses"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Fatalf("%q, %v", doc.OpenAPI, err)
	}
	described := 0
	for path, methods := range doc.Paths {
		described += len(methods)
		for method, operation := range methods {
			i := slices.IndexFunc(e.endpoints(), func(r endpoint) bool {
				return strings.EqualFold(r.method, method) && strings.ReplaceAll(r.path, ":id", "{id}") == path
			})
			if i < 0 || operation.Security == nil {
				t.Errorf("%s %s is no route, or says nothing of tokens", method, path)
				continue
			}
			r := e.endpoints()[i]
			if r.scope == public && len(*operation.Security) > 0 || r.scope != public && (len(*operation.Security) != 1 || (*operation.Security)[0]["token"][0] != string(r.scope)) {
				t.Errorf("%s %s has scope %s, the description says %v", method, path, r.scope, *operation.Security)
			}
		}
	}
	if described != len(e.endpoints()) {
		t.Errorf("%d of %d routes are described", described, len(e.endpoints()))
	}
}

func TestATokenIsShownOnceAndRefusedWithoutAPurpose(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	owner := e.session(t, staff.RoleOwner)
	for body, want := range map[string]int{
		"name=crm&scope=tickets&scope=figures": 200, "name=crm&scope=tickets&until=2099-12-31": 200,
		"scope=tickets": 400, "name=crm": 400, "name=crm&scope=everything": 400, "name=crm&scope=tickets&until=soon": 400,
	} {
		w := e.request(http.MethodPost, "/console/programs/token", body, owner)
		if shown := strings.Contains(w.Body.String(), "frontdesk_secret"); w.Code != want || shown != (want == 200) {
			t.Errorf("%s: %d, shown %t", body, w.Code, shown)
		}
	}
	if w := e.request(http.MethodGet, "/console/programs", "", owner); strings.Contains(w.Body.String(), "frontdesk_secret") {
		t.Error("the secret is shown again")
	}
	if w := e.request(http.MethodPost, "/console/programs/webhook", "url=", owner); w.Code != http.StatusBadRequest {
		t.Errorf("no address: %d", w.Code)
	}
}

func TestATokenWithoutAPurposeOrATimeIsRefused(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for what, access := range map[string]staff.Access{
		"no name":       {Scopes: []staff.Scope{"tickets"}},
		"no scope":      {Name: "crm"},
		"unknown scope": {Name: "crm", Scopes: []staff.Scope{"all"}},
		"over":          {Name: "crm", Scopes: []staff.Scope{"tickets"}, Created: now, Until: now},
	} {
		if err := access.Check(); frontdesk.CodeOf(err) != frontdesk.CodeInvalid {
			t.Errorf("%s: %v", what, err)
		}
	}
}
