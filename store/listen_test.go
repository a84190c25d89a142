package store_test

import (
	"context"
	"testing"
	"time"

	"frontdesk"
	"frontdesk/internal/testdb"
)

func TestWatchingOutlivesItsConnection(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	owner := connect(t, db.OwnerURL)
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	rang, lost, done := make(chan frontdesk.ClinicID, 1000), make(chan error, 10), make(chan struct{})
	go func() {
		defer close(done)
		db.WatchDesk(ctx, func(clinic frontdesk.ClinicID) { rang <- clinic }, func(err error) { lost <- err })
	}()
	hear := func() {
		t.Helper()
		for ctx.Err() == nil {
			if _, err := owner.Exec(ctx, `SELECT pg_notify('frontdesk_desk', 'c1')`); err != nil {
				t.Fatal(err)
			}
			select {
			case clinic := <-rang:
				if clinic != "c1" {
					t.Fatalf("rang for %q", clinic)
				}
				return
			case <-time.After(20 * time.Millisecond): // it does not listen yet
			}
		}
		t.Fatal("never heard")
	}
	hear()
	if _, err := owner.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN frontdesk_desk%' AND datname = current_database()`); err != nil {
		t.Fatal(err)
	}
	if err := <-lost; frontdesk.CodeOf(err) != frontdesk.CodeUnavailable {
		t.Errorf("lost: %v, want unavailable", err)
	}
	for len(rang) > 0 {
		<-rang
	}
	hear()
	stop()
	<-done
}
