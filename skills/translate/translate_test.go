package translate

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/llm"
	"amtsbote/skills/llm/llmtest"
	"amtsbote/skills/material"
)

// lexicon is all that the server of these tests can translate.
var lexicon = strings.NewReplacer(
	"Sehr geehrte Frau Kaya,", "Dear Ms Kaya,",
	"die Gebühr von 12.500,00 € ist bis zum 3. November 2026 zu zahlen.", "the fee of €12,500.00 is due by 3 November 2026.",
	"Ihr Aktenzeichen lautet 32.4-BPA-1873/26.", "Your reference (Aktenzeichen) is 32.4-BPA-1873/26.",
	"Gegen diesen Bescheid können Sie binnen zwei Wochen Widerspruch erheben (§ 70 Abs. 1 VwGO).", "You may object (Widerspruch) to this decision (Bescheid) within two weeks (Section 70(1) VwGO).",
	"Mit freundlichen Grüßen", "Kind regards",
	"Hinweis Nummer", "Notice number", "an alle Bürgerinnen und Bürger der Stadt.", "to all citizens of the town.",
)

const letter = "Sehr geehrte Frau Kaya,\n\ndie Gebühr von 12.500,00 € ist bis zum 3. November 2026 zu zahlen.\n\nIhr Aktenzeichen lautet 32.4-BPA-1873/26.\n\n" +
	"Gegen diesen Bescheid können Sie binnen zwei Wochen Widerspruch erheben (§ 70 Abs. 1 VwGO).\n\nMit freundlichen Grüßen\nDieter Lindenhof"

var asked = regexp.MustCompile(`(?s)⟦S(\d+)⟧\n(.*?)(?:\n⟦S|\n<<<END)`)

// segmentsOf returns what a request wants translated.
func segmentsOf(prompt string) (all []string) {
	for at := 0; ; {
		m := asked.FindStringSubmatchIndex(prompt[at:])
		if m == nil {
			return all
		}
		all = append(all, prompt[at+m[4]:at+m[5]])
		at += m[5]
	}
}

// translated answers as a good model does, each segment changed by a function.
func translated(prompt string, change func(n int, s string) string) string {
	var b strings.Builder
	segs := segmentsOf(prompt)
	for i, s := range segs {
		s = lexicon.Replace(s)
		if change != nil {
			s = change(len(segs), s)
		}
		if s != "" {
			fmt.Fprintf(&b, "⟦S%d⟧\n%s\n", i+1, s)
		}
	}
	if b.Len() == 0 {
		return "⟦S1⟧"
	}
	return b.String()
}

type none struct{}

func (none) For(bots.Class) llm.Model { return nil }

func skill(t *testing.T, models llm.Choose, docs map[string]document.Document, c Config) *Skill {
	t.Helper()
	read := func(_ context.Context, name string, _ io.Reader) (document.Document, error) {
		d := docs[name]
		d.Name = name
		return d, nil
	}
	s, err := New(c, material.New(read), nil, models, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// served returns a skill with a model behind a real server, which answers with fn.
func served(t *testing.T, size int, docs map[string]document.Document, c Config, fn func(prompt string) string) (*Skill, *llmtest.Server) {
	t.Helper()
	srv := llmtest.NewServer(t, llmtest.Options{Context: size})
	srv.Answer(func(r llmtest.Request) llmtest.Reply { return llmtest.Reply{Text: fn(r.Last())} })
	b := srv.Bot(t, 3)
	return skill(t, b, docs, c), srv
}

func task(text string, files ...string) bots.Task {
	t := bots.Task{Text: text, Language: "de", Class: bots.Internal, Now: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC),
		Bot: bots.Profile{Name: "Amtsbote", Authority: "Stadt Musterstadt"},
		Open: func(context.Context, bots.File) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader("")), nil
		}}
	t.Message = bots.Message{ID: "1", Text: text}
	for _, f := range files {
		t.Message.Files = append(t.Message.Files, bots.File{Name: f})
	}
	return t
}

func do(t *testing.T, s *Skill, k bots.Task) bots.Answer {
	t.Helper()
	a, err := s.Do(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestLetter: a letter comes back whole, in order, with the sentence that it is no
// official translation, and with nothing to check.
func TestLetter(t *testing.T) {
	s, srv := served(t, 8192, nil, Config{}, func(p string) string { return translated(p, nil) })
	a := do(t, s, task("Übersetze das ins Englische:\n"+letter))
	want := "Dear Ms Kaya,\n\nthe fee of €12,500.00 is due by 3 November 2026.\n\nYour reference (Aktenzeichen) is 32.4-BPA-1873/26.\n\n" +
		"You may object (Widerspruch) to this decision (Bescheid) within two weeks (Section 70(1) VwGO).\n\nKind regards  \nDieter Lindenhof\n\n*Maschinelle Übersetzung aus dem Deutschen ins Englische, keine amtliche (beglaubigte) Übersetzung. Maßgeblich ist das Original.*"
	if a.Text.DE != want || len(a.Warnings) > 0 || a.Notice.Model != "Mistral Small" {
		t.Errorf("got %q, warnings %v, notice %+v", a.Text.DE, a.Warnings, a.Notice)
	}
	if !strings.Contains(a.Text.EN, "not an official (certified) one") {
		t.Errorf("got %q", a.Text.EN)
	}
	if got := srv.Requests(); len(got) != 1 || !strings.Contains(got[0].Messages[0].Text, "Aktenzeichen, Widerspruch, Bescheid") {
		t.Errorf("%d requests; the official terms are to be kept in brackets", len(got))
	}
}

// TestFaults: whatever a model does to a paragraph is noticed, the paragraph asked
// for again alone, and what stays wrong is said.
func TestFaults(t *testing.T) {
	drop := func(part string) func(int, string) string {
		return func(n int, s string) string {
			if n > 1 && strings.Contains(s, part) {
				return ""
			}
			return s
		}
	}
	always := func(from, to string) func(int, string) string {
		return func(_ int, s string) string { return strings.ReplaceAll(s, from, to) }
	}
	once := func(from, to string) func(int, string) string {
		return func(n int, s string) string {
			if n > 1 {
				return strings.ReplaceAll(s, from, to)
			}
			return s
		}
	}
	german := "Dieser Abschnitt ist leider immer noch auf Deutsch geschrieben, obwohl er auf Englisch sein sollte, und das ist für die Person nicht von Nutzen."
	for name, tt := range map[string]struct {
		change   func(int, string) string
		requests int
		want     []string // in the answer
		not      string
	}{
		"a dropped paragraph":                  {drop("12,500"), 3, []string{"Dear Ms Kaya,\n\nthe fee of €12,500.00"}, "prüfen"},
		"a paragraph that never comes":         {always("Kind regards\nDieter Lindenhof", ""), 3, []string{"**[nicht übersetzt]** Mit freundlichen Grüßen  \nDieter", "Absatz 5: nicht übersetzt"}, ""},
		"an amount changed once":               {once("€12,500.00", "€12,600.00"), 2, []string{"the fee of €12,500.00"}, "prüfen"},
		"an amount changed for good":           {always("€12,500.00", "€12,600.00"), 2, []string{"2026. **[bitte prüfen]**", "Absatz 2: „12.500,00“ fehlt", "Absatz 2: „12,600.00“ steht nicht im Original"}, ""},
		"another currency":                     {always("€12,500.00", "$12,500.00"), 2, []string{"„$“ steht nicht im Original"}, ""},
		"another day":                          {always("3 November", "8 November"), 2, []string{"„3. November 2026“ fehlt", "„8 November 2026“ steht nicht"}, ""},
		"another month":                        {always("November", "December"), 2, []string{"„3. November 2026“ fehlt"}, ""},
		"a changed reference":                  {always("1873/26", "1837/26"), 2, []string{"„32.4-BPA-1873/26“ fehlt"}, ""},
		"another law":                          {always("VwGO", "VwVfG"), 2, []string{"„VwGO“ fehlt"}, ""},
		"another name":                         {always("Ms Kaya", "Ms Kayser"), 2, []string{"„Kaya“ fehlt", "„Kayser“ steht nicht"}, ""},
		"another number as a word":             {always("two weeks", "4 weeks"), 2, []string{"„4“ steht nicht im Original"}, ""},
		"an invented link":                     {always("two weeks", "two weeks https://boese.example/x"), 1, []string{`two weeks \[…\] (Section`}, "boese"},
		"a paragraph in the wrong language":    {always("Your reference (Aktenzeichen) is 32.4-BPA-1873/26.", german+" 32.4-BPA-1873/26"), 2, []string{"Absatz 3: ist wohl nicht in der Zielsprache"}, ""},
		"a paragraph left as it was":           {always("Your reference (Aktenzeichen) is", "Ihr Aktenzeichen lautet"), 2, []string{"Absatz 3: ist wohl nicht in der Zielsprache"}, ""},
		"an explanation instead of the text":   {always("Dear Ms Kaya,", "Dear Ms Kaya,"+strings.Repeat(" I would like to add something.", 10)), 2, []string{"**[nicht übersetzt]** Sehr geehrte Frau Kaya,"}, "like to add"},
		"a mark of the prompt in the answer":   {always("Dear Ms Kaya,", "Dear Ms Kaya,\n<<<END 0123>>>"), 1, []string{"Dear Ms Kaya,\n\nthe fee"}, "END"},
		"formatting that the source never had": {always("Dear Ms Kaya,", "⟦1⟧Dear⟦/1⟧ Ms Kaya,"), 2, []string{"Dear Ms Kaya,\n\nthe fee"}, "⟦"},
	} {
		t.Run(name, func(t *testing.T) {
			s, srv := served(t, 8192, nil, Config{}, func(p string) string { return translated(p, tt.change) })
			a := do(t, s, task("!translate englisch\n"+letter))
			for _, want := range tt.want {
				if !strings.Contains(a.Text.DE, want) {
					t.Errorf("%q is missing in\n%s", want, a.Text.DE)
				}
			}
			if tt.not != "" && strings.Contains(a.Text.DE, tt.not) {
				t.Errorf("%q is in\n%s", tt.not, a.Text.DE)
			}
			if n := len(srv.Requests()); n != tt.requests {
				t.Errorf("%d requests, want %d", n, tt.requests)
			}
			if marked := strings.Contains(a.Text.DE, "[bitte prüfen]") || strings.Contains(a.Text.DE, "[nicht übersetzt]"); marked != (len(a.Warnings) > 0) {
				t.Errorf("marked %v, warnings %v", marked, a.Warnings)
			}
		})
	}
}

// TestMerged: a model that puts two paragraphs into one is asked for both again.
func TestMerged(t *testing.T) {
	s, srv := served(t, 8192, nil, Config{}, func(p string) string {
		got := translated(p, nil)
		if len(segmentsOf(p)) > 1 {
			got = strings.Replace(got, "\n⟦S3⟧\n", " ", 1)
		}
		return got
	})
	a := do(t, s, task("!translate englisch\n"+letter))
	if n := strings.Count(a.Text.DE, "Your reference"); n != 1 || len(srv.Requests()) != 3 || len(a.Warnings) > 0 {
		t.Errorf("said %d times after %d requests, warnings %v:\n%s", n, len(srv.Requests()), a.Warnings, a.Text.DE)
	}
}

// TestTwice: a number that comes twice counts as missing, and a second try that is
// worse than the first is not taken.
func TestTwice(t *testing.T) {
	if got := read("⟦S1⟧\na\n⟦S2⟧\nb\n⟦S1⟧\nc", 2, false); got[0] != "" || got[1] != "b" {
		t.Errorf("got %q", got)
	}
	s, _ := served(t, 8192, nil, Config{}, func(p string) string {
		if len(segmentsOf(p)) == 1 {
			return "⟦S1⟧\nthe fee of €9.99 is due by 1 May 1999, as is € 77.77 and 88.88 by 2 June 2001." + strings.Repeat(" And more of it.", 40)
		}
		return translated(p, func(_ int, s string) string { return strings.ReplaceAll(s, "€12,500.00", "€12,600.00") })
	})
	if a := do(t, s, task("!translate englisch\n"+letter)); !strings.Contains(a.Text.DE, "€12,600.00 is due by 3 November 2026. **[bitte prüfen]**") {
		t.Errorf("got\n%s", a.Text.DE)
	}
}

// TestLong: forty pages go through a model of 8,000 tokens in parts, several at
// once; every paragraph comes back in its place; a second time costs nothing.
func TestLong(t *testing.T) {
	const paragraphs = 800
	var b strings.Builder
	for i := range paragraphs {
		fmt.Fprintf(&b, "Hinweis Nummer %d an alle Bürgerinnen und Bürger der Stadt. %s\n\n", 1000+i, strings.Repeat("an alle Bürgerinnen und Bürger der Stadt. ", 3))
	}
	docs := map[string]document.Document{"Satzung.pdf": {Type: "application/pdf", Pages: []document.Page{{N: 1, Text: b.String()}}}}
	s, srv := served(t, 8192, docs, Config{}, func(p string) string { return translated(p, nil) })
	k := task("Bitte ins Englische übersetzen", "Satzung.pdf")
	m := &llmtest.Memo{}
	var told int
	var mu sync.Mutex
	k.Memo, k.Tell = m, func(p bots.Progress) {
		mu.Lock()
		defer mu.Unlock()
		told = max(told, p.Done)
	}
	a := do(t, s, k)
	if len(a.Files) != 1 || a.Files[0].Name != "Satzung-en.docx" || len(a.Warnings) > 0 || !strings.Contains(a.Text.DE, fmt.Sprint(paragraphs)+" Absätze") || !strings.Contains(a.Text.DE, "keine amtliche") {
		t.Fatalf("got %v, %v\n%s", a.Files, a.Warnings, a.Text.DE)
	}
	n := len(srv.Requests())
	if n < 20 || n > 80 || told != n || srv.Peak() > 3 || srv.Peak() < 2 {
		t.Errorf("%d requests, %d told, %d at once", n, told, srv.Peak())
	}
	w := &work{t: k, model: s.models.For(bots.Internal), ins: s.instructions, from: "de", to: "en"}
	w.t.Memo = m
	all, err := w.translate(t.Context(), segments(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range all {
		if !strings.HasPrefix(r.Text, fmt.Sprintf("Notice number %d to all citizens", 1000+i)) {
			t.Fatalf("paragraph %d is %q", i, r.Text)
		}
	}
	if len(srv.Requests()) != n || len(m.From()) == 0 || m.From()[0] != "1" {
		t.Errorf("%d requests more; kept with %v", len(srv.Requests())-n, m.From())
	}
}

// TestOneLongParagraph: a paragraph longer than a request is translated in pieces.
func TestOneLongParagraph(t *testing.T) {
	text := strings.Repeat("Hinweis Nummer 4711 an alle Bürgerinnen und Bürger der Stadt. ", 300)
	s, _ := served(t, 4096, nil, Config{}, func(p string) string { return translated(p, nil) })
	w := &work{t: task(""), model: s.models.For(bots.Internal), ins: s.instructions, from: "de", to: "en"}
	all, err := w.translate(t.Context(), segments(text))
	if err != nil || len(all) != 1 || strings.Count(all[0].Text, "Notice number 4711") != 300 {
		t.Errorf("got %d paragraphs, %v", len(all), err)
	}
	a := do(t, s, task("!übersetzen englisch\n"+text)) // too much for a chat
	if len(a.Files) != 1 || a.Files[0].Name != "Text-en.docx" || !strings.Contains(a.Text.DE, "keine amtliche") {
		t.Errorf("got %v\n%s", a.Files, a.Text.DE)
	}
}

// TestGlossary: the model is given only terms that occur, and held to them.
func TestGlossary(t *testing.T) {
	file := filepath.Join(t.TempDir(), "g.csv")
	if err := os.WriteFile(file, []byte("de;en;tr\nGebühr;charge;harç\nBescheid;decision;\nAbwasser;sewage;\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, srv := served(t, 8192, nil, Config{Glossary: file}, func(p string) string { return translated(p, nil) })
	a := do(t, s, task("!translate englisch\n"+letter))
	if !strings.Contains(a.Text.DE, "Absatz 2: nicht wie im Glossar: „Gebühr = charge“") || strings.Contains(a.Text.DE, "decision“") {
		t.Errorf("got\n%s", a.Text.DE)
	}
	if p := srv.Requests()[0].Last(); !strings.Contains(p, "- Gebühr = charge") || strings.Contains(p, "sewage") {
		t.Errorf("the model was given %s", p)
	}
	for text, want := range map[string]string{"de;xx\na;b\n": `"xx"`, "de;en\na;b;c\n": "line 2", "de;en\n": "one for each term", "de;en\n\xff;b\n": "UTF-8"} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := (Config{Glossary: file}).Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", text, err)
		}
	}
	if err := (Config{Glossary: file + "x"}).Validate(); err == nil {
		t.Error("a file that is not there is no error")
	}
}

// TestWithoutModel says so, and a question that is none of ours is passed.
func TestWithoutModel(t *testing.T) {
	s := skill(t, none{}, nil, Config{})
	if _, err := s.Do(t.Context(), task("Übersetze ins Englische: Guten Tag")); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("got %v", err)
	}
	if _, err := s.Do(t.Context(), task("Wann hat das Amt offen?")); err != bots.ErrPass {
		t.Errorf("got %v", err)
	}
}
