// Package chat is the skill that answers free questions, with the conversation
// remembered and its files taken along.
//
//	question + earlier turns + files ──▶ prompt within the model's budget ──▶ answer, checked
//
// What a model is given, in the order in which room is made for it (prompt.go):
// the question; what the files say, whole if they fit, else the pages that speak
// of the question; then the conversation, newest turns first. Files are material
// between fences that they cannot close. Under the answer stands what of the
// files was looked at.
//
// What a model answers is checked without it (answer.go): links that stand in no
// source go, and so do references to files and pages that it was not given.
//
// Without a model there are no free answers, and the skill says so in a sentence.
// With files in the conversation it looks them up: passages verbatim with file and
// page, or that there is none (rules.go).
package chat

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/answer"
	"amtsbote/skills/check"
	"amtsbote/skills/document"
	"amtsbote/skills/llm"
	"amtsbote/skills/material"
)

// version of the instructions. It goes up with every change of their text.
const version = "1"

//go:embed instructions/*.txt
var instructions embed.FS

// maxFiles is how many files of a conversation are read for a question.
const maxFiles = 8

// Skill is a bots.Skill.
type Skill struct {
	material     *material.Reader
	models       llm.Choose
	instructions llm.Instructions
}

// New returns the skill. models may have no model: then the skill looks things up
// in files and says what else it would need.
func New(r *material.Reader, models llm.Choose, o *llm.Overrides) *Skill {
	return &Skill{r, models, o.Load("chat", version, instructions)}
}

// Info implements bots.Skill.
func (s *Skill) Info() bots.Info {
	return bots.Info{
		Name: "chat", Version: s.instructions.Version(),
		Commands: []string{"frage", "ask"},
		Question: true,
		Help: bots.Text{DE: "beantwortet Fragen, auch zu den Dateien des Gesprächs, mit Fundstellen",
			EN: "answers questions, also about the conversation’s files, with passages"},
		Examples: []bots.Text{{DE: "Schicken Sie mir eine Datei und fragen Sie: „Bis wann muss gezahlt werden?“",
			EN: "Send me a file and ask: “By when does one have to pay?”"}},
	}
}

// Do implements bots.Skill.
func (s *Skill) Do(ctx context.Context, t bots.Task) (bots.Answer, error) {
	if strings.TrimSpace(t.Text) == "" {
		if t.Command == "" {
			return bots.Answer{}, bots.ErrPass
		}
		return bots.Answer{}, &bots.Refusal{Text: textNoQuestion}
	}
	set, err := s.material.Gather(ctx, t, material.Want{Files: maxFiles, All: true})
	if err != nil {
		return bots.Answer{}, err
	}
	a := bots.Answer{Read: set.Read(false), Warnings: set.Warnings(false)}
	files, left := set.Files, set.Left
	for i := range files {
		files[i].Doc = files[i].Doc.Headed(t.Now.Location())
	}
	model := s.models.For(t.Class)
	switch {
	case model != nil:
		err = s.byModel(ctx, t, model, files, left, &a)
	case len(files) > 0:
		err = lookUp(ctx, t, files, left, &a)
	default:
		a.Text, a.Notice = s.textNoModel(t.Class), bots.Notice{Plain: true}
	}
	return a, err
}

// byModel has a model answer. If the server finds the prompt too long, although
// the estimate did not, it is given less.
func (s *Skill) byModel(ctx context.Context, t bots.Task, model llm.Model, files []document.File, left int, a *bots.Answer) error {
	var all []string // the prompt shows parts
	for _, f := range files {
		for _, p := range f.Doc.Pages {
			all = append(all, p.Text)
		}
	}
	llm.Learn(model, []string{t.Message.Sender}, all...)
	for budget := model.Budget(); ; budget = budget * 2 / 3 {
		p, used, err := s.compose(ctx, t, files, budget)
		if err != nil {
			return err
		}
		got, err := answer.Ask{Task: t, Model: model, Prompt: p, Given: given(used), Facts: sources(t, p, used), Language: languageOf(t)}.Do(ctx)
		if errors.Is(err, llm.ErrTooLong) && budget > minBudget {
			continue
		}
		if err != nil {
			return fmt.Errorf("chat: %w", err)
		}
		finish(got, used, left, a)
		return nil
	}
}

// sources are what the facts of an answer are held against: all that the model was
// given to read, if there are files. Without any it answers from what it has learned.
func sources(t bots.Task, p llm.Prompt, looked []used) *check.Sources {
	if len(looked) == 0 {
		return nil
	}
	var texts []string
	for _, turn := range p.Turns {
		texts = append(texts, turn.Text)
	}
	return check.Read(t.Now, texts...)
}

// languageOf returns the language that an answer must be in; "" if the person may
// have asked for another one.
func languageOf(t bots.Task) string {
	if named.MatchString(t.Text) {
		return ""
	}
	return t.Language
}

// named finds words that could ask for a language: better none is checked than a
// translation refused.
var named = regexp.MustCompile(`(?i)(?:isch|ish)(?:e|en|em|er|es)?\b|übersetz|translat|sprache|language|french|german`)

// minBudget is the least that a prompt is cut down to.
const minBudget = 1024
