package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"amtsbote/bots"
	"amtsbote/skills/llm"
	"amtsbote/skills/llm/llmtest"
	"amtsbote/storage"
)

// desk is a connector in this process: what is put on it is a message, and what
// is sent is timed.
type desk struct {
	ready  chan struct{}
	accept func(context.Context, bots.Message) error

	mu   sync.Mutex
	sent map[string]chan time.Time
}

func (d *desk) Name() string { return "desk" }

func (d *desk) Receive(ctx context.Context, _ bots.State, accept func(context.Context, bots.Message) error) error {
	d.accept = accept
	close(d.ready)
	<-ctx.Done()
	return nil
}

func (d *desk) Send(_ context.Context, _ bots.State, r bots.Reply) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sent[r.To.MessageID] <- time.Now()
	delete(d.sent, r.To.MessageID)
	return r.ID, nil
}

func (d *desk) Open(context.Context, bots.State, bots.File) (io.ReadCloser, error) {
	return nil, &bots.Refusal{Err: errors.New("no files")}
}

// ask puts a message on the desk and waits for the answer.
func (d *desk) ask(b *testing.B, id, room string) time.Duration {
	got := make(chan time.Time, 1)
	d.mu.Lock()
	d.sent[id] = got
	d.mu.Unlock()
	began := time.Now()
	err := d.accept(b.Context(), bots.Message{Connector: "desk", ID: id, Room: room, Direct: true, Sender: room + "@stadt.example", Time: began, Text: "Bis wann läuft die Frist?"})
	if err != nil {
		b.Error(err)
	}
	return (<-got).Sub(began)
}

// openDesk runs a bot with the real core, store, client and skills.
func openDesk(b *testing.B, answer func(llmtest.Request) llmtest.Reply) (*desk, *llmtest.Server) {
	b.Helper()
	server := llmtest.NewServer(b, llmtest.Options{})
	server.Answer(answer)
	d := &daemon{log: discard, cfg: Config{Models: []llm.Config{{Name: "m", URL: server.URL, Model: "m", Place: "hier", Class: bots.Confidential, Slots: 1000}},
		Bots: []BotConfig{{Name: "b", Models: []string{"m"}, Key: bots.NewSecret("schlüssel"), Access: bots.Access{Allow: []string{"stadt.example"}}, Quota: bots.Quota{PerHour: 1 << 30}}}}}
	if err := d.parts(); err != nil {
		b.Fatal(err)
	}
	t := &desk{ready: make(chan struct{}), sent: map[string]chan time.Time{}}
	d.bots[0].Connectors = []bots.Connector{t}
	var err error
	if d.store, err = storage.OpenBolt(filepath.Join(b.TempDir(), "b.db")); err != nil {
		b.Fatal(err)
	}
	if d.runner, err = bots.NewRunner(d.store, discard, d.bots...); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error)
	go func() { done <- d.runner.Run(ctx) }()
	b.Cleanup(func() {
		cancel()
		if err := errors.Join(<-done, d.close()); err != nil {
			b.Error(err)
		}
	})
	<-t.ready
	return t, server
}

// BenchmarkCore measures what the core adds to a model's own time, from accept to
// Send: "one" has a person ask one question after the other, of a model that
// takes 20 ms; "fifty" has 50 conversations and a model that takes 500 ms;
// "instant" has 50 conversations and a model that takes none. "floor" is the
// smallest durable echo over bbolt for comparison: two transactions a message.
func BenchmarkCore(b *testing.B) {
	b.Run("one", func(b *testing.B) {
		const model = 20 * time.Millisecond
		d, _ := openDesk(b, func(llmtest.Request) llmtest.Reply { return llmtest.Reply{Text: "Bis Freitag.", Wait: model} })
		var took []time.Duration
		for i := 0; b.Loop(); i++ {
			took = append(took, d.ask(b, fmt.Sprint(i), fmt.Sprint("r", i))-model)
		}
		report(b, took)
	})
	b.Run("fifty", func(b *testing.B) {
		const model = 500 * time.Millisecond
		d, server := openDesk(b, func(llmtest.Request) llmtest.Reply { return llmtest.Reply{Text: "Bis Freitag.", Wait: model} })
		n := max(b.N, 500)
		began := time.Now()
		took := crowd(b, d, 50, n)
		b.ReportMetric(100*float64(n)/50*model.Seconds()/time.Since(began).Seconds(), "%ideal")
		b.ReportMetric(float64(server.Peak()), "peak")
		for i := range took {
			took[i] -= model
		}
		report(b, took)
	})
	b.Run("instant", func(b *testing.B) {
		d, _ := openDesk(b, func(llmtest.Request) llmtest.Reply { return llmtest.Reply{Text: "Bis Freitag."} })
		n := max(b.N, 5000)
		began := time.Now()
		took := crowd(b, d, 50, n)
		b.ReportMetric(float64(n)/time.Since(began).Seconds(), "messages/s")
		report(b, took)
	})
	b.Run("floor", func(b *testing.B) { floor(b, 1) })
	b.Run("floor50", func(b *testing.B) { floor(b, 50) })
}

// crowd has people ask n questions in all, each waiting for the answer.
func crowd(b *testing.B, d *desk, people, n int) []time.Duration {
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		took []time.Duration
	)
	for p := range people {
		wg.Go(func() {
			for i := range n / people {
				t := d.ask(b, fmt.Sprintf("%d-%d", p, i), fmt.Sprint("r", p))
				mu.Lock()
				took = append(took, t)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return took
}

func report(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	ms := func(q float64) float64 { return took[int(q*float64(len(took)-1))].Seconds() * 1000 }
	b.ReportMetric(ms(.5), "p50-ms")
	b.ReportMetric(ms(.99), "p99-ms")
}

// floor writes a message and takes it away again, with bbolt alone.
func floor(b *testing.B, people int) {
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "f.db"), 0o600, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.MaxBatchDelay = time.Millisecond
	bucket := []byte("q")
	if err := db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket(bucket); return err }); err != nil {
		b.Fatal(err)
	}
	write := db.Batch
	if people == 1 {
		write = db.Update // nobody to wait for
	}
	echo := func(id string) time.Duration {
		began := time.Now()
		data, err := json.Marshal(bots.Message{ID: id, Text: "Bis wann läuft die Frist?"})
		if err != nil {
			b.Error(err)
		}
		if err := write(func(tx *bbolt.Tx) error { return tx.Bucket(bucket).Put([]byte(id), data) }); err != nil {
			b.Error(err)
		}
		if err := write(func(tx *bbolt.Tx) error { return tx.Bucket(bucket).Delete([]byte(id)) }); err != nil {
			b.Error(err)
		}
		return time.Since(began)
	}
	n := max(b.N, 2000)
	began := time.Now()
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		took []time.Duration
	)
	for p := range people {
		wg.Go(func() {
			for i := range n / people {
				t := echo(fmt.Sprintf("%d-%d", p, i))
				mu.Lock()
				took = append(took, t)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(n)/time.Since(began).Seconds(), "messages/s")
	report(b, took)
}
