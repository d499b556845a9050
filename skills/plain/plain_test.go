package plain

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/llm"
	"amtsbote/skills/llm/llmtest"
	"amtsbote/skills/material"
)

// none is a Choose without models.
type none struct{}

func (none) For(bots.Class) llm.Model { return nil }

func skill(models llm.Choose, docs map[string]document.Document) *Skill {
	return New(material.New(func(_ context.Context, name string, _ io.Reader) (document.Document, error) {
		d, ok := docs[name]
		if !ok {
			return d, &document.Unreadable{Reason: document.Reason{Code: document.Password, Text: document.Text{DE: "mit Passwort geschützt", EN: "protected"}}}
		}
		d.Name = name
		return d, nil
	}), models, nil)
}

func task(text string, files ...string) bots.Task {
	t := bots.Task{Text: text, Language: "de", Class: bots.Internal, Now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC), Tell: func(bots.Progress) {},
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

func after(t bots.Task, turn bots.Turn) bots.Task {
	turn.ID, turn.Bot = "8/answer", true
	t.History = []bots.Turn{{ID: "8", Text: "bitte"}, turn}
	return t
}

const (
	notice = "Hiermit wird Ihnen mitgeteilt, dass die Verwaltungsgebühr in Höhe von 20,50 € bis spätestens 03.12.2026 zu entrichten ist."
	plain  = "Bitte zahlen Sie die Gebühr von 20,50 Euro.\nSie haben bis zum 3. Dezember 2026 Zeit."
)

// TestRewrite has a model rewrite, well and badly.
func TestRewrite(t *testing.T) {
	long := "Bitte zahlen Sie die Gebühr von 20,50 Euro bis zum 3. Dezember 2026 auf unser Konto ein, damit wir Ihren Antrag danach schnell und gut bearbeiten."
	tests := map[string]struct {
		task     bots.Task
		said     []string
		asked    int
		reason   string // that the model is told
		want     string // the result
		remark   string // what stands under it
		warnings string
	}{
		"obedient":                 {task("In Leichter Sprache:\n" + notice), []string{plain}, 1, "", plain, "Leichte Sprache müssen Menschen aus der Zielgruppe prüfen", ""},
		"by command":               {task("!leicht " + notice), []string{plain}, 1, "", plain, "**Leichte Sprache** (nach DIN SPEC 33429", ""},
		"simple":                   {task("!einfach " + notice), []string{plain}, 1, "", plain, "**Einfache Sprache** (nach DIN 8581-1:2024)", ""},
		"clear":                    {task("Mach das bürgernah: " + notice), []string{plain}, 1, "", plain, "**Bürgernahe Sprache**: 2 Sätze", ""},
		"with a preface":           {task("!leicht " + notice), []string{"Hier ist der Text in Leichter Sprache:\n\n" + plain}, 1, "", plain, "Zielgruppe", ""},
		"too long goes back":       {task("!leicht " + notice), []string{long, plain}, 2, "langer Satz (26 Wörter)", plain, "Zielgruppe", ""},
		"too long twice is listed": {task("!leicht " + notice), []string{long}, 2, "langer Satz (26 Wörter)", long, "langer Satz (26 Wörter): „Bitte zahlen Sie die Gebühr von 20,50 Euro …", ""},
		"a lost date goes back":    {task("!leicht " + notice), []string{"Bitte zahlen Sie 20,50 Euro.", plain}, 2, "Es fehlen Angaben aus dem Text: 03.12.2026", plain, "Zielgruppe", ""},
		"a lost date is told":      {task("!leicht " + notice), []string{"Bitte zahlen Sie 20,50 Euro."}, 2, "Es fehlen", "Bitte zahlen Sie 20,50 Euro.", "Zielgruppe", "Fehlt im Ergebnis: 03.12.2026"},
		"an amount that was added": {task("!leicht " + notice), []string{plain + "\nSonst zahlen Sie 30 Euro mehr."}, 2, "die der Text nicht hat: 30 Euro", plain + "\nSonst zahlen Sie 30 Euro **[nicht in den Unterlagen]** mehr.", "Zielgruppe", "30 Euro"},
		"another language":         {task("!leicht " + notice), []string{"Please pay the fee of EUR 20.50 by 3 December 2026. You can pay it at the bank or with your card at the office on any day.", plain}, 2, "nicht auf Deutsch", plain, "Zielgruppe", ""},
		"in circles":               {task("!leicht " + notice), []string{plain + strings.Repeat("\nBitte zahlen Sie die Gebühr schnell.", 30), plain}, 2, "ohne Ende", plain, "Zielgruppe", ""},
		"the last result":          {after(task("noch einfacher"), bots.Turn{Skill: "plain", Text: material.Under(notice, "**Einfache Sprache** (nach DIN 8581-1:2024): 1 Satz")}), []string{plain}, 1, "", plain, "**Leichte Sprache**", ""},
		"the last answer":          {after(task("in einfacher Sprache"), bots.Turn{Skill: "chat", Text: notice}), []string{plain}, 1, "", plain, "**Einfache Sprache**", ""},
		"shorter, at its level":    {after(task("kürzer"), bots.Turn{Skill: "plain", Text: material.Under(notice, "**Leichte Sprache** (nach")}), []string{plain}, 1, "", plain, "**Leichte Sprache**", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			m := llmtest.Script(test.said...)
			a, err := skill(m, nil).Do(t.Context(), test.task)
			if err != nil {
				t.Fatal(err)
			}
			text, remark, _ := strings.Cut(a.Text.DE, "\n\n---\n\n")
			prompts := m.Prompts()
			if text != test.want || !strings.Contains(remark, test.remark) || len(prompts) != test.asked || !strings.Contains(prompts[len(prompts)-1].Turns[0].Text, test.reason) {
				t.Errorf("got %q after %d prompts, the last\n%s", a.Text.DE, len(prompts), prompts[len(prompts)-1].Turns[0].Text)
			}
			if strings.Count(prompts[0].Turns[0].Text, "Hiermit") != 1 {
				t.Errorf("the model got\n%s", prompts[0].Turns[0].Text)
			}
			all := ""
			for _, w := range a.Warnings {
				all += w.DE + "\n"
			}
			if (all != "") != (test.warnings != "") || !strings.Contains(all, test.warnings) {
				t.Errorf("got warnings %q", all)
			}
		})
	}
}

// TestDraft: a draft that is made plain keeps whom it is for.
func TestDraft(t *testing.T) {
	d := bots.Draft{To: []string{"jana@example.org"}, Subject: "AW: Gebühr", Text: notice}
	a, err := skill(llmtest.Script(plain), nil).Do(t.Context(), after(task("!einfach"), bots.Turn{Skill: "draft", Drafts: []bots.Draft{d}}))
	if err != nil || len(a.Drafts) != 1 || a.Drafts[0].Text != plain || a.Drafts[0].Subject != d.Subject || a.Drafts[0].To[0] != d.To[0] {
		t.Errorf("got %+v, %v", a, err)
	}
}

// TestReport checks a text without a model.
func TestReport(t *testing.T) {
	for _, text := range []string{"!verständlichkeit " + notice, "Prüfe die Verständlichkeit:\n" + notice} {
		a, err := skill(none{}, nil).Do(t.Context(), task(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"1 Satz, im Mittel 17,0 Wörter, der längste 17", "Wiener Sachtextformel", "Leichte Sprache 8", "Passiv: „wird Ihnen mitgeteilt“ Sagen, wer handelt.", "Amts- oder Fremdwort: „entrichten“ Besser: zahlen."} {
			if !strings.Contains(a.Text.DE, want) {
				t.Errorf("%q is not in %q", want, a.Text.DE)
			}
		}
	}
	a, err := skill(none{}, nil).Do(t.Context(), task("Prüfe die Verständlichkeit auf Leichte Sprache:\n"+notice))
	if err != nil || !strings.Contains(a.Text.DE, "langer Satz (17 Wörter)") || !strings.Contains(a.Text.DE, "Datum nur aus Ziffern: „03.12.2026“") {
		t.Errorf("got %q, %v", a.Text.DE, err)
	}
}

// TestRefusals: without a model, and where there is no text.
func TestRefusals(t *testing.T) {
	for name, test := range map[string]struct {
		task bots.Task
		want string // of the refusal; "": the message is for another skill
	}{
		"without a model":                   {task("!einfach " + notice), "nur mit einem Sprachmodell"},
		"no text after a command":           {task("!einfach"), "Um welchen Text"},
		"no text":                           {task("in einfacher Sprache"), ""},
		"a question about it":               {task("Was ist Leichte Sprache?"), ""},
		"a file that nobody can read":       {task("in einfacher Sprache", "geheim.pdf"), "mit Passwort"},
		"a brief, of which nothing is told": {after(task("in einfacher Sprache"), bots.Turn{Skill: "draft", Text: "geheim"}), ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := skill(none{}, nil).Do(t.Context(), test.task)
			r, ok := err.(*bots.Refusal)
			if test.want == "" && err != bots.ErrPass || test.want != "" && (!ok || !strings.Contains(r.Text.DE, test.want)) {
				t.Errorf("got %v %+v", err, r)
			}
		})
	}
}

var feature = regexp.MustCompile(`Merkmal-(\d+)\b`)

// TestLongFile has a server with 8k of context make 40 pages plain: it sees each of
// them once, several parts at once, the order is kept, and a restart pays nothing twice.
func TestLongFile(t *testing.T) {
	const pages = 40
	doc := document.Document{}
	for n := 1; n <= pages; n++ {
		doc.Pages = append(doc.Pages, document.Page{N: n, Text: fmt.Sprintf("Merkmal-%d gilt. ", n) + strings.Repeat("Die Behörde prüft den Antrag nach Aktenlage und hört die Beteiligten dazu an. ", 30)})
	}
	server := llmtest.NewServer(t, llmtest.Options{Context: 8192})
	server.Answer(func(r llmtest.Request) llmtest.Reply {
		var b strings.Builder
		for _, m := range feature.FindAllString(r.Last(), -1) {
			fmt.Fprintf(&b, "%s gilt hier.\n", m)
		}
		return llmtest.Reply{Text: b.String() + "Das Amt prüft den Antrag.", Wait: 20 * time.Millisecond}
	})
	b := server.Bot(t, 4)
	s := skill(b, map[string]document.Document{"lang.pdf": doc})
	job := task("in einfacher Sprache", "lang.pdf")
	job.Memo = &llmtest.Memo{}
	var mu sync.Mutex
	told := 0
	job.Tell = func(p bots.Progress) { mu.Lock(); told = max(told, p.Done*1000/max(p.Total, 1)); mu.Unlock() }
	a, err := s.Do(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, r := range server.Requests() {
		for _, m := range feature.FindAllString(r.Last(), -1) {
			seen[m]++
		}
	}
	last := -1
	for n := 1; n <= pages; n++ {
		name := fmt.Sprintf("Merkmal-%d", n)
		if seen[name] != 1 {
			t.Errorf("page %d was seen %d times", n, seen[name])
		}
		at := strings.Index(a.Text.DE, name+" gilt hier.")
		if at <= last {
			t.Errorf("page %d is not in its place", n)
		}
		last = at
	}
	if server.Peak() < 2 || server.Peak() > 4 || told != 1000 || !strings.Contains(a.Text.DE, "lang.pdf alle 40 Seiten") || len(a.Warnings) > 0 {
		t.Errorf("%d at once, told %d of 1000, warnings %v, %.200q", server.Peak(), told, a.Warnings, a.Text.DE[len(a.Text.DE)-200:])
	}
	before := len(server.Requests())
	if again, err := s.Do(t.Context(), job); err != nil || again.Text != a.Text || len(server.Requests()) != before {
		t.Errorf("again: %d requests more, %v", len(server.Requests())-before, err)
	}
}
