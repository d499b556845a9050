package document

import (
	"encoding/binary"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// A mapiProps is the properties of a message, a recipient or an attachment in
// Outlook's terms (MS-OXPROPS), as a .msg file and winmail.dat have them.
type mapiProps struct {
	values   map[uint16]mapiValue
	codePage int // of texts that are not Unicode
}

// A mapiValue is a property. load, if there is one, gets its bytes, which may be
// many, when they are asked for.
type mapiValue struct {
	kind uint16
	data []byte
	load func() []byte
}

// Kinds of values (MS-OXCDATA 2.11.1).
const (
	mapiShort   = 0x02
	mapiLong    = 0x03
	mapiBool    = 0x0b
	mapiObject  = 0x0d
	mapiText8   = 0x1e
	mapiText16  = 0x1f
	mapiTime    = 0x40
	mapiBinary  = 0x102
	mapiLists   = 0x1000 // a bit
	maxMAPIText = 32 << 10
)

// Properties that are read.
const (
	pidMessageClass  = 0x001a
	pidSubject       = 0x0037
	pidSubmitTime    = 0x0039
	pidFromName      = 0x0042
	pidStart         = 0x0060
	pidEnd           = 0x0061
	pidFromType      = 0x0064
	pidFromEmail     = 0x0065
	pidFromSMTP      = 0x5d02
	pidHeaders       = 0x007d
	pidSenderName    = 0x0c1a
	pidSenderType    = 0x0c1e
	pidSenderEmail   = 0x0c1f
	pidSenderSMTP    = 0x5d01
	pidRecipientType = 0x0c15
	pidDeliveryTime  = 0x0e06
	pidFlags         = 0x0e07
	pidBody          = 0x1000
	pidRTF           = 0x1009
	pidHTML          = 0x1013
	pidMessageID     = 0x1035
	pidReferences    = 0x1039
	pidInReplyTo     = 0x1042
	pidName          = 0x3001
	pidAddressType   = 0x3002
	pidEmail         = 0x3003
	pidSMTP          = 0x39fe
	pidAttachData    = 0x3701
	pidAttachFile    = 0x3704
	pidAttachMethod  = 0x3705
	pidAttachLong    = 0x3707
	pidAttachMIME    = 0x370e
	pidAttachCID     = 0x3712
	pidAttachFlags   = 0x3714
	pidAttachHidden  = 0x7ffe
	pidInternetCP    = 0x3fde
	pidMessageCP     = 0x3ffd
)

func (m mapiProps) bytes(id uint16) []byte {
	v := m.values[id]
	if v.data == nil && v.load != nil {
		return v.load()
	}
	return v.data
}

// text returns a text, whole.
func (m mapiProps) text(id uint16) string {
	switch data := m.bytes(id); m.values[id].kind {
	case mapiText16:
		return utf16Text(data)
	case mapiText8:
		return strings.TrimRight(codePageText(m.codePage, data), "\x00")
	}
	return ""
}

// line returns a text as one clean line, cut to what a header may have.
func (m mapiProps) line(id uint16) string { return cut(oneLine(m.text(id)), maxMAPIText) }

func (m mapiProps) int(id uint16) int {
	data := m.bytes(id)
	switch m.values[id].kind {
	case mapiLong:
		if len(data) >= 4 {
			return int(int32(binary.LittleEndian.Uint32(data)))
		}
	case mapiShort, mapiBool:
		if len(data) >= 2 {
			return int(binary.LittleEndian.Uint16(data))
		}
	}
	return 0
}

func (m mapiProps) time(id uint16) time.Time {
	if data := m.bytes(id); m.values[id].kind == mapiTime && len(data) >= 8 {
		return fileTime(binary.LittleEndian.Uint64(data))
	}
	return time.Time{}
}

// fileTime counts tenths of microseconds from 1601; zero where that is no time
// of a mail.
func fileTime(n uint64) time.Time {
	const epoch = 11_644_473_600 // seconds from 1601 to 1970
	s := int64(n/10_000_000) - epoch
	if s < 0 || s > 1<<33 {
		return time.Time{}
	}
	return time.Unix(s, int64(n%10_000_000)*100).UTC()
}

// setCodePage takes the code page that a message names for its texts.
func (m *mapiProps) setCodePage() {
	for _, id := range []uint16{pidMessageCP, pidInternetCP} {
		if n := m.int(id); n > 0 && n != 1200 {
			m.codePage = n
			return
		}
	}
}

// html returns the HTML body, which is bytes in a code page of its own or text.
func (m mapiProps) html() string {
	data := m.bytes(pidHTML)
	if m.values[pidHTML].kind != mapiBinary {
		return m.text(pidHTML)
	}
	charset := metaCharset(data)
	if n := m.int(pidInternetCP); n > 0 && charset == "" {
		charset = codePageName(n)
	}
	return strings.TrimRight(toUTF8(data, charset), "\x00")
}

// address joins a name and what of its addresses is one of the Internet.
func (m mapiProps) address(name, kind, email, smtp uint16) Address {
	a := Address{Name: cut(m.line(name), 300), Email: cleanEmail(m.line(smtp))}
	if e := m.line(email); a.Email == "" && strings.Contains(e, "@") && !strings.EqualFold(m.line(kind), "EX") {
		a.Email = cleanEmail(e)
	}
	if n := strings.Trim(a.Name, "'\""); strings.EqualFold(n, a.Email) {
		a.Name = ""
	} else if a.Email == "" && strings.Contains(n, "@") && !strings.Contains(n, " ") {
		return Address{Email: cleanEmail(n)}
	}
	return a
}

func utf16Text(data []byte) string {
	w := make([]uint16, 0, len(data)/2)
	for ; len(data) >= 2; data = data[2:] {
		w = append(w, binary.LittleEndian.Uint16(data))
	}
	return strings.TrimRight(string(utf16.Decode(w)), "\x00")
}

// codePageName returns a charset's name as [lookup] knows it.
func codePageName(page int) string {
	switch page {
	case 437, 850:
		return "cp" + strconv.Itoa(page)
	case 932:
		return "shift_jis"
	case 936:
		return "gbk"
	case 949:
		return "euc-kr"
	case 950:
		return "big5"
	case 10000:
		return "macintosh"
	case 20866:
		return "koi8-r"
	case 20127:
		return "us-ascii"
	case 65001:
		return "utf-8"
	}
	if page > 28590 && page <= 28606 {
		return "iso-8859-" + strconv.Itoa(page-28590)
	}
	return "windows-" + strconv.Itoa(page)
}

// codePageText decodes text in a code page of Windows.
func codePageText(page int, data []byte) string {
	name := codePageName(page)
	if name == "utf-8" {
		return strings.ToValidUTF8(string(data), "\uFFFD")
	}
	if e := lookup(name); e != nil {
		return decode(e, data)
	}
	return toUTF8(data, "")
}
