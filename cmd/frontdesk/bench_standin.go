package main

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"frontdesk/language"
)

// benchDimension is that of the default embedding model.
const benchDimension = 384

// standIn is a loopback server of the benchmarks.
type standIn struct {
	url    string
	server *http.Server
	done   chan struct{}
}

// serveLoopback serves handler on a free port of the loopback interface.
func serveLoopback(handler http.Handler) (*standIn, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("stand-in: %w", err)
	}
	s := &standIn{url: "http://" + listener.Addr().String(), server: &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		_ = s.server.Serve(listener) // it ends with Close
	}()
	return s, nil
}

func (s *standIn) close() {
	_ = s.server.Close()
	<-s.done
}

// instantEmbeddings answers at once: the vector of a text is the sum of its words'
// own, so that texts with words in common are near, on top of a part that all texts
// share, as the default model's have one.
func instantEmbeddings(w http.ResponseWriter, r *http.Request) {
	var asked struct{ Input []string }
	if json.NewDecoder(io.LimitReader(r.Body, 16<<20)).Decode(&asked) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	type item struct {
		Index     int       `json:"index"`
		Embedding []float32 `json:"embedding"`
	}
	data := make([]item, len(asked.Input))
	for i, text := range asked.Input {
		data[i] = item{Index: i, Embedding: wordVector(text)}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"object": "list", "data": data})
}

func wordVector(text string) []float32 {
	v := make([]float32, benchDimension)
	for _, word := range strings.Fields(language.Fold(text)) {
		h := fnv.New64a()
		_, _ = io.WriteString(h, word)
		random := rand.New(rand.NewPCG(h.Sum64(), 1))
		for range 8 {
			v[random.IntN(benchDimension)]++
		}
	}
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	v[0] = float32(math.Sqrt(3*sum)) + 1 // a cosine of 0.75 between strangers
	return v
}

// benchSentence finds a sentence of the first passage in a prompt.
var benchSentence = regexp.MustCompile(`(?s)\[1\][^\n]*\n(.*?[.!?…](?:\s|$)|[^\n]+)`)

// instantModel answers as a chat model of OpenAI's kind would that quotes the first
// passage. With hang it answers only when the caller gives up, or after that time.
func instantModel(hang time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			Messages []struct{ Content any }
		}
		if json.NewDecoder(io.LimitReader(r.Body, 4<<20)).Decode(&asked) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if hang > 0 {
			timer := time.NewTimer(hang)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-r.Context().Done():
				return
			}
		}
		prompt := ""
		if n := len(asked.Messages); n > 0 {
			prompt = contentText(asked.Messages[n-1].Content)
		}
		answer, _ := json.Marshal(modelAnswer(prompt)) // strings and numbers only
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"object": "chat.completion", "model": "instant",
			"choices": []any{map[string]any{"index": 0, "finish_reason": "stop", "message": map[string]any{"role": "assistant", "content": string(answer)}}},
			"usage":   map[string]int{"prompt_tokens": 500, "completion_tokens": 40, "total_tokens": 540},
		})
	})
}

func modelAnswer(prompt string) map[string]any {
	if found := benchSentence.FindStringSubmatch(prompt); found != nil {
		return map[string]any{"sentences": []any{map[string]any{"text": strings.TrimSpace(found[1]), "passages": []int{1}}}}
	}
	_, question, _ := strings.Cut(prompt, "last message: ")
	return map[string]any{"questions": []string{strings.TrimSpace(question)}}
}

// contentText is a message's text, plain or in parts.
func contentText(content any) string {
	switch c := content.(type) {
	case string:
		return c
	case []any:
		var b strings.Builder
		for _, part := range c {
			if p, ok := part.(map[string]any); ok {
				if text, ok := p["text"].(string); ok {
					b.WriteString(text)
				}
			}
		}
		return b.String()
	}
	return ""
}

// sink is an instant stand-in of the channel, without pair limits, that tells when
// a recipient's message was accepted.
type sink struct {
	mu      sync.Mutex // protects all following fields
	count   int
	waiting map[string]chan time.Time
}

func newSink() *sink { return &sink{waiting: map[string]chan time.Time{}} }

// ServeHTTP accepts messages and read receipts.
func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var m struct{ Status, To, Recipient string }
	raw, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil || json.Unmarshal(raw, &m) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if m.Status == "read" {
		_, _ = io.WriteString(w, `{"success":true}`)
		return
	}
	n := s.accept(m.To, m.Recipient)
	_, _ = fmt.Fprintf(w, `{"messaging_product":"whatsapp","contacts":[],"messages":[{"id":"wamid.OUT%d"}]}`, n)
}

func (s *sink) accept(names ...string) int {
	at := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	for _, name := range names {
		digits := strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, name)
		if c := s.waiting[digits]; c != nil {
			delete(s.waiting, digits)
			c <- at
		}
	}
	return s.count
}

// expect returns where the time of the next message to digits comes.
func (s *sink) expect(digits string) <-chan time.Time {
	c := make(chan time.Time, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting[digits] = c
	return c
}

func (s *sink) accepted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// await waits for the message expected in c and returns how long after began it came.
func await(ctx context.Context, c <-chan time.Time, began time.Time, most time.Duration) (time.Duration, bool) {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case at := <-c:
		return at.Sub(began), true
	case <-timer.C:
	case <-ctx.Done():
	}
	return 0, false
}
