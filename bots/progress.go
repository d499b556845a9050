package bots

import (
	"context"
	"sync"
	"time"
)

// tell returns what Task.Tell is for a question: it passes progress on to
// connectors that can show it, at most once a second, and never waits for one.
func (r *Runner) tell(ctx context.Context, q *question) func(Progress) {
	typer, ok := q.c.(Typer)
	if !ok {
		return func(Progress) {}
	}
	var mu sync.Mutex
	var last time.Time
	to := q.m.address()
	show := func(p Progress) {
		mu.Lock()
		defer mu.Unlock()
		if ctx.Err() != nil || time.Since(last) < time.Second {
			return
		}
		last = time.Now()
		_ = safely(func() error { typer.Typing(ctx, to, p); return nil }) // costs no answer
	}
	show(Progress{})
	return show
}
