package ingest

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"frontdesk"
)

// ChildCommand is the hidden subcommand with which the program starts itself to
// read a file of strangers: it calls [RunChild] on standard input and output.
const ChildCommand = "read-file"

// Bounds of a child beside those of [PDFOptions].
const (
	childOutput  = 64 << 20         // bytes of its answer
	childGrace   = 5 * time.Second  // beyond the reader's own time, before it is killed
	childStart   = 40 * time.Second // for compiling pdfium where no cache has it yet, on a busy machine
	childStep    = 15 * time.Second // of pdfium for one page or for opening the file
	childData    = 560 << 20        // bytes of private memory of the child and of each program it starts
	childSoft    = "GOMEMLIMIT=320MiB"
	childCollect = "GOGC=400" // a short life: collecting costs more than it frees
	childRequest = 64 << 10   // bytes of the options
)

// childReply is what a child answers: a document, or a refusal.
type childReply struct {
	Document Document       `json:"document"`
	Picture  []byte         `json:"picture,omitempty"` // with [PDFOptions.Draw]
	Code     frontdesk.Code `json:"code,omitempty"`
	Text     string         `json:"text,omitempty"`
	Cause    string         `json:"cause,omitempty"`
	Last     bool           `json:"last,omitempty"` // the child ends: it has done what changed it
	// Compiled tells that the file was not read: the child filled the cache of the
	// compiled pdfium first, which takes much of the memory that a file may have.
	Compiled bool `json:"compiled,omitempty"`
}

// childEnvironment keeps what a reader needs of the environment, so that a file
// which takes the reader over finds no secret there.
func childEnvironment(env []string) []string {
	keep := []string{"PATH=", "TMPDIR=", "TESSDATA_PREFIX=", "LD_LIBRARY_PATH=", "GOCOVERDIR="}
	out := []string{childSoft, childCollect, "OMP_THREAD_LIMIT=1"}
	for _, v := range env {
		for _, k := range keep {
			if strings.HasPrefix(v, k) {
				out = append(out, v)
			}
		}
	}
	return out
}

// A request is the length of the options, the options as JSON, the length of the
// file, the file.
func encodeRequest(opts PDFOptions, size int) ([]byte, error) {
	body, err := json.Marshal(opts)
	if err != nil {
		return nil, fmt.Errorf("reader's options: %w", err)
	}
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	out = append(out, body...)
	return binary.BigEndian.AppendUint64(out, uint64(size)), nil
}

func decodeRequest(in io.Reader) (PDFOptions, []byte, error) {
	var opts PDFOptions
	var n uint32
	if err := binary.Read(in, binary.BigEndian, &n); err != nil {
		return opts, nil, fmt.Errorf("reading the request: %w", err)
	}
	if n > childRequest {
		return opts, nil, errors.New("reading the request: options too long")
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(in, body); err != nil {
		return opts, nil, fmt.Errorf("reading the request: %w", err)
	}
	if err := json.Unmarshal(body, &opts); err != nil {
		return opts, nil, fmt.Errorf("reading the request: %w", err)
	}
	opts = opts.withDefaults()
	var size uint64
	if err := binary.Read(in, binary.BigEndian, &size); err != nil {
		return opts, nil, fmt.Errorf("reading the request: %w", err)
	}
	if size > uint64(opts.MaxBytes) {
		return opts, nil, tooManyBytes(opts)
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(in, data); err != nil {
		return opts, nil, fmt.Errorf("reading the request: %w", err)
	}
	return opts, data, nil
}

// RunChild is the child's side of [Reader]: it bounds its own memory, reads requests
// from in, one after the other, and answers each on out. It returns early, with an
// error, when in ends before an answer is written: then the parent is gone.
func RunChild(ctx context.Context, in io.Reader, out io.Writer) error {
	return runChild(ctx, in, out, childData)
}

func runChild(ctx context.Context, in io.Reader, out io.Writer, memory uint64) error {
	if err := limitMemory(memory); err != nil {
		return fmt.Errorf("bounding memory: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := &child{in: bufio.NewReader(in)}
	for {
		opts, data, err := decodeRequest(c.in)
		if err != nil {
			return err
		}
		next := make(chan error, 1)
		go func() {
			_, err := c.in.Peek(1) // the next request comes after this one's answer only
			next <- err
		}()
		reply, err := c.read(ctx, data, opts, next)
		if err != nil {
			return err
		}
		if err := json.NewEncoder(out).Encode(reply); err != nil {
			return fmt.Errorf("writing the answer: %w", err)
		}
		if reply.Last || <-next != nil {
			return nil // its end is the parent's way to say that there is no more
		}
	}
}

// child reads files for its parent. What it keeps between files is pdfium, compiled.
type child struct {
	in      *bufio.Reader
	sandbox *sandbox
	kept    PDFOptions // that the sandbox was made for
}

// childMemory is how large, in bytes, a file may have made pdfium for the child to read
// another one: it would need as much beside what is not collected yet.
const childMemory = 96 << 20

// read reads one file. next tells when the parent is gone.
func (c *child) read(ctx context.Context, data []byte, opts PDFOptions, next <-chan error) (childReply, error) {
	stuck := time.NewTimer(childStart)
	defer stuck.Stop()
	answer := make(chan childReply, 1)
	go func() {
		if c.compiles(ctx, opts) {
			answer <- childReply{Compiled: true, Last: true}
			return
		}
		var used *engine
		start := func() (e *engine, err error) {
			used, err = c.engine(ctx, opts)
			return used, err
		}
		if opts.Draw > 0 {
			picture, err := drawPage(data, opts, start)
			reply := newReply(Document{}, err)
			reply.Picture, reply.Last = picture, err != nil || used.memory() > childMemory
			answer <- reply
			return
		}
		drawn := false
		reply := newReply(readStepwise(ctx, data, opts, start, func(pictures bool) {
			if pictures {
				drawn = true
				stuck.Stop()
				// Tesseract needs memory beside this process.
				debug.SetGCPercent(100)
				debug.FreeOSMemory()
				return
			}
			stuck.Reset(childStep)
		}))
		reply.Last = drawn || used != nil && used.memory() > childMemory
		answer <- reply
	}()
	select {
	case reply := <-answer:
		return reply, nil
	case <-stuck.C:
		// Nothing stops pdfium but the end of this process.
		reply := newReply(Document{}, refuse(CodeTimeout, "Reading the PDF took too long.", errStuck))
		reply.Last = true
		return reply, nil
	case <-next:
		return childReply{}, errors.New("the process that asked is gone")
	}
}

// compiles fills an empty cache with the compiled pdfium and tells whether it did.
// What goes wrong shows again, with its reason, when the file is read.
func (c *child) compiles(ctx context.Context, opts PDFOptions) bool {
	if c.sandbox != nil || !cold(opts.CacheDir) {
		return false
	}
	e, err := c.engine(ctx, opts)
	if err != nil {
		return false
	}
	return e.close() == nil && !cold(opts.CacheDir)
}

// cold tells whether a cache holds no compiled program. No cache is never cold:
// nothing would stay there.
func cold(cacheDir string) bool {
	if cacheDir == "" {
		return false
	}
	held, err := filepath.Glob(filepath.Join(cacheDir, "wazero-*", "*"))
	return err == nil && len(held) == 0
}

// engine starts pdfium for one file, compiled for an earlier one where there was one.
func (c *child) engine(ctx context.Context, opts PDFOptions) (*engine, error) {
	if c.sandbox != nil && (c.kept.CacheDir != opts.CacheDir || c.kept.MaxMemory != opts.MaxMemory) {
		if err := c.sandbox.pool.Close(); err != nil {
			return nil, fmt.Errorf("stopping pdfium: %w", err)
		}
		c.sandbox = nil
	}
	if c.sandbox == nil {
		box, err := newSandbox(opts.CacheDir, opts.MaxMemory)
		if err != nil {
			return nil, err
		}
		c.sandbox, c.kept = box, opts
	}
	return c.sandbox.engine(ctx)
}

var errStuck = errors.New("pdfium hangs on one page")

func newReply(doc Document, err error) childReply {
	if err == nil {
		return childReply{Document: doc}
	}
	reply := childReply{Code: frontdesk.CodeOf(err), Text: frontdesk.TextOf(err), Cause: err.Error()}
	return reply
}
