package summary

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/document"
)

// isTable reports whether little but the rows of tables stands in a document:
// rows are no sentences, and some chosen by their words would say nothing.
func isTable(d document.Document) bool {
	rows, lines := 0, 0
	for _, p := range d.Pages {
		for l := range strings.SplitSeq(p.Text, "\n") {
			if strings.TrimSpace(l) != "" {
				lines++
			}
			if isRow(l) {
				rows++
			}
		}
	}
	return rows > 1 && rows*10 >= lines*8
}

func isRow(line string) bool { return strings.Contains(line, " | ") }

var total = regexp.MustCompile(`(?i)^[\s|]*(summe|gesamt|insgesamt|total|sum)\b`)

// table says how long the tables of a file are and shows their first rows, all of
// a short one, and the rows of sums.
func (b *both) table(f document.File, n int, a *bots.Answer) {
	shown := 0
	for _, p := range f.Doc.Pages {
		var rows []string
		for l := range strings.SplitSeq(p.Text, "\n") {
			if isRow(l) {
				rows = append(rows, l)
			}
		}
		if len(rows) == 0 {
			continue
		}
		title := bots.Text{DE: "Tabelle", EN: "Table"}
		if p.Name != "" && len(f.Doc.Pages) > 1 {
			name := bots.Quoted(p.Name)
			title = bots.Text{DE: "Tabelle " + name.DE, EN: "Table " + name.EN}
		}
		if len(rows) == 1 {
			b.add(title.DE+" mit einer Zeile:\n\n", title.EN+" of one row:\n\n")
		} else {
			b.add(fmt.Sprintf("%s mit %s Zeilen:\n\n", title.DE, grouped(len(rows), ".")), fmt.Sprintf("%s of %s rows:\n\n", title.EN, grouped(len(rows), ",")))
		}
		for i, row := range rows {
			if i == 0 || len(rows) <= n+1 || shown < n && total.MatchString(row) {
				b.quote(f, row, p.N, a)
				shown++
			}
		}
		b.add("\n", "\n")
	}
}

// grouped writes a number with a mark between its thousands.
func grouped(n int, mark string) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + mark + s[i:]
	}
	return s
}
