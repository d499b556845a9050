package office

import (
	"fmt"
	"slices"
	"strings"

	"codeberg.org/go-pdf/fpdf"
)

// Measures of a page, in millimetres; sizes of text in points.
const (
	pageWidth, pageHeight   = 210.0, 297.0
	left, right             = 25.0, 190.0
	top, bottom             = 20.0, 277.0
	step                    = 7.0 // of an indent
	textSize, smallSize     = 10.5, 8.5
	lineFactor              = 1.35
	point                   = 25.4 / 72
	maxPDFColumns           = 10
	cellGap, cellPad        = 2.0, 1.2
	narrowest               = 12.0 // column
	quoteBar, quoteBarWidth = 2.5, 0.8
)

var headingSizes = [6]float64{16, 14, 12.5, 11.5, 10.5, 10.5}

// An op draws a text at its baseline or, without one, a filled box.
type op struct {
	x, y, w, h float64
	text       string
	style      style
	size       float64
}

// A sheet lays blocks out on pages, before anything is drawn: only then is it known
// how many there are.
type sheet struct {
	m     measure
	pages [][]op
	y     float64 // the next line's top
}

// layout returns what stands on each page.
func layout(f *fpdf.Fpdf, blocks []Block) ([][]op, error) {
	s := sheet{m: newMeasure(f), pages: [][]op{nil}, y: top}
	for i, b := range blocks {
		s.block(b)
		if b.Kind == PageBreak && i+1 < len(blocks) {
			s.newPage()
		}
		if len(s.pages) > maxPages {
			return nil, ErrTooLong
		}
	}
	return s.pages, nil
}

func (s *sheet) newPage() {
	s.pages = append(s.pages, nil)
	s.y = top
}

func (s *sheet) put(o op) {
	n := len(s.pages) - 1
	s.pages[n] = append(s.pages[n], o)
}

// room begins a new page if less than so much is left of this one.
func (s *sheet) room(h float64) {
	if s.y+h > bottom && s.y > top && len(s.pages) <= maxPages {
		s.newPage()
	}
}

func (s *sheet) block(b Block) {
	size, after := textSize, 2.2
	x := left + step*float64(b.Depth) + step*float64(b.Quote)
	switch b.Kind {
	case Rule:
		s.room(4)
		s.put(op{x: left, y: s.y + 1.5, w: right - left, h: 0.2})
		s.y += 4
		return
	case PageBreak:
		return
	case Table:
		s.table(b, x)
		return
	case Heading:
		size, after = headingSizes[b.Level-1], 1.5
		s.room(size*lineFactor*point + 3*textSize*lineFactor*point) // not alone at the end of a page
		if s.y > top {
			s.y += 3
		}
		b.Spans = headed(b.Spans, true)
	case Item:
		after = 1
	}
	if b.Small {
		size = smallSize
	}
	s.lines(b, x, size)
	s.y += after
}

// lines writes a paragraph, with the mark of an item before its first line.
func (s *sheet) lines(b Block, x, size float64) {
	mark := ""
	if b.Kind == Item {
		if mark = bullets[(b.Depth-1)%2]; b.Number > 0 {
			mark = fmt.Sprintf("%d.", b.Number)
		}
	}
	h := size * lineFactor * point
	indent := x - step
	if wide := s.m.text(mark, regular, size) + 1.5; wide > step {
		x += wide - step
	}
	for _, l := range s.m.wrap(b.Spans, right-x, size) {
		s.room(h)
		if mark != "" {
			s.put(op{x: indent + 1, y: s.y + h*0.77, text: mark, size: size})
			mark = ""
		}
		for i := range b.Quote {
			s.put(op{x: left + step*float64(b.Depth+i) + quoteBar, y: s.y, w: quoteBarWidth, h: h})
		}
		s.line(l, x, size)
		s.y += h
	}
}

// line writes the pieces of a line.
func (s *sheet) line(l line, x, size float64) {
	for _, p := range l.pieces {
		s.put(op{x: x, y: s.y + size*lineFactor*point*0.77, text: p.text, style: p.style, size: size})
		x += p.width
	}
}

// table writes rows with a line under each; the head again on each page.
func (s *sheet) table(b Block, x float64) {
	widths, ok := s.m.columns(b.Rows, right-x)
	if !ok {
		for _, r := range records(b) {
			s.block(r)
		}
		return
	}
	head := s.m.row(headRow(b.Rows[0]), widths)
	s.row(head, widths, x, nil)
	for _, cells := range b.Rows[1:] {
		if len(s.pages) > maxPages {
			return
		}
		s.row(s.m.row(cells, widths), widths, x, &head)
	}
	s.y += 3
}

func headRow(cells []Cell) []Cell {
	out := slices.Clone(cells)
	for i := range out {
		out[i].Spans = headed(out[i].Spans, true)
	}
	return out
}

// row writes a row. One that fits on a page is not torn apart.
func (s *sheet) row(r row, widths []float64, x float64, head *row) {
	h := textSize * lineFactor * point
	next := func() {
		s.newPage()
		if head != nil && float64(head.lines)*h < (bottom-top)/3 {
			s.row(*head, widths, x, nil)
		}
	}
	all := float64(r.lines)*h + 2*cellPad
	if s.y+all > bottom && s.y > top && all < (bottom-top)/2 {
		next()
	}
	s.y += cellPad
	for n := range r.lines {
		if s.y+h > bottom {
			if len(s.pages) > maxPages {
				return
			}
			next()
			s.y += cellPad
		}
		at := x
		for i, c := range r.cells {
			if n < len(c.lines) {
				shift := 0.0
				if c.right {
					shift = widths[i] - cellGap - c.lines[n].width
				}
				s.line(c.lines[n], at+shift, textSize)
			}
			at += widths[i]
		}
		s.y += h
	}
	s.y += cellPad
	thick := 0.1
	if head == nil {
		thick = 0.3
	}
	s.put(op{x: x, y: s.y, w: sum(widths), h: thick})
}

// draw puts a page's ops into the file.
func draw(f *fpdf.Fpdf, ops []op) {
	f.SetFillColor(150, 150, 150)
	f.SetTextColor(0, 0, 0)
	for _, o := range ops {
		if o.text == "" {
			f.Rect(o.x, o.y, o.w, o.h, "F")
			continue
		}
		if strings.TrimSpace(o.text) == "" {
			continue
		}
		f.SetFont("text", styleNames[o.style], o.size)
		f.Text(o.x, o.y, o.text)
	}
}
