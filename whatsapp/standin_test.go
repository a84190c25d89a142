package whatsapp_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"frontdesk"
	"frontdesk/whatsapp"
)

// post sends raw JSON to the stand-in, as a client with bugs would.
func (b *graphBundle) post(t *testing.T, path, token, body string) (status, code int) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.account.BaseURL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		Error struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
			TraceID string `json:"fbtrace_id"`
		} `json:"error"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if response.StatusCode >= 400 && (answer.Error.Message == "" || answer.Error.TraceID == "") {
		t.Errorf("HTTP %d without Meta's error body", response.StatusCode)
	}
	http.DefaultClient.CloseIdleConnections()
	return response.StatusCode, answer.Error.Code
}

func TestStandInRefusesWhatMetaRefuses(t *testing.T) {
	t.Parallel()
	b := newGraph(t, nil)
	long := func(n int) string { return strings.Repeat("x", n) }
	button := func(id, title string) string {
		return `{"type":"reply","reply":{"id":"` + id + `","title":"` + title + `"}}`
	}
	buttons := func(body string, list ...string) string {
		return `"type":"interactive","interactive":{"type":"button","body":{"text":"` + body + `"},"action":{"buttons":[` + strings.Join(list, ",") + `]}}`
	}
	row := func(id string) string { return `{"id":"` + id + `","title":"t"}` }
	list := func(label string, sections ...string) string {
		return `"type":"interactive","interactive":{"type":"list","body":{"text":"x"},"action":{"button":"` + label + `","sections":[` + strings.Join(sections, ",") + `]}}`
	}
	var eleven []string
	for i := range 11 {
		eleven = append(eleven, row(string(rune('a'+i))))
	}
	tests := []struct {
		name, message string
		code          int
	}{
		{"a good text", `"type":"text","text":{"body":"x"}`, 0},
		{"a text at the limit", `"type":"text","text":{"body":"` + long(4096) + `"}`, 0},
		{"a text above it", `"type":"text","text":{"body":"` + long(4097) + `"}`, 131009},
		{"no body", `"type":"text","text":{}`, 131008},
		{"no content", `"type":"text"`, 131008},
		{"no such type", `"type":"poll","poll":{}`, 100},
		{"three buttons", buttons("x", button("a", "A"), button("b", "B"), button("c", "C")), 0},
		{"four buttons", buttons("x", button("a", "A"), button("b", "B"), button("c", "C"), button("d", "D")), 131009},
		{"no buttons", buttons("x"), 131009},
		{"two equal titles", buttons("x", button("a", "A"), button("b", "A")), 131009},
		{"two equal ids", buttons("x", button("a", "A"), button("a", "B")), 131009},
		{"a long title", buttons("x", button("a", long(21))), 131009},
		{"no title", buttons("x", button("a", "")), 131008},
		{"a long button body", buttons(long(1025), button("a", "A")), 131009},
		{"an empty button body", buttons("", button("a", "A")), 131008},
		{"a list", list("open", `{"rows":[`+row("a")+`]}`), 0},
		{"eleven rows", list("open", `{"rows":[`+strings.Join(eleven, ",")+`]}`), 131009},
		{"two sections without titles", list("open", `{"rows":[`+row("a")+`]}`, `{"rows":[`+row("b")+`]}`), 131008},
		{"equal row ids", list("open", `{"rows":[`+row("a")+`,`+row("a")+`]}`), 131009},
		{"a long list button", list(long(21), `{"rows":[`+row("a")+`]}`), 131009},
		{"a place", `"type":"location","location":{"latitude":"1.5","longitude":"2"}`, 0},
		{"no place on earth", `"type":"location","location":{"latitude":"91","longitude":"2"}`, 131009},
		{"an unknown file", `"type":"document","document":{"id":"1"}`, 131053},
		{"a link without a host", `"type":"interactive","interactive":{"type":"cta_url","body":{"text":"x"},"action":{"name":"cta_url","parameters":{"display_text":"Open","url":"nowhere"}}}`, 131009},
		{"long callback data", `"biz_opaque_callback_data":"` + long(513) + `","type":"text","text":{"body":"x"}`, 131009},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, code := b.post(t, "/v25.0/PN1/messages", "T", `{"messaging_product":"whatsapp","to":"+33611111111",`+tt.message+`}`)
			if code != tt.code {
				t.Errorf("code %d, want %d", code, tt.code)
			}
		})
	}
	t.Run("addresses", func(t *testing.T) {
		t.Parallel()
		text := `,"type":"text","text":{"body":"x"}}`
		for _, tt := range []struct {
			path, token, head string
			code              int
		}{
			{"/v25.0/PN1/messages", "T", `{"to":"+33611111111"`, 100}, // no messaging_product
			{"/v25.0/PN1/messages", "T", `{"messaging_product":"whatsapp","to":"+336"`, 131009},
			{"/v25.0/PN1/messages", "T", `{"messaging_product":"whatsapp","to":"Ana"`, 131009},
			{"/v25.0/PN1/messages", "T", `{"messaging_product":"whatsapp"`, 100},
			{"/v25.0/PN1/messages", "X", `{"messaging_product":"whatsapp","to":"+33611111111"`, 190},
			{"/v25.0/PN2/messages", "T", `{"messaging_product":"whatsapp","to":"+33611111111"`, 100},
			{"/messages", "T", `{"messaging_product":"whatsapp","to":"+33611111111"`, 2500},
		} {
			if _, code := b.post(t, tt.path, tt.token, tt.head+text); code != tt.code {
				t.Errorf("%s with %s: code %d, want %d", tt.path, tt.head, code, tt.code)
			}
		}
	})
}

func TestStandInPutsItsCountryBeforeABareNumber(t *testing.T) {
	t.Parallel()
	b := newGraph(t, nil)
	if _, code := b.post(t, "/v25.0/PN1/messages", "T", `{"messaging_product":"whatsapp","to":"612345678","type":"text","text":{"body":"x"}}`); code != 0 {
		t.Fatalf("code %d", code)
	}
	if n := len(b.standIn.Bubbles("PN1", anaNumber)); n != 1 {
		t.Errorf("Ana has %d messages, want 1", n)
	}
}

func TestStandInHoldsThePairRate(t *testing.T) {
	t.Parallel()
	b := newGraph(t, nil)
	body := `{"messaging_product":"whatsapp","to":"+` + anaNumber + `","type":"text","text":{"body":"x"}}`
	for range 45 {
		if _, code := b.post(t, "/v25.0/PN1/messages", "T", body); code != 0 {
			t.Fatalf("code %d within the burst", code)
		}
	}
	if _, code := b.post(t, "/v25.0/PN1/messages", "T", body); code != 131056 {
		t.Errorf("message 46: code %d, want 131056", code)
	}
}

func TestStandInRepeatsUntilTheServiceTakesIt(t *testing.T) {
	t.Parallel()
	b := newGraph(t, nil)
	b.down = true
	id, err := b.standIn.Write("PN1", anaNumber, whatsapp.Written{Text: "Is anybody there?"})
	if err != nil {
		t.Fatal(err)
	}
	if state := b.standIn.Bubbles("PN1", anaNumber)[0].State; state != "pending" {
		t.Errorf("state %q while the service is down", state)
	}
	b.mu.Lock()
	b.down = false
	b.mu.Unlock()
	b.wait(t, func() bool { return len(b.inbox) == 1 && b.inbox[0].ProviderID == id })
	waitFor(t, b.standIn, func() bool { return b.standIn.Bubbles("PN1", anaNumber)[0].State == "delivered" })
}

func TestStandInFaults(t *testing.T) {
	t.Parallel()
	t.Run("duplicates", func(t *testing.T) {
		t.Parallel()
		b := newGraph(t, nil)
		b.standIn.SetFaults(whatsapp.Faults{DuplicateWebhooks: true})
		if _, err := b.standIn.Write("PN1", anaNumber, whatsapp.Written{Text: "x"}); err != nil {
			t.Fatal(err)
		}
		b.wait(t, func() bool { return len(b.inbox) == 2 && b.inbox[0].ProviderID == b.inbox[1].ProviderID })
	})
	t.Run("statuses out of order", func(t *testing.T) {
		t.Parallel()
		b := newGraph(t, func(c *whatsapp.StandInConfig) { c.AutoRead = true })
		b.standIn.SetFaults(whatsapp.Faults{OutOfOrder: true})
		if _, err := b.client.Send(t.Context(), b.account, ana, frontdesk.Reply{Text: "x"}, "m"); err != nil {
			t.Fatal(err)
		}
		b.wait(t, func() bool { return len(b.states) == 3 })
		var states []frontdesk.DeliveryState
		for _, s := range b.states {
			states = append(states, s.State)
		}
		if !slices.Equal(states, []frontdesk.DeliveryState{frontdesk.DeliveryRead, frontdesk.DeliveryDelivered, frontdesk.DeliverySent}) {
			t.Errorf("states %v", states)
		}
		if state := b.standIn.Bubbles("PN1", anaNumber)[0].State; state != "read" {
			t.Errorf("the phone went back to %q", state)
		}
	})
	t.Run("a share", func(t *testing.T) {
		t.Parallel()
		b := newGraph(t, nil)
		b.standIn.SetFaults(whatsapp.Faults{ServerError: true, Share: 0.3})
		failed := 0
		for range 20 {
			if _, err := b.client.Send(t.Context(), b.account, ana, frontdesk.Reply{Text: "x"}, "m"); err != nil {
				failed++
			}
		}
		if failed != 6 || b.standIn.Sends("m") != 14 {
			t.Errorf("%d of 20 failed and %d were sent", failed, b.standIn.Sends("m"))
		}
	})
	t.Run("failed afterwards", func(t *testing.T) {
		t.Parallel()
		b := newGraph(t, nil)
		b.standIn.SetFaults(whatsapp.Faults{FailStatus: 131049})
		if _, err := b.client.Send(t.Context(), b.account, ana, frontdesk.Reply{Text: "x"}, "m"); err != nil {
			t.Fatal(err)
		}
		b.wait(t, func() bool { return len(b.states) == 1 && b.states[0].ErrorCode == 131049 })
	})
}

func TestInstantStandInOnlyCounts(t *testing.T) {
	t.Parallel()
	b := newGraph(t, func(c *whatsapp.StandInConfig) { c.Instant = true })
	client := whatsapp.NewClient(whatsapp.ClientConfig{Unpaced: true})
	t.Cleanup(client.Close)
	for range 100 {
		if _, err := client.Send(t.Context(), b.account, ana, frontdesk.Reply{Text: "x"}, "m"); err != nil {
			t.Fatal(err)
		}
	}
	if b.standIn.Sends("m") != 100 || b.standIn.AllSends()["m"] != 100 || len(b.standIn.Bubbles("PN1", anaNumber)) != 0 {
		t.Errorf("%d sends", b.standIn.Sends("m"))
	}
}

func TestSimulatorKeepsChatsOverARestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "chats.json")
	config := whatsapp.SimulatorConfig{
		File: file, People: []whatsapp.Person{{Name: "Ana", Number: anaNumber}},
		StandIn: whatsapp.StandInConfig{AppSecret: appSecret, WebhookURL: "http://127.0.0.1:1/", Accounts: []whatsapp.StandInAccount{{PhoneNumberID: "PN1", Token: "T", Number: "+33 4"}}},
	}
	first, err := whatsapp.NewSimulator(config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Write("PN1", anaNumber, whatsapp.Written{Text: "Before the crash"}); err != nil {
		t.Fatal(err)
	}
	first.Close()
	first.Close()

	b := newGraph(t, nil) // its webhook is up
	hook, err := whatsapp.NewWebhook(whatsapp.WebhookConfig{VerifyToken: "v", Secrets: []string{appSecret}, Receive: b.receive})
	if err != nil {
		t.Fatal(err)
	}
	config.StandIn.Webhook = hook
	second, err := whatsapp.NewSimulator(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(second.Close)
	if bubbles := second.Bubbles("PN1", anaNumber); len(bubbles) != 1 || bubbles[0].Text != "Before the crash" {
		t.Errorf("after the restart the chat is %+v", bubbles)
	}
	b.wait(t, func() bool { return len(b.inbox) == 1 && b.inbox[0].Text == "Before the crash" })

	if err := os.WriteFile(file+"2", []byte("{broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	config.File = file + "2"
	third, err := whatsapp.NewSimulator(config)
	if err != nil {
		t.Fatalf("a broken file stops the simulator: %v", err)
	}
	third.Close()
}

func TestSimulatorRefusesOtherSitesAndNonsense(t *testing.T) {
	t.Parallel()
	sim, err := whatsapp.NewSimulator(whatsapp.SimulatorConfig{
		People:  []whatsapp.Person{{Name: "Ana", Number: anaNumber}},
		StandIn: whatsapp.StandInConfig{Accounts: []whatsapp.StandInAccount{{PhoneNumberID: "PN1", Token: "T", Number: "+33 4"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	chat := "/sim/api/chats/PN1/" + anaNumber
	tests := []struct {
		name, path, site, kind, body string
		status                       int
	}{
		{"own page", chat + "/messages", "same-origin", "application/json", `{"text":"x"}`, 201},
		{"other site", chat + "/messages", "cross-site", "application/json", `{"text":"x"}`, 403},
		{"a form", chat + "/messages", "same-origin", "application/x-www-form-urlencoded", `text=x`, 415},
		{"nothing", chat + "/messages", "same-origin", "application/json", `{"text":" "}`, 400},
		{"no JSON", chat + "/messages", "same-origin", "application/json", `{`, 400},
		{"nobody", "/sim/api/chats/PN1/1/messages", "same-origin", "application/json", `{"text":"x"}`, 404},
		{"a phone without a name", "/sim/api/people", "same-origin", "application/json", `{"number":"+33612345670"}`, 400},
		{"a phone without a number", "/sim/api/people", "same-origin", "application/json", `{"name":"Bo","number":"none"}`, 400},
		{"a phone", "/sim/api/people", "same-origin", "application/json", `{"name":"Bo","number":"+33 6 12 34 56 70"}`, 201},
		{"no file", chat + "/media", "same-origin", "multipart/form-data; boundary=x", `--x--`, 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodPost, tt.path, bytes.NewBufferString(tt.body))
			r.Header.Set("Content-Type", tt.kind)
			r.Header.Set("Sec-Fetch-Site", tt.site)
			w := httptest.NewRecorder()
			sim.Handler().ServeHTTP(w, r)
			if w.Code != tt.status {
				body, _ := io.ReadAll(w.Body)
				t.Errorf("status %d (%s), want %d", w.Code, body, tt.status)
			}
		})
	}
}
