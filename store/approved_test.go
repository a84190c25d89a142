package store_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/ingest"
	"frontdesk/internal/testdb"
	"frontdesk/store"
)

// contentOf is a clinic with its stamp as a turn reads it.
func contentOf(t *testing.T, db *testdb.Database, clinic frontdesk.ClinicID) frontdesk.Clinic {
	t.Helper()
	c := frontdesk.Clinic{ID: clinic}
	err := db.InClinic(t.Context(), clinic, func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `SELECT content FROM clinic WHERE clinic_id = $1`, clinic).Scan(&c.Content)
	})
	if err != nil || c.Content == 0 {
		t.Fatalf("stamp %d, %v", c.Content, err)
	}
	return c
}

func TestApprovedContentIsReadOnceUntilSomethingChanges(t *testing.T) {
	t.Parallel()
	now := noon
	db := testdb.NewAt(t, func() time.Time { return now })
	clinic, other := db.Clinic(t, "Lac").ID, db.Clinic(t, "Mer").ID
	count := &counter{}
	if err := db.Trace(t.Context(), count); err != nil {
		t.Fatal(err)
	}
	approved := store.NewApproved(db.DB)
	look := func(at time.Time) (entries, notices, departments, statements int) {
		t.Helper()
		c := contentOf(t, db, clinic)
		count.reset()
		p, err := approved.Profile(t.Context(), c, at)
		if err != nil {
			t.Fatal(err)
		}
		n, err := approved.Notices(t.Context(), c, at)
		if err != nil {
			t.Fatal(err)
		}
		d, err := approved.Departments(t.Context(), c, at)
		if err != nil {
			t.Fatal(err)
		}
		return len(p.Entries), len(n), len(d.List), len(count.statements)
	}
	want := func(what string, at time.Time, entries, notices, departments int, again bool) {
		t.Helper()
		e, n, d, statements := look(at)
		if e != entries || n != notices || d != departments {
			t.Errorf("%s: %d entries, %d notices, %d departments; want %d, %d, %d", what, e, n, d, entries, notices, departments)
		}
		if again != (statements > 0) {
			t.Errorf("%s: %d statements, want some: %v", what, statements, again)
		}
	}
	want("at first", noon, 0, 0, 0, true)
	want("at first, again", noon.Add(time.Minute), 0, 0, 0, false)

	draft := draftOf(t, clinic, "a.txt", noon, "Phone 01 02")
	entry := ingest.Entry{Clinic: clinic, Source: draft.Source.ID, Revision: draft.Revision.ID, Passage: draft.Passages[0].Passage.ID}
	entry.ID = frontdesk.EntryID(newID(t))
	entry.Fact = frontdesk.Fact{Kind: frontdesk.FactPhone, Value: "0102"}
	draft.Entries = []ingest.Entry{entry}
	revision, err := db.SaveDraft(t.Context(), draft)
	if err != nil {
		t.Fatal(err)
	}
	err = db.ChangeRevision(t.Context(), ingest.Change{Action: ingest.ActionApprove, Clinic: clinic, Source: revision.Source, Revision: revision.ID,
		At: noon, By: "Dr Roux", Effective: noon.Add(time.Hour), Released: noon, Expires: noon.Add(2 * time.Hour), Entries: []frontdesk.EntryID{entry.ID}})
	if err != nil {
		t.Fatal(err)
	}
	want("approved for later", noon.Add(time.Minute), 0, 0, 0, true)
	want("still before it is effective", noon.Add(59*time.Minute), 0, 0, 0, false)
	want("effective", noon.Add(time.Hour), 1, 0, 0, true)
	want("effective, again", noon.Add(90*time.Minute), 1, 0, 0, false)
	want("a turn that began before", noon.Add(59*time.Minute), 0, 0, 0, true)
	want("expired", noon.Add(2*time.Hour), 0, 0, 0, true)

	now = noon.Add(3 * time.Hour)
	id, err := db.PublishNotice(t.Context(), clinic, frontdesk.Notice{Text: "Closed", Language: "en", From: now, To: now.Add(time.Hour)}, "Dr Roux")
	if err != nil {
		t.Fatal(err)
	}
	want("a notice", now, 0, 1, 0, true)
	if _, err := db.PublishNotice(t.Context(), other, frontdesk.Notice{Text: "Closed", Language: "en", From: now, To: now.Add(time.Hour)}, "Dr Roux"); err != nil {
		t.Fatal(err)
	}
	want("a notice of another clinic", now, 0, 1, 0, false)
	if err := db.EndNotice(t.Context(), clinic, id, "Dr Roux"); err != nil {
		t.Fatal(err)
	}
	want("the notice ended", now, 0, 0, 0, true)
	list := []frontdesk.Department{{Name: "Eyes", Complaints: map[string][]string{"en": {"red eye"}}}}
	if err := db.ApproveDepartments(t.Context(), clinic, list, "Dr Roux"); err != nil {
		t.Fatal(err)
	}
	want("a table of departments", now, 0, 0, 1, true)

	c := frontdesk.Clinic{ID: clinic}
	count.reset()
	if d, err := approved.Departments(t.Context(), c, now); err != nil || len(d.List) != 1 || len(count.statements) == 0 {
		t.Errorf("without a stamp: %v, %v, %d statements", d, err, len(count.statements))
	}
}
