package document

import (
	"bytes"
	"fmt"
	"net/textproto"
	"strings"
)

// readMail reads a mail (RFC 5322, MIME). Its head becomes d.Mail, what the
// sender's words are becomes one page, and everything attached becomes a part,
// whether it could be read or not. Nothing in a mail is an error but that
// budgets are used up.
func readMail(p *parser, d *Document, data []byte) error {
	data = bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), "\r\n \t")
	if bytes.IndexByte(data, '\n') < 0 {
		data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
	}
	walk := &mimeWalk{}
	root := walk.parse(data, 0, "")
	m := &mailReader{p: p, d: d, mail: mailHeadOf(root.head)}
	d.Mail = m.mail
	return m.whole(root)
}

// whole reads all that is in a mail.
func (m *mailReader) whole(root *entity) error {
	m.root = root
	texts := m.entity(root)
	if m.spare != nil && joined(texts) == "" {
		texts = m.spare()
	}
	err := m.page(texts)
	for _, a := range m.files {
		if err2 := m.attach(a); err == nil {
			err = err2
		}
	}
	return err
}

// mailHeadOf decodes the header of a mail.
func mailHeadOf(h header) *Mail {
	m := &Mail{
		From:    parseAddresses(h.get("from")),
		ReplyTo: parseAddresses(h.get("reply-to")),
		To:      parseAddresses(h.get("to")),
		Cc:      parseAddresses(h.get("cc")),
		Subject: cut(h.text("subject"), 1000),
		Date:    parseDate(h.get("date")),
		Header:  make(map[string][]string),
	}
	if ids := messageIDs(h.get("message-id")); len(ids) > 0 {
		m.MessageID = ids[0]
	}
	if ids := messageIDs(h.get("in-reply-to")); len(ids) > 0 {
		m.InReplyTo = ids[0]
	}
	m.References = messageIDs(h.get("references"))
	for _, f := range h {
		if most := kept[f.name]; most > 0 {
			key := textproto.CanonicalMIMEHeaderKey(f.name)
			if len(m.Header[key]) < most {
				m.Header[key] = append(m.Header[key], cut(oneLine(decodeWords(f.value)), 2000))
			}
		}
	}
	return m
}

// kept are the fields that rules look at, and how many of each are kept,
// topmost first.
var kept = map[string]int{
	"auto-submitted": 3, "precedence": 3, "list-id": 2, "list-unsubscribe": 2, "list-post": 1, "list-help": 1, "return-path": 2, "x-loop": 10,
	"x-auto-response-suppress": 2, "x-autoreply": 1, "x-autorespond": 1, "x-autoresponder": 1, "x-failed-recipients": 1, "feedback-id": 1,
	"content-language": 1, "accept-language": 1, "authentication-results": 5, "received": 5, "importance": 1, "x-priority": 1, "priority": 1,
	"reply-to": 2, "sender": 1, "delivered-to": 5, "x-original-to": 5, "envelope-to": 2, "resent-from": 2, "resent-to": 2, "resent-date": 2,
	"thread-topic": 1, "thread-index": 1, "x-mailer": 1, "user-agent": 1, "content-type": 1, "x-unsent": 1, "disposition-notification-to": 1,
	"x-ms-exchange-organization-authas": 1, "x-spam-flag": 1, "mime-version": 1, "bcc": 1, "x-amtsbote": 1,
}

// A mailReader gathers from the parts of a mail what is its text and what is
// attached to it.
type mailReader struct {
	p      *parser
	d      *Document
	mail   *Mail
	root   *entity      // the mail itself
	files  []attachment // in the order of the mail
	cids   map[string]bool
	body   bool              // a text was met
	opened int               // signed messages opened, one in the other
	spare  func() []mailText // the text of a winmail.dat, for a mail without one
}

// An attachment is a part that is a file.
type attachment struct {
	e       *entity
	related bool   // of a page of HTML
	code    Code   // why it is not read, if that is known
	why     Text   // the same for a person; empty: the general text of code
	message reader // reads the message that it is, if it is no file
}

// A mailText is a piece of what the sender wrote.
type mailText struct {
	text string // of HTML: what is seen
	html bool
}

// entity sorts an entity and its kids, and returns the texts in it.
func (m *mailReader) entity(e *entity) []mailText {
	if e.tooDeep {
		m.files = append(m.files, attachment{e: e, code: TooDeep})
	}
	switch e.media.value {
	case "multipart/alternative":
		return m.alternative(e)
	case "multipart/related":
		return m.related(e)
	case "multipart/signed":
		return m.signed(e)
	case "multipart/encrypted":
		m.mail.Encrypted = "pgp"
		return nil
	}
	if !strings.HasPrefix(e.media.value, "multipart/") {
		return m.leaf(e)
	}
	var texts []mailText
	for _, k := range e.kids {
		texts = append(texts, m.entity(k)...)
	}
	return texts
}

// related is a page of HTML with what it shows.
func (m *mailReader) related(e *entity) []mailText {
	var texts []mailText
	for i, k := range e.kids {
		if i == 0 || !m.body && strings.HasPrefix(k.media.value, "text/") || strings.HasPrefix(k.media.value, "multipart/") {
			texts = append(texts, m.entity(k)...)
		} else {
			m.files = append(m.files, attachment{e: k, related: true})
		}
	}
	return texts
}

// signed is a content and its signature, which is no attachment of the sender's.
func (m *mailReader) signed(e *entity) []mailText {
	kind := "smime"
	if strings.Contains(e.media.params["protocol"], "pgp") {
		kind = "pgp"
	}
	var texts []mailText
	for i, k := range e.kids {
		switch k.media.value {
		case "application/pgp-signature":
			m.mail.Signed = "pgp"
		case "application/pkcs7-signature", "application/x-pkcs7-signature":
			m.mail.Signed = "smime"
			if i > 0 {
				m.check(k.decode(), e.kids[0].raw, e == m.root && i == 1 && len(e.kids) == 2)
			}
		default:
			texts = append(texts, m.entity(k)...)
			continue
		}
	}
	if m.mail.Signed == "" && len(e.kids) > 1 {
		m.mail.Signed = kind
	}
	return texts
}

// leaf is a part without parts: the sender's words, or a file.
func (m *mailReader) leaf(e *entity) []mailText {
	switch e.media.value {
	case "application/pkcs7-mime", "application/x-pkcs7-mime":
		return m.smime(e)
	case "application/pgp-encrypted":
		m.mail.Encrypted = "pgp"
		return nil
	}
	// Servers that do not know what it is send it as any file.
	if e.media.value == typeBinary && strings.HasSuffix(strings.ToLower(e.name()), ".p7m") && e.sealed() {
		return m.smime(e)
	}
	plain := e.media.value == "text/plain" || !strings.Contains(e.media.value, "/")
	isText := plain || e.media.value == "text/html" || e.media.value == "text/enriched"
	named := e.name() != "" && m.body // a scanner also names the text itself
	if !isText || named || e.disp.value == "attachment" {
		if !isText && m.tnef(e) {
			return nil
		}
		if e.media.value == "text/calendar" && e.disp.value != "attachment" && m.mail.Invitation == "" {
			m.mail.Invitation = calendarMethod(e.decode())
		}
		m.files = append(m.files, attachment{e: e})
		return nil
	}
	m.body = true
	src := e.text()
	if !plain || e.media.value == "text/plain" && !e.declared && htmlHead(src) {
		return []mailText{m.html(src)}
	}
	src = m.armour(src)
	if strings.EqualFold(e.media.params["format"], "flowed") {
		src = unflow(src, strings.EqualFold(e.media.params["delsp"], "yes"))
	}
	return []mailText{{text: src}}
}

func (m *mailReader) html(src string) mailText {
	m.addCIDs(src)
	h, err := htmlText(m.p.ctx, src)
	for _, s := range h.hidden {
		m.p.hidden(m.d, s)
	}
	if err != nil || h.cut {
		m.partial()
	}
	return mailText{text: m.armour(h.text), html: true}
}

// partial says that the text may not be all of it.
func (m *mailReader) partial() {
	m.d.Partial = true
	m.p.warn(m.d, "html-partial", Text{DE: "der Text der Mail ist ungewöhnlich aufgebaut; vielleicht wurde nicht alles gelesen", EN: "the text of the mail is built in an unusual way; perhaps not all of it was read"}, "")
}

// addCIDs takes note of the pictures that a page of HTML shows.
func (m *mailReader) addCIDs(src string) {
	if m.cids == nil {
		m.cids = make(map[string]bool)
	}
	for len(m.cids) < maxEntities {
		i := strings.Index(src, "cid:")
		if i < 0 {
			return
		}
		src = src[i+4:]
		if end := strings.IndexAny(src[:min(len(src), 500)], `"'>) `); end > 0 {
			m.cids[strings.ReplaceAll(src[:end], "%40", "@")] = true
		}
	}
}

// page makes the texts of a mail its page.
func (m *mailReader) page(texts []mailText) error {
	var all []string
	m.mail.HTML = len(texts) > 0
	for _, t := range texts {
		if s := strings.Trim(t.text, "\r\n"); strings.TrimSpace(s) != "" {
			all = append(all, s)
		}
		m.mail.HTML = m.mail.HTML && t.html
	}
	if len(all) == 0 {
		return nil
	}
	return m.p.page(m.d, strings.Join(all, "\n\n"))
}

const maxInline = 20 << 10 // bytes of a picture in the text that is not read: a logo

// attach makes an attachment a part of the document.
func (m *mailReader) attach(a attachment) error {
	e := a.e
	name := m.fileName(a)
	if a.code != "" {
		part := m.p.unreadPart(m.d, name, int64(len(e.body)), a.code)
		part.Type = e.media.value
		part.Reason.Text = or(a.why, part.Reason.Text)
		return nil
	}
	if a.message != nil {
		m.p.partBy(m.d, name, 0, func() (Document, error) {
			return m.p.parseAs(Document{Name: name, Type: typeMSG}, a.message, nil)
		})
		return m.p.err()
	}
	data := e.decode()
	if m.p.inflated += int64(len(data)); m.p.inflated > int64(m.p.lim.Inflated) {
		m.p.unreadPart(m.d, name, int64(len(data)), TooBig).Type = e.media.value
		return errInflated
	}
	size := int64(len(data))
	picture := strings.HasPrefix(e.media.value, "image/")
	cid := strings.Trim(strings.TrimSpace(e.head.get("content-id")), "<>")
	inline := picture && (m.cids[cid] || (e.disp.value == "inline" || a.related) && size <= maxInline)
	if inline && size <= maxInline {
		part := m.p.unreadPart(m.d, name, size, NoText)
		part.Type, part.Inline = e.media.value, true
		return nil
	}
	if strings.HasPrefix(e.media.value, "text/") && e.charset() != "" {
		data = []byte(toUTF8(data, e.charset()))
	}
	part := m.p.part(m.d, name, data)
	part.Size, part.Inline = size, inline
	return m.p.err()
}

// extensions are those of types that come without a name; mime's own depend on
// the machine.
var extensions = map[string]string{
	"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/tiff": ".tif", "image/heic": ".heic",
	"text/plain": ".txt", "text/html": ".html", "text/calendar": ".ics", "text/csv": ".csv", "message/rfc822": ".eml", "application/zip": ".zip",
	"application/rtf": ".rtf", "text/rtf": ".rtf", "text/rfc822-headers": ".txt", "message/delivery-status": ".txt", "message/disposition-notification": ".txt",
	typeDOCX: ".docx", typeXLSX: ".xlsx", typePPTX: ".pptx", typeODT: ".odt", typeODS: ".ods", typeODP: ".odp",
}

// fileName returns the name of an attachment; one without gets a number. A mail
// is named by its subject and always ends in .eml, by which it is known even if
// hardly any header is left.
func (m *mailReader) fileName(a attachment) string {
	name := cleanName(a.e.name())
	if a.e.media.value == "message/rfc822" {
		if name == "" {
			inner, _ := cutHeader(a.e.decode(), false)
			name = cleanName(strings.ReplaceAll(inner.text("subject"), "/", "-"))
		}
		if name == "" {
			name = "Nachricht"
		}
		if !strings.HasSuffix(strings.ToLower(name), ".eml") {
			name += ".eml"
		}
	}
	if name == "" {
		name = fmt.Sprintf("Anlage %d%s", len(m.d.Parts)+1, extensions[a.e.media.value])
	}
	return name
}
