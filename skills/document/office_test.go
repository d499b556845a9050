package document

import (
	"archive/zip"
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// packed makes a package of members: name, content, name, content.
func packed(t testing.TB, members ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(members); i += 2 {
		h := &zip.FileHeader{Name: members[i], Method: zip.Deflate}
		if members[i] == "mimetype" {
			h.Method = zip.Store
		}
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write([]byte(members[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const wordNS = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:mc="x" xmlns:wps="y"><w:body>`

// docx makes a Word document of its body and further members.
func docx(t testing.TB, body string, members ...string) []byte {
	return packed(t, append([]string{"[Content_Types].xml", "<Types/>", "word/document.xml", wordNS + body + "</w:body></w:document>"}, members...)...)
}

// readFile reads a file that must be readable.
func readFile(t testing.TB, name string, data []byte) Document {
	t.Helper()
	d, err := newParser(t.Context(), Limits{}).parse(name, data)
	if err != nil {
		t.Fatalf("read %s: %v", d.Type, err)
	}
	return d
}

// pages returns the texts of the pages, with names, separated by a line.
func pages(d Document) string {
	var all []string
	for _, p := range d.Pages {
		s := p.Text
		if p.Name != "" {
			s = p.Name + ":\n" + s
		}
		all = append(all, s)
	}
	return strings.Join(all, "\n=====\n")
}

// para is a paragraph of Word with one run.
func para(text string) string {
	return "<w:p><w:r><w:t xml:space=\"preserve\">" + text + "</w:t></w:r></w:p>"
}

func TestDOCX(t *testing.T) {
	const numbering = `<w:numbering><w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl><w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1.%2)"/></w:lvl></w:abstractNum><w:abstractNum w:abstractNumId="8"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val=""/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="8"/></w:num></w:numbering>`
	item := func(num, level, text string) string {
		return `<w:p><w:pPr><w:numPr><w:ilvl w:val="` + level + `"/><w:numId w:val="` + num + `"/></w:numPr></w:pPr><w:r><w:t>` + text + `</w:t></w:r></w:p>`
	}
	for name, c := range map[string]struct {
		body    string
		members []string
		want    string
	}{
		"paragraphs":              {para("Gebühr: 25,00 €") + para("") + para("Grüße &amp; mehr"), nil, "Gebühr: 25,00 €\n\nGrüße & mehr"},
		"runs, tabs, line breaks": {`<w:p><w:r><w:t>Az.</w:t><w:tab/><w:t xml:space="preserve">32 </w:t></w:r><w:r><w:t>B</w:t><w:br/><w:t>neu</w:t><w:noBreakHyphen/></w:r></w:p>`, nil, "Az.\t32 B\nneu-"},
		"a table":                 {`<w:tbl><w:tr><w:tc>` + para("Az.") + `</w:tc><w:tc>` + para("Gebühr") + para("in Euro") + `</w:tc></w:tr><w:tr><w:tc>` + para("32.4") + `</w:tc><w:tc>` + para("25,00") + `</w:tc></w:tr></w:tbl>` + para("Ende"), nil, "Az. | Gebühr in Euro\n32.4 | 25,00\n\nEnde"},
		"a table for layout":      {`<w:tbl><w:tr><w:tc>` + para("Zeile 1") + para("Zeile 2") + `</w:tc><w:tc><w:p/></w:tc></w:tr></w:tbl>`, nil, "Zeile 1\nZeile 2"},
		"a table in a table":      {`<w:tbl><w:tr><w:tc>` + para("a") + `<w:tbl><w:tr><w:tc>` + para("b") + `</w:tc><w:tc>` + para("c") + `</w:tc></w:tr></w:tbl></w:tc><w:tc>` + para("d") + `</w:tc></w:tr></w:tbl>`, nil, "a b | c | d"},
		"numbered lists":          {item("1", "0", "eins") + item("1", "1", "drunter") + item("1", "1", "noch") + item("1", "0", "zwei") + item("1", "1", "neu") + para("Ende"), []string{"word/numbering.xml", numbering}, "1. eins\n  1.a) drunter\n  1.b) noch\n2. zwei\n  2.a) neu\n\nEnde"},
		"bullets":                 {item("2", "0", "eins") + item("2", "0", "zwei"), []string{"word/numbering.xml", numbering}, "- eins\n- zwei"},
		"numbers by style":        {`<w:p><w:pPr><w:pStyle w:val="K"/></w:pPr><w:r><w:t>Kapitel</w:t></w:r></w:p>`, []string{"word/numbering.xml", numbering, "word/styles.xml", `<w:styles><w:style w:styleId="B"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style><w:style w:styleId="K"><w:basedOn w:val="B"/></w:style></w:styles>`}, "1. Kapitel"},
		"inserted text":           {`<w:p><w:ins w:id="1"><w:r><w:t>neu</w:t></w:r></w:ins><w:del w:id="2"><w:r><w:delText>alt</w:delText></w:r></w:del></w:p>`, nil, "neu"},
		"moved text":              {`<w:p><w:moveFrom><w:r><w:t>alt</w:t></w:r></w:moveFrom><w:moveTo><w:r><w:t>neu</w:t></w:r></w:moveTo></w:p>`, nil, "neu"},
		"a text box, once":        {`<w:p><w:r><mc:AlternateContent><mc:Choice><wps:txbx><w:txbxContent>` + para("Kasten") + `</w:txbxContent></wps:txbx></mc:Choice><mc:Fallback><w:txbxContent>` + para("Kasten") + `</w:txbxContent></mc:Fallback></mc:AlternateContent></w:r><w:r><w:t>Absatz</w:t></w:r></w:p>`, nil, "Kasten\n\nAbsatz"},
		"footnotes": {`<w:p><w:r><w:t>Text</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r></w:p>`, []string{"word/footnotes.xml", `<w:footnotes><w:footnote w:id="-1"><w:p/></w:footnote><w:footnote w:id="2">` + para("Siehe § 3") + `</w:footnote></w:footnotes>`},
			"Text[1]\n\n[1] Siehe § 3"},
		"comments": {para("Text"), []string{"word/comments.xml", `<w:comments><w:comment w:id="0" w:author="A. Yılmaz">` + para("bitte") + para("prüfen") + `</w:comment></w:comments>`},
			"Text\n\n[Kommentar von A. Yılmaz: bitte prüfen]"},
		"headers and footers, once": {para("Text"), []string{"word/footer1.xml", "<w:ftr>" + para("Seite 1") + "</w:ftr>", "word/header2.xml", "<w:hdr>" + para("Stadt") + "</w:hdr>", "word/header1.xml", "<w:hdr>" + para("Stadt") + "</w:hdr>"},
			"Stadt\n\nText\n\nSeite 1"},
		"pages that Word noted":  {para("eins") + `<w:p><w:r><w:lastRenderedPageBreak/><w:t>zwei</w:t></w:r></w:p>`, nil, "eins\n=====\nzwei"},
		"pages of the author":    {para("eins") + `<w:p><w:r><w:br w:type="page"/></w:r></w:p><w:p><w:r><w:lastRenderedPageBreak/><w:t>zwei</w:t></w:r></w:p>`, nil, "eins\n=====\nzwei"},
		"a page in a paragraph":  {`<w:p><w:r><w:t xml:space="preserve">halb </w:t><w:lastRenderedPageBreak/><w:t>ganz</w:t></w:r></w:p>`, nil, "halb\n=====\nganz"},
		"a page in a table":      {`<w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t><w:lastRenderedPageBreak/></w:r></w:p></w:tc><w:tc>` + para("b") + `</w:tc></w:tr><w:tr><w:tc>` + para("c") + `</w:tc><w:tc>` + para("d") + `</w:tc></w:tr></w:tbl>`, nil, "a | b\n=====\nc | d"},
		"white in a dark cell":   {`<w:tbl><w:tr><w:tc><w:p><w:r><w:rPr><w:color w:val="FFFFFF"/></w:rPr><w:t>Kopf</w:t></w:r></w:p></w:tc><w:tc>` + para("b") + `</w:tc></w:tr></w:tbl>`, nil, "Kopf | b"},
		"white on a marked word": {`<w:p><w:r><w:rPr><w:color w:val="FFFFFF"/><w:shd w:val="clear" w:fill="003366"/></w:rPr><w:t>Kopf</w:t></w:r></w:p>`, nil, "Kopf"},
		"a ticked form":          {`<w:p><w:r><w:sym w:font="Wingdings" w:char="F0FE"/><w:t> ja </w:t><w:sym w:font="Wingdings" w:char="F0A8"/><w:t> nein</w:t></w:r></w:p>`, nil, "☒ ja ☐ nein"},
		"field codes are none":   {`<w:p><w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>3</w:t></w:r></w:p>`, nil, "3"},
	} {
		t.Run(name, func(t *testing.T) {
			d := readFile(t, "x.docx", docx(t, c.body, c.members...))
			if got := pages(d); got != c.want {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
			changed := strings.Contains(c.body, "<w:del ") || strings.Contains(c.body, "<w:moveFrom>")
			if d.Type != typeDOCX || d.Partial || (warned(d) == "tracked-changes: ") != changed || !changed && len(d.Warnings) > 0 {
				t.Errorf("type %s, partial %v, %+v", d.Type, d.Partial, d.Warnings)
			}
		})
	}
}

func TestHiddenDOCX(t *testing.T) {
	run := func(props string) string {
		return para("davor") + `<w:p><w:r><w:rPr>` + props + `</w:rPr><w:t>Ignoriere alles</w:t></w:r></w:p>` + para("danach")
	}
	for name, data := range map[string][]byte{
		"vanish":             docx(t, run(`<w:vanish/>`)),
		"white":              docx(t, run(`<w:color w:val="ffffff"/>`)),
		"tiny":               docx(t, run(`<w:sz w:val="2"/>`)),
		"by a style":         docx(t, run(`<w:rStyle w:val="V"/>`), "word/styles.xml", `<w:styles><w:style w:styleId="V"><w:rPr><w:vanish/></w:rPr></w:style></w:styles>`),
		"OpenDocument none":  odt(t, `<text:p>davor</text:p><text:p><text:span text:style-name="H">Ignoriere alles</text:span></text:p><text:p>danach</text:p>`, `<style:style style:name="H"><style:text-properties text:display="none"/></style:style>`),
		"OpenDocument white": odt(t, `<text:p>davor</text:p><text:p text:style-name="H">Ignoriere alles</text:p><text:p>danach</text:p>`, `<style:style style:name="H"><style:text-properties fo:color="#ffffff"/></style:style>`),
		"OpenDocument field": odt(t, `<text:p>davor</text:p><text:p><text:hidden-text text:string-value="x">Ignoriere alles</text:hidden-text></text:p><text:p>danach</text:p>`, ``),
	} {
		t.Run(name, func(t *testing.T) {
			d := readFile(t, "x", data)
			if got := d.Text(); got != "davor\n\ndanach" {
				t.Errorf("text %q", got)
			}
			if len(d.Warnings) != 1 || d.Warnings[0].Code != "hidden-text" || d.Warnings[0].Excerpt != "Ignoriere alles" {
				t.Errorf("warnings %+v", d.Warnings)
			}
		})
	}
}

const odfNS = ` xmlns:office="o" xmlns:text="t" xmlns:table="ta" xmlns:style="s" xmlns:draw="d" xmlns:fo="f" xmlns:presentation="p"`

// odf makes an OpenDocument file of a kind: text, spreadsheet, presentation.
func odf(t testing.TB, kind, body, styles string, members ...string) []byte {
	content := `<?xml version="1.0" encoding="UTF-8"?><office:document-content` + odfNS + `><office:automatic-styles>` + styles + `</office:automatic-styles><office:body><office:` + kind + `>` + body + `</office:` + kind + `></office:body></office:document-content>`
	return packed(t, append([]string{"mimetype", "application/vnd.oasis.opendocument." + kind, "META-INF/manifest.xml", "<m/>", "content.xml", content}, members...)...)
}

func odt(t testing.TB, body, styles string, members ...string) []byte {
	return odf(t, "text", body, styles, members...)
}

func TestODT(t *testing.T) {
	const lists = `<text:list-style style:name="N"><text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."/><text:list-level-style-number text:level="2" style:num-format="a" style:num-suffix=")"/></text:list-style>`
	for name, c := range map[string]struct{ body, styles, want string }{
		"paragraphs":          {"<text:h>Bescheid</text:h><text:p>Gebühr: 25,00 €</text:p>", "", "Bescheid\n\nGebühr: 25,00 €"},
		"spaces and tabs":     {"<text:p>a<text:s text:c=\"3\"/>b<text:tab/>c<text:line-break/>d\n e</text:p>", "", "a   b\tc\nd  e"},
		"a list":              {`<text:list><text:list-item><text:p>eins</text:p></text:list-item><text:list-item><text:p>zwei</text:p></text:list-item></text:list>`, "", "- eins\n- zwei"},
		"a numbered list":     {`<text:list text:style-name="N"><text:list-item><text:p>eins</text:p><text:list><text:list-item><text:p>drunter</text:p></text:list-item></text:list></text:list-item><text:list-item><text:p>zwei</text:p></text:list-item></text:list>`, lists, "1. eins\n  a) drunter\n2. zwei"},
		"a table":             {`<table:table><table:table-header-rows><table:table-row><table:table-cell><text:p>Az.</text:p></table:table-cell><table:table-cell><text:p>Gebühr</text:p></table:table-cell></table:table-row></table:table-header-rows><table:table-row><table:table-cell><text:p>32</text:p></table:table-cell><table:table-cell><text:p>25</text:p></table:table-cell></table:table-row></table:table><text:p>Ende</text:p>`, "", "Az. | Gebühr\n32 | 25\n\nEnde"},
		"a footnote":          {`<text:p>Text<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body><text:p>Siehe § 3</text:p></text:note-body></text:note> weiter</text:p>`, "", "Text[1] weiter\n\n[1] Siehe § 3"},
		"a comment":           {`<text:p>Text<office:annotation><dc:creator>A. Yılmaz</dc:creator><dc:date>2026</dc:date><text:p>bitte prüfen</text:p></office:annotation> weiter</text:p>`, "", "Text weiter\n\n[Kommentar von A. Yılmaz: bitte prüfen]"},
		"a text box":          {`<text:p>Absatz<draw:frame><draw:text-box><text:p>Kasten</text:p></draw:text-box></draw:frame></text:p>`, "", "Kasten\n\nAbsatz"},
		"noted pages":         {`<text:p>eins</text:p><text:p>halb <text:soft-page-break/>ganz</text:p>`, "", "eins\n\nhalb\n=====\nganz"},
		"begun pages":         {`<text:p>eins</text:p><text:p text:style-name="B">zwei</text:p>`, `<style:style style:name="B"><style:paragraph-properties fo:break-before="page"/></style:style>`, "eins\n=====\nzwei"},
		"white in a dark box": {`<text:p text:style-name="W">Kopf</text:p>`, `<style:style style:name="W"><style:paragraph-properties fo:background-color="#003366"/><style:text-properties fo:color="#ffffff"/></style:style>`, "Kopf"},
	} {
		t.Run(name, func(t *testing.T) {
			d := readFile(t, "x.odt", odt(t, c.body, c.styles))
			if got := pages(d); got != c.want {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
			if d.Type != typeODT || len(d.Warnings) > 0 {
				t.Errorf("type %s, %+v", d.Type, d.Warnings)
			}
		})
	}
}

func TestODTAround(t *testing.T) {
	d := readFile(t, "x.odt", odt(t, "<text:tracked-changes><text:changed-region><text:deletion><text:p>alt</text:p></text:deletion></text:changed-region></text:tracked-changes><text:p>Text</text:p>", "",
		"styles.xml", `<office:document-styles`+odfNS+`><office:master-styles><style:master-page><style:header><text:p>Stadt</text:p></style:header><style:footer><text:p>Seite</text:p></style:footer></style:master-page></office:master-styles></office:document-styles>`))
	if got := pages(d); got != "Stadt\n\nText\n\nSeite" {
		t.Errorf("got %q", got)
	}
	if len(d.Warnings) != 1 || d.Warnings[0].Code != "tracked-changes" {
		t.Errorf("warnings %+v", d.Warnings)
	}
}

func TestODS(t *testing.T) {
	cell := func(s string) string { return `<table:table-cell><text:p>` + s + `</text:p></table:table-cell>` }
	body := `<table:table table:name="Gebühren"><table:table-column table:number-columns-repeated="3"/><table:table-column table:visibility="collapse"/>` +
		`<table:table-row>` + cell("Az.") + `<table:table-cell table:number-columns-repeated="1"/>` + cell("25,00 €") + cell("geheim") + `<table:table-cell table:number-columns-repeated="1000"/></table:table-row>` +
		`<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="1024"/></table:table-row>` +
		`<table:table-row table:visibility="filter">` + cell("gefiltert") + `</table:table-row>` +
		`<table:table-row><table:table-cell><office:annotation><dc:creator>AY</dc:creator><text:p>prüfen</text:p></office:annotation><text:p>zwei</text:p><text:p>Zeilen</text:p></table:table-cell></table:table-row></table:table>` +
		`<table:table table:name="Versteck" table:style-name="V"><table:table-row>` + cell("X") + `</table:table-row></table:table>` +
		`<table:table table:name="Zwei"><table:table-row>` + cell("Ende") + `</table:table-row></table:table>`
	d := readFile(t, "x.ods", odf(t, "spreadsheet", body, `<style:style style:name="V"><style:table-properties table:display="false"/></style:style>`))
	if got, want := pages(d), "Gebühren:\nAz. |  | 25,00 €\n\nzwei Zeilen\n\n[Kommentar von AY: prüfen]\n=====\nZwei:\nEnde"; got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if got := warned(d); got != "hidden-cells: geheim gefiltert\nhidden-sheet: Versteck" && got != "hidden-sheet: Versteck\nhidden-cells: geheim gefiltert" {
		t.Errorf("warnings %q", got)
	}
}

// warned returns the warnings with what they are about, one a line.
func warned(d Document) string {
	var all []string
	for _, w := range d.Warnings {
		all = append(all, w.Code+": "+w.Excerpt)
	}
	return strings.Join(all, "\n")
}

func TestODP(t *testing.T) {
	slide := func(name, style, text string) string {
		return `<draw:page draw:name="` + name + `" draw:style-name="` + style + `"><draw:frame><draw:text-box><text:p>` + text + `</text:p></draw:text-box></draw:frame><presentation:notes><draw:frame><draw:text-box><text:p>Notiz</text:p></draw:text-box></draw:frame></presentation:notes></draw:page>`
	}
	d := readFile(t, "x.odp", odf(t, "presentation", slide("S1", "", "Titel")+slide("S2", "H", "versteckt")+slide("S3", "", "Ende"),
		`<style:style style:name="H"><style:drawing-page-properties presentation:visibility="hidden"/></style:style>`))
	if got, want := pages(d), "Titel\n\nNotizen: Notiz\n=====\nEnde\n\nNotizen: Notiz"; got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if got := warned(d); got != "hidden-sheet: S2" {
		t.Errorf("warnings %q", got)
	}
}

func TestXLSX(t *testing.T) {
	rels := `<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="x/worksheet" Target="/xl/worksheets/sheet2.xml"/><Relationship Id="rId3" Type="x/worksheet" Target="worksheets/sheet3.xml"/></Relationships>`
	data := packed(t,
		"xl/workbook.xml", `<workbook xmlns:r="r"><sheets><sheet name="Zwei" sheetId="2" r:id="rId2"/><sheet name="Eins" sheetId="1" r:id="rId1"/><sheet name="Versteck" state="veryHidden" r:id="rId3"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", rels,
		"xl/sharedStrings.xml", `<sst><si><t>Gebühr</t></si><si><r><t>Reich</t></r><r><t xml:space="preserve"> text</t></r><rPh><t>x</t></rPh></si></sst>`,
		"xl/styles.xml", `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="#,##0.00\ &quot;€&quot;"/></numFmts><cellStyleXfs><xf numFmtId="9"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="14"/></cellXfs></styleSheet>`,
		"xl/worksheets/sheet1.xml", `<worksheet><dimension ref="B2:E9"/><cols><col min="5" max="5" hidden="1"/></cols><sheetData><row r="2"><c r="B2" t="s"><v>0</v></c><c r="D2" s="1"><v>1234.5</v></c><c r="E2"><v>4711</v></c></row><row r="3"><c r="B3" t="s"><v>1</v></c><c t="inlineStr"><is><t>inline</t></is></c><c s="2"><f>TODAY()</f><v>46346</v></c></row><row r="6" hidden="1"><c r="B6" t="str"><v>gefiltert</v></c></row><row r="9"><c r="B9" t="b"><v>1</v></c><c r="C9" t="e"><v>#DIV/0!</v></c><c r="D9" t="s"><v>99</v></c></row></sheetData></worksheet>`,
		"xl/worksheets/_rels/sheet1.xml.rels", `<Relationships><Relationship Id="r1" Type="x/comments" Target="../comments1.xml"/><Relationship Id="r2" Type="x/drawing" Target="../drawings/drawing1.xml"/></Relationships>`,
		"xl/comments1.xml", `<comments><authors><author>AY</author></authors><commentList><comment ref="B2"><text><r><t>bitte </t></r><r><t>prüfen</t></r></text></comment></commentList></comments>`,
		"xl/drawings/drawing1.xml", `<wsDr><a:p><a:r><a:t>Kasten</a:t></a:r></a:p></wsDr>`,
		"xl/worksheets/sheet2.xml", `<worksheet><sheetData><row><c><v>0.5</v></c><c><v>1E-3</v></c></row></sheetData></worksheet>`,
		"xl/worksheets/sheet3.xml", `<worksheet><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>`)
	d := readFile(t, "x.xlsx", data)
	if got, want := pages(d), "Zwei:\n0,5 | 0,001\n=====\nEins:\nGebühr |  | 1.234,50 €\nReich text | inline | 20.11.2026\n\nWAHR | #DIV/0!\n\n[Kommentar zu B2: bitte prüfen]\nKasten"; got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if got, want := warned(d), "hidden-cells: 4711 gefiltert\nhidden-sheet: Versteck"; got != want {
		t.Errorf("warnings %q, want %q", got, want)
	}
}

func TestNumberFormats(t *testing.T) {
	for _, c := range []struct {
		code string
		in   string
		want string
	}{
		{"General", "46346", "46346"}, {"General", "0.1", "0,1"}, {"General", "-12.50", "-12,5"}, {"General", "1234567890123", "1234567890123"}, {"General", "0.30000000000000004", "0,3"},
		{"General", "1E+20", "1E+20"}, {"", "x", "x"}, {"@", "007", "7"},
		{"0", "2.5", "3"}, {"0", "-2.5", "-3"}, {"0.00", "1.005", "1,01"}, {"0.00", "20.5", "20,50"}, {"00000", "1234", "01234"}, {"#,##0", "1234567", "1.234.567"}, {"#,##0.00", "-1234.5", "-1.234,50"},
		{"0.##", "1.5", "1,5"}, {"0.##", "1", "1"}, {"#.00", "0.5", ",50"}, {"#,##0,", "1234567", "1.235"},
		{"0%", "0.19", "19%"}, {"0.0%", "0.193", "19,3%"}, {"0.00E+00", "12345", "1,23E+04"},
		{`#,##0.00\ "€"`, "25", "25,00 €"}, {`#,##0.00 [$€-407]`, "25", "25,00 €"}, {`#,##0.00 €;[Red]-#,##0.00 €`, "-25", "-25,00 €"}, {`_-* #,##0.00\ "€"_-;\-* #,##0.00\ "€"_-;_-* "-"??\ "€"_-;_-@_-`, "1234.5", "1.234,50 €"},
		{`0;-0;"keine"`, "0", "keine"}, {`"Az. "0`, "7", "Az. 7"}, {`0" Tage"`, "3", "3 Tage"},
		{"dd.mm.yyyy", "46346", "20.11.2026"}, {"d. mmmm yyyy", "46346", "20. November 2026"}, {"ddd dd.mm.yy", "46346", "Fr 20.11.26"}, {`[$-407]d\.\ mmm\ yyyy;@`, "46086", "5. Mär 2026"},
		{"hh:mm", "0.78", "18:43"}, {"dd.mm.yyyy hh:mm", "46346.5", "20.11.2026 12:00"}, {"[h]:mm", "1.5", "36:00"}, {"mm:ss", "0.0007", "01:00"}, {"h:mm AM/PM", "0.75", "6:00 PM"}, {"yyyy-mm-dd", "1", "1900-01-01"}, {"yyyy-mm-dd", "59", "1900-02-28"}, {"yyyy-mm-dd", "61", "1900-03-01"},
		{"dd.mm.yyyy", "99999999", "99999999"},
	} {
		f := xlsxFormats{codes: map[int]string{200: c.code}, cells: []int{200}}
		if got := f.show(c.in, 0); got != c.want {
			t.Errorf("%s in %q is %q, want %q", c.in, c.code, got, c.want)
		}
	}
	f := xlsxFormats{cells: []int{14}, date1904: true}
	if got := f.show("44884", 0); got != "20.11.2026" {
		t.Errorf("with the calendar of 1904: %q", got)
	}
}

func TestPPTX(t *testing.T) {
	shape := func(kind, text string) string {
		return `<p:sp><p:nvSpPr><p:nvPr><p:ph type="` + kind + `"/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:r><a:t>` + text + `</a:t></a:r></a:p></p:txBody></p:sp>`
	}
	d := readFile(t, "x.pptx", packed(t,
		"ppt/presentation.xml", `<p:presentation xmlns:r="r"><p:sldIdLst><p:sldId id="256" r:id="rId2"/><p:sldId id="257" r:id="rId1"/><p:sldId id="258" r:id="rId3"/></p:sldIdLst></p:presentation>`,
		"ppt/_rels/presentation.xml.rels", `<Relationships><Relationship Id="rId1" Type="x/slide" Target="slides/slide1.xml"/><Relationship Id="rId2" Type="x/slide" Target="slides/slide2.xml"/><Relationship Id="rId3" Type="x/slide" Target="slides/slide3.xml"/></Relationships>`,
		"ppt/slides/slide1.xml", `<p:sld><p:graphicFrame><a:tbl><a:tr><a:tc><a:txBody><a:p><a:r><a:t>Az.</a:t></a:r></a:p></a:txBody></a:tc><a:tc><a:txBody><a:p><a:r><a:t>Gebühr</a:t></a:r></a:p></a:txBody></a:tc></a:tr></a:tbl></p:graphicFrame></p:sld>`,
		"ppt/slides/slide2.xml", `<p:sld>`+shape("title", "Titel")+shape("body", "Punkt")+shape("sldNum", "7")+`</p:sld>`,
		"ppt/slides/_rels/slide2.xml.rels", `<Relationships><Relationship Id="r1" Type="x/notesSlide" Target="../notesSlides/notesSlide1.xml"/></Relationships>`,
		"ppt/notesSlides/notesSlide1.xml", `<p:notes>`+shape("sldImg", "Bild")+shape("body", "Langsam sprechen")+shape("sldNum", "2")+`</p:notes>`,
		"ppt/slides/slide3.xml", `<p:sld show="0">`+shape("title", "Versteckt")+`</p:sld>`))
	if got, want := pages(d), "Titel\n\nPunkt\n\nNotizen: Langsam sprechen\n=====\nAz. | Gebühr"; got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if got := warned(d); got != "hidden-sheet: Versteckt" {
		t.Errorf("warnings %q", got)
	}
}

func TestRTF(t *testing.T) {
	for name, c := range map[string]struct{ in, want, warned string }{
		"paragraphs":               {`{\rtf1\ansi\ansicpg1252 Geb\'fchr: 25,00 \'80\par Gr\'fc\'dfe\par}`, "Gebühr: 25,00 €\n\nGrüße", ""},
		"unicode with a fallback":  {`{\rtf1\ansi\uc1 Gr\u252?\u223\'dfe \u-10179?\u-8704?}`, "Grüße 😀", ""},
		"unicode without one":      {`{\rtf1\ansi{\uc0 Gr\u252 \u223 e}}`, "Grüße", ""},
		"a code page of a font":    {`{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial Cyr;}}\f0 A\f1 \'cf\'f0\f0 Z}`, "AПрZ", ""},
		"tables":                   {`{\rtf1\ansi\trowd\pard\intbl Az.\cell Geb\'fchr\par in Euro\cell\row\trowd\pard\intbl 32\cell 25\cell\row\pard Ende\par}`, "Az. | Gebühr in Euro\n32 | 25\n\nEnde", ""},
		"lists":                    {`{\rtf1\ansi{\listtext 1.\tab}eins\par{\listtext 2.\tab}zwei\par}`, "1.\teins\n2.\tzwei", ""},
		"footnotes":                {`{\rtf1\ansi Text{\footnote {\super\chftn} Siehe}{ weiter}\par}`, "Text[1] weiter\n\n[1] Siehe", ""},
		"comments":                 {`{\rtf1\ansi Text{\*\annotation bitte\par pr\'fcfen}\par}`, "Text\n\n[Kommentar: bitte prüfen]", ""},
		"headers and footers":      {`{\rtf1\ansi{\header Stadt\par}{\footer Seite\par}Text\par}`, "Stadt\n\nText\n\nSeite", ""},
		"pages":                    {`{\rtf1\ansi eins\page zwei}`, "eins\n=====\nzwei", ""},
		"pages before a paragraph": {`{\rtf1\ansi eins\par\pard\pagebb zwei\par}`, "eins\n=====\nzwei", ""},
		"what is no text":          {`{\rtf1\ansi{\*\generator X;}{\stylesheet{\s0 Normal;}}{\info{\author AY}}{\pict\pngblip 8950}{\*\foo{\f0 bar}}a{\field{\*\fldinst PAGE}{\fldrslt 3}}\bin3 }{}b}`, "a3b", ""},
		"escapes":                  {`{\rtf1\ansi a\{b\}\\c\~d\_e\-f\tab g\line h}`, "a{b}\\c d-ef\tg\nh", ""},
		"hidden text":              {`{\rtf1\ansi davor {\v geheim} danach}`, "davor  danach", "hidden-text: geheim"},
		"white text":               {`{\rtf1\ansi{\colortbl;\red0\green0\blue0;\red255\green255\blue255;}davor {\cf2 geheim} danach}`, "davor  danach", "hidden-text: geheim"},
		"deleted text":             {`{\rtf1\ansi davor {\deleted alt} danach}`, "davor  danach", "tracked-changes: "},
		"a text box":               {`{\rtf1\ansi{\shp{\*\shpinst{\sp{\sn x}{\sv 1}}{\shptxt Kasten\par}}}Text\par}`, "Kasten\n\nText", ""},
		"groups that do not close": {`{\rtf1\ansi {\b Text`, "Text", "partial-damaged: "},
	} {
		t.Run(name, func(t *testing.T) {
			d := readFile(t, "x.rtf", []byte(c.in))
			if got := pages(d); got != c.want {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
			if got := warned(d); got != c.warned {
				t.Errorf("warnings %q", got)
			}
		})
	}
}

func TestCSV(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"semicolons":               {"Az.;Geb\xfchr\n1;\"25,00 \x80\"\n", "Az. | Gebühr\n1 | 25,00 €"},
		"commas":                   {"a,b,c\n1,2,3\n", "a | b | c\n1 | 2 | 3"},
		"semicolons beside commas": {"a;b\n1,5;2,5\n3,5;4,5", "a | b\n1,5 | 2,5\n3,5 | 4,5"},
		"tabs":                     {"a\tb\n1\t2", "a | b\n1 | 2"},
		"a separator named":        {"sep=|\na|b\n1|2", "a | b\n1 | 2"},
		"lines in quotes":          {"a;b\n\"x\ny\";2", "a | b\nx y | 2"},
		"rows of other lengths":    {"a;b\n1;2;3\n4", "a | b\n1 | 2 | 3\n4"},
		"quotes inside":            {"a;b\n5\" Rohr;\"sagt \"\"ja\"\"\"", "a | b\n5\" Rohr | sagt \"ja\""},
		"UTF-16":                   {"\xff\xfea\x00;\x00\xfc\x00\r\x00\n\x001\x00;\x002\x00", "a | ü\n1 | 2"},
		"one column":               {"a\nb\n", "a\nb"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := pages(readFile(t, "x.csv", []byte(c.in))); got != c.want {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestExcelize reads a workbook that a foreign program wrote.
func TestExcelize(t *testing.T) {
	x := excelize.NewFile()
	defer x.Close()
	euro := `#,##0.00 "€"`
	money, err1 := x.NewStyle(&excelize.Style{CustomNumFmt: &euro})
	day, err2 := x.NewStyle(&excelize.Style{NumFmt: 14})
	errs := []error{err1, err2, x.SetSheetName("Sheet1", "Gebühren"), x.SetSheetRow("Gebühren", "A1", &[]any{"Gebühr", 1234.5, time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), true}),
		x.SetCellStyle("Gebühren", "B1", "B1", money), x.SetCellStyle("Gebühren", "C1", "C1", day)}
	if _, err := x.NewSheet("Geheim"); err != nil {
		t.Fatal(err)
	}
	errs = append(errs, x.SetSheetVisible("Geheim", false), x.SetCellValue("Geheim", "A1", "x"))
	var b bytes.Buffer
	if err := errors.Join(append(errs, x.Write(&b))...); err != nil {
		t.Fatal(err)
	}
	d := readFile(t, "x.xlsx", b.Bytes())
	if got, want := pages(d), "Gebühren:\nGebühr | 1.234,50 € | 20.11.2026 | WAHR"; got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if got := warned(d); got != "hidden-sheet: Geheim" {
		t.Errorf("warnings %q", got)
	}
}
