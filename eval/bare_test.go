package eval

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestABareRunTellsWhatPassedAndNoWords(t *testing.T) {
	t.Parallel()
	run := Report{Version: FormatVersion, ID: "r", Cases: []CaseRun{
		{Suite: "s", ID: "1", Pass: true, Turns: []TurnRun{{Reply: &Reply{Messages: []Message{{Text: "words of a reply"}}}}}},
		{Suite: "s", ID: "2", Turns: []TurnRun{{}}},
	}}
	data, err := run.Bare()
	if err != nil || bytes.Contains(data, []byte("words of a reply")) {
		t.Fatalf("%s, %v", data, err)
	}
	if len(run.Cases[0].Turns) != 1 {
		t.Error("the run itself lost its turns")
	}
	path := filepath.Join(t.TempDir(), "baseline.json")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	baseline, err := ReadReport(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		passes [2]bool
		want   bool
	}{{[2]bool{true, false}, true}, {[2]bool{true, true}, true}, {[2]bool{false, true}, false}} {
		now := Report{Cases: []CaseRun{{Suite: "s", ID: "1", Pass: test.passes[0]}, {Suite: "s", ID: "2", Pass: test.passes[1]}}}
		if got := Decide([]Gate{{NoNewFailure: true}}, now, &baseline)[0].Pass; got != test.want {
			t.Errorf("%v against the baseline: %t", test.passes, got)
		}
	}
}

func TestTheQuickGateAndItsBaselineAreReadable(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("quick.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if gates, err := ReadGates("quick.yaml", data); err != nil || len(gates) == 0 {
		t.Errorf("%v, %v", gates, err)
	}
	if baseline, err := ReadReport("baseline.json"); err != nil || len(baseline.Cases) < 400 {
		t.Errorf("%d cases, %v", len(baseline.Cases), err)
	}
}
