package check

import (
	"regexp"
	"strings"

	"amtsbote/skills/facts"
)

var (
	page = regexp.MustCompile(`^(?:(?:S|Bl|p|pp)\. ?|(?:Seiten?|Blatt|Folie|[Pp]ages?|[Ss]lide) )[0-9]{1,4}(?: ?(?:-|–|bis|to) ?[0-9]{1,4})?(?: ?ff?\.)?`)
	// refs are references in round brackets, of a file or not, to several pages.
	refs    = regexp.MustCompile(`\((?:[^()\n]{1,200}?\.[\pL][\pL0-9]{1,4}, )?(?:S|p|pp|Bl|Abs)\. ?[0-9]{1,5}(?:(?:, (?:S|Abs)\. |, | ?– ?|-| und | and )[0-9]{1,5})*\)`)
	numbers = regexp.MustCompile(`^\^?[0-9]{1,3}(?: ?[,;–-] ?[0-9]{1,3})*$`)
)

// structure returns a text with blanks in place of references in brackets: "[1]",
// "[S. 3]", "[Bescheid.pdf, S. 3]", "(S. 1, 2)". It keeps all positions.
func structure(text string) string {
	var out []byte
	for _, at := range refs.FindAllStringIndex(text, -1) {
		if out == nil {
			out = []byte(text)
		}
		blank(out, at[0], at[1])
	}
	for i := 0; i < len(text); {
		k := strings.IndexByte(text[i:], '[')
		if k < 0 {
			break
		}
		i += k
		end := strings.IndexAny(text[i+1:min(len(text), i+200)], "[]\n")
		if end < 0 || text[i+1+end] != ']' {
			i++
			continue
		}
		inner := text[i+1 : i+1+end]
		if numbers.MatchString(inner) || len(pagesOf([]byte(inner))) > 0 && !strings.HasPrefix(text[i+end+2:], "(") {
			if out == nil {
				out = []byte(text)
			}
			blank(out, i, i+end+2)
		}
		i += end + 2
	}
	if out == nil {
		return text
	}
	return string(out)
}

// pages overwrites page references outside of brackets.
func pages(rest []byte) {
	for _, at := range pagesOf(rest) {
		blank(rest, at.Start, at.End)
	}
}

// pagesOf finds page references. It tries the expression only where a word
// begins that it may begin with: on all of a long text it would be slow.
func pagesOf(text []byte) []facts.Span {
	var all []facts.Span
	for i := 0; i < len(text); i++ {
		if strings.IndexByte("SBpPFs", text[i]) < 0 || i > 0 && isLetter(text[i-1]) {
			continue
		}
		if at := page.FindIndex(text[i:min(len(text), i+40)]); at != nil {
			all = append(all, facts.Span{Start: i, End: i + at[1]})
			i += at[1] - 1
		}
	}
	return all
}

// counters overwrites the numbers of items and headings at the beginning of
// lines, and calls fn with each: "1.", "2)", "(3)", "## 4 ", "2.1. ".
func counters(rest []byte, fn func(n string)) {
	for i := 0; i < len(rest); {
		end := i
		for end < len(rest) && rest[end] != '\n' {
			end++
		}
		if from, to := counter(rest[i:end]); to > from {
			fn(string(rest[i+from : i+to]))
			blank(rest, i+from, i+to)
		}
		i = end + 1
	}
}

func counter(line []byte) (from, to int) {
	heading, paren := false, false
	for from < len(line) && strings.IndexByte(" \t>#*-+_(|", line[from]) >= 0 {
		heading = heading || line[from] == '#'
		paren = line[from] == '('
		if line[from] == '|' {
			return 0, 0
		}
		from++
	}
	to = from
	for to < len(line) && (isDigit(line[to]) || line[to] == '.' && to > from && to+1 < len(line) && isDigit(line[to+1])) {
		to++
	}
	if to == from || to-from > 8 || to >= len(line) {
		return 0, 0
	}
	next := byte(' ')
	if to+1 < len(line) {
		next = line[to+1]
	}
	switch c := line[to]; {
	case c == ')' && (paren || next == ' ' || next == '*'), c == '.' && !paren && (next == ' ' || next == '*' || next == '\t'), heading && c == ' ':
		return from, to
	}
	return 0, 0
}

var items = regexp.MustCompile(`^[ \t]*(?:[-*+•–]|[0-9]{1,3}[.)])[ \t]+\S`)

// announces reports whether a count stands in a line that ends with a colon and
// is followed by as many items: the answer counts what it lists.
func (c *checker) announces(n number, v int) bool {
	eol := strings.IndexByte(c.text[n.end:], '\n')
	if eol < 0 || v > maxItems {
		return false
	}
	eol += n.end
	if eol != c.eol { // once for a line, however many numbers it has
		c.eol, c.listed = eol, 0
		if strings.HasSuffix(strings.TrimRight(c.text[n.start:eol], " \t\r*_"), ":") {
			c.listed = listed(c.text[eol+1:])
		}
	}
	return c.listed == v
}

// maxItems is how many items of a list are counted.
const maxItems = 50

// listed returns how many items the list has that a text begins with; one more
// than maxItems stands for all that are more.
func listed(text string) (n int) {
	for line := range strings.Lines(text) {
		switch {
		case items.MatchString(line):
			if n++; n > maxItems {
				return n
			}
		case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "  ") || strings.HasPrefix(line, "\t"):
		default:
			return n
		}
	}
	return n
}
