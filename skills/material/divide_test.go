package material_test

import (
	"strings"
	"testing"

	"amtsbote/skills/material"
)

// TestDivide: a wish is told from the text below it, and a time from a colon.
func TestDivide(t *testing.T) {
	wish := func(head string) bool { return strings.Contains(head, "itte") }
	for s, want := range map[string][2]string{
		"Bitte kürzer:\nDer Text.":                         {"Bitte kürzer", "Der Text."},
		"Bitte kürzer: Der Text.":                          {"Bitte kürzer", "Der Text."},
		"Bitte den Termin auf 10:30 Uhr ändern":            {"Bitte den Termin auf 10:30 Uhr ändern", ""},
		"Bitte kürzer (Stand 10:30): Der Text.":            {"Bitte kürzer (Stand 10:30)", "Der Text."},
		"Bitte mit https://a.example":                      {"Bitte mit https://a.example", ""},
		"Der Text: so.":                                    {"Der Text: so.", ""},
		"Bitte kürzer:":                                    {"Bitte kürzer:", ""},
		"Bitte " + strings.Repeat("x", 300) + ": Der Text": {"Bitte " + strings.Repeat("x", 300) + ": Der Text", ""},
	} {
		if says, text := material.Divide(s, wish); says != want[0] || text != want[1] {
			t.Errorf("%q: got %q, %q", s, says, text)
		}
	}
}
