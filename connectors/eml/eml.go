// Package eml writes mails as RFC 5322: the draft that waits in a drafts folder,
// the same draft as a file to download, the answer to a colleague.
//
// What goes in may come from a hostile letter (a subject, a name, a Message-ID)
// or from a model. So no field can start another one, what is not an address is
// left out, and what leaves is plain ASCII with short lines whatever comes in:
// every mail server and client takes it unchanged. The same [Mail] gives the
// same bytes, boundaries included, so that a mail can be compared with what was
// written before.
//
// The writing itself is go-message's, which encodes words and bodies well; its
// reading side is not used. Formatting a draft as HTML is done here and not by
// package render, because a letter is plain text in which every line counts (a
// signature, an address), not CommonMark.
package eml

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/mail"
)

// A Mail is a mail to write.
type Mail struct {
	From       string   // an address as in RFC 5322, with or without display name
	To, Cc     []string // the same; what is not an address is left out
	Subject    string
	Date       time.Time
	ID         string   // Message-ID without angle brackets; see [ID]
	InReplyTo  string   // the same
	References []string // the same, oldest first; long lists lose their middle
	Extra      []Field  // such as Auto-Submitted
	Text       string   // plain text
	HTML       string   // the same as HTML; empty: there is only the plain text
	Files      []File
}

// A Field is a further header field. Its value must not be long or need encoding.
type Field struct{ Name, Value string }

// A File goes with a mail.
type File struct {
	Name string
	Type string // media type; message/rfc822 is written unencoded if it is plain ASCII
	Data []byte
}

// Limits of what is written into a header, so that no server refuses it.
const (
	maxSubject    = 500 // bytes
	maxReferences = 20  // the first and the last ones are kept
	maxMsgID      = 250 // bytes; a longer one is left out
	maxRecipients = 50
)

// ID returns a Message-ID (without angle brackets) that is the same for the same
// parts and tells nothing about them. The domain is the sender's.
func ID(domain string, parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return "amtsbote." + hex.EncodeToString(h.Sum(nil)[:16]) + "@" + domain
}

// Bytes returns the mail with CRLF line ends. It fails if From is not an address.
func (m Mail) Bytes() ([]byte, error) {
	h, err := m.header()
	if err != nil {
		return nil, fmt.Errorf("eml: %w", err)
	}
	var b bytes.Buffer
	if err := m.body(&b, h); err != nil {
		return nil, fmt.Errorf("eml: %w", err)
	}
	return b.Bytes(), nil
}

// header returns the fields above the MIME ones. go-message writes fields in the
// reverse order of being set, so they are set from the last to the first.
func (m Mail) header() (message.Header, error) {
	var h mail.Header
	from := addresses([]string{m.From})
	if len(from) != 1 {
		return h.Header, fmt.Errorf("sender is not an address")
	}
	for _, f := range slices.Backward(m.Extra) {
		h.Set(f.Name, oneLine(f.Value, 900))
	}
	if refs := msgIDs(m.References); len(refs) > 0 {
		h.SetMsgIDList("References", refs)
	}
	if ids := msgIDs([]string{m.InReplyTo}); len(ids) > 0 {
		h.SetMsgIDList("In-Reply-To", ids)
	}
	if ids := msgIDs([]string{m.ID}); len(ids) > 0 {
		h.SetMessageID(ids[0])
	}
	h.SetSubject(oneLine(m.Subject, maxSubject))
	if cc := addresses(m.Cc); len(cc) > 0 {
		h.SetAddressList("Cc", cc)
	}
	if to := addresses(m.To); len(to) > 0 {
		h.SetAddressList("To", to)
	}
	h.SetAddressList("From", from)
	h.SetDate(m.Date)
	return h.Header, nil
}

// body writes the header and what is below: the text alone, or with its HTML
// alternative, or these within a multipart with the files.
func (m Mail) body(w io.Writer, h message.Header) error {
	if len(m.Files) == 0 {
		return m.text(h, func(h message.Header) (*message.Writer, error) { return message.CreateWriter(w, h) })
	}
	h.SetContentType("multipart/mixed", map[string]string{"boundary": m.boundary("m")})
	mw, err := message.CreateWriter(w, h)
	if err != nil {
		return err
	}
	if err := m.text(message.Header{}, mw.CreatePart); err != nil {
		return err
	}
	for _, f := range m.Files {
		if err := f.write(mw); err != nil {
			return err
		}
	}
	return mw.Close()
}

// text writes the text below h, in the part that create makes of it.
func (m Mail) text(h message.Header, create func(message.Header) (*message.Writer, error)) error {
	if m.HTML == "" {
		return part(h, "text/plain", m.Text, create)
	}
	h.SetContentType("multipart/alternative", map[string]string{"boundary": m.boundary("a")})
	w, err := create(h)
	if err != nil {
		return err
	}
	if err := part(message.Header{}, "text/plain", m.Text, w.CreatePart); err != nil {
		return err
	}
	if err := part(message.Header{}, "text/html", m.HTML, w.CreatePart); err != nil {
		return err
	}
	return w.Close()
}

func part(h message.Header, kind, text string, create func(message.Header) (*message.Writer, error)) error {
	h.Set("Content-Transfer-Encoding", "quoted-printable")
	h.SetContentType(kind, map[string]string{"charset": "utf-8"})
	w, err := create(h)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, lines(text)); err != nil {
		return err
	}
	return w.Close()
}

// boundary returns a line that occurs in no part: quoted-printable and base64
// cannot hold "=_", and a mail that is attached as it is has its own ID.
func (m Mail) boundary(level string) string {
	sum := sha256.Sum256([]byte(m.ID + "\x00" + m.Subject + "\x00" + level))
	return "=_" + level + hex.EncodeToString(sum[:12])
}

func (f File) write(w *message.Writer) error {
	kind, encoding := f.Type, "base64"
	switch {
	case f.Type == "message/rfc822" && plain(f.Data):
		encoding = "7bit" // RFC 2046, 5.2.1: no other is allowed
	case f.Type == "message/rfc822" || !mediaType(f.Type):
		kind = "application/octet-stream"
	}
	var h message.Header
	h.Set("Content-Transfer-Encoding", encoding)
	h.SetContentDisposition("attachment", map[string]string{"filename": fileName(f.Name)})
	h.SetContentType(kind, nil)
	pw, err := w.CreatePart(h)
	if err != nil {
		return err
	}
	if _, err := pw.Write(f.Data); err != nil {
		return err
	}
	return pw.Close()
}
