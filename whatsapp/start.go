package whatsapp

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

var errLate = errors.New("too late to start")

// deadline holds back a request that would start too late. It looks at the clock
// when the first byte of the body is asked for: the connection stands by then, and
// a message without its body does not exist.
type deadline struct {
	by   time.Time // zero: none
	now  func() time.Time
	late atomic.Bool
}

// guard puts the deadline in front of a request's body.
func (d *deadline) guard(r *http.Request) {
	if d == nil || d.by.IsZero() {
		return
	}
	fresh := r.GetBody
	r.Body = &startedBody{ReadCloser: r.Body, deadline: d}
	r.GetBody = func() (io.ReadCloser, error) {
		body, err := fresh()
		if err != nil {
			return nil, err
		}
		return &startedBody{ReadCloser: body, deadline: d}, nil
	}
}

// missed tells whether the request was held back.
func (d *deadline) missed() bool { return d != nil && d.late.Load() }

// startedBody is a body that is not read once it is too late.
type startedBody struct {
	io.ReadCloser
	deadline *deadline
	started  bool
}

// Read refuses the first byte after the deadline.
func (b *startedBody) Read(p []byte) (int, error) {
	if !b.started && b.deadline.now().After(b.deadline.by) {
		b.deadline.late.Store(true)
		return 0, errLate
	}
	b.started = true
	return b.ReadCloser.Read(p)
}
