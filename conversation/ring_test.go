package conversation_test

import (
	"context"
	"testing"
	"time"

	"frontdesk"
)

// Any process learns of a ticket by the commit of another one.
func TestATicketRingsInEveryProcess(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.receive(b.engine, text("33612345678", "wamid.1", "hello"))
	key := b.key()
	ctx, stop := context.WithCancel(t.Context())
	rang, done := make(chan frontdesk.ClinicID, 100), make(chan struct{})
	go func() {
		defer close(done)
		b.db.WatchDesk(ctx, func(clinic frontdesk.ClinicID) { rang <- clinic }, func(err error) { t.Error(err) })
	}()
	heard := func() bool {
		if err := b.engine.TakePen(t.Context(), key, "ann"); err != nil {
			t.Fatal(err)
		}
		select {
		case clinic := <-rang:
			return clinic == b.clinic.ID
		case <-time.After(50 * time.Millisecond): // it does not listen yet
			return false
		}
	}
	b.eventually("the ring", heard)
	stop()
	<-done
}
