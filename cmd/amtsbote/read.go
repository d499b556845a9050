package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"amtsbote/skills/document"
)

type readCmd struct {
	Files    []string `arg:"" name:"file" help:"Documents to read; - is standard input."`
	JSON     bool     `help:"Print one JSON object a file: name, type, pages with n and text, parts, warnings, partial."`
	Language string   `enum:"de,en" default:"de" help:"Language of reasons and warnings: de or en."`
}

// Run prints the text of documents. It goes on after one that it cannot read or
// that is not there.
func (c *readCmd) Run(e *env) error {
	docs, err := newReader(document.Config{}, e.logger(true), 0)
	if err != nil {
		return err
	}
	defer docs.Close()
	failed := false
	var missing []error
	for _, path := range c.Files {
		doc, err := readFile(e, docs, path)
		if c.JSON {
			if doc.Name == "" {
				doc.Name = filepath.Base(path)
			}
			if err := json.NewEncoder(e.stdout).Encode(jsonDocument(doc, err, c.Language)); err != nil {
				return err
			}
		} else if err == nil {
			printDocument(e.stdout, doc, c.Language)
		}
		if err != nil {
			u, ok := errors.AsType[*document.Unreadable](err)
			if !ok {
				missing = append(missing, fmt.Errorf("%s: %w", path, err))
				continue
			}
			failed = true
			fmt.Fprintf(e.stderr, "%s: %s\n", path, in(u.Reason.Text, c.Language))
		}
		for _, w := range doc.Warnings {
			fmt.Fprintf(e.stderr, "%s: %s\n", path, in(w.Text, c.Language))
		}
	}
	if len(missing) > 0 {
		return errors.Join(missing...)
	}
	if failed {
		return exit{code: exitUnreadable}
	}
	return nil
}

// readFile reads a file in the child process. A file of which every page and part
// is unread (an archive of locked files, a scan without text recognition) counts
// as unreadable for the first of their reasons.
func readFile(e *env, docs *document.Reader, path string) (document.Document, error) {
	r, err := openFile(e, path)
	if err != nil {
		return document.Document{}, err
	}
	defer r.Close()
	doc, err := docs.Read(e.ctx, filepath.Base(path), r)
	if why := unread(doc); err == nil && why != nil {
		err = &document.Unreadable{Reason: *why}
	}
	return doc, err
}

// unread returns why nothing of a document was read, or nil if something was or
// there is nothing in it.
func unread(d document.Document) (why *document.Reason) {
	note := func(r *document.Reason) {
		if why == nil {
			why = r
		}
	}
	for _, p := range d.Pages {
		if p.Unread == nil && strings.TrimSpace(p.Text) != "" {
			return nil
		}
		note(p.Unread)
	}
	for _, p := range d.Parts {
		if p.Doc == nil {
			note(p.Reason)
			continue
		}
		inner := unread(*p.Doc)
		if inner == nil {
			return nil
		}
		note(inner)
	}
	return why
}

// openFile opens a file, or standard input for "-".
func openFile(e *env, path string) (io.ReadCloser, error) {
	if path == "-" {
		return io.NopCloser(e.stdin), nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err == nil && info.IsDir() {
		f.Close()
		return nil, fmt.Errorf("%s is a folder", path)
	}
	return f, nil
}

func in(t document.Text, language string) string {
	if language == "en" {
		return t.EN
	}
	return t.DE
}

// printDocument prints the text for people: pages are parted by a form feed, as
// pdftotext does it; parts follow under their names.
func printDocument(w io.Writer, d document.Document, language string) {
	for i, p := range d.Pages {
		if i > 0 {
			fmt.Fprint(w, "\f")
		}
		if p.Unread != nil {
			fmt.Fprintf(w, "[%d: %s]\n", p.N, in(p.Unread.Text, language))
			continue
		}
		fmt.Fprintln(w, p.Text)
	}
	for _, p := range d.Parts {
		fmt.Fprintf(w, "\n== %s ==\n", p.Name)
		switch {
		case p.Doc != nil:
			printDocument(w, *p.Doc, language)
		case p.Reason != nil:
			fmt.Fprintf(w, "[%s]\n", in(p.Reason.Text, language))
		}
	}
}

// docJSON is the form of read --json.
type docJSON struct {
	Name     string     `json:"name"`
	Type     string     `json:"type,omitempty"`
	Pages    []pageJSON `json:"pages"`
	Parts    []docJSON  `json:"parts,omitempty"`
	Warnings []string   `json:"warnings"`
	Partial  bool       `json:"partial"`
	Reason   string     `json:"reason,omitempty"` // why it is unread
	Code     string     `json:"code,omitempty"`   // of the reason
}

type pageJSON struct {
	N      int    `json:"n"`
	Name   string `json:"name,omitempty"`
	Text   string `json:"text"`
	OCR    bool   `json:"ocr,omitempty"`
	Reason string `json:"reason,omitempty"` // why the page is unread
}

func jsonDocument(d document.Document, err error, language string) docJSON {
	j := docJSON{Name: d.Name, Type: d.Type, Pages: []pageJSON{}, Warnings: []string{}, Partial: d.Partial}
	if u, ok := errors.AsType[*document.Unreadable](err); ok {
		j.Reason, j.Code = in(u.Reason.Text, language), string(u.Code)
	} else if err != nil {
		j.Reason = err.Error()
	}
	for _, p := range d.Pages {
		page := pageJSON{N: p.N, Name: p.Name, Text: p.Text, OCR: p.OCR}
		if p.Unread != nil {
			page.Reason = in(p.Unread.Text, language)
		}
		j.Pages = append(j.Pages, page)
	}
	for _, w := range d.Warnings {
		j.Warnings = append(j.Warnings, in(w.Text, language))
	}
	for _, p := range d.Parts {
		part := docJSON{Name: p.Name, Type: p.Type, Pages: []pageJSON{}, Warnings: []string{}}
		if p.Doc != nil {
			part = jsonDocument(*p.Doc, nil, language)
			part.Name = p.Name
		} else if p.Reason != nil {
			part.Reason, part.Code = in(p.Reason.Text, language), string(p.Reason.Code)
		}
		j.Parts = append(j.Parts, part)
	}
	return j
}
