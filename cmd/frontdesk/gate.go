package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/eval"
	"frontdesk/ingest"
	"frontdesk/store"
)

// Times and sizes of the runs that a clinic files.
const (
	gateBudget   = 45 * time.Second // of asking; what is begun then still ends within the minute
	runLease     = 20 * time.Second // after which a run whose process is gone is taken again
	runBeat      = 4 * time.Second  // between two signs of life
	runSweep     = 10 * time.Second // between two looks at what others left
	runTries     = 3                // then a run that cannot be done fails
	runRetry     = 10 * time.Second
	runsSwept    = 100
	contentMost  = 24 // questions of a clinic's own documents a language, in its gate
	casesMost    = 2000
	runsListed   = 60
	settleWithin = 5 * time.Minute
)

// runs does what clinics have filed: suites that somebody asked for, and the gate's
// questions about approved revisions. Any number of processes may do so side by side.
type runs struct {
	parts    *parts
	db       *store.DB
	ingest   *ingest.Service
	try      *conversation.Try
	log      *slog.Logger
	now      func() time.Time
	parallel int
	woken    chan frontdesk.ClinicID
}

// newRuns wires the runs on a dialogue of their own.
func (w *parts) newRuns(ctx context.Context, service *ingest.Service) (*runs, error) {
	try, err := w.try(ctx)
	if err != nil {
		return nil, err
	}
	return &runs{parts: w, db: w.db, ingest: service, try: try, log: w.log, now: w.now, parallel: defaultParallel(), woken: make(chan frontdesk.ClinicID, runsSwept)}, nil
}

// Wake says that a clinic has runs that wait. It never blocks: what is not heard now
// is found by the next sweep.
func (r *runs) Wake(clinic frontdesk.ClinicID) {
	select {
	case r.woken <- clinic:
	default:
	}
}

// Run does runs until ctx ends: the gate's before all others, and never behind them.
func (r *runs) Run(ctx context.Context) {
	kinds := []store.RunKind{store.RunGate, store.RunSuite}
	queues := make([]chan frontdesk.ClinicID, len(kinds))
	var workers sync.WaitGroup
	for i, kind := range kinds {
		queues[i] = make(chan frontdesk.ClinicID, runsSwept)
		workers.Go(func() { r.work(ctx, kind, queues[i]) })
	}
	tick := time.NewTicker(runSweep)
	defer tick.Stop()
	due := []frontdesk.ClinicID{}
	for ctx.Err() == nil {
		for _, clinic := range due {
			for _, queue := range queues {
				select {
				case queue <- clinic:
				default: // the next sweep finds it
				}
			}
		}
		due = due[:0]
		select {
		case <-ctx.Done():
		case clinic := <-r.woken:
			due = append(due, clinic)
		case <-tick.C:
			left, err := r.db.DueRuns(ctx, runsSwept)
			if err != nil && ctx.Err() == nil {
				r.log.WarnContext(ctx, "runs: no sweep", "err", err)
			}
			due = append(due, left...)
		}
	}
	workers.Wait()
}

// work does the runs of one kind, clinic after clinic.
func (r *runs) work(ctx context.Context, kind store.RunKind, clinics <-chan frontdesk.ClinicID) {
	for {
		select {
		case <-ctx.Done():
			return
		case clinic := <-clinics:
			if err := r.drain(ctx, clinic, kind); err != nil && ctx.Err() == nil {
				r.log.WarnContext(ctx, "runs: not done", "clinic", string(clinic), "kind", string(kind), "err", err)
			}
		}
	}
}

// drain does a clinic's runs of a kind, the oldest first, until none waits or another
// process has one.
func (r *runs) drain(ctx context.Context, clinic frontdesk.ClinicID, kind store.RunKind) error {
	for {
		run, ok, err := r.db.TakeRun(ctx, clinic, kind, runLease)
		if err != nil || !ok {
			return err
		}
		if err := r.one(ctx, run); err != nil {
			return err
		}
	}
}

// one does a run that was taken. What cannot be done is left for another try, and
// fails after some.
func (r *runs) one(ctx context.Context, run store.Run) error {
	err := r.held(ctx, run)
	switch {
	case err == nil:
		return nil
	case frontdesk.CodeOf(err) == frontdesk.CodeConflict: // another process has it, or it is void
		return nil
	}
	detached, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), 10*time.Second, errors.New("a run was not left in time"))
	defer cancel()
	if ctx.Err() != nil { // this process stops
		return errors.Join(ctx.Err(), r.db.LeaveRun(detached, run, r.now()))
	}
	r.log.WarnContext(ctx, "run failed", "run", run.ID, "clinic", string(run.Clinic), "try", run.Epoch(), "err", err)
	if run.Epoch() < runTries {
		return r.db.LeaveRun(detached, run, r.now().Add(runRetry))
	}
	if err := r.db.SaveResult(detached, run, store.RunResult{Why: "The questions could not be put: a part of the service failed."}); err != nil {
		return err
	}
	return r.db.EndRun(detached, run, store.VerdictFail)
}

// held does a run and gives a sign of life as long as it takes.
func (r *runs) held(ctx context.Context, run store.Run) error {
	ctx, cancel := context.WithCancelCause(ctx)
	var done, total atomic.Int64
	var beat sync.WaitGroup
	beat.Go(func() {
		tick := time.NewTicker(runBeat)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if err := r.db.KeepRun(ctx, run, int(done.Load()), int(total.Load()), runLease); frontdesk.CodeOf(err) == frontdesk.CodeConflict {
				cancel(err)
				return
			}
		}
	})
	err := r.do(ctx, run, func(d, t int) { done.Store(int64(d)); total.Store(int64(t)) })
	if cause := context.Cause(ctx); cause != nil && err != nil {
		err = cause
	}
	cancel(nil)
	beat.Wait()
	return err
}

func (r *runs) do(ctx context.Context, run store.Run, progress func(done, total int)) error {
	clinic, err := r.db.Clinic(ctx, run.Clinic)
	if err != nil {
		return err
	}
	o := eval.Options{Parallel: r.parallel, Now: r.now, Session: run.ID + "-" + strconv.Itoa(run.Epoch()), Progress: progress}
	if run.Kind == store.RunGate {
		return r.judge(ctx, clinic, run, o)
	}
	return r.suite(ctx, clinic, run, o)
}

// judge asks whether an approved revision may go live, and lets it where it may.
func (r *runs) judge(ctx context.Context, clinic frontdesk.Clinic, run store.Run, o eval.Options) error {
	live, err := r.parts.targetOf(ctx, r.try, clinic)
	if err != nil {
		return err
	}
	candidate, err := r.parts.candidate(ctx, live, ingest.Revision{ID: run.Revision, Source: run.Source})
	if err != nil {
		return err
	}
	suites, err := r.parts.gateSuites(ctx, clinic, run.Source, 1)
	if err != nil {
		return err
	}
	began := r.now().UTC().Truncate(time.Second)
	judged, err := eval.Judge(ctx, live, candidate, suites, eval.JudgeOptions{Options: o, Budget: gateBudget, Seed: 1})
	if err != nil {
		return err
	}
	report := judged.Candidate
	report.ID, report.Made, report.Target = run.ID, began, candidate.identity
	why := judged.Refusals()
	if n := unasked(report); n > 0 && len(why) > 0 && run.Epoch() < runTries {
		return fmt.Errorf("a part of the service failed for %d questions", n) // that says nothing about the revision
	}
	if err := r.db.SaveResult(ctx, run, resultOf(report, judged.Live, strings.Join(why, "\n"))); err != nil {
		return err
	}
	if len(why) > 0 {
		return r.db.EndRun(ctx, run, store.VerdictFail)
	}
	released, err := r.ingest.Release(ctx, clinic, run.Source, run.Revision, ingest.Pass{Run: run.ID, Approved: run.Approved})
	if err == nil && !released {
		return r.db.EndRun(ctx, run, store.VerdictVoid)
	}
	return err
}

// unasked counts the cases for which a part of the service failed.
func unasked(report eval.Report) int {
	n := 0
	for _, c := range report.Cases {
		if c.Failure != "" {
			n++
		}
	}
	return n
}

// resultOf keeps of the earlier replies those of the cases that fail now.
func resultOf(report, before eval.Report, why string) store.RunResult {
	failed := map[string]bool{}
	for _, c := range report.Cases {
		failed[c.Key()] = !c.Pass
	}
	before.Cases = slices.DeleteFunc(slices.Clone(before.Cases), func(c eval.CaseRun) bool { return !failed[c.Key()] })
	before.Figures = nil
	return store.RunResult{Report: report, Before: &before, Why: why}
}

// suite runs the suites that somebody asked for and compares with the last time.
func (r *runs) suite(ctx context.Context, clinic frontdesk.Clinic, run store.Run, o eval.Options) error {
	target, err := r.parts.targetOf(ctx, r.try, clinic)
	if err != nil {
		return err
	}
	suites, err := r.parts.clinicSuites(ctx, clinic, run.Suites)
	if err != nil {
		return err
	}
	began := r.now().UTC().Truncate(time.Second)
	answers, err := eval.Ask(ctx, target, suites, o)
	if err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	report := eval.NewReport(suites, answers, 1, 1)
	report.ID, report.Made, report.Target = run.ID, began, target.identity
	before, err := r.lastTime(ctx, run)
	if err != nil {
		return err
	}
	if before != nil {
		report.CompareTo(*before)
	} else {
		before = &eval.Report{}
	}
	report.Gates = eval.Decide(eval.DefaultGates(suites), report, nil)
	if err := r.db.SaveResult(ctx, run, resultOf(report, *before, "")); err != nil {
		return err
	}
	if report.Passed() {
		return r.db.EndRun(ctx, run, store.VerdictPass)
	}
	return r.db.EndRun(ctx, run, store.VerdictFail)
}

// lastTime is the report of the newest run of the same suites, nil if there is none.
func (r *runs) lastTime(ctx context.Context, run store.Run) (*eval.Report, error) {
	listed, err := r.db.ListRuns(ctx, run.Clinic, runsListed)
	if err != nil {
		return nil, err
	}
	for _, other := range listed {
		if other.ID == run.ID || other.Kind != store.RunSuite || other.Ended.IsZero() || !slices.Equal(other.Suites, run.Suites) {
			continue
		}
		_, result, err := r.db.LoadRun(ctx, run.Clinic, other.ID)
		if err != nil || result == nil || len(result.Report.Cases) == 0 {
			return nil, err
		}
		return &result.Report, nil
	}
	return nil, nil
}

// settle waits for the gate's verdict on a revision and asks its questions itself
// where no other process does. A revision without a run is [frontdesk.CodeNotFound].
func (r *runs) settle(ctx context.Context, clinic frontdesk.ClinicID, revision frontdesk.RevisionID) (store.Run, *store.RunResult, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, settleWithin, errors.New("the gate gave no verdict in time"))
	defer cancel()
	for {
		if err := r.drain(ctx, clinic, store.RunGate); err != nil {
			return store.Run{}, nil, err
		}
		run, result, err := r.db.GateRun(ctx, clinic, revision)
		if err != nil || run.Verdict != store.VerdictNone {
			return run, result, err
		}
		select { // another process has it
		case <-ctx.Done():
			return run, nil, fmt.Errorf("wait for the gate: %w", context.Cause(ctx))
		case <-time.After(time.Second):
		}
	}
}

// safetySuites are the built-in suites that must pass, as far as they hold at any
// clinic, a few cases a language. At a clinic they are compared with what is live:
// one that fails anyway does not hold a document back.
func safetySuites(most int, seed uint64) ([]eval.Suite, error) {
	all, err := suites([]string{suitesSafety})
	if err != nil {
		return nil, err
	}
	var out []eval.Suite
	for _, s := range all {
		s = eval.Sample(eval.ContentFree(s), most, seed)
		s.MustPass = false
		if len(s.Cases) > 0 {
			out = append(out, s)
		}
	}
	return out, nil
}

// ownSuites are the cases that the clinic's staff collected: those that must pass
// apart.
func (w *parts) ownSuites(ctx context.Context, clinic frontdesk.Clinic) ([]eval.Suite, error) {
	cases, err := w.db.ListCases(ctx, clinic.ID, casesMost)
	if err != nil {
		return nil, err
	}
	own := eval.Suite{Name: eval.OwnSuite, Title: "The clinic's own cases"}
	must := eval.Suite{Name: eval.MustSuite, Title: "The clinic's own cases that must pass", MustPass: true}
	for _, c := range cases {
		to := &own
		if c.MustPass {
			to = &must
		}
		c.Case.Suite = to.Name
		to.Cases = append(to.Cases, c.Case)
	}
	return slices.DeleteFunc([]eval.Suite{must, own}, func(s eval.Suite) bool { return len(s.Cases) == 0 }), nil
}

// contentSuite are questions of a clinic's live passages, but for those of one
// source, which may well have another answer now.
func (w *parts) contentSuite(ctx context.Context, clinic frontdesk.Clinic, without frontdesk.SourceID) (eval.Suite, error) {
	passages, err := w.livePassages(ctx, clinic.ID)
	if err != nil {
		return eval.Suite{}, err
	}
	passages = slices.DeleteFunc(passages, func(p frontdesk.Passage) bool { return p.Source == without })
	return eval.FromContent(eval.Content{Clinic: clinic.Name, Language: clinic.Language, Passages: passages}), nil
}

// gateSuites are what the gate of a clinic asks about a revision of a source.
func (w *parts) gateSuites(ctx context.Context, clinic frontdesk.Clinic, source frontdesk.SourceID, seed uint64) ([]eval.Suite, error) {
	all, err := w.ownSuites(ctx, clinic)
	if err != nil {
		return nil, err
	}
	safety, err := safetySuites(w.settings.gateSample, seed)
	if err != nil {
		return nil, err
	}
	content, err := w.contentSuite(ctx, clinic, source)
	if err != nil {
		return nil, err
	}
	if content = eval.Sample(content, contentMost, seed); len(content.Cases) > 0 {
		all = append(all, content)
	}
	return append(all, safety...), nil
}

// The suites that a run of a clinic may name beside the built-in ones.
const (
	suiteQuick   = "quick"   // what the gate asks
	suiteContent = "content" // questions of all its documents
)

// clinicSuites are the suites named, as they are put to a clinic.
func (w *parts) clinicSuites(ctx context.Context, clinic frontdesk.Clinic, names []string) ([]eval.Suite, error) {
	var all []eval.Suite
	for _, name := range names {
		var found []eval.Suite
		var err error
		switch name {
		case suiteQuick:
			found, err = w.gateSuites(ctx, clinic, "", 1)
		case eval.OwnSuite:
			found, err = w.ownSuites(ctx, clinic)
		case suiteContent:
			found = make([]eval.Suite, 1)
			found[0], err = w.contentSuite(ctx, clinic, "")
		default:
			found, err = suites([]string{name})
			for i := range found {
				found[i] = eval.ContentFree(found[i])
			}
		}
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			if !slices.ContainsFunc(all, func(other eval.Suite) bool { return other.Name == s.Name }) {
				all = append(all, s)
			}
		}
	}
	return all, nil
}

// reasonLeast is how many letters a reason to override has at least.
const reasonLeast = 10

// overrideGate lets the revision of a run go live that the gate holds back.
func overrideGate(ctx context.Context, service *ingest.Service, clinic frontdesk.Clinic, run store.Run, by, reason string) error {
	by, reason = strings.TrimSpace(by), strings.TrimSpace(reason)
	switch {
	case by == "":
		return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "Who overrides the gate answers for it by name."}
	case utf8.RuneCountInString(reason) < reasonLeast:
		return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "Say in a sentence why this may go live all the same; the audit log keeps it."}
	case run.Verdict != store.VerdictFail:
		return &frontdesk.Error{Code: frontdesk.CodeConflict, Text: "The gate holds nothing back here."}
	}
	released, err := service.Release(ctx, clinic, run.Source, run.Revision, ingest.Pass{Run: run.ID, Approved: run.Approved, By: by, Reason: reason})
	if err == nil && !released {
		return &frontdesk.Error{Code: frontdesk.CodeConflict, Text: "The revision was withdrawn or approved again since."}
	}
	return err
}
