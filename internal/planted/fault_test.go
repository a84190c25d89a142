package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"frontdesk/eval"
)

const root = "../.."

func TestThePlantedFaultsAreFaultsOfTheSourceAsItIs(t *testing.T) {
	t.Parallel()
	all := faults()
	if len(all) < 40 {
		t.Errorf("%d faults, at least 40 are wanted", len(all))
	}
	names, changes := map[string]bool{}, map[string]string{}
	for _, f := range all {
		changed, err := f.apply(root)
		if err != nil {
			t.Error(err)
			continue
		}
		if names[f.name] {
			t.Errorf("two faults are named %q", f.name)
		}
		names[f.name] = true
		if other := changes[string(changed)]; other != "" {
			t.Errorf("%q and %q are the same change", other, f.name)
		}
		changes[string(changed)] = f.name
		if as, err := os.ReadFile(filepath.Join(root, f.file)); err != nil || string(as) == string(changed) {
			t.Errorf("%q changes nothing: %v", f.name, err)
		}
	}
}

func TestAFaultThatNoLongerFitsIsNamed(t *testing.T) {
	t.Parallel()
	for what, f := range map[string]fault{
		"no such file":  {"a", "agent/none.go", "x", "y"},
		"no such words": {"b", "contact.go", "no such words", "y"},
		"words twice":   {"c", "contact.go", "Contact", "Kontakt"},
		"no Go":         {"d", "contact.go", "package frontdesk", "package {"},
	} {
		if _, err := f.apply(root); err == nil {
			t.Errorf("%s: applied", what)
		}
	}
}

func TestTheGateIsGoodEnoughOrSaysSo(t *testing.T) {
	t.Parallel()
	results := make([]result, 20)
	for i := range results {
		results[i] = result{Verdict: verdictStopped}
	}
	results[3].Verdict = verdictMissed
	if err := conclude(results, 20, 20, true); err != nil {
		t.Errorf("19 of 20 stopped: %v", err)
	}
	if conclude(results, 19, 20, true) == nil {
		t.Error("the product as it is was stopped once, and nobody says so")
	}
	results[4].Verdict = verdictMissed
	if conclude(results, 20, 20, true) == nil {
		t.Error("18 of 20 are enough")
	}
}

func TestWhatStoppedAProgramIsACaseThatPassedBefore(t *testing.T) {
	t.Parallel()
	write := func(cases ...eval.CaseRun) string {
		dir := t.TempDir()
		if err := (eval.Report{Version: eval.FormatVersion, Cases: cases}).WriteTo(dir); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	of := func(id string, pass bool, failure string) eval.CaseRun {
		return eval.CaseRun{ID: id, Suite: "s", Pass: pass, Failure: failure}
	}
	base := write(of("a", true, ""), of("b", false, ""), of("c", true, ""))
	for want, run := range map[string]string{
		"s/c: ": write(of("a", false, "the database is away"), of("b", false, ""), of("c", false, "")),
		"":      write(of("a", false, "the database is away"), of("b", false, ""), of("c", true, ""), of("d", false, "")),
	} {
		if got, err := stoppedBy(run, base); got != want || err != nil {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
}

func TestVectorsAreAskedForOnce(t *testing.T) {
	t.Parallel()
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked > 2 {
			http.Error(w, "busy", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintf(w, "answer %d", asked)
	}))
	defer server.Close()
	path := filepath.Join(t.TempDir(), "vectors.jsonl")
	get := func(v *vectors, body string) (int, string) {
		w := httptest.NewRecorder()
		v.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/v1/embeddings", strings.NewReader(body)))
		return w.Code, w.Body.String()
	}
	for range 2 { // the second reads the file
		v, err := newVectors(server.URL, path)
		if err != nil {
			t.Fatal(err)
		}
		for body, want := range map[string]string{"a": "answer", "b": "answer"} {
			if code, got := get(v, body); code != http.StatusOK || !strings.HasPrefix(got, want) {
				t.Errorf("%s: %d %s", body, code, got)
			}
		}
		if code, _ := get(v, "c"); code != http.StatusBadGateway {
			t.Errorf("a failure of the server is %d", code)
		}
	}
}
