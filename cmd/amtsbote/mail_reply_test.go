package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"amtsbote/connectors/mail/mailtest"
	"amtsbote/skills/llm/llmtest"
)

// A piece is a part of a mail, as the standard library reads it.
type piece struct {
	kind, name string
	data       []byte
}

// pieces takes a mail apart. An attached mail is one piece.
func pieces(t *testing.T, raw []byte) (mail.Header, []piece) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return m.Header, piecesOf(t, m.Header.Get, m.Body)
}

func piecesOf(t *testing.T, field func(string) string, body io.Reader) (all []piece) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(field("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(kind, "multipart/") {
		for r := multipart.NewReader(body, params["boundary"]); ; {
			p, err := r.NextRawPart()
			if err == io.EOF {
				return all
			}
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, piecesOf(t, p.Header.Get, p)...)
		}
	}
	switch strings.ToLower(field("Content-Transfer-Encoding")) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	data, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	_, disposition, _ := mime.ParseMediaType(field("Content-Disposition"))
	return []piece{{kind, disposition["filename"], data}}
}

// named returns the pieces whose file name ends so.
func named(all []piece, end string) (some []piece) {
	for _, p := range all {
		if strings.HasSuffix(p.name, end) {
			some = append(some, p)
		}
	}
	return some
}

// replyTo is what a mail program makes of "reply": the words above, the whole
// mail that is answered below, in one of the usual forms.
func replyTo(t *testing.T, raw []byte, words string, outlook bool) []byte {
	t.Helper()
	h, all := pieces(t, raw)
	id := h.Get("Message-Id")
	quoted := strings.ReplaceAll(string(all[0].data), "\r\n", "\n")
	if outlook {
		quoted = "Von: Amtsbote <" + mailtest.Bot + ">\nGesendet: Montag, 23. November 2026 08:05\nAn: Anna <" + mailtest.Anna + ">\nBetreff: AW: Zwei Briefe\n\n" + quoted
	} else {
		quoted = "Am 23.11.2026 um 08:05 schrieb Amtsbote:\n> " + strings.ReplaceAll(quoted, "\n", "\n> ")
	}
	return mailtest.Text("From: Anna <"+mailtest.Anna+">", "To: "+mailtest.Bot, "Subject: AW: AW: Zwei Briefe", "Date: Mon, 23 Nov 2026 09:00:00 +0100",
		"Message-ID: <"+strings.ReplaceAll(words, " ", ".")+"@anna.example>", "In-Reply-To: "+id, "References: "+h.Get("References")+" "+id,
		"MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "",
		strings.ReplaceAll(words+"\n\n"+quoted, "\n", "\r\n"))
}

// twoLetters is a forward of two letters as attachments.
func twoLetters() []byte {
	second := mailtest.Text("From: Robin Weiss <robin@example.net>", "To: amt@"+mailtest.Domain, "Subject: Re: AW: Müllabfuhr", "Date: Fri, 20 Nov 2026 10:00:00 +0100",
		"Message-ID: <muell-2@example.net>", "In-Reply-To: <muell-1@"+mailtest.Domain+">", "References: <muell-0@example.net> <muell-1@"+mailtest.Domain+">",
		"Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "", "Guten Tag,", "", "wann kommt die Müllabfuhr in der Bahnhofstraße?", "", "Viele Grüße", "Robin Weiss")
	part := func(raw []byte) string {
		return "--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + string(raw) + "\r\n"
	}
	return mailtest.Text("From: Anna <"+mailtest.Anna+">", "To: "+mailtest.Bot, "Subject: Zwei Briefe", "Date: Mon, 23 Nov 2026 08:00:00 +0100", "Message-ID: <zwei@anna.example>", "MIME-Version: 1.0",
		`Content-Type: multipart/mixed; boundary="b"`, "", "--b", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "", "Bitte beide freundlich beantworten.", "",
		part(demoLetter)+part(second)+"--b--")
}

// TestMailFollowUp: a colleague forwards two letters, and changes the drafts by
// replying to the answer, with all of it quoted below. Real servers, the real
// program, a scripted model behind a real HTTP server.
func TestMailFollowUp(t *testing.T) {
	rig, dir := mailtest.Start(t), t.TempDir()
	model := llmtest.NewServer(t, llmtest.Options{})
	model.Answer(func(r llmtest.Request) llmtest.Reply {
		said := "Das prüfen wir."
		switch p := r.Last(); {
		case !strings.Contains(p, "Bisheriger Mittelteil"):
		case strings.Contains(p, "Kollegen: Entwurf 2 kürzer\n"):
			said = "Wir prüfen es."
		case strings.Contains(p, "Kollegen: Entwurf 1: Ziffer 2 ablehnen\n"):
			said = "Zu Ziffer 2: Wir lehnen die Erstattung ab."
		case strings.Contains(p, "Kollegen: Entwurf 2 auf Englisch\n"):
			said = "We will look into it."
		default:
			said = "FALSCH"
		}
		return llmtest.Reply{Text: "KURZ: Ein Brief.\nBRIEF:\n" + said + "\nENDE"}
	})
	config := "models: [{name: Test, url: '" + model.URL + "', model: m, class: confidential, place: Testraum, plain_http: true}]\n" +
		strings.Replace(forwarded(rig, dir), "  authority:", "  models: [Test]\n  authority:", 1)
	d := start(t, file(t, "config.yaml", config), rig.Password(mailtest.Bot))
	rig.Submit(t, mailtest.Anna, mailtest.Bot, twoLetters())
	raw := rig.Wait(t, mailtest.Anna, "INBOX", 1)[0].Raw
	h, all := pieces(t, raw)
	if drafts := named(all, ".eml"); len(drafts) != 2 || !strings.Contains(mailText(drafts[1].data), "Das prüfen wir.") {
		t.Fatalf("the first answer has %d drafts:\n%s", len(drafts), all[0].data)
	}
	if h.Get("Auto-Submitted") != "auto-replied" || !strings.Contains(string(all[0].data), "KI") {
		t.Errorf("the answer does not say what made it:\n%s", all[0].data)
	}
	calendars(t, named(all, ".ics"))

	steps := []struct {
		words     string
		outlook   bool
		want      string
		inReplyTo string
		subject   string
	}{
		{"Entwurf 2 kürzer", true, "Wir prüfen es.", "<muell-2@example.net>", "AW: Müllabfuhr"},
		{"Entwurf 1: Ziffer 2 ablehnen", false, "Wir lehnen die Erstattung ab.", "<7f3c21d0.20261120184210@mail.example.org>", "AW: Widerspruch Bewohnerparkausweis, Az. 32.4-BPA-1873/26"},
		{"Entwurf 2 auf Englisch", true, "Thank you for your e-mail", "<muell-2@example.net>", "Re: Müllabfuhr"},
	}
	for i, step := range steps {
		rig.Submit(t, mailtest.Anna, mailtest.Bot, replyTo(t, raw, step.words, step.outlook))
		got := rig.Wait(t, mailtest.Anna, "INBOX", i+2)
		raw = got[i+1].Raw
		_, all := pieces(t, raw)
		drafts := named(all, ".eml")
		if len(drafts) != 1 || !strings.Contains(string(all[0].data), fmt.Sprintf("Entwurf %c ist geändert.", step.words[8])) {
			t.Fatalf("%s: %d drafts:\n%s", step.words, len(drafts), all[0].data)
		}
		dh, _ := pieces(t, drafts[0].data)
		subject, err := new(mime.WordDecoder).DecodeHeader(dh.Get("Subject"))
		if err != nil || subject != step.subject || dh.Get("In-Reply-To") != step.inReplyTo || dh.Get("X-Unsent") != "1" || !strings.HasSuffix(dh.Get("References"), step.inReplyTo) ||
			!strings.Contains(dh.Get("From"), mailtest.Anna) {
			t.Errorf("%s: got headers %v, %q", step.words, dh, subject)
		}
		text := mailText(drafts[0].data)
		if !strings.Contains(text, step.want) || strings.Contains(text, "FALSCH") || strings.Contains(text, "Mitteilung an die Kollegin") {
			t.Errorf("%s: the draft is\n%s", step.words, text)
		}
	}
	d.stop(t, syscall.SIGTERM)
	private(t, d.log.String(), dir)
}

// calendars wants terms as files that our own reader, a program of its own, can
// read, and none of them firm that is computed.
func calendars(t *testing.T, files []piece) {
	t.Helper()
	if len(files) == 0 {
		t.Error("no term came as a calendar file")
	}
	for _, f := range files {
		path := filepath.Join(t.TempDir(), "t.ics")
		if err := os.WriteFile(path, f.data, 0o600); err != nil {
			t.Fatal(err)
		}
		got := call(t, "", "read", path)
		if got.code != 0 || !strings.Contains(got.stdout, "Betreff: ") || !strings.Contains(got.stdout, "Beginn: ") || f.kind != "text/calendar" {
			t.Errorf("%s: got %+v", f.name, got)
		}
		if strings.Contains(f.name, "Rechenvorschlag") != strings.Contains(got.stdout, "Betreff: Rechenvorschlag: ") {
			t.Errorf("%s is not called what it is: %s", f.name, got.stdout)
		}
	}
}
