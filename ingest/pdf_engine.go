package ingest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"strings"
	"unicode/utf16"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	xlanguage "golang.org/x/text/language"
)

// wasmPageSize is the unit of a WebAssembly memory in bytes.
const wasmPageSize = 64 << 10

// engine is pdfium in its sandbox: no file system, no network, bounded memory.
// It calls pdfium's own functions through the module, because go-pdfium's typed
// methods allocate four times for each character of a page, which makes them
// five times slower than pdftotext. Not safe for concurrent use.
type engine struct {
	sandbox  *sandbox // closed with the engine; nil: somebody else's, for further engines
	instance pdfium.Pdfium
	module   api.Module
	calls    map[string]api.Function
	stack    [12]uint64
	closed   bool
	scratch  uint32 // scratchSize bytes for out-parameters
}

const scratchSize = 256

// sandbox is pdfium compiled and ready to be started: that takes longer than reading
// a short file. Each engine in it has memory of its own.
type sandbox struct{ pool pdfium.Pool }

// newSandbox compiles pdfium. The compiled module is kept in cacheDir, without which
// each process compiles it again (seconds).
func newSandbox(cacheDir string, memory int64) (*sandbox, error) {
	config := wazero.NewRuntimeConfig().WithMemoryLimitPages(uint32(memory / wasmPageSize))
	if cacheDir != "" {
		cache, err := wazero.NewCompilationCacheWithDir(cacheDir)
		if err != nil {
			return nil, fmt.Errorf("compile cache: %w", err)
		}
		config = config.WithCompilationCache(cache)
	}
	pool, err := webassembly.Init(webassembly.Config{
		MaxIdle: 1, MaxTotal: 1,
		FSConfig:      wazero.NewFSConfig(),
		RuntimeConfig: config,
		Stdout:        io.Discard,
		Stderr:        io.Discard,
	})
	if err != nil {
		return nil, fmt.Errorf("starting pdfium: %w", err)
	}
	return &sandbox{pool}, nil
}

// newEngine starts pdfium in a sandbox of its own.
func newEngine(ctx context.Context, cacheDir string, memory int64) (*engine, error) {
	box, err := newSandbox(cacheDir, memory)
	if err != nil {
		return nil, err
	}
	e, err := box.engine(ctx)
	if err != nil {
		return nil, errors.Join(err, box.pool.Close())
	}
	e.sandbox = box
	return e, nil
}

// engine starts pdfium anew in the sandbox, which has one at a time.
func (s *sandbox) engine(ctx context.Context) (*engine, error) {
	instance, err := s.pool.GetInstanceWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("starting pdfium: %w", err)
	}
	e := &engine{instance: instance, calls: make(map[string]api.Function)}
	if e.module, err = moduleOf(instance.GetImplementation()); err != nil {
		return nil, errors.Join(err, e.close())
	}
	scratch, err := e.call("malloc", scratchSize)
	if err != nil || scratch == 0 {
		return nil, errors.Join(errors.New("pdfium has no memory"), err, e.close())
	}
	e.scratch = uint32(scratch)
	return e, nil
}

// moduleOf returns the module below go-pdfium's implementation, an exported field
// of a type that it does not export.
func moduleOf(implementation any) (api.Module, error) {
	v := reflect.Indirect(reflect.ValueOf(implementation))
	if v.Kind() == reflect.Struct {
		if f := v.FieldByName("Module"); f.IsValid() && f.CanInterface() {
			if m, ok := f.Interface().(api.Module); ok {
				return m, nil
			}
		}
	}
	return nil, errors.New("go-pdfium does not expose its module")
}

// close stops pdfium. Closing it again does nothing.
func (e *engine) close() error {
	if e.closed {
		return nil
	}
	e.closed = true
	if e.sandbox != nil {
		return e.sandbox.pool.Close()
	}
	return e.instance.Close()
}

// release lets go of the sandbox's memory after close.
func (e *engine) release() {
	e.sandbox, e.instance, e.module = nil, nil, nil
	clear(e.calls)
}

// call calls a function of pdfium. An error is a trap: the engine is then of no
// use any more.
func (e *engine) call(name string, args ...uint64) (uint64, error) {
	f, ok := e.calls[name]
	if !ok {
		if f = e.module.ExportedFunction(name); f == nil {
			return 0, fmt.Errorf("pdfium has no %s", name)
		}
		e.calls[name] = f
	}
	copy(e.stack[:], args)
	if err := f.CallWithStack(context.Background(), e.stack[:]); err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	return e.stack[0], nil
}

// number calls a function that returns a 32-bit integer.
func (e *engine) number(name string, args ...uint64) (int, error) {
	v, err := e.call(name, args...)
	return int(int32(v)), err
}

// write copies data into the sandbox and returns its address.
func (e *engine) write(data []byte) (uint32, error) {
	at, err := e.call("malloc", uint64(len(data)))
	if err != nil {
		return 0, err
	}
	if at == 0 || !e.module.Memory().Write(uint32(at), data) {
		return 0, errNoMemory
	}
	return uint32(at), nil
}

// errNoMemory is pdfium at its memory limit.
var errNoMemory = errors.New("pdfium: memory limit reached")

func (e *engine) float32At(offset uint32) float64 {
	v, _ := e.module.Memory().ReadUint32Le(e.scratch + offset)
	return float64(math.Float32frombits(v))
}

func (e *engine) intAt(offset uint32) int {
	v, _ := e.module.Memory().ReadUint32Le(e.scratch + offset)
	return int(int32(v))
}

func (e *engine) out(offset uint32) uint64 { return uint64(e.scratch + offset) }

// memory returns how many bytes the sandbox holds.
func (e *engine) memory() int64 {
	if e.module == nil {
		return 0
	}
	return int64(e.module.Memory().Size())
}

// pdfiumFile is one document open in an engine.
type pdfiumFile struct {
	e      *engine
	handle uint64
	pages  int
}

// The errors of FPDF_GetLastError.
const (
	pdfiumErrPassword = 4
	pdfiumErrSecurity = 5
)

// open opens a document with the empty password.
func (e *engine) open(data []byte) (*pdfiumFile, error) {
	at, err := e.write(data)
	if err != nil {
		return nil, err
	}
	doc, err := e.call("FPDF_LoadMemDocument", uint64(at), uint64(len(data)), 0)
	if err != nil {
		return nil, err
	}
	if doc == 0 {
		code, err := e.number("FPDF_GetLastError")
		if err != nil {
			return nil, err
		}
		if code == pdfiumErrPassword || code == pdfiumErrSecurity {
			return nil, refuse(CodeEncrypted, "The PDF is locked with a password: save it without one and add it again.", nil)
		}
		return nil, refuse(CodeNotADocument, "The file is not a PDF, or is too damaged to be read.", fmt.Errorf("pdfium error %d", code))
	}
	n, err := e.number("FPDF_GetPageCount", doc)
	if err != nil {
		return nil, err
	}
	return &pdfiumFile{e: e, handle: doc, pages: n}, nil
}

// language returns the language that the catalogue declares as a BCP-47 tag, "" if
// it declares none.
func (f *pdfiumFile) language() (string, error) {
	n, err := f.e.number("FPDFCatalog_GetLanguage", f.handle, f.e.out(0), scratchSize)
	if err != nil || n < 2 || n > scratchSize {
		return "", err
	}
	raw, ok := f.e.module.Memory().Read(f.e.scratch, uint32(n))
	if !ok {
		return "", nil
	}
	units := make([]uint16, 0, n/2)
	for i := 0; i+1 < len(raw); i += 2 {
		if u := binary.LittleEndian.Uint16(raw[i:]); u != 0 {
			units = append(units, u)
		}
	}
	declared, err := xlanguage.Parse(strings.TrimSpace(string(utf16.Decode(units))))
	if err != nil || declared == xlanguage.Und {
		return "", nil // not a language: the file says nothing that can be used
	}
	return declared.String(), nil
}

func (f *pdfiumFile) close() error {
	_, err := f.e.call("FPDF_CloseDocument", f.handle)
	return err
}
