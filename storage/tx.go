package storage

import (
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// boltTx is a Tx of a Bolt. The functions of one batch share it.
type boltTx struct {
	store   *Bolt
	tx      *bbolt.Tx
	writes  int                       // how often it was written to
	user    bool                      // a function that is not ours is running
	failed  error                     // for which the function must fail, whatever it returns
	changes []func(*index, time.Time) // to be made to the index once the transaction is on disk
	pinned  []*entry                  // to be unpinned when it ends
}

// ours notes that a method of ours begins, and returns what was noted before.
func (t *boltTx) ours() bool {
	was := t.user
	t.user = false
	return was
}

// catch ends a method. A panic of bbolt becomes the method's error, and that of
// the transaction.
func (t *boltTx) catch(was bool, err *error) {
	if t.user {
		return // the function given to Each panics
	}
	if p := recover(); p != nil {
		*err = &damage{t.store.path, p}
		t.failed = *err
		t.writes++ // nobody knows what was
	}
	t.user = was
}

// bucket returns the bucket of a queue in one of the buckets by queue, or nil.
func (t *boltTx) bucket(top []byte, queue string) *bbolt.Bucket {
	return t.tx.Bucket(top).Bucket([]byte(queue))
}

// get returns the record of an item in one of the buckets by queue, or ErrNone.
func (t *boltTx) get(top []byte, queue, id string) (record, error) {
	b := t.bucket(top, queue)
	if b == nil {
		return record{}, ErrNone
	}
	v := b.Get([]byte(id))
	if v == nil {
		return record{}, ErrNone
	}
	r, err := decode(v)
	if err != nil {
		return record{}, fmt.Errorf("storage: item: %w", err)
	}
	return r, nil
}

func (t *boltTx) put(top []byte, queue, id string, r *record) error {
	b, err := t.tx.Bucket(top).CreateBucketIfNotExists([]byte(queue))
	if err != nil {
		return fmt.Errorf("storage: write: %w", err)
	}
	t.writes++
	if err := b.Put([]byte(id), r.encode()); err != nil {
		return fmt.Errorf("storage: write: %w", err)
	}
	return nil
}

func (t *boltTx) delete(top []byte, queue, id string) error {
	t.writes++
	if err := t.bucket(top, queue).Delete([]byte(id)); err != nil {
		return fmt.Errorf("storage: delete: %w", err)
	}
	return nil
}

// change notes what is to be done to the index after the commit.
func (t *boltTx) change(f func(*index, time.Time)) { t.changes = append(t.changes, f) }

func (t *boltTx) Add(it Item) (added bool, err error) {
	defer t.catch(t.ours(), &err)
	if err := checkNames(it); err != nil {
		return false, err
	}
	if !t.tx.Writable() {
		return false, errReadOnly
	}
	for _, top := range [][]byte{bucketWaiting, bucketDone, bucketParked} {
		if b := t.bucket(top, it.Queue); b != nil && b.Get([]byte(it.ID)) != nil {
			return false, nil
		}
	}
	r := record{
		prio: it.Prio, time: it.Time, added: time.Now(),
		group: it.Group, owner: it.Owner, data: it.Data,
	}
	return true, t.append(it.Queue, it.ID, &r)
}

// append puts an item at the end of its queue, due at once.
func (t *boltTx) append(queue, id string, r *record) error {
	b, err := t.tx.Bucket(bucketWaiting).CreateBucketIfNotExists([]byte(queue))
	if err != nil {
		return fmt.Errorf("storage: add: %w", err)
	}
	t.writes++
	if r.seq, err = b.NextSequence(); err != nil {
		return fmt.Errorf("storage: add: %w", err)
	}
	meta := *r
	meta.data = nil
	t.change(func(x *index, now time.Time) { x.queue(queue).add(id, &meta, time.Time{}, now) })
	return t.put(bucketWaiting, queue, id, r)
}

func (t *boltTx) Done(it Item) (err error) {
	defer t.catch(t.ours(), &err)
	if _, err := t.held(it); err != nil {
		return err
	}
	return t.finish(bucketWaiting, it.Queue, it.ID)
}

// finish moves an item from waiting or parked to done.
func (t *boltTx) finish(from []byte, queue, id string) error {
	if err := t.delete(from, queue, id); err != nil {
		return err
	}
	done, err := t.tx.Bucket(bucketDone).CreateBucketIfNotExists([]byte(queue))
	if err != nil {
		return fmt.Errorf("storage: done: %w", err)
	}
	now := time.Now()
	if err := done.Put([]byte(id), stamp(now)); err != nil {
		return fmt.Errorf("storage: done: %w", err)
	}
	if err := t.tx.Bucket(bucketForget).Put(forgetKey(now, queue, id), nil); err != nil {
		return fmt.Errorf("storage: done: %w", err)
	}
	t.change(func(x *index, now time.Time) { x.leave(from, queue, id, now) })
	return nil
}

func (t *boltTx) Retry(it Item, wait time.Duration, fail bool) (err error) {
	defer t.catch(t.ours(), &err)
	r, err := t.held(it)
	if err != nil {
		return err
	}
	due := time.Now().Add(wait)
	r.due, r.wait = due, wait
	if fail {
		r.fails++
	}
	t.change(func(x *index, now time.Time) {
		if e := x.find(it.Queue, it.ID); e != nil {
			e.queue.giveBack(e, due, now)
		}
	})
	return t.put(bucketWaiting, it.Queue, it.ID, &r)
}

func (t *boltTx) Park(it Item, reason string) (err error) {
	defer t.catch(t.ours(), &err)
	r, err := t.held(it)
	if err != nil {
		return err
	}
	r.reason, r.parked = reason, time.Now()
	if err := t.put(bucketParked, it.Queue, it.ID, &r); err != nil {
		return err
	}
	t.change(func(x *index, now time.Time) {
		x.leave(bucketWaiting, it.Queue, it.ID, now)
		x.queue(it.Queue).parked++
	})
	return t.delete(bucketWaiting, it.Queue, it.ID)
}

func (t *boltTx) Drop(queue, id string) (dropped bool, err error) {
	defer t.catch(t.ours(), &err)
	if !t.tx.Writable() {
		return false, errReadOnly
	}
	for _, from := range [][]byte{bucketWaiting, bucketParked} {
		if b := t.bucket(from, queue); b != nil && b.Get([]byte(id)) != nil {
			return true, t.finish(from, queue, id)
		}
	}
	return false, nil
}

func (t *boltTx) Find(queue, id string) (it Item, err error) {
	defer t.catch(t.ours(), &err)
	r, err := t.get(bucketWaiting, queue, id)
	if errors.Is(err, ErrNone) {
		r, err = t.get(bucketParked, queue, id)
	}
	if err != nil {
		return Item{}, err
	}
	return r.item(queue, id), nil
}

func (t *boltTx) Replace(queue, id string, data []byte) (err error) {
	defer t.catch(t.ours(), &err)
	if !t.tx.Writable() {
		return errReadOnly
	}
	r, err := t.get(bucketWaiting, queue, id)
	if err != nil {
		return err
	}
	t.revoke(queue, id)
	r.data, r.due, r.wait = data, time.Time{}, 0
	t.change(func(x *index, now time.Time) {
		if e := x.find(queue, id); e != nil {
			e.queue.giveBack(e, time.Time{}, now)
		}
	})
	return t.put(bucketWaiting, queue, id, &r)
}

// unpark puts a parked item back to the end of its queue, as if it were new, and
// reports whether there was one.
func (t *boltTx) unpark(queue, id string) (bool, error) {
	r, err := t.get(bucketParked, queue, id)
	if errors.Is(err, ErrNone) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := t.delete(bucketParked, queue, id); err != nil {
		return false, err
	}
	t.change(func(x *index, now time.Time) { x.leave(bucketParked, queue, id, now) })
	return true, t.append(queue, id, &record{
		prio: r.prio, time: r.time, added: time.Now(),
		group: r.group, owner: r.owner, data: append([]byte{}, r.data...),
	})
}

// held returns the record of an item that the caller holds, whose hold ends with
// this transaction. The item is pinned, so that a lease that passes before the
// commit makes no difference.
func (t *boltTx) held(it Item) (record, error) {
	if !t.tx.Writable() {
		return record{}, errReadOnly
	}
	r, err := t.get(bucketWaiting, it.Queue, it.ID)
	if errors.Is(err, ErrNone) || err == nil && !t.release(it, r.seq) {
		t.failed = ErrLost
		return record{}, ErrLost
	}
	return r, err
}

// release pins an item that is held and ends the hold on it as far as this
// transaction goes. It reports false if the item is not the caller's.
func (t *boltTx) release(it Item, seq uint64) bool {
	t.store.mu.Lock()
	defer t.store.mu.Unlock()
	e := t.store.index.holder(it)
	if e == nil || e.released || e.seq != seq {
		return false
	}
	t.pin(e)
	e.released = true
	return true
}

// revoke pins an item and ends the hold on it, whose ever it is. An item that
// was added by this transaction cannot be held.
func (t *boltTx) revoke(queue, id string) {
	t.store.mu.Lock()
	defer t.store.mu.Unlock()
	if e := t.store.index.find(queue, id); e != nil {
		t.pin(e)
		e.released = true
	}
}

// pin keeps an item from being taken until the transaction ends.
func (t *boltTx) pin(e *entry) {
	if !e.pinned {
		e.queue.pin(e)
		t.pinned = append(t.pinned, e)
	}
}
