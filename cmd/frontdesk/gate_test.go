package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"frontdesk"
	"frontdesk/eval"
	"frontdesk/store"
)

// fewCases keeps a gate to the clinic's own questions.
func fewCases() map[string]string { return map[string]string{"FRONTDESK_GATE_SAMPLE": "0"} }

// opened are the wired parts of the shared home, at a clock.
func opened(t *testing.T, clock func() time.Time) *parts {
	t.Helper()
	settings, err := readSettings(environment(fewCases()))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	w := &parts{settings: settings, log: log, quiet: log, now: clock}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := w.openAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

// gated makes a clinic with a gate, a live leaflet and a case of its own that must pass.
func gated(t *testing.T) (name, leaflet string, w *parts, clinic frontdesk.Clinic) {
	t.Helper()
	name = addClinic(t, "--lang", "en", "--country", "GB", "--timezone", "Europe/London")
	leaflet = filepath.Join(t.TempDir(), "leaflet.md")
	writeLeaflet(t, leaflet, "There is a rack for twelve bicycles behind the house.")
	succeed(t, "", "source", "add", "--clinic", name, "--approve-as", "Dr Gray", leaflet)
	succeed(t, "", "clinic", "set", name, "gate=true")
	w = opened(t, time.Now)
	clinic, err := w.clinicNamed(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	made := eval.OwnCase("hand", eval.Correction{Question: "Is there parking for bicycles?", Lang: "en", Should: "There is a rack."})
	if _, err := w.db.AddCase(t.Context(), clinic.ID, store.Case{Origin: store.CaseByHand, MustPass: true, Author: "Dr Gray", Case: made}); err != nil {
		t.Fatal(err)
	}
	return name, leaflet, w, clinic
}

func writeLeaflet(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("# Questions\n\n## Is there parking for bicycles?\n"+text+"\n\n## Do you accept dogs?\nOnly guide dogs are allowed inside.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// added is a line of `source add --json`.
type added struct {
	Status   string   `json:"status"`
	Revision int      `json:"revision"`
	Warnings []string `json:"warnings"`
}

func addLeaflet(t *testing.T, name, leaflet string) added {
	t.Helper()
	got := commandIn(t, fewCases(), "", "source", "add", "--json", "--clinic", name, "--approve-as", "Dr Gray", leaflet)
	var a added
	if err := json.Unmarshal([]byte(got.stdout), &a); err != nil || got.code != exitOK {
		t.Fatalf("exit %d, %v\n%s", got.code, err, got.stderr)
	}
	return a
}

func TestTheGateHoldsWhatBreaksAnAnswerAndAPersonMayOverride(t *testing.T) {
	name, leaflet, w, clinic := gated(t)
	writeLeaflet(t, leaflet, "There is a rack for twenty bicycles in the yard.")
	began := time.Now()
	if a := addLeaflet(t, name, leaflet); a.Status != "live" {
		t.Fatalf("a revision that breaks nothing: %+v", a)
	}
	t.Logf("the gate took %s", time.Since(began))
	writeLeaflet(t, leaflet, "There is a rooftop garden.")
	a := addLeaflet(t, name, leaflet)
	if a.Status != "draft" || !strings.Contains(strings.Join(a.Warnings, "\n"), "must-pass") {
		t.Fatalf("a revision that breaks an answer: %+v", a)
	}
	if out := succeed(t, "", "ask", "--clinic", name, "Is there parking for bicycles?"); !strings.Contains(out, "yard") {
		t.Errorf("while it is held: %s", out)
	}
	for _, wrong := range [][]string{{"--as", "", "--reason", "the question is out of date"}, {"--as", "Dr Gray", "--reason", "ok"}} {
		if got := command(t, "", append([]string{"source", "override", "--clinic", name, "leaflet.md"}, wrong...)...); got.code != exitFail {
			t.Errorf("override with %q: exit %d", wrong, got.code)
		}
	}
	succeed(t, "", "source", "override", "--clinic", name, "--as", "Dr Gray", "--reason", "the rack is gone for good", "leaflet.md")
	if out := succeed(t, "", "ask", "--clinic", name, "Is there parking for bicycles?"); strings.Contains(out, "yard") {
		t.Errorf("after the override: %s", out)
	}
	audit, err := w.db.ListAudit(t.Context(), clinic.ID, 1)
	if err != nil || audit[0].Action != "gate.override" || audit[0].Actor != "Dr Gray" || !strings.Contains(audit[0].Detail, "gone for good") {
		t.Errorf("audit %+v, %v", audit, err)
	}
	succeed(t, "", "source", "withdraw", "--clinic", name, "--as", "Dr Gray", "leaflet.md") // never gated
}

func TestAKilledGateIsAskedAgainAndGivesOneVerdict(t *testing.T) {
	name, leaflet, w, clinic := gated(t)
	writeLeaflet(t, leaflet, "There is a rack for twenty bicycles in the yard.")
	child := exec.Command(shared.reader, "source", "add", "--clinic", name, "--approve-as", "Dr Gray", leaflet)
	child.Env = append(os.Environ(), "FRONTDESK_HOME="+shared.dir, "FRONTDESK_RUNTIME="+shared.runtime)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	begun := waitForRun(t, w, clinic, func(r store.Run) bool { return !r.Started.IsZero() })
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // killed
	if !begun.Ended.IsZero() {
		t.Fatalf("the gate was over before it could be killed: %+v", begun)
	}
	later := opened(t, func() time.Time { return time.Now().Add(2 * runLease) })
	service, err := later.ingestService(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again, err := later.newRuns(t.Context(), service)
	if err != nil {
		t.Fatal(err)
	}
	run, _, err := again.settle(t.Context(), clinic.ID, begun.Revision)
	if err != nil || run.ID != begun.ID || run.Verdict != store.VerdictPass || run.Epoch() != begun.Epoch()+1 {
		t.Fatalf("%+v, %v", run, err)
	}
	if status, err := later.statusOf(t.Context(), clinic, run); err != nil || status != "live" {
		t.Errorf("status %s, %v", status, err)
	}
}

// waitForRun waits until the clinic's newest run fits.
func waitForRun(t *testing.T, w *parts, clinic frontdesk.Clinic, fits func(store.Run) bool) store.Run {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-time.After(5 * time.Millisecond) {
		listed, err := w.db.ListRuns(t.Context(), clinic.ID, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(listed) > 0 && fits(listed[0]) {
			return listed[0]
		}
	}
	t.Fatal("no run came so far")
	return store.Run{}
}
