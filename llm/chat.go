package llm

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/tmc/langchaingo/llms"

	"frontdesk"
	"frontdesk/agent"
)

// Provider is the kind of server that a chat model is on.
type Provider string

// The providers.
const (
	OpenAI    Provider = "openai" // and whatever speaks its API
	Anthropic Provider = "anthropic"
)

// Format is how the server is told to answer in JSON.
type Format string

// The formats.
const (
	FormatSchema Format = "schema" // the server holds the model to the schema
	FormatObject Format = "object" // the server holds the model to some JSON object
	FormatPrompt Format = "prompt" // the model is asked
)

// Bounds of a call beside those in [ChatConfig].
const (
	defaultChatTimeout = 10 * time.Second
	accountTimeout     = 3 * time.Second
	maxPromptBytes     = 256 << 10
)

// ChatConfig says which chat model is used and how. Provider and Model are
// needed; URL too for a server other than the provider's own.
type ChatConfig struct {
	Provider    Provider
	URL         string
	Key         string
	Model       string
	Format      Format        // default FormatSchema for OpenAI, FormatPrompt for Anthropic
	Temperature float64       // default 0: the same question, the same answer
	Timeout     time.Duration // of a whole Generate with its repair; default 10 s
	Concurrency int           // calls at once, of all clinics; default 8
	Prices      map[string]Price
	Account     Account           // nil: nothing is counted or capped
	Leaks       func(string) bool // tells that a text holds an identifier; such a prompt is not sent. Nil: no check
	Client      *http.Client      // default: a client of its own
	Log         *slog.Logger      // default: discards
	Now         func() time.Time
}

// Chat is a chat model that answers in JSON. It implements [agent.Model] and is
// safe for concurrent use.
type Chat struct {
	config  ChatConfig
	breaker *breaker
	slots   chan struct{} // a call under way holds one
}

var _ agent.Model = (*Chat)(nil)

// NewChat returns a client. It fails, with [frontdesk.CodeInvalid], on a missing
// model or an unknown provider or format; it sends nothing yet.
func NewChat(config ChatConfig) (*Chat, error) {
	invalid := func(format string, args ...any) error {
		return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: fmt.Sprintf(format, args...)}
	}
	switch config.Provider {
	case OpenAI:
		config.Format = cmp.Or(config.Format, FormatSchema)
	case Anthropic:
		config.Format = cmp.Or(config.Format, FormatPrompt)
	default:
		return nil, invalid("Unknown provider %q of the language model; known are openai and anthropic.", config.Provider)
	}
	switch config.Format {
	case FormatSchema, FormatObject, FormatPrompt:
	default:
		return nil, invalid("Unknown JSON format %q of the language model; known are schema, object, prompt.", config.Format)
	}
	if config.Model == "" {
		return nil, invalid("The name of the language model is missing.")
	}
	config.Timeout = cmp.Or(config.Timeout, defaultChatTimeout)
	config.Concurrency = cmp.Or(config.Concurrency, 8)
	if config.Client == nil {
		config.Client = &http.Client{}
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	return &Chat{
		config:  config,
		breaker: &breaker{limit: 3, pause: 15 * time.Second, now: config.Now},
		slots:   make(chan struct{}, config.Concurrency),
	}, nil
}

// Generate asks the model and returns an object that fits the prompt's schema.
// An answer that does not is sent back once with what is wrong. Every error is an
// [*Error]; what the model cost is charged whatever came of it.
func (c *Chat) Generate(ctx context.Context, prompt agent.Prompt) (agent.Completion, error) {
	var wanted schema
	if err := json.Unmarshal(prompt.Schema, &wanted); err != nil {
		return agent.Completion{}, c.error(WhyRefused, "the prompt's schema cannot be read", nil)
	}
	if err := c.mayAsk(ctx, prompt); err != nil {
		return agent.Completion{}, err
	}
	limited, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-limited.Done():
		return agent.Completion{}, c.failure(ctx, limited, 0)
	}
	if !c.breaker.allow() {
		return agent.Completion{}, c.error(WhyOpen, "", nil)
	}
	completion, err := c.ask(ctx, limited, prompt, wanted)
	c.breaker.done(WhyOf(err))
	return completion, err
}

// mayAsk keeps what must not be sent or paid from being sent.
func (c *Chat) mayAsk(ctx context.Context, prompt agent.Prompt) error {
	if len(prompt.System)+len(prompt.User) > maxPromptBytes {
		return c.error(WhyRefused, "the prompt is too long", nil)
	}
	if c.config.Leaks != nil && (c.config.Leaks(prompt.System) || c.config.Leaks(prompt.User)) {
		return c.error(WhyLeak, "", nil)
	}
	if c.config.Account == nil {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, accountTimeout)
	defer cancel()
	allowed, err := c.config.Account.Allowed(limited, prompt.Clinic, c.config.Now())
	switch {
	case ctx.Err() != nil:
		return c.error(WhyCanceled, "", ctx.Err())
	case err != nil:
		return c.error(WhyAway, "the account cannot be read", err)
	case !allowed:
		return c.error(WhyCap, "", nil)
	}
	return nil
}

// ask sends the prompt and, where the answer does not fit, asks once more.
func (c *Chat) ask(ctx, limited context.Context, prompt agent.Prompt, wanted schema) (agent.Completion, error) {
	messages := []llms.MessageContent{
		llms.TextParts(llms.ChatMessageTypeSystem, c.system(prompt)),
		llms.TextParts(llms.ChatMessageTypeHuman, prompt.User),
	}
	total := agent.Completion{Model: c.config.Model}
	for attempt := 0; ; attempt++ {
		answer, err := c.send(ctx, limited, prompt, messages)
		c.charge(ctx, prompt, answer, &total)
		if err != nil {
			return total, err
		}
		found, wrong := object(answer.text, wanted)
		if wrong == nil {
			total.JSON = found
			return total, nil
		}
		if attempt == 1 {
			return total, c.error(WhyAnswer, wrong.Error(), nil)
		}
		messages = append(messages,
			llms.TextParts(llms.ChatMessageTypeAI, cmp.Or(answer.text, "(nothing)")),
			llms.TextParts(llms.ChatMessageTypeHuman, "That cannot be used: "+wrong.Error()+". Answer again with the JSON object only."))
	}
}

// system returns the system message; where nothing holds the model to the
// schema, the schema is part of it.
func (c *Chat) system(prompt agent.Prompt) string {
	if c.config.Format == FormatSchema {
		return prompt.System
	}
	return prompt.System + "\n\nAnswer with one JSON object of this JSON Schema and nothing else:\n" + string(prompt.Schema)
}

// answer is what came back of one request.
type answer struct {
	text    string
	in, out int // tokens
}

// send makes one request.
func (c *Chat) send(ctx, limited context.Context, prompt agent.Prompt, messages []llms.MessageContent) (answer, error) {
	watch := &statusWatch{client: c.config.Client}
	model, err := c.model(prompt, watch)
	if err != nil {
		return answer{}, c.error(WhyRefused, "the client cannot be made", err)
	}
	response, err := model.GenerateContent(limited, messages, c.options(prompt)...)
	if err != nil {
		return answer{}, c.failure(ctx, limited, watch.status)
	}
	if len(response.Choices) == 0 {
		return answer{}, c.error(WhyAnswer, "no choice", nil)
	}
	choice := response.Choices[0]
	got := answer{text: choice.Content}
	got.in = count(choice.GenerationInfo, "PromptTokens", "InputTokens")
	got.out = count(choice.GenerationInfo, "CompletionTokens", "OutputTokens")
	if got.in == 0 {
		got.in, got.out = estimate(messages), utf8.RuneCountInString(got.text)/3+1
	}
	return got, nil
}

// count returns the first of the named numbers that a provider reports.
func count(info map[string]any, names ...string) int {
	for _, name := range names {
		if n, ok := info[name].(int); ok && n > 0 {
			return n
		}
	}
	return 0
}

// estimate is the number of tokens of messages for a server that does not count,
// rather too many than too few.
func estimate(messages []llms.MessageContent) int {
	runes := 0
	for _, m := range messages {
		for _, part := range m.Parts {
			if text, ok := part.(llms.TextContent); ok {
				runes += utf8.RuneCountInString(text.Text)
			}
		}
	}
	return runes/3 + 1
}

// charge counts an answer, in total and on the clinic's account. It outlives the
// caller's cancellation: what was used is owed.
func (c *Chat) charge(ctx context.Context, prompt agent.Prompt, got answer, total *agent.Completion) {
	if got.in+got.out == 0 {
		return
	}
	cost := c.config.Prices[c.config.Model].cost(got.in, got.out)
	total.TokensIn += got.in
	total.TokensOut += got.out
	total.Cost += cost
	if c.config.Account == nil {
		return
	}
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), accountTimeout)
	defer cancel()
	use := Use{Model: c.config.Model, TokensIn: got.in, TokensOut: got.out, Cost: cost}
	if err := c.config.Account.Charge(limited, prompt.Clinic, c.config.Now(), use); err != nil {
		c.config.Log.ErrorContext(ctx, "model use not charged", "clinic", prompt.Clinic, "prompt", prompt.Name, "tokens_in", got.in, "tokens_out", got.out)
	}
}

// failure classifies a request that failed; ctx is the caller's, limited the one
// with our time-out, status the last that the server sent, 0 if none. The error
// of the library is left out: it may quote the prompt.
func (c *Chat) failure(ctx, limited context.Context, status int) error {
	switch {
	case ctx.Err() != nil:
		return c.error(WhyCanceled, "", ctx.Err())
	case limited.Err() != nil:
		return c.error(WhyTimeout, timeoutDetail("chat", c.config.Timeout), context.DeadlineExceeded)
	case status/100 == 2:
		return c.error(WhyAnswer, "not the expected JSON", nil)
	case status != 0:
		return c.error(whyStatus(status), fmt.Sprintf("status %d", status), nil)
	}
	return c.error(WhyAway, "", nil)
}

func (c *Chat) error(why Why, detail string, err error) error {
	return &Error{Part: "chat", Why: why, Detail: detail, Err: err}
}
