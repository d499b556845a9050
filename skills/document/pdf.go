package document

import (
	"io"
	"sync"
	"time"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
)

// PDF is read by PDFium, the engine of Chrome, compiled to WebAssembly
// (go-pdfium) and run by wazero: nothing native, and what a document does to it
// stays in the linear memory of an instance. The readers written in Go hung or
// panicked on every sixth real file; MuPDF is AGPL and needs cgo.

// pdfEngines holds PDFium, compiled once for a child, and its free instances. A
// zero value compiles without a cache, which takes seconds.
type pdfEngines struct {
	cache string // folder of the compilation cache; may be empty

	mu   sync.Mutex
	pool pdfium.Pool
	err  error
	free []*pdfEngine
}

const (
	// maxEngines is how many instances work on one document, each with a copy
	// of it in its memory.
	maxEngines = 2
	// wasmPages bounds the memory of an instance, in units of 64 KB: what a
	// document does to PDFium ends there, in an error, and the rest of a letter
	// is still read.
	wasmPages = 256 << 20 / (64 << 10)
)

// open compiles PDFium or takes it from the cache. It is called with mu held.
func (e *pdfEngines) open() error {
	if e.pool != nil || e.err != nil {
		return e.err
	}
	config := func() webassembly.Config {
		return webassembly.Config{
			MaxIdle: maxEngines, MaxTotal: -1,
			FSConfig:      wazero.NewFSConfig(), // nothing of the file system
			Stdout:        io.Discard,
			Stderr:        io.Discard,
			RuntimeConfig: wazero.NewRuntimeConfig().WithMemoryLimitPages(wasmPages),
		}
	}
	if e.cache != "" {
		cache, err := wazero.NewCompilationCacheWithDir(e.cache)
		if err == nil {
			c := config()
			c.RuntimeConfig = c.RuntimeConfig.WithCompilationCache(cache)
			e.pool, err = webassembly.Init(c)
		}
		if err == nil {
			return nil
		}
		// A cache that is broken or cannot be written must not stop the reading.
	}
	e.pool, e.err = webassembly.Init(config())
	return e.err
}

// get returns an instance that nobody else uses until it is put back. One that
// has failed is not put back.
func (e *pdfEngines) get() (*pdfEngine, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.open(); err != nil {
		return nil, err
	}
	if n := len(e.free); n > 0 {
		in := e.free[n-1]
		e.free = e.free[:n-1]
		return in, nil
	}
	in, err := e.pool.GetInstance(10 * time.Second)
	if err != nil {
		return nil, err
	}
	return newEngine(in)
}

func (e *pdfEngines) put(in *pdfEngine) {
	if in.err != nil {
		in.instance.Kill()
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.free = append(e.free, in)
}

// warm loads an instance ahead of time.
func (e *pdfEngines) warm() {
	if in, err := e.get(); err == nil {
		e.put(in)
	}
}

// warmCache is the life of the child that fills the compilation cache. It reads
// nothing from outside and is the only one that may write there.
func warmCache(args []string) int {
	if len(args) != 1 {
		return exitSetup
	}
	e := &pdfEngines{cache: args[0]}
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.open(); err != nil {
		return exitSetup
	}
	return exitDone
}
