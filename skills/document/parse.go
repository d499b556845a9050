package document

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"time"
)

// A reader fills d.Pages, d.Parts, d.Mail and d.Warnings from the bytes of a
// file of its type. It returns an *Unreadable with the reason, or any other
// error for what is damaged. What it has put into d before an error is kept,
// and the document is then marked as partial: so a reader appends as it goes.
// data is shared and must not be changed.
type reader func(p *parser, d *Document, data []byte) error

// A parser reads one file and the files inside it, under one set of budgets.
// It lives in the child and is used by one goroutine.
type parser struct {
	ctx   context.Context // done a little before the parent's clock ends the child
	lim   Limits          // with defaults
	depth int             // files around the one being read

	inflated int64 // bytes unpacked so far
	text     int64 // bytes of text kept so far
	pages    int
	parts    int // files inside met so far; the number of the one being read

	trust *x509.CertPool // authorities for signatures; nil: none is checked
	now   time.Time      // for the validity of certificates
	zone  *time.Location // in which times are told

	// begin, if not nil, is told the number of each part before it is read: if
	// it kills the child, the parent knows which one to leave out.
	begin func(part int)
	// skip has the parts that killed a child before, and how.
	skip map[int]Code
	// ocr recognises the text of a picture; nil where that is not installed.
	ocr func(ctx context.Context, pic greyPicture) (string, error)
	// ocrPages is how many pictures were recognised so far.
	ocrPages int
	// pdf makes a PDF engine at the first PDF; see pdf.go.
	pdf *pdfEngines
}

func newParser(ctx context.Context, lim Limits) *parser {
	return &parser{ctx: ctx, lim: lim.withDefaults(), pdf: &pdfEngines{}, now: time.Now(), zone: time.UTC}
}

// parse reads one file, whatever it is. The error is always an *Unreadable; the
// Document then has at least its name, type and size.
func (p *parser) parse(name string, data []byte) (Document, error) {
	d := Document{Name: cleanName(name), Size: int64(len(data))}
	if p.depth > p.lim.Depth {
		return d, unreadable(TooDeep, nil)
	}
	if len(data) == 0 {
		return d, unreadable(NoText, nil)
	}
	d.Type = detect(name, data)
	read := readerOf(d.Type)
	if read == nil {
		return d, unsupported(d.Type)
	}
	return p.parseAs(d, read, data)
}

// parseAs is parse for what is known to be of a type.
func (p *parser) parseAs(d Document, read reader, data []byte) (Document, error) {
	if p.depth > p.lim.Depth {
		return d, unreadable(TooDeep, nil)
	}
	err := p.guard(read, &d, data)
	if err == nil {
		if err = d.nothing(); err == nil {
			return d, nil
		}
	}
	u, ok := errors.AsType[*Unreadable](err)
	if !ok {
		u = unreadable(Damaged, err)
	}
	if d.Mail == nil && len(d.Parts) == 0 && !d.hasText() {
		return d, u
	}
	// Something was read: a person is better served by that and a warning.
	d.Partial = true
	p.warn(&d, "partial-"+string(u.Code), Text{
		DE: "nicht vollständig gelesen: " + u.Text.DE,
		EN: "not read completely: " + u.Text.EN,
	}, "")
	return d, nil
}

// guard runs a reader and turns its panic into an error, so that one bad
// attachment does not take its letter along. What cannot be recovered (memory,
// stack) kills the child; see skip.
func (p *parser) guard(read reader, d *Document, data []byte) (err error) {
	defer func() {
		if v := recover(); v != nil {
			// The value of a panic may hold content; its type does not.
			err = unreadable(Crashed, plain(fmt.Sprintf("panic in reader of %s: %T", d.Type, v)))
		}
	}()
	if err := p.err(); err != nil {
		return err
	}
	return read(p, d, data)
}

// err returns the error to stop with if time is up. Loops over what a file
// decides the length of ask it now and then.
func (p *parser) err() error {
	if p.ctx.Err() != nil {
		return unreadable(TooLong, nil)
	}
	return nil
}

// page appends a page with cleaned text. An error says that a budget is used
// up and the reader should return it; the text up to the limit is kept.
func (p *parser) page(d *Document, text string) error {
	return p.addPage(d, Page{Text: text})
}

// sheet is page with a name: of a sheet, of a slide.
func (p *parser) sheet(d *Document, name, text string) error {
	return p.addPage(d, Page{Name: cleanName(name), Text: text})
}

func (p *parser) addPage(d *Document, pg Page) error {
	if p.pages >= p.lim.Pages {
		return unreadable(TooBig, plain("too many pages"))
	}
	p.pages++
	if hidden := tagText(pg.Text); hidden != "" {
		p.hidden(d, hidden)
	}
	left := int64(p.lim.Text) - p.text
	full := int64(len(pg.Text)) > left
	if full {
		pg.Text = pg.Text[:max(left, 0)] // clean mends a character cut in two
	}
	pg.N = len(d.Pages) + 1
	pg.Text = clean(pg.Text)
	p.text += int64(len(pg.Text))
	d.Pages = append(d.Pages, pg)
	if full {
		return unreadable(TooBig, plain("too much text"))
	}
	return p.err()
}

// warn appends a warning, each code and excerpt once, 50 at most.
func (p *parser) warn(d *Document, code string, text Text, about string) {
	w := Warning{Code: code, Text: text, Excerpt: excerpt(about)}
	for _, have := range d.Warnings {
		if have.Code == w.Code && have.Excerpt == w.Excerpt {
			return
		}
	}
	if len(d.Warnings) < 50 {
		d.Warnings = append(d.Warnings, w)
	}
}

// hidden warns of text that a person does not see; it is not in the pages.
func (p *parser) hidden(d *Document, text string) {
	p.warn(d, "hidden-text", Text{
		DE: "enthält Text, den man nicht sieht; er wurde nicht verwendet",
		EN: "has text that one cannot see; it was not used",
	}, text)
}

// part reads a file inside d and appends it to d.Parts, read or with the reason
// why not, always. The pointer is good until the next part is appended.
func (p *parser) part(d *Document, name string, data []byte) *Part {
	return p.partBy(d, name, int64(len(data)), func() (Document, error) { return p.parse(name, data) })
}

// partBy is part for what parse reads: a file, or what is none.
func (p *parser) partBy(d *Document, name string, size int64, parse func() (Document, error)) *Part {
	part := p.namePart(d, name, size)
	n := p.parts
	p.parts++
	if p.parts > p.lim.Parts {
		return unread(part, unreadable(TooBig, nil))
	}
	if code, ok := p.skip[n]; ok {
		return unread(part, unreadable(code, nil))
	}
	if p.begin != nil {
		p.begin(n)
	}
	p.depth++
	doc, err := parse()
	p.depth--
	// d.Parts was not touched meanwhile: a part has a Document of its own.
	part.Type = doc.Type
	if u, ok := errors.AsType[*Unreadable](err); ok {
		return unread(part, u)
	}
	part.Doc = &doc
	return part
}

// unreadPart appends a file inside d that is not read, for a reason known
// without looking at its content, such as an encrypted member of an archive.
func (p *parser) unreadPart(d *Document, name string, size int64, code Code) *Part {
	part := p.namePart(d, name, size)
	if p.parts++; p.parts > p.lim.Parts {
		code = TooBig
	}
	return unread(part, unreadable(code, nil))
}

// namePart appends a part. Of those over twice the limit the first stands for all
// that follow: the person reads one sentence and not thousands of lines.
func (p *parser) namePart(d *Document, name string, size int64) *Part {
	if n := len(d.Parts); p.parts >= 2*p.lim.Parts && n > 0 && d.Parts[n-1].Reason != nil && d.Parts[n-1].Reason.Code == TooBig {
		d.Partial = true
		p.warn(d, "too-many-parts", Text{
			DE: fmt.Sprintf("enthält mehr als %d Dateien; die weiteren sind nicht aufgeführt und nicht gelesen", 2*p.lim.Parts),
			EN: fmt.Sprintf("has more than %d files; the others are not listed and not read", 2*p.lim.Parts),
		}, "")
		return &d.Parts[n-1]
	}
	d.Parts = append(d.Parts, Part{Name: cleanName(name), Size: size})
	return &d.Parts[len(d.Parts)-1]
}

func unread(part *Part, u *Unreadable) *Part {
	r := u.Reason
	part.Reason = &r
	return part
}

// errInflated is the error of an inflating reader whose budget is used up.
var errInflated = unreadable(TooBig, plain("too many bytes unpacked"))

// inflate returns r counted against the bytes that may be unpacked in all; its
// error is then an *Unreadable with TooBig, also when time is up. Everything
// that makes more bytes out of fewer is read through it.
func (p *parser) inflate(r io.Reader) io.Reader { return &inflating{p, r} }

type inflating struct {
	p *parser
	r io.Reader
}

func (f *inflating) Read(b []byte) (int, error) {
	if err := f.p.err(); err != nil {
		return 0, err
	}
	left := int64(f.p.lim.Inflated) - f.p.inflated
	if left <= 0 {
		// At the very end is not over it.
		if n, err := f.r.Read(make([]byte, 1)); n == 0 && err == io.EOF {
			return 0, io.EOF
		}
		return 0, errInflated
	}
	n, err := f.r.Read(b[:min(int64(len(b)), left)])
	f.p.inflated += int64(n)
	return n, err
}

// readAll reads r to its end through inflate, at most max bytes of it (the
// error is TooBig beyond that; what was read is returned with every error).
func (p *parser) readAll(r io.Reader, max int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(p.inflate(r), max+1))
	if err == nil && int64(len(data)) > max {
		return data[:max], unreadable(TooBig, plain("member too big"))
	}
	return data, err
}

// nothing returns why there is nothing in a document that was read without an
// error: all its pages are pictures that were not recognised, or blank. It
// returns nil if there is something.
func (d *Document) nothing() error {
	if d.hasText() || len(d.Parts) > 0 || d.Mail != nil {
		return nil
	}
	for _, pg := range d.Pages {
		if pg.Unread != nil {
			return &Unreadable{Reason: *pg.Unread}
		}
	}
	return unreadable(NoText, nil)
}

func (d *Document) hasText() bool {
	for _, pg := range d.Pages {
		if pg.Text != "" {
			return true
		}
	}
	return false
}
