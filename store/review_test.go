package store_test

import (
	"testing"

	"frontdesk"
	"frontdesk/ingest"
	"frontdesk/internal/testdb"
)

// TestTheDatabaseItselfWantsFourEyes goes past the service: whatever calls the
// store, who added a revision or proposed a fact does not approve it.
func TestTheDatabaseItselfWantsFourEyes(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic := db.Clinic(t, "Lac").ID
	_, err := db.UpdateClinic(t.Context(), clinic, func(c *frontdesk.Clinic) error { c.Settings.FourEyes = true; return nil })
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		author, approver string
		may              bool
	}{{"Ann Lee", "ann lee", false}, {"Ann Lee", "Bea", true}, {"", "Bea", false}, {ingest.SystemAuthor, "Bea", true}} {
		draft := draftOf(t, clinic, "of "+test.author+test.approver, noon, "words of "+test.author+test.approver)
		draft.Revision.AddedBy, draft.Revision.Doubtful = test.author, []int{2}
		revision, err := db.SaveDraft(t.Context(), draft)
		if err != nil {
			t.Fatal(err)
		}
		err = db.ChangeRevision(t.Context(), ingest.Change{
			Action: ingest.ActionApprove, Clinic: clinic, Source: revision.Source, Revision: revision.ID, At: noon, By: test.approver, Effective: noon, Released: noon,
			Comment: "seen", Audit: ingest.Audit{At: noon, Actor: test.approver, Action: "source.approve"},
		})
		if test.may != (err == nil) {
			t.Errorf("%q approves what %q added: %v", test.approver, test.author, err)
		}
		if !test.may {
			wantCode(t, err, frontdesk.CodeForbidden)
		}
		revisions, err := db.ListRevisions(t.Context(), clinic, revision.Source)
		if err != nil || revisions[0].AddedBy != test.author || len(revisions[0].Doubtful) != 1 || test.may && (revisions[0].Comment != "seen" || revisions[0].DecidedBy != test.approver) {
			t.Errorf("%+v, %v", revisions, err)
		}
	}
}

func TestAProposalIsApprovedOnceAndRetiresTheOldFact(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic := db.Clinic(t, "Lac").ID
	entry := func(value, by string, replaces frontdesk.EntryID, approved bool) ingest.Entry {
		e := ingest.Entry{Clinic: clinic, AddedBy: by, Replaces: replaces}
		e.ID, e.Fact, e.Approved = frontdesk.EntryID(newID(t)), frontdesk.Fact{Kind: frontdesk.FactPhone, Value: value}, approved
		if approved {
			e.ApprovedBy, e.ApprovedAt = by, noon
		}
		return e
	}
	audit := ingest.Audit{At: noon, Actor: "Bea", Action: "profile.approve"}
	old := entry("1", "Ann", "", true)
	fresh := entry("2", "Ann", old.ID, false)
	if err := db.SaveEntries(t.Context(), clinic, []ingest.Entry{old, fresh}, audit); err != nil {
		t.Fatal(err)
	}
	waiting, err := db.ListProposals(t.Context(), clinic, noon)
	if err != nil || len(waiting) != 1 || waiting[0].ID != fresh.ID || waiting[0].AddedBy != "Ann" || waiting[0].Replaces != old.ID {
		t.Fatalf("%+v, %v", waiting, err)
	}
	_, err = db.UpdateClinic(t.Context(), clinic, func(c *frontdesk.Clinic) error { c.Settings.FourEyes = true; return nil })
	if err != nil {
		t.Fatal(err)
	}
	own := audit
	own.Actor = "ANN"
	wantCode(t, db.ApproveEntry(t.Context(), clinic, fresh.ID, nil, own), frontdesk.CodeForbidden)
	if err := db.ApproveEntry(t.Context(), clinic, fresh.ID, []frontdesk.EntryID{old.ID}, audit); err != nil {
		t.Fatal(err)
	}
	wantCode(t, db.ApproveEntry(t.Context(), clinic, fresh.ID, nil, audit), frontdesk.CodeNotFound)
	other := db.Clinic(t, "Mer").ID
	wantCode(t, db.ApproveEntry(t.Context(), other, fresh.ID, nil, audit), frontdesk.CodeNotFound)
	entries, err := db.ListEntries(t.Context(), clinic, noon)
	if err != nil || len(entries) != 1 || entries[0].Fact.Value != "2" {
		t.Errorf("%+v, %v", entries, err)
	}
}
