package matrix

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync"

	"maunium.net/go/mautrix/id"

	"amtsbote/bots"
)

// rooms runs what must not hold up the sync.
type rooms struct {
	once sync.Once
	wake chan struct{}
	work sync.WaitGroup
}

func (w *rooms) begin() {
	w.once.Do(func() { w.wake = make(chan struct{}, 1) })
}

// kick says that there is an invitation to follow.
func (w *rooms) kick() {
	w.begin()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *rooms) kicked() <-chan struct{} {
	w.begin()
	return w.wake
}

// background runs f beside the sync; wait waits for all of them.
func (w *rooms) background(f func()) {
	w.work.Go(func() {
		defer func() { _ = recover() }() // a courtesy ends nothing
		f()
	})
}

func (w *rooms) wait() { w.work.Wait() }

// errPanic is the error of what panicked.
var errPanic = errors.New("matrix: panic; see the log")

// guard, deferred in a goroutine, notes a panic, which would end the program, and
// calls then.
func (c *Connector) guard(then func()) {
	if v := recover(); v != nil {
		c.log.Error("panic", "panic", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
		then()
	}
}

// safely handles an event. One that makes it panic is passed over: it would do so
// again, and nobody would hear anything any more.
func (c *Connector) safely(which id.EventID, f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			c.figures.malformed.Add(1)
			c.log.Error("event passed over: it cannot be handled", "id", bots.LogID(string(which)), "panic", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
			err = nil
		}
	}()
	return f()
}
