package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"frontdesk"
	"frontdesk/eval"
)

// evalRun is one `eval run`.
type evalRun struct {
	program  *program
	clinic   string
	out      string
	baseline string
	gates    string
	target   string
	parallel int
	repeat   int
	seed     uint64
	mutators []string
	most     int
	failFast bool
	passed   map[string]bool // what passes in the baseline, by key; nil without one
	fresh    bool
	asJSON   bool
}

func (p *program) evalRunCommand() *cobra.Command {
	r := evalRun{program: p}
	c := &cobra.Command{
		Use: "run SUITE…", Short: "Run suites, report and gate",
		Long: "Runs suites (files, built-in ones by name, “safety” for those that must pass, “all”), writes run.json, junit.xml, report.md and report.html, and ends with code 3 when a gate does not hold. " +
			"Without --clinic the sample clinic is asked, for which the built-in suites are written. A run that was killed goes on where it was when it is started again.",
		Example: "  frontdesk eval run safety our-suite.yaml --clinic \"Cabinet du Parc\" --out report",
		Args:    atLeast(1, "a SUITE"),
		RunE:    func(c *cobra.Command, args []string) error { return r.run(c.Context(), args) },
	}
	f := c.Flags()
	f.StringVar(&r.clinic, "clinic", "", "the clinic's name (default: the sample clinic)")
	f.StringVar(&r.out, "out", "", "folder for the report (default: a new one under the home's eval)")
	f.StringVar(&r.baseline, "baseline", "", "an earlier run to compare with: its folder or run.json")
	f.StringVar(&r.gates, "gates", "", "file of gates (default: no failure in suites that must pass)")
	f.StringVar(&r.target, "target", "", "address of a deployed service to ask instead of this process; its token is FRONTDESK_API_TOKEN")
	f.IntVar(&r.parallel, "parallel", defaultParallel(), "cases at a time")
	f.IntVar(&r.repeat, "repeat", 1, "ask each case so many times; cases whose verdicts differ are flaky")
	f.StringSliceVar(&r.mutators, "mutate", nil, "ask each case once more under each of these: "+strings.Join(mutatorNames(), ", ")+", or all")
	f.IntVar(&r.most, "sample", 0, "at most so many cases of each suite and language, chosen by the seed; 0 is all")
	f.Uint64Var(&r.seed, "seed", 1, "of everything random")
	f.BoolVar(&r.failFast, "fail-fast", false, "stop at the first failure in a suite that must pass; with --baseline at the first that passed there")
	f.BoolVar(&r.fresh, "fresh", false, "ask again what was asked before")
	f.BoolVar(&r.asJSON, "json", false, "print the result as JSON")
	return c
}

// defaultParallel is one case a processor.
func defaultParallel() int { return runtime.GOMAXPROCS(0) }

// now is the commands' clock.
func now() time.Time { return time.Now() }

func (r *evalRun) run(ctx context.Context, names []string) error {
	all, err := suites(names)
	if err != nil {
		return evalProblem(err)
	}
	if all, err = r.prepare(all); err != nil {
		return err
	}
	gates, err := r.readGates(all)
	if err != nil {
		return evalProblem(err)
	}
	var baseline *eval.Report
	if r.baseline != "" {
		b, err := readRun(r.baseline)
		if err != nil {
			return err
		}
		baseline, r.passed = &b, map[string]bool{}
		for _, c := range b.Cases {
			r.passed[c.Key()] = c.Pass
		}
	}
	w, target, err := r.openTarget(ctx)
	if err != nil {
		return err
	}
	defer w.Close()
	report, err := r.ask(ctx, w, target, all)
	if err != nil {
		return err
	}
	if baseline != nil {
		report.CompareTo(*baseline)
	}
	report.Gates = eval.Decide(gates, report, baseline)
	if err := report.WriteTo(r.out); err != nil {
		return err
	}
	return r.finish(report)
}

func mutatorNames() []string {
	var names []string
	for _, m := range eval.Mutators() {
		names = append(names, m.Name)
	}
	return names
}

// prepare samples the suites and adds what the mutators make of them.
func (r *evalRun) prepare(all []eval.Suite) ([]eval.Suite, error) {
	var chosen []eval.Mutator
	for _, name := range r.mutators {
		found := false
		for _, m := range eval.Mutators() {
			if name == "all" || m.Name == name {
				chosen, found = append(chosen, m), true
			}
		}
		if !found {
			return nil, &usageError{fmt.Errorf("there is no mutator %q; there are %s", name, strings.Join(mutatorNames(), ", "))}
		}
	}
	out := make([]eval.Suite, len(all))
	for i, s := range all {
		if r.most > 0 {
			s = eval.Sample(s, r.most, r.seed)
		}
		cases := slices.Clone(s.Cases)
		for _, m := range chosen {
			cases = append(cases, eval.Mutate(s, m, r.seed)...)
		}
		s.Cases = cases
		out[i] = s
	}
	return out, nil
}

// evalProblem makes one clear line of many: what is wrong in a file, all lines.
func evalProblem(err error) error {
	var problems eval.Problems
	if errors.As(err, &problems) {
		return &usageError{fmt.Errorf("the suite cannot be read (`frontdesk eval check` says more):\n%w", problems)}
	}
	return err
}

func (r *evalRun) readGates(all []eval.Suite) ([]eval.Gate, error) {
	if r.gates == "" {
		return eval.DefaultGates(all), nil
	}
	data, err := readFile(r.gates)
	if err != nil {
		return nil, err
	}
	return eval.ReadGates(r.gates, data)
}

// openTarget wires what is asked. A deployed service needs no database here.
func (r *evalRun) openTarget(ctx context.Context) (*parts, eval.Target, error) {
	if r.target != "" {
		w, err := r.program.openWithoutDatabase(ctx)
		if err != nil {
			return nil, nil, err
		}
		target, err := newHTTPTarget(r.target, r.clinic, w.settings.apiToken)
		if err != nil {
			return nil, nil, errors.Join(err, w.Close())
		}
		w.onClose(func() error { target.Close(); return nil })
		return w, target, nil
	}
	w, err := r.program.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	w.forEvaluation()
	clinic, err := r.askedClinic(ctx, w)
	if err != nil {
		return nil, nil, errors.Join(err, w.Close())
	}
	target, err := w.processTarget(ctx, clinic)
	if err != nil {
		return nil, nil, errors.Join(err, w.Close())
	}
	return w, target, nil
}

// askedClinic is the clinic named, or the sample clinic in a home of one's own.
func (r *evalRun) askedClinic(ctx context.Context, w *parts) (frontdesk.Clinic, error) {
	if r.clinic != "" {
		return w.clinicNamed(ctx, r.clinic)
	}
	if w.settings.databaseURL != "" {
		return frontdesk.Clinic{}, &usageError{errors.New("which clinic? add --clinic NAME; the sample clinic is made in a private database only")}
	}
	service, err := w.ingestService(ctx)
	if err != nil {
		return frontdesk.Clinic{}, err
	}
	clinic, err := r.program.loadSample(ctx, w, service)
	if err != nil {
		return clinic, err
	}
	return clinic, w.loadPasts(ctx, service, clinic)
}

// ask runs the suites and scores what came.
func (r *evalRun) ask(ctx context.Context, w *parts, target eval.Target, all []eval.Suite) (eval.Report, error) {
	began := now()
	id := began.UTC().Format("20060102-150405")
	if r.out == "" {
		r.out = filepath.Join(w.settings.homeDir, "eval", id)
	}
	identity, err := target.Identity(ctx)
	if err != nil {
		return eval.Report{}, err
	}
	journal, err := r.openJournal(w, identity)
	if err != nil {
		return eval.Report{}, err
	}
	defer journal.Close()
	answers, err := eval.Ask(ctx, target, all, eval.Options{
		Parallel: r.parallel, Repeat: r.repeat, Journal: journal, Now: now,
		Session: strconv.FormatInt(began.UnixNano(), 36), Progress: r.progress(), Stop: r.stop(all),
	})
	if err != nil {
		if ctx.Err() != nil {
			return eval.Report{}, &frontdesk.Error{Code: frontdesk.CodeUnavailable, Text: "The run was interrupted; the same command goes on where it was."}
		}
		return eval.Report{}, err
	}
	report := eval.NewReport(all, answers, r.repeat, r.seed)
	report.ID, report.Made, report.Target = id, began.UTC().Truncate(time.Second), identity
	return report, nil
}

// openJournal opens the answers that this program gave on this content with these
// settings already; of a target that cannot say what it is, those of this run's
// folder.
func (r *evalRun) openJournal(w *parts, identity eval.Identity) (*eval.Journal, error) {
	key := identity.Key()
	path := filepath.Join(w.settings.homeDir, "cache", "eval", key+".jsonl")
	if key == "" {
		key, path = identity.Kind+" "+identity.Settings["address"], filepath.Join(r.out, "journal.jsonl")
	}
	if r.fresh {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("forget earlier answers: %w", err)
		}
	}
	journal, err := eval.OpenJournal(path, key)
	if errors.Is(err, eval.ErrJournalBusy) && path != filepath.Join(r.out, "journal.jsonl") {
		return eval.OpenJournal(filepath.Join(r.out, "journal.jsonl"), key)
	}
	return journal, err
}

// progress shows a bar at a terminal, a line each tenth elsewhere.
func (r *evalRun) progress() func(done, total int) {
	terminal := isTerminal(r.program.stderr)
	shown := -1
	return func(done, total int) {
		tenth := done * 10 / total
		switch {
		case terminal:
			fmt.Fprintf(r.program.stderr, "\r%d of %d cases", done, total)
			if done == total {
				fmt.Fprintln(r.program.stderr)
			}
		case tenth != shown:
			fmt.Fprintf(r.program.stderr, "%d of %d cases\n", done, total)
		}
		shown = tenth
	}
}

// stop ends the run at the first failure that its suite cannot have.
func (r *evalRun) stop(all []eval.Suite) func(eval.Case, []eval.Reply) bool {
	if !r.failFast {
		return nil
	}
	must := map[string]bool{}
	for _, s := range all {
		must[s.Name] = s.MustPass
	}
	return func(c eval.Case, replies []eval.Reply) bool {
		counts := must[c.Suite] && c.Known == ""
		if r.passed != nil {
			counts = r.passed[c.Suite+"/"+c.ID]
		}
		if !counts || len(replies) < len(c.Turns) { // a failure of the target is no verdict
			return false
		}
		for _, check := range eval.Score(c, replies) {
			if !check.Pass {
				return true
			}
		}
		return false
	}
}

// runLine is what `eval run --json` prints.
type runLine struct {
	Run      string         `json:"run"`
	Dir      string         `json:"dir"`
	Cases    int            `json:"cases"`
	Passed   int            `json:"passed"`
	Known    int            `json:"known"` // failures that are known
	Cached   int            `json:"cached"`
	Seconds  float64        `json:"seconds"`
	Overhead float64        `json:"overhead"`
	Flaky    []string       `json:"flaky"`
	Gates    []eval.Verdict `json:"gates"`
	Pass     bool           `json:"pass"`
}

func (r *evalRun) finish(report eval.Report) error {
	line := runLine{Run: report.ID, Dir: r.out, Cases: len(report.Cases), Cached: report.Cached, Seconds: report.Took, Overhead: report.Overhead, Flaky: append([]string{}, report.Flaky...), Gates: report.Gates, Pass: report.Passed()}
	for _, c := range report.Cases {
		switch {
		case c.Pass:
			line.Passed++
		case c.Known != "":
			line.Known++
		}
	}
	if r.asJSON {
		if err := r.program.printJSON(line); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(r.program.stdout, "%d of %d cases pass, %d fail and are known to (%.1f s, %d replies were there already)\n%s\n",
			line.Passed, line.Cases, line.Known, line.Seconds, line.Cached, filepath.Join(r.out, eval.HTMLFile))
	}
	for _, v := range report.Gates {
		fmt.Fprintln(r.program.stderr, v)
	}
	if !line.Pass {
		return errGate
	}
	return nil
}
