package document

import (
	"errors"
	"fmt"
	"strings"
)

// A docText gathers what a walk over an office file meets: runs into
// paragraphs, paragraphs into cells and pages. Paragraphs may stand inside
// others (text boxes) and tables inside cells; what is inside comes first.
type docText struct {
	p *parser
	d *Document

	frames []*textFrame // the page, then open cells
	paras  []*textPara  // open, outermost first
	rows   [][]string   // cells of open rows
	breaks int          // page breaks inside the open table
	split  bool         // a page break was met
	size   int

	notes   []string // footnotes, in order
	remarks []string // comments
	unseen  strings.Builder
	hiding  int
	err     error // a budget is used up
}

type textFrame struct {
	strings.Builder
	paras int      // open around it
	last  lineKind // of the last paragraph
}

// A lineKind is what a paragraph is. Lines of one list, and rows of one table,
// stand close together.
type lineKind byte

const (
	paragraph lineKind = iota
	listItem
	tableRow
)

func (p *textPara) kind() lineKind {
	if p.prefix != "" {
		return listItem
	}
	return paragraph
}

type textPara struct {
	strings.Builder
	prefix string // of a list
}

func newDocText(p *parser, d *Document) *docText {
	return &docText{p: p, d: d, frames: []*textFrame{{}}}
}

// text adds a run to the open paragraph. Hidden, it is only remembered.
func (t *docText) text(s string, hidden bool) {
	if s == "" {
		return
	}
	if hidden {
		if t.unseen.Len() < 1000 {
			t.unseen.WriteString(s[:min(len(s), 1000)])
		}
		return
	}
	t.endHidden()
	if t.size += len(s); t.size > 2*int(t.p.lim.Text) {
		t.err = unreadable(TooBig, errors.New("too much text"))
		return
	}
	if n := len(t.paras); n > t.frame().paras {
		t.paras[n-1].WriteString(s)
	} else if strings.TrimSpace(s) != "" {
		t.frame().WriteString(s)
	}
}

func (t *docText) frame() *textFrame { return t.frames[len(t.frames)-1] }

func (t *docText) endHidden() {
	if s := strings.TrimSpace(t.unseen.String()); len(s) > 2 && t.hiding < 10 {
		t.hiding++
		t.p.hidden(t.d, s)
	}
	t.unseen.Reset()
}

func (t *docText) startPara() {
	if len(t.paras) < 50 {
		t.paras = append(t.paras, &textPara{})
	}
}

// prefix sets the bullet or number of the open paragraph.
func (t *docText) prefix(s string) {
	if n := len(t.paras); n > 0 {
		t.paras[n-1].prefix = s
	}
}

// endPara ends the open paragraph. Lines of a list stand close together.
func (t *docText) endPara() {
	n := len(t.paras)
	if n <= t.frame().paras {
		return
	}
	para := t.paras[n-1]
	t.paras = t.paras[:n-1]
	t.block(para.prefix+strings.TrimRight(para.String(), " \t\n"), para.kind())
}

// block adds a paragraph to the open cell or page. In a cell all stand close.
func (t *docText) block(s string, kind lineKind) {
	if strings.TrimSpace(s) == "" {
		return
	}
	f := t.frame()
	if f.Len() > 0 {
		f.WriteByte('\n')
		if len(t.frames) == 1 && (kind == paragraph || kind != f.last) {
			f.WriteByte('\n')
		}
	}
	f.last = kind
	f.WriteString(s)
}

func (t *docText) startCell() {
	if len(t.frames) < 200 {
		t.frames = append(t.frames, &textFrame{paras: len(t.paras)})
	}
}

func (t *docText) endCell(repeat int) {
	n := len(t.frames)
	if n < 2 || len(t.rows) == 0 {
		return
	}
	for len(t.paras) > t.frame().paras {
		t.endPara() // left open by broken XML
	}
	cell := t.frames[n-1].String()
	t.frames = t.frames[:n-1]
	row := &t.rows[len(t.rows)-1]
	for range max(1, min(repeat, 100)) {
		if len(*row) < 20_000 {
			*row = append(*row, cell)
		}
		if t.size += len(cell); t.size > 3*int(t.p.lim.Text) {
			t.err = unreadable(TooBig, errors.New("too much text"))
			return
		}
	}
}

func (t *docText) startRow() {
	if len(t.rows) < 200 {
		t.rows = append(t.rows, nil)
	}
}

func (t *docText) endRow() {
	n := len(t.rows)
	if n == 0 {
		return
	}
	cells := t.rows[n-1]
	t.rows = t.rows[:n-1]
	line, layout := rowText(cells)
	if layout {
		for _, c := range cells {
			t.block(c, paragraph)
		}
	} else {
		t.block(line, tableRow)
	}
	if len(t.rows) == 0 {
		for ; t.breaks > 0; t.breaks-- {
			t.pageBreak(false)
		}
	}
}

// rowText puts the cells of a row side by side. layout means that they should
// rather be paragraphs: a table that only gives a letter its layout has long
// cells, or one a row.
func rowText(cells []string) (line string, layout bool) {
	filled := 0
	var b strings.Builder
	for i, c := range cells {
		c = strings.TrimSpace(c)
		if c != "" {
			filled++
		}
		if len(c) > 500 || strings.Count(c, "\n") > 3 {
			return "", true
		}
		if i > 0 {
			b.WriteString(" | ")
		}
		b.WriteString(strings.Join(strings.Fields(c), " "))
	}
	if filled == 1 {
		return "", true
	}
	return strings.TrimRight(b.String(), " |"), false
}

// pageBreak begins a new page. One that a program only noted down where it
// broke the page is dropped where the page just began.
func (t *docText) pageBreak(noted bool) {
	if len(t.rows) > 0 {
		t.breaks = min(t.breaks+1, 50)
		return
	}
	open := ""
	if n := len(t.paras); n > 0 {
		open = t.paras[0].String()
	}
	if noted && t.frames[0].Len() == 0 && strings.TrimSpace(open) == "" {
		return
	}
	// The part of an open paragraph before the break stays on this page.
	if n := len(t.paras); n > 0 {
		t.block(strings.TrimRight(t.paras[0].prefix+open, " \n"), t.paras[0].kind())
		t.paras[0].Reset()
		t.paras[0].prefix = ""
	}
	t.split = true
	t.endPage("")
}

// endPage makes a page of what was gathered.
func (t *docText) endPage(name string) {
	t.frames = t.frames[:1]
	if err := t.p.sheet(t.d, name, t.frames[0].String()); err != nil && t.err == nil {
		t.err = err
	}
	t.frames[0].Reset()
}

// finish ends the document: open things are closed, notes and comments come
// last. Nothing at all makes no page.
func (t *docText) finish(footer []string) error {
	t.endHidden()
	for len(t.rows) > 0 {
		if len(t.frames) > len(t.rows) {
			t.endCell(1)
		}
		t.endRow()
	}
	for len(t.paras) > 0 && len(t.paras) > t.frame().paras {
		t.endPara()
	}
	for i, n := range t.notes {
		t.block(fmt.Sprintf("[%d] %s", i+1, n), paragraph)
	}
	for _, r := range t.remarks {
		t.block(r, paragraph)
	}
	for _, f := range footer {
		t.block(f, paragraph)
	}
	if t.frames[0].Len() > 0 {
		t.endPage("")
	}
	return t.err
}

// remark adds a comment that somebody wrote in the margin.
func (t *docText) remark(author, text string) {
	text, author = strings.Join(strings.Fields(text), " "), strings.Join(strings.Fields(author), " ")
	if text == "" || len(t.remarks) > 5000 {
		return
	}
	if author != "" {
		author = " von " + author
	}
	t.remarks = append(t.remarks, fmt.Sprintf("[Kommentar%s: %s]", author, text))
}

// changed warns of tracked changes: what was deleted is left out, as a reader
// of the final text sees it.
func (t *docText) changed() {
	t.p.warn(t.d, "tracked-changes", Text{
		DE: "enthält nachverfolgte Änderungen; Gelöschtes wurde nicht verwendet",
		EN: "has tracked changes; what was deleted was not used",
	}, "")
}
