package chat

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/llm"
)

// finish makes the answer of a completion: checked, and with what was looked at.
func finish(c llm.Completion, p llm.Prompt, looked []used, left int, a *bots.Answer) {
	var given []string
	for _, t := range p.Turns {
		given = append(given, t.Text)
	}
	text, links := llm.KeepLinks(c.Text, given...)
	text, sources, wrong := references(text, looked)
	if links {
		a.Warnings = append(a.Warnings, textLink)
	}
	if wrong {
		a.Warnings = append(a.Warnings, textReference)
	}
	if c.Cut {
		a.Warnings = append(a.Warnings, textCut)
	}
	a.Sources = sources
	a.Text = bots.Say(strings.TrimSpace(text))
	if line := coverage(looked, left); !line.IsZero() {
		a.Text = bots.Text{DE: a.Text.DE + "\n\n*" + line.DE + "*", EN: a.Text.EN + "\n\n*" + line.EN + "*"}
	}
	a.Notice = bots.Notice{Model: c.Model, Place: c.Place}
}

// reference is how an answer names a place: "(Bescheid.pdf, S. 3)", "(S. 3, 5)",
// "(Bescheid.pdf)".
var reference = regexp.MustCompile(`\s?\((?:(?:([^()\n]{1,200}?),? )?(?:S\.|p\.|Seite|page) ?(\d{1,5}(?:(?:, S\. |, |,| ?– ?|-| und )\d{1,5})*)|([^()\n]{1,200}))\)`)

var digits = regexp.MustCompile(`\d+`)

// references returns an answer without the references to files and pages that
// the model was not given, and a source for each of the others.
func references(text string, looked []used) (string, []bots.Source, bool) {
	var sources []bots.Source
	wrong := false
	text = reference.ReplaceAllStringFunc(text, func(ref string) string {
		m := reference.FindStringSubmatch(ref)
		name, pages := m[1]+m[3], m[2]
		i := slices.IndexFunc(looked, func(u used) bool { return u.name == name })
		if name == "" && len(looked) == 1 {
			i = 0
		}
		switch {
		case i < 0 && pages == "":
			return ref // something in brackets
		case i < 0:
			wrong = wrong || len(looked) > 0
			if len(looked) == 0 {
				return ref // of a book, perhaps; there are no files to confuse it with
			}
			return ""
		case pages == "":
			sources = cite(sources, looked[i].name, 0)
			return ref
		}
		for _, d := range digits.FindAllString(pages, -1) {
			n, _ := strconv.Atoi(d)
			if !slices.Contains(looked[i].pages, n) {
				wrong = true
				return ""
			}
			sources = cite(sources, looked[i].name, n)
		}
		return ref
	})
	return text, sources, wrong
}

// cite adds a source unless it is there.
func cite(all []bots.Source, name string, page int) []bots.Source {
	for _, s := range all {
		if s.File == name && s.Page == page {
			return all
		}
	}
	return append(all, bots.Source{N: len(all) + 1, File: name, Page: page})
}

// coverage says what of the files was looked at. Empty without files.
func coverage(looked []used, left int) bots.Text {
	var de, en []string
	for _, u := range looked {
		d, e := covered(u)
		de, en = append(de, u.name+" "+d), append(en, u.name+" "+e)
	}
	if len(de) == 0 {
		return bots.Text{}
	}
	t := bots.Text{DE: "Herangezogen: " + strings.Join(de, "; "), EN: "Looked at: " + strings.Join(en, "; ")}
	if left == 1 {
		t.DE, t.EN = t.DE+"; eine ältere Datei nicht", t.EN+"; one older file not"
	} else if left > 1 {
		t.DE, t.EN = fmt.Sprintf("%s; %d ältere Dateien nicht", t.DE, left), fmt.Sprintf("%s; %d older files not", t.EN, left)
	}
	return bots.Text{DE: t.DE + ".", EN: t.EN + "."}
}

func covered(u used) (de, en string) {
	if u.err != nil {
		return "nicht gelesen (" + u.err.Text.DE + ")", "not read (" + u.err.Text.EN + ")"
	}
	total, unread, ocr := len(u.doc.Pages), 0, false
	for _, p := range u.doc.Pages {
		if p.Unread != nil {
			unread++
		}
		ocr = ocr || p.OCR
	}
	switch {
	case len(u.pages) == 0:
		de, en = "nicht", "not"
	case total == 1 && u.parts:
		de, en = "in Auszügen", "in parts"
	case len(u.pages) == total && total == 1:
		de, en = "ganz", "all"
	case len(u.pages) == total:
		de, en = fmt.Sprintf("alle %d Seiten", total), fmt.Sprintf("all %d pages", total)
	default:
		de = fmt.Sprintf("S. %s von %d", numbers(u.pages), total)
		en = fmt.Sprintf("p. %s of %d", numbers(u.pages), total)
	}
	if u.parts && total > 1 {
		de, en = de+" in Auszügen", en+" in parts"
	}
	if unread > 0 {
		de, en = de+fmt.Sprintf(", %d nicht lesbar", unread), en+fmt.Sprintf(", %d not readable", unread)
	}
	if ocr {
		de, en = de+" (Texterkennung, Lesefehler möglich)", en+" (text recognition, mistakes possible)"
	}
	return de, en
}

// numbers joins page numbers, runs as "3–7".
func numbers(pages []int) string {
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
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, ", ")
}

// readFiles says of the files that came with the question whether they were read.
func readFiles(files []file) (all []bots.ReadFile) {
	for _, f := range files {
		if !f.now {
			continue
		}
		r := bots.ReadFile{Name: f.name, Type: f.doc.Type, Read: f.err == nil}
		if f.err != nil {
			r.Reason = bots.Text(f.err.Text)
		}
		for _, p := range f.doc.Pages {
			if p.Unread == nil {
				r.Pages++
			} else if r.Reason.IsZero() {
				r.Reason = bots.Text(p.Unread.Text)
			}
			r.OCR = r.OCR || p.OCR
		}
		if r.Pages == 0 && len(f.doc.Pages) > 0 {
			r.Read = false
		}
		all = append(all, r)
	}
	return all
}
