package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/internal/testdb"
	"frontdesk/staff"
	"frontdesk/store"
)

func TestATokenOpensItsClinicUntilItEnds(t *testing.T) {
	t.Parallel()
	now := noon
	db := testdb.NewAt(t, func() time.Time { return now })
	clinic, other := db.Clinic(t, "Lac"), db.Clinic(t, "Mer")
	made, secret, err := db.AddAccess(t.Context(), staff.Access{Clinic: clinic.ID, Name: "CRM", Scopes: []staff.Scope{staff.ScopeTickets}, By: "Ann", Until: noon.Add(time.Hour)})
	if err != nil || !strings.HasPrefix(secret, staff.AccessPrefix) || len(secret) < 50 {
		t.Fatalf("%q, %v", secret, err)
	}
	found, err := db.FindAccess(t.Context(), secret)
	if err != nil || found.Clinic != clinic.ID || !found.May(staff.ScopeTickets) || found.May(staff.ScopeFigures) {
		t.Errorf("%+v, %v", found, err)
	}
	if list, err := db.ListAccess(t.Context(), clinic.ID); err != nil || len(list) != 1 || !list[0].Used.Equal(noon) {
		t.Errorf("%+v, %v", list, err)
	}
	for _, wrong := range []string{"", secret + "x", strings.ToUpper(secret), made.ID} {
		_, err := db.FindAccess(t.Context(), wrong)
		wantCode(t, err, frontdesk.CodeNotFound)
	}
	wantCode(t, db.EndAccess(t.Context(), other.ID, made.ID, "Eve"), frontdesk.CodeNotFound)
	now = noon.Add(time.Hour)
	_, err = db.FindAccess(t.Context(), secret)
	wantCode(t, err, frontdesk.CodeNotFound)
	now = noon
	if err := db.EndAccess(t.Context(), clinic.ID, made.ID, "Ann"); err != nil {
		t.Fatal(err)
	}
	_, err = db.FindAccess(t.Context(), secret)
	wantCode(t, err, frontdesk.CodeNotFound)
	wantCode(t, db.EndAccess(t.Context(), clinic.ID, made.ID, "Ann"), frontdesk.CodeNotFound)
	entries, err := db.ListAudit(t.Context(), clinic.ID, 2)
	if err != nil || entries[0].Action != "token.end" || entries[1].Action != "token.add" || entries[1].Actor != "Ann" {
		t.Errorf("%+v, %v", entries, err)
	}
}

func TestNoSecretOfATokenIsAtRest(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic := db.Clinic(t, "Lac")
	_, secret, err := db.AddAccess(t.Context(), staff.Access{Clinic: clinic.ID, Name: "CRM", Scopes: staff.Scopes(), By: "Ann"})
	if err != nil {
		t.Fatal(err)
	}
	hook, err := db.AddWebhook(t.Context(), clinic.ID, store.Webhook{URL: "https://hidden.example.org/", Events: store.WebhookEvents(), By: "Ann"})
	if err != nil || len(hook.Secret) < 32 {
		t.Fatalf("%q, %v", hook.Secret, err)
	}
	owner := connect(t, db.OwnerURL)
	for _, table := range []string{"directory_access", "access_token", "webhook", "audit"} {
		rows := strings.Join(column(t, owner, "SELECT t::text FROM "+pgx.Identifier{table}.Sanitize()+" t"), "\n")
		for _, hidden := range []string{strings.TrimPrefix(secret, staff.AccessPrefix), hook.Secret, "hidden.example.org"} {
			if strings.Contains(rows, hidden) {
				t.Errorf("table %s holds %q", table, hidden)
			}
		}
	}
}

// openTicket makes a conversation with a ticket.
func openTicket(t *testing.T, db *testdb.Database, clinic frontdesk.ClinicID) (conversation, ticket string) {
	t.Helper()
	conversation, ticket = newID(t), newID(t)
	account, contact := newID(t), newID(t)
	batch := &pgx.Batch{}
	batch.Queue(`INSERT INTO channel_account (clinic_id, account_id, channel, sealed, created_at) VALUES ($1, $2, 'whatsapp', '', $3)`, clinic, account, noon)
	batch.Queue(`INSERT INTO contact (clinic_id, contact_id, created_at) VALUES ($1, $2, $3)`, clinic, contact, noon)
	batch.Queue(`INSERT INTO conversation (clinic_id, conversation_id, account_id, contact_id, recipient, window_at, episode_id, created_at) VALUES ($1, $2, $3, $4, '', $5, $2, $5)`, clinic, conversation, account, contact, noon)
	batch.Queue(`INSERT INTO ticket (clinic_id, ticket_id, conversation_id, episode_id, team, priority, reason, opened_at, updated_at) VALUES ($1, $2, $3, $3, 'reception', 'normal', 'asked', $4, $4)`, clinic, ticket, conversation, noon)
	if err := db.InClinicBatch(t.Context(), clinic, batch); err != nil {
		t.Fatal(err)
	}
	return conversation, ticket
}

func exec(t *testing.T, db *testdb.Database, clinic frontdesk.ClinicID, sql string, args ...any) {
	t.Helper()
	batch := &pgx.Batch{}
	batch.Queue(sql, args...)
	if err := db.InClinicBatch(t.Context(), clinic, batch); err != nil {
		t.Fatal(err)
	}
}

func TestEachEventIsFiledOnceForTheWebhooksThatWantIt(t *testing.T) {
	t.Parallel()
	now := noon
	db := testdb.NewAt(t, func() time.Time { return now })
	clinic, other := db.Clinic(t, "Lac"), db.Clinic(t, "Mer")
	conversations := store.NewConversations(db.DB, nil)
	var all store.Webhook
	for _, events := range [][]string{store.WebhookEvents(), {"ticket.closed"}} {
		hook, err := db.AddWebhook(t.Context(), clinic.ID, store.Webhook{URL: "https://example.org/" + events[0], Events: events, By: "Ann"})
		if err != nil {
			t.Fatal(err)
		}
		if len(events) > 1 {
			all = hook
		}
	}
	if _, err := db.AddWebhook(t.Context(), other.ID, store.Webhook{URL: "https://example.org/other", Events: store.WebhookEvents(), By: "Eve"}); err != nil {
		t.Fatal(err)
	}
	id, ticket := openTicket(t, db, clinic.ID)
	exec(t, db, clinic.ID, `UPDATE ticket SET taken_at = $2, taken_by = 'ann' WHERE clinic_id = $1`, clinic.ID, noon)
	key := keyOf(clinic.ID, id)
	for range 2 { // the second changes nothing
		if err := conversations.Sort(t.Context(), key, store.Sorting{Tags: []string{"vip"}}); err != nil {
			t.Fatal(err)
		}
	}
	exec(t, db, clinic.ID, `UPDATE ticket SET closed_at = $2 WHERE clinic_id = $1`, clinic.ID, noon)
	got := map[string]int{}
	due, err := db.DueDeliveries(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range due {
		delivery, secret, ok, err := db.ClaimDelivery(t.Context(), d, noon.Add(time.Minute))
		if err != nil || !ok || d.Clinic != clinic.ID {
			t.Fatalf("%+v, %t, %v", d, ok, err)
		}
		if delivery.Webhook == all.ID && secret != all.Secret {
			t.Error("signed by another key")
		}
		got[delivery.Event+" "+delivery.Webhook]++
		if delivery.Event != "conversation.tagged" && delivery.Subject != ticket || delivery.Event == "conversation.tagged" && delivery.Subject != id {
			t.Errorf("%+v", delivery)
		}
		if _, _, again, err := db.ClaimDelivery(t.Context(), d, noon.Add(time.Minute)); again || err != nil {
			t.Errorf("claimed twice: %v", err)
		}
	}
	for _, event := range store.WebhookEvents() {
		if got[event+" "+all.ID] != 1 {
			t.Errorf("%s was filed %d times", event, got[event+" "+all.ID])
		}
	}
	if len(got) != 5 {
		t.Errorf("filed %v", got)
	}
}

func TestADeliveryIsTriedAgainGivenUpAndTakenUp(t *testing.T) {
	t.Parallel()
	now := noon
	db := testdb.NewAt(t, func() time.Time { return now })
	clinic, other := db.Clinic(t, "Lac"), db.Clinic(t, "Mer")
	hook, err := db.AddWebhook(t.Context(), clinic.ID, store.Webhook{URL: "https://example.org", Events: []string{"ticket.opened"}, By: "Ann"})
	if err != nil {
		t.Fatal(err)
	}
	openTicket(t, db, clinic.ID)
	next := func() (store.Delivery, bool) {
		t.Helper()
		due, err := db.DueDeliveries(t.Context(), 10)
		if err != nil || len(due) == 0 {
			return store.Delivery{}, false
		}
		d, _, ok, err := db.ClaimDelivery(t.Context(), due[0], now.Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		return d, ok
	}
	d, ok := next()
	if !ok || d.Attempts != 1 {
		t.Fatalf("%+v", d)
	}
	if err := db.EndDelivery(t.Context(), d, 500, false, now.Add(10*time.Minute)); err != nil {
		t.Fatal(err)
	}
	now = noon.Add(9 * time.Minute)
	if d, ok := next(); ok {
		t.Errorf("tried before its time: %+v", d)
	}
	now = noon.Add(10 * time.Minute)
	if d, ok = next(); !ok || d.Attempts != 2 {
		t.Fatalf("%+v", d)
	}
	if err := db.EndDelivery(t.Context(), d, 410, false, time.Time{}); err != nil {
		t.Fatal(err)
	}
	failed, err := db.FailedDeliveries(t.Context(), clinic.ID, 10)
	if err != nil || len(failed) != 1 || failed[0].Status != 410 || failed[0].Attempts != 2 {
		t.Fatalf("%+v, %v", failed, err)
	}
	wantCode(t, db.RetryDelivery(t.Context(), other.ID, d.ID), frontdesk.CodeNotFound)
	if err := db.RetryDelivery(t.Context(), clinic.ID, d.ID); err != nil {
		t.Fatal(err)
	}
	if d, ok = next(); !ok || d.Attempts != 1 {
		t.Fatalf("taken up: %+v", d)
	}
	if err := db.EndDelivery(t.Context(), d, 200, true, time.Time{}); err != nil {
		t.Fatal(err)
	}
	wantCode(t, db.RetryDelivery(t.Context(), clinic.ID, d.ID), frontdesk.CodeNotFound)
	// What waits for a webhook that ended is dropped.
	openTicket(t, db, clinic.ID)
	if err := db.EndWebhook(t.Context(), clinic.ID, hook.ID, "Ann"); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	if d, ok := next(); ok {
		t.Errorf("sent after the end: %+v", d)
	}
	if due, err := db.DueDeliveries(t.Context(), 10); err != nil || len(due) != 0 {
		t.Errorf("%v is kept, %v", due, err)
	}
}

func TestSharedListsGoOnWhereTheyStoppedAndStayInTheirClinic(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic, other := db.Clinic(t, "Lac"), db.Clinic(t, "Mer")
	conversations := store.NewConversations(db.DB, nil)
	openTicket(t, db, other.ID)
	var want []string
	for i := range 5 {
		id, _ := openTicket(t, db, clinic.ID)
		want = append(want, id)
		if i == 2 {
			if err := conversations.Sort(t.Context(), keyOf(clinic.ID, id), store.Sorting{Tags: []string{"vip", "a"}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	exec(t, db, clinic.ID, `UPDATE ticket SET closed_at = $2 WHERE clinic_id = $1 AND conversation_id = $3`, clinic.ID, noon, want[0])
	var got []string
	for after := ""; ; {
		page, err := conversations.ShareConversations(t.Context(), clinic.ID, "", store.Page{After: after, Limit: 2})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page {
			got = append(got, string(c.ID))
		}
		if len(page) < 2 {
			break
		}
		after = string(page[1].ID)
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%v, want %v", got, want)
	}
	tagged, err := conversations.ShareConversations(t.Context(), clinic.ID, "vip", store.Page{Limit: 10})
	if err != nil || len(tagged) != 1 || string(tagged[0].ID) != want[2] || len(tagged[0].Tags) != 2 || tagged[0].Channel != "whatsapp" {
		t.Errorf("%+v, %v", tagged, err)
	}
	for state, n := range map[string]int{"open": 4, "closed": 1, "all": 5} {
		if tickets, err := conversations.ShareTickets(t.Context(), clinic.ID, state, store.Page{Limit: 10}); err != nil || len(tickets) != n {
			t.Errorf("%s: %d, %v", state, len(tickets), err)
		}
	}
	if tags, err := conversations.ShareTags(t.Context(), clinic.ID); err != nil || len(tags) != 2 || tags[1] != (store.TagCount{Tag: "vip", Conversations: 1}) {
		t.Errorf("%v, %v", tags, err)
	}
	if _, err := conversations.ShareConversation(t.Context(), other.ID, frontdesk.ConversationID(want[0])); frontdesk.CodeOf(err) != frontdesk.CodeNotFound {
		t.Errorf("another clinic's: %v", err)
	}
}

func keyOf(clinic frontdesk.ClinicID, id string) conversation.Key {
	return conversation.Key{Clinic: clinic, Conversation: frontdesk.ConversationID(id)}
}
