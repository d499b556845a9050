package research_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/knowledge"
	"amtsbote/skills/llm/llmtest"
	"amtsbote/skills/material"
	"amtsbote/skills/research"
)

// TestNarrow: a question that names a collection is searched for in it alone, also by a
// name that begins with an umlaut.
func TestNarrow(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "da.txt"), []byte("Dienstreisen genehmigt hier der Vorstand."), 0o600); err != nil {
		t.Fatal(err)
	}
	o := newOffice(t, setup{more: []knowledge.Config{{Name: "Übersichten", Folder: folder, Every: time.Second}}})
	o.until("both are read", func() bool { return strings.Contains(o.do("!wissen").Text.DE, "Übersichten (1 Dokument,") })
	for text, want := range map[string]string{
		"Suche in Ortsrecht nach Dienstreisen":                           "reise (neu).txt",
		"Suche in den „Ortsrecht“: „Dienstreisen“":                       "reise (neu).txt",
		"Suche in Übersichten nach Dienstreisen":                         "da.txt",
		"Suche in den Übersichten, wer Dienstreisen genehmigt":           "da.txt",
		"Wer genehmigt Dienstreisen? Wo steht das in den »Übersichten«?": "da.txt",
	} {
		a := o.do(text)
		if len(a.Sources) == 0 || slices.ContainsFunc(a.Sources, func(s bots.Source) bool { return s.File != want && strings.Contains(s.Quote, "Dienstreisen") }) {
			t.Errorf("%s: got %q", text, a.Text.DE)
		}
	}
	if a := o.do("Suche in Übersichtskarten nach Dienstreisen"); !strings.Contains(a.Text.DE, "Durchsucht: Ortsrecht") {
		t.Errorf("a longer word named a collection: %q", a.Text.DE)
	}
}

// TestSucht: what begins like an order to search may be what is asked about.
func TestSucht(t *testing.T) {
	o := newOffice(t, setup{})
	o.write("sucht.txt", "Merkblatt Suchtberatung\n\nFragen zur Sucht beantwortet die Suchtberatung im Gesundheitsamt.")
	o.write("amt.txt", "Merkblatt Gesundheitsamt\n\nFragen beantwortet das Gesundheitsamt.")
	o.until("they are read", func() bool { return strings.Contains(o.do("!wissen").Text.DE, "7 Dokumente") })
	for _, text := range []string{"!suche Suchtberatung im Gesundheitsamt", "!suche Sucht im Gesundheitsamt", "Suchen Sie bitte nach Suchtberatung im Gesundheitsamt", "Recherche: Suchtberatung im Gesundheitsamt"} {
		if a := o.do(text); len(a.Sources) == 0 || a.Sources[0].File != "sucht.txt" {
			t.Errorf("%s: got %q", text, a.Text.DE)
		}
	}
	if a := o.do("!suche Sucht"); len(a.Sources) != 1 {
		t.Errorf("got %q", a.Text.DE)
	}
	o.task.Message.Files = []bots.File{{Name: "a.txt", Ref: "Text"}}
	if _, err := o.try("Was steht darin über Suchtberatung?"); !errors.Is(err, bots.ErrPass) {
		t.Errorf("a question about a file was taken for an order to search: %v", err)
	}
}

// TestChain: a question is completed by those that it goes on with, not by what was
// asked before these about something else.
func TestChain(t *testing.T) {
	o := newOffice(t, setup{})
	turn := func(text string) []bots.Turn {
		return []bots.Turn{{ID: text, Text: text}, {Bot: true, Skill: "research", Text: "…"}}
	}
	o.task.History = slices.Concat(turn("Wer genehmigt Dienstreisen?"), turn("!suche Welche Gebühren kostet das Parken auf dem Rathausplatz?"), turn("!recherche Welche Steuer wird für Hunde erhoben?"), turn("Und für Pferde?"))
	a := o.do("Und für Katzen?")
	if !strings.HasPrefix(a.Text.DE, "Gesucht: „Und für Katzen? Welche Steuer wird für Hunde erhoben?“") || !strings.Contains(a.Text.DE, "keine Steuer erhoben") {
		t.Errorf("got %q", a.Text.DE)
	}
	o.task.History = slices.Concat(turn("Wer genehmigt Dienstreisen?"), turn("Welche Steuer wird für Hunde erhoben?"))
	if a := o.do("Und für Katzen?"); !strings.HasPrefix(a.Text.DE, "Gesucht: „Und für Katzen? Welche Steuer wird für Hunde erhoben?“") {
		t.Errorf("got %q", a.Text.DE)
	}
	if a := o.do("!suche Katzen"); strings.Contains(a.Text.DE, "Gesucht") {
		t.Errorf("a command was completed: %q", a.Text.DE)
	}
	o.task.History[3].Skill = "chat"
	if a := o.do("Und für Katzen?"); strings.Contains(a.Text.DE, "Gesucht") {
		t.Errorf("completed with what another skill was asked: %q", a.Text.DE)
	}
	for text, pass := range map[string]bool{"Und schreibe daraus einen Vermerk": true, "und übersetze das": true, "Und wer schreibt den Antrag auf Dienstreisen?": false, "Und suche, wer ihn schreibe": false} {
		if _, err := o.try(text); errors.Is(err, bots.ErrPass) != pass {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestTooLong: where nothing fits into the model, by its own count or the server's, the
// person sees the passages.
func TestTooLong(t *testing.T) {
	for _, context := range []int{0, 1200} {
		o := newOffice(t, setup{model: true, context: context})
		o.write("x.txt", strings.Repeat("Hubschrauberlandeplätze sind genehmigungspflichtig, Hängegleiterstartplätze anzeigepflichtig. ", 30))
		o.until("it is read", func() bool { return strings.Contains(o.do("!wissen").Text.DE, "6 Dokumente") })
		o.server.Answer(func(llmtest.Request) llmtest.Reply {
			return llmtest.Reply{Status: 400, Code: "context_length_exceeded"}
		})
		a, err := o.try("Suche nach Hubschrauberlandeplätze")
		if err != nil || len(a.Sources) == 0 || !strings.Contains(a.Text.DE, "wörtlich") || !warned(a, "zu lang") {
			t.Errorf("context %d: got %q, %v, %v", context, a.Text.DE, a.Warnings, err)
		}
	}
}

// TestGiven: a model is given what speaks of the question, and that once.
func TestGiven(t *testing.T) {
	o := newOffice(t, setup{model: true})
	o.write("kopie/reise.txt", texts["reise (neu).txt"])
	o.until("it is read", func() bool { return strings.Contains(o.do("!wissen").Text.DE, "6 Dokumente") })
	if a := o.do("!suche Dienstreisen"); !strings.HasPrefix(a.Text.DE, "Diese Stellen") || len(o.chats()) > 0 {
		t.Errorf("!suche asked a model: %q", a.Text.DE)
	}
	o.says("Dienstreisen genehmigt die Amtsleitung [1].")
	o.do("Suche nach Dienstreisen, Amtsleitung, Antrag, Wochen, Dienstanweisung, Rathausplatz")
	p := o.chats()[0].Last()
	if n := strings.Count(p, "Dienstreisen genehmigt die Amtsleitung."); n != 1 {
		t.Errorf("the same passage %d times: %s", n, p)
	}
	if strings.Contains(p, "Fundstelle [2]") {
		t.Errorf("a passage with one word of six: %s", p)
	}
}

// TestNear: without a word in common only the nearest passages count as ones that may
// answer.
func TestNear(t *testing.T) {
	o := newOffice(t, setup{vectors: true})
	o.server.Embed(func(string) []float32 { return slices.Repeat([]float32{1}, 32) })
	for i := range 4 {
		o.write(fmt.Sprintf("n%d.txt", i), fmt.Sprintf("Merkblatt Nummer %d", i))
	}
	o.until("they are read", func() bool { return strings.Contains(o.do("!wissen").Text.DE, "9 Dokumente") })
	a := o.do("!suche Hubschrauberlandeplatz")
	if !strings.HasPrefix(a.Text.DE, "Wörtlich steht das nirgends.") || len(a.Sources) != 3 {
		t.Errorf("%d sources: %q", len(a.Sources), a.Text.DE)
	}
}

// TestUnreadable: a file that cannot be read keeps no other from being searched, and is
// named.
func TestUnreadable(t *testing.T) {
	o := newOffice(t, setup{})
	some := func(ctx context.Context, name string, r io.Reader) (document.Document, error) {
		if name == "kaputt.pdf" {
			return document.Document{}, &document.Unreadable{Reason: document.Damaged.Reason()}
		}
		return read(ctx, name, r)
	}
	s := research.New(nil, material.New(some), none(), nil)
	task := o.task
	task.Command, task.Text = "suche", "Feuerwehrfahrzeug"
	task.Message.Files = []bots.File{{Name: "kaputt.pdf"}, {Name: "Protokoll.txt", Ref: "Der Ankauf eines Feuerwehrfahrzeugs wurde beschlossen."}}
	a, err := s.Do(t.Context(), task)
	if err != nil || len(a.Sources) != 1 || !strings.Contains(a.Text.DE, "kaputt.pdf (nicht gelesen: ") {
		t.Errorf("got %q, %v", a.Text.DE, err)
	}
}

// TestQuiet: an answer is not shown while it grows, for its references are not checked.
func TestQuiet(t *testing.T) {
	o := newOffice(t, setup{model: true})
	var told []bots.Progress
	o.task.Tell = func(p bots.Progress) { told = append(told, p) }
	o.says("Dienstreisen genehmigt die Amtsleitung [9].", "Dienstreisen genehmigt die Amtsleitung [1].")
	o.do("Suche, wer Dienstreisen genehmigt")
	if len(told) == 0 || strings.Contains(fmt.Sprint(told), "Amtsleitung") {
		t.Errorf("told %v", told)
	}
}
