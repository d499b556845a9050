package index

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// perSource is how many passages a document of the benchmarks has.
const perSource = 50

// build puts n passages, 16 documents at a time: those that wait are written together.
func build(tb testing.TB, x Index, c *corpus, n int, vector func(*Passage)) time.Duration {
	tb.Helper()
	type job struct {
		s Source
		p []Passage
	}
	jobs := make(chan job)
	var wg sync.WaitGroup
	have := map[string]bool{}
	all, err := x.Sources(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	for _, s := range all {
		have[s.Key] = true
	}
	var busy time.Duration
	var mu sync.Mutex
	for range 16 {
		wg.Go(func() {
			for j := range jobs {
				if err := x.Put(context.Background(), j.s, j.p); err != nil {
					tb.Error(err)
				}
			}
		})
	}
	made := make([]job, 0, min(n/perSource, 1000))
	for i := 0; i < n/perSource; {
		made = made[:0]
		for ; i < n/perSource && len(made) < cap(made); i++ {
			s, p := c.source(i, perSource)
			if vector != nil {
				for k := range p {
					vector(&p[k])
				}
			}
			if !have[s.Key] { // by a run that was ended
				made = append(made, job{s, p})
			}
		}
		start := time.Now() // without making the texts
		for _, j := range made {
			jobs <- j
		}
		mu.Lock()
		busy += time.Since(start)
		mu.Unlock()
	}
	start := time.Now()
	close(jobs)
	wg.Wait()
	return busy + time.Since(start)
}

// BenchmarkPut indexes 10,000 passages in 200 documents.
func BenchmarkPut(b *testing.B) {
	for b.Loop() {
		x, err := OpenBleve(b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(build(b, x, newCorpus(b), 10_000, nil).Seconds(), "s/10k")
		b.ReportMetric(size(b, x.dir)/1e6, "MB")
		if err := x.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func size(tb testing.TB, dir string) float64 {
	files, err := os.ReadDir(dir)
	if err != nil {
		tb.Fatal(err)
	}
	n := int64(0)
	for _, f := range files {
		if st, err := f.Info(); err == nil {
			n += st.Size()
		}
	}
	return float64(n)
}

// BenchmarkSearch asks 10,000 passages; the 95th percentile counts.
func BenchmarkSearch(b *testing.B) {
	x := openAt(b, b.TempDir())
	build(b, x, newCorpus(b), 10_000, nil)
	ask(b, x, func() Query { return Query{N: 8} })
}

// ask runs a benchmark over 500 questions.
func ask(b *testing.B, x Index, query func() Query) {
	questions := newCorpus(b).questions(500)
	var took []time.Duration
	i, found := 0, 0
	for b.Loop() {
		q := query()
		q.Text = questions[i%len(questions)]
		i++
		start := time.Now()
		hits, err := x.Search(context.Background(), q)
		took = append(took, time.Since(start))
		if err != nil {
			b.Fatal(err)
		}
		found += min(1, len(hits))
	}
	if found < i*9/10 {
		b.Fatalf("%d of %d found", found, i)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "ms/p95")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms/p50")
}

// BenchmarkVectors fuses words and 10,000 vectors of 1,024 numbers.
func BenchmarkVectors(b *testing.B) {
	x := openAt(b, b.TempDir())
	rnd := rand.New(rand.NewPCG(1, 2))
	random := func() []float32 {
		v := make([]float32, 1024)
		for i := range v {
			v[i] = rnd.Float32() - 0.5
		}
		return v
	}
	build(b, x, newCorpus(b), 10_000, func(p *Passage) { p.Vector = random() })
	ask(b, x, func() Query { return Query{N: 8, Vector: random()} })
}

// BenchmarkOpen opens an index of 10,000 passages.
func BenchmarkOpen(b *testing.B) {
	x := openAt(b, b.TempDir())
	build(b, x, newCorpus(b), 10_000, nil)
	if err := x.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		y, err := OpenBleve(x.dir)
		if err != nil {
			b.Fatal(err)
		}
		if err := y.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMillion asks AMTSBOTE_TEST_INDEX passages (such as 1000000), which it
// indexes once into a folder of the user's cache: minutes, and gigabytes.
func BenchmarkMillion(b *testing.B) {
	n, err := strconv.Atoi(os.Getenv("AMTSBOTE_TEST_INDEX"))
	if err != nil {
		b.Skip("set AMTSBOTE_TEST_INDEX=1000000")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		b.Fatal(err)
	}
	dir := filepath.Join(cache, "amtsbote-index-"+strconv.Itoa(n))
	start := time.Now()
	x := openAt(b, dir)
	b.Logf("opened in %v", time.Since(start))
	if all, err := x.Sources(context.Background()); err != nil {
		b.Fatal(err)
	} else if len(all) < n/perSource {
		b.Logf("%d of %d documents are there", len(all), n/perSource)
		b.Logf("indexed in %v", build(b, x, newCorpus(b), n, nil))
	}
	all, err := x.Sources(context.Background())
	b.Logf("%d documents, %.0f MB, %v", len(all), size(b, dir)/1e6, err)
	ask(b, x, func() Query { return Query{N: 8} })
}
