package eml

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"amtsbote/bots"
)

var day = time.Date(2026, 11, 20, 18, 42, 0, 0, time.FixedZone("", 3600))

var letter = bots.Draft{
	To:         []string{"Jörg Müller-Lüdenscheidt <joerg@buerger.example>"},
	Cc:         []string{`"Weiß, Jana" <jana@buerger.example>`},
	Subject:    "AW: Widerspruch Bewohnerparkausweis, Az. 32.4-BPA-1873/26 – Rückfrage zu Ihrer Straße",
	InReplyTo:  "2@buerger.example",
	References: []string{"1@buerger.example", "2@buerger.example"},
	Language:   "de",
	Text:       "Sehr geehrter Herr Müller-Lüdenscheidt,\n\nvielen Dank für Ihre E-Mail.\n\n**[bitte ergänzen: Sachstand oder Antwort]**\n\nMit freundlichen Grüßen\nIm Auftrag\nAylin Yılmaz\n",
	Quote:      "Guten Tag,\n\n> älteres Zitat\nich widerspreche <b>laut</b>. " + strings.Repeat("Sehr lange Zeile. ", 80),
	QuoteFrom:  "Am 20.11.2026 um 18:42 schrieb Jörg Müller-Lüdenscheidt:",
}

func TestGolden(t *testing.T) {
	opt := Options{From: "Bürgerbüro <buergerbuero@amt.example>", ID: ID("amt.example", "r1", "0"), Date: day}
	tests := map[string]Mail{
		"draft": Draft(letter, opt),
		"files": func() Mail {
			file, err := DraftFile(letter, opt)
			if err != nil {
				t.Fatal(err)
			}
			m := Draft(letter, opt)
			m.Extra = []Field{{"Auto-Submitted", "auto-replied"}, {"X-Loop", "bot@amt.example"}}
			m.Files = []File{
				{Name: "Entwurf – Müller.eml", Type: "message/rfc822", Data: file},
				{Name: "../a\x00b.pdf", Type: "application/pdf", Data: []byte("%PDF\x00\xff")},
			}
			return m
		}(),
		"plain": {From: "bot@amt.example", To: []string{"anna@amt.example"}, Subject: "Kurz", Date: day, Text: "Ja"},
	}
	for name, m := range tests {
		t.Run(name, func(t *testing.T) {
			got := compose(t, m)
			if !plain(got) {
				t.Error("not plain ASCII with CRLF and short lines")
			}
			file := filepath.Join("testdata", name+".eml")
			if os.Getenv("UPDATE") != "" {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("differs from %s; UPDATE=1 rewrites it\n%s", file, got)
			}
		})
	}
}

// TestReadBack reads a draft with another library than the one that wrote it.
func TestReadBack(t *testing.T) {
	m, err := netmail.ReadMessage(bytes.NewReader(compose(t, Draft(letter, Options{From: "amt@amt.example", ID: "x@amt.example", Date: day}))))
	if err != nil {
		t.Fatal(err)
	}
	to, err := m.Header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Name != "Jörg Müller-Lüdenscheidt" || to[0].Address != "joerg@buerger.example" {
		t.Errorf("To: got %v, %v", to, err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != letter.Subject {
		t.Errorf("Subject: got %q, %v", subject, err)
	}
	if got, want := m.Header.Get("References"), "<1@buerger.example> <2@buerger.example>"; got != want {
		t.Errorf("References: got %q, want %q", got, want)
	}
	if m.Header.Get("Auto-Submitted") != "" {
		t.Error("a draft that a person will send says it was sent automatically")
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("got %s, %v", kind, err)
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for _, want := range []string{Text(letter), HTML(letter)} {
		p, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(quotedprintable.NewReader(p))
		if got := strings.ReplaceAll(string(b), "\r\n", "\n"); err != nil || !strings.Contains(got, want) {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
}

func TestHostileFields(t *testing.T) {
	evil := "x\r\nBcc: alle@amt.example\r\n\r\nText"
	tests := map[string]Mail{
		"a subject starts no other field":     {Subject: evil},
		"a name starts no other field":        {To: []string{"\"" + evil + "\" <a@b.example>", evil}},
		"an ID starts no other field":         {InReplyTo: "a@b>\r\nBcc: x@y.example\r\n<", References: []string{evil, "<a@b>", "a b@c", "\u00fc@b"}},
		"a long subject makes no long line":   {Subject: strings.Repeat("Übergrößenträger ", 90), To: []string{strings.Repeat("ü", 300) + " <a@b.example>"}},
		"a long word makes no long line":      {Subject: strings.Repeat("ü", 900)},
		"a long ASCII word is no long line":   {Subject: strings.Repeat("x", 900)},
		"an extra field starts no other":      {Extra: []Field{{"X-Loop", evil}}},
		"a file name starts no other field":   {Files: []File{{Name: evil, Type: "text/plain\r\nBcc: x@y.example", Data: []byte("x")}}},
		"a file type cannot open a multipart": {Files: []File{{Name: "x", Type: "multipart/mixed; boundary=x", Data: []byte("x")}}},
		"a letter that is not plain is encoded": {Files: []File{
			{Name: "x.eml", Type: "message/rfc822", Data: []byte("Subject: \xfc\n\n--=_m")}}},
	}
	for name, m := range tests {
		t.Run(name, func(t *testing.T) {
			m.From, m.Date, m.Text = "amt@amt.example", day, "Guten Tag"
			b := compose(t, m)
			if !plain(b) {
				t.Error("not plain ASCII with short lines")
			}
			msg, err := netmail.ReadMessage(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			if msg.Header.Get("Bcc") != "" {
				t.Errorf("got a Bcc:\n%s", b)
			}
			for _, file := range m.Files {
				kind, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
				if err != nil || kind != "multipart/mixed" {
					t.Fatalf("got %s, %v", kind, err)
				}
				r := multipart.NewReader(msg.Body, params["boundary"])
				r.NextRawPart()
				p, err := r.NextRawPart()
				if err != nil {
					t.Fatal(err)
				}
				if got := p.Header.Get("Content-Type"); got != "application/octet-stream" {
					t.Errorf("file %q has type %q", file.Name, got)
				}
			}
		})
	}
}

func TestAddress(t *testing.T) {
	tests := map[string]string{
		"anna@amt.example":                        "anna@amt.example",
		"Anna <Anna@amt.example>":                 "Anna@amt.example",
		"info@müller.example":                     "info@xn--mller-kva.example",
		`"a@amt.example" <evil@x.example>`:        "evil@x.example",
		"=?utf-8?q?J=C3=B6rg?= <j@x.example>":     "j@x.example",
		"":                                        "",
		"anna":                                    "",
		"a@b.example, c@d.example":                "",
		"a@b.example\r\nBcc: c@d.example":         "",
		"jörg@x.example":                          "",
		`"a b"@x.example`:                         "",
		"undisclosed-recipients:;":                "",
		"<@relay.example:a@b.example>":            "",
		strings.Repeat("a", 65) + "@b.example":    "",
		"a@" + strings.Repeat("b.", 200) + "test": "",
	}
	for in, want := range tests {
		a, ok := Address(in)
		if a.Address != want || ok != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", in, a.Address, ok, want)
		}
	}
}

func TestReferences(t *testing.T) {
	var many []string
	for i := range 100 {
		many = append(many, strings.Repeat("x", i+1)+"@a")
	}
	got := msgIDs(many)
	if len(got) != maxReferences || got[0] != many[0] || !slices.Equal(got[1:], many[100-maxReferences+1:]) {
		t.Errorf("the first and the last are not kept: %v", got)
	}
}

func TestID(t *testing.T) {
	if first := ID("a", "x", "y"); ID("a", "x", "y") != first {
		t.Error("the same parts give another ID")
	}
	if ID("a", "x", "y") == ID("a", "xy", "") {
		t.Error("other parts give the same ID")
	}
}

func TestHTML(t *testing.T) {
	got := HTML(bots.Draft{Text: "<script>x</script>\n**[bitte ergänzen: a & b]**\n\n1. Ja ** nein", Quote: "**nicht fett**"})
	for _, want := range []string{"&lt;script&gt;", "<br>", "<strong>[bitte ergänzen: a &amp; b]</strong>", "1. Ja ** nein", "**nicht fett**"} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q:\n%s", want, got)
		}
	}
}

func FuzzCompose(f *testing.F) {
	f.Add("AW: x", "a@b.example", "Text", "id@x")
	f.Add("\r\nBcc: x", "\"\n\" <a@b>", "\x00\r.\r\n", "<>")
	f.Fuzz(func(t *testing.T, subject, to, text, id string) {
		b := compose(t, Draft(bots.Draft{Subject: subject, To: []string{to}, Text: text, Quote: text, InReplyTo: id, QuoteFrom: subject},
			Options{From: "amt@amt.example", ID: id, Date: day}))
		if !plain(b) {
			t.Errorf("not plain:\n%q", b)
		}
		if _, err := netmail.ReadMessage(bytes.NewReader(b)); err != nil {
			t.Errorf("cannot be read: %v\n%q", err, b)
		}
	})
}

func compose(t *testing.T, m Mail) []byte {
	t.Helper()
	b, err := m.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return b
}
