// Package summary is the skill that sums up files and long texts.
//
// It covers all of a document: what does not fit into the model's context is
// worked through in parts, whose summaries are summed up in turn, as often as
// needed. Every statement points to its page, and a line at the end says what was
// covered and what was not. Partial results are kept by the hash of what they
// were made from, so that a restart pays nothing twice. Without a model the
// built-in engine chooses sentences verbatim.
package summary

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/llm"
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
	cfg    Config
	read   document.ReadFunc
	models llm.Choose
}

// New returns the skill for a valid configuration.
func New(cfg Config, read document.ReadFunc, models llm.Choose) *Skill {
	if cfg.Sentences == 0 {
		cfg.Sentences = 5
	}
	return &Skill{cfg, read, models}
}

// Info implements bots.Skill.
func (s *Skill) Info() bots.Info {
	return bots.Info{
		Name: "summary", Version: version,
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
	files, err := s.files(ctx, t)
	if err != nil {
		return bots.Answer{}, err
	}
	if len(files) == 0 {
		if t.Command == "" {
			return bots.Answer{}, bots.ErrPass
		}
		return bots.Answer{}, &bots.Refusal{Text: bots.Text{
			DE: "Was soll ich zusammenfassen? Schicken Sie mir eine Datei, oder schreiben Sie den Text hinter den Befehl.",
			EN: "What shall I sum up? Send me a file, or write the text after the command."}}
	}
	a := bots.Answer{Read: readFiles(files)}
	readable := 0
	for _, f := range files {
		if strings.TrimSpace(f.Doc.Text()) != "" {
			readable++
		}
	}
	for _, n := range document.Notes(files) {
		a.Warnings = append(a.Warnings, bots.Text(n))
	}
	if readable == 0 {
		return bots.Answer{}, &bots.Refusal{Text: nothingRead(a.Read)}
	}
	want := wishOf(t.Text, s.cfg.Sentences)
	if model := s.models.For(t.Class); model != nil {
		err = s.byModel(ctx, t, model, files, want, &a)
	} else {
		err = byRules(ctx, t, files, want, &a)
	}
	if err != nil {
		return bots.Answer{}, err
	}
	line := coverage(files)
	a.Text = bots.Text{DE: a.Text.DE + "\n\n*" + line.DE + "*", EN: a.Text.EN + "\n\n*" + line.EN + "*"}
	return a, nil
}

// files reads what is to be summed up: the files of the message, else its text if
// it is long, else the files sent last in the conversation.
func (s *Skill) files(ctx context.Context, t bots.Task) ([]document.File, error) {
	files, id := t.Message.Files, t.Message.ID
	if len(files) == 0 && len(t.Text) >= minText {
		doc := document.Document{Pages: []document.Page{{N: 1, Text: t.Text}}}
		return []document.File{{Doc: doc, Origin: id}}, nil
	}
	for i := len(t.History) - 1; i >= 0 && len(files) == 0; i-- {
		files, id = t.History[i].Files, t.History[i].ID
	}
	if len(files) > maxFiles {
		return nil, &bots.Refusal{Text: bots.Text{
			DE: fmt.Sprintf("Das sind %d Dateien. Ich fasse höchstens %d auf einmal zusammen; bitte schicken Sie sie in mehreren Nachrichten.", len(files), maxFiles),
			EN: fmt.Sprintf("These are %d files. I sum up at most %d at a time; please send them in several messages.", len(files), maxFiles)}}
	}
	var all []document.File
	for i, f := range files {
		t.Tell(bots.Progress{Done: i, Total: len(files), Text: bots.Text{DE: "Datei wird gelesen", EN: "Reading file"}})
		read, err := s.open(ctx, t, f)
		if err != nil {
			return nil, err
		}
		read.Origin = id
		all = append(all, document.Files(read)...)
	}
	document.Rename(all)
	return all, nil
}

func (s *Skill) open(ctx context.Context, t bots.Task, f bots.File) (document.File, error) {
	r, err := t.Open(ctx, f)
	if err != nil {
		return document.File{}, fmt.Errorf("summary: open file: %w", err)
	}
	defer r.Close()
	doc, err := s.read(ctx, f.Name, r)
	if u, ok := errors.AsType[*document.Unreadable](err); ok {
		return document.File{Name: f.Name, Err: u}, nil
	}
	if err != nil {
		return document.File{}, fmt.Errorf("summary: read file: %w", err)
	}
	return document.File{Name: doc.Name, Doc: doc}, nil
}
