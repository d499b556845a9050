package document

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// readMSG reads a message as Outlook saves it (MS-OXMSG): properties in a
// compound file.
func readMSG(p *parser, d *Document, data []byte) error {
	c, err := openCFB(data)
	if err != nil {
		return unreadable(Damaged, err)
	}
	err = msgFile{c, p}.message(0, 32, 0).read(p, d)
	if err == nil && d.Mail.empty() && !d.hasText() && len(d.Parts) == 0 {
		d.Mail = nil
		err = unreadable(Damaged, plain("message without properties"))
	}
	return err
}

// empty reports whether nothing is known of a mail.
func (m *Mail) empty() bool {
	return len(m.From) == 0 && len(m.To) == 0 && m.Subject == "" && m.Date.IsZero()
}

type msgFile struct {
	*cfb
	p *parser
}

// message gathers a message from its storage. head is the length of what stands
// before its properties.
func (f msgFile) message(storage, head, codePage int) mapiMessage {
	x := mapiMessage{props: f.props(storage, head, codePage)}
	x.props.setCodePage()
	page := x.props.codePage
	for _, k := range f.kids[storage] {
		switch name := f.entries[k].name; {
		case strings.HasPrefix(name, "__recip_version1.0_") && len(x.recipients) < 5*maxAddresses:
			x.recipients = append(x.recipients, f.props(k, 8, page))
		case strings.HasPrefix(name, "__attach_version1.0_"):
			x.attachments = append(x.attachments, f.attachment(k, page))
		}
	}
	return x
}

func (f msgFile) attachment(storage, page int) mapiAttachment {
	a := mapiAttachment{props: f.props(storage, 8, page)}
	inner := f.find(storage, "__substg1.0_3701000D")
	if a.props.int(pidAttachMethod) == attachMessage && inner >= 0 {
		a.message = func(p *parser, d *Document, _ []byte) error {
			return f.message(inner, 24, page).read(p, d)
		}
	}
	return a
}

// props returns the properties of a storage: short ones lie in one stream, each
// of the others in its own, named by number and kind. Those are read when they
// are asked for.
func (f msgFile) props(storage, head, page int) mapiProps {
	m := mapiProps{values: make(map[uint16]mapiValue), codePage: page}
	for _, k := range f.kids[storage] {
		tag, ok := strings.CutPrefix(f.entries[k].name, "__substg1.0_")
		n, err := strconv.ParseUint(tag, 16, 32)
		if !ok || err != nil || len(tag) != 8 || f.entries[k].kind != cfbStream {
			continue
		}
		id, kind := uint16(n>>16), uint16(n)
		if have := m.values[id].kind; have == mapiText16 {
			continue // and not the same in a code page
		}
		m.values[id] = mapiValue{kind: kind, load: func() []byte { return f.load(k) }}
	}
	short := f.stream(max(f.find(storage, "__properties_version1.0"), 0))
	for short = short[min(head, len(short)):]; len(short) >= 16; short = short[16:] {
		kind, id := binary.LittleEndian.Uint16(short), binary.LittleEndian.Uint16(short[2:])
		switch kind {
		case mapiShort, mapiLong, mapiBool, mapiTime:
			m.values[id] = mapiValue{kind: kind, data: short[8:16]}
		}
	}
	return m
}

// load returns a stream within the budget of what is unpacked: one stream may be
// named by many entries.
func (f msgFile) load(entry int) []byte {
	size := min(f.entries[entry].size, int64(len(f.data)))
	if f.p.inflated += size; f.p.inflated > int64(f.p.lim.Inflated) || f.p.err() != nil {
		return nil
	}
	return f.stream(entry)
}
