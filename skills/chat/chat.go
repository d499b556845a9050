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
//
// Texts of files are kept in memory for some minutes (files.go), so that a second
// question does not have the same scan recognised again. They are not stored: the
// original stays where it is, and so does the decision how long.
package chat

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/llm"
)

// version of the instructions. It goes up with every change of their text.
const version = "1"

//go:embed instructions.de.txt
var instructions string

// Skill is a bots.Skill.
type Skill struct {
	read   document.ReadFunc
	models llm.Choose
	kept   *kept
}

// New returns the skill. models may have no model: then the skill looks things up
// in files and says what else it would need.
func New(read document.ReadFunc, models llm.Choose) *Skill {
	return &Skill{read: read, models: models, kept: newKept()}
}

// Info implements bots.Skill.
func (s *Skill) Info() bots.Info {
	return bots.Info{
		Name: "chat", Version: version,
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
	files, left, err := s.files(ctx, t)
	if err != nil {
		return bots.Answer{}, err
	}
	a := bots.Answer{Read: readFiles(t, files)}
	earlier := func(f document.File) bool { return f.Origin != t.Message.ID }
	for _, n := range document.Notes(slices.DeleteFunc(slices.Clone(files), earlier)) {
		a.Warnings = append(a.Warnings, bots.Text(n))
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
	for budget := model.Budget(); ; budget = budget * 2 / 3 {
		p, used, err := compose(ctx, t, files, budget)
		if err != nil {
			return err
		}
		if t.Tell != nil {
			p.OnText = func(soFar string) {
				soFar, _ = llm.KeepLinks(soFar, texts(p)...)
				t.Tell(bots.Progress{Partial: soFar})
			}
		}
		c, err := model.Complete(ctx, p)
		if errors.Is(err, llm.ErrTooLong) && budget > minBudget {
			continue
		}
		if err != nil {
			return fmt.Errorf("chat: %w", err)
		}
		finish(c, p, used, left, a)
		return nil
	}
}

// minBudget is the least that a prompt is cut down to.
const minBudget = 1024
