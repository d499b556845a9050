package document

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// warmReader is a Reader whose cache is filled and whose spare is ready and has
// its PDF engine loaded.
func warmReader(tb testing.TB, o Options) *Reader {
	r := New(o)
	tb.Cleanup(func() { r.Close() })
	if _, err := r.Read(tb.Context(), "a.txt", strings.NewReader("a")); err != nil {
		tb.Fatal(err)
	}
	return r
}

// BenchmarkLetter reads a text of a page: with a spare child at hand, as it is
// when letters come one by one, and with a child started for it.
func BenchmarkLetter(b *testing.B) {
	data := []byte(strings.Repeat(notice+"\n", 30))
	b.Run("warm", func(b *testing.B) {
		r := warmReader(b, Options{})
		for b.Loop() {
			b.StopTimer()
			awaitSpare(b, r)
			b.StartTimer()
			if _, err := r.Read(b.Context(), "a.txt", bytes.NewReader(data)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("one after the other", func(b *testing.B) {
		r := warmReader(b, Options{})
		for b.Loop() {
			if _, err := r.Read(b.Context(), "a.txt", bytes.NewReader(data)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			r := New(Options{})
			if _, err := r.Read(b.Context(), "a.txt", bytes.NewReader(data)); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			r.Close()
			b.StartTimer()
		}
	})
}

// awaitSpare waits until a child waits for work.
func awaitSpare(tb testing.TB, r *Reader) {
	for deadline := time.Now().Add(time.Minute); ; {
		r.mu.Lock()
		have := r.spare != nil
		r.mu.Unlock()
		if have {
			break
		}
		if time.Now().After(deadline) {
			tb.Fatal("no spare child")
		}
		time.Sleep(time.Millisecond)
	}
	time.Sleep(3 * warmAfter) // until it has loaded its engine
}

// BenchmarkPDF500 reads a PDF of 500 full pages and gives its time as a ratio to
// that of pdftotext, measured in the same run.
func BenchmarkPDF500(b *testing.B) {
	data := longPDF(500)
	path := filepath.Join(b.TempDir(), "500.pdf")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		b.Fatal(err)
	}
	pdftotext := fastest(b, 5, func() {
		if err := exec.Command("pdftotext", path, os.DevNull).Run(); err != nil {
			b.Skip("no pdftotext")
		}
	})
	read := func(r *Reader) {
		d, err := r.Read(b.Context(), "500.pdf", bytes.NewReader(data))
		if err != nil || len(d.Pages) != 500 {
			b.Fatal(len(d.Pages), err)
		}
	}
	b.Run("warm", func(b *testing.B) {
		r := warmReader(b, Options{})
		for b.Loop() {
			b.StopTimer()
			awaitSpare(b, r)
			b.StartTimer()
			read(r)
		}
		b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/pdftotext.Seconds(), "x-pdftotext")
	})
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			r := New(Options{})
			read(r)
			b.StopTimer()
			r.Close()
			b.StartTimer()
		}
		b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)/pdftotext.Seconds(), "x-pdftotext")
	})
}

func fastest(tb testing.TB, n int, f func()) time.Duration {
	best := time.Hour
	for range n {
		start := time.Now()
		f()
		best = min(best, time.Since(start))
	}
	return best
}
