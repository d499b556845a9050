package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"

	"go.etcd.io/bbolt"
)

// Buckets of the file. The first three hold one bucket per queue.
var (
	bucketWaiting = []byte("waiting") // ID → record: items that wait or are taken
	bucketParked  = []byte("parked")  // ID → record with reason
	bucketDone    = []byte("done")    // ID → when it was done or dropped
	bucketForget  = []byte("forget")  // when, queue, ID → nothing: the order in which done is forgotten
	bucketValues  = []byte("values")  // key → when it expires, value
	bucketExpiry  = []byte("expiry")  // when, key → nothing: the order in which values expire
	bucketMeta    = []byte("meta")    // "version" → decimal number

	keyVersion = []byte("version")
)

// A migration brings the file from one version of the schema to the next.
type migration func(*bbolt.Tx) error

// migrations holds at index n the step from version n to n+1. A new file is of
// version 0. Steps are never changed once released; testdata has a file of each
// version.
var migrations = []migration{
	func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{
			bucketWaiting, bucketParked, bucketDone, bucketForget, bucketValues, bucketExpiry,
		} {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		return nil
	},
}

var errForeign = errors.New("it is a bbolt file of another program")

// version returns the version of the schema of a file.
func version(tx *bbolt.Tx) (int, error) {
	meta := tx.Bucket(bucketMeta)
	if meta == nil {
		if k, _ := tx.Cursor().First(); k != nil {
			return 0, errForeign
		}
		return 0, nil
	}
	n, err := strconv.Atoi(string(meta.Get(keyVersion)))
	if err != nil || n < 1 {
		return 0, errForeign
	}
	return n, nil
}

// upgrade brings a file to the version after the last step, each step in a
// transaction of its own, so that one that is interrupted is simply run again.
func upgrade(db *bbolt.DB, path string, steps []migration) error {
	for {
		v := 0
		err := db.View(func(tx *bbolt.Tx) (err error) { v, err = version(tx); return err })
		if err != nil {
			return &damage{path, err}
		}
		if v > len(steps) {
			return fmt.Errorf("storage: %s was written by a newer version of this program (schema %d, known here up to %d): run that version, or restore the backup made before the upgrade",
				path, v, len(steps))
		}
		if v == len(steps) {
			return nil
		}
		err = db.Update(func(tx *bbolt.Tx) error {
			if err := steps[v](tx); err != nil {
				return err
			}
			meta, err := tx.CreateBucketIfNotExists(bucketMeta)
			if err != nil {
				return err
			}
			return meta.Put(keyVersion, []byte(strconv.Itoa(v+1)))
		})
		if err != nil {
			return fmt.Errorf("storage: upgrade %s from schema %d: %w", path, v, err)
		}
	}
}

// A record is an item as kept in the file.
type record struct {
	seq    uint64 // the order added, unique in the queue
	prio   int
	fails  int
	time   time.Time
	added  time.Time
	due    time.Time     // not to be taken before; zero: at once
	wait   time.Duration // what due was made of: bounds the wait if the clock was set back
	parked time.Time
	group  string
	owner  string
	reason string
	data   []byte
}

var errRecord = errors.New("record cannot be read")

// encode returns the record as bytes: how many numbers and texts there are, the
// numbers, the texts with their lengths, the data. Later versions add numbers
// and texts at the end; whoever does not know them skips them, and those that a
// record lacks are zero.
func (r *record) encode() []byte {
	numbers := [...]int64{
		int64(r.seq), int64(r.prio), int64(r.fails),
		r.time.Unix(), int64(r.time.Nanosecond()),
		r.added.Unix(), int64(r.added.Nanosecond()),
		r.due.Unix(), int64(r.due.Nanosecond()), int64(r.wait),
		r.parked.Unix(), int64(r.parked.Nanosecond()),
	}
	texts := [...]string{r.group, r.owner, r.reason}
	b := make([]byte, 0, 96+len(r.group)+len(r.owner)+len(r.reason)+len(r.data))
	b = append(b, byte(len(numbers)), byte(len(texts)))
	for _, n := range numbers {
		b = binary.AppendVarint(b, n)
	}
	for _, t := range texts {
		b = append(binary.AppendUvarint(b, uint64(len(t))), t...)
	}
	return append(b, r.data...)
}

// decode reads a record. Its data points into b.
func decode(b []byte) (record, error) {
	if len(b) < 2 {
		return record{}, errRecord
	}
	var numbers [12]int64
	var texts [3]string
	ns, ts := int(b[0]), int(b[1])
	b = b[2:]
	for i := range ns {
		n, size := binary.Varint(b)
		if size <= 0 {
			return record{}, errRecord
		}
		if b = b[size:]; i < len(numbers) {
			numbers[i] = n
		}
	}
	for i := range ts {
		n, size := binary.Uvarint(b)
		if size <= 0 || n > uint64(len(b)-size) {
			return record{}, errRecord
		}
		if i < len(texts) {
			texts[i] = string(b[size : size+int(n)])
		}
		b = b[size+int(n):]
	}
	at := func(i int) time.Time { return time.Unix(numbers[i], numbers[i+1]).UTC() }
	return record{
		seq: uint64(numbers[0]), prio: int(numbers[1]), fails: int(numbers[2]),
		time: at(3), added: at(5), due: at(7), wait: time.Duration(numbers[9]), parked: at(10),
		group: texts[0], owner: texts[1], reason: texts[2], data: b,
	}, nil
}

// item returns the record as an item that has not been taken. Its data is a copy.
func (r *record) item(queue, id string) Item {
	return Item{
		Queue: queue, ID: id, Group: r.group, Owner: r.owner, Prio: r.prio, Time: r.time,
		Data: append([]byte{}, r.data...), Fails: r.fails, Added: r.added,
	}
}

// stamp returns a time as a key that sorts by time, to the microsecond.
func stamp(t time.Time) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(t.UnixMicro()))
}

// forgetKey is the key of a finished item in bucketForget.
func forgetKey(t time.Time, queue, id string) []byte {
	b := binary.AppendUvarint(stamp(t), uint64(len(queue)))
	return append(append(b, queue...), id...)
}

// splitForgetKey returns the queue and the ID in a key of bucketForget.
func splitForgetKey(k []byte) (queue, id []byte, err error) {
	if len(k) < 8 {
		return nil, nil, errRecord
	}
	k = k[8:]
	n, size := binary.Uvarint(k)
	if size <= 0 || n > uint64(len(k)-size) {
		return nil, nil, errRecord
	}
	return k[size : size+int(n)], k[size+int(n):], nil
}

// checkNames refuses an item whose names a store cannot keep.
func checkNames(it Item) error {
	for _, n := range []struct{ what, name string }{{"queue", it.Queue}, {"ID", it.ID}} {
		if err := checkName(n.what, n.name); err != nil {
			return err
		}
	}
	if n := max(len(it.Group), len(it.Owner)); n > MaxName {
		return fmt.Errorf("storage: group or owner of %d bytes, at most %d", n, MaxName)
	}
	return nil
}

// checkName refuses what cannot be a key in a store.
func checkName(what, name string) error {
	if name == "" {
		return fmt.Errorf("storage: empty %s", what)
	}
	if len(name) > MaxName {
		return fmt.Errorf("storage: %s of %d bytes, at most %d", what, len(name), MaxName)
	}
	return nil
}
