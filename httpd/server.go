package httpd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/staff"
)

// Time-outs of the listener. Reading a webhook of 3 MB from Meta takes far less;
// writing is open for the simulator's event stream, which ends with its client.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 60 * time.Second
	idleTimeout       = 120 * time.Second
	stopTimeout       = 20 * time.Second
)

// keySize is the length of Options.Key.
const keySize = 32

// Clinics finds clinics.
type Clinics interface {
	// FindClinic returns [frontdesk.CodeNotFound] for a name that no clinic has.
	FindClinic(ctx context.Context, name string) (frontdesk.Clinic, error)
	Clinic(ctx context.Context, id frontdesk.ClinicID) (frontdesk.Clinic, error)
}

// Options are what the server serves.
type Options struct {
	Webhook    http.Handler // of the channel
	Simulator  http.Handler // nil: there is none
	Metrics    http.Handler
	Try        *conversation.Try
	Clinics    Clinics
	Door       *staff.Door
	Staff      Staff
	Auditor    Auditor
	Inbox      Inbox
	Pen        Pen
	Templates  Templates
	Corrector  Corrector
	People     People
	Personal   Personal
	Sorter     Sorter
	Replies    Replies
	Files      Files
	Live       Live
	Library    Library
	Editor     Editor
	Approver   Approver
	Notices    Notices
	Configure  Configure
	Cases      Cases
	Evaluation Evaluation
	Evaluator  Evaluator
	Figures    Figures
	Shared     Shared
	Access     AccessFinder
	Tokens     AccessRegister
	Hooks      Hooks
	Deliveries Deliveries
	Events     []string // of webhooks
	Manager    Manager
	Reasons    []string // of tickets, for the routing rules
	// WebhookSecret signs what a clinic's webhook is told.
	WebhookSecret func(ctx context.Context, clinic frontdesk.ClinicID) (string, error)
	Screen        Screener
	Ready         func(context.Context) error // nil error: every part that a turn needs is there
	Demo          *Demo                       // nil but in the demo
	Key           []byte                      // 32 bytes, the same in every process: marks browsers that signed in before
	APIToken      string                      // bearer of /api/v1; "" closes it
	PublicURL     string                      // as browsers reach the service; "": as the request says
	Secure        bool                        // served behind HTTPS: cookies are marked so
	Log           *slog.Logger
	Now           func() time.Time
	Random        io.Reader
}

// check names the first part that is missing.
func (o Options) check() error {
	parts := map[string]bool{
		"webhook": o.Webhook == nil, "metrics": o.Metrics == nil, "try": o.Try == nil, "screen": o.Screen == nil, "ready": o.Ready == nil,
		"log": o.Log == nil, "clock": o.Now == nil, "randomness": o.Random == nil, "clinics": o.Clinics == nil, "door": o.Door == nil,
		"staff": o.Staff == nil, "auditor": o.Auditor == nil, "inbox": o.Inbox == nil, "pen": o.Pen == nil, "templates": o.Templates == nil, "corrector": o.Corrector == nil, "people": o.People == nil, "personal": o.Personal == nil, "library": o.Library == nil,
		"approver": o.Approver == nil, "sorter": o.Sorter == nil, "replies": o.Replies == nil, "files": o.Files == nil, "live": o.Live == nil,
		"editor": o.Editor == nil, "notices": o.Notices == nil, "configure": o.Configure == nil, "cases": o.Cases == nil, "evaluation": o.Evaluation == nil, "evaluator": o.Evaluator == nil, "webhook secret": o.WebhookSecret == nil,
		"key": len(o.Key) != keySize, "figures": o.Figures == nil, "manager": o.Manager == nil, "shared": o.Shared == nil, "access": o.Access == nil, "tokens": o.Tokens == nil, "hooks": o.Hooks == nil, "deliveries": o.Deliveries == nil,
	}
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		if parts[name] {
			return fmt.Errorf("httpd: the %s is missing", name)
		}
	}
	return nil
}

// Server is the HTTP edge.
type Server struct {
	o       Options
	engine  *gin.Engine
	phrases phrases
	pages   pages
	assets  map[string]string // content hash by name
	pulses  pulses
}

// New returns a server with its routes. It fails when a part is missing.
func New(o Options) (*Server, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	texts, err := loadPhrases()
	if err != nil {
		return nil, fmt.Errorf("httpd: %w", err)
	}
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	if err := engine.SetTrustedProxies(nil); err != nil {
		return nil, fmt.Errorf("httpd: %w", err)
	}
	s := &Server{o: o, engine: engine, phrases: texts}
	if err := s.loadAssets(); err != nil {
		return nil, fmt.Errorf("httpd: assets: %w", err)
	}
	if err := s.loadPages(); err != nil {
		return nil, fmt.Errorf("httpd: %w", err)
	}
	for _, route := range s.console() {
		if route.right == "" || route.handle == nil {
			return nil, fmt.Errorf("httpd: the route %s %s has no right or handler", route.method, route.path)
		}
	}
	engine.Use(s.recovered, s.headers)
	s.routes(engine)
	return s, nil
}

// address is how browsers reach the service.
func (s *Server) address(c *gin.Context) string {
	if s.o.PublicURL != "" {
		return strings.TrimSuffix(s.o.PublicURL, "/")
	}
	if s.o.Secure {
		return "https://" + c.Request.Host
	}
	return "http://" + c.Request.Host
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.engine.ServeHTTP(w, r) }

// Serve serves on a listener until ctx ends, then lets requests under way finish.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		IdleTimeout:       idleTimeout,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          slog.NewLogLogger(s.o.Log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	stopCtx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), stopTimeout, errors.New("requests under way did not end in time"))
	defer cancel()
	if err := server.Shutdown(stopCtx); err != nil {
		return errors.Join(fmt.Errorf("stop serving: %w", err), server.Close())
	}
	return nil
}

// Address is a route as a test asks for it.
type Address struct {
	Method, Path string      // parameters stand as ":name"
	Right        staff.Right // of the console; "" for the API
	Scope        staff.Scope // of the API; "" for the console
}

// Addresses lists all routes of the console and the API that need somebody.
func (s *Server) Addresses() []Address {
	var all []Address
	for _, r := range s.console() {
		if r.right != open {
			all = append(all, Address{Method: r.method, Path: r.path, Right: r.right})
		}
	}
	for _, e := range s.endpoints() {
		if e.scope != public {
			all = append(all, Address{Method: e.method, Path: e.path, Scope: e.scope})
		}
	}
	return all
}
