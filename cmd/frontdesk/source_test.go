package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// addedSource is the shape of `source add --json`; no other field may appear.
type addedSource struct {
	Source   string   `json:"source"`
	Kind     string   `json:"kind"`
	Revision int      `json:"revision"`
	Pages    int      `json:"pages"`
	Passages int      `json:"passages"`
	Lang     string   `json:"lang"`
	Status   string   `json:"status"`
	Code     string   `json:"code"`
	Reason   string   `json:"reason"`
	Unread   []int    `json:"unread_pages"`
	Warnings []string `json:"warnings"`
	MS       *int64   `json:"ms"`
}

const sampleDocuments = "sample/documents"

func addSources(t *testing.T, clinic string, args ...string) (result, map[string]addedSource) {
	t.Helper()
	got := command(t, "", append([]string{"source", "add", "--json", "--clinic", clinic}, args...)...)
	reports := map[string]addedSource{}
	for _, r := range decodeLines[addedSource](t, got.stdout) {
		reports[r.Source] = r
	}
	return got, reports
}

func TestSampleDocumentsGoLiveOnceAndAreUnchangedAfter(t *testing.T) {
	t.Parallel()
	clinic := addClinic(t, "--lang", "fr", "--country", "FR")
	got, reports := addSources(t, clinic, "--approve-as", "Dr Test", sampleDocuments)
	if got.code != exitOK || len(reports) != 5 {
		t.Fatalf("exit %d, %d reports: %s", got.code, len(reports), got.stderr)
	}
	want := map[string]struct {
		kind, lang string
		pages      int
	}{
		"blood-test-preparation.pdf": {"pdf", "en", 1},
		"contact.html":               {"html", "fr", 0},
		"livret-accueil.pdf":         {"pdf", "fr", 3},
		"questions.md":               {"faq", "fr", 0},
		"tarifs-2026.pdf":            {"pdf", "fr", 1},
	}
	for name, w := range want {
		r := reports[name]
		if r.Kind != w.kind || r.Lang != w.lang || r.Status != "live" || r.Revision != 1 || r.Passages == 0 || r.MS == nil || w.pages > 0 && r.Pages != w.pages {
			t.Errorf("%s: %+v, want %+v", name, r, w)
		}
		if r.Code != "" || r.Unread == nil || r.Warnings == nil {
			t.Errorf("%s: a code, or null where a list is due: %+v", name, r)
		}
	}
	got, reports = addSources(t, clinic, "--approve-as", "Dr Test", sampleDocuments)
	for name, r := range reports {
		if r.Status != "unchanged" || r.Revision != 1 {
			t.Errorf("%s again: %+v", name, r)
		}
	}
	if got.code != exitOK {
		t.Errorf("unchanged sources: exit %d: %s", got.code, got.stderr)
	}
	if audit := succeed(t, "", "audit", "verify", "--clinic", clinic); !strings.Contains(audit, "whole") || strings.Contains(audit, ": 0 entries") {
		t.Errorf("the audit log says nothing of the approvals: %q", audit)
	}
}

func TestBrokenFilesAreRejectedWithTheirCode(t *testing.T) {
	t.Parallel()
	sample, err := os.ReadFile(filepath.Join(sampleDocuments, "tarifs-2026.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		bytes []byte
		code  string
	}{
		"empty.pdf":     {nil, "not_a_document"},
		"zeros.pdf":     {make([]byte, 4096), "not_a_document"},
		"program.pdf":   {append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 2000)...), "not_a_document"},
		"truncated.pdf": {sample[:300], "not_a_document"},
		"shell.html":    {[]byte(`<html><head><script src="/app.js"></script></head><body><div id="root"></div></body></html>`), "empty_shell"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clinic := addClinic(t)
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, test.bytes, 0o600); err != nil {
				t.Fatal(err)
			}
			got, reports := addSources(t, clinic, "--approve-as", "Dr Test", path)
			r := reports[name]
			if got.code != exitFail || r.Status != "rejected" || r.Code != test.code || r.Reason == "" {
				t.Errorf("exit %d, report %+v, want code %s\n%s", got.code, r, test.code, got.stderr)
			}
			if listed := succeed(t, "", "source", "list", "--clinic", clinic); listed != "" {
				t.Errorf("a refused file left something: %s", listed)
			}
		})
	}
}

func TestOneGoodSourceAmongBrokenOnesIsEnough(t *testing.T) {
	t.Parallel()
	clinic := addClinic(t, "--lang", "fr", "--country", "FR")
	dir := t.TempDir()
	for name, text := range map[string]string{
		"broken.pdf":      "%PDF-1.7 and then nothing",
		"faq.md":          "# FAQ\n\n## Où êtes-vous ?\nAu 5 rue du Lac, 69001 Lyon.\n",
		".hidden.md":      "## Question ?\nRéponse.\n",
		"deep/infos.txt":  "Le cabinet est fermé le mercredi.\n",
		".git/secret.txt": "Do not read.\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, reports := addSources(t, clinic, dir)
	if got.code != exitOK || len(reports) != 3 {
		t.Fatalf("exit %d, reports %+v\n%s", got.code, reports, got.stderr)
	}
	for name, status := range map[string]string{"broken.pdf": "rejected", "faq.md": "draft", "deep/infos.txt": "draft"} {
		if reports[name].Status != status {
			t.Errorf("%s: %+v, want %s", name, reports[name], status)
		}
	}
}

func TestPrivateAddressesAreNotRead(t *testing.T) {
	t.Parallel()
	clinic := addClinic(t)
	for _, address := range []string{"http://127.0.0.1:1/", "http://[::1]/", "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/"} {
		got, reports := addSources(t, clinic, address)
		r := reports[address]
		if got.code != exitFail || r.Status != "rejected" || r.Code != "blocked_address" {
			t.Errorf("%s: exit %d, %+v", address, got.code, reports)
		}
	}
}

func TestWithdrawnSourceAnswersNoMoreAndItsAnswersAreFound(t *testing.T) {
	t.Parallel()
	clinic := addClinic(t, "--lang", "fr", "--country", "FR")
	path := filepath.Join(t.TempDir(), "faq.md")
	if err := os.WriteFile(path, []byte("# FAQ\n\n## Prêtez-vous des fauteuils roulants ?\nOui, deux fauteuils roulants se trouvent à l'entrée nord.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const question = "Prêtez-vous des fauteuils roulants ?"
	ask := func() askOutLine {
		return decodeLines[askOutLine](t, succeed(t, "", "ask", "--json", "--clinic", clinic, question))[0]
	}
	if got, _ := addSources(t, clinic, path); got.code != exitOK {
		t.Fatalf("exit %d: %s", got.code, got.stderr)
	}
	if out := ask(); out.Outcome == "answered" {
		t.Errorf("a draft answered: %+v", out)
	}
	succeed(t, "", "source", "approve", "--clinic", clinic, "--as", "Dr Test", "faq.md")
	out := ask()
	if out.Outcome != "answered" || len(out.Citations) == 0 || out.Citations[0].Source != "faq.md" || !strings.Contains(out.text(), "entrée nord") {
		t.Errorf("approved, but %+v", out)
	}
	succeed(t, "", "source", "withdraw", "--clinic", clinic, "--as", "Dr Test", "faq.md")
	if out := ask(); out.Outcome == "answered" {
		t.Errorf("a withdrawn source answered: %+v", out)
	}
}
