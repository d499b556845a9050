package llm

import (
	"sync"
	"time"
)

// State is what a breaker is doing.
type State string

const (
	Closed   State = "closed"    // requests go through
	Open     State = "open"      // none go through; the next is let through in a few seconds
	HalfOpen State = "half-open" // one is on its way to see whether the server is back
)

const (
	openAfter   = 5                // failures in a row
	firstProbe  = time.Second      // after opening; doubles up to
	lastProbe   = 5 * time.Second  // so that recovery is noticed within 10 s
	deniedProbe = time.Minute      // a wrong key does not become right by trying, and accounts get locked
	noAfter     = 2 * time.Second  // pause after a 429 without Retry-After; doubles up to
	maxNoAfter  = 16 * time.Second //
)

// A breaker decides whether a request may be sent. While it is open a request is
// let through at fixed times, whatever has become of the one before: a server that
// swallows requests without a word would otherwise keep it open for as long as
// the timeout is.
type breaker struct {
	mu     sync.Mutex
	fails  int // in a row
	open   bool
	probes int           // on their way
	next   time.Time     // while open: when the next may be sent
	every  time.Duration // while open
	paused time.Time     // the server asked to be left alone until then
	busied int           // 429s in a row
}

// wait returns how long nothing may be sent; zero or less: now.
func (b *breaker) wait(now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.until().Sub(now)
}

func (b *breaker) until() time.Time {
	if b.open && b.next.After(b.paused) {
		return b.next
	}
	return b.paused
}

// enter is called right before a request. If wait is above zero it must not be
// sent; else leave must follow, with the same probe.
func (b *breaker) enter(now time.Time) (wait time.Duration, probe bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if wait := b.until().Sub(now); wait > 0 {
		return wait, false
	}
	if !b.open {
		return 0, false
	}
	b.probes++
	b.every = min(2*b.every, max(lastProbe, b.every))
	b.next = now.Add(b.every)
	return 0, true
}

// leave tells what came of a request: f is nil if the server answered, and known
// is false if nothing can be said because the caller gave up. It reports whether
// the breaker opened or closed by this.
func (b *breaker) leave(now time.Time, probe, known bool, f *failure) (opened, closed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if probe {
		b.probes--
	}
	if !known {
		return false, false
	}
	if f != nil && (f.kind == busy || f.after > 0) {
		b.pause(now, f.after)
	}
	switch {
	case f != nil && f.kind == again:
		b.fails++
		if b.fails >= openAfter && !b.open {
			b.open, b.every, opened = true, firstProbe, true
			b.next = now.Add(b.every)
		}
	case f != nil && f.kind == denied:
		b.fails++
		opened = !b.open
		b.open, b.every = true, deniedProbe
		b.next = now.Add(b.every)
	default: // also an error shows that the server is there and knows us
		b.fails = 0
		closed, b.open = b.open, false
		if f == nil || f.kind != busy {
			b.busied = 0
		}
	}
	return opened, closed
}

func (b *breaker) pause(now time.Time, d time.Duration) {
	if d <= 0 {
		d = min(noAfter<<min(b.busied, 8), maxNoAfter)
		b.busied++
	}
	if until := now.Add(d); until.After(b.paused) {
		b.paused = until
	}
}

// state returns what the breaker is doing and how many failures there were in a row.
func (b *breaker) state() (State, int, time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case !b.open:
		return Closed, b.fails, b.paused
	case b.probes > 0:
		return HalfOpen, b.fails, b.paused
	}
	return Open, b.fails, b.paused
}
