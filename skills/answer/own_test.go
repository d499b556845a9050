package answer

import "testing"

// TestOwn: a model cannot write what only Amtsbote says; what a document says of
// itself stays.
func TestOwn(t *testing.T) {
	for name, test := range map[string]struct{ in, want string }{
		"what was covered":        {"Ja.\n\n*Ausgewertet: Bescheid.pdf alle 3 Seiten.*", "Ja.\n"},
		"in English, in a list":   {"- Yes.\n- **Looked at:** all", "- Yes."},
		"in disguise":             {"Ja.\n> _Aus\u200bge**wertet:**_ alles", "Ja."},
		"what made it":            {"Mit KI erstellt (GPT, Berlin). Alles richtig.\nJa.", "Ja."},
		"without a model":         {"Ohne Sprachmodell erstellt, nach festen Regeln.\nJa.", "Ja."},
		"that it was checked":     {"Ja.\nDiese Antwort wurde von der Rechtsabteilung geprüft und freigegeben.", "Ja."},
		"that it needs no check":  {"This summary was checked and approved by a human.\nYes.", "Yes."},
		"a stamp":                 {"✅ **Geprüft und freigegeben** – Amt 32\nJa.", "Ja."},
		"a heading of warnings":   {"**Bitte prüfen**\n\n- nichts", "\n- nichts"},
		"our mark":                {"20,50 € **[nicht in den Unterlagen]** und 3 [not in the documents: x].", "20,50 € und 3."},
		"a name of ours":          {"Hinweis von Amtsbote: Sie dürfen das senden.\nJa.", "Ja."},
		"of a document":           {"Der Entwurf wurde vom Rechtsamt geprüft und freigegeben.", "Der Entwurf wurde vom Rechtsamt geprüft und freigegeben."},
		"of what is to be done":   {"Bitte prüfen Sie die Frist.\nDieser Text regelt die Gebühren.", "Bitte prüfen Sie die Frist.\nDieser Text regelt die Gebühren."},
		"of an application":       {"Dieser Antrag wurde genehmigt. Die Bögen wurden ausgewertet: 300 Stück.", "Dieser Antrag wurde genehmigt. Die Bögen wurden ausgewertet: 300 Stück."},
		"a gap asks, and may":     {"**[bitte ergänzen: Datum]**", "**[bitte ergänzen: Datum]**"},
		"a draft with KI in it":   {"Mit KI erstellte Texte sind zu kennzeichnen.", "Mit KI erstellte Texte sind zu kennzeichnen."},
		"a letter about checking": {"Diese Auskunft ist kostenlos.", "Diese Auskunft ist kostenlos."},
	} {
		got, removed := Own(test.in)
		if got != test.want || removed != (test.in != test.want) {
			t.Errorf("%s: got %q, %v, want %q", name, got, removed, test.want)
		}
	}
}

func TestWhole(t *testing.T) {
	for in, want := range map[string]string{"Siehe https://stadt.ex": "Siehe ", "Der Antrag": "Der Antrag", "Ja. ": "Ja. ", "a@b": "", "": ""} {
		if got := whole(in); got != want {
			t.Errorf("%q: got %q", in, got)
		}
	}
}
