package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"frontdesk"
	"frontdesk/conversation"
	"frontdesk/eval"
	"frontdesk/httpd"
	"frontdesk/ingest"
)

// processTarget asks the product in this process: the whole conversation and
// store, on the channel try.
type processTarget struct {
	try      *conversation.Try
	proposed *conversation.Try // with a model that says what cases say it does
	clinic   frontdesk.Clinic
	identity eval.Identity
	places   map[frontdesk.PassageID]eval.Found
	drafts   []frontdesk.RevisionID
	without  []frontdesk.RevisionID
}

// forEvaluation lets turns name parts that fail for them, and the screens wait for
// a vector as long as it takes: what the product says must not depend on how busy
// the machine is. It comes before anything is wired.
func (w *parts) forEvaluation() {
	w.breaks, w.vectorWait, w.queryWait = true, checkWait, 2*checkWait
}

// processTarget wires the product for a run and reads what is live in the clinic.
func (w *parts) processTarget(ctx context.Context, clinic frontdesk.Clinic) (*processTarget, error) {
	w.forEvaluation()
	try, err := w.try(ctx)
	if err != nil {
		return nil, err
	}
	t, err := w.targetOf(ctx, try, clinic)
	if err != nil {
		return nil, err
	}
	t.proposed, err = w.tryWith(ctx, givenModel{})
	return t, err
}

// targetOf asks a clinic by a dialogue that is wired already.
func (w *parts) targetOf(ctx context.Context, try *conversation.Try, clinic frontdesk.Clinic) (*processTarget, error) {
	t := &processTarget{try: try, clinic: clinic, places: map[frontdesk.PassageID]eval.Found{}}
	content, err := w.readContent(ctx, clinic, t.places)
	if err != nil {
		return nil, err
	}
	code, err := ownHash()
	if err != nil {
		return nil, err
	}
	s := w.settings
	t.identity = eval.Identity{
		Kind: "process", Code: code, Version: version, Content: content, Clinic: clinic.Name,
		Settings: map[string]string{
			"model":      cmp.Or(s.llmModel, "none (quoting)"),
			"provider":   s.llmProvider,
			"embeddings": cmp.Or(s.embeddingsModel, "local"),
			"reranker":   cmp.Or(s.rerankModel, "none"),
		},
	}
	return t, nil
}

// ownHash is a hash of this program.
func ownHash() (string, error) {
	name, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("own program: %w", err)
	}
	f, err := os.Open(name)
	if err != nil {
		return "", fmt.Errorf("own program: %w", err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fmt.Errorf("own program: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil))[:16], nil
}

// livePassages returns the passages of every revision that is live now.
func (w *parts) livePassages(ctx context.Context, clinic frontdesk.ClinicID) ([]frontdesk.Passage, error) {
	sources, err := w.db.ListSources(ctx, clinic)
	if err != nil {
		return nil, fmt.Errorf("list sources: %w", err)
	}
	var all []frontdesk.Passage
	for _, source := range sources {
		revisions, err := w.db.ListRevisions(ctx, clinic, source.ID)
		if err != nil {
			return nil, fmt.Errorf("list revisions: %w", err)
		}
		for _, r := range revisions {
			if r.StatusAt(w.now()) != ingest.StatusLive {
				continue
			}
			passages, err := w.db.ListPassages(ctx, clinic, r.ID)
			if err != nil {
				return nil, fmt.Errorf("list passages: %w", err)
			}
			for i := range passages {
				passages[i].Name = source.Name
			}
			all = append(all, passages...)
		}
	}
	return all, nil
}

// readContent hashes what answers in a clinic and notes where each passage stands.
func (w *parts) readContent(ctx context.Context, clinic frontdesk.Clinic, places map[frontdesk.PassageID]eval.Found) (string, error) {
	passages, err := w.livePassages(ctx, clinic.ID)
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	enc := json.NewEncoder(sum)
	for _, p := range passages {
		places[p.ID] = eval.Found{Source: p.Name, Page: p.Page, Text: p.Text}
		if err := enc.Encode([]any{p.Name, p.Page, p.Hash}); err != nil {
			return "", fmt.Errorf("hash content: %w", err)
		}
	}
	profile, err := w.db.Profile(ctx, clinic.ID, w.now())
	if err != nil {
		return "", fmt.Errorf("read profile: %w", err)
	}
	notices, err := w.db.Notices(ctx, clinic.ID, w.now())
	if err != nil {
		return "", fmt.Errorf("read notices: %w", err)
	}
	for _, e := range profile.Entries {
		if err := enc.Encode(e.Fact); err != nil {
			return "", fmt.Errorf("hash profile: %w", err)
		}
	}
	if err := enc.Encode([]any{notices, clinic.Language, clinic.Country, clinic.TimeZone, clinic.Settings}); err != nil {
		return "", fmt.Errorf("hash settings: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil))[:16], nil
}

// Identity implements [eval.Target].
func (t *processTarget) Identity(context.Context) (eval.Identity, error) { return t.identity, nil }

// Ask implements [eval.Target].
func (t *processTarget) Ask(ctx context.Context, q eval.Question) (eval.Reply, error) {
	clinic := t.clinic
	clinic.Country = cmp.Or(q.Country, clinic.Country)
	try := t.try
	if len(q.Model) > 0 {
		try = t.proposed
	}
	trial, err := try.Ask(withGiven(withFaults(ctx, q.Faults), q.Given.Notice, q.Model), conversation.Question{
		Clinic: clinic, Conversation: q.Conversation, Text: q.Text, TapID: q.Tap, First: q.First, At: q.At,
		Waited: q.Waited, Name: q.Given.Name, Patients: q.Given.Patients, Pen: frontdesk.Pen(q.Given.Pen),
		Drafts: t.drafts, Without: t.without,
	})
	if err != nil {
		return eval.Reply{}, fmt.Errorf("try: %w", err)
	}
	out := httpd.AskReply(httpd.AskIn{Trace: true}, trial)
	return evalReply(out, t.places), nil
}

// evalReply is an answer of `ask` as the harness reads it.
func evalReply(out httpd.AskOut, places map[frontdesk.PassageID]eval.Found) eval.Reply {
	r := eval.Reply{
		Outcome: string(out.Outcome), Lang: out.Lang, Citations: out.Citations, Flow: out.Flow, Mode: string(out.Mode), MS: out.MS,
	}
	for _, m := range out.Messages {
		r.Messages = append(r.Messages, eval.Message{Text: m.Text, Buttons: m.Buttons, Document: m.Document})
	}
	for _, l := range out.Labels {
		r.Labels = append(r.Labels, string(l))
	}
	if out.Ticket != nil {
		r.Ticket = &eval.Ticket{Team: out.Ticket.Team, Priority: string(out.Ticket.Priority), Reason: out.Ticket.Reason}
	}
	if out.Trace != nil {
		r.Trace = evalTrace(*out.Trace, places)
	}
	return r
}

// foundMost bounds the passages of a trace.
const foundMost = 10

func evalTrace(record frontdesk.Record, places map[frontdesk.PassageID]eval.Found) *eval.Trace {
	t := &eval.Trace{
		Question: record.Question, Intent: record.Intent, Evidence: record.Evidence, Score: record.Score,
		Failures: record.Failures, Model: record.Model, Tokens: record.Tokens, Cost: record.Cost,
	}
	for _, p := range record.Passages[:min(len(record.Passages), foundMost)] {
		found := places[p.Passage]
		found.Score = p.Score
		t.Found = append(t.Found, found)
	}
	for _, d := range record.Dropped {
		t.Dropped = append(t.Dropped, eval.DroppedAs{Sentence: d.Sentence, Why: d.Why})
	}
	return t
}

// httpTarget asks a deployed service by POST /api/v1/ask.
type httpTarget struct {
	client *http.Client
	url    string
	token  string
	clinic string
}

// newHTTPTarget takes the service's address, with or without the API's path.
func newHTTPTarget(address, clinic, token string) (*httpTarget, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, &usageError{fmt.Errorf("--target wants an address such as https://frontdesk.example.org, not %q", address)}
	}
	if clinic == "" {
		return nil, &usageError{errors.New("which clinic of the service? add --clinic NAME")}
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = "/api/v1/ask"
	}
	u.RawQuery = url.Values{"clinic": {clinic}}.Encode()
	return &httpTarget{client: &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute}}, url: u.String(), token: token, clinic: clinic}, nil
}

// Close lets idle connections go.
func (t *httpTarget) Close() { t.client.CloseIdleConnections() }

// Identity implements [eval.Target]: what a deployed service runs cannot be told
// from outside, so nothing of it is cached.
func (t *httpTarget) Identity(context.Context) (eval.Identity, error) {
	return eval.Identity{Kind: "http", Clinic: t.clinic, Settings: map[string]string{"address": t.url}}, nil
}

// maxAnswer bounds what is read of one answer.
const maxAnswer = 4 << 20

// Ask implements [eval.Target].
func (t *httpTarget) Ask(ctx context.Context, q eval.Question) (eval.Reply, error) {
	if len(q.Faults) > 0 || len(q.Model) > 0 || q.Waited > 0 || q.Given.Notice+q.Given.Name+q.Given.Pen != "" || len(q.Given.Patients) > 0 {
		return eval.Reply{}, errors.New("a deployed service is not broken on purpose, nor given anything; run such cases against the process")
	}
	body, err := json.Marshal(httpd.AskIn{
		ID: json.RawMessage(`"1"`), Text: q.Text, Tap: q.Tap, Conversation: q.Conversation, First: q.First, At: q.At, Country: q.Country, Trace: true,
	})
	if err != nil {
		return eval.Reply{}, fmt.Errorf("encode question: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url, bytes.NewReader(append(body, '\n')))
	if err != nil {
		return eval.Reply{}, fmt.Errorf("make request: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-ndjson")
	if t.token != "" {
		request.Header.Set("Authorization", "Bearer "+t.token)
	}
	response, err := t.client.Do(request)
	if err != nil {
		return eval.Reply{}, fmt.Errorf("ask the service: %w", err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return eval.Reply{}, fmt.Errorf("read the service's answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return eval.Reply{}, fmt.Errorf("the service answers %s", response.Status)
	}
	var out httpd.AskOut
	if err := json.Unmarshal(data, &out); err != nil {
		return eval.Reply{}, fmt.Errorf("the service's answer is no line of JSON: %w", err)
	}
	return evalReply(out, nil), nil
}
