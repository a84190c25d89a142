package httpd

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"frontdesk"
	"frontdesk/conversation"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	consoleToken = "token of the console"
	apiToken     = "token of the api"
	internal     = "dial tcp 10.1.2.3:5432: secret internals"
	attack       = `<script>alert("x")</script>'"><img src=x onerror=alert(1)>`
)

// desk is a clinic with one conversation; broken makes every part fail.
type desk struct {
	broken error
	did    []string
}

func (d *desk) FindClinic(_ context.Context, name string) (frontdesk.Clinic, error) {
	if d.broken != nil {
		return frontdesk.Clinic{}, d.broken
	}
	if name != "Parc" && name != attack {
		return frontdesk.Clinic{}, &frontdesk.Error{Code: frontdesk.CodeNotFound, Text: "There is no such clinic.", Err: errors.New(internal)}
	}
	return frontdesk.Clinic{ID: "c1", Name: name, Language: "fr", TimeZone: "Europe/Paris"}, nil
}

func (d *desk) ListClinics(context.Context) ([]frontdesk.Clinic, error) {
	return []frontdesk.Clinic{{ID: "c1", Name: "Parc"}, {ID: "c2", Name: attack}}, d.broken
}

func (d *desk) Overview(context.Context, frontdesk.Clinic) (Overview, error) {
	return Overview{
		Tickets: []Ticket{{Conversation: "v1", Team: attack, Priority: "urgent", Reason: attack, Summary: attack, By: attack}},
		Sources: []Source{{Name: attack, Revision: 1, Status: "live", ApprovedBy: attack, Warnings: []string{attack}}},
		Gaps:    []Gap{{Question: attack, Language: attack}},
	}, d.broken
}

func (d *desk) Conversation(context.Context, frontdesk.Clinic, frontdesk.ConversationID) (Conversation, error) {
	return Conversation{
		Pen:     frontdesk.PenPerson,
		Tickets: []Ticket{{Summary: attack, Reason: attack}},
		Lines:   []Line{{Patient: true, Text: attack, Labels: []frontdesk.Label{attack}}, {Text: attack, Note: attack}},
	}, d.broken
}

func (d *desk) do(what, by string) error {
	if d.broken == nil {
		d.did = append(d.did, what+" by "+by)
	}
	return d.broken
}

func (d *desk) Take(_ context.Context, _ frontdesk.Clinic, _ frontdesk.ConversationID, by string) error {
	return d.do("take", by)
}

func (d *desk) Write(_ context.Context, _ frontdesk.Clinic, _ frontdesk.ConversationID, by, text string) error {
	return d.do("write "+text, by)
}

func (d *desk) Release(_ context.Context, _ frontdesk.Clinic, _ frontdesk.ConversationID, by string) error {
	return d.do("release", by)
}

func (d *desk) Approve(_ context.Context, _ frontdesk.Clinic, source string, _ int, by string) error {
	return d.do("approve "+source, by)
}

func (d *desk) Withdraw(_ context.Context, _ frontdesk.Clinic, source string, _ int, by string) error {
	return d.do("withdraw "+source, by)
}

// edge is a server under test.
type edge struct {
	*Server
	desk *desk
	logs *bytes.Buffer
	now  time.Time
}

func newEdge(t *testing.T, change func(*Options)) *edge {
	t.Helper()
	e := &edge{desk: &desk{}, logs: &bytes.Buffer{}, now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	o := Options{
		Webhook: ok, Metrics: ok, Try: new(conversation.Try), Clinics: e.desk, Reader: e.desk, Pen: e.desk, Approver: e.desk,
		Screen: func(_ context.Context, text string, _ frontdesk.Clinic) Screened {
			return Screened{Masked: text, Labels: []frontdesk.Label{attack}, Evidence: []string{text}}
		},
		Ready:        func(context.Context) error { return e.desk.broken },
		ConsoleToken: consoleToken, APIToken: apiToken,
		Log: slog.New(slog.NewTextHandler(e.logs, nil)), Now: func() time.Time { return e.now },
	}
	if change != nil {
		change(&o)
	}
	server, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	e.Server = server
	return e
}

func (e *edge) request(method, target, body string, header http.Header) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for name, values := range header {
		r.Header[name] = values
	}
	if method == http.MethodPost && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w
}

// session is the cookie header of a person who signed in.
func (e *edge) session(t *testing.T, person string) http.Header {
	t.Helper()
	form := url.Values{"name": {person}, "token": {e.o.ConsoleToken}}
	w := e.request(http.MethodPost, "/console/sign-in", form.Encode(), nil)
	cookies := w.Result().Cookies()
	if w.Code != http.StatusSeeOther || len(cookies) != 1 {
		t.Fatalf("sign in: %d, %d cookies", w.Code, len(cookies))
	}
	return http.Header{"Cookie": {cookies[0].Name + "=" + cookies[0].Value}}
}

// consoleRoutes are all that need a session, with a body that each accepts.
func consoleRoutes(t *testing.T, e *edge) map[string]string {
	t.Helper()
	bodies := map[string]string{
		"POST /console/:clinic/sources/approve":                     "source=a.pdf&revision=1",
		"POST /console/:clinic/sources/withdraw":                    "source=a.pdf&revision=1",
		"POST /console/:clinic/conversations/:conversation/write":   "text=hello",
		"POST /console/:clinic/screen":                              "text=hello",
		"POST /console/:clinic/conversations/:conversation/take":    "",
		"POST /console/:clinic/conversations/:conversation/release": "",
		"POST /console/sign-out":                                    "",
	}
	routes := map[string]string{}
	for _, r := range e.engine.Routes() {
		if !strings.HasPrefix(r.Path, "/console") || r.Path == "/console/sign-in" {
			continue
		}
		path := strings.NewReplacer(":clinic", "Parc", ":conversation", "v1").Replace(r.Path)
		routes[r.Method+" "+path] = bodies[r.Method+" "+r.Path]
	}
	if len(routes) < 10 {
		t.Fatalf("only %d console routes: %v", len(routes), routes)
	}
	return routes
}

func TestNoConsoleRouteOpensWithoutASession(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	good := e.session(t, "Ann").Get("Cookie")
	name, value, _ := strings.Cut(good, "=")
	parts := strings.Split(value, ".")
	other := newEdge(t, func(o *Options) { o.ConsoleToken = "another token of a console" })
	forged := map[string]string{
		"no cookie":       "",
		"empty":           name + "=",
		"garbage":         name + "=a.b.c",
		"other person":    name + "=Qm9i." + parts[1] + "." + parts[2],
		"later end":       name + "=" + parts[0] + ".99999999999." + parts[2],
		"no signature":    name + "=" + parts[0] + "." + parts[1] + ".",
		"other signature": name + "=" + parts[0] + "." + parts[1] + ".AAAA" + parts[2][4:],
		"other token":     other.session(t, "Ann").Get("Cookie"),
		"the token":       name + "=" + consoleToken,
	}
	for what, cookie := range forged {
		for route, body := range consoleRoutes(t, e) {
			method, path, _ := strings.Cut(route, " ")
			header := http.Header{}
			if cookie != "" {
				header.Set("Cookie", cookie)
			}
			w := e.request(method, path, body, header)
			if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/console/sign-in") {
				t.Errorf("%s: %s: %d to %q", what, route, w.Code, w.Header().Get("Location"))
			}
		}
	}
	if len(e.desk.did) > 0 {
		t.Errorf("done without a session: %v", e.desk.did)
	}
}

func TestSessionEndsAfterItsTime(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	header := e.session(t, "Ann")
	e.now = e.now.Add(sessionFor - time.Second)
	if w := e.request(http.MethodGet, "/console/Parc", "", header); w.Code != http.StatusOK {
		t.Errorf("before the end: %d", w.Code)
	}
	e.now = e.now.Add(time.Second)
	if w := e.request(http.MethodGet, "/console/Parc", "", header); w.Code != http.StatusSeeOther {
		t.Errorf("after the end: %d", w.Code)
	}
}

func TestSessionCookieIsClosedToScriptsAndOtherSites(t *testing.T) {
	t.Parallel()
	for _, secure := range []bool{false, true} {
		e := newEdge(t, func(o *Options) { o.Secure = secure })
		w := e.request(http.MethodPost, "/console/sign-in", url.Values{"name": {"Ann"}, "token": {consoleToken}}.Encode(), nil)
		c := w.Result().Cookies()[0]
		if !c.HttpOnly || c.Secure != secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/console" || strings.Contains(c.Value, consoleToken) {
			t.Errorf("secure %t: cookie %+v", secure, c)
		}
	}
}

func TestSignInRefuses(t *testing.T) {
	t.Parallel()
	for what, form := range map[string]url.Values{
		"wrong token": {"name": {"Ann"}, "token": {"wrong"}},
		"no token":    {"name": {"Ann"}},
		"no name":     {"name": {"  "}, "token": {consoleToken}},
		"long name":   {"name": {strings.Repeat("a", maxPerson+1)}, "token": {consoleToken}},
	} {
		e := newEdge(t, nil)
		w := e.request(http.MethodPost, "/console/sign-in", form.Encode(), nil)
		if w.Code < 400 || w.Code >= 500 || len(w.Result().Cookies()) > 0 {
			t.Errorf("%s: %d", what, w.Code)
		}
		if what == "wrong token" && strings.Contains(w.Body.String(), consoleToken) {
			t.Errorf("%s: the page shows the right one", what)
		}
	}
}

func TestAnotherSitesPageChangesNothing(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	session := e.session(t, "Ann")
	for what, header := range map[string]http.Header{
		"cross-site": {"Sec-Fetch-Site": {"cross-site"}},
		"same-site":  {"Sec-Fetch-Site": {"same-site"}},
		"origin":     {"Origin": {"https://evil.example"}},
		"null":       {"Origin": {"null"}},
		"no address": {"Origin": {"://"}},
	} {
		for route, body := range consoleRoutes(t, e) {
			method, path, _ := strings.Cut(route, " ")
			if method != http.MethodPost {
				continue
			}
			header.Set("Cookie", session.Get("Cookie"))
			if w := e.request(method, path, body, header); w.Code != http.StatusForbidden {
				t.Errorf("%s: %s: %d", what, route, w.Code)
			}
		}
	}
	if len(e.desk.did) > 0 {
		t.Errorf("another site's page did %v", e.desk.did)
	}
	for i, header := range []http.Header{
		{"Origin": {"http://example.com"}}, // httptest's host
		{"Origin": {"null"}, "Sec-Fetch-Site": {"same-origin"}},
		{"Sec-Fetch-Site": {"none"}},
	} {
		header.Set("Cookie", session.Get("Cookie"))
		if w := e.request(http.MethodPost, "/console/Parc/conversations/v1/take", "", header); w.Code != http.StatusSeeOther || len(e.desk.did) != i+1 {
			t.Errorf("our own page %v: %d, %v", header, w.Code, e.desk.did)
		}
	}
}

func TestWhatAPersonDoesCarriesTheirName(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	session := e.session(t, "Ann Ö.")
	for route, body := range consoleRoutes(t, e) {
		method, path, _ := strings.Cut(route, " ")
		if method == http.MethodPost && !strings.HasSuffix(path, "sign-out") {
			e.request(method, path, body, session)
		}
	}
	if len(e.desk.did) != 5 {
		t.Errorf("done: %v", e.desk.did)
	}
	for _, did := range e.desk.did {
		if !strings.HasSuffix(did, " by Ann Ö.") {
			t.Errorf("no name: %q", did)
		}
	}
}

func TestStaffsMessageHasBounds(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	session := e.session(t, "Ann")
	for text, want := range map[string]int{"": 400, "  \n": 400, strings.Repeat("é", maxWritten): 303, strings.Repeat("é", maxWritten+1): 400} {
		w := e.request(http.MethodPost, "/console/Parc/conversations/v1/write", url.Values{"text": {text}}.Encode(), session)
		if w.Code != want {
			t.Errorf("%d bytes: %d, want %d", len(text), w.Code, want)
		}
	}
}

func TestPagesEscapeWhatStrangersWrote(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	session := e.session(t, attack[:40])
	for _, path := range []string{"/console", "/console/Parc", "/console/Parc/conversations/v1", "/console/" + url.PathEscape(attack), "/console/nothing" + url.PathEscape(attack)} {
		w := e.request(http.MethodGet, path, "", session)
		checkEscaped(t, path, w.Body.String())
	}
	w := e.request(http.MethodPost, "/console/Parc/screen", url.Values{"text": {attack}}.Encode(), session)
	checkEscaped(t, "screen", w.Body.String())
	w = e.request(http.MethodGet, "/console/sign-in?token="+url.QueryEscape(attack), "", nil)
	checkEscaped(t, "sign-in", w.Body.String())
}

func checkEscaped(t *testing.T, path, body string) {
	t.Helper()
	if strings.Contains(body, "<script>alert") || strings.Contains(body, "<img") || strings.Contains(body, `"><`) && strings.Contains(body, `'"><img`) {
		t.Errorf("%s is not escaped:\n%s", path, body)
	}
	if strings.Contains(body, "ZgotmplZ") || strings.Contains(body, "&amp;lt;") {
		t.Errorf("%s: the template refused or escaped twice:\n%s", path, body)
	}
}

func TestErrorsShowTheirTextAndNothingInternal(t *testing.T) {
	t.Parallel()
	for what, test := range map[string]struct {
		err    error
		status int
	}{
		"plain":       {errors.New(internal), 500},
		"wrapped":     {&frontdesk.Error{Code: frontdesk.CodeUnavailable, Text: "Please try again.", Err: errors.New(internal)}, 503},
		"conflict":    {&frontdesk.Error{Code: frontdesk.CodeConflict, Text: "Somebody has it.", Err: errors.New(internal)}, 409},
		"not allowed": {&frontdesk.Error{Code: frontdesk.CodeForbidden, Text: "Not yours.", Err: errors.New(internal)}, 403},
	} {
		e := newEdge(t, nil)
		session := e.session(t, "Ann")
		e.desk.broken = test.err
		for route, body := range consoleRoutes(t, e) {
			method, path, _ := strings.Cut(route, " ")
			if strings.HasSuffix(path, "sign-out") {
				continue
			}
			w := e.request(method, path, body, session)
			if w.Code != test.status || strings.Contains(w.Body.String(), "secret internals") {
				t.Errorf("%s: %s: %d\n%s", what, route, w.Code, w.Body)
			}
		}
		for path, header := range map[string]http.Header{"/readyz": nil, "/api/v1/ask?clinic=Parc": {"Authorization": {"Bearer " + apiToken}}} {
			method := http.MethodGet
			if header != nil {
				method = http.MethodPost
			}
			w := e.request(method, path, `{"id":1,"text":"hi"}`, header)
			if w.Code < 400 || strings.Contains(w.Body.String(), "secret internals") {
				t.Errorf("%s: %s: %d %s", what, path, w.Code, w.Body)
			}
		}
		if !strings.Contains(e.logs.String(), "secret internals") {
			t.Errorf("%s: the log does not say why", what)
		}
	}
}

func TestAPanicIsA500WithoutItsText(t *testing.T) {
	t.Parallel()
	e := newEdge(t, func(o *Options) {
		o.Webhook = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(internal) })
	})
	w := e.request(http.MethodPost, "/webhook/whatsapp", "{}", nil)
	if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "internals") || strings.Contains(e.logs.String(), "secret internals") {
		t.Errorf("%d %q\n%s", w.Code, w.Body, e.logs)
	}
}

func TestAPINeedsItsToken(t *testing.T) {
	t.Parallel()
	closed := newEdge(t, func(o *Options) { o.APIToken = "" })
	for what, authorization := range map[string]string{
		"none": "", "wrong": "Bearer wrong", "empty": "Bearer ", "no scheme": apiToken, "basic": "Basic " + apiToken, "console's": "Bearer " + consoleToken, "longer": "Bearer " + apiToken + "x",
	} {
		for _, e := range []*edge{newEdge(t, nil), closed} {
			w := e.request(http.MethodPost, "/api/v1/ask?clinic=Parc", `{"id":1,"text":"hi"}`, http.Header{"Authorization": {authorization}})
			if w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") == "" {
				t.Errorf("%s: %d", what, w.Code)
			}
		}
	}
	if w := closed.request(http.MethodPost, "/api/v1/ask?clinic=Parc", "{}", http.Header{"Authorization": {"Bearer " + apiToken}}); w.Code != http.StatusUnauthorized {
		t.Errorf("closed API: %d", w.Code)
	}
}

func TestAskRefusesBodiesItCannotRead(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	header := http.Header{"Authorization": {"Bearer " + apiToken}}
	for what, test := range map[string]struct {
		path, body string
		status     int
	}{
		"unknown clinic": {"/api/v1/ask?clinic=nobody", `{"id":1}`, 404},
		"no JSON":        {"/api/v1/ask?clinic=Parc", "hello", 400},
		"empty":          {"/api/v1/ask?clinic=Parc", "\n\n", 400},
		"a long line":    {"/api/v1/ask?clinic=Parc", `{"text":"` + strings.Repeat("a", maxAskLine) + `"}`, 400},
		"a long body":    {"/api/v1/ask?clinic=Parc", strings.Repeat(`{"text":"`+strings.Repeat("a", 1<<19)+"\"}\n", 40), 400},
	} {
		w := e.request(http.MethodPost, test.path, test.body, header)
		if w.Code != test.status || strings.Contains(w.Body.String(), "internals") {
			t.Errorf("%s: %d, want %d: %.200s", what, w.Code, test.status, w.Body)
		}
	}
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	t.Parallel()
	e := newEdge(t, func(o *Options) { o.Secure = true })
	for _, path := range []string{"/", "/healthz", "/console", "/console/sign-in", "/assets/console.css", "/nothing", "/metrics"} {
		h := e.request(http.MethodGet, path, "", nil).Header()
		policy := h.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") ||
			h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "same-origin" || h.Get("Strict-Transport-Security") == "" {
			t.Errorf("%s: %v", path, h)
		}
	}
	if w := e.request(http.MethodGet, "/console/Parc", "", e.session(t, "Ann")); w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("a page with patients' words may be cached: %v", w.Header())
	}
	if w := e.request(http.MethodDelete, "/healthz", "", nil); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("DELETE /healthz: %d", w.Code)
	}
}

func TestNewRefusesWhatIsMissing(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(*Options){
		"clinics": func(o *Options) { o.Clinics = nil }, "short token": func(o *Options) { o.ConsoleToken = "short" },
		"no log": func(o *Options) { o.Log = nil }, "no webhook": func(o *Options) { o.Webhook = nil },
	} {
		o := newEdge(t, nil).o
		change(&o)
		if _, err := New(o); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
}
