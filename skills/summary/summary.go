// Package summary is the skill that sums up files and long texts.
//
// It covers all of a document: what does not fit into the model's context is
// brought down to what does by package condense. Every statement points to its
// page, and a line at the end says what was covered and what was not. Length and
// form are as the person wishes, and an answer that does not heed them is asked
// for once more. Without a model the built-in engine chooses sentences verbatim.
package summary

import (
	"context"
	"embed"
	"errors"
	"fmt"

	"amtsbote/bots"
	"amtsbote/skills/condense"
	"amtsbote/skills/llm"
	"amtsbote/skills/material"
)

// version of the instructions. It goes up with every change of their texts.
const version = "2"

//go:embed instructions/*.txt
var instructions embed.FS

const (
	maxFiles = 20  // of a message that are read
	minText  = 400 // bytes of a text that is worth summing up without a file
)

// Config is the part of the configuration for this skill.
type Config struct {
	// Sentences is how long a summary is if the person does not say; default 5.
	Sentences int `yaml:"sentences"`
}

// Validate reports everything that is wrong with c.
func (c Config) Validate() error {
	if c.Sentences < 0 || c.Sentences > 50 {
		return fmt.Errorf("sentences: %d is not between 1 and 50", c.Sentences)
	}
	return nil
}

// Skill is a bots.Skill.
type Skill struct {
	cfg          Config
	material     *material.Reader
	models       llm.Choose
	condense     condense.Condenser
	instructions llm.Instructions
}

// New returns the skill for a valid configuration.
func New(cfg Config, r *material.Reader, models llm.Choose, c condense.Condenser, o *llm.Overrides) *Skill {
	if cfg.Sentences == 0 {
		cfg.Sentences = 5
	}
	return &Skill{cfg, r, models, c, o.Load("summary", version, instructions)}
}

// Info implements bots.Skill.
func (s *Skill) Info() bots.Info {
	return bots.Info{
		Name: "summary", Version: s.instructions.Version(),
		Commands: []string{"zusammenfassung", "summary", "kurzfassung", "zusammenfassen"},
		Words: []string{"zusammenfass", "zusammengefass", "fass zusammen", "fasse zusammen", "kurzfassung", "überblick über",
			"worum geht", "kernpunkte", "summar", "sum up", "main points", "gist"},
		Follow: []string{"kürzer", "länger", "ausführlich", "punkte", "sätze", "satz", "stichpunkt", "shorter", "longer", "sentences", "points", "auf englisch", "in english"},
		Files:  true,
		Help: bots.Text{DE: "fasst Dateien und lange Texte zusammen, mit Seitenangaben",
			EN: "sums up files and long texts, with page numbers"},
		Examples: []bots.Text{{DE: "Schicken Sie mir eine Datei und schreiben Sie: „Fass das in fünf Punkten zusammen.“",
			EN: "Send me a file and write: “Sum this up in five points.”"}},
	}
}

// Do implements bots.Skill.
func (s *Skill) Do(ctx context.Context, t bots.Task) (bots.Answer, error) {
	if t.Tell == nil {
		t.Tell = func(bots.Progress) {}
	}
	set, err := s.material.Gather(ctx, t, material.Want{Files: maxFiles, Text: minText})
	if err != nil {
		return bots.Answer{}, err
	}
	if len(set.Files) == 0 {
		if t.Command == "" {
			return bots.Answer{}, bots.ErrPass
		}
		return bots.Answer{}, &bots.Refusal{Text: bots.Text{
			DE: "Was soll ich zusammenfassen? Schicken Sie mir eine Datei, oder schreiben Sie den Text hinter den Befehl.",
			EN: "What shall I sum up? Send me a file, or write the text after the command."}}
	}
	if !set.Readable() {
		return bots.Answer{}, &bots.Refusal{Text: set.Nothing()}
	}
	a := bots.Answer{Read: set.Read(true), Warnings: set.Warnings(true)}
	want := wishFor(t, s.cfg.Sentences)
	if model := s.models.For(t.Class); model != nil {
		if err = s.byModel(ctx, t, model, set, want, &a); errors.Is(err, llm.ErrPersonal) {
			a.Warnings = append(a.Warnings, llm.TextPersonal)
			err = byRules(ctx, t, set.Files, want, &a)
		}
	} else {
		err = byRules(ctx, t, set.Files, want, &a)
	}
	if err != nil {
		return bots.Answer{}, err
	}
	a.Text = material.Covering(a.Text, set.Coverage())
	return a, nil
}
