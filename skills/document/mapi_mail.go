package document

import (
	"strings"
	"time"
)

// A mapiMessage is a message as Outlook keeps it.
type mapiMessage struct {
	props       mapiProps
	recipients  []mapiProps
	attachments []mapiAttachment
}

// A mapiAttachment is a file or a message in a message.
type mapiAttachment struct {
	props mapiProps
	// message, if it is not nil, reads the message that is attached.
	message reader
	broken  bool // its content is not all there
}

// How an attachment is there (PidTagAttachMethod).
const (
	attachValue   = 1
	attachMessage = 5
	attachOLE     = 6
)

// read makes the message a mail like one that came by SMTP: the same head, the
// same choice between its texts, the same view of its files.
func (x mapiMessage) read(p *parser, d *Document) error {
	m := &mailReader{p: p, d: d, mail: x.head()}
	d.Mail = m.mail
	class := strings.ToLower(x.props.line(pidMessageClass))
	if strings.HasPrefix(class, "ipm.note.smime") && len(x.attachments) == 1 && x.attachments[0].message == nil {
		return x.signed(m)
	}
	err := m.page(x.texts(m))
	for _, a := range x.attachments {
		if err != nil {
			break
		}
		err = m.attach(a.file(m))
	}
	return err
}

// signed reads a message that Outlook keeps as it came, in its only attachment,
// because it is signed or encrypted.
func (x mapiMessage) signed(m *mailReader) error {
	data := x.attachments[0].props.bytes(pidAttachData)
	e := &entity{media: typedValue{value: "application/pkcs7-mime"}, body: data}
	if detectPKCS7(data[:min(len(data), 4096)]) == "" {
		e = (&mimeWalk{}).parse(data, 1, "")
	}
	return m.whole(e)
}

// head returns what stands above the message: the headers that it came with, and
// what only its properties say. One that never left the house has no headers.
func (x mapiMessage) head() *Mail {
	p := x.props
	h, _ := cutHeader([]byte(cut(p.text(pidHeaders), maxHeader)), false)
	m := mailHeadOf(h)
	if len(m.From) == 0 || m.From[0].Email == "" {
		from := p.address(pidFromName, pidFromType, pidFromEmail, pidFromSMTP)
		if from.Email == "" {
			if s := p.address(pidSenderName, pidSenderType, pidSenderEmail, pidSenderSMTP); s.Email != "" && (from.Name == "" || s.Name == from.Name) {
				from = s
			}
		}
		if from != (Address{}) {
			m.From = []Address{from}
		}
	}
	if len(m.To) == 0 && len(m.Cc) == 0 {
		x.addressees(m)
	}
	m.Subject = or(m.Subject, cut(p.line(pidSubject), 1000))
	if m.Date.IsZero() {
		m.Date = p.time(pidSubmitTime)
	}
	if ids := messageIDs(p.line(pidMessageID)); m.MessageID == "" && len(ids) > 0 {
		m.MessageID = ids[0]
	}
	if ids := messageIDs(p.line(pidInReplyTo)); m.InReplyTo == "" && len(ids) > 0 {
		m.InReplyTo = ids[0]
	}
	if len(m.References) == 0 {
		m.References = messageIDs(p.line(pidReferences))
	}
	x.fields(m)
	if strings.HasPrefix(strings.ToLower(h.get("content-type")), "multipart/encrypted") {
		m.Encrypted = "pgp"
	}
	return m
}

func (x mapiMessage) addressees(m *Mail) {
	for _, r := range x.recipients {
		a := r.address(pidName, pidAddressType, pidEmail, pidSMTP)
		if a == (Address{}) || len(m.To)+len(m.Cc) >= maxAddresses {
			continue
		}
		switch r.int(pidRecipientType) {
		case 1:
			m.To = append(m.To, a)
		case 2:
			m.Cc = append(m.Cc, a)
		}
	}
}

// fields fills header fields that rules look at from what Outlook has for them.
func (x mapiMessage) fields(m *Mail) {
	set := func(key, value string) {
		if len(m.Header[key]) == 0 {
			m.Header[key] = []string{value}
		}
	}
	switch class := strings.ToLower(x.props.line(pidMessageClass)); {
	case strings.HasPrefix(class, "report."):
		set("Content-Type", "multipart/report")
	case strings.HasPrefix(class, "ipm.note.rules."):
		set("Auto-Submitted", "auto-replied")
	case strings.HasPrefix(class, "ipm.schedule.meeting."):
		m.Invitation = meetings[strings.SplitN(class, ".", 5)[3]]
	}
	const unsent = 8
	if x.props.int(pidFlags)&unsent != 0 {
		set("X-Unsent", "1")
	} else if t := x.props.time(pidDeliveryTime); !t.IsZero() {
		set("Received", "by Outlook; "+t.Format(time.RFC1123Z))
	}
}

// meetings are the classes of what calendars exchange, with what iCalendar calls it.
var meetings = map[string]string{"request": "request", "canceled": "cancel", "resp": "reply"}

// texts returns the body: of its forms the one that a mail's reader would take.
func (x mapiMessage) texts(m *mailReader) []mailText {
	var plain, rich []mailText
	if s := x.props.text(pidBody); strings.TrimSpace(s) != "" {
		plain = []mailText{{text: m.armour(s)}}
	}
	if src := x.props.html(); strings.TrimSpace(src) != "" {
		rich = []mailText{m.html(src)}
	} else if t := x.rtf(m); strings.TrimSpace(t.text) != "" {
		rich = []mailText{t}
	}
	m.body = true
	texts := m.choose(plain, rich)
	if start, end := x.props.time(pidStart), x.props.time(pidEnd); !start.IsZero() && m.mail.Invitation != "" {
		when := "Beginn: " + shortTime(start.In(m.p.zone))
		if !end.IsZero() {
			when += "\nEnde: " + shortTime(end.In(m.p.zone))
		}
		texts = append([]mailText{{text: when}}, texts...)
	}
	return texts
}

// rtf returns the text of an RTF body, which often wraps HTML.
func (x mapiMessage) rtf(m *mailReader) mailText {
	packed := x.props.bytes(pidRTF)
	if len(packed) == 0 {
		return mailText{}
	}
	src, err := unpackRTF(packed)
	m.p.inflated += int64(len(src))
	if err != nil {
		m.partial()
	}
	switch rtfSource(src) {
	case "html":
		return m.html(unwrapRTF(m.p, src))
	case "text":
		return mailText{text: unwrapRTF(m.p, src)}
	}
	// Its text counts once, as the page of the mail.
	pages, text := m.p.pages, m.p.text
	rich := Document{}
	if err := m.p.guard(readRTF, &rich, src); err != nil {
		m.partial()
	}
	m.p.pages, m.p.text = pages, text
	m.d.Warnings = append(m.d.Warnings, rich.Warnings...)
	return mailText{text: rich.Text()}
}

// file returns an attachment as a part of a mail.
func (a mapiAttachment) file(m *mailReader) attachment {
	p := a.props
	name := or(p.line(pidAttachLong), or(p.line(pidAttachFile), p.line(pidName)))
	const shown = 4 // in the text, says PidTagAttachFlags
	e := &entity{
		head:  header{{"content-id", p.line(pidAttachCID)}},
		media: typedValue{value: or(strings.ToLower(p.line(pidAttachMIME)), typeBinary)},
		disp:  typedValue{value: "attachment", params: map[string]string{"filename": name}},
	}
	hidden := p.int(pidAttachHidden) != 0
	if p.int(pidAttachFlags)&shown != 0 || hidden {
		e.disp.value = "inline"
	}
	if a.message != nil {
		name = cleanName(strings.ReplaceAll(name, "/", "-"))
		if !strings.HasSuffix(strings.ToLower(name), ".msg") {
			name = or(name, "Nachricht") + ".msg"
		}
		e.disp.params["filename"] = name
	}
	out := attachment{e: e, message: a.message}
	method := p.int(pidAttachMethod)
	switch data := p.bytes(pidAttachData); {
	case a.message != nil:
	case a.broken:
		out.code = Damaged
	case method != attachValue && len(data) == 0:
		out.code, out.why = Unsupported, notThere
		if method == attachOLE {
			out.why = oleObject
		}
	default:
		e.body = data
		if e.media.value == typeBinary {
			e.media.value = detect(name, data)
		}
	}
	if hidden && !strings.HasPrefix(e.media.value, "image/") {
		m.p.warn(m.d, "hidden-file", Text{
			DE: "hat eine Anlage, die Outlook nicht anzeigt: " + cleanName(name),
			EN: "has an attachment that Outlook does not show: " + cleanName(name),
		}, "")
	}
	return out
}

var (
	notThere  = Text{DE: "nur ein Verweis; die Datei liegt der Nachricht nicht bei", EN: "only a link; the file itself is not in the message"}
	oleObject = Text{DE: "ein eingebettetes Objekt (OLE); bitte als Datei senden lassen", EN: "an embedded object (OLE); please have it sent as a file"}
)
