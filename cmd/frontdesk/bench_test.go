package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestAFigureHoldsByItsRatioWhereItHasAYardstick(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		figure figure
		want   bool
		line   string
	}{
		"value within":        {figure{Value: 14, Unit: "ms"}.want(atMost(15)), true, "target ≤ 15 ms: holds"},
		"value above":         {figure{Value: 16, Unit: "ms"}.want(atMost(15)), false, "target ≤ 15 ms: falls short"},
		"value below a floor": {figure{Value: 240, Unit: "a second"}.want(noLess(250)), false, "target ≥ 250 a second: falls short"},
		"ratio within":        {figure{Value: 30, Unit: "ms"}.against("bare", 10).want(atMost(3)), true, "3.00 × bare (10.0); target ≤ 3 ×: holds"},
		"ratio above":         {figure{Value: 31, Unit: "ms"}.against("bare", 10).want(atMost(3)), false, "3.10 × bare (10.0)"},
		"ratio below a floor": {figure{Value: 4, Unit: "a second"}.against("pgbench", 10).want(noLess(0.5)), false, "0.40 × pgbench (10.0)"},
	} {
		if got := *tt.figure.Holds; got != tt.want || !strings.Contains(tt.figure.line(), tt.line) {
			t.Errorf("%s: holds %v, line %q", name, got, tt.figure.line())
		}
	}
}

func TestQuantilesAreOfTheTimesGiven(t *testing.T) {
	t.Parallel()
	var times []time.Duration
	for i := 100; i > 0; i-- {
		times = append(times, time.Duration(i)*time.Millisecond)
	}
	for q, want := range map[float64]float64{0.5: 50, 0.95: 95, 0.99: 99, 1: 100} {
		if got := quantile(times, q); got != want {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	if !math.IsNaN(quantile(nil, 0.5)) {
		t.Error("no times have a quantile")
	}
}

func TestProcessorTimeGrowsWithWorkAndNotWithWaiting(t *testing.T) {
	t.Parallel()
	const work = `i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done`
	spent := func(script string) time.Duration {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", script+"; echo; read done")
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		s, err := procStat(strconv.Itoa(cmd.Process.Pid))
		if err != nil {
			if os.Getenv("CI") != "" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
		if s.parent != strconv.Itoa(os.Getpid()) {
			t.Errorf("parent is %s", s.parent)
		}
		_ = in.Close()
		_ = cmd.Wait()
		return s.own
	}
	if worked, waited := spent(work), spent("sleep 0.2"); worked < 5*clockTick || waited > 2*clockTick {
		t.Errorf("a process that worked spent %v, one that waited %v", worked, waited)
	}
}

func TestResidentMemoryIsThatOfTheProcess(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/status"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	before, err := resident(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	const megabytes = 256
	held := bytes.Repeat([]byte{1}, megabytes<<20)
	after, err := resident(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if grown := after - before; grown < megabytes/2 || held[len(held)-1] != 1 {
		t.Errorf("%d MB more show as %.0f", megabytes, grown)
	}
}

func TestStandInEmbeddingsPutTextsOfTheSameWordsNear(t *testing.T) {
	t.Parallel()
	cosine := func(a, b string) float64 {
		x, y := wordVector(a), wordVector(b)
		sum, xx, yy := 0.0, 0.0, 0.0
		for i := range x {
			sum, xx, yy = sum+float64(x[i]*y[i]), xx+float64(x[i]*x[i]), yy+float64(y[i]*y[i])
		}
		return sum / math.Sqrt(xx*yy)
	}
	near, far := cosine("Where may I park my car?", "my car: where may I park?"), cosine("Where may I park my car?", "Blood tests begin at seven")
	if near <= far+0.1 {
		t.Errorf("near %v, far %v", near, far)
	}
}

func TestStandInModelQuotesTheFirstPassage(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(instantModel(0))
	defer server.Close()
	body := `{"messages":[{"role":"user","content":"[1] Guide › Parking\nParking is free. It has ten places.\n\nquestion: parking?"}]}`
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var got struct {
		Choices []struct{ Message struct{ Content string } }
	}
	if err := json.NewDecoder(response.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	http.DefaultClient.CloseIdleConnections()
	if len(got.Choices) != 1 || !strings.Contains(got.Choices[0].Message.Content, `"Parking is free."`) {
		t.Errorf("answer %+v", got)
	}
}

// TestAShortRunMeasures runs the program itself: its own PostgreSQL, webhooks, turns
// and a child that reads PDFs.
func TestAShortRunMeasures(t *testing.T) {
	t.Parallel()
	needPrograms(t)
	names := []string{"turn", "screen"}
	if _, err := exec.LookPath("pdftotext"); err == nil {
		names = append(names, "extract")
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, shared.reader, append([]string{"bench", "--seconds", "1", "--json"}, names...)...)
	cmd.Env = append(os.Environ(), "FRONTDESK_RUNTIME="+shared.runtime)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("bench: %v\n%s", err, said.String())
	}
	seen := map[string][]figure{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); decoder.More(); {
		var f figure
		if err := decoder.Decode(&f); err != nil {
			t.Fatal(err)
		}
		if !(f.Value > 0) || f.Unit == "" || f.What == "" {
			t.Errorf("figure %+v", f)
		}
		seen[f.Bench] = append(seen[f.Bench], f)
	}
	for _, name := range names {
		if len(seen[name]) == 0 {
			t.Errorf("%s measured nothing", name)
		}
	}
	if turn := seen["turn"]; len(turn) == 2 && turn[0].Value > turn[1].Value {
		t.Errorf("p50 %v is above p95 %v", turn[0].Value, turn[1].Value)
	}
	if e := seen["extract"]; len(e) == 1 && (e[0].Ratio <= 0 || !strings.Contains(e[0].What, "3 PDFs, 5 pages")) {
		t.Errorf("extract %+v", e[0])
	}
}
