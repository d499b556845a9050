package answer_test

import (
	"testing"

	"amtsbote/skills/answer"
)

// TestBare: the text is left, and all of it.
func TestBare(t *testing.T) {
	for text, want := range map[string]string{
		"Hier ist der Text:\n\nGuten Tag":                "Guten Tag",
		"**Gerne! Hier die Mail:**\n```\nGuten Tag\n```": "Guten Tag",
		"```text\nGuten Tag\n\nBis bald\n```":            "Guten Tag\n\nBis bald",
		"Guten\u200b Tag\u202e":                          "Guten Tag",
		"Hier ist der Schlüssel.":                        "Hier ist der Schlüssel.",
		"Gerne!\n\nGuten Tag":                            "Guten Tag",
		"Gern, hier der Entwurf:\nGuten Tag":             "Guten Tag",
		"Sure, here is the mail:\n\nDear Ms Kaya":        "Dear Ms Kaya",
		"Gerne bestätige ich den Termin.\nBis Dienstag":  "Gerne bestätige ich den Termin.\nBis Dienstag",
		"Natürlich können Sie Widerspruch einlegen.\nZ":  "Natürlich können Sie Widerspruch einlegen.\nZ",
		"Selbstverständlich gilt:\n- A":                  "Selbstverständlich gilt:\n- A",
		"Hier ist die Frist am 3.12. abgelaufen.\nZ":     "Hier ist die Frist am 3.12. abgelaufen.\nZ",
		"Text ```a``` und ```b```":                       "Text ```a``` und ```b```",
	} {
		if got := answer.Bare(text); got != want {
			t.Errorf("%q: got %q", text, got)
		}
	}
}
