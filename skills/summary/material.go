package summary

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/llm"
)

// A material is what a model reads of the files, with marks before each page:
// "[S. 3]", of several files "[Bescheid.pdf, S. 3]".
type material struct {
	text  string
	marks map[string]bool
	files []llm.Given
	ids   []string // of the messages that the files came with
}

// markTokens is what a mark may take.
const markTokens = 40

func materialOf(files []document.File, t bots.Task) material {
	m := material{marks: map[string]bool{}}
	var b strings.Builder
	for _, f := range files {
		if f.Err != nil {
			continue
		}
		if f.Origin != "" && !slices.Contains(m.ids, f.Origin) {
			m.ids = append(m.ids, f.Origin)
		}
		if f.Name != "" && len(files) == 1 {
			b.WriteString("Datei: " + f.Name)
		}
		given := llm.Given{Name: f.Name}
		doc := f.Doc.Headed(t.Now.Location())
		for _, p := range doc.Pages {
			if p.Text == "" {
				continue
			}
			given.Pages = append(given.Pages, p.N)
			b.WriteString("\n\n")
			if mark := markOf(f.Name, p.N, len(files) > 1, len(doc.Pages) > 1); mark != "" {
				m.marks[mark] = true
				b.WriteString(mark + "\n")
			}
			b.WriteString(feigned.ReplaceAllString(p.Text, "($1)"))
		}
		m.files = append(m.files, given)
	}
	m.text = strings.TrimSpace(b.String())
	return m
}

// markOf returns the mark before a page, empty where there is but one.
func markOf(name string, n int, several, paged bool) string {
	switch {
	case several && paged:
		return fmt.Sprintf("[%s, S. %d]", name, n)
	case several:
		return "[" + name + "]"
	case paged:
		return fmt.Sprintf("[S. %d]", n)
	}
	return ""
}

// feigned finds lines of a file that look like our marks.
var feigned = regexp.MustCompile(`(?m)^\[((?:[^\[\]\n]*, )?S\. \d+)\][ \t]*$`)

// carry puts the mark of the page that a piece begins in before it.
func (m material) carry(pieces []string) {
	last := ""
	for i, p := range pieces {
		first, _, _ := strings.Cut(p, "\n")
		if last != "" && !m.marks[first] {
			pieces[i] = last + "\n" + p
		}
		for line := range strings.SplitSeq(p, "\n") {
			if m.marks[line] {
				last = line
			}
		}
	}
}
