package httpd

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/staff"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clientStays is how long the tests' client stays on a stream.
const clientStays = 300 * time.Millisecond

const (
	apiToken = "token of the api"
	internal = "dial tcp 10.1.2.3:5432: secret internals"
	attack   = `<script>alert("x")</script>'"><img src=x onerror=alert(1)>`
)

// edge is a server under test.
type edge struct {
	*Server
	desk  *desk
	staff *register
	logs  *bytes.Buffer
	now   time.Time
}

func newEdge(t *testing.T, change func(*Options)) *edge {
	t.Helper()
	e := &edge{desk: &desk{}, staff: newRegister(), logs: &bytes.Buffer{}, now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}
	e.staff.now = func() time.Time { return e.now }
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	door, err := staff.NewDoor(e.staff, e.staff, e.staff, e.staff.now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{
		Webhook: ok, Metrics: ok, Try: new(conversation.Try), Door: door, Staff: e.staff, Key: make([]byte, keySize),
		Screen: func(_ context.Context, text string, _ frontdesk.Clinic) Screened {
			return Screened{Masked: text, Labels: []frontdesk.Label{attack}, Evidence: []string{text}}
		},
		Ready:    func(context.Context) error { return e.desk.broken },
		APIToken: apiToken, Log: slog.New(slog.NewTextHandler(e.logs, nil)), Now: e.staff.now, Random: rand.Reader,
	}
	e.desk.serve(&o)
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

// request makes one request; one to the stream of events ends after a while.
func (e *edge) request(method, target, body string, header http.Header) *httptest.ResponseRecorder {
	// A stream of events ends with its client, who leaves soon.
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if strings.HasPrefix(target, "/console/events") {
		ctx, cancel = context.WithTimeout(ctx, clientStays)
		defer cancel()
	}
	r := httptest.NewRequestWithContext(ctx, method, target, strings.NewReader(body))
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

// session is the cookie header of somebody with a role who signed in.
func (e *edge) session(t *testing.T, role staff.Role) http.Header {
	t.Helper()
	token, err := e.o.Door.Open(t.Context(), e.staff.add(role))
	if err != nil {
		t.Fatal(err)
	}
	return http.Header{"Cookie": {sessionCookie + "=" + token.Secret}}
}

func checkEscaped(t *testing.T, path, body string) {
	t.Helper()
	if strings.Contains(body, "<script>alert") || strings.Contains(body, "<img src=x") {
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
		session := e.session(t, staff.RoleOwner)
		e.desk.broken = test.err
		for _, r := range e.console() {
			if !e.desk.answers(r.path) {
				continue
			}
			w := e.request(r.method, e.desk.path(r.path), e.desk.body(r.path), session)
			if w.Code != test.status || strings.Contains(w.Body.String(), "secret internals") {
				t.Errorf("%s: %s %s: %d\n%.300s", what, r.method, r.path, w.Code, w.Body)
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
		"none": "", "wrong": "Bearer wrong", "empty": "Bearer ", "no scheme": apiToken, "basic": "Basic " + apiToken, "longer": "Bearer " + apiToken + "x",
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
	if w := e.request(http.MethodGet, "/console/inbox", "", e.session(t, staff.RoleOwner)); w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("a page with patients' words may be cached: %v", w.Header())
	}
	if w := e.request(http.MethodDelete, "/healthz", "", nil); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("DELETE /healthz: %d", w.Code)
	}
}

func TestNewRefusesWhatIsMissing(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]func(*Options){
		"clinics": func(o *Options) { o.Clinics = nil }, "short key": func(o *Options) { o.Key = []byte("short") },
		"no door": func(o *Options) { o.Door = nil },
		"no log":  func(o *Options) { o.Log = nil }, "no webhook": func(o *Options) { o.Webhook = nil },
	} {
		o := newEdge(t, nil).o
		change(&o)
		if _, err := New(o); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
}
