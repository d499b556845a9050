package mail

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

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
