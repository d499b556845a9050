package plain

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/answer"
	"amtsbote/skills/check"
	"amtsbote/skills/condense"
	"amtsbote/skills/facts"
	"amtsbote/skills/llm"
	"amtsbote/skills/material"
)

// maxPiece is how many tokens a part of a text has at most: of more a model loses
// some, and parts are worked on at the same time.
const maxPiece = 1500

// A job is one text to make plain.
type job struct {
	skill    *Skill
	task     bots.Task
	model    llm.Model
	wish     wish
	text     string
	draft    *bots.Draft
	from     []string
	coverage bots.Text
}

// rewrite has the model make the text plain, part by part.
func (j *job) rewrite(ctx context.Context, a *bots.Answer) error {
	language := cmp.Or(facts.Language(j.text), "de")
	source := check.Read(j.task.Now, j.text, j.wish.says)
	var all []answer.Answer
	err := condense.Try(func(share int) (err error) {
		all, err = j.pieces(ctx, share, language, source)
		return err
	})
	if err != nil {
		return fmt.Errorf("plain: %w", err)
	}
	texts, whole, ok := answer.Join(all)
	if !ok {
		return &bots.Refusal{Text: textEmpty}
	}
	for i := range texts {
		texts[i] = answer.Bare(texts[i])
	}
	a.Warnings, a.Notice = append(a.Warnings, whole.Warnings...), whole.Notice
	if whole.Cut {
		a.Warnings = append(a.Warnings, textCut)
	}
	text := strings.Join(texts, "\n\n")
	if gone := check.Lost(j.task.Now, j.text, text); len(gone) > 0 {
		a.Warnings = append(a.Warnings, textLost(gone))
	}
	remark := remarks(text, j.wish.level, language)
	if !j.coverage.IsZero() {
		remark.DE, remark.EN = remark.DE+"\n\n"+j.coverage.DE, remark.EN+"\n\n"+j.coverage.EN
	}
	if j.draft != nil {
		d := *j.draft
		d.Text, d.Gaps = text, strings.Count(text, "**[bitte ergänzen:")
		a.Drafts, a.Text = []bots.Draft{d}, remark
		return nil
	}
	a.Text = bots.Text{DE: material.Under(text, remark.DE), EN: material.Under(text, remark.EN)}
	return nil
}

// pieces asks for each part of the text. The answer may be longer than the part:
// plain sentences are short and many.
func (j *job) pieces(ctx context.Context, share int, language string, source *check.Sources) ([]answer.Answer, error) {
	system := j.skill.instructions.Text("rewrite.txt", "level", j.wish.level.German(), "rules", strings.TrimSpace(j.skill.instructions.Text(string(j.wish.level)+".txt")),
		"language", llm.LanguageName(language))
	says := "Schreibe den Text in " + j.wish.level.German() + " um."
	if j.wish.says != "" {
		says += " Wunsch der Person: " + j.wish.says
	}
	const reserve = 700 // fences, and the reasons for a second try
	room := (j.model.Budget()*share/100 - llm.Tokens(system) - llm.Tokens(says) - reserve) / 3
	if room < 100 {
		return nil, &bots.Refusal{Text: textTooLong}
	}
	room = min(room, maxPiece)
	p := answer.Pieces{Task: j.task, Model: j.model, Texts: llm.Split(j.text, room), From: j.from,
		Key:  strings.Join([]string{"plain", j.skill.instructions.Version(), system, says}, "\x00"),
		Done: bots.Text{DE: "Teil umgeschrieben", EN: "Part rewritten"}}
	task := j.task
	if len(p.Texts) > 1 {
		task.Tell = nil // parts would be shown in a jumble
	}
	return p.Each(ctx, func(ctx context.Context, piece string) (answer.Answer, error) {
		return answer.Ask{Task: task, Model: j.model, Language: language, Facts: source, Sources: []string{j.text},
			Prompt: llm.Prompt{System: system, MaxTokens: room * 2, Turns: []llm.Turn{{Text: llm.Fence("Text", piece) + "\n\n" + says}}},
			Refuse: func(got string) string { return j.faults(piece, answer.Bare(got), language, source) }}.Do(ctx)
	})
}

const maxFaults = 8 // places that a model is told

// faults says to the model what is wrong with its text, with the places.
func (j *job) faults(piece, text, language string, source *check.Sources) string {
	var all []string
	if gone := check.Lost(j.task.Now, piece, text); len(gone) > 0 {
		all = append(all, "Es fehlen Angaben aus dem Text: "+listOf(gone)+".")
	}
	if added := source.Facts(text); len(added) > 0 {
		all = append(all, "Es stehen Angaben darin, die der Text nicht hat: "+listOf(added)+".")
	}
	if language != "de" {
		return strings.Join(all, " ")
	}
	breaks := j.wish.level.Breaks(Measure(text))
	for i, f := range breaks {
		if i == maxFaults {
			all = append(all, "Und weitere solche Stellen.")
			break
		}
		all = append(all, f.title()+" „"+shorten(f.Text)+"“: "+f.Hint)
	}
	return strings.Join(all, " ")
}

func listOf(all []check.Finding) string {
	var list []string
	for _, f := range all[:min(len(all), maxFaults)] {
		list = append(list, strings.Join(strings.Fields(f.Text), " "))
	}
	if len(all) > maxFaults {
		list = append(list, "…")
	}
	return strings.Join(list, "; ")
}

// shorten cuts a place that would fill the screen, at a word.
func shorten(text string) string {
	words := strings.Fields(text)
	if len(words) <= 14 {
		return strings.Join(words, " ")
	}
	return strings.Join(words[:8], " ") + " … " + strings.Join(words[len(words)-4:], " ")
}
