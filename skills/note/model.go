package note

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/answer"
	"amtsbote/skills/check"
	"amtsbote/skills/condense"
	"amtsbote/skills/llm"
	"amtsbote/skills/material"
)

var (
	textForm = bots.Text{
		DE: "Das Sprachmodell hat die Gliederung des Vermerks auch beim zweiten Versuch nicht eingehalten; deshalb sind Sätze wörtlich ausgewählt.",
		EN: "The language model did not keep to the form of a note even when asked again; therefore sentences were chosen verbatim."}
	textCut = bots.Text{
		DE: "Der Vermerk ist an der Längengrenze des Modells abgeschnitten. Bitten Sie um einen kürzeren.",
		EN: "The note was cut at the model’s length limit. Ask for a shorter one."}
)

// work is one note by a model.
type work struct {
	condense.Material
	job
	ins llm.Instructions
}

// byModel has a model write what stands under the headings.
func (s *Skill) byModel(ctx context.Context, j job, model llm.Model, a *bots.Answer) error {
	given, facts := j.given()
	var got answer.Answer
	var fit condense.Result
	err := condense.Try(func(share int) (err error) {
		w := work{condense.Material{Marked: given, Task: j.t, Model: model, Share: share}, j, s.instructions}
		if fit, err = s.condense.Fit(ctx, w.Material, w.Room(w.prompt(""))); err == nil {
			if j.talk != nil && !fit.Whole {
				fit.Text, _ = j.refer(fit.Text) // statements have them in round brackets
			}
			got, err = answer.Ask{Task: j.t, Model: model, Prompt: w.prompt(fit.Text), Given: given.Given, Sources: []string{given.Text}, Facts: facts, Language: w.language(), Refuse: w.refuse}.Do(ctx)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("note: %w", err)
	}
	if j.talk != nil {
		got = j.checked(got)
	}
	parts := divide(got.Text)
	if parts == nil {
		a.Warnings = append(a.Warnings, textForm)
		return s.byRules(ctx, j, a)
	}
	if j.talk != nil {
		got.Sources = j.finish(parts, j.language())
	}
	a.Text, a.Sources, a.Notice = j.write(parts), got.Sources, got.Notice
	a.Warnings = append(a.Warnings, got.Warnings...)
	if got.Cut {
		a.Warnings = append(a.Warnings, textCut)
	}
	if fit.Lost {
		a.Warnings = append(a.Warnings, condense.TextLost)
	}
	return nil
}

// given is what a model reads, and what facts of its answer are held against; of a
// room this is done after its references are read (checked).
func (j job) given() (material.Marked, *check.Sources) {
	if j.talk != nil {
		return j.marked(), nil
	}
	m := j.set.Marked(j.t)
	return m, check.Read(j.t.Now, m.Text, j.wish, j.before)
}

func (j job) language() string {
	if j.t.Language == "en" {
		return "en"
	}
	return "de"
}

func (w work) prompt(text string) llm.Prompt {
	names := make([]string, len(heads))
	for i, h := range heads {
		names[i] = h.In(w.language())
	}
	g := gap(bots.Text{DE: "…", EN: "…"})
	file, name := "note.txt", "Material"
	if w.talk != nil {
		file, name = "room.txt", "Nachrichten"
	}
	p := llm.Prompt{MaxTokens: w.Answer(), Turns: []llm.Turn{{Text: llm.Fence(name, text)}},
		System: w.ins.Text(file, "language", llm.LanguageName(w.language()), "occasion", names[0], "facts", names[1], "assessment", names[2], "next", names[3], "gap", g.In(w.language()))}
	if w.before != "" {
		p.Turns[0].Text += "\n\n" + llm.Fence("Bisheriger Vermerk", body(w.before)) + "\n\nSchreibe den bisherigen Vermerk neu, so wie es der Wunsch verlangt. Was er nicht berührt, bleibt."
	}
	if w.wish != "" {
		p.Turns[0].Text += "\n\nWunsch der Person: " + w.wish
	}
	return p
}

// refuse says what a note lacks, for the model.
func (w work) refuse(text string) string {
	if divide(text) == nil {
		return "Es fehlte eine der vier Überschriften, oder ihre Reihenfolge stimmte nicht."
	}
	if w.talk != nil {
		return w.refuseRoom(text)
	}
	if _, cited, _ := llm.KeepReferences(text, w.Given); w.Paged() && len(cited) == 0 {
		return "Hinter keiner Aussage stand die Stelle in runden Klammern."
	}
	return ""
}

var heading = regexp.MustCompile(`(?m)^[ \t]*#{1,6}[ \t]*(?:\d[.)][ \t]*)?\**([\pL ]+?)\**:?[ \t]*$`)

// divide takes a model's note apart: what stands under each heading, nil if they
// are not all there in their order. An empty one becomes a gap.
func divide(text string) []bots.Text {
	parts := make([]bots.Text, len(heads))
	marks := heading.FindAllStringSubmatchIndex(text, -1)
	if len(marks) != len(heads) {
		return nil
	}
	for i, m := range marks {
		name, end := text[m[2]:m[3]], len(text)
		if !strings.EqualFold(name, heads[i].DE) && !strings.EqualFold(name, heads[i].EN) {
			return nil
		}
		if i+1 < len(marks) {
			end = marks[i+1][0]
		}
		parts[i] = bots.Say(strings.TrimSpace(text[m[1]:end]))
	}
	for i, g := range map[int]bots.Text{0: gap(heads[0]), 1: gap(heads[1]), 2: gapAssessment, 3: gapNext} {
		if parts[i].DE == "" {
			parts[i] = g
		}
	}
	return parts
}

// body is a note without the head that the program sets, and without what stands
// below it.
func body(note string) string {
	if at := heading.FindStringIndex(note); at != nil {
		note = note[at[0]:]
	}
	note, _, _ = strings.Cut(note, "\n\n*Ausgewertet: ")
	note, _, _ = strings.Cut(note, "\n\n*Covered: ")
	return note
}
