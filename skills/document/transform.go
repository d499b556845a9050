package document

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
)

// A document can be written anew with other words: [Reader.Segments] gives its
// paragraphs, [Reader.Rewrite] the same file with others in their place. Both parse
// foreign bytes, so the child does it, under the limits of reading. DOCX and ODT.
//
//	Segments ──file──▶ child: tree of each member with text ──▶ paragraphs
//	Rewrite  ──file, texts──▶ child: the same trees ──▶ texts in their place ──▶ file
//
// What becomes of a document (transform_docx.go, transform_odt.go):
//
//   - Paragraphs of the body, tables, lists, headers, footers, footnotes and text
//     boxes are segments. Formatting within one is marked: ⟦1⟧bold⟦/1⟧; what is no
//     text (a picture, a footnote's number, a field) is one mark: ⟦2⟧. Texts that have
//     not the marks of their segment lose the formatting, never the pictures. Most of
//     a paragraph's words decide what is not marked.
//   - Tracked changes are accepted. Comments go: they are for those who wrote it.
//   - Fields stay as they are, but the text of links and tables of contents is text.
//     Bookmarks go around the whole paragraph. Alternative texts, charts and embedded
//     files stay. The copy of a text box for old programs goes.
//   - The language of the document is set, from right to left where it runs so.
//
// Members without text are copied as they are, not even unpacked.

// A Rewrite is what a copy of a document is to say.
type Rewrite struct {
	// Texts are one for each segment; "" leaves it as it is.
	Texts []string
	// Language is an ISO 639-1 code; "" leaves it.
	Language string
	// Last is a paragraph that is added to the end; "" is none.
	Last string
	// Properties are custom properties of the file, by name.
	Properties map[string]string
}

// maxRewritten is how many bytes a written document may have.
const maxRewritten = 16 << 20

// A transform is a job of the second kind. Rewrite is nil if segments are asked for.
type transform struct {
	Rewrite *Rewrite `json:",omitempty"`
}

// Segments returns the paragraphs with text of a DOCX or ODT file, in a fixed
// order. Errors are those of Read.
func (r *Reader) Segments(ctx context.Context, name string, content io.Reader) ([]string, error) {
	res, err := r.do(ctx, content, job{Name: cleanName(name), Transform: &transform{}})
	return res.Segments, err
}

// Rewrite returns a DOCX or ODT file with other texts. Errors are those of Read;
// another number of texts than the file has segments is one that is not Unreadable.
func (r *Reader) Rewrite(ctx context.Context, name string, content io.Reader, w Rewrite) ([]byte, error) {
	res, err := r.do(ctx, content, job{Name: cleanName(name), Transform: &transform{Rewrite: &w}})
	if err == nil && len(res.File) == 0 {
		err = errors.New("document: other texts than segments")
	}
	return res.File, err
}

// transform does the job in the child.
func (p *parser) transform(t *transform, data []byte) (segments []string, file []byte, err error) {
	defer func() {
		if v := recover(); v != nil {
			segments, file, err = nil, nil, unreadable(Crashed, fmt.Errorf("panic of type %T", v))
		}
	}()
	k, err := openPack(p, data)
	if err != nil {
		return nil, nil, err
	}
	if k.broken {
		return nil, nil, unreadable(Damaged, errors.New("package cut off"))
	}
	var w rewriter
	switch {
	case k.has("word/document.xml"):
		w = &docxRewriter{trees: trees{k: k}}
	case k.has("content.xml") && k.has("mimetype"):
		w = &odtRewriter{trees: trees{k: k}}
	default:
		return nil, nil, unreadable(Unsupported, nil)
	}
	all, err := w.segments()
	if err != nil {
		return nil, nil, err
	}
	size := 0
	for _, s := range all {
		if size += len(s.text); size > int(p.lim.Text) {
			return nil, nil, unreadable(TooBig, errors.New("too much text"))
		}
		segments = append(segments, s.text)
	}
	if t.Rewrite == nil {
		return segments, nil, nil
	}
	if len(t.Rewrite.Texts) != len(all) {
		return nil, nil, nil
	}
	for i, s := range all {
		if text := t.Rewrite.Texts[i]; text != "" {
			s.put(text)
		}
	}
	w.finish(*t.Rewrite)
	file, err = w.write(data)
	return nil, file, err
}

// A rewriter knows one kind of document.
type rewriter interface {
	segments() ([]*segment, error)
	finish(Rewrite)
	write(data []byte) ([]byte, error)
}

// An element is one of XML, or text if it has no name. Prefixes are as written.
type element struct {
	name xml.Name
	attr []xml.Attr
	text string
	kids []*element
}

// maxElements of one document are held in memory: some 300 MB of the child's.
const maxElements = 2_000_000

// tree reads a member as a tree. XML whose elements do not match is Damaged: it
// could not be written again.
func (k *pack) tree(name string, left *int) (*element, error) {
	root := &element{}
	open := []*element{root}
	err := k.walk(name, func(t xml.Token) error {
		top := open[len(open)-1]
		if *left--; *left < 0 {
			return unreadable(TooBig, errors.New("too many elements"))
		}
		switch t := t.(type) {
		case xml.StartElement:
			e := &element{name: t.Name, attr: append([]xml.Attr(nil), t.Attr...)}
			top.kids = append(top.kids, e)
			open = append(open, e)
		case xml.EndElement:
			if len(open) == 1 || top.name != t.Name {
				return unreadable(Damaged, errors.New("elements do not match"))
			}
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 1 {
				top.kids = append(top.kids, &element{text: string(t)})
			}
		}
		return nil
	})
	if err == nil && (len(open) != 1 || len(root.kids) != 1) {
		err = unreadable(Damaged, errors.New("no single root"))
	}
	if err != nil {
		return nil, err
	}
	return root.kids[0], nil
}

func (e *element) is(prefix, local string) bool {
	return e.name.Local == local && e.name.Space == prefix
}

// get returns an attribute by its name without prefix.
func (e *element) get(local string) string {
	for _, a := range e.attr {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

// set sets an attribute.
func (e *element) set(prefix, local, value string) {
	for i, a := range e.attr {
		if a.Name.Local == local && a.Name.Space == prefix {
			e.attr[i].Value = value
			return
		}
	}
	e.attr = append(e.attr, xml.Attr{Name: xml.Name{Space: prefix, Local: local}, Value: value})
}

// child returns the first child of that name, or nil.
func (e *element) child(local string) *element {
	for _, k := range e.kids {
		if k.name.Local == local {
			return k
		}
	}
	return nil
}

// with returns a copy of an element with other children.
func (e *element) with(kids ...*element) *element {
	return &element{name: e.name, attr: e.attr, kids: kids}
}

// keep drops the descendants for which keep is false.
func (e *element) keep(keep func(*element) bool) {
	out := e.kids[:0]
	for _, k := range e.kids {
		if k.name.Local == "" || keep(k) {
			k.keep(keep)
			out = append(out, k)
		}
	}
	clear(e.kids[len(out):])
	e.kids = out
}

// walk calls visit with an element and all below it, from the front.
func (e *element) walk(visit func(*element)) {
	visit(e)
	for _, k := range e.kids {
		k.walk(visit)
	}
}

func elem(prefix, local string, kids ...*element) *element {
	return &element{name: xml.Name{Space: prefix, Local: local}, kids: kids}
}

func textOf(s string) *element { return &element{text: s} }
