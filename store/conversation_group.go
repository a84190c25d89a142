package store

import (
	"context"
	"errors"
	"sync"
	"time"

	"frontdesk"
	"frontdesk/conversation"
)

// Limits of a shared transaction.
const (
	groupMost    = 64 // receipts
	groupTimeout = 10 * time.Second
)

// receiptGroup lets webhooks that arrive together share a transaction: while one
// is being stored, the next of its clinic wait and then go as one. An idle clinic's
// webhook waits for nobody.
type receiptGroup struct {
	mu      sync.Mutex // protects all following fields
	clinics map[frontdesk.ClinicID]*clinicReceipts
}

// clinicReceipts are the waiting receipts of a clinic whose leader is at work.
type clinicReceipts struct{ waiting []*waitingReceipt }

// waitingReceipt is one receipt and, once done is closed, what became of it.
type waitingReceipt struct {
	receipt  conversation.Receipt
	received []conversation.Received
	err      error
	done     chan struct{}
}

// storeReceipts stores receipts of one clinic in one transaction.
type storeReceipts func(context.Context, []conversation.Receipt) ([][]conversation.Received, error)

// do stores a receipt by way of store, alone or with others.
func (g *receiptGroup) do(ctx context.Context, receipt conversation.Receipt, store storeReceipts) ([]conversation.Received, error) {
	mine := &waitingReceipt{receipt: receipt, done: make(chan struct{})}
	clinic := receipt.Account.Clinic
	g.mu.Lock()
	c, busy := g.clinics[clinic]
	if !busy {
		c = &clinicReceipts{}
		g.clinics[clinic] = c
	}
	c.waiting = append(c.waiting, mine)
	g.mu.Unlock()
	if !busy {
		// The leader works for others too: its own caller's end must not end theirs.
		go g.lead(context.WithoutCancel(ctx), clinic, store)
	}
	select {
	case <-mine.done:
		return mine.received, mine.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// lead stores what waits for a clinic until nothing does.
func (g *receiptGroup) lead(ctx context.Context, clinic frontdesk.ClinicID, store storeReceipts) {
	for {
		group := g.next(clinic)
		if len(group) == 0 {
			return
		}
		storeGroup(ctx, group, store)
	}
}

// next takes the waiting receipts, and ends the leadership when there are none.
func (g *receiptGroup) next(clinic frontdesk.ClinicID) []*waitingReceipt {
	g.mu.Lock()
	defer g.mu.Unlock()
	c := g.clinics[clinic]
	if len(c.waiting) == 0 {
		delete(g.clinics, clinic)
		return nil
	}
	n := min(len(c.waiting), groupMost)
	group := c.waiting[:n:n]
	c.waiting = c.waiting[n:]
	return group
}

// storeGroup stores a group, and each receipt alone when the group failed: one
// receipt's trouble is not the others'.
func storeGroup(ctx context.Context, group []*waitingReceipt, store storeReceipts) {
	receipts := make([]conversation.Receipt, len(group))
	for i, w := range group {
		receipts[i] = w.receipt
	}
	received, err := storeWithin(ctx, receipts, store)
	for i, w := range group {
		switch {
		case err == nil:
			w.received = received[i]
		case len(group) == 1:
			w.err = err
		default:
			alone, err := storeWithin(ctx, receipts[i:i+1], store)
			if w.err = err; err == nil {
				w.received = alone[0]
			}
		}
		close(w.done)
	}
}

func storeWithin(ctx context.Context, receipts []conversation.Receipt, store storeReceipts) ([][]conversation.Received, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, groupTimeout, errors.New("storing webhooks timed out"))
	defer cancel()
	return store(ctx, receipts)
}
