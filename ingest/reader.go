package ingest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// Bounds of what a child reads before another one takes its place.
const (
	readerFiles = 16              // files of one child
	readerIdle  = 3 * time.Second // that a child waits for the next file
)

// Reader reads PDFs as [ReadPDF] does, in a process of its own that has bounded
// memory, none of this process's environment, and is killed when the context ends or
// its time is over. Files that come one soon after the other are read by the same
// process, each in a new sandbox, so that not each waits for pdfium to start. It is
// safe for concurrent use; at the same time each file has its own process.
type Reader struct {
	exe string

	mu   sync.Mutex // protects all following fields
	idle *reading
}

// NewReader returns a reader that starts exe, this program; it must answer
// [ChildCommand] by [RunChild].
func NewReader(exe string) *Reader { return &Reader{exe: exe} }

// Close ends a process that waits for another file.
func (r *Reader) Close() {
	if c := r.take(); c != nil {
		_ = c.end()
	}
}

// Read reads one file.
func (r *Reader) Read(ctx context.Context, data []byte, opts PDFOptions) (Document, error) {
	reply, err := r.request(ctx, data, opts)
	return reply.Document, err
}

// request asks a process for what the options say.
func (r *Reader) request(ctx context.Context, data []byte, opts PDFOptions) (childReply, error) {
	opts = opts.withDefaults()
	if int64(len(data)) > opts.MaxBytes {
		return childReply{}, tooManyBytes(opts)
	}
	now := time.Now // deadlines of contexts are the system's time
	if end, ok := ctx.Deadline(); ok {
		opts = opts.within(end.Sub(now()) - childGrace)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, opts.Timeout+opts.TotalOCR+childGrace, errReadTimeout)
	defer cancel()
	request, err := encodeRequest(opts, len(data))
	if err != nil {
		return childReply{}, err
	}
	reply, err := r.read(ctx, request, data)
	if errors.Is(err, errCompiled) {
		reply, err = r.read(ctx, request, data)
	}
	return reply, err
}

// errCompiled says that a process compiled pdfium instead of reading the file.
var errCompiled = errors.New("pdfium was compiled first")

func (r *Reader) read(ctx context.Context, request, data []byte) (childReply, error) {
	if c := r.take(); c != nil {
		line, failure := c.ask(ctx, request, data)
		if len(line) > 0 || ctx.Err() != nil {
			return r.finish(ctx, c, line, failure)
		}
		// It ended while it waited: the file gets a process of its own.
		_ = c.end()
	}
	c, err := startReading(r.exe)
	if err != nil {
		return childReply{}, err
	}
	line, failure := c.ask(ctx, request, data)
	return r.finish(ctx, c, line, failure)
}

// take returns the process that waits, nil if none does.
func (r *Reader) take() *reading {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.idle
	r.idle = nil
	if c != nil {
		c.timer.Stop()
	}
	return c
}

// finish reads a process's answer and keeps the process where it may read more.
func (r *Reader) finish(ctx context.Context, c *reading, line []byte, failure error) (childReply, error) {
	var reply childReply
	if err := json.Unmarshal(line, &reply); err != nil {
		failure = errors.Join(failure, c.end())
		return childReply{}, deadChild(ctx, err, failure)
	}
	if c.files++; reply.Last || c.files >= readerFiles {
		_ = c.end() // it has answered: how it ends does not matter
	} else {
		r.keep(c)
	}
	switch {
	case reply.Compiled:
		return childReply{}, errCompiled
	case reply.Code == "":
		return reply, nil
	}
	var cause error
	if reply.Cause != "" {
		cause = errors.New(reply.Cause)
	}
	return childReply{}, refuse(reply.Code, reply.Text, cause)
}

// keep lets a process wait for a while; one that waits already is enough.
func (r *Reader) keep(c *reading) {
	r.mu.Lock()
	if r.idle != nil {
		r.mu.Unlock()
		_ = c.end()
		return
	}
	defer r.mu.Unlock()
	r.idle = c
	c.timer = time.AfterFunc(readerIdle, func() {
		r.mu.Lock()
		waits := r.idle == c
		if waits {
			r.idle = nil
		}
		r.mu.Unlock()
		if waits {
			_ = c.end()
		}
	})
}

// deadChild says why a process gave no answer.
func deadChild(ctx context.Context, answer, failure error) error {
	switch {
	case errors.Is(failure, errOverflow):
		return refuse(CodeTooLarge, "The PDF unfolds to more than can be read.", nil)
	case errors.Is(context.Cause(ctx), errReadTimeout), errors.Is(ctx.Err(), context.DeadlineExceeded):
		return refuse(CodeTimeout, "Reading the PDF took too long.", context.Cause(ctx))
	case ctx.Err() != nil:
		return ctx.Err()
	case failure == nil:
		return fmt.Errorf("reader's answer: %w", answer)
	}
	// It died without a word: killed at its memory limit, or crashed on the file.
	return refuse(CodeTooLarge, "The PDF could not be read within the memory that a file may take.", failure)
}

// ReadPDFIsolated reads one PDF by a [Reader] of its own.
func ReadPDFIsolated(ctx context.Context, exe string, data []byte, opts PDFOptions) (Document, error) {
	r := NewReader(exe)
	defer r.Close()
	return r.Read(ctx, data, opts)
}

// reading is a process that reads files.
type reading struct {
	cmd   *exec.Cmd
	kill  context.CancelFunc
	in    io.WriteCloser
	out   *bufio.Reader
	files int
	timer *time.Timer // while it waits
}

func startReading(exe string) (*reading, error) {
	life, kill := context.WithCancel(context.Background()) // it outlives the file that it was started for
	cmd := exec.CommandContext(life, exe, ChildCommand)
	cmd.Env = childEnvironment(os.Environ())
	cmd.WaitDelay = childGrace
	c := &reading{cmd: cmd, kill: kill}
	out, err := cmd.StdoutPipe()
	if err == nil {
		c.in, err = cmd.StdinPipe()
	}
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		kill()
		return nil, fmt.Errorf("starting a reader: %w", err)
	}
	c.out = bufio.NewReader(out)
	return c, nil
}

// ask hands the process a file and returns the line that it answers. Standard input
// stays open while it works: its end tells it that nobody waits any more.
func (c *reading) ask(ctx context.Context, request, data []byte) ([]byte, error) {
	stop := context.AfterFunc(ctx, c.kill)
	defer stop()
	// A process that ends before it has read all says so by its answer and exit.
	_, _ = io.Copy(c.in, io.MultiReader(bytes.NewReader(request), bytes.NewReader(data)))
	var line []byte
	for {
		part, err := c.out.ReadSlice('\n')
		if len(line)+len(part) > childOutput {
			c.kill()
			return nil, errOverflow
		}
		line = append(line, part...)
		switch {
		case err == nil:
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return line, nil // what is missing shows when the line is read
		}
	}
}

var errOverflow = errors.New("the answer is too long")

// end tells the process that there is no more, kills it where it does not listen, and
// returns how it ended.
func (c *reading) end() error {
	_ = c.in.Close()
	late := time.AfterFunc(childGrace, c.kill)
	defer late.Stop()
	defer c.kill()
	if err := c.cmd.Wait(); err != nil {
		return fmt.Errorf("reader: %w", err)
	}
	return nil
}
