//go:build !unix

package ingest

// limitMemory does nothing where the system has no such limit; the reader's own
// bounds remain.
func limitMemory(uint64) error { return nil }
