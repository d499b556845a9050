package office

import (
	"bufio"
	"bytes"
	"html"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	htmlr "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

var markdown = goldmark.New(
	goldmark.WithParser(parser.NewParser(
		parser.WithBlockParsers(without(parser.DefaultBlockParsers(), parser.NewHTMLBlockParser())...),
		parser.WithInlineParsers(without(parser.DefaultInlineParsers(), parser.NewRawHTMLParser())...),
		parser.WithParagraphTransformers(parser.DefaultParagraphTransformers()...),
	)),
	goldmark.WithExtensions(extension.Table),
)

func without(parsers []util.PrioritizedValue, p any) (kept []util.PrioritizedValue) {
	for _, v := range parsers {
		if v.Value != p {
			kept = append(kept, v)
		}
	}
	return kept
}

// FromMarkdown returns the blocks of a text in CommonMark with tables, as skills
// write it: a line break is one in the result, HTML is the text that it is, a link is
// its text and its address, an image its alternative text. A text that would keep the
// parser busy (see limits.go) is taken as it is, by [FromPlain].
func FromMarkdown(md string) []Block {
	md = clean(md)
	if !formattable(md) {
		return FromPlain(md)
	}
	source := []byte(md)
	c := converter{source: source}
	c.children(markdown.Parser().Parse(text.NewReader(source)), place{})
	return c.blocks
}

// FromPlain returns the blocks of a plain text: paragraphs, in which each line stays
// a line. Nothing is taken for markup but **bold** within a paragraph, which marks
// the gaps of a draft.
func FromPlain(s string) (blocks []Block) {
	for p := range strings.SplitSeq(clean(s), "\n\n") {
		if p = strings.Trim(p, "\n"); strings.TrimSpace(p) != "" {
			blocks = append(blocks, Block{Spans: bold(p)})
		}
	}
	return blocks
}

// bold makes spans of a text with **…** in it; a lone ** stays.
func bold(s string) []Span {
	var spans []Span
	for {
		before, rest, ok := strings.Cut(s, "**")
		marked, after, closed := strings.Cut(rest, "**")
		switch {
		case !ok || !closed:
			return joined(append(spans, Span{Text: s}))
		case strings.TrimSpace(marked) != marked || marked == "":
			spans, s = append(spans, Span{Text: before + "**"}), rest
		default:
			spans, s = append(spans, Span{Text: before}, Span{Text: marked, Bold: true}), after
		}
	}
}

// joined makes one span of neighbours of one style, and leaves out empty ones.
func joined(spans []Span) (out []Span) {
	var text strings.Builder
	for i, s := range spans {
		text.WriteString(s.Text)
		if i+1 < len(spans) && spans[i+1].Bold == s.Bold && spans[i+1].Italic == s.Italic {
			continue
		}
		if s.Text = text.String(); s.Text != "" {
			out = append(out, s)
		}
		text.Reset()
	}
	return out
}

// A converter walks goldmark's tree. How deep that is, formattable limits.
type converter struct {
	source []byte
	blocks []Block
	lists  int
}

// A place is where a block stands.
type place struct{ depth, quote int }

func (c *converter) add(p place, b Block) {
	b.Depth, b.Quote = p.depth, p.quote
	c.blocks = append(c.blocks, b)
}

func (c *converter) children(n ast.Node, p place) {
	for ch := n.FirstChild(); ch != nil; ch = ch.NextSibling() {
		c.block(ch, p)
	}
}

func (c *converter) block(n ast.Node, p place) {
	switch n := n.(type) {
	case *ast.Heading:
		c.add(p, Block{Kind: Heading, Level: n.Level, Spans: c.spans(n)})
	case *ast.ThematicBreak:
		c.add(p, Block{Kind: Rule})
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		c.add(p, Block{Kind: Code, Spans: joined(Text(strings.TrimRight(string(n.Lines().Value(c.source)), "\n")))})
	case *ast.Blockquote:
		p.quote++
		c.children(n, p)
	case *ast.List:
		c.list(n, p)
	case *extast.Table:
		c.table(n, p)
	default:
		if spans := c.spans(n); len(spans) > 0 {
			c.add(p, Block{Spans: spans})
		}
	}
}

func (c *converter) list(l *ast.List, p place) {
	c.lists++
	id, number := c.lists, 0
	if l.IsOrdered() {
		number = max(l.Start, 1) // 0 would be a bullet
	}
	p.depth++
	for n := l.FirstChild(); n != nil; n = n.NextSibling() {
		item := Block{Kind: Item, List: id, Number: number}
		rest := n.FirstChild()
		if rest != nil && (rest.Kind() == ast.KindParagraph || rest.Kind() == ast.KindTextBlock) {
			item.Spans, rest = c.spans(rest), rest.NextSibling()
		}
		c.add(p, item)
		for ; rest != nil; rest = rest.NextSibling() {
			c.block(rest, p)
		}
		if number > 0 {
			number++
		}
	}
}

func (c *converter) table(t *extast.Table, p place) {
	var rows [][]Cell
	for r := t.FirstChild(); r != nil; r = r.NextSibling() {
		var row []Cell
		for n := r.FirstChild(); n != nil; n = n.NextSibling() {
			cell, ok := n.(*extast.TableCell)
			row = append(row, Cell{Spans: c.spans(n), Right: ok && cell.Alignment == extast.AlignRight})
		}
		rows = append(rows, row)
	}
	c.add(p, Block{Kind: Table, Rows: rows})
}

// spans returns the text in a block.
func (c *converter) spans(n ast.Node) []Span {
	return joined(c.inline(nil, n, Span{}))
}

// inline appends the text in a node to spans; style is that around it.
func (c *converter) inline(spans []Span, parent ast.Node, style Span) []Span {
	say := func(s string) { style.Text = s; spans = append(spans, style) }
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Text:
			say(c.unescape(n))
			if n.SoftLineBreak() || n.HardLineBreak() {
				say("\n")
			}
		case *ast.String:
			say(string(n.Value))
		case *ast.AutoLink:
			say(string(n.Label(c.source)))
		case *ast.Emphasis:
			in := style
			in.Bold, in.Italic = in.Bold || n.Level > 1, in.Italic || n.Level == 1
			spans = c.inline(spans, n, in)
		case *ast.Link:
			inner := c.inline(nil, n, style)
			spans = append(spans, inner...)
			said, url := plainText(inner), clean(string(n.Destination))
			if harmless(url) && said != url && said != strings.TrimPrefix(url, "mailto:") {
				say(" (" + url + ")")
			}
		default:
			spans = c.inline(spans, n, style)
		}
	}
	return spans
}

// harmless reports whether a person may be shown an address as one to open.
func harmless(url string) bool {
	scheme, _, ok := strings.Cut(strings.ToLower(url), ":")
	return ok && (scheme == "http" || scheme == "https" || scheme == "mailto")
}

func plainText(spans []Span) string {
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.Text)
	}
	return b.String()
}

// unescape returns a text node as a person reads it: "\*" and "&amp;" resolved by
// goldmark's own code. An entity may stand for what clean takes out.
func (c *converter) unescape(n *ast.Text) string {
	value := n.Value(c.source)
	if n.IsRaw() || !bytes.ContainsAny(value, `\&`) {
		return string(value)
	}
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	htmlr.DefaultWriter.Write(w, value)
	_ = w.Flush() // a bytes.Buffer does not fail
	return clean(html.UnescapeString(b.String()))
}
