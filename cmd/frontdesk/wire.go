package main

import (
	"context"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"frontdesk"
	"frontdesk/agent"
	"frontdesk/conversation"
	"frontdesk/guardrails"
	"frontdesk/ingest"
	"frontdesk/internal/home"
	"frontdesk/llm"
	"frontdesk/locale"
	"frontdesk/retrieval"
	"frontdesk/staff"
	"frontdesk/store"
)

// embeddingConns is how many connections to the embedding server are kept open.
const embeddingConns = 16

// parts are the wired packages of one command. Close them in reverse.
type parts struct {
	settings   settings
	log        *slog.Logger
	quiet      *slog.Logger // for libraries that report each beat
	cost       *store.Cost  // for benchmarks, else nil
	now        func() time.Time
	home       *home.Home
	db         *store.DB
	embedder   *llm.Recent
	vectorWait time.Duration // of the screens for a vector; 0 is their own
	queryWait  time.Duration // for the vector of a question; 0 is the client's own
	texts      *locale.Catalogue
	screens    *guardrails.Screens
	reader     *ingest.Reader // of PDFs, once the reading of documents is wired
	breaks     bool           // turns may name parts that fail for them, see brokenPart
	closers    []func() error
}

func (p *program) logger(level slog.Level) *slog.Logger {
	return slog.New(slog.NewJSONHandler(p.stderr, &slog.HandlerOptions{Level: level}))
}

// open starts or reaches the database and wires what every command with a
// database needs. The embedding server is started by the first that wants it.
func (p *program) open(ctx context.Context) (*parts, error) {
	s, err := readSettings(p.getenv)
	if err != nil {
		return nil, err
	}
	w := &parts{settings: s, log: p.logger(s.logLevel), quiet: p.logger(max(s.logLevel, slog.LevelWarn)), now: time.Now}
	if err := w.openAll(ctx); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// openWithoutDatabase wires what needs no database: a command that only screens.
func (p *program) openWithoutDatabase(ctx context.Context) (*parts, error) {
	s, err := readSettings(p.getenv)
	if err != nil {
		return nil, err
	}
	w := &parts{settings: s, log: p.logger(s.logLevel), quiet: p.logger(max(s.logLevel, slog.LevelWarn)), now: time.Now}
	if err := w.openHome(ctx); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

func (w *parts) openAll(ctx context.Context) error {
	if err := w.openTexts(); err != nil {
		return err
	}
	if err := w.openHome(ctx); err != nil {
		return err
	}
	return w.openStore(ctx)
}

func (w *parts) openTexts() (err error) {
	if w.texts, err = locale.Load(); err != nil {
		return fmt.Errorf("texts: %w", err)
	}
	return nil
}

func (w *parts) openHome(ctx context.Context) error {
	opened, err := home.Open(ctx, w.settings.homeOptions(w.log))
	if err != nil {
		return fmt.Errorf("open home: %w", err)
	}
	w.home = opened
	w.onClose(opened.Close)
	return nil
}

func (w *parts) openStore(ctx context.Context) error {
	o := store.Options{
		DatabaseURL: w.settings.databaseURL,
		MigrateURL:  w.settings.migrateURL,
		Now:         w.now,
		Random:      rand.Reader,
		Cost:        w.cost,
	}
	if o.DatabaseURL == "" {
		private, err := w.home.Postgres(ctx)
		if err != nil {
			return fmt.Errorf("private database: %w", err)
		}
		o.DatabaseURL, o.MigrateURL = private.URL, private.MigrateURL
	}
	var err error
	if o.Keys, err = w.masterKeys(ctx); err != nil {
		return err
	}
	db, err := store.Open(ctx, o)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	w.db = db
	w.onClose(func() error { db.Close(); return nil })
	return nil
}

func (w *parts) onClose(f func() error) { w.closers = append(w.closers, f) }

// Close closes in reverse order of opening; the last command of a home stops its
// programs.
func (w *parts) Close() error {
	var errs []error
	for i := len(w.closers) - 1; i >= 0; i-- {
		errs = append(errs, w.closers[i]())
	}
	w.closers = nil
	return errors.Join(errs...)
}

// openEmbedder starts or reaches the embedding server.
func (w *parts) openEmbedder(ctx context.Context) error {
	if w.embedder != nil {
		return nil
	}
	s := w.settings
	config := llm.EmbeddingsConfig{
		URL: s.embeddingsURL, Key: s.embeddingsKey, Model: s.embeddingsModel,
		Dimension: s.dimension, Style: llm.InputStyle(s.embeddingsStyle), QueryTimeout: w.queryWait, Now: w.now,
	}
	if config.URL == "" {
		address, err := w.home.Embeddings(ctx)
		if err != nil {
			return fmt.Errorf("local embeddings: %w", err)
		}
		config.URL, config.Style, config.Quantisation = address, llm.StyleInputType, "q4"
	}
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: embeddingConns, IdleConnTimeout: time.Minute}}
	w.onClose(func() error { client.CloseIdleConnections(); return nil })
	config.Client = client
	embedder, err := llm.NewEmbeddings(config)
	if err != nil {
		return fmt.Errorf("embeddings: %w", err)
	}
	var from retrieval.Embedder = embedder
	if w.db != nil {
		from = &ownSpace{Embedder: embedder, check: w.db.CheckSpace, now: w.now}
	}
	w.embedder = llm.NewRecent(from)
	return nil
}

// openScreens loads the screens, once; with embeddings that are open by then they
// use them for more recall.
func (w *parts) openScreens() error {
	if w.screens != nil {
		return nil
	}
	screens, err := guardrails.New(guardrails.Options{Classifier: w.classifier(), Timeout: w.vectorWait})
	if err != nil {
		return fmt.Errorf("screens: %w", err)
	}
	w.screens = screens
	return nil
}

func (w *parts) classifier() guardrails.Classifier {
	if w.embedder == nil {
		return nil
	}
	if w.breaks {
		return breakableVector{queryVector{w.embedder}}
	}
	return queryVector{w.embedder}
}

// queryVector gives the screens the vector of a patient's text.
type queryVector struct{ embedder retrieval.Embedder }

// Vector implements [guardrails.Classifier].
func (q queryVector) Vector(ctx context.Context, text string) ([]float32, error) {
	vectors, err := q.embedder.Embed(ctx, retrieval.InputQuery, []string{text})
	if err != nil {
		return nil, fmt.Errorf("embed for screening: %w", err)
	}
	return vectors[0], nil
}

// ingestService wires the reading of documents.
func (w *parts) ingestService(ctx context.Context) (*ingest.Service, error) {
	if err := w.openEmbedder(ctx); err != nil {
		return nil, err
	}
	if err := w.openScreens(); err != nil {
		return nil, err
	}
	exe := w.settings.reader
	if exe == "" {
		own, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("own program: %w", err)
		}
		exe = own
	}
	fetcher := ingest.NewFetcher(ingest.FetchConfig{Allow: w.settings.fetchAllow})
	w.onClose(func() error { fetcher.Close(); return nil })
	cache := w.readerCache()
	reader := ingest.NewReader(exe)
	w.onClose(func() error { reader.Close(); return nil })
	w.reader = reader
	return &ingest.Service{
		Repository: w.db,
		Embedder:   w.embedder,
		ReadPDF: func(ctx context.Context, data []byte, language string) (ingest.Document, error) {
			return reader.Read(ctx, data, ingest.PDFOptions{Language: language, CacheDir: cache})
		},
		Fetcher:   fetcher,
		Inspector: inspector{w.screens},
		Now:       w.now,
		Random:    rand.Reader,
	}, nil
}

// readerCache is where the compiled pdfium is kept.
func (w *parts) readerCache() string { return filepath.Join(w.settings.homeDir, "cache") }

// inspector shows the approver passages that talk to a bot instead of patients.
type inspector struct{ screens *guardrails.Screens }

// Inspect implements [ingest.Inspector].
func (i inspector) Inspect(text string) bool { return len(i.screens.Flag(text)) > 0 }

// agent wires the decision of turns.
func (w *parts) agent(ctx context.Context) (*agent.Agent, error) {
	model, err := w.model()
	if err != nil {
		return nil, err
	}
	return w.agentWith(ctx, model)
}

// agentWith wires the decision of turns with a model; nil is quoting mode.
func (w *parts) agentWith(ctx context.Context, model agent.Model) (*agent.Agent, error) {
	if err := w.openEmbedder(ctx); err != nil {
		return nil, err
	}
	if err := w.openScreens(); err != nil {
		return nil, err
	}
	reranker, err := w.reranker()
	if err != nil {
		return nil, err
	}
	var embedder retrieval.Embedder = w.embedder
	var index retrieval.Index = w.db
	var knowledge agent.Knowledge = store.NewApproved(w.db)
	if w.breaks {
		embedder, index, knowledge = breakableEmbedder{embedder}, breakableIndex{index}, breakableKnowledge{knowledge}
		if model != nil {
			model = breakableModel{model}
		}
	}
	a, err := agent.New(agent.Options{
		Screens: w.screens, Retriever: retrieval.New(embedder, index, reranker, retrieval.Options{}), Knowledge: knowledge, Texts: w.texts,
		Embedder: embedder, Model: model, Log: w.log,
		ModelTimeout: w.settings.llmTimeout, Now: w.now,
	})
	if err != nil {
		return nil, fmt.Errorf("agent: %w", err)
	}
	return a, nil
}

// masterKeys are the versions of FRONTDESK_KEY, the newest first, or the home's own.
func (w *parts) masterKeys(ctx context.Context) ([][]byte, error) {
	if w.settings.keys != nil {
		return w.settings.keys, nil
	}
	key, err := w.home.Key(ctx, rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("home's key: %w", err)
	}
	return [][]byte{key}, nil
}

// consoleKey marks the browsers that signed in before; every process has the same.
func (w *parts) consoleKey(ctx context.Context) ([]byte, error) {
	masters, err := w.masterKeys(ctx)
	if err != nil {
		return nil, err
	}
	master := masters[0]
	key, err := hkdf.Key(sha256.New, master, nil, "frontdesk console", len(master))
	if err != nil {
		return nil, fmt.Errorf("console's key: %w", err)
	}
	return key, nil
}

// door lets staff in.
func (w *parts) door() (*staff.Door, error) {
	door, err := staff.NewDoor(w.db, w.db, w.db, w.now, rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("sign-in: %w", err)
	}
	return door, nil
}

// connect adds a channel account, or renews the token of one that is there.
func (w *parts) connect(ctx context.Context, account conversation.Account) error {
	conversations := store.NewConversations(w.db, nil)
	there, err := conversations.Line(ctx, account.Channel, account.Provider)
	switch {
	case frontdesk.CodeOf(err) == frontdesk.CodeNotFound:
		_, err = conversations.AddAccount(ctx, account)
	case err == nil && there.Account.Clinic != account.Clinic:
		return &frontdesk.Error{Code: frontdesk.CodeConflict, Text: "This number belongs to another clinic already."}
	case err == nil:
		there.Account.Token = account.Token
		err = conversations.SetToken(ctx, there.Account)
	}
	if err != nil {
		return fmt.Errorf("connect number: %w", err)
	}
	return nil
}

// withClinic runs fn with open parts and the clinic named.
func (p *program) withClinic(ctx context.Context, name string, fn func(*parts, frontdesk.Clinic) error) error {
	w, err := p.open(ctx)
	if err != nil {
		return err
	}
	defer w.Close()
	clinic, err := w.clinicNamed(ctx, name)
	if err != nil {
		return err
	}
	return fn(w, clinic)
}

// clinicNamed finds a clinic or says which there are.
func (w *parts) clinicNamed(ctx context.Context, name string) (frontdesk.Clinic, error) {
	if name == "" {
		return frontdesk.Clinic{}, &usageError{errors.New("which clinic? add --clinic NAME; `frontdesk clinic list` shows them")}
	}
	clinic, err := w.db.FindClinic(ctx, name)
	if frontdesk.CodeOf(err) == frontdesk.CodeNotFound {
		return clinic, &frontdesk.Error{Code: frontdesk.CodeNotFound, Text: fmt.Sprintf("There is no clinic %q; `frontdesk clinic list` shows those there are.", name)}
	}
	return clinic, err
}
