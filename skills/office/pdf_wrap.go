package office

import (
	"slices"
	"strings"
	"unicode/utf8"

	"codeberg.org/go-pdf/fpdf"
)

// A measure knows how wide letters are.
type measure struct {
	f      *fpdf.Fpdf
	widths [styles]map[rune]float64 // at a size of 1 mm
}

func newMeasure(f *fpdf.Fpdf) measure {
	m := measure{f: f}
	for i := range m.widths {
		m.widths[i] = map[rune]float64{}
	}
	return m
}

// rune returns the width of a letter in millimetres.
func (m *measure) rune(r rune, st style, size float64) float64 {
	w, ok := m.widths[st][r]
	if !ok {
		m.f.SetFont("text", styleNames[st], 10)
		w = float64(m.f.GetStringSymbolWidth(string(r))) / 1000
		m.widths[st][r] = w
	}
	return w * size * point
}

func (m *measure) text(s string, st style, size float64) (w float64) {
	for _, r := range s {
		w += m.rune(r, st, size)
	}
	return w
}

// A line is one of a paragraph, in pieces of one style.
type line struct {
	pieces []piece
	width  float64
}

type piece struct {
	text  string
	style style
	width float64
}

// A letter is a rune with its style.
type letter struct {
	r     rune
	style style
}

// wrap breaks spans into lines of a width: at blanks, after hyphens and slashes, and
// where a word is longer than a line, anywhere. Its time grows with the text.
func (m *measure) wrap(spans []Span, width, size float64) (lines []line) {
	var text []letter
	for _, s := range spans {
		st := styleOf(s)
		for _, r := range s.Text {
			text = append(text, letter{r, st})
		}
	}
	start, can, w := 0, 0, 0.0 // of the line; where it can end; its width so far
	for i := 0; i < len(text); i++ {
		l := text[i]
		if l.r == '\n' {
			lines = append(lines, m.line(text[start:i], size))
			start, can, w = i+1, i+1, 0
			continue
		}
		lw := m.rune(l.r, l.style, size)
		if w+lw > width && l.r != ' ' && i > start {
			end := i
			if can > start {
				end = can
			}
			lines = append(lines, m.line(text[start:end], size))
			start, can, w = end, end, 0
			i = end - 1 // what stands after the break is measured again
			continue
		}
		w += lw
		if l.r == ' ' || (l.r == '-' || l.r == '–' || l.r == '/') && i+1 < len(text) && text[i+1].r != ' ' && i > start && text[i-1].r != ' ' {
			can = i + 1
		}
	}
	if start < len(text) || len(lines) == 0 {
		lines = append(lines, m.line(text[start:], size))
	}
	return lines
}

// line makes a line of letters, without the blanks at its end.
func (m *measure) line(text []letter, size float64) (l line) {
	for len(text) > 0 && text[len(text)-1].r == ' ' {
		text = text[:len(text)-1]
	}
	for len(text) > 0 {
		st := text[0].style
		n := slices.IndexFunc(text, func(l letter) bool { return l.style != st })
		if n < 0 {
			n = len(text)
		}
		p := piece{style: st}
		var b strings.Builder
		for _, l := range text[:n] {
			b.WriteRune(l.r)
			p.width += m.rune(l.r, st, size)
		}
		p.text = b.String()
		l.pieces, l.width = append(l.pieces, p), l.width+p.width
		text = text[n:]
	}
	return l
}

// A row is one of a table, in lines.
type row struct {
	cells []cell
	lines int // of the longest cell
}

type cell struct {
	lines []line
	right bool
}

func (m *measure) row(cells []Cell, widths []float64) (r row) {
	for i, c := range cells {
		lines := m.wrap(c.Spans, widths[i]-cellGap, textSize)
		r.cells = append(r.cells, cell{lines, c.Right})
		r.lines = max(r.lines, len(lines))
	}
	return r
}

// columns returns the widths of a table's columns: as wide as their texts if there is
// room, else by what they need. It reports false if there is no room for that many.
func (m *measure) columns(rows [][]Cell, width float64) ([]float64, bool) {
	var least, want []float64
	for _, row := range rows {
		for i, c := range row {
			if i == len(want) {
				least, want = append(least, narrowest), append(want, narrowest)
			}
			word, all := m.need(c.Spans)
			least[i], want[i] = max(least[i], min(word+cellGap, width/3)), max(want[i], min(all+cellGap, width))
		}
	}
	sumLeast, sumWant := sum(least), sum(want)
	if narrowest*float64(len(want)) > width {
		return nil, false
	}
	for i := range want {
		switch {
		case sumWant <= width:
		case sumLeast >= width:
			want[i] = narrowest + (least[i]-narrowest)*(width-narrowest*float64(len(want)))/max(sumLeast-narrowest*float64(len(want)), 1)
		default:
			want[i] = least[i] + (want[i]-least[i])*(width-sumLeast)/(sumWant-sumLeast)
		}
	}
	return want, true
}

// need returns the widths of the longest word and of the longest line, as if all were
// bold. Of a very long cell the start says enough.
func (m *measure) need(spans []Span) (word, all float64) {
	s := plainText(spans)
	if len(s) > 500 {
		s = s[:500]
		for !utf8.ValidString(s) {
			s = s[:len(s)-1]
		}
	}
	for l := range strings.SplitSeq(s, "\n") {
		all = max(all, m.text(l, strong, textSize))
	}
	for w := range strings.FieldsSeq(s) {
		word = max(word, m.text(w, strong, textSize))
	}
	return word, all
}

func sum(all []float64) (n float64) {
	for _, v := range all {
		n += v
	}
	return n
}
