package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// clockTick is the unit of processor time in /proc, the same on every Linux.
const clockTick = 10 * time.Millisecond

// processor is what processor time was spent: the figure that other work on the
// machine hardly changes.
type processor struct {
	service  time.Duration // of this process, the stand-ins and the load included
	database time.Duration // of PostgreSQL's processes
}

func (p processor) minus(before processor) processor {
	return processor{p.service - before.service, p.database - before.database}
}

// processor returns the time spent until now. It is read from /proc, and nothing
// where that is not to be had.
func (b *bench) processor(ctx context.Context) (processor, error) {
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		return processor{}, fmt.Errorf("own processor time: %w", err)
	}
	out := processor{service: time.Duration(own.Utime.Nano() + own.Stime.Nano())}
	one, err := b.psql(ctx, nil, `SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'`)
	if err != nil {
		return out, err
	}
	child, err := procStat(one)
	if err != nil {
		return out, err
	}
	server, err := procStat(child.parent)
	if err != nil {
		return out, err
	}
	out.database = server.own + server.ended
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return out, fmt.Errorf("list processes: %w", err)
	}
	for _, path := range all {
		stat, err := procStat(filepath.Base(filepath.Dir(path)))
		if err == nil && stat.parent == child.parent { // others end while we look
			out.database += stat.own
		}
	}
	return out, nil
}

// stat is what /proc says of a process.
type stat struct {
	parent string
	own    time.Duration
	ended  time.Duration // of children that have ended
}

func procStat(pid string) (stat, error) {
	raw, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	if err != nil {
		return stat{}, fmt.Errorf("read process %s: %w", pid, err)
	}
	// The name in parentheses may hold anything; fields are counted behind it.
	_, rest, _ := strings.Cut(string(raw), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 15 {
		return stat{}, errors.New("read process: unknown format")
	}
	ticks := func(i int) time.Duration {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return 0
		}
		return time.Duration(n) * clockTick
	}
	return stat{parent: fields[1], own: ticks(11) + ticks(12), ended: ticks(13) + ticks(14)}, nil
}
