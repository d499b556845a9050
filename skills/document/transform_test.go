package document

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const wNS = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"`

// layout returns a Word document with all that a translation must keep.
func layout(t testing.TB, body string) []byte {
	rel := "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
	return archive(t,
		zipped{"[Content_Types].xml", (`<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>` +
			`<Override PartName="/word/footnotes.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"/><Override PartName="/word/header1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"/>` +
			`<Override PartName="/word/comments.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"/></Types>`)},
		zipped{"_rels/.rels", (`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="` + rel + `officeDocument" Target="word/document.xml"/></Relationships>`)},
		zipped{"word/_rels/document.xml.rels", (`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="` + rel + `styles" Target="styles.xml"/><Relationship Id="rId2" Type="` + rel + `footnotes" Target="footnotes.xml"/>` +
			`<Relationship Id="rId3" Type="` + rel + `header" Target="header1.xml"/><Relationship Id="rId4" Type="` + rel + `comments" Target="comments.xml"/><Relationship Id="rId5" Type="` + rel + `hyperlink" Target="https://stadt.example/" TargetMode="External"/></Relationships>`)},
		zipped{"word/styles.xml", (`<w:styles ` + wNS + `><w:docDefaults><w:rPrDefault><w:rPr><w:lang w:val="de-DE"/></w:rPr></w:rPrDefault></w:docDefaults><w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:rPr><w:b/></w:rPr></w:style></w:styles>`)},
		zipped{"word/footnotes.xml", (`<w:footnotes ` + wNS + `><w:footnote w:id="1"><w:p><w:r><w:footnoteRef/></w:r><w:r><w:t xml:space="preserve"> Fußnote hier</w:t></w:r></w:p></w:footnote></w:footnotes>`)},
		zipped{"word/header1.xml", (`<w:hdr ` + wNS + `><w:p><w:r><w:t>Stadt Kopfzeile</w:t></w:r></w:p></w:hdr>`)},
		zipped{"word/comments.xml", (`<w:comments ` + wNS + `><w:comment w:id="0" w:author="x"><w:p><w:r><w:t>intern geheim</w:t></w:r></w:p></w:comment></w:comments>`)},
		zipped{"word/document.xml", (`<?xml version="1.0" encoding="UTF-8"?><w:document ` + wNS + `><w:body>` + body + `<w:sectPr><w:headerReference w:type="default" r:id="rId3"/></w:sectPr></w:body></w:document>`)},
	)
}

const body = `<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>Be</w:t></w:r><w:r><w:rPr><w:lang w:val="de-DE"/></w:rPr><w:t>scheid</w:t></w:r></w:p>` +
	`<w:p><w:bookmarkStart w:id="7" w:name="b"/><w:r><w:t xml:space="preserve">Zahlen Sie </w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>20 Euro</w:t></w:r><w:r><w:t xml:space="preserve"> bis morgen</w:t></w:r><w:r><w:footnoteReference w:id="1"/></w:r><w:r><w:t>.</w:t></w:r><w:bookmarkEnd w:id="7"/></w:p>` +
	`<w:tbl><w:tblPr><w:tblW w:w="0" w:type="auto"/></w:tblPr><w:tblGrid><w:gridCol w:w="4000"/><w:gridCol w:w="4000"/></w:tblGrid><w:tr><w:tc><w:p><w:r><w:t>Zelle eins</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Zelle zwei</w:t></w:r></w:p></w:tc></w:tr></w:tbl>` +
	`<w:p><w:r><w:t xml:space="preserve">Neu </w:t></w:r><w:del w:id="1" w:author="x"><w:r><w:delText>gestrichen</w:delText></w:r></w:del><w:ins w:id="2" w:author="x"><w:r><w:t>eingefügt</w:t></w:r></w:ins><w:commentRangeStart w:id="0"/><w:r><w:commentReference w:id="0"/></w:r></w:p>` +
	`<w:p><w:r><w:t xml:space="preserve">Siehe </w:t></w:r><w:hyperlink r:id="rId5"><w:r><w:t>unsere Seite</w:t></w:r></w:hyperlink><w:r><w:t xml:space="preserve"> auf Blatt </w:t></w:r><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> PAGE </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>3</w:t></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r><w:r><w:t xml:space="preserve"> unten</w:t></w:r></w:p>` +
	`<w:p><w:r><mc:AlternateContent><mc:Choice Requires="wps"><wps:txbx><w:txbxContent><w:p><w:r><w:t>Im Kasten</w:t></w:r></w:p></w:txbxContent></wps:txbx></mc:Choice><mc:Fallback><w:pict><w:txbxContent><w:p><w:r><w:t>Im Kasten</w:t></w:r></w:p></w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>`

var layoutSegments = []string{"Bescheid", "Zahlen Sie ⟦1⟧20 Euro⟦/1⟧ bis morgen⟦2⟧.", "Zelle eins", "Zelle zwei", "Neu eingefügt", "Siehe ⟦1⟧unsere Seite⟦/1⟧ auf Blatt ⟦2⟧ unten", "Im Kasten", "Fußnote hier", "Stadt Kopfzeile"}

func newTestReader(t testing.TB, lim Limits) *Reader {
	r := New(Options{Limits: lim, Tesseract: "none", Children: 2, Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(func() { r.Close() })
	return r
}

func memberOf(t testing.TB, data []byte, name string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open(name)
	if err != nil {
		return ""
	}
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestRewriteDOCX: a Word document goes through the child and comes back with other
// words in its own layout.
func TestRewriteDOCX(t *testing.T) {
	r := newTestReader(t, Limits{})
	data := layout(t, body)
	segs, err := r.Segments(t.Context(), "a.docx", bytes.NewReader(data))
	if err != nil || !slices.Equal(segs, layoutSegments) {
		t.Fatalf("got %q, %v", segs, err)
	}
	texts := []string{"Decision", "Pay by tomorrow⟦2⟧ ⟦1⟧€20⟦/1⟧.", "Cell one", "Cell <two> & more", "New inserted", "On sheet ⟦2⟧ see ⟦1⟧our page⟦/1⟧", "In the box", "Footnote here", "Town header"}
	out, err := r.Rewrite(t.Context(), "a.docx", bytes.NewReader(data), Rewrite{Texts: texts, Language: "en", Last: "Machine translation.", Properties: map[string]string{"AIGenerated": "true"}})
	if err != nil {
		t.Fatal(err)
	}
	doc := memberOf(t, out, "word/document.xml")
	for _, want := range []string{`<w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t xml:space="preserve">Decision</w:t></w:r></w:p>`, `<w:bookmarkStart w:id="7" w:name="b"/>`, `<w:rPr><w:b/></w:rPr><w:t xml:space="preserve">€20</w:t>`, `tomorrow</w:t></w:r><w:r><w:footnoteReference w:id="1"/></w:r>`,
		"Cell &lt;two&gt; &amp; more", `<w:hyperlink r:id="rId5"><w:r><w:t xml:space="preserve">our page</w:t></w:r></w:hyperlink>`, "PAGE", "In the box", `Machine translation.</w:t></w:r></w:p><w:sectPr>`} {
		if !strings.Contains(doc, want) {
			t.Errorf("%q is missing in %s", want, doc)
		}
	}
	for name, not := range map[string]string{"word/document.xml": "gestrichen", "word/comments.xml": "geheim", "word/styles.xml": "de-DE"} {
		if s := memberOf(t, out, name); s == "" || strings.Contains(s, not) {
			t.Errorf("%s has %q: %s", name, not, s)
		}
	}
	if strings.Contains(doc, "Fallback") || strings.Contains(doc, "<w:ins ") || strings.Contains(doc, "comment") {
		t.Errorf("left over: %s", doc)
	}
	if !strings.Contains(memberOf(t, out, "word/styles.xml"), `<w:lang w:val="en"/>`) || !strings.Contains(memberOf(t, out, "docProps/custom.xml"), "AIGenerated") || !strings.Contains(memberOf(t, out, "[Content_Types].xml"), "/docProps/custom.xml") {
		t.Error("language or properties are missing")
	}
	again, err := r.Segments(t.Context(), "b.docx", bytes.NewReader(out))
	if err != nil || len(again) != len(texts)+1 || again[0] != "Decision" {
		t.Errorf("read back %q, %v", again, err)
	}
	if d, err := r.Read(t.Context(), "b.docx", bytes.NewReader(out)); err != nil || !strings.Contains(d.Text(), "Pay by tomorrow[1] €20.") {
		t.Errorf("read back %q, %v", d.Text(), err)
	}
	opens(t, "b.docx", out, "Pay by tomorrow", "Cell one", "Cell <two> & more", "Machine translation.")
}

// opens holds that LibreOffice, if it is there, opens a file and shows texts.
func opens(t *testing.T, name string, data []byte, want ...string) {
	t.Helper()
	office, err := exec.LookPath("soffice")
	if err != nil || testing.Short() {
		return
	}
	dir := t.TempDir()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), office, "-env:UserInstallation=file://"+dir+"/profile", "--headless", "--convert-to", "txt:Text (encoded):UTF8", "--outdir", dir, file)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("LibreOffice: %v\n%s", err, out)
	}
	text, err := os.ReadFile(strings.TrimSuffix(file, filepath.Ext(file)) + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range want {
		if !strings.Contains(string(text), w) {
			t.Errorf("LibreOffice does not show %q in\n%s", w, text)
		}
	}
}

// TestRewriteBrokenMarks: texts with other marks lose their formatting; pictures
// and footnotes stay, and nothing breaks.
func TestRewriteBrokenMarks(t *testing.T) {
	p := newParser(t.Context(), Limits{}.withDefaults())
	for _, text := range []string{"Pay ⟦1⟧20", "Pay ⟦/1⟧20⟦1⟧ ⟦2⟧", "⟦9⟧ Pay 20", "Pay 20", "⟦1⟧⟦1⟧Pay 20⟦/1⟧⟦/1⟧⟦2⟧", "⟦2⟧⟦2⟧⟦1⟧Pay 20⟦/1⟧", "⟦1⟧Pay ⟦2⟧ 20⟦/2⟧⟦/1⟧", "⟦ Pay 20"} {
		texts := slices.Clone(layoutSegments)
		texts[1] = text
		_, out, err := p.transform(&transform{Rewrite: &Rewrite{Texts: texts}}, layout(t, body))
		if err != nil {
			t.Fatal(err)
		}
		doc := memberOf(t, out, "word/document.xml")
		if strings.Contains(doc, "⟦") || strings.Count(doc, "footnoteReference") != 1 || !strings.Contains(doc, "Pay") || !strings.Contains(doc, "20") {
			t.Errorf("%q: %s", text, doc)
		}
	}
	if _, out, err := p.transform(&transform{Rewrite: &Rewrite{Texts: []string{"one"}}}, layout(t, body)); out != nil || err != nil {
		t.Errorf("one text for nine segments: %d bytes, %v", len(out), err)
	}
}

// TestRewriteRightToLeft: paragraphs and runs run from right to left, each run once.
func TestRewriteRightToLeft(t *testing.T) {
	p := newParser(t.Context(), Limits{}.withDefaults())
	_, out, err := p.transform(&transform{Rewrite: &Rewrite{Texts: slices.Repeat([]string{"نص"}, len(layoutSegments)), Language: "ar"}}, layout(t, body))
	if err != nil {
		t.Fatal(err)
	}
	doc := memberOf(t, out, "word/document.xml")
	if strings.Count(doc, "<w:bidi/>") != 8 || !strings.Contains(doc, "<w:rPr><w:rtl/></w:rPr><w:t") || strings.Contains(doc, "<w:rtl/><w:rtl/>") {
		t.Errorf("got %s", doc)
	}
}

const odtNS = `xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0" xmlns:xlink="http://www.w3.org/1999/xlink" office:version="1.3"`

// TestRewriteODT is the same for OpenDocument.
func TestRewriteODT(t *testing.T) {
	data := archive(t,
		zipped{"mimetype", ("application/vnd.oasis.opendocument.text")},
		zipped{"content.xml", (`<office:document-content ` + odtNS + `><office:automatic-styles><style:style style:name="T1" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style></office:automatic-styles><office:body><office:text>` +
			`<text:tracked-changes><text:changed-region><text:deletion><text:p>gestrichen</text:p></text:deletion></text:changed-region></text:tracked-changes>` +
			`<text:h text:outline-level="1">Bescheid</text:h><text:p>Zahlen Sie <text:span text:style-name="T1">20 Euro</text:span> bis<text:s text:c="2"/>morgen<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body><text:p>Fußnote</text:p></text:note-body></text:note>.<office:annotation><text:p>geheim</text:p></office:annotation></text:p>` +
			`<text:list><text:list-item><text:p>Punkt <text:a xlink:href="https://stadt.example/">hier</text:a></text:p></text:list-item></text:list>` +
			`<table:table><table:table-column/><table:table-row><table:table-cell><text:p>Zelle</text:p></table:table-cell></table:table-row></table:table></office:text></office:body></office:document-content>`)},
		zipped{"styles.xml", (`<office:document-styles ` + odtNS + `><office:styles><style:default-style style:family="paragraph"><style:paragraph-properties/><style:text-properties fo:language="de" fo:country="DE"/></style:default-style></office:styles><office:master-styles><style:master-page style:name="Standard"><style:header><text:p>Kopf</text:p></style:header></style:master-page></office:master-styles></office:document-styles>`)},
		zipped{"meta.xml", (`<office:document-meta ` + odtNS + `><office:meta><dc:language>de-DE</dc:language></office:meta></office:document-meta>`)},
		zipped{"META-INF/manifest.xml", (`<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3"><manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.text"/><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/><manifest:file-entry manifest:full-path="styles.xml" manifest:media-type="text/xml"/><manifest:file-entry manifest:full-path="meta.xml" manifest:media-type="text/xml"/></manifest:manifest>`)},
	)
	r := newTestReader(t, Limits{})
	segs, err := r.Segments(t.Context(), "a.odt", bytes.NewReader(data))
	want := []string{"Bescheid", "Zahlen Sie ⟦1⟧20 Euro⟦/1⟧ bis  morgen⟦2⟧.", "Fußnote", "Punkt ⟦1⟧hier⟦/1⟧", "Zelle", "Kopf"}
	if err != nil || !slices.Equal(segs, want) {
		t.Fatalf("got %q, %v", segs, err)
	}
	out, err := r.Rewrite(t.Context(), "a.odt", bytes.NewReader(data), Rewrite{Texts: []string{"Decision", "Pay ⟦1⟧€20⟦/1⟧ by  tomorrow⟦2⟧.", "Footnote", "⟦1⟧Here⟦/1⟧ a point", "Cell", "Header"}, Language: "ar", Last: "Machine.", Properties: map[string]string{"AIGenerated": "true"}})
	if err != nil {
		t.Fatal(err)
	}
	content, styles, meta := memberOf(t, out, "content.xml"), memberOf(t, out, "styles.xml"), memberOf(t, out, "meta.xml")
	for _, w := range []string{`<text:span text:style-name="T1">€20</text:span>`, `by <text:s text:c="1"/>tomorrow<text:note`, `<text:a xlink:href="https://stadt.example/">Here</text:a> a point`, "<text:p>Footnote</text:p>", "<text:p>Machine.</text:p></office:text>"} {
		if !strings.Contains(content, w) {
			t.Errorf("%q is missing in %s", w, content)
		}
	}
	if strings.Contains(content, "gestrichen") || strings.Contains(content, "geheim") || !strings.Contains(styles, `fo:language="ar"`) || !strings.Contains(styles, `writing-mode="rl-tb"`) || !strings.Contains(meta, "AIGenerated") || !strings.Contains(meta, "<dc:language>ar<") {
		t.Errorf("got %s\n%s\n%s", content, styles, meta)
	}
	opens(t, "b.odt", out, "Pay €20 by", "Here a point", "Cell")
}

// TestRewriteHostile: what is made to break the child ends in a reason.
func TestRewriteHostile(t *testing.T) {
	r := newTestReader(t, Limits{Inflated: 20 << 20})
	for name, tt := range map[string]struct {
		data []byte
		code Code
	}{
		"a bomb":                     {layout(t, `<w:p><w:r><w:t>`+strings.Repeat("a", 30<<20)+`</w:t></w:r></w:p>`), TooBig},
		"a document type":            {archive(t, zipped{"word/document.xml", (`<!DOCTYPE x [<!ENTITY a "b">]><w:document ` + wNS + `><w:body/></w:document>`)}), Damaged},
		"too deep":                   {layout(t, strings.Repeat("<w:sdt>", 400)+strings.Repeat("</w:sdt>", 400)), TooDeep},
		"elements that do not match": {layout(t, `<w:p><w:r></w:p></w:r>`), Damaged},
		"no office file":             {archive(t, zipped{"x", ("x")}), Unsupported},
		"cut off":                    {layout(t, body)[:3000], Damaged},
		"no zip at all":              {[]byte("Guten Tag"), Damaged},
		"too many elements":          {layout(t, strings.Repeat("<w:p/>", 1_100_000)), TooBig},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := r.Segments(t.Context(), "a.docx", bytes.NewReader(tt.data))
			u, ok := err.(*Unreadable)
			if !ok || u.Code != tt.code {
				t.Errorf("got %v, want %s", err, tt.code)
			}
		})
	}
}

// TestRewriteScraps: a paragraph of 100,000 runs is one without formatting.
func TestRewriteScraps(t *testing.T) {
	var b strings.Builder
	b.WriteString("<w:p>")
	for i := range 100_000 {
		fmt.Fprintf(&b, `<w:r><w:rPr><w:sz w:val="%d"/></w:rPr><w:t>wort </w:t></w:r>`, 20+i%7)
	}
	b.WriteString("</w:p>")
	r := newTestReader(t, Limits{})
	data := layout(t, b.String())
	segs, err := r.Segments(t.Context(), "a.docx", bytes.NewReader(data))
	if err != nil || strings.Contains(segs[0], "⟦") || strings.Count(segs[0], "wort") != 100_000 {
		t.Fatalf("%d segments, %v", len(segs), err)
	}
	if out, err := r.Rewrite(t.Context(), "a.docx", bytes.NewReader(data), Rewrite{Texts: slices.Repeat([]string{"word"}, len(segs))}); err != nil || !strings.Contains(memberOf(t, out, "word/document.xml"), ">word </w:t>") {
		t.Errorf("got %v", err)
	}
}

// FuzzTransform: no document stops the program, and a written one has the segments
// of its original.
func FuzzTransform(f *testing.F) {
	f.Add(body)
	f.Add(`<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:instrText>HYPERLINK "x"</w:instrText><w:fldChar w:fldCharType="separate"/><w:t>a</w:t><w:fldChar w:fldCharType="end"/><w:t>b</w:t></w:r></w:p>`)
	f.Fuzz(func(t *testing.T, body string) {
		data := layout(t, body)
		p := newParser(context.Background(), Limits{}.withDefaults())
		segs, _, err := p.transform(&transform{}, data)
		if err != nil {
			return
		}
		_, out, err := p.transform(&transform{Rewrite: &Rewrite{Texts: segs}}, data)
		if err != nil {
			t.Fatal(err)
		}
		again, _, err := p.transform(&transform{}, out)
		if err != nil || !slices.Equal(segs, again) {
			t.Fatalf("%q became %q, %v", segs, again, err)
		}
	})
}
