package phrase

import (
	"context"
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

// none is a Choose without models.
type none struct{}

func (none) For(bots.Class) llm.Model { return nil }

var docs = map[string]document.Document{
	"Bescheid.pdf": {Pages: []document.Page{{N: 1, Text: "Der Antrag von Frau Jana Wieczorek wird abgelehnt. Die Gebühr beträgt 20,50 €."}}},
}

func skill(models llm.Choose) *Skill {
	read := func(_ context.Context, name string, _ io.Reader) (document.Document, error) {
		d, ok := docs[name]
		if !ok {
			return d, &document.Unreadable{Reason: document.Reason{Code: document.Password, Text: document.Text{DE: "mit Passwort geschützt", EN: "protected"}}}
		}
		d.Name = name
		return d, nil
	}
	sign := func(_, language, _ string, familiar bool) string {
		return map[bool]string{true: "Kind regards", false: map[bool]string{true: "Viele Grüße", false: "Mit freundlichen Grüßen"}[familiar]}[language == "en"] + "\nAylin Yılmaz"
	}
	return New(sign, material.New(read), models, condense.New(nil), nil)
}

func task(text string, files ...string) bots.Task {
	t := bots.Task{Text: text, Language: "de", Class: bots.Internal, Now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC), Tell: func(bots.Progress) {},
		Bot: bots.Profile{Authority: "Stadt Musterstadt"},
		Open: func(context.Context, bots.File) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader("")), nil
		}}
	if after, ok := strings.CutPrefix(text, "!"); ok {
		t.Command, t.Text, _ = strings.Cut(after, " ")
	}
	t.Message = bots.Message{ID: "9", Text: text}
	for _, f := range files {
		t.Message.Files = append(t.Message.Files, bots.File{Name: f})
	}
	return t
}

// after returns a task in a conversation in which a skill has answered.
func after(t bots.Task, turn bots.Turn) bots.Task {
	turn.ID, turn.Bot = "8/answer", true
	t.History = []bots.Turn{{ID: "8", Text: "bitte"}, turn}
	return t
}

const refusal = `Betreff: Ihr Termin am 3. Dezember

Guten Tag,

der Termin am 3.12. ist leider nicht möglich. Ich schlage Ihnen den 8. Dezember, 10 Uhr, vor.

Mit freundlichen Grüßen
[Ihr Name]`

// TestCompose has a model write from key words.
func TestCompose(t *testing.T) {
	ask := "Formuliere eine freundliche Absage: Termin am 3.12. nicht möglich, neuer Vorschlag 8.12., 10 Uhr."
	tests := map[string]struct {
		task     bots.Task
		said     []string
		asked    int    // times
		subject  string // of the draft; "-": there is none
		want     string // the text of the draft or answer
		warnings string // what they say together; "": there are none
	}{
		"a refusal becomes a mail": {task(ask), []string{refusal}, 1, "Ihr Termin am 3. Dezember",
			"Guten Tag,\n\nder Termin am 3.12. ist leider nicht möglich. Ich schlage Ihnen den 8. Dezember, 10 Uhr, vor.\n\nMit freundlichen Grüßen\nAylin Yılmaz", ""},
		"what is invented goes back": {task(ask), []string{strings.Replace(refusal, "10 Uhr", "11 Uhr", 1), refusal}, 2, "Ihr Termin am 3. Dezember",
			"Guten Tag,\n\nder Termin am 3.12. ist leider nicht möglich. Ich schlage Ihnen den 8. Dezember, 10 Uhr, vor.\n\nMit freundlichen Grüßen\nAylin Yılmaz", ""},
		"what is invented twice is marked": {task(ask), []string{"Guten Tag,\n\ndas kostet 30 Euro."}, 2, "",
			"Guten Tag,\n\ndas kostet **[bitte prüfen: 30 Euro]**.\n\nMit freundlichen Grüßen\nAylin Yılmaz", "markiert: 30 Euro"},
		"a person whom nobody named is not greeted": {task("Schreib eine Mail an die Firma: Lieferung fehlt"), []string{"Sehr geehrte Frau Sommer,\n\ndie Lieferung fehlt."}, 2, "",
			"Guten Tag,\n\ndie Lieferung fehlt.\n\nMit freundlichen Grüßen\nAylin Yılmaz", ""},
		"a sex that nobody named is not guessed": {task("Schreib eine Mail an Sommer: Lieferung fehlt"), []string{"Sehr geehrte Frau Sommer,\n\ndie Lieferung fehlt."}, 1, "",
			"Guten Tag,\n\ndie Lieferung fehlt.\n\nMit freundlichen Grüßen\nAylin Yılmaz", ""},
		"a named person is greeted": {task("Schreibe einen Brief an Frau Sommer: Lieferung fehlt"), []string{"Betreff: Lieferung\n\nSehr geehrte Frau Sommer,\n\ndie Lieferung fehlt."}, 1, "Lieferung",
			"Sehr geehrte Frau Sommer,\n\ndie Lieferung fehlt.\n\nMit freundlichen Grüßen\nAylin Yılmaz", ""},
		"a gap in any form is one": {task("Schreib eine Mail: Lieferung fehlt"), []string{"Guten Tag [Name],\n\ndie Lieferung vom [Datum] fehlt."}, 1, "",
			"Guten Tag **[bitte ergänzen: Name]**,\n\ndie Lieferung vom **[bitte ergänzen: Datum]** fehlt.\n\nMit freundlichen Grüßen\nAylin Yılmaz", ""},
		"du ends otherwise": {task("Schreib eine Mail an Ben, per du: Lieferung fehlt"), []string{"Hallo Ben,\n\ndeine Lieferung fehlt."}, 1, "",
			"Hallo Ben,\n\ndeine Lieferung fehlt.\n\nViele Grüße\nAylin Yılmaz", ""},
		"a press line is an answer, without preface and fence": {task("Schreib eine Pressemitteilung: Rathaus ab 1.12. wieder offen"), []string{"Hier ist der Text:\n\n```\nDas Rathaus öffnet am 1. Dezember.\n```"}, 1, "-",
			"Das Rathaus öffnet am 1. Dezember.", ""},
		"a file is material": {task("Schreib eine Mail an Frau Wieczorek zum Bescheid", "Bescheid.pdf"), []string{"Sehr geehrte Frau Wieczorek,\n\ndie Gebühr beträgt 20,50 Euro."}, 1, "",
			"Sehr geehrte Frau Wieczorek,\n\ndie Gebühr beträgt 20,50 Euro.\n\nMit freundlichen Grüßen\nAylin Yılmaz", ""},
		"the wrong language": {task("Schreib eine Mail: Lieferung fehlt"), []string{"Dear Sir or Madam,\n\nwe have been waiting for the delivery for a long time and would like to know when you will send it to us."}, 2, "",
			"Dear Sir or Madam,\n\nwe have been waiting for the delivery for a long time and would like to know when you will send it to us.\n\nMit freundlichen Grüßen\nAylin Yılmaz", "nicht auf Deutsch"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m := llmtest.Script(test.said...)
			a, err := skill(m).Do(t.Context(), test.task)
			if err != nil {
				t.Fatal(err)
			}
			got := a.Text.DE
			if len(a.Drafts) == 1 {
				got = a.Drafts[0].Text
				if a.Drafts[0].Subject != test.subject || len(a.Drafts[0].To) > 0 {
					t.Errorf("got subject %q, to %q", a.Drafts[0].Subject, a.Drafts[0].To)
				}
			}
			if got != test.want || (len(a.Drafts) == 0) != (test.subject == "-") || len(m.Prompts()) != test.asked {
				t.Errorf("got %q after %d prompts", got, len(m.Prompts()))
			}
			warned(t, a, test.warnings)
			if a.Notice.Model == "" {
				t.Error("the notice names no model")
			}
		})
	}
}

func warned(t *testing.T, a bots.Answer, want string) {
	t.Helper()
	all := ""
	for _, w := range a.Warnings {
		all += w.DE + "\n"
	}
	if (all != "") != (want != "") || !strings.Contains(all, want) {
		t.Errorf("got warnings %q, want %q", all, want)
	}
}

const long = "Sehr geehrte Damen und Herren, hiermit teilen wir Ihnen mit, dass die Gebühr in Höhe von 20,50 € bis zum 3. Dezember 2026 zu zahlen ist."

// TestRewrite has a model change texts.
func TestRewrite(t *testing.T) {
	draft := bots.Draft{To: []string{"jana@example.org"}, Subject: "AW: Gebühr", InReplyTo: "a@b", Language: "de", Quote: "Was kostet das?",
		Text: "Sehr geehrte Frau Wieczorek,\n\ndie Gebühr in Höhe von 20,50 € wäre dann bitte bei uns einzuzahlen.\n\nMit freundlichen Grüßen\nIm Auftrag\nBerger"}
	tests := map[string]struct {
		task     bots.Task
		said     []string
		asked    int
		want     string
		warnings string
	}{
		"a pasted text":            {task("Mach das kürzer:\n" + long), []string{"Bitte zahlen Sie 20,50 € bis 3. Dezember 2026."}, 1, "Bitte zahlen Sie 20,50 € bis 3. Dezember 2026.", ""},
		"a text after a command":   {task("!umformulieren " + long), []string{"Bitte zahlen Sie 20,50 € bis 3. Dezember 2026."}, 1, "Bitte zahlen Sie 20,50 € bis 3. Dezember 2026.", ""},
		"not shorter goes back":    {task("Mach das kürzer:\n" + long), []string{long + " So ist es.", "Zahlen Sie 20,50 € bis 3. Dezember 2026."}, 2, "Zahlen Sie 20,50 € bis 3. Dezember 2026.", ""},
		"a lost date goes back":    {task("Formuliere das freundlicher um:\n" + long), []string{"Bitte zahlen Sie 20,50 €.", "Bitte zahlen Sie 20,50 € bis zum 3.12.2026."}, 2, "Bitte zahlen Sie 20,50 € bis zum 3.12.2026.", ""},
		"a lost date is told":      {task("Mach das kürzer:\n" + long), []string{"Bitte zahlen Sie 20,50 €."}, 1, "Bitte zahlen Sie 20,50 €.", "fehlt aus dem alten: 3. Dezember 2026"},
		"another amount is marked": {task("Mach das kürzer:\n" + long), []string{"Bitte zahlen Sie 25 € bis 3. Dezember 2026."}, 2, "Bitte zahlen Sie **[bitte prüfen: 25 €]** bis 3. Dezember 2026.", "hinzugefügt"},
		"the last answer":          {after(task("kürzer"), bots.Turn{Skill: "chat", Text: long + "\n\n*Herangezogen: a.pdf alle 2 Seiten.*"}), []string{"Zahlen Sie 20,50 € bis 3.12.2026."}, 1, "Zahlen Sie 20,50 € bis 3.12.2026.", ""},
		"the last draft keeps its head and its end": {after(task("!umformulieren kürzer"), bots.Turn{Skill: "draft", Drafts: []bots.Draft{draft}}),
			[]string{"Betreff: AW: Gebühr\n\nSehr geehrte Frau Wieczorek,\n\nbitte zahlen Sie 20,50 €."}, 1,
			"Sehr geehrte Frau Wieczorek,\n\nbitte zahlen Sie 20,50 €.\n\nMit freundlichen Grüßen\nIm Auftrag\nBerger", ""},
		"what only a brief says is invented": {after(task("Mach das kürzer:\n"+long), bots.Turn{Skill: "draft", Text: "Die Frist endet am 9. Januar 2027."}), []string{"Zahlen Sie 20,50 € bis 3. Dezember 2026, spätestens am 9. Januar 2027."}, 2, "Zahlen Sie 20,50 € bis 3. Dezember 2026, spätestens am **[bitte prüfen: 9. Januar 2027]**.", "hinzugefügt"},
		"an answer becomes a letter": {after(task("als Brief"), bots.Turn{Skill: "phrase", Text: "Die Gebühr beträgt 20,50 €."}), []string{"Betreff: Gebühr\n\nSehr geehrte Damen und Herren,\n\ndie Gebühr beträgt 20,50 €."}, 1,
			"Sehr geehrte Damen und Herren,\n\ndie Gebühr beträgt 20,50 €.\n\nMit freundlichen Grüßen\nAylin Yılmaz", ""},
		"a time is no text below a wish": {after(task("Bitte ändere die Uhrzeit auf 10:30 Uhr"), bots.Turn{Skill: "phrase", Text: "Der Termin ist um 9 Uhr."}), []string{"Der Termin ist um 10:30 Uhr."}, 1, "Der Termin ist um 10:30 Uhr.", "9 Uhr"},
		"what shall be added is no text to rewrite": {after(task("Bitte ergänze: Die Nachricht gilt auch für Frau Berger."), bots.Turn{Skill: "phrase", Text: "Die Gebühr beträgt 20,50 €."}),
			[]string{"Die Gebühr beträgt 20,50 €. Die Nachricht gilt auch für Frau Berger."}, 1, "Die Gebühr beträgt 20,50 €. Die Nachricht gilt auch für Frau Berger.", ""},
		"a text below a wish to change it": {after(task("Bitte ergänze die Anrede:\n"+strings.Repeat(long+" ", 3)), bots.Turn{Skill: "phrase", Text: "Anderes."}), []string{strings.Repeat(long+" ", 3)}, 1, strings.TrimSpace(strings.Repeat(long+" ", 3)), ""},
		"in English":                       {after(task("auf Englisch"), bots.Turn{Skill: "phrase", Text: "Die Gebühr beträgt 20,50 €."}), []string{"The fee is EUR 20.50."}, 1, "The fee is EUR 20.50.", ""},
		"a file":                           {task("Schreib diesen Text freundlicher um", "Bescheid.pdf"), []string{"Leider lehnen wir den Antrag von Frau Jana Wieczorek ab. Die Gebühr beträgt 20,50 €."}, 1, "Leider lehnen wir den Antrag von Frau Jana Wieczorek ab. Die Gebühr beträgt 20,50 €.", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m := llmtest.Script(test.said...)
			a, err := skill(m).Do(t.Context(), test.task)
			if err != nil {
				t.Fatal(err)
			}
			got := a.Text.DE
			if len(a.Drafts) == 1 {
				got = a.Drafts[0].Text
			}
			if got != test.want || len(m.Prompts()) != test.asked {
				t.Errorf("got %q after %d prompts\n%s", got, len(m.Prompts()), m.Prompts()[0].Turns[0].Text)
			}
			warned(t, a, test.warnings)
			if last, ok := lastDraft(test.task); ok {
				if d := a.Drafts[0]; d.To[0] != last.To[0] || d.InReplyTo != last.InReplyTo || d.Quote != last.Quote || d.Subject != last.Subject {
					t.Errorf("the head was changed: %+v", d)
				}
			}
		})
	}
}

func lastDraft(t bots.Task) (bots.Draft, bool) {
	for _, h := range t.History {
		if len(h.Drafts) > 0 {
			return h.Drafts[0], true
		}
	}
	return bots.Draft{}, false
}

// TestCorrect has a model proofread, and takes back what is no mistake.
func TestCorrect(t *testing.T) {
	old := "Sehr geehrte Frau Meier, der antrag ist am 3. November 2026 eingegangen und wir haben in geprüft.\n\nDie Gebühr beträgt 20,50 €, das das ist wenig."
	right := strings.NewReplacer("antrag", "Antrag", "haben in", "haben ihn", "das das", "dass das").Replace(old)
	tests := map[string]struct {
		said     []string
		asked    int
		want     string
		changes  int // listed
		warnings string
	}{
		"mistakes":                   {[]string{right}, 1, right, 3, ""},
		"a paragraph stays":          {[]string{strings.ReplaceAll(right, "\n\n", " ")}, 1, right, 3, ""},
		"a line is not broken":       {[]string{strings.ReplaceAll(right, ". ", ".\n")}, 1, right, 3, ""},
		"none":                       {[]string{old}, 1, old, 0, ""},
		"an amount stays":            {[]string{strings.Replace(right, "20,50", "25,50", 1)}, 2, right, 3, "„20,50“ → „25,50“"},
		"a date stays":               {[]string{strings.Replace(right, "3. November", "4. November", 1)}, 2, right, 3, "„3.“ → „4.“"},
		"a name stays":               {[]string{strings.Replace(right, "Meier", "Meyer", 1)}, 2, right, 3, "„Meier,“ → „Meyer,“"},
		"an amount stays, then good": {[]string{strings.Replace(right, "20,50", "25,50", 1), right}, 2, right, 3, ""},
		"another text is not taken":  {[]string{"Wir haben alles erhalten. Vielen Dank für Ihre Geduld und Ihr Verständnis in dieser Sache, die uns sehr am Herzen liegt und bleibt."}, 2, old, 0, "unverändert"},
		"the same without end":       {[]string{strings.Repeat(old+"\n", 9)}, 2, old, 0, "ohne Ende"},
	}
	for name, test := range tests {
		for _, text := range []string{"!korrektur " + old, "Korrigiere bitte:\n" + old} {
			t.Run(name, func(t *testing.T) {
				m := llmtest.Script(test.said...)
				a, err := skill(m).Do(t.Context(), task(text))
				if err != nil {
					t.Fatal(err)
				}
				got, list, _ := strings.Cut(a.Text.DE, "\n\n---\n\n")
				if got != test.want || strings.Count(list, "\n- ") != test.changes || len(m.Prompts()) != test.asked {
					t.Errorf("got %q after %d prompts", a.Text.DE, len(m.Prompts()))
				}
				warned(t, a, test.warnings)
			})
		}
	}
}

// TestRefusals: without a model, and where nothing says what is wanted.
func TestRefusals(t *testing.T) {
	for name, test := range map[string]struct {
		task   bots.Task
		models llm.Choose
		want   string // what the refusal says; "": the message is for another skill
	}{
		"without a model":                           {task("Formuliere eine Absage: Termin fällt aus"), none{}, "Sprachmodell"},
		"nothing to say":                            {task("Schreib eine Mail"), llmtest.Script("x"), "Worum"},
		"nothing to rewrite":                        {task("!umformulieren"), llmtest.Script("x"), "Welchen Text"},
		"nothing to correct":                        {task("!korrektur"), llmtest.Script("x"), "Welchen Text"},
		"a wish without a text":                     {task("kürzer"), llmtest.Script("x"), ""},
		"a question about words":                    {task("Was heißt umformulieren?"), llmtest.Script("x"), ""},
		"an empty answer, twice":                    {task("Schreib eine Mail: Lieferung fehlt"), llmtest.Script(""), "keinen brauchbaren"},
		"a file that nobody can read":               {task("Korrigiere die Datei", "geheim.pdf"), llmtest.Script("x"), "mit Passwort"},
		"a brief, of which no model may see a word": {after(task("kürzer"), bots.Turn{Skill: "draft", Text: "Was verlangt wird: geheim"}), llmtest.Script("x"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := skill(test.models).Do(t.Context(), test.task)
			r, ok := err.(*bots.Refusal)
			if test.want == "" && err != bots.ErrPass || test.want != "" && (!ok || !strings.Contains(r.Text.DE, test.want)) {
				t.Errorf("got %v %+v", err, r)
			}
		})
	}
}

// from is a bots.Memo that notes what its values derive from.
type from []string

func (*from) Get(context.Context, string) ([]byte, error) { return nil, nil }
func (f *from) Put(_ context.Context, _ string, _ []byte, of ...string) error {
	*f = of
	return nil
}

// TestKeptWithItsSources: what is kept of a text that was changed twice goes when
// the message goes that it began with.
func TestKeptWithItsSources(t *testing.T) {
	job, kept := task("förmlicher"), from{}
	job.Memo = &kept
	job.History = []bots.Turn{{ID: "1", Text: long}, {ID: "1/answer", Bot: true, Skill: "phrase", Text: "Bitte zahlen Sie gleich."}, {ID: "2", Text: "kürzer"}, {ID: "2/answer", Bot: true, Skill: "phrase", Text: "Bitte zahlen."}}
	if _, err := skill(llmtest.Script("Wir bitten um Zahlung.")).Do(t.Context(), job); err != nil || strings.Join(kept, " ") != "9 1 2" {
		t.Errorf("kept with %q, %v", kept, err)
	}
}
