package note

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/condense"
	"amtsbote/skills/document"
	"amtsbote/skills/llm"
	"amtsbote/skills/llm/llmtest"
	"amtsbote/skills/material"
)

var docs = map[string]document.Document{
	"brief.eml": {Mail: &document.Mail{Subject: "Widerspruch *Bewohnerparkausweis*", From: []document.Address{{Name: "Jana Wieczorek", Email: "jana@example.org"}},
		Date: time.Date(2026, 11, 20, 17, 42, 0, 0, time.UTC)},
		Pages: []document.Page{{N: 1, Text: "Sehr geehrte Damen und Herren,\n\nhiermit lege ich Widerspruch gegen den Bescheid vom 5. November 2026 (Aktenzeichen 32.4-BPA-1873/26) ein. Die Gebühr von 25,00 € bitte ich zu erstatten. Bitte bestätigen Sie mir den Eingang bis zum 27.11.2026.\n\nMit freundlichen Grüßen\nJana Wieczorek"}}},
	"bescheid.pdf": {Pages: []document.Page{{N: 1, Text: "Bescheid\n\nAktenzeichen 32.4-BPA-1873/26\n\nIhr Antrag auf einen Bewohnerparkausweis wird abgelehnt."},
		{N: 2, Text: "Für diesen Bescheid wird eine Gebühr von 20,50 € erhoben. Zahlen Sie bis zum 15. Dezember 2026."}}},
	"leer.pdf": {Pages: []document.Page{{N: 1}}},
}

// none has no model.
type none struct{}

func (none) For(bots.Class) llm.Model { return nil }

func skill(models llm.Choose) *Skill {
	read := func(_ context.Context, name string, _ io.Reader) (document.Document, error) {
		d, ok := docs[name]
		if !ok {
			return d, &document.Unreadable{Reason: document.Reason{Code: document.Password, Text: document.Text{DE: "mit Passwort geschützt", EN: "protected by a password"}}}
		}
		d.Name = name
		return d, nil
	}
	return New(read, material.New(read), models, condense.New(nil), nil)
}

func served(t *testing.T, answers ...string) (*Skill, *llmtest.Server) {
	t.Helper()
	s := llmtest.NewServer(t, llmtest.Options{Context: 8192})
	var replies []llmtest.Reply
	for _, a := range answers {
		replies = append(replies, llmtest.Reply{Text: a})
	}
	s.Script(replies...)
	b := s.Bot(t, 0)
	return skill(b), s
}

func task(text string, files ...string) bots.Task {
	berlin := time.FixedZone("MEZ", 3600)
	t := bots.Task{Text: text, Language: "de", Class: bots.Internal, Now: time.Date(2026, 11, 23, 8, 0, 0, 0, berlin),
		Bot: bots.Profile{Name: "Amtsbote", Authority: "Stadt Musterstadt"},
		Open: func(context.Context, bots.File) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader("")), nil
		}}
	t.Message = bots.Message{ID: "1", Text: text}
	for _, f := range files {
		t.Message.Files = append(t.Message.Files, bots.File{Name: f})
	}
	return t
}

// TestWithoutModel: head, facts with their places and terms are there, and what only
// a person can write is a gap.
func TestWithoutModel(t *testing.T) {
	a, err := skill(none{}).Do(t.Context(), task("Mach daraus einen Vermerk", "brief.eml", "bescheid.pdf"))
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for _, want := range []string{"**Vermerk**", "Behörde: Stadt Musterstadt", "Datum: 23.11.2026", "Verfasst von: **[bitte ergänzen: Name", "Aktenzeichen: 32.4-BPA-1873/26",
		`Betreff: Widerspruch \*Bewohnerparkausweis\*`, "## Anlass\n\nE-Mail von Jana Wieczorek vom 20.11.2026, 18:42 Uhr.\nDatei bescheid.pdf.", "## Sachverhalt", "*brief.eml*",
		"„hiermit lege ich Widerspruch gegen den Bescheid vom 5. November 2026", "*bescheid.pdf*", "„Für diesen Bescheid wird eine Gebühr von 20,50 € erhoben.“ (S. 2)",
		"## Bewertung\n\n**[bitte ergänzen: Bewertung]**", "## Weiteres Vorgehen\n\nIn den Unterlagen genannte Termine", "bis zum 27.11.2026.“", "„Zahlen Sie bis zum 15. Dezember 2026.“ (S. 2)",
		"**[bitte ergänzen: weiteres Vorgehen]**", "Sprachmodell", "Ausgewertet: brief.eml ganz; bescheid.pdf beide Seiten."} {
		i := strings.Index(a.Text.DE[at:], want)
		if i < 0 {
			t.Fatalf("%q is missing, or stands too early, in\n%s", want, a.Text.DE)
		}
		at += i
	}
	if !strings.HasPrefix(a.Text.EN, "**Note for the file**") || !strings.Contains(a.Text.EN, "## Next steps") || len(a.Read) != 2 || a.Notice.Model != "" {
		t.Errorf("got %v, notice %+v\n%s", a.Read, a.Notice, a.Text.EN)
	}
}

const good = "## Anlass\nBescheid über einen Bewohnerparkausweis (S. 1).\n\n## Sachverhalt\nDer Antrag wurde abgelehnt (S. 1). Die Gebühr beträgt 20,50 € (S. 2).\n\n## Bewertung\n\n\n## Weiteres Vorgehen\n- Zahlung bis zum 15. Dezember 2026 (S. 2)."

// TestModel: a model fills the headings; what does not keep to the form is asked for
// again and then written without it.
func TestModel(t *testing.T) {
	tests := map[string]struct {
		answers  []string
		want     []string
		requests int
		warning  string
		engine   bool
	}{
		"a note":                    {[]string{good}, []string{"Datum: 23.11.2026", "## Sachverhalt\n\nDer Antrag wurde abgelehnt (S. 1).", "## Bewertung\n\n**[bitte ergänzen: Bewertung]**", "## Weiteres Vorgehen\n\n- Zahlung"}, 1, "", false},
		"numbers before headings":   {[]string{strings.NewReplacer("## Anlass", "## 1. **Anlass**", "## Sachverhalt", "### 2. Sachverhalt:").Replace(good)}, []string{"## Anlass\n\nBescheid"}, 1, "", false},
		"a heading lacks, then not": {[]string{strings.Replace(good, "## Bewertung", "", 1), good}, []string{"## Bewertung"}, 2, "", false},
		"no places, then some":      {[]string{strings.NewReplacer("(S. 1)", "", "(S. 2)", "").Replace(good), good}, []string{"abgelehnt (S. 1)"}, 2, "", false},
		"no form at all, twice":     {[]string{"Der Antrag wurde abgelehnt (S. 1).", "Nein."}, []string{"„Ihr Antrag auf einen Bewohnerparkausweis wird abgelehnt.“ (S. 1)"}, 2, "Gliederung", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, server := served(t, test.answers...)
			a, err := s.Do(t.Context(), task("Mach daraus einen Vermerk", "bescheid.pdf"))
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range test.want {
				if !strings.Contains(a.Text.DE, want) {
					t.Errorf("%q is missing in\n%s", want, a.Text.DE)
				}
			}
			if n := len(server.Requests()); n != test.requests {
				t.Errorf("asked %d times", n)
			}
			if (a.Notice.Model == "") != test.engine || len(a.Sources) == 0 {
				t.Errorf("notice %+v, %d sources", a.Notice, len(a.Sources))
			}
			if len(a.Warnings) > 1 || (len(a.Warnings) == 1) != (test.warning != "") || test.warning != "" && !strings.Contains(a.Warnings[0].DE, test.warning) {
				t.Errorf("got warnings %v", a.Warnings)
			}
		})
	}
}

// TestChange: a wish after a note changes it; its material is that of the note before.
func TestChange(t *testing.T) {
	keys := "Telefonat mit Frau Dr. Kaya am 19.11.2026: Sie zieht den Antrag zurück, schickt das schriftlich."
	note := bots.Turn{ID: "0/answer", Bot: true, Skill: "note", Text: "**Vermerk**\nDatum: 23.11.2026\n\n## Anlass\n\nALT\n\n*Ausgewertet: x*"}
	long := "Bitte ergänze unter Bewertung: Der Antrag ist " + strings.Repeat("nach Lage der Akten und nach Anhörung aller Beteiligten ", 3) + "unbegründet."
	of := func(text string, files ...bots.File) []bots.Turn {
		return []bots.Turn{{ID: "0", Text: text, Files: files}, note}
	}
	tests := map[string]struct {
		history []bots.Turn
		text    string
		want    string // of the material
	}{
		"of a file":                  {of("Vermerk bitte", bots.File{Name: "bescheid.pdf"}), "kürzer, und die Bewertung: unbegründet", "Gebühr von 20,50 €"},
		"from key words":             {of(keys + strings.Repeat(" Weiteres war nicht zu besprechen.", 3)), "kürzer", "Frau Dr. Kaya"},
		"from few, after small talk": {append([]bots.Turn{{ID: "a", Text: "Guten Morgen, ich habe heute eine Frage zu einem Antrag."}, {ID: "a/answer", Bot: true, Skill: "chat"}}, of(keys)...), "kürzer", "Frau Dr. Kaya"},
		"a second time":              {append(of(keys), bots.Turn{ID: "1", Text: "kürzer"}, note), "noch kürzer", "Frau Dr. Kaya"},
		"by many words":              {of(keys), long, "Frau Dr. Kaya"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, server := served(t, strings.NewReplacer(" (S. 1)", "", " (S. 2)", "").Replace(good))
			job := task(test.text)
			job.History = test.history
			if _, err := s.Do(t.Context(), job); err != nil {
				t.Fatal(err)
			}
			got := server.Requests()[0].Last()
			for _, want := range []string{test.want, "Bisheriger Vermerk>>>\n## Anlass\n\nALT\n<<<END", "Wunsch der Person: " + test.text} {
				if !strings.Contains(got, want) {
					t.Errorf("%q did not reach the model:\n%s", want, got)
				}
			}
		})
	}
}

// TestAnother: key words behind the command are another matter, also right after a note.
func TestAnother(t *testing.T) {
	s, server := served(t, strings.NewReplacer(" (S. 1)", "", " (S. 2)", "").Replace(good))
	job := task("Gespräch mit Herrn Bäumler am 20.11.2026, er bekommt Akteneinsicht.")
	job.Command = "vermerk"
	job.History = []bots.Turn{{ID: "0", Text: "Telefonat mit Frau Dr. Kaya: Antrag zurück."}, {ID: "0/answer", Bot: true, Skill: "note", Text: "## Anlass\n\nALT"}}
	if _, err := s.Do(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	if got := server.Requests()[0].Last(); strings.Contains(got, "ALT") || strings.Contains(got, "Kaya") || !strings.Contains(got, "Bäumler") {
		t.Errorf("the model was given\n%s", got)
	}
}

// TestOrigin: what a note from key words derives from is the message with them.
func TestOrigin(t *testing.T) {
	job := task("kürzer")
	job.History = []bots.Turn{{ID: "0", Text: "Telefonat mit Frau Dr. Kaya: Sie zieht den Antrag zurück."}, {ID: "0/answer", Bot: true, Skill: "note", Text: "## Anlass\n\nALT"}}
	j, err := skill(none{}).gather(t.Context(), job)
	if err != nil || len(j.set.Files) != 1 || j.set.Files[0].Origin != "0" {
		t.Errorf("got %+v, %v", j.set.Files, err)
	}
}

// TestWhatItIsAbout: without material the skill asks for some, and says what it
// could not read.
func TestWhatItIsAbout(t *testing.T) {
	command := task("")
	command.Command = "vermerk"
	tests := map[string]struct {
		task    bots.Task
		refusal string
		pass    bool
		want    string
	}{
		"nothing":           {task: task("Vermerk?"), pass: true},
		"only the command":  {task: command, refusal: "Wovon soll der Vermerk handeln?"},
		"an unreadable one": {task: task("Vermerk", "x.pdf"), refusal: "„x.pdf“: mit Passwort geschützt"},
		"an empty one":      {task: task("Vermerk", "leer.pdf"), refusal: "kein Text darin"},
		"key words":         {task: task("Vermerk: Telefonat mit Frau Dr. Kaya, sie zieht den Antrag zurück bis 27.11.2026"), want: "Angaben der verfassenden Person."},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a, err := skill(none{}).Do(t.Context(), test.task)
			r, refused := errors.AsType[*bots.Refusal](err)
			switch {
			case refused != (test.refusal != "") || refused && !strings.Contains(r.Text.DE, test.refusal):
				t.Errorf("got %v", err)
			case errors.Is(err, bots.ErrPass) != test.pass:
				t.Error(err)
			case !strings.Contains(a.Text.DE, test.want):
				t.Errorf("got %s", a.Text.DE)
			}
		})
	}
}
