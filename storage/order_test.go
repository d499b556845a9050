package storage

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// The tests of order that every Store must pass; testStore lists them.

func testGroup(t *testing.T, s Store) {
	add(t, s, Item{ID: "a1", Group: "a"}, Item{ID: "a2", Group: "a", Prio: -1}, Item{ID: "b1", Group: "b"}, Item{ID: "x"}, Item{ID: "y"})
	add(t, s, Item{ID: "a3", Group: "a"})
	var got []string
	for range 4 {
		got = append(got, take(t, s, time.Minute).ID)
	}
	if want := []string{"a1", "b1", "x", "y"}; !slices.Equal(got, want) {
		t.Fatalf("took %q, want %q", got, want)
	}
	takeNone(t, s)
	update(t, s, func(tx Tx) error { _, err := tx.Drop("q", "a2"); return err })
	takeNone(t, s)
	update(t, s, func(tx Tx) error { _, err := tx.Drop("q", "a1"); return err })
	wantOrder(t, s, "a3")
}

func testPrio(t *testing.T, s Store) {
	add(t, s, Item{ID: "late", Prio: 2}, Item{ID: "mail", Prio: 1}, Item{ID: "chat"}, Item{ID: "chat2"})
	wantOrder(t, s, "chat", "chat2", "mail", "late")
}

func testFair(t *testing.T, s Store) {
	var many []Item
	for i := range 1000 {
		many = append(many, Item{ID: fmt.Sprintf("m%03d", i), Owner: "many"})
	}
	add(t, s, many...)
	finish := func(want string) {
		t.Helper()
		it := take(t, s, time.Minute)
		if it.ID != want {
			t.Fatalf("took %q, want %q", it.ID, want)
		}
		update(t, s, func(tx Tx) error { return tx.Done(it) })
	}
	finish("m000")
	finish("m001")
	add(t, s, Item{ID: "a1", Owner: "a"}, Item{ID: "a2", Owner: "a"}, Item{ID: "b1", Owner: "b"})
	for _, want := range []string{"a1", "b1", "m002", "a2", "m003", "m004"} {
		finish(want)
	}
	// Who comes with one item at a time has no advantage over who waits.
	for i := range 3 {
		add(t, s, Item{ID: fmt.Sprint("b", i+2), Owner: "b"})
		finish(fmt.Sprint("b", i+2))
		add(t, s, Item{ID: fmt.Sprint("c", i), Owner: "b"})
		finish(fmt.Sprintf("m%03d", 2*i+5))
		finish(fmt.Sprint("c", i))
		finish(fmt.Sprintf("m%03d", 2*i+6))
	}
}

func testBacklog(t *testing.T, s Store) {
	day := func(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }
	add(t, s,
		Item{ID: "3rd", Prio: 2, Time: day(3)}, Item{ID: "9th", Prio: 2, Time: day(9)},
		Item{ID: "5th", Prio: 2, Time: day(5)}, Item{ID: "5th too", Prio: 2, Time: day(5)},
		Item{ID: "old mail", Prio: 1, Time: day(2)}, Item{ID: "new mail", Prio: 1, Time: day(8)})
	wantOrder(t, s, "old mail", "new mail", "9th", "5th", "5th too", "3rd")
}

func testTakers(t *testing.T, s Store) {
	const items, takers = 300, 8
	for i := range items {
		add(t, s, Item{ID: fmt.Sprint(i), Group: fmt.Sprint(i % 40), Owner: fmt.Sprint(i % 7)})
	}
	var mu sync.Mutex
	seen := map[string]int{}
	busy := map[string]bool{}
	var wg sync.WaitGroup
	for range takers {
		wg.Go(func() {
			for {
				it, err := s.Take(t.Context(), "q", AnyPrio, time.Minute)
				if errors.Is(err, ErrNone) {
					mu.Lock()
					done := len(seen) == items
					mu.Unlock()
					if done {
						return
					}
					time.Sleep(time.Millisecond)
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				if busy[it.Group] {
					t.Errorf("two items of group %s at a time", it.Group)
				}
				busy[it.Group] = true
				mu.Unlock()
				err = s.Update(t.Context(), func(tx Tx) error {
					mu.Lock()
					busy[it.Group] = false
					seen[it.ID] = it.Takes
					mu.Unlock()
					return tx.Done(it)
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	for id, takes := range seen {
		if takes != 1 {
			t.Errorf("item %s taken %d times", id, takes)
		}
	}
}
