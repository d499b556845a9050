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
	all, err := j.gather(ctx, src)
	if err != nil {
		return bots.Answer{}, err
	}
	var set material.Set
	for _, one := range all {
		set.Files = append(set.Files, one.Files...)
	}
	if !set.Readable() {
		return bots.Answer{}, &bots.Refusal{Text: set.Nothing()}
	}
	a := bots.Answer{Read: set.Read(true), Warnings: set.Warnings(true), Notice: bots.Notice{Said: true}}
	var de, en []string
	var whole []result
	for i, one := range all {
		list, err := j.sent(ctx, src.files[i], one, src.id)
		if err != nil {
			return bots.Answer{}, err
		}
		for _, m := range list {
			de, en = append(de, m.text.DE), append(en, m.text.EN)
			whole = append(whole, m.results...)
			if m.made != nil {
				a.Files, a.Notice = append(a.Files, *m.made), m.notice
			}
		}
	}
	if warn := warning(whole); !warn.IsZero() {
		a.Warnings = append(a.Warnings, warn)
	}
	a.Text = bots.Text{DE: strings.Join(de, "\n\n"), EN: strings.Join(en, "\n\n")}
	return a, nil
}

// gather reads each of the files that were sent, with the files inside it.
func (j job) gather(ctx context.Context, src source) (all []material.Set, err error) {
	t := j.t
	t.History = nil
	lists := [][]bots.File{src.files} // too many: the reader says so
	if len(src.files) <= maxFiles {
		lists = nil
		for _, f := range src.files {
			lists = append(lists, []bots.File{f})
		}
	}
	for _, list := range lists {
		t.Message.Files = list
		set, err := j.material.Gather(ctx, t, material.Want{Files: maxFiles})
		if err != nil {
			return nil, err
		}
		all = append(all, set)
	}
	return all, nil
}

// sent translates one of the files that were sent: in its layout, or what was read of
// it and of the files inside.
func (j job) sent(ctx context.Context, f bots.File, set material.Set, id string) (list []made, err error) {
	if j.layout != nil && len(set.Files) > 0 && set.Files[0].Err == nil && layouts[set.Files[0].Doc.Type] != "" {
		m, err := j.inLayout(ctx, f, set, id)
		if err != nil || !m.text.IsZero() {
			return []made{m}, err
		}
	}
	for _, f := range set.Files {
		if strings.TrimSpace(f.Doc.Text()) == "" {
			continue
		}
		m, err := j.file(ctx, f, id)
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
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
