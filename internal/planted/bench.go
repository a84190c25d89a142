package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"frontdesk/eval"
	"frontdesk/internal/home"
)

// gate are the runs of the quick gate, in order: the first that fails stops it. A
// run is the suites and settings of `frontdesk eval run`.
func gate() [][]string {
	return [][]string{
		{"always", "dialogues", "night", "faults", "tone"},
		{"answers", "abstention", "emergencies", "crises", "no-alarm", "clinical", "over-refusal", "records", "handover", "opt-out", "injections", "identifiers", "spam", "off-topic", "smalltalk", "--sample", "4"},
	}
}

// gateExit is how a program ends that a gate stops.
const gateExit = 3

// patience is how often a run is made again that failed only because a part of the
// target was not there: that says something about the machine, not the product.
// What was answered is not asked again.
const patience = 3

// noNewFailure are the gate's conditions.
const noNewFailure = "gates:\n- {no_new_failure: true}\n"

// The verdicts about a fault.
const (
	verdictStopped = "stopped"
	verdictBroken  = "broken" // the program does not even run
	verdictMissed  = "missed"
)

// result is what the gate came to.
type result struct {
	Key     string `json:"key"` // of fault, source and gate
	Fault   string `json:"fault"`
	Verdict string `json:"verdict"`
	By      string `json:"by"` // a case that stopped it
}

// bench builds programs and asks the gate about them.
type bench struct {
	root, out, home string
	held            *home.Home // keeps the home's programs alive between runs
	vectors         *http.Server
	url             string // of the vectors
	clean           string // the program as it is
	key             string // of source and gate
	done            map[string]result
}

func newBench(ctx context.Context, out string) (*bench, error) {
	root, err := output(ctx, "", "go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return nil, err
	}
	if out, err = filepath.Abs(out); err != nil {
		return nil, fmt.Errorf("folder: %w", err)
	}
	b := &bench{root: strings.TrimSpace(root), out: out, home: filepath.Join(out, "home"), clean: filepath.Join(out, "as-it-is"), done: map[string]result{}}
	if err := os.MkdirAll(b.home, 0o755); err != nil { //nolint:gosec // the database runs as another user where we are root
		return nil, fmt.Errorf("folder: %w", err)
	}
	if err := os.WriteFile(b.file("gates.yaml"), []byte(noNewFailure), 0o600); err != nil {
		return nil, fmt.Errorf("gates: %w", err)
	}
	if err := b.start(ctx); err != nil {
		return nil, err
	}
	if err := b.build(ctx, b.clean, ""); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	program, err := os.ReadFile(b.clean)
	if err != nil {
		return nil, fmt.Errorf("program: %w", err)
	}
	b.key = hash(program, []byte(fmt.Sprint(gate())))
	return b, b.remember()
}

// start keeps the home's database running and puts the vectors before its
// embedding server.
func (b *bench) start(ctx context.Context) error {
	runtime, err := home.DefaultRuntime(os.Getenv)
	if err != nil {
		return fmt.Errorf("runtime: %w", err)
	}
	if b.held, err = home.Open(ctx, home.Options{Dir: b.home, Runtime: runtime}); err != nil {
		return fmt.Errorf("home: %w", err)
	}
	if _, err := b.held.Postgres(ctx); err != nil {
		return errors.Join(fmt.Errorf("database: %w", err), b.held.Close())
	}
	address, err := b.held.Embeddings(ctx)
	if err != nil {
		return errors.Join(fmt.Errorf("embeddings: %w", err), b.held.Close())
	}
	v, err := newVectors(address, b.file("vectors.jsonl"))
	if err != nil {
		return errors.Join(err, b.held.Close())
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(fmt.Errorf("vectors: %w", err), b.held.Close())
	}
	b.vectors, b.url = &http.Server{Handler: v, ReadHeaderTimeout: time.Minute}, "http://"+listener.Addr().String()
	go b.vectors.Serve(listener) //nolint:errcheck // it ends when it is closed
	return nil
}

// Close stops what start started.
func (b *bench) Close() error {
	return errors.Join(b.vectors.Close(), b.held.Close())
}

func (b *bench) file(name string) string { return filepath.Join(b.out, name) }

func hash(parts ...[]byte) string {
	sum := sha256.New()
	for _, p := range parts {
		sum.Write(p)
	}
	return hex.EncodeToString(sum.Sum(nil))[:16]
}

// remember reads what was tried before.
func (b *bench) remember() error {
	f, err := os.Open(b.file("results.jsonl"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("earlier results: %w", err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var r result
		if json.Unmarshal(lines.Bytes(), &r) == nil { // a line that was cut short does not count
			b.done[r.Key] = r
		}
	}
	return nil
}

func (b *bench) keep(r result) error {
	b.done[r.Key] = r
	line, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("result: %w", err)
	}
	f, err := os.OpenFile(b.file("results.jsonl"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("results: %w", err)
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Close())
}

// baseline asks the product as it is, once.
func (b *bench) baseline(ctx context.Context) error {
	for i := range gate() {
		if _, _, err := b.ask(ctx, b.clean, i, b.base(i), ""); err != nil {
			return fmt.Errorf("baseline: %w", err)
		}
	}
	return nil
}

func (b *bench) base(i int) string { return b.file("base-" + b.key + "-" + strconv.Itoa(i)) }

// asIs asks the gate about the product as it is, once more.
func (b *bench) asIs(ctx context.Context, i int) (bool, string, error) {
	key := hash([]byte(b.key), []byte("as it is"), []byte(strconv.Itoa(i)))
	if r, ok := b.done[key]; ok {
		return r.Verdict == verdictMissed, r.By, nil
	}
	r, err := b.judge(ctx, b.clean, "--fresh")
	if err != nil {
		return false, "", err
	}
	r.Key, r.Fault = key, "none"
	return r.Verdict == verdictMissed, r.By, b.keep(r)
}

// try plants a fault and asks the gate about it.
func (b *bench) try(ctx context.Context, f fault) (result, error) {
	changed, err := f.apply(b.root)
	if err != nil {
		return result{}, err
	}
	key := hash([]byte(b.key), changed)
	if r, ok := b.done[key]; ok {
		return r, nil
	}
	program := b.file("planted")
	if err := b.plant(ctx, program, f, changed); err != nil {
		return result{}, err
	}
	r, err := b.judge(ctx, program)
	if err != nil {
		return result{}, err
	}
	r.Key, r.Fault = key, f.name
	return r, b.keep(r)
}

// plant builds the program with one file replaced.
func (b *bench) plant(ctx context.Context, program string, f fault, changed []byte) error {
	file, overlay := b.file("changed"+filepath.Ext(f.file)), b.file("overlay.json")
	if err := os.WriteFile(file, changed, 0o600); err != nil {
		return fmt.Errorf("planted file: %w", err)
	}
	raw, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(b.root, filepath.FromSlash(f.file)): file}})
	if err != nil {
		return fmt.Errorf("overlay: %w", err)
	}
	if err := os.WriteFile(overlay, raw, 0o600); err != nil {
		return fmt.Errorf("overlay: %w", err)
	}
	if err := b.build(ctx, program, overlay); err != nil {
		return fmt.Errorf("fault %q: %w", f.name, err)
	}
	return nil
}

func (b *bench) build(ctx context.Context, program, overlay string) error {
	args := []string{"build", "-ldflags", "-s -w", "-o", program}
	if overlay != "" {
		args = append(args, "-overlay", overlay)
	}
	_, err := output(ctx, b.root, "go", append(args, "./cmd/frontdesk")...)
	return err
}

// judge asks the gate's runs until one stops the program.
func (b *bench) judge(ctx context.Context, program string, more ...string) (result, error) {
	for i := range gate() {
		code, by, err := b.ask(ctx, program, i, b.file("run"), b.base(i), more...)
		for again := 0; again < patience && err == nil && code == gateExit && by == ""; again++ {
			code, by, err = b.ask(ctx, program, i, b.file("run"), b.base(i))
		}
		switch {
		case err != nil:
			return result{}, err
		case code == gateExit:
			return result{Verdict: verdictStopped, By: by}, nil
		case code != 0:
			return result{Verdict: verdictBroken, By: by}, nil
		}
	}
	return result{Verdict: verdictMissed}, nil
}

// ask makes one run of the gate. The error is for what cannot be started at all.
func (b *bench) ask(ctx context.Context, program string, i int, out, baseline string, more ...string) (code int, by string, err error) {
	args := append([]string{"eval", "run", "--out", out}, gate()[i]...)
	if baseline != "" {
		args = append(args, "--baseline", baseline, "--gates", b.file("gates.yaml"), "--fail-fast")
	}
	c := exec.CommandContext(ctx, program, append(args, more...)...)
	c.Env = append(os.Environ(), "FRONTDESK_HOME="+b.home, "EMBEDDINGS_URL="+b.url, "EMBEDDINGS_STYLE=input_type")
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) } // it stops what it started
	var stderr bytes.Buffer
	c.Stderr = &stderr
	err = c.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && ctx.Err() == nil {
		code, err = exit.ExitCode(), nil
	}
	if err != nil {
		return 0, "", fmt.Errorf("run the gate: %w", err)
	}
	if code == gateExit && baseline != "" {
		by, err = stoppedBy(out, baseline)
		return code, by, err
	}
	lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
	return code, lines[len(lines)-1], nil
}

// stoppedBy names what failed in a run that its baseline passed, "" where nothing
// did but the target.
func stoppedBy(run, baseline string) (string, error) {
	before, err := eval.ReadReport(baseline)
	if err != nil {
		return "", fmt.Errorf("baseline: %w", err)
	}
	now, err := eval.ReadReport(run)
	if err != nil {
		return "", fmt.Errorf("run: %w", err)
	}
	if before.Target.Content != now.Target.Content {
		return "", fmt.Errorf("the sample clinic's documents changed since the baseline %s (one was not read in time); take its folder away and start again", baseline)
	}
	passed := map[string]bool{}
	for _, c := range before.Cases {
		passed[c.Key()] = c.Pass
	}
	for _, c := range now.Cases {
		if passed[c.Key()] && !c.Pass && c.Failure == "" {
			return c.Key() + ": " + c.Why(), nil
		}
	}
	return "", nil
}

// output runs a program and returns what it prints.
func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, args[0], err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}
