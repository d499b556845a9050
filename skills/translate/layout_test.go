package translate

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/llm/llmtest"
	"amtsbote/skills/material"
	"amtsbote/skills/office"
)

func TestMain(m *testing.M) {
	document.Main()
	os.Exit(m.Run())
}

// sample is a document with what letters have.
func sample(t *testing.T, write func(io.Writer, office.Document) error) []byte {
	t.Helper()
	d := office.FromMarkdown("# Bescheid\n\nSehr geehrte Frau Kaya,\n\nIhr Aktenzeichen lautet **32.4-BPA-1873/26**.\n\n- die Gebühr von 12.500,00 € ist bis zum 3. November 2026 zu zahlen.\n\n| Posten | Betrag |\n|---|---|\n| Hinweis Nummer 7 | 20,50 € |\n")
	var b bytes.Buffer
	if err := write(&b, office.Document{Title: "Bescheid", Language: "de", Blocks: d, Mark: office.Mark{Line: "Hinweis Nummer 8"}}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// laidOut returns a skill with a real reader, and a task with one file.
func laidOut(t *testing.T, layout Rewriter, name string, data []byte, change func(int, string) string) (*Skill, bots.Task) {
	t.Helper()
	r := document.New(document.Options{Tesseract: "none", Children: 2, Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(func() { _ = r.Close() })
	srv := llmtest.NewServer(t, llmtest.Options{Context: 8192})
	srv.Answer(func(q llmtest.Request) llmtest.Reply { return llmtest.Reply{Text: translated(q.Last(), change)} })
	b := srv.Bot(t, 0)
	if layout == nil {
		layout = r
	}
	s, err := New(Config{}, material.New(r.Read), layout, b, nil)
	if err != nil {
		t.Fatal(err)
	}
	k := task("Übersetze die Datei ins Englische", name)
	k.Open = func(context.Context, bots.File) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(data)), nil
	}
	return s, k
}

// TestLayout: a file comes back as what it was, with other words where the words
// stood, and LibreOffice opens it.
func TestLayout(t *testing.T) {
	for ext, write := range map[string]func(io.Writer, office.Document) error{".docx": office.DOCX, ".odt": office.ODT} {
		t.Run(ext, func(t *testing.T) {
			s, k := laidOut(t, nil, "Bescheid"+ext, sample(t, write), func(_ int, s string) string {
				return strings.NewReplacer("Ihr Aktenzeichen lautet", "Your reference is", "Posten", "Item", "Betrag", "Amount", "Bescheid", "Decision").Replace(s)
			})
			a := do(t, s, k)
			if len(a.Files) != 1 || a.Files[0].Name != "Bescheid-en"+ext || len(a.Warnings) > 0 || !strings.Contains(a.Text.DE, "Gestaltung, Tabellen und Bilder") || !strings.Contains(a.Text.DE, "keine amtliche") {
				t.Fatalf("got %d files, warnings %v\n%s", len(a.Files), a.Warnings, a.Text.DE)
			}
			doc, err := s.layout.(*document.Reader).Read(t.Context(), "x"+ext, bytes.NewReader(a.Files[0].Data))
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{"Dear Ms Kaya,", "Your reference is 32.4-BPA-1873/26.", "the fee of €12,500.00 is due by 3 November 2026.", "Item | Amount", "Notice number 7 | 20,50 €", "Notice number 8", "Maschinelle Übersetzung aus dem Deutschen ins Englische", "Mit KI erstellt"} {
				if !strings.Contains(doc.Text(), want) {
					t.Errorf("%q is missing in\n%s", want, doc.Text())
				}
			}
			segs, err := s.layout.Segments(t.Context(), "x"+ext, bytes.NewReader(a.Files[0].Data))
			if err != nil || !strings.Contains(strings.Join(segs, "\n"), "⟦1⟧32.4-BPA-1873/26⟦/1⟧") {
				t.Errorf("bold is lost: %q, %v", segs, err)
			}
			shown(t, "x"+ext, a.Files[0].Data, "Dear Ms Kaya,", "Your reference is 32.4-BPA-1873/26.", "20,50 €")
		})
	}
}

// shown holds that LibreOffice, if it is there, opens a file and shows texts.
func shown(t *testing.T, name string, data []byte, want ...string) {
	t.Helper()
	soffice, err := exec.LookPath("soffice")
	if err != nil || testing.Short() {
		return
	}
	dir := t.TempDir()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), soffice, "-env:UserInstallation=file://"+dir+"/profile", "--headless", "--convert-to", "txt:Text (encoded):UTF8", "--outdir", dir, file).CombinedOutput(); err != nil {
		t.Fatalf("LibreOffice: %v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "x.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range want {
		if !strings.Contains(string(text), w) {
			t.Errorf("LibreOffice does not show %q in\n%s", w, text)
		}
	}
}

// TestLayoutBrokenMarks: a model that breaks the marks costs the emphasis, not the
// words, and it is said; a doubtful paragraph is marked in the file.
func TestLayoutBrokenMarks(t *testing.T) {
	s, k := laidOut(t, nil, "Bescheid.docx", sample(t, office.DOCX), func(_ int, s string) string {
		return strings.NewReplacer("⟦1⟧", "", "12,500.00", "12,600.00").Replace(s)
	})
	a := do(t, s, k)
	if len(a.Files) != 1 || !strings.Contains(a.Text.DE, "Hervorhebungen innerhalb eines Absatzes gingen in") || len(a.Warnings) != 1 {
		t.Fatalf("got %v, %v\n%s", a.Files, a.Warnings, a.Text.DE)
	}
	segs, err := s.layout.Segments(t.Context(), "x.docx", bytes.NewReader(a.Files[0].Data))
	if all := strings.Join(segs, "\n"); err != nil || !strings.Contains(all, "lautet 32.4-BPA-1873/26.") || !strings.Contains(all, "3 November 2026. "+markCheck) {
		t.Errorf("got %q, %v", segs, err)
	}
}

// liar writes a file that lacks a paragraph.
type liar struct{ Rewriter }

func (l liar) Rewrite(ctx context.Context, name string, r io.Reader, w document.Rewrite) ([]byte, error) {
	w.Texts = slices.Clone(w.Texts)
	w.Texts[1] = "Something else."
	return l.Rewriter.Rewrite(ctx, name, r, w)
}

// TestLayoutIsReadBack: a written file that does not say what it is to say is not
// handed out; the text comes as a new file.
func TestLayoutIsReadBack(t *testing.T) {
	s, k := laidOut(t, nil, "Bescheid.docx", sample(t, office.DOCX), nil)
	s.layout = liar{s.layout}
	a := do(t, s, k)
	if len(a.Files) != 1 || !strings.Contains(a.Text.DE, textNewFile.DE) || bytes.Contains(a.Files[0].Data, []byte("Something else")) {
		t.Errorf("got %v\n%s", a.Files, a.Text.DE)
	}
}
