package llm_test

import (
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"amtsbote/skills/llm"
	"amtsbote/skills/llm/llmtest"
)

// BenchmarkComplete measures what a request costs over a server that answers at
// once. Server and client share the machine; the server's part is in it.
func BenchmarkComplete(b *testing.B) {
	s := llmtest.NewServer(b, llmtest.Options{})
	s.Answer(always(llmtest.Reply{Text: "Guten Tag, Frau Meier. Ihr Antrag ist eingegangen."}))
	m := model(b, open(b, config(s, "Mistral")), "Mistral")
	took := make([]time.Duration, 0, b.N)
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		if _, err := m.Complete(b.Context(), prompt); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkCompleteMany has 50 callers and a server that takes 500 ms: how much of
// the ideal rate is reached. Each iteration is ten questions a caller.
func BenchmarkCompleteMany(b *testing.B) {
	const callers, questions, wait = 50, 10, 500 * time.Millisecond
	s := llmtest.NewServer(b, llmtest.Options{})
	s.Answer(always(llmtest.Reply{Text: "ok", Wait: wait}))
	m := model(b, open(b, config(s, "Mistral")), "Mistral")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n := 0
	for b.Loop() {
		n++
		var all sync.WaitGroup
		for range callers {
			all.Go(func() {
				for range questions {
					if _, err := m.Complete(b.Context(), prompt); err != nil {
						b.Error(err)
					}
				}
			})
		}
		all.Wait()
	}
	runtime.ReadMemStats(&after)
	ideal := time.Duration(n) * questions * wait
	b.ReportMetric(100*float64(ideal)/float64(b.Elapsed()), "%-of-ideal")
	b.ReportMetric(float64(s.Peak()), "peak")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(n*callers*questions), "B/request")
}

func BenchmarkSplit(b *testing.B) {
	text := strings.Repeat("Der Antrag ist eingegangen. Er war unvollständig; 25,00 € sind zu zahlen.\n\n", 10_000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if parts := llm.Split(text, 4000); len(parts) < 50 {
			b.Fatal(len(parts))
		}
	}
}
