package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// More of the tests that every Store must pass; testStore lists them.

func testDrop(t *testing.T, s Store) {
	add(t, s, Item{ID: "1", Group: "g"}, Item{ID: "2", Group: "g"}, Item{ID: "3", Group: "g"})
	drop := func(id string) (ok bool) {
		update(t, s, func(tx Tx) (err error) { ok, err = tx.Drop("q", id); return err })
		return ok
	}
	it := take(t, s, time.Minute)
	if !drop("2") || !drop("1") {
		t.Error("not dropped")
	}
	if drop("1") || drop("none") {
		t.Error("dropped what is not there")
	}
	wantErr(t, s.Renew(t.Context(), it, time.Minute), ErrLost)
	wantErr(t, s.Update(t.Context(), func(tx Tx) error { return tx.Done(it) }), ErrLost)
	if _, err := find(t, s, "1"); !errors.Is(err, ErrNone) {
		t.Errorf("found: %v", err)
	}
	// One of the same ID, added after it was forgotten, is another item.
	time.Sleep(time.Hour)
	if err := s.Forget(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	wantOrder(t, s, "3")
	add(t, s, Item{ID: "1"})
	take(t, s, time.Minute)
	wantErr(t, s.Renew(t.Context(), it, time.Minute), ErrLost)
	update(t, s, func(tx Tx) error {
		if _, err := tx.Add(Item{Queue: "q", ID: "5"}); err != nil {
			return err
		}
		if ok, err := tx.Drop("q", "5"); err != nil || !ok {
			return fmt.Errorf("not dropped in the transaction that added it: %w", err)
		}
		return nil
	})
	takeNone(t, s)
}

func testReplace(t *testing.T, s Store) {
	add(t, s, Item{ID: "1", Data: []byte("old"), Group: "g"}, Item{ID: "2", Data: []byte("old"), Group: "g"})
	replace := func(id string) error {
		return s.Update(t.Context(), func(tx Tx) error { return tx.Replace("q", id, []byte("new")) })
	}
	wantErr(t, replace("none"), ErrNone)
	first := take(t, s, time.Hour)
	for _, id := range []string{"1", "2"} {
		if err := replace(id); err != nil {
			t.Fatal(err)
		}
	}
	wantErr(t, s.Renew(t.Context(), first, time.Minute), ErrLost)
	wantErr(t, s.Update(t.Context(), func(tx Tx) error { return tx.Done(first) }), ErrLost)
	second := take(t, s, time.Hour)
	if second.ID != "1" || string(second.Data) != "new" || second.Takes == first.Takes {
		t.Errorf("took %+v", second)
	}
	update(t, s, func(tx Tx) error { return tx.Retry(second, time.Hour, true) })
	if err := replace("1"); err != nil {
		t.Fatal(err)
	}
	third := take(t, s, time.Hour) // although it was to wait
	if third.ID != "1" || third.Fails != 1 {
		t.Errorf("took %+v", third)
	}
	wantErr(t, s.Update(t.Context(), func(tx Tx) error {
		return errors.Join(tx.Replace("q", "1", nil), tx.Done(third))
	}), ErrLost)
	update(t, s, func(tx Tx) error { return tx.Done(third) })
	wantErr(t, replace("1"), ErrNone)
	if it := take(t, s, time.Hour); it.ID != "2" || string(it.Data) != "new" {
		t.Errorf("took %+v", it)
	}
}

func testPark(t *testing.T, s Store) {
	add(t, s, Item{ID: "1", Group: "g", Data: []byte("d")}, Item{ID: "2", Group: "g"})
	it := take(t, s, time.Minute)
	update(t, s, func(tx Tx) error { return tx.Park(it, "odd") })
	wantOrder(t, s, "2")
	time.Sleep(time.Hour)
	takeNone(t, s)
	if it, err := find(t, s, "1"); err != nil || string(it.Data) != "d" || it.Group != "g" {
		t.Errorf("found %+v, %v", it, err)
	}
	wantErr(t, s.Update(t.Context(), func(tx Tx) error { return tx.Done(it) }), ErrLost)
	wantErr(t, s.Update(t.Context(), func(tx Tx) error { return tx.Replace("q", "1", nil) }), ErrNone)
	var dropped bool
	update(t, s, func(tx Tx) (err error) { dropped, err = tx.Drop("q", "1"); return err })
	if _, err := find(t, s, "1"); !dropped || !errors.Is(err, ErrNone) {
		t.Errorf("still found: %v", err)
	}
}

func testExpiry(t *testing.T, s Store) {
	put := func(key string, value []byte, keep time.Duration) {
		t.Helper()
		update(t, s, func(tx Tx) error { return tx.Put(key, value, keep) })
	}
	put("hour", []byte("v"), time.Hour)
	put("ever", []byte{}, 0)
	put("longer", []byte("v"), time.Minute)
	put("longer", []byte("w"), 3*time.Hour)
	put("gone", []byte("v"), time.Hour)
	put("gone", nil, 0)
	put("past", []byte("v"), 0)
	put("past", []byte("v"), -time.Second)
	put("sooner", []byte("v"), 0)
	put("sooner", []byte("v"), time.Minute)
	want := func(keys ...string) {
		t.Helper()
		var got []string
		for _, k := range []string{"ever", "gone", "hour", "longer", "past", "sooner"} {
			if v, err := get(t, s, k); err == nil {
				got = append(got, k)
			} else if !errors.Is(err, ErrNone) || v != nil {
				t.Errorf("%s: %q, %v", k, v, err)
			}
		}
		var listed []string
		err := s.View(t.Context(), func(tx Tx) error {
			return tx.Each("", func(k string, _ []byte) error { listed = append(listed, k); return nil })
		})
		if err != nil || !slices.Equal(got, keys) || !slices.Equal(listed, keys) {
			t.Errorf("got %q, listed %q, %v, want %q", got, listed, err, keys)
		}
	}
	want("ever", "hour", "longer", "sooner")
	time.Sleep(time.Hour - time.Microsecond)
	want("ever", "hour", "longer")
	time.Sleep(time.Microsecond)
	want("ever", "longer")
	if err := s.Forget(t.Context(), time.Time{}); err != nil {
		t.Fatal(err)
	}
	want("ever", "longer")
	if v, err := get(t, s, "longer"); err != nil || string(v) != "w" {
		t.Errorf("longer: %q, %v", v, err)
	}
	if v, err := get(t, s, "ever"); err != nil || v == nil || len(v) != 0 {
		t.Errorf("ever: %q, %v", v, err)
	}
	put("sooner", []byte("again"), 0)
	want("ever", "longer", "sooner")
}

func testEach(t *testing.T, s Store) {
	keys := []string{"a", "ab", "ab\x00", "ab/1", "ab/10", "ab/2", "abc", "aß", "aä", "b", "Ab", "ab\xff", "ab\xff\xff"}
	update(t, s, func(tx Tx) error {
		for _, k := range keys {
			if err := tx.Put(k, []byte("="+k), 0); err != nil {
				return err
			}
		}
		return nil
	})
	for _, prefix := range []string{"", "a", "ab", "ab/", "ab\xff", "c", "ab\xff\xff\xff"} {
		var want, got []string
		for _, k := range keys {
			if len(k) >= len(prefix) && k[:len(prefix)] == prefix {
				want = append(want, k)
			}
		}
		slices.Sort(want)
		err := s.View(t.Context(), func(tx Tx) error {
			return tx.Each(prefix, func(k string, v []byte) error {
				if string(v) != "="+k {
					t.Errorf("%q has value %q", k, v)
				}
				got = append(got, k)
				return nil
			})
		})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("prefix %q: %q, %v, want %q", prefix, got, err, want)
		}
	}
	oops := errors.New("oops")
	n := 0
	err := s.View(t.Context(), func(tx Tx) error {
		return tx.Each("a", func(string, []byte) error { n++; return oops })
	})
	if err != oops || n != 1 {
		t.Errorf("stopped with %v after %d", err, n)
	}
}

func testEachPut(t *testing.T, s Store) {
	const n = 500
	update(t, s, func(tx Tx) error {
		for i := range n {
			if err := tx.Put(fmt.Sprintf("k%03d", i), fmt.Appendf(nil, "%0100d", i), time.Hour); err != nil {
				return err
			}
		}
		return nil
	})
	seen := 0
	update(t, s, func(tx Tx) error {
		seen = 0
		for i := range n { // so that the transaction has changed what it lists before
			if err := tx.Put(fmt.Sprintf("k%03d", i), fmt.Appendf(nil, "%0100d", i), 0); err != nil {
				return err
			}
		}
		return tx.Each("k", func(key string, value []byte) error {
			if want := fmt.Sprintf("k%03d", seen); key != want || string(value) != fmt.Sprintf("%0100d", seen) {
				return fmt.Errorf("value %d is %q", seen, key)
			}
			seen++
			switch seen % 3 {
			case 0:
				return tx.Put(key, nil, 0)
			case 1:
				return tx.Put(key, append(value, "longer than it was before"...), 0)
			}
			return nil
		})
	})
	if left := countValues(t, s, "k"); seen != n || left != n-n/3 {
		t.Errorf("saw %d, left %d", seen, left)
	}
}

func testView(t *testing.T, s Store) {
	add(t, s, Item{ID: "1", Data: []byte("d")}, Item{ID: "2"})
	it := take(t, s, time.Minute)
	update(t, s, func(tx Tx) error { return tx.Put("k", []byte("v"), 0) })
	for name, change := range map[string]func(Tx) error{
		"Add":     func(tx Tx) error { _, err := tx.Add(Item{Queue: "q", ID: "3"}); return err },
		"Done":    func(tx Tx) error { return tx.Done(it) },
		"Retry":   func(tx Tx) error { return tx.Retry(it, 0, false) },
		"Park":    func(tx Tx) error { return tx.Park(it, "") },
		"Drop":    func(tx Tx) error { _, err := tx.Drop("q", "2"); return err },
		"Replace": func(tx Tx) error { return tx.Replace("q", "2", nil) },
		"Put":     func(tx Tx) error { return tx.Put("k", nil, 0) },
	} {
		if err := s.View(t.Context(), change); err == nil {
			t.Errorf("%s in View", name)
		}
	}
	var kept []byte
	err := s.View(t.Context(), func(tx Tx) (err error) { kept, err = tx.Get("k"); return err })
	if err != nil {
		t.Fatal(err)
	}
	kept[0] = '!' // the caller may keep it
	if v, err := get(t, s, "k"); err != nil || string(v) != "v" {
		t.Errorf("got %q, %v", v, err)
	}
	update(t, s, func(tx Tx) error { return tx.Done(it) })
	wantOrder(t, s, "2")
}

func testForget(t *testing.T, s Store) {
	for i := range 1000 {
		add(t, s, Item{ID: fmt.Sprint("old", i), Owner: fmt.Sprint(i)})
		it := take(t, s, time.Minute)
		update(t, s, func(tx Tx) error {
			if err := tx.Put(fmt.Sprint("v", i), []byte("v"), time.Minute); err != nil {
				return err
			}
			return tx.Done(it)
		})
	}
	add(t, s, Item{ID: "waits"}, Item{ID: "parked", Prio: -1})
	parked := take(t, s, time.Minute)
	update(t, s, func(tx Tx) error { return tx.Park(parked, "odd") })
	time.Sleep(time.Hour)
	cut := time.Now()
	add(t, s, Item{ID: "young", Prio: -1})
	young := take(t, s, time.Minute)
	update(t, s, func(tx Tx) error { return tx.Done(young) })
	if err := s.Forget(t.Context(), cut); err != nil {
		t.Fatal(err)
	}
	known := func(id string) (known bool) {
		oops := errors.New("only looking")
		err := s.Update(t.Context(), func(tx Tx) error {
			ok, err := tx.Add(Item{Queue: "q", ID: id})
			known = !ok
			return errors.Join(oops, err)
		})
		if !errors.Is(err, oops) {
			t.Fatal(err)
		}
		return known
	}
	for id, want := range map[string]bool{
		"old0": false, "old500": false, "old999": false, "young": true, "waits": true, "parked": true,
	} {
		if got := known(id); got != want {
			t.Errorf("%s is known: %v, want %v", id, got, want)
		}
	}
	if n := countValues(t, s, "v"); n != 0 {
		t.Errorf("%d expired values", n)
	}
	wantOrder(t, s, "waits")
}

func testStats(t *testing.T, s Store) {
	want := func(want ...QueueStats) {
		t.Helper()
		got, err := s.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(got, want, func(a, b QueueStats) bool {
			same := a.Oldest.Equal(b.Oldest)
			a.Oldest, b.Oldest, b.ByPrio = time.Time{}, time.Time{}, [3]int{b.Ready + b.Leased}
			return same && a == b
		}) {
			t.Errorf("stats are %+v, want %+v", got, want)
		}
	}
	want()
	began := time.Now()
	add(t, s, Item{ID: "1", Group: "g"}, Item{ID: "2", Group: "g"}, Item{Queue: "a", ID: "1"})
	time.Sleep(time.Second)
	add(t, s, Item{ID: "3"})
	a := QueueStats{Queue: "a", Ready: 1, Oldest: began}
	want(a, QueueStats{Queue: "q", Ready: 3, Oldest: began})
	it := take(t, s, time.Minute)
	want(a, QueueStats{Queue: "q", Ready: 2, Leased: 1, Oldest: began})
	time.Sleep(time.Minute)
	want(a, QueueStats{Queue: "q", Ready: 3, Oldest: began})
	if err := s.Renew(t.Context(), it, time.Minute); err != nil {
		t.Fatal(err)
	}
	want(a, QueueStats{Queue: "q", Ready: 2, Leased: 1, Oldest: began})
	update(t, s, func(tx Tx) error { return tx.Park(it, "odd") })
	want(a, QueueStats{Queue: "q", Ready: 2, Parked: 1, Oldest: began})
	update(t, s, func(tx Tx) error { _, err := tx.Drop("q", "2"); return err })
	want(a, QueueStats{Queue: "q", Ready: 1, Parked: 1, Oldest: began.Add(time.Second)})
	update(t, s, func(tx Tx) error { _, err := tx.Drop("q", "1"); return err })
	wantOrder(t, s, "3")
	want(a, QueueStats{Queue: "q"})
}

func testClosed(t *testing.T, s Store) {
	add(t, s, Item{ID: "1"})
	it := take(t, s, time.Minute)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			err := s.Update(t.Context(), func(tx Tx) error { return tx.Put(fmt.Sprint("k", i), []byte("v"), 0) })
			if err != nil && !errors.Is(err, ErrClosed) {
				t.Error(err)
			}
		})
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	nothing := func(Tx) error { t.Error("function called"); return nil }
	_, errTake := s.Take(t.Context(), "q", AnyPrio, time.Minute)
	_, errStats := s.Stats(t.Context())
	for name, err := range map[string]error{
		"Update": s.Update(t.Context(), nothing), "View": s.View(t.Context(), nothing),
		"Take": errTake, "Renew": s.Renew(t.Context(), it, time.Minute),
		"Forget": s.Forget(t.Context(), time.Now()), "Stats": errStats,
	} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s: %v, want ErrClosed", name, err)
		}
	}
}

func testContext(t *testing.T, s Store) {
	add(t, s, Item{ID: "1"})
	it := take(t, s, time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	nothing := func(Tx) error { t.Error("function called"); return nil }
	_, errTake := s.Take(ctx, "q", AnyPrio, time.Minute)
	_, errStats := s.Stats(ctx)
	for name, err := range map[string]error{
		"Update": s.Update(ctx, nothing), "View": s.View(ctx, nothing),
		"Take": errTake, "Renew": s.Renew(ctx, it, time.Minute),
		"Forget": s.Forget(ctx, time.Now()), "Stats": errStats,
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want context.Canceled", name, err)
		}
	}
	update(t, s, func(tx Tx) error { return tx.Done(it) })
}

// testMove has readers watch items move from one queue to another.
func testMove(t *testing.T, s Store) {
	const n = 100
	for i := range n {
		add(t, s, Item{ID: fmt.Sprint(i)})
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			err := s.View(t.Context(), func(tx Tx) error {
				for i := range n {
					_, err1 := tx.Find("q", fmt.Sprint(i))
					_, err2 := tx.Find("r", fmt.Sprint(i))
					if (err1 == nil) == (err2 == nil) {
						return fmt.Errorf("item %d: %v, %v", i, err1, err2)
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range n {
		it := take(t, s, time.Minute)
		update(t, s, func(tx Tx) error {
			_, err := tx.Add(Item{Queue: "r", ID: it.ID})
			return errors.Join(err, tx.Done(it))
		})
	}
	close(stop)
	wg.Wait()
}
