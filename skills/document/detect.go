package document

import (
	"archive/zip"
	"bytes"
	"io"
	"path"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// Media types of what has none of its own.
const (
	typeLocked = "application/x-locked-office" // OOXML encrypted with a password: an OLE container
	typeBinary = "application/octet-stream"
	typeMSG    = "application/vnd.ms-outlook"
	typeTNEF   = "application/vnd.ms-tnef"
)

// detect returns the media type of a file by its content. The name is asked
// only where content cannot say: CSV or other text.
//
// mimetype knows magic numbers; it takes mails for plain text, tells OOXML by
// the order of its members and old Office formats apart by luck, so these are
// decided here first.
func detect(name string, data []byte) string {
	head := data[:min(len(data), 4096)]
	switch {
	case bytes.Contains(head[:min(len(head), 1100)], []byte("%PDF-")):
		return "application/pdf"
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")), bytes.HasPrefix(head, []byte("PK\x07\x08PK")):
		return detectZIP(data)
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return detectOLE(data)
	case bytes.HasPrefix(head, []byte("\x78\x9f\x3e\x22")):
		return typeTNEF
	case bytes.HasPrefix(trimStart(head), []byte(`{\rtf`)):
		return "text/rtf"
	case bytes.HasPrefix(head, []byte("-----BEGIN PGP MESSAGE-----")):
		return "application/pgp-encrypted"
	case bytes.HasPrefix(head, []byte("-----BEGIN PGP SIGNATURE-----")):
		return "application/pgp-signature"
	case bytes.HasPrefix(head, []byte("-----BEGIN PKCS7-----")):
		return "application/pkcs7-mime"
	}
	if t := detectPKCS7(head); t != "" {
		return t
	}
	t, _, _ := strings.Cut(mimetype.Detect(data).String(), ";")
	switch {
	case strings.HasPrefix(t, "image/"):
		if t == "image/heic-sequence" || t == "image/heif" || t == "image/heif-sequence" {
			return "image/heic"
		}
		if t != "image/svg+xml" {
			return t
		}
	case t == typeBinary || strings.HasPrefix(t, "text/") || textual[t]:
	default:
		return t
	}
	return detectText(name, head)
}

// textual are types of mimetype that are text and are looked at again here.
var textual = map[string]bool{"application/json": true, "application/x-ndjson": true, "application/javascript": true, "text/html": true, "message/rfc822": true}

func trimStart(b []byte) []byte {
	return bytes.TrimLeft(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")), " \t\r\n")
}

// detectZIP tells the formats that are ZIP files by the members they must have,
// wherever these stand.
func detectZIP(data []byte) string {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return guessZIP(data)
	}
	for _, f := range z.File {
		switch name := strings.ToLower(strings.TrimLeft(f.Name, "/")); {
		case name == "mimetype" && f.UncompressedSize64 < 100:
			if t := memberType(f); t != "" {
				return t
			}
		case name == "word/document.xml":
			return typeDOCX
		case name == "xl/workbook.xml", name == "xl/workbook.bin":
			return typeXLSX
		case name == "ppt/presentation.xml":
			return typePPTX
		}
	}
	return "application/zip"
}

const (
	typeDOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	typeXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	typePPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
	typeODT  = "application/vnd.oasis.opendocument.text"
	typeODS  = "application/vnd.oasis.opendocument.spreadsheet"
	typeODP  = "application/vnd.oasis.opendocument.presentation"
)

func memberType(f *zip.File) string {
	r, err := f.Open()
	if err != nil {
		return ""
	}
	defer r.Close()
	b, _ := io.ReadAll(io.LimitReader(r, 100))
	t := strings.TrimSuffix(strings.TrimSpace(string(b)), "-template")
	switch t {
	case typeODT, typeODS, typeODP, "application/epub+zip":
		return t
	}
	return ""
}

// guessZIP is for archives whose directory is missing or broken, such as ones
// cut off in transfer: their first members still tell the format.
func guessZIP(data []byte) string {
	head := data[:min(len(data), 16<<10)]
	switch {
	case bytes.Contains(head, []byte("word/")):
		return typeDOCX
	case bytes.Contains(head, []byte("xl/w")):
		return typeXLSX
	case bytes.Contains(head, []byte("ppt/")):
		return typePPTX
	}
	for _, t := range []string{typeODT, typeODS, typeODP} {
		if bytes.Contains(head[:min(len(head), 200)], []byte("mimetype"+t)) {
			return t
		}
	}
	return "application/zip"
}

// oleStreams tell formats in compound files.
var oleStreams = []struct{ stream, mediaType string }{
	{"EncryptedPackage", typeLocked},
	{"WordDocument", "application/msword"},
	{"__properties_version1.0", typeMSG},
	{"PowerPoint Document", "application/vnd.ms-powerpoint"},
	{"Workbook", "application/vnd.ms-excel"},
	{"Book", "application/vnd.ms-excel"},
}

// detectOLE tells the formats in compound files by the streams they must have at
// the top; deeper ones may be of files inside. Of a file whose directory is
// lost, any name of a stream that is left must do.
func detectOLE(data []byte) string {
	if c, err := openCFB(data); err == nil {
		for _, s := range oleStreams {
			if c.find(0, s.stream) >= 0 {
				return s.mediaType
			}
		}
	}
	for _, s := range oleStreams {
		name := make([]byte, 0, 2*len(s.stream))
		for i := range len(s.stream) {
			name = append(name, s.stream[i], 0)
		}
		if bytes.Contains(data, name) {
			return s.mediaType
		}
	}
	return "application/x-ole-storage"
}

// detectPKCS7 tells S/MIME by the object identifier at its start: closed mail,
// or a detached signature.
func detectPKCS7(head []byte) string {
	if len(head) < 16 || head[0] != 0x30 {
		return ""
	}
	head = head[:min(len(head), 24)]
	// 1.2.840.113549.1.7: data 1, signedData 2, envelopedData 3; 1.9.16.1.23: authEnvelopedData
	i := bytes.Index(head, []byte("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"))
	switch {
	case i >= 0 && i+10 < len(head) && head[i+10] == 2:
		return "application/pkcs7-signature"
	case i >= 0, bytes.Contains(head, []byte("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17")):
		return "application/pkcs7-mime"
	}
	return ""
}

// detectText tells kinds of text apart.
func detectText(name string, head []byte) string {
	text := toUTF8(head, "")
	switch ext := strings.ToLower(path.Ext(name)); {
	case isBinary(text):
		return typeBinary
	case mailHead(text):
		return "message/rfc822"
	case htmlHead(text):
		return "text/html"
	case strings.HasPrefix(text, "BEGIN:VCALENDAR"):
		return "text/calendar"
	case ext == ".eml" && strings.Contains(strings.SplitN(text, "\n", 2)[0], ":"):
		return "message/rfc822"
	case ext == ".csv" || ext == ".tsv" || table(text):
		return "text/csv"
	case ext == ".htm" || ext == ".html":
		return "text/html"
	}
	return "text/plain"
}

// isBinary reports whether text is none: it has many characters that text has not.
func isBinary(text string) bool {
	odd, all := 0, 0
	for _, r := range text {
		all++
		if r == '\uFFFD' || r < 0x20 && r != '\n' && r != '\r' && r != '\t' && r != '\f' && r != 0x1b && r != 0x1a || r >= 0x7f && r < 0xa0 {
			odd++
		}
	}
	return odd*20 > all
}

// heads are header fields of which a mail has two before its first blank line.
var heads = map[string]bool{
	"from": true, "to": true, "cc": true, "subject": true, "date": true, "received": true, "return-path": true,
	"message-id": true, "mime-version": true, "content-type": true, "delivered-to": true, "reply-to": true,
	"content-transfer-encoding": true, "dkim-signature": true, "x-mozilla-status": true, "sender": true, "references": true, "in-reply-to": true,
	"authentication-results": true, "arc-seal": true, "x-mailer": true, "user-agent": true, "resent-from": true, "x-received": true,
}

// mailHead reports whether text begins like a mail: header fields, two of them
// known, or one known and a mailbox's "From " line.
func mailHead(text string) bool {
	text = strings.TrimLeft(text, " \t\r\n")
	known, others := 0, 0
	if rest, ok := strings.CutPrefix(text, "From "); ok {
		known++
		_, text, _ = strings.Cut(rest, "\n")
	} else if rest, ok := strings.CutPrefix(text, ">From "); ok {
		_, text, _ = strings.Cut(rest, "\n")
	}
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			continue
		}
		field, _, ok := strings.Cut(line, ":")
		field = strings.ToLower(strings.TrimRight(field, " \t"))
		switch {
		case !ok || strings.ContainsAny(field, " \t") || field == "":
			others++ // a broken line does not unmake a mail, two before any field do
			if others > 1 {
				return known > 1 && others < 5
			}
		case heads[field] && !seen[field]:
			seen[field] = true
			known++
		}
	}
	return known > 1
}

// htmlHead reports whether text begins like a page of HTML, after comments and
// an XML declaration.
func htmlHead(text string) bool {
	text = strings.ToLower(strings.TrimLeft(text, " \t\r\n\uFEFF"))
	for strings.HasPrefix(text, "<!--") || strings.HasPrefix(text, "<?xml") {
		_, rest, ok := strings.Cut(text, ">")
		if !ok {
			return false
		}
		text = strings.TrimLeft(rest, " \t\r\n")
	}
	for _, tag := range []string{"<!doctype html", "<html", "<head", "<body", "<meta", "<title", "<style", "<table", "<div", "<p>", "<p ", "<span", "<font", "<h1", "<br", "<center"} {
		if strings.HasPrefix(text, tag) {
			return true
		}
	}
	return false
}

// table reports whether the first lines have the same number, two or more, of
// semicolons or tabs: CSV without the name of one. Commas alone are no sign.
func table(text string) bool {
	lines := strings.Split(strings.TrimRight(text, "\r\n"), "\n")
	if len(lines) < 3 {
		return false
	}
	lines = lines[:min(len(lines)-1, 10)] // the last one may be cut off
	for _, sep := range []string{";", "\t"} {
		want := strings.Count(lines[0], sep)
		same := want >= 2
		for _, l := range lines {
			same = same && strings.Count(l, sep) == want
		}
		if same {
			return true
		}
	}
	return false
}
