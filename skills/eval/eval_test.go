package eval

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/llm"
	"amtsbote/skills/llm/llmtest"
)

// fake is a skill that does what it is told.
type fake struct {
	info bots.Info
	do   func(context.Context, bots.Task) (bots.Answer, error)
}

func (f fake) Info() bots.Info { return f.info }
func (f fake) Do(ctx context.Context, t bots.Task) (bots.Answer, error) {
	return f.do(ctx, t)
}

type doFunc = func(context.Context, bots.Task) (bots.Answer, error)

// runner returns a runner whose only skill is chat.
func runner(do doFunc) *Runner {
	return &Runner{
		Bot: func(func(llm.Choose) llm.Choose) (bots.Bot, error) {
			return bots.Bot{Profile: bots.Profile{Zone: time.UTC}, Skills: []bots.Skill{fake{bots.Info{Name: "chat", Version: "1", Commands: []string{"frage"}, Question: true, Files: true, Letter: true}, do}}}, nil
		},
		Read: func(_ context.Context, name string, r io.Reader) (document.Document, error) {
			data, err := io.ReadAll(r)
			return document.Document{Name: name, Pages: []document.Page{{N: 1, Text: string(data)}}}, err
		},
	}
}

// says is a skill with one answer.
func says(a bots.Answer) doFunc {
	return func(context.Context, bots.Task) (bots.Answer, error) { return a, nil }
}

func load(t *testing.T, text string) Set {
	t.Helper()
	set, err := Load(fstest.MapFS{"a.yaml": {Data: []byte(text)}}, ".", []string{"chat"})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func checks(r Record) (all []string) {
	for _, f := range r.Faults {
		all = append(all, f.Check)
	}
	return all
}

// TestVerdicts turns each verdict red with an answer that is wrong in one thing,
// and only that one, and green with a right one.
func TestVerdicts(t *testing.T) {
	right := bots.Answer{
		Text:     bots.Say("- Die Gebühr beträgt EUR 148,50 **[nicht in den Unterlagen]** (S. 1).\n- Sie ist bis 04.12.2026 zu zahlen.\n\n*Ausgewertet: Bescheid.pdf alle 3 Seiten, gezählt werden diese Worte nicht.*"),
		Drafts:   []bots.Draft{{To: []string{"Jana Rieck <jana@example.org>"}, Subject: "AW: Gebühr", Text: "Sehr geehrte Frau Rieck,\n\ndie Gebühr ist bis zum 4. Dezember fällig.", Language: "de"}},
		Files:    []bots.File{{Name: "a.docx", Data: []byte("148,50 €")}},
		Sources:  []bots.Source{{N: 1, File: "Bescheid.pdf", Page: 1}},
		Warnings: []bots.Text{{DE: "Bitte prüfen."}},
		Notice:   bots.Notice{Model: "Mistral"},
	}
	tests := map[string]struct {
		want  string // of the case
		wrong func(a *bots.Answer)
		check string
	}{
		"a fact is missed":              {"must: ['148,50 €']\n  look: answer", func(a *bots.Answer) { a.Text = bots.Say("Die Gebühr beträgt 145,80 €.") }, checkMust},
		"a fact of the draft is missed": {"must: ['4. Dezember 2026']\n  look: draft", func(a *bots.Answer) { a.Drafts[0].Text = "Sehr geehrte Frau Rieck, am 5. Dezember 2026." }, checkMust},
		"a fact of a file is missed":    {"must: ['148,50 Euro']\n  look: file", func(a *bots.Answer) { a.Files[0].Data = []byte("148,60 €") }, checkMust},
		"a fact is added":               {"must_not: ['5. Dezember 2026']", func(a *bots.Answer) { a.Drafts[0].Text += " Oder am 05.12.2026." }, checkMustNot},
		"a warning counts as said":      {"must_not: [Unfug]", func(a *bots.Answer) { a.Warnings[0].DE = "Unfug" }, checkMustNot},
		"a wrong page":                  {"sources: [{file: Bescheid.pdf, page: 1}]", func(a *bots.Answer) { a.Sources[0].Page = 2 }, checkSources},
		"a wrong file":                  {"sources: [{file: Bescheid.pdf}]", func(a *bots.Answer) { a.Sources[0].File = "Anlage.pdf" }, checkSources},
		"a page too many":               {"sources: [{page: 1}]\n  sources_only: true", func(a *bots.Answer) { a.Sources = append(a.Sources, bots.Source{File: "Bescheid.pdf", Page: 3}) }, checkOnly},
		"too many words": {"length: {words: 14}\n  look: answer", func(a *bots.Answer) {
			a.Text = bots.Say("- eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn")
		}, checkWords},
		"too many sentences":  {"length: {sentences: 2}\n  look: answer", func(a *bots.Answer) { a.Text = bots.Say("Eins ist das. Zwei ist das. Drei ist das.") }, checkSentences},
		"too many points":     {"length: {points: 2}\n  look: answer", func(a *bots.Answer) { a.Text = bots.Say("- eins\n- zwei\n- drei") }, checkPoints},
		"a draft is too long": {"length: {words: 12}", func(a *bots.Answer) { a.Drafts[0].Text += strings.Repeat(" mehr", 12) }, checkWords},
		"no draft":            {"kind: draft", func(a *bots.Answer) { a.Drafts = nil }, checkKind},
		"no file":             {"kind: file", func(a *bots.Answer) { a.Files = nil }, checkKind},
		"nothing is owed":     {"must_not: [nichts]", func(a *bots.Answer) { *a = bots.Answer{Skip: "a newsletter", Notice: a.Notice} }, checkKind},
		"another skill":       {"by: chat", nil, checkBy},
		"another salutation":  {"kind: draft\n  salutation: ['Sehr geehrte Frau Rieck']", func(a *bots.Answer) { a.Drafts[0].Text = "Sehr geehrter Herr Rieck,\n" }, checkSalutation},
		"another recipient":   {"kind: draft\n  to: jana@example.org", func(a *bots.Answer) { a.Drafts[0].To = []string{"presse@example.org"} }, checkTo},
		"one more recipient":  {"kind: draft\n  to: jana@example.org", func(a *bots.Answer) { a.Drafts[0].Cc = []string{"presse@example.org"} }, checkTo},
		"another language": {"speaks: de", func(a *bots.Answer) {
			a.Drafts[0].Text = "Dear Ms Rieck,\n\nthe fee is due and has to be paid by the fourth of December, please."
		}, checkSpeaks},
		"the engine instead of a model": {"requires: model\n  must: ['148,50 €']", func(a *bots.Answer) { a.Notice.Model = "" }, checkModel},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			set := load(t, "cases:\n- name: a\n  now: 2026-11-20T10:00:00Z\n  text: Was?\n  "+test.want+"\n")
			r := runner(says(right))
			r.Model = true
			if got := r.Run(t.Context(), set); got[0].State != Passed || len(got[0].Faults) > 0 {
				t.Fatalf("a right answer: %+v", got[0])
			}
			wrong := clone(right)
			if test.wrong != nil {
				test.wrong(&wrong)
				r = runner(says(wrong))
				r.Model = true
			} else {
				r = other(r)
			}
			got := r.Run(t.Context(), set)[0]
			if got.State != Failed || !slices.Equal(checks(got), []string{test.check}) {
				t.Errorf("a wrong answer: %+v", got)
			}
		})
	}
}

func clone(a bots.Answer) bots.Answer {
	a.Drafts, a.Files, a.Sources, a.Warnings = slices.Clone(a.Drafts), slices.Clone(a.Files), slices.Clone(a.Sources), slices.Clone(a.Warnings)
	return a
}

// other renames the skill of a runner.
func other(r *Runner) *Runner {
	make := r.Bot
	r.Bot = func(count func(llm.Choose) llm.Choose) (bots.Bot, error) {
		b, err := make(count)
		f := b.Skills[0].(fake)
		f.info.Name = "help"
		b.Skills[0] = f
		return b, err
	}
	return r
}

// TestRefusal: a refusal is what a case wants, or what makes it fail.
func TestRefusal(t *testing.T) {
	refuse := func(context.Context, bots.Task) (bots.Answer, error) {
		return bots.Answer{}, &bots.Refusal{Text: bots.Text{DE: "Die Datei ist leer.", EN: "The file is empty."}}
	}
	set := load(t, "cases:\n- {name: wanted, text: a, kind: refusal, must: [leer]}\n- {name: english, language: en, text: a, kind: refusal, must: [empty]}\n- {name: not wanted, text: a, must: [leer]}\n")
	got := runner(refuse).Run(t.Context(), set)
	if got[0].State != Passed || got[1].State != Passed || !slices.Equal(checks(got[2]), []string{checkKind}) {
		t.Errorf("got %+v", got)
	}
}

// TestRun: what a case says reaches the skill, and nothing of one the next.
func TestRun(t *testing.T) {
	set := load(t, `
now: 2026-11-20T10:00:00Z
cases:
- name: turns
  before:
  - text: erste Frage
    files: [{name: a.txt, content: Inhalt A}]
  - {text: zweite Frage, by: chat, answer: gegebene Antwort}
  text: dritte Frage
  files: [{name: b.txt, content: Inhalt B}]
  must: [{regex: '^erste Frage, antwort 1 zu Inhalt A, zweite Frage, gegebene Antwort; dritte Frage; Inhalt A Inhalt B; 2; 20.11.2026'}]
- {name: next, text: neu, must: [{regex: '^; neu; ; 1;'}]}
- {name: by command, skill: chat, text: neu, must: [{regex: 'frage$'}]}
- {name: a letter, letter: {name: l.eml, content: x}, must: [{regex: 'watched'}]}
- {name: a forward, letter: {name: l.eml, content: x}, forwarded: k@stadt.example, must: [{regex: 'wrote k@stadt.example'}]}
`)
	do := func(ctx context.Context, t bots.Task) (bots.Answer, error) {
		var turns, files []string
		open := append([]bots.File{}, t.Message.Files...)
		for _, h := range t.History {
			turns = append(turns, h.Text)
			open = append(h.Files, open...)
		}
		for _, f := range open {
			r, err := t.Open(ctx, f)
			if err != nil {
				return bots.Answer{}, err
			}
			data, _ := io.ReadAll(r)
			files = append(files, string(data))
		}
		n, err := t.Memo.Get(ctx, "n")
		if err := errors.Join(err, t.Memo.Put(ctx, "n", append(n, 'x'))); err != nil {
			return bots.Answer{}, err
		}
		if t.Text == "erste Frage" {
			return bots.Answer{Text: bots.Say("antwort 1 zu " + files[0])}, nil
		}
		text := fmt.Sprintf("%s; %s; %s; %d; %s %s", strings.Join(turns, ", "), t.Text, strings.Join(files, " "), len(n)+1, t.Now.Format("02.01.2006"), t.Command)
		if t.Message.Watched {
			text += "watched"
		}
		if t.Message.Wrote {
			text += "wrote " + t.Message.Sender
		}
		return bots.Answer{Text: bots.Say(text)}, nil
	}
	for _, r := range runner(do).Run(t.Context(), set) {
		if r.State != Passed {
			t.Errorf("got %+v", r)
		}
	}
}

// TestSkipped: what cannot be run here is neither run nor passed.
func TestSkipped(t *testing.T) {
	set := load(t, "cases:\n- {name: a, text: a, requires: model, must_not: [x]}\n- {name: b, text: a, requires: ocr, must_not: [x]}\n- {name: c, text: a, needs: [redact], must_not: [x]}\n- {name: d, text: a, requires: none, must_not: [x]}\n")
	for _, model := range []bool{false, true} {
		r := runner(says(bots.Answer{Text: bots.Say("gut"), Notice: bots.Notice{Model: "m"}}))
		r.Model = model
		got := r.Run(t.Context(), set)
		states := []State{got[0].State, got[1].State, got[2].State, got[3].State}
		want := []State{Skipped, Skipped, Skipped, Passed}
		if model {
			want = []State{Passed, Skipped, Skipped, Skipped}
		}
		if !slices.Equal(states, want) || got[2].Why != "there is no skill redact" || got[2].Skill != "redact" {
			t.Errorf("model %v: got %+v", model, got)
		}
	}
}

// TestRoomDay: what is expected of an answer about a room is read as of the room's
// last message, so that a date without a year means the same for ever.
func TestRoomDay(t *testing.T) {
	set := load(t, "cases:\n- {name: a, skill: chat, text: x, room: {name: r.json, content: '{}'}, must: [3. November 2024]}\n")
	r := runner(says(bots.Answer{Text: bots.Say("Der Termin ist am 3. November.")}))
	r.Room = func(io.Reader, string) (Room, error) {
		return Room{End: time.Date(2024, 11, 1, 9, 0, 0, 0, time.UTC)}, nil
	}
	if got := r.Run(t.Context(), set); got[0].State != Passed {
		t.Errorf("got %+v", got)
	}
}

// TestErrors: what is neither answer nor refusal says nothing about quality.
func TestErrors(t *testing.T) {
	set := load(t, "cases:\n- {name: a, text: fails, must_not: [x]}\n- {name: b, text: panics, must_not: [x]}\n- {name: c, text: hangs, must_not: [x]}\n- {name: d, text: gut, must_not: [x]}\n")
	synctest.Test(t, func(t *testing.T) {
		r := runner(func(ctx context.Context, task bots.Task) (bots.Answer, error) {
			switch task.Text {
			case "fails":
				return bots.Answer{}, errors.New("server down")
			case "panics":
				panic("oh")
			case "hangs":
				<-ctx.Done()
				return bots.Answer{}, ctx.Err()
			}
			return bots.Answer{Text: bots.Say("gut")}, nil
		})
		got := r.Run(t.Context(), set)
		if got[0].State != Failing || got[1].State != Failing || got[2].State != Failing || got[3].State != Passed {
			t.Errorf("got %+v", got)
		}
		if got[2].Seconds != 600 {
			t.Errorf("a case that hangs took %v s", got[2].Seconds)
		}
	})
}

// TestParallel: as many cases at once as there are slots, and the records in the
// order of the set. When it is stopped, what is done is kept.
func TestParallel(t *testing.T) {
	var text strings.Builder
	text.WriteString("cases:\n")
	for i := range 20 {
		fmt.Fprintf(&text, "- {name: case %d, text: '%d', must: [{literal: 'antwort %d!'}]}\n", i, i, i)
	}
	set := load(t, text.String())
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var mu sync.Mutex
		flying, peak, done := 0, 0, 0
		r := runner(func(ctx context.Context, task bots.Task) (bots.Answer, error) {
			mu.Lock()
			flying++
			peak = max(peak, flying)
			mu.Unlock()
			defer func() { mu.Lock(); flying--; mu.Unlock() }()
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
				return bots.Answer{}, ctx.Err()
			}
			return bots.Answer{Text: bots.Say("antwort " + task.Text + "!")}, nil
		})
		r.Parallel = 4
		r.Done = func(Record, string) {
			if done++; done == 10 {
				stop()
			}
		}
		got := r.Run(ctx, set)
		result := &Result{Cases: got}
		if peak != 4 {
			t.Errorf("%d at once", peak)
		}
		if p, s := result.Count(Passed), result.Count(Stopped); p < 10 || p+s != 20 || got[0].Name != "case 0" || got[19].Name != "case 19" || got[19].State != Stopped {
			t.Errorf("%d passed, %d stopped: %+v", p, s, got)
		}
		if done != result.Count(Passed) {
			t.Errorf("told of %d", done)
		}
	})
}

// TestTokens counts what a model used, each case for itself.
func TestTokens(t *testing.T) {
	model := llmtest.Script("eine Antwort")
	r := runner(nil)
	inner := r.Bot
	r.Bot = func(count func(llm.Choose) llm.Choose) (bots.Bot, error) {
		b, err := inner(count)
		choose := count(model)
		f := b.Skills[0].(fake)
		f.do = func(ctx context.Context, t bots.Task) (bots.Answer, error) {
			c, err := choose.For(bots.Public).Complete(ctx, llm.Prompt{Turns: []llm.Turn{{Text: t.Text}}, MaxTokens: 10})
			return bots.Answer{Text: bots.Say(c.Text)}, err
		}
		b.Skills[0] = f
		return b, err
	}
	got := r.Run(t.Context(), load(t, "cases:\n- {name: a, text: kurz, must: [Antwort]}\n- {name: b, text: 'eine sehr viel längere Frage als die andere, mit vielen Worten', must: [Antwort]}\n"))
	if got[0].In == 0 || got[0].Out == 0 || got[1].In <= got[0].In || got[1].Out != got[0].Out {
		t.Errorf("got %+v", got)
	}
	none := &meter{}
	if model.Class = bots.Public; none.count(model).For(bots.Confidential) != nil {
		t.Error("a model that may not see the text is there")
	}
}

// TestKept: what is kept of a run has no text, a second run does not make a
// regression disappear, and what was not run says nothing.
func TestKept(t *testing.T) {
	set := load(t, "cases:\n- {name: eins, text: Geheimfrage, must: [Geheimwort]}\n- {name: zwei, text: Geheimfrage, must_not: [Geheimnis]}\n")
	run := func(answer string) *Result {
		return &Result{Format: resultFormat, Set: "s", Cases: runner(says(bots.Answer{Text: bots.Say(answer)})).Run(t.Context(), set)}
	}
	path := filepath.Join(t.TempDir(), "last.json")
	if _, err := ReadResult(path); !errors.Is(err, ErrNone) {
		t.Fatalf("no run yet: %v", err)
	}
	keep := func(r, before *Result, accept bool) *Result {
		t.Helper()
		r.Follow(before, accept)
		if err := r.Kept(before).Write(path); err != nil {
			t.Fatal(err)
		}
		kept, err := ReadResult(path)
		if err != nil {
			t.Fatal(err)
		}
		return kept
	}
	before := keep(run("Das Geheimwort."), nil, false)
	for range 2 {
		bad := run("Das Geheimnis.")
		if w := bad.Regressions(before); len(w) != 2 {
			t.Fatalf("worse: %+v", w)
		}
		before = keep(bad, before, false)
	}
	data, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(data), "Geheim") || !strings.Contains(string(data), `"must_not"`) {
		t.Errorf("kept: %s, %v", data, err)
	}
	stopped := run("Das Geheimnis.")
	stopped.Cases[0] = Record{Name: "eins", State: Stopped}
	stopped.Cases[1] = Record{Name: "zwei", State: Skipped}
	if before = keep(stopped, before, false); !before.Cases[0].Good || !before.Cases[1].Good || before.Cases[0].State != Failed {
		t.Errorf("stopped and skipped: %+v", before.Cases)
	}
	before = keep(run("Das Geheimnis."), before, true)
	if w := run("Das Geheimnis.").Regressions(before); len(w) != 0 {
		t.Errorf("accepted, and still worse: %+v", w)
	}
	if err := os.WriteFile(path, []byte(`{"format": 99}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadResult(path); err == nil || errors.Is(err, ErrNone) {
		t.Errorf("a later format: %v", err)
	}
}
