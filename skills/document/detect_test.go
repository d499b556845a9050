package document

import (
	"testing"
	"unicode/utf16"
)

func TestDetect(t *testing.T) {
	ole := func(stream string) string {
		b := make([]byte, 0, 2*len(stream))
		for _, u := range utf16.Encode([]rune(stream)) {
			b = append(b, byte(u), byte(u>>8))
		}
		return "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + string(make([]byte, 600)) + string(b)
	}
	pack := func(members ...zipped) string { return string(archive(t, members...)) }
	for name, test := range map[string]struct{ name, data, want string }{
		"PDF with a wrong name":      {"a.docx", "%PDF-1.4\n", "application/pdf"},
		"PDF after rubbish":          {"a", "\r\n\r\n%PDF-1.4\n", "application/pdf"},
		"Word":                       {"a", pack(zipped{"[Content_Types].xml", ""}, zipped{"word/document.xml", "x"}), typeDOCX},
		"Excel":                      {"a.zip", pack(zipped{"xl/workbook.xml", "x"}), typeXLSX},
		"PowerPoint":                 {"a", pack(zipped{"ppt/presentation.xml", "x"}), typePPTX},
		"Writer":                     {"a", pack(zipped{"mimetype", typeODT}, zipped{"content.xml", "x"}), typeODT},
		"Calc, its type not first":   {"a", pack(zipped{"content.xml", "x"}, zipped{"mimetype", typeODS}), typeODS},
		"a plain archive":            {"a.docx", pack(zipped{"a.txt", "x"}), "application/zip"},
		"Word cut off":               {"a", pack(zipped{"word/document.xml", "x"})[:60], typeDOCX},
		"old Word":                   {"a.docx", ole("WordDocument"), "application/msword"},
		"old Excel":                  {"a", ole("Workbook"), "application/vnd.ms-excel"},
		"Outlook":                    {"a", ole("__properties_version1.0"), "application/vnd.ms-outlook"},
		"OOXML with a password":      {"a.docx", ole("EncryptedPackage"), typeLocked},
		"winmail.dat":                {"winmail.dat", "\x78\x9f\x3e\x22\x01\x00", "application/vnd.ms-tnef"},
		"RTF":                        {"a.doc", `{\rtf1\ansi`, "text/rtf"},
		"HTML":                       {"a.txt", "\xef\xbb\xbf\n<!-- x --><!DOCTYPE html><p>x", "text/html"},
		"HTML by name":               {"a.html", "Guten Tag<br>", "text/html"},
		"text that mentions HTML":    {"a.txt", "Guten Tag, <html> schreibt man so", "text/plain"},
		"a mail":                     {"a.txt", "Return-Path: <a@b>\r\nReceived: from x\r\n by y\r\nSubject: x\r\n\r\nx", "message/rfc822"},
		"a mail from a mailbox file": {"a", "From a@b Mon Jan 1\nDate: x\n\nx", "message/rfc822"},
		"a letter with a colon":      {"a.txt", "Betreff: Widerspruch\nDatum: heute\n\nGuten Tag", "text/plain"},
		"a mail by name":             {"a.eml", "X-Nur-Das: x\n\nx", "message/rfc822"},
		"CSV by name":                {"a.csv", "a,b\n1,2\n", "text/csv"},
		"CSV by content":             {"a.txt", "Name;Straße;Ort\nMüller;Am Markt;Köln\nMeier;Ring;Bonn\n", "text/csv"},
		"text with a semicolon":      {"a.txt", "Guten Tag;\nich bitte\num Rückruf;\n", "text/plain"},
		"a calendar":                 {"a", "BEGIN:VCALENDAR\r\n", "text/calendar"},
		"a closed mail":              {"smime.p7m", "\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x80\x30\x80", "application/pkcs7-mime"},
		"a signature":                {"smime.p7s", "\x30\x82\x10\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x82\x10", "application/pkcs7-signature"},
		"PGP":                        {"a", "-----BEGIN PGP MESSAGE-----\n", "application/pgp-encrypted"},
		"text":                       {"a.pdf", "Guten Tag", "text/plain"},
		"text in UTF-16":             {"a", "\xff\xfeG\x00u\x00t\x00", "text/plain"},
		"bytes of nobody":            {"a.txt", "\x00\x01\x02\x03\x80\x81\x02\x00\x00\x11\x12\x13", typeBinary},
		"HEIC":                       {"a.jpg", "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "image/heic"},
		"JSON is text":               {"a.json", `{"a": 1}`, "text/plain"},
	} {
		if got := detect(test.name, []byte(test.data)); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

func TestUnsupportedFormatsSayWhatHelps(t *testing.T) {
	for mediaType, text := range helpful {
		if readerOf(mediaType) != nil {
			t.Errorf("%s is read; its text is no longer true", mediaType)
		}
		if u := unsupported(mediaType); u.Code != Unsupported || u.Text != text || text.DE == "" || text.EN == "" {
			t.Errorf("%s: %+v", mediaType, u)
		}
	}
	for code, text := range reasons {
		if text.DE == "" || text.EN == "" || code.Reason().Code != code {
			t.Errorf("%s: %+v", code, text)
		}
	}
}
