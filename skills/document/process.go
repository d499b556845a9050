package document

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"time"
)

// A starter starts all processes from one thread of its own. The kernel kills a
// child when the thread that started it ends (there is nothing finer), and
// threads of the runtime come and go: this one lives as long as the Reader.
type starter struct {
	asks chan func()
	done context.Context
}

func newStarter(done context.Context) *starter {
	s := &starter{asks: make(chan func()), done: done}
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		for {
			select {
			case f := <-s.asks:
				f()
			case <-done.Done():
				return
			}
		}
	}()
	return s
}

// start starts a process with these arguments, an empty environment but for
// env, no directory but the root and no descriptors but its three pipes.
func (s *starter) start(exe string, args, env []string) (*process, error) {
	childIn, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	out, childOut, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, childIn.Close(), in.Close())
	}
	p := &process{in: in, out: out, dead: make(chan struct{})}
	p.cmd = exec.Command(exe, args...)
	p.cmd.Env = append([]string{}, env...) // not nil, which would be all of ours
	p.cmd.Dir = os.TempDir()
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = childIn, childOut, &p.stderr
	p.cmd.WaitDelay = time.Second
	detach(p.cmd)
	err = ErrClosed
	started := make(chan struct{})
	select {
	case s.asks <- func() { err = p.cmd.Start(); close(started) }:
		<-started
	case <-s.done.Done():
	}
	childIn.Close()
	childOut.Close()
	if err != nil {
		in.Close()
		out.Close()
		return nil, err
	}
	return p, nil
}

// A process is a child of ours.
type process struct {
	cmd    *exec.Cmd
	in     *os.File // its standard input
	out    *os.File // its standard output
	stderr head
	dead   chan struct{} // closed once it was waited for

	mu    sync.Mutex
	cause error // why we killed it
}

// wait returns when the process has ended. What it has written may still be
// unread, for it answers and ends at once: [process.end] closes the pipe. Only a
// child of its own that outlives it could keep the reader waiting for more.
func (p *process) wait() {
	p.cmd.Wait()
	p.out.SetReadDeadline(time.Now().Add(drain))
	close(p.dead)
	p.in.Close()
}

// drain is how long what a process left in its pipe may be read; it is at most
// 64 KB, so this is much even for a machine with no time.
const drain = 10 * time.Second

func (p *process) ended() bool {
	select {
	case <-p.dead:
		return true
	default:
		return false
	}
}

// kill ends the process and all it started. The first cause that is not nil
// counts; a nil one is no verdict on what killed it.
func (p *process) kill(cause error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended() {
		return
	}
	if p.cause == nil {
		p.cause = cause
	}
	killGroup(p.cmd.Process)
}

// end lets the process go: it has nothing more to do, and nobody reads from it.
func (p *process) end() {
	p.in.Close()
	p.kill(nil)
	<-p.dead
	p.out.Close()
}

// verdict says what a process without a result died of.
func (p *process) verdict(ctx context.Context, c childConfig) error {
	p.mu.Lock()
	cause := p.cause
	p.mu.Unlock()
	st := p.cmd.ProcessState
	switch {
	case cause == errTooLong:
		return &deadChild{TooLong, errTooLong}
	case errors.Is(cause, errFrame):
		return &deadChild{Crashed, cause}
	case cause != nil:
		return cause
	case st.ExitCode() == exitSetup:
		return errors.New("document: child has no sandbox")
	case p.stderr.has(noMain):
		return errors.New(noMain)
	case st.ExitCode() == exitWatched, p.stderr.has("out of memory"), p.stderr.has("cannot allocate memory"), p.stderr.has("failed to allocate"):
		return &deadChild{Memory, plain("out of memory")}
	case p.stderr.has("stack overflow"), p.stderr.has("stack exceeds"):
		return &deadChild{TooDeep, plain("stack overflow")}
	case cpuExceeded(st, c):
		return &deadChild{TooLong, plain("processor time is up")}
	}
	return &deadChild{Crashed, plain(st.String())}
}

// head keeps the beginning of what a child writes to its standard error: the
// kind of its end. It may quote the document, so it is never shown or logged.
type head struct {
	mu  sync.Mutex
	buf []byte
}

func (h *head) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.buf = append(h.buf, b[:min(len(b), 4096-len(h.buf))]...)
	return len(b), nil
}

func (h *head) has(s string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return bytes.Contains(h.buf, []byte(s))
}

func newBytes(b []byte) io.Reader { return bytes.NewReader(b) }
