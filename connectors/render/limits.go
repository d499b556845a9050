package render

import "strings"

// goldmark's time grows with the square of the emphasis and link marks in a
// paragraph and of the nesting of blocks; a table of few bytes can have millions
// of cells, because each row is filled up to the head's. These limits keep every
// text of MaxText bytes under a second; no text that was written to be read
// comes near them.
const (
	maxNesting = 200       // quotes and lists in one another
	maxIndent  = 400       // spaces before a line; two or more open a level
	maxMarks   = 200 << 20 // sum over paragraphs of the square of their marks
	maxCells   = 100_000   // of all tables
)

// formattable reports whether goldmark will be done with a text soon.
func formattable(md string) bool {
	if len(md) > MaxText {
		return false
	}
	var sum, cells int
	var p paragraph
	for line := range strings.Lines(md) {
		if nesting, indent := prefix(line); nesting > maxNesting || indent > maxIndent {
			return false
		}
		if strings.TrimSpace(line) == "" {
			sum, cells = sum+p.marks*p.marks, cells+p.lines*p.pipes
			p = paragraph{}
			continue
		}
		p.add(line)
	}
	return sum+p.marks*p.marks <= maxMarks && cells+p.lines*p.pipes <= maxCells
}

// A paragraph counts what costs in lines with no empty one between them.
type paragraph struct {
	marks, lines int
	pipes        int // in the line that has most
}

func (p *paragraph) add(line string) {
	pipes := 0
	for _, c := range []byte(line) {
		switch c {
		case '[', ']', '*', '_':
			p.marks++
		case '|':
			pipes++
		}
	}
	p.pipes = max(p.pipes, pipes)
	p.lines++
}

// prefix counts the marks at the beginning of a line that may each open a block,
// and its blanks.
func prefix(line string) (nesting, indent int) {
	for _, c := range []byte(line) {
		switch {
		case c == '>', c == '-', c == '+', c == '*', c == '.', c == ')':
			nesting++
		case c == ' ':
			indent++
		case c == '\t':
			indent += 4
		case '0' <= c && c <= '9':
		default:
			return nesting, indent
		}
	}
	return nesting, indent
}
