package catchup

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"

	"amtsbote/bots"
	"amtsbote/skills/llm"
	"amtsbote/skills/llm/llmtest"
)

// office is the sample export, asked about on Monday morning by Anna, or by nobody.
func office(t testing.TB, who, text, language string) bots.Task {
	t.Helper()
	f, err := os.Open("testdata/export.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	x, err := ReadExport(f)
	if err != nil {
		t.Fatal(err)
	}
	job := bots.Task{Text: text, Command: "verpasst", Language: language, Class: bots.Internal, Now: monday, Rooms: x,
		Message: bots.Message{ID: "$q", Direct: true, Text: text, Time: monday},
		Open: func(_ context.Context, f bots.File) (io.ReadCloser, error) {
			if f.Name == "Dienstplan_KW48.xlsx" {
				return io.NopCloser(strings.NewReader("Montag | Kaya | Schalter 1\nDonnerstag | offen | Schalter 3")), nil
			}
			return nil, &bots.Refusal{Text: bots.Text{DE: "nicht im Export.", EN: "not in the export."}}
		}}
	if who != "" {
		if job.Message.Sender, err = x.As(who); err != nil {
			t.Fatal(err)
		}
	}
	return job
}

// What a model says of the sample.
const (
	saidDE = `{"aussagen": [
 {"rubrik": "an_sie", "text": "Thomas Berger fragt, ob Sie am Do 26.11. von 13 bis 16 Uhr Schalter 3 übernehmen.", "nr": [15], "frage": true, "antwort": []},
 {"rubrik": "an_sie", "text": "Elif Kaya fragt nach dem Schlüssel für den Vorratsraum.", "nr": [29], "frage": true, "antwort": [30]},
 {"rubrik": "entschieden", "text": "Die Samstagsöffnung am 28.11. entfällt (Petra Lindner).", "nr": [8]},
 {"rubrik": "entschieden", "text": "Die Teamsitzung am Montag ist um 11 Uhr.", "nr": [28]},
 {"rubrik": "offen", "text": "Aushang für die Eingangstür: Thomas Berger, bis Mi 25.11.", "nr": [10, 11]},
 {"rubrik": "offen", "text": "Text für die Website: noch niemand genannt.", "nr": "13"},
 {"rubrik": "sonst", "text": "Der Ausweisdrucker fiel aus [22] und lief später wieder.", "nr": [22, 27]},
 {"rubrik": "sonst", "text": "Die Standgebühr beträgt 35,00 € im Monat.", "nr": [36]}
]}`
	saidEN = `{"aussagen": [
 {"rubrik": "an_sie", "text": "Thomas Berger asks whether you can take counter 3 on Thu 26 Nov from 13 to 16.", "nr": [15], "frage": true, "antwort": []},
 {"rubrik": "entschieden", "text": "The Saturday opening on 28 Nov is cancelled (Petra Lindner).", "nr": [8]},
 {"rubrik": "offen", "text": "Text for the website: nobody named yet.", "nr": [13]}
]}`
)

// TestGolden holds what people see, with the built-in engine and with a model, and
// what the model is given. UPDATE=1 rewrites testdata.
func TestGolden(t *testing.T) {
	tests := map[string]struct {
		who, text, language string
		model               llm.Choose
	}{
		"rules_de":       {"Anna Petersen", "", "de", none{}},
		"rules_en":       {anna, "", "en", none{}},
		"rules_nobody":   {"", "", "de", none{}},
		"rules_open":     {"anna petersen", "Was ist seit Freitag 9 Uhr offen?", "de", none{}},
		"model_de":       {anna, "", "de", llmtest.Script(saidDE)},
		"model_en":       {anna, "", "en", llmtest.Script(saidEN)},
		"rules_one_hour": {anna, "letzte Stunde", "de", none{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a, err := New(plain, test.model, nil).Do(t.Context(), office(t, test.who, test.text, test.language))
			if err != nil {
				t.Fatal(err)
			}
			if !a.Private || !a.Notice.Said {
				t.Errorf("private %t, notice %+v", a.Private, a.Notice)
			}
			got := a.Text.In(test.language) + "\n"
			for _, w := range a.Warnings {
				got += "\nHinweis: " + w.In(test.language) + "\n"
			}
			golden(t, name+".md", got)
			if m, ok := test.model.(*llmtest.Model); ok {
				p := m.Prompts()[0]
				golden(t, name+".prompt.txt", strings.TrimSpace(p.System)+"\n=====\n"+p.Turns[0].Text+"\n")
			}
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("differs from %s; UPDATE=1 rewrites it; has the version gone up?\n%s", path, got)
	}
}
