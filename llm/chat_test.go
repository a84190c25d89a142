package llm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"frontdesk"
	"frontdesk/agent"
	"frontdesk/internal/testmodel"
)

const testSchema = `{"type":"object","properties":{"intent":{"type":"string","enum":["answer","handoff"]},"sure":{"type":"number"},"ids":{"type":"array","items":{"type":"integer"}}},"required":["intent"],"additionalProperties":false}`

func testPrompt() agent.Prompt {
	return agent.Prompt{Clinic: "c1", Name: "understand", System: "You sort messages.", User: "are you open", Schema: json.RawMessage(testSchema), MaxTokens: 99}
}

// says answers as an OpenAI server, with each text in turn, and keeps requests.
type says struct {
	mu       sync.Mutex
	texts    []string
	requests []map[string]any
}

func (s *says) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var req map[string]any
	body, _ := io.ReadAll(r.Body)
	_ = json.Unmarshal(body, &req)
	s.requests = append(s.requests, req)
	text := s.texts[min(len(s.requests), len(s.texts))-1]
	quoted, _ := json.Marshal(text)
	w.Header().Set("Content-Type", "application/json")
	if strings.HasSuffix(r.URL.Path, "/messages") {
		_, _ = fmt.Fprintf(w, `{"id":"m","type":"message","role":"assistant","model":"claude","stop_reason":"end_turn","content":[{"type":"text","text":%s}],"usage":{"input_tokens":1000,"output_tokens":100}}`, quoted)
		return
	}
	_, _ = fmt.Fprintf(w, `{"id":"x","object":"chat.completion","model":"m","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":%s}}],"usage":{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100}}`, quoted)
}

// ledger is an account in memory.
type ledger struct {
	mu     sync.Mutex
	uses   []Use
	capped bool
	err    error
}

func (l *ledger) Allowed(context.Context, frontdesk.ClinicID, time.Time) (bool, error) {
	return !l.capped, l.err
}

func (l *ledger) Charge(_ context.Context, _ frontdesk.ClinicID, _ time.Time, use Use) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.uses = append(l.uses, use)
	return nil
}

func newChat(t *testing.T, handler http.Handler, change func(*ChatConfig)) *Chat {
	t.Helper()
	url, client := serve(t, handler.ServeHTTP)
	config := ChatConfig{Provider: OpenAI, URL: url, Model: "m", Client: client, Timeout: 5 * time.Second}
	if change != nil {
		change(&config)
	}
	chat, err := NewChat(config)
	if err != nil {
		t.Fatal(err)
	}
	return chat
}

func TestAnswersThatFitTheSchema(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"plain":             `{"intent":"answer"}`,
		"fenced":            "```json\n{\"intent\": \"answer\"}\n```",
		"with talk around":  `Sure! {"intent":"answer"} Anything else?`,
		"spread over lines": "{\n  \"intent\" : \"answer\"\n}",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := &says{texts: []string{text}}
			got, err := newChat(t, server, nil).Generate(context.Background(), testPrompt())
			if err != nil || string(got.JSON) != `{"intent":"answer"}` || got.Model != "m" {
				t.Errorf("%s %v", got.JSON, err)
			}
			if len(server.requests) != 1 {
				t.Errorf("%d requests", len(server.requests))
			}
		})
	}
}

func TestAnAnswerThatDoesNotFitIsRepairedOnce(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]string{
		"nothing":          "",
		"prose":            "I would say answer.",
		"cut off":          `{"intent":"ans`,
		"no such value":    `{"intent":"diagnose"}`,
		"a missing field":  `{"sure":1}`,
		"a field too many": `{"intent":"answer","dose":"2 pills"}`,
		"a wrong type":     `{"intent":"answer","sure":"very"}`,
		"a wrong item":     `{"intent":"answer","ids":[1,2.5]}`,
		"an array":         `[{"intent":1}]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			account := &ledger{}
			server := &says{texts: []string{bad, `{"intent":"handoff"}`}}
			chat := newChat(t, server, func(c *ChatConfig) { c.Account = account })
			got, err := chat.Generate(context.Background(), testPrompt())
			if err != nil || string(got.JSON) != `{"intent":"handoff"}` {
				t.Fatalf("%s %v", got.JSON, err)
			}
			if len(server.requests) != 2 || got.TokensIn != 2000 || len(account.uses) != 2 {
				t.Errorf("%d requests, %d tokens, %d charges", len(server.requests), got.TokensIn, len(account.uses))
			}
			if messages, ok := server.requests[1]["messages"].([]any); !ok || len(messages) != 4 {
				t.Errorf("the repair holds %v", server.requests[1]["messages"])
			}
			stubborn := &says{texts: []string{bad}}
			_, err = newChat(t, stubborn, nil).Generate(context.Background(), testPrompt())
			if WhyOf(err) != WhyAnswer || len(stubborn.requests) != 2 {
				t.Errorf("%v after %d requests, want answer after 2", err, len(stubborn.requests))
			}
		})
	}
}

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	server := &says{texts: []string{`{"intent":"answer"}`}}
	if _, err := newChat(t, server, nil).Generate(context.Background(), testPrompt()); err != nil {
		t.Fatal(err)
	}
	req := server.requests[0]
	format, ok := req["response_format"].(map[string]any)
	if !ok || format["type"] != "json_schema" || req["max_tokens"] != 99.0 || req["model"] != "m" {
		t.Errorf("sent %v", req)
	}
	raw, _ := json.Marshal(req)
	for _, want := range []string{`"enum":["answer","handoff"]`, "You sort messages.", "are you open"} {
		if !bytes.Contains(raw, []byte(want)) {
			t.Errorf("%q is not in %s", want, raw)
		}
	}
}

func TestAnthropic(t *testing.T) {
	t.Parallel()
	account := &ledger{}
	server := &says{texts: []string{"Here: {\"intent\":\"answer\"}"}}
	chat := newChat(t, server, func(c *ChatConfig) {
		c.Provider, c.Account, c.Prices = Anthropic, account, map[string]Price{"m": {In: 3, Out: 15}}
	})
	got, err := chat.Generate(context.Background(), testPrompt())
	if err != nil || string(got.JSON) != `{"intent":"answer"}` {
		t.Fatalf("%s %v", got.JSON, err)
	}
	if got.TokensIn != 1000 || got.TokensOut != 100 || got.Cost != 0.0045 {
		t.Errorf("%+v", got)
	}
	if system, ok := server.requests[0]["system"].(string); !ok || !strings.Contains(system, `"enum"`) {
		t.Errorf("the schema is not in the system message: %v", server.requests[0]["system"])
	}
}

func TestNothingIsSentThatMustNotBe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*ChatConfig, *agent.Prompt)
		why    Why
	}{
		"an identifier in the user part":   {func(_ *ChatConfig, p *agent.Prompt) { p.User = "my IBAN is X" }, WhyLeak},
		"an identifier in the system part": {func(_ *ChatConfig, p *agent.Prompt) { p.System = "IBAN" }, WhyLeak},
		"over the cap":                     {func(c *ChatConfig, _ *agent.Prompt) { c.Account = &ledger{capped: true} }, WhyCap},
		"an account that cannot be read":   {func(c *ChatConfig, _ *agent.Prompt) { c.Account = &ledger{err: errors.New("down")} }, WhyAway},
		"a schema that is none":            {func(_ *ChatConfig, p *agent.Prompt) { p.Schema = json.RawMessage(`{`) }, WhyRefused},
		"a prompt without end":             {func(_ *ChatConfig, p *agent.Prompt) { p.User = strings.Repeat("x", maxPromptBytes) }, WhyRefused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := &says{texts: []string{`{"intent":"answer"}`}}
			prompt := testPrompt()
			chat := newChat(t, server, func(config *ChatConfig) {
				config.Leaks = func(s string) bool { return strings.Contains(s, "IBAN") }
				c.change(config, &prompt)
			})
			_, err := chat.Generate(context.Background(), prompt)
			if WhyOf(err) != c.why || len(server.requests) != 0 {
				t.Errorf("%v after %d requests, want %s after none", err, len(server.requests), c.why)
			}
		})
	}
}

func TestFailuresAreTypedAndTellNothing(t *testing.T) {
	t.Parallel()
	for status, why := range map[int]Why{429: WhyThrottle, 500: WhyAway, 529: WhyAway, 400: WhyRefused, 401: WhyRefused, 404: WhyRefused, 200: WhyAnswer} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			for _, provider := range []Provider{OpenAI, Anthropic} {
				chat := newChat(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.WriteHeader(status)
					_, _ = w.Write([]byte(`{"error":{"message":"you said: are you open"}}`))
				}), func(c *ChatConfig) { c.Provider = provider })
				_, err := chat.Generate(context.Background(), testPrompt())
				if WhyOf(err) != why {
					t.Errorf("%s: %v, want %s", provider, err, why)
				}
				for e := err; e != nil; e = errors.Unwrap(e) {
					if strings.Contains(e.Error(), "are you open") {
						t.Errorf("%s: the error holds the prompt: %v", provider, e)
					}
				}
			}
		})
	}
}

func TestAModelThatHangsTimesOutAndOpensTheBreaker(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	chat := newChat(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}), func(c *ChatConfig) { c.Timeout = 20 * time.Millisecond })
	t.Cleanup(func() { close(release) })
	for range 3 {
		if _, err := chat.Generate(context.Background(), testPrompt()); WhyOf(err) != WhyTimeout {
			t.Fatalf("got %v", err)
		}
	}
	if _, err := chat.Generate(context.Background(), testPrompt()); WhyOf(err) != WhyOpen {
		t.Errorf("got %v, want open", err)
	}
}

func TestLogsHoldNoText(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	server := &says{texts: []string{`{"intent":"answer"}`}}
	chat := newChat(t, server, func(c *ChatConfig) {
		c.Log, c.Account = slog.New(slog.NewTextHandler(&log, nil)), failingLedger{}
	})
	if _, err := chat.Generate(context.Background(), testPrompt()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "not charged") || strings.Contains(log.String(), "are you open") {
		t.Errorf("log: %s", log.String())
	}
}

type failingLedger struct{}

func (failingLedger) Allowed(context.Context, frontdesk.ClinicID, time.Time) (bool, error) {
	return true, nil
}

func (failingLedger) Charge(context.Context, frontdesk.ClinicID, time.Time, Use) error {
	return errors.New("down")
}

func TestPriceTables(t *testing.T) {
	t.Parallel()
	prices, err := ParsePrices("gpt-4o-mini=0.15/0.60, claude=3/15\nown=0/0")
	if err != nil || prices["gpt-4o-mini"] != (Price{0.15, 0.6}) || len(prices) != 3 {
		t.Errorf("%v %v", prices, err)
	}
	for _, bad := range []string{"x", "x=1", "x=a/b", "=1/2", "x=-1/2", "x=NaN/1"} {
		if _, err := ParsePrices(bad); frontdesk.CodeOf(err) != frontdesk.CodeInvalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestBadChatSettingsAreRefused(t *testing.T) {
	t.Parallel()
	for _, config := range []ChatConfig{{}, {Provider: "oracle", Model: "m"}, {Provider: OpenAI}, {Provider: OpenAI, Model: "m", Format: "xml"}} {
		if _, err := NewChat(config); frontdesk.CodeOf(err) != frontdesk.CodeInvalid {
			t.Errorf("%+v: %v", config, err)
		}
	}
}

func TestARealSmallModelIsHeldToTheSchema(t *testing.T) {
	t.Parallel()
	address := testmodel.Start(t)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	account := &ledger{}
	chat, err := NewChat(ChatConfig{
		Provider: OpenAI, URL: address, Model: testmodel.Name, Client: client, Account: account, Timeout: 5 * time.Minute,
		Prices: map[string]Price{testmodel.Name: {In: 1, Out: 2}},
	})
	if err != nil {
		t.Fatal(err)
	}
	prompt := testPrompt()
	prompt.MaxTokens = 40
	prompt.Schema = json.RawMessage(`{"type":"object","properties":{"intent":{"type":"string","enum":["answer","handoff"]}},"required":["intent"],"additionalProperties":false}`)
	got, err := chat.Generate(context.Background(), prompt)
	if err != nil {
		t.Fatal(err)
	}
	var reply struct{ Intent string }
	if err := json.Unmarshal(got.JSON, &reply); err != nil || reply.Intent != "answer" && reply.Intent != "handoff" {
		t.Errorf("%s %v", got.JSON, err)
	}
	if got.TokensIn < 5 || got.TokensOut < 2 || got.Cost <= 0 || len(account.uses) == 0 {
		t.Errorf("%+v %v", got, account.uses)
	}
}
