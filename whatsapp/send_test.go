package whatsapp_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"frontdesk"
	"frontdesk/whatsapp"
)

// The clock runs while the connection is made; a message that must have started by
// then is not sent at all.
func TestMessageThatWouldStartTooLateIsHeldBack(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name    string
		startBy time.Time
		class   whatsapp.Class
		read    int64
	}{
		{"the connection took longer", began.Add(time.Second), whatsapp.ClassRetry, 0},
		{"in time", began.Add(3 * time.Second), "", 1},
		{"whenever", time.Time{}, "", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var read atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if body, err := io.ReadAll(r.Body); err == nil && len(body) > 0 {
					read.Add(1)
				}
				_, _ = io.WriteString(w, `{"messages":[{"id":"wamid.1"}]}`)
			}))
			t.Cleanup(server.Close)
			var dialled atomic.Bool
			transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				dialled.Store(true)
				return new(net.Dialer).DialContext(ctx, network, address)
			}}
			client := whatsapp.NewClient(whatsapp.ClientConfig{HTTP: &http.Client{Transport: transport}, Now: func() time.Time {
				if dialled.Load() {
					return began.Add(2 * time.Second)
				}
				return began
			}})
			t.Cleanup(client.Close)
			_, err := client.SendBy(t.Context(), whatsapp.Account{PhoneNumberID: "PN1", BaseURL: server.URL}, ana, frontdesk.Reply{Text: "x"}, "m", tt.startBy)
			if whatsapp.ClassOf(err) != tt.class && (err != nil || tt.class != "") {
				t.Errorf("%v, want %q", err, tt.class)
			}
			if read.Load() != tt.read {
				t.Errorf("%d messages arrived, want %d", read.Load(), tt.read)
			}
		})
	}
}

func TestTemplatesShowWhatHasToBeFilledIn(t *testing.T) {
	t.Parallel()
	b := newGraph(t, nil)
	b.standIn.AddTemplate(b.account.BusinessID, whatsapp.TemplateInfo{Name: "news", Language: "fr", Header: "Pour {{1}}", Body: "Bonjour {{prenom}}, à {{heure}}.", Buttons: []string{"Oui"}})
	listed, err := b.client.Templates(t.Context(), b.account)
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range listed {
		if found.Name != "news" {
			continue
		}
		want := []whatsapp.TemplatePiece{{Text: "Pour "}, {Variable: "header:1"}, {}, {Text: "\n\n"}, {Text: "Bonjour "}, {Variable: "prenom"}, {Text: ", à "}, {Variable: "heure"}, {Text: "."}}
		if got := found.Pieces(); !slices.Equal(got, want) || found.Special {
			t.Errorf("%q, special %v; want %q", got, found.Special, want)
		}
		return
	}
	t.Error("the template is not listed")
}

func TestACallButtonIsTaken(t *testing.T) {
	t.Parallel()
	b := newGraph(t, nil)
	for _, minutes := range []int{0, 90, 100_000} { // kept within the platform's bounds
		reply := frontdesk.Reply{Text: "Somebody answers here.", Call: &frontdesk.Call{Title: "Call the clinic at the harbour", Minutes: minutes}}
		if _, err := b.client.Send(t.Context(), b.account, ana, reply, "call"); err != nil {
			t.Errorf("%d minutes: %v", minutes, err)
		}
	}
}
