package chat

import (
	"fmt"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/llm"
)

// finish makes the answer of a completion: checked, and with what was looked at.
func finish(c llm.Completion, p llm.Prompt, looked []used, left int, a *bots.Answer) {
	text, links := llm.KeepLinks(c.Text, texts(p)...)
	text, sources, wrong := llm.KeepReferences(text, given(looked))
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
	if a.Text.IsZero() {
		a.Text = textEmpty
	}
	if line := coverage(looked, left); !line.IsZero() {
		a.Text = bots.Text{DE: a.Text.DE + "\n\n*" + line.DE + "*", EN: a.Text.EN + "\n\n*" + line.EN + "*"}
	}
	a.Notice = bots.Notice{Model: c.Model, Place: c.Place}
}

// texts returns what a model was given to read.
func texts(p llm.Prompt) (all []string) {
	for _, t := range p.Turns {
		all = append(all, t.Text)
	}
	return all
}

// given says what a model may refer to.
func given(looked []used) (all []llm.Given) {
	for _, u := range looked {
		all = append(all, llm.Given{Name: u.Name, Pages: u.pages})
	}
	return all
}

// coverage says what of the files was looked at. Empty without files.
func coverage(looked []used, left int) bots.Text {
	if len(looked) == 0 {
		return bots.Text{}
	}
	t := bots.Text{DE: "Herangezogen: " + list(looked, "de"), EN: "Looked at: " + list(looked, "en")}
	if left == 1 {
		t.DE, t.EN = t.DE+"; eine ältere Datei nicht", t.EN+"; one older file not"
	} else if left > 1 {
		t.DE, t.EN = fmt.Sprintf("%s; %d ältere Dateien nicht", t.DE, left), fmt.Sprintf("%s; %d older files not", t.EN, left)
	}
	return bots.Text{DE: t.DE + ".", EN: t.EN + "."}
}

// list says of each file how much of it was used.
func list(looked []used, language string) string {
	var all []string
	for _, u := range looked {
		all = append(all, bots.Literal(u.Name)+" "+bots.Text(u.Covered(u.pages, u.parts)).In(language))
	}
	return strings.Join(all, "; ")
}

// readFiles says of the files that came with the question whether they were read.
func readFiles(t bots.Task, files []document.File) (all []bots.ReadFile) {
	for _, f := range files {
		if f.Origin == t.Message.ID {
			r := f.Reading()
			all = append(all, bots.ReadFile{Name: f.Name, Type: f.Doc.Type, Read: r.Read, Pages: len(r.Pages), OCR: r.OCR, Reason: bots.Text(r.Reason)})
		}
	}
	return all
}
