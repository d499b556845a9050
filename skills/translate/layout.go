package translate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/material"
	"amtsbote/skills/office"
)

// A Rewriter writes a document anew with other words; [document.Reader] is one.
type Rewriter interface {
	Segments(ctx context.Context, name string, content io.Reader) ([]string, error)
	Rewrite(ctx context.Context, name string, content io.Reader, w document.Rewrite) ([]byte, error)
}

// layouts are the media types that come back as what they were, with their ending.
var layouts = map[string]string{office.TypeDOCX: ".docx", office.TypeODT: ".odt"}

// maxContent is how many bytes a file has that is written anew: what comes out may
// have bots.MaxFile, and is not much smaller.
const maxContent = 4 * bots.MaxFile

// inLayout translates a file in its own layout. The result is empty where that
// cannot be: then what was read of the file is translated as any other.
func (j job) inLayout(ctx context.Context, f bots.File, set material.Set, id string) (made, error) {
	content, err := j.content(ctx, f)
	if err != nil || content == nil {
		return made{}, err
	}
	name, shown := set.Files[0].Name, bots.Literal(set.Files[0].Name)
	segs, err := j.layout.Segments(ctx, name, bytes.NewReader(content))
	if _, unreadable := errors.AsType[*document.Unreadable](err); unreadable || err == nil && len(segs) == 0 {
		return made{}, nil
	}
	if err != nil {
		return made{}, fmt.Errorf("translate: %w", err)
	}
	text := bare(strings.Join(segs, "\n\n"))
	if len(text) > maxText {
		return made{text: about(shown, textTooLong)}, nil
	}
	from, to, say := j.direction(text)
	if !say.IsZero() {
		return made{text: about(shown, say)}, nil
	}
	w := j.work(from, to, id)
	all, err := w.translate(ctx, segs)
	if err != nil {
		return made{}, err
	}
	data, err := j.rewrite(ctx, name, content, all, w)
	if err != nil || data == nil {
		return made{}, err
	}
	ext := layouts[set.Files[0].Doc.Type]
	file := bots.File{Name: newName(name, to, ext), Type: set.Files[0].Doc.Type, Size: int64(len(data)), Data: data}
	return made{text: said(shown, bots.Literal(file.Name), from, to, all, textLayout(all, len(set.Files) > 1)), made: &file, results: all, notice: w.notice}, nil
}

// content returns what is in a file, nil if it is too much.
func (j job) content(ctx context.Context, f bots.File) ([]byte, error) {
	r, err := j.t.Open(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("translate: open file: %w", err)
	}
	defer func() { _ = r.Close() }() // only read
	content, err := io.ReadAll(io.LimitReader(r, maxContent+1))
	if err != nil {
		return nil, fmt.Errorf("translate: read file: %w", err)
	}
	if len(content) > maxContent {
		return nil, nil
	}
	return content, nil
}

// rewrite writes the file and reads it back: it goes out only if each paragraph
// says what it is to say. nil: it does not, or cannot be written.
func (j job) rewrite(ctx context.Context, name string, content []byte, all []result, w *work) ([]byte, error) {
	texts := make([]string, len(all))
	for i, r := range all {
		texts[i] = marked(r, r.Text)
	}
	line := disclaimer(w.from, w.to).In(j.t.Language)
	ai := w.notice.Line().In(j.t.Language)
	data, err := j.layout.Rewrite(ctx, name, bytes.NewReader(content), document.Rewrite{
		Texts: texts, Language: w.to, Last: line + " " + ai,
		Properties: map[string]string{"AIGenerated": "true", "AIModel": w.notice.Model, "AIPlace": w.notice.Place, "AISkill": "translate " + j.instructions.Version(), "AINotice": ai},
	})
	if _, unreadable := errors.AsType[*document.Unreadable](err); unreadable {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("translate: %w", err)
	}
	back, err := j.layout.Segments(ctx, path.Base(name), bytes.NewReader(data))
	if _, unreadable := errors.AsType[*document.Unreadable](err); unreadable {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("translate: %w", err)
	}
	if !sameWords(texts, back, line+" "+ai) {
		return nil, nil
	}
	return data, nil
}

// sameWords reports whether a file that was read back has all texts, and the last
// paragraph somewhere: headers and footnotes stand behind it.
func sameWords(texts, back []string, last string) bool {
	if len(back) != len(texts)+1 {
		return false
	}
	plain := func(s string) string { return strings.Join(strings.Fields(bare(s)), " ") }
	k := 0
	for _, b := range back {
		switch {
		case k < len(texts) && plain(b) == plain(texts[k]):
			k++
		case plain(b) == plain(last):
			last = "\x00"
		default:
			return false
		}
	}
	return k == len(texts)
}
