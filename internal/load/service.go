package load

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/store"
	"frontdesk/whatsapp"
)

// Secret signs the webhooks of a [Service].
const Secret = "load-secret"

// Options say what a service under load is made of.
type Options struct {
	DB         *store.DB
	GraphURL   string                 // of a [Graph]
	Responder  conversation.Responder // nil: [Echo]
	Screen     conversation.Screen    // nil: [Open]
	Limits     conversation.Limits
	Transport  http.RoundTripper // to the stand-in; nil: one of its own
	Queue      bool              // wake by River too
	AcceptOnly bool              // messages are stored with their wake-ups; no job is worked and no turn runs
	Now        func() time.Time
	Random     io.Reader
	Log        *slog.Logger
}

// Service is a running engine with its webhook.
type Service struct {
	Webhook       http.Handler
	Engine        *conversation.Engine
	Conversations *store.Conversations

	client *whatsapp.Client
	queue  *store.Queue
	stop   context.CancelFunc
	done   chan struct{}
}

// Start runs a service until Close.
func Start(ctx context.Context, o Options) (*Service, error) {
	s := &Service{done: make(chan struct{})}
	if o.Queue {
		queue, err := store.NewQueue(o.DB, o.Log)
		if err != nil {
			return nil, fmt.Errorf("start load service: %w", err)
		}
		s.queue = queue
	}
	s.Conversations = store.NewConversations(o.DB, s.queue)
	transport := cmp.Or[http.RoundTripper](o.Transport, &http.Transport{MaxIdleConnsPerHost: 256})
	s.client = whatsapp.NewClient(whatsapp.ClientConfig{HTTP: &http.Client{Transport: transport}, Now: o.Now, Unpaced: true})
	o.Limits.NoPairLimit = true
	var turns conversation.Turns = s.Conversations
	if o.AcceptOnly {
		turns = noTurns{}
	}
	engine, err := conversation.New(conversation.Config{
		Inbox: s.Conversations, Turns: turns, Outbox: s.Conversations, Accounts: s.Conversations, Desk: s.Conversations,
		Responder: cmp.Or[conversation.Responder](o.Responder, Echo{}), Screen: cmp.Or[conversation.Screen](o.Screen, Open{}),
		Sender: channel{client: s.client, url: o.GraphURL}, Texts: texts{}, Now: o.Now, Random: o.Random, Log: o.Log, Limits: o.Limits,
	})
	if err != nil {
		return nil, fmt.Errorf("start load service: %w", err)
	}
	s.Engine = engine
	s.Webhook, err = whatsapp.NewWebhook(whatsapp.WebhookConfig{
		VerifyToken: "load", Secrets: []string{Secret}, Logger: o.Log,
		Receive: func(ctx context.Context, batch frontdesk.InboundBatch, _ []byte) error {
			return engine.Receive(ctx, frontdesk.ChannelWhatsApp, batch)
		},
	})
	if err != nil {
		return nil, fmt.Errorf("start load service: %w", err)
	}
	if s.queue != nil && !o.AcceptOnly {
		if err := s.queue.Start(ctx, engine.Wake); err != nil {
			return nil, fmt.Errorf("start load service: %w", err)
		}
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	go func() {
		defer close(s.done)
		_ = engine.Run(run) // it ends without an error
	}()
	return s, nil
}

// Close stops the engine and waits for what is under way.
func (s *Service) Close(ctx context.Context) error {
	var err error
	if s.queue != nil {
		err = s.queue.Stop(ctx)
	}
	s.stop()
	<-s.done
	s.client.Close()
	return err
}

// noTurns has nothing to decide.
type noTurns struct{}

func (noTurns) Take(context.Context, conversation.Key, conversation.Lease) (conversation.Work, error) {
	return conversation.Work{}, conversation.ErrIdle
}

func (noTurns) Commit(context.Context, conversation.Turn) error { return nil }

func (noTurns) Due(context.Context, time.Time, int) ([]conversation.Waking, error) { return nil, nil }

// channel is the real client against the stand-in.
type channel struct {
	client *whatsapp.Client
	url    string
}

func (c channel) account(a conversation.Account) whatsapp.Account {
	return whatsapp.Account{PhoneNumberID: a.Provider, BusinessID: a.Business, Token: a.Token, BaseURL: c.url, Clinic: a.Clinic}
}

func (c channel) Fit(replies []frontdesk.Reply) []frontdesk.Reply { return whatsapp.FitAll(replies) }

func (c channel) Send(ctx context.Context, a conversation.Account, m conversation.Outbound) (string, error) {
	to := frontdesk.Identity{Account: a.ID, ExternalID: m.To.UserID, Phone: m.To.Phone}
	id, err := c.client.SendBy(ctx, c.account(a), to, m.Reply, string(m.ID), m.MustStart())
	if err == nil {
		return id, nil
	}
	class := conversation.ClassUncertain
	var refused *whatsapp.SendError
	if errors.As(err, &refused) && refused.Class != whatsapp.ClassUncertain {
		class = conversation.ClassRetry
	}
	return "", &conversation.SendError{Class: class, Err: err}
}

func (c channel) Seen(ctx context.Context, a conversation.Account, id string) error {
	return c.client.MarkRead(ctx, c.account(a), id, true)
}

// Echo is an instant responder: "re: " and the texts of the turn's messages.
type Echo struct{}

// Respond answers at once.
func (Echo) Respond(_ context.Context, _ frontdesk.Dialogue, events []frontdesk.Event) (frontdesk.Decision, error) {
	var asked []string
	for _, e := range events {
		if e.Message != nil {
			asked = append(asked, e.Message.Text)
		}
	}
	return frontdesk.Decision{
		Outcome: frontdesk.OutcomeAnswered, Mode: frontdesk.ModeQuote, Language: "fr",
		Replies: []frontdesk.Reply{{Text: "re: " + strings.Join(asked, " + ")}},
		Record:  frontdesk.Record{Question: strings.Join(asked, " ")},
	}, nil
}

// Open is a screen that finds nothing.
type Open struct{}

// Inbound returns the text as it is.
func (Open) Inbound(_ context.Context, text, _, _ string) frontdesk.Verdict {
	return frontdesk.Verdict{Language: "fr", LanguageSure: 1, Masked: text}
}

// Outbound lets everything pass.
func (Open) Outbound(context.Context, frontdesk.Origin, frontdesk.Clinic, string) conversation.Finding {
	return conversation.Finding{}
}

type texts struct{}

func (texts) Emergency(frontdesk.Clinic, string, bool) frontdesk.Reply {
	return frontdesk.Reply{Text: "112"}
}

func (texts) Fallback(frontdesk.Clinic, string) frontdesk.Reply {
	return frontdesk.Reply{Text: "fallback"}
}

func (texts) Media(frontdesk.Clinic, string, frontdesk.MessageKind) frontdesk.Reply {
	return frontdesk.Reply{Text: "media"}
}

// Wait returns when no conversation is at work any more.
func (s *Service) Wait() { s.Engine.Idle() }
