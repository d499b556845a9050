package document

import (
	"encoding/binary"
	"strings"
	"time"
)

// Attributes of TNEF (MS-OXTNEF 2.1.3.2); the high half is the kind.
const (
	tnefCodePage   = 0x00069007
	tnefClass      = 0x00078008
	tnefSubject    = 0x00018004
	tnefSent       = 0x00038005
	tnefBody       = 0x0002800c
	tnefProps      = 0x00069003
	tnefRecipients = 0x00069004
	tnefRender     = 0x00069002
	tnefTitle      = 0x00018010
	tnefData       = 0x0006800f
	tnefAttachment = 0x00069005

	maxTNEFProps = 20_000 // of all messages in one
)

const errTNEF = plain("broken TNEF")

// readTNEF reads winmail.dat, in which Exchange and Outlook pack a mail's text
// and files. It stands alone or is a part of a mail; see [mailReader.tnef].
func readTNEF(p *parser, d *Document, data []byte) error {
	t := tnefReader{p: p}
	x, broken := t.message(data)
	if broken != nil && len(x.props.values) == 0 && len(x.attachments) == 0 {
		return broken
	}
	err := x.read(p, d)
	if d.Mail.empty() { // only a wrapping
		d.Mail = nil
	}
	return or(err, broken)
}

// A tnefReader takes a stream apart. It is its own because the modules for it
// are not to be had; sizes are checked against what is there, so that it needs
// no memory beyond the properties.
type tnefReader struct {
	p     *parser
	count int // properties so far
}

// message reads a stream to its end or to where it breaks off, which is an error
// beside what was read.
func (t *tnefReader) message(data []byte) (x mapiMessage, err error) {
	x = mapiMessage{props: mapiProps{values: make(map[uint16]mapiValue), codePage: 1252}}
	if len(data) < 6 || string(data[:4]) != "\x78\x9f\x3e\x22" {
		return x, errTNEF
	}
	defer func() {
		if n := len(x.attachments); err != nil && n > 0 && len(x.attachments[n-1].props.bytes(pidAttachData)) == 0 {
			x.attachments[n-1].broken = true
		}
	}()
	for data = data[6:]; len(data) > 0; {
		if err := t.p.err(); err != nil {
			return x, err
		}
		if len(data) < 11 {
			return x, errTNEF
		}
		attribute, size := binary.LittleEndian.Uint32(data[1:]), int64(binary.LittleEndian.Uint32(data[5:]))
		if size > int64(len(data)-11) {
			return x, errTNEF
		}
		value := data[9 : 9+size]
		// The two bytes of a sum that follow are often wrong, and prove nothing.
		data = data[11+size:]
		if err := t.attribute(&x, attribute, value); err != nil {
			return x, err
		}
	}
	return x, nil
}

func (t *tnefReader) attribute(x *mapiMessage, attribute uint32, value []byte) error {
	text := func(id uint16) {
		if _, ok := x.props.values[id]; !ok {
			x.props.values[id] = mapiValue{kind: mapiText8, data: value}
		}
	}
	switch attribute {
	case tnefCodePage:
		if n, ok := take32(&value); ok && n > 0 && n < 1<<16 {
			x.props.codePage = int(n)
		}
	case tnefClass:
		text(pidMessageClass)
	case tnefSubject:
		text(pidSubject)
	case tnefBody:
		text(pidBody)
	case tnefSent:
		if at := tnefTime(value); !at.IsZero() {
			x.props.values[pidSubmitTime] = mapiValue{kind: mapiTime, data: at.data()}
		}
	case tnefProps:
		return t.props(&x.props, &value)
	case tnefRecipients:
		return t.rows(x, value)
	case tnefRender:
		if len(x.attachments) < maxEntities {
			x.attachments = append(x.attachments, mapiAttachment{props: mapiProps{codePage: x.props.codePage, values: map[uint16]mapiValue{pidAttachMethod: {kind: mapiLong, data: []byte{attachValue, 0, 0, 0}}}}})
		}
	case tnefTitle, tnefData, tnefAttachment:
		if n := len(x.attachments); n > 0 {
			return t.attachment(&x.attachments[n-1], attribute, value)
		}
	}
	return nil
}

func (t *tnefReader) attachment(a *mapiAttachment, attribute uint32, value []byte) error {
	v := a.props.values
	switch attribute {
	case tnefTitle:
		v[pidAttachFile] = mapiValue{kind: mapiText8, data: value}
	case tnefData:
		v[pidAttachData] = mapiValue{kind: mapiBinary, data: value}
	case tnefAttachment:
		data := v[pidAttachData]
		err := t.props(&a.props, &value)
		object := v[pidAttachData]
		if data.data != nil {
			v[pidAttachData] = data
		}
		if a.props.int(pidAttachMethod) == attachMessage && len(object.data) > 16 {
			inner := object.data[16:] // after the number of its interface
			a.message = func(p *parser, d *Document, _ []byte) error { return readTNEF(p, d, inner) }
		}
		return err
	}
	return nil
}

// rows reads the table of recipients.
func (t *tnefReader) rows(x *mapiMessage, value []byte) error {
	n, ok := take32(&value)
	for ; ok && n > 0 && len(x.recipients) < maxAddresses; n-- {
		r := mapiProps{values: make(map[uint16]mapiValue), codePage: x.props.codePage}
		if err := t.props(&r, &value); err != nil {
			return err
		}
		x.recipients = append(x.recipients, r)
	}
	return nil
}

// props reads a list of properties into m, and value on to what follows it.
func (t *tnefReader) props(m *mapiProps, value *[]byte) error {
	n, ok := take32(value)
	for ; ok && n > 0; n-- {
		if t.count++; t.count > maxTNEFProps {
			return unreadable(TooBig, plain("too many properties"))
		}
		tag, found := take32(value)
		kind, id := uint16(tag), uint16(tag>>16)
		if !found || id >= 0x8000 && !skipName(value) {
			return errTNEF
		}
		data, fits := takeValue(kind, value)
		if !fits {
			return errTNEF
		}
		if kind&mapiLists == 0 {
			m.values[id] = mapiValue{kind: kind, data: data}
		}
	}
	if !ok {
		return errTNEF
	}
	return nil
}

// skipName skips the name of a property that has no fixed number.
func skipName(value *[]byte) bool {
	if _, ok := takeBytes(value, 16); !ok {
		return false
	}
	kind, ok := take32(value)
	if !ok {
		return false
	}
	n, ok := take32(value)
	if ok && kind == 1 {
		_, ok = takeBytes(value, padded(int64(n)))
	}
	return ok
}

// takeValue takes a value: of a list the first.
func takeValue(kind uint16, value *[]byte) (data []byte, ok bool) {
	size := int64(4)
	switch kind &^ mapiLists {
	case mapiText8, mapiText16, mapiBinary, mapiObject:
		n, ok := take32(value)
		for i := uint32(0); ok && i < n; i++ {
			var size uint32
			var one []byte
			if size, ok = take32(value); ok {
				if one, ok = takeBytes(value, padded(int64(size))); ok && i == 0 {
					data = one[:size]
				}
			}
		}
		return data, ok
	case 5, 6, 7, 0x14, mapiTime:
		size = 8
	case 0x48:
		size = 16
	}
	n := int64(1)
	if kind&mapiLists != 0 {
		many, ok := take32(value)
		if !ok {
			return nil, false
		}
		n = int64(many)
	}
	return takeBytes(value, n*size)
}

func padded(n int64) int64 { return (n + 3) &^ 3 }

func take32(value *[]byte) (uint32, bool) {
	b, ok := takeBytes(value, 4)
	if !ok {
		return 0, false
	}
	return binary.LittleEndian.Uint32(b), true
}

func takeBytes(value *[]byte, n int64) ([]byte, bool) {
	if n < 0 || n > int64(len(*value)) {
		return nil, false
	}
	b := (*value)[:n:n]
	*value = (*value)[n:]
	return b, true
}

// tnefTime reads a date of seven small numbers. They have no zone.
func tnefTime(b []byte) winTime {
	if len(b) < 12 {
		return winTime{}
	}
	n := func(i int) int { return int(binary.LittleEndian.Uint16(b[2*i:])) }
	if n(0) < 1970 || n(0) > 2200 {
		return winTime{}
	}
	return winTime{time.Date(n(0), time.Month(n(1)), n(2), n(3), n(4), n(5), 0, time.UTC)}
}

// A winTime is a time that can be written as properties have it.
type winTime struct{ time.Time }

func (t winTime) data() []byte {
	return binary.LittleEndian.AppendUint64(nil, uint64(t.Unix()+11_644_473_600)*10_000_000)
}

// tnef opens winmail.dat in a mail: its files are files of the mail, and its
// text is the mail's, should that have none. It reports false if it is none, or
// so damaged that nothing is in it.
func (m *mailReader) tnef(e *entity) bool {
	name := strings.ToLower(e.name())
	if e.media.value != "application/ms-tnef" && e.media.value != "application/vnd.ms-tnef" && name != "winmail.dat" && name != "win.dat" {
		return false
	}
	data := e.decode()
	t := tnefReader{p: m.p}
	x, broken := t.message(data)
	if broken != nil && len(x.attachments) == 0 {
		return false
	}
	if broken != nil {
		m.partial()
	}
	m.spare = func() []mailText { return x.texts(m) }
	for _, a := range x.attachments {
		m.files = append(m.files, a.file(m))
	}
	return true
}
