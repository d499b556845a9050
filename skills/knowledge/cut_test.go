package knowledge

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"amtsbote/skills/document"
)

// TestCut: passages have about 150 to 250 words, their heading and their page, and
// their text stands there literally.
func TestCut(t *testing.T) {
	sentence := "Die Gebühr ist innerhalb eines Monats nach Bekanntgabe des Bescheids zu zahlen. "
	long := strings.TrimSpace(strings.Repeat(sentence, 60)) // 720 words
	para := strings.TrimSpace(strings.Repeat(sentence, 6))  // 72 words
	rows := "Leistung | Gebühr\n" + strings.Repeat("Ausweis | 37,00 €\n", 200)
	doc := document.Document{Pages: []document.Page{
		{N: 1, Text: "Gebührensatzung\n\nAbschnitt I\n\n§ 1 Geltung\n\n" + para + "\n\n§ 2 Höhe\n" + para + "\n\n" + para + "\n\n" + para},
		{N: 2, Text: long},
		{N: 3, Name: "Tarife", Text: rows},
	}}
	var got []string
	for _, p := range Cut(doc) {
		n := len(strings.Fields(p.Text))
		got = append(got, fmt.Sprintf("%d %q %d", p.Page, p.Heading, n))
		if n > mostWords || !contains(doc.Pages[p.Page-1].Text, p.Text) {
			t.Errorf("page %d: %d words, or not literally there: %.60q", p.Page, n, p.Text)
		}
	}
	want := []string{
		`1 "Gebührensatzung › Abschnitt I › § 1 Geltung" 78`,
		`1 "§ 2 Höhe" 219`,
		`2 "§ 2 Höhe" 156`, `2 "§ 2 Höhe" 156`, `2 "§ 2 Höhe" 156`, `2 "§ 2 Höhe" 156`, `2 "§ 2 Höhe" 96`,
	}
	if g := strings.Join(got[:7], "\n"); g != strings.Join(want, "\n") {
		t.Errorf("got\n%s", g)
	}
	if !strings.Contains(got[7], `3 "Tarife: Leistung | Gebühr"`) || len(got) < 12 {
		t.Errorf("of the sheet: %v", got[7:])
	}
}

func contains(page, text string) bool {
	flat := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	return strings.Contains(flat(page), flat(text))
}

// TestCutLosesNothing: whatever the text is, all of its words are in the passages.
func TestCutLosesNothing(t *testing.T) {
	for _, text := range []string{"", " \n\n ", "ein Wort", strings.Repeat("x", 20_000), strings.Repeat("a b | c\n", 3000), strings.Repeat("§ 1\n\n", 500), "§ 5 Kosten\nText", "TOP 1\n\nTOP 2\n\nTOP 3"} {
		all := ""
		for _, p := range Cut(document.Document{Pages: []document.Page{{N: 1, Text: text}}}) {
			all += p.Text
			if len(p.Text) > 20_000 || p.Page != 0 {
				t.Errorf("a passage of %d bytes on page %d", len(p.Text), p.Page)
			}
		}
		bare := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if bare(all) != bare(text) {
			t.Errorf("%.40q became %.40q", text, all)
		}
	}
}

// FuzzCut: no text breaks the cutting or gets lost in it.
func FuzzCut(f *testing.F) {
	f.Add("§ 1 Zweck\n\nDie Stadt erhebt Gebühren.\n\nA | B\n1 | 2\n\n• Punkt eins")
	f.Fuzz(func(t *testing.T, text string) {
		n := 0
		for _, p := range Cut(document.Document{Pages: []document.Page{{N: 1, Text: text}}}) {
			n += len(strings.Join(strings.Fields(p.Text), ""))
		}
		if want := len(strings.Join(strings.Fields(text), "")); n != want {
			t.Errorf("%d bytes of %d", n, want)
		}
	})
}

// TestDate: a document's date is what it says of itself, else the head of the mail,
// else the time of the file.
func TestDate(t *testing.T) {
	seen := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	mail := &document.Mail{Date: time.Date(2026, 3, 4, 5, 6, 0, 0, time.UTC)}
	for text, want := range map[string]string{
		"Dienstanweisung Reisekosten\nStand: 01.02.2025\nvom 03.04.2020":              "2025-02-01 text",
		"Hundesteuersatzung vom 12.03.2024\nDer Rat hat in der Sitzung am 11.03.2024": "2024-03-12 text",
		"Stand: März 2023": "2023-03-01 text",
		"Diese Anweisung tritt am 1. Januar 2025 in Kraft. Sie gilt ab 01.01.2025.": "2025-01-01 text",
		"Musterstadt, den 5. November 2026":                                         "2026-11-05 text",
		"Musterstadt, 05.11.2026\nSehr geehrte":                                     "2026-11-05 text",
		"Der Bescheid an Herrn Kaya nennt den 03.02.2021 als Tag der Tat.":          "2026-11-20 file",
		"Kein Datum":        "2026-11-20 file",
		"Stand: 01.01.2999": "2026-11-20 file",
		strings.Repeat("Text ", 800) + "Stand: 01.02.2025": "2026-11-20 file",
	} {
		got, from := dateOf(document.Document{Pages: []document.Page{{N: 1, Text: text}}}, seen, time.UTC)
		if s := got.Format(time.DateOnly) + " " + string(from); s != want {
			t.Errorf("%.60q: got %s, want %s", text, s, want)
		}
	}
	copied := document.Document{Pages: []document.Page{{N: 1, Text: "Stand: 01.02.2025"}}}
	if got, from := dateOf(copied, time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC), time.UTC); from != FromText || got.Year() != 2025 {
		t.Errorf("of a file that copying made old: %v %s", got, from)
	}
	if got, from := dateOf(document.Document{Mail: mail}, seen, time.UTC); from != FromMail || !got.Equal(mail.Date) {
		t.Errorf("of a mail: %v %s", got, from)
	}
}

// TestLink: a path becomes part of an address, whatever stands in it.
func TestLink(t *testing.T) {
	c := Config{Link: "https://d.example/x/{path}?web=1"}
	if got := c.linkTo("Ordner A/Gebühr (neu)?#.pdf"); got != "https://d.example/x/Ordner%20A/Geb%C3%BChr%20%28neu%29%3F%23.pdf?web=1" {
		t.Errorf("got %s", got)
	}
	if (Config{}).linkTo("a") != "" {
		t.Error("a link without a base")
	}
}

// TestValidate: what is wrong is named by its key.
func TestValidate(t *testing.T) {
	good := Config{Name: "DA", Folder: "/srv/da"}
	for want, c := range map[string]Config{
		"":        good,
		"name":    {Folder: "/srv/da"},
		"folder":  {Name: "DA", Folder: "da"},
		"include": {Name: "DA", Folder: "/srv/da", Include: []string{"[a"}},
		"link":    {Name: "DA", Folder: "/srv/da", Link: "javascript:alert({path})"},
		"every":   {Name: "DA", Folder: "/srv/da", Every: time.Millisecond},
		"grace":   {Name: "DA", Folder: "/srv/da", Grace: -1},
	} {
		err := c.Validate()
		if (want == "") != (err == nil) || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
}
