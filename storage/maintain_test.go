package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func size(t *testing.T, path string) int64 {
	t.Helper()
	st, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return st.Size()
}

// big adds items and values that take n megabytes, and finishes all but two.
func big(t *testing.T, s *Bolt, n int) {
	t.Helper()
	secret := bytes.Repeat([]byte("vertraulich"), 1<<20/11)
	for i := range n {
		add(t, s, Item{ID: fmt.Sprint(i), Data: secret})
		it := take(t, s, time.Minute)
		update(t, s, func(tx Tx) error { return tx.Done(it) })
	}
	add(t, s, Item{ID: "leased", Data: []byte("d"), Group: "g"}, Item{ID: "next", Group: "g"})
	update(t, s, func(tx Tx) error { return tx.Put("k", []byte("v"), time.Hour) })
}

func TestCompact(t *testing.T) {
	s := openTemp(t)
	big(t, s, 5)
	held := take(t, s, time.Minute)
	before := size(t, s.path)
	if err := s.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := size(t, s.path); after >= before || after > 2<<20 {
		t.Errorf("%d bytes became %d", before, after)
	}
	if b, err := os.ReadFile(s.path); err != nil || bytes.Contains(b, []byte("vertraulich")) {
		t.Errorf("deleted data is still there, %v", err)
	}
	if _, err := OpenBolt(s.path); err == nil {
		t.Error("the new file is not locked")
	}
	update(t, s, func(tx Tx) error { return tx.Done(held) })
	s.Close()
	s = openAt(t, s.path)
	if v, err := get(t, s, "k"); err != nil || string(v) != "v" {
		t.Errorf("value: %q, %v", v, err)
	}
	update(t, s, func(tx Tx) error {
		if ok, err := tx.Add(Item{Queue: "q", ID: "0"}); ok || err != nil {
			return fmt.Errorf("a finished item was added again: %w", err)
		}
		return nil
	})
	wantOrder(t, s, "next")
	s.Close()
	if err := CompactBolt(t.Context(), s.path); err != nil {
		t.Error(err)
	}
	if err := CompactBolt(t.Context(), s.path+"x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("compacted a file that is not there: %v", err)
	}
	wantErr(t, s.Compact(t.Context()), ErrClosed)
	s = openAt(t, s.path)
	done, cancel := context.WithCancel(t.Context())
	cancel()
	wantErr(t, s.Compact(done), context.Canceled)
	add(t, s, Item{ID: "new"})
	wantOrder(t, s, "new")
}

// TestCompactFails has a folder where the new file should be.
func TestCompactFails(t *testing.T) {
	s := openTemp(t)
	add(t, s, Item{ID: "1"})
	if err := os.MkdirAll(s.path+".compact/x", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.Compact(t.Context()); err == nil {
		t.Error("compacted into a folder")
	}
	add(t, s, Item{ID: "2"})
	wantOrder(t, s, "1", "2")
}

// TestCompactMeanwhile has others read, take and write while a file is
// compacted again and again.
func TestCompactMeanwhile(t *testing.T) {
	s := openTemp(t)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(stop)
		for range 20 {
			if err := s.Compact(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
	var sums [4]int
	for i := range sums {
		queue := fmt.Sprint(i)
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				sums[i]++
				id := fmt.Sprint(sums[i])
				err := s.Update(t.Context(), func(tx Tx) error {
					_, err := tx.Add(Item{Queue: queue, ID: id})
					return err
				})
				if err != nil {
					t.Error(err)
					return
				}
				it, err := s.Take(t.Context(), queue, AnyPrio, time.Minute)
				if err != nil || it.ID != id {
					t.Errorf("took %q, %v, want %s", it.ID, err, id)
					return
				}
				err = s.Update(t.Context(), func(tx Tx) error {
					return errors.Join(tx.Done(it), tx.Put(queue, []byte(id), 0))
				})
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	for i, sum := range sums {
		if v, err := get(t, s, fmt.Sprint(i)); err != nil || string(v) != fmt.Sprint(sum) {
			t.Errorf("worker %d stands at %q, %v, want %d", i, v, err, sum)
		}
	}
}

// TestCompactOpenedElsewhere has another process wait for the lock of a file that
// is replaced. It must not get hold of what nobody else can see any more.
func TestCompactOpenedElsewhere(t *testing.T) {
	s := openTemp(t)
	add(t, s, Item{ID: "1"})
	for range 3 {
		opened := make(chan error, 1)
		go func() {
			other, err := OpenBolt(s.path)
			if err == nil {
				other.Close()
			}
			opened <- err
		}()
		for waiting := true; waiting; {
			if err := s.Compact(t.Context()); err != nil {
				t.Fatal(err)
			}
			select {
			case err := <-opened:
				wantErr(t, err, ErrInUse)
				waiting = false
			default:
			}
		}
	}
	wantOrder(t, s, "1")
}

func TestBackup(t *testing.T) {
	s := openTemp(t)
	big(t, s, 2)
	// Somebody writes in the middle of it, more than fits into the file.
	r, w := io.Pipe()
	failed := make(chan error, 1)
	go func() {
		err := s.Backup(t.Context(), w)
		w.Close()
		failed <- err
	}()
	head := make([]byte, 100)
	if _, err := io.ReadFull(r, head); err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx Tx) error { return tx.Put("late", make([]byte, 5<<20), 0) })
	// A compaction waits for the backup, but nobody waits for the compaction.
	compacted := make(chan error, 1)
	old := s.file
	go func() { compacted <- s.Compact(t.Context()) }()
	for replaced := false; !replaced; {
		update(t, s, func(tx Tx) error { return tx.Put("later", []byte("v"), 0) })
		s.mu.Lock()
		replaced = s.file != old
		s.mu.Unlock()
	}
	update(t, s, func(tx Tx) error { return tx.Put("still later", []byte("v"), 0) })
	rest, err := io.ReadAll(r)
	if err := errors.Join(err, <-failed, <-compacted); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(path, append(head, rest...), 0o600); err != nil {
		t.Fatal(err)
	}
	c := openAt(t, path)
	if v, err := get(t, c, "k"); err != nil || string(v) != "v" {
		t.Errorf("value: %q, %v", v, err)
	}
	if _, err := get(t, c, "late"); !errors.Is(err, ErrNone) {
		t.Errorf("the copy has what came later: %v", err)
	}
	wantOrder(t, c, "leased", "next")

	done, cancel := context.WithCancel(t.Context())
	cancel()
	wantErr(t, s.Backup(done, io.Discard), context.Canceled)
	s.Close()
	wantErr(t, s.Backup(t.Context(), io.Discard), ErrClosed)
}
