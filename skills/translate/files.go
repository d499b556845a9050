package translate

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/material"
	"amtsbote/skills/office"
)

// maxFiles is how many files are translated at once.
const maxFiles = 10

// files translates files, each into a new file.
func (j job) files(ctx context.Context, src source) (bots.Answer, error) {
	t := j.t
	t.Message.Files, t.History = src.files, nil
	set, err := j.material.Gather(ctx, t, material.Want{Files: maxFiles})
	if err != nil {
		return bots.Answer{}, err
	}
	if !set.Readable() {
		return bots.Answer{}, &bots.Refusal{Text: set.Nothing()}
	}
	a := bots.Answer{Read: set.Read(true), Warnings: set.Warnings(true)}
	var de, en []string
	say := func(t bots.Text) { de, en = append(de, t.DE), append(en, t.EN) }
	var whole []result
	for _, f := range set.Files {
		if strings.TrimSpace(f.Doc.Text()) == "" {
			continue
		}
		one, err := j.file(ctx, f, src.id)
		if err != nil {
			return bots.Answer{}, err
		}
		say(one.text)
		whole = append(whole, one.results...)
		if one.notice.Model != "" {
			a.Notice = one.notice
		}
		if one.made != nil {
			a.Files = append(a.Files, *one.made)
		}
	}
	if len(a.Files) == 0 {
		a.Notice = bots.Notice{Said: true}
	}
	if warn := warning(whole); !warn.IsZero() {
		a.Warnings = append(a.Warnings, warn)
	}
	a.Text = bots.Text{DE: strings.Join(de, "\n\n"), EN: strings.Join(en, "\n\n")}
	return a, nil
}

// A made file, or why there is none.
type made struct {
	text    bots.Text
	made    *bots.File
	results []result
	notice  bots.Notice
}

// file translates what was read of one file into a new DOCX.
func (j job) file(ctx context.Context, f document.File, id string) (made, error) {
	text := plainText(f.Doc.Headed(j.t.Now.Location()))
	shown := bots.Literal(f.Name)
	if len(text) > maxText {
		return made{text: about(shown, textTooLong)}, nil
	}
	from, to, say := j.direction(f.Doc.Text())
	if !say.IsZero() {
		return made{text: about(shown, say)}, nil
	}
	w := j.work(from, to, id)
	all, err := w.translate(ctx, segments(text))
	if err != nil {
		return made{}, err
	}
	file, err := j.docx(f.Name, all, w)
	if err != nil {
		return made{}, err
	}
	return made{text: said(shown, bots.Literal(file.Name), from, to, all, textNewFile), made: &file, results: all, notice: w.notice}, nil
}

// plainText returns the pages of a document as one text.
func plainText(d document.Document) string {
	var all []string
	for _, p := range d.Pages {
		if p.Text != "" {
			all = append(all, p.Text)
		}
	}
	return strings.Join(all, "\n\n")
}

// docx writes a translation as a new file.
func (j job) docx(name string, all []result, w *work) (bots.File, error) {
	var paragraphs []string
	for _, r := range all {
		paragraphs = append(paragraphs, marked(r, strings.ReplaceAll(r.Text, "**", "")))
	}
	blocks := office.FromPlain(strings.Join(paragraphs, "\n\n"))
	line := disclaimer(w.from, w.to)
	blocks = append(blocks, office.Block{Kind: office.Rule}, office.Block{Spans: office.Text(line.In(j.t.Language)), Small: true})
	base := strings.TrimSuffix(name, path.Ext(name))
	d := office.Document{Title: base + " (" + nameOf(w.to).In(j.t.Language) + ")", Authority: j.t.Bot.Authority, Language: w.to, Created: j.t.Now, Blocks: blocks,
		Mark: office.Mark{Model: w.notice.Model, Place: w.notice.Place, Skill: "translate " + j.instructions.Version(), Mixed: true, Line: w.notice.Line().In(j.t.Language)}}
	var b bytes.Buffer
	if err := office.DOCX(&b, d); err != nil {
		return bots.File{}, fmt.Errorf("translate: %w", err)
	}
	return bots.File{Name: newName(name, w.to, ".docx"), Type: office.TypeDOCX, Size: int64(b.Len()), Data: b.Bytes()}, nil
}

// newName returns the name of a translated file: "Bescheid-tr.docx".
func newName(name, to, ext string) string {
	base := strings.TrimSuffix(name, path.Ext(name))
	if base == "" {
		base = "Text"
	}
	return bots.CleanName(base + "-" + to + ext)
}
