package httpd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"frontdesk"
	"frontdesk/conversation"
)

// Time-outs of the listener. Reading a webhook of 3 MB from Meta takes far less;
// writing is open for the simulator's event stream, which ends with its client.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 60 * time.Second
	idleTimeout       = 120 * time.Second
	stopTimeout       = 20 * time.Second
)

// minToken is the shortest token that opens the console: too long to be guessed.
const minToken = 16

// Screened is what the screens say of a text, for the page that tries them.
type Screened struct {
	Labels   []frontdesk.Label
	Language string
	Percent  float64 // how sure of the language
	Masked   string
	Evidence []string
}

// Clinics finds and lists clinics.
type Clinics interface {
	// FindClinic returns [frontdesk.CodeNotFound] for a name that no clinic has.
	FindClinic(ctx context.Context, name string) (frontdesk.Clinic, error)
	ListClinics(ctx context.Context) ([]frontdesk.Clinic, error)
}

// Options are what the server serves.
type Options struct {
	Webhook      http.Handler // of the channel
	Simulator    http.Handler // nil: there is none
	Metrics      http.Handler
	Try          *conversation.Try
	Clinics      Clinics
	Reader       Reader
	Pen          Pen
	Approver     Approver
	Screen       func(ctx context.Context, text string, clinic frontdesk.Clinic) Screened
	Ready        func(context.Context) error // nil error: every part that a turn needs is there
	ConsoleToken string                      // opens the console; at least 16 characters
	APIToken     string                      // bearer of /api/v1; "" closes it
	Secure       bool                        // served behind HTTPS: cookies are marked so
	Log          *slog.Logger
	Now          func() time.Time
}

// Server is the HTTP edge.
type Server struct {
	o      Options
	engine *gin.Engine
	pages  pages
	assets http.Handler
}

// New returns a server with its routes. It fails when a part is missing.
func New(o Options) (*Server, error) {
	if o.Webhook == nil || o.Metrics == nil || o.Try == nil || o.Screen == nil || o.Ready == nil || o.Log == nil || o.Now == nil {
		return nil, errors.New("httpd: a part of the service is missing")
	}
	if o.Clinics == nil || o.Reader == nil || o.Pen == nil || o.Approver == nil {
		return nil, errors.New("httpd: a part of the console is missing")
	}
	if len(o.ConsoleToken) < minToken {
		return nil, fmt.Errorf("httpd: the console's token has fewer than %d characters", minToken)
	}
	pages, err := loadPages()
	if err != nil {
		return nil, fmt.Errorf("httpd: %w", err)
	}
	assets, err := assetHandler()
	if err != nil {
		return nil, fmt.Errorf("httpd: %w", err)
	}
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	s := &Server{o: o, engine: engine, pages: pages, assets: assets}
	engine.Use(s.recovered, s.headers)
	s.routes(engine)
	return s, nil
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
