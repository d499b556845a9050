package document

import (
	"encoding/xml"
	"errors"
	"path"
	"strconv"
	"strings"
)

// readXLSX reads the sheets of an Excel workbook as they are shown: values with
// their formats, the results of formulas as Excel last computed them.
func readXLSX(p *parser, d *Document, data []byte) error {
	k, err := openPack(p, data)
	if err != nil {
		return err
	}
	if k.has("xl/workbook.bin") {
		u := unreadable(Unsupported, nil)
		u.Text = Text{"binäres Excel-Format (XLSB); bitte als XLSX oder PDF speichern", "binary Excel format (XLSB); please save it as XLSX or PDF"}
		return u
	}
	x := &xlsxBook{p: p, d: d, k: k}
	targets, _ := k.rels("xl/workbook.xml")
	err = k.walk("xl/workbook.xml", x.workbook)
	if err2 := k.walk("xl/sharedStrings.xml", x.shared); err == nil {
		err = err2
	}
	_ = k.walk("xl/styles.xml", x.formats.visit) // without it numbers are bare
	if len(x.sheets) == 0 {                      // the list is missing; the sheets may be there
		for _, n := range k.sorted("xl/worksheets/sheet", ".xml") {
			x.sheets = append(x.sheets, xlsxSheetRef{name: strings.TrimSuffix(path.Base(n), ".xml"), member: n})
		}
	}
	for _, s := range x.sheets {
		if s.hidden {
			hiddenPart(p, d, s.name)
			continue
		}
		if s.member == "" {
			s.member = targets[s.id]
		}
		if err2 := x.sheet(s); err2 != nil {
			if err == nil {
				err = err2
			}
			if p.err() != nil {
				return err
			}
		}
	}
	if err2 := k.files(d, "xl/embeddings/", "xl/media/"); err == nil {
		err = err2
	}
	return k.finish(err)
}

type xlsxSheetRef struct {
	name, id, member string
	hidden           bool
}

// An xlsxBook is what the sheets of a workbook share.
type xlsxBook struct {
	p       *parser
	d       *Document
	k       *pack
	sheets  []xlsxSheetRef
	strings []string
	size    int // bytes of strings
	run     strings.Builder
	inText  bool
	phon    bool // in the reading of a Japanese text
	formats xlsxFormats
	cells   int
}

func (x *xlsxBook) workbook(t xml.Token) error {
	e, ok := t.(xml.StartElement)
	if !ok {
		return nil
	}
	switch e.Name.Local {
	case "workbookPr":
		x.formats.date1904 = xmlTrue(xmlAttr(e, "date1904"))
	case "sheet":
		if len(x.sheets) < 10_000 {
			x.sheets = append(x.sheets, xlsxSheetRef{name: xmlAttr(e, "name"), id: relID(e), hidden: strings.HasSuffix(strings.ToLower(xmlAttr(e, "state")), "hidden")})
		}
	}
	return nil
}

// relID returns the attribute r:id, not the id beside it.
func relID(e xml.StartElement) string {
	for _, a := range e.Attr {
		if a.Name.Local == "id" && a.Name.Space != "" {
			return a.Value
		}
	}
	return ""
}

// shared visits sharedStrings.xml.
func (x *xlsxBook) shared(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		switch t.Name.Local {
		case "t":
			x.inText = !x.phon
		case "rPh":
			x.phon = true
		}
	case xml.CharData:
		if x.inText {
			x.run.Write(t)
		}
	case xml.EndElement:
		switch t.Name.Local {
		case "t":
			x.inText = false
		case "rPh":
			x.phon = false
		case "si":
			s := x.run.String()
			x.run.Reset()
			x.strings = append(x.strings, s)
			if x.size += len(s) + 16; x.size > 4*int(x.p.lim.Text) {
				return unreadable(TooBig, errors.New("too many strings"))
			}
		}
	}
	return nil
}

// sheet reads a sheet with the comments and text boxes that belong to it.
func (x *xlsxBook) sheet(ref xlsxSheetRef) error {
	s := &xlsxSheet{book: x, grid: odfSheet{hidden: make(map[int]bool), repeat: 1}}
	err := x.k.walk(ref.member, s.visit)
	_, related := x.k.rels(ref.member)
	for _, kind := range []string{"comments", "drawing"} {
		for _, name := range related[kind] {
			_ = x.k.walk(name, s.around(kind))
		}
	}
	hiddenCells(x.p, x.d, s.grid.skipped.String())
	if err2 := x.p.sheet(x.d, ref.name, s.grid.out.String()); err == nil {
		err = err2
	}
	return err
}

// An xlsxSheet is the sheet being read.
type xlsxSheet struct {
	book *xlsxBook
	grid odfSheet
	open string // element whose text counts: v or t

	first    int // column that the sheet begins in
	column   int
	kind     string // of the cell
	style    int
	value    strings.Builder
	lastRow  int
	remarkAt string
	remark   strings.Builder
	size     int
}

func (s *xlsxSheet) visit(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		return s.start(t)
	case xml.CharData:
		if s.open != "" && s.value.Len() < 1<<20 {
			s.value.Write(t)
		}
	case xml.EndElement:
		switch t.Name.Local {
		case "v", "t":
			s.open = ""
		case "rPh":
			s.open = ""
		case "c":
			return s.cell()
		case "row":
			s.grid.endRow()
		}
	}
	return nil
}

func (s *xlsxSheet) start(e xml.StartElement) error {
	switch e.Name.Local {
	case "dimension":
		from, _, _ := strings.Cut(xmlAttr(e, "ref"), ":")
		s.first = max(columnOf(from), 0)
	case "col":
		if low, high := xmlInt(e, "min"), xmlInt(e, "max"); xmlTrue(xmlAttr(e, "hidden")) && low > 0 {
			for c := low; c <= min(high, low+20_000); c++ {
				s.grid.hidden[c-1-s.first] = true
			}
		}
	case "row":
		n := xmlInt(e, "r")
		s.grid.gap = s.grid.gap || s.lastRow > 0 && n > s.lastRow+1
		s.lastRow = max(n, s.lastRow+1)
		s.grid.row, s.grid.rowOff = s.grid.row[:0], xmlTrue(xmlAttr(e, "hidden"))
		s.column = s.first - 1
	case "c":
		if c := columnOf(xmlAttr(e, "r")); c >= 0 {
			s.column = c
		} else {
			s.column++
		}
		s.kind, s.style = xmlAttr(e, "t"), xmlInt(e, "s")
		s.value.Reset()
	case "v", "t":
		s.open = e.Name.Local
	}
	return nil
}

// cell adds the cell that ended, after as many empty ones as lie before it. A
// wide gap is closed: sheets that use column XFD mean nothing by it.
func (s *xlsxSheet) cell() error {
	x := s.book
	if x.cells++; x.cells > maxCells {
		return errCells
	}
	text := strings.Join(strings.Fields(s.shown()), " ")
	if s.size += len(text) + 3; s.size > 2*int(x.p.lim.Text) {
		return unreadable(TooBig, errors.New("too much text"))
	}
	if gap := s.column - s.first - len(s.grid.row); gap > 0 && gap <= 50 {
		for range gap {
			s.grid.add("")
		}
	}
	s.grid.add(text)
	return nil
}

// shown returns what Excel shows in the cell that ended.
func (s *xlsxSheet) shown() string {
	v := s.value.String()
	switch s.kind {
	case "s":
		if i, err := strconv.Atoi(strings.TrimSpace(v)); err == nil && i >= 0 && i < len(s.book.strings) {
			return s.book.strings[i]
		}
		return ""
	case "b":
		if strings.TrimSpace(v) == "1" {
			return "WAHR"
		}
		return "FALSCH"
	case "inlineStr", "str", "e", "d":
		return v
	}
	return s.book.formats.show(v, s.style)
}

// around gathers the comments of a sheet, or the texts of its drawings.
func (s *xlsxSheet) around(kind string) func(xml.Token) error {
	inText := false
	end := func() {
		if text := strings.Join(strings.Fields(s.remark.String()), " "); text != "" && s.grid.out.Len() < int(s.book.p.lim.Text) {
			if kind == "comments" {
				text = "[Kommentar zu " + s.remarkAt + ": " + text + "]"
			}
			s.grid.out.WriteString("\n" + text)
		}
		s.remark.Reset()
	}
	return func(t xml.Token) error {
		switch t := t.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "comment":
				s.remarkAt = cut(oneLine(xmlAttr(t, "ref")), 20)
			case "t":
				inText = true
			}
		case xml.CharData:
			if inText && s.remark.Len() < 100_000 {
				s.remark.Write(t)
			}
		case xml.EndElement:
			switch name := t.Name.Local; {
			case name == "t":
				inText = false
			case name == "comment", name == "p" && kind == "drawing":
				end()
			}
		}
		return nil
	}
}

// columnOf returns the column of a reference such as "B3", from 0; -1 if none.
func columnOf(ref string) int {
	n := 0
	for i := 0; i < len(ref) && i < 4; i++ {
		c := ref[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			break
		}
		n = n*26 + int(c-'A') + 1
	}
	return n - 1
}
