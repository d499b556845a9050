package document

import (
	"encoding/xml"
	"strings"
)

const maxCells = 3_000_000 // cells of a spreadsheet that are looked at

// An odfSheet is the open sheet of a spreadsheet. Its rows are written as they
// end, so that a sheet of any length needs little memory.
type odfSheet struct {
	name    string
	out     strings.Builder
	row     []string
	cells   int
	hidden  map[int]bool // columns
	column  int
	rowOff  bool // the row is hidden
	repeat  int
	gap     bool
	skipped strings.Builder // of hidden rows and columns
}

// tables starts what tables are made of, in texts and in sheets.
func (w *odfWalk) tables(e xml.StartElement, o *odfOpen) {
	if e.Name.Space != "table" {
		return
	}
	switch e.Name.Local {
	case "table":
		if w.d.Type == typeODS && w.sheet == nil {
			w.startSheet(e)
		}
	case "table-column":
		if w.sheet != nil {
			w.sheet.columns(max(1, xmlInt(e, "number-columns-repeated")), xmlAttr(e, "visibility"))
		}
	case "table-row":
		if w.sheet != nil {
			v := xmlAttr(e, "visibility")
			w.sheet.row, w.sheet.rowOff = w.sheet.row[:0], v == "collapse" || v == "filter"
		} else {
			w.startRow()
		}
	case "table-cell", "covered-table-cell":
		if w.sheet != nil {
			w.sheet.repeat = max(1, xmlInt(e, "number-columns-repeated"))
		}
		if w.sheet == nil || w.sheet.cells < maxCells {
			w.startRowOnce()
			w.startCell()
		}
	}
}

// startRowOnce gives the cells of a sheet the open row that docText wants.
func (w *odfWalk) startRowOnce() {
	if w.sheet != nil && len(w.rows) == 0 {
		w.startRow()
	}
}

func (w *odfWalk) endTables(name string) {
	s := w.sheet
	switch name {
	case "table-cell", "covered-table-cell":
		if s == nil {
			w.endCell(1)
			return
		}
		w.endCell(1)
		text := ""
		if n := len(w.rows); n > 0 && len(w.rows[n-1]) > 0 {
			row := w.rows[n-1]
			text = row[len(row)-1]
			w.rows[n-1] = row[:0]
		}
		s.add(strings.Join(strings.Fields(text), " "))
		if s.cells++; s.cells >= maxCells {
			w.err = errCells
		}
	case "table-row":
		if s != nil {
			s.endRow()
			w.size += len(s.row)
			return
		}
		w.endRow()
	case "table":
		if s != nil {
			w.endSheet()
		}
	}
}

func (w *odfWalk) startSheet(e xml.StartElement) {
	name := xmlAttr(e, "name")
	if st := w.styles[xmlAttr(e, "style-name")]; st != nil && st.off {
		w.skip = len(w.path)
		hiddenPart(w.p, w.d, name)
		return
	}
	w.sheet = &odfSheet{name: name, hidden: make(map[int]bool)}
}

func (w *odfWalk) endSheet() {
	s := w.sheet
	w.sheet, w.rows = nil, nil
	for _, r := range w.remarks {
		s.out.WriteString("\n" + r)
	}
	w.remarks = nil
	hiddenCells(w.p, w.d, s.skipped.String())
	if err := w.p.sheet(w.d, s.name, s.out.String()); err != nil && w.err == nil {
		w.err = err
	}
}

// columns takes note of hidden columns.
func (s *odfSheet) columns(n int, visibility string) {
	if visibility == "collapse" || visibility == "filter" {
		for i := range min(n, 20_000) {
			s.hidden[s.column+i] = true
		}
	}
	s.column = min(s.column+n, 20_000)
}

// add appends a cell. Empty ones only keep the place of what follows.
func (s *odfSheet) add(text string) {
	n := s.repeat
	if text == "" {
		n = min(n, 50)
	}
	for range min(n, 200) {
		at := len(s.row)
		if at >= 20_000 {
			return
		}
		shown := text
		if s.rowOff || s.hidden[at] {
			shown = ""
			if text != "" && s.skipped.Len() < 500 {
				s.skipped.WriteString(text + " ")
			}
		}
		s.row = append(s.row, shown)
	}
}

// endRow writes a row, if anything is in it.
func (s *odfSheet) endRow() {
	line := strings.TrimRight(strings.Join(s.row, " | "), " |")
	if line == "" {
		s.gap = s.out.Len() > 0
		return
	}
	if s.gap {
		s.out.WriteByte('\n')
	}
	s.gap = false
	s.out.WriteString(line + "\n")
}

// hiddenCells warns of hidden rows and columns with something in them.
func hiddenCells(p *parser, d *Document, text string) {
	if strings.TrimSpace(text) == "" {
		return
	}
	p.warn(d, "hidden-cells", Text{
		DE: "enthält ausgeblendete Zeilen oder Spalten; sie wurden nicht verwendet",
		EN: "has hidden rows or columns; they were not used",
	}, text)
}
