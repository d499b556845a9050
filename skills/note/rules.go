package note

import (
	"context"
	"fmt"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/extract"
	"amtsbote/skills/facts"
)

const (
	maxQuotes = 8 // key sentences of a file
	maxTerms  = 8 // dates and terms
)

// byRules writes what can be written without a model: the facts, verbatim and with
// their places, and gaps for the rest.
func (s *Skill) byRules(ctx context.Context, j job, a *bots.Answer) error {
	var err error
	if j.talk != nil {
		err = j.roomByRules(ctx, a)
	} else {
		err = j.filesByRules(ctx, a)
	}
	if err != nil {
		return err
	}
	a.Text.DE += "\n\nSätze wörtlich ausgewählt. Einen frei formulierten Vermerk gibt es mit einem Sprachmodell; wie es angebunden wird, steht im Betriebshandbuch unter „Modelle“."
	a.Text.EN += "\n\nSentences chosen verbatim. A freely worded note needs a language model; the operator’s handbook says under “Modelle” how to connect one."
	if j.before != "" && j.wish != "" {
		a.Warnings = append(a.Warnings, bots.Text{DE: "Ihre Änderung ist nicht eingearbeitet: Dafür braucht es ein Sprachmodell.", EN: "Your change was not worked in: that needs a language model."})
	}
	return nil
}

func (j job) filesByRules(ctx context.Context, a *bots.Answer) error {
	parts := make([]bots.Text, len(heads))
	var steps bots.Text
	n := 0
	for _, f := range j.set.Files {
		if strings.TrimSpace(f.Doc.Text()) == "" {
			continue
		}
		n++
		o := occasion(f, j.t)
		parts[0] = join(parts[0], "\n", o)
		key, err := extract.Key(ctx, f.Doc, maxQuotes, j.t.Now)
		if err != nil {
			return fmt.Errorf("note: %w", err)
		}
		if len(j.set.Files) > 1 {
			title := "*" + bots.Literal(f.Name) + "*"
			parts[1] = join(parts[1], "\n\n", bots.Text{DE: title, EN: title})
		}
		for _, k := range key {
			text := strings.Join(strings.Fields(k.Text), " ")
			q, at := bots.Quoted(text), place(f, k.Page)
			parts[1] = join(parts[1], "\n", bots.Text{DE: "- " + q.DE + at.DE, EN: "- " + q.EN + at.EN})
			a.Sources = append(a.Sources, bots.Source{N: len(a.Sources) + 1, File: f.Name, Page: k.Page, Quote: text})
		}
		steps = join(steps, "\n", terms(f, j.t))
	}
	parts[2], parts[3] = gapAssessment, gapNext
	if steps.DE != "" {
		parts[3] = bots.Text{DE: "In den Unterlagen genannte Termine und Fristen:\n" + steps.DE + "\n\n" + gapNext.DE,
			EN: "Dates and terms that the documents name:\n" + steps.EN + "\n\n" + gapNext.EN}
	}
	a.Text = j.write(parts)
	return nil
}

// terms lists the terms and coming dates of a file, each once.
func terms(f document.File, t bots.Task) (all bots.Text) {
	seen := map[string]bool{}
	for _, p := range f.Doc.Pages {
		for _, fact := range facts.Find(p.Text, t.Now) {
			if !fact.Due(t.Now) || seen[fact.Norm] || len(seen) == maxTerms {
				continue
			}
			seen[fact.Norm] = true
			q, at := bots.Quoted(sentence(p.Text, fact.Start)), place(f, p.N)
			all = join(all, "\n", bots.Text{DE: "- " + q.DE + at.DE, EN: "- " + q.EN + at.EN})
		}
	}
	return all
}

// sentence returns the sentence around a place in a text, on one line.
func sentence(text string, at int) string {
	for _, s := range facts.Sentences(text) {
		if s.Start <= at && at < s.End {
			return strings.Join(strings.Fields(text[s.Start:s.End]), " ")
		}
	}
	return ""
}

// place names a page where there are several.
func place(f document.File, n int) bots.Text {
	if n == 0 || len(f.Doc.Pages) < 2 {
		return bots.Text{}
	}
	return bots.Text{DE: fmt.Sprintf(" (S. %d)", n), EN: fmt.Sprintf(" (p. %d)", n)}
}

func join(a bots.Text, by string, b bots.Text) bots.Text {
	if a.DE == "" {
		return b
	}
	if b.DE == "" {
		return a
	}
	return bots.Text{DE: a.DE + by + b.DE, EN: a.EN + by + b.EN}
}

// write puts a note together.
func (j job) write(parts []bots.Text) bots.Text {
	all := j.head()
	for i, p := range parts {
		all.DE += "\n\n## " + heads[i].DE + "\n\n" + p.DE
		all.EN += "\n\n## " + heads[i].EN + "\n\n" + p.EN
	}
	return all
}
