// Package document turns the bytes of a file into text with pages and parts.
//
//	Reader.Read ──name, content──▶ child: parse ──▶ reader of the type ──▶ part: parse …
//	           ◀──result──────────        ──picture──▶ parent: tesseract in limits of its own
//
// Every file comes from outside and is hostile until read, so none is parsed in
// the daemon. A [Reader] has a child process of the same binary do it (see
// [Main]), one for each document, with a spare one waiting. The child has an
// empty environment, three pipes and nothing else, limits on memory, processor
// time and descriptors, and on Linux neither network nor programs nor files but
// the compiled PDF engine (Landlock and a filter of system calls). The parent
// streams content to it, holds the clock, bounds and checks what it answers, and
// kills it with all it started. What a child cannot read, or what kills it, ends
// in an [Unreadable] with a reason for the person, never in a crash or a hang.
// A file inside a document that kills the child is left out, with its reason, and
// the document read again: one bad attachment does not take its letter along.
//
// In the child a parser reads a file by its type, told by content and not by
// name, and the files inside it likewise, all under one set of budgets
// ([Limits]). Its readers append as they go; what was read before an error, or
// before time is up, is kept and marked as partial. [readerOf] is the list of
// formats.
//
// Text recognition is not the child's: a process that may be captured should
// start no programs. It sends plain grey pixels, and the parent runs tesseract
// on these, which never sees the file. Its time does not count as the child's.
//
// Mails come as MIME (see mail_mime.go), as Outlook saves them (.msg, see cfb.go)
// and packed into winmail.dat (see tnef.go); all become the same Document with a
// [Mail]. S/MIME signatures are checked against configured authorities
// ([Signature]); what is encrypted stays closed.
//
// Chosen: PDFium by klippa-app/go-pdfium (see pdf.go), gen2brain/heic,
// x/image and gabriel-vasile/mimetype (see detect.go), go-landlock,
// smallstep/pkcs7 (see smime_check.go). Refused: libraries for charsets (see
// charset.go), mails (mail_mime.go), compound files (cfb.go) and invitations
// (calendar.go), and one child for many documents, which would save 10 ms and let
// one letter read the next.
package document

import (
	"context"
	"fmt"
	"io"
	"time"
)

// A Document is what was read of a file.
type Document struct {
	Name     string    // as given, cleaned: no path, no control or bidi characters
	Type     string    // media type by content, not by name
	Size     int64     // in bytes
	Pages    []Page    // in order; formats without pages have one; spreadsheets one a sheet, slides one a slide
	Mail     *Mail     `json:",omitempty"` // the headers, if the file is a mail; its text is Pages
	Parts    []Part    `json:",omitempty"` // files inside: attachments of a mail, members of an archive, embedded files
	Warnings []Warning `json:",omitempty"`
	Partial  bool      `json:",omitempty"` // something of the file was not read; Warnings say what
}

// A Page is a page, sheet or slide of a document.
type Page struct {
	N    int    // from 1, as people count
	Name string `json:",omitempty"` // of a sheet
	// Text has valid UTF-8, "\n" between lines, "\n\n" between paragraphs; cells
	// of a table are separated by " | ", its rows by "\n".
	Text string
	OCR  bool `json:",omitempty"` // recognised from a picture: mistakes are possible
	// Unread says why nothing was read of the page: it is a picture and no text
	// recognition is installed. Then Text is empty.
	Unread *Reason `json:",omitempty"`
}

// A Part is a file inside a document.
type Part struct {
	Name   string
	Type   string // by content
	Size   int64
	Inline bool      `json:",omitempty"` // a picture shown in the text of a mail, such as a logo in a signature
	Doc    *Document `json:",omitempty"` // what was read of it, or
	Reason *Reason   `json:",omitempty"` // why it was not
}

// Mail is the head of a mail. Texts are decoded and cleaned; addresses keep
// their order. What is missing or broken is empty, never an error.
type Mail struct {
	From, ReplyTo, To, Cc []Address `json:",omitempty"`
	Subject               string
	Date                  time.Time // zero if missing or unreadable; in the zone of the sender
	MessageID             string    // without angle brackets
	InReplyTo             string
	References            []string            // without angle brackets, oldest first
	Header                map[string][]string // Auto-Submitted, List-Id, Precedence, Content-Language and others that rules look at, canonical keys, decoded
	HTML                  bool                // the text was taken from HTML, there was no plain text
	Encrypted             string              `json:",omitempty"` // "smime" or "pgp": the text is closed
	Invitation            string              `json:",omitempty"` // "request", "cancel", "reply": the mail is one that calendars exchange (METHOD, RFC 5546); a part tells of what
	Signed                string              `json:",omitempty"` // "smime" or "pgp": there is a signature, which proves nothing
	Signature             *Signature          `json:",omitempty"` // what checking it found; nil: it was not checked
}

// An Address is a mail address with the name that its sender gave it.
type Address struct {
	Name  string `json:",omitempty"`
	Email string // local@domain as it stands; may be empty
}

// A Warning is something the person should know of a document that was read.
type Warning struct {
	Code string // constant, such as "hidden-text"
	Text Text
	// Excerpt is what the warning is about (hidden text, say), at most 300
	// bytes. It is for the person and never for a model.
	Excerpt string `json:",omitempty"`
}

// A Text is what a person reads, in German and English; it converts to bots.Text.
type Text struct {
	DE string `json:",omitempty"`
	EN string `json:",omitempty"`
}

// A Reason says why a file, or a part of it, was not read.
type Reason struct {
	Code Code
	Text Text // a clause without a period, such as "mit Passwort geschützt"
}

// A Code is a kind of reason.
type Code string

const (
	Password    Code = "password"    // encrypted with a password
	Encrypted   Code = "encrypted"   // S/MIME or PGP
	Damaged     Code = "damaged"     // not a valid file of its type
	TooBig      Code = "too-big"     // over a limit on size, pages, parts, or inflated size
	TooDeep     Code = "too-deep"    // nested deeper than the limit
	TooLong     Code = "too-long"    // took more time than the limit
	Memory      Code = "memory"      // took more memory than the limit
	Crashed     Code = "crashed"     // killed the child for another reason
	Unsupported Code = "unsupported" // of a type that is not read
	NoOCR       Code = "no-ocr"      // a picture or scan, and no text recognition is installed
	NoText      Code = "no-text"     // nothing to read in it, such as a photo or an empty file
)

// Unreadable is the error of a file of which nothing was read. Trying again
// does not help.
type Unreadable struct {
	Reason
	Err error // for the log: without names and content; may be nil
}

func (e *Unreadable) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("document: %s", e.Code)
	}
	return fmt.Sprintf("document: %s: %v", e.Code, e.Err)
}

func (e *Unreadable) Unwrap() error { return e.Err }

// Text returns the text of all pages, separated by a blank line.
func (d Document) Text() string {
	n := 0
	for _, p := range d.Pages {
		n += len(p.Text) + 2
	}
	b := make([]byte, 0, n)
	for _, p := range d.Pages {
		if p.Text == "" {
			continue
		}
		if len(b) > 0 {
			b = append(b, "\n\n"...)
		}
		b = append(b, p.Text...)
	}
	return string(b)
}

// A ReadFunc reads a file; Reader.Read is one. Skills take it instead of the
// Reader, so that their tests need no child process.
type ReadFunc = func(ctx context.Context, name string, content io.Reader) (Document, error)
