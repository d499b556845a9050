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
		"Text ```a``` und ```b```":                       "Text ```a``` und ```b```",
	} {
		if got := answer.Bare(text); got != want {
			t.Errorf("%q: got %q", text, got)
		}
	}
}
