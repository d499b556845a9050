package catchup

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

// An attached file came with a message.
type attached struct {
	name  string
	text  string    // on one line; empty: nothing was read
	state bots.Text // "gelesen", "nicht gelesen (…)"
	doc   document.Document
	read  bots.ReadFile
	notes []bots.Text
	told  bool // the built-in engine quotes it
}

// files reads the files of the messages, if they are few and small, and hangs them
// to their lines. Of each it is said whether it was read.
func (s *Skill) files(ctx context.Context, t bots.Task, k *talk) ([]*attached, error) {
	type sent struct {
		line int
		file bots.File
	}
	var list []sent
	for i := range k.all {
		for _, f := range k.all[i].Files {
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
	var all []*attached
	for i, f := range list {
		var read []*attached
		var err error
		switch {
		case take[i]:
			t.Tell(bots.Progress{Done: i, Total: len(list), Text: bots.Text{DE: "Datei wird gelesen", EN: "Reading file"}})
			read, err = s.open(ctx, t, f.file)
		case f.file.Size > maxFileSize:
			read = unread(f.file.Name, bots.Text{DE: fmt.Sprintf("größer als %d MB", maxFileSize>>20), EN: fmt.Sprintf("larger than %d MB", maxFileSize>>20)})
		default:
			read = unread(f.file.Name, bots.Text{DE: fmt.Sprintf("mehr als %d Dateien", maxFiles), EN: fmt.Sprintf("more than %d files", maxFiles)})
		}
		if err != nil {
			return nil, err
		}
		k.all[f.line].files = append(k.all[f.line].files, read...)
		all = append(all, read...)
	}
	return all, nil
}

// open reads one file, and those inside it. What cannot be fetched is no reason to
// answer nothing.
func (s *Skill) open(ctx context.Context, t bots.Task, f bots.File) ([]*attached, error) {
	gone := bots.Text{DE: "konnte nicht abgerufen werden", EN: "could not be fetched"}
	r, err := t.Open(ctx, f)
	if err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("catchup: open file: %w", err)
		}
		if refused, ok := errors.AsType[*bots.Refusal](err); ok && !refused.Text.IsZero() {
			gone = bots.Text{DE: strings.TrimRight(refused.Text.DE, "."), EN: strings.TrimRight(refused.Text.EN, ".")}
		}
		return unread(f.Name, gone), nil
	}
	defer func() { _ = r.Close() }() // only read
	doc, err := s.read(ctx, f.Name, r)
	if u, ok := errors.AsType[*document.Unreadable](err); ok {
		return unread(f.Name, bots.Text(u.Reason.Text)), nil
	}
	if err != nil {
		return nil, fmt.Errorf("catchup: read file: %w", err)
	}
	all := document.Files(document.File{Name: doc.Name, Doc: doc})
	document.Rename(all)
	var read []*attached
	for _, f := range all {
		read = append(read, used(f, t))
	}
	return read, nil
}

func unread(name string, why bots.Text) []*attached {
	return []*attached{{name: name, state: bots.Text{DE: "nicht gelesen (" + why.DE + ")", EN: "not read (" + why.EN + ")"},
		read: bots.ReadFile{Name: name, Reason: why}}}
}

// used takes what is used of a file that was read.
func used(f document.File, t bots.Task) *attached {
	r := f.Reading()
	a := &attached{name: f.Name, read: bots.ReadFile{Name: f.Name, Type: f.Doc.Type, Read: r.Read, Pages: len(r.Pages), OCR: r.OCR, Reason: bots.Text(r.Reason)}}
	for _, n := range document.Notes([]document.File{f}) {
		a.notes = append(a.notes, bots.Text{DE: f.Name + ": " + n.DE, EN: f.Name + ": " + n.EN})
	}
	a.state = bots.Text(f.Covered(r.Pages, false))
	if !r.Read {
		return a
	}
	a.doc = f.Doc.Headed(t.Now.Location())
	var pages []int
	cut := false
	for _, p := range a.doc.Pages {
		text := oneLine(p.Text)
		if text == "" || cut {
			cut = cut || text != ""
			continue
		}
		if len(a.text)+len(text) > maxFileText {
			text, cut = first(text, max(maxFileText-len(a.text), 0)), true
		}
		a.text = strings.TrimSpace(a.text + " " + text)
		pages = append(pages, p.N)
	}
	switch {
	case cut:
		a.state = bots.Text(f.Covered(pages, true))
	case r.Reason.DE == "":
		a.state = bots.Text{DE: "gelesen", EN: "read"}
	}
	return a
}

// oneLine puts the text of a page on one line, with " / " between its own.
func oneLine(page string) string {
	var lines []string
	for l := range strings.SplitSeq(strings.Map(visible, page), "\n") {
		if l = strings.Join(strings.Fields(l), " "); l != "" {
			lines = append(lines, l)
		}
	}
	return strings.Join(lines, " / ")
}
