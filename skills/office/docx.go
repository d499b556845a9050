package office

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// DOCX writes a document for Word and what reads its files.
func DOCX(w io.Writer, d Document) error {
	x := docx{numbers: map[int]int{}}
	x.body(d.ready(maxColumns))
	return pack(w, []entry{
		{name: "[Content_Types].xml", data: docxTypes},
		{name: "_rels/.rels", data: docxRels},
		{name: "docProps/core.xml", data: docxCore(d)},
		{name: "docProps/app.xml", data: header + `<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Application>Amtsbote</Application><Company>` + esc(oneLine(d.Authority)) + `</Company></Properties>`},
		{name: "docProps/custom.xml", data: docxCustom(d.Mark)},
		{name: "word/document.xml", data: x.document()},
		{name: "word/styles.xml", data: docxStyles(d)},
		{name: "word/numbering.xml", data: x.numbering()},
		{name: "word/settings.xml", data: docxSettings},
		{name: "word/footer1.xml", data: docxFooter(d)},
		{name: "word/_rels/document.xml.rels", data: docxPartRels},
	})
}

// maxColumns is how many columns a table of Word may have.
const maxColumns = 63

// docx writes the body, and collects the numbered lists.
type docx struct {
	strings.Builder
	numbers map[int]int // number in numbering.xml of a list
	starts  []int       // with what number each begins
}

func (x *docx) body(blocks []Block) {
	for _, b := range blocks {
		if b.Kind == Table {
			x.table(b)
			continue
		}
		x.paragraph(b)
	}
}

func (x *docx) paragraph(b Block) {
	x.WriteString("<w:p><w:pPr>")
	if style := docxStyle(b); style != "" {
		x.WriteString(`<w:pStyle w:val="` + style + `"/>`)
	}
	switch {
	case b.Kind == Item:
		fmt.Fprintf(x, `<w:numPr><w:ilvl w:val="%d"/><w:numId w:val="%d"/></w:numPr>`, b.Depth-1, x.number(b))
	case b.Kind == Rule:
		x.WriteString(`<w:pBdr><w:bottom w:val="single" w:sz="4" w:space="1" w:color="999999"/></w:pBdr>`)
	}
	rtl := rightToLeft(b.Spans)
	if rtl {
		x.WriteString("<w:bidi/>")
	}
	switch {
	case b.Kind == Item && b.Quote > 0:
		fmt.Fprintf(x, `<w:ind w:left="%d" w:hanging="360"/>`, 360*(b.Depth+b.Quote))
	case b.Kind != Item && b.Depth+b.Quote > 0:
		fmt.Fprintf(x, `<w:ind w:left="%d"/>`, 360*(b.Depth+b.Quote))
	}
	x.WriteString("</w:pPr>")
	if b.Kind == PageBreak {
		x.WriteString(`<w:r><w:br w:type="page"/></w:r>`)
	}
	x.spans(b.Spans, rtl)
	x.WriteString("</w:p>")
}

// docxStyle names the style of a block; the default has none.
func docxStyle(b Block) string {
	switch {
	case b.Kind == Heading:
		return fmt.Sprintf("Heading%d", b.Level)
	case b.Kind == Item:
		return "ListParagraph"
	case b.Kind == Code:
		return "Code"
	case b.Small:
		return "Note"
	case b.Quote > 0:
		return "Quote"
	}
	return ""
}

// number returns the number in numbering.xml of an item's list.
func (x *docx) number(b Block) int {
	if b.Number <= 0 {
		return 1 // that of bullets
	}
	n, ok := x.numbers[b.List]
	if !ok {
		x.starts = append(x.starts, b.Number)
		n = len(x.starts) + 1
		x.numbers[b.List] = n
	}
	return n
}

func (x *docx) spans(spans []Span, rtl bool) {
	for _, s := range spans {
		x.WriteString("<w:r>")
		if s.Bold || s.Italic || rtl {
			x.WriteString("<w:rPr>")
			if s.Bold {
				x.WriteString("<w:b/><w:bCs/>")
			}
			if s.Italic {
				x.WriteString("<w:i/><w:iCs/>")
			}
			if rtl {
				x.WriteString("<w:rtl/>")
			}
			x.WriteString("</w:rPr>")
		}
		first := true
		for line := range strings.SplitSeq(s.Text, "\n") {
			if !first {
				x.WriteString("<w:br/>")
			}
			first = false
			if line != "" {
				x.WriteString(`<w:t xml:space="preserve">` + esc(line) + "</w:t>")
			}
		}
		x.WriteString("</w:r>")
	}
}

func (x *docx) table(b Block) {
	columns := columnsOf(b.Rows)
	x.WriteString(`<w:tbl><w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblW w:w="5000" w:type="pct"/>` +
		`<w:tblLook w:val="0020" w:firstRow="1" w:lastRow="0" w:firstColumn="0" w:lastColumn="0" w:noHBand="1" w:noVBand="1"/></w:tblPr><w:tblGrid>`)
	x.WriteString(strings.Repeat(fmt.Sprintf(`<w:gridCol w:w="%d"/>`, 9354/columns), columns) + "</w:tblGrid>")
	for i, row := range b.Rows {
		x.WriteString(`<w:tr><w:trPr><w:cantSplit/>`)
		if i == 0 {
			x.WriteString("<w:tblHeader/>")
		}
		x.WriteString("</w:trPr>")
		for j := range columns {
			var c Cell
			if j < len(row) {
				c = row[j]
			}
			x.cell(c, i == 0)
		}
		x.WriteString("</w:tr>")
	}
	x.WriteString(`</w:tbl><w:p/>`) // between two tables, and after the last, Word wants a paragraph
}

func (x *docx) cell(c Cell, head bool) {
	x.WriteString(`<w:tc><w:tcPr><w:tcW w:w="0" w:type="auto"/></w:tcPr><w:p><w:pPr><w:pStyle w:val="Cell"/>`)
	rtl := rightToLeft(c.Spans)
	if rtl {
		x.WriteString("<w:bidi/>")
	}
	if c.Right {
		x.WriteString(`<w:jc w:val="right"/>`)
	}
	x.WriteString("</w:pPr>")
	x.spans(headed(c.Spans, head), rtl)
	x.WriteString("</w:p></w:tc>")
}

// headed returns spans as they stand in the head of a table.
func headed(spans []Span, head bool) []Span {
	if !head {
		return spans
	}
	out := make([]Span, len(spans))
	for i, s := range spans {
		s.Bold = true
		out[i] = s
	}
	return out
}

func (x *docx) document() string {
	return header + `<w:document xmlns:w="` + docxNS + `" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><w:body>` +
		x.String() + `<w:sectPr><w:footerReference w:type="default" r:id="rId4"/><w:pgSz w:w="11906" w:h="16838"/>` +
		`<w:pgMar w:top="1134" w:right="1134" w:bottom="1134" w:left="1418" w:header="567" w:footer="567" w:gutter="0"/></w:sectPr></w:body></w:document>`
}

// numbering writes the bullets and, for each numbered list, one that begins anew.
func (x *docx) numbering() string {
	var b strings.Builder
	b.WriteString(header + `<w:numbering xmlns:w="` + docxNS + `">`)
	level := func(i, start int, format, text string) {
		fmt.Fprintf(&b, `<w:lvl w:ilvl="%d"><w:start w:val="%d"/><w:numFmt w:val="%s"/><w:lvlText w:val="%s"/><w:lvlJc w:val="left"/><w:pPr><w:ind w:left="%d" w:hanging="360"/></w:pPr></w:lvl>`,
			i, start, format, text, 360*(i+1))
	}
	for n := range len(x.starts) + 1 {
		fmt.Fprintf(&b, `<w:abstractNum w:abstractNumId="%d"><w:multiLevelType w:val="hybridMultilevel"/>`, n)
		for i := range maxDepth {
			if n == 0 {
				level(i, 1, "bullet", bullets[i%2])
				continue
			}
			level(i, x.starts[n-1], "decimal", fmt.Sprintf("%%%d.", i+1))
		}
		b.WriteString(`</w:abstractNum>`)
	}
	for n := range len(x.starts) + 1 {
		fmt.Fprintf(&b, `<w:num w:numId="%d"><w:abstractNumId w:val="%d"/></w:num>`, n+1, n)
	}
	b.WriteString(`</w:numbering>`)
	return b.String()
}

func docxCore(d Document) string {
	language, region := d.language()
	return header + `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` +
		`<dc:title>` + esc(oneLine(d.Title)) + `</dc:title><dc:creator>` + esc(oneLine(d.Authority)) + `</dc:creator><dc:description>` + esc(oneLine(d.Mark.Line)) + `</dc:description>` +
		`<dc:language>` + esc(tag(language, region)) + `</dc:language><dcterms:created xsi:type="dcterms:W3CDTF">` + d.Created.UTC().Format(time.RFC3339) + `</dcterms:created></cp:coreProperties>`
}

func docxCustom(m Mark) string {
	var b strings.Builder
	b.WriteString(header + `<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">`)
	for i, p := range m.properties() {
		fmt.Fprintf(&b, `<property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="%d" name="%s"><vt:lpwstr>%s</vt:lpwstr></property>`, i+2, p.name, esc(oneLine(p.value)))
	}
	b.WriteString(`</Properties>`)
	return b.String()
}
