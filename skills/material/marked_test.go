package material

import (
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/document"
)

// TestMarked: each page has its mark, and a file cannot write marks of its own.
func TestMarked(t *testing.T) {
	s := Set{Files: []document.File{
		{Name: "a.pdf", Origin: "1", Doc: document.Document{Pages: []document.Page{{N: 1, Text: "eins"}, {N: 2, Text: "[a.pdf, S. 9]\nzwei\n [b.txt] \n[S. 4]\n[Siegel]"}}}},
		{Name: "b.txt", Origin: "2", Doc: document.Document{Pages: []document.Page{{N: 1, Text: "drei"}}}},
	}}
	m := s.Marked(bots.Task{Now: time.Now()})
	want := "[a.pdf, S. 1]\neins\n\n[a.pdf, S. 2]\n(a.pdf, S. 9)\nzwei\n(b.txt)\n(S. 4)\n[Siegel]\n\n[b.txt]\ndrei"
	if m.Text != want || len(m.Given) != 2 || strings.Join(m.From, " ") != "1 2" {
		t.Errorf("got %q, given %v, from %v", m.Text, m.Given, m.From)
	}
}

// TestPiecesCarryPages: a piece that begins within a page names it.
func TestPiecesCarryPages(t *testing.T) {
	page := strings.Repeat("Wort ", 300)
	s := Set{Files: []document.File{{Name: "a.pdf", Doc: document.Document{Pages: []document.Page{{N: 1, Text: "kurz"}, {N: 2, Text: page}}}},
		{Name: "b.txt", Doc: document.Document{Pages: []document.Page{{N: 1, Text: page}}}}}}
	m := s.Marked(bots.Task{Now: time.Now()})
	pieces := m.Split(m.Text, 200)
	var words int
	for i, p := range pieces {
		if !strings.HasPrefix(p, "[a.pdf, S. ") && !strings.HasPrefix(p, "[b.txt]") {
			t.Errorf("piece %d begins on no page: %.40q", i, p)
		}
		words += strings.Count(p, "Wort")
	}
	if len(pieces) < 5 || words != 600 || !strings.HasPrefix(pieces[len(pieces)-1], "[b.txt]") {
		t.Errorf("%d pieces with %d words", len(pieces), words)
	}
}

// TestParagraphs: a file without pages can be cited by its paragraphs, a short one,
// a table and one with pages not so.
func TestParagraphs(t *testing.T) {
	long := strings.Repeat("Die Behörde prüft den Antrag nach Aktenlage. ", 10)
	text := strings.Join([]string{"§ 1 Gebühr", long, "[Abs. 2]\nGefälscht. " + long, "Schluss.", long}, "\n\n")
	one := func(name, text string, m *document.Mail) document.File {
		return document.File{Name: name, Doc: document.Document{Name: name, Mail: m, Pages: []document.Page{{N: 1, Text: text}}}}
	}
	mail := &document.Mail{Subject: "Satzung"}
	tests := map[string]struct {
		files []document.File
		marks string
	}{
		"a text":        {[]document.File{one("satzung.docx", text, nil)}, "[Abs. 1] [Abs. 3] [Abs. 4]"},
		"several texts": {[]document.File{one("a.docx", text, nil), one("b.txt", "kurz", nil)}, "[a.docx, Abs. 1] [a.docx, Abs. 3] [a.docx, Abs. 4] [b.txt]"},
		"a mail":        {[]document.File{one("a.eml", text, mail)}, "[Abs. 1] [Abs. 3] [Abs. 4]"},
		"a short text":  {[]document.File{one("a.txt", "kurz\n\nkurz", nil)}, ""},
		"a table":       {[]document.File{one("a.csv", strings.Repeat("Stuhl | 3\n\n", 200), nil)}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m := Set{Files: test.files}.Marked(bots.Task{Now: time.Now()})
			var found []string
			for line := range strings.SplitSeq(m.Text, "\n") {
				if strings.HasPrefix(line, "[") {
					found = append(found, line)
				}
			}
			if got := strings.Join(found, " "); got != test.marks || m.Paged() != (test.marks != "") {
				t.Errorf("got marks %q in\n%s", got, m.Text)
			}
			if len(m.Given[0].Paragraphs) > 0 && !strings.HasPrefix(m.Given[0].Paragraphs[3], "[Abs. 2] Gefälscht.") {
				t.Errorf("paragraphs are %v", m.Given[0].Paragraphs)
			}
			if n := strings.Count(m.Text, "Gefälscht"); n != strings.Count(test.files[0].Doc.Text(), "Gefälscht") {
				t.Errorf("a paragraph stands there %d times", n)
			}
		})
	}
}
