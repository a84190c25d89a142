package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"frontdesk/httpd"
)

// deployed stands in for a deployed service: it answers what it is asked and
// counts it.
type deployed struct {
	*httptest.Server

	mu    sync.Mutex // protects all following fields
	asked map[string]int
	hold  int           // questions after which nothing is answered any more, 0 never
	held  chan struct{} // closed when that is so
}

func newDeployed(t *testing.T, hold int) *deployed {
	t.Helper()
	d := &deployed{asked: map[string]int{}, hold: hold, held: make(chan struct{})}
	release := make(chan struct{})
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in httpd.AskIn
		if json.NewDecoder(r.Body).Decode(&in) != nil || r.URL.Path != "/api/v1/ask" || r.URL.Query().Get("clinic") != "C" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if d.count(in.Text) {
			<-release
		}
		fmt.Fprintf(w, `{"id":"1","outcome":"smalltalk","lang":"en","messages":[{"text":"You said %s"}],"citations":[],"labels":[],"ms":{"total":2}}`+"\n", in.Text)
	}))
	t.Cleanup(d.Close)
	t.Cleanup(func() { close(release) })
	return d
}

// count counts a question and tells whether it is held.
func (d *deployed) count(text string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked[text]++
	total := 0
	for _, n := range d.asked {
		total += n
	}
	if d.hold == 0 || total <= d.hold {
		return false
	}
	if total == d.hold+1 {
		close(d.held)
	}
	return true
}

// again removes the hold and forgets what was asked.
func (d *deployed) again() map[string]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	before := d.asked
	d.asked, d.hold = map[string]int{}, 0
	return before
}

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func suiteOf(t *testing.T, n int, expect string) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, "suite: s\nmust_pass: true\nlang: en\nexpect: {outcome: %s}\ncases:\n", expect)
	for i := range n {
		fmt.Fprintf(&b, "- question %d\n", i)
	}
	return writeFile(t, "s.yaml", b.String())
}

func TestAKilledRunGoesOnWithoutDoingACaseTwice(t *testing.T) {
	needPrograms(t)
	const cases, parallel = 60, 3
	service := newDeployed(t, 30)
	suite, out := suiteOf(t, cases, "smalltalk"), t.TempDir()
	args := []string{"eval", "run", suite, "--target", service.URL, "--clinic", "C", "--out", out, "--parallel", fmt.Sprint(parallel), "--json"}
	child := exec.CommandContext(t.Context(), shared.reader, args...)
	child.Env = append(os.Environ(), "FRONTDESK_HOME="+shared.dir, "FRONTDESK_RUNTIME="+shared.runtime)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	<-service.held
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	child.Wait()
	done := journalled(t, filepath.Join(out, "journal.jsonl"))
	first := service.again()
	if done < 30-parallel || done > 30 {
		t.Fatalf("%d cases were written down before the kill", done)
	}
	got := command(t, "", args...)
	if got.code != exitOK {
		t.Fatalf("exit %d\n%s", got.code, got.stderr)
	}
	line := decodeLines[runLine](t, got.stdout)[0]
	if line.Cases != cases || line.Passed != cases || line.Cached != done {
		t.Errorf("got %+v, want %d cases of which %d were done", line, cases, done)
	}
	second := service.again()
	if len(second) != cases-done {
		t.Errorf("%d were asked after the kill, want %d", len(second), cases-done)
	}
	twice := 0
	for text := range second {
		if first[text] > 0 {
			twice++
		}
	}
	if twice > parallel {
		t.Errorf("%d cases were asked in both runs, at most the %d under way at the kill may be", twice, parallel)
	}
}

// journalled counts the whole answers of a journal.
func journalled(t *testing.T, path string) int {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := -1 // its first line is the head
	for lines := bufio.NewScanner(f); lines.Scan(); n++ {
		if !json.Valid(lines.Bytes()) {
			break
		}
	}
	return n
}

func TestAFailedGateEndsWithItsOwnCodeAndALine(t *testing.T) {
	needPrograms(t)
	service := newDeployed(t, 0)
	gates := writeFile(t, "gates.yaml", "gates:\n- {figure: pass, lang: en, at_least: 0.99, min_n: 10}\n- {figure: pass, at_least: 0.1, min_n: 50}\n")
	for name, test := range map[string]struct {
		expect string
		more   []string
		code   int
		want   string
	}{
		"all pass":        {"smalltalk", nil, exitOK, "gate pass: no failure · s"},
		"must pass fails": {"emergency", nil, exitGate, "gate FAIL: no failure · s: 12 of 12 cases fail"},
		"fail fast":       {"emergency", []string{"--fail-fast"}, exitGate, "gate FAIL: no failure · s"},
		"gates file":      {"smalltalk", []string{"--gates", gates}, exitGate, "gate FAIL: pass: only 12 cases, 50 are wanted"},
	} {
		t.Run(name, func(t *testing.T) {
			got := command(t, "", append([]string{"eval", "run", suiteOf(t, 12, test.expect), "--target", service.URL, "--clinic", "C", "--out", t.TempDir()}, test.more...)...)
			if got.code != test.code || !strings.Contains(got.stderr, test.want) {
				t.Errorf("exit %d, want %d\n%s", got.code, test.code, got.stderr)
			}
		})
	}
}

func TestAWrongSuiteIsRefusedWithItsLine(t *testing.T) {
	bad := writeFile(t, "bad.yaml", "suite: s\nexpect: {outcome: smaltalk}\ncases:\n- a\n")
	got := command(t, "", "eval", "check", bad)
	if got.code != exitFail || !strings.Contains(got.stderr, "bad.yaml:2: outcome is one of") {
		t.Errorf("exit %d\n%s", got.code, got.stderr)
	}
	for _, args := range [][]string{{"eval", "run", "no-such-suite"}, {"eval", "run"}, {"eval", "compare", "one"}, {"eval"}} {
		if got := command(t, "", args...); got.code != exitUsage {
			t.Errorf("%v: exit %d\n%s", args, got.code, got.stderr)
		}
	}
}

func TestBuiltInSuitesAreListed(t *testing.T) {
	lines := decodeLines[suiteLine](t, succeed(t, "", "eval", "list", "--json"))
	cases := 0
	for _, l := range lines {
		cases += l.Cases
	}
	if cases < 2000 || len(lines) < 10 {
		t.Errorf("%d cases in %d suites", cases, len(lines))
	}
}

// quickSuite has one case for each way that a turn is decided in the process.
const quickSuite = `
suite: quick
lang: fr
expect: {lang: same}
cases:
- {id: price, ask: "Combien coûte une consultation de cardiologie ?", expect: {outcome: answered, contains: "60 €", cites: {source: tarifs-2026.pdf, page: 1}}}
- {id: emergency, ask: "mon père ne respire plus", fault: [embeddings_down, database_away, model_down], expect: {outcome: emergency, contains: "15"}}
- {id: book, turns: [Bonjour, je veux prendre rendez-vous], expect: {outcome: flow, flow: booking}}
- {id: broken, ask: "Combien coûte une échographie cardiaque ?", fault: database_away, expect: {lacks: "96 €"}}
- {id: healed, turns: [{say: "Combien coûte une échographie cardiaque ?", fault: database_away}, {say: "Quel est le prix d'une échographie cardiaque ?"}], expect: {contains: "96 €"}}
`

func TestARunOfTheProcessIsReportedOnAPageThatPeopleCanUse(t *testing.T) {
	needPrograms(t)
	suite, out := writeFile(t, "quick.yaml", quickSuite), t.TempDir()
	first := command(t, "", "eval", "run", suite, "--out", out, "--json")
	if first.code != exitOK {
		t.Fatalf("exit %d\n%s", first.code, first.stderr)
	}
	line := decodeLines[runLine](t, first.stdout)[0]
	if line.Passed != 5 {
		t.Errorf("got %+v\n%s", line, transcripts(t, out))
	}
	again := decodeLines[runLine](t, succeed(t, "", "eval", "run", suite, "--out", t.TempDir(), "--baseline", out, "--json"))[0]
	if again.Cached != 5 {
		t.Errorf("%d of 5 replies were remembered", again.Cached)
	}
	fresh := decodeLines[runLine](t, succeed(t, "", "eval", "run", suite, "--out", t.TempDir(), "--fresh", "--json"))[0]
	if fresh.Cached != 0 {
		t.Errorf("%d replies were remembered although asked afresh", fresh.Cached)
	}
	reportInABrowser(t, filepath.Join(out, "report.html"))
}

func TestADraftThatBreaksAnAnswerDoesNotPassTheGate(t *testing.T) {
	clinic := addClinic(t, "--lang", "en", "--country", "GB", "--timezone", "Europe/London")
	folder := t.TempDir()
	leaflet := func(text string) string {
		path := filepath.Join(folder, "leaflet.md")
		if err := os.WriteFile(path, []byte("# Questions\n\n## Is there parking for bicycles?\n"+text+"\n\n## Do you accept dogs?\nOnly guide dogs are allowed inside.\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	suite := writeFile(t, "own.yaml", "suite: own\nlang: en\ncases:\n- {ask: \"Is there parking for bicycles?\", expect: {outcome: answered, contains: rack}}\n- {ask: \"Do you accept dogs?\", expect: {outcome: answered, contains: guide dogs}}\n")
	succeed(t, "", "source", "add", "--clinic", clinic, "--approve-as", "Dr Gray", leaflet("There is a rack for twelve bicycles behind the house."))
	for _, draft := range []struct {
		text string
		code int
		want string
	}{
		{"There is a rack for twenty bicycles in the yard.", exitOK, "gate pass: no new failure"},
		{"There is a rooftop garden.", exitGate, "gate FAIL: no new failure: 1 of 2 cases fail"},
	} {
		succeed(t, "", "source", "add", "--clinic", clinic, leaflet(draft.text))
		got := command(t, "", "eval", "gate", suite, "--clinic", clinic, "--source", "leaflet.md", "--out", t.TempDir())
		if got.code != draft.code || !strings.Contains(got.stderr, draft.want) {
			t.Errorf("%q: exit %d, want %d\n%s", draft.text, got.code, draft.code, got.stderr)
		}
	}
	if got := command(t, "", "eval", "gate", suite, "--clinic", clinic, "--source", "no-such.pdf"); got.code != exitFail {
		t.Errorf("a source that is not there: exit %d\n%s", got.code, got.stderr)
	}
}

func transcripts(t *testing.T, out string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(out, "report.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func reportInABrowser(t *testing.T, path string) {
	t.Helper()
	ctx := openBrowser(t, 1180, 820)
	var mu sync.Mutex
	var errors, requests []string
	err := chromedp.Listen(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			errors = append(errors, e.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			errors = append(errors, e.Entry.Text)
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(e.Request.URL, "file:") && !strings.HasPrefix(e.Request.URL, "data:") {
				requests = append(requests, e.Request.URL)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	browse(t, ctx, "open the report", chromedp.Navigate("file://"+path), chromedp.WaitVisible(chromedp.CSS("#list .case")))
	until(t, ctx, "all cases pass, so all are shown", `document.querySelectorAll(".case").length === 5`)
	picture(t, ctx, "eval-report")
	browse(t, ctx, "go to the search by keyboard", chromedp.KeyEvent("/"))
	until(t, ctx, "the search has the focus", `document.activeElement.id === "q"`)
	evaluate[string](t, ctx, `document.activeElement.value = ""`) // the driver types the key that a browser would swallow
	browse(t, ctx, "search", chromedp.KeyEvent("price"))
	until(t, ctx, "one case is found", `document.querySelectorAll(".case").length === 1`)
	evaluate[bool](t, ctx, `(document.activeElement.blur(), true)`)
	browse(t, ctx, "open the case by keyboard", chromedp.KeyEvent("j"), chromedp.KeyEvent(kb.Enter))
	until(t, ctx, "the reply is shown", `document.querySelector(".case[open] .reply")?.innerText.includes("60")`)
	if nameless := evaluate[[]string](t, ctx, namelessControls); len(nameless) > 0 {
		t.Errorf("controls without a name: %v", nameless)
	}
	browse(t, ctx, "phone", chromedp.EmulateViewport(390, 844))
	if wide := evaluate[int](t, ctx, `document.documentElement.scrollWidth`); wide > 390 {
		t.Errorf("the report scrolls sideways on a phone: %d", wide)
	}
	if small := evaluate[[]string](t, ctx, smallTargets); len(small) > 0 {
		t.Errorf("targets that a thumb misses: %v", small)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(errors) > 0 || len(requests) > 0 {
		t.Errorf("errors %v, requests %v", errors, requests)
	}
}
