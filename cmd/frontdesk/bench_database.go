package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// program returns a program of the runtime's PostgreSQL, with the run bit that its
// wheel lacks.
func (b *bench) program(name string) (string, error) {
	dir, err := b.home.PostgresPrograms()
	if err != nil {
		return "", fmt.Errorf("find %s: %w", name, err)
	}
	path := filepath.Join(dir, name)
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("find %s: %w", name, err)
	}
	if info.Mode().Perm()&0o111 == 0 {
		if err := os.Chmod(path, 0o755); err != nil {
			return "", fmt.Errorf("make %s runnable: %w", name, err)
		}
	}
	return path, nil
}

// psql runs statements as the owner, who may fill and clear the run's own tables.
func (b *bench) psql(ctx context.Context, in io.Reader, statements ...string) (string, error) {
	path, err := b.program("psql")
	if err != nil {
		return "", err
	}
	args := []string{"-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", b.base.MigrateURL}
	for _, s := range statements {
		args = append(args, "-c", s)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	var out, said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, &out, &said
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("psql: %w: %.300s", err, said.String())
	}
	return strings.TrimSpace(out.String()), nil
}

var (
	benchTPS     = regexp.MustCompile(`(?m)^tps = ([0-9.]+)`)
	benchLatency = regexp.MustCompile(`(?m)^latency average = ([0-9.]+) ms`)
)

// pgbenchRun is how pgbench is run.
type pgbenchRun struct {
	url     string
	script  string
	clients int
	took    time.Duration
	define  []string // name=value
}

// pgbench runs a script and returns its transactions a second and their mean time
// in milliseconds.
func (b *bench) pgbench(ctx context.Context, r pgbenchRun) (tps, latency float64, err error) {
	path, err := b.program("pgbench")
	if err != nil {
		return 0, 0, err
	}
	file := filepath.Join(b.dir, "pgbench.sql")
	if err := os.WriteFile(file, []byte(r.script), 0o600); err != nil {
		return 0, 0, fmt.Errorf("write pgbench script: %w", err)
	}
	args := []string{
		"-n", "-M", "prepared", "-f", file, "-c", strconv.Itoa(r.clients), "-j", strconv.Itoa(min(2, r.clients)),
		"-T", strconv.Itoa(max(1, int(r.took.Seconds()))),
	}
	for _, d := range r.define {
		args = append(args, "-D", d)
	}
	cmd := exec.CommandContext(ctx, path, append(args, r.url)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return 0, 0, fmt.Errorf("pgbench: %w: %.300s", err, said.String())
	}
	found, mean := benchTPS.FindSubmatch(out), benchLatency.FindSubmatch(out)
	if found == nil || mean == nil {
		return 0, 0, fmt.Errorf("pgbench told no figure: %.300s", said.String())
	}
	tps, err1 := strconv.ParseFloat(string(found[1]), 64)
	latency, err2 := strconv.ParseFloat(string(mean[1]), 64)
	if err1 != nil || err2 != nil {
		return 0, 0, fmt.Errorf("read pgbench's figures: %w, %w", err1, err2)
	}
	return tps, latency, nil
}
