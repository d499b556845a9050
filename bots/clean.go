package bots

import (
	"context"
	"time"
)

// compacter is a store whose freed pages keep their bytes until it is compacted.
type compacter interface {
	Compact(ctx context.Context) error
}

// clean forgets what has expired, at the start and every night at three; at night
// it also compacts the store and calls Night.
func (r *Runner) clean(ctx context.Context) {
	zone := time.UTC
	if len(r.bots) > 0 {
		zone = r.bots[0].Zone
	}
	for night := false; ctx.Err() == nil; night = true {
		if err := r.Store.Forget(ctx, time.Now().Add(-keepIDs)); err != nil && ctx.Err() == nil {
			r.Log.Error("cannot forget what has expired", "err", err)
		}
		if c, ok := r.Store.(compacter); ok && night {
			if err := c.Compact(ctx); err != nil && ctx.Err() == nil {
				r.Log.Error("cannot compact the store", "err", err)
			}
		}
		if night && r.Night != nil {
			if err := r.Night(ctx); err != nil && ctx.Err() == nil {
				r.Log.Error("cannot finish the night's work", "err", err)
			}
		}
		now := time.Now().In(zone)
		next := time.Date(now.Year(), now.Month(), now.Day(), 3, 0, 0, 0, zone)
		if !next.After(now) {
			next = next.AddDate(0, 0, 1)
		}
		sleep(ctx, next.Sub(now))
	}
}
