package document

import "github.com/tetratelabs/wazero/api"

// judge finds the words that nobody sees: too small, beyond the page, drawn
// with no ink, or in the colour of what is behind them. The last needs a look at
// the rendered page, which is made only where a word is white or transparent.
// same says that characters and units of the text count alike.
func (t *pdfText) judge(same bool) {
	t.call("FPDF_GetPageBoundingBox", t.page, uint64(t.scratch))
	box := t.floats(4) // left, top, right, bottom
	var pale []*pdfWord
	scan := -1.0
	for i := range t.words {
		w := &t.words[i]
		at := uint64(w.start)
		if !same {
			at = uint64(max(t.number("FPDFText_GetCharIndexFromTextIndex", t.handle, uint64(w.start)), 0))
		}
		if t.number("FPDFText_GetLooseCharBox", t.handle, at, uint64(t.scratch)) == 0 {
			continue
		}
		b := t.floats(4)
		w.left, w.top, w.right, w.bottom = b[0], b[1], b[2], b[3]
		switch {
		case w.top-w.bottom < 1.5 && w.right-w.left < 1.5,
			w.right < box[0] || w.left > box[2] || w.bottom > box[1] || w.top < box[3]:
			w.hidden = true
		case w.lineStart && t.inkless(at):
			if scan < 0 {
				scan, _ = t.pictures(t.page)
			}
			// Over a scan it is the layer that makes it searchable.
			w.hidden = scan < 0.6
		case !w.lineStart && i > 0 && t.words[i-1].hidden && t.inkless(at):
			w.hidden = true
		case t.pale(at):
			pale = append(pale, w)
		}
	}
	if len(pale) > 0 {
		t.look(pale)
	}
}

// inkless reports whether a character is drawn invisibly (text render mode 3).
func (t *pdfText) inkless(at uint64) bool {
	o := t.call("FPDFText_GetTextObject", t.handle, at)
	return o != 0 && t.number("FPDFTextObj_GetTextRenderMode", o) == 3
}

// pale reports whether a character is nearly white or transparent.
func (t *pdfText) pale(at uint64) bool {
	if t.number("FPDFText_GetFillColor", t.handle, at, t.out(0), t.out(1), t.out(2), t.out(3)) == 0 {
		return false
	}
	c := t.ints(4)
	return c[3] < 26 || c[0] > 235 && c[1] > 235 && c[2] > 235
}

// look marks those of the words as hidden of which the page shows nothing.
func (t *pdfText) look(words []*pdfWord) {
	pic := t.render(t.page, 110)
	if pic == nil {
		return
	}
	for _, w := range words {
		x1, y1 := t.device(pic, w.left, w.top)
		x2, y2 := t.device(pic, w.right, w.bottom)
		w.hidden = pic.plain(min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
	}
}

// device returns where on a picture a point of the page is.
func (t *pdfText) device(pic *greyPicture, x, y float64) (int, int) {
	t.call("FPDF_PageToDevice", t.page, 0, 0, uint64(pic.Width), uint64(pic.Height), 0, api.EncodeF64(x), api.EncodeF64(y), t.out(0), t.out(1))
	v := t.ints(2)
	return v[0], v[1]
}

// plain reports whether all of a rectangle has the same grey, nearly.
func (g *greyPicture) plain(x1, y1, x2, y2 int) bool {
	low, high := byte(255), byte(0)
	for y := max(y1, 0); y <= y2 && y < g.Height; y++ {
		for x := max(x1, 0); x <= x2 && x < g.Width; x++ {
			v := g.Pix[y*g.Width+x]
			low, high = min(low, v), max(high, v)
		}
	}
	return int(high)-int(low) < 24
}
