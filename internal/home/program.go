package home

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"frontdesk"
)

const (
	healthPoll    = 25 * time.Millisecond
	attachTimeout = 30 * time.Second // for a live program that another command just started
	startTimeout  = 2 * time.Minute  // PostgreSQL may have to recover from a crash
	gentleTimeout = 20 * time.Second // between one stop signal and the next, harder one
	startTries    = 40
	retryAfter    = 250 * time.Millisecond
	maxLog        = 8 << 20 // bytes; a longer log is begun anew at the next start
)

// errEnded says that a program ended before it answered.
var errEnded = errors.New("the program ended")

// program is one of the two that a home runs.
type program interface {
	name() string
	// prepare makes what the program needs and returns the address that it will
	// listen at: the last one, where that is still free.
	prepare(ctx context.Context, last string) (address string, err error)
	command(address string) (*exec.Cmd, error)
	healthy(ctx context.Context, address string) error
	// reachable tells whether a running program can be reached at all.
	reachable(address string) bool
	// stopSignals end the program, the gentlest first.
	stopSignals() []syscall.Signal
	// clean removes what a dead program left.
	clean(address string) error
}

// state says what runs: it is written when a program was started.
type state struct {
	PID     int    `json:"pid"`
	Started string `json:"started"` // the process's start time as the system tells it, against reused pids
	Address string `json:"address"`
}

// alive tells whether that very process still runs. It collects the exit status
// of a child of ours that ended.
func (s state) alive() bool {
	if s.PID <= 1 {
		return false
	}
	var status syscall.WaitStatus
	if pid, err := syscall.Wait4(s.PID, &status, syscall.WNOHANG, nil); err == nil && pid == s.PID {
		return false
	}
	started, running := processStart(s.PID)
	return running && started == s.Started
}

// processStart returns when a process started, and whether it runs: a zombie does not.
func processStart(pid int) (started string, running bool) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err == nil {
		// proc(5): the command's name, in parentheses, may hold anything; the state is
		// the first field after it, the start time the twentieth.
		_, rest, found := strings.Cut(string(stat[strings.LastIndexByte(string(stat), ')')+1:]), " ")
		fields := strings.Fields(rest)
		if !found || len(fields) < 20 {
			return "", false
		}
		return fields[19], fields[0] != "Z" && fields[0] != "X"
	}
	if _, err := os.Stat("/proc/self/stat"); err == nil {
		return "", false
	}
	out, err := exec.Command("ps", "-o", "stat=,lstart=", "-p", strconv.Itoa(pid)).Output()
	flags, started, found := strings.Cut(strings.TrimSpace(string(out)), " ")
	if err != nil || !found {
		return "", false
	}
	return strings.TrimSpace(started), !strings.HasPrefix(flags, "Z")
}

func (h *Home) statePath(p program) string {
	return filepath.Join(h.dir, "run", p.name()+".json")
}

func (h *Home) readState(p program) (state, error) {
	var s state
	raw, err := os.ReadFile(h.statePath(p))
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(raw, &s)
}

func (h *Home) writeState(p program, s state) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return err
	}
	path := h.statePath(p)
	if err := os.WriteFile(path+".new", raw, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// ensure attaches to a live program, or starts it. The caller holds the exclusive lock.
func (h *Home) ensure(ctx context.Context, p program) (state, error) {
	s, _ := h.readState(p) // an unreadable state is that of nothing running
	if s.alive() {
		if err := h.await(ctx, p, s, attachTimeout); err == nil {
			return s, nil
		} else if ctx.Err() != nil {
			return state{}, err
		}
		h.log.Warn("program does not answer, starting it again", "program", p.name())
		if err := h.end(ctx, p, s); err != nil {
			return state{}, err
		}
	}
	// Children of a killed server may hold its memory for a moment longer.
	for try := 1; ; try++ {
		started, err := h.start(ctx, p, s.Address)
		if err == nil || try == startTries || !errors.Is(err, errEnded) {
			return started, err
		}
		if err := pause(ctx, retryAfter); err != nil {
			return state{}, err
		}
	}
}

func (h *Home) start(ctx context.Context, p program, last string) (state, error) {
	address, err := p.prepare(ctx, last)
	if err != nil {
		return state{}, err
	}
	cmd, err := p.command(address)
	if err != nil {
		return state{}, err
	}
	log, err := h.openLog(p)
	if err != nil {
		return state{}, err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	// A session of its own: Ctrl-C at the terminal reaches the command, which stops
	// its programs in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: h.user.credential(cmd.Path)}
	if err := cmd.Start(); err != nil {
		return state{}, fmt.Errorf("run %s: %w", filepath.Base(cmd.Path), err)
	}
	s := state{PID: cmd.Process.Pid, Address: address}
	s.Started, _ = processStart(s.PID)
	if err := h.writeState(p, s); err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return state{}, fmt.Errorf("note the process: %w", err)
	}
	if err := cmd.Process.Release(); err != nil {
		return state{}, fmt.Errorf("release the process: %w", err)
	}
	return s, h.await(ctx, p, s, startTimeout)
}

// await waits until a program answers, dies, or takes too long.
func (h *Home) await(ctx context.Context, p program, s state, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for {
		err := p.healthy(ctx, s.Address)
		if err == nil {
			return nil
		}
		if !s.alive() {
			return &frontdesk.Error{Code: frontdesk.CodeUnavailable, Text: "The program " + p.name() + " ended at its start; see " + h.logPath(p) + ".", Err: errors.Join(errEnded, err)}
		}
		if ctxErr := pause(ctx, healthPoll); ctxErr != nil {
			return &frontdesk.Error{Code: frontdesk.CodeUnavailable, Text: "The program " + p.name() + " does not answer; see " + h.logPath(p) + ".", Err: errors.Join(ctxErr, err)}
		}
	}
}

// stopProgram ends a program, if it runs. The caller holds the exclusive lock and
// is the home's last user.
func (h *Home) stopProgram(ctx context.Context, p program) error {
	s, err := h.readState(p)
	if err != nil {
		return nil // never started
	}
	if err := h.end(ctx, p, s); err != nil {
		return fmt.Errorf("stop %s: %w", p.name(), err)
	}
	return nil
}

func (h *Home) end(ctx context.Context, p program, s state) error {
	for _, signal := range p.stopSignals() {
		if !s.alive() {
			break
		}
		if err := syscall.Kill(s.PID, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("signal process %d: %w", s.PID, err)
		}
		if err := awaitEnd(ctx, s); err != nil {
			return err
		}
	}
	if s.alive() {
		return fmt.Errorf("process %d does not end", s.PID)
	}
	return p.clean(s.Address)
}

// awaitEnd waits until a process is gone or deserves a harder signal.
func awaitEnd(ctx context.Context, s state) error {
	for waited := time.Duration(0); s.alive() && waited < gentleTimeout; waited += healthPoll {
		if err := pause(ctx, healthPoll); err != nil {
			return err
		}
	}
	return nil
}

func (h *Home) logPath(p program) string {
	return filepath.Join(h.dir, "log", p.name()+".log")
}

func (h *Home) openLog(p program) (*os.File, error) {
	mode := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if info, err := os.Stat(h.logPath(p)); err == nil && info.Size() > maxLog {
		mode |= os.O_TRUNC
	}
	file, err := os.OpenFile(h.logPath(p), mode, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	return file, nil
}

// childEnv is all that a program sees of our environment: no secret of it.
func childEnv() []string {
	return []string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/", "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "TZ=UTC"}
}
