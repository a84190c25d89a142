package ingest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
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
	Code     frontdesk.Code `json:"code,omitempty"`
	Text     string         `json:"text,omitempty"`
	Cause    string         `json:"cause,omitempty"`
}

// ReadPDFIsolated reads a PDF as [ReadPDF] does, in a process of its own that has
// bounded memory, none of this process's environment, and is killed when ctx ends
// or its time is over. exe is the program to start, this one; it must answer
// [ChildCommand] by [RunChild].
func ReadPDFIsolated(ctx context.Context, exe string, data []byte, opts PDFOptions) (Document, error) {
	opts = opts.withDefaults()
	if int64(len(data)) > opts.MaxBytes {
		return Document{}, tooManyBytes(opts)
	}
	now := time.Now // deadlines of contexts are the system's time
	if end, ok := ctx.Deadline(); ok {
		opts = opts.within(end.Sub(now()) - childGrace)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, opts.Timeout+opts.TotalOCR+childGrace, errReadTimeout)
	defer cancel()
	request, err := encodeRequest(opts, len(data))
	if err != nil {
		return Document{}, err
	}
	cmd := exec.CommandContext(ctx, exe, ChildCommand)
	cmd.Env = childEnvironment(os.Environ())
	cmd.WaitDelay = childGrace
	out := &boundedBuffer{most: childOutput, stop: cancel}
	cmd.Stdout = out
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return Document{}, fmt.Errorf("starting a reader: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return Document{}, fmt.Errorf("starting a reader: %w", err)
	}
	// Standard input stays open while the child works: its end tells the child that
	// nobody waits for it any more.
	// A child that ends before it has read all says so by its answer and exit.
	_, _ = io.Copy(stdin, io.MultiReader(bytes.NewReader(request), bytes.NewReader(data)))
	return childResult(ctx, out, cmd.Wait())
}

func childResult(ctx context.Context, out *boundedBuffer, failure error) (Document, error) {
	switch {
	case out.overflown:
		return Document{}, refuse(CodeTooLarge, "The PDF unfolds to more than can be read.", nil)
	case errors.Is(context.Cause(ctx), errReadTimeout), errors.Is(ctx.Err(), context.DeadlineExceeded):
		return Document{}, refuse(CodeTimeout, "Reading the PDF took too long.", context.Cause(ctx))
	case ctx.Err() != nil:
		return Document{}, ctx.Err()
	}
	var reply childReply
	if err := json.Unmarshal(out.buffer.Bytes(), &reply); err != nil {
		if failure == nil {
			return Document{}, fmt.Errorf("reader's answer: %w", err)
		}
		// It died without a word: killed at its memory limit, or crashed on the file.
		return Document{}, refuse(CodeTooLarge, "The PDF could not be read within the memory that a file may take.", failure)
	}
	if reply.Code == "" {
		return reply.Document, nil
	}
	var cause error
	if reply.Cause != "" {
		cause = errors.New(reply.Cause)
	}
	return Document{}, refuse(reply.Code, reply.Text, cause)
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

// RunChild is the child's side of [ReadPDFIsolated]: it bounds its own memory,
// reads a request from in and answers on out. It returns early, with an error,
// when in ends before the answer is written: then the parent is gone.
func RunChild(ctx context.Context, in io.Reader, out io.Writer) error {
	return runChild(ctx, in, out, childData)
}

func runChild(ctx context.Context, in io.Reader, out io.Writer, memory uint64) error {
	if err := limitMemory(memory); err != nil {
		return fmt.Errorf("bounding memory: %w", err)
	}
	buffered := bufio.NewReader(in)
	opts, data, err := decodeRequest(buffered)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	orphaned := make(chan struct{})
	go func() {
		defer close(orphaned)
		_, _ = buffered.ReadByte() // nothing more is ever sent: this waits for the end
	}()
	stuck := time.NewTimer(childStart)
	defer stuck.Stop()
	answer := make(chan childReply, 1)
	go func() {
		answer <- newReply(readStepwise(ctx, data, opts, func(pictures bool) {
			if pictures {
				stuck.Stop()
				// Tesseract needs memory beside this process.
				debug.SetGCPercent(100)
				debug.FreeOSMemory()
				return
			}
			stuck.Reset(childStep)
		}))
	}()
	select {
	case reply := <-answer:
		return writeReply(out, reply)
	case <-stuck.C:
		// Nothing stops pdfium but the end of this process.
		return writeReply(out, newReply(Document{}, refuse(CodeTimeout, "Reading the PDF took too long.", errStuck)))
	case <-orphaned:
		return errors.New("the process that asked is gone")
	}
}

var errStuck = errors.New("pdfium hangs on one page")

func writeReply(out io.Writer, reply childReply) error {
	if err := json.NewEncoder(out).Encode(reply); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return nil
}

func newReply(doc Document, err error) childReply {
	if err == nil {
		return childReply{Document: doc}
	}
	reply := childReply{Code: frontdesk.CodeOf(err), Text: frontdesk.TextOf(err), Cause: err.Error()}
	return reply
}

// boundedBuffer takes most bytes; what comes after stops the writer, who would
// else wait for ever to be rid of it.
type boundedBuffer struct {
	// A field, not embedded: io.Copy would find the buffer's ReadFrom and pass the
	// bound by.
	buffer    bytes.Buffer
	most      int
	stop      func()
	overflown bool
}

func (b *boundedBuffer) Write(p []byte) (int, error) {
	if b.buffer.Len()+len(p) > b.most {
		b.overflown = true
		b.stop()
		return 0, errors.New("the answer is too long")
	}
	return b.buffer.Write(p)
}
