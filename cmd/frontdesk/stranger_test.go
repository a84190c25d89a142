package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/httpd"
	"frontdesk/internal/testdb"
	"frontdesk/staff"
	"frontdesk/store"
)

// secretOfOthers is in all that the other clinic has to hide.
const secretOfOthers = "zwetschgenkuchen"

// building is the service in this process, on a database of the test's own.
type building struct {
	*service
	db *testdb.Database
}

func newBuilding(t *testing.T) *building {
	t.Helper()
	db := testdb.New(t)
	settings, err := readSettings(func(name string) string {
		return map[string]string{"FRONTDESK_HOME": t.TempDir(), "EMBEDDINGS_URL": "http://127.0.0.1:1", "EMBEDDINGS_MODEL": "none"}[name]
	})
	if err != nil {
		t.Fatal(err)
	}
	settings.keys = [][]byte{db.Key}
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	w := &parts{settings: settings, log: quiet, quiet: quiet, now: time.Now, db: db.DB}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := w.openTexts(); err != nil {
		t.Fatal(err)
	}
	s, err := newService(t.Context(), w, serviceOptions{appSecrets: []string{"secret"}, verifyToken: "v", unpaced: true})
	if err != nil {
		t.Fatal(err)
	}
	return &building{s, db}
}

// belongings are the ids of what a clinic has, by the name under which a form or an
// address says it.
type belongings map[string]string

// fill gives a clinic one of everything.
func (b *building) fill(t *testing.T, clinic frontdesk.Clinic) belongings {
	t.Helper()
	ctx := t.Context()
	account, err := b.conversations.AddAccount(ctx, conversation.Account{Clinic: clinic.ID, Channel: frontdesk.ChannelWhatsApp, Provider: "1" + string(clinic.ID), Business: "b", Token: "t"})
	if err != nil {
		t.Fatal(err)
	}
	from := frontdesk.Sender{UserID: "FR.1", Phone: "33612345678"}
	batch := frontdesk.InboundBatch{Account: account.Provider, Messages: []frontdesk.Inbound{{
		ProviderID: "wamid.1", From: from, ProfileName: secretOfOthers, Kind: frontdesk.KindText, Text: "Bonjour " + secretOfOthers, At: time.Now(),
	}}}
	if err := b.engine.Receive(ctx, frontdesk.ChannelWhatsApp, batch); err != nil {
		t.Fatal(err)
	}
	list, err := b.conversations.Conversations(ctx, clinic.ID, 1)
	if err != nil || len(list) != 1 {
		t.Fatalf("%d conversations, %v", len(list), err)
	}
	key := conversation.Key{Clinic: clinic.ID, Conversation: list[0].ID}
	if err := b.engine.TakePen(ctx, key, "somebody"); err != nil {
		t.Fatal(err)
	}
	tickets, err := b.conversations.TicketsOf(ctx, key)
	if err != nil || len(tickets) != 1 {
		t.Fatalf("%d tickets, %v", len(tickets), err)
	}
	lines, err := b.conversations.Transcript(ctx, key, 1)
	if err != nil || len(lines) != 1 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	if err := b.conversations.Sort(ctx, key, store.Sorting{Tags: []string{secretOfOthers}, Note: secretOfOthers}); err != nil {
		t.Fatal(err)
	}
	has := belongings{"conversation": string(key.Conversation), "contact": string(list[0].Contact), "ticket": string(tickets[0].ID), "message": string(lines[0].ID)}
	b.fillDesk(t, clinic, has)
	return has
}

// fillDesk adds what staff made.
func (b *building) fillDesk(t *testing.T, clinic frontdesk.Clinic, has belongings) {
	t.Helper()
	ctx := t.Context()
	door, err := b.parts.door()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := door.Invite(ctx, staff.User{Clinic: clinic.ID, Email: secretOfOthers + string(clinic.ID) + "@example.org", Name: secretOfOthers, Role: staff.RoleOwner}, "test"); err != nil {
		t.Fatal(err)
	}
	users, err := b.db.Users(ctx, clinic.ID)
	if err != nil || len(users) == 0 {
		t.Fatal(err)
	}
	if err := b.db.SaveReply(ctx, clinic.ID, store.SavedReply{Name: secretOfOthers, Language: "fr", Text: secretOfOthers}); err != nil {
		t.Fatal(err)
	}
	replies, err := b.db.SavedReplies(ctx, clinic.ID)
	if err != nil || len(replies) != 1 {
		t.Fatal(err)
	}
	notice, err := b.db.PublishNotice(ctx, clinic.ID, frontdesk.Notice{Text: secretOfOthers, Language: "fr", From: time.Now(), To: time.Now().Add(time.Hour)}, "test")
	if err != nil {
		t.Fatal(err)
	}
	access, secret, err := b.db.AddAccess(ctx, staff.Access{Clinic: clinic.ID, Name: secretOfOthers, Scopes: staff.Scopes(), By: "test"})
	if err != nil {
		t.Fatal(err)
	}
	hook, err := b.db.AddWebhook(ctx, clinic.ID, store.Webhook{URL: "https://example.org/" + secretOfOthers, Events: store.WebhookEvents(), By: "test"})
	if err != nil {
		t.Fatal(err)
	}
	has["user"], has["reply"], has["notice"], has["token"], has["webhook"], has["bearer"] = string(users[0].ID), replies[0].ID, notice, access.ID, hook.ID, secret
	has["turn"], has["gap"], has["delivery"], has["source"] = idOf(t), idOf(t), idOf(t), secretOfOthers
	batch := &pgx.Batch{}
	now := time.Now()
	batch.Queue(`INSERT INTO turn (clinic_id, turn_id, conversation_id, episode_id, at, received_at, outcome, mode, language, labels, record) VALUES ($1, $2, $3, $3, $4, $4, 'answered', 'quote', 'fr', '{}', '')`,
		clinic.ID, has["turn"], has["conversation"], now)
	batch.Queue(`INSERT INTO gap (clinic_id, gap_id, turn_id, question, language, at, closed_by) VALUES ($1, $2, $3, '', 'fr', $4, '')`, clinic.ID, has["gap"], has["turn"], now.AddDate(-1, 0, 0))
	batch.Queue(`INSERT INTO webhook_delivery (clinic_id, delivery_id, webhook_id, event, subject_id, at, failed_at) VALUES ($1, $2, $3, 'ticket.opened', $4, $5, $5)`, clinic.ID, has["delivery"], has["webhook"], has["ticket"], now)
	batch.Queue(`INSERT INTO source (clinic_id, source_id, kind, name, location, location_hash, url, site, version, created_at, etag, last_modified, check_code) VALUES ($1, $2, 'text', $3, $3, '\x00', '', '', 1, $4, '', '', '')`, clinic.ID, idOf(t), secretOfOthers, now)
	if err := b.db.InClinicBatch(ctx, clinic.ID, batch); err != nil {
		t.Fatal(err)
	}
}

func idOf(t *testing.T) string {
	t.Helper()
	id, err := frontdesk.NewID(time.Now(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// contents is a fingerprint of all rows of a clinic, by table.
func contents(t *testing.T, owner *pgx.Conn, clinic frontdesk.ClinicID) map[string]string {
	t.Helper()
	rows, err := owner.Query(t.Context(), `SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attname = 'clinic_id'`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(tables) < 30 {
		t.Fatalf("%d tables, %v", len(tables), err)
	}
	all := map[string]string{}
	for _, table := range tables {
		var sum string
		if err := owner.QueryRow(t.Context(), `SELECT md5(COALESCE(string_agg(t::text, '|' ORDER BY t::text), '')) FROM `+pgx.Identifier{table}.Sanitize()+` t WHERE clinic_id = $1`, clinic).Scan(&sum); err != nil {
			t.Fatal(err)
		}
		all[table] = sum
	}
	return all
}

// formOf is a form with the belongings of a clinic in every field that names a thing,
// and a harmless value in the others. A route whose form nobody wrote down here is
// asked with all belongings under their own names.
func formOf(path string, has belongings) url.Values {
	form := url.Values{}
	for name, id := range has {
		form.Set(name, id)
	}
	for name, value := range map[string]string{
		"text": "hello", "reason": "done", "assignee": has["user"], "team": "reception", "gaps": has["gap"], "question": "q", "answer": "a", "language": "fr",
		"revision": "1", "name": "n", "email": "new@example.org", "role": "agent", "to": "2099-01-01", "url": "https://example.org/", "event": "ticket.opened", "scope": "tickets",
		"case": has["gap"], "turn": has["turn"], "id": has["conversation"], "contact": has["contact"], "entry": has["gap"], "site": has["gap"],
	} {
		form.Set(name, value)
	}
	if path == "/console/team/invite" || path == "/console/team/disable" { // the user is who it is about
		form.Del("email")
	}
	return form
}

// TestNoRouteReachesAnotherClinic asks every route of the console and the API, as
// every role of a clinic, for the things of another clinic by their real ids. The
// routes come from the server's own table, so none can be forgotten.
func TestNoRouteReachesAnotherClinic(t *testing.T) {
	t.Parallel()
	b := newBuilding(t)
	other, own := b.db.Clinic(t, "Other"), b.db.Clinic(t, "Own")
	has := b.fill(t, other)
	owner, err := pgx.Connect(t.Context(), b.db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close(context.WithoutCancel(t.Context()))
	before := contents(t, owner, other.ID)
	door, err := b.parts.door()
	if err != nil {
		t.Fatal(err)
	}
	_, bearer, err := b.db.AddAccess(t.Context(), staff.Access{Clinic: own.ID, Name: "crm", Scopes: staff.Scopes(), By: "test"})
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for i, role := range staff.Roles() {
		user := staff.User{Clinic: own.ID, Email: fmt.Sprintf("%d@example.org", i), Name: "Own " + string(role), Role: role}
		if _, err := door.Invite(t.Context(), user, "test"); err != nil {
			t.Fatal(err)
		}
		user, _, err := b.db.FindUser(t.Context(), user.Email)
		if err != nil {
			t.Fatal(err)
		}
		for _, route := range b.server.Addresses() {
			if route.Scope != "" && i > 0 {
				continue // a token has no role
			}
			token, err := door.Open(t.Context(), user) // anew: one of the routes ends it
			if err != nil {
				t.Fatal(err)
			}
			if route.Scope == "" {
				bearer := "frontdesk_session=" + token.Secret
				w := b.ask(t, route, has, http.Header{"Cookie": {bearer}})
				checkStranger(t, route, role, w)
			} else {
				checkStranger(t, route, "token", b.ask(t, route, has, http.Header{"Authorization": {"Bearer " + bearer}}))
			}
			asked++
			if user, _, err = b.db.LoadUser(t.Context(), own.ID, user.ID); err != nil || !user.Disabled.IsZero() {
				t.Fatalf("%s %s: our own user is gone: %v", route.Method, route.Path, err)
			}
		}
		if after := contents(t, owner, other.ID); !mapsEqual(t, role, before, after) {
			before = after
		}
	}
	if asked < 250 {
		t.Errorf("only %d requests were made", asked)
	}
	// The ids are real: their own clinic reaches them.
	w := b.ask(t, httpd.Address{Method: http.MethodGet, Path: "/api/v1/conversations/:id", Scope: staff.ScopeConversations}, has, http.Header{"Authorization": {"Bearer " + has["bearer"]}})
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), secretOfOthers) {
		t.Errorf("their own clinic: %d %s", w.Code, w.Body)
	}
}

// ask puts the ids of a clinic wherever a route takes one.
func (b *building) ask(t *testing.T, route httpd.Address, has belongings, header http.Header) *httptest.ResponseRecorder {
	t.Helper()
	path := route.Path
	for name, id := range has {
		path = strings.ReplaceAll(path, ":"+name, url.PathEscape(id))
	}
	path = strings.ReplaceAll(path, ":id", has[map[bool]string{true: "ticket", false: "conversation"}[strings.Contains(path, "ticket")]])
	if strings.Contains(path, ":") {
		t.Fatalf("%s takes a parameter that this test does not know: add it to what a clinic has", route.Path)
	}
	form := formOf(route.Path, has)
	body := ""
	switch {
	case route.Path == "/api/v1/ask":
		body = "no JSON"
	case route.Method == http.MethodPost:
		body = form.Encode()
	case !strings.HasPrefix(route.Path, "/api/") && !strings.Contains(route.Path, "figures"):
		path += "?name=" + url.QueryEscape(has["source"]) + "&conversation=" + has["conversation"] + "&q=" + secretOfOthers + "&tag=" + secretOfOthers + "&view=everything&" + form.Encode()
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if strings.HasPrefix(route.Path, "/console/events") { // it ends with its client
		ctx, cancel = context.WithTimeout(ctx, 200*time.Millisecond)
		defer cancel()
	}
	r := httptest.NewRequestWithContext(ctx, route.Method, path, strings.NewReader(body))
	for name, values := range header {
		r.Header[name] = values
	}
	if route.Method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	b.server.ServeHTTP(w, r)
	return w
}

// checkStranger refuses an answer that gives something away: one about another
// clinic's thing, named in the address, is an error, and no answer holds its words
// but where the page repeats what was typed.
func checkStranger(t *testing.T, route httpd.Address, role staff.Role, w *httptest.ResponseRecorder) {
	t.Helper()
	if w.Code >= 500 && w.Code != http.StatusServiceUnavailable {
		t.Errorf("%s: %s %s: %d\n%.300s", role, route.Method, route.Path, w.Code, w.Body)
	}
	named := strings.Contains(route.Path, ":")
	refused := w.Code == http.StatusNotFound || w.Code == http.StatusForbidden || w.Code == http.StatusConflict || w.Code == http.StatusBadRequest
	if named && !refused {
		t.Errorf("%s: %s %s for another clinic's thing: %d", role, route.Method, route.Path, w.Code)
	}
	if route.Right != "" && !role.May(route.Right) && w.Code != http.StatusForbidden {
		t.Errorf("%s may not: %s %s: %d", role, route.Method, route.Path, w.Code)
	}
	text := strings.ReplaceAll(w.Body.String(), `value="`+secretOfOthers, "") // the search that was typed
	if strings.Contains(text, secretOfOthers) && !slices.Contains([]string{"/console/inbox"}, route.Path) {
		t.Errorf("%s: %s %s gives away another clinic's words:\n%.2000s", role, route.Method, route.Path, text)
	}
}

// mapsEqual names the tables of the other clinic that changed.
func mapsEqual(t *testing.T, role staff.Role, before, after map[string]string) bool {
	t.Helper()
	same := true
	for table, sum := range before {
		if after[table] != sum {
			same = false
			t.Errorf("%s changed %s of the other clinic", role, table)
		}
	}
	return same
}

// openTicket makes a conversation with a ticket and returns the ticket's id.
func (b *building) openTicket(t *testing.T, clinic frontdesk.ClinicID, at time.Time) string {
	t.Helper()
	ticket, conversation := idOf(t), idOf(t)
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO channel_account (clinic_id, account_id, channel, sealed, created_at) VALUES ($1, $2, 'whatsapp', '', $3)`, clinic, conversation, at)
	batch.Queue(`INSERT INTO contact (clinic_id, contact_id, created_at) VALUES ($1, $2, $3)`, clinic, conversation, at)
	batch.Queue(`INSERT INTO conversation (clinic_id, conversation_id, account_id, contact_id, recipient, window_at, episode_id, created_at) VALUES ($1, $2, $2, $2, '', $3, $2, $3)`, clinic, conversation, at)
	batch.Queue(`INSERT INTO ticket (clinic_id, ticket_id, conversation_id, episode_id, team, priority, reason, opened_at, updated_at) VALUES ($1, $2, $3, $3, 'reception', 'normal', 'asked', $4, $4)`, clinic, ticket, conversation, at)
	if err := b.db.InClinicBatch(t.Context(), clinic, batch); err != nil {
		t.Fatal(err)
	}
	return ticket
}
