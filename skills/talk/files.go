package talk

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/document"
)

const (
	maxFiles    = 5        // of a stretch that are read, the newest
	maxFileSize = 5 << 20  // bytes of one that is read
	maxFileText = 24 << 10 // bytes of its text that are used
	maxListed   = 12       // files that are named one by one
)

// A File came with a message, or was inside one that did.
type File struct {
	Name  string
	Text  string    // on one line; empty: nothing was read
	State bots.Text // "gelesen", "nicht gelesen (…)"
	Doc   document.Document
	Read  bots.ReadFile
	Notes []bots.Text // what reading it gave rise to
	Told  bool        // the built-in engine quotes it
}

// Attach reads the files of the messages with read, if they are few and small, and
// hangs them to their lines. Of each it is said whether it was read.
func (k *Talk) Attach(ctx context.Context, t bots.Task, read document.ReadFunc) error {
	type sent struct {
		line int
		file bots.File
	}
	var list []sent
	for i := range k.All {
		for _, f := range k.All[i].Files {
			list = append(list, sent{i, f})
		}
	}
	small := 0
	take := make([]bool, len(list))
	for i := len(list) - 1; i >= 0 && small < maxFiles; i-- {
		if list[i].file.Size <= maxFileSize {
			take[i] = true
			small++
		}
	}
	for i, f := range list {
		var files []*File
		var err error
		switch {
		case take[i]:
			t.Tell(bots.Progress{Done: i, Total: len(list), Text: bots.Text{DE: "Datei wird gelesen", EN: "Reading file"}})
			files, err = open(ctx, t, f.file, read)
		case f.file.Size > maxFileSize:
			files = unread(f.file.Name, bots.Text{DE: fmt.Sprintf("größer als %d MB", maxFileSize>>20), EN: fmt.Sprintf("larger than %d MB", maxFileSize>>20)})
		default:
			files = unread(f.file.Name, bots.Text{DE: fmt.Sprintf("mehr als %d Dateien", maxFiles), EN: fmt.Sprintf("more than %d files", maxFiles)})
		}
		if err != nil {
			return err
		}
		k.All[f.line].Attached = append(k.All[f.line].Attached, files...)
		k.Files = append(k.Files, files...)
	}
	return nil
}

// open reads one file, and those inside it. What cannot be fetched is no reason to
// answer nothing.
func open(ctx context.Context, t bots.Task, f bots.File, read document.ReadFunc) ([]*File, error) {
	gone := bots.Text{DE: "konnte nicht abgerufen werden", EN: "could not be fetched"}
	r, err := t.Open(ctx, f)
	if err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("talk: open file: %w", err)
		}
		if refused, ok := errors.AsType[*bots.Refusal](err); ok && !refused.Text.IsZero() {
			gone = bots.Text{DE: strings.TrimRight(refused.Text.DE, "."), EN: strings.TrimRight(refused.Text.EN, ".")}
		}
		return unread(f.Name, gone), nil
	}
	defer func() { _ = r.Close() }() // only read
	doc, err := read(ctx, f.Name, r)
	if u, ok := errors.AsType[*document.Unreadable](err); ok {
		return unread(f.Name, bots.Text(u.Reason.Text)), nil
	}
	if err != nil {
		return nil, fmt.Errorf("talk: read file: %w", err)
	}
	all := document.Files(document.File{Name: doc.Name, Doc: doc})
	document.Rename(all)
	var files []*File
	for _, f := range all {
		files = append(files, used(f, t))
	}
	return files, nil
}

func unread(name string, why bots.Text) []*File {
	return []*File{{Name: name, State: bots.Text{DE: "nicht gelesen (" + why.DE + ")", EN: "not read (" + why.EN + ")"},
		Read: bots.ReadFile{Name: name, Reason: why}}}
}

// used takes what is used of a file that was read.
func used(f document.File, t bots.Task) *File {
	r := f.Reading()
	a := &File{Name: f.Name, Read: bots.ReadFile{Name: f.Name, Type: f.Doc.Type, Read: r.Read, Pages: len(r.Pages), OCR: r.OCR, Reason: bots.Text(r.Reason)}}
	for _, n := range document.Notes([]document.File{f}) {
		a.Notes = append(a.Notes, bots.Text{DE: f.Name + ": " + n.DE, EN: f.Name + ": " + n.EN})
	}
	a.State = bots.Text(f.Covered(r.Pages, false))
	if !r.Read {
		return a
	}
	a.Doc = f.Doc.Headed(t.Now.Location())
	var pages []int
	cut := false
	for _, p := range a.Doc.Pages {
		text := oneLine(p.Text)
		if text == "" || cut {
			cut = cut || text != ""
			continue
		}
		if len(a.Text)+len(text) > maxFileText {
			text, cut = First(text, max(maxFileText-len(a.Text), 0)), true
		}
		a.Text = strings.TrimSpace(a.Text + " " + text)
		pages = append(pages, p.N)
	}
	switch {
	case cut:
		a.State = bots.Text(f.Covered(pages, true))
	case r.Reason.DE == "":
		a.State = bots.Text{DE: "gelesen", EN: "read"}
	}
	return a
}

// oneLine puts the text of a page on one line, with " / " between its own.
func oneLine(page string) string {
	var lines []string
	for l := range strings.SplitSeq(strings.Map(Visible, page), "\n") {
		if l = strings.Join(strings.Fields(l), " "); l != "" {
			lines = append(lines, l)
		}
	}
	return strings.Join(lines, " / ")
}
