package storage

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"
)

// BenchmarkUpdate accepts messages as a connector does: an item and a cursor.
func BenchmarkUpdate(b *testing.B) {
	for _, writers := range []int{1, 32} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			s := openTemp(b)
			data := make([]byte, 500)
			b.ReportAllocs()
			spread(b, writers, func(i int) error {
				return s.Update(b.Context(), func(tx Tx) error {
					if err := tx.Put("cursor", fmt.Append(nil, i), 0); err != nil {
						return err
					}
					_, err := tx.Add(Item{Queue: "q", ID: fmt.Sprint(i), Group: fmt.Sprint(i % 100), Data: data})
					return err
				})
			})
		})
	}
}

// BenchmarkFloor does what BenchmarkUpdate does with the least that bbolt needs.
func BenchmarkFloor(b *testing.B) {
	for _, kind := range []string{"Update", "Batch"} {
		for _, writers := range []int{1, 32} {
			b.Run(fmt.Sprintf("%s/writers=%d", kind, writers), func(b *testing.B) {
				db, err := bbolt.Open(filepath.Join(b.TempDir(), "floor.db"), 0o600, nil)
				if err != nil {
					b.Fatal(err)
				}
				defer db.Close()
				db.MaxBatchDelay = time.Millisecond
				write := db.Update
				if kind == "Batch" {
					write = db.Batch
				}
				data := make([]byte, 500)
				b.ReportAllocs()
				spread(b, writers, func(i int) error {
					return write(func(tx *bbolt.Tx) error {
						bucket, err := tx.CreateBucketIfNotExists([]byte("q"))
						if err != nil {
							return err
						}
						if err := bucket.Put([]byte("cursor"), fmt.Append(nil, i)); err != nil {
							return err
						}
						return bucket.Put(fmt.Append(nil, i), data)
					})
				})
			})
		}
	}
}

// spread calls fn b.N times on some goroutines and reports calls a second.
func spread(b *testing.B, goroutines int, fn func(i int) error) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range goroutines {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
				if err := fn(int(i)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

// BenchmarkTake takes an item while many wait, and gives it back without
// writing, by letting its lease pass.
func BenchmarkTake(b *testing.B) {
	for _, n := range []int{10, 10_000, 100_000} {
		b.Run(fmt.Sprintf("waiting=%d", n), func(b *testing.B) {
			s := openTemp(b)
			fill(b, s, n)
			b.ReportAllocs()
			for b.Loop() {
				it, err := s.Take(b.Context(), "q", AnyPrio, time.Minute)
				if err != nil {
					b.Fatal(err)
				}
				if err := s.Renew(b.Context(), it, 0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkOpen opens a file in which many wait.
func BenchmarkOpen(b *testing.B) {
	for _, n := range []int{0, 10_000, 100_000} {
		b.Run(fmt.Sprintf("waiting=%d", n), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "bot.db")
			s := openAt(b, path)
			fill(b, s, n)
			s.Close()
			b.ReportAllocs()
			for b.Loop() {
				s, err := OpenBolt(path)
				if err != nil {
					b.Fatal(err)
				}
				s.Close()
			}
		})
	}
}

// fill adds n items of ten owners, each of a group of its own.
func fill(b *testing.B, s Store, n int) {
	b.Helper()
	data := make([]byte, 500)
	for from := 0; from < n; from += 1000 {
		err := s.Update(context.Background(), func(tx Tx) error {
			for i := from; i < min(from+1000, n); i++ {
				it := Item{
					Queue: "q", ID: fmt.Sprint("item ", i), Group: fmt.Sprint("group ", i),
					Owner: fmt.Sprint(i % 10), Data: data,
				}
				if _, err := tx.Add(it); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAnswer moves items from one queue to another, as the runner does.
func BenchmarkAnswer(b *testing.B) {
	for _, workers := range []int{1, 50} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			s := openTemp(b)
			fill(b, s, b.N)
			b.ReportAllocs()
			spread(b, workers, func(int) error {
				it, err := s.Take(b.Context(), "q", AnyPrio, time.Minute)
				if err != nil {
					return err
				}
				return s.Update(b.Context(), func(tx Tx) error {
					if err := tx.Done(it); err != nil {
						return err
					}
					_, err := tx.Add(Item{Queue: "out", ID: it.ID, Group: it.Group, Data: it.Data})
					return err
				})
			})
		})
	}
}

// BenchmarkForget forgets 20,000 IDs while somebody writes, and reports how long
// that one waited at most.
func BenchmarkForget(b *testing.B) {
	const n = 20_000
	longest := time.Duration(0)
	for b.Loop() {
		b.StopTimer()
		s := openTemp(b)
		for from := 0; from < n; from += 1000 {
			err := s.Update(b.Context(), func(tx Tx) error {
				for i := from; i < from+1000; i++ {
					id := fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, i)))
					if _, err := tx.Add(Item{Queue: "q", ID: id}); err != nil {
						return err
					}
					if _, err := tx.Drop("q", id); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		b.StartTimer()
		done := make(chan error, 1)
		go func() { done <- s.Forget(b.Context(), time.Now().Add(time.Hour)) }()
		for running := true; running; {
			began := time.Now()
			err := s.Update(b.Context(), func(tx Tx) error { return tx.Put("cursor", []byte("1"), 0) })
			if err != nil {
				b.Fatal(err)
			}
			longest = max(longest, time.Since(began))
			select {
			case err := <-done:
				if err != nil {
					b.Fatal(err)
				}
				running = false
			default:
			}
		}
		s.Close()
	}
	b.ReportMetric(float64(longest.Microseconds())/1000, "ms-longest-Update")
}
