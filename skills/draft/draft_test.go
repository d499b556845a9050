package draft

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/llm/llmtest"
)

var berlin = func() *time.Location {
	l, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return l
}()

// office is the configuration of examples: Bürgerbüro of Stadt Musterstadt.
var office = Config{Signer: "Aylin Yılmaz", By: "Im Auftrag", Footer: []string{"Stadt Musterstadt · Bürgerbüro · Rathausplatz 1 · 12345 Musterstadt"}, NoDraft: []string{"bewerbung"}}

var profile = bots.Profile{Name: "Amtsbote", Authority: "Stadt Musterstadt", Language: "de", Land: "RP", Zone: berlin, Class: bots.Internal}

// jana is the letter of the example: an objection with a contradicting fee, a
// locked file, and one that is missing.
func jana() document.Document {
	return document.Document{
		Name: "mail.eml", Type: "message/rfc822",
		Mail: &document.Mail{
			From: []document.Address{{Name: "Jana Wieczorek", Email: "jana.wieczorek@example.org"}}, To: []document.Address{{Email: "buergerbuero@musterstadt.example"}},
			Subject: "Widerspruch Bewohnerparkausweis, Az. 32.4-BPA-1873/26", Date: time.Date(2026, 11, 20, 18, 42, 5, 0, berlin),
			MessageID: "a1@example.org", References: []string{"r0@example.org"},
		},
		Pages: []document.Page{{N: 1, Text: `Sehr geehrte Damen und Herren,

gegen Ihren Bescheid vom 05.11.2026, Aktenzeichen 32.4-BPA-1873/26, der mir erst am 10.11.2026 zugegangen ist, lege ich Widerspruch ein.

Ich bin seit dem 1. Oktober im Lindenweg gemeldet. Da die Voraussetzungen damit erfüllt sind, bitte ich Sie, den Bescheid aufzuheben und mir den Bewohnerparkausweis auszustellen.

Die Gebühr von 25,00 € bitte ich zu erstatten. Anbei die Meldebestätigung, der Mietvertrag und eine Kopie des Fahrzeugscheins.

Bitte bestätigen Sie mir den Eingang bis zum 27.11.2026.

Mit freundlichen Grüßen
Jana Wieczorek`}},
		Parts: []document.Part{
			{Name: "Bescheid.pdf", Type: "application/pdf", Size: 81000, Doc: &document.Document{Name: "Bescheid.pdf", Type: "application/pdf", Pages: []document.Page{
				{N: 1, Text: "Stadt Musterstadt\nBürgerbüro\n\nFrau\nJana Wieczorek\nLindenweg 4\n12345 Musterstadt\n\nMusterstadt, den 05.11.2026\nAktenzeichen 32.4-BPA-1873/26\n\nBescheid\n\nIhr Antrag auf einen Bewohnerparkausweis wird abgelehnt."},
				{N: 2, Text: "Für diesen Bescheid wird eine Gebühr von 20,50 € erhoben.\n\nRechtsbehelfsbelehrung\nGegen diesen Bescheid kann innerhalb eines Monats nach Bekanntgabe Widerspruch erhoben werden."}}}},
			{Name: "Meldebestaetigung.jpg", Type: "image/jpeg", Size: 900_000, Doc: &document.Document{Name: "Meldebestaetigung.jpg", Type: "image/jpeg", Pages: []document.Page{{N: 1, Text: "Meldebestätigung\nJana Wieczorek", OCR: true}}}},
			{Name: "Mietvertrag.pdf", Type: "application/pdf", Size: 200_000, Reason: &document.Reason{Code: document.Password, Text: document.Text{DE: "mit Passwort geschützt", EN: "protected with a password"}}},
			{Name: "image001.png", Type: "image/png", Size: 4000, Inline: true, Reason: &document.Reason{Code: document.NoText, Text: document.Text{DE: "kein Text", EN: "no text"}}},
		},
	}
}

// skill returns the skill with a reader that has the given documents by name.
func skill(cfg Config, models *llmtest.Model, docs map[string]document.Document) *Skill {
	read := func(_ context.Context, name string, _ io.Reader) (document.Document, error) {
		d, ok := docs[name]
		if !ok {
			return document.Document{}, &document.Unreadable{Reason: document.Reason{Code: document.Damaged, Text: document.Text{DE: "beschädigt", EN: "damaged"}}}
		}
		return d, nil
	}
	if models == nil {
		return New(cfg, read, nil)
	}
	return New(cfg, read, models)
}

func task(file string) bots.Task {
	return bots.Task{
		Bot: profile, Class: bots.Internal, Language: "de", Now: time.Date(2026, 11, 23, 8, 0, 0, 0, berlin),
		Message: bots.Message{Connector: "mail", ID: "1", Sender: "buergerbuero@musterstadt.example", Watched: true, Time: time.Date(2026, 11, 20, 17, 42, 9, 0, time.UTC),
			Files: []bots.File{{Name: file, Type: bots.TypeLetter}}},
		Open: func(context.Context, bots.File) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader("")), nil
		},
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	name = "testdata/" + name
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s:\ngot\n%s\nwant\n%s", name, got, want)
	}
}

func showDraft(d bots.Draft) string {
	return "To: " + strings.Join(d.To, ", ") + "\nCc: " + strings.Join(d.Cc, ", ") + "\nSubject: " + d.Subject + "\nIn-Reply-To: " + d.InReplyTo + "\nReferences: " + strings.Join(d.References, " ") +
		"\nLanguage: " + d.Language + "\n\n" + d.Text + "\n\n" + d.QuoteFrom + "\n" + d.Quote + "\n"
}

func TestExample(t *testing.T) {
	s := skill(office, nil, map[string]document.Document{"jana.eml": jana()})
	a, err := s.Do(t.Context(), task("jana.eml"))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "example.brief.de.md", a.Text.DE)
	golden(t, "example.brief.en.md", a.Text.EN)
	golden(t, "example.draft.txt", showDraft(a.Drafts[0]))
}
