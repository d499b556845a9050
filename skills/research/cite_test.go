package research

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"amtsbote/bots"
	"amtsbote/skills/knowledge"
)

// TestCite: references are numbered as they come, hold across languages, become no link,
// and what is too short to state something needs none.
func TestCite(t *testing.T) {
	given := []passage{
		{file: "a.txt", text: "Dienstreisen genehmigt die Amtsleitung."},
		{file: "b.txt", text: "Der Antrag ist zwei Wochen vorher bei der Personalabteilung zu stellen."},
	}
	for name, test := range map[string]struct {
		text, language, want  string
		used, wrong, unproved int
	}{
		"numbered as they come":      {"Den Antrag stellt man zwei Wochen vorher [2]. Die Amtsleitung genehmigt Dienstreisen [1, 2].", "de", "Den Antrag stellt man zwei Wochen vorher [1]. Die Amtsleitung genehmigt Dienstreisen [2][1].", 2, 0, 0},
		"in English":                 {"Business trips abroad need approval by the head of office [1].", "en", "Business trips abroad need approval by the head of office [1].", 1, 0, 0},
		"English words, said German": {"Business trips abroad need approval by the head of office [1].", "de", "Business trips abroad need approval by the head of office. **[ohne Fundstelle]**", 0, 1, 1},
		"no link":                    {"Dienstreisen genehmigt die Amtsleitung [1](siehe dort).", "de", "Dienstreisen genehmigt die Amtsleitung [1] (siehe dort).", 1, 0, 0},
		"too short to state a thing": {"Ergebnis\n\nDienstreisen genehmigt die Amtsleitung [1].", "de", "Ergebnis\n\nDienstreisen genehmigt die Amtsleitung [1].", 1, 0, 0},
		"leads over":                 {"Für Dienstreisen gilt in der Stadtverwaltung Folgendes:\n- Dienstreisen genehmigt die Amtsleitung [1].", "de", "Für Dienstreisen gilt in der Stadtverwaltung Folgendes:\n- Dienstreisen genehmigt die Amtsleitung [1].", 1, 0, 0},
		"within a sentence":          {"Die Amtsleitung [1] genehmigt alle Dienstreisen der Beschäftigten.", "de", "Die Amtsleitung [1] genehmigt alle Dienstreisen der Beschäftigten.", 1, 0, 0},
	} {
		c := cite(test.text, given, "", test.language)
		if c.text != test.want || len(c.used) != test.used || c.wrong != test.wrong || c.unproved != test.unproved {
			t.Errorf("%s: got %q, %d used, %d wrong, %d unproved", name, c.text, len(c.used), c.wrong, c.unproved)
		}
	}
}

// TestCompare: two passages contradict each other only where documents of different days
// give different figures for the same.
func TestCompare(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2025, 1, d, 0, 0, 0, 0, time.UTC) }
	const fee, other = "Die Gebühr für den Ausweis beträgt 30,70 Euro im Jahr.", "Die Gebühr für den Ausweis beträgt 25,00 Euro im Jahr."
	old := source{passage{file: "a.txt", date: day(1)}, other}
	for name, test := range map[string]struct {
		b    source
		want bool
	}{
		"a newer one":      {source{passage{file: "b.txt", date: day(2)}, fee}, true},
		"of the same day":  {source{passage{file: "b.txt", date: day(1)}, fee}, false},
		"of the same file": {source{passage{file: "a.txt", date: day(2)}, fee}, false},
		"without a date":   {source{passage{file: "b.txt"}, fee}, false},
		"the same figure":  {source{passage{file: "b.txt", date: day(2)}, other}, false},
		"another thing":    {source{passage{file: "b.txt", date: day(2)}, "Das Bußgeld für Falschparker auf dem Markt liegt bei 30,70 Euro."}, false},
	} {
		if c, ok := compare(old, test.b, 0, 1); ok != test.want || ok && (c.newer != 2 || c.newest != "30,70 Euro") {
			t.Errorf("%s: got %+v, %v", name, c, ok)
		}
	}
}

// TestBrief: with every answer stands what of a collection was not searched.
func TestBrief(t *testing.T) {
	st := knowledge.State{Name: "DA", Documents: 1, Left: 3, Unread: make([]knowledge.Unread, 2), Away: time.Now()}
	got := brief(st, bots.Task{Now: time.Now()})
	if want := "DA (1 Dokument; 3 noch nicht eingelesen; 2 nicht oder nicht ganz lesbar; der Ordner ist zurzeit nicht erreichbar)"; got.DE != want {
		t.Errorf("got %q", got.DE)
	}
	if want := "DA (1 document; 3 not read in yet; 2 not or not fully readable; the folder cannot be reached at the moment)"; got.EN != want {
		t.Errorf("got %q", got.EN)
	}
}

// TestExcerpt: of a long passage that much is shown that the sentence asked for is in it.
func TestExcerpt(t *testing.T) {
	long := strings.Repeat("Die Verwaltung arbeitet wirtschaftlich und sparsam. ", 30)
	const asked = "Hubschrauber landen nur mit Genehmigung."
	if got := excerpt(strings.Repeat("ü", maxShown), quote(strings.Repeat("ü", maxShown), "x")); !utf8.ValidString(got) {
		t.Errorf("a rune was cut: %q", got)
	}
	for name, text := range map[string]string{" …": asked + " " + long, "…  …": long + asked + " " + long, "… ": long + asked, "": asked} {
		got := excerpt(text, quote(text, "Wer genehmigt Hubschrauber?"))
		if len(got) > maxShown || !strings.Contains(" "+text, " "+got) || !strings.Contains(got, asked) {
			t.Errorf("%q: got %q", name, got)
		}
		if shown := dots(got, flat(text)); strings.Replace(shown, got, "", 1) != name {
			t.Errorf("%q: shown %q", name, shown)
		}
	}
}
