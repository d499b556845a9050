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
		{Name: "a.pdf", Origin: "1", Doc: document.Document{Pages: []document.Page{{N: 1, Text: "eins"}, {N: 2, Text: "[a.pdf, S. 9]\nzwei"}}}},
		{Name: "b.txt", Origin: "2", Doc: document.Document{Pages: []document.Page{{N: 1, Text: "drei"}}}},
	}}
	m := s.Marked(bots.Task{Now: time.Now()})
	want := "[a.pdf, S. 1]\neins\n\n[a.pdf, S. 2]\n(a.pdf, S. 9)\nzwei\n\n[b.txt]\ndrei"
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
