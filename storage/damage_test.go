package storage

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

// fixture is a file of schema 1, never to be written again. UPDATE=1 makes it if
// it is not there.
const fixture = "testdata/schema1.db"

// TestFixture opens a file of each schema that was ever released.
func TestFixture(t *testing.T) {
	if _, err := os.Stat(fixture); err != nil && os.Getenv("UPDATE") != "" {
		makeFixture(t)
	}
	b, err := os.ReadFile(fixture)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "bot.db")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	s := openAt(t, path)
	if p, err := s.Parked(t.Context(), ""); err != nil || len(p) != 1 || p[0].ID != "parked" || p[0].Reason != "unknown kind" {
		t.Errorf("parked: %+v, %v", p, err)
	}
	if v, err := get(t, s, "ever"); err != nil || string(v) != "value" {
		t.Errorf("value: %q, %v", v, err)
	}
	update(t, s, func(tx Tx) error {
		if ok, err := tx.Add(Item{Queue: "q", ID: "done"}); ok || err != nil {
			return fmt.Errorf("a finished item was added again: %w", err)
		}
		return nil
	})
	it := take(t, s, time.Minute)
	want := Item{Queue: "q", ID: "waits", Group: "g", Owner: "o", Prio: 1, Data: []byte("Grüße"), Takes: 1, Fails: 1,
		Time: time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC), Added: it.Added}
	if fmt.Sprintf("%+v", it) != fmt.Sprintf("%+v", want) || it.Added.Year() < 2026 {
		t.Errorf("took %+v, want %+v", it, want)
	}
	update(t, s, func(tx Tx) error { return tx.Done(it) })
	wantOrder(t, s, "second")
}

func makeFixture(t *testing.T) {
	if err := os.MkdirAll("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	s := openAt(t, fixture)
	add(t, s, Item{ID: "done"}, Item{ID: "parked"},
		Item{ID: "waits", Group: "g", Owner: "o", Prio: 1, Data: []byte("Grüße"), Time: time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)},
		Item{ID: "second", Group: "g", Prio: 1})
	for _, use := range []func(Tx, Item) error{
		func(tx Tx, it Item) error { return tx.Done(it) },
		func(tx Tx, it Item) error { return tx.Park(it, "unknown kind") },
		func(tx Tx, it Item) error {
			err := tx.Put("ever", []byte("value"), 0)
			return errors.Join(err, tx.Put("year", []byte("value"), 365*24*time.Hour), tx.Retry(it, 0, true))
		},
	} {
		it := take(t, s, time.Minute)
		update(t, s, func(tx Tx) error { return use(tx, it) })
	}
	if err := errors.Join(s.Compact(t.Context()), s.Close()); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(fixture)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(fixture, int64(used(t, b))); err != nil { // spares the repository the rest
		t.Fatal(err)
	}
}

// TestUpgrade runs migrations that do not exist yet.
func TestUpgrade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bot.db")
	s := openAt(t, path)
	add(t, s, Item{ID: "1"})
	s.Close()
	oops := errors.New("oops")
	var ran []string
	broken := true
	steps := append(slices.Clone(migrations),
		func(tx *bbolt.Tx) error {
			ran = append(ran, "two")
			_, err := tx.CreateBucket([]byte("two"))
			return err
		},
		func(tx *bbolt.Tx) error {
			ran = append(ran, "three")
			if _, err := tx.CreateBucket([]byte("three")); err != nil {
				return err
			}
			if broken {
				return oops
			}
			return nil
		})
	if _, err := open(path, steps); !errors.Is(err, oops) || !strings.Contains(err.Error(), path) {
		t.Fatalf("opened with a migration that fails: %v", err)
	}
	broken = false
	for range 2 {
		s, err := open(path, steps)
		if err != nil {
			t.Fatal(err)
		}
		wantOrder(t, s, map[bool][]string{true: {"1"}}[s.index.find("q", "1") != nil]...)
		s.Close()
	}
	if want := []string{"two", "three", "three"}; !slices.Equal(ran, want) {
		t.Errorf("steps run: %q, want %q", ran, want)
	}
	_, err := OpenBolt(path)
	if err == nil || !strings.Contains(err.Error(), path+" was written by a newer version") || !strings.Contains(err.Error(), "restore the backup") {
		t.Errorf("a newer file: %v", err)
	}
}

// sample returns the bytes of a file with some content.
func sample(t *testing.T) []byte {
	t.Helper()
	s := openTemp(t)
	for i := range 300 {
		add(t, s, Item{ID: fmt.Sprint("item ", i), Group: fmt.Sprint(i % 10), Data: bytes.Repeat([]byte("data"), i)})
		update(t, s, func(tx Tx) error { return tx.Put(fmt.Sprint("key ", i), []byte("value"), time.Hour) })
	}
	path := s.path
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// used returns how much of a file its pages take; beyond that it may be cut.
func used(t *testing.T, b []byte) int {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bot.db")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	s := openAt(t, path)
	defer s.Close()
	n := 0
	if err := s.file.db.View(func(tx *bbolt.Tx) error { n = int(tx.Size()); return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

// refused opens a file that must be refused, and left as it is.
func refused(t *testing.T, what string, content []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bot.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := OpenBolt(path)
	if err == nil {
		s.Close()
		t.Errorf("%s: opened", what)
		return
	}
	if !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "restore it from a backup") {
		t.Errorf("%s: the error does not help: %v", what, err)
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, content) {
		t.Errorf("%s: the file was changed, %v", what, err)
	}
}

func TestDamagedFiles(t *testing.T) {
	good := sample(t)
	end := used(t, good)
	refused(t, "an empty file", nil)
	refused(t, "one byte", good[:1])
	refused(t, "a text", []byte("bots:\n- name: Amtsbote\n"))
	refused(t, "a long text", bytes.Repeat([]byte("Sehr geehrte Damen und Herren\n"), 10000))
	refused(t, "zeros", make([]byte, len(good)))
	for _, n := range []int{100, 4095, 4096, 5000, 8192, 3 * 4096, end / 2, end - 4096, end - 1} {
		refused(t, fmt.Sprintf("cut to %d bytes", n), good[:n])
	}
	metas := slices.Clone(good)
	clear(metas[:2*4096])
	refused(t, "without its first pages", metas)

	foreign := filepath.Join(t.TempDir(), "bot.db")
	db, err := bbolt.Open(foreign, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("theirs")); return err })
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(foreign)
	if err != nil {
		t.Fatal(err)
	}
	refused(t, "a bbolt file of another program", b)
}

// TestTornWrite loses what bbolt writes last, one of its two first pages. The
// file must open as it was one transaction before.
func TestTornWrite(t *testing.T) {
	good := sample(t)
	for page := range 2 {
		torn := slices.Clone(good)
		copy(torn[page*4096+100:(page+1)*4096], make([]byte, 4096))
		torn[page*4096+40] ^= 0xff
		path := filepath.Join(t.TempDir(), "bot.db")
		if err := os.WriteFile(path, torn, 0o600); err != nil {
			t.Fatal(err)
		}
		s := openAt(t, path)
		if n := countValues(t, s, "key"); n < 299 {
			t.Errorf("page %d torn: %d of 300 values left", page, n)
		}
		add(t, s, Item{ID: "new"})
	}
}

// TestFlippedBytes opens files with bytes changed at random. bbolt has no check
// sums but on its first pages, so that some of the damage cannot be seen; but
// nothing may panic or fault, neither opening nor reading nor writing.
func TestFlippedBytes(t *testing.T) {
	good := sample(t)
	// Always the same: a page that happens to point to itself would have bbolt
	// run in a circle, which nothing can catch.
	r := rand.New(rand.NewPCG(1, 0))
	opened, failed := 0, 0
	for round := range 100 {
		bad := slices.Clone(good)
		for range 1 + r.IntN(12) {
			// Mostly where the structure is: at the beginnings of pages.
			at := 2*4096 + r.IntN(len(bad)-2*4096)
			if r.IntN(2) == 0 {
				at = at&^4095 + r.IntN(64)
			}
			bad[at] = byte(r.IntN(256))
		}
		path := filepath.Join(t.TempDir(), fmt.Sprint(round, ".db"))
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := OpenBolt(path)
		if err != nil {
			failed++
			if !strings.Contains(err.Error(), path) {
				t.Errorf("the error does not name the file: %v", err)
			}
			continue
		}
		opened++
		s.file.db.NoSync = true
		_, _ = s.Take(t.Context(), "q", AnyPrio, time.Minute)
		_ = s.View(t.Context(), func(tx Tx) error {
			return tx.Each("", func(string, []byte) error { return nil })
		})
		_ = s.Update(t.Context(), func(tx Tx) error { _, err := tx.Add(Item{Queue: "q", ID: "new"}); return err })
		_ = s.Close()
	}
	t.Logf("%d opened, %d refused", opened, failed)
}

// FuzzRecord reads records that nobody wrote.
func FuzzRecord(f *testing.F) {
	r := record{seq: 7, prio: 1, fails: 2, time: time.Unix(1e9, 5), wait: time.Minute, group: "g", owner: "ö", reason: "r", data: []byte("data")}
	f.Add(r.encode())
	f.Add([]byte{})
	f.Add([]byte{0, 1, 5, 'x'})
	f.Add([]byte{13, 4, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 1, 'g', 1, 'o', 1, 'r', 1, 'x', 'd'})
	f.Add([]byte{0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decode(b)
		if err != nil {
			return
		}
		again, err := decode(r.encode())
		if err != nil || fmt.Sprintf("%+v", again) != fmt.Sprintf("%+v", r) {
			t.Errorf("%+v became %+v, %v", r, again, err)
		}
	})
}

func TestRecordOfLaterVersion(t *testing.T) {
	later := []byte{13, 4, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 1, 'g', 1, 'o', 1, 'r', 1, 'x', 'd'}
	r, err := decode(later)
	if err != nil || r.seq != 1 || r.prio != 2 || r.group != "g" || r.reason != "r" || string(r.data) != "d" {
		t.Errorf("with more fields: %+v, %v", r, err)
	}
	r, err = decode([]byte{1, 1, 2, 1, 'g', 'd'})
	if err != nil || r.seq != 1 || r.group != "g" || r.owner != "" || string(r.data) != "d" {
		t.Errorf("with fewer fields: %+v, %v", r, err)
	}
}
