package document

import "strings"

const (
	maxQuote  = 8 // deeper quotes are shown at this depth, so that prefixes stay small
	maxIndent = 8
)

// A flow lays out running text: words into lines, lines into paragraphs, with
// the marks of quotes and lists before each line. White space collapses as in a
// browser. It writes at most max bytes and then drops the rest.
type flow struct {
	out    []byte
	max    int
	cut    bool // something was dropped
	open   bool // the current line has text
	space  bool // a space is due before the next word
	breaks int  // line ends due before the next text: 1 a new line, 2 a new paragraph
	quote  int  // depth of quotes for what follows
	quoted int  // depth of the last line written
	indent int  // depth of lists
	bullet string
}

// text adds words; runs of white space become one space. Hard spaces stay, and
// make a line of their own that looks empty, as mail programs mean them.
func (f *flow) text(s string) {
	start := 0
	for i := range len(s) {
		if c := s[i]; c != ' ' && c != '\n' && c != '\t' && c != '\r' && c != '\f' {
			continue
		}
		f.word(s[start:i])
		f.space = f.open
		start = i + 1
	}
	f.word(s[start:])
}

// pre adds text whose line ends and spaces count.
func (f *flow) pre(s string) {
	for line := range strings.Lines(s) {
		text := strings.TrimRight(line, "\r\n")
		f.word(text)
		if len(text) < len(line) {
			f.br()
		}
	}
}

// word adds s as it stands.
func (f *flow) word(s string) {
	if s == "" {
		return
	}
	if len(f.out)+len(s)+64 > f.max {
		f.cut = true
		return
	}
	if !f.open {
		f.startLine()
	} else if f.space {
		f.out = append(f.out, ' ')
	}
	f.space = false
	f.out = append(f.out, s...)
}

func (f *flow) startLine() {
	if len(f.out) > 0 {
		for range max(f.breaks, 1) - 1 {
			f.out = append(f.out, '\n')
			f.prefix(min(f.quote, f.quoted))
		}
		f.out = append(f.out, '\n')
	}
	f.prefix(f.quote)
	for range min(f.indent, maxIndent) - 1 {
		f.out = append(f.out, "  "...)
	}
	f.out = append(f.out, f.bullet...)
	f.bullet, f.open, f.space, f.breaks, f.quoted = "", true, false, 0, f.quote
}

func (f *flow) prefix(depth int) {
	for range min(depth, maxQuote) {
		f.out = append(f.out, "> "...)
	}
}

// br ends the line; on an empty one it leaves a blank line.
func (f *flow) br() {
	if f.open {
		f.open, f.breaks = false, 1
	} else {
		f.breaks = 2
	}
}

// block sees to at least n line ends before the next text.
func (f *flow) block(n int) {
	f.open, f.space = false, false
	f.breaks = max(f.breaks, n)
}

func (f *flow) String() string { return string(f.out) }
