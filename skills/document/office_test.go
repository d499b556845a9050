package document

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
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
			if d.Type != typeDOCX || d.Partial {
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
	if got, want := pages(d), "Titel\n\nNotizen:\n\nNotiz\n=====\nEnde\n\nNotizen:\n\nNotiz"; got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if got := warned(d); got != "hidden-sheet: S2" {
		t.Errorf("warnings %q", got)
	}
}
