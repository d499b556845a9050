package summary

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/facts"
)

// maxFacts is how many facts of a kind are listed under a summary by rules.
const maxFacts = 6

// A listed fact is one that an office looks for.
type listed struct {
	text        string
	kind        facts.Kind
	page, count int
	at          int // its place in the text
}

// factsOf lists the facts of a document that an office looks for, a line for each
// kind: each fact once, of too many those that are named most often, in the order
// of the text.
func factsOf(d document.Document, t bots.Task) (lines []bots.Text) {
	groups := gather(d, t)
	paged := len(d.Pages) > 1
	for i, title := range []bots.Text{{DE: "Termine und Fristen", EN: "Dates and terms"}, {DE: "Beträge", EN: "Amounts"}, {DE: "Zeichen", EN: "References"}} {
		list := groups[i]
		if len(list) == 0 {
			continue
		}
		slices.SortStableFunc(list, func(a, b *listed) int { return b.count - a.count })
		more := len(list) - maxFacts
		list = list[:min(len(list), maxFacts)]
		slices.SortFunc(list, func(a, b *listed) int { return a.at - b.at })
		var de, en []string
		for _, f := range list {
			text := bots.Literal(f.text)
			de, en = append(de, text+page(" (S. %d)", f.page, paged)), append(en, text+page(" (p. %d)", f.page, paged))
		}
		line := bots.Text{DE: title.DE + ": " + strings.Join(de, " · "), EN: title.EN + ": " + strings.Join(en, " · ")}
		if more > 0 {
			line.DE, line.EN = line.DE+fmt.Sprintf(" · und %d weitere", more), line.EN+fmt.Sprintf(" · and %d more", more)
		}
		lines = append(lines, line)
	}
	return lines
}

// gather returns the terms and coming dates, the amounts and the references of a
// document, in the order of the text.
func gather(d document.Document, t bots.Task) (groups [3][]*listed) {
	seen := map[string]*listed{}
	at := 0
	for _, p := range d.Pages {
		for _, f := range facts.Find(p.Text, t.Now) {
			group := -1
			switch {
			case f.Due(t.Now):
				group = 0
			case f.Kind == facts.Amount:
				group = 1
			case f.Kind == facts.Reference:
				group = 2
			}
			if group < 0 {
				continue
			}
			at++
			text, key := strings.Join(strings.Fields(f.Text), " "), fmt.Sprint(group, cmp.Or(f.Norm, f.Text))
			was := seen[key]
			if was == nil {
				was = &listed{text: text, kind: f.Kind, page: p.N, at: at}
				seen[key] = was
				groups[group] = append(groups[group], was)
			} else if was.kind == facts.Date && f.Kind == facts.Term {
				was.text, was.kind, was.page = text, f.Kind, p.N // "bis zum" says more
			}
			was.count++
		}
	}
	return groups
}
