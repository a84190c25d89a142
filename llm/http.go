package llm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// maxAnswer bounds what is read of an answer: 64 vectors of 4096 numbers in
// JSON stay well below it.
const maxAnswer = 16 << 20

// poster sends JSON to one endpoint of a server and reads JSON back.
type poster struct {
	part    string // for errors
	url     string
	key     string
	client  *http.Client
	timeout time.Duration
	breaker *breaker
}

// post sends in as JSON and decodes the answer into out, all within the
// poster's time-out. Its errors are of type *Error.
func (p *poster) post(ctx context.Context, in, out any) error {
	if !p.breaker.allow() {
		return &Error{Part: p.part, Why: WhyOpen}
	}
	err := p.send(ctx, in, out)
	p.breaker.done(WhyOf(err))
	return err
}

func (p *poster) send(ctx context.Context, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return &Error{Part: p.part, Why: WhyRefused, Detail: "request cannot be encoded", Err: err}
	}
	limited, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, http.MethodPost, p.url, bytes.NewReader(body))
	if err != nil {
		return &Error{Part: p.part, Why: WhyRefused, Detail: "bad address", Err: err}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	if p.key != "" {
		req.Header.Set("Authorization", "Bearer "+p.key)
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return p.failure(ctx, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return p.failure(ctx, err)
	}
	if resp.StatusCode/100 != 2 {
		return &Error{Part: p.part, Why: whyStatus(resp.StatusCode), Detail: fmt.Sprintf("status %d", resp.StatusCode)}
	}
	if len(answer) > maxAnswer {
		return &Error{Part: p.part, Why: WhyAnswer, Detail: fmt.Sprintf("longer than %d bytes", maxAnswer)}
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return &Error{Part: p.part, Why: WhyAnswer, Detail: "not the expected JSON"}
	}
	return nil
}

// failure classifies an error of the transport; ctx is the caller's.
func (p *poster) failure(ctx context.Context, err error) error {
	var network net.Error
	switch {
	case ctx.Err() != nil:
		return &Error{Part: p.part, Why: WhyCanceled, Err: ctx.Err()}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return &Error{Part: p.part, Why: WhyTimeout, Detail: timeoutDetail(p.part, p.timeout), Err: context.DeadlineExceeded}
	}
	return &Error{Part: p.part, Why: WhyAway, Err: err}
}

func whyStatus(status int) Why {
	switch {
	case status == http.StatusTooManyRequests:
		return WhyThrottle
	case status == http.StatusRequestTimeout, status >= 500:
		return WhyAway
	}
	return WhyRefused
}

// endpoint joins a base address and a path, whether or not the base ends in the
// path's first part already ("http://host", "http://host/v1", "http://host/v1/embeddings").
func endpoint(base, version, path string) string {
	base = strings.TrimRight(base, "/")
	if strings.HasSuffix(base, path) {
		return base
	}
	if version != "" && !strings.HasSuffix(base, version) {
		base += version
	}
	return base + path
}
