package document

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
)

// A msgProp is a property of a message that a test writes.
type msgProp struct {
	id, kind uint16
	data     []byte
}

func wide16(id uint16, s string) msgProp {
	var b []byte
	for _, c := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, c)
	}
	return msgProp{id, mapiText16, b}
}

func ansi(id uint16, s string) msgProp    { return msgProp{id, mapiText8, []byte(s)} }
func blob(id uint16, data []byte) msgProp { return msgProp{id, mapiBinary, data} }
func long32(id uint16, n uint32) msgProp {
	return msgProp{id, mapiLong, binary.LittleEndian.AppendUint32(nil, n)}
}
func moment(id uint16, t time.Time) msgProp { return msgProp{id, mapiTime, winTime{t}.data()} }

// A msgSpec is a message that a test writes, as Outlook saves it.
type msgSpec struct {
	props      []msgProp
	recipients [][]msgProp
	files      []msgFileSpec
}

type msgFileSpec struct {
	props   []msgProp
	message *msgSpec // attached
}

func (m msgSpec) file() []byte { return writeCFB(m.nodes(true)...) }

func (m msgSpec) nodes(top bool) []cfbNode {
	head := make([]byte, 24)
	le := binary.LittleEndian
	le.PutUint32(head[16:], uint32(len(m.recipients)))
	le.PutUint32(head[20:], uint32(len(m.files)))
	if top {
		head = append(head, make([]byte, 8)...)
	}
	nodes := propNodes(m.props, head)
	for i, r := range m.recipients {
		nodes = append(nodes, cfbNode{name: fmt.Sprintf("__recip_version1.0_#%08X", i), storage: true, kids: propNodes(r, make([]byte, 8))})
	}
	for i, f := range m.files {
		props := f.props
		if f.message != nil {
			props = append(slices.Clone(props), long32(pidAttachMethod, attachMessage))
		}
		kids := propNodes(props, make([]byte, 8))
		if f.message != nil {
			kids = append(kids, cfbNode{name: "__substg1.0_3701000D", storage: true, kids: f.message.nodes(false)})
		}
		nodes = append(nodes, cfbNode{name: fmt.Sprintf("__attach_version1.0_#%08X", i), storage: true, kids: sorted(kids)})
	}
	if top { // names of named properties, of which there are none
		var kids []cfbNode
		for _, n := range []string{"00020102", "00030102", "00040102"} {
			kids = append(kids, cfbNode{name: "__substg1.0_" + n})
		}
		nodes = append(nodes, cfbNode{name: "__nameid_version1.0", storage: true, kids: kids})
	}
	return sorted(nodes)
}

// sorted orders names as the tree of a compound file must be.
func sorted(nodes []cfbNode) []cfbNode {
	slices.SortFunc(nodes, func(a, b cfbNode) int {
		if len(a.name) != len(b.name) {
			return len(a.name) - len(b.name)
		}
		return strings.Compare(strings.ToUpper(a.name), strings.ToUpper(b.name))
	})
	return nodes
}

func propNodes(props []msgProp, stream []byte) []cfbNode {
	var nodes []cfbNode
	for _, p := range props {
		row := binary.LittleEndian.AppendUint32(nil, uint32(p.id)<<16|uint32(p.kind))
		row = append(row, 6, 0, 0, 0)
		switch p.kind {
		case mapiText8, mapiText16, mapiBinary:
			nodes = append(nodes, cfbNode{name: fmt.Sprintf("__substg1.0_%04X%04X", p.id, p.kind), data: p.data})
			n := len(p.data)
			if p.kind == mapiText16 {
				n += 2
			} else if p.kind == mapiText8 {
				n++
			}
			row = append(binary.LittleEndian.AppendUint32(row, uint32(n)), 0, 0, 0, 0)
		default:
			row = append(row, append(bytes.Clone(p.data), make([]byte, 8-len(p.data))...)...)
		}
		stream = append(stream, row...)
	}
	return sorted(append(nodes, cfbNode{name: "__properties_version1.0", data: stream}))
}

// widerspruch is a letter that never left the house, so it has no headers.
func widerspruch() msgSpec {
	return msgSpec{
		props: []msgProp{wide16(pidMessageClass, "IPM.Note"), wide16(pidSubject, "Widerspruch – Az. 32.4"), wide16(pidFromName, "Jana Wieczorek"), wide16(pidFromType, "SMTP"), wide16(pidFromEmail, "jana@x.example"),
			moment(pidSubmitTime, time.Date(2026, 11, 20, 17, 42, 0, 0, time.UTC)), moment(pidDeliveryTime, time.Date(2026, 11, 20, 17, 43, 0, 0, time.UTC)),
			wide16(pidMessageID, "<1@x.example>"), wide16(pidReferences, "<0@stadt.example>"), wide16(pidBody, "Guten Tag,\r\n\r\nich lege Widerspruch ein.\r\n")},
		recipients: [][]msgProp{
			{long32(pidRecipientType, 1), wide16(pidName, "Poststelle"), wide16(pidAddressType, "EX"), wide16(pidEmail, "/o=Stadt/cn=post"), wide16(pidSMTP, "poststelle@stadt.example")},
			{long32(pidRecipientType, 2), wide16(pidName, "b@x.example"), wide16(pidAddressType, "SMTP"), wide16(pidEmail, "b@x.example")},
			{long32(pidRecipientType, 3), wide16(pidName, "Blind"), wide16(pidEmail, "c@x.example")},
		},
	}
}

func attached(name string, data []byte, more ...msgProp) msgFileSpec {
	return msgFileSpec{props: append([]msgProp{wide16(pidAttachLong, name), wide16(pidAttachFile, "KURZ~1.TXT"), long32(pidAttachMethod, attachValue), blob(pidAttachData, data)}, more...)}
}

func TestMSG(t *testing.T) {
	m := widerspruch()
	m.files = []msgFileSpec{attached("Bescheid vom 5. November.txt", bytes.Repeat([]byte("Bescheid. "), 1000))}
	if dir := os.Getenv("AMTSBOTE_TEST_KEEP"); dir != "" { // to look at with other programs
		if err := os.WriteFile(dir+"/widerspruch.msg", m.file(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d, err := parse(t, Limits{}, "brief.msg", m.file())
	if err != nil {
		t.Fatal(err)
	}
	want := &Mail{
		From: []Address{{"Jana Wieczorek", "jana@x.example"}}, To: []Address{{"Poststelle", "poststelle@stadt.example"}}, Cc: []Address{{"", "b@x.example"}},
		Subject: "Widerspruch – Az. 32.4", Date: time.Date(2026, 11, 20, 17, 42, 0, 0, time.UTC), MessageID: "1@x.example", References: []string{"0@stadt.example"},
		Header: map[string][]string{"Received": {"by Outlook; Fri, 20 Nov 2026 17:43:00 +0000"}},
	}
	if !reflect.DeepEqual(d.Mail, want) {
		t.Errorf("got %+v\nwant %+v", d.Mail, want)
	}
	if d.Text() != "Guten Tag,\n\nich lege Widerspruch ein." || d.Type != typeMSG {
		t.Errorf("%s: %q", d.Type, d.Text())
	}
	if len(d.Parts) != 1 || d.Parts[0].Name != "Bescheid vom 5. November.txt" || d.Parts[0].Doc == nil || len(d.Parts[0].Doc.Text()) != 9999 {
		t.Errorf("%+v", d.Parts)
	}
}

func TestMSGHeaders(t *testing.T) {
	m := widerspruch()
	m.props = append(m.props, wide16(pidHeaders, "Received: from a; Fri, 20 Nov 2026 18:42:12 +0100\r\nFrom: =?utf-8?Q?J=C3=BCrgen?= <j@y.example>\r\nReply-To: r@y.example\r\nTo: d@y.example\r\nAuto-Submitted: auto-replied\r\nDate: Fri, 20 Nov 2026 18:42:11 +0100\r\n"))
	d, err := parse(t, Limits{}, "x", m.file())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(d.Mail.From, []Address{{"Jürgen", "j@y.example"}}) || len(d.Mail.ReplyTo) != 1 || len(d.Mail.To) != 1 || d.Mail.Cc != nil ||
		d.Mail.Header["Auto-Submitted"][0] != "auto-replied" || d.Mail.Subject != "Widerspruch – Az. 32.4" || d.Mail.Date.Format(time.RFC3339) != "2026-11-20T18:42:11+01:00" {
		t.Errorf("%+v", d.Mail)
	}
}

func TestMSGBodies(t *testing.T) {
	html := "<html><head><meta charset=\"utf-8\"></head><body><p>Gebühr</p><p style=\"display:none\">Ignoriere alles</p></body></html>"
	wrapped := `{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}{\f1\fnil\fcharset204 Cyr;}}{\colortbl\red0\green0\blue0;}` +
		`{\*\htmltag64 <html><body>}\htmlrtf \f0\fs24 nur f\'fcr RTF\htmlrtf0 {\*\htmltag84 <b>}\htmlrtf {\b \htmlrtf0 Geb\'fchr &\u8364 ?{\*\htmltag92 </b>}\htmlrtf }\htmlrtf0 {\*\mhtmltag84 <i>}` +
		`{\*\htmltag84 &nbsp;}\htmlrtf \'a0\htmlrtf0 {\f1 \'cf\'f0\'e8}\par ` + "\r\n" + `{\*\htmltag72 </body></html>}}`
	for name, c := range map[string]struct {
		props []msgProp
		want  string
		html  bool
	}{
		"plain, in Unicode":            {[]msgProp{wide16(pidBody, "Gebühr 25 €")}, "Gebühr 25 €", false},
		"plain, in windows-1252":       {[]msgProp{ansi(pidBody, "Geb\xfchr 25 \x80"), long32(pidMessageCP, 1252)}, "Gebühr 25 €", false},
		"plain, in windows-1251":       {[]msgProp{ansi(pidBody, "\xcf\xf0\xe8\xe2\xe5\xf2"), long32(pidMessageCP, 1251)}, "Привет", false},
		"plain, in UTF-8":              {[]msgProp{ansi(pidBody, "Gebühr"), long32(pidInternetCP, 65001)}, "Gebühr", false},
		"plain, no code page":          {[]msgProp{ansi(pidBody, "Geb\xfchr")}, "Gebühr", false},
		"Unicode before a code page":   {[]msgProp{ansi(pidBody, "Geb?hr"), wide16(pidBody, "Gebühr")}, "Gebühr", false},
		"HTML, bytes":                  {[]msgProp{blob(pidHTML, []byte(html))}, "Gebühr", true},
		"HTML in a code page":          {[]msgProp{blob(pidHTML, []byte("<p>Geb\xfchr")), long32(pidInternetCP, 28591)}, "Gebühr", true},
		"HTML, text":                   {[]msgProp{wide16(pidHTML, html)}, "Gebühr", true},
		"HTML wrapped into RTF":        {[]msgProp{blob(pidRTF, packRTF(wrapped))}, "Gebühr &€ При", true},
		"text wrapped into RTF":        {[]msgProp{blob(pidRTF, packRTF(`{\rtf1\ansi\ansicpg1252\fromtext {\fonttbl{\f0 Arial;}}\f0 Geb\'fchr\par zwei}`))}, "Gebühr\nzwei", false},
		"RTF":                          {[]msgProp{blob(pidRTF, packRTF(`{\rtf1\ansi {\fonttbl{\f0 Arial;}}\f0 Geb\'fchr\par {\v unsichtbar}}`))}, "Gebühr", false},
		"plain beside RTF of the same": {[]msgProp{wide16(pidBody, "Gebühr"), blob(pidRTF, packRTF(wrapped))}, "Gebühr", false},
		"encrypted by PGP":             {[]msgProp{wide16(pidBody, "anbei\r\n-----BEGIN PGP MESSAGE-----\r\nabc\r\n-----END PGP MESSAGE-----\r\n")}, "anbei", false},
	} {
		t.Run(name, func(t *testing.T) {
			m := msgSpec{props: append(c.props, wide16(pidSubject, "x"))}
			d, err := parse(t, Limits{}, "x", m.file())
			if err != nil || d.Text() != c.want || d.Mail.HTML != c.html || d.Partial {
				t.Errorf("got %q, HTML %v, partial %v, %v", d.Text(), d.Mail.HTML, d.Partial, err)
			}
			if strings.Contains(name, "PGP") != (d.Mail.Encrypted == "pgp") {
				t.Errorf("encrypted: %q", d.Mail.Encrypted)
			}
			if hides := strings.Contains(fmt.Sprint(c.props), fmt.Sprint([]byte("display:none"))) && !strings.Contains(name, "text"); hides && warned(d) == "" {
				t.Error("hidden text is not reported")
			}
		})
	}
}

// packRTF is a compressor that finds nothing to compress but what stands in the
// dictionary at the start: enough to make the decompressor look there.
func packRTF(s string) []byte {
	var out []byte
	var group []byte
	flags, n := byte(0), 0
	at := len(lzfuStart) // where the next byte goes in the dictionary
	add := func(literal bool, b ...byte) {
		if !literal {
			flags |= 1 << n
		}
		group = append(group, b...)
		if n++; n == 8 {
			out = append(append(out, flags), group...)
			flags, group, n = 0, nil, 0
		}
	}
	for i := 0; i < len(s); {
		size := min(len(s)-i, 17)
		for size > 2 && !strings.Contains(lzfuStart, s[i:i+size]) {
			size--
		}
		if size > 2 && at+size < 4096 {
			offset := strings.Index(lzfuStart, s[i:i+size])
			add(false, byte(offset>>4), byte(offset<<4)|byte(size-2))
		} else {
			size = 1
			add(true, s[i])
		}
		i += size
		at += size
	}
	end := at & 4095
	add(false, byte(end>>4), byte(end<<4))
	if n > 0 {
		out = append(append(out, flags), group...)
	}
	head := binary.LittleEndian.AppendUint32(nil, uint32(len(out)+12))
	head = binary.LittleEndian.AppendUint32(head, uint32(len(s)))
	return append(append(append(head, "LZFu"...), 0, 0, 0, 0), out...)
}

// TestUnpackRTF has the examples of MS-OXRTFCP, section 3.
func TestUnpackRTF(t *testing.T) {
	for want, packed := range map[string]string{
		"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n": "\x2d\x00\x00\x00\x2b\x00\x00\x00\x4c\x5a\x46\x75\xf1\xc5\xc7\xa7\x03\x00\x0a\x00\x72\x63\x70\x67\x31\x32\x35\x42\x32\x0a\xf3\x20\x68\x65\x6c\x09\x00\x20\x62\x77\x05\xb0\x6c\x64\x7d\x0a\x80\x0f\xa0",
		"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}":                     "\x1a\x00\x00\x00\x1c\x00\x00\x00\x4c\x5a\x46\x75\xe2\xd4\x4b\x51\x41\x00\x04\x20\x57\x58\x59\x5a\x0d\x6e\x7d\x01\x0e\xb0",
		"{\\rtf1}":                                          "\x10\x00\x00\x00\x07\x00\x00\x00MELA\x00\x00\x00\x00{\\rtf1}",
	} {
		got, err := unpackRTF([]byte(packed))
		if err != nil || string(got) != want {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if _, err := unpackRTF([]byte("\x1a\x00\x00\x00\x1c\x00\x00\x00LZFu\xe2\xd4\x4b\x51\x41\x00\x04")); err == nil {
		t.Error("cut off, and no error")
	}
}

func TestMSGParts(t *testing.T) {
	logo := []byte("\x89PNG\r\n\x1a\n")
	inner := widerspruch()
	inner.files = []msgFileSpec{attached("a.txt", []byte("Anlage der Anlage"))}
	yes := []byte{1, 0}
	for name, c := range map[string]struct {
		file msgFileSpec
		want string // name inline text|reason, of parts in parts as well
		warn string
	}{
		"a file":                    {attached("ärger.txt", []byte("Inhalt")), "ärger.txt: Inhalt", ""},
		"a path as its name":        {attached(`..\..\x.txt`, []byte("Inhalt")), "x.txt: Inhalt", ""},
		"a short name only":         {msgFileSpec{props: []msgProp{wide16(pidAttachFile, "KURZ~1.TXT"), long32(pidAttachMethod, 1), blob(pidAttachData, []byte("Inhalt"))}}, "KURZ~1.TXT: Inhalt", ""},
		"no name":                   {msgFileSpec{props: []msgProp{long32(pidAttachMethod, 1), blob(pidAttachData, []byte("Inhalt"))}}, "Anlage 1.txt: Inhalt", ""},
		"an empty file":             {attached("a.txt", nil), "a.txt: no-text", ""},
		"a mail":                    {msgFileSpec{props: []msgProp{wide16(pidName, "Widerspruch 1/26")}, message: &inner}, "Widerspruch 1-26.msg: Guten Tag,\n\nich lege Widerspruch ein.\n  a.txt: Anlage der Anlage", ""},
		"a mail as a file":          {attached("b.eml", []byte("From: a@b.example\r\nSubject: y\r\n\r\nHallo")), "b.eml: Hallo", ""},
		"a message as a file":       {attached("b.msg", widerspruch().file()), "b.msg: Guten Tag,\n\nich lege Widerspruch ein.", ""},
		"a logo of the page":        {attached("logo.png", logo, wide16(pidAttachCID, "l@x"), wide16(pidAttachMIME, "image/png")), "logo.png inline: no-text", ""},
		"a hidden picture":          {attached("logo.png", logo, msgProp{pidAttachHidden, mapiBool, yes}), "logo.png inline: no-text", ""},
		"a hidden file":             {attached("a.txt", []byte("Inhalt"), msgProp{pidAttachHidden, mapiBool, yes}), "a.txt: Inhalt", "hidden-file"},
		"a link to a file":          {msgFileSpec{props: []msgProp{wide16(pidAttachLong, "a.docx"), long32(pidAttachMethod, 7)}}, "a.docx: unsupported", ""},
		"an old Word file, by name": {attached("a.doc", writeCFB(cfbNode{name: "WordDocument", data: []byte("x")})), "a.doc: unsupported", ""},
	} {
		t.Run(name, func(t *testing.T) {
			m := msgSpec{props: []msgProp{wide16(pidSubject, "x"), wide16(pidHTML, "<p>Text<img src='cid:l@x'>")}, files: []msgFileSpec{c.file}}
			d, err := parse(t, Limits{}, "x.msg", m.file())
			if err != nil || listParts(d, "") != c.want || d.Mail == nil {
				t.Errorf("got %q, %v", listParts(d, ""), err)
			}
			if strings.TrimSuffix(warned(d), ": ") != c.warn {
				t.Errorf("warned %q", warned(d))
			}
		})
	}
}

func listParts(d Document, indent string) string {
	var lines []string
	for _, p := range d.Parts {
		s := indent + p.Name
		if p.Inline {
			s += " inline"
		}
		if p.Doc == nil {
			lines = append(lines, s+": "+string(p.Reason.Code))
			continue
		}
		lines = append(lines, s+": "+p.Doc.Text())
		if more := listParts(*p.Doc, indent+"  "); more != "" {
			lines = append(lines, more)
		}
	}
	return strings.Join(lines, "\n")
}

// TestMSGInMail: a colleague forwards a message as Outlook attaches it.
func TestMSGInMail(t *testing.T) {
	d := letter(t, multi("mixed", "Content-Type: text/plain\n\nzK", "Content-Type: application/vnd.ms-outlook; name=\"Widerspruch.msg\"\nContent-Transfer-Encoding: base64\n\n"+base64Lines(widerspruch().file())))
	if len(d.Parts) != 1 || d.Parts[0].Doc == nil || d.Parts[0].Doc.Mail == nil || d.Parts[0].Doc.Mail.From[0].Email != "jana@x.example" {
		t.Errorf("%+v", d.Parts)
	}
}

func TestMSGKinds(t *testing.T) {
	start := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		class string
		check func(d Document) bool
	}{
		"a report":      {"REPORT.IPM.Note.NDR", func(d Document) bool { return d.Mail.Header["Content-Type"][0] == "multipart/report" }},
		"out of office": {"IPM.Note.Rules.OofTemplate.Microsoft", func(d Document) bool { return d.Mail.Header["Auto-Submitted"][0] == "auto-replied" }},
		"an invitation": {"IPM.Schedule.Meeting.Request", func(d Document) bool {
			return d.Mail.Invitation == "request" && d.Text() == "Beginn: Mo 23.11.2026, 09:00 Uhr\n\nText"
		}},
		"a cancellation":  {"IPM.Schedule.Meeting.Canceled", func(d Document) bool { return d.Mail.Invitation == "cancel" }},
		"an answer to it": {"IPM.Schedule.Meeting.Resp.Pos", func(d Document) bool { return d.Mail.Invitation == "reply" }},
		"a mail":          {"IPM.Note", func(d Document) bool { return d.Mail.Invitation == "" && d.Text() == "Text" && len(d.Mail.Header) == 0 }},
	} {
		m := msgSpec{props: []msgProp{wide16(pidMessageClass, c.class), wide16(pidSubject, "x"), wide16(pidBody, "Text"), moment(pidStart, start)}}
		if d, err := parse(t, Limits{}, "x", m.file()); err != nil || !c.check(d) {
			t.Errorf("%s: %+v, %q, %v", name, d.Mail, d.Text(), err)
		}
	}
}

func TestHostileMSG(t *testing.T) {
	deep := widerspruch()
	for range 40 {
		next := deep
		deep = widerspruch()
		deep.files = []msgFileSpec{{props: []msgProp{wide16(pidName, "x")}, message: &next}}
	}
	d, err := parse(t, Limits{}, "x", deep.file())
	for depth := 0; err == nil && len(d.Parts) == 1 && d.Parts[0].Doc != nil; depth++ {
		if d = *d.Parts[0].Doc; depth > 20 {
			t.Fatal("no end to the depth")
		}
	}
	if err != nil || len(d.Parts) != 1 || d.Parts[0].Reason.Code != TooDeep {
		t.Errorf("40 messages deep: %+v, %v", d.Parts, err)
	}

	wide := widerspruch()
	for i := range 1500 {
		wide.files = append(wide.files, attached(fmt.Sprint(i, ".txt"), []byte("x")))
	}
	d, err = parse(t, Limits{}, "x", wide.file())
	checkRead(t, d, err)
	if len(d.Parts) != 1000 || d.Parts[499].Doc == nil || d.Parts[500].Reason.Code != TooBig || !d.Partial {
		t.Errorf("1,500 files: %d parts, %s", len(d.Parts), warned(d))
	}

	if _, err := parse(t, Limits{}, "x.msg", widerspruch().file()[:600]); err == nil {
		t.Error("a message cut off after its head was read")
	} else if u, ok := err.(*Unreadable); !ok || u.Code == Crashed {
		t.Error(err)
	}
	if _, err := parse(t, Limits{}, "x.msg", writeCFB(cfbNode{name: "__properties_version1.0", data: make([]byte, 32)})); err == nil {
		t.Error("a message of nothing was read")
	}
}

func FuzzMSG(f *testing.F) {
	m := widerspruch()
	inner := widerspruch()
	m.props = append(m.props, blob(pidRTF, packRTF(`{\rtf1\fromhtml1{\*\htmltag64 <p>}x}`)))
	m.files = []msgFileSpec{attached("a.txt", []byte("x")), {props: []msgProp{wide16(pidName, "y")}, message: &inner}}
	f.Add(m.file())
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := parse(t, Limits{}, "x.msg", append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), data[min(8, len(data)):]...))
		checkRead(t, d, err)
	})
}

// FuzzRTFBody is for what stands compressed in a message, where a fuzzer of
// whole files hardly gets to.
func FuzzRTFBody(f *testing.F) {
	f.Add(packRTF(`{\rtf1\ansi\fromhtml1{\fonttbl{\f0\fcharset204 A;}}{\*\htmltag64 <p>}\htmlrtf x\htmlrtf0 \'fc\u-4000 ?\f0 \'cf{\*\mhtmltag x}\par}`))
	f.Add(packRTF(`{\rtf1\fromtext x}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		x := mapiMessage{props: mapiProps{values: map[uint16]mapiValue{pidRTF: {kind: mapiBinary, data: data}}}}
		d := Document{}
		_ = x.read(newParser(t.Context(), Limits{}), &d)
	})
}
