package letter

import (
	"strings"
	"testing"
	"time"

	"amtsbote/skills/document"
	"amtsbote/skills/facts"
)

// TestLocalHolidays holds the brief to what it cannot know: whether a day is a
// holiday where the office is.
func TestLocalHolidays(t *testing.T) {
	read := func(land, text string) Letter {
		doc := document.Document{Mail: &document.Mail{From: []document.Address{{Name: "A B", Email: "a@b.example"}}, Date: time.Date(2025, 7, 25, 9, 0, 0, 0, time.UTC)},
			Pages: []document.Page{{N: 1, Text: text}}}
		return Read(doc, Options{Sender: "amt@stadt.example", Watched: true, Law: Law{Land: land}}).Letters[0]
	}
	objection := "Gegen den Bescheid vom 11.07.2025 lege ich Widerspruch ein."
	tests := map[string]struct{ land, text, day, say string }{
		"a term that ends on a holiday of some towns": {"BY", objection, "2025-08-15", "Feiertag vor Ort prüfen: Mariä Himmelfahrt."},
		"one that is a holiday of the Land":           {"SL", objection, "2025-08-18", ""},
		"one that is none of the Land":                {"NW", objection, "2025-08-15", ""},
		"without a Land":                              {"", objection, "2025-08-15", "Feiertag vor Ort prüfen: Mariä Himmelfahrt."},
		"a code in small letters":                     {"sl", objection, "2025-08-18", ""},
		"working days over a holiday of some towns":   {"BY", "Ich bitte um Antwort binnen 15 Arbeitstagen.", "2025-08-15", "Mariä Himmelfahrt"},
		"working days with Saturdays":                 {"NW", "Ich bitte um Antwort binnen 6 Werktagen.", "2025-08-01", ""},
		"working days without":                        {"NW", "Ich bitte um Antwort binnen 6 Arbeitstagen.", "2025-08-04", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			terms := read(test.land, test.text).Terms
			if len(terms) != 1 {
				t.Fatalf("%d terms", len(terms))
			}
			got := terms[0]
			if day := got.Day.Format(time.DateOnly); day != test.day {
				t.Errorf("day %s, want %s", day, test.day)
			}
			if says := strings.Contains(got.Assumption.DE, "Feiertag vor Ort"); says != (test.say != "") || !strings.Contains(got.Assumption.DE, test.say) {
				t.Errorf("assumption %q, want %q", got.Assumption.DE, test.say)
			}
		})
	}
}

// TestFeeOf: in a table the word for the sum stands above, not beside it.
func TestFeeOf(t *testing.T) {
	tests := map[string]struct{ text, sum, want string }{
		"beside its own word":              {"Die Gebühr beträgt 25,00 €.", "25,00 €", "gebühr"},
		"the word after it":                {"25,00 € Gebühr sind zu viel.", "25,00 €", "gebühr"},
		"a table under the words":          {"Verwaltungsgebühr nach Tarif 4\n\nPosition\tBetrag\nAusstellung\t25,00 €", "25,00 €", "gebühr"},
		"a table with a sum of all":        {"Miete und Kaution\nKosten 950,00 €", "950,00 €", "kaution"},
		"a word for any sum and no other":  {"Gesamtbetrag 99,00 €", "99,00 €", "betrag"},
		"the certain word too far above":   {"Gebühr" + strings.Repeat(" x", 250) + "\nBetrag 25,00 €", "25,00 €", "betrag"},
		"no word at all":                   {"Ich habe 25,00 € gezahlt.", "25,00 €", ""},
		"a word of another paragraph":      {"Die Gebühr ist hoch.\n\nIch habe 25,00 € gezahlt.", "25,00 €", ""},
		"a cut inside an umlaut is no end": {strings.Repeat("ü", 250) + " Gebühr\nBetrag 25,00 €", "25,00 €", "gebühr"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			at := strings.Index(test.text, test.sum)
			if got := feeOf(test.text, facts.Fact{Kind: facts.Amount, Start: at, End: at + len(test.sum)}); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
