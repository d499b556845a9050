package facts

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"
)

// prose is 39 sentences of an office's letter, n times.
func prose(n int) string {
	const letter = `Stadt Musterstadt
Bürgerbüro
Rathausplatz 1
12345 Musterstadt

Sehr geehrte Frau Dr. Kaya,

gegen Ihren Bescheid vom 5. November 2026 (Az. 32.4-BPA-1873/26), mir zugegangen am 10.11.2026, lege ich Widerspruch ein. Die Gebühr von 25,00 € bitte ich bis zum 27.11.2026 zu erstatten. Bitte antworten Sie binnen zwei Wochen nach Zugang, z. B. per E-Mail an jana.wieczorek@example.org oder unter Tel. 040 428 28-0. Nach § 70 Abs. 1 VwGO i. V. m. §§ 187, 188 BGB gilt ein Monat nach Bekanntgabe. Am Fr 20.11. um 18.42 Uhr war die Sitzung. Die Satzung regelt das vom 3. bis 5. Dezember. Ich wohne seit drei Jahren in der Zone und habe mein Auto dort zugelassen. Das Amt hat mir mitgeteilt, dass der Antrag abgelehnt wird. Die Begründung überzeugt mich nicht. Andere Anwohner haben den Ausweis ohne weitere Prüfung erhalten. Mein Nachbar, Herr Berger, wohnt im selben Haus. Ihm wurde der Ausweis im Mai erteilt. Ich verstehe nicht, warum in meinem Fall anders entschieden wurde. Der Mietvertrag liegt Ihnen vor. Die Meldebestätigung habe ich beigefügt.

Zur Sache selbst möchte ich folgendes anführen: Die Verwaltung hat den Sachverhalt nicht ausreichend ermittelt. Sie hat insbesondere nicht geprüft, ob eine Ausnahme möglich ist. Eine Anhörung fand nicht statt. Auch die Höhe der Gebühr ist nicht nachvollziehbar. Im Gebührenverzeichnis stehen 20,50 €. Verlangt wurden 25 Euro. Das sind rund 22 % mehr. Bitte prüfen Sie das. Im Übrigen verweise ich auf die Entscheidung des VG Musterstadt, 4 K 123/26.

1. Heben Sie den Bescheid auf.
2. Stellen Sie den Ausweis aus.
3. Erstatten Sie die Gebühr auf das Konto DE89 3704 0044 0532 0130 00.

Für Rückfragen stehe ich gern zur Verfügung. Ich hoffe auf eine schnelle Antwort. Vielen Dank für Ihre Mühe.

Mit freundlichen Grüßen
Jana Wieczorek

`
	return strings.Repeat(letter, n)
}

func BenchmarkFind(b *testing.B) {
	for _, n := range []int{1, 51, 513} { // 39, 2,000, 20,000 sentences
		b.Run(fmt.Sprint(n*39), func(b *testing.B) {
			text := prose(n)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				Find(text, letterDay)
			}
		})
	}
}

func BenchmarkSentences(b *testing.B) {
	for _, n := range []int{1, 51, 513} {
		b.Run(fmt.Sprint(n*39), func(b *testing.B) {
			text := prose(n)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				Sentences(text)
			}
		})
	}
}

func BenchmarkLanguage(b *testing.B) {
	text := prose(1)
	for b.Loop() {
		Language(text)
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

// TestTimeIsLinear feeds what makes rules look far ahead and holds the time to
// that of ordinary prose, with much room.
func TestTimeIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	const size = 256 << 10
	for name, unit := range map[string]string{
		"figures":           "1 ",
		"dates":             "1., ",
		"ranges":            "1. bis ",
		"cues of terms":     "bis zum ",
		"cues of periods":   "binnen von einer ",
		"cues of files":     "Az. Nr. ",
		"sections":          "§ 1, ",
		"sections and more": "§§ 1 und ",
		"names":             "Frau von der ",
		"titles":            "Dr. Prof. ",
		"hyphens":           "A-",
		"at signs":          "a@",
		"at signs alone":    "@",
		"local parts":       "a.",
		"links":             "http://a.",
		"www":               "www.",
		"w":                 "w",
		"phones":            "Tel. +1 (",
		"digits":            "1",
		"codes":             "A1/",
		"streets":           "Am-Straße-",
		"periods":           "a. ",
		"newlines":          "\n",
		"lists":             "1. A\n",
		"quotes":            "“.",
		"one word":          "ä",
		"invalid":           "\xff\xc3",
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Repeat(unit, size/len(unit))
			start := worked()
			Find(text, letterDay)
			Sentences(text)
			if d := worked() - start; d > 4*time.Second {
				t.Errorf("took %v for a quarter of a megabyte", d)
			}
		})
	}
}

func FuzzFind(f *testing.F) {
	f.Add(prose(1))
	f.Add("Art. 6 Abs. 1 lit. f DSGVO, § 3 i. V. m. § 5 KAG NRW; 100 bis 500 Euro; vom 28.12. bis zum 5.1.2027")
	f.Add("Herr und Frau Krüger, Eheleute Anna und Bernd Krüger, gez. P. O'Neill, i. A. Yılmaz")
	f.Add("Tel.: +49 (0)40 12345-67, bis Ende November, spätestens am 1. Dezember, binnen vierzehn (14) Tagen")
	f.Add("\xff\n\f | \u00ad1\u202f234 € „“ 29.02. 24:00 12:00 am")
	f.Fuzz(func(t *testing.T, text string) {
		checkFacts(t, text, Find(text, letterDay))
		last := 0
		for _, s := range Sentences(text) {
			if s.Start < last || s.End <= s.Start || s.End > len(text) {
				t.Fatalf("span %v of %d after %d", s, len(text), last)
			}
			last = s.End
		}
		Language(text)
	})
}

// checkFacts holds what Find promises of any text.
func checkFacts(t *testing.T, text string, found []Fact) {
	t.Helper()
	end := 0
	var term Fact
	for _, f := range found {
		if f.Start < 0 || f.End > len(text) || f.Start >= f.End || text[f.Start:f.End] != f.Text || f.Norm == "" {
			t.Fatalf("bad fact %+v", f)
		}
		if f.Start < end && !(term.Start <= f.Start && f.End <= term.End) {
			t.Fatalf("%+v overlaps what ends at %d", f, end)
		}
		if f.Kind == Term {
			term = f
		}
		end = max(end, f.End)
		if (f.Kind == Date || f.Kind == Month) && f.Date.IsZero() {
			t.Fatalf("no date in %+v", f)
		}
		if utf8.ValidString(text) && !utf8.ValidString(f.Text) {
			t.Fatalf("cut a rune: %q", f.Text)
		}
	}
}

// TestNoFactIsCutBetweenBlocks: a long text is read in blocks that end between
// lines.
func TestNoFactIsCutBetweenBlocks(t *testing.T) {
	const n = 5000
	text := strings.Repeat("Die Gebühr beträgt am 20.11.2026 genau 1.225,00 €.\n", n)
	if got := len(Find(text, letterDay)); got != 2*n {
		t.Errorf("got %d facts, want %d", got, 2*n)
	}
	if got := len(Sentences(text)); got != n {
		t.Errorf("got %d sentences, want %d", got, n)
	}
}

func TestDetailsOfFacts(t *testing.T) {
	first := func(text string) Fact {
		t.Helper()
		found := Find(text, letterDay)
		if len(found) == 0 {
			t.Fatalf("nothing in %q", text)
		}
		return found[0]
	}
	if f := first("Gebühr 12.500,50 €"); f.Cents != 1250050 || f.Currency != "EUR" {
		t.Errorf("%+v", f)
	}
	if f := first("ein Monat nach Bekanntgabe"); f.N != 1 || f.Unit != "month" || f.Anchor != "bekanntgabe" || f.Cue != "bekanntgabe" {
		t.Errorf("%+v", f)
	}
	if f := first("binnen drei Werktagen nach Zugang"); f.N != 3 || f.Unit != "workday" || f.Anchor != "zugang" || f.Cue != "binnen" {
		t.Errorf("%+v", f)
	}
	if f := first("bis zum 27.11.2026"); !f.Date.Equal(on("2026-11-27")) || f.Cue != "bis" || f.Relative {
		t.Errorf("%+v", f)
	}
	if f := first("bis Freitag"); !f.Relative {
		t.Errorf("%+v", f)
	}
	if f := first("am Do 20.11.2026"); !f.WrongDay {
		t.Errorf("a wrong weekday is not noticed: %+v", f)
	}
	if f := first("am Fr 20.11.2026"); f.WrongDay {
		t.Errorf("a right weekday is taken for wrong: %+v", f)
	}
	if f := first("Ihr Zeichen: 12/26"); f.Cue != "ihr zeichen" {
		t.Errorf("%+v", f)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	if f := Find("am 20.11.2026", letterDay.In(berlin))[0]; f.Date != time.Date(2026, 11, 20, 0, 0, 0, 0, berlin) {
		t.Errorf("not in the zone of ref: %v", f.Date)
	}
	if got := Find("gestern, am 3.12. und am 20.11.2026", time.Time{}); len(got) != 1 || got[0].Norm != "2026-11-20" {
		t.Errorf("without a day of the text: %v", got)
	}
}
