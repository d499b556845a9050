package render

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/util"
)

// maxTeamsTable is the width in characters up to which a table is set in columns:
// a chat is narrower than a mail.
const maxTeamsTable = 60

// Teams returns a text in the Markdown that Microsoft Teams shows in the messages of
// bots: bold, italics, code, quotes, links and lists, nothing else:
// https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages
// Headings become bold, tables code or lists, images their alternative text. Links
// lead to http, https and mailto only.
//
// How exactly Teams reads Markdown is not documented, and it reads HTML in it. So
// everything else is escaped, for parsers of CommonMark and of its predecessors
// alike, and no "<" is left outside of code: text can neither mention anybody nor
// become HTML. What stays is [n] of up to three digits: a citation, which Teams
// looks for literally.
//
// Text that grows at its end line by line, but for tables, code and marks that are
// closed in a later line, grows at its end here too.
func Teams(md string) string {
	md = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, clean(md))
	if !formattable(md) {
		return teams{}.lines(strings.TrimSpace(md))
	}
	root, source := parse(md)
	return strings.Trim(teams{source}.blocks(root, "\n\n"), "\n")
}

// teams writes the nodes of a tree as Markdown for Teams.
type teams struct{ source []byte }

// lines shows a text as it is, with its line breaks.
func (t teams) lines(text string) string {
	var w teamsLine
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			w.wrap()
		}
		w.text.WriteString(line)
	}
	w.flush(0)
	return w.out.String()
}

func (t teams) blocks(parent ast.Node, gap string) string { return joined(parent, gap, t.block) }

func (t teams) block(n ast.Node) string {
	switch n := n.(type) {
	case *ast.ThematicBreak:
		return "———"
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		return fenced(strings.TrimRight(string(n.Lines().Value(t.source)), "\n"))
	case *ast.Blockquote:
		return indent(t.blocks(n, "\n\n"), "> ", "> ")
	case *ast.List:
		return t.list(n)
	case *extast.Table:
		return t.table(n)
	case *ast.Heading:
		if s := strings.ReplaceAll(t.inline(n, true), "  \n", " "); s != "" {
			return "**" + s + "**"
		}
		return ""
	}
	if n.Type() == ast.TypeBlock && n.FirstChild() != nil && n.FirstChild().Type() == ast.TypeBlock {
		return t.blocks(n, "\n\n")
	}
	return t.inline(n, false)
}

// fenced returns code between fences that do not stand in it.
func fenced(code string) string {
	fence := "```"
	for strings.Contains(code, fence) {
		fence += "`"
	}
	return fence + "\n" + code + "\n" + fence
}

// list writes every list as a tight one: whether it is one shows only at its end.
func (t teams) list(l *ast.List) string {
	var items []string
	number := l.Start
	for n := l.FirstChild(); n != nil; n = n.NextSibling() {
		mark := "- "
		if l.IsOrdered() {
			mark = strconv.Itoa(number) + ". "
			number++
		}
		// Four blanks: the predecessors of CommonMark need them.
		items = append(items, indent(t.item(n), mark, strings.Repeat(" ", max(len(mark), 4))))
	}
	return strings.Join(items, "\n")
}

// item writes what is in a list item: a list below a text stands close to it.
func (t teams) item(item ast.Node) string {
	var b strings.Builder
	for n := item.FirstChild(); n != nil; n = n.NextSibling() {
		s := t.block(n)
		if s == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
			if _, ok := n.(*ast.List); !ok {
				b.WriteByte('\n')
			}
		}
		b.WriteString(s)
	}
	return b.String()
}

// table writes a table in columns, as code, or, where it is wide or has more than
// text in it, as a list of its rows.
func (t teams) table(table *extast.Table) string {
	var plainRows, rows [][]string
	simple := true
	for r := table.FirstChild(); r != nil; r = r.NextSibling() {
		var plainRow, row []string
		for c := r.FirstChild(); c != nil; c = c.NextSibling() {
			text, shown := strings.TrimSpace(plain(t).inline(c)), t.inline(c, r == table.FirstChild())
			simple = simple && !strings.Contains(shown, "](") && !citation.MatchString(shown)
			plainRow, row = append(plainRow, text), append(row, shown)
		}
		plainRows, rows = append(plainRows, plainRow), append(rows, row)
	}
	widths, total := columns(plainRows)
	if !simple || total > maxTeamsTable {
		return rowsAsList(rows)
	}
	return fenced(grid(plainRows, widths, total))
}

// rowsAsList writes each row as a list item with lines "**head:** value".
func rowsAsList(rows [][]string) string {
	var items []string
	for _, row := range rows[1:] {
		if lines := labelled(rows[0], row, "**", ":** "); len(lines) > 0 {
			items = append(items, indent(strings.Join(lines, "  \n"), "- ", "    "))
		}
	}
	return strings.Join(items, "\n")
}

// inline writes the text in a block. In what is bold already, nothing is marked
// once more.
func (t teams) inline(parent ast.Node, bold bool) string {
	w := teamsLine{bold: bold}
	t.into(&w, parent)
	w.flush(0)
	return strings.TrimSpace(w.out.String())
}

func (t teams) into(w *teamsLine, parent ast.Node) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Text:
			w.text.Write(unescape(n, t.source))
			if n.SoftLineBreak() || n.HardLineBreak() {
				w.wrap()
			}
		case *ast.String:
			w.text.Write(n.Value)
		case *ast.Emphasis:
			t.emphasis(w, n)
		case *ast.CodeSpan:
			t.code(w, n)
		case *ast.AutoLink:
			address := string(n.URL(t.source))
			if n.AutoLinkType == ast.AutoLinkEmail && !strings.HasPrefix(address, "mailto:") {
				address = "mailto:" + address
			}
			w.link(address, func() { w.text.Write(n.Label(t.source)) })
		case *ast.Link:
			w.link(string(util.URLEscape(n.Destination, true)), func() { t.into(w, n) })
		default: // an image is its alternative text
			t.into(w, n)
		}
	}
}

// emphasis marks a text, unless it has that mark already or it would touch other
// marks: which belong together is then read in more than one way.
func (t teams) emphasis(w *teamsLine, n *ast.Emphasis) {
	mark, on := "*", &w.italic
	if n.Level > 1 {
		mark, on = "**", &w.bold
	}
	w.flush('*')
	outer := *on
	*on = true
	inner := teamsLine{bold: w.bold, italic: w.italic, linked: w.linked, middle: !w.begins()}
	*on = outer
	t.into(&inner, n)
	inner.flush('*')
	s := inner.out.String()
	switch touches := strings.HasSuffix(w.out.String(), "*"); {
	case outer, touches, s == "", s != strings.TrimSpace(s), s[0] == '*', s[len(s)-1] == '*', strings.Contains(s, "\n"):
		w.out.WriteString(s)
	default:
		w.out.WriteString(mark + s + mark)
	}
}

// code writes a code span; one that some parser could read in another way becomes
// text.
func (t teams) code(w *teamsLine, n *ast.CodeSpan) {
	s := strings.Join(strings.Fields(plain(t).inline(n)), " ")
	if s == "" || strings.ContainsAny(s, "`<&\\") {
		w.text.WriteString(s)
		return
	}
	w.flush('`')
	if strings.HasSuffix(w.out.String(), "`") {
		w.text.WriteString(s)
		return
	}
	w.out.WriteString("`" + s + "`")
}

// teamsLine writes lines of Markdown. Text is gathered until something else comes,
// as what it has to be escaped for depends on its neighbours.
type teamsLine struct {
	out                  strings.Builder
	text                 strings.Builder // not escaped yet
	bold, italic, linked bool            // in what the text stands
	middle               bool            // not at the beginning of a line, although out is empty
}

// wrap ends a line: two blanks break it in every Markdown.
func (w *teamsLine) wrap() {
	w.flush(0)
	s := strings.TrimRight(w.out.String(), " ")
	w.out.Reset()
	w.out.WriteString(s + "  \n")
}

// link writes a link if a person may be shown the address as one to open.
func (w *teamsLine) link(address string, label func()) {
	address = destination(address)
	if u, err := url.Parse(address); err != nil || w.linked || !harmless(address) || u.Scheme != "mailto" && u.Host == "" {
		label()
		return
	}
	w.flush('[')
	var inner teamsLine
	inner, *w = *w, teamsLine{bold: w.bold, italic: w.italic, linked: true, middle: true}
	label()
	w.flush(']')
	s := strings.TrimSpace(strings.ReplaceAll(w.out.String(), "  \n", " "))
	*w = inner
	if s != "" {
		w.out.WriteString("[" + citation.ReplaceAllString(s, `\[$1\]`) + "](" + strings.ReplaceAll(address, "&", "&amp;") + ")")
	}
}

// destination returns an address such that no parser sees its end too early.
func destination(address string) string {
	var b strings.Builder
	for i, c := range []byte(address) {
		if c == '%' && !percent.MatchString(address[i:min(len(address), i+3)]) || c <= ' ' || c >= 0x7f || strings.IndexByte("()<>[]\"'\\`*{}|^", c) >= 0 {
			b.WriteString("%" + strings.ToUpper(strconv.FormatUint(uint64(c)|0x100, 16)[1:]))
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

var (
	citation = regexp.MustCompile(`\[([0-9]{1,3})\]`)
	entity   = regexp.MustCompile(`^&#?[0-9A-Za-z]{1,40};`)
	percent  = regexp.MustCompile(`^%[0-9A-Fa-f]{2}$`)
	digits   = regexp.MustCompile(`^[0-9]+$`)
	numbered = regexp.MustCompile(`^[0-9]+[.)]`)
)

// begins reports whether what comes next begins a line.
func (w *teamsLine) begins() bool {
	s := w.out.String()
	return s == "" && !w.middle || strings.HasSuffix(s, "\n")
}

// flush escapes the text gathered; next is the byte that follows it, 0 at the end
// of a line.
func (w *teamsLine) flush(next byte) {
	s := w.text.String()
	w.text.Reset()
	if s == "" {
		return
	}
	first := w.begins()
	if before := w.out.String(); !first && digits.MatchString(before[strings.LastIndexByte(before, '\n')+1:]) && (s[0] == '.' || s[0] == ')') {
		w.out.WriteByte('\\')
	}
	if first {
		s = strings.TrimLeftFunc(s, unicode.IsSpace)
	}
	for i, line := range strings.Split(s, "\n") {
		if i > 0 {
			w.out.WriteString("  \n")
			line, first = strings.TrimLeftFunc(line, unicode.IsSpace), true
		}
		escape(&w.out, line, first, next)
	}
}

// escape writes a line such that it shows as it is.
func escape(b *strings.Builder, s string, first bool, next byte) {
	skip := 0
	if first {
		skip = opening(b, s)
	}
	for i := skip; i < len(s); i++ {
		c := s[i]
		switch c {
		case '<':
			b.WriteString("&lt;")
			continue
		case '~':
			b.WriteString("&#126;") // the predecessors of CommonMark cannot escape it
			continue
		case '&':
			if entity.MatchString(s[i:]) || i+1 == len(s) {
				b.WriteString("&amp;")
				continue
			}
		case '[':
			if at := citation.FindStringIndex(s[i:min(len(s), i+5)]); at != nil && at[0] == 0 && !opens(s[i+at[1]:], next) {
				b.WriteString(s[i : i+at[1]])
				i += at[1] - 1
				continue
			}
			b.WriteByte('\\')
		case '!':
			if i+1 < len(s) && s[i+1] == '[' || i+1 == len(s) && next == '[' {
				b.WriteByte('\\')
			}
		case '\\', '`', '*', '_', ']':
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
}

// opens reports whether what follows "[n]" could make it a link.
func opens(rest string, next byte) bool {
	if rest != "" {
		next = rest[0]
	}
	if at := citation.FindStringIndex(rest[:min(len(rest), 5)]); at != nil && at[0] == 0 {
		return false // "[1][2]" refers to nothing, as nothing is defined
	}
	return next == '(' || next == '[' || next == ':'
}

// opening escapes what opens a block at the beginning of a line and returns how
// many bytes it has written.
func opening(b *strings.Builder, s string) int {
	if m := numbered.FindString(s); m != "" {
		b.WriteString(m[:len(m)-1] + `\` + m[len(m)-1:])
		return len(m)
	}
	if s == "" {
		return 0
	}
	switch s[0] {
	case '#', '+', '-':
		b.WriteString(`\` + s[:1])
	case '>':
		b.WriteString("&gt;")
	case '=':
		b.WriteString("&#61;") // below a text it would make it a heading
	case '|', ':':
		b.WriteString("&#" + strconv.Itoa(int(s[0])) + ";") // a line of a table's rule
	default:
		return 0
	}
	return 1
}
