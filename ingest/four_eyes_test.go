package ingest

import (
	"strings"
	"testing"
	"time"

	"frontdesk"
)

func TestFourEyesAreWantedOfEveryWayToApprove(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.clinic.Settings.FourEyes = true
	report, err := b.service.Add(t.Context(), b.clinic, AddRequest{Name: "visit.txt", Bytes: []byte(visit), By: "Ann Lee"})
	if err != nil || report.Status != ReportDraft {
		t.Fatalf("%+v, %v", report, err)
	}
	for _, by := range []string{"Ann Lee", " ann  LEE "} {
		if _, err := b.service.Approve(t.Context(), b.clinic, "visit.txt", 0, Approval{By: by}); frontdesk.CodeOf(err) != frontdesk.CodeForbidden {
			t.Errorf("approved by who added it, as %q: %v", by, err)
		}
	}
	again, err := b.service.Add(t.Context(), b.clinic, AddRequest{Name: "visit.txt", Bytes: []byte(visit), By: "Bea", ApproveAs: "Ann Lee"})
	if err != nil || again.Status != ReportUnchanged || len(again.Warnings) == 0 {
		t.Errorf("who added the draft approved it by adding it again: %+v, %v", again, err)
	}
	if result, err := b.service.Approve(t.Context(), b.clinic, "visit.txt", 0, Approval{By: "Bea", Comment: "read it"}); err != nil || result.Status != StatusLive {
		t.Errorf("approved by somebody else: %+v, %v", result, err)
	}
	if audit := b.memory.audits[len(b.memory.audits)-1]; !strings.HasSuffix(audit.Detail, ": read it") || b.memory.revisions[0].Comment != "read it" {
		t.Errorf("the comment is lost: %+v", audit)
	}
	alone, err := b.service.Add(t.Context(), b.clinic, AddRequest{Name: "park.txt", Bytes: []byte("Parking is free behind the building."), ApproveAs: "Cy"})
	if err != nil || alone.Status != ReportDraft || len(alone.Warnings) == 0 {
		t.Errorf("one person added and approved: %+v, %v", alone, err)
	}
	if _, err := b.service.Add(t.Context(), b.clinic, AddRequest{Name: "nobody.txt", Bytes: []byte("The lift is on the left.")}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.service.Approve(t.Context(), b.clinic, "nobody.txt", 0, Approval{By: "Bea"}); frontdesk.CodeOf(err) != frontdesk.CodeForbidden {
		t.Errorf("approved although nobody knows who added it: %v", err)
	}
}

func TestWhatTheServiceReadByItselfHasNoAuthor(t *testing.T) {
	t.Parallel()
	if err := fourEyes(frontdesk.Clinic{Settings: frontdesk.Settings{FourEyes: true}}, SystemAuthor, "Ann"); err != nil {
		t.Error(err)
	}
}

func TestARejectedDraftKeepsTheReason(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.add(t, "visit.txt", visit, "")
	if _, err := b.service.Withdraw(t.Context(), b.clinic, "visit.txt", 1, "Bea", strings.Repeat("é", CommentMost+1)); frontdesk.CodeOf(err) != frontdesk.CodeInvalid {
		t.Errorf("a comment without end: %v", err)
	}
	if _, err := b.service.Withdraw(t.Context(), b.clinic, "visit.txt", 1, "Bea", "old prices"); err != nil {
		t.Fatal(err)
	}
	if r, audit := b.memory.revisions[0], b.memory.audits[len(b.memory.audits)-1]; r.Comment != "old prices" || r.DecidedBy != "Bea" || audit.Action != "source.reject" {
		t.Errorf("%+v, %+v", r, audit)
	}
}

func TestAProposedFactWaitsForSomebodyElse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	phone := frontdesk.Fact{Kind: frontdesk.FactPhone, Value: "+33123456789"}
	old, err := b.service.SaveEntry(t.Context(), b.clinic, "", phone, "Ann")
	if err != nil || !old.Approved {
		t.Fatalf("%+v, %v", old, err)
	}
	b.clinic.Settings.FourEyes = true
	phone.Value = "+33198765432"
	fresh, err := b.service.SaveEntry(t.Context(), b.clinic, old.ID, phone, "Ann")
	if err != nil || fresh.Approved {
		t.Fatalf("%+v, %v", fresh, err)
	}
	waiting, err := b.service.Proposals(t.Context(), b.clinic.ID)
	if err != nil || len(waiting) != 1 || len(waiting[0].Rivals) != 1 || waiting[0].Rivals[0].ID != old.ID {
		t.Fatalf("%+v, %v", waiting, err)
	}
	if err := b.service.ApproveEntry(t.Context(), b.clinic, fresh.ID, "ann"); frontdesk.CodeOf(err) != frontdesk.CodeForbidden {
		t.Errorf("approved by who proposed it: %v", err)
	}
	if err := b.service.ApproveEntry(t.Context(), b.clinic, fresh.ID, "Bea"); err != nil {
		t.Fatal(err)
	}
	entries, err := b.memory.ListEntries(t.Context(), b.clinic.ID, *b.now)
	if err != nil || len(entries) != 1 || entries[0].Fact.Value != phone.Value {
		t.Errorf("in force: %+v, %v", entries, err)
	}
	if err := b.service.ApproveEntry(t.Context(), b.clinic, fresh.ID, "Bea"); frontdesk.CodeOf(err) != frontdesk.CodeNotFound {
		t.Errorf("approved twice: %v", err)
	}
}

func TestConflictsQuoteBothSides(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.clinic.Language = "en"
	for name, text := range map[string]string{
		"a.csv": "question,answer\nWhere can I park?,Behind the building.\nIs there a lift?,\"Yes, on the left of the entrance.\"\n",
		"b.csv": "question,answer\nWhere can I park ?,On the market square.\nIs there a lift?,\"Yes, on the left of the entrance.\"\n",
		"c.txt": "We are open Monday to Friday from 8 am to 6 pm.",
		"d.txt": "We are open Monday to Friday from 8 am to 7 pm.",
	} {
		if report := b.add(t, name, text, "Dr Roux"); report.Status != ReportLive {
			t.Fatalf("%s: %+v", name, report)
		}
	}
	b.add(t, "draft.csv", "question,answer\nWhere can I park?,Nowhere.\n", "")
	conflicts, err := b.service.Conflicts(t.Context(), b.clinic.ID)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[ConflictKind]int{}
	for _, c := range conflicts {
		kinds[c.Kind]++
		if c.Kind != ConflictProfile && (c.One.Source == "" || c.Other.Source == "" || c.One.Source == c.Other.Source) || c.Other.Quote == "" || strings.Contains(c.One.Quote+c.Other.Quote, "Nowhere") {
			t.Errorf("%+v", c)
		}
	}
	if kinds[ConflictQuestion] != 1 || kinds[ConflictDuplicate] != 1 || kinds[ConflictFact]+kinds[ConflictProfile] < 1 {
		t.Errorf("%v: %+v", kinds, conflicts)
	}
}

func TestAFAQIsReadBackAsItWasTyped(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	typed := []Pair{{"Where can I park?", "Behind the building.\n\n# Not a heading, \"really\"; it is free."}, {"Open, today?", "Yes"}}
	data, err := WriteFAQ(typed)
	if err != nil {
		t.Fatal(err)
	}
	if report := b.add(t, "faq.csv", string(data), ""); report.Kind != KindFAQ {
		t.Fatalf("%+v", report)
	}
	got, err := b.service.FAQ(t.Context(), b.clinic.ID, "faq.csv")
	if err != nil || len(got) != 2 || got[0] != typed[0] || got[1] != typed[1] {
		t.Errorf("%q, %v", got, err)
	}
	b.add(t, "visit.txt", visit, "")
	if _, err := b.service.FAQ(t.Context(), b.clinic.ID, "visit.txt"); frontdesk.CodeOf(err) != frontdesk.CodeInvalid {
		t.Errorf("a text as a FAQ: %v", err)
	}
	for what, pairs := range map[string][]Pair{"none": nil, "no answer": {{"Why?", " "}}, "no question": {{" ", "Because"}}, "long": {{"Why?", strings.Repeat("a", replyMost+1)}}} {
		if _, err := WriteFAQ(pairs); frontdesk.CodeOf(err) != frontdesk.CodeInvalid {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestTheClinicSaysHowOftenPagesAreReadAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for hours, want := range map[int]time.Duration{0: 24 * time.Hour, 6: 6 * time.Hour} {
		b.clinic.Settings.RereadHours = hours
		if got := b.service.rereadEvery(b.clinic); got != want {
			t.Errorf("%d hours: %s", hours, got)
		}
	}
}
