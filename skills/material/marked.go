package material

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"amtsbote/bots"
	"amtsbote/skills/document"
	"amtsbote/skills/llm"
)

// Marked is what a model reads of files, with marks before each page: "[S. 3]",
// of several files "[Bescheid.pdf, S. 3]". A file without pages (DOCX, mail, text) has
// them before its paragraphs, "[Abs. 12]": each as long as a few lines, so a short
// paragraph goes with the one before.
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
	tame := s.tame()
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
			if len(doc.Pages) == 1 && f.Name != "" {
				if text, quotes := m.paragraphs(f, p.Text, len(s.Files) > 1, tame); quotes != nil {
					given.Paragraphs = quotes
					b.WriteString("\n\n" + text)
					continue
				}
			}
			b.WriteString("\n\n")
			if mark := markOf(f.Name, p.N, len(s.Files) > 1, len(doc.Pages) > 1); mark != "" {
				m.marks[mark] = true
				b.WriteString(mark + "\n")
			}
			b.WriteString(tame(p.Text))
		}
		m.Given = append(m.Given, given)
	}
	m.Text = strings.TrimSpace(b.String())
	return m
}

const (
	minParagraphs = 1200 // bytes of a page from which on its paragraphs have marks
	perParagraph  = 300  // bytes between two marks at least
	maxQuote      = 120  // bytes of a paragraph that a source quotes
)

// paragraphs returns the text of a file without pages with marks before its
// paragraphs, and how each begins. The head of a mail does not count. None: it is
// too short, or a table.
func (m Marked) paragraphs(f document.File, text string, several bool, tame func(string) string) (string, map[int]string) {
	body := f.Doc.Pages[0].Text
	if len(body) < minParagraphs || strings.Count(body, " | ") > strings.Count(body, ". ") {
		return "", nil
	}
	var b strings.Builder
	b.WriteString(tame(strings.TrimSuffix(strings.TrimSpace(text), strings.TrimSpace(body))))
	quotes := map[int]string{}
	since := perParagraph
	for i, p := range strings.Split(strings.TrimSpace(body), "\n\n") {
		if since >= perParagraph {
			mark := fmt.Sprintf("[Abs. %d]", i+1)
			if several {
				mark = fmt.Sprintf("[%s, Abs. %d]", f.Name, i+1)
			}
			m.marks[mark] = true
			b.WriteString(mark + "\n")
			quotes[i+1] = begin(p)
			since = 0
		}
		b.WriteString(tame(p) + "\n\n")
		since += len(p)
	}
	if len(quotes) < 2 {
		return "", nil
	}
	return strings.TrimSpace(b.String()), quotes
}

// begin returns the first words of a paragraph, on one line.
func begin(p string) string {
	p = strings.Join(strings.Fields(p), " ")
	if len(p) <= maxQuote {
		return p
	}
	if i := strings.LastIndexByte(p[:maxQuote], ' '); i > 0 {
		return p[:i]
	}
	return strings.ToValidUTF8(p[:maxQuote], "")
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

// feigned finds lines of a file that look like a mark: of a page, or of a file.
var feigned = regexp.MustCompile(`(?m)^[ \t]*\[((?:[^\[\]\n]*, )?(?:S|Abs)\. ?\d+|[^\[\]\n]+)\][ \t]*\r?$`)

var place = regexp.MustCompile(`(?:^|, )(?:S|Abs)\. ?\d+$`)

// tame returns what changes the lines of a text that look like a mark.
func (s Set) tame() func(string) string {
	names := map[string]bool{}
	for _, f := range s.Files {
		names[f.Name] = true
	}
	return func(text string) string {
		return feigned.ReplaceAllStringFunc(text, func(line string) string {
			if inner := feigned.FindStringSubmatch(line)[1]; names[inner] || place.MatchString(inner) {
				return "(" + inner + ")"
			}
			return line
		})
	}
}

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
