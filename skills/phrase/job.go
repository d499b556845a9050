package phrase

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

// A job is one text to write.
type job struct {
	skill *Skill
	task  bots.Task
	model llm.Model
	wish  wish
	src   source
	// sources are what it may take its facts from, read when they are first asked for.
	sources func() *check.Sources
}

// reserve is what fences and a second try take in tokens.
const reserve = 250

// compose writes a text from key words.
func (j job) compose(ctx context.Context, a *bots.Answer) error {
	language := cmp.Or(j.wish.language, j.task.Language, "de")
	system := j.instruction("compose.txt", language, j.wish.form)
	says := "Angaben der Person:\n" + j.wish.says
	var got answer.Answer
	var lost bool
	err := condense.Try(func(share int) (err error) {
		budget := j.model.Budget() * share / 100
		most := min(budget/3, 2000)
		room := budget - most - llm.Tokens(system) - llm.Tokens(says) - reserve
		if room < 0 {
			return &bots.Refusal{Text: textTooLong}
		}
		text := j.src.text
		if len(j.src.given.Given) > 0 {
			r, err := j.skill.condenser.Fit(ctx, condense.Material{Marked: j.src.given, Task: j.task, Model: j.model, Share: share}, room)
			if err != nil {
				return err
			}
			text, lost = r.Text, r.Lost
		} else if parts := llm.Split(text, room); len(parts) > 1 {
			return &bots.Refusal{Text: textTooLong}
		}
		turn := says
		if text != "" {
			turn = llm.Fence("Material", text) + "\n\n" + says
		}
		got, err = answer.Ask{Task: j.task, Model: j.model, Language: language, Sources: []string{j.src.text},
			Prompt: llm.Prompt{System: system, MaxTokens: most, Turns: []llm.Turn{{Text: turn}}},
			Refuse: func(text string) string { return j.invented(clean(text)) }}.Do(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("phrase: %w", err)
	}
	if lost {
		a.Warnings = append(a.Warnings, condense.TextLost)
	}
	return j.finish("", []string{""}, []answer.Answer{got}, language, j.wish.form, a)
}

// rewrite changes a text that is there, in parts if it is long.
func (j job) rewrite(ctx context.Context, a *bots.Answer) error {
	old, _ := body(j.src.text, j.src.draft != nil)
	language := cmp.Or(j.wish.language, facts.Language(old), j.task.Language, "de")
	form := j.wish.form
	if form == "" && j.src.draft != nil {
		form = "mail"
	}
	system := j.instruction("rewrite.txt", language, form)
	if j.src.draft != nil && j.src.draft.Subject != "" {
		old = "Betreff: " + j.src.draft.Subject + "\n\n" + old
	}
	says := "Wunsch der Person: " + cmp.Or(j.wish.says, "besser formulieren")
	pieces, all, err := j.pieces(ctx, old, system, says, language, 0, func(piece, text string) string {
		if why := j.invented(clean(text)); why != "" {
			return why
		}
		switch n, was := len(strings.Fields(text)), len(strings.Fields(piece)); {
		case j.wish.shorter && n >= was:
			return "Sie war nicht kürzer als der Text."
		case j.wish.longer && n <= was:
			return "Sie war nicht länger als der Text."
		case j.wish.shorter || j.wish.changes:
			return ""
		}
		return j.lost(piece, text)
	})
	if err != nil {
		return err
	}
	if err = j.finish(old, pieces, all, language, form, a); err != nil {
		return err
	}
	if gone := check.Lost(j.task.Now, old, j.result(a)); len(gone) > 0 {
		a.Warnings = append(a.Warnings, textLost(gone))
	}
	return nil
}

// result is the text of an answer.
func (j job) result(a *bots.Answer) string {
	if len(a.Drafts) > 0 {
		return a.Drafts[0].Subject + "\n" + a.Drafts[0].Text
	}
	return a.Text.DE
}

// pieces has the model go through a text, whole if it fits, else part by part; most
// is how many tokens a part may have, 0 as many as fit. An answer is about as long
// as what it is made from, and in another language longer.
func (j job) pieces(ctx context.Context, text, system, says, language string, most int, refuse func(piece, text string) string) (texts []string, all []answer.Answer, err error) {
	err = condense.Try(func(share int) (err error) {
		budget := j.model.Budget() * share / 100
		room := (budget - llm.Tokens(system) - llm.Tokens(says) - reserve) * 2 / 5
		if room < 100 {
			return &bots.Refusal{Text: textTooLong}
		}
		if most > 0 {
			room = min(room, most)
		}
		texts = llm.Split(text, room)
		p := answer.Pieces{Task: j.task, Model: j.model, Texts: texts, From: j.src.from,
			Key:  strings.Join([]string{"phrase", j.skill.instructions.Version(), j.wish.says, system, language}, "\x00"),
			Done: bots.Text{DE: "Teil überarbeitet", EN: "Part revised"}}
		task := j.task
		if len(texts) > 1 {
			task.Tell = nil // parts would be shown in a jumble
		}
		all, err = p.Each(ctx, func(ctx context.Context, piece string) (answer.Answer, error) {
			return answer.Ask{Task: task, Model: j.model, Language: language, Sources: []string{text, j.wish.says},
				Prompt: llm.Prompt{System: system, MaxTokens: room*3/2 + 50, Turns: []llm.Turn{{Text: llm.Fence("Text", piece) + "\n\n" + says}}},
				Refuse: func(got string) string { return refuse(piece, got) }}.Do(ctx)
		})
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("phrase: %w", err)
	}
	return texts, all, nil
}

// inPlace puts what was made of the pieces of a text where they were in it.
func inPlace(text string, pieces, made []string) string {
	var b strings.Builder
	for i, p := range pieces {
		at := max(strings.Index(text, p), 0)
		b.WriteString(text[:at] + made[i])
		text = text[at+len(p):]
	}
	return b.String() + text
}

// instruction returns a text of instructions.
func (j job) instruction(file, language, form string) string {
	authority, address := "", ""
	if name := j.task.Bot.Authority; name != "" {
		authority = ", " + name
	}
	switch {
	case language == "de" && j.familiar():
		address = "Wer angesprochen wird, wird geduzt."
	case language == "de" && (file == "compose.txt" || j.wish.formal):
		address = "Wer angesprochen wird, wird gesiezt."
	}
	if form != "" {
		form = strings.TrimSpace(j.skill.instructions.Text("form_" + form + ".txt"))
		if file == "rewrite.txt" {
			form = "Form des Ergebnisses: " + form
		}
	}
	return j.skill.instructions.Text(file, "authority", authority, "language", llm.LanguageName(language), "form", form, "address", address,
		"today", facts.LongDate(j.task.Now, "de"))
}

// familiar reports whether people are addressed with "du": as wished, else as the
// text that is rewritten does.
func (j job) familiar() bool {
	return j.wish.familiar || !j.wish.formal && j.src.draft != nil && du.MatchString(j.src.draft.Text)
}

// finish makes the answer of what the model gave for the pieces of a text.
func (j job) finish(old string, pieces []string, all []answer.Answer, language, form string, a *bots.Answer) error {
	texts, whole, ok := answer.Join(all)
	if !ok {
		return &bots.Refusal{Text: textEmpty}
	}
	for i := range texts {
		texts[i] = clean(texts[i])
	}
	a.Warnings, a.Notice = append(a.Warnings, whole.Warnings...), whole.Notice
	if whole.Cut {
		a.Warnings = append(a.Warnings, textCut)
	}
	text := inPlace(old, pieces, texts)
	if form == "mail" || form == "letter" {
		j.letter(text, language, form, a)
		return nil
	}
	text = j.mark(text, a)
	a.Text = bots.Say(material.Under(text, ""))
	return nil
}
