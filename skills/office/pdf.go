package office

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/norm"
)

// An UnwritableError is returned by PDF for a text with letters that its font lacks,
// or of a script that runs from right to left. DOCX and ODT take it.
type UnwritableError struct {
	Letters []rune // some of them, sorted
}

func (e *UnwritableError) Error() string {
	return fmt.Sprintf("office: %d letters that the PDF's font cannot show", len(e.Letters))
}

// maxPages is how many pages a PDF may have.
const maxPages = 5000

// ErrTooLong is returned by PDF for a document of more than 5000 pages.
var ErrTooLong = fmt.Errorf("office: more than %d pages", maxPages)

// PDF writes a document of A4 pages with selectable text and page numbers. A symbol
// that the font lacks, such as an emoji, stands as □; boxed are these.
func PDF(w io.Writer, d Document) (boxed []rune, err error) {
	blocks := d.ready(maxPDFColumns)
	boxed, err = fit(blocks)
	if err != nil {
		return nil, err
	}
	all, err := fonts()
	if err != nil {
		return nil, err
	}
	f := fpdf.New("P", "mm", "A4", "")
	f.SetMargins(0, 0, 0)
	f.SetAutoPageBreak(false, 0)
	f.SetCatalogSort(true)
	for i, font := range all {
		f.AddUTF8FontFromBytes("text", styleNames[i], font)
	}
	head(f, d)
	pages, err := layout(f, blocks)
	if err != nil {
		return nil, err
	}
	page, of := d.pageWords()
	for i, ops := range pages {
		f.AddPage()
		if i == 0 {
			f.SetAlpha(1, "Normal") // changes nothing, but makes it PDF 1.4, which XMP and a language want
		}
		draw(f, ops)
		f.SetFont("text", "", 8)
		footer := fmt.Sprintf("%s %d %s %d", page, i+1, of, len(pages))
		f.Text(pageWidth/2-f.GetStringWidth(footer)/2, pageHeight-11, footer)
	}
	if err := f.Output(w); err != nil {
		return nil, fmt.Errorf("office: PDF: %w", err)
	}
	return boxed, nil
}

// head writes what programs read of the document.
func head(f *fpdf.Fpdf, d Document) {
	f.SetLang(tag(d.language()))
	f.SetTitle(short(d.Title), true)
	f.SetAuthor(short(d.Authority), true)
	f.SetSubject(short(d.Mark.Line), true)
	var words []string
	for _, p := range d.Mark.properties() {
		if p.name != "AINotice" {
			words = append(words, p.name+"="+p.value)
		}
	}
	f.SetKeywords(short(strings.Join(words, "; ")), true)
	f.SetCreator("Amtsbote", false)
	f.SetProducer("Amtsbote", false)
	made := d.Created
	if made.IsZero() {
		made = when // else it is now
	}
	f.SetCreationDate(made)
	f.SetModificationDate(made)
	f.SetXmpMetadata(xmp(d))
}

// short is a text for the Info dictionary, which takes two bytes a letter.
func short(s string) string {
	return strings.Map(func(r rune) rune {
		if r > 0xFFFF {
			return '\uFFFD'
		}
		return r
	}, oneLine(s))
}

// xmp returns the metadata that a program reads without knowing PDF.
func xmp(d Document) []byte {
	var b bytes.Buffer
	b.WriteString(`<?xpacket begin="` + "\uFEFF" + `" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
		`<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:amtsbote="urn:amtsbote:document:1">` +
		`<dc:title><rdf:Alt><rdf:li xml:lang="x-default">` + esc(oneLine(d.Title)) + `</rdf:li></rdf:Alt></dc:title><dc:language><rdf:Bag><rdf:li>` + esc(tag(d.language())) + `</rdf:li></rdf:Bag></dc:language>` +
		`<dc:creator><rdf:Seq><rdf:li>` + esc(oneLine(d.Authority)) + `</rdf:li></rdf:Seq></dc:creator><xmp:CreatorTool>Amtsbote</xmp:CreatorTool>`)
	for _, p := range d.Mark.properties() {
		ns := "amtsbote:"
		if p.name == "DigitalSourceType" {
			ns = "Iptc4xmpExt:"
		}
		b.WriteString("<" + ns + p.name + ">" + esc(oneLine(p.value)) + "</" + ns + p.name + ">")
	}
	b.WriteString(`</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>`)
	return b.Bytes()
}

// fit makes the texts of blocks such as the font has: composed letters, no marks that
// show nothing, □ for other symbols. It fails for letters that the font lacks.
func fit(blocks []Block) (boxed []rune, err error) {
	all, err := parsed()
	if err != nil {
		return nil, fmt.Errorf("office: font: %w", err)
	}
	c := charset{fonts: all, known: map[rune]rune{}}
	for i := range blocks {
		c.spans(blocks[i].Spans)
		for _, row := range blocks[i].Rows {
			for _, cell := range row {
				c.spans(cell.Spans)
			}
		}
	}
	var letters []rune
	for r, as := range c.known {
		switch as {
		case noLetter:
			letters = append(letters, r)
		case box:
			if r != box {
				boxed = append(boxed, r)
			}
		}
	}
	slices.Sort(letters)
	slices.Sort(boxed)
	if len(letters) > 0 {
		return nil, &UnwritableError{letters[:min(len(letters), 20)]}
	}
	return boxed, nil
}

const (
	noLetter = -2  // a letter that cannot be written
	box      = '□' // stands for a symbol that cannot
)

// A charset remembers as what the runes of a text are written.
type charset struct {
	fonts [styles]*sfnt.Font
	buf   sfnt.Buffer
	known map[rune]rune
}

func (c *charset) spans(spans []Span) {
	for i := range spans {
		spans[i].Text = strings.Map(c.as, norm.NFC.String(spans[i].Text))
	}
}

// as returns a rune as it is written; negative: not at all.
func (c *charset) as(r rune) rune {
	if r >= ' ' && r <= '~' || r == '\n' {
		return r
	}
	as, ok := c.known[r]
	if !ok {
		as = c.look(r)
		c.known[r] = as
	}
	return as
}

func (c *charset) look(r rune) rune {
	switch {
	case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r):
		return -1
	case direction(r) == leftward:
		return noLetter
	}
	if r <= 0xFFFF && c.has(r) {
		return r
	}
	switch {
	case unicode.IsLetter(r), unicode.IsMark(r), unicode.IsNumber(r):
		return noLetter
	}
	return box
}

// has reports whether all fonts have a rune.
func (c *charset) has(r rune) bool {
	for _, f := range c.fonts {
		if i, err := f.GlyphIndex(&c.buf, r); err != nil || i == 0 {
			return false
		}
	}
	return true
}
