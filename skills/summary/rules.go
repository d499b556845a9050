package summary

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/extract"
	"amtsbote/skills/facts"
)

const maxFacts = 12 // listed under a summary by rules

// byRules chooses sentences verbatim, with their pages, and lists the facts.
func byRules(ctx context.Context, t bots.Task, sources []source, want wish, a *bots.Answer) error {
	var de, en strings.Builder
	titled := len(sources) > 1
	for i, src := range sources {
		if src.err != nil || strings.TrimSpace(src.doc.Text()) == "" {
			continue
		}
		t.Tell(bots.Progress{Done: i, Total: len(sources), Text: bots.Text{DE: "Datei ausgewertet", EN: "File evaluated"}})
		key, err := extract.Key(ctx, src.doc, want.n, t.Now)
		if err != nil {
			return fmt.Errorf("summary: %w", err)
		}
		for _, b := range []*strings.Builder{&de, &en} {
			if titled {
				fmt.Fprintf(b, "**%s**\n\n", src.doc.Name)
			}
		}
		paged := len(src.doc.Pages) > 1
		for _, k := range key {
			quote := strings.Join(strings.Fields(k.Text), " ")
			fmt.Fprintf(&de, "- „%s“%s\n", quote, page(" (S. %d)", k.Page, paged))
			fmt.Fprintf(&en, "- “%s”%s\n", quote, page(" (p. %d)", k.Page, paged))
			a.Sources = append(a.Sources, bots.Source{N: len(a.Sources) + 1, File: src.doc.Name, Page: k.Page, Quote: quote})
		}
		if found := factsOf(src.doc, t); found != "" {
			fmt.Fprintf(&de, "\nTermine, Beträge, Zeichen: %s\n", found)
			fmt.Fprintf(&en, "\nDates, amounts, references: %s\n", strings.ReplaceAll(found, "(S. ", "(p. "))
		}
		de.WriteByte('\n')
		en.WriteByte('\n')
	}
	a.Text = bots.Text{
		DE: strings.TrimSpace(de.String()) + "\n\nSätze wörtlich ausgewählt. Für eine frei formulierte Zusammenfassung braucht es ein Sprachmodell; wie es angebunden wird, steht im Betriebshandbuch unter „Modelle“.",
		EN: strings.TrimSpace(en.String()) + "\n\nSentences chosen verbatim. A freely worded summary needs a language model; the operator's handbook says under “Modelle” how to connect one.",
	}
	return nil
}

func page(format string, n int, paged bool) string {
	if !paged || n == 0 {
		return ""
	}
	return fmt.Sprintf(format, n)
}

// factsOf lists the facts of a document that an office looks for, the commonest
// first, each once.
func factsOf(d document.Document, t bots.Task) string {
	type seen struct {
		text        string
		page, count int
	}
	all := map[string]*seen{}
	var order []*seen
	for _, p := range d.Pages {
		for _, f := range facts.Find(p.Text, t.Now) {
			if !slices.Contains([]facts.Kind{facts.Term, facts.Amount, facts.Reference}, f.Kind) {
				continue
			}
			k := string(f.Kind) + cmp.Or(f.Norm, f.Text)
			if all[k] == nil {
				all[k] = &seen{text: strings.Join(strings.Fields(f.Text), " "), page: p.N}
				order = append(order, all[k])
			}
			all[k].count++
		}
	}
	slices.SortStableFunc(order, func(a, b *seen) int { return b.count - a.count })
	var list []string
	for _, s := range order[:min(len(order), maxFacts)] {
		list = append(list, s.text+page(" (S. %d)", s.page, len(d.Pages) > 1))
	}
	return strings.Join(list, " · ")
}
