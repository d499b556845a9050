package storage

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"
)

// gather has updates wait for one another, so that they share a transaction,
// and returns in how many transactions they were committed.
func gather(t *testing.T, s *Bolt, updates ...func()) int {
	t.Helper()
	last := func() (id int) {
		if err := s.file.db.View(func(tx *bbolt.Tx) error { id = tx.ID(); return nil }); err != nil {
			t.Fatal(err)
		}
		return id
	}
	before := last()
	s.writer <- struct{}{}
	for _, u := range updates {
		go u()
	}
	synctest.Wait()
	<-s.writer
	synctest.Wait()
	return last() - before
}

func TestBatch(t *testing.T) {
	oops := errors.New("oops")
	put := func(tx Tx, i int) error { return tx.Put(fmt.Sprintf("k%03d", i), []byte("v"), 0) }
	for name, c := range map[string]struct {
		every5th func(tx Tx, i int) error // instead of put
		want     error
		kept     int // of 100 values
		runs     int // of functions at most, 0: as many as it takes
	}{
		"all good":                     {put, nil, 100, 100},
		"some fail before they write":  {func(Tx, int) error { return oops }, oops, 80, 100},
		"some fail after they wrote":   {func(tx Tx, i int) error { return errors.Join(put(tx, i), oops) }, oops, 80, 0},
		"some only read":               {func(tx Tx, i int) error { _, err := tx.Get("none"); return err }, ErrNone, 80, 100},
		"some lost a lease":            {func(tx Tx, i int) error { _ = tx.Done(Item{Queue: "q", ID: "1"}); return put(tx, i) }, ErrLost, 80, 0},
		"some panic after they wrote":  {func(tx Tx, i int) error { _ = put(tx, i); panic("ouch") }, nil, 80, 0},
		"some panic before they write": {func(Tx, int) error { panic("ouch") }, nil, 80, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openTemp(t)
				var updates []func()
				var runs atomic.Int32
				for i := range 100 {
					updates = append(updates, func() {
						fn := func(tx Tx) error {
							runs.Add(1)
							if i%5 == 0 {
								return c.every5th(tx, i)
							}
							return put(tx, i)
						}
						defer func() {
							if p := recover(); p != nil && (i%5 != 0 || p != "ouch") {
								t.Errorf("update %d: %v", i, p)
							}
						}()
						err := s.Update(t.Context(), fn)
						if i%5 == 0 && !errors.Is(err, c.want) || i%5 != 0 && err != nil {
							t.Errorf("update %d: %v", i, err)
						}
					})
				}
				if n := gather(t, s, updates...); n > 1 {
					t.Errorf("%d transactions, want one", n)
				}
				if n := int(runs.Load()); c.runs > 0 && n > c.runs {
					t.Errorf("%d functions run, want at most %d", n, c.runs)
				}
				if n := countValues(t, s, "k"); n != c.kept {
					t.Errorf("%d values kept, want %d", n, c.kept)
				}
			})
		})
	}
}

// TestBatchEnds has one function end the goroutine it runs on, as t.FailNow does.
// That may be another one's, but nobody else waits for ever.
func TestBatchEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openTemp(t)
		returned := 0
		var updates []func()
		for i := range 10 {
			updates = append(updates, func() {
				err := s.Update(t.Context(), func(tx Tx) error {
					if i == 5 {
						runtime.Goexit()
					}
					return tx.Put(fmt.Sprint(i), []byte("v"), 0)
				})
				if err != nil {
					t.Error(err)
				}
				s.mu.Lock()
				defer s.mu.Unlock()
				returned++
			})
		}
		gather(t, s, updates...)
		if returned < 8 || returned > 9 {
			t.Errorf("%d returned, want all but one or two", returned)
		}
		add(t, s, Item{ID: "1"})
	})
}

// TestBatchSees has one function fail because of what another one wrote, which
// in the end is not kept.
func TestBatchSees(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openTemp(t)
		oops := errors.New("oops")
		taken := errors.New("somebody was there")
		var err1, err2 error
		gather(t, s,
			func() {
				err1 = s.Update(t.Context(), func(tx Tx) error { return errors.Join(tx.Put("k", []byte("1"), 0), oops) })
			},
			func() {
				err2 = s.Update(t.Context(), func(tx Tx) error {
					if _, err := tx.Get("k"); err == nil {
						return taken
					}
					return tx.Put("k", []byte("2"), 0)
				})
			})
		wantErr(t, err1, oops)
		if v, err := get(t, s, "k"); err2 != nil || err != nil || string(v) != "2" {
			t.Errorf("the other one: %v, value %q, %v", err2, v, err)
		}
	})
}

func TestCanceledWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openTemp(t)
		ctx, cancel := context.WithCancel(t.Context())
		var err error
		s.writer <- struct{}{}
		go func() {
			err = s.Update(ctx, func(Tx) error { t.Error("function called"); return nil })
		}()
		synctest.Wait()
		cancel()
		<-s.writer
		synctest.Wait()
		wantErr(t, err, context.Canceled)
	})
}

// TestNotWritten updates without changing anything, which must not cost a commit.
func TestNotWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openTemp(t)
		n := gather(t, s, func() {
			update(t, s, func(tx Tx) error {
				_, err := tx.Find("q", "none")
				if !errors.Is(err, ErrNone) {
					t.Error(err)
				}
				return tx.Put("none", nil, 0)
			})
		})
		if n != 0 {
			t.Errorf("%d transactions", n)
		}
	})
}

// TestBroken has bbolt panic in a transaction, as it does on a damaged page.
func TestBroken(t *testing.T) {
	s := openTemp(t)
	add(t, s, Item{ID: "1"})
	err := s.write(t.Context(), func(*boltTx) error { panic("page 7: invalid page") })
	if !errors.As(err, new(*damage)) {
		t.Fatalf("got %v", err)
	}
	again := s.Update(t.Context(), func(Tx) error { t.Error("function called"); return nil })
	if !errors.Is(again, err) {
		t.Errorf("the next one: %v", again)
	}
	if err := s.Compact(t.Context()); !errors.As(err, new(*damage)) {
		t.Errorf("compact: %v", err)
	}
	take(t, s, time.Minute) // what can be read is read
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
