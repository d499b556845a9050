package document

import (
	"bytes"
	"strings"
)

const (
	maxNesting  = 30   // multiparts in multiparts
	maxEntities = 2000 // parts of one mail, with those of its multiparts
)

// An entity is a mail or a part of one (RFC 2045). Its body and those of its
// kids are slices of the mail: taking it apart copies nothing, and costs one
// search over the body for each level.
//
// go-message was tried and left: it fails the whole mail on a header line
// without a colon, a part without a header or an unknown encoding, cuts broken
// base64 and long lines, and nests readers so that 5,000 levels in 281 KB take
// 9.5 s. What would have to be mended before and after it is more than the walk
// below. Nor enmime: 22 levels left open take it 3.5 s, 50 never end.
type entity struct {
	head     header
	media    typedValue // Content-Type; the value is never empty
	disp     typedValue // Content-Disposition
	raw      []byte     // header and body, as sent
	body     []byte     // as sent
	kids     []*entity  // of a multipart
	tooDeep  bool       // nested deeper than is read; there are no kids then
	declared bool       // it has a Content-Type
}

// A mimeWalk counts what one mail may have.
type mimeWalk struct{ entities int }

// parse takes an entity apart. kind is its type if it does not say.
func (w *mimeWalk) parse(data []byte, depth int, kind string) *entity {
	w.entities++
	e := &entity{raw: data}
	e.head, e.body = cutHeader(data, depth > 0)
	e.media = parseTyped(e.head.get("content-type"))
	e.disp = parseTyped(e.head.get("content-disposition"))
	e.declared = strings.Contains(e.media.value, "/")
	if !e.declared {
		e.media.value = kind
		if e.media.value == "" && e.name() != "" {
			e.media.value = typeBinary
		}
	}
	multi := strings.HasPrefix(e.media.value, "multipart/")
	boundary := e.media.params["boundary"]
	if !multi && !e.declared && depth == 0 {
		// The header lost its Content-Type, but the body shows what it was.
		if boundary = guessBoundary(e.body[:min(len(e.body), 2000)]); boundary != "" {
			multi = true
			e.media.value = "multipart/mixed"
		}
	}
	if e.media.value == "" {
		e.media.value = "text/plain"
	}
	if multi {
		w.multipart(e, boundary, depth)
	}
	return e
}

func (w *mimeWalk) multipart(e *entity, boundary string, depth int) {
	if depth >= maxNesting {
		e.tooDeep = true
		return
	}
	parts := splitParts(e.body, boundary)
	if parts == nil {
		parts = splitParts(e.body, guessBoundary(e.body))
	}
	if parts == nil && e.encoding() == "base64" {
		// Against RFC 2045 the whole is encoded.
		e.body = unbase64(e.body)
		parts = splitParts(e.body, boundary)
	}
	kind := ""
	if e.media.value == "multipart/digest" {
		kind = "message/rfc822"
	}
	for _, part := range parts {
		if w.entities >= maxEntities {
			e.tooDeep = true
			return
		}
		e.kids = append(e.kids, w.parse(part, depth+1, kind))
	}
	if parts == nil { // no boundary at all: the body is what it looks like
		e.media.value = "text/plain"
		if htmlHead(string(e.body[:min(len(e.body), 500)])) {
			e.media.value = "text/html"
		}
	}
}

// splitParts cuts a body at its boundary lines; nil if there are none. The last
// part may lack its end.
func splitParts(body []byte, boundary string) (parts [][]byte) {
	boundary = strings.TrimRight(boundary, " \t\r")
	if boundary == "" {
		return nil
	}
	mark := []byte("--" + boundary)
	start := -1
	for pos := 0; len(parts) < maxEntities; {
		i := bytes.Index(body[pos:], mark)
		if i < 0 {
			break
		}
		i += pos
		pos = i + len(mark)
		if i > 0 && body[i-1] != '\n' {
			continue
		}
		line, _, _ := bytes.Cut(body[pos:min(len(body), pos+1000)], []byte("\n"))
		after, last := bytes.CutPrefix(line, []byte("--"))
		if len(bytes.TrimSpace(after)) > 0 {
			continue // another boundary that begins like this one
		}
		if start >= 0 {
			parts = append(parts, trimEOL(body[start:i]))
		}
		pos = min(pos+len(line)+1, len(body))
		if start = pos; last {
			return parts
		}
	}
	if start >= 0 && start < len(body) {
		parts = append(parts, body[start:])
	}
	return parts
}

// trimEOL drops the line end that belongs to the boundary after it.
func trimEOL(b []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
}

// guessBoundary returns the boundary of a body whose header names none: the
// first line with dashes that fields of a part follow.
func guessBoundary(body []byte) string {
	for n := 0; n < 500 && len(body) > 0; n++ {
		line, rest, _ := bytes.Cut(body, []byte("\n"))
		line = bytes.TrimSpace(line)
		if len(line) > 4 && len(line) < 200 && bytes.HasPrefix(line, []byte("--")) && len(rest) > 8 && strings.EqualFold(string(rest[:8]), "content-") {
			return string(line[2:])
		}
		body = rest
	}
	return ""
}

// name returns the file name that a part gives, not yet cleaned, or "".
func (e *entity) name() string {
	for _, n := range []string{e.disp.params["filename"], e.media.params["name"]} {
		if n != "" {
			return n
		}
	}
	return oneLine(decodeWords(e.head.get("content-description-name")))
}

func (e *entity) encoding() string {
	enc := strings.ToLower(strings.Trim(e.head.get("content-transfer-encoding"), " \t\"'."))
	enc, _, _ = strings.Cut(enc, ";")
	return enc
}

// decode returns the body without its transfer encoding. An encoding that is
// not known is taken for none.
func (e *entity) decode() []byte {
	switch e.encoding() {
	case "quoted-printable", "quoted_printable", "qp":
		return unquoteBody(e.body)
	case "base64", "base-64":
		return unbase64(e.body)
	case "x-uuencode", "uuencode", "x-uue":
		return uudecode(e.body)
	}
	return e.body
}

// text returns a text body in UTF-8.
func (e *entity) text() string { return toUTF8(e.decode(), e.charset()) }

func (e *entity) charset() string { return e.media.params["charset"] }

// unquoteBody decodes quoted-printable, lines of any length; what is none stays.
func unquoteBody(src []byte) []byte {
	out := make([]byte, 0, len(src))
	for len(src) > 0 {
		i := bytes.IndexAny(src, "=\n")
		if i < 0 {
			return append(out, src...)
		}
		out = append(out, src[:i]...)
		if src[i] == '\n' {
			for len(out) > 0 && (out[len(out)-1] == ' ' || out[len(out)-1] == '\t' || out[len(out)-1] == '\r') {
				out = out[:len(out)-1] // white space that transport added
			}
			out = append(out, '\n')
			src = src[i+1:]
			continue
		}
		src = src[i+1:]
		if len(src) >= 2 {
			if hi, lo := unhex(src[0]), unhex(src[1]); hi >= 0 && lo >= 0 {
				out = append(out, byte(hi<<4|lo))
				src = src[2:]
				continue
			}
		}
		line, rest, found := bytes.Cut(src[:min(len(src), 80)], []byte("\n"))
		if len(bytes.TrimSpace(line)) == 0 && (found || len(src) < 80) {
			src = src[len(src[:min(len(src), 80)])-len(rest):] // a soft line break
			continue
		}
		out = append(out, '=')
	}
	return out
}

// uudecode decodes what stands between "begin" and "end".
func uudecode(src []byte) []byte {
	var out []byte
	begun := false
	for line := range bytes.Lines(src) {
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case !begun:
			begun = bytes.HasPrefix(line, []byte("begin "))
		case bytes.Equal(line, []byte("end")):
			return out
		case len(line) > 0:
			out = append(out, uuline(line)...)
		}
	}
	return out
}

func uuline(line []byte) []byte {
	n := int(line[0]-' ') & 63
	line = line[1:]
	out := make([]byte, 0, n+3)
	for len(line) > 0 && len(out) < n {
		var v uint32
		for i := range 4 {
			v <<= 6
			if i < len(line) {
				v |= uint32(line[i]-' ') & 63
			}
		}
		out = append(out, byte(v>>16), byte(v>>8), byte(v))
		line = line[min(4, len(line)):]
	}
	return out[:min(n, len(out))]
}
