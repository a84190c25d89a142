package store_test

import (
	"bytes"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"frontdesk"
	"frontdesk/eval"
	"frontdesk/ingest"
	"frontdesk/internal/testdb"
	"frontdesk/store"
)

// held approves a draft whose clinic has a gate.
func held(t testing.TB, db *testdb.Database, clinic frontdesk.ClinicID, location string, at time.Time) ingest.Revision {
	t.Helper()
	revision, err := db.SaveDraft(t.Context(), draftOf(t, clinic, location, at, "words of "+location))
	if err != nil {
		t.Fatal(err)
	}
	askGate(t, db, revision, at)
	return revision
}

func askGate(t testing.TB, db *testdb.Database, revision ingest.Revision, at time.Time) {
	t.Helper()
	if err := db.ChangeRevision(t.Context(), ingest.Change{
		Action: ingest.ActionApprove, Clinic: revision.Clinic, Source: revision.Source, Version: versionOf(t, db, revision), Revision: revision.ID,
		At: at, By: "Dr Roux", Effective: at, AskGate: true, Audit: ingest.Audit{At: at, Actor: "Dr Roux", Action: "source.approve", Target: string(revision.ID)},
	}); err != nil {
		t.Fatal(err)
	}
}

func release(t testing.TB, db *testdb.Database, run store.Run, at time.Time, override bool) error {
	t.Helper()
	return db.ChangeRevision(t.Context(), ingest.Change{
		Action: ingest.ActionRelease, Clinic: run.Clinic, Source: run.Source, Version: versionOf(t, db, ingest.Revision{Clinic: run.Clinic, Source: run.Source}),
		Revision: run.Revision, At: at, By: "x", Released: at, Run: run.ID, Override: override,
		Audit: ingest.Audit{At: at, Actor: "x", Action: "source.release", Target: string(run.Revision)},
	})
}

func take(t testing.TB, db *testdb.Database, clinic frontdesk.ClinicID) (store.Run, bool) {
	t.Helper()
	run, ok, err := db.TakeRun(t.Context(), clinic, store.RunGate, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return run, ok
}

func TestApprovalsAreJudgedOneAfterTheOther(t *testing.T) {
	t.Parallel()
	now := noon
	db := testdb.NewAt(t, func() time.Time { return now })
	clinic := db.Clinic(t, "Lac").ID
	first := held(t, db, clinic, "a.txt", now)
	now = now.Add(time.Second)
	second := held(t, db, clinic, "b.txt", now)
	if due, err := db.DueRuns(t.Context(), 10); err != nil || len(due) != 1 || due[0] != clinic {
		t.Fatalf("due %v, %v", due, err)
	}
	var taken atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, ok := take(t, db, clinic); ok {
				taken.Add(1)
			}
		})
	}
	all.Wait()
	if taken.Load() != 1 {
		t.Fatalf("%d processes have a run at the same time", taken.Load())
	}
	now = now.Add(2 * time.Minute) // its process is gone
	if due, err := db.DueRuns(t.Context(), 10); err != nil || len(due) != 1 {
		t.Errorf("due after the process was lost: %v, %v", due, err)
	}
	run, ok := take(t, db, clinic)
	if !ok || run.Revision != first.ID || run.Epoch() != 2 || run.AskedBy != "Dr Roux" {
		t.Fatalf("taken again: %+v, %t", run, ok)
	}
	if err := release(t, db, run, now, false); err != nil {
		t.Fatal(err)
	}
	next, ok := take(t, db, clinic)
	if !ok || next.Revision != second.ID {
		t.Errorf("next: %+v, %t", next, ok)
	}
}

func TestARunHasOneVerdict(t *testing.T) {
	t.Parallel()
	now := noon
	db := testdb.NewAt(t, func() time.Time { return now })
	clinic := db.Clinic(t, "Lac").ID
	held(t, db, clinic, "a.txt", now)
	lost, _ := take(t, db, clinic)
	now = now.Add(2 * time.Minute)
	run, ok := take(t, db, clinic)
	if !ok {
		t.Fatal("not taken again")
	}
	wantCode(t, db.KeepRun(t.Context(), lost, 1, 2, time.Minute), frontdesk.CodeConflict)
	wantCode(t, db.SaveResult(t.Context(), lost, store.RunResult{}), frontdesk.CodeConflict)
	result := store.RunResult{Why: "the parapluie answer got worse", Report: eval.Report{Version: 1, Cases: []eval.CaseRun{
		{ID: "1", Suite: "own", Lang: "fr", Pass: true}, {ID: "2", Suite: "own", Lang: "fr"}, {ID: "3", Suite: "own", Lang: "fr", Known: "yes"}}}}
	if err := db.SaveResult(t.Context(), run, result); err != nil {
		t.Fatal(err)
	}
	if err := db.EndRun(t.Context(), run, store.VerdictFail); err != nil {
		t.Fatal(err)
	}
	wantCode(t, db.EndRun(t.Context(), run, store.VerdictPass), frontdesk.CodeConflict)
	wantCode(t, release(t, db, lost, now, false), frontdesk.CodeConflict)
	got, kept, err := db.GateRun(t.Context(), clinic, run.Revision)
	if err != nil || got.Verdict != store.VerdictFail || kept == nil || kept.Why != result.Why || len(kept.Report.Cases) != 3 {
		t.Fatalf("%+v, %+v, %v", got, kept, err)
	}
	if len(got.Figures) != 1 || got.Figures[0] != (store.RunFigure{Suite: "own", Language: "fr", Cases: 3, Passed: 1, Known: 1}) {
		t.Errorf("figures %+v", got.Figures)
	}
	err = db.InClinic(t.Context(), clinic, func(tx pgx.Tx) error {
		var sealed []byte
		err := tx.QueryRow(t.Context(), `SELECT sealed FROM eval_run WHERE clinic_id = $1`, clinic).Scan(&sealed)
		if bytes.Contains(sealed, []byte("parapluie")) || bytes.Contains(sealed, []byte{0x1f, 0x8b, 8}) {
			t.Error("the result lies open")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if revisions, err := db.ListRevisions(t.Context(), clinic, run.Source); err != nil || revisions[0].StatusAt(now) != ingest.StatusApproved {
		t.Errorf("held: %+v, %v", revisions, err)
	}
	if err := release(t, db, run, now, true); err != nil {
		t.Fatalf("override: %v", err)
	}
	wantCode(t, release(t, db, run, now, true), frontdesk.CodeNotFound)
	if got, _, err := db.LoadRun(t.Context(), clinic, run.ID); err != nil || got.Verdict != store.VerdictOverridden {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestWithdrawalAndANewApprovalVoidTheRunThatWaits(t *testing.T) {
	t.Parallel()
	now := noon
	db := testdb.NewAt(t, func() time.Time { return now })
	clinic := db.Clinic(t, "Lac").ID
	revision := held(t, db, clinic, "a.txt", now)
	first, _ := take(t, db, clinic)
	now = now.Add(time.Minute)
	askGate(t, db, revision, now) // approved again
	if run, _, err := db.LoadRun(t.Context(), clinic, first.ID); err != nil || run.Verdict != store.VerdictVoid {
		t.Errorf("approved again: %+v, %v", run, err)
	}
	wantCode(t, release(t, db, first, now, false), frontdesk.CodeConflict)
	second, ok := take(t, db, clinic)
	if !ok || second.ID == first.ID {
		t.Fatalf("%+v, %t", second, ok)
	}
	err := db.ChangeRevision(t.Context(), ingest.Change{
		Action: ingest.ActionWithdraw, Clinic: clinic, Source: revision.Source, Version: versionOf(t, db, revision), Revision: revision.ID, At: now, By: "Dr Roux",
		Audit: ingest.Audit{At: now, Actor: "Dr Roux", Action: "source.withdraw", Target: string(revision.ID)},
	})
	if err != nil {
		t.Fatal(err) // never gated
	}
	wantCode(t, release(t, db, second, now, false), frontdesk.CodeConflict)
	if due, err := db.DueRuns(t.Context(), 10); err != nil || len(due) != 0 {
		t.Errorf("due %v, %v", due, err)
	}
}

func TestASuiteRunDoesNotKeepTheGateWaiting(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	clinic := db.Clinic(t, "Lac").ID
	if _, err := db.AddRun(t.Context(), clinic, []string{"own"}, "Ann"); err != nil {
		t.Fatal(err)
	}
	run, ok, err := db.TakeRun(t.Context(), clinic, store.RunSuite, time.Minute)
	if err != nil || !ok || len(run.Suites) != 1 {
		t.Fatalf("%+v, %t, %v", run, ok, err)
	}
	held(t, db, clinic, "a.txt", noon)
	if _, ok := take(t, db, clinic); !ok {
		t.Error("the gate waits for a suite")
	}
	if err := db.LeaveRun(t.Context(), run, noon); err != nil {
		t.Fatal(err)
	}
	if again, ok, err := db.TakeRun(t.Context(), clinic, store.RunSuite, time.Minute); err != nil || !ok || again.ID != run.ID {
		t.Errorf("left: %+v, %t, %v", again, ok, err)
	}
	_, err = db.AddRun(t.Context(), clinic, nil, "Ann")
	wantCode(t, err, frontdesk.CodeInvalid)
}
