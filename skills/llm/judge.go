package llm

import (
	"bufio"
	"bytes"
	"html"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	htmlr "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"amtsbote/bots"
)

// commonMark parses as the connectors' renderer does: tables, no HTML. A test in
// cmd/amtsbote holds the two against one another.
var commonMark = goldmark.New(
	goldmark.WithParser(parser.NewParser(
		parser.WithBlockParsers(without(parser.DefaultBlockParsers(), parser.NewHTMLBlockParser())...),
		parser.WithInlineParsers(without(parser.DefaultInlineParsers(), parser.NewRawHTMLParser())...),
		parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...),
	)),
	goldmark.WithExtensions(extension.Table),
).Parser()

func without(parsers []util.PrioritizedValue, p any) (kept []util.PrioritizedValue) {
	for _, v := range parsers {
		if v.Value != p {
			kept = append(kept, v)
		}
	}
	return kept
}

const (
	maxJudged = 256 << 10 // bytes of an answer that is parsed
	maxMarks  = 6000      // in it; goldmark's time grows with their square
	maxDeep   = 100       // quotes and lists in one another
)

// parsable reports whether goldmark is soon done with a text. One that was written
// to be read is.
func parsable(s string) bool {
	marks := 0
	for line := range strings.Lines(s) {
		begin := strings.TrimLeft(line, " \t>-+*.)0123456789")
		if len(line)-len(begin) > maxDeep {
			return false
		}
		for i := range len(line) {
			switch line[i] {
			case '[', ']', '*', '_', '<', '`':
				marks++
			case '|':
				marks += 2
			}
		}
	}
	return len(s) <= maxJudged && marks <= maxMarks
}

// clean reports whether neither what is rendered as a link nor what people read is a
// foreign link: in the tree escapes are resolved, "www\.x.example" is one.
func (l Links) clean(s string) bool {
	if !parsable(s) {
		return false
	}
	source, ok := []byte(s), true
	_ = ast.Walk(commonMark.Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the function fails never
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Image:
			ok = false
		case *ast.Link:
			ok = ok && l.has(string(n.Destination))
		case *ast.AutoLink:
			ok = ok && l.has(string(n.URL(source)))
		}
		if n.Type() == ast.TypeBlock && n.FirstChild() != nil && n.FirstChild().Type() == ast.TypeInline {
			ok = ok && !l.foreign(inline(n, source))
		}
		if !ok {
			return ast.WalkStop, nil
		}
		return ast.WalkContinue, nil
	})
	return ok
}

// inline returns the text in a node as people read it.
func inline(parent ast.Node, source []byte) string {
	var b strings.Builder
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Text:
			b.Write(unescaped(n, source))
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte('\n')
			}
		case *ast.String:
			b.Write(n.Value)
		case *ast.AutoLink:
			b.Write(n.Label(source))
		default:
			b.WriteString(inline(n, source))
		}
	}
	return b.String()
}

func unescaped(n *ast.Text, source []byte) []byte {
	value := n.Value(source)
	if n.IsRaw() || !bytes.ContainsAny(value, `\&`) {
		return value
	}
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	htmlr.DefaultWriter.Write(w, value)
	_ = w.Flush() // a bytes.Buffer does not fail
	return []byte(html.UnescapeString(b.String()))
}

// flat returns what people would read of an answer, line by line, without foreign
// links and without formatting, and whether a bare one was removed.
func (l Links) flat(s string) (string, bool) {
	removed := false
	lines := strings.Split(s, "\n")
	if parsable(s) {
		lines = nil
		source := []byte(s)
		_ = ast.Walk(commonMark.Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
			switch {
			case !entering || n.Type() != ast.TypeBlock:
			case n.FirstChild() != nil && n.FirstChild().Type() == ast.TypeInline:
				lines = append(append(lines, strings.Split(inline(n, source), "\n")...), "")
			case n.IsRaw():
				lines = append(append(lines, strings.Split(string(n.Lines().Value(source)), "\n")...), "")
			}
			return ast.WalkContinue, nil
		})
	}
	for i, line := range lines {
		line, bare := l.bare(bots.Visible(line))
		removed = removed || bare
		line = bots.Literal(line)
		if line != "" && strings.IndexByte("#>-+=|~0123456789", line[0]) >= 0 {
			line = "\u00a0" + line // no block of its own
		}
		lines[i] = line
	}
	return strings.TrimSpace(strings.Join(lines, "\n")), removed
}
