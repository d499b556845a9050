package document

import (
	"bytes"
	"encoding/base64"
	"errors"
	"html"
	"io"
	"math/rand/v2"
	"mime/quotedprintable"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset"
	"github.com/emersion/go-message/mail"
)

// BenchmarkMail reads mails beside go-message alone, which decodes headers and
// bodies and does nothing with them: no choice of text, no HTML, no cleaning, no
// look at attachments. The aim is twice its time at most.
func BenchmarkMail(b *testing.B) {
	text := strings.Repeat("Sehr geehrte Damen und Herren, gegen den Bescheid lege ich Widerspruch ein. Die Geb=C3=BChr=\n von 25,00 =E2=82=AC bitte ich zu erstatten.\n\n", 20)
	head := strings.Repeat("Received: from mx.example (mx.example [192.0.2.1]) by mail.example with ESMTPS; Fri, 20 Nov 2026 18:42:12 +0100\n", 6) +
		"From: =?utf-8?Q?J=C3=BCrgen?= Wieczorek <jana@x.example>\nTo: Poststelle <poststelle@stadt.example>\nSubject: =?utf-8?Q?Widerspruch_gegen_Geb=C3=BChr?=\nDate: Fri, 20 Nov 2026 18:42:11 +0100\nMessage-ID: <1@x.example>\nMIME-Version: 1.0\n"
	plain := "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n" + text
	html := "Content-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n<html><head><style>p.MsoNormal {margin:0cm}</style></head><body>" + strings.ReplaceAll("<p class=3DMsoNormal>"+text, "\n\n", "</p>\n<p class=3DMsoNormal>") + "</body></html>"
	noise := make([]byte, 1<<20)
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(rnd.Uint32())
	}
	encoded := base64.StdEncoding.EncodeToString(noise)
	var lines strings.Builder
	for i := 0; i < len(encoded); i += 76 {
		lines.WriteString(encoded[i:min(i+76, len(encoded))] + "\r\n")
	}
	for _, m := range []struct{ name, raw string }{
		{"plain", head + plain},
		{"alternative", head + "Content-Type: multipart/alternative; boundary=x\n\n--x\n" + plain + "\n--x\n" + html + "\n--x--\n"},
		{"attachment", head + "Content-Type: multipart/mixed; boundary=x\n\n--x\n" + plain + "\n--x\nContent-Type: application/octet-stream; name=a.bin\nContent-Transfer-Encoding: base64\n\n" + lines.String() + "\n--x--\n"},
	} {
		raw := []byte(strings.ReplaceAll(m.raw, "\n", "\r\n"))
		b.Run(m.name+"/ours", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				d := Document{}
				if err := readMail(newParser(b.Context(), Limits{}), &d, raw); err != nil || !strings.Contains(d.Text(), "Gebühr") {
					b.Fatal(err, d.Text())
				}
			}
		})
		b.Run(m.name+"/go-message", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				if err := goMessage(raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func goMessage(raw []byte) error {
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil && !message.IsUnknownCharset(err) {
		return err
	}
	_, err = r.Header.AddressList("From")
	_, err2 := r.Header.Subject()
	_, err3 := r.Header.Date()
	if err := errors.Join(err, err2, err3); err != nil {
		return err
	}
	for {
		part, err := r.NextPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := io.ReadAll(part.Body); err != nil {
			return err
		}
	}
}

// corpus are the mails that the project's letters are: those written as files of
// mails, and the open corpus of skills/letter, whose texts become mails as mail
// programs write them.
func corpus(t testing.TB) (all [][]byte) {
	files, err := filepath.Glob("../letter/testdata/*/*.eml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, raw)
	}
	names, err := filepath.Glob("../letter/testdata/letters/*.txt")
	if err != nil || len(names) < 40 {
		t.Fatalf("%d letters, %v", len(names), err)
	}
	for i, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		_, body, _ := strings.Cut(string(text), "\n\n")
		all = append(all, asMail(i, body))
	}
	return all
}

// asMail writes a text as one of several programs would: plain in 8 bit, in
// quoted-printable, beside HTML, with an attachment.
func asMail(i int, body string) []byte {
	head := strings.Repeat("Received: from mx.example (mx.example [192.0.2.1]) by mail.example with ESMTPS; Fri, 20 Nov 2026 18:42:12 +0100\r\n", 4) +
		"DKIM-Signature: v=1; a=rsa-sha256; d=x.example; s=s; h=from:to:subject;\r\n\tbh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=;\r\n\tb=" + strings.Repeat("QUJDRA", 50) + "\r\n" +
		"From: =?utf-8?Q?J=C3=BCrgen_Wieczorek?= <jana@x.example>\r\nTo: Poststelle <poststelle@musterstadt.example>\r\nSubject: =?utf-8?Q?Widerspruch_gegen_die_Geb=C3=BChr?=\r\nDate: Fri, 20 Nov 2026 18:42:11 +0100\r\nMessage-ID: <1@x.example>\r\nMIME-Version: 1.0\r\n"
	var qp bytes.Buffer
	w := quotedprintable.NewWriter(&qp)
	_, _ = w.Write([]byte(body))
	_ = w.Close()
	plain := "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + qp.String()
	page := "<html><head><style>p.MsoNormal {margin:0cm}</style></head><body><p class=MsoNormal>" + strings.ReplaceAll(html.EscapeString(body), "\n", "</p>\r\n<p class=MsoNormal>") + "</p></body></html>"
	rich := "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + strings.ReplaceAll(base64Lines([]byte(page)), "\n", "\r\n")
	switch i % 4 {
	case 0:
		return []byte(head + "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + strings.ReplaceAll(body, "\n", "\r\n"))
	case 1:
		return []byte(head + plain)
	case 2:
		return []byte(head + "Content-Type: multipart/alternative; boundary=\"=_x\"\r\n\r\n--=_x\r\n" + plain + "\r\n--=_x\r\n" + rich + "\r\n--=_x--\r\n")
	}
	return []byte(head + "Content-Type: multipart/mixed; boundary=\"=_x\"\r\n\r\n--=_x\r\n" + plain + "\r\n--=_x\r\nContent-Type: application/octet-stream; name=a.bin\r\nContent-Disposition: attachment; filename=a.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		strings.ReplaceAll(base64Lines(bytes.Repeat([]byte{0, 1, 2, 255}, 20_000)), "\n", "\r\n") + "\r\n--=_x--\r\n")
}

// BenchmarkCorpus reads all letters of the project, beside go-message alone.
// The aim is twice its time at most.
func BenchmarkCorpus(b *testing.B) {
	mails := corpus(b)
	size := 0
	for _, raw := range mails {
		size += len(raw)
	}
	for _, who := range []struct {
		name string
		read func([]byte) error
	}{
		{"ours", func(raw []byte) error {
			d := Document{}
			return readMail(newParser(b.Context(), Limits{}), &d, raw)
		}},
		{"go-message", walkMessage},
	} {
		b.Run(who.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(size))
			failed := 0
			for b.Loop() {
				failed = 0
				for _, raw := range mails {
					if who.read(raw) != nil {
						failed++
					}
				}
			}
			b.ReportMetric(float64(len(mails)), "mails/op")
			b.ReportMetric(float64(failed), "failed/op")
		})
	}
}

// walkMessage has go-message read a mail and decode all its bodies.
func walkMessage(raw []byte) error {
	e, err := message.Read(bytes.NewReader(raw))
	if err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
		return err
	}
	return e.Walk(func(_ []int, e *message.Entity, err error) error {
		if err != nil && !message.IsUnknownCharset(err) {
			return err
		}
		if e.MultipartReader() != nil {
			return nil
		}
		_, err = io.ReadAll(e.Body)
		return err
	})
}
