// Package home owns a folder of state (FRONTDESK_HOME) and the programs that
// belong to it: a private PostgreSQL and a local embedding server, out of the
// runtime folder (FRONTDESK_RUNTIME) that `make setup` fills.
//
// Every command holds a shared lock on its home. The first that needs a program
// starts it, others attach to it, whoever sees it dead starts it again, and the
// last command out stops it. A command that was killed leaves its programs
// running; the next one attaches to them. Nothing of a home is shared with
// another home but the read-only runtime.
package home

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	"frontdesk"
)

const (
	lockPoll       = 20 * time.Millisecond
	superviseEvery = time.Second
	stopTimeout    = 90 * time.Second
)

// Options say where a home lies.
type Options struct {
	Dir      string            // the home; see [DefaultDir]
	Runtime  string            // the runtime; see [DefaultRuntime]
	Log      *slog.Logger      // nil discards
	Settings map[string]string // PostgreSQL settings on top of ours
}

// Home is an open home. Its methods are safe for concurrent use.
type Home struct {
	dir      string
	runtime  string
	log      *slog.Logger
	settings map[string]string
	user     *user // whom children run as, nil for ourselves
	lock     *os.File

	mu         sync.Mutex // protects all following fields
	watched    []program
	supervisor context.CancelFunc
	done       chan struct{}
	closed     bool
}

// DefaultDir returns the home that the environment names: FRONTDESK_HOME, else
// /var/lib/frontdesk for root, else the user's state folder.
func DefaultDir(getenv func(string) string) (string, error) {
	if dir := getenv("FRONTDESK_HOME"); dir != "" {
		return filepath.Abs(dir)
	}
	if os.Geteuid() == 0 {
		return "/var/lib/frontdesk", nil
	}
	if dir := getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "frontdesk"), nil
	}
	user := getenv("HOME")
	if user == "" {
		return "", &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "There is no HOME; set FRONTDESK_HOME to a folder for the program's state."}
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(user, "Library", "Application Support", "frontdesk"), nil
	}
	return filepath.Join(user, ".local", "state", "frontdesk"), nil
}

// DefaultRuntime returns the runtime that the environment names:
// FRONTDESK_RUNTIME, else /opt/frontdesk for root, else a folder in the user's
// cache. scripts/setup.sh follows the same rule.
func DefaultRuntime(getenv func(string) string) (string, error) {
	if dir := getenv("FRONTDESK_RUNTIME"); dir != "" {
		return filepath.Abs(dir)
	}
	if os.Geteuid() == 0 {
		return "/opt/frontdesk", nil
	}
	cache := getenv("XDG_CACHE_HOME")
	if !filepath.IsAbs(cache) {
		user := getenv("HOME")
		if user == "" {
			return "", &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "There is no HOME; set FRONTDESK_RUNTIME to the folder that `make setup` filled."}
		}
		cache = filepath.Join(user, ".cache")
		if runtime.GOOS == "darwin" {
			cache = filepath.Join(user, "Library", "Caches")
		}
	}
	return filepath.Join(cache, "frontdesk", "runtime"), nil
}

// Open makes the home where it is missing and takes a shared lock on it. Close it
// to release the lock and, as the last one out, to stop what runs in it.
func Open(ctx context.Context, o Options) (*Home, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil || o.Dir == "" {
		return nil, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "No folder for the program's state is named; set FRONTDESK_HOME.", Err: err}
	}
	for _, folder := range []string{dir, filepath.Join(dir, "run"), filepath.Join(dir, "log")} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "The folder " + dir + " cannot be made; set FRONTDESK_HOME to one that you may write.", Err: err}
		}
	}
	h := &Home{dir: dir, runtime: o.Runtime, settings: o.Settings, log: cmp.Or(o.Log, slog.New(slog.DiscardHandler))}
	if h.user, err = childUser(dir); err != nil {
		return nil, err
	}
	unlock, err := h.exclusive(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	h.lock, err = os.OpenFile(filepath.Join(dir, "run", "home.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "The folder " + dir + " belongs to somebody else; set FRONTDESK_HOME to one of your own.", Err: err}
	}
	if err := syscall.Flock(int(h.lock.Fd()), syscall.LOCK_SH); err != nil {
		h.lock.Close()
		return nil, fmt.Errorf("lock home: %w", err)
	}
	return h, nil
}

// Dir returns the home's folder.
func (h *Home) Dir() string { return h.dir }

// exclusive waits for the lock under which programs are started and stopped, and
// commands come and go. The kernel frees it when its holder dies.
func (h *Home) exclusive(ctx context.Context) (unlock func(), err error) {
	file, err := os.OpenFile(filepath.Join(h.dir, "run", "start.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: "The folder " + h.dir + " belongs to somebody else; set FRONTDESK_HOME to one of your own.", Err: err}
	}
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { file.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			file.Close()
			return nil, fmt.Errorf("lock start of programs: %w", err)
		}
		if err := pause(ctx, lockPoll); err != nil {
			file.Close()
			return nil, fmt.Errorf("wait for another command that starts or stops: %w", err)
		}
	}
}

// Close releases the home and waits for nothing of other commands; the last
// command out stops the programs first. A second Close does nothing.
func (h *Home) Close() error {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return nil
	}
	h.closed = true
	stop, done := h.supervisor, h.done
	h.mu.Unlock()
	if stop != nil {
		stop()
		<-done
	}
	defer h.lock.Close()
	// The caller's context is likely cancelled by now, and what runs must be stopped.
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	unlock, err := h.exclusive(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	err = syscall.Flock(int(h.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil // others still use the home
	}
	if err != nil {
		return fmt.Errorf("lock home to stop its programs: %w", err)
	}
	return errors.Join(h.stopProgram(ctx, h.embeddings()), h.stopProgram(ctx, h.postgres()))
}

// use makes sure that a program runs, and that it is watched from now on.
func (h *Home) use(ctx context.Context, p program) (state, error) {
	unlock, err := h.exclusive(ctx)
	if err != nil {
		return state{}, err
	}
	s, err := h.ensure(ctx, p)
	unlock()
	if err != nil {
		return state{}, fmt.Errorf("start %s: %w", p.name(), err)
	}
	h.watch(p)
	return s, nil
}

func (h *Home) watch(p program) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	for _, known := range h.watched {
		if known.name() == p.name() {
			return
		}
	}
	h.watched = append(h.watched, p)
	if h.supervisor == nil {
		var ctx context.Context
		ctx, h.supervisor = context.WithCancel(context.Background())
		h.done = make(chan struct{})
		go h.supervise(ctx, h.done)
	}
}

// supervise starts again what died, until ctx ends.
func (h *Home) supervise(ctx context.Context, done chan<- struct{}) {
	defer close(done)
	for pause(ctx, superviseEvery) == nil {
		h.mu.Lock()
		watched := append([]program(nil), h.watched...)
		h.mu.Unlock()
		for _, p := range watched {
			if s, err := h.readState(p); err == nil && s.alive() && p.reachable(s.Address) {
				continue
			}
			h.log.Warn("program died or cannot be reached, starting it again", "program", p.name())
			if _, err := h.use(ctx, p); err != nil && ctx.Err() == nil {
				h.log.Error("program does not start", "program", p.name(), "error", err)
			}
		}
	}
}

// pause waits for d, or returns the context's error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// missing tells whether a file is not there, as opposed to unreadable.
func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}
