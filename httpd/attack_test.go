package httpd

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"frontdesk/staff"
)

// payloads are what a scanner tries: scripts and templates, other addresses, paths,
// headers and statements, and bytes that are no text. One of a kind holds several.
func payloads() []string {
	return []string{
		attack + `"><svg onload=alert(1)>' onmouseover='alert(1)</title><script>alert(1)</script>{{.}}${7*7}%s%n`,
		"javascript:alert(1)", "//evil.example", "../../../../etc/passwd\x00.pdf", "x\r\nSet-Cookie: frontdesk_session=planted\r\nX-Injected: 1", "' OR '1'='1'; DROP TABLE audit", "\x00\xff\xfe" + strings.Repeat("A", 5000),
	}
}

// TestAScanOfEveryRouteFindsNothing puts each payload into every field that a page
// or an action reads.
func TestAScanOfEveryRouteFindsNothing(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	fields := []string{
		"q", "tag", "tags", "view", "next", "from", "to", "channel", "conversation", "revision", "name", "text", "source", "url", "email", "role", "teams", "reason", "note",
		"language", "dialogue", "at", "tap", "template", "form", "seen", "assignee", "team", "ticket", "reply", "question", "answer", "gaps", "alert_emails", "webhook_url",
		"idle_hours", "token", "webhook", "delivery", "scope", "until", "event", "user", "password", "code", "secret", "effective", "expires", "open", "limit", "after", "state",
	}
	for _, payload := range payloads() {
		all := url.Values{}
		for _, field := range fields {
			all.Set(field, payload)
		}
		session := e.session(t, staff.RoleOwner)
		for _, r := range e.console() {
			if r.path == "/console/sign-out" || strings.HasSuffix(r.path, "everywhere") || r.path == "/console/events" || r.method == http.MethodPost && r.path == "/console/try" {
				continue // they end the session, read nothing but an id, or need an agent, which this edge lacks
			}
			target, body := e.desk.path(r.path), all.Encode()
			if r.method == http.MethodGet {
				target, body = strings.SplitN(target, "?", 2)[0]+"?"+all.Encode(), ""
			}
			e.scan(t, r.method, target, body, session)
		}
		for _, r := range e.endpoints() {
			if r.method == http.MethodGet {
				e.scan(t, r.method, r.target()+"?"+all.Encode(), "", bearing(staff.AccessPrefix+string(r.scope)))
			}
		}
		for _, path := range []string{"/assets/", "/console/conversations/", "/console/files/", "/console/turns/", "/console/welcome/", "/api/v1/tickets/", "/"} {
			e.scan(t, http.MethodGet, path+url.PathEscape(payload), "", session)
		}
	}
}

// scan makes one request and refuses an answer that a payload got through to.
func (e *edge) scan(t *testing.T, method, target, body string, header http.Header) {
	t.Helper()
	w := e.request(method, target, body, header)
	h := w.Header()
	if w.Code >= 500 {
		t.Errorf("%s %.200q: %d", method, target, w.Code)
	}
	if strings.HasPrefix(h.Get("Content-Type"), "text/html") {
		for _, live := range []string{"<script>alert", "<svg onload", "<img src=x", `"' onmouseover`, `href="javascript:`, `href="//evil`, "ZgotmplZ"} {
			if strings.Contains(w.Body.String(), live) {
				t.Errorf("%s %.200q answers with %s", method, target, live)
			}
		}
	}
	if strings.Contains(w.Body.String(), "root:x:0") || h.Get("X-Injected") != "" || strings.Contains(strings.Join(h.Values("Set-Cookie"), " "), "planted") {
		t.Errorf("%s %.200q: %v", method, target, h)
	}
	if to := h.Get("Location"); to != "" && !strings.HasPrefix(to, "/console") && to != "/sim/" {
		t.Errorf("%s %.200q leads to %q", method, target, to)
	}
	for name, values := range h {
		if strings.ContainsAny(name+strings.Join(values, ""), "\r\n\x00") {
			t.Errorf("%s %.200q: header %q", method, target, name)
		}
	}
}

func TestTheSignInLeadsNowhereElseWhateverIsAsked(t *testing.T) {
	t.Parallel()
	for _, payload := range append(payloads(), "https://evil.example", `/\evil.example`, "/console/../../evil", "/console/..", "/consolex", "/console", "/console/\t/evil.example") {
		if got := nextPage(base64.RawURLEncoding.EncodeToString([]byte(payload))); got != "/console" {
			t.Errorf("%q leads to %q", payload, got)
		}
	}
}

func TestAForgedHostReachesNoLink(t *testing.T) {
	t.Parallel()
	e := newEdge(t, func(o *Options) { o.PublicURL = "https://desk.example.org/" })
	session := e.session(t, staff.RoleOwner)
	session.Set("X-Forwarded-Host", "evil.example")
	session.Set("X-Forwarded-Proto", "gopher")
	for _, r := range e.console() {
		if r.right == open || r.path == "/console/events" || r.path == "/console/sign-out" || strings.HasSuffix(r.path, "everywhere") {
			continue
		}
		w := e.request(r.method, "http://evil.example"+e.desk.path(r.path), e.desk.body(r.path), session)
		if strings.Contains(w.Body.String(), "evil.example") || strings.Contains(w.Header().Get("Location"), "evil") {
			t.Errorf("%s %s names the host that was asked", r.method, r.path)
		}
	}
	w := e.request(http.MethodPost, "http://evil.example/console/team/invite", "name=Bob&email=bob@example.org&role=agent", session)
	if !strings.Contains(w.Body.String(), "https://desk.example.org/console/welcome/") {
		t.Errorf("the invitation: %d", w.Code)
	}
}
