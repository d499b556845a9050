package storage

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// The helpers below fail the test on any error; they are not for use inside of
// Update.

func update(t *testing.T, s Store, fn func(Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func add(t *testing.T, s Store, items ...Item) {
	t.Helper()
	update(t, s, func(tx Tx) error {
		for _, it := range items {
			if it.Queue == "" {
				it.Queue = "q"
			}
			if ok, err := tx.Add(it); err != nil || !ok {
				return fmt.Errorf("add %s: %v, %w", it.ID, ok, err)
			}
		}
		return nil
	})
}

func take(t *testing.T, s Store, lease time.Duration) Item {
	t.Helper()
	it, err := s.Take(t.Context(), "q", AnyPrio, lease)
	if err != nil {
		t.Fatal(err)
	}
	return it
}

func takeNone(t *testing.T, s Store) {
	t.Helper()
	if it, err := s.Take(t.Context(), "q", AnyPrio, time.Minute); !errors.Is(err, ErrNone) {
		t.Fatalf("took %q, %v, want ErrNone", it.ID, err)
	}
}

// wantOrder takes everything there is and finishes it.
func wantOrder(t *testing.T, s Store, want ...string) {
	t.Helper()
	var got []string
	for {
		it, err := s.Take(t.Context(), "q", AnyPrio, time.Minute)
		if errors.Is(err, ErrNone) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, it.ID)
		update(t, s, func(tx Tx) error { return tx.Done(it) })
	}
	if !slices.Equal(got, want) {
		t.Fatalf("taken in the order %q, want %q", got, want)
	}
}

func wantErr(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Fatalf("got error %v, want %v", got, want)
	}
}

func find(t *testing.T, s Store, id string) (it Item, err error) {
	t.Helper()
	verr := s.View(t.Context(), func(tx Tx) error { it, err = tx.Find("q", id); return nil })
	if verr != nil {
		t.Fatal(verr)
	}
	return it, err
}

func get(t *testing.T, s Store, key string) (v []byte, err error) {
	t.Helper()
	verr := s.View(t.Context(), func(tx Tx) error { v, err = tx.Get(key); return nil })
	if verr != nil {
		t.Fatal(verr)
	}
	return v, err
}

func countValues(t *testing.T, s Store, prefix string) (n int) {
	t.Helper()
	err := s.View(t.Context(), func(tx Tx) error {
		n = 0
		return tx.Each(prefix, func(string, []byte) error { n++; return nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
