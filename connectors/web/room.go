package web

import (
	"errors"
	"sync"
	"time"

	"amtsbote/bots"
)

var errTooMany = errors.New("web: too many messages")

// room is what is going on in a room: who listens, and what is in work.
type room struct {
	id string

	writing sync.Mutex // one event after the other
	last    int64      // number of the last event; guarded by writing; 0: not known

	mu        sync.Mutex
	listeners map[*listener]bool
	progress  map[string]progress // by message
	allowance float64             // messages that may be written at once
	counted   time.Time
}

// progress is how far the answer to a message is. It is not kept: after a
// restart the work begins again.
type progress struct {
	message string
	p       bots.Progress
}

// A listener is a page that is open. Its channels are as long as a page may lag
// behind; what is slower is hung up on and reads on from State.
type listener struct {
	events   chan event
	progress chan progress
	gone     chan struct{} // closed to hang up
}

const maxListeners = 30 // of a room

// listen adds a listener; nil: there are too many.
func (r *room) listen() *listener {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.listeners) >= maxListeners {
		return nil
	}
	l := &listener{make(chan event, 64), make(chan progress, 16), make(chan struct{})}
	for _, p := range r.progress {
		l.offer(p)
	}
	r.listeners[l] = true
	return l
}

// leave removes a listener, if it has not been removed.
func (r *room) leave(l *listener) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop(l)
}

func (r *room) drop(l *listener) {
	if r.listeners[l] {
		delete(r.listeners, l)
		close(l.gone)
	}
}

// tell passes an event to all listeners without waiting for any.
func (r *room) tell(e event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch e.Kind {
	case replyEvent, stopEvent:
		delete(r.progress, e.Target)
	case forgetEvent:
		clear(r.progress)
	}
	for l := range r.listeners {
		select {
		case l.events <- e:
		default:
			r.drop(l)
		}
	}
}

// show passes progress to all listeners; who is busy misses it.
func (r *room) show(p progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.progress[p.message] = p
	for l := range r.listeners {
		l.offer(p)
	}
}

func (l *listener) offer(p progress) {
	select {
	case l.progress <- p:
	default:
	}
}

// hangUp ends all streams: the pages come back when the daemon does.
func (c *Connector) hangUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.rooms {
		r.mu.Lock()
		for l := range r.listeners {
			r.drop(l)
		}
		r.mu.Unlock()
	}
}

// allow counts a message and reports whether it is within the limit.
func (r *room) allow(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counted.IsZero() {
		r.allowance = perMinute
	} else {
		r.allowance = min(perMinute, r.allowance+now.Sub(r.counted).Minutes()*perMinute)
	}
	r.counted = now
	if r.allowance < 1 {
		return false
	}
	r.allowance--
	return true
}
