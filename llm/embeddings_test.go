package llm

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"frontdesk"
	"frontdesk/retrieval"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// serve starts a server and returns its address and a client that leaves no
// connection behind.
func serve(t *testing.T, handle http.HandlerFunc) (string, *http.Client) {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return server.URL, server.Client()
}

// vectors answers as an embedding server: the first number is the length of the text.
func vectors(t *testing.T, seen *sync.Map) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var req struct {
			Input     []string `json:"input"`
			InputType string   `json:"input_type"`
		}
		if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
			t.Error(err)
		}
		var items []string
		for i, text := range req.Input {
			seen.Store(text, req.InputType)
			// In reverse order, as a server may.
			items = append([]string{fmt.Sprintf(`{"index":%d,"embedding":[%d,1]}`, i, len(text))}, items...)
		}
		_, _ = fmt.Fprintf(w, `{"data":[%s]}`, strings.Join(items, ","))
	}
}

func TestEmbedKeepsOrderAcrossBatches(t *testing.T) {
	t.Parallel()
	url, client := serve(t, vectors(t, &sync.Map{}))
	e, err := NewEmbeddings(EmbeddingsConfig{URL: url, Dimension: 2, Style: StyleNone, Batch: 3, Client: client})
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for i := range 20 {
		texts = append(texts, strings.Repeat("x", i+1))
	}
	got, err := e.Embed(context.Background(), retrieval.InputPassage, texts)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range got {
		if ratio := float64(v[0] / v[1]); math.Abs(ratio-float64(i+1)) > 1e-3 {
			t.Errorf("vector %d belongs to a text of length %.1f", i, ratio)
		}
		if length := math.Hypot(float64(v[0]), float64(v[1])); math.Abs(length-1) > 1e-6 {
			t.Errorf("vector %d has length %v", i, length)
		}
	}
}

func TestExactlyOneWayTellsTheSideOfASearch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		style       InputStyle
		kind        retrieval.InputType
		text, field string
	}{
		{StylePrefix, retrieval.InputQuery, "query: open?", ""},
		{StylePrefix, retrieval.InputPassage, "passage: open?", ""},
		{StyleInputType, retrieval.InputQuery, "open?", "query"},
		{StyleInputType, retrieval.InputPassage, "open?", "passage"},
		{StyleNone, retrieval.InputQuery, "open?", ""},
	} {
		var seen sync.Map
		url, client := serve(t, vectors(t, &seen))
		e, err := NewEmbeddings(EmbeddingsConfig{URL: url, Dimension: 2, Style: c.style, Client: client})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Embed(context.Background(), c.kind, []string{"open?"}); err != nil {
			t.Fatal(err)
		}
		field, ok := seen.Load(c.text)
		if !ok || field != c.field {
			t.Errorf("%s %s: sent text %v, input_type %q", c.style, c.kind, ok, field)
		}
	}
}

func TestSpacesDifferByEverythingThatChangesVectors(t *testing.T) {
	t.Parallel()
	seen := map[retrieval.Space]bool{}
	for _, config := range []EmbeddingsConfig{
		{}, {Model: "other"}, {Dimension: 768}, {Quantisation: "q4"}, {Style: StyleInputType}, {Style: StyleNone}, {QueryPrefix: "q: "},
	} {
		config.URL = "http://localhost"
		e, err := NewEmbeddings(config)
		if err != nil {
			t.Fatal(err)
		}
		seen[e.Space()] = true
	}
	if len(seen) != 7 {
		t.Errorf("%d spaces of 7", len(seen))
	}
}

func TestUnusableEmbeddingsAreErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		why    Why
	}{
		"too few":             {200, `{"data":[{"index":0,"embedding":[1,2]}]}`, WhyAnswer},
		"too many":            {200, `{"data":[{"embedding":[1,2]},{"embedding":[1,2]},{"embedding":[1,2]}]}`, WhyAnswer},
		"a wrong dimension":   {200, `{"data":[{"embedding":[1,2,3]},{"embedding":[1,2]}]}`, WhyAnswer},
		"an index twice":      {200, `{"data":[{"index":0,"embedding":[1,2]},{"index":0,"embedding":[1,2]}]}`, WhyAnswer},
		"an index outside":    {200, `{"data":[{"index":0,"embedding":[1,2]},{"index":9,"embedding":[1,2]}]}`, WhyAnswer},
		"a negative index":    {200, `{"data":[{"index":0,"embedding":[1,2]},{"index":-1,"embedding":[1,2]}]}`, WhyAnswer},
		"a zero vector":       {200, `{"data":[{"embedding":[0,0]},{"embedding":[1,2]}]}`, WhyAnswer},
		"a vector too large":  {200, `{"data":[{"embedding":[1e308,1e308]},{"embedding":[1,2]}]}`, WhyAnswer},
		"not a number":        {200, `{"data":[{"embedding":[NaN,1]},{"embedding":[1,2]}]}`, WhyAnswer},
		"no JSON":             {200, `<html>`, WhyAnswer},
		"nothing":             {200, ``, WhyAnswer},
		"throttled":           {429, `{}`, WhyThrottle},
		"down":                {503, `{}`, WhyAway},
		"a wrong key":         {401, `{"error":"who are you"}`, WhyRefused},
		"a redirect to limbo": {304, ``, WhyRefused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, client := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.body))
			})
			e, err := NewEmbeddings(EmbeddingsConfig{URL: url, Dimension: 2, Client: client})
			if err != nil {
				t.Fatal(err)
			}
			got, err := e.Embed(context.Background(), retrieval.InputQuery, []string{"secret one", "secret two"})
			if WhyOf(err) != c.why || got != nil {
				t.Errorf("%v %v, want %s", got, err, c.why)
			}
			if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "who are you") {
				t.Errorf("the error tells too much: %v", err)
			}
		})
	}
}

func TestAHangingServerTimesOutByName(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	url, client := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(func() { close(release) })
	e, err := NewEmbeddings(EmbeddingsConfig{URL: url, Client: client, QueryTimeout: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.Embed(context.Background(), retrieval.InputQuery, []string{"x"})
	if WhyOf(err) != WhyTimeout || !strings.Contains(err.Error(), "embeddings timed out after 20ms") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err = e.Embed(ctx, retrieval.InputQuery, []string{"x"}); WhyOf(err) != WhyCanceled {
		t.Errorf("got %v, want canceled", err)
	}
}

func TestRequestsAtOnceAreBounded(t *testing.T) {
	t.Parallel()
	var now, most atomic.Int32
	var seen sync.Map
	answer := vectors(t, &seen)
	url, client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		answer(w, r)
	})
	e, err := NewEmbeddings(EmbeddingsConfig{URL: url, Dimension: 2, Batch: 1, Concurrency: 3, Client: client})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Embed(context.Background(), retrieval.InputPassage, strings.Split(strings.Repeat("a ", 60)+"b", " ")); err != nil {
		t.Fatal(err)
	}
	if most.Load() > 3 {
		t.Errorf("%d requests at once", most.Load())
	}
}

func TestTheBreakerOpensAndRecovers(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	var healthy atomic.Bool
	var seen sync.Map
	answer := vectors(t, &seen)
	url, client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		if !healthy.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		answer(w, r)
	})
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	e, err := NewEmbeddings(EmbeddingsConfig{URL: url, Dimension: 2, Client: client, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	embed := func() Why {
		_, err := e.Embed(context.Background(), retrieval.InputQuery, []string{"x"})
		return WhyOf(err)
	}
	for range 5 {
		if why := embed(); why != WhyAway {
			t.Fatalf("got %s", why)
		}
	}
	if why := embed(); why != WhyOpen || calls.Load() != 5 {
		t.Errorf("%s after %d calls, want open after 5", why, calls.Load())
	}
	healthy.Store(true)
	if why := embed(); why != WhyOpen {
		t.Errorf("%s before the pause is over", why)
	}
	now = now.Add(6 * time.Second)
	if why := embed(); why != "" {
		t.Errorf("%s after the pause", why)
	}
	if why := embed(); why != "" {
		t.Errorf("%s once closed", why)
	}
}

func TestBadEmbeddingSettingsAreRefused(t *testing.T) {
	t.Parallel()
	for _, config := range []EmbeddingsConfig{{}, {URL: "http://x", Style: "both"}} {
		if _, err := NewEmbeddings(config); frontdesk.CodeOf(err) != frontdesk.CodeInvalid {
			t.Errorf("%+v: %v", config, err)
		}
	}
}

func TestAddressesAreTakenInEveryUsualForm(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"http://h", "http://h/", "http://h/v1", "http://h/v1/", "http://h/v1/embeddings"} {
		if got := endpoint(base, "/v1", "/embeddings"); got != "http://h/v1/embeddings" {
			t.Errorf("%s: %s", base, got)
		}
	}
}

func TestRerank(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want []float64
		why  Why
	}{
		"by score":      {`{"results":[{"index":1,"relevance_score":0.9},{"index":0,"relevance_score":-2}]}`, []float64{-2, 0.9}, ""},
		"too few":       {`{"results":[{"index":1,"relevance_score":0.9}]}`, nil, WhyAnswer},
		"twice":         {`{"results":[{"index":1,"relevance_score":0.9},{"index":1,"relevance_score":0.9}]}`, nil, WhyAnswer},
		"outside":       {`{"results":[{"index":1,"relevance_score":0.9},{"index":2,"relevance_score":0.9}]}`, nil, WhyAnswer},
		"without score": {`{"results":[{"index":1},{"index":0,"relevance_score":1}]}`, nil, WhyAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, client := serve(t, func(w http.ResponseWriter, r *http.Request) {
				var req rerankRequest
				if err := json.NewDecoder(r.Body).Decode(&req); err != nil || r.URL.Path != "/v1/rerank" ||
					req.Query != "open?" || len(req.Documents) != 2 || req.TopN != 2 || r.Header.Get("Authorization") != "Bearer k" {
					t.Errorf("unexpected request %s %+v %v", r.URL.Path, req, err)
				}
				_, _ = w.Write([]byte(c.body))
			})
			r, err := NewReranker(RerankerConfig{URL: url + "/v1", Key: "k", Client: client})
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.Rerank(context.Background(), "open?", []string{"a", "b"})
			if WhyOf(err) != c.why || fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("%v %v, want %v %s", got, err, c.want, c.why)
			}
		})
	}
	if _, err := NewReranker(RerankerConfig{}); frontdesk.CodeOf(err) != frontdesk.CodeInvalid {
		t.Errorf("no address: %v", err)
	}
}
