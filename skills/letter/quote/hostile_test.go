package quote

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// worst are texts that would cost most if anything were looked at twice. Each is
// made at a size in bytes.
var worst = map[string]func(n int) string{
	"quotes and answers": func(n int) string { return strings.Repeat("> a\nb\n", n/6) },
	"deep quotes":        func(n int) string { return strings.Repeat(strings.Repeat(">", 60)+" a\n", n/63) },
	"a stair of quotes":  func(n int) string { return strings.Repeat("> a\n>> b\n>>> c\n>>>> d\n>> e\n", n/30) },
	"heads": func(n int) string {
		return strings.Repeat("Von: a <a@b.example>\nAn: b\nBetreff: c\nDatum: 20.11.2026\n\n", n/58)
	},
	"heads that are none":      func(n int) string { return strings.Repeat("Von: a\nx\n", n/9) },
	"labels":                   func(n int) string { return strings.Repeat("Von: ", n/5) },
	"one label and recipients": func(n int) string { return "Von: a\nAn: " + strings.Repeat("b@c.example, ", n/13) },
	"separators":               func(n int) string { return strings.Repeat("-----Original Message-----\n", n/27) },
	"separators and blanks":    func(n int) string { return strings.Repeat("-----Original Message-----\n\n\n\n\n\n\n\n\n", n/35) },
	"attributions":             func(n int) string { return strings.Repeat("Am 20.11.2026 um 18:42 schrieb a@b.example:\n", n/45) },
	"attributions without end": func(n int) string { return strings.Repeat("Am 20.11.2026 um 18:42 schrieb a:\nb:\n", n/37) },
	"quoted attributions":      func(n int) string { return strings.Repeat("Am 20.11.2026 um 18:42 schrieb a@b.example:\n> x\n", n/49) },
	"blank lines":              func(n int) string { return strings.Repeat("\n", n) },
	"one line":                 func(n int) string { return strings.Repeat("schrieb ", n/8) },
	"one line that quotes":     func(n int) string { return strings.Repeat(">", n) },
	"closings":                 func(n int) string { return strings.Repeat("a\nViele Grüße\n"+strings.Repeat("x", 170)+"\n", n/187) },
	"disclaimers":              func(n int) string { return strings.Repeat("Diese E-Mail ist vertraulich\n", n/29) },
	"paragraphs of one letter": func(n int) string { return strings.Repeat("a\n\n", n/3) },
	"spaces":                   func(n int) string { return strings.Repeat(" ", n) },
	"blank quotes":             func(n int) string { return strings.Repeat(">\n\n", n/3) },
	"rules":                    func(n int) string { return strings.Repeat("________________\n", n/17) },
	"a letter": func(n int) string {
		return strings.Repeat("Ich bitte um Auskunft: wann ist das Amt geöffnet?\n", n/51)
	},
}

// TestWorst: none of these may panic, lose a line, or take more than linear memory;
// BenchmarkSplitWorst shows the same of time, which a busy machine would falsify here.
func TestWorst(t *testing.T) {
	for name, text := range worst {
		t.Run(name, func(t *testing.T) {
			complete(t, text(5000))
			const n = 10_000
			small, large := allocated(text(n)), allocated(text(4*n))
			if large > 8*small+1<<20 {
				t.Errorf("%d bytes allocated for %d, %d for %d", small, n, large, 4*n)
			}
		})
	}
}

// allocated returns how many bytes taking a text apart allocates in all.
func allocated(text string) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, b := range Split(text, time.UTC) {
		Trim(b.Text)
	}
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestLongTextsAreCut(t *testing.T) {
	blocks := Split(strings.Repeat("ü", MaxText), time.UTC)
	if got := len(blocks[0].Text); got != MaxText {
		t.Errorf("%d bytes", got)
	}
}

// FuzzSplit holds Split and Trim to: no panic, no line lost or doubled.
func FuzzSplit(f *testing.F) {
	for _, text := range worst {
		f.Add(text(200))
	}
	for _, s := range []string{
		"n\n\nVon: A <a@x.example>\nGesendet: Freitag, 20. November 2026 18:42\nAn: Amt\nBetreff: x\n\n> Frage\n\nAntwort\n\nMfG\nA",
		"Anfang der weitergeleiteten Nachricht:\n\n> Von: A <a@x.example>\n> Datum: 20.11.2026 18:42\n> An: P\n>\n> a\n\nunten",
		"Am Fr., 20. Nov. 2026 um 18:42 Uhr schrieb Jana <\nj@x.example>:\n\n> Text\n>> alt\nja\n> mehr",
		"----- Weitergeleitet von P/M am 23.11.2026 -----\n\nJ <j@x.example>\n20.11.2026 18:42\n\nAn\n\tamt\nThema\n\tT\n\nText",
		">>> J <j@x.example> 20.11.2026 18:42 >>>\nText\n-- \nJ\n\nDiese E-Mail ist vertraulich. Irrtümlich?\n\nVon meinem iPhone gesendet",
		"----- Forwarded message from A -----\nFrom: a@b.example\nDate: 1.1.2026\n\na\n----- End forwarded message -----\n>From x\n",
		"EXTERN\n\nHallo,\r\nMit freundlichen Grüßen, Jana\nAnlage: x\n\xff\xfe",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		complete(t, text)
		letters(t, Normal(text))
	})
}

// BenchmarkSplit is a forwarded thread of three mails of two pages together.
func BenchmarkSplit(b *testing.B) {
	text := "bitte absagen\n\n" + strings.Repeat("Von: Jana Wieczorek <jana@example.org>\nGesendet: Freitag, 20. November 2026 18:42\nAn: Bürgerbüro <amt@stadt.example>\nBetreff: Termin\n\nSehr geehrte Damen und Herren,\n\n"+
		strings.Repeat("ich bitte um einen neuen Termin, denn ich war krank. Am 5.11. schrieb mir Ihre Kollegin, es gebe keinen.\n\n", 7)+"Mit freundlichen Grüßen\nJana Wieczorek\n\n", 3)
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		for _, x := range Split(text, time.UTC) {
			Trim(x.Text)
		}
	}
}

// BenchmarkSplitWorst shows that the time is linear: MB/s at 75 KB and at 300 KB
// are alike, whatever the text.
func BenchmarkSplitWorst(b *testing.B) {
	for name, make := range worst {
		for _, n := range []int{MaxText / 4, MaxText} {
			text := make(n)
			b.Run(fmt.Sprintf("%s/%d", strings.ReplaceAll(name, " ", "-"), n), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					for _, x := range Split(text, time.UTC) {
						Trim(x.Text)
					}
				}
			})
		}
	}
}
