package document

import (
	"bytes"
	"encoding/xml"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A docxRewriter writes a Word document with other words.
type docxRewriter struct{ trees }

func (w *docxRewriter) segments() (all []*segment, err error) {
	names := []string{"word/document.xml", "word/footnotes.xml", "word/endnotes.xml"}
	names = append(names, w.k.sorted("word/header", ".xml")...)
	names = append(names, w.k.sorted("word/footer", ".xml")...)
	for _, name := range names {
		root, err := w.load(name)
		if err != nil {
			return nil, err
		}
		if root == nil {
			continue
		}
		accept(root)
		root.walk(func(e *element) {
			if e.is("w", "p") {
				if s := docxSegment(e); s != nil {
					all = append(all, s)
				}
			}
		})
		if err := w.k.p.err(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// accept accepts tracked changes and drops comments, the language of runs, and what
// is there twice for old programs.
func accept(root *element) {
	root.keep(func(e *element) bool {
		switch e.name.Local {
		case "del", "moveFrom", "moveFromRangeStart", "moveFromRangeEnd", "moveToRangeStart", "moveToRangeEnd", "rPrChange", "pPrChange", "tblPrChange", "tblGridChange", "trPrChange",
			"tcPrChange", "tblPrExChange", "sectPrChange", "numberingChange", "commentRangeStart", "commentRangeEnd", "commentReference", "proofErr", "lastRenderedPageBreak", "lang":
			return e.name.Space != "w"
		}
		return true
	})
	unwrap(root)
}

// unwrap puts the children of insertions in their place.
func unwrap(e *element) {
	var out []*element
	changed := false
	for _, k := range e.kids {
		if k.is("w", "ins") || k.is("w", "moveTo") {
			changed = true
			unwrap(k)
			out = append(out, k.kids...) // of a paragraph's mark it has none
			continue
		}
		if k.name.Local == "AlternateContent" && k.child("Choice") != nil && k.child("Fallback") != nil && hasElement(k.child("Fallback"), "txbxContent") {
			k.keep(func(x *element) bool { return x.name.Local != "Fallback" })
		}
		unwrap(k)
		out = append(out, k)
	}
	if changed {
		e.kids = out
	}
}

func hasElement(e *element, local string) bool {
	found := false
	e.walk(func(x *element) { found = found || x.name.Local == local })
	return found
}

// docxSegment makes a segment of a paragraph, nil if it has no words.
func docxSegment(para *element) *segment {
	var props, head, tail []*element
	d := &docxPieces{}
	for _, k := range para.kids {
		switch k.name.Local {
		case "pPr":
			props = append(props, k)
		case "bookmarkStart", "permStart":
			head = append(head, k)
		case "bookmarkEnd", "permEnd":
			tail = append(tail, k)
		default:
			d.add(k)
		}
	}
	d.endField()
	return newSegment(d.out, docxRuns, func(kids []*element) {
		para.kids = slices.Concat(props, head, kids, tail)
	})
}

// docxPieces takes the children of a paragraph apart.
type docxPieces struct {
	out   []fragment
	field []*element // of the field that has begun
	depth int        // fields open
	instr strings.Builder
	open  int // fields whose result is text
}

func (d *docxPieces) add(e *element) {
	switch {
	case e.name.Local == "":
	case e.is("w", "r"):
		d.run(e)
	case d.depth > 0:
		d.field = append(d.field, e)
	case e.is("w", "hyperlink"):
		d.link(e, e.kids, func(kids []*element) []*element { return []*element{e.with(kids...)} })
	case e.is("w", "sdt") && e.child("sdtContent") != nil:
		content := e.child("sdtContent")
		d.link(e, content.kids, func(kids []*element) []*element {
			var out []*element
			for _, k := range e.kids {
				if k == content {
					k = content.with(kids...)
				}
				out = append(out, k)
			}
			return []*element{e.with(out...)}
		})
	case e.is("w", "smartTag") || e.is("w", "customXml"):
		for _, k := range e.kids {
			if !strings.HasSuffix(k.name.Local, "Pr") {
				d.add(k)
			}
		}
	default:
		d.out = append(d.out, fragment{object: []*element{e}})
	}
}

// link adds what has fragments inside; without words it is an object.
func (d *docxPieces) link(e *element, kids []*element, wrap func([]*element) []*element) {
	in := &docxPieces{}
	for _, k := range kids {
		in.add(k)
	}
	in.endField()
	if !hasWords(in.out) {
		d.out = append(d.out, fragment{object: []*element{e}})
		return
	}
	d.out = append(d.out, fragment{inside: in.out, wrap: wrap})
}

func (d *docxPieces) run(r *element) {
	props := r.child("rPr")
	format := formatOf(props)
	text := func(s string) {
		if d.depth == 0 {
			d.out = append(d.out, fragment{text: s, format: format, like: props})
		} else {
			d.field = append(d.field, docxRuns(props, s)...)
		}
	}
	for _, k := range r.kids {
		switch k.name.Local {
		case "", "rPr", "softHyphen", "delText":
		case "t":
			text(k.words())
		case "tab":
			text("\t")
		case "cr":
			text("\n")
		case "noBreakHyphen":
			text("\u2011")
		case "br":
			if t := k.get("type"); t == "" || t == "textWrapping" {
				text("\n")
			} else {
				d.object(props, k)
			}
		case "fldChar":
			d.fieldChar(props, k)
		case "instrText":
			if d.depth == 1 {
				d.instr.WriteString(k.words())
			}
			d.object(props, k)
		default:
			d.object(props, k)
		}
	}
}

// object adds something that is no text, in a run of its own.
func (d *docxPieces) object(props, e *element) {
	run := elem("w", "r", e)
	if props != nil {
		run.kids = []*element{props, e}
	}
	if d.depth > 0 {
		d.field = append(d.field, run)
		return
	}
	d.out = append(d.out, fragment{object: []*element{run}})
}

// fieldChar follows a field: it is one object from its begin to its end; of links
// and tables of contents the result is text.
func (d *docxPieces) fieldChar(props, e *element) {
	kind := e.get("fldCharType")
	switch {
	case kind == "begin":
		if d.depth++; d.depth == 1 {
			d.instr.Reset()
		}
		d.object(props, e)
	case kind == "separate" && d.depth == 1 && textField(d.instr.String()):
		d.object(props, e)
		d.flush(true)
		d.open++
	case kind == "end" && d.depth == 0:
		d.object(props, e)
		if n := len(d.out); n > 0 && d.open > 0 {
			d.out[n-1].ordered = true
			d.open--
		}
	case kind == "end":
		d.object(props, e)
		if d.depth--; d.depth == 0 {
			d.flush(false)
		}
	default:
		d.object(props, e)
	}
}

// flush makes an object of the field so far.
func (d *docxPieces) flush(ordered bool) {
	d.out = append(d.out, fragment{object: d.field, ordered: ordered})
	d.field, d.depth = nil, 0
}

// endField ends a field that goes on in the next paragraph.
func (d *docxPieces) endField() {
	if d.depth > 0 {
		d.flush(false)
	}
}

func textField(instr string) bool {
	f := strings.Fields(strings.ToUpper(instr))
	return len(f) > 0 && (f[0] == "HYPERLINK" || f[0] == "TOC")
}

func (e *element) words() string {
	var b strings.Builder
	for _, k := range e.kids {
		b.WriteString(k.text)
	}
	return b.String()
}

// formatOf returns what tells a run's formatting from another's.
func formatOf(props *element) string {
	if props == nil {
		return ""
	}
	var b bytes.Buffer
	for _, k := range props.kids {
		switch k.name.Local {
		case "", "noProof", "rFonts", "kern", "szCs", "bCs", "iCs", "ins", "spacing", "w":
			// Differences that nobody sees, which programs leave behind everywhere.
		default:
			k.write(&b)
		}
	}
	return b.String()
}

// docxRuns returns a text as runs.
func docxRuns(props *element, text string) []*element {
	run := elem("w", "r")
	if props != nil {
		run.kids = append(run.kids, props)
	}
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			run.kids = append(run.kids, elem("w", "br"))
		}
		for j, s := range strings.Split(line, "\t") {
			if j > 0 {
				run.kids = append(run.kids, elem("w", "tab"))
			}
			if s != "" {
				t := elem("w", "t", textOf(s))
				t.set("xml", "space", "preserve")
				run.kids = append(run.kids, t)
			}
		}
	}
	return []*element{run}
}

// rightToLeft are languages that run so.
var rightToLeft = []string{"ar", "fa", "he", "ur", "ps"}

// finish sets what holds for the whole document.
func (w *docxRewriter) finish(r Rewrite) {
	if body := w.roots["word/document.xml"].child("body"); body != nil && r.Last != "" {
		p := elem("w", "p", docxRuns(nil, r.Last)...)
		at := len(body.kids)
		for at > 0 && (body.kids[at-1].name.Local == "" || body.kids[at-1].is("w", "sectPr")) {
			at--
		}
		body.kids = slices.Insert(body.kids, at, p)
	}
	for _, name := range w.k.names {
		if l := strings.ToLower(name); strings.HasPrefix(l, "word/comments") && strings.HasSuffix(l, ".xml") {
			if root, err := w.load(name); err == nil && root != nil {
				root.kids = nil
			}
		}
	}
	if r.Language != "" {
		w.language(r.Language)
	}
	w.properties(r.Properties)
}

func (w *docxRewriter) language(code string) {
	rtl := slices.Contains(rightToLeft, code)
	if styles, err := w.load("word/styles.xml"); err == nil && styles != nil {
		styles.keep(func(e *element) bool { return !e.is("w", "lang") })
		lang := elem("w", "lang")
		lang.set("w", "val", code)
		if rtl {
			lang.set("w", "bidi", code)
		}
		styles.ensure("docDefaults", true).ensure("rPrDefault", true).ensure("rPr", false).put(lang, "eastAsianLayout", "specVanish", "oMath")
	}
	if !rtl {
		return
	}
	for _, name := range w.names {
		if strings.HasPrefix(strings.ToLower(name), "word/") && !strings.HasSuffix(name, "styles.xml") {
			w.roots[strings.ToLower(name)].walk(func(e *element) {
				switch {
				case e.is("w", "p"):
					e.ensure("pPr", true).put(elem("w", "bidi"), "adjustRightInd", "snapToGrid", "spacing", "ind", "contextualSpacing", "mirrorIndents", "suppressOverlap", "jc", "textDirection", "textAlignment", "textboxTightWrap", "outlineLvl", "divId", "cnfStyle", "rPr", "sectPr")
				case e.is("w", "r") && e.child("t") != nil:
					// Runs share their properties: each needs its own from here on.
					props := e.ensure("rPr", true)
					own := props.with(append([]*element(nil), props.kids...)...)
					own.put(elem("w", "rtl"), "cs", "em", "lang", "eastAsianLayout", "specVanish", "oMath")
					e.kids[slices.Index(e.kids, props)] = own
				}
			})
		}
	}
}

// ensure returns a child, made if it is not there: in front, or at the end.
func (e *element) ensure(local string, front bool) *element {
	if k := e.child(local); k != nil {
		return k
	}
	k := elem("w", local)
	if front {
		e.kids = slices.Insert(e.kids, 0, k)
	} else {
		e.kids = append(e.kids, k)
	}
	return k
}

// put adds a child in front of the first of some others, once.
func (e *element) put(k *element, before ...string) {
	if e.child(k.name.Local) != nil {
		return
	}
	at := slices.IndexFunc(e.kids, func(x *element) bool { return slices.Contains(before, x.name.Local) })
	if at < 0 {
		at = len(e.kids)
	}
	e.kids = slices.Insert(e.kids, at, k)
}

const (
	customPart = "docProps/custom.xml"
	customNS   = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
	customID   = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"
)

// properties adds custom properties. A package that cannot take them goes without:
// the last paragraph says the same to people.
func (w *docxRewriter) properties(all map[string]string) {
	if len(all) == 0 {
		return
	}
	custom, err := w.load(customPart)
	if err != nil {
		return
	}
	if custom == nil {
		types, err1 := w.load("[Content_Types].xml")
		rels, err2 := w.load("_rels/.rels")
		if err1 != nil || err2 != nil || types == nil || rels == nil {
			return
		}
		custom = &element{name: xml.Name{Local: "Properties"}}
		custom.set("", "xmlns", customNS)
		custom.set("xmlns", "vt", "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes")
		w.fresh[customPart] = custom
		over := elem(types.name.Space, "Override")
		over.set("", "PartName", "/"+customPart)
		over.set("", "ContentType", "application/vnd.openxmlformats-officedocument.custom-properties+xml")
		types.kids = append(types.kids, over)
		rel := elem(rels.name.Space, "Relationship")
		rel.set("", "Id", "rIdAmtsbote")
		rel.set("", "Type", "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties")
		rel.set("", "Target", customPart)
		rels.kids = append(rels.kids, rel)
	}
	pid := 1
	custom.keep(func(e *element) bool {
		if n, err := strconv.Atoi(e.get("pid")); err == nil {
			pid = max(pid, n)
		}
		_, ours := all[e.get("name")]
		return e.name.Local != "property" || !ours
	})
	for _, name := range slices.Sorted(maps.Keys(all)) {
		pid++
		p := elem(custom.name.Space, "property")
		p.set("", "fmtid", customID)
		p.set("", "pid", strconv.Itoa(pid))
		p.set("", "name", name)
		value := elem("vt", "lpwstr", textOf(all[name]))
		value.set("xmlns", "vt", "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes")
		p.kids = append(p.kids, value)
		custom.kids = append(custom.kids, p)
	}
}
