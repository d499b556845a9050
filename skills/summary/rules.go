package summary

import (
	"context"
	"fmt"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/extract"
)

// both writes the German and the English text of an answer side by side.
type both struct{ de, en strings.Builder }

func (b *both) add(de, en string) {
	b.de.WriteString(de)
	b.en.WriteString(en)
}

// byRules chooses sentences verbatim, with their pages, and lists the facts.
func byRules(ctx context.Context, t bots.Task, files []document.File, want wish, a *bots.Answer) error {
	var readable []document.File
	for _, f := range files {
		if strings.TrimSpace(f.Doc.Text()) != "" {
			readable = append(readable, f)
		}
	}
	var b both
	tables := 0
	for i, f := range readable {
		t.Tell(bots.Progress{Done: i, Total: len(readable), Text: bots.Text{DE: "Datei ausgewertet", EN: "File evaluated"}})
		if len(files) > 1 {
			title := "**" + bots.Literal(f.Name) + "**\n\n"
			b.add(title, title)
		}
		b.head(f.Doc, t)
		n := want.share(i, len(readable))
		if isTable(f.Doc) {
			tables++
			b.table(f, n, a)
		} else if err := b.sentences(ctx, t, f, n, a); err != nil {
			return err
		}
		b.add("\n", "\n")
	}
	how := bots.Text{DE: "Sätze wörtlich ausgewählt.", EN: "Sentences chosen verbatim."}
	if tables == len(readable) {
		how = bots.Text{DE: "Zeilen wörtlich wiedergegeben.", EN: "Rows given verbatim."}
	}
	a.Text = bots.Text{
		DE: strings.TrimSpace(b.de.String()) + "\n\n" + how.DE + " Für eine frei formulierte Zusammenfassung braucht es ein Sprachmodell; wie es angebunden wird, steht im Betriebshandbuch unter „Modelle“.",
		EN: strings.TrimSpace(b.en.String()) + "\n\n" + how.EN + " A freely worded summary needs a language model; the operator’s handbook says under “Modelle” how to connect one.",
	}
	return nil
}

// head says who wrote a mail, when, and about what.
func (b *both) head(d document.Document, t bots.Task) {
	if d.Mail == nil {
		return
	}
	var de, en []string
	if len(d.Mail.From) > 0 {
		who := d.Mail.From[0].Name
		if who == "" {
			who = d.Mail.From[0].Email
		}
		de, en = append(de, "von "+bots.Literal(who)), append(en, "from "+bots.Literal(who))
	}
	if day := d.Mail.Date; !day.IsZero() {
		text := day.In(t.Now.Location()).Format("02.01.2006, 15:04")
		de, en = append(de, "vom "+text), append(en, "of "+text)
	}
	de1, en1 := strings.Join(append([]string{"E-Mail"}, de...), " "), strings.Join(append([]string{"Mail"}, en...), " ")
	if d.Mail.Subject != "" {
		q := bots.Quoted(d.Mail.Subject)
		de1, en1 = de1+": "+q.DE, en1+": "+q.EN
	}
	b.add(de1+"\n\n", en1+"\n\n")
}

// sentences writes the n key sentences of a file, and its facts.
func (b *both) sentences(ctx context.Context, t bots.Task, f document.File, n int, a *bots.Answer) error {
	key, err := extract.Key(ctx, f.Doc, n, t.Now)
	if err != nil {
		return fmt.Errorf("summary: %w", err)
	}
	for _, k := range key {
		b.quote(f, k.Text, k.Page, a)
	}
	for _, line := range factsOf(f.Doc, t) {
		b.add("\n"+line.DE+"\n", "\n"+line.EN+"\n")
	}
	return nil
}

// quote writes words of a file as an item of a list, and notes their source.
func (b *both) quote(f document.File, text string, n int, a *bots.Answer) {
	text = strings.Join(strings.Fields(text), " ")
	q, paged := bots.Quoted(text), len(f.Doc.Pages) > 1
	b.add("- "+q.DE+page(" (S. %d)", n, paged)+"\n", "- "+q.EN+page(" (p. %d)", n, paged)+"\n")
	a.Sources = append(a.Sources, bots.Source{N: len(a.Sources) + 1, File: f.Name, Page: n, Quote: text})
}

func page(format string, n int, paged bool) string {
	if !paged || n == 0 {
		return ""
	}
	return fmt.Sprintf(format, n)
}
