package storage

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

var errReadOnly = errors.New("storage: the transaction only reads")

func (t *boltTx) Get(key string) (value []byte, err error) {
	defer t.catch(t.ours(), &err)
	v := t.tx.Bucket(bucketValues).Get([]byte(key))
	if v == nil || expired(v, time.Now()) {
		return nil, ErrNone
	}
	return append([]byte{}, v[8:]...), nil
}

func (t *boltTx) Put(key string, value []byte, keep time.Duration) (err error) {
	defer t.catch(t.ours(), &err)
	if err := checkName("key", key); err != nil {
		return err
	}
	if !t.tx.Writable() {
		return errReadOnly
	}
	if value == nil || keep < 0 {
		return t.deleteValue([]byte(key))
	}
	until := make([]byte, 8) // zero: does not expire
	if keep > 0 {
		until = stamp(time.Now().Add(keep))
	}
	values, expiry := t.tx.Bucket(bucketValues), t.tx.Bucket(bucketExpiry)
	t.writes++
	if old := values.Get([]byte(key)); old != nil {
		if err := expiry.Delete(expiryKey(old, key)); err != nil {
			return fmt.Errorf("storage: put: %w", err)
		}
	}
	v := append(until, value...)
	if keep > 0 {
		if err := expiry.Put(expiryKey(v, key), nil); err != nil {
			return fmt.Errorf("storage: put: %w", err)
		}
	}
	if err := values.Put([]byte(key), v); err != nil {
		return fmt.Errorf("storage: put: %w", err)
	}
	return nil
}

// deleteValue deletes a value and its place in the order of expiry.
func (t *boltTx) deleteValue(key []byte) error {
	values := t.tx.Bucket(bucketValues)
	old := values.Get(key)
	if old == nil {
		return nil
	}
	t.writes++
	if err := t.tx.Bucket(bucketExpiry).Delete(expiryKey(old, string(key))); err != nil {
		return fmt.Errorf("storage: delete: %w", err)
	}
	if err := values.Delete(key); err != nil {
		return fmt.Errorf("storage: delete: %w", err)
	}
	return nil
}

func (t *boltTx) Each(prefix string, fn func(key string, value []byte) error) (err error) {
	user := t.ours()
	defer t.catch(user, &err)
	var c *bbolt.Cursor
	var k, v []byte
	seek := func(to string) {
		c = t.tx.Bucket(bucketValues).Cursor()
		k, v = c.Seek([]byte(to))
	}
	for seek(prefix); bytes.HasPrefix(k, []byte(prefix)) && k != nil; {
		if expired(v, time.Now()) {
			k, v = c.Next()
			continue
		}
		key, before := string(k), t.writes
		value := append([]byte{}, v[8:]...)
		t.user = user
		err := fn(key, value)
		t.user = false
		if err != nil {
			return err
		}
		if t.writes == before {
			k, v = c.Next()
			continue
		}
		// A cursor does not survive a change of its bucket.
		if seek(key); string(k) == key {
			k, v = c.Next()
		}
	}
	return nil
}

// expired reports whether a stored value, which begins with when it expires, is
// no longer to be seen.
func expired(v []byte, now time.Time) bool {
	until := binary.BigEndian.Uint64(v)
	return until != 0 && int64(until) <= now.UnixMicro()
}

// expiryKey is the key in bucketExpiry of a stored value.
func expiryKey(v []byte, key string) []byte {
	return append(v[:8:8], key...)
}
