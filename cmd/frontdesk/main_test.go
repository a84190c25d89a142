package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"frontdesk/internal/home"
)

// patience bounds what waits for another process; a test never passes by its end.
const patience = 2 * time.Minute

// testHome is the home that all tests of this package share, with its programs
// held up, so that a command attaches in milliseconds.
type testHome struct {
	dir     string
	runtime string
	reader  string // the program as users have it: it reads documents in a child of its own
	missing error  // why the programs cannot run, nil where they do
}

var shared testHome

func TestMain(m *testing.M) {
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "frontdesk-cmd-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	shared.dir = dir
	if shared.runtime, err = home.DefaultRuntime(os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	// The race detector would take more memory and time than a child may have.
	shared.reader = filepath.Join(dir, "frontdesk")
	build := exec.CommandContext(ctx, "go", "build", "-o", shared.reader, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the program: %v\n%s", err, out)
		return 1
	}
	opened, err := home.Open(ctx, home.Options{Dir: dir, Runtime: shared.runtime, Settings: map[string]string{"fsync": "off"}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer opened.Close()
	if _, shared.missing = opened.Postgres(ctx); shared.missing == nil {
		_, shared.missing = opened.Embeddings(ctx)
	}
	before := goleak.IgnoreCurrent()
	code := m.Run()
	if code == 0 {
		if err := goleak.Find(before); err != nil {
			fmt.Fprintln(os.Stderr, "goroutines outlive the tests:", err)
			return 1
		}
	}
	return code
}

// needPrograms ends a test that wants the private database and embeddings where
// they cannot run.
func needPrograms(t *testing.T) {
	t.Helper()
	if shared.missing == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("the runtime is missing: %v", shared.missing)
	}
	t.Skipf("SKIPPED, the runtime is missing, run make setup: %v", shared.missing)
}

// environment is that of a command in a test: nothing of the machine's but what
// the test says.
func environment(settings map[string]string) func(string) string {
	env := map[string]string{"FRONTDESK_HOME": shared.dir, "FRONTDESK_RUNTIME": shared.runtime, "FRONTDESK_READER": shared.reader}
	maps.Copy(env, settings)
	return func(name string) string { return env[name] }
}

// result is what a command left.
type result struct {
	code   int
	stdout string
	stderr string
}

// command runs one command line to its end.
func command(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	return commandIn(t, nil, stdin, args...)
}

func commandIn(t *testing.T, settings map[string]string, stdin string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	var stdout bytes.Buffer
	stderr := newSyncBuffer() // the log and the progress of a run write to it at once, as to a file
	code := run(ctx, args, strings.NewReader(stdin), &stdout, stderr, environment(settings))
	return result{code, stdout.String(), stderr.String()}
}

// succeed runs a command that must exit with 0 and returns its standard output.
func succeed(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	got := command(t, stdin, args...)
	if got.code != exitOK {
		t.Fatalf("frontdesk %s: exit %d\n%s", strings.Join(args, " "), got.code, got.stderr)
	}
	return got.stdout
}

// addClinic makes a clinic with a name of its own for this test.
func addClinic(t *testing.T, flags ...string) string {
	t.Helper()
	needPrograms(t)
	name := "Clinic of " + t.Name()
	succeed(t, "", append([]string{"clinic", "add", name}, flags...)...)
	return name
}

// decodeLines decodes JSONL and fails for anything else on the way.
func decodeLines[T any](t *testing.T, text string) []T {
	t.Helper()
	var all []T
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	for {
		var v T
		switch err := dec.Decode(&v); err {
		case nil:
			all = append(all, v)
		case io.EOF:
			return all
		default:
			t.Fatalf("standard output is no JSONL of that shape: %v\n%s", err, text)
		}
	}
}

// syncBuffer is a buffer that a service writes while a test reads.
type syncBuffer struct {
	mu  sync.Mutex // protects b
	b   bytes.Buffer
	now chan struct{} // receives after each write; may drop
}

func newSyncBuffer() *syncBuffer { return &syncBuffer{now: make(chan struct{}, 1)} }

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.now <- struct{}{}:
	default:
	}
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// commandAfter runs a command when the test's context has ended.
func commandAfter(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(context.WithoutCancel(t.Context()), args, strings.NewReader(""), &stdout, &stderr, environment(nil)); code != exitOK {
		t.Errorf("frontdesk %s: exit %d: %s", strings.Join(args, " "), code, stderr.String())
	}
	return stdout.String()
}
