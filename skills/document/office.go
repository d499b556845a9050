package document

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
)

// Office files are packages of XML (OOXML, ECMA-376; OpenDocument, ISO 26300).
// They are read by streaming walks of our own over encoding/xml, which keep what
// a person sees and hold no tree. No well-kept reader of DOCX or ODT is to be
// had; excelize, good for XLSX, builds the whole sheet in memory or spills it
// to files, which the child may not write.
const (
	maxXMLDepth  = 300
	maxXMLTokens = 30_000_000
	maxXMLToken  = 8 << 20  // bytes of one tag or text
	maxEmbedded  = 60 << 20 // bytes of one embedded file
	minMedia     = 20 << 10 // bytes of a picture worth reading; less is an icon
)

// A pack is the members of a package.
type pack struct {
	p       *parser
	members map[string]*member
	names   []string // in the order of the file
	broken  bool     // the directory is missing; members were found by their heads
}

type member struct {
	name string
	size uint64 // as claimed
	open func() (io.ReadCloser, error)
}

func openPack(p *parser, data []byte) (*pack, error) {
	k := &pack{p: p, members: make(map[string]*member)}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		k.broken = true
		k.salvage(data)
	} else {
		for _, f := range z.File {
			k.add(&member{f.Name, f.UncompressedSize64, f.Open})
		}
	}
	if len(k.names) == 0 {
		return nil, unreadable(Damaged, errors.New("no members"))
	}
	return k, nil
}

func (k *pack) add(m *member) {
	m.name = strings.TrimPrefix(strings.ReplaceAll(m.name, `\`, "/"), "/")
	key := strings.ToLower(m.name)
	if k.members[key] == nil && len(k.names) < 20_000 {
		k.members[key] = m
		k.names = append(k.names, m.name)
	}
}

// salvage finds the members of a package that was cut off by the heads before
// them.
func (k *pack) salvage(data []byte) {
	mark := []byte("PK\x03\x04")
	for pos := 0; ; {
		i := bytes.Index(data[pos:], mark)
		if i < 0 || pos+i+30 > len(data) {
			return
		}
		h := data[pos+i:]
		method, flags := binary.LittleEndian.Uint16(h[8:]), binary.LittleEndian.Uint16(h[6:])
		names := int(binary.LittleEndian.Uint16(h[26:]))
		start := 30 + names + int(binary.LittleEndian.Uint16(h[28:]))
		pos += i + 4
		if start > len(h) || flags&1 != 0 {
			continue
		}
		body, size := h[start:], uint64(binary.LittleEndian.Uint32(h[22:]))
		if method == zip.Store {
			body = body[:min(uint64(len(body)), size)]
		}
		k.add(&member{string(h[30 : 30+names]), size, func() (io.ReadCloser, error) {
			switch method {
			case zip.Store:
				return io.NopCloser(bytes.NewReader(body)), nil
			case zip.Deflate:
				return flate.NewReader(bytes.NewReader(body)), nil
			}
			return nil, zip.ErrAlgorithm
		}})
	}
}

func (k *pack) has(name string) bool { return k.members[strings.ToLower(name)] != nil }

// sorted returns the members that begin and end so, by the number in their name.
func (k *pack) sorted(prefix, suffix string) []string {
	var names []string
	for _, n := range k.names {
		if l := strings.ToLower(n); strings.HasPrefix(l, prefix) && strings.HasSuffix(l, suffix) {
			names = append(names, n)
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return numberIn(a) - numberIn(b) })
	return names
}

func numberIn(s string) int {
	n, _ := strconv.Atoi(strings.TrimFunc(path.Base(s), func(r rune) bool { return r < '0' || r > '9' }))
	return n
}

// walk hands the tokens of a member to visit. A member that is missing has
// none. What stops the walk is returned; what was visited before counts.
func (k *pack) walk(name string, visit func(xml.Token) error) error {
	m := k.members[strings.ToLower(name)]
	if m == nil {
		return nil
	}
	r, err := m.open()
	if err != nil {
		return unreadable(Damaged, errors.New("member cannot be opened"))
	}
	defer r.Close()
	return walkXML(k.p, k.p.inflate(r), visit)
}

// finish returns the error of a package that was not whole.
func (k *pack) finish(err error) error {
	if err == nil && k.broken {
		return unreadable(Damaged, errors.New("package cut off"))
	}
	return err
}

// files makes parts of the files embedded under a folder, and of the pictures
// in media. What is smaller than a picture with text on it is left out.
func (k *pack) files(d *Document, embedded, media string) error {
	for _, n := range k.names {
		l := strings.ToLower(n)
		picture := media != "" && strings.HasPrefix(l, media)
		switch ext := path.Ext(l); {
		case !picture && (embedded == "" || !strings.HasPrefix(l, embedded)), strings.HasSuffix(l, "/"):
			continue
		case picture && (ext == ".emf" || ext == ".wmf" || ext == ".svg" || ext == ".svm"):
			continue // drawings, beside which a picture or text stands
		}
		m := k.members[l]
		if picture && m.size < minMedia {
			continue
		}
		r, err := m.open()
		if err != nil {
			k.p.unreadPart(d, n, int64(m.size), Damaged)
			continue
		}
		data, err := k.p.readAll(r, maxEmbedded)
		r.Close()
		if err != nil {
			if u, ok := errors.AsType[*Unreadable](err); ok {
				k.p.unreadPart(d, n, int64(m.size), u.Code)
				return err
			}
			k.p.unreadPart(d, n, int64(m.size), Damaged)
			continue
		}
		k.p.part(d, n, data).Inline = picture
	}
	return k.p.err()
}

// walkXML hands the tokens of XML to visit, without namespaces: prefixes stay
// as written. Document types are refused, and so are entities of one's own.
func walkXML(p *parser, r io.Reader, visit func(xml.Token) error) error {
	counted := &tokenReader{r: r}
	dec := xml.NewDecoder(counted)
	dec.Strict = false
	dec.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		e, err := htmlindex.Get(charset)
		if err != nil {
			return in, nil
		}
		return e.NewDecoder().Reader(in), nil
	}
	depth := 0
	for n := 0; ; n++ {
		t, err := dec.RawToken()
		counted.n = 0
		if err == io.EOF {
			return nil
		}
		if err != nil {
			if u, ok := errors.AsType[*Unreadable](err); ok {
				return u
			}
			// The text of a syntax error may hold content.
			return unreadable(Damaged, errors.New("broken XML"))
		}
		switch t := t.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		case xml.Directive:
			if len(t) >= 7 && strings.EqualFold(string(t[:7]), "DOCTYPE") {
				return unreadable(Damaged, errors.New("document type declaration"))
			}
			continue
		case xml.ProcInst, xml.Comment:
			continue
		}
		if depth > maxXMLDepth {
			return unreadable(TooDeep, errors.New("XML too deep"))
		}
		if n > maxXMLTokens {
			return unreadable(TooBig, errors.New("too much XML"))
		}
		if n%1024 == 0 {
			if err := p.err(); err != nil {
				return err
			}
		}
		if err := visit(t); err != nil {
			return err
		}
	}
}

// A tokenReader fails if the decoder reads too far for one token, which it
// would hold in memory.
type tokenReader struct {
	r io.Reader
	n int
}

func (t *tokenReader) Read(b []byte) (int, error) {
	if t.n > maxXMLToken {
		return 0, unreadable(TooBig, errors.New("XML token too big"))
	}
	n, err := t.r.Read(b)
	t.n += n
	return n, err
}

// xmlAttr returns an attribute by its name without prefix.
func xmlAttr(e xml.StartElement, name string) string {
	for i := range e.Attr {
		if e.Attr[i].Name.Local == name {
			return e.Attr[i].Value
		}
	}
	return ""
}

// xmlInt returns an attribute that is a number, 0 if it is none.
func xmlInt(e xml.StartElement, name string) int {
	n, _ := strconv.Atoi(xmlAttr(e, name))
	return n
}

// xmlTrue reports whether an attribute of OOXML says yes.
func xmlTrue(v string) bool { return v == "1" || v == "true" || v == "on" }

// xmlOn reports whether a property of OOXML such as <w:vanish/> is switched on.
func xmlOn(e xml.StartElement) bool {
	switch xmlAttr(e, "val") {
	case "0", "false", "off", "none":
		return false
	}
	return true
}

// rels reads the relationships of a member: what their IDs lead to, as names of
// members, and by the last word of their type.
func (k *pack) rels(name string) (byID map[string]string, byType map[string][]string) {
	byID, byType = make(map[string]string), make(map[string][]string)
	dir := path.Dir(name)
	// What is missing of the relationships is missing in the text, no more.
	_ = k.walk(path.Join(dir, "_rels", path.Base(name)+".rels"), func(t xml.Token) error {
		e, ok := t.(xml.StartElement)
		if !ok || e.Name.Local != "Relationship" || xmlAttr(e, "TargetMode") == "External" || len(byID) > 20_000 {
			return nil
		}
		target := xmlAttr(e, "Target")
		if strings.HasPrefix(target, "/") {
			target = target[1:]
		} else {
			target = path.Join(dir, target)
		}
		byID[xmlAttr(e, "Id")] = target
		kind := path.Base(xmlAttr(e, "Type"))
		byType[kind] = append(byType[kind], target)
		return nil
	})
	return byID, byType
}
