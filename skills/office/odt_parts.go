package office

import (
	"fmt"
	"strings"
)

const (
	odtNS = `xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" ` +
		`xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0" ` +
		`xmlns:dc="http://purl.org/dc/elements/1.1/" office:version="1.3"`

	odtManifest = header + `<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3">` +
		`<manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="` + TypeODT + `"/>` +
		`<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/><manifest:file-entry manifest:full-path="styles.xml" manifest:media-type="text/xml"/>` +
		`<manifest:file-entry manifest:full-path="meta.xml" manifest:media-type="text/xml"/></manifest:manifest>`
)

// odtStyles are the styles that people can change, the page and its footer.
func odtStyles(d Document) string {
	language, region := d.language()
	page, of := d.pageWords()
	var b strings.Builder
	b.WriteString(header + `<office:document-styles ` + odtNS + `><office:styles><style:default-style style:family="paragraph"><style:paragraph-properties fo:margin-bottom="0.2cm" fo:line-height="110%"/>` +
		`<style:text-properties fo:font-family="Arial, 'Liberation Sans', sans-serif" fo:font-size="11pt" style:font-size-complex="11pt" fo:language="` + esc(tag(language, "")) + `" fo:country="` + esc(tag(region, "")) + `"/></style:default-style>`)
	style := func(name, shown, paragraph, text string) {
		// Each has a twin for text from right to left.
		b.WriteString(`<style:style style:name="` + name + `" style:display-name="` + shown + `" style:family="paragraph"><style:paragraph-properties` + paragraph + `/><style:text-properties` + text + `/></style:style>` +
			`<style:style style:name="` + name + `_r" style:display-name="` + shown + ` (rechts)" style:parent-style-name="` + name + `" style:family="paragraph"><style:paragraph-properties style:writing-mode="rl-tb" fo:text-align="start"/></style:style>`)
	}
	style("Standard", "Standard", ` style:writing-mode="lr-tb"`, "")
	for i, size := range []string{"16", "14", "12.5", "11.5", "11", "11"} {
		style(fmt.Sprintf("Heading_%d", i+1), fmt.Sprintf("Heading %d", i+1), ` fo:margin-top="0.4cm" fo:margin-bottom="0.15cm" fo:keep-with-next="always"`,
			` fo:font-size="`+size+`pt" fo:font-weight="bold" style:font-weight-complex="bold"`)
	}
	for i := range maxQuote {
		style(fmt.Sprintf("Quote_%d", i+1), fmt.Sprintf("Quotation %d", i+1), fmt.Sprintf(` fo:margin-left="%.1fcm" fo:border-left="1.5pt solid #999999" fo:padding-left="0.25cm"`, 0.6*float64(i+1)), "")
	}
	style("Item", "List Item", ` fo:margin-bottom="0.1cm"`, "")
	style("Code", "Code", "", ` fo:font-family="'Courier New', 'Liberation Mono', monospace" fo:font-size="10pt"`)
	style("Note", "Note", "", ` fo:font-size="9pt"`)
	style("Rule", "Rule", ` fo:border-bottom="0.5pt solid #999999"`, ` fo:font-size="6pt"`)
	style("Break", "Page Break", ` fo:break-before="page"`, "")
	style("Cell", "Cell", ` fo:margin-bottom="0cm"`, "")
	style("Right", "Cell Right", ` fo:margin-bottom="0cm" fo:text-align="end"`, "")
	style("Footer", "Footer", ` fo:text-align="center" fo:margin-bottom="0cm"`, ` fo:font-size="9pt"`)
	b.WriteString(`</office:styles><office:automatic-styles><style:page-layout style:name="A4"><style:page-layout-properties fo:page-width="21cm" fo:page-height="29.7cm" fo:margin-top="2cm" fo:margin-bottom="1.5cm" fo:margin-left="2.5cm" fo:margin-right="2cm"/>` +
		`<style:footer-style><style:header-footer-properties fo:min-height="0.8cm" fo:margin-top="0.3cm"/></style:footer-style></style:page-layout></office:automatic-styles>` +
		`<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="A4"><style:footer><text:p text:style-name="Footer">` +
		page + ` <text:page-number text:select-page="current">1</text:page-number> ` + of + ` <text:page-count>1</text:page-count></text:p></style:footer></style:master-page></office:master-styles></office:document-styles>`)
	return b.String()
}

// odtLists are the styles of lists, each level further in.
func odtLists() string {
	var b strings.Builder
	for _, name := range []string{"Bullets", "Numbers"} {
		b.WriteString(`<text:list-style style:name="` + name + `">`)
		for i := 1; i <= maxDepth; i++ {
			place := fmt.Sprintf(`<style:list-level-properties text:list-level-position-and-space-mode="label-alignment"><style:list-level-label-alignment text:label-followed-by="listtab" fo:text-indent="-0.6cm" fo:margin-left="%.1fcm"/></style:list-level-properties>`, 0.6*float64(i))
			if name == "Bullets" {
				fmt.Fprintf(&b, `<text:list-level-style-bullet text:level="%d" text:bullet-char="%s">%s</text:list-level-style-bullet>`, i, bullets[(i-1)%2], place)
				continue
			}
			fmt.Fprintf(&b, `<text:list-level-style-number text:level="%d" style:num-format="1" style:num-suffix=".">%s</text:list-level-style-number>`, i, place)
		}
		b.WriteString(`</text:list-style>`)
	}
	return b.String()
}
