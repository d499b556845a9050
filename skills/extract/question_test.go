package extract

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"amtsbote/skills/document"
	"amtsbote/skills/facts"
)

// TestQuestions asks the samples and wants the passage among the first two.
func TestQuestions(t *testing.T) {
	for name, test := range map[string]struct {
		file, question, want string
	}{
		"the fee of a notice":                   {"bescheid-parkausweis", "Wie hoch ist die Gebühr?", "25,00 €"},
		"what it costs, in another word":        {"bescheid-parkausweis", "Was kostet der Bescheid?", "25,00 €"},
		"when to pay, as a participle":          {"foerderbescheid", "Bis wann muss der Verwendungsnachweis eingereicht werden?", "30. Juni 2027"},
		"the term to object":                    {"bescheid-parkausweis", "Bis wann kann ich Widerspruch einlegen?", "innerhalb eines Monats"},
		"why it was refused":                    {"bescheid-parkausweis", "Wo ist meine Hauptwohnung gemeldet?", "Beispielhausen"},
		"a part of a compound":                  {"bescheid-parkausweis", "Was ist ein Parkausweis?", "Bewohnerparkausweis"},
		"the deposit of a lease":                {"mietvertrag", "Wie viel Kaution muss ich zahlen?", "1.620,00 €"},
		"the rent, by the second part":          {"mietvertrag", "Wie hoch ist die Miete?", "540,00 €"},
		"the notice period":                     {"mietvertrag", "Welche Kündigungsfrist gilt?", "drei Monaten"},
		"pets":                                  {"mietvertrag", "Darf ich Tiere halten?", "Kleintieren"},
		"the costs of the renovation":           {"protokoll-bauausschuss", "Was kostet die Sanierung der Schule?", "1,2 Mio. €"},
		"who takes something over":              {"protokoll-bauausschuss", "Wer spricht mit den Anwohnern über den Spielplatz?", "Frau Lindner"},
		"the next meeting":                      {"protokoll-bauausschuss", "Wann ist die nächste Sitzung?", "15. Januar 2027"},
		"the roof":                              {"protokoll-bauausschuss", "Was ist mit dem Dach?", "Dach"},
		"opening hours":                         {"pressemitteilung", "Wann hat das Bürgerzentrum geöffnet?", "9.30 bis 18 Uhr"},
		"opening hours in another word":         {"pressemitteilung", "Wann ist Sprechzeit?", "9.30 bis 18 Uhr"},
		"the fee of a market stall":             {"gebuehrensatzung", "Was kostet ein Stand auf dem Jahrmarkt pro Tag?", "120,00 €"},
		"with ue for ü":                         {"gebuehrensatzung", "Wann ist die Gebuehr faellig?", "binnen zwei Wochen"},
		"when a statute begins":                 {"gebuehrensatzung", "Ab wann gilt die Satzung?", "1. Januar 2027"},
		"the proof of use":                      {"foerderbescheid", "Bis wann ist der Verwendungsnachweis vorzulegen?", "30. Juni 2027"},
		"the share of calls":                    {"vermerk", "Wie viel Prozent der Anrufe wurden nicht angenommen?", "40 %"},
		"private data":                          {"dienstanweisung", "Darf ich personenbezogene Daten eingeben?", "keine personenbezogenen Daten"},
		"in English":                            {"english-letter", "When did she receive the notice?", "10 November 2026"},
		"a question for a number of customers":  {"rechnung-mahnung", "Wie lautet die Kundennummer?", "4711-0815"},
		"the width of the cycle path in metres": {"stellungnahme-radweg", "Wie breit wird der bauliche Radweg?", "2,5 Meter"},
	} {
		t.Run(name, func(t *testing.T) {
			s := load(t, "testdata/key/"+test.file+".txt")
			got, err := Question(t.Context(), []document.Document{s.doc}, test.question, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range got {
				if strings.Contains(p.Text, test.want) {
					if p.Score < Weak {
						t.Errorf("found, but weak: %+v", p)
					}
					return
				}
			}
			t.Errorf("got %+v", got)
		})
	}
}

func TestQuestionsWithoutAnAnswer(t *testing.T) {
	for name, test := range map[string]struct{ file, question string }{
		"about nothing in it":       {"mietvertrag", "Wie wird das Wetter in Paris?"},
		"about another paper":       {"pressemitteilung", "Wann endet die Widerspruchsfrist?"},
		"about a word it lacks":     {"bescheid-parkausweis", "Welche Hundesteuer fällt an?"},
		"about a person it lacks":   {"vermerk", "Was hat Herr Vogelsang entschieden?"},
		"about swimming":            {"gebuehrensatzung", "Was kostet der Eintritt ins Schwimmbad?"},
		"about a number it has not": {"english-letter", "What is the phone number of the tax office?"},
	} {
		t.Run(name, func(t *testing.T) {
			s := load(t, "testdata/key/"+test.file+".txt")
			got, err := Question(t.Context(), []document.Document{s.doc}, test.question, 3)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range got {
				if p.Score >= Weak {
					t.Errorf("claims to know: %+v", p)
				}
			}
		})
	}
}

func TestQuestion(t *testing.T) {
	lease, fee := load(t, "testdata/key/mietvertrag.txt").doc, load(t, "testdata/key/gebuehrensatzung.txt").doc
	docs := []document.Document{lease, fee}
	ask := func(t *testing.T, question string, n int) []Passage {
		t.Helper()
		got, err := Question(t.Context(), docs, question, n)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	t.Run("the document and page are named", func(t *testing.T) {
		got := ask(t, "Wie hoch ist die Gebühr auf dem Jahrmarkt?", 1)
		if len(got) != 1 || got[0].Doc != 1 || got[0].Page != 2 {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("scores are between 0 and 1, and the best comes first", func(t *testing.T) {
		for _, p := range ask(t, "Wie hoch ist die Gebühr für den Standplatz?", 10) {
			if p.Score <= 0 || p.Score > 1 {
				t.Errorf("got %+v", p)
			}
		}
	})
	t.Run("no more are given than asked for", func(t *testing.T) {
		if got := ask(t, "Gebühr Miete Markt", 2); len(got) != 2 {
			t.Errorf("got %d", len(got))
		}
		if got := ask(t, "Gebühr", 0); got != nil {
			t.Errorf("got %v", got)
		}
	})
	t.Run("a question without a word of its own finds nothing", func(t *testing.T) {
		if got := ask(t, "Was ist das?", 3); got != nil {
			t.Errorf("got %v", got)
		}
	})
	t.Run("a heading is no answer", func(t *testing.T) {
		for _, p := range ask(t, "Kaution", 5) {
			if p.Text == "§ 4 Kaution" || p.Text == "Kaution" {
				t.Errorf("got %+v", p)
			}
		}
	})
	t.Run("it stops when told to", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := Question(ctx, docs, "Gebühr", 3); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

// TestOtherWords asks in words that the text does not have in this form.
func TestOtherWords(t *testing.T) {
	doc := paged("Für diese Entscheidung setze ich eine Verwaltungsgebühr von 20,50 € fest. Nach den Angaben im Melderegister ist Ihre Hauptwohnung in Beispielhausen gemeldet.\n\nDer Betrag ist bis zum 3. Dezember 2026 auf das unten genannte Konto zu überweisen. Der Antrag ist schriftlich zu stellen und beim Bürgerbüro einzureichen.")
	for question, want := range map[string]string{
		"Bis wann muss gezahlt werden?":              "3. Dezember 2026",
		"Wann ist die Zahlung fällig?":               "3. Dezember 2026",
		"Wo muss der Antrag eingereicht werden?":     "Bürgerbüro",
		"Wohin soll überwiesen werden?":              "Konto",
		"Bis wann ist die Gebühr zu bezahlen?":       "3. Dezember 2026",
		"Wie hoch ist die festgesetzte Gebühr denn?": "20,50 €",
	} {
		got, err := Question(t.Context(), []document.Document{doc}, question, 2)
		if err != nil || !slices.ContainsFunc(got, func(p Passage) bool { return p.Score >= Weak && strings.Contains(p.Text, want) }) {
			t.Errorf("%s got %+v, %v", question, got, err)
		}
	}
}

// TestLists: a line that speaks of a list takes it along.
func TestLists(t *testing.T) {
	doc := paged("Hiermit lade ich zur Sitzung ein.\n\nTagesordnung:\n1. Sanierung der Schule\n2. Radweg\n\nBitte sagen Sie zu.\n\nUnterlagen:\n- Ausweis\n- Mietvertrag")
	for question, want := range map[string]string{
		"Was steht auf der Tagesordnung?":     "Tagesordnung: 1. Sanierung der Schule 2. Radweg",
		"Welche Unterlagen muss man bringen?": "Unterlagen: Ausweis Mietvertrag",
	} {
		got, err := Question(t.Context(), []document.Document{doc}, question, 1)
		if err != nil || len(got) != 1 || got[0].Text != want || got[0].Score < Weak {
			t.Errorf("%s got %+v, %v", question, got, err)
		}
	}
}

func TestStem(t *testing.T) {
	for _, same := range [][]string{
		{"Gebühr", "Gebühren", "Gebuehr", "GEBÜHREN"},
		{"Haus", "Häuser", "Hauses"},
		{"Antrag", "Anträge", "Antrags", "Anträgen"},
		{"Bescheid", "Bescheide", "Bescheides", "Bescheiden"},
		{"Frist", "Fristen"},
		{"Entscheidung", "Entscheidungen"},
		{"Straße", "Strasse", "Straßen"},
		{"notice", "notices"},
	} {
		for _, w := range same[1:] {
			if facts.Stem(w) != facts.Stem(same[0]) {
				t.Errorf("%s → %s, %s → %s", same[0], facts.Stem(same[0]), w, facts.Stem(w))
			}
		}
	}
	for _, other := range [][2]string{{"Miete", "Meter"}, {"Amt", "Antrag"}, {"Frist", "Frost"}} {
		if facts.Stem(other[0]) == facts.Stem(other[1]) {
			t.Errorf("%s and %s are one", other[0], other[1])
		}
	}
}
