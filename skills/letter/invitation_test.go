package letter

import (
	"testing"

	"amtsbote/skills/document"
)

// TestInvitationHidesNoTerm: who objects in a mail that brings an invitation too has
// objected, and the term runs.
func TestInvitationHidesNoTerm(t *testing.T) {
	tests := map[string]struct {
		text string
		want Kind
	}{
		"an invitation":           {"Ich bitte Sie zum Ortstermin.", KindInvitation},
		"an objection":            {"Gegen den Bescheid vom 05.11.2026 lege ich Widerspruch ein.", KindObjection},
		"a term that is set":      {"Ich setze Ihnen eine Frist bis zum 1. Dezember 2026.", KindDeadline},
		"a question beside it":    {"Wann haben Sie geöffnet?", KindInvitation},
		"an objection to a place": {"Ich widerspreche dem Ort des Termins.", KindInvitation},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			doc := document.Document{Mail: &document.Mail{From: []document.Address{{Name: "A B", Email: "a@b.example"}}, Subject: "Termin", Invitation: "request"},
				Pages: []document.Page{{N: 1, Text: test.text}}}
			m := Read(doc, Options{Sender: "amt@stadt.example", Watched: true})
			if got := m.Letters[0].Kind; got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
