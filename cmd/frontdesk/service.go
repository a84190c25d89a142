package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/httpd"
	"frontdesk/ingest"
	"frontdesk/language"
	"frontdesk/store"
	"frontdesk/whatsapp"
)

// rereadEvery is how often the service looks for pages that are due to be read again.
const rereadEvery = time.Minute

// service is the wired service: what `serve` and `demo` run.
type service struct {
	parts         *parts
	conversations *store.Conversations
	queue         *store.Queue
	engine        *conversation.Engine
	sender        sender
	ingest        *ingest.Service
	runs          *runs
	metrics       *metrics
	server        *httpd.Server
}

// serviceOptions are what differs between serve and demo.
type serviceOptions struct {
	appSecrets  []string
	verifyToken string
	graphURL    string                                           // of the stand-in; "": Meta's, or the setting
	simulator   func(webhook http.Handler) (http.Handler, error) // nil: none
	demo        *httpd.Demo                                      // lets whoever has its address in; nil: nobody
	secure      bool
	unpaced     bool                                                // for benchmarks: no limits of rate on the channel
	responder   func(conversation.Responder) conversation.Responder // for benchmarks: wraps the agent; nil: as it is
}

// gcPercent is how much garbage may stand beside what is in use, in percent of it,
// before it is collected: rules and dictionaries are two thirds of what is in use,
// and as much again would make the service half as large as it has to be.
const gcPercent = 50

// collectOften bounds garbage, unless GOGC says something else.
func collectOften(given string) {
	if given == "" {
		debug.SetGCPercent(gcPercent)
	}
}

// newService wires conversation, channel and HTTP edge on open parts.
func newService(ctx context.Context, w *parts, o serviceOptions) (*service, error) {
	collectOften(w.settings.gogc)
	s := &service{parts: w, metrics: newMetrics()}
	decides, err := w.agent(ctx)
	if err != nil {
		return nil, err
	}
	responder := conversation.Responder(decides)
	if o.responder != nil {
		responder = o.responder(responder)
	}
	if s.queue, err = store.NewQueue(w.db, w.quiet); err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	s.conversations = store.NewConversations(w.db, s.queue)
	if err := s.newEngine(ctx, o, responder); err != nil {
		return nil, err
	}
	if s.ingest, err = w.ingestService(ctx); err != nil {
		return nil, err
	}
	if s.runs, err = w.newRuns(ctx, s.ingest); err != nil {
		return nil, err
	}
	return s, s.newServer(ctx, o)
}

func (s *service) newEngine(ctx context.Context, o serviceOptions, responder conversation.Responder) error {
	w := s.parts
	keys, err := w.masterKeys(ctx)
	if err != nil {
		return err
	}
	vault, err := store.NewVault(keys)
	if err != nil {
		return fmt.Errorf("lane's vault: %w", err)
	}
	lane := filepath.Join(w.settings.homeDir, "lane")
	if err := os.MkdirAll(lane, 0o700); err != nil {
		return fmt.Errorf("lane's folder: %w", err)
	}
	client := whatsapp.NewClient(whatsapp.ClientConfig{Files: approvedFiles{w.db}, Now: w.now, Unpaced: o.unpaced})
	w.onClose(func() error { client.Close(); return nil })
	out := sender{client: client, baseURL: o.graphURL, version: w.settings.graphVersion}
	if out.baseURL == "" {
		out.baseURL = w.settings.graphURL
	}
	s.sender = out
	s.engine, err = conversation.New(conversation.Config{
		Inbox: s.conversations, Turns: s.conversations, Outbox: s.conversations,
		Accounts: s.conversations, Desk: s.conversations, Media: s.conversations,
		Responder: s.metrics.responder(responder), Screen: screen{w.screens}, Sender: s.metrics.sender(out), Fetcher: out,
		Texts: fixedTexts{w.texts}, Words: searchWords,
		Lane: conversation.LaneFiles{
			Snapshot: filepath.Join(lane, "accounts"),
			Journal:  filepath.Join(lane, "answered"),
			Vault:    vault,
		},
		Now: w.now, Random: rand.Reader, Log: w.log,
		Limits: conversation.Limits{NoPairLimit: o.unpaced},
	})
	if err != nil {
		return fmt.Errorf("conversation: %w", err)
	}
	return nil
}

// searchWords are the stems that staff find a message by.
func searchWords(text, tag string) []string { return language.Terms(tag, text) }

func (s *service) newServer(ctx context.Context, o serviceOptions) error {
	w := s.parts
	webhook, err := whatsapp.NewWebhook(whatsapp.WebhookConfig{
		VerifyToken: o.verifyToken, Secrets: o.appSecrets, Logger: w.log, Observe: s.metrics.webhook,
		Receive: func(ctx context.Context, batch frontdesk.InboundBatch, _ []byte) error {
			return s.engine.Receive(ctx, frontdesk.ChannelWhatsApp, batch)
		},
	})
	if err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	var simulator http.Handler
	if o.simulator != nil {
		if simulator, err = o.simulator(webhook); err != nil {
			return err
		}
	}
	try, err := w.try(ctx)
	if err != nil {
		return err
	}
	door, err := w.door()
	if err != nil {
		return err
	}
	known, err := w.consoleKey(ctx)
	if err != nil {
		return err
	}
	console := desk{
		db: w.db, conversations: s.conversations, engine: s.engine, sender: s.sender, ingest: s.ingest, meanings: newMeanings(w.embedder), screens: w.screens, now: w.now,
		pictures: w.pictures(), texts: w.texts,
	}
	s.server, err = httpd.New(httpd.Options{
		Webhook: webhook, Simulator: simulator, Metrics: s.metrics.handler(), Try: try,
		Clinics: console, Door: door, Staff: w.db, Auditor: console, Inbox: console, Pen: console, Templates: console, Corrector: console, People: console, Personal: console, Library: console, Approver: console,
		Sorter: console, Replies: console, Files: console, Live: console, Editor: console, Manager: console, Notices: console, Configure: console.Configure,
		Cases: console, Evaluation: console, Evaluator: console, Figures: console, Shared: console, Access: w.db, Tokens: w.db, Hooks: console, Deliveries: console, Events: store.WebhookEvents(),
		Reasons: routedReasons(), WebhookSecret: w.db.WebhookSecret,
		Screen: screened(w.screens), Ready: s.ready, Demo: o.demo, Key: known, APIToken: w.settings.apiToken,
		PublicURL: w.settings.publicURL, Secure: o.secure, Log: w.log, Now: w.now, Random: rand.Reader,
	})
	if err != nil {
		return fmt.Errorf("http: %w", err)
	}
	return nil
}

// ready says whether a turn can run. Without embeddings it still can, by words.
func (s *service) ready(ctx context.Context) error {
	if err := s.parts.db.Ping(ctx); err != nil {
		return fmt.Errorf("database: %w", err)
	}
	return nil
}

// run serves until ctx ends, then stops in order: no new requests, no new turns,
// queue, and last what the closers of the parts close.
func (s *service) run(ctx context.Context, listener net.Listener) error {
	workCtx, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	s.queue.HandRuns(s.runs.Wake)
	if err := s.queue.Start(workCtx, s.engine.Wake); err != nil {
		return fmt.Errorf("start queue: %w", err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := s.engine.Run(workCtx); err != nil {
			s.parts.log.Error("conversations stopped", "err", err)
		}
	})
	wg.Go(func() { s.reread(workCtx) })
	wg.Go(func() { s.ring(workCtx) })
	wg.Go(func() { s.runs.Run(workCtx) })
	wg.Go(func() { s.parts.tellForeignSpace(workCtx) })
	watch := s.newWatch()
	wg.Go(func() { watch.Run(workCtx) })
	tells := postman{db: s.parts.db, conversations: s.conversations, client: s.parts.outsideClient(), now: s.parts.now, log: s.parts.log}
	wg.Go(func() { tells.run(workCtx) })
	serveErr := s.server.Serve(ctx, listener)
	stopWork()
	wg.Wait()
	stopCtx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), 10*time.Second, errors.New("queue did not stop in time"))
	defer cancel()
	return errors.Join(serveErr, s.queue.Stop(stopCtx))
}

// ring passes on that tickets moved, in whichever process, to the open consoles.
func (s *service) ring(ctx context.Context) {
	s.parts.db.WatchDesk(ctx, s.server.Rang, func(err error) {
		s.parts.log.WarnContext(ctx, "tickets ring by the next look only", "err", err)
	})
}

// releaseIdle gives a conversation that staff left back to the bot.
func (s *service) releaseIdle(ctx context.Context, clinic frontdesk.ClinicID, id frontdesk.ConversationID) error {
	return s.engine.Release(ctx, conversation.Key{Clinic: clinic, Conversation: id}, conversation.HandBack{By: idleHolder, Done: true, Reason: "idle", Farewell: true})
}

// reread reads pages again when they are due; a change becomes a draft.
func (s *service) reread(ctx context.Context) {
	tick := time.NewTicker(rereadEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		clinics, err := s.parts.db.Clinics(ctx)
		if err != nil {
			s.parts.log.WarnContext(ctx, "rereading: no clinics", "err", err)
			continue
		}
		for _, clinic := range clinics {
			if _, err := s.ingest.RereadDue(ctx, clinic); err != nil && ctx.Err() == nil {
				s.parts.log.WarnContext(ctx, "rereading failed", "clinic", string(clinic.ID), "err", err)
			}
		}
	}
}

// listen opens the service's address; a busy port is named.
func listen(ctx context.Context, address string) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, &frontdesk.Error{Code: frontdesk.CodeUnavailable, Text: fmt.Sprintf("The address %s cannot be opened; set FRONTDESK_ADDR to another one.", address), Err: err}
	}
	return listener, nil
}

// baseURL is how a browser on this machine reaches a listener.
func baseURL(listener net.Listener) string {
	address := listener.Addr().String()
	if host, port, err := net.SplitHostPort(address); err == nil && (host == "::" || host == "0.0.0.0") {
		address = net.JoinHostPort("127.0.0.1", port)
	}
	return "http://" + strings.TrimSuffix(address, "/")
}
