package catchup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/talk"
	"amtsbote/storage"
)

// without returns the answer of the built-in engine.
func without(t *testing.T, job bots.Task) bots.Answer {
	t.Helper()
	a, err := New(plain, none{}, nil).Do(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestRules sorts sentences under the headings by their cue words.
func TestRules(t *testing.T) {
	for text, want := range map[string]string{
		"Das ist beschlossen: Wir schließen um 12 Uhr.":             "Entschieden",
		"Die Samstagsöffnung entfällt.":                             "Entschieden",
		"Der Termin morgen ist abgesagt.":                           "Entschieden",
		"Wir machen das ab Januar so.":                              "Entschieden",
		"Dann einigen uns wir auf Montag, also einigen uns darauf.": "Entschieden",
		"The meeting is cancelled.":                                 "Entschieden",
		"We agreed on Monday for the move.":                         "Entschieden",
		"Das ist noch nicht entschieden.":                           "Offen",
		"Darüber müssen wir noch entscheiden.":                      "Offen",
		"Wer kann am Freitag den Empfang übernehmen?":               "Offen",
		"Wann kommt der Techniker eigentlich?":                      "Offen",
		"Bitte die Listen bis Freitag abgeben.":                     "Offen",
		"Der Schlüssel muss noch abgeholt werden.":                  "Offen",
		"TODO: Aushang für die Tür.":                                "Offen",
		"Ich bringe die Akten bis 27.11. ins Archiv.":               "Offen",
		"Who can take the phone tomorrow?":                          "Offen",
		"The form is still missing.":                                "Offen",
		"Guten Morgen zusammen!":                                    "",
		"Alles klar?":                                               "",
		"Danke dir!":                                                "",
		"Die Standgebühr beträgt 35,00 € im Monat.":                 "Sonst",
	} {
		a := without(t, asking("", say("$1", thomas, "Thomas Berger", text, 60)))
		got := ""
		for _, h := range []string{"Entschieden", "Offen", "Sonst"} {
			if strings.Contains(a.Text.DE, "**"+h+"**") {
				got = h
			}
		}
		if got != want {
			t.Errorf("%q stands under %q, want %q", text, got, want)
		}
	}
}

// TestAddressed finds what is for the asker, whoever else has the name, and
// whether somebody answered.
func TestAddressed(t *testing.T) {
	with := func(e bots.Entry, change func(*bots.Entry)) bots.Entry { change(&e); return e }
	mention := func(e *bots.Entry) { e.Mentions = []string{anna} }
	tests := map[string]struct {
		entries []bots.Entry
		want    []string // in the first heading, in this order
		none    bool
	}{
		"a mention": {[]bots.Entry{with(say("$1", thomas, "Thomas", "Die Mappe liegt bei Ihnen.", 9), mention)}, []string{"Thomas: „Die Mappe liegt bei Ihnen.“ [Mo"}, false},
		"unanswered questions first": {[]bots.Entry{with(say("$1", thomas, "Thomas", "Die Mappe liegt bei Ihnen.", 9), mention), with(say("$2", thomas, "Thomas", "Kommen Sie?", 8), mention)},
			[]string{"Thomas: „Kommen Sie?“ Eine Antwort habe ich nicht gefunden. [Mo", "Thomas: „Die Mappe"}, false},
		"one that was answered": {[]bots.Entry{with(say("$1", thomas, "Thomas", "Kommt Anna?", 9), mention), with(say("$2", petra, "Petra", "Ja.", 8), func(e *bots.Entry) { e.ReplyTo = "$1" })},
			[]string{"Thomas: „Kommt Anna?“ [Mo 07:53](https://matrix.to/#/!r:b/$1) Antwort: Petra [Mo 07:54]"}, false},
		"one that Anna answered in the thread": {[]bots.Entry{with(say("$1", thomas, "Thomas", "Kommen Sie?", 9), mention), with(say("$2", anna, "Anna Petersen", "Ja.", 8), func(e *bots.Entry) { e.Thread = "$1" })},
			[]string{"Antwort: von Ihnen [Mo 07:54]"}, false},
		"its own writer is no answer":       {[]bots.Entry{with(say("$1", thomas, "Thomas", "Kommen Sie?", 9), mention), with(say("$2", thomas, "Thomas", "Hallo?", 8), func(e *bots.Entry) { e.ReplyTo = "$1" })}, []string{"Eine Antwort habe ich nicht gefunden."}, false},
		"an answer to what Anna wrote":      {[]bots.Entry{say("$1", anna, "Anna Petersen", "Mache ich.", 9), with(say("$2", petra, "Petra", "Vielen Dank dafür!", 8), func(e *bots.Entry) { e.ReplyTo = "$1" })}, []string{"Petra: „Vielen Dank dafür!“ [Mo"}, false},
		"a question with her name":          {[]bots.Entry{say("$1", thomas, "Thomas", "Anna, hast du den Schlüssel?", 9)}, []string{"Thomas: „Anna, hast du"}, false},
		"a request to Frau Petersen":        {[]bots.Entry{say("$1", thomas, "Thomas", "Frau Petersen möge sich bitte melden.", 9)}, []string{"Thomas: „Frau Petersen"}, false},
		"her name without a question":       {[]bots.Entry{say("$1", thomas, "Thomas", "Anna war gestern auf einer Fortbildung.", 9)}, nil, true},
		"part of another word":              {[]bots.Entry{say("$1", thomas, "Thomas", "Annahme bitte bis 12 Uhr?", 9)}, nil, true},
		"another Anna is in the room":       {[]bots.Entry{say("$1", thomas, "Thomas", "Anna, hast du den Schlüssel?", 9), say("$2", petra, "Anna Klein", "Ja, habe ich.", 8)}, nil, true},
		"what Anna herself wrote":           {[]bots.Entry{with(say("$1", anna, "Anna Petersen", "Kommen Sie?", 9), mention)}, nil, true},
		"a notice, which nobody wrote":      {[]bots.Entry{with(with(say("$1", "@bot:b", "Bot", "Anna, kommst du?", 9), mention), func(e *bots.Entry) { e.Bot = true })}, nil, true},
		"the question within a long letter": {[]bots.Entry{with(say("$1", thomas, "Thomas", "Die Mappe ist da. Könnten Sie sie holen?", 9), mention)}, []string{"Thomas: „… Könnten Sie sie holen?“"}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a := without(t, asking("", test.entries...))
			_, section, found := strings.Cut(a.Text.DE, "**An Sie gerichtet**\n")
			section, _, _ = strings.Cut(section, "\n\n")
			if found == test.none {
				t.Errorf("got\n%s", a.Text.DE)
			}
			for _, want := range test.want {
				_, rest, ok := strings.Cut(section, want)
				if !ok {
					t.Errorf("lacks %q here:\n%s", want, section)
				}
				section = rest
			}
		})
	}
}

// TestCovered says what the answer is made from and what is missing in it.
func TestCovered(t *testing.T) {
	one := say("$1", thomas, "Thomas", "Der Aufzug entfällt heute.", 60)
	locked := func(minutes int) bots.Entry { return bots.Entry{Locked: true, Time: monday.Add(-minutesOf(minutes))} }
	tests := map[string]struct {
		text   string
		change func(h *bots.History)
		want   []string
	}{
		"all":            {"", func(*bots.History) {}, []string{"*Ausgewertet: So 22.11.2026, 22:02 bis Mo 23.11.2026, 08:02 · 1 Nachricht.*", "seit Ihrer letzten Nachricht** (So 22.11., 22:02)"}},
		"locked ones":    {"", func(h *bots.History) { h.Entries = append(h.Entries, locked(9), locked(8), locked(7), locked(6)) }, []string{"1 von 5 Nachrichten · 4 nicht zu entschlüsseln (Mo 07:53, 07:54, 07:55, …)"}},
		"only locked":    {"", func(h *bots.History) { h.Entries = []bots.Entry{locked(9)} }, []string{"In **Team Bürgerbüro** konnte ich aus dieser Zeit keine Nachricht entschlüsseln."}},
		"cut":            {"", func(h *bots.History) { h.Cut = true }, []string{"Davor gab es mehr, als ich auf einmal lese"}},
		"joined":         {"", func(h *bots.History) { h.Joined = true }, []string{"dürfen Sie oder ich in diesem Raum nicht lesen."}},
		"no own message": {"", func(h *bots.History) { h.Own = time.Time{} }, []string{"Eine frühere Nachricht von Ihnen habe ich in dieser Zeit nicht gefunden.", "**Team Bürgerbüro: seit So 22.11., 22:02**"}},
		"too long ago":   {"seit 1.9.", func(*bots.History) {}, []string{"Weiter als 30 Tage lese ich nicht zurück."}},
		"nothing":        {"", func(h *bots.History) { h.Entries = nil }, []string{"Seit Ihrer letzten Nachricht (So 22.11., 22:02) hat in **Team Bürgerbüro** niemand etwas geschrieben."}},
		"small talk":     {"", func(h *bots.History) { h.Entries = []bots.Entry{say("$1", thomas, "T", "Moin!", 3)} }, []string{"nichts gefunden, was an Sie gerichtet, entschieden oder offen ist."}},
		"a hostile name": {"", func(h *bots.History) { h.Room.Name = "[x](https://boese.example)\n# Raum" }, []string{`**\[x\](https boese.example) # Raum: seit`}},
		"a focus":        {"Was ist offen?", func(*bots.History) {}, []string{"habe ich aus dieser Zeit nichts Offenes gefunden"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			job := asking(test.text, one)
			test.change(&job.Rooms.(*rooms).hist)
			a := without(t, job)
			for _, want := range test.want {
				if !strings.Contains(a.Text.DE, want) {
					t.Errorf("lacks %q:\n%s", want, a.Text.DE)
				}
			}
		})
	}
}

// TestLinks: a link leads to its message and nowhere else, and where there is none
// the time stands alone.
func TestLinks(t *testing.T) {
	a := say("$1", thomas, "Thomas", "Der Aufzug entfällt, siehe [hier](https://boese.example).", 60)
	a.Link = "https://matrix.to/#/!r:b/$1) [x](https://boese.example"
	b := say("$2", thomas, "Thomas", "Die Sitzung entfällt.", 60*24*8)
	b.Link = "javascript:alert(1)"
	text := without(t, asking("", b, a)).Text.DE
	for _, want := range []string{`siehe \[hier\](https://boese.example).“ [Mo 23.11. 07:02](https://matrix.to/#/!r:b/$1%29%20[x]%28https://boese.example)`, "entfällt.“ (So 15.11. 08:02)\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
}

// TestLimits: of too many statements the newest stay, and the rest is counted.
func TestLimits(t *testing.T) {
	var entries []bots.Entry
	for i := range 40 {
		entries = append(entries, say(fmt.Sprint(i), thomas, "Thomas", fmt.Sprintf("Sitzung Nummer %d entfällt.", i), 60-i))
	}
	text := without(t, asking("", entries...)).Text.DE
	if strings.Contains(text, "Nummer 24 ") || !strings.Contains(text, "Nummer 25 ") || !strings.Contains(text, "Nummer 39 ") || !strings.Contains(text, "- 25 weitere, hier nicht gezeigt.") {
		t.Errorf("got\n%s", text)
	}
}

// TestFiles reads the newest files of a stretch, and names all.
func TestFiles(t *testing.T) {
	var entries []bots.Entry
	for i := range 8 {
		e := say(fmt.Sprint(i), thomas, "Thomas", "", 60-i)
		e.Files = []bots.File{{Name: fmt.Sprintf("Datei_%d.txt", i), Ref: fmt.Sprintf("Die Gebühr Nummer %d beträgt 3%d,00 € im Jahr.", i, i)}}
		entries = append(entries, e)
	}
	entries[7].Files[0].Size = 5<<20 + 1
	entries[6].Files[0].Ref = "LOCKED"
	entries[5].Files[0].Ref = strings.Repeat("Lang und breit. ", 3000)
	job := asking("", entries...)
	open := job.Open
	job.Open = func(ctx context.Context, f bots.File) (io.ReadCloser, error) {
		if f.Name == "Datei_4.txt" {
			return nil, errors.New("server is away")
		}
		return open(ctx, f)
	}
	a := without(t, job)
	for _, want := range []string{"Dateien: Datei_0.txt nicht gelesen (mehr als 5 Dateien); Datei_1.txt nicht", "Datei_2.txt gelesen;", "Datei_4.txt nicht gelesen (konnte nicht abgerufen werden)",
		"Datei_6.txt nicht gelesen (mit einem Passwort", "Datei_7.txt nicht gelesen (größer als 5 MB)", "Datei Datei_3.txt: „Die Gebühr Nummer 3 beträgt 33,00 € im Jahr.“ [Mo 07:05]", "Datei_5.txt in Auszügen"} {
		if !strings.Contains(a.Text.DE, want) {
			t.Errorf("lacks %q:\n%s", want, a.Text.DE)
		}
	}
	if len(a.Read) != 8 || a.Read[0].Read || !a.Read[2].Read {
		t.Errorf("got %+v", a.Read)
	}
}

// TestRefusals end with a text that says what to do.
func TestRefusals(t *testing.T) {
	for text, want := range map[string]string{"Was hat Frau Kaya diese Woche gemacht?": talk.TextWatch.DE, "seit meinem Urlaub": "Seit wann?", "in diesem Thread": "Ihre Nachricht steht in keinem Thread."} {
		job := asking(text)
		_, err := New(plain, none{}, nil).Do(t.Context(), job)
		if r, ok := errors.AsType[*bots.Refusal](err); !ok || !strings.HasPrefix(r.Text.DE, want) {
			t.Errorf("%q: got %v", text, err)
		}
		if room := job.Rooms.(*rooms).room; room != "" {
			t.Errorf("%q: the room was read", text)
		}
	}
	job := asking("")
	job.Rooms = nil
	if _, err := New(plain, none{}, nil).Do(t.Context(), job); err == nil {
		t.Error("read a room where there are none")
	}
}

// chat is a connector with a room, in memory.
type chat struct {
	in   []bots.Message
	out  chan bots.Reply
	hist bots.History
	span bots.Span
}

func (c *chat) Name() string { return "matrix" }

func (c *chat) Receive(ctx context.Context, _ bots.State, accept func(context.Context, bots.Message) error) error {
	for _, m := range c.in {
		if err := accept(ctx, m); err != nil {
			return err
		}
	}
	<-ctx.Done()
	return nil
}

func (c *chat) Send(_ context.Context, _ bots.State, r bots.Reply) (string, error) {
	c.out <- r
	return r.ID, nil
}

func (c *chat) Open(context.Context, bots.State, bots.File) (io.ReadCloser, error) {
	return nil, os.ErrNotExist
}

func (c *chat) Rooms(context.Context, bots.State, string) ([]bots.Room, error) {
	return []bots.Room{c.hist.Room, {ID: "!s:b", Name: "Leitung"}}, nil
}

func (c *chat) History(_ context.Context, _ bots.State, _, _ string, span bots.Span) (bots.History, error) {
	c.span = span
	return c.hist, nil
}

// TestRunner asks through the core: in a room by words, for the person alone.
func TestRunner(t *testing.T) {
	hist := asking("", say("$1", thomas, "Thomas Berger", "Die Samstagsöffnung entfällt.", 60)).Rooms.(*rooms).hist
	for text, private := range map[string]bool{"Fass zusammen, was ich seit Freitag verpasst habe": true, "!missed": true, "Was habe ich verpasst? Bitte hier antworten": false} {
		t.Run(text, func(t *testing.T) {
			store, err := storage.OpenBolt(filepath.Join(t.TempDir(), "bot.db"))
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			c := &chat{hist: hist, out: make(chan bots.Reply, 8), in: []bots.Message{{Connector: "matrix", ID: "$q", Room: "!r:b", Sender: anna, Text: text, Time: time.Now()}}}
			r, err := bots.NewRunner(store, slog.New(slog.DiscardHandler), bots.Bot{
				Profile:    bots.Profile{Name: "Amtsbote", Language: "de", Class: bots.Internal, Keep: time.Hour, Zone: berlin},
				Access:     bots.Access{Allow: []string{"musterstadt.example"}},
				Connectors: []bots.Connector{c}, Skills: []bots.Skill{New(plain, none{}, nil)}})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- r.Run(ctx) }()
			for reply := range c.out {
				if strings.HasSuffix(reply.ID, "/greeting") {
					continue
				}
				if text := reply.Answer.Text.In(reply.Language); !strings.Contains(text, "Samstagsöffnung entfällt") || reply.Answer.Private != private || reply.Answer.Notice.Skill != "catchup" {
					t.Errorf("got %+v: %s", reply.Answer.Notice, text)
				}
				break
			}
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
			if c.span.Question != "$q" {
				t.Errorf("the question counts: %+v", c.span)
			}
		})
	}
}

// TestClosed asks for an answer in a room where not everybody may read all of it:
// it goes to who asked, and says why.
func TestClosed(t *testing.T) {
	for _, closed := range []bool{false, true} {
		job := asking("Was habe ich verpasst? Bitte hier antworten", say("$1", thomas, "Thomas", "Die Sitzung entfällt.", 60))
		job.Message.Direct = false
		job.Rooms.(*rooms).hist.Closed = closed
		a := without(t, job)
		if a.Private != closed || slices.Contains(a.Warnings, talk.TextClosed) != closed {
			t.Errorf("closed %t: private %t, warnings %q", closed, a.Private, a.Warnings)
		}
	}
}

// TestSources lists each message once.
func TestSources(t *testing.T) {
	a := without(t, asking("", say("$1", thomas, "Thomas", "Die Sitzung entfällt. Wer kann absagen?", 60), say("$2", petra, "Petra", "Wer kann den Raum abbestellen?", 50)))
	var ids []string
	for i, s := range a.Sources {
		ids = append(ids, s.ID)
		if s.N != i+1 || s.Link == "" {
			t.Errorf("got %+v", s)
		}
	}
	if !slices.Equal(ids, []string{"$1", "$2"}) {
		t.Errorf("got %q", ids)
	}
}

// BenchmarkRules sorts 5,000 messages without a model.
func BenchmarkRules(b *testing.B) {
	texts := []string{"Die Sitzung am 28.11. entfällt.", "Wer kann am Freitag den Empfang übernehmen?", "Guten Morgen!", "Die Standgebühr beträgt seit dem 1.11. genau 35,00 € im Monat.",
		"Der Drucker an Platz 2 läuft wieder, es war nur das Farbband.", "Ich bringe die Akten bis Mittwoch ins Archiv.", "Danke!", "Die Formulare liegen im Schrank am Kopierer, bitte nehmt nur die neuen."}
	var entries []bots.Entry
	for i := range 5000 {
		entries = append(entries, say(fmt.Sprint(i), fmt.Sprintf("@p%d:b", i%9), fmt.Sprintf("Person %d", i%9), fmt.Sprintf("%s Vorgang %d.", texts[i%len(texts)], i), 5000-i))
	}
	s, job := New(plain, none{}, nil), asking("", entries...)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Do(b.Context(), job); err != nil {
			b.Fatal(err)
		}
	}
}
