package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/httpd"
	"frontdesk/internal/load"
	"frontdesk/store"
)

// webhookPath is where the service takes webhooks.
const webhookPath = "/webhook/whatsapp"

// rig is the wired service, as `serve` runs it, among instant stand-ins of all that
// is outside: embeddings, model and channel.
type rig struct {
	service  *service
	parts    *parts
	sink     *sink
	clinic   frontdesk.Clinic
	accounts []string
	closers  []func() error
}

// rigOptions are what differs between the benchmarks.
type rigOptions struct {
	cost      *store.Cost
	console   string        // secret of an address that lets whoever has it into the console; "": none
	model     bool          // with an instant model; without one the service quotes
	hang      time.Duration // the model takes so long
	database  string        // another way to the run's database; "" is the direct one
	responder func(conversation.Responder) conversation.Responder
}

// settings are those of the service among the stand-ins, which it starts.
func (r *rig) settings(o rigOptions) (map[string]string, error) {
	routes := http.NewServeMux()
	routes.HandleFunc("POST /v1/embeddings", instantEmbeddings)
	routes.Handle("POST /v1/chat/completions", instantModel(o.hang))
	outside, err := serveLoopback(routes)
	if err != nil {
		return nil, err
	}
	r.onClose(func() error { outside.close(); return nil })
	set := map[string]string{"EMBEDDINGS_URL": outside.url, "EMBEDDINGS_MODEL": "instant"}
	if o.model || o.hang > 0 {
		set["LLM_PROVIDER"], set["LLM_MODEL"], set["LLM_URL"], set["LLM_KEY"] = "openai", "instant", outside.url+"/v1", "none"
	}
	if o.database != "" {
		set["DATABASE_URL"] = o.database
	}
	return set, nil
}

func (r *rig) onClose(f func() error) { r.closers = append(r.closers, f) }

// close closes in reverse order of opening.
func (r *rig) close() error {
	var errs []error
	for i := len(r.closers) - 1; i >= 0; i-- {
		errs = append(errs, r.closers[i]())
	}
	r.closers = nil
	return errors.Join(errs...)
}

// rig starts the service with the sample clinic.
func (b *bench) rig(ctx context.Context, o rigOptions) (*rig, error) {
	r := &rig{sink: newSink()}
	if err := b.fillRig(ctx, r, o); err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

func (b *bench) fillRig(ctx context.Context, r *rig, o rigOptions) error {
	graph, err := serveLoopback(r.sink)
	if err != nil {
		return err
	}
	r.onClose(func() error { graph.close(); return nil })
	set, err := r.settings(o)
	if err != nil {
		return err
	}
	if set["FRONTDESK_KEY"], err = b.key(ctx); err != nil {
		return err
	}
	if o.database != "" {
		set["MIGRATE_DATABASE_URL"] = b.base.MigrateURL
	}
	if r.parts, err = b.parts(ctx, o.cost, set); err != nil {
		return err
	}
	r.onClose(r.parts.Close)
	// What an earlier benchmark left undecided is none of this one's work.
	if _, err := b.psql(ctx, nil, `DELETE FROM directory_wake`, `DELETE FROM river_job`); err != nil {
		return err
	}
	var entry *httpd.Demo
	if o.console != "" {
		if entry, err = r.parts.demoEntry(ctx, o.console); err != nil {
			return err
		}
	}
	r.service, err = newService(ctx, r.parts, serviceOptions{
		demo:       entry,
		appSecrets: []string{load.Secret}, verifyToken: "bench",
		graphURL: graph.url, unpaced: true, responder: o.responder,
	})
	if err != nil {
		return err
	}
	if r.clinic, r.accounts, err = b.sample(ctx, r.parts, r.service); err != nil {
		return err
	}
	return r.start(ctx)
}

// sample loads the sample clinic with eight numbers.
func (b *bench) sample(ctx context.Context, w *parts, s *service) (frontdesk.Clinic, []string, error) {
	quiet := &program{stdout: io.Discard, stderr: io.Discard, getenv: b.p.getenv}
	clinic, err := quiet.loadSample(ctx, w, s.ingest)
	if err != nil {
		return clinic, nil, err
	}
	accounts := make([]string, benchNumbers)
	for i := range accounts {
		accounts[i] = fmt.Sprintf("30000000000000%d", i)
		err := w.connect(ctx, conversation.Account{
			Clinic: clinic.ID, Channel: frontdesk.ChannelWhatsApp, Provider: accounts[i], Business: "400000000000001", Token: "bench",
		})
		if err != nil {
			return clinic, nil, err
		}
	}
	return clinic, accounts, nil
}

// start lets the service work until close.
func (r *rig) start(ctx context.Context) error {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	if err := r.service.queue.Start(work, r.service.engine.Wake); err != nil {
		stop()
		return fmt.Errorf("start queue: %w", err)
	}
	var wg sync.WaitGroup
	wg.Go(func() { _ = r.service.engine.Run(work) }) // it ends without an error
	wg.Go(func() { r.service.ring(work) })
	r.onClose(func() error {
		stop()
		wg.Wait()
		ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), 10*time.Second, errors.New("queue did not stop in time"))
		defer cancel()
		return r.service.queue.Stop(ctx)
	})
	return nil
}

// run is one message for each of the usual people.
func (r *rig) run(name string) load.Run {
	return load.Run{
		Accounts: r.accounts, Conversations: benchPeople, Clients: benchClients, Messages: benchPeople,
		Name: name, Path: webhookPath, Text: benchQuestion,
	}
}

// person is a patient of a benchmark, outside those of load.
func person(kind, n int) string { return fmt.Sprintf("337%02d%06d", kind, n) }

// deliver hands one signed webhook to the service and returns the status that it got.
func (r *rig) deliver(ctx context.Context, from, id, text string) (int, error) {
	account := r.accounts[int(from[len(from)-1]-'0')%len(r.accounts)]
	request, err := load.Request(ctx, webhookPath, load.Body(account, from, id, text, r.parts.now()))
	if err != nil {
		return 0, err
	}
	w := &statusWriter{}
	r.service.server.ServeHTTP(w, request)
	return w.status, nil
}

// statusWriter keeps the status of an answer.
type statusWriter struct {
	header http.Header
	status int
}

// Header implements [http.ResponseWriter].
func (w *statusWriter) Header() http.Header {
	if w.header == nil {
		w.header = http.Header{}
	}
	return w.header
}

// Write implements [http.ResponseWriter].
func (w *statusWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return len(p), nil
}

// WriteHeader implements [http.ResponseWriter].
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}
