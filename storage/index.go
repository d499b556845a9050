package storage

import (
	"bytes"
	"slices"
	"time"
)

// backlog is the lowest Prio of what is taken newest first.
const backlog = 2

// An index knows every item that waits or is taken, but not its data. It says
// which is next, and who holds what. Its methods need the lock of the store.
type index struct {
	queues map[string]*queue
}

// A queue of an index. An entry that can be taken now is in the heap of its
// owner, one that can be taken later, because it is leased or was given back, is
// in later, and one that is not the head of its group, or is pinned, in neither.
type queue struct {
	name           string
	items          map[string]*entry // by ID
	groups         map[string]*group
	levels         []*level // by Prio
	later          heapOf[*entry]
	oldest, newest *entry // of all, in the order added
	leased, parked int
}

// A group is the list of its entries in the order added.
type group struct{ head, tail *entry }

// A level holds what is due of one Prio. Whose turn it is stands first.
type level struct {
	prio   int
	turn   int // how many were taken
	items  int // how many entries it has, due or not
	owners map[string]*owner
	ready  heapOf[*owner] // those with heads
}

// An owner of items of one level.
type owner struct {
	level  *level
	served int // the turn at which it was served last; 0: never
	items  int // how many entries refer to it
	heads  heapOf[*entry]
	at     int // in level.ready
}

type place int

const (
	nowhere place = iota
	inLater
	inHeads
)

// An entry is an item in an index.
type entry struct {
	queue *queue
	owner *owner
	id    string
	group string
	seq   uint64
	time  time.Time
	added time.Time

	takes    int
	held     bool // taken, and not given back since; its lease may have passed
	leased   bool // held, and its lease has not been seen to pass
	pinned   bool // touched by the running transaction
	released bool // given back in the running transaction
	due      time.Time

	place        place
	at           int // in later or heads
	older, newer *entry
	prev, next   *entry // in its group
}

func newIndex() *index { return &index{queues: map[string]*queue{}} }

// queue returns the queue of a name, which it makes if need be.
func (x *index) queue(name string) *queue {
	q := x.queues[name]
	if q == nil {
		q = &queue{name: name, items: map[string]*entry{}, groups: map[string]*group{}}
		q.later = heapOf[*entry]{
			less: func(a, b *entry) bool { return a.due.Before(b.due) },
			at:   func(e *entry) *int { return &e.at },
		}
		x.queues[name] = q
	}
	return q
}

// find returns the entry of an item, or nil.
func (x *index) find(queue, id string) *entry {
	if q := x.queues[queue]; q != nil {
		return q.items[id]
	}
	return nil
}

// holder returns the entry of an item that was taken and is still the caller's,
// or nil. When it was added tells an item from a later one of the same ID.
func (x *index) holder(it Item) *entry {
	e := x.find(it.Queue, it.ID)
	if e == nil || !e.held || e.takes != it.Takes || !e.added.Equal(it.Added) {
		return nil
	}
	return e
}

// leave removes an item that left one of the buckets by queue.
func (x *index) leave(from []byte, queue, id string, now time.Time) {
	q := x.queue(queue)
	if bytes.Equal(from, bucketParked) {
		q.parked--
	} else if e := q.items[id]; e != nil {
		q.remove(e, now)
	}
}

// add appends an item to its queue and its group. Its due time must not lie
// before now unless it is zero.
func (q *queue) add(id string, r *record, due, now time.Time) {
	e := &entry{queue: q, id: id, group: r.group, seq: r.seq, time: r.time, added: r.added, due: due}
	e.owner = q.level(r.prio).owner(r.owner)
	e.owner.items++
	e.owner.level.items++
	q.items[id] = e
	if q.newest == nil {
		q.oldest = e
	} else {
		e.older, q.newest.newer = q.newest, e
	}
	q.newest = e
	if e.group != "" {
		g := q.groups[e.group]
		if g == nil {
			g = &group{head: e}
			q.groups[e.group] = g
		} else {
			e.prev, g.tail.next = g.tail, e
		}
		g.tail = e
	}
	q.schedule(e, now)
}

// remove takes an entry out of its queue; the next of its group becomes its head.
func (q *queue) remove(e *entry, now time.Time) {
	q.unschedule(e)
	q.unlease(e)
	delete(q.items, e.id)
	e.owner.items--
	e.owner.level.items--
	if e.older == nil {
		q.oldest = e.newer
	} else {
		e.older.newer = e.newer
	}
	if e.newer == nil {
		q.newest = e.older
	} else {
		e.newer.older = e.older
	}
	if e.group == "" {
		return
	}
	g := q.groups[e.group]
	if e.next == nil {
		g.tail = e.prev
	} else {
		e.next.prev = e.prev
	}
	if e.prev != nil {
		e.prev.next = e.next
		return
	}
	if g.head = e.next; g.head == nil {
		delete(q.groups, e.group)
		return
	}
	q.schedule(g.head, now)
}

// take leases the next entry that is due and whose Prio is at most that given, or
// returns nil.
func (q *queue) take(now time.Time, most int, lease time.Duration) *entry {
	q.promote(now)
	for _, l := range q.levels {
		if l.prio > most {
			break
		}
		if l.ready.Len() == 0 {
			continue
		}
		o := l.ready.list[0]
		e := o.heads.list[0]
		l.turn++
		o.served = l.turn
		q.unschedule(e)
		e.takes++
		e.held, e.leased = true, true
		q.leased++
		e.due = now.Add(lease)
		q.schedule(e, now)
		return e
	}
	return nil
}

// giveBack ends the hold on an entry, which is due again at the given time.
func (q *queue) giveBack(e *entry, due, now time.Time) {
	q.unschedule(e)
	q.unlease(e)
	e.held = false
	e.due = due
	q.schedule(e, now)
}

// renew lengthens the lease of a held entry.
func (q *queue) renew(e *entry, now time.Time, lease time.Duration) {
	q.unschedule(e)
	if !e.leased {
		e.leased = true
		q.leased++
	}
	e.due = now.Add(lease)
	q.schedule(e, now)
}

func (q *queue) unlease(e *entry) {
	if e.leased {
		e.leased = false
		q.leased--
	}
}

// promote makes ready what has become due. Nothing is moved before its time, so
// that each entry is moved once for each time that it was taken or given back.
func (q *queue) promote(now time.Time) {
	for q.later.Len() > 0 && !q.later.list[0].due.After(now) {
		e := q.later.list[0]
		q.unschedule(e)
		q.unlease(e)
		q.schedule(e, now)
	}
}

// schedule puts an entry where it belongs, if it can be taken now or later.
func (q *queue) schedule(e *entry, now time.Time) {
	switch {
	case e.pinned || e.prev != nil:
	case e.leased || e.due.After(now):
		e.place = inLater
		q.later.add(e)
	default:
		e.place = inHeads
		o := e.owner
		o.heads.add(e)
		if o.heads.Len() == 1 {
			o.level.ready.add(o)
		} else {
			o.level.ready.fix(o)
		}
	}
}

func (q *queue) unschedule(e *entry) {
	switch e.place {
	case inLater:
		q.later.remove(e)
	case inHeads:
		// The owner leaves before its last head does: others are compared by
		// their heads.
		o := e.owner
		if o.heads.Len() == 1 {
			o.level.ready.remove(o)
			o.heads.remove(e)
		} else {
			o.heads.remove(e)
			o.level.ready.fix(o)
		}
	}
	e.place = nowhere
}

// pin keeps an entry from being taken until it is unpinned.
func (q *queue) pin(e *entry) {
	q.unschedule(e)
	e.pinned = true
}

// unpin lets go of an entry, unless it has been removed meanwhile.
func (q *queue) unpin(e *entry, now time.Time) {
	e.pinned, e.released = false, false
	if q.items[e.id] == e && e.place == nowhere {
		q.schedule(e, now)
	}
}

func (q *queue) level(prio int) *level {
	i, ok := slices.BinarySearchFunc(q.levels, prio, func(l *level, p int) int { return l.prio - p })
	if ok {
		return q.levels[i]
	}
	l := &level{prio: prio, owners: map[string]*owner{}}
	l.ready = heapOf[*owner]{
		less: func(a, b *owner) bool {
			if a.served != b.served {
				return a.served < b.served
			}
			return l.before(a.heads.list[0], b.heads.list[0])
		},
		at: func(o *owner) *int { return &o.at },
	}
	q.levels = slices.Insert(q.levels, i, l)
	return l
}

func (l *level) owner(name string) *owner {
	o := l.owners[name]
	if o == nil {
		o = &owner{level: l}
		o.heads = heapOf[*entry]{less: l.before, at: func(e *entry) *int { return &e.at }}
		l.owners[name] = o
	}
	return o
}

// before reports whether the head a is to be taken before the head b.
func (l *level) before(a, b *entry) bool {
	if l.prio >= backlog && !a.time.Equal(b.time) {
		return a.time.After(b.time)
	}
	return a.seq < b.seq
}

// forget drops the owners that have no items, and with them when they were
// served last.
func (x *index) forget() {
	for _, q := range x.queues {
		for _, l := range q.levels {
			for name, o := range l.owners {
				if o.items == 0 {
					delete(l.owners, name)
				}
			}
		}
	}
}

// inherit takes over from an index of the same file who holds what, and how
// often it was taken.
func (x *index) inherit(old *index, now time.Time) {
	for name, q := range x.queues {
		for id, e := range q.items {
			was := old.find(name, id)
			if was == nil || was.seq != e.seq {
				continue
			}
			e.takes = was.takes
			if was.held && e.prev == nil {
				q.unschedule(e)
				e.held, e.leased, e.due = true, was.leased, was.due
				if e.leased {
					q.leased++
				}
				q.schedule(e, now)
			}
		}
	}
}
