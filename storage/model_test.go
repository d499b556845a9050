package storage

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// A model says what a Store must do, as plainly as can be: one list, searched
// from the start.
type model struct {
	items  []*modelItem // that wait, are taken or are parked, in the order added
	done   map[string]time.Time
	values map[string]modelValue
	served map[string]int // owner and Prio → turn
	turn   int
}

type modelItem struct {
	Item
	key    string // queue and ID
	due    time.Time
	held   bool
	parked bool
}

type modelValue struct {
	value []byte
	until time.Time
}

func newModel() *model {
	return &model{done: map[string]time.Time{}, values: map[string]modelValue{}, served: map[string]int{}}
}

func (m *model) find(key string) *modelItem {
	for _, it := range m.items {
		if it.key == key {
			return it
		}
	}
	return nil
}

// take returns what Take must return, or nil.
func (m *model) take(queue string, now time.Time, most int, lease time.Duration) *modelItem {
	var best *modelItem
	turn := func(it *modelItem) int { return m.served[fmt.Sprint(queue, it.Prio, it.Owner)] }
	better := func(a, b *modelItem) bool {
		if a.Prio != b.Prio {
			return a.Prio < b.Prio
		}
		if a.Owner != b.Owner && turn(a) != turn(b) {
			return turn(a) < turn(b)
		}
		return a.Prio >= 2 && a.Time.After(b.Time) // else the older, which comes first
	}
	busy := map[string]bool{}
	for _, it := range m.items {
		if it.Queue != queue || it.parked || it.Group != "" && busy[it.Group] {
			continue
		}
		busy[it.Group] = true
		if it.Prio <= most && !it.due.After(now) && (best == nil || better(it, best)) {
			best = it
		}
	}
	if best != nil {
		m.turn++
		m.served[fmt.Sprint(queue, best.Prio, best.Owner)] = m.turn
		best.held = true
		best.Takes++
		best.due = now.Add(lease)
	}
	return best
}

// holds returns the item if its taker still has it.
func (m *model) holds(it Item) *modelItem {
	mine := m.find(it.Queue + it.ID)
	if mine == nil || mine.parked || !mine.held || mine.Takes != it.Takes || !mine.Added.Equal(it.Added) {
		return nil
	}
	return mine
}

func (m *model) remove(it *modelItem) {
	m.items = slices.DeleteFunc(m.items, func(o *modelItem) bool { return o == it })
}

// restart is what opening the store again does.
func (m *model) restart() {
	m.served = map[string]int{}
	for _, it := range m.items {
		it.Takes = 0
		if it.held {
			it.held, it.due = false, time.Time{}
		}
	}
}

// A trial runs random operations on a store and the model of it.
type trial struct {
	*testing.T
	r     *rand.Rand
	s     Store
	m     *model
	taken []Item // ever, the latest last
}

// TestModel compares stores with the model. A failure prints its seed.
func TestModel(t *testing.T) {
	rounds, seed := 4, uint64(time.Now().UnixNano())
	for i := range rounds {
		t.Run(fmt.Sprintf("seed %d", seed+uint64(i)), func(t *testing.T) { runModel(t, seed+uint64(i), 1200) })
	}
	for _, known := range []uint64{1, 2} {
		t.Run(fmt.Sprintf("seed %d", known), func(t *testing.T) { runModel(t, known, 1200) })
	}
}

func runModel(t *testing.T, seed uint64, steps int) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "bot.db")
		s := openAt(t, path)
		x := &trial{T: t, r: rand.New(rand.NewPCG(seed, 0)), s: s, m: newModel()}
		for step := range steps {
			switch x.r.IntN(60) {
			case 0: // restart
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				s = openAt(t, path)
				x.s = s
				x.m.restart()
				x.taken = nil
			case 1:
				if err := s.Compact(t.Context()); err != nil {
					t.Fatal(err)
				}
			case 2:
				x.unpark(s)
			default:
				x.step()
			}
			if t.Failed() {
				t.Fatalf("after %d steps", step+1)
			}
		}
		x.compare()
	})
}

func (x *trial) pick(of ...string) string { return of[x.r.IntN(len(of))] }

func (x *trial) step() {
	switch n := x.r.IntN(20); {
	case n < 5:
		x.take()
	case n < 6:
		time.Sleep(time.Duration(x.r.IntN(40)) * time.Second)
	case n < 8:
		x.renew()
	case n < 9:
		x.forget()
	case n < 10:
		x.compare()
	default:
		x.update()
	}
}

func (x *trial) take() {
	queue := x.pick("q", "r")
	most := AnyPrio
	if x.r.IntN(3) == 0 {
		most = x.r.IntN(4)
	}
	want := x.m.take(queue, time.Now(), most, time.Minute)
	got, err := x.s.Take(x.Context(), queue, most, time.Minute)
	if want == nil {
		if !errors.Is(err, ErrNone) {
			x.Errorf("took %s, %v, want ErrNone", got.ID, err)
		}
		return
	}
	if err != nil {
		x.Errorf("take: %v, want %s", err, want.ID)
		return
	}
	x.same(got, want.Item)
	x.taken = append(x.taken, got)
}

// same compares items. The data of the model's is never changed in place.
func (x *trial) same(got, want Item) {
	x.Helper()
	if got.Queue != want.Queue || got.ID != want.ID || got.Group != want.Group || got.Owner != want.Owner ||
		got.Prio != want.Prio || !got.Time.Equal(want.Time) || !bytes.Equal(got.Data, want.Data) ||
		got.Takes != want.Takes || got.Fails != want.Fails || !got.Added.Equal(want.Added) {
		x.Errorf("got %+v, want %+v", got, want)
	}
}

func (x *trial) renew() {
	if len(x.taken) == 0 {
		return
	}
	it := x.taken[x.r.IntN(len(x.taken))]
	lease := time.Duration(x.r.IntN(90)) * time.Second
	err := x.s.Renew(x.Context(), it, lease)
	if mine := x.m.holds(it); mine != nil && err == nil {
		mine.due = time.Now().Add(lease)
	} else if (mine == nil) != errors.Is(err, ErrLost) {
		x.Errorf("renew %s: %v", it.ID, err)
	}
}

func (x *trial) forget() {
	cut := time.Now().Add(-time.Minute)
	if err := x.s.Forget(x.Context(), cut); err != nil {
		x.Error(err)
	}
	maps.DeleteFunc(x.m.done, func(_ string, at time.Time) bool { return at.Before(cut) })
	// Owners without items count as never served.
	maps.DeleteFunc(x.m.served, func(key string, _ int) bool {
		return !slices.ContainsFunc(x.m.items, func(it *modelItem) bool {
			return !it.parked && key == fmt.Sprint(it.Queue, it.Prio, it.Owner)
		})
	})
}

// update runs up to four operations in one transaction, which may be given up.
func (x *trial) update() {
	giveUp := errors.New("given up")
	ops := make([]func(Tx) error, 1+x.r.IntN(4))
	lost := false
	for i := range ops {
		ops[i] = x.op(&lost)
	}
	fail := x.r.IntN(6) == 0
	saved := x.m.clone()
	err := x.s.Update(x.Context(), func(tx Tx) error {
		x.m.set(saved.clone())
		lost = false
		for _, op := range ops {
			if err := op(tx); err != nil {
				return err
			}
		}
		if fail {
			return giveUp
		}
		return nil
	})
	switch {
	case err == nil && !fail && !lost:
		return
	case lost && errors.Is(err, ErrLost), fail && !lost && errors.Is(err, giveUp):
		x.m.set(saved)
	default:
		x.Errorf("update: %v, given up %v, lost %v", err, fail, lost)
	}
}

func (m *model) clone() *model {
	c := &model{done: maps.Clone(m.done), values: maps.Clone(m.values), served: maps.Clone(m.served), turn: m.turn}
	for _, it := range m.items {
		twin := *it
		c.items = append(c.items, &twin)
	}
	return c
}

func (m *model) set(to *model) { *m = *to }

// op returns a random operation that changes store and model alike and returns
// an error where they differ. What is random is chosen now, since a transaction
// may run more than once.
func (x *trial) op(lost *bool) func(Tx) error {
	queue := x.pick("q", "r")
	id := string(rune('a' + x.r.IntN(26)))
	data := fmt.Appendf(nil, "%d", x.r.Uint64())
	wait := time.Duration(x.r.IntN(60)) * time.Second
	n := x.r.IntN(1 << 20)
	it := Item{
		Queue: queue, ID: id, Group: x.pick("", "", "g", "h"), Owner: x.pick("", "a", "b", "c"),
		Prio: x.r.IntN(4), Time: time.Unix(int64(x.r.IntN(5)), 0), Data: data,
	}
	switch k := x.r.IntN(13); {
	case k < 4:
		return func(tx Tx) error { return x.opAdd(tx, it) }
	case k < 9:
		use := []func(Tx, Item, *modelItem) error{x.opDone, x.opDone, x.opPark, x.opRetry(wait, n%2 == 1), x.opRetry(wait, n%2 == 1)}[k-4]
		return func(tx Tx) error { return x.opHeld(tx, n, lost, use) }
	case k < 10:
		return func(tx Tx) error { return x.opDrop(tx, queue, id) }
	case k < 11:
		return func(tx Tx) error { return x.opReplace(tx, queue, id, data) }
	}
	if n%3 == 0 {
		data = nil
	}
	return func(tx Tx) error { return x.opPut(tx, id, data, wait) }
}

func (x *trial) opAdd(tx Tx, it Item) error {
	key := it.Queue + it.ID
	ok, err := tx.Add(it)
	_, done := x.m.done[key]
	if known := done || x.m.find(key) != nil; ok == known {
		return fmt.Errorf("add %s: %v", key, ok)
	}
	if ok {
		it.Added = time.Now()
		x.m.items = append(x.m.items, &modelItem{Item: it, key: key})
	}
	return err
}

// opHeld uses one of the items that were taken last, whether its lease is still
// good or not. If it is not, use gets an item that is not the model's.
func (x *trial) opHeld(tx Tx, n int, lost *bool, use func(tx Tx, it Item, mine *modelItem) error) error {
	if len(x.taken) == 0 {
		return nil
	}
	it := x.taken[max(0, len(x.taken)-1-n%6)]
	mine := x.m.holds(it)
	if mine == nil {
		mine = &modelItem{}
		if err := use(tx, it, mine); !errors.Is(err, ErrLost) {
			return fmt.Errorf("lease of %s is good, should be lost: %w", it.ID, err)
		}
		*lost = true
		return ErrLost
	}
	return use(tx, it, mine)
}

func (x *trial) opDone(tx Tx, it Item, mine *modelItem) error {
	if mine.key != "" {
		x.m.remove(mine)
		x.m.done[mine.key] = time.Now()
	}
	return tx.Done(it)
}

func (x *trial) opPark(tx Tx, it Item, mine *modelItem) error {
	mine.held, mine.parked = false, true
	return tx.Park(it, "odd")
}

func (x *trial) opRetry(wait time.Duration, fail bool) func(Tx, Item, *modelItem) error {
	return func(tx Tx, it Item, mine *modelItem) error {
		mine.held, mine.due = false, time.Now().Add(wait)
		if fail {
			mine.Fails++
		}
		return tx.Retry(it, wait, fail)
	}
}

func (x *trial) opDrop(tx Tx, queue, id string) error {
	mine := x.m.find(queue + id)
	if mine != nil {
		x.m.remove(mine)
		x.m.done[mine.key] = time.Now()
	}
	ok, err := tx.Drop(queue, id)
	if ok != (mine != nil) {
		return fmt.Errorf("drop %s: %v", queue+id, ok)
	}
	return err
}

func (x *trial) opReplace(tx Tx, queue, id string, data []byte) error {
	mine := x.m.find(queue + id)
	err := tx.Replace(queue, id, data)
	if mine == nil || mine.parked {
		if !errors.Is(err, ErrNone) {
			return fmt.Errorf("replace %s: %w", queue+id, err)
		}
		return nil
	}
	mine.Data, mine.held, mine.due = data, false, time.Time{}
	return err
}

func (x *trial) opPut(tx Tx, key string, value []byte, keep time.Duration) error {
	delete(x.m.values, key)
	if value != nil {
		v := modelValue{value: value}
		if keep > 0 {
			v.until = time.Now().Add(keep)
		}
		x.m.values[key] = v
	}
	return tx.Put(key, value, keep)
}

func (x *trial) unpark(s *Bolt) {
	for _, it := range x.m.items {
		if it.parked {
			if ok, err := s.Unpark(x.Context(), it.Queue, it.ID); err != nil || !ok {
				x.Errorf("unpark: %v, %v", ok, err)
			}
			x.m.remove(it)
			twin := *it
			twin.parked, twin.due, twin.Fails, twin.Takes, twin.Added = false, time.Time{}, 0, 0, time.Now()
			x.m.items = append(x.m.items, &twin)
			return
		}
	}
}

// compare looks at everything that can be seen without changing it.
func (x *trial) compare() {
	x.compareStats()
	err := x.s.View(x.Context(), func(tx Tx) error {
		for _, it := range x.m.items {
			got, err := tx.Find(it.Queue, it.ID)
			if err != nil {
				return fmt.Errorf("find %s: %w", it.ID, err)
			}
			got.Takes = it.Takes
			x.same(got, it.Item)
		}
		var values, want []string
		err := tx.Each("", func(key string, v []byte) error {
			if !bytes.Equal(v, x.m.values[key].value) {
				x.Errorf("value of %s is %q", key, v)
			}
			values = append(values, key)
			return nil
		})
		for key, v := range x.m.values {
			if v.until.IsZero() || v.until.After(time.Now()) {
				want = append(want, key)
			}
		}
		slices.Sort(want)
		if !slices.Equal(values, want) {
			x.Errorf("values of %q, want %q", values, want)
		}
		return err
	})
	if err != nil {
		x.Error(err)
	}
}

func (x *trial) compareStats() {
	now := time.Now()
	stats := map[string]QueueStats{}
	for _, it := range x.m.items {
		st := stats[it.Queue]
		switch {
		case it.parked:
			st.Parked++
		case it.held && it.due.After(now):
			st.Leased++
		default:
			st.Ready++
		}
		if !it.parked && st.Oldest.IsZero() {
			st.Oldest = it.Added
		}
		if !it.parked {
			st.ByPrio[min(it.Prio, 2)]++
		}
		stats[it.Queue] = st
	}
	got, err := x.s.Stats(x.Context())
	if err != nil {
		x.Error(err)
	}
	for _, g := range got {
		want := stats[g.Queue]
		if g.Ready != want.Ready || g.Leased != want.Leased || g.Parked != want.Parked || g.ByPrio != want.ByPrio || !g.Oldest.Equal(want.Oldest) {
			x.Errorf("stats are %+v, want %+v", g, want)
		}
	}
}
