package answer_test

import (
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/answer"
	"amtsbote/skills/check"
	"amtsbote/skills/llm"
	"amtsbote/skills/llm/llmtest"
)

const german = "Der Bescheid vom 5. November 2026 lehnt den Antrag auf einen Bewohnerparkausweis ab, weil der Hauptwohnsitz nicht in der Zone liegt (Bescheid.pdf, S. 1)."

// TestFaults has a model answer badly: it is asked once more, with the reason, and
// what is still wrong then is taken out or said.
func TestFaults(t *testing.T) {
	english := "The notice of 5 November 2026 refuses the application for a resident parking permit, because the main residence is not within the zone."
	loop := german + "\n" + strings.Repeat("Die Gebühr beträgt 20,50 €.\n", 9)
	tests := []struct {
		name          string
		first, second string
		want, reason  string // reason that the model is told; "": it is not asked again
		warning       string // what the only warning has; "": there is none
	}{
		{"a good answer", german, "", german, "", ""},
		{"empty, then good", " \n", german, german, "leer", ""},
		{"empty twice", "", "", "", "leer", ""},
		{"only a picture, then good", "![x](https://boese.example/p)", german, german, "leer", ""},
		{"another language, then right", english, german, german, "nicht auf Deutsch", ""},
		{"another language twice", english, english, english, "nicht auf Deutsch", "nicht auf Deutsch geantwortet"},
		{"in circles, then good", loop, german, german, "wiederholte sich", ""},
		{"in circles twice", loop, loop, german + "\nDie Gebühr beträgt 20,50 €.", "wiederholte sich", "ohne Ende wiederholt"},
		{"a passage that is none, then right", "Abgelehnt (Bescheid.pdf, S. 7).", german, german, "Fundstellen", ""},
		{"a passage that is none, twice", "Abgelehnt (Bescheid.pdf, S. 7).", "Abgelehnt (Bescheid.pdf, S. 8).", "Abgelehnt.", "Fundstellen", "Fundstelle genannt"},
		{"the second is worse", "Abgelehnt (Bescheid.pdf, S. 7).", "", "Abgelehnt.", "Fundstellen", "Fundstelle genannt"},
		{"a link out of nowhere", german + " Siehe https://boese.example/x", "", german + " Siehe […]", "", "Link"},
		{"a link of the material", german + " Siehe https://stadt.example/x", "", german + " Siehe https://stadt.example/x", "", ""},
		{"refused by the skill, then good", "Hier ist die Zusammenfassung: " + german, german, german, "ohne Einleitung", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m := llmtest.Script(test.first, test.second)
			got, err := answer.Ask{Model: m, Task: bots.Task{Language: "de", Now: time.Now()}, Language: "de",
				Prompt:  llm.Prompt{System: "Antworte.", MaxTokens: 500, Turns: []llm.Turn{{Text: "Was steht im Bescheid?"}}},
				Given:   []llm.Given{{Name: "Bescheid.pdf", Pages: []int{1, 2}}},
				Sources: []string{"Mehr unter https://stadt.example/x"},
				Refuse: func(s string) string {
					if strings.HasPrefix(s, "Hier ist") {
						return "Antworte ohne Einleitung."
					}
					return ""
				}}.Do(t.Context())
			if err != nil || got.Text != test.want {
				t.Errorf("got %q, %v", got.Text, err)
			}
			prompts := m.Prompts()
			if again := len(prompts) > 1; again != (test.reason != "") || again && !strings.Contains(prompts[1].Turns[0].Text, test.reason) {
				t.Errorf("asked %d times, want the reason %q", len(prompts), test.reason)
			}
			if strings.Contains(prompts[0].Turns[0].Text, "brauchbar") {
				t.Error("the first prompt speaks of an answer before")
			}
			if len(got.Warnings) > 1 || (len(got.Warnings) == 1) != (test.warning != "") || test.warning != "" && !strings.Contains(got.Warnings[0].DE, test.warning) {
				t.Errorf("got warnings %v", got.Warnings)
			}
		})
	}
}

// TestCircle: only what comes round and round is one.
func TestCircle(t *testing.T) {
	verse := "Die Frist endet am 3. Dezember. Der Antrag liegt vor. Die Gebühr ist bezahlt. "
	tests := map[string]struct{ text, want string }{
		"a list of like lines":   {"- Stuhl: 3 Stück\n- Tisch: 3 Stück\n- Lampe: 3 Stück\n- Regal: 3 Stück", ""},
		"a table with rules":     {"| a | b |\n|---|---|\n| 1 | 2 |\n|---|---|\n| 1 | 2 |\n|---|---|", ""},
		"the same thrice":        {strings.Repeat("Bitte prüfen Sie den Antrag.\n", 3), ""},
		"the same line for ever": {"Ergebnis:\n" + strings.Repeat("Bitte prüfen Sie den Antrag.\n", 30), "Ergebnis:\nBitte prüfen Sie den Antrag."},
		"sentences in a line":    {strings.Repeat(verse, 8), strings.TrimSpace(verse)},
		"rows of dashes":         {strings.Repeat("- - -\n", 40), ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := answer.Ask{Model: llmtest.Script(test.text), Prompt: llm.Prompt{MaxTokens: 500, Turns: []llm.Turn{{Text: "x"}}}}.Do(t.Context())
			want := test.want
			if want == "" {
				want = strings.TrimSpace(test.text)
			}
			if err != nil || got.Text != want {
				t.Errorf("got %q, %v", got.Text, err)
			}
		})
	}
}

// TestFacts: what no source has is marked and told; what one has is not, in whatever
// form; without sources nothing is.
func TestFacts(t *testing.T) {
	source := "Die Gebühr beträgt 12.500,00 €. Zahlen Sie bis zum 3. November 2026."
	text := "Die Gebühr von 12 600 Euro ist bis 03.11.2026 fällig (Bescheid.pdf, S. 1, 2)."
	for name, test := range map[string]struct {
		sources  *check.Sources
		want     string
		warnings int
	}{
		"with sources":    {check.Read(time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), source), "Die Gebühr von 12 600 Euro **[nicht in den Unterlagen]** ist bis 03.11.2026 fällig (Bescheid.pdf, S. 1, 2).", 1},
		"without sources": {nil, text, 0},
	} {
		got, err := answer.Ask{Model: llmtest.Script(text), Task: bots.Task{Language: "de"}, Facts: test.sources, Given: []llm.Given{{Name: "Bescheid.pdf", Pages: []int{1, 2}}},
			Prompt: llm.Prompt{MaxTokens: 500, Turns: []llm.Turn{{Text: "x"}}}}.Do(t.Context())
		if err != nil || got.Text != test.want || len(got.Warnings) != test.warnings {
			t.Errorf("%s: got %q, %v, %v", name, got.Text, got.Warnings, err)
		}
	}
}

// TestShownAsItGrows: also of an answer that is not complete no link out of nowhere
// is shown, and a short one may be in any language.
func TestShownAsItGrows(t *testing.T) {
	shown := 0
	m := llmtest.Script("OK, see https://boese.example/x for more")
	_, err := answer.Ask{Model: m, Language: "de", Prompt: llm.Prompt{MaxTokens: 500, Turns: []llm.Turn{{Text: "Was?"}}},
		Task: bots.Task{Tell: func(p bots.Progress) {
			if shown++; strings.Contains(p.Partial, "boese.example") {
				t.Errorf("shown was %q", p.Partial)
			}
		}}}.Do(t.Context())
	if err != nil || shown == 0 || len(m.Prompts()) != 1 {
		t.Errorf("shown %d times after %d prompts, %v", shown, len(m.Prompts()), err)
	}
}
