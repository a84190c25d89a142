package ingest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"frontdesk"
)

// childScript writes a program that answers [ChildCommand] as the product does,
// by this test binary. body replaces what it does where it is not "".
func childScript(t *testing.T, body string) string {
	t.Helper()
	if body == "" {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		body = fmt.Sprintf("FRONTDESK_TEST_CHILD=1 exec %q -test.run='^TestChildProcess$'", self)
	}
	path := filepath.Join(t.TempDir(), "child")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestChildProcess is the child of the tests below; alone it does nothing.
func TestChildProcess(t *testing.T) {
	if os.Getenv("FRONTDESK_TEST_CHILD") == "" {
		return
	}
	const room = 1 << 40 // the race detector reserves what no limit would allow
	if err := runChild(context.Background(), os.Stdin, os.Stdout, room); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func hello() []byte {
	p := &madePage{}
	p.text("F1", 11, 72, 100, "Hello from the reception.")
	return makePDF(p)
}

func TestReadPDFIsolatedReadsAsReadPDFDoes(t *testing.T) {
	t.Parallel()
	doc, err := ReadPDFIsolated(context.Background(), childScript(t, ""), hello(), pdfOptions())
	if err != nil {
		t.Fatal(err)
	}
	wantOutline(t, doc, "1 text: Hello from the reception.")
}

func TestReadPDFIsolatedKeepsTheRefusal(t *testing.T) {
	t.Parallel()
	exe := childScript(t, "")
	for want, data := range map[frontdesk.Code][]byte{CodeEncrypted: lockedPDF(), CodeNotADocument: nil} {
		_, err := ReadPDFIsolated(context.Background(), exe, data, pdfOptions())
		if frontdesk.CodeOf(err) != want {
			t.Errorf("got %v, want code %s", err, want)
		}
		if text := frontdesk.TextOf(err); text == "" || strings.Contains(text, "pdfium") {
			t.Errorf("user text %q", text)
		}
	}
}

func TestReadPDFIsolatedRefusesTooManyBytesWithoutAChild(t *testing.T) {
	t.Parallel()
	opts := pdfOptions()
	opts.MaxBytes = 10
	if _, err := ReadPDFIsolated(context.Background(), "/nowhere", hello(), opts); frontdesk.CodeOf(err) != CodeTooLarge {
		t.Errorf("got %v", err)
	}
}

func TestReadPDFIsolatedKillsAChildThatHangs(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := ReadPDFIsolated(ctx, childScript(t, "exec sleep 60"), hello(), pdfOptions())
	if frontdesk.CodeOf(err) != CodeTimeout {
		t.Errorf("got %v", err)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("the child lived for %v", took)
	}
}

func TestReadPDFIsolatedSurvivesABadChild(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want frontdesk.Code
	}{
		"dies":                {"cat >/dev/null & kill -9 $$", CodeTooLarge},
		"answers too much":    {"cat /dev/zero", CodeTooLarge},
		"answers nonsense":    {"echo nonsense; exec 0<&-", frontdesk.CodeInternal},
		"invents an error":    {`head -c 10 >/dev/null; echo '{"code":"encrypted","text":"locked"}'`, CodeEncrypted},
		"is not there at all": {"exit 7", CodeTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, err := ReadPDFIsolated(context.Background(), childScript(t, c.body), hello(), pdfOptions())
			if err == nil || len(doc.Pages) > 0 {
				t.Fatalf("got %v, %v", doc, err)
			}
			if code := frontdesk.CodeOf(err); code != c.want {
				t.Errorf("got code %s (%v), want %s", code, err, c.want)
			}
		})
	}
}

func TestReadPDFIsolatedGivesTheChildNoSecret(t *testing.T) {
	t.Parallel()
	got := childEnvironment([]string{"PATH=/bin", "FRONTDESK_KEY=marker", "DATABASE_URL=marker", "HOME=/marker"})
	if text := strings.Join(got, " "); strings.Contains(text, "marker") || !strings.Contains(text, "PATH=/bin") {
		t.Errorf("environment %q", text)
	}
}

func TestRunChildRefusesABadRequest(t *testing.T) {
	t.Parallel()
	good, err := encodeRequest(pdfOptions().withDefaults(), 1<<40)
	if err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string][]byte{
		"nothing":             nil,
		"options too long":    {0xFF, 0xFF, 0xFF, 0xFF},
		"options not JSON":    {0, 0, 0, 1, 'x'},
		"file cut short":      append(bytes.Clone(good[:len(good)-8]), 0, 0, 0, 0, 0, 0, 0, 9, 'x'),
		"file larger than ok": good,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if err := runChild(context.Background(), bytes.NewReader(in), &out, 1<<40); err == nil || out.Len() > 0 {
				t.Errorf("got %v, answer %q", err, out.String())
			}
		})
	}
}
