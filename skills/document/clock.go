package document

import (
	"sync"
	"time"
)

// A clock calls a function once its time is used up. It stands still between
// pause and resume, which nest: time that others take is not counted.
type clock struct {
	mu     sync.Mutex
	left   time.Duration
	paused int
	since  time.Time
	timer  *time.Timer
}

func newClock(d time.Duration, expire func()) *clock {
	return &clock{left: d, since: time.Now(), timer: time.AfterFunc(d, expire)}
}

func (c *clock) pause() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paused++; c.paused == 1 && c.timer.Stop() {
		c.left -= time.Since(c.since)
	}
}

func (c *clock) resume() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.paused--; c.paused == 0 {
		c.since = time.Now()
		c.timer.Reset(max(c.left, 0))
	}
}

func (c *clock) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paused++ // a late resume starts nothing
	c.timer.Stop()
}
