package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestBolt holds Bolt to what every Store promises.
func TestBolt(t *testing.T) {
	testStore(t, func(t *testing.T) Store { return openTemp(t) })
}

func openTemp(t testing.TB) *Bolt {
	t.Helper()
	return openAt(t, filepath.Join(t.TempDir(), "bot.db"))
}

// openAt opens a file until the test ends. Tests do not wait for the disk: what
// a process wrote survives its end even so, and benchmarks do wait.
func openAt(t testing.TB, path string) *Bolt {
	t.Helper()
	s, err := OpenBolt(path)
	if err != nil {
		t.Fatal(err)
	}
	_, test := t.(*testing.T)
	s.file.db.NoSync = test
	t.Cleanup(func() { s.Close() })
	return s
}

// needed skips a test that wants what this machine does not have, except in CI,
// where it must run.
func needed(t *testing.T, hint string) {
	t.Helper()
	if os.Getenv("AMTSBOTE_TEST_NO_SKIP") != "" {
		t.Fatal(hint)
	}
	t.Skip(hint)
}

// testStore runs the tests that every Store must pass, each on an empty store
// and with the clock of package synctest.
func testStore(t *testing.T, open func(*testing.T) Store) {
	tests := map[string]func(*testing.T, Store){
		"an item is added once, also after it is done":           testAddOnce,
		"names have limits":                                      testNames,
		"a taken item comes back as it was added":                testRoundTrip,
		"a failed transaction keeps nothing":                     testRollback,
		"a panic comes back to its caller and harms nobody else": testPanic,
		"one that fails does not fail those beside it":           testBesides,
		"a lease ends":                                            testLease,
		"a renewed lease lasts":                                   testRenew,
		"who lost a lease changes nothing":                        testLost,
		"an error of a lost lease cannot be overlooked":           testLostIgnored,
		"a lease that passed but was not taken again still holds": testLate,
		"a given back item keeps its place and holds its group":   testRetry,
		"only errors count as fails":                              testFails,
		"a group keeps its order":                                 testGroup,
		"lower Prio goes first":                                   testPrio,
		"a thousand items of one delay another's by one":          testFair,
		"the backlog goes newest first":                           testBacklog,
		"many takers get each item once":                          testTakers,
		"a dropped item is gone, also for who holds it":           testDrop,
		"a replaced item is taken anew":                           testReplace,
		"a parked item lets its group go on and can be found":     testPark,
		"a value expires at once":                                 testExpiry,
		"values are listed by the bytes of their keys":            testEach,
		"values may be changed while they are listed":             testEachPut,
		"what View returns cannot be changed":                     testView,
		"forgetting spares what waits":                            testForget,
		"stats count what is there":                               testStats,
		"nothing works once closed":                               testClosed,
		"a done context is noticed":                               testContext,
		"a move is seen whole or not at all":                      testMove,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := open(t)
				defer s.Close()
				test(t, s)
			})
		})
	}
}

func testAddOnce(t *testing.T, s Store) {
	again := func() bool {
		var ok bool
		update(t, s, func(tx Tx) (err error) { ok, err = tx.Add(Item{Queue: "q", ID: "1"}); return err })
		return ok
	}
	if !again() {
		t.Error("not added to an empty queue")
	}
	if again() {
		t.Error("added while it waits")
	}
	it := take(t, s, time.Minute)
	if again() {
		t.Error("added while it is taken")
	}
	update(t, s, func(tx Tx) error { return tx.Park(it, "odd") })
	if again() {
		t.Error("added while it is parked")
	}
	update(t, s, func(tx Tx) error { _, err := tx.Drop("q", "1"); return err })
	if again() {
		t.Error("added after it was dropped")
	}
	add(t, s, Item{ID: "2"}, Item{ID: "1", Queue: "r"})
	update(t, s, func(tx Tx) error {
		for want := range 2 {
			if ok, err := tx.Add(Item{Queue: "q", ID: "3"}); err != nil || ok != (want == 0) {
				return fmt.Errorf("add %d in one transaction: %v, %v", want, ok, err)
			}
		}
		return nil
	})
	wantOrder(t, s, "2", "3")
}

func testNames(t *testing.T, s Store) {
	long := strings.Repeat("x", MaxName)
	for name, it := range map[string]Item{
		"no queue":   {ID: "1"},
		"no ID":      {Queue: "q"},
		"long queue": {Queue: long + "x", ID: "1"},
		"long ID":    {Queue: "q", ID: long + "x"},
		"long group": {Queue: "q", ID: "1", Group: long + "x"},
		"long owner": {Queue: "q", ID: "1", Owner: long + "x"},
	} {
		if err := s.Update(t.Context(), func(tx Tx) error { _, err := tx.Add(it); return err }); err == nil {
			t.Errorf("%s: added", name)
		}
	}
	for name, key := range map[string]string{"no key": "", "long key": long + "x"} {
		if err := s.Update(t.Context(), func(tx Tx) error { return tx.Put(key, []byte("v"), 0) }); err == nil {
			t.Errorf("%s: put", name)
		}
	}
	odd := "\x00\xff\n" + long[3:]
	update(t, s, func(tx Tx) error {
		if err := tx.Put(odd, []byte("v"), time.Hour); err != nil {
			return err
		}
		_, err := tx.Add(Item{Queue: odd, ID: odd, Group: odd, Owner: odd})
		return err
	})
	it, err := s.Take(t.Context(), odd, AnyPrio, time.Minute)
	if err != nil || it.ID != odd || it.Group != odd || it.Owner != odd {
		t.Errorf("took %+v, %v", it, err)
	}
	update(t, s, func(tx Tx) error { return tx.Done(it) })
	time.Sleep(2 * time.Hour)
	if err := s.Forget(t.Context(), time.Now()); err != nil {
		t.Error(err)
	}
	update(t, s, func(tx Tx) error {
		if ok, err := tx.Add(it); err != nil || !ok {
			t.Errorf("not forgotten: %v, %v", ok, err)
		}
		return nil
	})
}

func testRoundTrip(t *testing.T, s Store) {
	want := Item{
		Queue: "q", ID: "ä\x00b", Group: "g", Owner: "o", Prio: 1,
		Time: time.Date(1066, 10, 14, 9, 0, 0, 7, time.UTC), Data: []byte("Grüße"),
	}
	now := time.Now()
	data := bytes.Clone(want.Data)
	add(t, s, want)
	copy(want.Data, "......") // the store has its own copy
	got := take(t, s, time.Minute)
	if got.Takes != 1 || !got.Added.Equal(now) || !got.Time.Equal(want.Time) || !bytes.Equal(got.Data, data) {
		t.Errorf("took %+v", got)
	}
	got.Data[0] = '!' // and so has the taker
	if it, err := find(t, s, want.ID); err != nil || !bytes.Equal(it.Data, data) {
		t.Errorf("found %+v, %v", it, err)
	}
	if got.Group != "g" || got.Owner != "o" || got.Prio != 1 {
		t.Errorf("took %+v", got)
	}
}

func testRollback(t *testing.T, s Store) {
	add(t, s, Item{ID: "1", Group: "g"}, Item{ID: "2", Group: "g"})
	it := take(t, s, time.Minute)
	oops := errors.New("oops")
	err := s.Update(t.Context(), func(tx Tx) error {
		_, err1 := tx.Add(Item{Queue: "q", ID: "3"})
		err2 := tx.Put("k", []byte("v"), 0)
		err3 := tx.Done(it)
		_, err4 := tx.Drop("q", "2")
		return errors.Join(oops, err1, err2, err3, err4)
	})
	wantErr(t, err, oops)
	if err.Error() != "oops" {
		t.Errorf("error became %q", err)
	}
	if _, err := get(t, s, "k"); !errors.Is(err, ErrNone) {
		t.Errorf("value kept: %v", err)
	}
	takeNone(t, s)
	update(t, s, func(tx Tx) error { return tx.Done(it) })
	wantOrder(t, s, "2")
}

func testPanic(t *testing.T, s Store) {
	add(t, s, Item{ID: "1"})
	it := take(t, s, time.Minute)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			defer func() {
				if p := recover(); (p == "ouch") != (i%5 == 0) {
					t.Errorf("function %d: recovered %v", i, p)
				}
			}()
			err := s.Update(t.Context(), func(tx Tx) error {
				if err := tx.Put(fmt.Sprintf("k%02d", i), []byte("v"), 0); err != nil {
					return err
				}
				if i%5 == 0 {
					_ = tx.Done(it)
					panic("ouch")
				}
				return nil
			})
			if err != nil {
				t.Errorf("function %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if n := countValues(t, s, "k"); n != 16 {
		t.Errorf("%d values kept, want 16", n)
	}
	for name, use := range map[string]func(context.Context, func(Tx) error) error{"Update": s.Update, "View": s.View} {
		func() {
			defer func() {
				if p := recover(); p != "ouch" {
					t.Errorf("in Each of %s: recovered %v", name, p)
				}
			}()
			err := use(t.Context(), func(tx Tx) error {
				return tx.Each("k", func(string, []byte) error { panic("ouch") })
			})
			t.Errorf("in Each of %s: %v", name, err)
		}()
	}
	update(t, s, func(tx Tx) error { return tx.Done(it) })
}

func testBesides(t *testing.T, s Store) {
	oops := errors.New("oops")
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			err := s.Update(t.Context(), func(tx Tx) error {
				if i%3 == 1 {
					return oops // before it wrote anything
				}
				if err := tx.Put(fmt.Sprintf("k%02d", i), []byte("v"), 0); err != nil {
					return err
				}
				if i%3 == 2 {
					return oops
				}
				return nil
			})
			if want := i%3 != 0; errors.Is(err, oops) != want || !want && err != nil {
				t.Errorf("function %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if n := countValues(t, s, "k"); n != 20 {
		t.Errorf("%d values kept, want 20", n)
	}
}

func testLease(t *testing.T, s Store) {
	add(t, s, Item{ID: "1"})
	first := take(t, s, time.Minute)
	time.Sleep(time.Minute - 1)
	takeNone(t, s)
	time.Sleep(time.Nanosecond)
	second := take(t, s, time.Minute)
	if second.ID != "1" || second.Takes == first.Takes {
		t.Errorf("took %+v after %+v", second, first)
	}
	if second.Fails != 0 {
		t.Error("a lost lease counts as a fail")
	}
}

func testRenew(t *testing.T, s Store) {
	add(t, s, Item{ID: "1"}, Item{ID: "2"})
	first := take(t, s, time.Minute)
	for range 5 {
		time.Sleep(50 * time.Second)
		if err := s.Renew(t.Context(), first, time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(59 * time.Second)
	if it := take(t, s, time.Hour); it.ID != "2" {
		t.Fatalf("took %q", it.ID)
	}
	time.Sleep(time.Second)
	if it := take(t, s, time.Hour); it.ID != "1" {
		t.Fatalf("took %q", it.ID)
	}
	wantErr(t, s.Renew(t.Context(), first, time.Minute), ErrLost)
}

// holders are the ways to use an item that was taken.
var holders = map[string]func(Tx, Item) error{
	"Done":  func(tx Tx, it Item) error { return tx.Done(it) },
	"Retry": func(tx Tx, it Item) error { return tx.Retry(it, 0, true) },
	"Park":  func(tx Tx, it Item) error { return tx.Park(it, "odd") },
}

func testLost(t *testing.T, s Store) {
	add(t, s, Item{ID: "1"})
	first := take(t, s, time.Minute)
	time.Sleep(time.Minute)
	second := take(t, s, time.Minute)
	for name, use := range holders {
		err := s.Update(t.Context(), func(tx Tx) error {
			if err := tx.Put("k", []byte("v"), 0); err != nil {
				return err
			}
			return use(tx, first)
		})
		if !errors.Is(err, ErrLost) {
			t.Errorf("%s: %v, want ErrLost", name, err)
		}
	}
	if _, err := get(t, s, "k"); !errors.Is(err, ErrNone) {
		t.Errorf("something was kept: %v", err)
	}
	for _, use := range []string{"Done", "Retry", "Park"} {
		err := s.Update(t.Context(), func(tx Tx) error {
			return errors.Join(tx.Retry(second, 0, false), holders[use](tx, second))
		})
		if !errors.Is(err, ErrLost) {
			t.Errorf("Retry, then %s in one transaction: %v, want ErrLost", use, err)
		}
	}
	waiting, _ := find(t, s, "1")
	wantErr(t, s.Update(t.Context(), func(tx Tx) error { return tx.Done(waiting) }), ErrLost)
	update(t, s, func(tx Tx) error { return tx.Done(second) })
	wantErr(t, s.Update(t.Context(), func(tx Tx) error { return tx.Done(second) }), ErrLost)
	wantErr(t, s.Renew(t.Context(), second, time.Minute), ErrLost)
}

func testLostIgnored(t *testing.T, s Store) {
	add(t, s, Item{ID: "1"})
	it := take(t, s, time.Minute)
	update(t, s, func(tx Tx) error { return tx.Done(it) })
	err := s.Update(t.Context(), func(tx Tx) error {
		_ = tx.Done(it)
		return tx.Put("k", []byte("v"), 0)
	})
	wantErr(t, err, ErrLost)
	if _, err := get(t, s, "k"); !errors.Is(err, ErrNone) {
		t.Errorf("something was kept: %v", err)
	}
}

func testLate(t *testing.T, s Store) {
	add(t, s, Item{ID: "1"}, Item{ID: "2"})
	one, two := take(t, s, time.Minute), take(t, s, time.Minute)
	time.Sleep(time.Hour)
	if err := s.Renew(t.Context(), two, time.Minute); err != nil {
		t.Error(err)
	}
	update(t, s, func(tx Tx) error { return tx.Done(one) })
	takeNone(t, s)
}

func testRetry(t *testing.T, s Store) {
	add(t, s, Item{ID: "1", Group: "g"}, Item{ID: "2", Group: "g"}, Item{ID: "3"})
	it := take(t, s, time.Minute)
	update(t, s, func(tx Tx) error { return tx.Retry(it, time.Minute, true) })
	wantErr(t, s.Renew(t.Context(), it, time.Minute), ErrLost)
	wantOrder(t, s, "3")
	time.Sleep(time.Minute - 1)
	takeNone(t, s)
	time.Sleep(time.Nanosecond)
	wantOrder(t, s, "1", "2")
}

func testFails(t *testing.T, s Store) {
	add(t, s, Item{ID: "1", Data: []byte("d")})
	for i, fail := range []bool{true, false, true, true} {
		it := take(t, s, time.Minute)
		if want := []int{0, 1, 1, 2}[i]; it.Fails != want || it.Takes != i+1 || string(it.Data) != "d" {
			t.Errorf("take %d: %d fails, %d takes, want %d", i, it.Fails, it.Takes, want)
		}
		update(t, s, func(tx Tx) error { return tx.Retry(it, -time.Minute, fail) })
	}
	if it, err := find(t, s, "1"); err != nil || it.Fails != 3 {
		t.Errorf("found %+v, %v", it, err)
	}
}
