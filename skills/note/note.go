// Package note is the skill that writes a Vermerk: the note for the file that says
// what a document, a text, or a thread or stretch of time of a room is about, what
// the facts are, what is thought of them and what comes next.
//
// Head and headings are set by the program, the same each time (head.go). What
// stands under them a model writes, from the material alone and with its places
// (model.go); without one the built-in engine quotes the facts and leaves gaps
// (rules.go). An assessment is a person's to make: unless the material or the
// person says one, there is a gap **[bitte ergänzen: …]**.
//
// Of a room (room.go) the messages are the material, each with a number that
// becomes its link (marks.go). It is read for the person who asks, and questions
// that watch a person are refused, as package talk has it.
package note

import (
	"context"
	"embed"
	"errors"
	"regexp"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/condense"
	"amtsbote/skills/document"
	"amtsbote/skills/llm"
	"amtsbote/skills/material"
	"amtsbote/skills/talk"
)

// version of the instructions. It goes up with every change of their texts.
const version = "2"

//go:embed instructions/*.txt
var instructions embed.FS

// minText is how many bytes of key words a note can be made from.
const minText = 40

// Skill is a bots.Skill.
type Skill struct {
	read         document.ReadFunc
	material     *material.Reader
	models       llm.Choose
	condense     condense.Condenser
	instructions llm.Instructions
}

// New returns the skill. read reads the files of rooms, r all others.
func New(read document.ReadFunc, r *material.Reader, models llm.Choose, c condense.Condenser, o *llm.Overrides) *Skill {
	return &Skill{read, r, models, c, o.Load("note", version, instructions)}
}

// Info implements bots.Skill.
func (s *Skill) Info() bots.Info {
	return bots.Info{
		Name: "note", Version: s.instructions.Version(),
		Commands: []string{"vermerk", "note", "aktenvermerk"},
		Words: []string{"vermerk", "aktenvermerk", "aktennotiz", "schreib vermerk", "formulier vermerk", "verfasse vermerk", "mach daraus vermerk", "gesprächsnotiz", "gesprächsvermerk", "telefonnotiz", "file note", "note for file",
			"vermerk über", "vermerk zu", "vermerk seit", "fass thread als vermerk", "fasse thread als vermerk", "note about", "note for file about"},
		Follow: []string{"kürzer", "länger", "ausführlich", "ergänz", "bewertung", "weiteres vorgehen", "nächste schritte", "shorter", "longer", "add", "assessment", "next steps"},
		Help: bots.Text{DE: "schreibt einen Vermerk zu einer Datei, einem Thread oder aus Stichworten: Anlass, Sachverhalt, Bewertung, weiteres Vorgehen",
			EN: "writes a note for the file from a document, a thread or key words: occasion, facts, assessment, next steps"},
		Examples: []bots.Text{{DE: "Schicken Sie mir eine Datei und schreiben Sie: „Mach daraus einen Vermerk.“",
			EN: "Send me a file and write: “Make a note for the file of this.”"}},
	}
}

// Do implements bots.Skill.
func (s *Skill) Do(ctx context.Context, t bots.Task) (bots.Answer, error) {
	if t.Tell == nil {
		t.Tell = func(bots.Progress) {}
	}
	j, err := s.gather(ctx, t)
	if err != nil {
		return bots.Answer{}, err
	}
	if j.talk != nil {
		return s.write(ctx, j, j.ofRoom())
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
	return s.write(ctx, j, bots.Answer{Read: j.set.Read(true), Warnings: j.set.Warnings(true)})
}

// write adds to an answer the note and what it covers.
func (s *Skill) write(ctx context.Context, j job, a bots.Answer) (bots.Answer, error) {
	var err error
	if model := s.models.For(j.t.Class); model != nil {
		if err = s.byModel(ctx, j, model, &a); errors.Is(err, llm.ErrPersonal) {
			a.Warnings = append(a.Warnings, llm.TextPersonal)
			err = s.byRules(ctx, j, &a)
		}
	} else {
		err = s.byRules(ctx, j, &a)
	}
	if err != nil {
		return bots.Answer{}, err
	}
	a.Text = material.Covering(a.Text, j.covered(a.Notice.Model == ""))
	return a, nil
}

// A job is one note to write.
type job struct {
	t      bots.Task
	set    material.Set
	talk   *talk.Talk // what was written in a room; nil: the set is meant
	wish   string     // what the person wants of it; empty: nothing in particular
	before string     // the note that is to be changed
}

// covered says what the note is made from. verbatim: by the built-in engine.
func (j job) covered(verbatim bool) bots.Text {
	if j.talk == nil {
		return j.set.Coverage()
	}
	return bots.Text{DE: j.talk.Covered("de", verbatim), EN: j.talk.Covered("en", verbatim)}
}

// gather finds out what the note is about: a room, files, the person's key words,
// or what the note before was about, which is then changed.
func (s *Skill) gather(ctx context.Context, t bots.Task) (job, error) {
	j := job{t: t}
	source := t
	if last, asked := lastNote(t); last != nil && len(t.Message.Files) == 0 && goesOn(t) && (changes(t.Text) || !aboutRoom(t)) {
		j.before, j.wish = last.Text, t.Text
		if len(asked.Files) == 0 { // it was made from key words, or of a room
			source = at(t, asked)
		} else {
			source.Text = ""
		}
	}
	if aboutRoom(source) {
		var err error
		if j.talk, err = s.readRoom(ctx, source); err != nil {
			return j, err
		}
		if j.wish == "" {
			j.wish = strings.TrimSpace(t.Text)
		}
		j.before = j.unlink(j.before)
		return j, nil
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

// begins is how a wish begins that is about the note before, however long it is.
var begins = regexp.MustCompile(`(?i)^\W*(?:(?:bitte|noch|und|please|also)\s+)*(?:ergänz|füg|änder|ersetz|streich|kürz|nimm|lass|korrigier|unter\s|bei\s+(?:der|den)\s|in\s+der\s+bewertung|add\b|change|replace|remove|shorten)`)

// goesOn reports whether a message after a note is about that: what follows a
// command and is long enough is a matter of its own.
func goesOn(t bots.Task) bool {
	if begins.MatchString(t.Text) {
		return true
	}
	return len(t.Text) < minText || t.Command == "" && len(t.Text) < 4*minText
}

// lastNote returns the note that the conversation ends with, and the message that
// its material came with: the one that the first of the notes answered which were
// written in a row, or the last of these with files or with a matter of its own.
func lastNote(t bots.Task) (note, asked *bots.Turn) {
	n := len(t.History)
	for i := n - 1; i > 0 && t.History[i].Bot && t.History[i].Skill == "note" && !t.History[i-1].Bot; i -= 2 {
		note, asked = &t.History[n-1], &t.History[i-1]
		if len(asked.Files) > 0 || len(asked.Text) >= 4*minText && !begins.MatchString(asked.Text) || !changes(asked.Text) && aboutRoom(at(t, asked)) {
			break
		}
	}
	return note, asked
}

// at is a task for a note as it was at an earlier turn.
func at(t bots.Task, h *bots.Turn) bots.Task {
	t.Command, t.Text, t.Message.ID, t.History = "vermerk", h.Text, h.ID, nil
	if !h.Time.IsZero() {
		t.Now = h.Time.In(t.Now.Location())
	}
	return t
}

var textNothing = bots.Text{
	DE: "Wovon soll der Vermerk handeln? Schicken Sie mir eine Datei, oder schreiben Sie Stichworte hinter den Befehl: Anlass, Beteiligte, Ergebnis, nächste Schritte.",
	EN: "What shall the note be about? Send me a file, or write key words after the command: occasion, those involved, result, next steps.",
}
