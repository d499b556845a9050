package storage

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
)

// maxBatch bounds what one transaction holds in memory, and how much is repeated
// for a function that fails after it has written.
const maxBatch = 256

// A call is a function that waits to be run in a transaction.
type call struct {
	ctx  context.Context
	fn   func(*boltTx) error
	done chan error // has room for one, so that nobody waits for the caller
}

var (
	errAlone   = errors.New("storage: to be run in a transaction of its own")
	errNothing = errors.New("storage: nothing to commit")
)

// write runs fn in a transaction, perhaps together with others. Whoever finds
// nobody writing leads: it runs all that wait in one transaction, its own among
// them. While that is written to disk the next ones gather.
func (s *Bolt) write(ctx context.Context, fn func(*boltTx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c := &call{ctx, fn, make(chan error, 1)}
	s.callsMu.Lock()
	s.calls = append(s.calls, c)
	s.callsMu.Unlock()
	var err error
	select {
	case err = <-c.done:
	case s.writer <- struct{}{}:
		s.lead(c)
		err = <-c.done
	}
	if err == errAlone {
		return s.alone(c)
	}
	return err
}

// lead commits what waits until c has its answer. The caller has the right to
// write, which ends with lead.
func (s *Bolt) lead(c *call) {
	defer func() { <-s.writer }()
	for len(c.done) == 0 {
		s.callsMu.Lock()
		n := min(len(s.calls), maxBatch)
		calls := slices.Clone(s.calls[:n])
		s.calls = append(s.calls[:0], s.calls[n:]...)
		s.callsMu.Unlock()
		s.commit(calls)
	}
}

// commit runs calls in one transaction. A call that fails after it has written
// takes the transaction with it: it is set aside, and the others are run again.
// What is set aside, and a call that is the only one, is run by its caller.
func (s *Bolt) commit(calls []*call) {
	defer func() { // also when a function ends this goroutine, as t.FailNow does
		for _, c := range calls {
			c.done <- errAlone
		}
	}()
	for len(calls) > 1 {
		errs := make([]error, len(calls))
		bad := -1
		err := s.transact(func(t *boltTx) error {
			for i, c := range calls {
				before := t.writes
				errs[i] = c.tryRun(t)
				if errs[i] != nil && t.writes != before {
					bad = i
					return errs[i]
				}
			}
			return nil
		})
		if bad >= 0 {
			calls[bad].done <- errAlone
			calls = slices.Delete(calls, bad, bad+1)
			continue
		}
		for i, c := range calls {
			if err != nil {
				errs[i] = err
			}
			c.done <- errs[i]
		}
		calls = nil
	}
}

// alone runs a call in a transaction of its own, on the goroutine of its caller,
// so that a panic is where it belongs.
func (s *Bolt) alone(c *call) error {
	s.writer <- struct{}{}
	defer func() { <-s.writer }()
	return s.transact(c.run)
}

func (c *call) run(t *boltTx) error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	t.failed = nil
	if err := c.fn(t); err != nil {
		return err
	}
	return t.failed
}

// tryRun turns a panic into errAlone.
func (c *call) tryRun(t *boltTx) (err error) {
	defer func() {
		if recover() != nil {
			err = errAlone
		}
	}()
	return c.run(t)
}

// transact runs fn in a transaction and, once that is on disk, makes its changes
// to the index. It returns the error of fn as it is. The caller has the right to
// write.
func (s *Bolt) transact(fn func(*boltTx) error) error {
	f, err := s.acquire()
	if err != nil {
		return err
	}
	defer f.release()
	if f.broken != nil {
		return f.broken
	}
	if s.unsure {
		if err := s.reload(f); err != nil {
			return err
		}
	}
	t := &boltTx{store: s}
	defer t.unpin()
	var failed error // of fn
	err = guard(s.path, &t.user, func() error {
		return f.db.Update(func(tx *bbolt.Tx) error {
			t.tx = tx
			failed = fn(t)
			if failed == nil && t.writes == 0 {
				failed = errNothing // spares the commit
			}
			return failed
		})
	})
	if failed != nil {
		err = failed
	}
	switch {
	case err == nil:
		s.apply(t)
	case errors.As(err, new(*damage)):
		// bbolt may be locked for good; and what is damaged is better not
		// written to.
		f.broken = err
	case err == errNothing:
		return nil
	case failed == nil:
		// What was written may be on disk or not.
		s.unsure = true
		t.unpin()
		_ = s.reload(f) // else before the next transaction
		return commitError(err)
	}
	return err
}

// apply makes the changes of a transaction to the index.
func (s *Bolt) apply(t *boltTx) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for _, change := range t.changes {
		change(s.index, now)
	}
}

// unpin lets go of what the transaction touched. It comes after the changes to
// the index, or instead of them.
func (t *boltTx) unpin() {
	t.store.mu.Lock()
	defer t.store.mu.Unlock()
	now := time.Now()
	for _, e := range t.pinned {
		e.queue.unpin(e, now)
	}
	t.pinned = nil
}

// guard turns a panic of bbolt, or a fault on the mapped file, into an error.
// Panics that begin while user is true are somebody else's and go on.
func guard(path string, user *bool, f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if *user {
			return
		}
		if p := recover(); p != nil {
			err = &damage{path, p}
		}
	}()
	return f()
}

func commitError(err error) error {
	// bbolt keeps of some errors only the text.
	full := strings.Contains(err.Error(), syscall.ENOSPC.Error())
	if full || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return fmt.Errorf("storage: commit: %w", err)
}
