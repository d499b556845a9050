package check

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzFacts: whatever answer and sources are, findings lie within the answer in
// order; what a source is, an answer may say; and a marked answer has all of the
// answer in it.
func FuzzFacts(f *testing.F) {
	for _, s := range corpus(f, "open") {
		f.Add(s.source, s.answer)
	}
	f.Add("„a b c“ 1.234,56 € 0431/22", "```\n12 €\n`[x](y 3) **4 5** | ٣ 𝟟 §§ 1, 2 Abs. 3 „x y“ z“")
	f.Add("\xff\xfe", "12\xff3 \u00adMü\u0308ller[1][[2]](3)")
	f.Fuzz(func(t *testing.T, source, answer string) {
		src := Read(day, source)
		found := src.Facts(answer)
		last := 0
		for _, x := range found {
			if x.Start < last || x.End <= x.Start || x.End > len(answer) || answer[x.Start:x.End] != x.Text {
				t.Fatalf("finding %+v in %q", x, answer)
			}
			last = x.End
		}
		for _, language := range []string{"de", "en"} {
			got := Mark(answer, found, language)
			if utf8.ValidString(answer) && !utf8.ValidString(got) || !contains(got, answer) {
				t.Fatalf("%q marked as %q", answer, got)
			}
			if len(found) > 0 && got == answer {
				t.Fatalf("nothing marked in %q", answer)
			}
		}
		if w := Warning(found); (w.DE == "") != (len(found) == 0) {
			t.Fatal(w)
		}
	})
}

// contains reports whether all letters of a stand in s in their order.
func contains(s, a string) bool {
	i := 0
	for j := 0; j < len(s) && i < len(a); j++ {
		if s[j] == a[i] {
			i++
		}
	}
	return i == len(a)
}

// BenchmarkHostile has answers and sources that were made to take long: growth is how
// much longer 64 kB took than 8 kB, at most about 8 where time is linear.
func BenchmarkHostile(b *testing.B) {
	src := Read(day, strings.Repeat("Frau Müller zahlt 12,50 € am 3. November 2026, „drei gute Worte hier“. ", 2000))
	answer := func(text string) { Mark(text, src.Facts(text), "de") }
	source := func(text string) { Read(day, text) }
	for _, test := range []struct {
		name   string
		do     func(string)
		pieces []string
	}{
		{"answer", answer, []string{"1", "0", "+0 ", "a-", "„a b c ", "\"a b c\" ", "[", "[1", "`", "``` \n", "**a", "12 bis ", "§ 1 Abs. 1 ", "Möller ", "drei ", "zwei Dinge:\n- a\n", "12.", "A1/", "1 000 ", "DE02 ", "S. 1", "- a\n", "Frau Möller ", "9:", "„Frau Müller zahlt 13 €“ ", "(1)\n", "|1", "<", "\\", "._", "Anna Schmitz "}},
		{"source", source, []string{"1", "a-", "wort-\n", "[", "[1", "12 bis ", "Anna Schmitz ", "§ 1 Abs. 1 ", "0 ", "DE02 ", "9:30 ", "Ähä "}},
	} {
		b.Run(test.name, func(b *testing.B) {
			worst := 0.0
			for b.Loop() {
				for _, piece := range test.pieces {
					short, long := took(test.do, piece, 8_000), took(test.do, piece, 64_000)
					worst = max(worst, float64(long)/float64(max(short, time.Millisecond)))
				}
			}
			b.ReportMetric(worst, "growth")
		})
	}
}

func took(do func(string), piece string, n int) time.Duration {
	text := strings.Repeat(piece, n/len(piece))
	start := time.Now()
	do(text)
	return time.Since(start)
}
