package office

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// ODT writes a document for LibreOffice and what reads its files.
func ODT(w io.Writer, d Document) error {
	var x odt
	for _, b := range d.ready(maxColumns) {
		x.block(b)
	}
	x.close(0)
	return pack(w, []entry{
		{name: "mimetype", data: TypeODT, stored: true}, // first and as it is: programs tell the type by it
		{name: "META-INF/manifest.xml", data: odtManifest},
		{name: "meta.xml", data: odtMeta(d)},
		{name: "styles.xml", data: odtStyles(d)},
		{name: "content.xml", data: x.content()},
	})
}

// odt writes the body. Lists are nested, an item stays open for what goes on with it.
type odt struct {
	strings.Builder
	open   []int // the lists that are open, by Block.List
	tables int
}

// close closes lists down to a depth.
func (x *odt) close(depth int) {
	for len(x.open) > depth {
		x.WriteString("</text:list-item></text:list>")
		x.open = x.open[:len(x.open)-1]
	}
}

func (x *odt) block(b Block) {
	switch b.Kind {
	case Item:
		x.item(b)
	case Table:
		x.close(0) // ODF has no tables in lists
		x.table(b)
		return
	default:
		x.close(b.Depth)
	}
	rtl := ""
	if rightToLeft(b.Spans) {
		rtl = "_r"
	}
	if b.Kind == Heading {
		fmt.Fprintf(x, `<text:h text:style-name="Heading_%d%s" text:outline-level="%d">`, b.Level, rtl, b.Level)
		x.spans(b.Spans, false)
		x.WriteString("</text:h>")
		return
	}
	x.WriteString(`<text:p text:style-name="` + odtStyle(b) + rtl + `">`)
	x.spans(b.Spans, false)
	x.WriteString("</text:p>")
}

// item opens an item: of the list that is open at its depth, or of a new one.
func (x *odt) item(b Block) {
	x.close(b.Depth)
	if len(x.open) == b.Depth {
		if x.open[b.Depth-1] == b.List {
			x.WriteString("</text:list-item><text:list-item>")
			return
		}
		x.close(b.Depth - 1)
	}
	style, start := "Bullets", ""
	if b.Number > 0 {
		style, start = "Numbers", fmt.Sprintf(` text:start-value="%d"`, b.Number)
	}
	for len(x.open) < b.Depth {
		x.WriteString(`<text:list text:style-name="` + style + `"><text:list-item`)
		if len(x.open) == b.Depth-1 {
			x.WriteString(start)
		}
		x.WriteString(">")
		x.open = append(x.open, b.List)
	}
}

func odtStyle(b Block) string {
	switch {
	case b.Kind == Rule:
		return "Rule"
	case b.Kind == PageBreak:
		return "Break"
	case b.Kind == Code:
		return "Code"
	case b.Small:
		return "Note"
	case b.Quote > 0:
		return fmt.Sprintf("Quote_%d", b.Quote)
	case b.Kind == Item:
		return "Item"
	}
	return "Standard"
}

// spans writes text; of several blanks in a row ODF keeps one, unless they are counted.
func (x *odt) spans(spans []Span, head bool) {
	for _, s := range spans {
		style := ""
		if s.Bold || head {
			style = "B"
		}
		if s.Italic {
			style += "I"
		}
		if style != "" {
			x.WriteString(`<text:span text:style-name="` + style + `">`)
		}
		for i, line := range strings.Split(s.Text, "\n") {
			if i > 0 {
				x.WriteString("<text:line-break/>")
			}
			x.blanks(line)
		}
		if style != "" {
			x.WriteString("</text:span>")
		}
	}
}

func (x *odt) blanks(line string) {
	for line != "" {
		rest := strings.TrimLeft(line, " ")
		if n := len(line) - len(rest); n > 0 {
			fmt.Fprintf(x, `<text:s text:c="%d"/>`, n)
		}
		end := strings.Index(rest, "  ")
		if end < 0 {
			if end = len(rest); strings.HasSuffix(rest, " ") {
				end--
			}
		}
		x.WriteString(esc(rest[:end]))
		line = rest[end:]
	}
}

func (x *odt) table(b Block) {
	columns := columnsOf(b.Rows)
	x.tables++
	fmt.Fprintf(x, `<table:table table:name="Tabelle%d" table:style-name="Table"><table:table-column table:number-columns-repeated="%d"/>`, x.tables, columns)
	for i, row := range b.Rows {
		if i == 0 {
			x.WriteString("<table:table-header-rows>")
		}
		x.WriteString("<table:table-row>")
		for j := range columns {
			var c Cell
			if j < len(row) {
				c = row[j]
			}
			style := "Cell"
			if c.Right {
				style = "Right"
			}
			if rightToLeft(c.Spans) {
				style += "_r"
			}
			x.WriteString(`<table:table-cell table:style-name="Box" office:value-type="string"><text:p text:style-name="` + style + `">`)
			x.spans(c.Spans, i == 0)
			x.WriteString("</text:p></table:table-cell>")
		}
		x.WriteString("</table:table-row>")
		if i == 0 {
			x.WriteString("</table:table-header-rows>")
		}
	}
	x.WriteString(`</table:table><text:p text:style-name="Note"/>`)
}

func (x *odt) content() string {
	return header + `<office:document-content ` + odtNS + `><office:automatic-styles>` +
		`<style:style style:name="B" style:family="text"><style:text-properties fo:font-weight="bold" style:font-weight-complex="bold"/></style:style>` +
		`<style:style style:name="I" style:family="text"><style:text-properties fo:font-style="italic" style:font-style-complex="italic"/></style:style>` +
		`<style:style style:name="BI" style:family="text"><style:text-properties fo:font-weight="bold" fo:font-style="italic"/></style:style>` +
		`<style:style style:name="Table" style:family="table"><style:table-properties style:rel-width="100%" table:align="margins" fo:margin-bottom="0.1cm"/></style:style>` +
		`<style:style style:name="Box" style:family="table-cell"><style:table-cell-properties fo:border="0.5pt solid #999999" fo:padding="0.1cm"/></style:style>` +
		odtLists() + `</office:automatic-styles><office:body><office:text>` + x.String() + `</office:text></office:body></office:document-content>`
}

func odtMeta(d Document) string {
	var b strings.Builder
	b.WriteString(header + `<office:document-meta ` + odtNS + `><office:meta><meta:generator>Amtsbote</meta:generator><dc:title>` + esc(oneLine(d.Title)) + `</dc:title><dc:description>` + esc(oneLine(d.Mark.Line)) + `</dc:description>` +
		`<meta:initial-creator>` + esc(oneLine(d.Authority)) + `</meta:initial-creator><dc:creator>` + esc(oneLine(d.Authority)) + `</dc:creator><dc:language>` + esc(tag(d.language())) + `</dc:language>` +
		`<meta:creation-date>` + d.Created.UTC().Format(time.RFC3339) + `</meta:creation-date>`)
	for _, p := range d.Mark.properties() {
		b.WriteString(`<meta:user-defined meta:name="` + p.name + `" meta:value-type="string">` + esc(oneLine(p.value)) + `</meta:user-defined>`)
	}
	b.WriteString(`</office:meta></office:document-meta>`)
	return b.String()
}
