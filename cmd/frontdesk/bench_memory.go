package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"frontdesk"
	"frontdesk/internal/load"
)

// memoryOpen is how many conversations are open at once.
const memoryOpen = 1000

// memory runs the service as a process of its own, as `serve` is, opens 1,000
// conversations at once on a model that hangs, and watches what it holds.
func (b *bench) memory(ctx context.Context) (err error) {
	r := &rig{sink: newSink()}
	defer func() { err = errors.Join(err, r.close()) }()
	graph, err := serveLoopback(r.sink)
	if err != nil {
		return err
	}
	r.onClose(func() error { graph.close(); return nil })
	set, err := r.settings(rigOptions{hang: 6 * time.Second})
	if err != nil {
		return err
	}
	if set["FRONTDESK_KEY"], err = b.key(ctx); err != nil {
		return err
	}
	if err := b.prepareMemory(ctx, r, set); err != nil {
		return err
	}
	set["WHATSAPP_APP_SECRET"], set["WHATSAPP_VERIFY_TOKEN"] = load.Secret, "bench"
	set["WHATSAPP_GRAPH_URL"] = graph.url
	child, address, err := b.serve(ctx, set)
	if err != nil {
		return err
	}
	r.onClose(func() error { return stopChild(child) })
	began, err := resident(child.Process.Pid)
	if err != nil {
		return err
	}
	most, err := b.fillMemory(ctx, r, child.Process.Pid, address)
	if err != nil {
		return err
	}
	return b.say(figure{Bench: "memory", What: "resident memory of the service, most at 1,000 open conversations", Value: most, Unit: "MB",
		Note: fmt.Sprintf("%s MB at start, %d replies", short(began), r.sink.accepted())}.want(atMost(150)))
}

// prepareMemory loads the sample clinic by parts of its own, which are closed before
// the service starts.
func (b *bench) prepareMemory(ctx context.Context, r *rig, set map[string]string) (err error) {
	w, err := b.parts(ctx, nil, set)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	s := &service{}
	if s.ingest, err = w.ingestService(ctx); err != nil {
		return err
	}
	r.clinic, r.accounts, err = b.sample(ctx, w, s)
	return err
}

// serve starts `serve` as a child and waits until it is ready.
func (b *bench) serve(ctx context.Context, set map[string]string) (*exec.Cmd, string, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, "", fmt.Errorf("own program: %w", err)
	}
	free, err := listen(ctx, "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	address := free.Addr().String()
	if err := free.Close(); err != nil {
		return nil, "", fmt.Errorf("find a free port: %w", err)
	}
	cmd := exec.Command(exe, "serve")
	getenv := b.environment(set)
	for _, name := range []string{"FRONTDESK_HOME", "FRONTDESK_RUNTIME", "LOG_LEVEL", "PATH", "HOME", "TMPDIR"} {
		if value := getenv(name); value != "" {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	for name, value := range set {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Env = append(cmd.Env, "FRONTDESK_ADDR="+address)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C reaches us, and we stop it
	if err := cmd.Start(); err != nil {
		return nil, "", fmt.Errorf("start service: %w", err)
	}
	url := "http://" + address
	for range 600 {
		if ready(ctx, url+"/readyz") {
			return cmd, url, nil
		}
		if err := pauseFor(ctx, 100*time.Millisecond); err != nil {
			return nil, "", errors.Join(err, stopChild(cmd))
		}
	}
	return nil, "", errors.Join(errors.New("the service did not become ready within a minute"), stopChild(cmd))
}

func ready(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// fillMemory opens the conversations and returns the most that was held, in MB.
func (b *bench) fillMemory(ctx context.Context, r *rig, pid int, url string) (float64, error) {
	var next, failed atomic.Int64
	var wg sync.WaitGroup
	for range benchClients {
		wg.Go(func() {
			for n := int(next.Add(1)); n <= memoryOpen && ctx.Err() == nil; n = int(next.Add(1)) {
				body := load.Body(r.accounts[n%len(r.accounts)], person(9, n), fmt.Sprintf("wamid.open.%d", n), benchQuestion(n), time.Now())
				request, err := load.Request(ctx, url+webhookPath, body)
				if err != nil {
					failed.Add(1)
					continue
				}
				response, err := http.DefaultClient.Do(request)
				if err != nil {
					failed.Add(1)
					continue
				}
				_ = response.Body.Close()
				if response.StatusCode != http.StatusOK {
					failed.Add(1)
				}
			}
		})
	}
	sent := make(chan struct{})
	go func() { defer close(sent); wg.Wait() }()
	most := 0.0
	until := time.Now().Add(max(b.seconds, 10*time.Second))
	for time.Now().Before(until) {
		held, err := resident(pid)
		if err != nil {
			return 0, err
		}
		most = max(most, held)
		if err := pauseFor(ctx, 50*time.Millisecond); err != nil {
			return 0, err
		}
	}
	<-sent
	if n := failed.Load(); n > 0 {
		return 0, fmt.Errorf("%d of %d webhooks were not accepted", n, memoryOpen)
	}
	return most, nil
}

// resident is what a process holds in memory, in MB, as Linux tells it.
func resident(pid int) (float64, error) {
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0, &frontdesk.Error{Code: frontdesk.CodeUnavailable, Text: "Resident memory is read from /proc, which this system lacks.", Err: err}
	}
	for line := range strings.SplitSeq(string(raw), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kB, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
			if err != nil {
				return 0, fmt.Errorf("read resident memory: %w", err)
			}
			return kB / 1024, nil
		}
	}
	return 0, errors.New("the service ended")
}

// stopChild ends a service gently, then for good.
func stopChild(cmd *exec.Cmd) error {
	_ = cmd.Process.Signal(syscall.SIGTERM)
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	timer := time.NewTimer(40 * time.Second)
	defer timer.Stop()
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("the service did not stop well: %w", err)
		}
		return nil
	case <-timer.C:
		_ = cmd.Process.Kill()
		<-done
		return errors.New("the service did not stop in time and was killed")
	}
}

// pauseFor waits, or returns why ctx ended.
func pauseFor(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("interrupted: %w", context.Cause(ctx))
	}
}
