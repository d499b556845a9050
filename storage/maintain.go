package storage

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"go.etcd.io/bbolt"
)

// chunk is how many IDs or values are deleted in one transaction, so that nobody
// who writes meanwhile waits long.
const chunk = 200

// Forget implements Store. It deletes in small transactions; after an error some
// of it is done. It also forgets when owners without items were served last.
func (s *Bolt) Forget(ctx context.Context, t time.Time) error {
	forget := func(tx *boltTx, k []byte) error {
		queue, id, err := splitForgetKey(k)
		if err != nil {
			return err
		}
		return tx.delete(bucketDone, string(queue), string(id))
	}
	if err := s.sweep(ctx, bucketForget, t, forget); err != nil {
		return fmt.Errorf("storage: forget IDs: %w", err)
	}
	expire := func(tx *boltTx, k []byte) error { return tx.tx.Bucket(bucketValues).Delete(k[8:]) }
	if err := s.sweep(ctx, bucketExpiry, time.Now().Add(time.Microsecond), expire); err != nil {
		return fmt.Errorf("storage: forget values: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index.forget()
	return nil
}

// sweep deletes the keys of a bucket ordered by time that are older than t, and
// what they stand for.
func (s *Bolt) sweep(ctx context.Context, name []byte, t time.Time, del func(*boltTx, []byte) error) error {
	for more := true; more; {
		err := s.write(ctx, func(tx *boltTx) error {
			b := tx.tx.Bucket(name)
			var old [][]byte
			c := b.Cursor()
			for k, _ := c.First(); k != nil && before(k, t) && len(old) < chunk; k, _ = c.Next() {
				old = append(old, append([]byte{}, k...))
			}
			more = len(old) == chunk
			for _, k := range old {
				tx.writes++
				if err := del(tx, k); err != nil {
					return err
				}
				if err := b.Delete(k); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// before reports whether a key that begins with a time is older than t.
func before(k []byte, t time.Time) bool {
	return int64(binary.BigEndian.Uint64(k)) < t.UnixMicro()
}

// Parked is an item that was kept aside.
type Parked struct {
	Item          // without Data, which Find returns
	Reason string // as given to Park
	Since  time.Time
}

// Parked lists the parked items of a queue, or of all if queue is empty, by
// queue and ID. Drop removes one for good.
func (s *Bolt) Parked(ctx context.Context, queue string) ([]Parked, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var all []Parked
	err := s.view(new(bool), func(tx *bbolt.Tx) error {
		top := tx.Bucket(bucketParked)
		return top.ForEachBucket(func(name []byte) error {
			if queue != "" && queue != string(name) {
				return nil
			}
			return top.Bucket(name).ForEach(func(id, v []byte) error {
				r, err := decode(v)
				if err != nil {
					return err
				}
				r.data = nil
				it := r.item(string(name), string(id))
				it.Data = nil
				all = append(all, Parked{it, r.reason, r.parked})
				return nil
			})
		})
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// Unpark puts a parked item back to the end of its queue and its group, as if it
// had just been added, and reports whether there was one.
func (s *Bolt) Unpark(ctx context.Context, queue, id string) (found bool, err error) {
	err = s.write(ctx, func(t *boltTx) (err error) {
		found, err = t.unpark(queue, id)
		return err
	})
	return found && err == nil, err
}

// Backup writes a copy of the file as it is at one moment, which OpenBolt can
// open. Others go on reading and writing; the file grows by what they write
// until Backup is done.
func (s *Bolt) Backup(ctx context.Context, w io.Writer) error {
	cw := &ctxWriter{ctx: ctx, w: w}
	err := s.view(new(bool), func(tx *bbolt.Tx) error {
		_, err := tx.WriteTo(cw)
		return err
	})
	if cw.err != nil {
		err = cw.err // of which bbolt keeps only the text
	}
	if err != nil && !errors.Is(err, ErrClosed) {
		return fmt.Errorf("storage: backup: %w", err)
	}
	return err
}

// A ctxWriter writes until its context is done.
type ctxWriter struct {
	ctx context.Context
	w   io.Writer
	err error // the last
}

func (w *ctxWriter) Write(b []byte) (n int, err error) {
	if w.err = w.ctx.Err(); w.err == nil {
		n, w.err = w.w.Write(b)
	}
	return n, w.err
}

// Compact writes what is in the file to a new one and puts that in its place, so
// that deleted data no longer takes space and is no longer in the file. Reading
// and taking go on; writers wait, about a second for 100 MB. After a crash at
// any moment the file is the old or the new one, whole; a failure before the
// exchange leaves everything as it was.
func (s *Bolt) Compact(ctx context.Context) error {
	select {
	case s.writer <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	old, err := s.compact(ctx)
	<-s.writer
	if old != nil {
		err = errors.Join(err, old.close())
	}
	return err
}

// compact returns the file that it replaced. The caller has the right to write.
func (s *Bolt) compact(ctx context.Context) (*boltFile, error) {
	f, err := s.acquire()
	if err != nil {
		return nil, err
	}
	defer f.release()
	temp := s.path + compactSuffix
	_ = os.Remove(temp)
	if f.broken != nil {
		return nil, f.broken
	}
	fresh, err := s.copyTo(temp, f.db)
	if err != nil {
		_ = os.Remove(temp)
		return nil, err
	}
	// The new file is locked before it gets the name, so that at no moment
	// another process could open it.
	err = ctx.Err()
	if err == nil {
		err = os.Rename(temp, s.path)
	}
	if err != nil {
		_ = fresh.close()
		_ = os.Remove(temp)
		return nil, fmt.Errorf("storage: compact: %w", err)
	}
	return s.replace(fresh), syncDir(s.path)
}

// copyTo copies a database into a new file and returns that open, locked and on
// disk.
func (s *Bolt) copyTo(path string, from *bbolt.DB) (*boltFile, error) {
	f, err := openBbolt(path, os.O_RDWR|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return nil, err
	}
	f.db.NoSync = true // until all is there
	err = guard(s.path, new(bool), func() error { return bbolt.Compact(f.db, from, 1<<20) })
	if err == nil {
		err = f.db.Sync()
	}
	if err != nil {
		_ = f.close()
		return nil, fmt.Errorf("storage: compact: %w", err)
	}
	f.db.NoSync = from.NoSync
	return f, nil
}

// CompactBolt compacts a file that no process has open.
func CompactBolt(ctx context.Context, path string) error {
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("storage: %w", err)
	}
	s, err := OpenBolt(path)
	if err != nil {
		return err
	}
	return errors.Join(s.Compact(ctx), s.Close())
}
