package teams

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"

	"amtsbote/bots"
)

// labelled is a connector whose answers have a sensitivity label.
var labelling = New(Config{Sensitivity: Sensitivity{Name: "Nur für den Dienstgebrauch", Description: "Nicht an Bürgerinnen und Bürger weitergeben."}}, nil)

// An example is an answer that is held as golden file and shown to the judge.
type example struct {
	name, lang string
	answer     bots.Answer
}

var examples = []example{
	{"greeting", "de", bots.Answer{Notice: bots.Notice{Plain: true},
		Text: bots.Say("Guten Tag! Ich bin **Amtsbote**.\n\nDas kann ich:\n- Briefe zusammenfassen\n- Antworten entwerfen\n\n`!hilfe` zeigt mehr.")}},
	{"help", "de", bots.Answer{Notice: bots.Notice{Plain: true}, Text: bots.Say("| Befehl | Wirkung |\n|---|---|\n| !hilfe | zeigt dies |\n| !löschen | löscht alles |")}},
	{"summary", "de", bots.Answer{Notice: bots.Notice{Model: "mistral-small", Place: "Rechenzentrum der Stadt"},
		Text: bots.Say("# Kurz gesagt\nFrau Öztürk widerspricht dem Bescheid vom 3. Mai [1] und bittet um Frist bis Freitag [2][1].\n\n## Offen\n1. Größe der Fläche: 12 m² < 15 m²\n2. Straße & Hausnummer"),
		Sources: []bots.Source{{N: 1, File: "Widerspruch_Öztürk.pdf", Page: 2, Quote: "Hiermit lege ich <b>Widerspruch</b> ein."},
			{N: 2, ID: "1700000000000", Link: "https://teams.microsoft.com/l/message/19:x@thread.v2/1700000000000?a=1&b=2", Quote: strings.Repeat("Frist ", 40)},
			{N: 3, File: "nicht genannt.pdf"}},
		Warnings: []bots.Text{{DE: "Zwei Beträge widersprechen sich."}},
		Read:     []bots.ReadFile{{Name: "plan.dwg", Reason: bots.Text{DE: "unbekanntes Format"}}}}},
	{"draft", "de", bots.Answer{Notice: bots.Notice{Model: "m", Place: "hier"}, Text: bots.Say("Ein Entwurf:"),
		Drafts: []bots.Draft{{To: []string{"Jörg Groß <joerg@buerger.example>"}, Subject: "AW: Parken *heute*", Text: "Sehr geehrter Herr Groß,\n\n```\n<at>Anna</at>\n```\n\nMit freundlichen Grüßen"}}}},
	{"engine", "de", bots.Answer{Text: bots.Say("Ohne Modell.")}},
	{"refusal", "de", bots.Answer{Notice: bots.Notice{Plain: true}, Text: bots.Say("Was einzelne Personen getan haben, werte ich nicht aus.")}},
	{"english", "en", bots.Answer{Notice: bots.Notice{Model: "m", Place: "here"}, Text: bots.Text{DE: "Nein", EN: "Ms Öztürk objects [1]."}, Sources: []bots.Source{{N: 1, ID: "x"}, {N: 1, ID: "y"}}}},
	{"hostile", "de", bots.Answer{Notice: bots.Notice{Model: "<at>m</at>", Place: "[x](https://evil.example)"},
		Text:    bots.Say("<at>Anna</at> <img src=https://evil.example> ![x](https://evil.example/p.png) [klick](javascript:alert(1)) [a](https://ok.example) [1] [2]"),
		Sources: []bots.Source{{N: 1, File: "<at>Bernd</at>\n[x](https://evil.example).pdf", Link: "javascript:alert(1)"}, {N: 2, Link: "http://plain.example", Quote: "<script>\u202e"}}}},
}

// activities returns what is sent of the examples and on the way to an answer.
func activities() map[string]*activity {
	all := map[string]*activity{"typing": typing(), "progress": plainMessage("⏳ Seite 12 von 80 · 15 %"),
		"inform": (&openStream{}).update("informative", "Seite 12", "plain"), "stream": (&openStream{ID: "1", Seq: 1}).update("streaming", "Ein **Anfang**", "markdown")}
	for _, e := range examples {
		all[e.name] = labelling.message(labelling.compose(e.answer, e.lang), e.answer, e.lang, 0, 1)
	}
	return all
}

// TestMessage holds what is sent. UPDATE=1 rewrites testdata.
func TestMessage(t *testing.T) {
	for name, a := range activities() {
		got, err := json.MarshalIndent(a, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", "activity", name+".json")
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(file, append(got, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil || string(want) != string(got)+"\n" {
			t.Errorf("%s: differs from %s (%v); UPDATE=1 rewrites it:\n%s", name, file, err, got)
		}
		if strings.Contains(string(got), `"mention"`) || strings.Contains(a.Text, "<") && name != "draft" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func marked(t *testing.T, a *activity) (m answerMark) {
	t.Helper()
	if len(a.Entities) != 1 {
		t.Fatalf("%d entities", len(a.Entities))
	}
	if err := json.Unmarshal(a.Entities[0], &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMark(t *testing.T) {
	c := New(Config{}, nil)
	if a := c.message("x [1]", bots.Answer{Notice: bots.Notice{Plain: true}, Sources: []bots.Source{{N: 1}}}, "de", 0, 1); a.Entities != nil || a.ChannelData != nil {
		t.Errorf("fixed text: %+v", a)
	}
	var text string
	var sources []bots.Source
	for n := range 30 {
		text += fmt.Sprintf(" [%d]", 30-n)
		sources = append(sources, bots.Source{N: n + 1, File: strings.Repeat("ä", 120) + ".pdf", Page: 7, Quote: strings.Repeat("ö𝔘 ", 100), Link: "https://a.example/" + fmt.Sprint(n)})
	}
	m := marked(t, c.message(text+" [1] [99] [007]", bots.Answer{Sources: sources}, "en", 0, 1))
	if len(m.Citation) != maxCitations || m.Citation[0].Position != 30 || m.Usage != nil {
		t.Errorf("%d citations, first %+v, usage %v", len(m.Citation), m.Citation[0], m.Usage)
	}
	seen := map[int]bool{}
	for _, ci := range m.Citation {
		name, abstract := utf16.Encode([]rune(ci.Appearance.Name)), utf16.Encode([]rune(ci.Appearance.Abstract))
		if seen[ci.Position] || len(name) != maxSource || len(abstract) > maxAbstract || len(abstract) < maxAbstract-3 || ci.Appearance.URL != fmt.Sprint("https://a.example/", ci.Position-1) {
			t.Errorf("%+v: name of %d, abstract of %d", ci, len(name), len(abstract))
		}
		if !strings.HasSuffix(ci.Appearance.Name, "…, p. 7") || !strings.HasSuffix(ci.Appearance.Abstract, "…") {
			t.Errorf("%+v", ci.Appearance)
		}
		seen[ci.Position] = true
	}
	for link, want := range map[string]string{"https://a.example/x?y=1": "https://a.example/x?y=1", "http://a.example": "", "javascript:x": "", "https:x": "", "https://u:p@a.example": "",
		"https://a.example/" + strings.Repeat("x", maxLink): "", "": "", "://": ""} {
		if got := sourceLink(link); got != want {
			t.Errorf("%s: %q", link, got)
		}
	}
	for _, tt := range []struct {
		s    string
		n    int
		want string
	}{{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"a𝔘b", 3, "a…"}, {"a𝔘", 3, "a𝔘"}, {"ab cd", 4, "ab…"}, {"", 3, ""}, {"abc", 1, "…"}} {
		if got := clip(tt.s, tt.n); got != tt.want {
			t.Errorf("%q cut to %d: %q", tt.s, tt.n, got)
		}
	}
}

func TestCut(t *testing.T) {
	line := func(s string, n int) string { return strings.Repeat(s+"\n\n", n) }
	sources := make([]bots.Source, 20)
	cites := ""
	for i := range sources {
		sources[i] = bots.Source{N: i + 1, File: "a.pdf", Quote: strings.Repeat("q", 200), Link: "https://a.example/" + strings.Repeat("y", 900)}
		cites += fmt.Sprintf("[%d]", i+1)
	}
	for name, tt := range map[string]struct {
		md       string
		file     bool
		min, max int
		whole    bool
	}{
		"short":          {"Ja.", true, 1, 1, false},
		"nothing":        {" ", true, 0, 0, false},
		"four":           {line("Ein Absatz mit zehn Wörtern und noch zwei mehr darin.", 1_500), true, 4, 4, false},
		"too long":       {line("Ein Absatz mit zehn Wörtern und noch zwei mehr darin.", 5_000), true, 1, 1, true},
		"no file":        {line("Ein Absatz mit zehn Wörtern und noch zwei mehr darin.", 4_000), false, 5, 12, false},
		"far too long":   {line("Ein Absatz mit zehn Wörtern und noch zwei mehr darin.", 9_000), false, 12, 12, false},
		"grows":          {strings.Repeat("<~", 11_000), false, 2, 12, false},
		"with citations": {strings.Repeat(cites+" "+strings.Repeat("ö", 100)+"\n\n", 300), false, 3, 12, false},
		"emoji":          {strings.Repeat("😀", 30_000), false, 5, 12, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := bots.Answer{Sources: sources}
			p := labelling.cut(tt.md, a, "de", tt.file)
			if len(p.Text) < tt.min || len(p.Text) > tt.max || p.Whole != tt.whole {
				t.Errorf("%d parts, whole %v", len(p.Text), p.Whole)
			}
			for i, part := range p.Text {
				m := labelling.message(part, a, "de", i, len(p.Text))
				if n := size(m); n > maxActivity-maxEnvelope {
					t.Errorf("part %d has %d bytes", i, n)
				}
				if (m.ChannelData != nil) != (i == len(p.Text)-1) {
					t.Errorf("part %d: %s", i, m.ChannelData)
				}
			}
			if tt.whole != strings.Contains(strings.Join(p.Text, ""), "Antwort.md") || (name == "far too long") != strings.Contains(strings.Join(p.Text, ""), "Hier ist Schluss") {
				t.Error("the person is not told, or for nothing")
			}
			if again := labelling.cut(tt.md, a, "de", tt.file); !reflect.DeepEqual(again, p) {
				t.Error("cut in another way")
			}
		})
	}
	us := New(Config{Cloud: "gcch"}, nil) // no direct chat helps there
	if p := us.cut(line("Ein Absatz mit zehn Wörtern und noch zwei mehr darin.", 9_000), bots.Answer{}, "de", false); !strings.HasSuffix(p.Text[11], textCutOffHere.DE) {
		t.Errorf("ends with %q", p.Text[11][len(p.Text[11])-200:])
	}
	if n := size(&activity{Type: "message", Text: "ä😀"}); n != 2*(len(`{"type":"message","text":""}`)+3) {
		t.Errorf("%d bytes", n)
	}
}

// Whatever an answer says, it mentions nobody and stays within the limits.
func FuzzCompose(f *testing.F) {
	f.Add("Text [1]", "datei.pdf", "Zitat", "https://a.example", 1)
	f.Add("<at>x</at>", "<at>", "\xff", "javascript:x", -1)
	f.Add("[1][2]", "", "", "https://a.example/\"><b>", 2)
	f.Fuzz(func(t *testing.T, text, file, quote, link string, n int) {
		if len(text) > 50_000 {
			return
		}
		a := bots.Answer{Text: bots.Say(text), Sources: []bots.Source{{N: n, File: file, Quote: quote, Link: link, Page: n}}, Notice: bots.Notice{Model: file, Place: quote}}
		for i, part := range labelling.cut(labelling.compose(a, "de"), a, "de", true).Text {
			m := labelling.message(part, a, "de", i, 4)
			if n := size(m); n > maxActivity {
				t.Errorf("%d bytes", n)
			}
			for _, ci := range marked(t, m).Citation {
				name, abstract := len(utf16.Encode([]rune(ci.Appearance.Name))), len(utf16.Encode([]rune(ci.Appearance.Abstract)))
				if name == 0 || name > maxSource || abstract == 0 || abstract > maxAbstract || !strings.Contains(m.Text, fmt.Sprintf("[%d]", ci.Position)) ||
					strings.ContainsAny(ci.Appearance.Name+ci.Appearance.Abstract, "<>\n") || ci.Appearance.URL != "" && !strings.HasPrefix(ci.Appearance.URL, "https://") {
					t.Errorf("%+v in %q", ci, m.Text)
				}
			}
		}
	})
}
