// Package export is the skill that gives the last answer, the last draft or a whole
// conversation as a file: DOCX, ODT or PDF, to edit, to send on, to put on file.
//
// It needs no model and reads nothing but the conversation. What it is asked for it
// takes from a closed list of words (wish.go): "als PDF bitte" after any skill's
// answer is for it, "Fass die PDF zusammen" and "Schreib einen Brief als Word-Datei"
// are not. So it can be asked before all others ([bots.Info.Last]) without taking
// anything from them.
//
// A draft is given as the letter that it is, its gaps visible; the mail that it
// answers is left out. Each file says below, and in its properties, what made it; the
// notice of a draft says that it is one. A conversation for the record says who wrote
// when, which model with which instructions answered, and which files and sources
// there were (record.go).
//
// Its own answer is a fixed text ([bots.Notice.Plain]), which the core does not add to
// the conversation: "kürzer" after "als PDF" still speaks of what was exported.
package export

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/office"
)

// version of what files look like.
const version = "1"

// Skill is a bots.Skill.
type Skill struct{}

// New returns the skill.
func New() *Skill { return &Skill{} }

// Info implements bots.Skill.
func (*Skill) Info() bots.Info {
	return bots.Info{
		Name: "export", Version: version,
		Commands: []string{"export", "exportieren", "pdf", "word", "docx", "odt", "akte"},
		Words:    words,
		Last:     true,
		Help: bots.Text{DE: "gibt die letzte Antwort, den letzten Entwurf oder das ganze Gespräch als Word-, ODT- oder PDF-Datei",
			EN: "gives the last answer, the last draft or the whole conversation as a Word, ODT or PDF file"},
		Examples: []bots.Text{{DE: "Nach einer Antwort: „Als PDF bitte“, „Den Entwurf als Word-Datei“ oder „Das ganze Gespräch für die Akte“.",
			EN: "After an answer: “As a PDF please”, “The draft as a Word file” or “The whole conversation for the record”."}},
	}
}

// decides reports whether the last answer was a proposal what to redact. "Als PDF"
// is then for that skill: a file of the proposal would show what is to be hidden.
func decides(history []bots.Turn) bool {
	for _, turn := range slices.Backward(history) {
		if turn.Bot {
			return turn.Skill == "redact"
		}
	}
	return false
}

// Do implements bots.Skill.
func (*Skill) Do(ctx context.Context, t bots.Task) (bots.Answer, error) {
	w, ok := parse(t.Command, t.Text)
	switch {
	case !ok:
		return bots.Answer{}, bots.ErrPass
	case t.Command == "" && t.Message.Letter() && lastTurn(t.History, w) < 0:
		return bots.Answer{}, bots.ErrPass // a letter that has just been forwarded is to be answered
	case t.Command == "" && !t.Message.Letter() && len(t.Message.Files) > 0:
		return bots.Answer{}, bots.ErrPass // speaks of the file that came with it
	case t.Command == "" && !w.all && decides(t.History):
		return bots.Answer{}, bots.ErrPass // says in which format to release what was redacted
	}
	i := lastTurn(t.History, w)
	if i < 0 {
		return bots.Answer{}, &bots.Refusal{Text: textNothing}
	}
	var d draftOrAnswer
	if w.all {
		d = record(t)
	} else {
		d = single(t, i, w)
	}
	a := bots.Answer{Notice: bots.Notice{Plain: true}, Warnings: d.warnings}
	var made []string
	for _, format := range w.formats {
		if err := ctx.Err(); err != nil {
			return bots.Answer{}, err
		}
		f, err := file(d, format, &a)
		if err != nil {
			return bots.Answer{}, err
		}
		if !slices.Contains(made, f.Name) { // a PDF that cannot be is a DOCX
			a.Files, made = append(a.Files, f), append(made, f.Name)
		}
	}
	a.Text = done(d, len(a.Files))
	return a, nil
}

// lastTurn returns the newest of the bot's turns that has what is wanted, else the
// newest that has anything, or -1.
func lastTurn(history []bots.Turn, w wish) int {
	last := -1
	for i, h := range slices.Backward(history) {
		said := strings.TrimSpace(h.Text) != ""
		switch {
		case !h.Bot || !said && len(h.Drafts) == 0:
		case w.what == anything, w.what == draft && len(h.Drafts) > 0, w.what == text && said:
			return i
		default:
			last = max(last, i)
		}
	}
	return last
}

// A format is a kind of file.
type format struct {
	ext, media string
	name       bots.Text
	write      func(*bytes.Buffer, office.Document) ([]rune, error)
}

var (
	docx = format{"docx", office.TypeDOCX, bots.Text{DE: "Word-Datei", EN: "Word file"},
		func(b *bytes.Buffer, d office.Document) ([]rune, error) { return nil, office.DOCX(b, d) }}
	odt = format{"odt", office.TypeODT, bots.Text{DE: "ODT-Datei", EN: "ODT file"},
		func(b *bytes.Buffer, d office.Document) ([]rune, error) { return nil, office.ODT(b, d) }}
	pdf = format{"pdf", office.TypePDF, bots.Text{DE: "PDF", EN: "PDF"},
		func(b *bytes.Buffer, d office.Document) ([]rune, error) { return office.PDF(b, d) }}
)

// file writes a document. What no PDF can be is written as DOCX, and the person told why.
func file(d draftOrAnswer, f format, a *bots.Answer) (bots.File, error) {
	var b bytes.Buffer
	boxed, err := f.write(&b, d.doc)
	if u, ok := errors.AsType[*office.UnwritableError](err); ok {
		a.Warnings = append(a.Warnings, textLetters(u.Letters))
		return file(d, docx, a)
	}
	if errors.Is(err, office.ErrTooLong) {
		a.Warnings = append(a.Warnings, textPages)
		return file(d, docx, a)
	}
	if err != nil {
		return bots.File{}, fmt.Errorf("export: %w", err)
	}
	if len(boxed) > 0 {
		a.Warnings = append(a.Warnings, textBoxed(boxed))
	}
	return bots.File{Name: bots.CleanName(d.name + "." + f.ext), Type: f.media, Size: int64(b.Len()), Data: b.Bytes()}, nil
}
