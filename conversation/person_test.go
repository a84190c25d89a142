package conversation_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/eval"
	"frontdesk/store"
)

// known is a bundle with one person of whom everything is known that can be.
func known(t *testing.T) (*bundle, conversation.Key) {
	t.Helper()
	b := setup(t, nil)
	b.responder.decide = func(_ frontdesk.Dialogue, events []frontdesk.Event) *frontdesk.Decision {
		said := events[len(events)-1].Message.Text
		return &frontdesk.Decision{
			Outcome: frontdesk.OutcomeUnanswered, Replies: []frontdesk.Reply{{Text: "re: " + said}},
			Ticket:  &frontdesk.TicketRequest{Team: "reception", Priority: frontdesk.PriorityNormal, Reason: "asked", Summary: said},
			Effects: []frontdesk.Effect{frontdesk.RecordGap{Question: said, Language: "fr"}, frontdesk.ForwardStaff{Kind: "x", Detail: said}, frontdesk.OptOut{Scope: "all"}},
			Record:  frontdesk.Record{Question: said},
		}
	}
	err := b.repo.ImportContacts(t.Context(), b.clinic.ID, []store.ImportedContact{{Phone: "+33699999991", Name: "Ada MARKERNAME", Language: "fr", Patients: []string{"Ada", "Bob MARKERCHILD"}}})
	if err != nil {
		t.Fatal(err)
	}
	b.receive(b.engine, text("33699999991", "wamid.1", "MARKERWORD marker.secret@example.org"))
	b.eventually("the answer", func() bool { return len(b.sender.all()) == 1 })
	key := b.key()
	for _, step := range []error{
		b.repo.AddNote(t.Context(), key, "ann", "MARKERNOTE"),
		b.repo.Sort(t.Context(), key, store.Sorting{Tags: []string{"markertag"}, Team: "billing", By: "ann"}),
		b.repo.SaveMedia(t.Context(), key, b.transcript(key)[0].ID, conversation.File{Bytes: []byte("MARKERFILE"), MIME: "image/png"}, false),
		b.engine.TakePen(t.Context(), key, "ann"),
		b.engine.Write(t.Context(), key, conversation.Words{Author: "ann", Text: "MARKERSTAFF"}),
	} {
		if step != nil {
			t.Fatal(step)
		}
	}
	asked := eval.Case{Lang: "fr", Turns: []eval.Turn{{Say: b.transcript(key)[0].Text}}}
	if _, err := b.db.AddCase(t.Context(), b.clinic.ID, store.Case{Origin: store.CaseFromGap, Author: "ann", Case: asked}); err != nil {
		t.Fatal(err)
	}
	b.eventually("the words of staff", func() bool { return len(b.sender.all()) == 2 })
	return b, key
}

func TestAPersonsDataIsExportedFromEveryTable(t *testing.T) {
	t.Parallel()
	b, _ := known(t)
	contacts, err := b.db.FindPerson(t.Context(), b.clinic.ID, "+33 6 99 99 99 91")
	if err != nil || len(contacts) != 1 {
		t.Fatalf("%v, %v", contacts, err)
	}
	data, err := b.db.ReadPerson(t.Context(), b.clinic.ID, contacts)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"MARKERNAME", "MARKERCHILD", "MARKERWORD", "marker.secret@example.org", "MARKERNOTE", "markertag", "MARKERSTAFF", "33699999991", "TUFSS0VSRklMRQ", `"pen"`} {
		if !bytes.Contains(raw, []byte(want)) {
			t.Errorf("the export lacks %s", want)
		}
	}
	for _, table := range []string{"contact", "contact_phone", "identity", "consent", "conversation", "message", "message_word", "turn", "outbound", "ticket", "note", "conversation_tag", "gap", "effect", "media", "media_chunk", "episode"} {
		if len(data.Tables[table]) == 0 {
			t.Errorf("nothing of %s", table)
		}
	}
	if _, err := b.db.FindPerson(t.Context(), b.clinic.ID, "+33600000000"); frontdesk.CodeOf(err) != frontdesk.CodeNotFound {
		t.Errorf("a stranger: %v", err)
	}
}

func TestAnErasedPersonIsNowhereInTheDatabase(t *testing.T) {
	t.Parallel()
	b, key := known(t)
	contacts, err := b.db.FindPerson(t.Context(), b.clinic.ID, "+33699999991")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.db.ErasePerson(t.Context(), b.clinic.ID, contacts, " "); frontdesk.CodeOf(err) != frontdesk.CodeInvalid {
		t.Errorf("in nobody's name: %v", err)
	}
	receipt, err := b.db.ErasePerson(t.Context(), b.clinic.ID, contacts, "Ann Lee")
	if err != nil {
		t.Fatal(err)
	}
	nothingSealedIsLeft(t, b)
	if _, err := b.db.FindPerson(t.Context(), b.clinic.ID, "+33699999991"); frontdesk.CodeOf(err) != frontdesk.CodeNotFound {
		t.Errorf("found again: %v", err)
	}
	if err := b.db.VerifyErasure(t.Context(), b.clinic.ID, receipt); err != nil {
		t.Errorf("the receipt: %v", err)
	}
	receipt.By = "somebody else"
	if err := b.db.VerifyErasure(t.Context(), b.clinic.ID, receipt); frontdesk.CodeOf(err) != frontdesk.CodeConflict {
		t.Errorf("a changed receipt: %v", err)
	}
	entries, err := b.db.ListAudit(t.Context(), b.clinic.ID, 10)
	if err != nil || !slices.ContainsFunc(entries, func(e store.AuditEntry) bool {
		return e.Action == "contact.erase" && strings.Contains(e.Detail, receipt.Signature)
	}) {
		t.Errorf("the audit log lacks the erasure: %v", err)
	}
	if receipt.Blanked["turn"] == 0 || receipt.Blanked["ticket"] == 0 || receipt.Deleted["eval_case"] != 1 {
		t.Errorf("receipt %+v", receipt)
	}
	b.inboxStillWorks(key)
	b.receive(b.engine, text("33699999991", "wamid.2", "hello again"))
	b.eventually("a new conversation of the same number", func() bool {
		list, err := b.repo.Conversations(t.Context(), b.clinic.ID, 10)
		return err == nil && len(list) == 2
	})
}

// nothingSealedIsLeft looks at every column of bytes in every table: the person was
// the only one, so all that is left belongs to the clinic.
func nothingSealedIsLeft(t *testing.T, b *bundle) {
	t.Helper()
	owner, err := pgx.Connect(t.Context(), b.db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close(t.Context())
	rows, err := owner.Query(t.Context(), `
		SELECT table_name, column_name FROM information_schema.columns
		 WHERE table_schema = 'public' AND data_type = 'bytea' AND table_name NOT LIKE 'river%'`)
	if err != nil {
		t.Fatal(err)
	}
	columns, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct{ Table, Column string }])
	if err != nil || len(columns) < 20 {
		t.Fatalf("%d columns, %v", len(columns), err)
	}
	ofTheClinic := []string{"clinic_key", "channel_account", "directory_account", "audit", "audit_head", "clinic", "directory_clinic", "directory_schema", "directory_key"}
	for _, c := range columns {
		if slices.Contains(ofTheClinic, c.Table) {
			continue
		}
		condition := fmt.Sprintf("octet_length(%s) > 0", c.Column)
		if c.Table == "message" && c.Column == "provider_hash" {
			condition = "provider_hash <> decode(replace(message_id::text, '-', ''), 'hex')"
		}
		var n int
		if err := owner.QueryRow(t.Context(), fmt.Sprintf("SELECT count(*) FROM %s WHERE %s", c.Table, condition)).Scan(&n); err != nil || n > 0 {
			t.Errorf("%d values are left in %s.%s (%v)", n, c.Table, c.Column, err)
		}
	}
	for _, query := range []string{"SELECT count(*) FROM identity", "SELECT count(*) FROM contact_phone", "SELECT count(*) FROM conversation_tag", "SELECT count(*) FROM directory_wake", "SELECT count(*) FROM directory_alarm"} {
		var n int
		if err := owner.QueryRow(t.Context(), query).Scan(&n); err != nil || n > 0 {
			t.Errorf("%s: %d (%v)", query, n, err)
		}
	}
}

// inboxStillWorks reads an erased conversation as the console does.
func (b *bundle) inboxStillWorks(key conversation.Key) {
	b.t.Helper()
	rows, err := b.repo.Inbox(b.t.Context(), b.clinic.ID, store.InboxQuery{Kind: store.InboxEverything, Limit: 10})
	if err != nil {
		b.t.Errorf("inbox: %v", err)
	}
	for _, row := range rows {
		if strings.Contains(row.Preview+row.Name+row.Phone, "MARKER") {
			b.t.Errorf("the inbox shows %+v", row)
		}
	}
	if lines := b.transcript(key); len(lines) == 0 || strings.Contains(fmt.Sprint(lines), "MARKER") {
		b.t.Errorf("%d lines, or a marker in them", len(lines))
	}
	if len(b.tickets()) != 0 {
		b.t.Error("a ticket is open")
	}
}
