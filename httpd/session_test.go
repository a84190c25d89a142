package httpd

import (
	"bufio"
	"context"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"frontdesk/staff"
)

func TestEveryRouteOfTheConsoleIsInTheTable(t *testing.T) {
	t.Parallel()
	e := newEdge(t, func(o *Options) { o.Demo = &Demo{Token: "demo"} })
	inTable := map[string]bool{}
	for _, r := range e.console() {
		inTable[r.method+" "+r.path] = true
	}
	n := 0
	for _, r := range e.engine.Routes() {
		if strings.HasPrefix(r.Path, "/console") {
			n++
			if !inTable[r.Method+" "+r.Path] {
				t.Errorf("%s %s passes no check of rights: it is not in the table of routes", r.Method, r.Path)
			}
		}
	}
	if n < 20 || n != len(inTable) {
		t.Errorf("%d routes are served, %d are in the table", n, len(inTable))
	}
}

// TestEachRouteIsOpenToTheRightRolesOnly asks every route as every role.
func TestEachRouteIsOpenToTheRightRolesOnly(t *testing.T) {
	t.Parallel()
	for _, role := range append(staff.Roles(), "no such role") {
		e := newEdge(t, nil)
		for _, r := range e.console() {
			if r.right == open {
				continue
			}
			session := e.session(t, role) // anew: one of the routes ends it
			w := e.request(r.method, e.desk.path(r.path), e.desk.body(r.path), session)
			if refused := w.Code == http.StatusForbidden; refused == role.May(r.right) {
				t.Errorf("%s: %s %s: %d, may %t", role, r.method, r.path, w.Code, role.May(r.right))
			}
			if w.Code >= 500 {
				t.Errorf("%s: %s %s: %d\n%s", role, r.method, r.path, w.Code, e.logs)
			}
		}
	}
}

func TestNoConsoleRouteOpensWithoutASession(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	good := strings.TrimPrefix(e.session(t, staff.RoleOwner).Get("Cookie"), sessionCookie+"=")
	ended := e.session(t, staff.RoleManager)
	e.request(http.MethodPost, "/console/sign-out", "", ended)
	for what, cookie := range map[string]string{
		"no cookie": "", "empty": sessionCookie + "=", "garbage": sessionCookie + "=a.b.c", "longer": sessionCookie + "=" + good + "A",
		"known browser": knownCookie + "=" + good, "signed out": ended.Get("Cookie"),
	} {
		for _, r := range e.console() {
			if r.right == open {
				continue
			}
			header := http.Header{}
			if cookie != "" {
				header.Set("Cookie", cookie)
			}
			w := e.request(r.method, e.desk.path(r.path), e.desk.body(r.path), header)
			if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/console/sign-in") {
				t.Errorf("%s: %s %s: %d", what, r.method, r.path, w.Code)
			}
		}
	}
	if len(e.desk.did) > 0 {
		t.Errorf("done without a session: %v", e.desk.did)
	}
}

func TestSessionEndsAfterItsTimeAndWithTheUser(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	header := e.session(t, staff.RoleAgent)
	e.now = e.now.Add(staff.SessionFor - time.Second)
	if w := e.request(http.MethodGet, "/console/inbox", "", header); w.Code != http.StatusOK {
		t.Errorf("before the end: %d", w.Code)
	}
	e.now = e.now.Add(time.Second)
	if w := e.request(http.MethodGet, "/console/inbox", "", header); w.Code != http.StatusSeeOther {
		t.Errorf("after the end: %d", w.Code)
	}
	agent := e.session(t, staff.RoleAgent)
	e.request(http.MethodPost, "/console/team/disable", "user="+url.QueryEscape("user of agent"), e.session(t, staff.RoleOwner))
	if w := e.request(http.MethodGet, "/console/inbox", "", agent); w.Code != http.StatusSeeOther {
		t.Errorf("after the user was disabled: %d", w.Code)
	}
}

func TestAnotherSitesPageChangesNothing(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	session := e.session(t, staff.RoleOwner).Get("Cookie")
	for what, header := range map[string]http.Header{
		"cross-site": {"Sec-Fetch-Site": {"cross-site"}},
		"same-site":  {"Sec-Fetch-Site": {"same-site"}},
		"origin":     {"Origin": {"https://evil.example"}},
		"null":       {"Origin": {"null"}},
		"no address": {"Origin": {"://"}},
	} {
		header.Set("Cookie", session)
		for _, r := range e.console() {
			if r.method == http.MethodGet {
				continue
			}
			if w := e.request(r.method, e.desk.path(r.path), e.desk.body(r.path), header); w.Code != http.StatusForbidden {
				t.Errorf("%s: %s: %d", what, r.path, w.Code)
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
		header.Set("Cookie", session)
		if w := e.request(http.MethodPost, "/console/conversations/v1/take", "", header); w.Code != http.StatusSeeOther || len(e.desk.did) != i+1 {
			t.Errorf("our own page %v: %d, %v", header, w.Code, e.desk.did)
		}
	}
}

// accepted is somebody who came in by an invitation: their address, password and
// the secret of their phone.
type accepted struct{ email, password, secret string }

func (e *edge) accept(t *testing.T) accepted {
	t.Helper()
	invitation, err := e.o.Door.Invite(t.Context(), staff.User{Clinic: "c1", Email: "zoe@example.org", Name: "Zoé", Role: staff.RoleAgent}, "Ann")
	if err != nil {
		t.Fatal(err)
	}
	a := accepted{"zoe@example.org", "three words in a row", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}
	w := e.request(http.MethodPost, "/console/welcome/"+invitation.Secret, url.Values{"password": {a.password}, "secret": {a.secret}, "code": {e.code(t, a)}}.Encode(), nil)
	if w.Code != http.StatusOK || strings.Count(w.Body.String(), "<code>") != 10 {
		t.Fatalf("accept: %d\n%s", w.Code, w.Body)
	}
	e.now = e.now.Add(time.Minute)
	return a
}

func (e *edge) code(t *testing.T, a accepted) string {
	t.Helper()
	code, err := totp.GenerateCode(a.secret, e.now)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func (e *edge) signs(a accepted, code string, header http.Header) (status int, cookies map[string]*http.Cookie) {
	w := e.request(http.MethodPost, "/console/sign-in", url.Values{"email": {a.email}, "password": {a.password}, "code": {code}}.Encode(), header)
	cookies = map[string]*http.Cookie{}
	for _, c := range w.Result().Cookies() {
		cookies[c.Name] = c
	}
	return w.Code, cookies
}

func TestSignInNeedsPasswordAndAFreshCode(t *testing.T) {
	t.Parallel()
	e := newEdge(t, func(o *Options) { o.Secure = true })
	a := e.accept(t)
	code := e.code(t, a)
	for what, wrong := range map[string]struct {
		a    accepted
		code string
	}{
		"password": {accepted{a.email, "four words in a row", a.secret}, code},
		"address":  {accepted{"nobody@example.org", a.password, a.secret}, code},
		"code":     {a, "000000"},
		"no code":  {a, ""},
	} {
		if status, cookies := e.signs(wrong.a, wrong.code, nil); status != http.StatusForbidden || len(cookies) > 0 {
			t.Errorf("wrong %s: %d", what, status)
		}
	}
	status, cookies := e.signs(a, code, nil)
	if status != http.StatusSeeOther || cookies[sessionCookie] == nil {
		t.Fatalf("right: %d", status)
	}
	for name, c := range cookies {
		if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/console" || strings.Contains(c.Value, "zoe") {
			t.Errorf("cookie %s: %+v", name, c)
		}
	}
	if status, _ := e.signs(a, code, nil); status != http.StatusForbidden {
		t.Errorf("the same code again: %d", status)
	}
}

func TestASessionFromBeforeTheSignInIsNoneAfterIt(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	a := e.accept(t)
	planted := e.session(t, staff.RoleQA)
	_, cookies := e.signs(a, e.code(t, a), planted)
	if "="+cookies[sessionCookie].Value == planted.Get("Cookie")[len(sessionCookie):] {
		t.Error("the session was kept")
	}
	if w := e.request(http.MethodGet, "/console/account", "", planted); w.Code != http.StatusSeeOther {
		t.Errorf("the planted session still works: %d", w.Code)
	}
}

func TestStrangersFailuresDoNotLockSomebodyOut(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	a := e.accept(t)
	_, cookies := e.signs(a, e.code(t, a), nil)
	known := http.Header{"Cookie": {knownCookie + "=" + cookies[knownCookie].Value}}
	locked := false
	for range 12 {
		status, _ := e.signs(accepted{a.email, "guessed guessed guessed", ""}, "123456", nil)
		locked = locked || status == http.StatusTooManyRequests
	}
	if !locked {
		t.Error("a stranger may guess for ever")
	}
	e.now = e.now.Add(30 * time.Second)
	if status, _ := e.signs(a, e.code(t, a), known); status != http.StatusSeeOther {
		t.Errorf("their own browser is locked out: %d", status)
	}
}

func TestAnInvitationWorksOnce(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	invitation, err := e.o.Door.Invite(t.Context(), staff.User{Clinic: "c1", Email: "zoe@example.org", Name: "Zoé", Role: staff.RoleAgent}, "Ann")
	if err != nil {
		t.Fatal(err)
	}
	path := "/console/welcome/" + invitation.Secret
	if w := e.request(http.MethodGet, path, "", nil); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "data:image/png;base64,") {
		t.Fatalf("open: %d", w.Code)
	}
	a := accepted{"zoe@example.org", "three words in a row", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"}
	for what, form := range map[string]url.Values{
		"short password": {"password": {"short"}, "secret": {a.secret}, "code": {e.code(t, a)}},
		"wrong code":     {"password": {a.password}, "secret": {a.secret}, "code": {"000000"}},
	} {
		if w := e.request(http.MethodPost, path, form.Encode(), nil); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", what, w.Code)
		}
	}
	right := url.Values{"password": {a.password}, "secret": {a.secret}, "code": {e.code(t, a)}}
	if w := e.request(http.MethodPost, path, right.Encode(), nil); w.Code != http.StatusOK {
		t.Fatalf("accept: %d\n%s", w.Code, w.Body)
	}
	e.now = e.now.Add(time.Minute)
	if w := e.request(http.MethodPost, path, right.Encode(), nil); w.Code != http.StatusNotFound {
		t.Errorf("again: %d", w.Code)
	}
}

func TestTheSignInLeadsOnlyIntoTheConsole(t *testing.T) {
	t.Parallel()
	for next, want := range map[string]string{
		"/console/inbox": "/console/inbox", "https://evil.example": "/console", "//evil.example": "/console", "/console//evil.example": "/console",
		"/console/\\evil": "/console", "/sim": "/console", "": "/console",
	} {
		if got := nextPage(base64.RawURLEncoding.EncodeToString([]byte(next))); got != want {
			t.Errorf("%q leads to %q", next, got)
		}
	}
}

func TestTheDemosAddressNeedsItsToken(t *testing.T) {
	t.Parallel()
	if w := newEdge(t, nil).request(http.MethodGet, "/console/demo/demo", "", nil); w.Code != http.StatusNotFound {
		t.Errorf("outside the demo: %d", w.Code)
	}
	e := newEdge(t, func(o *Options) { o.Demo = &Demo{Token: "demo"} })
	if w := e.request(http.MethodGet, "/console/demo/guess", "", nil); w.Code != http.StatusNotFound {
		t.Errorf("with another token: %d", w.Code)
	}
}

func TestPagesEscapeWhatStrangersWrote(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	for _, r := range e.console() {
		if r.right == open {
			continue
		}
		session := e.session(t, staff.RoleOwner)
		w := e.request(r.method, e.desk.path(r.path), e.desk.body(r.path), session)
		if kind := w.Header().Get("Content-Type"); kind != "" && !strings.HasPrefix(kind, "text/html") { // a file is given out as it is, see the next test
			continue
		}
		checkEscaped(t, r.path, w.Body.String())
	}
	w := e.request(http.MethodPost, "/console/try/screen", url.Values{"text": {attack}}.Encode(), e.session(t, staff.RoleOwner))
	checkEscaped(t, "screen", w.Body.String())
	w = e.request(http.MethodPost, "/console/sign-in", url.Values{"email": {attack}, "next": {attack}}.Encode(), nil)
	checkEscaped(t, "sign-in", w.Body.String())
}

func TestWhatAPersonDoesCarriesTheirName(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	for _, r := range e.console() {
		if r.method == http.MethodPost && r.right != open {
			e.request(r.method, e.desk.path(r.path), e.desk.body(r.path), e.session(t, staff.RoleOwner))
		}
	}
	if len(e.desk.did) < 5 {
		t.Errorf("done: %v", e.desk.did)
	}
	for _, did := range e.desk.did {
		if !strings.HasSuffix(did, " by Ann owner") {
			t.Errorf("no name: %q", did)
		}
	}
}

func TestStaffsMessageHasBounds(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	session := e.session(t, staff.RoleAgent)
	for text, want := range map[string]int{"": 400, "  \n": 400, strings.Repeat("é", maxWritten): 303, strings.Repeat("é", maxWritten+1): 400} {
		w := e.request(http.MethodPost, "/console/conversations/v1/write", url.Values{"text": {text}}.Encode(), session)
		if w.Code != want {
			t.Errorf("%d bytes: %d, want %d", len(text), w.Code, want)
		}
	}
}

func TestAPatientsFileRunsNothingHere(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	w := e.request(http.MethodGet, "/console/files/m1", "", e.session(t, staff.RoleAgent))
	h := w.Header()
	if w.Code != http.StatusOK || h.Get("Content-Type") != "application/octet-stream" || h.Get("Content-Disposition") != "attachment" ||
		!strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || h.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d %v", w.Code, h)
	}
}

func TestTheStreamTellsWhatChanged(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil)
	first := e.now
	e.now = first
	w := e.request(http.MethodGet, "/console/events?conversation=v1", "", e.session(t, staff.RoleAgent))
	if body := w.Body.String(); w.Header().Get("Content-Type") != "text/event-stream" || !strings.Contains(body, "event: inbox\ndata: 1\n") {
		t.Errorf("%v %q", w.Header(), body)
	}
	if len(e.pulses.seen) != 0 {
		t.Errorf("%d pulses are kept without a stream", len(e.pulses.seen))
	}
}

func TestEveryLanguageHasAllTexts(t *testing.T) {
	t.Parallel()
	texts, err := loadPhrases()
	if err != nil || len(texts) < 3 {
		t.Fatalf("%d languages, %v", len(texts), err)
	}
}

func TestATicketRingsAtOnceInItsClinicOnly(t *testing.T) {
	t.Parallel()
	e := newEdge(t, nil) // its clock stands: no look is too old
	server := httptest.NewServer(e)
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/console/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = e.session(t, staff.RoleAgent)
	answer, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	next := func() string {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return data
			}
		}
		return "end"
	}
	if got := next(); got != "1" {
		t.Fatalf("first %q", got)
	}
	e.Rang("another clinic")
	if e.pulses.seen[viewed{clinic: "c1"}].stale.Load() {
		t.Error("another clinic's ticket rings here")
	}
	e.Rang("c1")
	if got := next(); got != "2" {
		t.Errorf("after the ring %q, want the second look", got)
	}
}
