package document

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A File is a file of a question, or one inside another, read or not.
type File struct {
	Name   string // see Name
	Doc    Document
	Err    *Unreadable // why nothing of it was read
	Origin string      // whatever the caller wants to find again, such as the message it came with
}

// Files returns a file and the files inside it, each as one of its own. An
// archive is only what is in it; pictures in the text of a mail are left out.
func Files(f File) []File {
	all := []File{f}
	if f.Err == nil && f.Doc.Mail == nil && strings.TrimSpace(f.Doc.Text()) == "" && len(f.Doc.Parts) > 0 {
		all = nil
	}
	for _, p := range f.Doc.Parts {
		switch {
		case p.Inline:
		case p.Doc != nil:
			all = append(all, Files(File{Name: p.Name, Doc: *p.Doc, Origin: f.Origin})...)
		case p.Reason != nil:
			all = append(all, File{Name: p.Name, Err: &Unreadable{Reason: *p.Reason}, Origin: f.Origin})
		}
	}
	return all
}

// Rename gives every file a name that no other has, so that a reference says which
// of two scans is meant, and without the signs that references and marks are made of.
func Rename(all []File) {
	seen := map[string]bool{}
	for i := range all {
		name := strings.Join(strings.Fields(strings.Map(func(r rune) rune {
			switch {
			case strings.ContainsRune("<>()[]", r):
				return -1
			case r < ' ':
				return ' '
			}
			return r
		}, all[i].Name)), " ")
		if name == "" {
			name = "Datei"
		}
		unique := name
		for n := 2; seen[unique]; n++ {
			unique = fmt.Sprintf("%s Nr. %d", name, n)
		}
		seen[unique], all[i].Name = true, unique
	}
}

// Notes returns the warnings of files; of several files each names its own.
func Notes(files []File) (all []Text) {
	for _, f := range files {
		for _, w := range f.Doc.Warnings {
			t := w.Text
			if len(files) > 1 {
				t = Text{DE: f.Name + ": " + t.DE, EN: f.Name + ": " + t.EN}
			}
			all = append(all, t)
		}
	}
	return all
}

// A Reading says how far a file was read.
type Reading struct {
	Read   bool
	Pages  []int // that were read, in order
	OCR    bool  // text recognition was used: mistakes are possible
	Reason Text  // why it was not read, or what of it was not; empty if all was
}

// Reading says how far a file was read.
func (f File) Reading() Reading {
	if f.Err != nil {
		return Reading{Reason: f.Err.Text}
	}
	var r Reading
	for _, p := range f.Doc.Pages {
		if p.Unread == nil {
			r.Pages = append(r.Pages, p.N)
		} else if r.Reason.DE == "" {
			r.Reason = p.Unread.Text
		}
		r.OCR = r.OCR || p.OCR
	}
	r.Read = len(r.Pages) > 0 || len(f.Doc.Pages) == 0
	if f.Doc.Partial && r.Reason.DE == "" {
		r.Reason = Text{DE: "nicht vollständig lesbar", EN: "not fully readable"}
	}
	return r
}

// Covered says how much of a file was used: these of its pages, or of some of
// them only parts.
func (f File) Covered(pages []int, parts bool) Text {
	r := f.Reading()
	if !r.Read {
		return Text{DE: "nicht gelesen (" + r.Reason.DE + ")", EN: "not read (" + r.Reason.EN + ")"}
	}
	t, total := Text{}, len(f.Doc.Pages)
	switch {
	case len(pages) == 0 && total > 0:
		t = Text{DE: "nicht", EN: "not"}
	case total <= 1 && parts:
		t = Text{DE: "in Auszügen", EN: "in parts"}
	case total <= 1 && f.Doc.Partial:
		t = Text{DE: "so weit lesbar", EN: "as far as readable"}
	case total <= 1:
		t = Text{DE: "ganz", EN: "all"}
	case len(pages) < total:
		t = Text{DE: fmt.Sprintf("S. %s von %d", runs(pages), total), EN: fmt.Sprintf("p. %s of %d", runs(pages), total)}
	case total == 2:
		t = Text{DE: "beide Seiten", EN: "both pages"}
	default:
		t = Text{DE: fmt.Sprintf("alle %d Seiten", total), EN: fmt.Sprintf("all %d pages", total)}
	}
	add := func(de, en string) { t.DE, t.EN = t.DE+de, t.EN+en }
	if parts && total > 1 {
		add(" in Auszügen", " in parts")
	}
	switch missing := missing(f.Doc, r.Pages); {
	case len(missing) > 0:
		add(fmt.Sprintf(", nicht lesbar S. %s (%s)", runs(missing), r.Reason.DE), fmt.Sprintf(", not readable p. %s (%s)", runs(missing), r.Reason.EN))
	case f.Doc.Partial && total > 1:
		add(", nicht vollständig lesbar", ", not fully readable")
	}
	if r.OCR {
		add(", mit Texterkennung (Lesefehler möglich)", ", by text recognition (mistakes possible)")
	}
	return t
}

func missing(d Document, read []int) (all []int) {
	for _, p := range d.Pages {
		if !slices.Contains(read, p.N) {
			all = append(all, p.N)
		}
	}
	return all
}

// maxRuns is how many runs of pages are listed.
const maxRuns = 12

// runs joins page numbers, runs as "3–7".
func runs(pages []int) string {
	var parts []string
	for i := 0; i < len(pages); {
		j := i
		for j+1 < len(pages) && pages[j+1] == pages[j]+1 {
			j++
		}
		part := fmt.Sprint(pages[i])
		if j > i {
			part = fmt.Sprintf("%d–%d", pages[i], pages[j])
		}
		if len(parts) == maxRuns {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, ", ")
}

// Headed returns the document with the head of a mail before its text, as one
// prints a mail. Another document is returned as it is.
func (d Document) Headed(zone *time.Location) Document {
	if d.Mail == nil {
		return d
	}
	var lines []string
	if !d.Mail.Date.IsZero() {
		lines = append(lines, "E-Mail gesendet: "+d.Mail.Date.In(zone).Format("02.01.2006, 15:04 Uhr"))
	}
	for _, who := range []struct {
		field string
		list  []Address
	}{{"Absender der E-Mail: ", d.Mail.From}, {"Empfänger der E-Mail: ", d.Mail.To}, {"Kopie der E-Mail: ", d.Mail.Cc}} {
		if len(who.list) > 0 {
			lines = append(lines, who.field+addresses(who.list))
		}
	}
	if d.Mail.Subject != "" {
		lines = append(lines, "Betreff der E-Mail: "+d.Mail.Subject)
	}
	// Each line is a paragraph and names the mail, so that a search for words finds it.
	head := strings.Join(lines, "\n\n")
	pages := slices.Clone(d.Pages)
	if len(pages) == 0 {
		pages = []Page{{N: 1}}
	}
	pages[0].Text = strings.TrimSpace(head + "\n\n" + pages[0].Text)
	d.Pages = pages
	return d
}

// maxListed is how many addresses of a field are named.
const maxListed = 10

func addresses(list []Address) string {
	var all []string
	for _, a := range list[:min(len(list), maxListed)] {
		switch {
		case a.Name == "":
			all = append(all, a.Email)
		case a.Email == "":
			all = append(all, a.Name)
		default:
			all = append(all, a.Name+" ("+a.Email+")")
		}
	}
	if len(list) > maxListed {
		all = append(all, "…")
	}
	return strings.Join(all, ", ")
}
