package plain

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestCorpus holds the kinds of sentences labelled by hand, and prints the rates.
func TestCorpus(t *testing.T) {
	file, err := os.Open("testdata/sentences.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	type rate struct{ hit, miss, wrong int }
	rates := map[Kind]*rate{}
	for _, k := range []Kind{Passive, Negation, Compound, Subjunct, Genitive, Short, Office} {
		rates[k] = &rate{}
	}
	n := 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Split(lines.Text(), "|")
		if strings.HasPrefix(lines.Text(), "#") || len(fields) < 2 {
			continue
		}
		n++
		text := strings.TrimSpace(fields[1])
		fields[1] = ""
		want := strings.FieldsFunc(strings.Join(fields, ","), func(r rune) bool { return r == ',' || r == ' ' })
		got := map[Kind]bool{}
		for _, f := range Measure(text).Findings {
			if f.Kind != Compound || f.N > 18 {
				got[f.Kind] = true
			}
		}
		for k, r := range rates {
			wanted := slices.Contains(want, string(k))
			switch {
			case wanted && got[k]:
				r.hit++
			case wanted:
				r.miss++
				t.Logf("%s missed: %s", k, text)
			case got[k]:
				r.wrong++
				t.Logf("%s found: %s", k, text)
			}
		}
	}
	for k, r := range rates {
		precision, recall := float64(r.hit)/float64(r.hit+r.wrong), float64(r.hit)/float64(r.hit+r.miss)
		t.Logf("%s: precision %.3f, recall %.3f of %d in %d sentences", k, precision, recall, r.hit+r.miss, n)
		if precision < .95 || recall < .95 {
			t.Errorf("%s is under .95", k)
		}
	}
}

// TestLengths holds words, sentences and the formula.
func TestLengths(t *testing.T) {
	for _, test := range []struct {
		text              string
		sentences, words  int
		longest, syllable int
	}{
		{"Der Termin ist am 3. November 2026 um 10 Uhr.", 1, 10, 10, 0},
		{"Zahlen Sie 12.500,00 € z. B. per Überweisung. Danke!", 2, 8, 7, 0},
		{"Das Az. ist 32.4-BPA-1873/26.", 1, 4, 4, 0},
		{"- Der Hund bellt.\n- Die Katze schläft.", 2, 6, 3, 0},
		{"Der Bewohner-Park-Ausweis liegt bereit.", 1, 4, 4, 0},
		{"", 0, 0, 0, 0},
	} {
		r := Measure(test.text)
		if r.Sentences != test.sentences || r.Words != test.words || r.Longest != test.longest {
			t.Errorf("%q has %d sentences, %d words, the longest %d", test.text, r.Sentences, r.Words, r.Longest)
		}
	}
	for w, want := range map[string]int{"haus": 1, "behörde": 3, "antrag": 2, "einkommensteuer": 5, "bau": 1, "baue": 2, "see": 1} {
		if got := syllables(w); got != want {
			t.Errorf("%s has %d syllables, want %d", w, got, want)
		}
	}
	easy, hard := Measure("Der Hund bellt. Die Katze schläft. Das Kind lacht."), Measure("Hinsichtlich der beabsichtigten Inanspruchnahme der Aufenthaltsgenehmigung bedarf es einer entsprechenden Antragstellung.")
	if easy.Wiener > 4 || hard.Wiener < 15 || math.IsNaN(Measure("…").Wiener) {
		t.Errorf("the Vienna formula says %.1f and %.1f", easy.Wiener, hard.Wiener)
	}
}

// TestTexts holds texts before and after: the one breaks its level, the other does not.
func TestTexts(t *testing.T) {
	before := `Hiermit wird Ihnen mitgeteilt, dass hinsichtlich Ihres Antrages vom 03.11.2026 auf Erteilung einer Aufenthaltsgenehmigung eine abschließende Entscheidung mangels Vorlage der erforderlichen Unterlagen derzeit nicht getroffen werden kann.
Es wird gebeten, die fehlenden Nachweise bis spätestens 03.12.2026 unverzüglich nachzureichen, da andernfalls nach Aktenlage zu entscheiden ist, wobei eine Ablehnung nicht ausgeschlossen werden kann.`
	after := map[Level]string{
		Clear: `Sie haben am 3. November 2026 einen Antrag auf Aufenthalt gestellt. Wir können noch nicht entscheiden, weil Unterlagen fehlen.
Bitte reichen Sie die Nachweise bis zum 3. Dezember 2026 nach. Sonst entscheiden wir nach dem, was uns vorliegt. Dann können wir Ihren Antrag auch ablehnen.`,
		Simple: `Sie haben am 3. November 2026 einen Antrag gestellt. Sie möchten weiter in Deutschland leben.
Uns fehlen noch Papiere von Ihnen. Bitte schicken Sie uns diese Papiere bis zum 3. Dezember 2026.
Dann entscheiden wir über Ihren Antrag. Fehlen die Papiere, lehnen wir Ihren Antrag vielleicht ab.`,
		Easy: `Sie haben am 3. November 2026 einen Antrag gestellt.
Sie wollen weiter in Deutschland leben.
Uns fehlen noch Papiere von Ihnen.
Bitte schicken Sie uns die Papiere.
Sie haben bis zum 3. Dezember 2026 Zeit.
Vielleicht schicken Sie die Papiere zu spät.
Dann sagt das Amt vielleicht Nein zu Ihrem Antrag.`,
	}
	for level, text := range after {
		if got := level.Breaks(Measure(text)); len(got) > 0 {
			t.Errorf("%s: %s", level, listed(got))
		}
		if got := level.Breaks(Measure(before)); len(got) < 3 {
			t.Errorf("%s finds only %s in the text before", level, listed(got))
		}
	}
	if b, a := Measure(before).Wiener, Measure(after[Easy]).Wiener; b-a < 5 {
		t.Errorf("the formula says %.1f before and %.1f after", b, a)
	}
}

func listed(all []Finding) string {
	var b strings.Builder
	for _, f := range all {
		fmt.Fprintf(&b, "%s %q; ", f.Kind, f.Text)
	}
	return b.String()
}

// TestHyphens: compounds of known parts get a suggestion.
func TestHyphens(t *testing.T) {
	for w, want := range map[string]string{
		"Bewohnerparkausweis":      "Besser: Bewohner-Parkausweis oder Bewohner·parkausweis.",
		"Aufenthaltsgenehmigung":   "Besser: Aufenthalts-Genehmigung oder Aufenthalts·genehmigung.",
		"Einkommensnachweis":       "Besser: Einkommens-Nachweis oder Einkommens·nachweis.",
		"Donaudampfschifffahrtsxy": "Teilen oder umschreiben.",
	} {
		if got := hyphenated(w); got != want {
			t.Errorf("%s: %s", w, got)
		}
	}
}

// FuzzMeasure: no text makes it fail, and every finding is in it.
func FuzzMeasure(f *testing.F) {
	f.Add("Der Antrag, der gestern gestellt wurde, ist z. B. nicht unvollständig.\nDanke.")
	f.Fuzz(func(t *testing.T, text string) {
		for _, found := range Measure(text).Findings {
			if found.Start < 0 || found.End > len(text) || found.Start >= found.End || text[found.Start:found.End] != found.Text {
				t.Fatalf("%+v is not in the text", found)
			}
		}
	})
}

// BenchmarkMeasure measures a text of about 300 pages.
func BenchmarkMeasure(b *testing.B) {
	text := strings.Repeat("Der Antrag, der gestern gestellt wurde, ist bis zum 3. Dezember 2026 zu prüfen; hinsichtlich der Kosten wird auf die Gebührenordnung der Stadt verwiesen.\n", 5000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Measure(text)
	}
}
