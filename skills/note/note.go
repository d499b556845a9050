// Package note is the skill that writes a Vermerk: the note for the file that says
// what a document or a text is about, what the facts are, what is thought of them
// and what comes next.
//
// Head and headings are set by the program, the same each time (head.go). What
// stands under them a model writes, from the material alone and with its places
// (model.go); without one the built-in engine quotes the facts and leaves gaps
// (rules.go). An assessment is a person's to make: unless the material or the
// person says one, there is a gap **[bitte ergänzen: …]**.
package note

import (
	"context"
	"embed"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/condense"
	"amtsbote/skills/llm"
	"amtsbote/skills/material"
)

// version of the instructions. It goes up with every change of their texts.
const version = "1"

//go:embed instructions/*.txt
var instructions embed.FS

// minText is how many bytes of key words a note can be made from.
const minText = 40

// Skill is a bots.Skill.
type Skill struct {
	material     *material.Reader
	models       llm.Choose
	condense     condense.Condenser
	instructions llm.Instructions
}

// New returns the skill.
func New(r *material.Reader, models llm.Choose, c condense.Condenser, o *llm.Overrides) *Skill {
	return &Skill{r, models, c, o.Load("note", version, instructions)}
}

// Info implements bots.Skill.
func (s *Skill) Info() bots.Info {
	return bots.Info{
		Name: "note", Version: s.instructions.Version(),
		Commands: []string{"vermerk", "note", "aktenvermerk"},
		Words:    []string{"vermerk", "aktenvermerk", "aktennotiz", "schreib vermerk", "formulier vermerk", "verfasse vermerk", "mach daraus vermerk", "gesprächsnotiz", "gesprächsvermerk", "telefonnotiz", "file note", "note for file"},
		Follow:   []string{"kürzer", "länger", "ausführlich", "ergänz", "bewertung", "weiteres vorgehen", "nächste schritte", "shorter", "longer", "add", "assessment", "next steps"},
		Help: bots.Text{DE: "schreibt einen Vermerk zu einer Datei oder aus Stichworten: Anlass, Sachverhalt, Bewertung, weiteres Vorgehen",
			EN: "writes a note for the file from a document or from key words: occasion, facts, assessment, next steps"},
		Examples: []bots.Text{{DE: "Schicken Sie mir eine Datei und schreiben Sie: „Mach daraus einen Vermerk.“",
			EN: "Send me a file and write: “Make a note for the file of this.”"}},
	}
}

// Do implements bots.Skill.
func (s *Skill) Do(ctx context.Context, t bots.Task) (bots.Answer, error) {
	j, err := s.gather(ctx, t)
	if err != nil {
		return bots.Answer{}, err
	}
	if len(j.set.Files) == 0 {
		if t.Command == "" {
			return bots.Answer{}, bots.ErrPass
		}
		return bots.Answer{}, &bots.Refusal{Text: textNothing}
	}
	if !j.set.Readable() {
		return bots.Answer{}, &bots.Refusal{Text: j.set.Nothing()}
	}
	a := bots.Answer{Read: j.set.Read(true), Warnings: j.set.Warnings(true)}
	if model := s.models.For(t.Class); model != nil {
		err = s.byModel(ctx, j, model, &a)
	} else {
		err = s.byRules(ctx, j, &a)
	}
	if err != nil {
		return bots.Answer{}, err
	}
	line := j.set.Coverage()
	a.Text = bots.Text{DE: a.Text.DE + "\n\n*" + line.DE + "*", EN: a.Text.EN + "\n\n*" + line.EN + "*"}
	return a, nil
}

// A job is one note to write.
type job struct {
	t      bots.Task
	set    material.Set
	wish   string // what the person wants of it; empty: nothing in particular
	before string // the note that is to be changed
}

// gather finds out what the note is about: files, the person's key words, or
// what the note before was about, which is then changed.
func (s *Skill) gather(ctx context.Context, t bots.Task) (job, error) {
	j := job{t: t}
	source := t
	if last, asked := lastNote(t); last != nil && len(t.Message.Files) == 0 && len(t.Text) < 4*minText {
		j.before, j.wish = last.Text, t.Text
		if len(asked.Files) == 0 { // it was made from key words
			source.Text = asked.Text
		} else {
			source.Text = ""
		}
	}
	set, err := s.material.Gather(ctx, source, material.Want{Text: minText})
	if err != nil {
		return j, err
	}
	j.set = set
	if j.before == "" && len(set.Files) > 0 && set.Files[0].Name != "" {
		j.wish = strings.TrimSpace(t.Text)
	}
	return j, nil
}

// lastNote returns the note that the conversation ends with, and the message that
// its material came with.
func lastNote(t bots.Task) (note, asked *bots.Turn) {
	n := len(t.History)
	if n == 0 || !t.History[n-1].Bot || t.History[n-1].Skill != "note" {
		return nil, nil
	}
	for i := n - 2; i >= 0; i-- {
		if h := &t.History[i]; !h.Bot && (len(h.Files) > 0 || len(h.Text) >= 4*minText || i == 0) {
			return &t.History[n-1], h
		}
	}
	return nil, nil
}

var textNothing = bots.Text{
	DE: "Wovon soll der Vermerk handeln? Schicken Sie mir eine Datei, oder schreiben Sie Stichworte hinter den Befehl: Anlass, Beteiligte, Ergebnis, nächste Schritte.",
	EN: "What shall the note be about? Send me a file, or write key words after the command: occasion, those involved, result, next steps.",
}
