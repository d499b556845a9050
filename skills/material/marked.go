package material

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/llm"
)

// Marked is what a model reads of files, with marks before each page: "[S. 3]",
// of several files "[Bescheid.pdf, S. 3]".
type Marked struct {
	Text  string
	Given []llm.Given // what an answer may refer to
	From  []string    // the messages that the files came with
	marks map[string]bool
}

// markTokens is what a mark may take.
const markTokens = 40

// Marked writes down what the files say. A line of a file that looks like a mark
// is changed so that it does not.
func (s Set) Marked(t bots.Task) Marked {
	m := Marked{marks: map[string]bool{}}
	var b strings.Builder
	for _, f := range s.Files {
		if f.Err != nil {
			continue
		}
		if f.Origin != "" && !slices.Contains(m.From, f.Origin) {
			m.From = append(m.From, f.Origin)
		}
		if f.Name != "" && len(s.Files) == 1 {
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
			if mark := markOf(f.Name, p.N, len(s.Files) > 1, len(doc.Pages) > 1); mark != "" {
				m.marks[mark] = true
				b.WriteString(mark + "\n")
			}
			b.WriteString(feigned.ReplaceAllString(p.Text, "($1)"))
		}
		m.Given = append(m.Given, given)
	}
	m.Text = strings.TrimSpace(b.String())
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

// Paged reports whether an answer can name places: there are marks.
func (m Marked) Paged() bool { return len(m.marks) > 0 }

// Split cuts a text of the material into pieces of at most maxTokens, each with
// the mark of the page that it begins in.
func (m Marked) Split(text string, maxTokens int) []string {
	pieces := llm.Split(text, maxTokens-markTokens)
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
	return pieces
}
