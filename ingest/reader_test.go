package ingest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"frontdesk"
)

// countedChild is [childScript] that writes a line to a file each time it is started.
func countedChild(t *testing.T) (exe string, starts func() int) {
	t.Helper()
	readPDF(t, hello(), pdfOptions()) // an empty cache takes a process of its own
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(t.TempDir(), "starts")
	exe = childScript(t, fmt.Sprintf("echo >> %q; FRONTDESK_TEST_CHILD=1 exec %q -test.run='^TestChildProcess$'", log, self))
	return exe, func() int {
		data, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(data), "\n")
	}
}

func TestReaderReadsFilesThatComeTogetherInOneProcess(t *testing.T) {
	t.Parallel()
	exe, starts := countedChild(t)
	r := NewReader(exe)
	defer r.Close()
	for range 3 {
		doc, err := r.Read(context.Background(), hello(), pdfOptions())
		if err != nil {
			t.Fatal(err)
		}
		wantOutline(t, doc, "1 text: Hello from the reception.")
		if _, err := r.Read(context.Background(), lockedPDF(), pdfOptions()); frontdesk.CodeOf(err) != CodeEncrypted {
			t.Fatalf("a locked file gives %v", err)
		}
	}
	if n := starts(); n != 1 {
		t.Errorf("%d processes were started for 6 files", n)
	}
}

func TestReaderFillsAnEmptyCacheInAProcessOfItsOwn(t *testing.T) {
	t.Parallel()
	exe, starts := countedChild(t)
	r := NewReader(exe)
	defer r.Close()
	opts := pdfOptions()
	opts.CacheDir = t.TempDir()
	for range 2 {
		doc, err := r.Read(context.Background(), hello(), opts)
		if err != nil {
			t.Fatal(err)
		}
		wantOutline(t, doc, "1 text: Hello from the reception.")
	}
	if n := starts(); n != 2 {
		t.Errorf("%d processes were started, want one that compiles and one that reads", n)
	}
}

func TestReaderReadsOnAfterItsProcessWasKilled(t *testing.T) {
	t.Parallel()
	exe, starts := countedChild(t)
	r := NewReader(exe)
	defer r.Close()
	for range 2 {
		if _, err := r.Read(context.Background(), hello(), pdfOptions()); err != nil {
			t.Fatal(err)
		}
		waiting := r.take()
		waiting.kill()
		_ = waiting.cmd.Wait()
		r.keep(waiting)
	}
	if n := starts(); n != 2 {
		t.Errorf("%d processes were started, want one for each file", n)
	}
}

func TestReaderKeepsNoProcessThatWasStopped(t *testing.T) {
	t.Parallel()
	r := NewReader(childScript(t, "exec sleep 60"))
	defer r.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := r.Read(ctx, hello(), pdfOptions()); err == nil {
		t.Fatal("a stopped reading succeeds")
	}
	if r.take() != nil {
		t.Error("the process waits for another file")
	}
}

func TestReaderGivesEachFileOfOneMomentItsOwnProcess(t *testing.T) {
	t.Parallel()
	exe, _ := countedChild(t)
	r := NewReader(exe)
	defer r.Close()
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if _, err := r.Read(context.Background(), hello(), pdfOptions()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
