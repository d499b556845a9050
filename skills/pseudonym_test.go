package skills

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/llm"
	"amtsbote/skills/llm/llmtest"
)

type person struct{ first, last, iban, mail, phone string }

// persons are who the texts below are about, ten of them with four data each.
var persons = []person{
	{"Elif", "Kaya", "DE89 3704 0044 0532 0130 00", "elif.kaya@web.example", "0171 2345678"},
	{"Jörg", "Müller-Lüdenscheidt", "DE02 1203 0000 0000 2020 51", "j.mueller@web.example", "040 4280112"},
	{"Henrike", "Osterkamp", "DE02 5001 0517 5407 3249 31", "osterkamp@web.example", "0152 33445566"},
	{"Yusuf", "Demir", "DE02 1001 0010 0006 8201 01", "y.demir@web.example", "030 9018220"},
	{"Agnieszka", "Kowalska", "DE02 3001 0111 0105 2016 73", "agnes@web.example", "0160 9988776"},
	{"Piet", "Brinkhof", "DE02 6005 0101 0002 0343 04", "piet.brinkhof@web.example", "0711 216330"},
	{"Maryam", "Hosseini", "DE02 7001 0080 0030 8768 08", "maryam@web.example", "089 2330011"},
	{"Svetlana", "Petrowa", "DE02 7002 0270 0010 1086 69", "s.petrowa@web.example", "0341 1230099"},
	{"Karl-Heinz", "Brömmelmeier", "DE02 1001 0010 0006 8201 01", "khb@web.example", "0221 2214455"},
	{"Leonie", "Waldvogel", "DE02 3702 0500 0005 0273 07", "leonie@web.example", "0911 2310077"},
}

// secrets are the words of them that no model may see.
func secrets() (all []string) {
	for _, p := range persons {
		all = append(all, p.first, p.last, p.iban, p.mail, p.phone)
	}
	return append(all, "Xylander")
}

// letterOf is a page about a person.
func letterOf(i int) string {
	p := persons[i%len(persons)]
	return fmt.Sprintf("Sehr geehrte Damen und Herren,\n\nhiermit beantrage ich, %s %s, die Stundung der Gebühr von %d,50 € aus dem Bescheid vom 3. November 2026. Bitte antworten Sie bis zum 1. Dezember 2026. Mein Konto lautet auf IBAN %s, Sie erreichen mich unter %s oder %s.\n\n%s\n\nMit freundlichen Grüßen\n%s %s",
		p.first, p.last, i+20, p.iban, p.phone, p.mail, strings.Repeat("Die Zahlung in einer Summe ist mir wegen der gestiegenen Kosten derzeit nicht möglich. ", 12), p.first, p.last)
}

var placeholder = regexp.MustCompile(`(?:VOR)?NAME_\d+`)

// TestNoPersonalDataLeaves: where a model may see texts without personal data only, a
// server's log has none of it, whatever the skills ask, and people get it all the same.
func TestNoPersonalDataLeaves(t *testing.T) {
	s := llmtest.NewServer(t, llmtest.Options{})
	s.Answer(func(r llmtest.Request) llmtest.Reply {
		name := placeholder.FindString(r.Last())
		if name == "" {
			name = "niemand"
		}
		if r.JSON {
			return llmtest.Reply{Text: `{"punkte": [], "names": ["` + name + `"]}`}
		}
		return llmtest.Reply{Text: "Den Antrag auf Stundung stellte " + name + " am 3. November 2026 wegen der Gebühr (S. 1)."}
	})
	pool, err := llm.New([]llm.Config{{Name: "Fern", URL: s.URL, Model: "m", Place: "Cloud", Class: bots.Public, Pseudonymise: bots.Confidential}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	models, err := pool.Bot([]string{"Fern"})
	if err != nil {
		t.Fatal(err)
	}
	var long []document.Page
	for i := range 40 {
		long = append(long, document.Page{N: i + 1, Text: letterOf(i)})
	}
	long[0].Text += "\n\nAls Vertreter handelt Herr Ott Xylander."
	long[39].Text += "\n\nXylander hat widersprochen." // a name that page 1 alone makes known
	docs := map[string]document.Document{
		"lang.pdf": {Name: "lang.pdf", Type: "application/pdf", Pages: long},
		"a.eml": {Name: "a.eml", Type: bots.TypeLetter, Mail: &document.Mail{From: []document.Address{{Name: "Elif Kaya", Email: "elif.kaya@web.example"}}, Subject: "Antrag von Elif Kaya"},
			Pages: []document.Page{{N: 1, Text: letterOf(0)}}},
	}
	read := func(_ context.Context, name string, _ io.Reader) (document.Document, error) { return docs[name], nil }
	all, err := Config{}.Open(read, nil, models, nil)
	if err != nil {
		t.Fatal(err)
	}
	room := bots.History{Room: bots.Room{ID: "!r:b", Name: "Team"}, Self: "Henrike Osterkamp"}
	var history []bots.Turn
	now := time.Date(2026, 11, 16, 10, 0, 0, 0, time.UTC)
	for i, p := range persons {
		room.Entries = append(room.Entries, bots.Entry{ID: fmt.Sprint("$", i), Sender: "@" + strings.ToLower(p.first) + ":stadt.example", Name: p.first + " " + p.last, Time: now.Add(-time.Hour),
			Text: "Wer prüft bis morgen den Antrag von " + persons[(i+3)%10].first + " " + persons[(i+3)%10].last + "? Rückruf unter " + p.phone})
		history = append(history, bots.Turn{ID: fmt.Sprint(i), Time: now, Text: "Frau " + p.last + " hat IBAN " + p.iban}, bots.Turn{ID: fmt.Sprint(i, "/answer"), Bot: true, Time: now, Text: "Notiert: " + p.first + " " + p.last + ", " + p.mail})
	}
	files := func(names ...string) (fs []bots.File) {
		for _, n := range names {
			fs = append(fs, bots.File{Name: n, Type: docs[n].Type})
		}
		return fs
	}
	tasks := map[string]bots.Task{
		"a long file": {Text: "Fass das zusammen", Message: bots.Message{Files: files("lang.pdf")}},
		"a letter":    {Text: "bitte antworten", Message: bots.Message{Files: files("a.eml")}},
		"a question":  {Text: "Wer hat welche IBAN? Frau Waldvogel fragt, Tel. 0911 2310077.", History: history},
		"a room":      {Text: "Was habe ich verpasst?", Command: "verpasst", Rooms: rooms{room}},
	}
	named := 0
	for what, task := range tasks {
		for _, skill := range all {
			task.Language, task.Class, task.Now, task.Tell = "de", bots.Confidential, now, func(bots.Progress) {}
			task.Message.ID, task.Message.Sender, task.Message.Text = "q", "henrike.osterkamp@stadt.example", task.Text
			task.Open = func(context.Context, bots.File) (io.ReadCloser, error) {
				return io.NopCloser(strings.NewReader("")), nil
			}
			before := len(s.Requests())
			a, err := skill.Do(t.Context(), task)
			if refused := (*bots.Refusal)(nil); err != nil && !errors.Is(err, bots.ErrPass) && !errors.As(err, &refused) {
				t.Errorf("%s, %s: %v", skill.Info().Name, what, err)
			}
			text := a.Text.DE
			for _, d := range a.Drafts {
				text += d.Text
			}
			if len(s.Requests()) == before || a.Notice.Model == "" {
				continue
			}
			if strings.Contains(text, "NAME_") {
				t.Errorf("%s, %s: people read a placeholder: %s", skill.Info().Name, what, text)
			}
			if slices.ContainsFunc(persons, func(p person) bool {
				return strings.Contains(text, "stellte "+p.first) || strings.Contains(text, "stellte "+p.last)
			}) {
				named++
			}
			if name := skill.Info().Name; a.Notice.Replaced.IsZero() {
				t.Errorf("%s, %s: it is not said what was replaced: %+v", name, what, a.Notice)
			}
		}
	}
	models.Decide(t.Context(), bots.Confidential, "Herr Piet Brinkhof, 0711 216330, bittet um Antwort", []bots.Info{{Name: "draft"}, {Name: "chat"}})
	if named < 3 || len(s.Requests()) < 15 {
		t.Errorf("in %d answers people read a name, %d requests: the test sees too little", named, len(s.Requests()))
	}
	for _, r := range s.Requests() {
		for _, secret := range secrets() {
			if i := strings.Index(strings.ToLower(r.Body), strings.ToLower(secret)); i >= 0 {
				t.Errorf("%q is sent: …%s…", secret, r.Body[max(0, i-60):min(len(r.Body), i+60)])
			}
		}
		if t.Failed() {
			break
		}
	}
}

// rooms is one room.
type rooms struct{ h bots.History }

func (r rooms) List(context.Context) ([]bots.Room, error) { return []bots.Room{r.h.Room}, nil }

func (r rooms) Read(context.Context, string, bots.Span) (bots.History, error) { return r.h, nil }

// TestUnreadableGoesToNoModel: a text in whose language names are not recognised is
// answered without the model, and that is said.
func TestUnreadableGoesToNoModel(t *testing.T) {
	s := llmtest.NewServer(t, llmtest.Options{})
	pool, err := llm.New([]llm.Config{{Name: "Fern", URL: s.URL, Model: "m", Place: "Cloud", Pseudonymise: bots.Internal}}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	models, err := pool.Bot([]string{"Fern"})
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Repeat("Sayın yetkili, oturma iznimin uzatılması için başvurumu yaptım ve henüz bir cevap alamadım. Lütfen bana bilgi verin. ", 6) + "Ayşe Yıldız"
	doc := document.Document{Name: "a.eml", Type: bots.TypeLetter, Mail: &document.Mail{From: []document.Address{{Name: "Ayşe Yıldız", Email: "a@web.example"}}, Subject: "Başvuru"},
		Pages: []document.Page{{N: 1, Text: text}}}
	read := func(context.Context, string, io.Reader) (document.Document, error) { return doc, nil }
	all, err := Config{}.Open(read, nil, models, nil)
	if err != nil {
		t.Fatal(err)
	}
	task := bots.Task{Text: "Fass das zusammen", Language: "de", Class: bots.Internal, Now: time.Now(), Tell: func(bots.Progress) {},
		Message: bots.Message{ID: "q", Sender: "p@stadt.example", Files: []bots.File{{Name: "a.eml", Type: bots.TypeLetter}}},
		Open: func(context.Context, bots.File) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader("")), nil
		}}
	for _, skill := range all {
		name := skill.Info().Name
		a, err := skill.Do(t.Context(), task)
		if name != "summary" && name != "note" && name != "draft" {
			continue
		}
		if err != nil || !slices.Contains(a.Warnings, llm.TextPersonal) || a.Notice.Model != "" {
			t.Errorf("%s: %v, %v, %+v", name, err, a.Warnings, a.Notice)
		}
	}
	if n := len(s.Requests()); n > 0 {
		t.Errorf("%d requests", n)
	}
	if models.For(bots.Confidential) != nil {
		t.Error("it may see what is beyond what it may see")
	}
}
