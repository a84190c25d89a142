package whatsapp_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"frontdesk"
	"frontdesk/whatsapp"
)

const (
	anaNumber = "33612345678"
	appSecret = "app secret"
)

var ana = frontdesk.Identity{Phone: "+" + anaNumber}

// clock is a time that moves when it is told to.
type clock struct {
	mu sync.Mutex // protects at
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

type graphBundle struct {
	standIn *whatsapp.StandIn
	client  *whatsapp.Client
	account whatsapp.Account
	clock   *clock

	mu     sync.Mutex // protects all following fields
	inbox  []frontdesk.Inbound
	states []frontdesk.Status
	events []frontdesk.AccountEvent
	down   bool
}

// newGraph runs a stand-in with Ana, who wrote just now, and its webhook.
func newGraph(t *testing.T, change func(*whatsapp.StandInConfig)) *graphBundle {
	t.Helper()
	b := &graphBundle{clock: &clock{at: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}}
	hook, err := whatsapp.NewWebhook(whatsapp.WebhookConfig{VerifyToken: "v", Secrets: []string{appSecret}, Receive: b.receive})
	if err != nil {
		t.Fatal(err)
	}
	c := whatsapp.StandInConfig{
		Accounts:  []whatsapp.StandInAccount{{PhoneNumberID: "PN1", BusinessID: "WABA1", Token: "T", Number: "+33 4 78 00 00 00", Name: "Clinic"}},
		AppSecret: appSecret, Webhook: hook, Now: b.clock.now, RetryDelay: time.Millisecond,
	}
	if change != nil {
		change(&c)
	}
	if b.standIn, err = whatsapp.NewStandIn(c); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(b.standIn.GraphHandler())
	b.client = whatsapp.NewClient(whatsapp.ClientConfig{Files: leaflets{}, Now: b.clock.now})
	b.account = whatsapp.Account{PhoneNumberID: "PN1", BusinessID: "WABA1", Token: "T", BaseURL: server.URL, Version: "v26.0"}
	t.Cleanup(func() {
		b.client.Close()
		b.standIn.Close()
		server.CloseClientConnections()
		server.Close()
	})
	if _, err := b.standIn.AddPerson("Ana", anaNumber, false); err != nil {
		t.Fatal(err)
	}
	b.standIn.SetLastWrote("PN1", anaNumber, b.clock.now())
	return b
}

func (b *graphBundle) receive(_ context.Context, batch frontdesk.InboundBatch, _ []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.down {
		return errors.New("down")
	}
	b.inbox = append(b.inbox, batch.Messages...)
	b.states = append(b.states, batch.Statuses...)
	b.events = append(b.events, batch.Events...)
	return nil
}

// wait waits until done, which is called with the bundle's lock held.
func (b *graphBundle) wait(t *testing.T, done func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for tick := time.NewTicker(2 * time.Millisecond); ; <-tick.C {
		b.mu.Lock()
		ok := done()
		b.mu.Unlock()
		if ok {
			tick.Stop()
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("not reached within 10 s")
		}
	}
}

func TestSendReachesThePhone(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 300)
	tests := []struct {
		name  string
		reply frontdesk.Reply
		check func(whatsapp.Bubble) bool
	}{
		{"text", frontdesk.Reply{Text: "Hi"}, func(b whatsapp.Bubble) bool { return b.Kind == "text" && b.Text == "Hi" }},
		{"buttons", frontdesk.Reply{Text: "Which?", Buttons: []frontdesk.Button{{ID: "a", Title: "A title that is far too long"}, {ID: "b", Title: "B"}}},
			func(b whatsapp.Bubble) bool {
				return len(b.Buttons) == 2 && b.Buttons[0].Title == "A title that is far…"
			}},
		{"many buttons", frontdesk.Reply{Text: "Which?", Buttons: []frontdesk.Button{{ID: "a", Title: "A"}, {ID: "b", Title: "B"}, {ID: "c", Title: "C"}, {ID: "d", Title: "D"}}},
			func(b whatsapp.Bubble) bool { return len(b.Buttons) == 0 && len(b.Sections[0].Rows) == 4 }},
		{"list", frontdesk.Reply{Text: "Which?", List: &frontdesk.List{Button: "Open", Title: "T", Rows: []frontdesk.Row{{ID: "a", Title: "A", Description: long}}}},
			func(b whatsapp.Bubble) bool { return b.Menu == "Open" && b.Sections[0].Title == "T" }},
		{"location", frontdesk.Reply{Location: &frontdesk.Location{Point: frontdesk.Point{Latitude: 45.5, Longitude: 4.8}, Name: "Clinic", Address: "1 St"}},
			func(b whatsapp.Bubble) bool { return b.Pin.Latitude == 45.5 && b.Pin.Name == "Clinic" }},
		{"document", frontdesk.Reply{Document: &frontdesk.Document{Revision: "r", FileName: "é.pdf", MIME: "application/pdf", Caption: "c"}},
			func(b whatsapp.Bubble) bool {
				return b.Media.FileName == "é.pdf" && b.Media.MIME == "application/pdf" && b.Text == "c"
			}},
		{"named template", frontdesk.Reply{Template: &frontdesk.Template{Name: "reminder", Language: "en_US", Variables: map[string]string{"day": "Monday", "name": "Ana", "button:0": "CONFIRM_42"}}},
			func(b whatsapp.Bubble) bool {
				return b.Text == "Hi Ana, see you Monday." && b.Buttons[0].ID == "CONFIRM_42" && b.Buttons[1].ID == "Change"
			}},
		{"positional template", frontdesk.Reply{Template: &frontdesk.Template{Name: "ten", Language: "fr", Variables: map[string]string{
			"1": "a", "2": "b", "3": "c", "4": "d", "5": "e", "6": "f", "7": "g", "8": "h", "9": "i", "10": "j"}}},
			func(b whatsapp.Bubble) bool { return b.Text == "abcdefghij." }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newGraph(t, nil)
			b.addTemplates()
			id, err := b.client.Send(t.Context(), b.account, ana, tt.reply, "m1")
			if err != nil {
				t.Fatal(err)
			}
			bubbles := b.standIn.Bubbles("PN1", anaNumber)
			if len(bubbles) != 1 || bubbles[0].ID != id || !tt.check(bubbles[0]) {
				t.Errorf("the phone shows %+v", bubbles)
			}
			b.wait(t, func() bool { return len(b.states) == 2 })
			if b.states[0].State != frontdesk.DeliverySent || b.states[1].State != frontdesk.DeliveryDelivered || b.states[0].Callback != "m1" || b.states[0].ProviderID != id {
				t.Errorf("statuses %+v", b.states)
			}
			if b.standIn.Sends("m1") != 1 {
				t.Errorf("%d sends", b.standIn.Sends("m1"))
			}
		})
	}
}

func (b *graphBundle) addTemplates() {
	b.standIn.AddTemplate("WABA1", whatsapp.TemplateInfo{Name: "reminder", Language: "en_US", Body: "Hi {{name}}, see you {{day}}.", Buttons: []string{"Confirm", "Change"}})
	b.standIn.AddTemplate("WABA1", whatsapp.TemplateInfo{Name: "ten", Language: "fr", Body: "{{1}}{{2}}{{3}}{{4}}{{5}}{{6}}{{7}}{{8}}{{9}}{{10}}."})
	b.standIn.AddTemplate("WABA1", whatsapp.TemplateInfo{Name: "paused", Language: "fr", Body: "x", Status: "PAUSED"})
}

func TestSendErrorsAreClassified(t *testing.T) {
	t.Parallel()
	text := frontdesk.Reply{Text: "Hi"}
	template := func(name, language string, variables map[string]string) frontdesk.Reply {
		return frontdesk.Reply{Template: &frontdesk.Template{Name: name, Language: language, Variables: variables}}
	}
	tests := []struct {
		name   string
		faults whatsapp.Faults
		token  string
		to     frontdesk.Identity
		reply  frontdesk.Reply
		class  whatsapp.Class
		code   int
	}{
		{"bad token", whatsapp.Faults{}, "stolen", ana, text, whatsapp.ClassStopAlert, 190},
		{"expired token", whatsapp.Faults{ExpiredToken: true}, "T", ana, text, whatsapp.ClassStopAlert, 190},
		{"429", whatsapp.Faults{TooManyRequests: true}, "T", ana, text, whatsapp.ClassRetry, 130429},
		{"500", whatsapp.Faults{ServerError: true}, "T", ana, text, whatsapp.ClassRetry, 131000},
		{"pair limit", whatsapp.Faults{PairLimit: true}, "T", ana, text, whatsapp.ClassPairRate, 131056},
		{"window", whatsapp.Faults{FailCode: 131047}, "T", ana, text, whatsapp.ClassWindowClosed, 131047},
		{"maintenance", whatsapp.Faults{FailCode: 131057}, "T", ana, text, whatsapp.ClassRetryLater, 131057},
		{"to ourselves", whatsapp.Faults{}, "T", frontdesk.Identity{Phone: "+33478000000"}, text, whatsapp.ClassBug, 131021},
		{"no recipient", whatsapp.Faults{}, "T", frontdesk.Identity{ExternalID: "nobody"}, text, whatsapp.ClassBug, 0},
		{"nothing to say", whatsapp.Faults{}, "T", ana, frontdesk.Reply{}, whatsapp.ClassBug, 0},
		{"more than a bubble", whatsapp.Faults{}, "T", ana, frontdesk.Reply{Text: strings.Repeat("word ", 2000)}, whatsapp.ClassBug, 0},
		{"row without an id", whatsapp.Faults{}, "T", ana, frontdesk.Reply{Text: "x", List: &frontdesk.List{Rows: []frontdesk.Row{{Title: "A"}}}}, whatsapp.ClassBug, 0},
		{"unknown template", whatsapp.Faults{}, "T", ana, template("missing", "fr", nil), whatsapp.ClassBug, 132001},
		{"template in another language", whatsapp.Faults{}, "T", ana, template("reminder", "en", nil), whatsapp.ClassBug, 132001},
		{"too few variables", whatsapp.Faults{}, "T", ana, template("reminder", "en_US", map[string]string{"day": "x"}), whatsapp.ClassBug, 132000},
		{"wrong variable", whatsapp.Faults{}, "T", ana, template("reminder", "en_US", map[string]string{"day": "x", "nom": "y"}), whatsapp.ClassBug, 100},
		{"paused template", whatsapp.Faults{}, "T", ana, template("paused", "fr", nil), whatsapp.ClassUndeliverable, 132015},
		{"answer never comes", whatsapp.Faults{TimeoutAfterAccept: true}, "T", ana, text, whatsapp.ClassUncertain, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newGraph(t, nil)
			b.addTemplates()
			b.standIn.SetFaults(tt.faults)
			b.account.Token = tt.token
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			if !tt.faults.TimeoutAfterAccept {
				ctx = t.Context()
			}
			_, err := b.client.Send(ctx, b.account, tt.to, tt.reply, "m1")
			var failed *whatsapp.SendError
			if !errors.As(err, &failed) || failed.Class != tt.class || failed.Code != tt.code {
				t.Fatalf("got %v, want class %s and code %d", err, tt.class, tt.code)
			}
			if strings.Contains(err.Error(), anaNumber) || strings.Contains(err.Error(), "T\"") {
				t.Errorf("the error tells of the recipient: %v", err)
			}
			want := 0
			if tt.class == whatsapp.ClassUncertain {
				want = 1
			}
			if n := b.standIn.Sends("m1"); n != want {
				t.Errorf("%d messages were sent, want %d", n, want)
			}
		})
	}
}

func TestSendOutsideTheWindowFailsByStatus(t *testing.T) {
	t.Parallel()
	b := newGraph(t, nil)
	b.addTemplates()
	b.clock.pass(25 * time.Hour)
	if _, err := b.client.Send(t.Context(), b.account, ana, frontdesk.Reply{Text: "Late"}, "late"); err != nil {
		t.Fatal(err)
	}
	b.wait(t, func() bool { return len(b.states) == 1 })
	if s := b.states[0]; s.State != frontdesk.DeliveryFailed || s.ErrorCode != 131047 || whatsapp.RuleOf(s.ErrorCode).Class != whatsapp.ClassWindowClosed {
		t.Errorf("status %+v", s)
	}
	template := frontdesk.Reply{Template: &frontdesk.Template{Name: "ten", Language: "fr", Variables: map[string]string{"1": "a", "2": "b", "3": "c", "4": "d", "5": "e", "6": "f", "7": "g", "8": "h", "9": "i", "10": "j"}}}
	if _, err := b.client.Send(t.Context(), b.account, ana, template, "template"); err != nil {
		t.Fatal(err)
	}
	b.wait(t, func() bool { return len(b.states) == 3 })
}

func TestSendToAUserIDAndToNobody(t *testing.T) {
	t.Parallel()
	b := newGraph(t, nil)
	bo, err := b.standIn.AddPerson("Bo", "33600000001", true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.standIn.Write("PN1", bo.Number, whatsapp.Written{Text: "Hello"}); err != nil {
		t.Fatal(err)
	}
	b.wait(t, func() bool { return len(b.inbox) == 1 })
	if from := b.inbox[0].From; from.Phone != "" || from.UserID != bo.UserID {
		t.Fatalf("a person with a username came as %+v", from)
	}
	if _, err := b.client.Send(t.Context(), b.account, frontdesk.Identity{ExternalID: b.inbox[0].From.Key()}, frontdesk.Reply{Text: "Hi Bo"}, "bo"); err != nil {
		t.Fatal(err)
	}
	if n := len(b.standIn.Bubbles("PN1", bo.Number)); n != 2 {
		t.Errorf("Bo's chat has %d bubbles, want 2", n)
	}
	if _, err := b.client.Send(t.Context(), b.account, frontdesk.Identity{Phone: "+33699999999"}, frontdesk.Reply{Text: "Hi"}, "nobody"); err != nil {
		t.Fatal(err)
	}
	b.wait(t, func() bool {
		for _, s := range b.states {
			if s.Callback == "nobody" {
				return s.ErrorCode == 131026
			}
		}
		return false
	})
}

func TestConnectErrorsAreDefinite(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	client := whatsapp.NewClient(whatsapp.ClientConfig{})
	t.Cleanup(client.Close)
	_, err = client.Send(t.Context(), whatsapp.Account{PhoneNumberID: "PN1", BaseURL: address}, ana, frontdesk.Reply{Text: "x"}, "m")
	if whatsapp.ClassOf(err) != whatsapp.ClassRetry {
		t.Errorf("connection refused is %v, want retry", err)
	}
}

func TestAnswersWithoutMetasBody(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		status int
		body   string
		class  whatsapp.Class
	}{
		{"gateway time-out", 504, "<html>", whatsapp.ClassUncertain},
		{"bad gateway", 502, "", whatsapp.ClassUncertain},
		{"429", 429, "", whatsapp.ClassRetryLater},
		{"401", 401, "", whatsapp.ClassStopAlert},
		{"404", 404, "", whatsapp.ClassBug},
		{"redirect", 302, "", whatsapp.ClassBug},
		{"200 without json", 200, "ok", whatsapp.ClassUncertain},
		{"200 without an id", 200, `{"messages":[]}`, whatsapp.ClassUncertain},
		{"code wins over the status", 400, `{"error":{"code":130429}}`, whatsapp.ClassRetry},
		{"code as text", 400, `{"error":{"code":"131047"}}`, whatsapp.ClassWindowClosed},
		{"error without a code", 500, `{"error":{}}`, whatsapp.ClassUncertain},
		{"200 with an error", 200, `{"error":"x"}`, whatsapp.ClassUncertain},
		{"cut off", -1, "", whatsapp.ClassUncertain},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if tt.status < 0 {
					conn, _, err := http.NewResponseController(w).Hijack()
					if err == nil {
						_ = conn.Close()
					}
					return
				}
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tt.status)
				_, _ = w.Write([]byte(tt.body))
			}))
			t.Cleanup(server.Close)
			client := whatsapp.NewClient(whatsapp.ClientConfig{})
			t.Cleanup(client.Close)
			_, err := client.Send(t.Context(), whatsapp.Account{PhoneNumberID: "PN1", BaseURL: server.URL}, ana, frontdesk.Reply{Text: "x"}, "m")
			if whatsapp.ClassOf(err) != tt.class {
				t.Errorf("%v, want %s", err, tt.class)
			}
		})
	}
}

func TestClientKeepsThePairRate(t *testing.T) {
	t.Parallel()
	b := newGraph(t, nil)
	send := func() error {
		_, err := b.client.Send(t.Context(), b.account, ana, frontdesk.Reply{Text: "x"}, "m")
		return err
	}
	for i := range 40 {
		if err := send(); err != nil {
			t.Fatalf("message %d of a burst: %v", i, err)
		}
	}
	var held *whatsapp.SendError
	if err := send(); !errors.As(err, &held) || held.Class != whatsapp.ClassPairRate || held.Code != 0 || held.RetryAfter != 6*time.Second {
		t.Fatalf("message 41: %v", err)
	}
	if n := b.standIn.Sends("m"); n != 40 {
		t.Errorf("%d messages left, want 40", n)
	}
	b.clock.pass(6 * time.Second)
	if err := send(); err != nil {
		t.Errorf("after 6 s: %v", err)
	}
}

func TestMarkReadAndTyping(t *testing.T) {
	t.Parallel()
	b := newGraph(t, nil)
	id, err := b.standIn.Write("PN1", anaNumber, whatsapp.Written{Text: "Hello"})
	if err != nil {
		t.Fatal(err)
	}
	changes, stop := b.standIn.Watch()
	defer stop()
	if err := b.client.MarkRead(t.Context(), b.account, id, true); err != nil {
		t.Fatal(err)
	}
	if state := b.standIn.Bubbles("PN1", anaNumber)[0].State; state != "read" {
		t.Errorf("state %q", state)
	}
	for c := range changes {
		if c.Kind == "typing" {
			break
		}
	}
	if err := b.client.MarkRead(t.Context(), b.account, "wamid.unknown", false); whatsapp.ClassOf(err) != whatsapp.ClassBug {
		t.Errorf("unknown message: %v", err)
	}
}

func TestMediaComesAndGoes(t *testing.T) {
	t.Parallel()
	b := newGraph(t, nil)
	content := []byte(strings.Repeat("voice", 1000))
	_, err := b.standIn.Write("PN1", anaNumber, whatsapp.Written{Media: &whatsapp.SentMedia{Kind: "audio", MIME: "audio/ogg; codecs=opus", Voice: true, Content: content}})
	if err != nil {
		t.Fatal(err)
	}
	b.wait(t, func() bool { return len(b.inbox) == 1 })
	id := b.inbox[0].Media.ProviderID
	file, err := b.client.Download(t.Context(), b.account, id, 1<<20)
	sum := sha256.Sum256(content)
	if err != nil || string(file.Bytes) != string(content) || file.SHA256 != hex.EncodeToString(sum[:]) || file.MIME != "audio/ogg; codecs=opus" {
		t.Errorf("download: %d bytes, %q, %v", len(file.Bytes), file.MIME, err)
	}
	if _, err := b.client.Download(t.Context(), b.account, id, 4999); !errors.Is(err, whatsapp.ErrMediaTooLarge) {
		t.Errorf("above the bound: %v", err)
	}
	if _, err := b.client.Download(t.Context(), b.account, "404", 10); whatsapp.ClassOf(err) != whatsapp.ClassBug {
		t.Errorf("unknown media: %v", err)
	}
	for name, upload := range map[string]struct {
		mime    string
		content []byte
	}{"a program": {"application/x-executable", content}, "nothing": {"application/pdf", nil}, "a huge picture": {"image/png", make([]byte, 6<<20)}} {
		if _, err := b.client.Upload(t.Context(), b.account, "f", upload.mime, upload.content); whatsapp.ClassOf(err) != whatsapp.ClassBug {
			t.Errorf("upload of %s: %v", name, err)
		}
	}
}

// graphOf answers a media look-up with this address.
func graphOf(t *testing.T, address func(own string) string, sha string) (*whatsapp.Client, whatsapp.Account) {
	t.Helper()
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/file") {
			_, _ = w.Write([]byte("content"))
			return
		}
		_, _ = w.Write([]byte(`{"url":"` + address(server.URL) + `","mime_type":"image/png","file_size":7,"sha256":"` + sha + `"}`))
	}))
	t.Cleanup(server.Close)
	client := whatsapp.NewClient(whatsapp.ClientConfig{})
	t.Cleanup(client.Close)
	return client, whatsapp.Account{PhoneNumberID: "PN1", Token: "T", BaseURL: server.URL}
}

func TestTokenGoesToMetaOnly(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"https://evil.example/file", "http://lookaside.fbsbx.com/file", "https://fbsbx.com.evil.example/file", "https://lookaside.fbsbx.com:8443/file",
		"https://lookaside.fbsbx.com@evil.example/file", "https://notfacebook.com/file", "file:///etc/passwd", "//evil.example/file", "",
	} {
		client, account := graphOf(t, func(string) string { return address }, "")
		if _, err := client.Download(t.Context(), account, "1", 100); !errors.Is(err, whatsapp.ErrMediaHost) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestDownloadChecksTheHash(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256([]byte("content"))
	own := func(own string) string { return own + "/file" }
	client, account := graphOf(t, own, hex.EncodeToString(sum[:]))
	if _, err := client.Download(t.Context(), account, "1", 100); err != nil {
		t.Errorf("hash in hex: %v", err)
	}
	client, account = graphOf(t, own, strings.Repeat("0", 64))
	if _, err := client.Download(t.Context(), account, "1", 100); !errors.Is(err, whatsapp.ErrMediaChanged) {
		t.Errorf("other hash: %v", err)
	}
}

func TestTemplatesAndHealth(t *testing.T) {
	t.Parallel()
	b := newGraph(t, nil)
	b.addTemplates()
	for i := range 230 {
		b.standIn.AddTemplate("WABA1", whatsapp.TemplateInfo{Name: "t" + strings.Repeat("x", i), Language: "fr", Body: "x", Footer: "f"})
	}
	templates, err := b.client.Templates(t.Context(), b.account)
	if err != nil || len(templates) != 233 {
		t.Fatalf("%d templates, %v", len(templates), err)
	}
	if first := templates[0]; first.Name != "reminder" || !first.Approved() || first.Category != "UTILITY" || len(first.Buttons) != 2 {
		t.Errorf("first template %+v", first)
	}
	if templates[2].Approved() {
		t.Error("a paused template counts as approved")
	}
	health, err := b.client.Health(t.Context(), b.account)
	if err != nil || health.CanSend != "AVAILABLE" || health.Name != "Clinic" {
		t.Errorf("health %+v, %v", health, err)
	}
	if err := b.standIn.Decide("PN1", "paused", "APPROVED"); err != nil {
		t.Fatal(err)
	}
	b.wait(t, func() bool { return len(b.events) == 1 })
	if e := b.events[0]; e.Event != "APPROVED" || e.Name != "paused" {
		t.Errorf("event %+v", e)
	}
}

func TestEveryCodeOfTheDigestHasItsRule(t *testing.T) {
	t.Parallel()
	classes := map[whatsapp.Class][]int{
		whatsapp.ClassStopAlert:  {0, 190, 3, 10, 200, 250, 299, 131005, 131048, 133016, 131064, 131031, 368, 131037, 131042, 131045, 133010},
		whatsapp.ClassRetry:      {1, 2, 131000, 131016, 133004, 130429, 131053},
		whatsapp.ClassRetryLater: {4, 80007, 131057, 2494100},
		whatsapp.ClassPairRate:   {131056}, whatsapp.ClassWindowClosed: {131047},
		whatsapp.ClassUndeliverable: {131026, 131049, 131050, 130472, 130497, 131062, 131063, 131030, 131044, 132015, 132016, 132068, 132069, 137000, 138000, 138018, 999999, -1},
		whatsapp.ClassBug:           {131051, 131052, 131008, 131009, 100, 33, 135000, 131021, 132000, 132001, 132005, 132007, 132008, 132012},
	}
	for class, codes := range classes {
		for _, code := range codes {
			if got := whatsapp.RuleOf(code); got.Class != class {
				t.Errorf("code %d is %s, want %s", code, got.Class, class)
			}
		}
	}
	if whatsapp.ClassOf(nil) != "" || whatsapp.ClassOf(errors.New("x")) != whatsapp.ClassUncertain {
		t.Error("errors of others are not uncertain")
	}
}
