package chat

import (
	"context"
	"fmt"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/extract"
	"amtsbote/skills/material"
)

const (
	maxPassages = 5
	maxQuote    = 600 // bytes of a passage that are shown
)

// lookUp answers from the files alone, without a model: passages verbatim, or that
// there is none.
func lookUp(ctx context.Context, t bots.Task, files []document.File, left int, a *bots.Answer) error {
	docs := make([]document.Document, len(files))
	looked := make([]used, len(files))
	readable := 0
	for i, f := range files {
		docs[i], looked[i].File = f.Doc, f
		looked[i].pages = f.Reading().Pages
		if strings.TrimSpace(f.Doc.Text()) != "" {
			readable++
		}
	}
	if readable == 0 {
		return &bots.Refusal{Text: bots.Text{DE: "Darin kann ich nichts nachschlagen: " + list(looked, "de") + ".", EN: "I cannot look anything up in this: " + list(looked, "en") + "."}}
	}
	found, err := extract.Question(ctx, docs, t.Text, maxPassages)
	if err != nil {
		return fmt.Errorf("chat: %w", err)
	}
	var de, en strings.Builder
	for _, p := range found {
		if p.Score < extract.Weak {
			continue
		}
		quote, name := shorten(p.Text), files[p.Doc].Name
		a.Sources = append(a.Sources, bots.Source{N: len(a.Sources) + 1, File: name, Page: p.Page, Quote: quote})
		where, words := bots.Text{DE: bots.Literal(name), EN: bots.Literal(name)}, bots.Quoted(quote)
		if p.Page > 0 {
			where.DE, where.EN = fmt.Sprintf("%s, S. %d", where.DE, p.Page), fmt.Sprintf("%s, p. %d", where.EN, p.Page)
		}
		fmt.Fprintf(&de, "- %s (%s)\n", words.DE, where.DE)
		fmt.Fprintf(&en, "- %s (%s)\n", words.EN, where.EN)
	}
	if len(a.Sources) == 0 {
		a.Text = textNone
	} else {
		a.Text = bots.Text{DE: "Diese Stellen passen zu Ihrer Frage (wörtlich):\n\n" + strings.TrimSpace(de.String()),
			EN: "These passages fit your question (verbatim):\n\n" + strings.TrimSpace(en.String())}
	}
	a.Text = material.Covering(a.Text, coverage(looked, left))
	return nil
}

// shorten cuts a passage that would fill the screen, at a word.
func shorten(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= maxQuote {
		return text
	}
	cut := strings.LastIndexByte(text[:maxQuote], ' ')
	if cut < 0 {
		cut = 0
		for i := range text { // one word: at a rune
			if i > maxQuote {
				break
			}
			cut = i
		}
	}
	return text[:cut] + " …"
}
