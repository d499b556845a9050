package bots

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"amtsbote/storage"
)

// A faulty store fails to write when told to: before the transaction, or after
// it, when nobody knows whether it is on disk.
type faulty struct {
	storage.Store
	fail func() (before, after bool)
}

var errFull = fmt.Errorf("%w: %w", storage.ErrFull, syscall.ENOSPC)

func (f *faulty) Update(ctx context.Context, fn func(storage.Tx) error) error {
	before, after := f.fail()
	if before {
		return errFull
	}
	if err := f.Store.Update(ctx, fn); err != nil || !after {
		return err
	}
	return errFull
}

// TestFaultyStore runs bots over stores that fail at random points. However that
// falls, each message is answered once, as a person would see it: the connector
// shows a reply of the same ID once.
func TestFaultyStore(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const messages = 40
				var mu sync.Mutex
				random := rand.New(rand.NewPCG(seed, 1))
				began := time.Now()
				asked := map[string]int{}
				w := newWorld(t, answering(func(ctx context.Context, task Task) (Answer, error) {
					mu.Lock()
					asked[task.Text]++
					d := time.Duration(random.IntN(3000)) * time.Millisecond
					mu.Unlock()
					sleep(ctx, d)
					return echo(ctx, task)
				}))
				w.o.once = true
				w.faults = func() (before, after bool) {
					mu.Lock()
					defer mu.Unlock()
					if time.Since(began) > 2*time.Minute {
						return false, false
					}
					n := random.IntN(100)
					return n < 30, n >= 90
				}
				for i := range messages {
					m := after(time.Duration(i)*time.Second, ask(fmt.Sprint(i), fmt.Sprintf("Frage %02d", i)))
					m.Room = fmt.Sprint("r", i%7)
					w.o.in = append(w.o.in, m)
				}
				var want []string
				for i := range messages {
					want = append(want, fmt.Sprintf("Echo: Frage %02d", i))
				}
				got := slices.Sorted(slices.Values(w.run(15 * time.Minute)))
				w.want(got, want...)
				for text, n := range asked {
					if n > 3 {
						t.Errorf("%s: the skill was asked %d times", text, n)
					}
				}
				if reasons := w.last.Ready(); len(reasons) != 0 {
					t.Errorf("not ready afterwards: %v", reasons)
				}
			})
		})
	}
}

// TestFullDisk fills the disk at each step of a message in turn. Work pauses,
// Ready says why, the model is not asked again and nothing is shown twice, though
// this network has no means to prevent it; and all goes on by itself.
func TestFullDisk(t *testing.T) {
	for _, step := range []string{"intake", "answer", "another try", "sending"} {
		t.Run(step, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { fullDisk(t, step) })
		})
	}
}

func fullDisk(t *testing.T, step string) {
	var w *world
	var full atomic.Bool
	var tries atomic.Int32
	asked, reasons := 0, map[string]string{}
	fill := func(at string) {
		if at == step {
			full.Store(true)
			time.AfterFunc(10*time.Minute, func() { reasons = w.last.Ready(); full.Store(false) })
		}
	}
	w = newWorld(t, answering(func(ctx context.Context, task Task) (Answer, error) {
		asked++
		sleep(ctx, time.Second) // meanwhile the other message comes
		if asked == 1 {
			fill("answer")
			fill("another try")
		}
		if step == "another try" && full.Load() {
			return Answer{}, errors.New("model is away")
		}
		return echo(ctx, task)
	}))
	w.faults = func() (bool, bool) {
		if full.Load() {
			tries.Add(1)
		}
		return full.Load(), false
	}
	sends := 0
	w.o.sending = func() {
		if sends++; sends == 1 {
			fill("sending")
		}
	}
	fill("intake")
	w.o.in = []Message{ask("1", "eins"), ask("2", "zwei")}
	began := time.Now()
	var last time.Duration
	w.o.sent = func() { last = time.Since(began) }
	w.want(w.run(20*time.Minute), "Echo: eins", "Echo: zwei")
	if full.Load() {
		t.Fatal("the disk was not freed")
	}
	want := 2
	if step == "another try" {
		want = 3
	}
	if asked != want || sends != 2 {
		t.Errorf("the skill was asked %d times, %d replies were sent, want %d and 2", asked, sends, want)
	}
	if !strings.Contains(reasons["storage"], "the disk is full") {
		t.Errorf("Ready gave as reasons %q", reasons)
	}
	if r := w.last.Ready(); len(r) != 0 {
		t.Errorf("afterwards not ready: %q", r)
	}
	if last > 10*time.Minute+8*time.Second {
		t.Errorf("went on only after %v", last)
	}
	if n := tries.Load(); n > 2000 {
		t.Errorf("the full disk was tried %d times in ten minutes", n)
	}
}
