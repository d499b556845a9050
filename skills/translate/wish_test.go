package translate

import (
	"strings"
	"testing"

	"amtsbote/bots"
)

// TestParse: what is a request, for which languages, about what.
func TestParse(t *testing.T) {
	for _, tt := range []struct {
		command, text string
		ok            bool
		from, to, own string
	}{
		{"", "Übersetze das ins Englische", true, "", "en", ""},
		{"", "Kannst du mir die Datei bitte ins Türkische übersetzen?", true, "", "tr", ""},
		{"", "auf Türkisch bitte", true, "", "tr", ""},
		{"", "und noch auf Arabisch", true, "", "ar", ""},
		{"", "translate into German", true, "", "de", ""},
		{"", "Please translate this from Turkish into German:\nMerhaba", true, "tr", "de", "Merhaba"},
		{"", "Übersetze aus dem Polnischen ins Deutsche: Dzień dobry", true, "pl", "de", "Dzień dobry"},
		{"", "Übersetze den englischen Brief ins Deutsche", true, "en", "de", ""},
		{"", "Bitte eine Übersetzung ins Ukrainische", true, "", "uk", ""},
		{"", "Was heißt das auf Englisch, wenn ich morgen nicht komme und es niemand weiß?", false, "", "en", ""},
		{"", "Brauchen wir eine beglaubigte Übersetzung?", false, "", "", ""},
		{"", "Fass den englischen Brief zusammen", false, "", "", ""},
		{"", "Schreib eine Antwort auf Englisch", false, "", "", ""},
		{"", "Übersetzung als Word-Datei", false, "", "", ""},
		{"", "Übersetze das in Leichte Sprache", false, "", "", ""},
		{"", "Übersetze das in einfaches Deutsch", false, "", "de", ""},
		{"", "Übersetze das Schreiben ins Englische", true, "", "en", ""},
		{"", "Übersetze die Antwort auf den Antrag ins Polnische", true, "", "pl", ""},
		{"", "Übersetze die Zusammenfassung ins Türkische", true, "", "tr", ""},
		{"", "Bitte übersetzen Sie den Vermerk ins Russische", true, "", "ru", ""},
		{"", "Translate the summary into English", true, "", "en", ""},
		{"", "Deutschkurs", false, "", "", ""},
		{"translate", "en Der Bescheid ist da.", true, "", "en", "Der Bescheid ist da."},
		{"übersetzen", "Dear Sir or Madam, I live in Berlin.", true, "", "", "Dear Sir or Madam, I live in Berlin."},
		{"übersetzen", "ins Englische", true, "", "en", ""},
		{"übersetzen", "tr", true, "", "tr", ""},
		{"übersetzen", "die Datei auf Polnisch", true, "", "pl", ""},
		{"übersetzen", "", true, "", "", ""},
	} {
		w, ok := parse(tt.command, tt.text, false)
		if ok != tt.ok || ok && (w.from != tt.from || w.to != tt.to || w.text != tt.own) {
			t.Errorf("!%s %q: %v, from %q to %q, text %q", tt.command, tt.text, ok, w.from, w.to, w.text)
		}
	}
}

// TestReply: a mail that answers the bot is about what the bot wrote, not about itself.
func TestReply(t *testing.T) {
	k := task("", "antwort.eml")
	k.Text = "Übersetze den Entwurf ins Englische"
	k.Message.Text, k.Message.Files[0].Type = "", bots.TypeLetter
	w, _ := parse("", k.Text, false)
	if s := w.find(k); len(s.files) != 1 {
		t.Errorf("a first mail: got %+v", s)
	}
	k.History = []bots.Turn{{ID: "0/answer", Bot: true, Skill: "draft", Drafts: []bots.Draft{{Text: "Guten Tag"}}}}
	if s := w.find(k); s.text != "Guten Tag" {
		t.Errorf("a reply: got %+v", s)
	}
}

// TestFind: what is translated, and what is left to the skill that wrote it.
func TestFind(t *testing.T) {
	s, srv := served(t, 8192, nil, Config{}, func(p string) string { return translated(p, nil) })
	german := "Hinweis Nummer 4711 an alle Bürgerinnen und Bürger der Stadt."
	draft := bots.Turn{ID: "0/answer", Bot: true, Skill: "draft", Text: "geheim", Drafts: []bots.Draft{{Subject: "AW: Antrag", Text: german}}}
	for name, tt := range map[string]struct {
		text    string
		history []bots.Turn
		want    string // in the answer; "" is passed
	}{
		"the last draft, by the word":            {"Übersetze den Entwurf ins Englische", []bots.Turn{draft}, "Notice number 4711"},
		"the last draft in English, by its own":  {"auf Englisch", []bots.Turn{draft}, ""},
		"the last draft in Turkish":              {"auf Türkisch bitte", []bots.Turn{draft}, "4711"},
		"the last answer":                        {"auf Englisch bitte", []bots.Turn{{ID: "0/answer", Bot: true, Skill: "chat", Text: german}}, "Notice number 4711"},
		"a brief, of which no model may see any": {"Übersetze das ins Englische", []bots.Turn{{ID: "0/answer", Bot: true, Skill: "draft", Text: "geheim"}}, "refused"},
		"the answer to our question":             {"Englisch", []bots.Turn{{ID: "0", Text: "!übersetzen\n" + german}, {ID: "0/answer", Bot: true, Skill: "translate", Text: textWhich.DE}}, "Notice number 4711"},
		"another language afterwards":            {"und auf Englisch", []bots.Turn{{ID: "0", Text: "Übersetze ins Türkische: " + german}, {ID: "0/answer", Bot: true, Skill: "translate", Text: "Bildirim"}}, "Notice number 4711"},
		"no language":                            {"!übersetzen", []bots.Turn{{ID: "0/answer", Bot: true, Skill: "chat", Text: german}}, "In welche Sprache"},
		"nothing there":                          {"!übersetzen", nil, "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			k := task(tt.text)
			if tt.text == "!übersetzen" {
				k.Command, k.Text = "übersetzen", ""
			}
			k.History = tt.history
			a, err := s.Do(t.Context(), k)
			got := a.Text.DE
			switch {
			case err == bots.ErrPass:
				got = ""
			case err != nil:
				got = "refused"
			}
			if (tt.want == "") != (got == "") || !contains(got, tt.want) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	for _, r := range srv.Requests() {
		if contains(r.Body, "geheim") {
			t.Error("a model was shown a brief")
		}
	}
}

func contains(s, part string) bool { return strings.Contains(s, part) }
