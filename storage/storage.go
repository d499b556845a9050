// Package storage keeps what a bot must not lose: messages it has yet to
// answer, replies it has yet to send, and small values such as conversations,
// sync tokens and positions in mailboxes.
//
// It knows nothing of bots. A queue holds items, an item holds bytes; values
// have a key and may expire. [Bolt] keeps them in one file for one process. The
// tests in storage_test.go are written as properties of any [Store], so that a
// second store can be held to the same.
//
// # Order
//
// Items of one group are taken one at a time, in the order added: the group's
// oldest unfinished item is its head, and only heads can be taken. Among the
// heads that are due, [Store.Take] prefers the lower Prio, and within one Prio
// the owner that was served least recently in that Prio, so that one owner with
// a thousand items delays another's by one item at most. Among the heads of one
// owner the oldest by the order added goes first; in the backlog (Prio 2 and
// above) the newest by Item.Time. Between owners that were served equally long
// ago, or never, the same rule decides, by the head that each would send.
//
// # Bolt
//
// What must survive a crash is in the file, what only matters to the running
// process is in memory:
//
//	file      items, values, IDs of finished items, counts of failures
//	memory    an index of the items: heads, groups, owners, leases
//
// The file is locked, so whoever opens it knows that nobody holds a lease, and
// the index begins with every item free. Take and Renew therefore write nothing;
// they cost a few steps in heaps, however many items wait. A transaction
// collects what it changes in the index, and only after it is on disk are the
// changes made there, in the order of the commits. Until then the items it
// touched are pinned: they cannot be taken. So a lease that was good when Done
// looked at it is good when the transaction commits.
//
// Updates that come while another is being written share the next transaction,
// and its two fsyncs. bbolt's own Batch was measured and not taken: it makes a
// lone writer wait for its timer (1 ms, where a commit takes half of that), and
// it repeats all for one function that fails, even one that wrote nothing. For
// 32 writers it was slower as well; BenchmarkFloor keeps the comparison.
//
// Refused too: leases in the file (a commit more for each message), and SQLite
// (writers do not share a commit, and there is nothing here to ask in SQL).
package storage

import (
	"context"
	"errors"
	"math"
	"time"
)

var (
	// ErrNone is returned by Take when no item is due, by Get when a key has no
	// value, and by Find and Replace when there is no such item.
	ErrNone = errors.New("storage: nothing there")

	// ErrLost is returned by Done, Retry, Park and Renew when the lease of an
	// item ran out and it has been taken again since, when it was given back,
	// dropped or replaced. A transaction in which it was returned is never
	// committed: Update returns ErrLost even if its function returns nil.
	ErrLost = errors.New("storage: lease lost")

	// ErrFull is wrapped by the error of Update when there is no space left on
	// the disk. Nothing was kept; the store goes on once there is space again.
	ErrFull = errors.New("storage: the disk is full")

	// ErrInUse is wrapped by the error of opening a file that another process
	// has open.
	ErrInUse = errors.New("is in use by another process")

	// ErrClosed is returned by every method of a Store that has been closed.
	ErrClosed = errors.New("storage: closed")
)

// MaxName is the most bytes that a Queue, an ID, a Group, an Owner or the key
// of a value may have. Queue, ID and keys must not be empty.
const MaxName = 1024

// AnyPrio has [Store.Take] return items of every Prio.
const AnyPrio = math.MaxInt

// An Item is an entry in a queue.
type Item struct {
	Queue string
	ID    string    // unique in its queue, even after the item is done
	Group string    // items of one group are taken one at a time; empty: the item is its own group
	Owner string    // whose work it is: Take is fair among owners
	Prio  int       // 0 a person waits, 1 mail, 2 backlog; lower goes first
	Time  time.Time // when the message was written; orders the backlog
	Data  []byte

	Takes int       // how often it has been taken; the fence of its lease, set by Take
	Fails int       // how often it was given back because of an error, set by Take
	Added time.Time // when it was added, set by Take
}

// A Store holds queues and values. Its methods may be called concurrently.
type Store interface {
	// Update runs fn in one transaction. If fn returns an error, nothing that
	// fn did is kept and Update returns that error. When Update returns nil,
	// what fn did is on disk. fn may run more than once and on another
	// goroutine, must have no effects but through its Tx, must not keep the Tx
	// and must not call the Store. If fn panics, so does Update. A transaction
	// that has begun is finished even if ctx is done meanwhile.
	Update(ctx context.Context, fn func(Tx) error) error

	// View runs fn in a transaction that only reads: Get, Each and Find. The
	// other methods of its Tx return an error.
	View(ctx context.Context, fn func(Tx) error) error

	// Take leases the next due item of a queue whose Prio is at most that given
	// to the caller, or returns ErrNone. Until the lease has passed nobody else
	// is given the item or a later one of its group. The cost does not grow with
	// what waits.
	Take(ctx context.Context, queue string, most int, lease time.Duration) (Item, error)

	// Renew lengthens the lease of a taken item to lease from now. It returns
	// ErrLost if the caller no longer holds the item.
	Renew(ctx context.Context, it Item, lease time.Duration) error

	// Forget deletes the IDs of items that were done or dropped before t, and
	// values that have expired.
	Forget(ctx context.Context, t time.Time) error

	// Stats counts what is in each queue.
	Stats(ctx context.Context) ([]QueueStats, error)

	// Close waits for running transactions and closes the store.
	Close() error
}

// QueueStats are the figures of one queue at one moment.
type QueueStats struct {
	Queue  string
	Ready  int       // waiting, leased ones left out
	Leased int       // being worked on
	Parked int       // kept aside for the operator
	Oldest time.Time // when the oldest waiting or leased item was added; zero: none
	// ByPrio is how many of the waiting and leased ones have the Prio 0, 1, and 2
	// or more.
	ByPrio [3]int
}

// A Tx is a transaction on a Store.
type Tx interface {
	// Add puts an item into its queue and reports whether it did: an item whose
	// ID the queue already knows, waiting, parked, done or dropped, is not
	// added again. Takes, Fails and Added are ignored. The names of an item
	// have at most MaxName bytes, of any kind.
	Add(it Item) (bool, error)

	// Done removes an item that was taken. Its ID stays known until Forget, its
	// data does not.
	Done(it Item) error

	// Retry gives back an item that was taken, to be due after wait. The rest
	// of its group waits with it. fail counts the return as an error.
	Retry(it Item, wait time.Duration, fail bool) error

	// Park keeps an item that was taken aside, with the reason, for the
	// operator; its group goes on without it.
	Park(it Item, reason string) error

	// Drop removes an item that waits, is taken or is parked, and reports
	// whether there was one. Its ID stays known as if it were done. Whoever
	// holds it gets ErrLost at the next renewal.
	Drop(queue, id string) (bool, error)

	// Find returns an item that waits, is taken or is parked, or ErrNone.
	Find(queue, id string) (Item, error)

	// Replace changes the data of an item that waits or is taken; whoever holds
	// it gets ErrLost at the next renewal and the item is due at once. It
	// returns ErrNone if there is no such item.
	Replace(queue, id string, data []byte) error

	// Get returns the value of a key, or ErrNone. The caller may keep it.
	Get(key string) ([]byte, error)

	// Put sets the value of a key, to expire after keep. Zero keeps it until it
	// is deleted. A nil value or a negative keep deletes the key.
	Put(key string, value []byte, keep time.Duration) error

	// Each calls fn for every value whose key begins with prefix, in the order
	// of the keys' bytes, until fn returns an error, which Each returns. fn may
	// Put the key it was called with (also nil), and no other.
	Each(prefix string, fn func(key string, value []byte) error) error
}
