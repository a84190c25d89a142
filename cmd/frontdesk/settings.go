package main

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"frontdesk"
	"frontdesk/ingest"
	"frontdesk/internal/home"
	"frontdesk/llm"
)

// settings are what the environment says, parsed once at the start. .env.example
// lists every one with its meaning.
type settings struct {
	databaseURL string   // "": the private PostgreSQL of the home
	migrateURL  string   // "": migrations are not run on an external database
	keys        [][]byte // versions of FRONTDESK_KEY, the newest first

	embeddingsURL   string // "": the local server of the home
	embeddingsKey   string
	embeddingsModel string
	embeddingsStyle string
	dimension       int
	rerankURL       string
	rerankKey       string
	rerankModel     string

	llmProvider string
	llmURL      string
	llmKey      string
	llmModel    string
	llmTimeout  time.Duration
	gateSample  int // cases of each built-in suite and language that a gate asks
	llmPrices   map[string]llm.Price

	address      string // where the service listens
	publicURL    string
	appSecrets   []string
	verifyToken  string
	apiToken     string
	graphURL     string
	graphVersion string

	smtp     *url.URL // mail server for notices to staff; nil: none
	smtpFrom string

	fetchAllow ingest.AllowList
	reader     string // the program that reads strangers' files in a child; "": this one
	logLevel   slog.Level
	gogc       string // "": ours; else the Go runtime has read it itself

	homeDir    string
	runtimeDir string
}

// readSettings parses the environment. It names the first wrong setting.
func readSettings(getenv func(string) string) (settings, error) {
	s := settings{
		gogc:            getenv("GOGC"),
		databaseURL:     getenv("DATABASE_URL"),
		migrateURL:      getenv("MIGRATE_DATABASE_URL"),
		embeddingsURL:   getenv("EMBEDDINGS_URL"),
		embeddingsKey:   getenv("EMBEDDINGS_KEY"),
		embeddingsModel: getenv("EMBEDDINGS_MODEL"),
		embeddingsStyle: getenv("EMBEDDINGS_STYLE"),
		rerankURL:       getenv("RERANK_URL"),
		rerankKey:       getenv("RERANK_KEY"),
		rerankModel:     getenv("RERANK_MODEL"),
		llmProvider:     getenv("LLM_PROVIDER"),
		llmURL:          getenv("LLM_URL"),
		llmKey:          getenv("LLM_KEY"),
		llmModel:        getenv("LLM_MODEL"),
		address:         getenv("FRONTDESK_ADDR"),
		publicURL:       getenv("FRONTDESK_PUBLIC_URL"),
		appSecrets:      list(getenv("WHATSAPP_APP_SECRET")),
		verifyToken:     getenv("WHATSAPP_VERIFY_TOKEN"),
		apiToken:        getenv("FRONTDESK_API_TOKEN"),
		graphURL:        getenv("WHATSAPP_GRAPH_URL"),
		graphVersion:    getenv("WHATSAPP_GRAPH_VERSION"),
		reader:          getenv("FRONTDESK_READER"),
	}
	var err error
	for _, text := range list(getenv("FRONTDESK_KEY")) {
		key, err := home.ParseKey(text)
		if err != nil {
			return s, wrongSetting("FRONTDESK_KEY", "64 hexadecimal digits, made by `openssl rand -hex 32`; the new one and the old, separated by a comma, while rotating", err)
		}
		s.keys = append(s.keys, key)
	}
	if s.databaseURL != "" && s.keys == nil {
		return s, wrongSetting("FRONTDESK_KEY", "64 hexadecimal digits; with DATABASE_URL the key is yours to keep", nil)
	}
	for name, value := range map[string]string{"EMBEDDINGS_URL": s.embeddingsURL, "RERANK_URL": s.rerankURL, "LLM_URL": s.llmURL, "FRONTDESK_PUBLIC_URL": s.publicURL, "WHATSAPP_GRAPH_URL": s.graphURL} {
		if err := checkURL(value); err != nil {
			return s, wrongSetting(name, "an http or https address", err)
		}
	}
	if s.address != "" {
		if _, _, err := net.SplitHostPort(s.address); err != nil {
			return s, wrongSetting("FRONTDESK_ADDR", "host:port, such as 127.0.0.1:8080", err)
		}
	}
	if s.dimension, err = number(getenv("EMBEDDINGS_DIMENSION")); err != nil {
		return s, wrongSetting("EMBEDDINGS_DIMENSION", "a whole number, such as 384", err)
	}
	switch llm.InputStyle(s.embeddingsStyle) {
	case "", llm.StylePrefix, llm.StyleInputType, llm.StyleNone:
	default:
		return s, wrongSetting("EMBEDDINGS_STYLE", "prefix, input_type or none", nil)
	}
	if text := getenv("LLM_TIMEOUT"); text != "" {
		if s.llmTimeout, err = time.ParseDuration(text); err != nil || s.llmTimeout <= 0 {
			return s, wrongSetting("LLM_TIMEOUT", "a duration such as 8s", err)
		}
	}
	s.gateSample = defaultGateSample
	if text := getenv("FRONTDESK_GATE_SAMPLE"); text != "" {
		if s.gateSample, err = number(text); err != nil {
			return s, wrongSetting("FRONTDESK_GATE_SAMPLE", "a whole number, such as 2", err)
		}
	}
	if s.llmPrices, err = llm.ParsePrices(getenv("LLM_PRICES")); err != nil {
		return s, wrongSetting("LLM_PRICES", "model=in/out for a million tokens, such as gpt-4o-mini=0.15/0.60", err)
	}
	if text := getenv("LOG_LEVEL"); text != "" {
		if err := s.logLevel.UnmarshalText([]byte(text)); err != nil {
			return s, wrongSetting("LOG_LEVEL", "debug, info, warn or error", err)
		}
	} else {
		s.logLevel = slog.LevelWarn
	}
	if text := getenv("SMTP_URL"); text != "" {
		if s.smtp, err = url.Parse(text); err != nil || s.smtp.Scheme != "smtp" && s.smtp.Scheme != "smtps" || s.smtp.Port() == "" {
			return s, wrongSetting("SMTP_URL", "an address such as smtp://user:password@mail.example.org:587", nil)
		}
		if s.smtpFrom = getenv("SMTP_FROM"); !strings.Contains(s.smtpFrom, "@") {
			return s, wrongSetting("SMTP_FROM", "the e-mail address that notices come from", nil)
		}
	}
	if s.fetchAllow, err = ingest.ParseAllowList(getenv("FRONTDESK_FETCH_ALLOW")); err != nil {
		return s, wrongSetting("FRONTDESK_FETCH_ALLOW", "networks, addresses or host names, separated by commas", err)
	}
	if s.llmProvider == "" && (s.llmModel != "" || s.llmURL != "") {
		s.llmProvider = "openai"
	}
	switch llm.Provider(s.llmProvider) {
	case "", llm.OpenAI, llm.Anthropic:
	default:
		return s, wrongSetting("LLM_PROVIDER", "openai or anthropic", nil)
	}
	if s.llmProvider != "" && s.llmModel == "" {
		return s, wrongSetting("LLM_MODEL", "the model's name at the provider", nil)
	}
	if s.homeDir, err = home.DefaultDir(getenv); err != nil {
		return s, fmt.Errorf("home: %w", err)
	}
	if s.runtimeDir, err = home.DefaultRuntime(getenv); err != nil {
		return s, fmt.Errorf("runtime: %w", err)
	}
	return s, nil
}

// checkServing refuses what only a test or demo may lack.
func (s settings) checkServing() error {
	switch {
	case len(s.appSecrets) == 0:
		return wrongSetting("WHATSAPP_APP_SECRET", "the app secret of your Meta app (two, separated by a comma, while rotating)", nil)
	case s.verifyToken == "":
		return wrongSetting("WHATSAPP_VERIFY_TOKEN", "the verify token that you typed at Meta", nil)
	}
	return nil
}

func wrongSetting(name, want string, err error) error {
	return &frontdesk.Error{Code: frontdesk.CodeInvalid, Text: fmt.Sprintf("The setting %s is missing or wrong: it must be %s.", name, want), Err: err}
}

func list(text string) []string {
	var items []string
	for _, item := range strings.Split(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

func number(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("not a number: %w", err)
	}
	return int(n), nil
}

func checkURL(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil {
		return fmt.Errorf("parse address: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("no http address")
	}
	return nil
}
