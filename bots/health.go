package bots

import (
	"context"
	"errors"
	"strings"
	"time"

	"amtsbote/storage"
)

const (
	probeEvery = 2 * time.Second // how often a store that could not be written is tried
	probeSize  = 64 << 10        // bytes that must find room before work goes on
)

// A storeError is the failure of the store itself, such as a full disk: nobody's
// fault who wrote, and of every write alike.
type storeError struct{ error }

func (e *storeError) Unwrap() error { return e.error }

// update is the store's Update. It remembers whether the store could be written:
// while it cannot, nothing is taken from the queues, since what came of the work
// could not be kept and would be done, or sent, again.
func (r *Runner) update(ctx context.Context, fn func(storage.Tx) error) error {
	var own error
	err := r.Store.Update(ctx, func(tx storage.Tx) error {
		own = fn(tx)
		return own
	})
	switch {
	case err == nil:
		r.setStoreDown(nil)
		return nil
	case errors.Is(err, storage.ErrFull):
	case errors.Is(err, storage.ErrLost), errors.Is(err, storage.ErrClosed), ctx.Err() != nil, own != nil:
		return err
	}
	r.setStoreDown(err)
	return &storeError{err}
}

func (r *Runner) setStoreDown(err error) {
	r.mu.Lock()
	before := r.storeDown
	r.storeDown = err
	r.mu.Unlock()
	switch {
	case before == nil && err != nil:
		select {
		case r.stuck <- struct{}{}:
		default:
		}
		r.Log.Error("the store cannot be written, work pauses", "err", err)
	case before != nil && err == nil:
		r.Log.Info("the store can be written again")
	}
}

// paused reports whether the store could not be written when last tried.
func (r *Runner) paused() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.storeDown != nil
}

// probe tries to write while the store cannot be written, so that work goes on
// by itself.
func (r *Runner) probe(ctx context.Context) {
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			return
		case <-r.stuck:
		}
		for r.paused() && ctx.Err() == nil {
			sleep(ctx, probeEvery)
			r.tryWrite(ctx)
		}
	}
}

// tryWrite writes something that takes some room, and deletes it again.
func (r *Runner) tryWrite(ctx context.Context) {
	k := key(kindProbe)
	err := r.update(ctx, func(tx storage.Tx) error { return tx.Put(k, make([]byte, probeSize), time.Hour) })
	if err == nil {
		_ = r.update(ctx, func(tx storage.Tx) error { return tx.Put(k, nil, 0) })
	}
}

// settle is update for what has been done already and cannot be taken back: it
// tries until it is kept, the lease is lost, or ctx is done.
func (r *Runner) settle(ctx context.Context, fn func(storage.Tx) error) error {
	for {
		err := r.update(context.WithoutCancel(ctx), fn)
		if _, down := errors.AsType[*storeError](err); !down || ctx.Err() != nil {
			return err
		}
		sleep(ctx, poll)
	}
}

// Ready returns why the bots cannot do all their work now, by connector or, for
// the store, by "storage"; empty: they can. The reasons have no content of messages.
func (r *Runner) Ready() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	reasons := map[string]string{}
	for name, err := range r.down {
		reasons[name] = line(err)
	}
	if r.storeDown != nil {
		reasons["storage"] = line(r.storeDown)
	}
	return reasons
}

// Alarms returns what a person must see to although the bots work, by connector
// and what it concerns.
func (r *Runner) Alarms() map[string]string {
	all := map[string]string{}
	for _, b := range r.bots {
		for _, c := range b.Connectors {
			if a, ok := c.(Alarmer); ok {
				for what, text := range a.Alarms() {
					all[c.Name()+" "+what] = text
				}
			}
		}
	}
	return all
}

// line returns the first line of an error: a panic's goes on with its stack.
func line(err error) string {
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}
