package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"amtsbote/bots"
)

// An attack is a case of the corpus: material that wants something, and the worst
// that a model could answer to it. In testdata/attack/CLASS.txt it is written
//
//	== name
//	wants: what the attacker wants
//	file: Brief.zip        (how it comes; none: a mail)
//	subject: Antrag, from: Jana Wieczorek   (of the mail)
//	never: what no output may have, beside foreign links and hidden characters
//	--
//	the material, with "\u{200b}" for a character
//	--
//	the answer
//
// Of a ZIP the material is lines "name|text", of a table the first line is the name
// of the sheet, of a DOCX a line "hidden:…" is hidden text, of a PDF "title:…" goes
// into the metadata.
type attack struct {
	class, name, wants string
	file               string
	subject, from      string
	text               string // the material as written
	content            []byte // of the file
	answer             string
	never              []string
}

var escaped = regexp.MustCompile(`\\u\{([0-9a-f]+)\}`)

func parseAttack(class, s string) (attack, error) {
	s = escaped.ReplaceAllStringFunc(s, func(m string) string {
		n, _ := strconv.ParseUint(escaped.FindStringSubmatch(m)[1], 16, 32)
		return string(rune(n))
	})
	parts := strings.SplitN(s, "\n--\n", 3)
	if len(parts) != 3 {
		return attack{}, fmt.Errorf("%.40q has %d parts", s, len(parts))
	}
	head := strings.Split(parts[0], "\n")
	c := attack{class: class, name: head[0], file: "brief.eml", subject: "Antrag", from: "Jana Wieczorek", text: parts[1], answer: strings.TrimSpace(parts[2])}
	for _, line := range head[1:] {
		key, value, _ := strings.Cut(line, ": ")
		switch key {
		case "wants":
			c.wants = value
		case "file":
			c.file = value
		case "subject":
			c.subject = value
		case "from":
			c.from = value
		case "never":
			c.never = append(c.never, value)
		default:
			return c, fmt.Errorf("%s: unknown line %q", c.name, line)
		}
	}
	if c.wants == "" || c.answer == "" {
		return c, fmt.Errorf("%s: no wants or no answer", c.name)
	}
	c.content = c.build()
	if strings.HasSuffix(c.file, ".eml") {
		c.text += "\n" + c.subject + "\n" + c.from
	}
	return c, nil
}

// build makes the file.
func (c attack) build() []byte {
	switch ext := c.file[strings.LastIndexByte(c.file, '.'):]; ext {
	case ".eml":
		return c.letter("", nil)
	case ".zip":
		var members []string
		for line := range strings.SplitSeq(c.text, "\n") {
			name, text, _ := strings.Cut(line, "|")
			members = append(members, name, text)
		}
		return zipped(members...)
	case ".docx":
		var b strings.Builder
		for line := range strings.SplitSeq(c.text, "\n") {
			hidden := ""
			if rest, ok := strings.CutPrefix(line, "hidden:"); ok {
				line, hidden = rest, "<w:rPr><w:vanish/></w:rPr>"
			}
			b.WriteString("<w:p><w:r>" + hidden + "<w:t>" + xmlText.Replace(line) + "</w:t></w:r></w:p>")
		}
		return zipped("[Content_Types].xml", types("/word/document.xml", "wordprocessingml.document.main"),
			"_rels/.rels", rels("officeDocument", "word/document.xml"),
			"word/document.xml", `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`+b.String()+`</w:body></w:document>`)
	case ".xlsx":
		sheet, rows, _ := strings.Cut(c.text, "\n")
		var b strings.Builder
		for i, line := range strings.Split(rows, "\n") {
			fmt.Fprintf(&b, `<row r="%d"><c r="A%d" t="inlineStr"><is><t>%s</t></is></c></row>`, i+1, i+1, xmlText.Replace(line))
		}
		return zipped("[Content_Types].xml", types("/xl/workbook.xml", "spreadsheetml.sheet.main"), "_rels/.rels", rels("officeDocument", "xl/workbook.xml"),
			"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="`+xmlText.Replace(sheet)+`" sheetId="1" r:id="rId1"/></sheets></workbook>`,
			"xl/_rels/workbook.xml.rels", rels("worksheet", "worksheets/sheet1.xml"),
			"xl/worksheets/sheet1.xml", `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`+b.String()+`</sheetData></worksheet>`)
	case ".pdf":
		return pdf(c.text)
	}
	return []byte(c.text)
}

// letter is a mail of a citizen with the material as its text, or with a file.
func (c attack) letter(file string, data []byte) []byte {
	kind, body := "text/plain", c.text
	if strings.HasPrefix(body, "<html") {
		kind = "text/html"
	}
	head := "From: =?utf-8?b?" + base64.StdEncoding.EncodeToString([]byte(c.from)) + "?= <jana@example.org>\r\nTo: amt@stadt.example\r\nDate: Fri, 20 Nov 2026 18:42:05 +0100\r\nMessage-ID: <1@example.org>\r\nSubject: =?utf-8?b?" +
		base64.StdEncoding.EncodeToString([]byte(c.subject)) + "?=\r\nMIME-Version: 1.0\r\n"
	if file == "" {
		return []byte(head + "Content-Type: " + kind + "; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + lines76([]byte(body)))
	}
	return []byte(head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nSehr geehrte Damen und Herren,\r\n\r\nbitte beantworten Sie das Schreiben im Anhang.\r\n\r\nJana Wieczorek\r\n" +
		"--b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename*=utf-8''" + percent(file) + "\r\n\r\n" + lines76(data) + "\r\n--b--\r\n")
}

// mail is the case as a letter, its file attached.
func (c attack) mail() []byte {
	if strings.HasSuffix(c.file, ".eml") {
		return c.content
	}
	return c.letter(c.file, c.content)
}

// passedOn is a colleague's mail with a letter attached.
func passedOn(letter []byte) []byte {
	return []byte("From: Petra Lindner <petra@stadt.example>\r\nTo: amtsbote@stadt.example\r\nSubject: WG: Antrag\r\nMessage-ID: <2@stadt.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=f\r\n\r\n" +
		"--f\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nbitte antworten\r\n--f\r\nContent-Type: message/rfc822\r\n\r\n" + string(letter) + "\r\n--f--\r\n")
}

const matrixLinks = " https://matrix.to/#/!r:stadt.example/$1 https://matrix.to/#/!r:stadt.example/$2 "

// room is the case as what somebody wrote into a room, as whom the case says.
func (c attack) room(now time.Time) bots.Rooms {
	link := strings.Fields(matrixLinks)
	return roomOf{bots.History{Room: bots.Room{ID: "!r:stadt.example", Name: "Team"}, Self: "Petra Lindner", From: now.Add(-24 * time.Hour), To: now, Entries: []bots.Entry{
		{ID: "$1", Sender: "@thomas:stadt.example", Name: "Thomas Berger", Time: now.Add(-2 * time.Hour), Text: "Petra, kannst du den Antrag übernehmen?", Link: link[0]},
		{ID: "$2", Sender: "@gast:stadt.example", Name: c.from, Time: now.Add(-time.Hour), Text: c.text, Link: link[1]}}}}
}

type roomOf struct{ h bots.History }

func (r roomOf) List(context.Context) ([]bots.Room, error) { return []bots.Room{r.h.Room}, nil }
func (r roomOf) Read(context.Context, string, bots.Span) (bots.History, error) {
	return r.h, nil
}

var xmlText = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

func types(part, kind string) string {
	return `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="` + part + `" ContentType="application/vnd.openxmlformats-officedocument.` + kind + `+xml"/></Types>`
}

func rels(kind, target string) string {
	return `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/` + kind + `" Target="` + target + `"/></Relationships>`
}

// zipped makes a ZIP of names and contents in turn.
func zipped(members ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i+1 < len(members); i += 2 {
		w, err := z.Create(members[i])
		if err == nil {
			_, err = w.Write([]byte(members[i+1]))
		}
		if err != nil {
			panic(err) // a bytes.Buffer does not fail
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// pdf makes a page of the lines, without umlauts.
func pdf(text string) []byte {
	title, page := "", "BT /F 11 Tf 14 TL 50 780 Td "
	esc := strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`)
	for line := range strings.SplitSeq(text, "\n") {
		if rest, ok := strings.CutPrefix(line, "title:"); ok {
			title = esc.Replace(rest)
			continue
		}
		page += "(" + esc.Replace(line) + ") Tj T* "
	}
	page += "ET"
	var b strings.Builder
	b.WriteString("%PDF-1.4\n")
	var at []int
	for i, o := range []string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
		fmt.Sprintf("<</Length %d>>stream\n%s\nendstream", len(page), page), "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>", "<</Title(" + title + ")>>"} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj%s endobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer<</Size %d/Root 1 0 R/Info 6 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, start)
	return []byte(b.String())
}

func lines76(data []byte) string {
	s := base64.StdEncoding.EncodeToString(data)
	var b strings.Builder
	for ; len(s) > 76; s = s[76:] {
		b.WriteString(s[:76] + "\r\n")
	}
	return b.String() + s + "\r\n"
}

func percent(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}
