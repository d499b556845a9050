package document

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"time"
)

// Options are how documents are read. The zero value is good.
type Options struct {
	Limits Limits
	// Exe is the program that becomes a child by [Main]; default this one.
	Exe string
	// Tesseract is the recognition program; default the one in PATH, if any.
	// "none" recognises nothing.
	Tesseract string
	Languages string // for the recognition, default "deu+eng"
	// Cache is a folder of this user's own for compiled code, which children
	// execute: nobody else may write there. Default: a folder in
	// os.UserCacheDir. If that fails, a temporary one for the life of the Reader.
	Cache string
	// Trust are the certificates, in DER, of the authorities whose S/MIME
	// signatures count; [ParseCertificates] reads them. None: no signature is
	// checked.
	Trust [][]byte
	// Zone is the one in which times of invitations are told, default that of Berlin.
	Zone string
	// Children is how many read at the same time; default the number of processors.
	Children int
	Log      *slog.Logger // default slog.Default
}

// A Reader reads documents in children. It may be used by many goroutines.
type Reader struct {
	lim      Limits
	log      *slog.Logger
	exe      string
	word     string   // the first argument of a child
	args     []string // the others
	config   childConfig
	ocr      ocrProgram
	trust    [][]byte
	zone     string
	starter  *starter
	slots    chan struct{}
	ready    chan struct{} // closed once the compilation cache is filled
	tempDir  string
	closed   context.Context
	close    context.CancelFunc
	children sync.WaitGroup

	mu    sync.Mutex
	spare *process // started and waiting, or nil
}

// ErrClosed is returned by Read after Close, and by reads that Close cut off.
var ErrClosed = errors.New("document: reader is closed")

// New returns a Reader. It returns at once: the first child starts, and code is
// compiled if need be (once a version, 3 s), while Read waits for it.
//
// It panics in a process that was started as a child: then main, or the TestMain
// of a package, does not call [Main], and children would start children.
func New(o Options) *Reader {
	if len(os.Args) > 1 && os.Args[1] == childWord {
		panic(noMain)
	}
	return newReader(o, childWord)
}

const noMain = "document: main does not call document.Main first"

// newReader is New with the word that makes a process a child; tests have
// children of their own that misbehave.
func newReader(o Options, word string) *Reader {
	r := &Reader{
		word:  word,
		lim:   o.Limits.withDefaults(),
		log:   or(o.Log, slog.Default()),
		exe:   o.Exe,
		trust: o.Trust,
		zone:  or(o.Zone, defaultZone),
		slots: make(chan struct{}, or(o.Children, runtime.NumCPU())),
		ready: make(chan struct{}),
	}
	if r.exe == "" {
		r.exe, _ = os.Executable()
	}
	r.ocr = findOCR(o.Tesseract, or(o.Languages, "deu+eng"), r.lim.OCRTime)
	r.closed, r.close = context.WithCancel(context.Background())
	r.starter = newStarter(r.closed)
	r.config = childConfig{cache: o.Cache, memory: int64(r.lim.Memory), cpu: r.lim.CPU}
	r.children.Go(func() {
		defer close(r.ready)
		r.config.cache = r.fillCache(r.config.cache)
		r.args = childArgs(r.config)
	})
	r.children.Go(func() {
		if r.waitReady(r.closed) == nil {
			r.refill()
		}
	})
	return r
}

// Close ends all children, also such that are reading, and waits for them.
func (r *Reader) Close() error {
	r.close()
	r.mu.Lock()
	p := r.spare
	r.spare = nil
	r.mu.Unlock()
	if p != nil {
		p.end()
	}
	r.children.Wait()
	if r.tempDir != "" {
		return os.RemoveAll(r.tempDir)
	}
	return nil
}

// OCR reports whether text in pictures is recognised.
func (r *Reader) OCR() bool { return r.ocr.path != "" }

// Read reads a document of any type to its end; name is what its sender called
// it. The error is an *[Unreadable] if nothing of it can be read, which trying
// again does not change: password, damage, limits, a killed child. Other errors
// (the content cannot be fetched, ctx is done, no child starts) may pass.
//
// It waits until one of the children is free. A document within which a file
// kills the child is read again without that file, which then has the reason.
func (r *Reader) Read(ctx context.Context, name string, content io.Reader) (Document, error) {
	res, err := r.do(ctx, content, job{Name: cleanName(name), OCR: r.OCR(), Trust: r.trust, Zone: r.zone})
	return res.Document, err
}

// do waits for a child that is free and has it do a job. What is done is in the
// result, also of a failure what is known of the document.
func (r *Reader) do(ctx context.Context, content io.Reader, j job) (result, error) {
	if err := r.waitReady(ctx); err != nil {
		return result{}, err
	}
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		return result{}, fmt.Errorf("document: %w", context.Cause(ctx))
	case <-r.closed.Done():
		return result{}, ErrClosed
	}
	j.Limits, j.Skip = r.lim, map[int]Code{}
	a := &attempt{r: r, job: j, src: &source{r: content, max: int64(r.lim.Size)}}
	doc, err := a.run(ctx)
	a.result.Document = doc
	return a.result, err
}

func (r *Reader) waitReady(ctx context.Context) error {
	select {
	case <-r.ready:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("document: %w", context.Cause(ctx))
	case <-r.closed.Done():
		return ErrClosed
	}
}

// take returns a child that waits for a job, and has the next one started.
func (r *Reader) take() (*process, error) {
	r.mu.Lock()
	p := r.spare
	r.spare = nil
	r.mu.Unlock()
	if p != nil && p.ended() {
		p.end()
		p = nil
	}
	if p == nil {
		var err error
		if p, err = r.start(); err != nil {
			return nil, err
		}
	}
	r.children.Go(r.refill)
	return p, nil
}

// refill starts a spare if there is none.
func (r *Reader) refill() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.spare != nil || r.closed.Err() != nil {
		return
	}
	p, err := r.start()
	if err != nil {
		r.log.Warn("no spare reader of documents", "err", err)
		return
	}
	r.spare = p
}

func (r *Reader) start() (*process, error) {
	p, err := r.starter.start(r.exe, append([]string{r.word}, r.args...), nil)
	if err != nil {
		return nil, fmt.Errorf("document: start child: %w", err)
	}
	r.children.Go(p.wait)
	return p, nil
}

// attempt is the reading of one document, with as many children as it takes.
type attempt struct {
	r   *Reader
	job job
	src *source
	// result is what the last child said.
	result result
}

// maxTries is how many children one document may kill. After that it is read
// without any of the files inside it, and then given up.
const maxTries = 4

func (a *attempt) run(ctx context.Context) (Document, error) {
	for try := 1; ; try++ {
		doc, part, err := a.once(ctx)
		dead, ok := errors.AsType[*deadChild](err)
		if !ok {
			return doc, err
		}
		a.r.log.Warn("document killed its reader", "code", dead.code, "part", part, "try", try, "err", dead.err)
		u := unreadable(dead.code, dead.err)
		switch {
		case part < 0 && try > 1, try == maxTries, part < 0 && dead.code == TooLong:
			return a.named(), u
		case part >= 0:
			a.job.Skip[part] = dead.code
		}
		if !a.src.rewind() {
			return a.named(), u
		}
	}
}

// named is all that can be said of a document that cannot be read.
func (a *attempt) named() Document {
	return Document{Name: a.job.Name, Size: a.src.size()}
}

// deadChild is a child that ended without a result.
type deadChild struct {
	code Code
	err  error
}

func (e *deadChild) Error() string { return fmt.Sprintf("child died: %s: %v", e.code, e.err) }

// grace is what a child gets beyond its time to start and, its own clock having
// run out, to say what it has read: on a loaded machine both take seconds.
const grace = 5 * time.Second

// once has one child read the document. part is the file inside it that was
// being read when the child died, -1 for the document itself.
func (a *attempt) once(ctx context.Context) (doc Document, part int, err error) {
	p, err := a.r.take()
	if err != nil {
		return a.named(), -1, err
	}
	defer p.end()
	stop := context.AfterFunc(ctx, func() { p.kill(context.Cause(ctx)) })
	defer stop()
	stop2 := context.AfterFunc(a.r.closed, func() { p.kill(ErrClosed) })
	defer stop2()
	clock := newClock(a.r.lim.Time+grace, func() { p.kill(errTooLong) })
	defer clock.stop()

	sent := make(chan error, 1)
	s := &session{r: a.r, p: p, clock: clock, job: a.job, part: -1}
	go func() { sent <- s.send(a.src) }()
	res, err := s.receive(ctx)
	if err != nil {
		err = s.why(ctx, err, sent)
		return a.named(), s.part, err
	}
	if !a.src.done() {
		// It answered before it had everything: it is not to be believed.
		return a.named(), -1, &deadChild{Crashed, plain("answer before the end of the question")}
	}
	<-sent
	a.result = res
	if res.Reason != nil {
		return res.Document, -1, &Unreadable{Reason: *res.Reason, Err: noteErr(res.Note)}
	}
	return res.Document, -1, nil
}

func noteErr(s string) error {
	if s == "" {
		return nil
	}
	return plain(cut(cleanName(s), 100))
}
