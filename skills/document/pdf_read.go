package document

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

const (
	// manyPages is where a second engine pays for loading the document twice.
	manyPages = 16
	// smallPDF is the largest document that two engines hold at once.
	smallPDF = 24 << 20
	// aheadPages is how far the engines may be ahead of who takes the pages:
	// some are pictures of 9 MB.
	aheadPages = 6
	// maxTraps is how many pages may break an engine before a document is given up.
	maxTraps = 3
)

// pdfFile is a PDF in an engine.
type pdfFile struct {
	*pdfEngine
	data uint32 // PDFium reads from it as long as the document is open
	doc  uint64
}

// readPDF reads text page by page, in the order of the file's content, which
// for letters and forms is that of reading. Pages that are pictures are
// recognised; what nobody sees on a page is cut out and reported.
func readPDF(p *parser, d *Document, data []byte) error {
	f, err := p.pdf.load(data)
	if err != nil {
		return err
	}
	n := f.number("FPDF_GetPageCount", f.doc)
	files := f.attachments(p, p.lim.Parts)
	if f.number("FPDF_GetFormType", f.doc) == formXFA {
		d.Partial = true
		p.warn(d, "xfa-form", Text{
			DE: "dynamisches Formular (XFA): Eingetragenes kann fehlen; bitte als gewöhnliches PDF drucken",
			EN: "dynamic form (XFA): what was filled in may be missing; please print it as an ordinary PDF",
		}, "")
	}
	err = p.pdfPages(d, f, data, n)
	for _, a := range files {
		p.part(d, a.name, a.data)
	}
	return err
}

const formXFA = 2 // FORMTYPE_XFA_FULL

// load opens a document in a free engine.
func (e *pdfEngines) load(data []byte) (*pdfFile, error) {
	eng, err := e.get()
	if err != nil {
		return nil, unreadable(Crashed, plain("pdfium does not start"))
	}
	f := &pdfFile{pdfEngine: eng, data: eng.alloc(len(data))}
	if f.data == 0 || !eng.mod.Memory().Write(f.data, data) {
		e.close(f)
		return nil, unreadable(Memory, plain("pdfium: no memory for the file"))
	}
	f.doc = f.call("FPDF_LoadMemDocument64", uint64(f.data), uint64(len(data)), 0)
	if f.doc != 0 {
		return f, nil
	}
	code := f.number("FPDF_GetLastError")
	trap := f.err
	e.close(f)
	switch {
	case trap != nil:
		return nil, unreadable(Damaged, trap)
	case code == 4: // FPDF_ERR_PASSWORD
		return nil, unreadable(Password, nil)
	case code == 5: // FPDF_ERR_SECURITY: a way of encryption that it does not know
		return nil, unreadable(Encrypted, nil)
	}
	return nil, unreadable(Damaged, nil)
}

func (e *pdfEngines) close(f *pdfFile) {
	if f.doc != 0 {
		f.call("FPDF_CloseDocument", f.doc)
	}
	f.release(f.data)
	e.put(f.pdfEngine)
}

// pdfPages reads all pages with one or two engines and appends them in order.
// It closes f.
func (p *parser) pdfPages(d *Document, f *pdfFile, data []byte, n int) error {
	w := &pdfWork{p: p, data: data, done: make([]chan pdfPage, n), ahead: make(chan struct{}, aheadPages)}
	for i := range w.done {
		w.done[i] = make(chan pdfPage, 1)
	}
	var cancel context.CancelFunc
	w.ctx, cancel = context.WithCancel(p.ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	workers.Go(func() { w.run(f) })
	if n >= manyPages && len(data) <= smallPDF && runtime.GOMAXPROCS(0) > 1 {
		workers.Go(func() {
			if second, err := p.pdf.load(data); err == nil {
				w.run(second)
			}
		})
	}
	broken := 0
	for i := range w.done {
		var pg pdfPage
		select {
		case pg = <-w.done[i]:
		case <-w.ctx.Done():
			return p.err()
		}
		<-w.ahead
		if pg.err != nil {
			if broken++; broken > maxTraps {
				return unreadable(Damaged, pg.err)
			}
		}
		if err := p.addPDFPage(d, pg); err != nil {
			return err
		}
	}
	return nil
}

// pdfWork is what the engines that read one document share.
type pdfWork struct {
	p     *parser
	ctx   context.Context
	data  []byte
	next  atomic.Int64
	ahead chan struct{} // a place for each page that is read and not yet taken
	done  []chan pdfPage
}

// run reads pages until there are no more. A page that breaks its engine is
// marked, and the next ones are read by a new engine.
func (w *pdfWork) run(f *pdfFile) {
	for f != nil {
		select {
		case w.ahead <- struct{}{}:
		case <-w.ctx.Done():
			w.p.pdf.close(f)
			return
		}
		i := int(w.next.Add(1)) - 1
		if i >= len(w.done) {
			<-w.ahead
			break
		}
		pg := f.page(i, w.p.ocr != nil)
		w.done[i] <- pg
		if f.err != nil {
			w.p.pdf.close(f)
			f, _ = w.p.pdf.load(w.data)
		}
	}
	if f != nil {
		w.p.pdf.close(f)
	}
}

// addPDFPage appends a page as it was read, recognised if it is a picture.
func (p *parser) addPDFPage(d *Document, pg pdfPage) error {
	if pg.hidden != "" {
		p.hidden(d, pg.hidden)
	}
	out := Page{Text: pg.text}
	switch {
	case pg.err != nil:
		r := Damaged.Reason()
		out.Unread = &r
		p.partly(d, "page-damaged", Text{DE: "eine oder mehrere Seiten sind beschädigt", EN: "one or more pages are damaged"})
	case pg.scan:
		text, reason := p.recognise(pg.picture)
		switch {
		case reason == nil && len(text) >= len(pg.text):
			out.Text, out.OCR = text, true
		case reason != nil && letters(pg.text) < fewLetters:
			out.Text, out.Unread = "", reason
			d.Partial = true
		case reason != nil:
			p.partly(d, "picture-unread", Text{DE: "auf einer oder mehreren Seiten ist ein Bild, dessen Text nicht gelesen wurde", EN: "one or more pages have a picture whose text was not read"})
		}
	}
	return p.addPage(d, out)
}

// partly marks a document as read in part, and says why.
func (p *parser) partly(d *Document, code string, text Text) {
	d.Partial = true
	p.warn(d, code, text, "")
}

// recognise returns the text of a picture, or why it was not recognised.
func (p *parser) recognise(pic *greyPicture) (string, *Reason) {
	code := NoOCR
	switch {
	case p.ocr == nil:
	case pic == nil:
		code = Damaged
	case p.ocrPages >= p.lim.OCRPages:
		code = TooBig
	case p.ctx.Err() != nil:
		code = TooLong
	default:
		p.ocrPages++
		text, err := p.ocr(p.ctx, *pic)
		if err == nil {
			return text, nil
		}
		code = Crashed
		if u, ok := err.(*Unreadable); ok {
			code = u.Code
		}
	}
	r := code.Reason()
	return "", &r
}

type pdfAttachment struct {
	name string
	data []byte
}

// attachments returns the files embedded in a document, max at most.
func (f *pdfFile) attachments(p *parser, max int) []pdfAttachment {
	var all []pdfAttachment
	n := min(f.number("FPDFDoc_GetAttachmentCount", f.doc), max)
	for i := range n {
		a := f.call("FPDFDoc_GetAttachment", f.doc, uint64(i))
		if a == 0 {
			continue
		}
		size := f.number("FPDFAttachment_GetName", a, uint64(f.scratch), scratchSize)
		file := pdfAttachment{}
		if size > 2 && size <= scratchSize {
			file.name = utf16String(f.utf16(f.scratch, size/2-1))
		}
		if f.number("FPDFAttachment_GetFile", a, 0, 0, f.out(0)) != 0 {
			file.data = f.attachment(p, a, f.ints(1)[0])
		}
		all = append(all, file)
	}
	return all
}

func (f *pdfFile) attachment(p *parser, a uint64, size int) []byte {
	if size <= 0 || int64(size) > int64(p.lim.Inflated)-p.inflated {
		return nil
	}
	buf := f.alloc(size)
	if buf == 0 {
		return nil
	}
	defer f.release(buf)
	f.call("FPDFAttachment_GetFile", a, uint64(buf), uint64(size), f.out(0))
	p.inflated += int64(size)
	return append([]byte(nil), f.bytes(buf, size)...)
}
