package bots

import (
	"context"
	"math/rand/v2"
	"time"
)

// backoff returns how long to wait after the nth failure: 5 s, 10 s, … up to
// most, give or take a fifth.
func backoff(n int, most time.Duration) time.Duration {
	d := min(5*time.Second<<min(max(n, 1)-1, 20), most)
	return d + time.Duration((rand.Float64()-0.5)*0.4*float64(d))
}

// sleep waits for d or until ctx is done.
func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
