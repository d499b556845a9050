package extract

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"amtsbote/skills/document"
)

var day = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

// A sample is a document with what must and must not be among its key sentences.
type sample struct {
	doc         document.Document
	n           int
	must, never []string
}

func load(t *testing.T, path string) sample {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, text, ok := strings.Cut(string(data), "---\n")
	if !ok {
		t.Fatalf("%s has no text", path)
	}
	var s sample
	for sc := bufio.NewScanner(strings.NewReader(head)); sc.Scan(); {
		key, value, _ := strings.Cut(sc.Text(), ": ")
		switch key {
		case "n":
			s.n, err = strconv.Atoi(value)
			if err != nil {
				t.Fatal(err)
			}
		case "must":
			s.must = append(s.must, value)
		case "never":
			s.never = append(s.never, value)
		default:
			t.Fatalf("%s: unknown key %q", path, key)
		}
	}
	s.doc = paged(strings.Split(text, "%%\n")...)
	return s
}

func paged(pages ...string) document.Document {
	d := document.Document{Type: "application/pdf"}
	for i, text := range pages {
		d.Pages = append(d.Pages, document.Page{N: i + 1, Text: text})
	}
	return d
}

// floor is the share of sentences that must be among the chosen, over all
// samples. What must never be there must never be there.
const floor = 0.86

func TestKeySentencesOfOfficePapers(t *testing.T) {
	paths, err := filepath.Glob("testdata/key/*.txt")
	if err != nil || len(paths) < 12 {
		t.Fatalf("%d samples, %v", len(paths), err)
	}
	hits, all := 0, 0
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			s := load(t, path)
			got, err := Key(t.Context(), s.doc, s.n, day)
			if err != nil {
				t.Fatal(err)
			}
			has := func(part string) bool {
				return slices.ContainsFunc(got, func(g Sentence) bool { return strings.Contains(g.Text, part) })
			}
			for _, m := range s.must {
				all++
				if has(m) {
					hits++
				} else {
					t.Logf("lacks %q", m)
				}
			}
			for _, m := range s.never {
				if has(m) {
					t.Errorf("has %q", m)
				}
			}
			if len(got) != s.n {
				t.Errorf("got %d sentences, want %d", len(got), s.n)
			}
			for _, g := range got {
				t.Logf("%d %.2f %s", g.Page, g.Score, g.Text)
			}
		})
	}
	rate := float64(hits) / float64(all)
	t.Logf("%d of %d sentences that matter were chosen (%.0f %%)", hits, all, 100*rate)
	if rate < floor {
		t.Errorf("%.2f of the sentences that matter, want %.2f", rate, floor)
	}
}

func TestKey(t *testing.T) {
	filler := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "Der Punkt %s wurde in der Runde kurz besprochen und dann beiseite gelegt. ", strings.Repeat("x", i%7+1))
		}
		return b.String()
	}
	keys := func(t *testing.T, d document.Document, n int) []Sentence {
		t.Helper()
		got, err := Key(t.Context(), d, n, day)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	t.Run("an empty document has none", func(t *testing.T) {
		if got := keys(t, document.Document{}, 3); len(got) != 0 {
			t.Errorf("got %v", got)
		}
	})
	t.Run("none are asked for", func(t *testing.T) {
		if got := keys(t, paged("Der Antrag ist abgelehnt worden."), 0); len(got) != 0 {
			t.Errorf("got %v", got)
		}
	})
	t.Run("a document of headings gives its headings", func(t *testing.T) {
		if got := keys(t, paged("Bauausschuss\n\nTagesordnung"), 3); len(got) != 2 {
			t.Errorf("got %v", got)
		}
	})
	t.Run("one page has no number", func(t *testing.T) {
		if got := keys(t, paged("Der Antrag ist abgelehnt worden."), 1); got[0].Page != 0 {
			t.Errorf("got %v", got)
		}
	})
	t.Run("pages are numbered as the document does", func(t *testing.T) {
		d := paged(filler(3), "Die Gebühr beträgt 25,00 €.", filler(3))
		d.Pages[1].N = 17
		if got := keys(t, d, 1); got[0].Page != 17 {
			t.Errorf("got %v", got)
		}
	})
	t.Run("a fee on the last of many pages is found", func(t *testing.T) {
		var pages []string
		for range 300 {
			pages = append(pages, filler(12))
		}
		pages = append(pages, filler(5)+"Die Gebühr für den Bescheid beträgt 25,00 €. "+filler(5))
		got := keys(t, paged(pages...), 5)
		if !slices.ContainsFunc(got, func(s Sentence) bool { return strings.Contains(s.Text, "25,00 €") && s.Page == 301 }) {
			t.Errorf("got %v", got)
		}
	})
	t.Run("every part of a long text is looked at", func(t *testing.T) {
		var pages []string
		for i := range 40 {
			pages = append(pages, filler(60)+fmt.Sprintf("Der Ausschuss Nummer %c beschließt einstimmig %d.000 € für den Bau. ", 'A'+i%26, i+100)+filler(20))
		}
		got := keys(t, paged(pages...), 40)
		seen := map[int]bool{}
		for _, s := range got {
			if strings.Contains(s.Text, "beschließt") {
				seen[s.Page] = true
			}
		}
		if len(seen) < 38 {
			t.Errorf("%d of 40 pages", len(seen))
		}
	})
	t.Run("a sentence over a page break is one", func(t *testing.T) {
		got := keys(t, paged("Der Rat hat in seiner Sitzung am 5. November beschlossen, die Schule", "am Anger für 1,2 Mio. € zu sanieren. Das ist gut.", "Mehr steht dort nicht, wie man weiß."), 1)
		if want := "Der Rat hat in seiner Sitzung am 5. November beschlossen, die Schule am Anger für 1,2 Mio. € zu sanieren."; got[0].Text != want || got[0].Page != 1 {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("a word divided at the end of a line is whole", func(t *testing.T) {
		got := keys(t, paged("Die Stadtver-\nwaltung hat den Antrag auf eine Gebühr von 25,00 € abge-\nlehnt."), 1)
		if want := "Die Stadtverwaltung hat den Antrag auf eine Gebühr von 25,00 € abgelehnt."; got[0].Text != want {
			t.Errorf("got %q", got[0].Text)
		}
	})
	t.Run("a hyphen that is meant stays", func(t *testing.T) {
		got := keys(t, paged("Die Haupt-\nund Nebenwohnung sind bis zum 3. Dezember 2026 anzumelden."), 1)
		if want := "Die Haupt- und Nebenwohnung sind bis zum 3. Dezember 2026 anzumelden."; got[0].Text != want {
			t.Errorf("got %q", got[0].Text)
		}
	})
	t.Run("one sentence of a notice is what it decides", func(t *testing.T) {
		for _, text := range []string{
			"Ihr Antrag vom 12. Oktober 2026 auf einen Bewohnerparkausweis wird abgelehnt. Für diese Entscheidung setze ich eine Verwaltungsgebühr von 20,50 € fest. Nach dem Melderegister wohnen Sie in Beispielhausen. Der Betrag ist bis zum 3. Dezember 2026 zu überweisen.",
			"Mit Bescheid vom 3. Juni 2026 wurde Ihnen eine Auskunft erteilt. Ihren Antrag auf Wohngeld lehne ich ab. Die Gebühr beträgt 15,00 €. Gegen diesen Bescheid kann innerhalb eines Monats Widerspruch erhoben werden.",
		} {
			if got := keys(t, paged(text), 1); len(got) != 1 || !strings.Contains(got[0].Text, "lehn") {
				t.Errorf("got %+v", got)
			}
		}
	})
	t.Run("two sentences of an objection are that it is one, and what is asked", func(t *testing.T) {
		got := keys(t, paged("Sehr geehrte Frau Yılmaz,\n\ngegen Ihren Bescheid vom 5. November 2026 lege ich Widerspruch ein. Ich wohne seit dem 1. Juli 2026 tatsächlich in der Lindenstraße 4 und habe mich am 3. Juli umgemeldet. Die Meldebestätigung füge ich bei.\n\nIch bitte Sie, den Bescheid aufzuheben und mir den Bewohnerparkausweis auszustellen.\n\nMit freundlichen Grüßen\nJana Wieczorek"), 2)
		if len(got) != 2 || !strings.Contains(got[0].Text, "lege ich Widerspruch ein") || !strings.Contains(got[1].Text, "aufzuheben") {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("a row of a table stands back behind sentences", func(t *testing.T) {
		got := keys(t, paged("Der Antrag wird abgelehnt, weil Sie in Beispielhausen wohnen. In der Lindenstraße führen Sie lediglich eine Nebenwohnung. Für diese Entscheidung wird eine Gebühr erhoben.\n\nVerwaltungsgebühr Nr. 12.3 Satzung |18,00 €\n\nAuslagen für Zustellung 2,50 €"), 3)
		for _, k := range got {
			if strings.Contains(k.Text, "18,00") || strings.Contains(k.Text, "2,50") {
				t.Errorf("got %q", k.Text)
			}
		}
	})
	t.Run("of slides the lines with figures are chosen", func(t *testing.T) {
		got := keys(t, paged("Digitalisierung im Bürgerbüro\n\nWartezeit gesunken auf 12 Minuten", "Kosten 2026: 85.000,00 €\n\nDer Personalrat ist zu beteiligen."), 2)
		if !slices.ContainsFunc(got, func(s Sentence) bool { return strings.Contains(s.Text, "85.000,00 €") }) {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("an invitation says when, and its items come without bullets", func(t *testing.T) {
		got := keys(t, paged("Einladung\n\nhiermit lade ich Sie zur Sitzung des Bauausschusses ein.\n\nTermin: Donnerstag, 3. Dezember 2026, 17.00 Uhr\nOrt: Rathaus\n\n- Sanierung der Schule\n- Radweg Kieler Straße"), 9)
		var all []string
		for _, k := range got {
			all = append(all, k.Text)
		}
		if want := []string{"hiermit lade ich Sie zur Sitzung des Bauausschusses ein.", "Termin: Donnerstag, 3. Dezember 2026, 17.00 Uhr", "Sanierung der Schule", "Radweg Kieler Straße"}; !slices.Equal(all, want) {
			t.Errorf("got %q", all)
		}
	})
	t.Run("little text brings no address and no salutation in", func(t *testing.T) {
		got := keys(t, paged("Stadt Musterstadt · Rathausplatz 1 · 12345 Musterstadt\n\nSeite 1 von 2\n\nSehr geehrte Frau Wieczorek,\n\nDer Antrag wird abgelehnt.\n\nTelefon: 01234 56-789\n\nMusterstadt, den 5. November 2026"), 20)
		if len(got) != 1 {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("a letter of sentences needs no lines of its head", func(t *testing.T) {
		got := keys(t, paged("Unser Zeichen: 32.4-BPA-1873/26\n\nDer Antrag ist heute abgelehnt worden. Die Gebühr beträgt 20,50 €. Gegen den Bescheid ist Widerspruch zulässig."), 20)
		if len(got) != 3 {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("among sentences a field with a day and a time counts", func(t *testing.T) {
		got := keys(t, paged("Wir laden Sie ein. Die Unterlagen liegen im Rathaus aus. Wir freuen uns auf die Aussprache im Ausschuss.\n\nTermin: Donnerstag, 3. Dezember 2026, 17.00 Uhr"), 4)
		if !slices.ContainsFunc(got, func(s Sentence) bool { return strings.HasPrefix(s.Text, "Termin: ") }) {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("what is said twice is chosen once", func(t *testing.T) {
		got := keys(t, paged("Die Gebühr beträgt 25,00 €. Die Gebühr beträgt also 25,00 €. Der Ausschuss tagt am 3. Dezember im Rathaus. Danach ist Ruhe im Haus."), 2)
		if len(got) != 2 || strings.Contains(got[1].Text, "25,00") {
			t.Errorf("got %v", got)
		}
	})
	t.Run("what is alike is chosen after what is new", func(t *testing.T) {
		got := keys(t, paged("Der Ausschuss hat beschlossen, die alte Schule am Anger im Frühjahr gründlich zu sanieren. Der Ausschuss hat beschlossen, die alte Halle am Anger im Herbst gründlich zu sanieren. Frau Lindner hat den Markt auf der Wiese entschieden verteidigt, und Herr Berger schwieg."), 2)
		if len(got) != 2 || !strings.Contains(got[1].Text, "Markt") {
			t.Errorf("got %v", got)
		}
	})
	t.Run("a disclaimer is never chosen, whatever it holds", func(t *testing.T) {
		got := keys(t, paged("Ich komme am Montag mit dem Zug zu Ihnen in das Amt. Diese E-Mail enthält vertrauliche Informationen, bitte löschen Sie sie bis zum 3. Dezember 2026, sonst sind 500 € zu zahlen."), 2)
		if len(got) != 1 {
			t.Errorf("got %v", got)
		}
	})
	t.Run("running heads are left out", func(t *testing.T) {
		var pages []string
		for i := range 6 {
			pages = append(pages, fmt.Sprintf("Stadt Musterstadt beschließt 2026 Gebühren, Blatt %d von 6\n%s\nAktenzeichen 12/26, Gebühr 5,00 €", i+1, filler(4)))
		}
		for _, s := range keys(t, paged(pages...), 6) {
			if strings.Contains(s.Text, "Blatt") || strings.Contains(s.Text, "12/26") {
				t.Errorf("got %q", s.Text)
			}
		}
	})
	t.Run("the order is that of the text", func(t *testing.T) {
		got := keys(t, load(t, "testdata/key/mietvertrag.txt").doc, 7)
		if !slices.IsSortedFunc(got, func(a, b Sentence) int { return a.Index - b.Index }) {
			t.Error("not in order")
		}
	})
	t.Run("it is the same each time", func(t *testing.T) {
		d := load(t, "testdata/key/protokoll-bauausschuss.txt").doc
		first := keys(t, d, 6)
		for range 20 {
			if got := keys(t, d, 6); !slices.Equal(got, first) {
				t.Fatal("differs")
			}
		}
	})
	t.Run("it stops when told to", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := Key(ctx, paged(filler(10)), 3, day); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}
