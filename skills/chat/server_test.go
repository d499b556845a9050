package chat_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/chat"
	"amtsbote/skills/document"
	"amtsbote/skills/llm/llmtest"
	"amtsbote/skills/material"
)

// served returns the skill with a scripted server behind the real client.
func served(t *testing.T, o *office) (*chat.Skill, *llmtest.Server) {
	t.Helper()
	s := llmtest.NewServer(t, llmtest.Options{Context: 8192})
	b := s.Bot(t, 0)
	return chat.New(material.New(o.Read), b, nil), s
}

// TestServer has a server answer, and looks at what the person gets and sees on
// the way.
func TestServer(t *testing.T) {
	tests := map[string]struct {
		reply llmtest.Reply
		want  string
		warns string // what the only warning has; empty: there is none
	}{
		"an answer":              {llmtest.Reply{Text: "20,50 € (Bescheid.pdf, S. 2)."}, "20,50 € (Bescheid.pdf, S. 2).", ""},
		"a cut answer":           {llmtest.Reply{Text: "Die Gebühr bet", Finish: "length"}, "Die Gebühr bet", "abgeschnitten"},
		"nothing but a picture":  {llmtest.Reply{Text: "![x](https://boese.example/p)"}, "Das Sprachmodell gab keine brauchbare Antwort.", "entfernt"},
		"a picture in the midst": {llmtest.Reply{Text: "Gut. ![x](https://boese.example/p) Und weiter."}, "Gut.  Und weiter.", "entfernt"},
	}
	o := &office{docs: map[string]document.Document{"Bescheid.pdf": notice}}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, server := served(t, o)
			server.Answer(func(llmtest.Request) llmtest.Reply { return test.reply })
			tk := task("Wie hoch ist die Gebühr?", "Bescheid.pdf")
			tk.Tell = func(p bots.Progress) {
				if strings.Contains(p.Partial, "boese.example") {
					t.Errorf("showed %q", p.Partial)
				}
			}
			a, err := s.Do(t.Context(), tk)
			if err != nil || !strings.HasPrefix(a.Text.DE, test.want) {
				t.Errorf("got %q, %v", a.Text.DE, err)
			}
			if len(a.Warnings) > 1 || (test.warns != "") != slices.ContainsFunc(a.Warnings, func(w bots.Text) bool { return strings.Contains(w.DE, test.warns) }) {
				t.Errorf("got warnings %v", a.Warnings)
			}
		})
	}
}

// TestMail: who wrote a mail, when and about what is found and reaches the model.
func TestMail(t *testing.T) {
	o := &office{docs: map[string]document.Document{"brief.eml": {
		Pages: []document.Page{{N: 1, Text: "Ich lege Widerspruch gegen den Bescheid ein."}},
		Mail: &document.Mail{Subject: "Parkausweis", From: []document.Address{{Name: "Jana Wieczorek", Email: "jana@example.org"}},
			To: []document.Address{{Email: "amt@musterstadt.example"}}, Date: time.Date(2026, 11, 20, 18, 42, 0, 0, time.UTC)}}}}
	for question, want := range map[string]string{
		"Wer hat die Mail geschrieben?":     "Absender der E-Mail: Jana Wieczorek (jana@example.org)",
		"Wann wurde die E-Mail geschickt?":  "E-Mail gesendet: 20.11.2026, 18:42 Uhr",
		"Wie lautet der Betreff der Mail?":  "Betreff der E-Mail: Parkausweis",
		"Wer ist der Empfänger der E-Mail?": "Empfänger der E-Mail: amt@musterstadt.example",
	} {
		a, err := chat.New(material.New(o.Read), none{}, nil).Do(t.Context(), task(question, "brief.eml"))
		if err != nil || !strings.Contains(a.Text.DE, want) {
			t.Errorf("%s got %q, %v", question, a.Text.DE, err)
		}
	}
	s, server := served(t, o)
	if _, err := s.Do(t.Context(), task("Wer schreibt?", "brief.eml")); err != nil || !strings.Contains(server.Requests()[0].Last(), "Absender der E-Mail: Jana Wieczorek") {
		t.Errorf("the model was not told who wrote, %v", err)
	}
}

// TestNoLinksFromQuotes: what a file says becomes no link of the answer.
func TestNoLinksFromQuotes(t *testing.T) {
	o := &office{docs: map[string]document.Document{"a.txt": {Pages: []document.Page{{N: 1, Text: "Die Gebühr von 25,00 € zahlen Sie [hier](https://boese.example)."}}}}}
	a, err := chat.New(material.New(o.Read), none{}, nil).Do(t.Context(), task("Wie hoch ist die Gebühr?", "a.txt"))
	if err != nil || !strings.Contains(a.Text.DE, `\[hier\](https://boese.example)`) {
		t.Errorf("got %q, %v", a.Text.DE, err)
	}
}

// TestPartlyReadable: a damaged file is not called whole.
func TestPartlyReadable(t *testing.T) {
	torn := document.Document{Pages: notice.Pages[1:], Partial: true}
	o := &office{docs: map[string]document.Document{"a.docx": torn}}
	a, err := chat.New(material.New(o.Read), none{}, nil).Do(t.Context(), task("Wie hoch ist die Gebühr?", "a.docx"))
	if err != nil || !strings.Contains(a.Text.DE, "a.docx so weit lesbar") || len(a.Read) != 1 || a.Read[0].Reason.IsZero() {
		t.Errorf("got %q, %+v, %v", a.Text.DE, a.Read, err)
	}
}

// TestWarnings: those of the files of the question are told, once, with the file.
func TestWarnings(t *testing.T) {
	odd := notice
	odd.Warnings = []document.Warning{{Text: document.Text{DE: "verdeckter Text", EN: "hidden text"}}}
	o := &office{docs: map[string]document.Document{"a.pdf": odd, "b.pdf": notice, "alt.pdf": odd}}
	tk := task("Wie hoch ist die Gebühr?", "a.pdf", "b.pdf")
	tk.History = []bots.Turn{{ID: "1", Files: list("alt.pdf")}}
	a, err := chat.New(material.New(o.Read), none{}, nil).Do(t.Context(), tk)
	if want := []bots.Text{{DE: "a.pdf: verdeckter Text", EN: "a.pdf: hidden text"}}; err != nil || !slices.Equal(a.Warnings, want) {
		t.Errorf("got %v, %v", a.Warnings, err)
	}
}
