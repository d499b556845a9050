package summary

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/answer"
	"amtsbote/skills/check"
	"amtsbote/skills/condense"
	"amtsbote/skills/llm"
	"amtsbote/skills/material"
)

// work is one summary by a model.
type work struct {
	condense.Material
	want  wish
	ins   llm.Instructions
	facts *check.Sources
}

var (
	textCut = bots.Text{
		DE: "Die Zusammenfassung ist an der Längengrenze des Modells abgeschnitten. Bitten Sie um eine kürzere, zum Beispiel „in fünf Punkten“.",
		EN: "The summary was cut at the model’s length limit. Ask for a shorter one, such as “in five points”."}
	textNowhere = bots.Text{
		DE: "Das Sprachmodell hat nicht gesagt, auf welchen Seiten etwas steht.",
		EN: "The language model did not say on which pages things stand."}
	textEmpty = bots.Text{
		DE: "Das Sprachmodell gab keine brauchbare Antwort; deshalb sind Sätze wörtlich ausgewählt.",
		EN: "The language model gave no usable answer; therefore sentences were chosen verbatim."}
)

// byModel has a model sum up the files, in parts if they do not fit.
func (s *Skill) byModel(ctx context.Context, t bots.Task, model llm.Model, set material.Set, want wish, a *bots.Answer) error {
	given := set.Marked(t)
	facts := check.Read(t.Now, given.Text, t.Text)
	var got answer.Answer
	var fit condense.Result
	err := condense.Try(func(share int) (err error) {
		w := &work{condense.Material{Marked: given, Task: t, Model: model, Share: share}, want, s.instructions, facts}
		if fit, err = s.condense.Fit(ctx, w.Material, w.Room(w.prompt(""))); err == nil {
			got, err = w.whole(ctx, fit.Text)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("summary: %w", err)
	}
	if got.Text == "" {
		a.Warnings = append(a.Warnings, textEmpty)
		return byRules(ctx, t, set.Files, want, a)
	}
	a.Warnings = append(a.Warnings, got.Warnings...)
	for _, w := range []struct {
		when bool
		text bots.Text
	}{{got.Cut, textCut}, {fit.Lost, condense.TextLost}, {given.Paged() && len(got.Sources)+len(got.Warnings) == 0 && !got.Cut, textNowhere}} {
		if w.when {
			a.Warnings = append(a.Warnings, w.text)
		}
	}
	a.Text, a.Sources, a.Notice = bots.Say(got.Text), got.Sources, got.Notice
	return nil
}

// prompt asks for a summary of a text that fits.
func (w *work) prompt(text string) llm.Prompt {
	p := llm.Prompt{System: w.ins.Text("whole.txt", "length", w.want.German(), "language", llm.LanguageName(w.language())),
		MaxTokens: w.Answer(), Turns: []llm.Turn{{Text: llm.Fence("Material", text)}}}
	if wish := strings.TrimSpace(w.Task.Text); wish != "" && len(wish) < minText {
		p.Turns[0].Text += "\n\nWunsch der Person: " + wish
	}
	return p
}

// whole sums up a text that fits.
func (w *work) whole(ctx context.Context, text string) (answer.Answer, error) {
	return answer.Ask{Task: w.Task, Model: w.Model, Prompt: w.prompt(text), Given: w.Given, Sources: []string{w.Text}, Facts: w.facts, Language: w.language(),
		Refuse: func(text string) string {
			if _, cited, _ := llm.KeepReferences(text, w.Given); w.Paged() && len(cited) == 0 {
				return "Hinter keiner Aussage stand die Stelle in runden Klammern."
			}
			return w.want.broken(text)
		}}.Do(ctx)
}

func (w *work) language() string { return cmp.Or(w.want.language, w.Task.Language, "de") }
