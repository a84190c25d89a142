package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"frontdesk"
	"frontdesk/eval"
	"frontdesk/ingest"
)

// defaultGateSample is how many cases of each built-in suite and language the gate of
// a revision asks, so that its verdict takes less than a minute.
const defaultGateSample = 2

func (p *program) evalGateCommand() *cobra.Command {
	r := evalRun{program: p, parallel: defaultParallel(), repeat: 1}
	var source string
	var number int
	c := &cobra.Command{
		Use: "gate SUITE…", Short: "Ask whether a draft revision may go live",
		Long: "Puts suites to the clinic as it is and to the clinic as it would be with the draft, and lets the draft pass when no case fails that passes now. " +
			"Without SUITE: a sample of the built-in suites that must pass, and questions of the clinic's other live documents. Ends with code 3 when the draft does not pass; the report shows both replies.",
		Example: "  frontdesk eval gate --clinic \"Cabinet du Parc\" --source leaflet.pdf",
		RunE: func(c *cobra.Command, args []string) error {
			return p.withClinic(c.Context(), r.clinic, func(w *parts, clinic frontdesk.Clinic) error {
				found, revision, err := w.draftOf(c.Context(), clinic, source, number)
				if err != nil {
					return err
				}
				return r.gateDraft(c.Context(), w, clinic, found, revision, args)
			})
		},
	}
	f := c.Flags()
	f.StringVar(&r.clinic, "clinic", "", "the clinic's name")
	f.StringVar(&source, "source", "", "the source of the draft, as `frontdesk source list` names it")
	f.IntVar(&number, "revision", 0, "the revision's number (default: the newest)")
	f.StringVar(&r.out, "out", "", "folder for the report (default: a new one under the home's eval)")
	f.IntVar(&r.parallel, "parallel", r.parallel, "cases at a time")
	f.Uint64Var(&r.seed, "seed", 1, "of the sample")
	f.BoolVar(&r.asJSON, "json", false, "print the result as JSON")
	return c
}

// draftOf finds the revision that would go live.
func (w *parts) draftOf(ctx context.Context, clinic frontdesk.Clinic, location string, number int) (ingest.Source, ingest.Revision, error) {
	if location == "" {
		return ingest.Source{}, ingest.Revision{}, &usageError{errors.New("which source? add --source NAME")}
	}
	source, err := w.db.FindSource(ctx, clinic.ID, location)
	if frontdesk.CodeOf(err) == frontdesk.CodeNotFound {
		return source, ingest.Revision{}, &frontdesk.Error{Code: frontdesk.CodeNotFound, Text: fmt.Sprintf("There is no source %q; `frontdesk source list` shows those there are.", location)}
	}
	if err != nil {
		return source, ingest.Revision{}, fmt.Errorf("find source: %w", err)
	}
	revisions, err := w.db.ListRevisions(ctx, clinic.ID, source.ID)
	if err != nil {
		return source, ingest.Revision{}, fmt.Errorf("list revisions: %w", err)
	}
	for _, r := range revisions {
		if r.Number == number || number == 0 {
			return source, r, nil
		}
	}
	return source, ingest.Revision{}, &frontdesk.Error{Code: frontdesk.CodeNotFound, Text: fmt.Sprintf("%s has no revision %d.", source.Name, number)}
}

// gateDraft asks the clinic as it is, and with the draft in place of its source's
// live revision, and compares. Suites that are named are asked whole; the gate's own
// are asked as far as a minute goes.
func (r *evalRun) gateDraft(ctx context.Context, w *parts, clinic frontdesk.Clinic, source ingest.Source, draft ingest.Revision, names []string) error {
	w.forEvaluation()
	target, err := w.processTarget(ctx, clinic)
	if err != nil {
		return err
	}
	candidate, err := w.candidate(ctx, target, draft)
	if err != nil {
		return err
	}
	o := eval.JudgeOptions{Seed: r.seed, Options: eval.Options{Parallel: r.parallel, Now: now, Session: strconv.FormatInt(now().UnixNano(), 36), Progress: r.progress()}}
	var all []eval.Suite
	if len(names) > 0 {
		all, err = suites(names)
	} else {
		o.Budget = gateBudget
		all, err = w.gateSuites(ctx, clinic, source.ID, r.seed)
	}
	if err != nil {
		return evalProblem(err)
	}
	began := now().UTC()
	judged, err := eval.Judge(ctx, target, candidate, all, o)
	if err != nil {
		return err
	}
	with := judged.Candidate
	with.ID, with.Made, with.Target = began.Format("20060102-150405")+"-draft", began.Truncate(time.Second), candidate.identity
	if r.out == "" {
		r.out = filepath.Join(w.settings.homeDir, "eval", with.ID)
	}
	if err := with.WriteTo(r.out); err != nil {
		return err
	}
	return r.finish(with)
}

// candidate is the clinic with a draft in place of its source's live revision.
func (w *parts) candidate(ctx context.Context, live *processTarget, draft ingest.Revision) (*processTarget, error) {
	revisions, err := w.db.ListRevisions(ctx, live.clinic.ID, draft.Source)
	if err != nil {
		return nil, fmt.Errorf("list revisions: %w", err)
	}
	c := *live
	c.drafts = []frontdesk.RevisionID{draft.ID}
	for _, r := range revisions {
		if r.ID != draft.ID && r.StatusAt(w.now()) == ingest.StatusLive {
			c.without = append(c.without, r.ID)
		}
	}
	c.places = maps.Clone(live.places)
	passages, err := w.db.ListPassages(ctx, live.clinic.ID, draft.ID)
	if err != nil {
		return nil, fmt.Errorf("list passages: %w", err)
	}
	for _, p := range passages {
		c.places[p.ID] = eval.Found{Source: p.Name, Page: p.Page, Text: p.Text}
	}
	c.identity.Settings = maps.Clone(live.identity.Settings)
	c.identity.Settings["draft"] = strings.Join([]string{string(draft.Source), strconv.Itoa(draft.Number), string(draft.ID)}, " ")
	return &c, nil
}
