package whatsapp

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

const (
	hookTimeout   = 20 * time.Second
	maxRetryDelay = time.Minute
	lateBy        = 1500 * time.Millisecond // a message that the out-of-order fault holds back
)

// hook is one webhook to deliver.
type hook struct {
	ID      string `json:"id"`
	Account string `json:"account"`
	Person  string `json:"person"`
	Bubble  string `json:"bubble"` // becomes delivered when the webhook is accepted; "" for statuses
	Body    []byte `json:"body"`

	delay time.Duration
	twice bool
	apply func() // run before it is posted, may be nil
}

// postMessage posts a person's message. s.mu is held.
func (s *StandIn) postMessage(a StandInAccount, p Person, message map[string]any, bubble string) {
	contact := map[string]any{"profile": map[string]any{"name": p.Name}, "user_id": p.UserID}
	message["from_user_id"] = p.UserID
	if !p.HidesNumber {
		contact["wa_id"], message["from"] = p.Number, p.Number
	}
	h := hook{
		ID: randomHex(8), Account: a.PhoneNumberID, Person: p.Number, Bubble: bubble, twice: s.faults.DuplicateWebhooks,
		Body: s.envelope(a, "messages", map[string]any{"contacts": []any{contact}, "messages": []any{message}}),
	}
	lane := "in/" + a.PhoneNumberID + "/" + p.Number
	if s.faults.OutOfOrder {
		if s.hits++; s.hits%2 == 1 {
			h.delay, lane = lateBy, lane+"/late"
		}
	}
	s.enqueue(lane, h)
}

// postStatus posts a status of one of our messages. s.mu is held.
func (s *StandIn) postStatus(a StandInAccount, p Person, b Bubble, state string, code int, delay time.Duration) {
	status := map[string]any{"id": b.ID, "status": state, "timestamp": strconv.FormatInt(s.now().Unix(), 10)}
	if !p.HidesNumber {
		status["recipient_id"] = p.Number
	}
	if b.Callback != "" {
		status["biz_opaque_callback_data"] = b.Callback
	}
	value := map[string]any{"statuses": []any{status}}
	if state == "failed" {
		status["errors"] = []any{map[string]any{
			"code": code, "title": titleOf(code), "message": titleOf(code),
			"error_data": map[string]any{"details": titleOf(code)},
			"href":       "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
		}}
	} else {
		status["recipient_user_id"] = p.UserID
		value["contacts"] = []any{map[string]any{"profile": map[string]any{"name": p.Name}, "user_id": p.UserID}}
	}
	if state == "sent" {
		category := "service"
		if b.Template != "" {
			category = "utility"
		}
		status["pricing"] = map[string]any{"billable": true, "pricing_model": "PMP", "type": "regular", "category": category}
	}
	s.enqueue("status/"+b.ID, hook{
		ID: randomHex(8), Account: a.PhoneNumberID, Person: p.Number, delay: delay, twice: s.faults.DuplicateWebhooks,
		Body: s.envelope(a, "messages", value),
		apply: func() {
			s.setState(a.PhoneNumberID, p.Number, b.ID, state, code)
		},
	})
}

// PostField posts a webhook of another field, such as
// message_template_status_update, with this value.
func (s *StandIn) PostField(account, field string, value map[string]any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.accounts[account]
	if !ok {
		return errNobody
	}
	s.enqueue("field/"+field, hook{ID: randomHex(8), Account: account, Body: s.envelope(a, field, value)})
	return nil
}

func (s *StandIn) envelope(a StandInAccount, field string, value map[string]any) []byte {
	if field == "messages" || field == "standby" || field == "smb_message_echoes" {
		value["messaging_product"] = "whatsapp"
		value["metadata"] = map[string]any{"display_phone_number": digitsOf(a.Number), "phone_number_id": a.PhoneNumberID}
	}
	body, err := json.Marshal(map[string]any{
		"object": "whatsapp_business_account",
		"entry": []any{map[string]any{
			"id": a.BusinessID, "time": s.now().Unix(),
			"changes": []any{map[string]any{"field": field, "value": value}},
		}},
	})
	if err != nil {
		s.logger.Error("stand-in: webhook", "error", err)
	}
	return body
}

// enqueue adds a webhook to a lane. A lane delivers in order, lanes are
// independent of each other. s.mu is held.
func (s *StandIn) enqueue(lane string, h hook) {
	if s.closed || s.config.Webhook == nil && s.config.WebhookURL == "" {
		if h.apply != nil {
			s.work.Add(1)
			go func() { defer s.work.Done(); h.apply() }()
		}
		return
	}
	s.pending[h.ID] = h
	queue, running := s.lanes[lane]
	s.lanes[lane] = append(queue, h)
	if !running {
		s.work.Add(1)
		go func() { defer s.work.Done(); s.drain(lane) }()
	}
}

func (s *StandIn) drain(lane string) {
	for {
		s.mu.Lock()
		queue := s.lanes[lane]
		if len(queue) == 0 || s.ctx.Err() != nil {
			delete(s.lanes, lane)
			s.mu.Unlock()
			return
		}
		h := queue[0]
		s.lanes[lane] = queue[1:]
		s.mu.Unlock()
		s.deliver(h)
	}
}

// deliver posts a webhook; one that is refused is repeated beside its lane, as
// Meta's retries overtake each other.
func (s *StandIn) deliver(h hook) {
	if h.delay > 0 && !s.wait(h.delay) {
		return
	}
	if h.apply != nil {
		h.apply()
	}
	if s.post(h) {
		s.accepted(h)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.work.Add(1)
		go func() { defer s.work.Done(); s.repeat(h) }()
	}
}

func (s *StandIn) repeat(h hook) {
	delay := s.config.RetryDelay
	if delay <= 0 {
		delay = time.Second
	}
	for s.wait(delay) {
		if s.post(h) {
			s.accepted(h)
			return
		}
		delay = min(2*delay, maxRetryDelay)
	}
}

func (s *StandIn) accepted(h hook) {
	if h.twice {
		s.post(h)
	}
	s.mu.Lock()
	delete(s.pending, h.ID)
	s.changed()
	s.mu.Unlock()
	if h.Bubble != "" {
		s.setState(h.Account, h.Person, h.Bubble, "delivered", 0)
	}
}

// wait returns false when the stand-in is closed meanwhile.
func (s *StandIn) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-s.ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// post delivers once and tells whether it got a 200.
func (s *StandIn) post(h hook) bool {
	ctx, cancel := context.WithTimeoutCause(s.ctx, hookTimeout, fmt.Errorf("stand-in: webhook timed out after %s", hookTimeout))
	defer cancel()
	address := s.config.WebhookURL
	if s.config.Webhook != nil {
		address = "http://webhook.invalid/"
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(h.Body))
	if err != nil {
		s.logger.Error("stand-in: webhook address", "error", err)
		return false
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(SignatureHeader, Sign(h.Body, s.config.AppSecret))
	if s.config.Webhook != nil {
		answer := &answerWriter{header: http.Header{}, status: http.StatusOK}
		s.config.Webhook.ServeHTTP(answer, request)
		return answer.status == http.StatusOK
	}
	response, err := s.client.Do(request)
	if err != nil {
		return false
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxAnswer))
	return response.StatusCode == http.StatusOK
}

// answerWriter keeps the status of a handler that is called directly.
type answerWriter struct {
	header http.Header
	status int
	wrote  bool
}

func (w *answerWriter) Header() http.Header { return w.header }

func (w *answerWriter) WriteHeader(status int) {
	if !w.wrote {
		w.status, w.wrote = status, true
	}
}

func (w *answerWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return len(b), nil
}
