package document

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestPDF(t *testing.T) {
	w := newPDF()
	w.text("Wir bitten um Rück-", "meldung an Herrn Karl-", "Heinz Müller.", "", "Vor- und Zuname:", "drei vier fünf")
	w.attach("Anlage.txt", []byte("Gebühr: 25,00 €"))
	w.page("", "", "")
	w.text("Seite drei")
	d, err := parse(t, Limits{}, "x.pdf", w.bytes())
	if err != nil || d.Type != "application/pdf" || len(d.Pages) != 3 || d.Partial || len(d.Warnings) > 0 {
		t.Fatalf("%+v, %v", d, err)
	}
	for i, want := range []string{"Wir bitten um Rückmeldung an Herrn Karl-Heinz Müller.\n\nVor- und Zuname:\ndrei vier fünf", "", "Seite drei"} {
		if got := d.Pages[i]; got.Text != want || got.N != i+1 || got.OCR || got.Unread != nil {
			t.Errorf("page %d: %+v", i+1, got)
		}
	}
	if p := d.Parts[0]; p.Name != "Anlage.txt" || p.Doc == nil || p.Doc.Text() != "Gebühr: 25,00 €" {
		t.Errorf("embedded file: %+v", p)
	}
}

// TestPDFLineAfterHyphen: the line after one that a hyphen joined to the one before
// is no further away than others.
func TestPDFLineAfterHyphen(t *testing.T) {
	w := newPDF()
	w.text("Die Gebühren für Kita-", "Plätze steigen bis zum 11. Februar", "2027 um drei Prozent. Das be-", "trifft alle Kinder", "und alle Eltern", "der Stadt.")
	d, err := parse(t, Limits{}, "x.pdf", w.bytes())
	if err != nil {
		t.Fatal(err)
	}
	want := "Die Gebühren für Kita-Plätze steigen bis zum 11. Februar\n2027 um drei Prozent. Das betrifft alle Kinder\nund alle Eltern\nder Stadt."
	if got := d.Pages[0].Text; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPDFHiddenText(t *testing.T) {
	const black = "0 0 0 rg 60 390 200 30 re f "
	tests := map[string]struct{ content, hidden string }{
		"white on white":            {"BT /F1 11 Tf 1 1 1 rg 70 700 Td (verborgen) Tj ET", "verborgen"},
		"nearly white on white":     {"BT /F1 11 Tf .98 .98 .98 rg 70 700 Td (verborgen) Tj ET", "verborgen"},
		"white on black":            {black + "BT /F1 11 Tf 1 1 1 rg 70 400 Td (gezeigt) Tj ET", ""},
		"light grey on white":       {"BT /F1 11 Tf .6 .6 .6 rg 70 700 Td (gezeigt) Tj ET", ""},
		"without ink":               {"BT /F1 11 Tf 3 Tr 70 700 Td (verborgen) Tj ET", "verborgen"},
		"beyond the page":           {"BT /F1 11 Tf -900 700 Td (verborgen) Tj ET", "verborgen"},
		"too small":                 {"BT /F1 0.5 Tf 70 700 Td (verborgen) Tj ET", "verborgen"},
		"white in the middle":       {"BT /F1 11 Tf 70 700 Td (davor ) Tj 1 1 1 rg (verborgen ) Tj 0 g (danach) Tj ET", "verborgen"},
		"a page that is turned":     {"BT /F1 11 Tf 1 1 1 rg 70 700 Td (verborgen) Tj ET % turned", "verborgen"},
		"plain text that is turned": {"BT /F1 11 Tf 70 700 Td (gezeigt) Tj ET % turned", ""},
	}
	for name, test := range tests {
		w := newPDF()
		more := ""
		if strings.HasSuffix(test.content, "turned") {
			more = "/Rotate 90"
		}
		w.page("BT /F1 11 Tf 70 500 Td (Das sieht man.) Tj ET "+test.content, "", more)
		d, err := parse(t, Limits{}, "x.pdf", w.bytes())
		if err != nil {
			t.Fatal(name, err)
		}
		hidden := ""
		for _, w := range d.Warnings {
			hidden += w.Code + ": " + w.Excerpt
		}
		if want := "hidden-text: " + test.hidden; test.hidden != "" && hidden != want || test.hidden == "" && hidden != "" {
			t.Errorf("%s: warnings %q", name, hidden)
		}
		if text := d.Text(); strings.Contains(text, "verborgen") || !strings.Contains(text, "Das sieht man.") || test.hidden == "" != strings.Contains(text, "gezeigt") {
			t.Errorf("%s: text %q", name, text)
		}
	}
}

func TestPDFForm(t *testing.T) {
	w := newPDF()
	look := w.stream("/Type /XObject /Subtype /Form /BBox [0 0 200 20] /Resources << /Font << /F1 3 0 R >> >>", []byte("BT /F1 11 Tf 2 5 Td (Erika Mustermann) Tj ET"))
	field := w.add("<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /V (Erika Mustermann) /F 4 /Rect [70 600 270 620] /AP << /N " + itoa(look) + " 0 R >> >>")
	w.extra = "/AcroForm << /Fields [" + itoa(field) + " 0 R] >>"
	w.page("BT /F1 11 Tf 70 630 Td (Name:) Tj ET", "", "/Annots ["+itoa(field)+" 0 R]")
	d, err := parse(t, Limits{}, "x.pdf", w.bytes())
	if err != nil || strings.Join(strings.Fields(d.Text()), " ") != "Name: Erika Mustermann" {
		t.Errorf("%q, %v", d.Text(), err)
	}
}

func TestPDFReasons(t *testing.T) {
	locked := newPDF()
	locked.password = "geheim"
	locked.text("geheim")
	empty := newPDF()
	empty.page("", "", "")
	scan := newPDF()
	scan.picture(picture("Scan"))
	tests := map[string]struct {
		data []byte
		lim  Limits
		code Code
	}{
		"a password":             {locked.bytes(), Limits{}, Password},
		"no PDF at all":          {[]byte("%PDF-1.7\nnothing of it"), Limits{}, Damaged},
		"a blank page":           {empty.bytes(), Limits{}, NoText},
		"a scan, unread":         {scan.bytes(), Limits{}, NoOCR},
		"an endless tree":        {[]byte("%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R]/Count 9>>endobj trailer<</Root 1 0 R>>"), Limits{}, Damaged},
		"a lie about its length": {[]byte("%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 2000000000>>endobj trailer<</Root 1 0 R>>"), Limits{}, Damaged},
	}
	for name, test := range tests {
		d, err := parse(t, test.lim, "x.pdf", test.data)
		if u, ok := errors.AsType[*Unreadable](err); !ok || u.Code != test.code {
			t.Errorf("%s: got %+v, %v, want %s", name, d, err, test.code)
		}
	}
}

func TestPDFLimits(t *testing.T) {
	w := newPDF()
	for range 30 {
		w.text("Seite")
	}
	d, err := parse(t, Limits{Pages: 20}, "x.pdf", w.bytes())
	if err != nil || len(d.Pages) != 20 || !d.Partial || d.Warnings[0].Code != "partial-too-big" {
		t.Errorf("%d pages, %+v, %v", len(d.Pages), d.Warnings, err)
	}
}

// TestPDFByTwoEngines reads pages out of order and must give them in order.
func TestPDFByTwoEngines(t *testing.T) {
	d, err := parse(t, Limits{}, "x.pdf", longPDF(60))
	if err != nil || len(d.Pages) != 60 {
		t.Fatal(len(d.Pages), err)
	}
	for i, p := range d.Pages {
		if !strings.HasPrefix(p.Text, "Seite "+itoa(i+1)+"\n") || strings.Count(p.Text, "Bekanntgabe") != 46 {
			t.Errorf("page %d: %.40q", i+1, p.Text)
		}
	}
}

// TestPDFAgainstPdftotext compares the words of a real document, if the machine
// has one, with those that poppler finds.
func TestPDFAgainstPdftotext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.pdf")
	if err := os.WriteFile(path, longPDF(3), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftotext", path, "-").Output()
	if err != nil {
		needed(t, "pdftotext")
	}
	data, _ := os.ReadFile(path)
	d, err := parse(t, Limits{}, "x.pdf", data)
	if err != nil {
		t.Fatal(err)
	}
	have := strings.Join(strings.Fields(d.Text()), " ")
	if want := strings.Join(strings.Fields(string(out)), " "); have != want {
		t.Errorf("got %.200q, pdftotext %.200q", have, want)
	}
}
