package document

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"math/rand/v2"
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
