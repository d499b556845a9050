package chat

import (
	"fmt"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/answer"
	"amtsbote/skills/llm"
	"amtsbote/skills/material"
)

// finish makes the answer of what the model gave, and says what was looked at.
func finish(got answer.Answer, looked []used, left int, a *bots.Answer) {
	a.Warnings = append(a.Warnings, got.Warnings...)
	a.Text, a.Sources, a.Notice = bots.Say(got.Text), got.Sources, got.Notice
	if got.Text == "" {
		a.Text = textEmpty
	}
	if got.Cut {
		a.Warnings = append(a.Warnings, textCut)
	}
	if line := coverage(looked, left); !line.IsZero() {
		a.Text = material.Covering(a.Text, line)
	}
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
