package storage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"
)

// TestReopen opens a file again in every state that an item can be in.
func TestReopen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "bot.db")
		s := openAt(t, path)
		add(t, s, Item{ID: "leased", Group: "g"}, Item{ID: "second", Group: "g"}, Item{ID: "done"},
			Item{ID: "parked"}, Item{ID: "later"}, Item{ID: "failed"})
		begin := time.Now()
		take(t, s, time.Hour)
		for _, id := range []string{"done", "parked", "later", "failed"} {
			it := take(t, s, time.Hour)
			if it.ID != id {
				t.Fatalf("took %s, want %s", it.ID, id)
			}
			update(t, s, func(tx Tx) error {
				switch id {
				case "done":
					return tx.Done(it)
				case "parked":
					return tx.Park(it, "odd")
				case "later":
					return tx.Retry(it, time.Minute, false)
				}
				return tx.Retry(it, 0, true)
			})
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = openAt(t, path)
		st, err := s.Stats(t.Context())
		if want := (QueueStats{Queue: "q", Ready: 4, Parked: 1, Oldest: begin}); err != nil || len(st) != 1 ||
			!st[0].Oldest.Equal(begin) || st[0].Ready != want.Ready || st[0].Leased != 0 || st[0].Parked != 1 {
			t.Errorf("stats are %+v, %v, want %+v", st, err, want)
		}
		update(t, s, func(tx Tx) error {
			for _, id := range []string{"leased", "done", "parked", "later"} {
				if ok, err := tx.Add(Item{Queue: "q", ID: id}); ok || err != nil {
					return fmt.Errorf("%s added again: %w", id, err)
				}
			}
			return nil
		})
		wantOrder(t, s, "leased", "second", "failed")
		time.Sleep(time.Minute)
		wantOrder(t, s, "later")
	})
}

func TestClockSetBack(t *testing.T) {
	for name, c := range map[string]struct {
		shift time.Duration // of the clock while the file was closed
		want  time.Duration // until the item is due
	}{
		"an hour back: no longer than it was to wait": {-time.Hour, 10 * time.Minute},
		"a minute on: what is left of the wait":       {time.Minute, 9 * time.Minute},
		"a day on: due":                               {24 * time.Hour, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openTemp(t)
				r := record{wait: 10 * time.Minute, due: time.Now().Add(10*time.Minute - c.shift)}
				update(t, s, func(tx Tx) error { return tx.(*boltTx).put(bucketWaiting, "q", "1", &r) })
				s.Close()
				s = openAt(t, s.path)
				time.Sleep(c.want - 1)
				if c.want > 0 {
					takeNone(t, s)
				}
				time.Sleep(time.Nanosecond)
				take(t, s, time.Minute)
			})
		})
	}
}

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bot.db")
	s := openAt(t, path)
	if st, err := os.Stat(path); err != nil || st.Mode() != 0o600 {
		t.Errorf("mode is %v, %v", st.Mode(), err)
	}
	began := time.Now()
	_, err := OpenBolt(path)
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), path+" is in use by another process: stop") {
		t.Errorf("opened twice: %v", err)
	}
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("noticed after %v", d)
	}
	add(t, s, Item{ID: "1"})
	s.Close()
	// A restored backup that others may read, found through a link, beside
	// what interrupted work left.
	link := filepath.Join(t.TempDir(), "link")
	if err := errors.Join(os.Chmod(path, 0o644), os.Symlink(path, link),
		os.WriteFile(path+".compact", []byte("x"), 0o600), os.WriteFile(path+".new-ABC", nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	s = openAt(t, link)
	if st, err := os.Stat(path); err != nil || st.Mode() != 0o600 {
		t.Errorf("mode is %v, %v", st.Mode(), err)
	}
	if err := s.Compact(t.Context()); err != nil {
		t.Error(err)
	}
	if st, err := os.Lstat(link); err != nil || st.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link became %v, %v", st.Mode(), err)
	}
	wantOrder(t, s, "1")
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(files) != 1 {
		t.Errorf("there are %v, %v", files, err)
	}
	if st, err := os.Stat(path); err != nil || st.Mode() != 0o600 {
		t.Errorf("mode is %v, %v", st.Mode(), err)
	}
	if _, err := OpenBolt(filepath.Join(t.TempDir(), "none", "bot.db")); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("opened in a folder that is not there: %v", err)
	}
	if _, err := OpenBolt(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("opened a folder: %v", err)
	}
}

// TestCreateRace has many create the same file at once.
func TestCreateRace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bot.db")
	var opened atomic.Int32
	var wg sync.WaitGroup
	var stores [8]*Bolt
	for i := range stores {
		wg.Go(func() {
			s, err := OpenBolt(path)
			if err == nil {
				opened.Add(1)
				stores[i] = s
			}
		})
	}
	wg.Wait()
	if n := opened.Load(); n != 1 {
		t.Errorf("%d of %d opened the file", n, len(stores))
	}
	for _, s := range stores {
		if s != nil {
			add(t, s, Item{ID: "1"})
			s.Close()
		}
	}
	wantOrder(t, openAt(t, path), "1")
}

// TestCreateTwice has a file appear while another one is being created.
func TestCreateTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bot.db")
	s := openAt(t, path)
	add(t, s, Item{ID: "1"})
	if f, err := create(path, migrations); f != nil || err != nil {
		t.Errorf("created %v, %v, want neither", f, err)
	}
	s.Close()
	wantOrder(t, openAt(t, path), "1")
}

// TestFence has takers whose leases pass at every moment of what they do. Each
// item must be finished by exactly one of them.
func TestFence(t *testing.T) {
	s := openTemp(t)
	const items = 400
	for i := range items {
		add(t, s, Item{ID: fmt.Sprint(i), Group: fmt.Sprint(i % 10)})
	}
	var done, lost, runs atomic.Int64
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := worker; done.Load() < items; i++ {
				it, err := s.Take(t.Context(), "q", AnyPrio, time.Duration(i%50)*10*time.Microsecond)
				if errors.Is(err, ErrNone) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				runs.Add(1)
				err = s.Update(t.Context(), func(tx Tx) error {
					if _, err := tx.Add(Item{Queue: "out", ID: fmt.Sprint(it.ID, " by ", worker, " ", it.Takes)}); err != nil {
						return err
					}
					return tx.Done(it)
				})
				switch {
				case err == nil:
					done.Add(1)
				case errors.Is(err, ErrLost):
					lost.Add(1)
				default:
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	st, err := s.Stats(t.Context())
	if err != nil || st[0].Ready != items || st[1].Ready+st[1].Leased != 0 {
		t.Errorf("stats are %+v, %v", st, err)
	}
	t.Logf("%d taken, %d lost", runs.Load(), lost.Load())
}

// TestUnsure makes the index anew, as after a commit of which nobody knows
// whether it is on disk. Who holds an item goes on holding it.
func TestUnsure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openTemp(t)
		add(t, s, Item{ID: "1", Group: "g"}, Item{ID: "2", Group: "g"}, Item{ID: "3"}, Item{ID: "4"})
		one, three := take(t, s, time.Minute), take(t, s, time.Second)
		time.Sleep(time.Second)
		// An item that only the file knows.
		s.unsure = true
		r := record{seq: 100, added: time.Now()}
		err := s.file.db.Update(func(tx *bbolt.Tx) error {
			return tx.Bucket(bucketWaiting).Bucket([]byte("q")).Put([]byte("5"), r.encode())
		})
		if err != nil {
			t.Fatal(err)
		}
		update(t, s, func(tx Tx) error { return tx.Done(three) })
		wantOrder(t, s, "4", "5")
		if err := s.Renew(t.Context(), one, time.Minute); err != nil {
			t.Error(err)
		}
		update(t, s, func(tx Tx) error { return tx.Done(one) })
		wantOrder(t, s, "2")
	})
}

func TestParked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openTemp(t)
		add(t, s, Item{ID: "1", Group: "g", Owner: "o", Prio: 1, Data: []byte("d")}, Item{ID: "2", Group: "g", Prio: 1}, Item{ID: "3", Queue: "r"})
		began := time.Now()
		time.Sleep(time.Minute)
		it := take(t, s, time.Minute)
		update(t, s, func(tx Tx) error { return tx.Park(it, "no such thing") })
		for _, queue := range []string{"", "q"} {
			got, err := s.Parked(t.Context(), queue)
			if err != nil || len(got) != 1 {
				t.Fatalf("parked: %+v, %v", got, err)
			}
			p := got[0]
			if p.Queue != "q" || p.ID != "1" || p.Group != "g" || p.Owner != "o" || p.Prio != 1 || p.Data != nil ||
				p.Reason != "no such thing" || !p.Added.Equal(began) || !p.Since.Equal(time.Now()) {
				t.Errorf("parked: %+v", p)
			}
		}
		if got, err := s.Parked(t.Context(), "r"); err != nil || got != nil {
			t.Errorf("parked: %+v, %v", got, err)
		}
		for _, want := range []bool{true, false} {
			if ok, err := s.Unpark(t.Context(), "q", "1"); ok != want || err != nil {
				t.Errorf("unpark: %v, %v", ok, err)
			}
		}
		if ok, err := s.Unpark(t.Context(), "none", "1"); ok || err != nil {
			t.Errorf("unpark: %v, %v", ok, err)
		}
		wantErr(t, s.Update(t.Context(), func(tx Tx) error { return tx.Done(it) }), ErrLost)
		wantOrder(t, s, "2", "1")
		if got, err := s.Parked(t.Context(), ""); err != nil || got != nil {
			t.Errorf("parked: %+v, %v", got, err)
		}
	})
}

// TestTakeMeanwhileDropped drops an item after it was leased and before it is
// read, and adds another one of the same ID.
func TestTakeMeanwhileDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openTemp(t)
		add(t, s, Item{ID: "1"})
		e, _, err := s.lease("q", AnyPrio, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		update(t, s, func(tx Tx) error { _, err := tx.Drop("q", "1"); return err })
		if it, err := s.read(e); !errors.Is(err, ErrNone) {
			t.Errorf("dropped, but read %+v, %v", it, err)
		}
		if err := s.Forget(t.Context(), time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		add(t, s, Item{ID: "1"})
		if it, err := s.read(e); !errors.Is(err, ErrNone) {
			t.Errorf("another one was read: %+v, %v", it, err)
		}
		wantOrder(t, s, "1")
	})
}

// TestForgetDeletes looks into the file for what nobody can see any more.
func TestForgetDeletes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openTemp(t)
		for i := range 3 * chunk {
			update(t, s, func(tx Tx) error {
				_, err1 := tx.Add(Item{Queue: "q", ID: fmt.Sprint(i)})
				_, err2 := tx.Drop("q", fmt.Sprint(i))
				return errors.Join(err1, err2, tx.Put(fmt.Sprint(i), []byte("v"), time.Hour))
			})
		}
		time.Sleep(time.Hour)
		if err := s.Forget(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
		err := s.file.db.View(func(tx *bbolt.Tx) error {
			for _, b := range []*bbolt.Bucket{
				tx.Bucket(bucketWaiting).Bucket([]byte("q")), tx.Bucket(bucketDone).Bucket([]byte("q")),
				tx.Bucket(bucketForget), tx.Bucket(bucketValues), tx.Bucket(bucketExpiry),
			} {
				if n := b.Stats().KeyN; n != 0 {
					t.Errorf("%d keys left", n)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// TestForgetOwners looks at what the index remembers of owners, which would
// otherwise grow for as long as the process runs.
func TestForgetOwners(t *testing.T) {
	s := openTemp(t)
	for i := range 50 {
		add(t, s, Item{ID: fmt.Sprint(i), Owner: fmt.Sprint(i), Group: "g"})
		if i < 48 {
			it := take(t, s, time.Minute)
			update(t, s, func(tx Tx) error { return tx.Done(it) })
		}
	}
	if err := s.Forget(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	owners := s.index.queues["q"].levels[0].owners
	if len(owners) != 2 || owners["48"] == nil || owners["49"] == nil {
		t.Errorf("%d owners remembered, want the two that have items", len(owners))
	}
	wantOrder(t, s, "48", "49")
}

// TestCloseWaits closes a store that somebody is about to read from.
func TestCloseWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openTemp(t)
		f, err := s.acquire()
		if err != nil {
			t.Fatal(err)
		}
		go s.Close()
		synctest.Wait()
		if err := f.db.View(func(*bbolt.Tx) error { return nil }); err != nil {
			t.Errorf("closed while in use: %v", err)
		}
		f.release()
	})
}
