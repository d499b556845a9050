package document

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// An odtRewriter writes a text document of OpenDocument with other words.
type odtRewriter struct{ trees }

func (w *odtRewriter) segments() (all []*segment, err error) {
	for _, name := range []string{"content.xml", "styles.xml"} {
		root, err := w.load(name)
		if err != nil {
			return nil, err
		}
		if root == nil {
			continue
		}
		if name == "content.xml" && (root.child("body") == nil || root.child("body").child("text") == nil) {
			return nil, unreadable(Unsupported, errors.New("no text document"))
		}
		root.keep(func(e *element) bool {
			switch e.name.Local {
			case "tracked-changes", "change", "change-start", "change-end", "soft-page-break":
				return e.name.Space != "text"
			case "annotation", "annotation-end":
				return e.name.Space != "office"
			}
			return true
		})
		root.walk(func(e *element) {
			if e.is("text", "p") || e.is("text", "h") {
				if s := odtSegment(e); s != nil {
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

func odtSegment(para *element) *segment {
	o := &odtPieces{}
	o.add(para.kids, nil)
	return newSegment(o.out, odtWords, func(kids []*element) {
		para.kids = slices.Concat(o.head, kids, o.tail)
	})
}

type odtPieces struct {
	out        []fragment
	head, tail []*element
}

// add takes children of a paragraph apart. like is the span that they stand in,
// with those around it; each has the one inside as its only child.
func (o *odtPieces) add(kids []*element, like *element) {
	format := spanFormat(like)
	text := func(s string) { o.out = append(o.out, fragment{text: s, format: format, like: like}) }
	for _, k := range kids {
		switch {
		case k.name.Local == "":
			text(collapse(k.text))
		case k.is("text", "span"):
			o.add(k.kids, nest(like, k))
		case k.is("text", "meta"):
			o.add(k.kids, like)
		case k.is("text", "s"):
			text(strings.Repeat(" ", max(1, min(atoi(k.get("c")), 200))))
		case k.is("text", "tab"):
			text("\t")
		case k.is("text", "line-break"):
			text("\n")
		case k.is("text", "a"):
			in := &odtPieces{}
			in.add(k.kids, like)
			o.head, o.tail = append(o.head, in.head...), append(o.tail, in.tail...)
			if hasWords(in.out) {
				o.out = append(o.out, fragment{inside: in.out, wrap: func(kids []*element) []*element { return []*element{k.with(kids...)} }})
			} else {
				o.out = append(o.out, fragment{object: []*element{k}})
			}
		case k.is("text", "bookmark"), k.is("text", "bookmark-start"), k.is("text", "reference-mark"), k.is("text", "reference-mark-start"):
			o.head = append(o.head, k)
		case k.is("text", "bookmark-end"), k.is("text", "reference-mark-end"):
			o.tail = append(o.tail, k)
		default:
			o.out = append(o.out, fragment{object: dressed(like, k)})
		}
	}
}

// nest returns a span inside others.
func nest(around, span *element) *element {
	inner := span.with()
	if around == nil {
		return inner
	}
	if len(around.kids) == 0 {
		return around.with(inner)
	}
	return around.with(nest(around.kids[0], span))
}

func spanFormat(like *element) string {
	if like == nil {
		return ""
	}
	var b bytes.Buffer
	like.write(&b)
	return b.String()
}

// dressed puts elements inside spans.
func dressed(like *element, kids ...*element) []*element {
	if like == nil {
		return kids
	}
	if len(like.kids) == 0 {
		return []*element{like.with(kids...)}
	}
	return []*element{like.with(dressed(like.kids[0], kids...)...)}
}

// collapse returns text as it is shown: white space of the file is one blank.
func collapse(s string) string {
	if !strings.ContainsAny(s, "\n\t\r") && !strings.Contains(s, "  ") {
		return s
	}
	out := strings.Join(strings.Fields(s), " ")
	if strings.TrimLeft(s, " \n\t\r") != s && out != "" {
		out = " " + out
	}
	if strings.TrimRight(s, " \n\t\r") != s {
		out += " "
	}
	return out
}

func atoi(s string) int {
	n := 0
	for _, c := range s {
		if c < '0' || c > '9' || n > 1000 {
			return n
		}
		n = 10*n + int(c-'0')
	}
	return n
}

// odtWords returns a text in its spans.
func odtWords(like *element, text string) []*element {
	var kids []*element
	add := func(s string) {
		for s != "" { // blanks in a row are elements
			i := strings.Index(s, "  ")
			if i < 0 {
				kids = append(kids, textOf(s))
				return
			}
			kids = append(kids, textOf(s[:i+1]))
			n := len(s[i+1:]) - len(strings.TrimLeft(s[i+1:], " "))
			sp := elem("text", "s")
			sp.set("text", "c", strconv.Itoa(n))
			kids = append(kids, sp)
			s = s[i+1+n:]
		}
	}
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			kids = append(kids, elem("text", "line-break"))
		}
		for j, s := range strings.Split(line, "\t") {
			if j > 0 {
				kids = append(kids, elem("text", "tab"))
			}
			add(s)
		}
	}
	return dressed(like, kids...)
}

// finish sets what holds for the whole document.
func (w *odtRewriter) finish(r Rewrite) {
	if r.Last != "" {
		text := w.roots["content.xml"].child("body").child("text")
		text.kids = append(text.kids, elem("text", "p", odtWords(nil, r.Last)...))
	}
	meta, err := w.load("meta.xml")
	if err != nil {
		meta = nil
	}
	if r.Language != "" {
		w.language(r.Language, meta)
	}
	if meta == nil || meta.child("meta") == nil {
		return
	}
	head := meta.child("meta")
	head.keep(func(e *element) bool {
		_, ours := r.Properties[e.get("name")]
		return e.name.Local != "user-defined" || !ours
	})
	for _, name := range slices.Sorted(maps.Keys(r.Properties)) {
		p := elem("meta", "user-defined", textOf(r.Properties[name]))
		p.set("meta", "name", name)
		head.kids = append(head.kids, p)
	}
}

func (w *odtRewriter) language(code string, meta *element) {
	rtl := slices.Contains(rightToLeft, code)
	for _, name := range []string{"content.xml", "styles.xml"} {
		root := w.roots[name]
		if root == nil {
			continue
		}
		root.walk(func(e *element) {
			switch {
			case e.is("style", "text-properties") && e.get("language") != "":
				e.set("fo", "language", code)
				e.set("fo", "country", "none")
				if rtl {
					e.set("style", "language-complex", code)
					e.set("style", "country-complex", "none")
				}
			case rtl && e.is("style", "paragraph-properties"):
				e.set("style", "writing-mode", "rl-tb")
			}
		})
	}
	if meta != nil && meta.child("meta") != nil {
		head := meta.child("meta")
		head.keep(func(e *element) bool { return !e.is("dc", "language") })
		head.kids = append(head.kids, elem("dc", "language", textOf(code)))
	}
}
