package render

import (
	"bufio"
	"bytes"
	"html"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	htmlr "github.com/yuin/goldmark/renderer/html"
)

// maxTableWidth is the width in characters up to which a table is set in
// columns. A wider one would be torn apart by the lines of a mail.
const maxTableWidth = 78

// Plain returns a text as plain text that reads well without formatting:
// headings, paragraphs and lists keep their lines, a link is followed by its
// address, an image is its alternative text, emphasis goes. Narrow tables stand
// in columns, wide ones as "head: value". Lines are not wrapped. The result is
// valid UTF-8 without blank lines at its ends; it is not CommonMark any more.
func Plain(md string) string {
	md = clean(md)
	if !formattable(md) {
		return strings.TrimSpace(md)
	}
	root, source := parse(md)
	return strings.Trim(plain{source}.blocks(root, "\n\n"), "\n")
}

// Says reports whether a text says what another one does, whatever their
// formatting and line breaks.
func Says(md, part string) bool {
	words := func(md string) string { return strings.Join(strings.Fields(Plain(md)), " ") }
	return strings.Contains(words(md), words(part))
}

// plain writes the nodes of a tree as text.
type plain struct{ source []byte }

func (p plain) blocks(parent ast.Node, gap string) string { return joined(parent, gap, p.block) }

// joined joins what block makes of the blocks in a node, with a gap between them.
func joined(parent ast.Node, gap string, block func(ast.Node) string) string {
	var parts []string
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		if s := block(n); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, gap)
}

func (p plain) block(n ast.Node) string {
	switch n := n.(type) {
	case *ast.ThematicBreak:
		return "----------"
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		return strings.TrimRight(string(n.Lines().Value(p.source)), "\n")
	case *ast.Blockquote:
		return indent(p.blocks(n, "\n\n"), "> ", "> ")
	case *ast.List:
		return p.list(n)
	case *extast.Table:
		return p.table(n)
	}
	if n.Type() == ast.TypeBlock && n.FirstChild() != nil && n.FirstChild().Type() == ast.TypeBlock {
		return p.blocks(n, "\n\n")
	}
	return strings.TrimSpace(p.inline(n))
}

func (p plain) list(l *ast.List) string {
	gap := "\n\n"
	if l.IsTight {
		gap = "\n"
	}
	var items []string
	number := l.Start
	for n := l.FirstChild(); n != nil; n = n.NextSibling() {
		mark := "- "
		if l.IsOrdered() {
			mark = strconv.Itoa(number) + ". "
			number++
		}
		items = append(items, indent(p.blocks(n, gap), mark, strings.Repeat(" ", len(mark))))
	}
	return strings.Join(items, gap)
}

// indent puts first before the first line of a text and rest before the others.
func indent(s, first, rest string) string {
	var b strings.Builder
	b.WriteString(first)
	for i, line := range strings.Split(s, "\n") {
		switch {
		case i > 0 && line == "":
			b.WriteString("\n" + strings.TrimRight(rest, " "))
			continue
		case i > 0:
			b.WriteString("\n" + rest)
		}
		b.WriteString(line)
	}
	return strings.TrimRight(b.String(), " ")
}

// inline returns the text in a block without its formatting.
func (p plain) inline(parent ast.Node) string {
	var b strings.Builder
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Text:
			b.Write(unescape(n, p.source))
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte('\n')
			}
		case *ast.String:
			b.Write(n.Value)
		case *ast.AutoLink:
			b.Write(n.Label(p.source))
		case *ast.Link:
			s, url := p.inline(n), string(n.Destination)
			b.WriteString(s)
			if harmless(url) && s != url && s != strings.TrimPrefix(url, "mailto:") {
				b.WriteString(" (" + url + ")")
			}
		default:
			b.WriteString(p.inline(n))
		}
	}
	return b.String()
}

// harmless reports whether a person may be shown the address as one to open:
// the same that HTML makes a link.
func harmless(url string) bool {
	scheme, _, ok := strings.Cut(strings.ToLower(url), ":")
	return ok && (scheme == "http" || scheme == "https" || scheme == "mailto")
}

func (p plain) table(t *extast.Table) string {
	var rows [][]string
	for r := t.FirstChild(); r != nil; r = r.NextSibling() {
		var row []string
		for c := r.FirstChild(); c != nil; c = c.NextSibling() {
			row = append(row, strings.TrimSpace(p.inline(c)))
		}
		rows = append(rows, row)
	}
	widths, total := columns(rows)
	if total > maxTableWidth {
		return records(rows)
	}
	return grid(rows, widths, total)
}

// grid sets rows in columns, with a rule below the first.
func grid(rows [][]string, widths []int, total int) string {
	lines := make([]string, 0, len(rows)+1)
	for i, row := range rows {
		lines = append(lines, align(row, widths))
		if i == 0 {
			lines = append(lines, strings.Repeat("-", total))
		}
	}
	return strings.Join(lines, "\n")
}

// columns returns the width of each column and of the whole table.
func columns(rows [][]string) (widths []int, total int) {
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, w := range widths {
		total += w + 2
	}
	return widths, max(total-2, 0)
}

// align sets a row in columns.
func align(row []string, widths []int) string {
	var b strings.Builder
	for i, cell := range row {
		b.WriteString(cell)
		b.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
	}
	return strings.TrimRight(b.String(), " ")
}

// records writes each row as lines "head: value".
func records(rows [][]string) string {
	var parts []string
	for _, row := range rows[1:] {
		parts = append(parts, strings.Join(labelled(rows[0], row, "", ": "), "\n"))
	}
	return strings.Join(parts, "\n\n")
}

// labelled returns the cells of a row that have something in them, each after the head
// of its column, which stands between before and after.
func labelled(heads, row []string, before, after string) (lines []string) {
	for i, cell := range row {
		switch head := heads[i]; {
		case cell == "":
		case head == "":
			lines = append(lines, cell)
		default:
			lines = append(lines, before+head+after+cell)
		}
	}
	return lines
}

// unescape returns a text node as a person reads it: "\*" and "&amp;" resolved
// by the same code that HTML uses.
func unescape(n *ast.Text, source []byte) []byte {
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
