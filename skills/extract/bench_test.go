package extract

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"amtsbote/skills/document"
)

// book makes a document of n sentences on pages of 40, of words drawn as unevenly
// as in a real text, always the same.
func book(n int) document.Document {
	r := rand.New(rand.NewPCG(1, 2))
	z := rand.NewZipf(r, 1.2, 8, 6000)
	var pages []string
	for n > 0 {
		var b strings.Builder
		for range min(n, 40) {
			b.WriteString("Der")
			for range 8 + r.IntN(12) {
				fmt.Fprintf(&b, " %s", word(z.Uint64()))
			}
			switch r.IntN(12) {
			case 0:
				fmt.Fprintf(&b, " kostet %d,50 €", r.IntN(900)+1)
			case 1:
				fmt.Fprintf(&b, " bis zum %d. November 2026", r.IntN(29)+1)
			}
			b.WriteString(".\n")
		}
		pages = append(pages, b.String())
		n -= 40
	}
	return paged(pages...)
}

func word(n uint64) string {
	const a, b = "bdfgklmnprst", "aeiou"
	var w []byte
	for n += 40; n > 0; n /= 60 {
		w = append(w, a[n%12], b[n/12%5], 'l')
	}
	return string(w)
}

func BenchmarkKey(b *testing.B) {
	for _, n := range []int{39, 2000, 20000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			d := book(n)
			b.SetBytes(int64(len(d.Text())))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Key(context.Background(), d, 10, day); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkQuestion(b *testing.B) {
	for _, n := range []int{39, 2000, 20000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			docs := []document.Document{book(n)}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Question(context.Background(), docs, "Wie viel kostet der "+word(70)+" bis November?", 5); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// worked returns the processor time that this process has used: it does not grow
// while others have the processor.
func worked() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestFiveHundredPagesTakeSeconds gives as many sentences as 500 pages have. The
// limit has much room for a slow machine and the race detector; a comparison of
// all with all would take minutes.
func TestFiveHundredPagesTakeSeconds(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	start := worked()
	got, err := Key(t.Context(), book(20000), 10, day)
	if err != nil || len(got) != 10 {
		t.Fatal(len(got), err)
	}
	d := worked() - start
	t.Logf("20,000 sentences in %v", d.Round(time.Millisecond))
	if d > 30*time.Second {
		t.Errorf("took %v", d)
	}
}

func FuzzKey(f *testing.F) {
	f.Add("Die Gebühr beträgt 25,00 €.\nSeite 1\n\n- Punkt", "Wie hoch ist die Gebühr?")
	f.Add("\xff\u00ad | - \n\n“.\f", "ä")
	f.Fuzz(func(t *testing.T, text, question string) {
		d := paged(text, "Seite 2 "+text, text)
		got, err := Key(t.Context(), d, 3, day)
		if err != nil || len(got) > 3 {
			t.Fatal(len(got), err)
		}
		found, err := Question(t.Context(), []document.Document{d}, question, 3)
		if err != nil || len(found) > 3 {
			t.Fatal(len(found), err)
		}
		for _, p := range found {
			if p.Score <= 0 || p.Score > 1 || p.Text == "" {
				t.Fatalf("%+v", p)
			}
		}
	})
}
