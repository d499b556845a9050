package document

import (
	"slices"
	"testing"
	"time"
)

func TestFiles(t *testing.T) {
	text := Document{Pages: []Page{{N: 1, Text: "Text."}}}
	locked := Password.Reason()
	parts := []Part{{Name: "a.txt", Doc: &text}, {Name: "zu.pdf", Reason: &locked}, {Name: "logo.png", Inline: true, Doc: &text}}
	for name, test := range map[string]struct {
		doc  Document
		want []string
	}{
		"a plain file is one":                      {text, []string{"f"}},
		"an archive is what is in it":              {Document{Parts: parts}, []string{"a.txt", "zu.pdf"}},
		"a mail is itself too, even without text":  {Document{Mail: &Mail{}, Parts: parts}, []string{"f", "a.txt", "zu.pdf"}},
		"an archive in an archive":                 {Document{Parts: []Part{{Name: "b.zip", Doc: &Document{Parts: parts}}}}, []string{"a.txt", "zu.pdf"}},
		"a file with files embedded is itself too": {Document{Pages: text.Pages, Parts: parts[:1]}, []string{"f", "a.txt"}},
		"a file of nothing at all is still a file": {Document{}, []string{"f"}},
	} {
		var got []string
		for _, f := range Files(File{Name: "f", Doc: test.doc, Origin: "7"}) {
			if got = append(got, f.Name); f.Origin != "7" {
				t.Errorf("%s: %s came from %q", name, f.Name, f.Origin)
			}
			if (f.Err != nil) != (f.Name == "zu.pdf") {
				t.Errorf("%s: %s has error %v", name, f.Name, f.Err)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestRename(t *testing.T) {
	all := []File{{Name: "Scan.pdf"}, {Name: "Scan.pdf"}, {Name: "Scan (2) [x] <y>.pdf"}, {Name: "\n"}, {Name: "Scan.pdf"}}
	Rename(all)
	var got []string
	for _, f := range all {
		got = append(got, f.Name)
	}
	if want := []string{"Scan.pdf", "Scan.pdf Nr. 2", "Scan 2 x y.pdf", "Datei", "Scan.pdf Nr. 3"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestNotes(t *testing.T) {
	hidden := File{Name: "a.pdf", Doc: Document{Warnings: []Warning{{Text: Text{DE: "verdeckter Text", EN: "hidden text"}}}}}
	if got := Notes([]File{hidden}); !slices.Equal(got, []Text{{"verdeckter Text", "hidden text"}}) {
		t.Errorf("got %q", got)
	}
	if got := Notes([]File{hidden, {Name: "b.pdf"}}); !slices.Equal(got, []Text{{"a.pdf: verdeckter Text", "a.pdf: hidden text"}}) {
		t.Errorf("got %q", got)
	}
}

func TestReading(t *testing.T) {
	picture := NoOCR.Reason()
	page := func(n int) Page { return Page{N: n, Text: "Text."} }
	blank := func(n int) Page { return Page{N: n, Unread: &picture} }
	recognised := Page{N: 1, Text: "Text.", OCR: true}
	locked := unreadable(Password, nil)
	why := " (" + picture.Text.DE + ")"
	for name, test := range map[string]struct {
		file  File
		parts bool
		pages []int // nil: all that were read
		read  bool
		want  string
	}{
		"one page":                  {File{Doc: Document{Pages: []Page{page(1)}}}, false, nil, true, "ganz"},
		"two pages":                 {File{Doc: Document{Pages: []Page{page(1), page(2)}}}, false, nil, true, "beide Seiten"},
		"three pages":               {File{Doc: Document{Pages: []Page{page(1), page(2), page(3)}}}, false, nil, true, "alle 3 Seiten"},
		"a page that is a picture":  {File{Doc: Document{Pages: []Page{page(1), blank(2), page(3)}}}, false, nil, true, "S. 1, 3 von 3, nicht lesbar S. 2" + why},
		"nothing but pictures":      {File{Doc: Document{Pages: []Page{blank(1), blank(2)}}}, false, nil, false, "nicht gelesen" + why},
		"locked":                    {File{Err: locked}, false, nil, false, "nicht gelesen (" + locked.Text.DE + ")"},
		"recognised":                {File{Doc: Document{Pages: []Page{recognised}}}, false, nil, true, "ganz, mit Texterkennung (Lesefehler möglich)"},
		"damaged":                   {File{Doc: Document{Pages: []Page{page(1)}, Partial: true}}, false, nil, true, "so weit lesbar"},
		"damaged, of pages":         {File{Doc: Document{Pages: []Page{page(1), page(2), page(3)}, Partial: true}}, false, nil, true, "alle 3 Seiten, nicht vollständig lesbar"},
		"some pages were used":      {File{Doc: Document{Pages: []Page{page(1), page(2), page(3)}}}, false, []int{1, 2}, true, "S. 1–2 von 3"},
		"parts of pages were used":  {File{Doc: Document{Pages: []Page{page(1), page(2), page(3)}}}, true, []int{3}, true, "S. 3 von 3 in Auszügen"},
		"parts of a text were used": {File{Doc: Document{Pages: []Page{page(1)}}}, true, []int{1}, true, "in Auszügen"},
		"nothing was used":          {File{Doc: Document{Pages: []Page{page(1)}}}, false, []int{}, true, "nicht"},
	} {
		r := test.file.Reading()
		if test.pages == nil {
			test.pages = r.Pages
		}
		if got := test.file.Covered(test.pages, test.parts); r.Read != test.read || got.DE != test.want || got.EN == "" || (r.Reason.DE == "") != (len(r.Pages) == len(test.file.Doc.Pages) && !test.file.Doc.Partial && r.Read) {
			t.Errorf("%s: got %q, %+v", name, got, r)
		}
	}
}

func TestHeaded(t *testing.T) {
	d := Document{Pages: []Page{{N: 1, Text: "Text."}}}
	if got := d.Headed(time.UTC); got.Pages[0].Text != "Text." {
		t.Errorf("got %q", got.Pages[0].Text)
	}
	d.Mail = &Mail{Subject: "Frage", From: []Address{{Name: "Jana", Email: "j@example.org"}}, To: []Address{{Email: "a@example.org"}, {Name: "B"}}, Date: time.Date(2026, 11, 20, 23, 30, 0, 0, time.UTC)}
	want := "E-Mail gesendet: 21.11.2026, 00:30 Uhr\n\nAbsender der E-Mail: Jana (j@example.org)\n\nEmpfänger der E-Mail: a@example.org, B\n\nBetreff der E-Mail: Frage\n\nText."
	if got := d.Headed(time.FixedZone("", 3600)); got.Pages[0].Text != want || d.Pages[0].Text != "Text." {
		t.Errorf("got %q", got.Pages[0].Text)
	}
	if got := (Document{Mail: &Mail{Subject: "Leer"}}).Headed(time.UTC); len(got.Pages) != 1 || got.Pages[0].Text != "Betreff der E-Mail: Leer" {
		t.Errorf("got %+v", got.Pages)
	}
}
