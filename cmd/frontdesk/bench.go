package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"frontdesk/internal/home"
	"frontdesk/store"
)

// figure is one line of the benchmarks: what was measured and, in the same run,
// its yardstick.
type figure struct {
	Bench     string  `json:"bench"`
	What      string  `json:"what"`
	Value     float64 `json:"value"`
	Unit      string  `json:"unit"`
	Yardstick string  `json:"yardstick,omitempty"`
	Against   float64 `json:"against,omitempty"` // the yardstick's own figure, in Unit
	Ratio     float64 `json:"ratio,omitempty"`   // Value / Against
	Target    string  `json:"target,omitempty"`
	Holds     *bool   `json:"holds,omitempty"`
	Note      string  `json:"note,omitempty"`
}

// limit is a target: a bound of the ratio where there is a yardstick, else of the value.
type limit struct {
	most  bool // at most, else at least
	bound float64
}

func atMost(bound float64) limit { return limit{most: true, bound: bound} }
func noLess(bound float64) limit { return limit{bound: bound} }
func (l limit) sign() string     { return map[bool]string{true: "≤", false: "≥"}[l.most] }
func (l limit) met(v float64) bool {
	if l.most {
		return v <= l.bound
	}
	return v >= l.bound
}

// against gives a figure its yardstick.
func (f figure) against(name string, value float64) figure {
	f.Yardstick, f.Against = name, value
	if value != 0 {
		f.Ratio = f.Value / value
	}
	return f
}

// want sets a figure's target and says whether it holds.
func (f figure) want(l limit) figure {
	measured, unit := f.Value, " "+f.Unit
	if f.Yardstick != "" {
		measured, unit = f.Ratio, " ×"
	}
	holds := l.met(measured)
	f.Target, f.Holds = fmt.Sprintf("%s %g%s", l.sign(), l.bound, unit), &holds
	return f
}

// line is a figure as a person reads it.
func (f figure) line() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-10s %s: %s %s", f.Bench, f.What, short(f.Value), f.Unit)
	if f.Yardstick != "" {
		fmt.Fprintf(&b, ", %.2f × %s (%s)", f.Ratio, f.Yardstick, short(f.Against))
	}
	if f.Target != "" {
		fmt.Fprintf(&b, "; target %s: %s", f.Target, map[bool]string{true: "holds", false: "falls short"}[*f.Holds])
	}
	if f.Note != "" {
		fmt.Fprintf(&b, " (%s)", f.Note)
	}
	return b.String()
}

// short writes a number with three significant digits.
func short(v float64) string {
	switch a := math.Abs(v); {
	case a >= 100:
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.2f", v)
	}
}

// bench is one run of the benchmarks, in a temporary home of its own.
type bench struct {
	p       *program
	dir     string
	seconds time.Duration // what each benchmark may measure for, about
	docs    string        // folder of PDFs, "" for the sample clinic's
	home    *home.Home
	runtime string
	base    home.Database
	say     func(figure) error
	pool    [][]float32 // vectors that the retrieval benchmark asks with
}

// benchmark is one that has a name.
type benchmark struct {
	name string
	what string
	run  func(*bench, context.Context) error
}

// benchmarks lists all; memory and what works without a database come first.
func benchmarks() []benchmark {
	return []benchmark{
		{"screen", "the inbound screens' rules", (*bench).screen},
		{"extract", "the text of PDFs against pdftotext", (*bench).extract},
		{"memory", "resident memory of the service at 1,000 open conversations", (*bench).memory},
		{"receive", "accepted webhook messages against pgbench", (*bench).receive},
		{"turns", "whole turns a second, and what each costs the database", (*bench).turns},
		{"turn", "one turn's time, 8 at once", (*bench).turn},
		{"ring", "from a request for a person to the ticket in the open consoles", (*bench).ring},
		{"lane", "the emergency lane while everything else waits or is away", (*bench).lane},
		{"desk", "50 people at an inbox of 100,000 conversations, 2,000,000 messages", (*bench).desk},
		{"retrieval", "a search against the bare pgvector query", (*bench).retrieval},
	}
}

func (p *program) benchCommand() *cobra.Command {
	var asJSON bool
	var seconds int
	var docs, profile string
	all := benchmarks()
	names := make([]string, len(all))
	list := ""
	for i, b := range all {
		names[i] = b.name
		list += fmt.Sprintf("  %-10s %s\n", b.name, b.what)
	}
	c := &cobra.Command{
		Use: "bench [NAME…]", Short: "Measure the product against named yardsticks",
		Long:    "Measures the product in a temporary home of its own, each figure beside a yardstick of the same run. Without NAME all are run:\n\n" + list,
		Example: "  frontdesk bench receive turns --seconds 20",
		RunE: func(c *cobra.Command, args []string) error {
			for _, name := range args {
				if !slices.Contains(names, name) {
					return &usageError{fmt.Errorf("there is no benchmark %q; there are %s", name, strings.Join(names, ", "))}
				}
			}
			if seconds < 1 {
				return &usageError{errors.New("--seconds must be 1 or more")}
			}
			b := &bench{p: p, seconds: time.Duration(seconds) * time.Second, docs: docs, say: func(f figure) error {
				if asJSON {
					return p.printJSON(f)
				}
				_, err := fmt.Fprintln(p.stdout, f.line())
				return err
			}}
			return profiled(profile, func() error { return b.runAll(c.Context(), args) })
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a figure")
	c.Flags().IntVar(&seconds, "seconds", 12, "how long each benchmark measures, about; filling its tables comes on top")
	c.Flags().StringVar(&profile, "profile", "", "write a CPU profile of this process, for go tool pprof")
	c.Flags().StringVar(&docs, "docs", "", "folder of PDFs for extract; default: the sample clinic's documents")
	return c
}

// profiled runs do under a CPU profile where a file for it is named.
func profiled(path string, do func() error) (err error) {
	if path == "" {
		return do()
	}
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write profile: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := pprof.StartCPUProfile(file); err != nil {
		return fmt.Errorf("start profile: %w", err)
	}
	defer pprof.StopCPUProfile()
	return do()
}

// runAll runs the named benchmarks, all without names. A benchmark that cannot run
// is said and does not keep the others from running.
func (b *bench) runAll(ctx context.Context, names []string) (err error) {
	b.dir, err = os.MkdirTemp("", "frontdesk-bench-")
	if err != nil {
		return fmt.Errorf("temporary home: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	if err := os.Chmod(b.dir, 0o711); err != nil { // PostgreSQL's user passes through, where we are root
		return fmt.Errorf("temporary home: %w", err)
	}
	if b.runtime, err = home.DefaultRuntime(b.p.getenv); err != nil {
		return fmt.Errorf("runtime: %w", err)
	}
	defer func() { err = errors.Join(err, b.close()) }()
	var failed []error
	for _, each := range benchmarks() {
		if len(names) > 0 && !slices.Contains(names, each.name) {
			continue
		}
		err := each.run(b, ctx)
		if ctx.Err() != nil {
			return fmt.Errorf("interrupted: %w", context.Cause(ctx))
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", each.name, err))
			fmt.Fprintf(b.p.stderr, "%s could not be measured: %v\n", each.name, err)
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("%d benchmarks could not be measured: %w", len(failed), failed[0])
	}
	return nil
}

func (b *bench) close() error {
	if b.home == nil {
		return nil
	}
	return b.home.Close()
}

// open starts the run's own PostgreSQL, once.
func (b *bench) open(ctx context.Context) error {
	if b.home != nil {
		return nil
	}
	opened, err := home.Open(ctx, home.Options{Dir: filepath.Join(b.dir, "home"), Runtime: b.runtime, Log: b.log()})
	if err != nil {
		return fmt.Errorf("open temporary home: %w", err)
	}
	b.home = opened
	if b.base, err = opened.Postgres(ctx); err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	return nil
}

func (b *bench) log() *slog.Logger {
	return slog.New(slog.NewTextHandler(b.p.stderr, &slog.HandlerOptions{Level: slog.LevelError}))
}

// environment is the one of a command in the run's home; nothing of the caller's
// own database, embeddings or model is touched.
func (b *bench) environment(more map[string]string) func(string) string {
	set := map[string]string{
		"FRONTDESK_HOME": filepath.Join(b.dir, "home"), "FRONTDESK_RUNTIME": b.runtime, "LOG_LEVEL": "error",
		"PATH": b.p.getenv("PATH"), "HOME": b.p.getenv("HOME"), "TMPDIR": b.p.getenv("TMPDIR"),
	}
	for name, value := range more {
		set[name] = value
	}
	return func(name string) string { return set[name] }
}

// parts opens the product's parts in the run's home, with the given settings.
func (b *bench) parts(ctx context.Context, cost *store.Cost, more map[string]string) (*parts, error) {
	if err := b.open(ctx); err != nil {
		return nil, err
	}
	s, err := readSettings(b.environment(more))
	if err != nil {
		return nil, err
	}
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	w := &parts{settings: s, log: quiet, quiet: quiet, now: time.Now, cost: cost}
	if err := w.openAll(ctx); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// key is the home's own, for a process that reaches the database by its address.
func (b *bench) key(ctx context.Context) (string, error) {
	if err := b.open(ctx); err != nil {
		return "", err
	}
	key, err := b.home.Key(ctx, rand.Reader)
	if err != nil {
		return "", fmt.Errorf("home's key: %w", err)
	}
	return hex.EncodeToString(key), nil
}

// quantile returns the q-quantile of durations, in milliseconds.
func quantile(times []time.Duration, q float64) float64 {
	if len(times) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(times))
	i := min(int(math.Ceil(q*float64(len(sorted))))-1, len(sorted)-1)
	return float64(sorted[max(i, 0)].Microseconds()) / 1000
}

// median returns the middle of values.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if len(sorted) == 0 {
		return math.NaN()
	}
	return sorted[len(sorted)/2]
}
