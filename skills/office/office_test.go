package office

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"amtsbote/skills/document"
)

// writers are all formats. A PDF has its page numbers in its text.
var writers = []struct {
	name  string
	write func(io.Writer, Document) error
}{
	{"a.docx", DOCX},
	{"a.odt", ODT},
	{"a.pdf", func(w io.Writer, d Document) error { _, err := PDF(w, d); return err }},
}

const sample = `# Zusammenfassung: Bescheid Nr. 4 „Größe“

Erster Absatz mit **Frist 3. Dezember 2026**, *kursiv* und [Amt](https://stadt.example/amt).
Zweite Zeile mit ß, İlçe, Šárka Łęcka, Nguyễn, ẞ, Ωμέγα, Щербак; 12.500 €.

1. Erstens
2. Zweitens
   - darunter
   - noch eins

   Weiter zum Zweiten.

Dazwischen.

3. Drittens
4. Viertens

> Ein Zitat mit <b>Zeichen</b> & mehr.

| Posten | Betrag |
|:--|--:|
| Gebühr | 25,00 € |
| Porto & Versand | 3,45 € |

---

Schluss: **[bitte ergänzen: Datum]**
`

func doc(md string) Document {
	return Document{Title: "Zusammenfassung Größe & Maß", Authority: "Stadt Musterstadt", Language: "de", Created: time.Date(2026, 11, 28, 13, 0, 0, 0, time.UTC),
		Mark:   Mark{Model: "Mistral Small", Place: "Rechenzentrum der Stadt", Skill: "summary 2", Line: "Mit KI erstellt (Mistral Small, Rechenzentrum der Stadt). Bitte prüfen."},
		Blocks: FromMarkdown(md)}
}

func write(t testing.TB, f func(io.Writer, Document) error, d Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := f(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func readers(t testing.TB) func(name string, data []byte) document.Document {
	r := document.New(document.Options{Log: slog.New(slog.DiscardHandler), Tesseract: "none"})
	t.Cleanup(func() { r.Close() })
	return func(name string, data []byte) document.Document {
		t.Helper()
		d, err := r.Read(context.Background(), name, bytes.NewReader(data))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return d
	}
}

// TestReadBack writes a text in each format and reads it with the project's own
// reader, which knows nothing of the writer.
func TestReadBack(t *testing.T) {
	read := readers(t)
	for _, w := range writers {
		d := read(w.name, write(t, w.write, doc(sample)))
		if os.Getenv("SHOW") != "" {
			t.Logf("%s\n%s", w.name, d.Text())
		}
		if len(d.Warnings) > 0 {
			t.Errorf("%s: warnings %+v", w.name, d.Warnings)
		}
		rest := strings.Join(strings.Fields(d.Text()), " ")
		for _, want := range []string{"Zusammenfassung: Bescheid Nr. 4 „Größe“", "Erster Absatz mit Frist 3. Dezember 2026, kursiv und Amt (https://stadt.example/amt).",
			"Zweite Zeile mit ß, İlçe, Šárka Łęcka, Nguyễn, ẞ, Ωμέγα, Щербак; 12.500 €.", "1. Erstens", "2. Zweitens", "darunter", "noch eins", "Weiter zum Zweiten.", "Dazwischen.", "3. Drittens", "4. Viertens",
			"Ein Zitat mit <b>Zeichen</b> & mehr.", "Posten", "Betrag", "Gebühr", "25,00 €", "Porto & Versand", "3,45 €", "Schluss: [bitte ergänzen: Datum]",
			"Mit KI erstellt (Mistral Small, Rechenzentrum der Stadt). Bitte prüfen."} {
			i := strings.Index(rest, want)
			if i < 0 {
				t.Errorf("%s: %q is missing, or not in its place, in\n%s", w.name, want, rest)
				continue
			}
			rest = rest[i+len(want):]
		}
	}
}

// TestSameBytes: equal input gives equal files.
func TestSameBytes(t *testing.T) {
	for _, w := range writers {
		a, b := write(t, w.write, doc(sample)), write(t, w.write, doc(sample))
		if !bytes.Equal(a, b) {
			t.Errorf("%s: two files of one document differ", w.name)
		}
		if dir := os.Getenv("OUT"); dir != "" {
			_ = os.WriteFile(dir+"/"+w.name, a, 0o600)
		}
	}
}

// TestWideTables: a table with more columns than a page takes is written in lines, and
// nothing of it is lost, not even a head above empty cells.
func TestWideTables(t *testing.T) {
	read := readers(t)
	var head, row []Cell
	for i := range 12 {
		head = append(head, Cell{Spans: Text(fmt.Sprintf("Kopf%d", i))})
		row = append(row, Cell{Spans: Text(strings.Repeat("Wert", i%2))})
	}
	for name, rows := range map[string][][]Cell{"a head alone": {head}, "empty cells": {head, row}} {
		d := Document{Blocks: []Block{{Kind: Table, Rows: rows}}}
		text := read("pdf", write(t, func(w io.Writer, d Document) error { _, err := PDF(w, d); return err }, d)).Text()
		for i := range 12 {
			if want := fmt.Sprintf("Kopf%d", i); !strings.Contains(text, want) {
				t.Errorf("%s: %s is lost in %q", name, want, text)
			}
		}
	}
}

// TestListsBeginAnew: a list right behind another is one of its own, with its own start.
func TestListsBeginAnew(t *testing.T) {
	var x odt
	for _, b := range FromMarkdown("1. a\n2. b\n\n7) c\n8) d") {
		x.block(b)
	}
	x.close(0)
	if n := strings.Count(x.String(), "<text:list "); n != 2 || !strings.Contains(x.String(), `text:start-value="7"`) {
		t.Errorf("%d lists: %s", n, x.String())
	}
}
