package llm

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/anthropic"
	"github.com/tmc/langchaingo/llms/openai"

	"frontdesk/agent"
)

// defaultMaxTokens bounds an answer where the prompt does not.
const defaultMaxTokens = 1024

// statusWatch is the HTTP client of one request. langchaingo's errors hold the
// status only in their text, beside what the server said, so it is kept here.
type statusWatch struct {
	client *http.Client
	status int
}

// Do sends a request and bounds what is read of its answer.
func (w *statusWatch) Do(req *http.Request) (*http.Response, error) {
	resp, err := w.client.Do(req)
	if err != nil {
		return nil, err
	}
	w.status = resp.StatusCode
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	return resp, nil
}

// model returns langchaingo's client for one prompt: the form of the answer is
// part of the client there.
func (c *Chat) model(prompt agent.Prompt, watch *statusWatch) (llms.Model, error) {
	if c.config.Provider == Anthropic {
		options := []anthropic.Option{anthropic.WithModel(c.config.Model), anthropic.WithToken(c.token()), anthropic.WithHTTPClient(watch)}
		if c.config.URL != "" {
			options = append(options, anthropic.WithBaseURL(strings.TrimRight(c.config.URL, "/")))
		}
		model, err := anthropic.New(options...)
		if err != nil {
			return nil, fmt.Errorf("anthropic client: %w", err)
		}
		return model, nil
	}
	options := []openai.Option{openai.WithModel(c.config.Model), openai.WithToken(c.token()), openai.WithHTTPClient(watch)}
	if c.config.URL != "" {
		options = append(options, openai.WithBaseURL(endpoint(c.config.URL, "", "/v1")))
	}
	if c.config.Format == FormatSchema {
		format, err := responseFormat(prompt)
		if err != nil {
			return nil, err
		}
		options = append(options, openai.WithResponseFormat(format))
	}
	model, err := openai.New(options...)
	if err != nil {
		return nil, fmt.Errorf("openai client: %w", err)
	}
	return model, nil
}

// token returns the key. langchaingo would read the environment for an empty
// one; a server of one's own needs none.
func (c *Chat) token() string {
	if c.config.Key == "" {
		return "none"
	}
	return c.config.Key
}

// responseFormat holds the server to the prompt's schema.
func responseFormat(prompt agent.Prompt) (*openai.ResponseFormat, error) {
	var property openai.ResponseFormatJSONSchemaProperty
	if err := json.Unmarshal(prompt.Schema, &property); err != nil {
		return nil, fmt.Errorf("schema of prompt %s: %w", prompt.Name, err)
	}
	name := prompt.Name
	if name == "" {
		name = "answer"
	}
	return &openai.ResponseFormat{
		Type:       "json_schema",
		JSONSchema: &openai.ResponseFormatJSONSchema{Name: name, Strict: true, Schema: &property},
	}, nil
}

// options returns the options of one request.
func (c *Chat) options(prompt agent.Prompt) []llms.CallOption {
	limit := prompt.MaxTokens
	if limit <= 0 {
		limit = defaultMaxTokens
	}
	options := []llms.CallOption{llms.WithMaxTokens(limit), llms.WithTemperature(c.config.Temperature)}
	if c.config.Provider == OpenAI {
		if c.config.Format == FormatObject {
			options = append(options, llms.WithJSONMode())
		}
		if c.config.URL != "" && !strings.Contains(c.config.URL, "api.openai.com") {
			options = append(options, openai.WithLegacyMaxTokensField()) // what compatible servers know
		}
	}
	return options
}
