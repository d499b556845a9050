package office

import "strings"

// goldmark's time grows with the square of the emphasis and link marks in a
// paragraph and of the nesting of blocks, and a table of few bytes can have millions
// of cells. No text that was written to be read comes near these limits. (Package
// render has the same for what is shown; skills and connectors share no code.)
const (
	maxText    = 2 << 20   // bytes
	maxNesting = 100       // quotes and lists in one another
	maxIndent  = 200       // blanks before a line; two or more open a level
	maxMarks   = 100 << 20 // sum over paragraphs of the square of their marks
	maxCells   = 200_000   // of all tables
)

// formattable reports whether goldmark will be done with a text soon.
func formattable(md string) bool {
	if len(md) > maxText {
		return false
	}
	marks, cells := 0, 0
	for p := range strings.SplitSeq(md, "\n\n") {
		n, lines, pipes := 0, 0, 0
		for line := range strings.Lines(p) {
			head := len(line) - len(strings.TrimLeft(line, ">-+*.) \t0123456789"))
			if blanks := strings.Count(line[:head], " ") + 4*strings.Count(line[:head], "\t"); head > maxNesting+maxIndent || blanks > maxIndent {
				return false
			}
			if strings.ContainsAny(line[:head], ">-+*.)") && opens(line[:head]) > maxNesting {
				return false
			}
			lines, pipes = lines+1, max(pipes, strings.Count(line, "|"))
		}
		for _, mark := range []string{"[", "]", "*", "_", "`"} {
			n += strings.Count(p, mark)
		}
		marks, cells = marks+n*n, cells+lines*pipes
		if marks > maxMarks || cells > maxCells {
			return false
		}
	}
	return true
}

// opens counts the marks that may each open a block.
func opens(head string) (n int) {
	for _, c := range []byte(head) {
		if strings.IndexByte(">-+*.)", c) >= 0 {
			n++
		}
	}
	return n
}
