package document

import (
	"encoding/xml"
	"path"
	"slices"
	"strconv"
	"strings"
)

// readDOCX reads a Word document: the final text with its headers, footnotes
// and comments. Pages are those that Word noted when it last laid the text out,
// or that its author began; without either there is one.
func readDOCX(p *parser, d *Document, data []byte) error {
	k, err := openPack(p, data)
	if err != nil {
		return err
	}
	w := &docxWalk{docText: newDocText(p, d), styles: make(map[string]docxStyle), lists: newDocxLists(), noteIDs: make(map[string]int)}
	// Without styles and lists the text is poorer, not wrong.
	_ = k.walk("word/styles.xml", w.style)
	_ = k.walk("word/numbering.xml", w.lists.visit)
	for _, h := range w.margins(k, "word/header") {
		w.block(h, paragraph)
	}
	err = k.walk("word/document.xml", w.visit)
	if err == nil && !k.has("word/document.xml") {
		err = unreadable(Damaged, nil)
	}
	w.gatherNotes(k, "word/footnotes.xml")
	w.gatherNotes(k, "word/endnotes.xml")
	w.comments(k)
	if err2 := w.finish(w.margins(k, "word/footer")); err == nil {
		err = err2
	}
	if err2 := k.files(d, "word/embeddings/", "word/media/"); err == nil {
		err = err2
	}
	return k.finish(err)
}

// A docxWalk turns the tokens of WordprocessingML into text.
type docxWalk struct {
	*docText
	styles  map[string]docxStyle
	lists   *docxLists
	noteIDs map[string]int // of footnotes and endnotes, to their number
	path    []string       // open elements
	skip    int            // depth of path below which nothing counts
	boxes   int            // open text boxes

	run, para docxProps
	canvas    bool // the page has a colour of its own
	styleID   string
}

// docxProps are what is said about a run, a paragraph or a cell.
type docxProps struct {
	hidden, white, tiny, shaded bool
	style                       string
	num, level                  string // of a list
}

type docxStyle struct {
	hidden     bool
	num, level string
	basedOn    string
}

func (w *docxWalk) visit(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		w.path = append(w.path, t.Name.Local)
		if w.skip == 0 {
			w.start(t)
		}
	case xml.EndElement:
		if n := len(w.path); n > 0 {
			if w.skip == n {
				w.skip = 0
			} else if w.skip == 0 {
				w.end(t.Name.Local)
			}
			w.path = w.path[:n-1]
		}
	case xml.CharData:
		if w.skip == 0 && len(w.path) > 0 && w.path[len(w.path)-1] == "t" {
			w.text(string(t), w.concealed())
		}
	}
	return w.err
}

// inside returns the open element around the current one.
func (w *docxWalk) inside() string {
	if n := len(w.path); n > 1 {
		return w.path[n-2]
	}
	return ""
}

// concealed reports whether a person would not see the run. White text counts
// only where no colour can lie behind it.
func (w *docxWalk) concealed() bool {
	r := w.run
	if r.hidden || r.tiny || w.styles[r.style].hidden || w.styles[w.para.style].hidden {
		return true
	}
	return r.white && !r.shaded && !w.para.shaded && !w.canvas && len(w.rows) == 0 && w.boxes == 0
}

func (w *docxWalk) start(e xml.StartElement) {
	switch e.Name.Local {
	case "p":
		w.startPara()
		w.para, w.run = docxProps{}, docxProps{}
	case "r":
		w.run = docxProps{}
	case "tr":
		w.startRow()
	case "tc":
		w.startCell()
	case "txbxContent":
		w.boxes++
	case "tab":
		if w.inside() == "r" {
			w.text("\t", w.concealed())
		}
	case "br", "cr":
		w.lineBreak(e)
	case "lastRenderedPageBreak":
		w.pageBreak(true)
	case "noBreakHyphen":
		w.text("-", w.concealed())
	case "sym":
		w.text(symbol(xmlAttr(e, "font"), xmlAttr(e, "char")), w.concealed())
	case "checkBox":
		w.skip = len(w.path)
		w.text("☐", false)
	case "footnoteReference", "endnoteReference":
		w.noteMark(e)
	case "del", "moveFrom":
		w.changed()
		w.skip = len(w.path)
	case "ins", "moveTo":
		w.changed()
	case "Fallback", "instrText", "delText", "pPrChange", "rPrChange", "tblPrChange", "sectPrChange", "tcPrChange", "trPrChange", "rt", "docPartObj":
		// Fallback says again what a Choice before it said.
		w.skip = len(w.path)
	case "background":
		w.canvas = true
	default:
		w.property(e)
	}
}

func (w *docxWalk) lineBreak(e xml.StartElement) {
	switch {
	case w.inside() != "r":
	case xmlAttr(e, "type") == "page":
		w.pageBreak(false)
	default:
		w.text("\n", w.concealed())
	}
}

// noteMark puts the number of a footnote where it belongs.
func (w *docxWalk) noteMark(e xml.StartElement) {
	id := e.Name.Local[:3] + xmlAttr(e, "id")
	if w.noteIDs[id] == 0 && len(w.noteIDs) < 10_000 {
		w.noteIDs[id] = len(w.noteIDs) + 1
		w.notes = append(w.notes, "")
	}
	w.text("["+strconv.Itoa(w.noteIDs[id])+"]", false)
}

// property takes note of what is said about a run, a paragraph or a cell.
func (w *docxWalk) property(e xml.StartElement) {
	props := &w.run
	switch w.inside() {
	case "rPr":
		if len(w.path) > 2 && w.path[len(w.path)-3] == "pPr" {
			return // of the paragraph's mark
		}
	case "pPr", "numPr":
		props = &w.para
	default:
		return
	}
	switch e.Name.Local {
	case "vanish":
		props.hidden = xmlOn(e)
	case "color":
		props.white = strings.EqualFold(xmlAttr(e, "val"), "FFFFFF")
	case "sz":
		n := xmlInt(e, "val")
		props.tiny = n > 0 && n <= 3
	case "shd", "highlight":
		fill := xmlAttr(e, "fill") + xmlAttr(e, "val")
		props.shaded = !strings.Contains(strings.ToLower(fill), "auto") && !strings.EqualFold(xmlAttr(e, "fill"), "FFFFFF")
	case "rStyle", "pStyle":
		props.style = xmlAttr(e, "val")
	case "numId":
		props.num = xmlAttr(e, "val")
	case "ilvl":
		props.level = xmlAttr(e, "val")
	case "pageBreakBefore":
		if xmlOn(e) && w.frames[0].Len() > 0 {
			w.pageBreak(true)
		}
	}
}

func (w *docxWalk) end(name string) {
	switch name {
	case "pPr":
		num, level := w.para.num, w.para.level
		if st := w.styleOf(w.para.style); num == "" {
			num, level = st.num, st.level
		}
		if num != "" && num != "0" {
			w.prefix(w.lists.next(num, level))
		}
	case "p":
		w.endPara()
	case "r":
		w.run = docxProps{}
	case "tc":
		w.endCell(1)
	case "tr":
		w.endRow()
	case "txbxContent":
		w.boxes--
	}
}

// styleOf returns a paragraph style with what it takes from the ones it is
// based on.
func (w *docxWalk) styleOf(id string) docxStyle {
	st := w.styles[id]
	for base, n := st.basedOn, 0; base != "" && st.num == "" && n < 10; n++ {
		b := w.styles[base]
		st.num, base = b.num, b.basedOn
		if st.level == "" {
			st.level = b.level
		}
	}
	return st
}

// style visits styles.xml.
func (w *docxWalk) style(t xml.Token) error {
	e, ok := t.(xml.StartElement)
	if !ok {
		return nil
	}
	if e.Name.Local == "style" {
		w.styleID = xmlAttr(e, "styleId")
		return nil
	}
	if len(w.styles) > 20_000 {
		return nil
	}
	st := w.styles[w.styleID]
	switch e.Name.Local {
	case "basedOn":
		st.basedOn = xmlAttr(e, "val")
	case "vanish":
		st.hidden = xmlOn(e)
	case "numId":
		st.num = xmlAttr(e, "val")
	case "ilvl":
		st.level = xmlAttr(e, "val")
	default:
		return nil
	}
	w.styles[w.styleID] = st
	return nil
}

// margins returns the different texts of headers or footers.
func (w *docxWalk) margins(k *pack, prefix string) []string {
	var all []string
	for _, name := range k.sorted(prefix, ".xml") {
		if text := w.aside(k, name); text != "" && !slices.Contains(all, text) && len(all) < 50 {
			all = append(all, text)
		}
	}
	return all
}

// aside returns the text of a member beside the document. What it hides or
// changes is warned of like the rest.
func (w *docxWalk) aside(k *pack, name string) string {
	a := &docxWalk{docText: newDocText(w.p, w.d), styles: w.styles, lists: w.lists, noteIDs: make(map[string]int)}
	_ = k.walk(name, a.visit)
	a.endHidden()
	return strings.TrimSpace(a.frames[0].String())
}

// gatherNotes reads the footnotes or endnotes that the text refers to.
func (w *docxWalk) gatherNotes(k *pack, name string) {
	element := strings.TrimSuffix(path.Base(name), "s.xml")
	kind := element[:3]
	w.apart(k, name, element, func(e xml.StartElement, text string) {
		if i := w.noteIDs[kind+xmlAttr(e, "id")]; i > 0 && i <= len(w.notes) {
			w.notes[i-1] = text
		}
	})
}

func (w *docxWalk) comments(k *pack) {
	w.apart(k, "word/comments.xml", "comment", func(e xml.StartElement, text string) {
		w.remark(xmlAttr(e, "author"), text)
	})
}

// apart calls each with the text of every element of one name in a member.
func (w *docxWalk) apart(k *pack, name, element string, each func(xml.StartElement, string)) {
	var a *docxWalk
	var open xml.StartElement
	_ = k.walk(name, func(t xml.Token) error {
		switch e := t.(type) {
		case xml.StartElement:
			if a == nil && e.Name.Local == element {
				open = e.Copy()
				a = &docxWalk{docText: newDocText(w.p, w.d), styles: w.styles, lists: w.lists, noteIDs: make(map[string]int)}
				return nil
			}
		case xml.EndElement:
			if a != nil && e.Name.Local == element {
				a.endHidden()
				each(open, strings.TrimSpace(a.frames[0].String()))
				a = nil
			}
		}
		if a != nil {
			return a.visit(t)
		}
		return nil
	})
}

// symbol returns what a character of a symbol font shows; forms are ticked so.
func symbol(font, char string) string {
	if !strings.HasPrefix(strings.ToLower(font), "wingdings") {
		return "•"
	}
	switch strings.ToUpper(strings.TrimPrefix(strings.ToUpper(char), "F0")) {
	case "FE", "FD", "78", "54", "53":
		return "☒"
	case "A8", "6F", "71", "72", "A3", "2A":
		return "☐"
	case "FC", "50":
		return "✓"
	case "E0", "F0":
		return "→"
	}
	return "•"
}
