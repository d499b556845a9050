package document

import (
	"bytes"
	"strings"
)

// smime reads a part in the Cryptographic Message Syntax: encrypted it stays
// closed, signed in one piece with its content it is opened. Whether the
// signature is good is another matter; see [mailReader.check].
func (m *mailReader) smime(e *entity) []mailText {
	data := e.decode()
	kind := strings.ToLower(e.media.params["smime-type"])
	content, signed := signedContent(data)
	switch {
	case signed && content != nil && m.opened < 3:
		m.opened++
		m.mail.Signed = "smime"
		if checked := m.check(data, nil, e == m.root); checked != nil {
			content = checked // read what was checked, should the two readers differ
		}
		walk := &mimeWalk{entities: maxEntities / 2}
		return m.entity(walk.parse(content, 1, ""))
	case signed || kind == "signed-data" || kind == "certs-only":
		m.files = append(m.files, attachment{e: e, code: Unsupported})
		return nil
	}
	m.mail.Encrypted = "smime"
	return nil
}

// sealed reports whether the body is in the Cryptographic Message Syntax.
func (e *entity) sealed() bool {
	data := e.decode()
	return detectPKCS7(data[:min(len(data), 4096)]) != ""
}

// oidSigned is signedData, 1.2.840.113549.1.7.2, in DER.
var oidSigned = []byte("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")

// signedContent returns the content in a SignedData (RFC 5652), nil if it has
// none. signed says whether data is one at all. It reads BER, which mail
// programs write and encoding/asn1 does not read.
func signedContent(data []byte) (content []byte, signed bool) {
	outer := berKids(data, 0x30)
	if len(outer) < 2 || !bytes.Equal(outer[0].all, oidSigned) {
		return nil, false
	}
	data0 := berKids(outer[1].all, 0xa0)
	if len(data0) == 0 {
		return nil, true
	}
	sd := berKids(data0[0].all, 0x30) // version, algorithms, content, …
	if len(sd) < 3 {
		return nil, true
	}
	info := berKids(sd[2].all, 0x30)
	if len(info) < 2 {
		return nil, true
	}
	for _, octets := range berKids(info[1].all, 0xa0) {
		content = append(content, octets.bytes(0)...)
	}
	return content, true
}

// A berValue is a value with its tag.
type berValue struct {
	tag  byte
	all  []byte // with tag and length
	body []byte
}

// bytes returns the content of a string, which BER may cut into strings.
func (v berValue) bytes(depth int) []byte {
	if v.tag&0x20 == 0 || depth > 4 {
		return v.body
	}
	var out []byte
	for rest := v.body; len(rest) > 0; {
		kid, n := berNext(rest, 0)
		if n == 0 {
			break
		}
		out = append(out, kid.bytes(depth+1)...)
		rest = rest[n:]
	}
	return out
}

// berKids returns the first few values in one of the tag; nil if it is none.
func berKids(data []byte, tag byte) (kids []berValue) {
	v, n := berNext(data, 0)
	if n == 0 || v.tag != tag {
		return nil
	}
	for rest := v.body; len(rest) > 0 && len(kids) < 8; {
		kid, n := berNext(rest, 0)
		if n == 0 {
			break
		}
		kids = append(kids, kid)
		rest = rest[n:]
	}
	return kids
}

// berNext reads the value that data begins with and its length, 0 if there is
// none. What is cut off reaches to the end.
func berNext(data []byte, depth int) (v berValue, n int) {
	if len(data) < 2 || data[0] == 0 || depth > 16 {
		return v, 0
	}
	v.tag = data[0]
	size, head := int(data[1]), 2
	switch {
	case size == 0x80: // until a value of two zeros
		for n = 2; n+1 < len(data) && (data[n] != 0 || data[n+1] != 0); {
			_, k := berNext(data[n:], depth+1)
			if k == 0 {
				break
			}
			n += k
		}
		v.body = data[2:n]
		n = min(n+2, len(data))
		v.all = data[:n]
		return v, n
	case size > 0x84:
		return v, 0
	case size > 0x80:
		head += size - 0x80
		if head > len(data) {
			return v, 0
		}
		size = 0
		for _, c := range data[2:head] {
			size = size<<8 | int(c)
		}
	}
	n = min(head+size, len(data))
	v.body, v.all = data[head:n], data[:n]
	return v, n
}
