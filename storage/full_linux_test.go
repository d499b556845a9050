package storage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestFullDisk fills a small file system and frees it again.
func TestFullDisk(t *testing.T) {
	dir := smallDisk(t)
	s := openAt(t, filepath.Join(dir, "bot.db"))
	defer s.Close()
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	add(t, s, Item{ID: "first"})
	held := take(t, s, time.Hour)
	data := make([]byte, 10_000)
	added := 0
	fill := func() (err error) {
		for ; err == nil && added < 1000; added++ {
			err = s.Update(t.Context(), func(tx Tx) error {
				_, err := tx.Add(Item{Queue: "out", ID: fmt.Sprint(added), Data: data})
				return err
			})
		}
		added--
		return err
	}
	index := s.index
	err := fill()
	if s.index == index {
		t.Error("the index was not read again, though nobody knows what was written")
	}
	if !errors.Is(err, ErrFull) || !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("after %d items: %v, want ErrFull", added, err)
	}
	if err := fill(); !errors.Is(err, ErrFull) {
		t.Fatalf("again: %v, want ErrFull", err)
	}
	// What there is can be read, taken and renewed.
	if err := s.Renew(t.Context(), held, time.Hour); err != nil {
		t.Error(err)
	}
	it, err := s.Take(t.Context(), "out", AnyPrio, time.Hour)
	if err != nil || it.ID != "0" || len(it.Data) != len(data) {
		t.Errorf("took %q, %v", it.ID, err)
	}
	full := added
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx Tx) error { return tx.Done(held) })
	if err := fill(); !errors.Is(err, ErrFull) || added <= full {
		t.Errorf("%d items, then %d: %v", full, added, err)
	}
	if st, err := s.Stats(t.Context()); err != nil || st[0].Ready+st[0].Leased != added {
		t.Errorf("stats are %+v, %v, want %d", st, err, added)
	}
	s.Close()
	s = openAt(t, s.path)
	if st, err := s.Stats(t.Context()); err != nil || st[0].Ready != added || st[1].Ready != 0 {
		t.Errorf("after opening again stats are %+v, %v, want %d", st, err, added)
	}
	s.Close()
}

// smallDisk mounts a file system of 2 MB.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m"); err != nil {
		needed(t, "run as root, so that a small file system can be mounted: "+err.Error())
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}
