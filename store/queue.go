package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"frontdesk"
	"frontdesk/conversation"
)

// Limits of the queue. River only wakes, so a job is done in microseconds; its
// own rescue and schedules are not leaned on.
const (
	wakeTimeout   = 45 * time.Second
	wakeRescue    = 60 * time.Second
	wakeWorkers   = 64
	wakeRetention = 10 * time.Minute
)

// Queue carries wake-ups between processes by River. It is safe for concurrent use.
type Queue struct {
	client  *river.Client[pgx.Tx]
	process string // this process, whose own messages need no job to be woken
	wake    atomic.Pointer[func(conversation.Key)]
	runs    atomic.Pointer[func(frontdesk.ClinicID)]
}

// wakeArgs is a job: look at this conversation.
type wakeArgs struct {
	Clinic       frontdesk.ClinicID       `json:"clinic"`
	Conversation frontdesk.ConversationID `json:"conversation"`
	Process      string                   `json:"process"`
}

// Kind names the job.
func (wakeArgs) Kind() string { return "wake" }

// wakeWorker hands a job to the engine.
type wakeWorker struct {
	river.WorkerDefaults[wakeArgs]
	queue *Queue
}

// Work wakes the conversation, unless this very process received the message and
// has woken it already.
func (w *wakeWorker) Work(_ context.Context, job *river.Job[wakeArgs]) error {
	if job.Args.Process == w.queue.process {
		return nil
	}
	if wake := w.queue.wake.Load(); wake != nil {
		(*wake)(conversation.Key{Clinic: job.Args.Clinic, Conversation: job.Args.Conversation})
	}
	return nil
}

// Timeout bounds a job.
func (w *wakeWorker) Timeout(*river.Job[wakeArgs]) time.Duration { return wakeTimeout }

// NewQueue returns a queue that inserts at once and works after [Queue.Start].
func NewQueue(db *DB, log *slog.Logger) (*Queue, error) {
	process, err := db.newID()
	if err != nil {
		return nil, err
	}
	q := &Queue{process: process}
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, &wakeWorker{queue: q}); err != nil {
		return nil, fmt.Errorf("register worker: %w", err)
	}
	if err := river.AddWorkerSafely(workers, &runWorker{queue: q}); err != nil {
		return nil, fmt.Errorf("register worker: %w", err)
	}
	q.client, err = river.NewClient(riverpgxv5.New(riverPool(db)), &river.Config{
		Logger:                      log,
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: wakeWorkers}},
		Workers:                     workers,
		RescueStuckJobsAfter:        wakeRescue,
		JobTimeout:                  wakeTimeout,
		CompletedJobRetentionPeriod: wakeRetention,
	})
	if err != nil {
		return nil, fmt.Errorf("make queue: %w", err)
	}
	return q, nil
}

// riverPool is the pool that River works with; its tables lie outside the clinics.
func riverPool(db *DB) *pgxpool.Pool { return db.pool }

// HandRuns says who is told of a clinic with runs of suites that wait.
func (q *Queue) HandRuns(to func(frontdesk.ClinicID)) { q.runs.Store(&to) }

// Start works jobs until Stop, handing each to wake.
func (q *Queue) Start(ctx context.Context, wake func(conversation.Key)) error {
	q.wake.Store(&wake)
	if err := q.client.Start(ctx); err != nil {
		return fmt.Errorf("start queue: %w", err)
	}
	return nil
}

// Stop waits for the jobs under way.
func (q *Queue) Stop(ctx context.Context) error {
	if err := q.client.Stop(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("stop queue: %w", err)
	}
	return nil
}

// insert adds a wake-up for each conversation to the transaction that made it necessary.
func (q *Queue) insert(ctx context.Context, tx pgx.Tx, keys []conversation.Key) error {
	if q == nil || len(keys) == 0 {
		return nil
	}
	params := make([]river.InsertManyParams, len(keys))
	for i, k := range keys {
		params[i].Args = wakeArgs{Clinic: k.Clinic, Conversation: k.Conversation, Process: q.process}
	}
	if _, err := q.client.InsertManyFastTx(ctx, tx, params); err != nil {
		return fmt.Errorf("queue wake-ups: %w", err)
	}
	return nil
}

// runArgs is a job: look at this clinic's runs.
type runArgs struct {
	Clinic frontdesk.ClinicID `json:"clinic"`
}

// Kind names the job.
func (runArgs) Kind() string { return "run" }

// runWorker hands a job to whoever does runs.
type runWorker struct {
	river.WorkerDefaults[runArgs]
	queue *Queue
}

// Work wakes the clinic's runs.
func (w *runWorker) Work(_ context.Context, job *river.Job[runArgs]) error {
	if runs := w.queue.runs.Load(); runs != nil {
		(*runs)(job.Args.Clinic)
	}
	return nil
}

// wakeForRun adds the job to the transaction that files a run, from any process,
// also one that works no jobs itself.
func wakeForRun(ctx context.Context, db *DB, tx pgx.Tx, clinic frontdesk.ClinicID) error {
	client, err := river.NewClient(riverpgxv5.New(riverPool(db)), &river.Config{})
	if err != nil {
		return fmt.Errorf("make queue: %w", err)
	}
	if _, err := client.InsertTx(ctx, tx, runArgs{Clinic: clinic}, nil); err != nil {
		return fmt.Errorf("queue run: %w", err)
	}
	return nil
}
