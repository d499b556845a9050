package document

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
	"runtime"
	"runtime/debug"
	"time"
)

// childWord is the hidden first argument that makes a process a child. What
// follows it: the folder of the compilation cache and the memory limit; or one
// of the words below.
const (
	childWord = "amtsbote-read-document"
	warmWord  = "warm" // compile into the cache folder and end
	ocrWord   = "ocr"  // take limits, then become the recognition program
)

// Exit codes of a child that tell the parent what its end means.
const (
	exitDone    = 0
	exitSetup   = 70 // the sandbox could not be made: nothing of the file was touched
	exitGone    = 71 // the parent went away or spoke nonsense
	exitWatched = 72 // the child's own watch saw too much memory
)

// Main makes the process a child that reads one document, if its first argument
// says so; it then never returns. main calls it first, and so does TestMain of
// every package whose tests read documents.
func Main() {
	if len(os.Args) < 3 || os.Args[1] != childWord {
		return
	}
	switch os.Args[2] {
	case warmWord:
		os.Exit(warmCache(os.Args[3:]))
	case ocrWord:
		os.Exit(becomeOCR(os.Args[3:]))
	}
	os.Exit(childMain(os.Args[2:], (*parser).parse))
}

// parseFunc is (*parser).parse, or what a test puts in its place.
type parseFunc func(p *parser, name string, data []byte) (Document, error)

// childMain is the life of a child: it shuts itself in, waits for a job, does
// it, and ends. args are those that childArgs made.
func childMain(args []string, parse parseFunc) int {
	cfg, err := parseChildArgs(args)
	if err != nil {
		return exitSetup
	}
	// Two threads are what a document can use (two PDF engines); more would
	// only cost memory.
	runtime.GOMAXPROCS(min(2, runtime.NumCPU()))
	debug.SetMemoryLimit(cfg.memory * 3 / 4) // collect harder before the end
	debug.SetMaxStack(maxStack)
	if err := shutIn(cfg); err != nil {
		return exitSetup
	}
	c := &child{in: bufio.NewReaderSize(os.Stdin, chunk), out: os.Stdout, engines: &pdfEngines{cache: cfg.cache}}
	os.Stdout = os.Stderr // libraries print where only frames may go (libheif does)
	idle := time.AfterFunc(warmAfter, c.engines.warm)
	head, err := c.head()
	idle.Stop()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return exitDone // a spare that was not needed
		}
		return exitGone
	}
	if err := c.serve(head, parse); err != nil {
		return exitGone
	}
	return exitDone
}

// warmAfter is how long a spare waits for a job before it loads the PDF engine.
// Under load a spare is taken at once and never pays for what it may not need.
const warmAfter = 100 * time.Millisecond

// maxStack bounds recursion, so that it ends as what it is and not as memory.
const maxStack = 128 << 20

type child struct {
	in      *bufio.Reader
	out     io.Writer
	engines *pdfEngines
}

func (c *child) head() (job, error) {
	kind, data, err := readFrame(c.in, func(byte) int64 { return maxJob })
	if err != nil {
		return job{}, err
	}
	var j job
	if kind != frameJob {
		return job{}, errFrame
	}
	return j, json.Unmarshal(data, &j)
}

func (c *child) serve(j job, parse parseFunc) error {
	lim := j.Limits.withDefaults()
	data, err := c.content(int64(lim.Size))
	if err != nil {
		return err
	}
	// The child's own clock runs out first, so that what was read until then
	// gets back; the parent's is for a child that does not look at clocks.
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	clock := newClock(lim.Time*9/10, func() { cancel(context.DeadlineExceeded) })
	defer clock.stop()

	p := newParser(ctx, lim)
	p.pdf = c.engines
	p.skip = j.Skip
	p.trust = pool(j.Trust)
	if zone, err := time.LoadLocation(j.Zone); err == nil {
		p.zone = zone
	}
	p.begin = func(n int) { writeFrame(c.out, framePart, binary.BigEndian.AppendUint32(nil, uint32(n))) }
	if j.OCR {
		p.ocr = func(_ context.Context, pic greyPicture) (string, error) {
			clock.pause()
			defer clock.resume()
			return c.recognise(pic)
		}
	}
	if j.Transform != nil {
		segments, file, err := p.transform(j.Transform, data)
		return c.reply(result{Document: Document{Name: j.Name, Size: int64(len(data))}, Segments: segments, File: file}, err)
	}
	doc, err := parse(p, j.Name, data)
	return c.reply(result{Document: doc}, err)
}

// content reads the frames of the file.
func (c *child) content(max int64) ([]byte, error) {
	var buf bytes.Buffer
	for {
		kind, n, err := readHead(c.in, func(byte) int64 { return chunk })
		if err != nil {
			return nil, err
		}
		if kind == frameEnd {
			return buf.Bytes(), nil
		}
		if kind != frameData || int64(buf.Len()+n) > max {
			return nil, errFrame
		}
		if _, err := io.CopyN(&buf, c.in, int64(n)); err != nil {
			return nil, err
		}
	}
}

// recognise has the parent recognise a picture: the child may start no program.
func (c *child) recognise(pic greyPicture) (string, error) {
	head := binary.BigEndian.AppendUint32(nil, uint32(pic.Width))
	head = binary.BigEndian.AppendUint32(head, uint32(pic.Height))
	if err := writeFrame(c.out, framePicture, head, pic.Pix); err != nil {
		return "", err
	}
	kind, text, err := readFrame(c.in, func(byte) int64 { return maxOCRText })
	switch {
	case err != nil:
		return "", err
	case kind == frameFailed:
		return "", unreadable(Code(text), nil)
	case kind != frameText:
		return "", errFrame
	}
	return string(text), nil
}

func (c *child) reply(res result, err error) error {
	if u, ok := errors.AsType[*Unreadable](err); ok {
		res.Reason = &u.Reason
		if u.Err != nil {
			res.Note = note(u.Err)
		}
	} else if err != nil {
		r := Damaged.Reason()
		res.Reason = &r
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // "<" as six bytes would break the bound on the size
	if err := enc.Encode(res); err != nil {
		return err
	}
	return writeFrame(c.out, frameResult, buf.Bytes())
}

// note returns what of an error may be logged. Errors of libraries quote what
// they read, so of these only the types are told.
func note(err error) string {
	if own, ok := errors.AsType[plain](err); ok {
		return string(own)
	}
	return fmt.Sprintf("%T", err)
}

// plain is an error without content, which may be logged as it is.
type plain string

func (e plain) Error() string { return string(e) }
