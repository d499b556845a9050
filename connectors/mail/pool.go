package mail

import (
	"context"
	"errors"
	"fmt"
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

// A lockout keeps the bot from logging in again and again with a password that was
// refused: every letter and answer that waits would try, and directories lock an
// account after a few tries. A password of which it is not known whether it is
// taken is tried by one connection at a time. Receive goes on trying, with the
// core's growing waits.
type lockout struct {
	turn chan struct{} // holds one while it is somebody's turn

	mu      sync.Mutex
	good    string // the password that was taken last
	refused string // likewise refused
	until   time.Time
}

func newLockout() *lockout { return &lockout{turn: make(chan struct{}, 1)} }

// lockFor is how long a refused password is not tried.
const lockFor = 5 * time.Minute

// locked reports whether a password is not to be tried now.
func (l *lockout) locked(password string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refused == password && now.Before(l.until)
}

func (l *lockout) known(password string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return password != "" && l.good == password
}

// tried says what came of a login with a password.
func (l *lockout) tried(password string, err error, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err == nil:
		l.good, l.until = password, time.Time{}
	case errors.Is(err, errLogin):
		l.good, l.refused, l.until = "", password, now.Add(lockFor)
	}
}

// heed dials unless that would be one more try with a refused password.
func heed[T any](ctx context.Context, l *lockout, password string, now func() time.Time, dial func() (T, error)) (conn T, err error) {
	if password != "" && !l.known(password) {
		select {
		case l.turn <- struct{}{}:
			defer func() { <-l.turn }()
		case <-ctx.Done():
			return conn, ctx.Err()
		}
	}
	if l.locked(password, now()) {
		return conn, fmt.Errorf("mail: not tried: %w", errLogin)
	}
	conn, err = dial()
	l.tried(password, err, now())
	return conn, err
}

// guarded is dial for the pool.
func (c *Connector) guarded(ctx context.Context) (*conn, error) {
	return heed(ctx, c.lockout, c.cfg.Password.Reveal(), c.now, func() (*conn, error) { return c.dial(ctx) })
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
