package mail

import (
	"context"
	"errors"
	"sync"
	"time"
)

// idleCheck is how long a connection may have rested before it is tried before
// use: servers and firewalls close what rests.
const idleCheck = 20 * time.Second

// maxIdle is how long an unused connection is kept.
const maxIdle = 5 * time.Minute

// A pool holds the connections that open letters and write drafts. The one that
// waits for mail is not among them. Each is used by one caller at a time.
type pool struct {
	dial  func(context.Context) (*conn, error)
	slots chan struct{}

	mu   sync.Mutex
	idle []*conn
}

func newPool(n int, dial func(context.Context) (*conn, error)) *pool {
	return &pool{dial: dial, slots: make(chan struct{}, n)}
}

// take returns a connection for the caller alone, who gives it back by put.
func (p *pool) take(ctx context.Context) (*conn, error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for k := p.pop(); k != nil; k = p.pop() {
		rested := time.Since(k.used)
		if rested < idleCheck || rested < maxIdle && k.do(ctx, "noop", func() error { return k.im.Noop().Wait() }) == nil {
			return k, nil
		}
		k.close()
	}
	k, err := p.dial(ctx)
	if err != nil {
		<-p.slots
		return nil, err
	}
	return k, nil
}

func (p *pool) put(k *conn) {
	if k.broken {
		k.close()
	} else {
		p.mu.Lock()
		p.idle = append(p.idle, k)
		p.mu.Unlock()
	}
	<-p.slots
}

func (p *pool) pop() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.idle) == 0 {
		return nil
	}
	k := p.idle[len(p.idle)-1]
	p.idle = p.idle[:len(p.idle)-1]
	return k
}

// with runs fn on a connection, once more on another one if the first turns out
// to be lost: the server may have closed it while it rested. So fn must be
// something that may be done twice.
func (p *pool) with(ctx context.Context, fn func(*conn) error) error {
	for again := true; ; again = false {
		k, err := p.take(ctx)
		if err != nil {
			return err
		}
		err = fn(k)
		p.put(k)
		if !again || !errors.Is(err, errDropped) || ctx.Err() != nil {
			return err
		}
	}
}

// close closes the connections that nobody uses.
func (p *pool) close() {
	for k := p.pop(); k != nil; k = p.pop() {
		k.close()
	}
}
