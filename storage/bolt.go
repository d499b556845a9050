package storage

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// Bolt is a Store in a single file, for a single process. The package comment
// says how it works. Beside Store it has what belongs to a file: Compact and
// Backup, and for the operator Parked and Unpark.
type Bolt struct {
	path   string
	writer chan struct{} // whose element is the right to write
	unsure bool          // a commit failed, the index may differ from the file; goes with writer

	callsMu sync.Mutex
	calls   []*call

	mu    sync.Mutex
	index *index
	file  *boltFile // nil: closed
}

var _ Store = (*Bolt)(nil)

// A boltFile is an open file and those who use it. Compact replaces it.
type boltFile struct {
	db     *bbolt.DB
	raw    *os.File // what db has open
	users  sync.WaitGroup
	broken error // damage was noticed, nothing is written any more; goes with writer
}

func (f *boltFile) release() { f.users.Done() }

// close waits for the last user. The file must have been replaced before.
func (f *boltFile) close() error {
	f.users.Wait()
	if f.broken != nil {
		return f.raw.Close() // bbolt might hang; the lock goes when the process ends
	}
	return f.db.Close()
}

// acquire returns the open file, to be released, or ErrClosed.
func (s *Bolt) acquire() (*boltFile, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil, ErrClosed
	}
	s.file.users.Add(1)
	return s.file, nil
}

// replace makes another file the open one; nil closes the store.
func (s *Bolt) replace(f *boltFile) (old *boltFile) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, s.file = s.file, f
	return old
}

// Close implements Store. Closing twice does no harm.
func (s *Bolt) Close() error {
	s.writer <- struct{}{}
	old := s.replace(nil)
	<-s.writer
	if old == nil {
		return nil
	}
	return old.close()
}

// Update implements Store.
func (s *Bolt) Update(ctx context.Context, fn func(Tx) error) error {
	return s.write(ctx, func(t *boltTx) error {
		t.user = true
		err := fn(t)
		t.user = false
		return err
	})
}

// View implements Store. It does not wait for writers, nor they for it.
func (s *Bolt) View(ctx context.Context, fn func(Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t := &boltTx{store: s}
	return s.view(&t.user, func(tx *bbolt.Tx) error {
		t.tx, t.user = tx, true
		err := fn(t)
		t.user = false
		return err
	})
}

// view runs fn in a transaction that only reads. *user says whether fn is at
// something that is not ours.
func (s *Bolt) view(user *bool, fn func(*bbolt.Tx) error) error {
	f, err := s.acquire()
	if err != nil {
		return err
	}
	defer f.release()
	return guard(s.path, user, func() error { return f.db.View(fn) })
}

// Take implements Store.
func (s *Bolt) Take(ctx context.Context, queue string, most int, lease time.Duration) (Item, error) {
	for {
		if err := ctx.Err(); err != nil {
			return Item{}, err
		}
		e, takes, err := s.lease(queue, most, lease)
		if err != nil {
			return Item{}, err
		}
		it, err := s.read(e)
		it.Takes = takes
		if err == nil {
			return it, nil
		}
		if !errors.Is(err, ErrNone) {
			s.giveBack(e, takes)
			return Item{}, err
		}
		// It was dropped after it was leased and before it was read.
	}
}

// read returns the item of an entry, or ErrNone if it is no longer there; another
// one may have its ID by now.
func (s *Bolt) read(e *entry) (it Item, err error) {
	err = s.view(new(bool), func(tx *bbolt.Tx) error {
		r, err := (&boltTx{store: s, tx: tx}).get(bucketWaiting, e.queue.name, e.id)
		if err == nil && r.seq != e.seq {
			err = ErrNone
		}
		it = r.item(e.queue.name, e.id)
		return err
	})
	return it, err
}

// lease leases the next item in the index.
func (s *Bolt) lease(queue string, most int, lease time.Duration) (*entry, int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil, 0, ErrClosed
	}
	if q := s.index.queues[queue]; q != nil {
		if e := q.take(time.Now(), most, lease); e != nil {
			return e, e.takes, nil
		}
	}
	return nil, 0, ErrNone
}

// giveBack ends a lease of which nobody has been told.
func (s *Bolt) giveBack(e *entry, takes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); e.queue.items[e.id] == e && e.takes == takes {
		e.queue.giveBack(e, now, now)
	}
}

// Renew implements Store.
func (s *Bolt) Renew(ctx context.Context, it Item, lease time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return ErrClosed
	}
	e := s.index.holder(it)
	if e == nil {
		return ErrLost
	}
	e.queue.renew(e, time.Now(), lease)
	return nil
}

// Stats implements Store. It reads the index only.
func (s *Bolt) Stats(ctx context.Context) ([]QueueStats, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil, ErrClosed
	}
	var all []QueueStats
	for name, q := range s.index.queues {
		q.promote(time.Now())
		st := QueueStats{Queue: name, Ready: len(q.items) - q.leased, Leased: q.leased, Parked: q.parked}
		for _, l := range q.levels {
			st.ByPrio[min(max(l.prio, 0), backlog)] += l.items
		}
		if q.oldest != nil {
			st.Oldest = q.oldest.added.UTC()
		}
		all = append(all, st)
	}
	slices.SortFunc(all, func(a, b QueueStats) int { return strings.Compare(a.Queue, b.Queue) })
	return all, nil
}

// reload reads the index from the file again and keeps the leases. The caller
// has the right to write.
func (s *Bolt) reload(f *boltFile) error {
	x := newIndex()
	err := guard(s.path, new(bool), func() error { return f.db.View(x.load) })
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x.inherit(s.index, time.Now())
	s.index = x
	s.unsure = false
	return nil
}
