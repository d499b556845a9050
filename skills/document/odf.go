package document

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
)

// readODF reads OpenDocument text, sheets and slides: the final text with
// headers, footnotes and comments, the sheets as they are shown, the slides in
// order with their notes. Pages of a text are those that the program noted when
// it last laid it out, or that the author began.
func readODF(p *parser, d *Document, data []byte) error {
	k, err := openPack(p, data)
	if err != nil {
		return err
	}
	if k.encrypted() {
		return unreadable(Password, nil)
	}
	w := &odfWalk{docText: newDocText(p, d), styles: make(map[string]*odfStyle)}
	if d.Type == typeODT {
		for _, h := range w.margins(k, "header") {
			w.block(h, paragraph)
		}
	}
	err = k.walk("content.xml", w.visit)
	if err == nil && !k.has("content.xml") {
		err = unreadable(Damaged, nil)
	}
	var footers []string
	if d.Type == typeODT {
		footers = w.margins(k, "footer")
	}
	if err2 := w.finish(footers); err == nil {
		err = err2
	}
	if err2 := k.files(d, "", "pictures/"); err == nil {
		err = err2
	}
	return k.finish(err)
}

// encrypted reports whether the manifest says that members are.
func (k *pack) encrypted() bool {
	if k.has("encrypted-package") {
		return true
	}
	m := k.members["meta-inf/manifest.xml"]
	if m == nil {
		return false
	}
	r, err := m.open()
	if err != nil {
		return false
	}
	defer r.Close()
	data, _ := k.p.readAll(io.LimitReader(r, 4<<20), 4<<20)
	return strings.Contains(string(data), "encryption-data")
}

// An odfWalk turns the tokens of OpenDocument into text.
type odfWalk struct {
	*docText
	styles map[string]*odfStyle
	style  *odfStyle // being read
	path   []odfOpen
	skip   int // depth of path below which nothing counts
	boxes  int
	lists  []odfList

	aside   []*docText // around the footnote, comment or notes being read
	creator strings.Builder
	sheet   *odfSheet
	page    int // slides met
}

// An odfOpen is an open element with what holds for the text in it.
type odfOpen struct {
	name   string
	hidden bool
	white  bool
}

type odfStyle struct {
	parent                             string
	hidden, white, shaded, broken, off bool // broken: begins a page; off: not displayed
	levels                             [10]odfLevel
}

type odfLevel struct{ format, prefix, suffix string }

// An odfList is an open list, or the level of one.
type odfList struct {
	style string
	n     int
	fresh bool // its item has shown no bullet yet
}

func (w *odfWalk) visit(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		o := odfOpen{name: t.Name.Local}
		if n := len(w.path); n > 0 {
			o.hidden, o.white = w.path[n-1].hidden, w.path[n-1].white
		}
		w.path = append(w.path, o)
		if w.skip == 0 {
			w.start(t)
		}
	case xml.EndElement:
		if n := len(w.path); n > 0 {
			if w.skip == n {
				w.skip = 0
			} else if w.skip == 0 {
				w.end(t)
			}
			w.path = w.path[:n-1]
		}
	case xml.CharData:
		if n := len(w.path); w.skip == 0 && n > 0 {
			w.chars(string(t), w.path[n-1])
		}
	}
	return w.err
}

// chars adds text that stands in a paragraph; white space between elements
// does not count, nor do line ends within.
func (w *odfWalk) chars(s string, o odfOpen) {
	if o.name == "creator" || o.name == "creator-initials" {
		if o.name == "creator" && w.creator.Len() < 200 {
			w.creator.WriteString(s)
		}
		return
	}
	if len(w.paras) == 0 || o.name == "date" && len(w.aside) > 0 {
		return
	}
	white := o.white && len(w.rows) == 0 && w.boxes == 0 && w.sheet == nil && w.page == 0
	w.text(strings.NewReplacer("\n", " ", "\t", " ").Replace(s), o.hidden || white)
}

func (w *odfWalk) start(e xml.StartElement) {
	o := &w.path[len(w.path)-1]
	switch e.Name.Local {
	case "p", "h":
		if e.Name.Space == "text" {
			w.paragraph(e, o)
		}
	case "span":
		w.apply(o, xmlAttr(e, "style-name"))
	case "s":
		w.text(strings.Repeat(" ", max(1, min(xmlInt(e, "c"), 200))), o.hidden)
	case "tab":
		w.text("\t", o.hidden)
	case "line-break":
		w.text("\n", o.hidden)
	case "soft-page-break":
		w.pageBreak(true)
	case "hidden-text", "hidden-paragraph":
		o.hidden = true
	case "section":
		o.hidden = o.hidden || xmlAttr(e, "display") == "none"
	case "list":
		w.startList(e)
	case "list-item", "list-header":
		if n := len(w.lists); n > 0 {
			w.lists[n-1].fresh = e.Name.Local == "list-item"
			w.lists[n-1].n++
			if start := xmlAttr(e, "start-value"); start != "" {
				w.lists[n-1].n = min(max(xmlInt(e, "start-value"), 0), 1_000_000)
			}
		}
	case "tracked-changes":
		w.skip = len(w.path)
		w.changed()
	case "note":
		w.startAside(e)
	case "note-citation":
		w.skip = len(w.path)
	case "annotation":
		w.startAside(e)
	case "text-box":
		w.boxes++
	case "forms", "scripts", "binary-data", "event-listeners", "desc", "title", "meta-field-code", "ruby-text", "sender-initials", "settings":
		w.skip = len(w.path)
	case "page":
		w.startSlide(e)
	case "notes":
		w.startAside(e)
	default:
		w.tables(e, o)
	}
	w.styleOf(e)
}

func (w *odfWalk) paragraph(e xml.StartElement, o *odfOpen) {
	name := xmlAttr(e, "style-name")
	if st := w.styles[name]; st != nil && st.broken && len(w.rows) == 0 && len(w.aside) == 0 {
		w.pageBreak(true)
	}
	w.startPara()
	w.apply(o, name)
	if n := len(w.lists); n > 0 && len(w.aside) == 0 {
		l := &w.lists[n-1]
		indent := strings.Repeat("  ", min(n, maxIndent)-1)
		if l.fresh {
			w.prefix(indent + w.bullet(l, n))
		}
		l.fresh = false
	}
}

// apply lets a style hold for the text in an open element.
func (w *odfWalk) apply(o *odfOpen, name string) {
	for n := 0; n < 10; n++ {
		st := w.styles[name]
		if st == nil {
			return
		}
		o.hidden = o.hidden || st.hidden
		if n == 0 {
			o.white = (o.white || st.white) && !st.shaded
		}
		name = st.parent
	}
}

func (w *odfWalk) startList(e xml.StartElement) {
	l := odfList{style: xmlAttr(e, "style-name")}
	if n := len(w.lists); l.style == "" && n > 0 {
		l.style = w.lists[n-1].style
	}
	w.lists = append(w.lists, l)
}

// bullet returns what stands before an item of a list.
func (w *odfWalk) bullet(l *odfList, level int) string {
	st := w.styles[l.style]
	if st == nil || level > len(st.levels) || st.levels[level-1].format == "" {
		return "- "
	}
	lv := st.levels[level-1]
	return lv.prefix + listNumber(l.n, lv.format) + lv.suffix + " "
}

// startAside begins a footnote, a comment or the notes of a slide, whose text is
// gathered apart.
func (w *odfWalk) startAside(e xml.StartElement) {
	if e.Name.Local == "note" && len(w.notes) < 10_000 {
		w.text("["+strconv.Itoa(len(w.notes)+1)+"]", false)
	}
	w.endHidden()
	w.creator.Reset()
	w.aside = append(w.aside, w.docText)
	inner := newDocText(w.p, w.d)
	inner.size = w.size
	w.docText = inner
}

func (w *odfWalk) endAside(name string) {
	n := len(w.aside)
	if n == 0 {
		return
	}
	inner := w.docText
	inner.endHidden()
	for len(inner.paras) > 0 {
		inner.endPara()
	}
	text := strings.TrimSpace(inner.frames[0].String())
	w.docText, w.aside = w.aside[n-1], w.aside[:n-1]
	w.size = inner.size
	if w.err == nil {
		w.err = inner.err
	}
	switch {
	case name == "note":
		w.notes = append(w.notes, text)
	case name == "annotation":
		w.remark(w.creator.String(), text)
	case text != "":
		w.block("Notizen: "+text, paragraph)
	}
}

func (w *odfWalk) startSlide(e xml.StartElement) {
	if e.Name.Space != "draw" {
		return
	}
	w.page++
	if st := w.styles[xmlAttr(e, "style-name")]; st != nil && st.off {
		w.skip = len(w.path)
		hiddenPart(w.p, w.d, xmlAttr(e, "name"))
	}
}

func (w *odfWalk) end(e xml.EndElement) {
	switch e.Name.Local {
	case "p", "h":
		if e.Name.Space == "text" {
			w.endPara()
		}
	case "list":
		if n := len(w.lists); n > 0 {
			w.lists = w.lists[:n-1]
		}
	case "note", "annotation", "notes":
		w.endAside(e.Name.Local)
	case "text-box":
		w.boxes--
	case "page":
		if e.Name.Space == "draw" && len(w.rows) == 0 {
			w.endPage("")
		}
	case "style", "list-style":
		w.style = nil
	default:
		w.endTables(e.Name.Local)
	}
}

// styleOf reads what a style says, where one is being defined.
func (w *odfWalk) styleOf(e xml.StartElement) {
	switch e.Name.Local {
	case "style", "list-style":
		if e.Name.Space == "style" || e.Name.Space == "text" {
			w.style = &odfStyle{parent: xmlAttr(e, "parent-style-name")}
			if len(w.styles) < 50_000 {
				w.styles[xmlAttr(e, "name")] = w.style
			}
		}
		return
	}
	if w.style == nil {
		return
	}
	switch e.Name.Local {
	case "text-properties":
		size := strings.TrimSuffix(xmlAttr(e, "font-size"), "pt")
		pt, err := strconv.ParseFloat(size, 64)
		w.style.hidden = xmlAttr(e, "display") == "none" || err == nil && pt < 2
		w.style.white = strings.EqualFold(xmlAttr(e, "color"), "#ffffff")
		w.style.shaded = w.style.shaded || coloured(xmlAttr(e, "background-color"))
	case "paragraph-properties":
		w.style.broken = xmlAttr(e, "break-before") == "page"
		w.style.shaded = w.style.shaded || coloured(xmlAttr(e, "background-color"))
	case "table-properties":
		w.style.off = xmlAttr(e, "display") == "false"
	case "drawing-page-properties":
		w.style.off = xmlAttr(e, "visibility") == "hidden"
	case "list-level-style-number":
		if n := xmlInt(e, "level"); n > 0 && n <= len(w.style.levels) {
			w.style.levels[n-1] = odfLevel{xmlAttr(e, "num-format"), cut(xmlAttr(e, "num-prefix"), 20), cut(xmlAttr(e, "num-suffix"), 20)}
		}
	}
}

func coloured(c string) bool {
	return c != "" && c != "transparent" && !strings.EqualFold(c, "#ffffff")
}

// margins returns the different texts of headers or footers of styles.xml.
func (w *odfWalk) margins(k *pack, kind string) []string {
	var all []string
	var a *odfWalk
	_ = k.walk("styles.xml", func(t xml.Token) error {
		switch e := t.(type) {
		case xml.StartElement:
			if a == nil && e.Name.Space == "style" && (e.Name.Local == kind || e.Name.Local == kind+"-first" || e.Name.Local == kind+"-left") {
				a = &odfWalk{docText: newDocText(w.p, w.d), styles: w.styles}
				return nil
			}
		case xml.EndElement:
			if a != nil && e.Name.Space == "style" && strings.HasPrefix(e.Name.Local, kind) {
				text := strings.TrimSpace(a.frames[0].String())
				if text != "" && !slices.Contains(all, text) && len(all) < 50 {
					all = append(all, text)
				}
				a = nil
			}
		}
		if a != nil {
			return a.visit(t)
		}
		return nil
	})
	return all
}

// hiddenPart warns of a sheet or slide that is there but not shown.
func hiddenPart(p *parser, d *Document, name string) {
	p.warn(d, "hidden-sheet", Text{
		DE: "enthält ausgeblendete Blätter oder Folien; sie wurden nicht verwendet",
		EN: "has hidden sheets or slides; they were not used",
	}, name)
}

var errCells = unreadable(TooBig, errors.New("too many cells"))
