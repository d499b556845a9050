package bots

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var infos = []Info{
	{Name: "draft", Commands: []string{"antwort", "reply"}, Words: []string{"antwort", "entwurf", "reply"}, Follow: []string{"kürzer", "freundlich"}, Letter: true},
	{Name: "summary", Commands: []string{"zusammenfassung", "summary"}, Words: []string{"zusammenfass", "fass zusammen", "summar"}, Follow: []string{"kürzer"}, Files: true},
	{Name: "export", Commands: []string{"export"}, Words: []string{"pdf"}, Last: true},
	{Name: "chat", Commands: []string{"frage", "ask"}, Question: true},
	{Name: "help", Commands: []string{"hilfe", "help"}, Words: []string{"hilfe"}},
}

func TestRoute(t *testing.T) {
	letter := []File{{Type: TypeLetter}}
	file := []File{{Name: "a.pdf"}}
	tests := map[string]struct {
		text  string
		files []File
		last  string // skill of the bot's last turn
		want  string
	}{
		"a letter is drafted":                                {files: letter, want: "draft"},
		"a letter to be summed up":                           {text: "bitte zusammenfassen", files: letter, want: "summary"},
		"a file without a question is summed up":             {files: file, want: "summary"},
		"a file with a question is chatted about":            {text: "Bis wann muss ich zahlen?", files: file, want: "chat"},
		"a plain question":                                   {text: "Was ist ein Verwaltungsakt?", want: "chat"},
		"words: Fass das bitte zusammen":                     {text: "Fass das bitte zusammen!", files: file, want: "summary"},
		"words in English":                                   {text: "Please summarise this", files: file, want: "summary"},
		"words out of order do not count":                    {text: "Zusammen ist das ein Fass ohne Boden", want: "chat"},
		"a command goes before words":                        {text: "!antwort fass dich kurz", want: "draft"},
		"a command in English":                               {text: "!Summary two sentences", files: file, want: "summary"},
		"an unknown command gets help":                       {text: "!kaffee", want: "help"},
		"a follow-up goes to the skill that answered":        {text: "bitte kürzer", last: "draft", want: "draft"},
		"a follow-up without an answer before is a question": {text: "bitte kürzer", want: "chat"},
		"an exclamation is no command":                       {text: "! Achtung", want: "chat"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b := &bot{Bot: Bot{}}
			for _, i := range infos {
				b.Skills = append(b.Skills, fake{info: i})
			}
			task := Task{Text: test.text, Message: Message{Files: test.files}}
			task.Command, task.Text, _ = splitCommand(task.Text)
			var last *Turn
			if test.last != "" {
				last = &Turn{Bot: true, Skill: test.last}
			}
			got := b.route(t.Context(), task, last)
			if len(got) == 0 || got[0].Info().Name != test.want {
				t.Errorf("got %v, want %s", got, test.want)
			}
		})
	}
}

// TestRouteLast: a skill that speaks of the last answer is asked before the one that
// gave it and before all whose words match; these are asked when it passes.
func TestRouteLast(t *testing.T) {
	b := &bot{}
	for _, i := range infos {
		b.Skills = append(b.Skills, fake{info: i})
	}
	for text, want := range map[string]string{
		"den kürzeren Entwurf als PDF": "export draft chat",
		"kürzer, als PDF":              "export summary chat",
		"Fass das PDF zusammen":        "export summary chat",
		"als PDF":                      "export chat",
		"kürzer":                       "summary chat",
	} {
		last := &Turn{Bot: true, Skill: "summary"}
		if strings.Contains(text, "Entwurf") {
			last = nil
		}
		var got []string
		for _, s := range b.route(t.Context(), Task{Text: text}, last) {
			got = append(got, s.Info().Name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: got %v, want %s", text, got, want)
		}
	}
}

// TestRouteFirst: a cue with ^ goes on with an answer only where the message begins so.
func TestRouteFirst(t *testing.T) {
	b := &bot{}
	for _, i := range append([]Info{{Name: "research", Follow: []string{"^und", "^was ^ist ^mit"}}}, infos...) {
		b.Skills = append(b.Skills, fake{info: i})
	}
	for text, want := range map[string]string{"Und für Katzen?": "research", "Was ist mit Katzen?": "research", "Fass Satzung und Bescheid zusammen": "summary", "Was kostet das, ist mit Abzug zu rechnen?": "chat"} {
		if got := b.route(t.Context(), Task{Text: text}, &Turn{Bot: true, Skill: "research"}); got[0].Info().Name != want {
			t.Errorf("%q: got %s, want %s", text, got[0].Info().Name, want)
		}
	}
}

// TestRouteRooms: words of a skill about rooms count only where there are rooms to
// read, and not in a message with a file, which is what it is about.
func TestRouteRooms(t *testing.T) {
	b := &bot{}
	for _, i := range append([]Info{{Name: "catchup", Commands: []string{"verpasst"}, Words: []string{"verpasst", "fass zusammen verpasst"}, Rooms: true}}, infos...) {
		b.Skills = append(b.Skills, fake{info: i})
	}
	file := []File{{Name: "a.pdf"}}
	const text = "Fass zusammen, was ich verpasst habe"
	for _, test := range []struct {
		task Task
		want string
	}{
		{Task{Text: text, Rooms: boundRooms{}}, "catchup"},
		{Task{Text: text}, "summary"},
		{Task{Text: text, Rooms: boundRooms{}, Message: Message{Files: file}}, "summary"},
		{Task{Text: "", Command: "verpasst"}, "catchup"},
	} {
		if got := b.route(t.Context(), test.task, nil); got[0].Info().Name != test.want {
			t.Errorf("%+v: got %s", test, got[0].Info().Name)
		}
	}
}

// TestDecide asks the model only where the words leave a draw, and lets it choose
// only among those.
func TestDecide(t *testing.T) {
	asked := 0
	b := &bot{Bot: Bot{Skills: []Skill{fake{info: Info{Name: "a", Words: []string{"brief"}}}, fake{info: Info{Name: "b", Words: []string{"kurz", "brief"}}}}}}
	b.Decide = func(_ context.Context, _ Class, _ string, among []Info) string {
		asked++
		return among[len(among)-1].Name
	}
	if got := b.route(t.Context(), Task{Text: "ein Brief"}, nil); got[0].Info().Name != "b" || asked != 1 {
		t.Errorf("got %s, asked %d times", got[0].Info().Name, asked)
	}
	if got := b.route(t.Context(), Task{Text: "kurz"}, nil); got[0].Info().Name != "b" || asked != 1 {
		t.Errorf("got %s, asked %d times", got[0].Info().Name, asked)
	}
	b.Decide = func(context.Context, Class, string, []Info) string { return "sendmail" }
	if got := b.route(t.Context(), Task{Text: "ein Brief"}, nil); got[0].Info().Name != "a" {
		t.Errorf("an invented skill changed the order: %s", got[0].Info().Name)
	}
}

// words is a Reader.
type words struct {
	text string
	err  error
}

func (w words) Words(context.Context, Message, func(context.Context, File) (io.ReadCloser, error)) (string, error) {
	return w.text, w.err
}

// TestWords routes a forwarded mail by what the colleague wrote above it, and
// never by what stands in a citizen's letter.
func TestWords(t *testing.T) {
	tests := map[string]struct {
		words   words
		watched bool
		wrote   bool
		want    []string
	}{
		"a command in the note":                {words{text: "!info"}, false, true, []string{textInfo(Profile{Name: "b", Keep: 30 * 24 * time.Hour, Contact: "ki@stadt.example"}, Internal, nil).DE}},
		"a wish in the note reaches the skill": {words{text: "bitte absagen"}, false, true, []string{"Echo: bitte absagen"}},
		"an unreadable note goes to the skill": {words{err: errors.New("damaged")}, false, true, []string{"Echo: "}},
		"a citizen's letter is not asked":      {words{text: "!info"}, true, false, []string{"Echo: "}},
		"nor a file that was dropped":          {words{text: "!info"}, false, false, []string{"Echo: "}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, answering(echo))
				w.bot.Reader = test.words
				m := ask("1", "")
				m.Files, m.Watched, m.Wrote = []File{{Type: TypeLetter}}, test.watched, test.wrote
				w.o.in = []Message{m}
				w.want(w.run(time.Minute), test.want...)
			})
		})
	}
}

func TestLanguage(t *testing.T) {
	for text, want := range map[string]string{
		"Fass das bitte zusammen": "de", "Please summarise this for me": "en", "kürzer": "de", "ok": "", "": "",
		"Was ist die Frist?": "de", "What was the deadline?": "en", "Größe": "de",
	} {
		if got := language(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// TestKeys: no two conversations share a key, however their names are chosen.
func TestKeys(t *testing.T) {
	seen := map[string][]string{}
	for _, parts := range [][]string{{"a", "b"}, {"a/1:b"}, {"a", "b", ""}, {"a", "", "b"}, {"", "a", "b"}, {"1:a", "b"}, {"a b"}, {"a", " b"}} {
		k := key("x", parts...)
		if other, ok := seen[k]; ok {
			t.Errorf("%q and %q share %q", parts, other, k)
		}
		seen[k] = parts
	}
	if k := key("x", "a"); !slices.Contains([]string{"x/1:a"}, k) {
		t.Errorf("got %q: stored keys must not change", k)
	}
}

func TestMaySee(t *testing.T) {
	tests := []struct {
		model, text Class
		want        bool
	}{
		{Public, Public, true}, {Public, Internal, false}, {Internal, Internal, true}, {Internal, Confidential, false},
		{Confidential, Public, true}, {"", Public, true}, {"", Internal, false}, {Internal, "", false}, {"geheim", Internal, false},
	}
	for _, test := range tests {
		if got := test.model.MaySee(test.text); got != test.want {
			t.Errorf("%q sees %q: got %t", test.model, test.text, got)
		}
	}
	if Internal.higher(Confidential) != Confidential || Internal.higher(Public) != Internal || Internal.higher("") != Internal {
		t.Error("a room does not raise the class as it should")
	}
}
