//go:build unix

package ingest

import "syscall"

// limitMemory bounds the private memory of this process and of those that it
// starts. Address space is not bounded: the Go runtime reserves far more than it
// uses.
func limitMemory(bytes uint64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_DATA, &limit); err != nil {
		return err
	}
	limit.Cur = min(limit.Cur, bytes)
	limit.Max = min(limit.Max, bytes)
	return syscall.Setrlimit(syscall.RLIMIT_DATA, &limit)
}
