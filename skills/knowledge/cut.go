package knowledge

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"amtsbote/skills/document"
	"amtsbote/skills/facts"
	"amtsbote/skills/llm"
)

// A Piece is a passage of a document before it has a place in an index.
type Piece struct {
	Page    int    // 0: the document has no pages worth naming
	Heading string // that it stands under; of a sheet its name and first row
	Text    string // verbatim
}

const (
	fewWords   = 40   // less does not make a passage of its own at a heading
	goodWords  = 150  // from here on a new paragraph may begin a new passage
	mostWords  = 250  // more than this only a single sentence has
	mostTokens = 1200 // even that one
	mostHead   = 200  // bytes of a heading
)

// Cut cuts a document into passages of about 150 to 250 words, at headings,
// paragraphs, rows and sentences, never across pages: each has one page, and its text
// stands there literally.
func Cut(d document.Document) []Piece {
	var all []Piece
	paged := len(d.Pages) > 1
	heading := ""
	for _, p := range d.Pages {
		c := cutter{heading: heading}
		if paged {
			c.page = p.N
		}
		if p.Name != "" {
			row, _, _ := strings.Cut(p.Text, "\n")
			c.heading, c.sheet = clip(p.Name+": "+row, mostHead), true
		}
		c.cut(p.Text)
		all = append(all, c.all...)
		if !c.sheet {
			heading = c.heading
		}
	}
	return all
}

// A cutter cuts one page.
type cutter struct {
	page    int
	sheet   bool
	heading string // the last one
	under   string // that the passage began under
	begun   []string
	words   int
	fresh   bool // the last block was a heading
	all     []Piece
}

func (c *cutter) cut(text string) {
	for block := range strings.SplitSeq(text, "\n\n") {
		block = strings.TrimSpace(block)
		if block == "" {
			continue
		}
		if head, rest, ok := c.head(block); ok {
			c.title(head)
			if block = rest; block == "" {
				continue
			}
		}
		for _, part := range split(block) {
			c.add(part)
		}
	}
	c.flush()
}

// title takes a heading. It stands in the text as well, where it was.
func (c *cutter) title(head string) {
	if c.words >= fewWords {
		c.flush()
	}
	if c.fresh {
		c.heading = clip(c.heading+" › "+head, mostHead)
	} else {
		c.heading = clip(head, mostHead)
	}
	only := len(c.begun) == 0 || c.fresh
	c.push(head)
	if c.fresh = true; only {
		c.under = c.heading
	}
}

func (c *cutter) add(part string) {
	n := len(strings.Fields(part))
	if c.words > 0 && (c.words+n > mostWords || c.words >= goodWords) {
		c.flush()
	}
	c.push(part)
	c.fresh = false
}

func (c *cutter) push(part string) {
	if len(c.begun) == 0 {
		c.under = c.heading
	}
	c.begun = append(c.begun, part)
	c.words += len(strings.Fields(part))
}

func (c *cutter) flush() {
	if len(c.begun) == 0 {
		return
	}
	text := strings.Join(c.begun, "\n\n")
	c.begun, c.words, c.fresh = nil, 0, false
	for _, t := range llm.Split(text, mostTokens) {
		c.all = append(c.all, Piece{Page: c.page, Heading: c.under, Text: t})
	}
}

// numbered is how headings of statutes, instructions and minutes begin.
var numbered = regexp.MustCompile(`^(?:§§? ?\d|Art(?:ikel|\.) ?\d|Abschnitt |Kapitel |Teil |Anlage |TOP ?\d|Nr\. ?\d|Ziffer \d|[IVX]+\.? |\d{1,2}(?:\.\d{1,2})*\.? )`)

// head takes the heading off a block. A line of its own is one if it is short and
// ends no sentence; above text only if it is numbered as well.
func (c *cutter) head(block string) (head, rest string, ok bool) {
	if c.sheet || strings.Contains(block, " | ") {
		return "", "", false
	}
	line, rest, more := strings.Cut(block, "\n")
	line = strings.TrimSpace(line)
	if len(line) > 120 || len(strings.Fields(line)) > 12 || strings.ContainsAny(line[len(line)-1:], ".;,:!?") {
		return "", "", false
	}
	r, _ := utf8.DecodeRuneInString(line)
	if r == '-' || r == '•' || r == '–' || unicode.IsLower(r) || !strings.ContainsFunc(line, unicode.IsLetter) {
		return "", "", false
	}
	if more && !numbered.MatchString(line) {
		return "", "", false
	}
	return line, strings.TrimSpace(rest), true
}

// split cuts a block that is too long: a table between rows, a text between sentences.
func split(block string) []string {
	if len(strings.Fields(block)) <= mostWords {
		return []string{block}
	}
	var parts []string
	start, end, words := 0, 0, 0
	for _, s := range spans(block) {
		n := len(strings.Fields(block[s.Start:s.End]))
		if words > 0 && (words+n > mostWords || words >= goodWords) {
			parts = append(parts, strings.TrimSpace(block[start:end]))
			start, words = s.Start, 0
		}
		end, words = s.End, words+n
	}
	return append(parts, strings.TrimSpace(block[start:]))
}

// spans are the rows of a table or the sentences of a text.
func spans(block string) []facts.Span {
	if !strings.Contains(block, " | ") {
		return facts.Sentences(block)
	}
	var all []facts.Span
	at := 0
	for row := range strings.Lines(block) {
		all = append(all, facts.Span{Start: at, End: at + len(row)})
		at += len(row)
	}
	return all
}

// clip cuts a text at a rune.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return strings.TrimSpace(s[:most])
}
