package document

import (
	"math"
	"sort"
	"strings"
	"unicode"

	"github.com/tetratelabs/wazero/api"
)

// A pdfPage is what an engine found on a page.
type pdfPage struct {
	text    string
	hidden  string       // text on it that nobody sees; not in text
	scan    bool         // what is to be read is a picture
	picture *greyPicture // of a scan, if somebody can recognise it
	err     error        // the page broke the engine
}

const (
	// fewLetters is what a scan may have of text: a page number, a stamp.
	fewLetters = 15
	// someLetters is what a page has at most that is a picture with a line of
	// text put over it, such as a fax's.
	someLetters = 200
	// maxChars is the most text that is taken from one page.
	maxChars = 1 << 20
)

// page reads page i, from 0.
func (f *pdfFile) page(i int, render bool) (pg pdfPage) {
	defer func() {
		if f.err != nil {
			pg = pdfPage{err: f.err}
		}
	}()
	page := f.call("FPDF_LoadPage", f.doc, uint64(i))
	if page == 0 {
		return pdfPage{err: plain("pdfium: no such page")}
	}
	if f.fields(page) {
		// What is written in form fields becomes text of the page.
		f.call("FPDFPage_Flatten", page, 0)
		f.call("FPDF_ClosePage", page)
		if page = f.call("FPDF_LoadPage", f.doc, uint64(i)); page == 0 {
			return pdfPage{err: plain("pdfium: no such page")}
		}
	}
	defer f.call("FPDF_ClosePage", page)
	t := &pdfText{pdfFile: f, page: page}
	t.read()
	pg.text, pg.hidden = t.text()
	if n := letters(pg.text); n < someLetters {
		covered, any := f.pictures(page)
		pg.scan = covered > 0.6 || n < fewLetters && any
		if pg.scan && render {
			pg.picture = f.render(page, 300)
		}
	}
	return pg
}

// fields reports whether the page has form fields or text put over it.
func (f *pdfFile) fields(page uint64) bool {
	n := min(f.number("FPDFPage_GetAnnotCount", page), 2000)
	for i := range n {
		a := f.call("FPDFPage_GetAnnot", page, uint64(i))
		if a == 0 {
			continue
		}
		kind := f.number("FPDFAnnot_GetSubtype", a)
		f.call("FPDFPage_CloseAnnot", a)
		if kind == 20 || kind == 3 { // FPDF_ANNOT_WIDGET, FPDF_ANNOT_FREETEXT
			return true
		}
	}
	return false
}

// pictures returns the share of the page that its largest picture covers, and
// whether it shows anything that could be text: a picture, a form, many lines.
func (f *pdfFile) pictures(page uint64) (covered float64, any bool) {
	w, h := f.size(page)
	n := min(f.number("FPDFPage_CountObjects", page), 500)
	paths := 0
	for i := range n {
		o := f.call("FPDFPage_GetObject", page, uint64(i))
		switch kind := f.number("FPDFPageObj_GetType", o); kind {
		case 2: // FPDF_PAGEOBJ_PATH
			paths++
		case 3, 5: // FPDF_PAGEOBJ_IMAGE, FPDF_PAGEOBJ_FORM
			any = true
			if kind == 3 && f.number("FPDFPageObj_GetBounds", o, f.out(0), f.out(1), f.out(2), f.out(3)) != 0 {
				b := f.floats(4) // left, bottom, right, top
				covered = max(covered, (b[2]-b[0])*(b[3]-b[1])/(w*h))
			}
		}
	}
	return covered, any || paths > 200
}

// size returns width and height of a page in points, as it is shown.
func (f *pdfFile) size(page uint64) (w, h float64) {
	w = float64(api.DecodeF32(f.call("FPDF_GetPageWidthF", page)))
	h = float64(api.DecodeF32(f.call("FPDF_GetPageHeightF", page)))
	return max(w, 1), max(h, 1) // also if it is not a number
}

// render returns a page as a picture, at so many dots an inch or fewer if that
// would be too large. It is nil if there is no memory for it.
func (f *pdfFile) render(page uint64, dpi float64) *greyPicture {
	w, h := f.size(page)
	scale := min(dpi/72, math.Sqrt(maxOCRPixels/(w*h)))
	pw, ph := max(int(w*scale), 1), max(int(h*scale), 1)
	bitmap := f.call("FPDFBitmap_CreateEx", uint64(pw), uint64(ph), 1, 0, 0) // FPDFBitmap_Gray
	if bitmap == 0 {
		return nil
	}
	defer f.call("FPDFBitmap_Destroy", bitmap)
	f.call("FPDFBitmap_FillRect", bitmap, 0, 0, uint64(pw), uint64(ph), 0xFFFFFFFF)
	f.call("FPDF_RenderPageBitmap", bitmap, page, 0, 0, uint64(pw), uint64(ph), 0, 1|8) // FPDF_ANNOT, FPDF_GRAYSCALE
	stride := f.number("FPDFBitmap_GetStride", bitmap)
	b := f.bytes(uint32(f.call("FPDFBitmap_GetBuffer", bitmap)), stride*ph)
	if f.err != nil || stride < pw {
		return nil
	}
	pic := &greyPicture{Width: pw, Height: ph, Pix: make([]byte, 0, pw*ph)}
	for y := range ph {
		pic.Pix = append(pic.Pix, b[y*stride:y*stride+pw]...)
	}
	return pic
}

// pdfText is the text of one page with what is needed to judge it.
type pdfText struct {
	*pdfFile
	page, handle uint64
	units        []uint16 // as PDFium gives it: lines end with \r\n
	words        []pdfWord
}

// A pdfWord is a word, by its place in units, and what is known of its first
// character.
type pdfWord struct {
	start, end  int
	lineStart   bool
	left, right float64
	top, bottom float64
	hidden      bool
}

func (t *pdfText) read() {
	t.handle = t.call("FPDFText_LoadPage", t.page)
	if t.handle == 0 {
		return
	}
	defer func() { t.call("FPDFText_ClosePage", t.handle) }()
	n := min(t.number("FPDFText_CountChars", t.handle), maxChars)
	if n <= 0 {
		return
	}
	buf := t.alloc(2*n + 2)
	if buf == 0 {
		t.err = plain("pdfium: no memory for text")
		return
	}
	written := t.number("FPDFText_GetText", t.handle, 0, uint64(n), uint64(buf))
	t.units = t.utf16(buf, min(max(written-1, 0), n))
	t.release(buf)
	t.split()
	t.judge(len(t.units) == n)
}

func (t *pdfText) split() {
	lineStart := true
	for i := 0; i < len(t.units); {
		switch u := t.units[i]; u {
		case '\n':
			lineStart = true
			i++
		case ' ', '\r', '\t', 0xa0:
			i++
		default:
			start := i
			for i < len(t.units) && t.units[i] != ' ' && t.units[i] != '\r' && t.units[i] != '\n' {
				i++
			}
			t.words = append(t.words, pdfWord{start: start, end: i, lineStart: lineStart})
			lineStart = false
		}
	}
}

// text puts the words together again: hyphens at the end of lines joined,
// a blank line where a paragraph ends, hidden words apart.
func (t *pdfText) text() (visible, hidden string) {
	gap := t.lineGap()
	var b, h strings.Builder
	var first *pdfWord // of the last line
	newLine := false
	wraps := 0 // lines that words since first went on to, after a hyphen
	for i := range t.words {
		w := &t.words[i]
		newLine = newLine || w.lineStart
		word := utf16String(t.units[w.start:w.end])
		if w.hidden {
			h.WriteString(word + " ")
			continue
		}
		switch {
		case first == nil:
			first = w
		case newLine:
			if t.paragraph(first, w, gap, wraps) {
				b.WriteByte('\n')
			}
			b.WriteByte('\n')
			first, wraps = w, 0
		default:
			b.WriteByte(' ')
		}
		newLine = false
		wraps += strings.Count(word, "\ufffe")
		b.WriteString(unhyphen(word))
	}
	return b.String(), h.String()
}

// unhyphen joins what a hyphen at the end of a line parted; PDFium leaves
// U+FFFE in place of hyphen and line end. "Karl-Heinz" and "Vor- und" keep it.
func unhyphen(s string) string {
	for {
		before, after, ok := strings.Cut(s, "\ufffe")
		if !ok {
			return s
		}
		first := []rune(after + " ")[0]
		word, _, _ := strings.Cut(after, " ")
		switch {
		case word == "und" || word == "oder" || word == "bzw.":
			s = before + "- " + after
		case unicode.IsLower(first):
			s = before + after
		default:
			s = before + "-" + after
		}
	}
}

// lineGap returns the usual distance from one line to the next, 0 if unknown.
func (t *pdfText) lineGap() float64 {
	var gaps []float64
	var prev *pdfWord
	for i := range t.words {
		w := &t.words[i]
		if !w.lineStart {
			continue
		}
		if prev != nil && prev.bottom > w.bottom {
			gaps = append(gaps, prev.bottom-w.bottom)
		}
		prev = w
	}
	if len(gaps) < 3 {
		return 0
	}
	sort.Float64s(gaps)
	return gaps[len(gaps)/2]
}

// paragraph reports whether a new one begins with w: more space than between
// lines, or a jump upwards to another column or box. wraps is how many lines stand
// between the two because a word went on there.
func (t *pdfText) paragraph(prev, w *pdfWord, gap float64, wraps int) bool {
	height := max(prev.top-prev.bottom, w.top-w.bottom)
	if height <= 0 {
		return false
	}
	if gap == 0 || gap > 2.5*height {
		gap = 1.3 * height
	}
	down := prev.bottom - w.bottom - float64(wraps)*gap
	return down > 1.4*gap || down < -height
}

func letters(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
	}
	return n
}
