package document

import (
	"bytes"
	"encoding/base64"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// samples returns one valid file of each format, with a bit of all it can hold.
func samples(t testing.TB) map[string][]byte {
	word := docx(t, para("Gebühr")+`<w:tbl><w:tr><w:tc>`+para("a")+`</w:tc><w:tc>`+para("b")+`</w:tc></w:tr></w:tbl><w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>x</w:t><w:footnoteReference w:id="1"/></w:r></w:p>`,
		"word/footnotes.xml", `<w:footnotes><w:footnote w:id="1">`+para("Note")+`</w:footnote></w:footnotes>`, "word/comments.xml", `<w:comments><w:comment w:author="x">`+para("c")+`</w:comment></w:comments>`)
	message := widerspruch()
	inner := widerspruch()
	message.props = append(message.props, blob(pidRTF, packRTF(`{\rtf1\ansi\fromhtml1 {\*\htmltag64 <p>}Geb\'fchr}`)))
	message.files = []msgFileSpec{attached("a.txt", []byte("Anlage")), {props: []msgProp{wide16(pidName, "Antrag")}, message: &inner}}
	return map[string][]byte{
		"brief.msg":   message.file(),
		"winmail.dat": []byte(winmail()),
		"termin.ics":  []byte("BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nDTSTART;TZID=W. Europe Standard Time:20261120T143000\nRRULE:FREQ=WEEKLY;BYDAY=MO\nATTENDEE;CN=\"a:b\":mailto:x\nEND:VEVENT\nEND:VCALENDAR\n"),
		"brief.docx":  word,
		"brief.odt":   odt(t, `<text:list><text:list-item><text:p>eins<text:note><text:note-body><text:p>n</text:p></text:note-body></text:note></text:p></text:list-item></text:list><table:table><table:table-row><table:table-cell><text:p>a</text:p></table:table-cell></table:table-row></table:table>`, `<style:style style:name="H"><style:text-properties text:display="none"/></style:style>`),
		"liste.ods":   odf(t, "spreadsheet", `<table:table table:name="A"><table:table-row><table:table-cell table:number-columns-repeated="3"><text:p>a</text:p></table:table-cell></table:table-row></table:table>`, ""),
		"liste.xlsx":  packed(t, "xl/workbook.xml", `<workbook><sheets/></workbook>`, "xl/sharedStrings.xml", `<sst><si><t>a</t></si></sst>`, "xl/worksheets/sheet1.xml", `<worksheet><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1"><v>1.5</v></c></row></sheetData></worksheet>`),
		"folie.pptx":  packed(t, "ppt/presentation.xml", `<p/>`, "ppt/slides/slide1.xml", `<p:sld><p:sp><a:p><a:r><a:t>Titel</a:t></a:r></a:p></p:sp></p:sld>`),
		"brief.rtf":   []byte(`{\rtf1\ansi\ansicpg1252{\fonttbl{\f0\fcharset0 Arial;}}{\colortbl;\red255\green255\blue255;}\f0 Geb\'fchr \u8364?{\footnote note}\trowd\intbl a\cell b\cell\row\pard{\*\annotation c}\par\page ende}`),
		"liste.csv":   []byte("Az.;Geb\xfchr\n1;\"25,00\n\"\"\"\n"),
		"seite.html":  []byte(`<html><style>.a{color:#fff} p > b{display:none}</style><body bgcolor=white><p class=a>x</p><table><tr><td>a<td>b</table><blockquote type=cite>q<ol><li>x</ol></blockquote><a href="http://x.example">y</a>`),
		"mail.eml": []byte(multi("mixed", "Content-Type: multipart/alternative; boundary=y\n\n--y\nContent-Type: text/plain; charset=utf-8; format=flowed\nContent-Transfer-Encoding: quoted-printable\n\nGeb=C3=BChr \nund=\n mehr\n--y\nContent-Type: text/html\n\n<p>Gebühr\n--y--",
			"Content-Type: message/rfc822\n\nFrom: =?utf-8?Q?J=C3=BC?= <a@b.example>\nSubject: =?utf-8?B?R3LDvMOfZQ==?=\n\nText", "Content-Type: application/octet-stream; name*0*=utf-8''brief; name*1=.docx\nContent-Transfer-Encoding: base64\n\n"+base64.StdEncoding.EncodeToString(word))),
	}
}

// TestBroken cuts each file at many places and turns random bytes over. The
// reader must come back each time with a document or a reason; guard calls a
// panic a crash, so that code is an error here.
func TestBroken(t *testing.T) {
	for name, data := range samples(t) {
		t.Run(name, func(t *testing.T) {
			for i := range 50 {
				readBroken(t, name, data[:i*len(data)/50])
			}
			rnd := rand.New(rand.NewPCG(1, uint64(len(data))))
			for range 200 {
				b := bytes.Clone(data)
				for range 1 + rnd.IntN(5) {
					b[rnd.IntN(len(b))] = byte(rnd.Uint32())
				}
				readBroken(t, name, b)
			}
		})
	}
}

// TestCutOff has packages that lack their end: what is before it is read.
func TestCutOff(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 40_000)
	for i := range noise {
		noise[i] = byte(rnd.Uint32())
	}
	data := docx(t, para("Sehr geehrte Damen und Herren"), "word/media/bild.bin", string(noise))
	d := readFile(t, "x.docx", data[:len(data)-20_000])
	if !strings.Contains(d.Text(), "Sehr geehrte") || !d.Partial || !strings.Contains(warned(d), "partial-damaged") {
		t.Errorf("got %q, partial %v, %s", d.Text(), d.Partial, warned(d))
	}
}

// TestBombs has files that promise much more than they are.
func TestBombs(t *testing.T) {
	deepXML := wordNS + strings.Repeat("<w:p><w:r>", 50_000)
	nested := func(n int, end bool) string {
		var b strings.Builder
		for i := range n {
			b.WriteString("Content-Type: multipart/mixed; boundary=b" + strings.Repeat("x", i%40) + "_" + string(rune('a'+i%26)) + "\n\n--b" + strings.Repeat("x", i%40) + "_" + string(rune('a'+i%26)) + "\n")
		}
		b.WriteString("\nText")
		if end {
			b.WriteString("\n--b--")
		}
		return b.String()
	}
	mailInMail := "Subject: x\nFrom: a@b.example\n\nText"
	for i := range 40 {
		q := "q" + strconv.Itoa(i)
		mailInMail = "From: a@b.example\nSubject: x\nContent-Type: multipart/mixed; boundary=" + q + "\n\n--" + q + "\nContent-Type: message/rfc822\n\n" + mailInMail
	}
	for name, c := range map[string]struct {
		data []byte
		want string // in the codes of reasons and warnings, of the file or a part
	}{
		"a document of 30 MB":          {docx(t, strings.Repeat(para(strings.Repeat("x", 1<<20)), 30)), "too-big"},
		"one text of 9 MB":             {docx(t, para(strings.Repeat("x", 9<<20))), "too-big"},
		"XML 100,000 deep":             {packed(t, "word/document.xml", deepXML), "too-deep"},
		"entities of one's own":        {packed(t, "word/document.xml", `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>`+wordNS+para("&b;")), "damaged"},
		"many empty paragraphs":        {docx(t, strings.Repeat("<w:p/>", 100_000)), "no-text"},
		"many shared strings":          {packed(t, "xl/workbook.xml", "<workbook/>", "xl/sharedStrings.xml", "<sst>"+strings.Repeat("<si><t>xxxxxxxx</t></si>", 400_000)+"</sst>", "xl/worksheets/sheet1.xml", `<worksheet><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>`), "too-big"},
		"one string in many cells":     {packed(t, "xl/workbook.xml", "<workbook/>", "xl/sharedStrings.xml", "<sst><si><t>"+strings.Repeat("x ", 20_000)+"</t></si></sst>", "xl/worksheets/sheet1.xml", `<worksheet><sheetData>`+strings.Repeat(`<row><c t="s"><v>0</v></c></row>`, 10_000)+`</sheetData></worksheet>`), "too-big"},
		"repeated cells":               {odf(t, "spreadsheet", `<table:table><table:table-row>`+strings.Repeat(`<table:table-cell table:number-columns-repeated="16384"><text:p>xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx</text:p></table:table-cell>`, 10_000)+`</table:table-row></table:table>`, ""), ""},
		"tables in tables":             {odt(t, strings.Repeat(`<table:table><table:table-row><table:table-cell><text:p>x</text:p>`, 90), ""), ""},
		"groups 100,000 deep":          {[]byte(`{\rtf1 ` + strings.Repeat("{", 100_000) + "x"), "too-deep"},
		"footnotes in footnotes":       {[]byte(`{\rtf1 ` + strings.Repeat(`{\footnote xxxxxxxxxx`, 1900) + strings.Repeat("}", 1900) + "x}"), ""},
		"5,000 nested parts, open":     {[]byte("Subject: x\nFrom: a@b.example\n" + nested(5000, false)), "too-deep"},
		"22 nested parts, open":        {[]byte("Subject: x\nFrom: a@b.example\n" + nested(22, true)), ""},
		"50 nested parts, open":        {[]byte("Subject: x\nFrom: a@b.example\n" + nested(50, true)), "too-deep"},
		"100,000 parts":                {[]byte(multi("mixed", strings.Split(strings.Repeat("Content-Disposition: attachment\n\nx|", 100_000), "|")...)), "too-big"},
		"mails in mails":               {[]byte(mailInMail), "too-deep"},
		"a header of 20 MB":            {[]byte("Subject: x\nFrom: a@b.example\n" + strings.Repeat("X-A: "+strings.Repeat("x", 900)+"\n", 20_000) + "\nText"), ""},
		"a line of 20 MB":              {[]byte("Subject: x\nFrom: a@b.example\nTo: " + strings.Repeat("a@b.example, (", 1_500_000) + "\n\nText"), ""},
		"one header line of words":     {[]byte("From: a@b.example\nSubject: " + strings.Repeat("=?utf-8?Q?a?= ", 200_000) + "\n\nText"), ""},
		"a million pieces of a name":   {[]byte(multi("mixed", "Content-Disposition: attachment"+strings.Repeat("; filename*1=x", 100_000)+"\n\nx")), ""},
		"boundaries that nearly match": {[]byte(multi("mixed", strings.Repeat("--=_x yz\n", 100_000))), ""},
		"soft line breaks only":        {[]byte("Subject: x\nFrom: a@b.example\nContent-Transfer-Encoding: quoted-printable\n\n" + strings.Repeat("=\n", 500_000)), ""},
		"one paragraph of flowed text": {[]byte("Subject: x\nFrom: a@b.example\nContent-Type: text/plain; format=flowed\n\n" + strings.Repeat("x \n", 200_000)), ""},
		"a CSV with a quote left open": {[]byte("a;b;c\n1;2;3\n1;2;3\n\"" + strings.Repeat("x;y\n", 200_000)), ""},
	} {
		t.Run(name, func(t *testing.T) {
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			d, err := newParser(t.Context(), Limits{Inflated: 24 << 20, Text: 1 << 20}).parse("x", c.data)
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			if took > time.Minute {
				t.Errorf("took %s", took)
			}
			codes := allCodes(d)
			if u, ok := err.(*Unreadable); ok {
				codes += string(u.Code)
			}
			if !strings.Contains(codes, c.want) || strings.Contains(codes, string(Crashed)) {
				t.Errorf("got %s, want %s", codes, c.want)
			}
			t.Logf("%s, %d MB allocated, %s", took, (after.TotalAlloc-before.TotalAlloc)>>20, cut(codes, 100))
		})
	}
}

// allCodes returns the codes of all reasons and warnings in a document.
func allCodes(d Document) string {
	var b strings.Builder
	for _, w := range d.Warnings {
		b.WriteString(w.Code + " ")
	}
	for _, p := range d.Parts {
		if p.Reason != nil {
			b.WriteString(string(p.Reason.Code) + " ")
		}
		if p.Doc != nil {
			b.WriteString(allCodes(*p.Doc))
		}
	}
	return b.String()
}

func TestLocked(t *testing.T) {
	for name, data := range map[string][]byte{
		"OpenDocument": odt(t, "<text:p>x</text:p>", "", "x", "y"),
		"Word":         append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")...),
	} {
		if name == "OpenDocument" {
			data = packed(t, "mimetype", typeODT, "META-INF/manifest.xml", `<manifest:manifest><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>`, "content.xml", "\x01\x02")
		}
		_, err := newParser(t.Context(), Limits{}).parse("x", data)
		if u, ok := err.(*Unreadable); !ok || u.Code != Password {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// bodies are the XML inside office files, by the name of one.
var bodies = map[string]string{
	"x.docx": wordNS + para("Gebühr") + `<w:tbl><w:tr><w:tc>` + `<w:p><w:pPr><w:numPr><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:rPr><w:vanish/></w:rPr><w:t>x</w:t><w:br w:type="page"/><w:sym w:font="Wingdings" w:char="F0FE"/></w:r></w:p></w:tc></w:tr></w:tbl><w:p><w:r><w:footnoteReference w:id="1"/><w:txbxContent><w:p/></w:txbxContent></w:r></w:p>`,
	"x.odt":  `<office:x` + odfNS + `><style:style style:name="H"><style:text-properties fo:color="#ffffff"/></style:style><text:list><text:list-item><text:p text:style-name="H">eins<text:s text:c="3"/><text:note><text:note-body><text:p>n</text:p></text:note-body></text:note></text:p></text:list-item></text:list><table:table><table:table-row><table:table-cell><text:p>a</text:p><office:annotation><dc:creator>A</dc:creator><text:p>b</text:p></office:annotation></table:table-cell></table:table-row></table:table>`,
	"x.ods":  `<office:x` + odfNS + `><table:table table:name="A"><table:table-column table:number-columns-repeated="2" table:visibility="collapse"/><table:table-row><table:table-cell table:number-columns-repeated="3"><text:p>a</text:p></table:table-cell></table:table-row></table:table>`,
	"x.odp":  `<office:x` + odfNS + `><draw:page draw:name="A"><draw:frame><draw:text-box><text:p>a</text:p></draw:text-box></draw:frame><presentation:notes><text:p>n</text:p></presentation:notes></draw:page>`,
	"x.xlsx": `<worksheet><dimension ref="B2:C3"/><numFmt numFmtId="164" formatCode="#,##0.00 [$€-407];[Red]-0"/><cellXfs><xf numFmtId="164"/></cellXfs><cols><col min="3" max="9" hidden="1"/></cols><sheetData><row r="1"><c r="B2" t="s"><v>0</v></c><c r="D4" s="0"><v>46346.5</v></c></row></sheetData><si><t>x</t></si></worksheet>`,
	"x.pptx": `<p:sld><p:sp><p:nvPr><p:ph type="body"/></p:nvPr><a:p><a:pPr lvl="1"/><a:r><a:t>Titel</a:t></a:r></a:p></p:sp><a:tbl><a:tr><a:tc><a:p/></a:tc></a:tr></a:tbl></p:sld>`,
}

// office puts XML into every place of an office file where some is read.
func office(t testing.TB, name, body string) []byte {
	switch name {
	case "x.docx":
		return packed(t, "word/document.xml", body, "word/styles.xml", body, "word/numbering.xml", body, "word/footnotes.xml", body, "word/comments.xml", body, "word/header1.xml", body)
	case "x.odt":
		return packed(t, "mimetype", typeODT, "content.xml", body, "styles.xml", body)
	case "x.ods":
		return packed(t, "mimetype", typeODS, "content.xml", body)
	case "x.odp":
		return packed(t, "mimetype", typeODP, "content.xml", body)
	case "x.xlsx":
		return packed(t, "xl/workbook.xml", body, "xl/sharedStrings.xml", body, "xl/styles.xml", body, "xl/worksheets/sheet1.xml", body)
	}
	return packed(t, "ppt/presentation.xml", body, "ppt/slides/slide1.xml", body)
}

// TestBrokenXML turns bytes over inside office files, where checksums do not
// stop it, and swaps, drops and doubles tags.
func TestBrokenXML(t *testing.T) {
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			if d := readFile(t, name, office(t, name, body)); name != "x.docx" && d.Partial {
				t.Errorf("the sample itself is broken: %s", warned(d))
			}
			rnd := rand.New(rand.NewPCG(2, uint64(len(body))))
			for i := range 200 {
				b := []byte(body)
				tags := strings.SplitAfter(body, ">")
				switch a, z := rnd.IntN(len(tags)), rnd.IntN(len(tags)); i % 3 {
				case 0:
					b[rnd.IntN(len(b))] = byte(rnd.Uint32())
				case 1:
					tags[a], tags[z] = tags[z], tags[a]
					b = []byte(strings.Join(tags, ""))
				case 2:
					tags[a] = ""
					tags[z] += tags[z]
					b = []byte(strings.Join(tags, ""))
				}
				readBroken(t, name, office(t, name, string(b)))
			}
		})
	}
}

// readBroken reads a file that may be broken and must not crash the reader.
func readBroken(t testing.TB, name string, data []byte) {
	p := newParser(t.Context(), Limits{Inflated: 8 << 20, Text: 1 << 20})
	d, err := p.parse(name, data)
	codes := allCodes(d)
	if u, ok := err.(*Unreadable); ok {
		codes += string(u.Code)
	} else if err != nil {
		t.Errorf("an error without a reason: %v", err)
	}
	if strings.Contains(codes, string(Crashed)) {
		t.Errorf("%s crashed: %v", name, err)
	}
	for _, part := range d.Parts {
		if part.Doc == nil && part.Reason == nil {
			t.Errorf("a part without a document or reason: %+v", part)
		}
	}
}

func FuzzOffice(f *testing.F) {
	for name, body := range bodies {
		f.Add(name, body)
	}
	f.Fuzz(func(t *testing.T, name, body string) { readBroken(t, name, office(t, name, body)) })
}

func FuzzMail(f *testing.F) {
	f.Add(samples(f)["mail.eml"])
	f.Add([]byte("From: \"a\" <b@c>, d (e\nSubject: =?utf-8?Q?x\nContent-Type: multipart/signed; boundary*0=x\n\n--x\n\nbegin 644 x\n%2&%L;&\\\n--x\nContent-Type: application/pkcs7-signature\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		readBroken(t, "x.eml", append([]byte("Subject: x\nFrom: a@b.example\n"), data...))
	})
}

func FuzzRTF(f *testing.F) {
	f.Add(samples(f)["brief.rtf"])
	f.Fuzz(func(t *testing.T, data []byte) { readBroken(t, "x.rtf", append([]byte("{\\rtf1"), data...)) })
}
